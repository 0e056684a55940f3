// Database: SQLCipher behind one door: pragmas verified on every connection, no exception, no
// global, statements with typed binding.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/ids.h"
#include "vault/base/result.h"
#include "vault/crypto/secret.h"
#include "vault/store/disk.h"

struct sqlite3;
struct sqlite3_stmt;

namespace vault {

class Database;
class DatabaseVfs;
class DeviceFile;
class MirrorLink;

// DatabaseKey is a raw SQLCipher key with its fixed salt; without one the file is plain SQLite
// (only keys.db, which holds nothing but sealed nodes).
struct DatabaseKey {
  RegisterKey key;
  ByteArray<16> salt;
};

// DatabaseMode: one connection writes and checkpoints, the others only read. The writer and kReader
// keep up to 64 MiB of pages, the others 8 MiB. kCopyReader takes no lock and looks into no log.
// kScratch is for OpenScratch alone.
enum class DatabaseMode : std::uint8_t { kWriter, kReader, kSideReader, kCopyReader, kScratch };

// Statement is one prepared statement. Bind all parameters in order, then Step or Run. It goes
// before its Database.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  Statement(const Statement&) = delete;
  ~Statement();

  // Bind sets every parameter in order (after a reset).
  template <class... Args>
  Statement& Bind(const Args&... args) & {
    Reset();
    int index = 0;
    (BindOne(++index, args), ...);
    CheckBound(index);
    return *this;
  }
  template <class... Args>
  Statement Bind(const Args&... args) && {
    Bind(args...);
    return std::move(*this);
  }
  // Step advances: true when a row is there. The last row (or Run, or an error) ends the reading;
  // a statement left on a row keeps its snapshot, and with it the log, until it goes.
  // Errors: kConflict a constraint; kCorrupt a damaged page; kInvalid a value too large;
  // kUnavailable. A sync that fails stops the process (Fatal).
  Result<bool> Step();
  // Run executes to the end, ignoring rows.
  Status Run();

  std::int64_t Int(int column) const;
  std::uint32_t U32(int column) const { return static_cast<std::uint32_t>(Int(column)); }
  std::string Text(int column) const;
  Bytes Blob(int column) const;
  bool IsNull(int column) const;
  // IdAt reads a 16-byte blob. A wrong length reads as the zero id, which names nothing.
  template <class IdType>
  IdType IdAt(int column) const {
    auto id = IdType::FromBytes(Blob(column));
    return id.ok() ? id.value() : IdType();
  }

 private:
  friend class Database;
  Statement(Database* database, sqlite3_stmt* statement, int failure)
      : database_(database), statement_(statement), failure_(failure) {}
  void Reset();
  void CheckBound(int count) const;
  void BindOne(int index, std::int64_t value);
  void BindOne(int index, std::uint64_t value) { BindOne(index, static_cast<std::int64_t>(value)); }
  void BindOne(int index, std::int32_t value) { BindOne(index, static_cast<std::int64_t>(value)); }
  void BindOne(int index, std::uint32_t value) { BindOne(index, static_cast<std::int64_t>(value)); }
  void BindOne(int index, std::string_view value);
  void BindOne(int index, const std::string& value) { BindOne(index, std::string_view(value)); }
  void BindOne(int index, const char* value) { BindOne(index, std::string_view(value)); }
  void BindOne(int index, ByteView value);
  void BindOne(int index, const Bytes& value) { BindOne(index, ByteView(value)); }
  void BindOne(int index, std::nullptr_t);
  template <std::size_t N>
  void BindOne(int index, const ByteArray<N>& value) {
    BindOne(index, ByteView(value));
  }
  template <class Kind>
  void BindOne(int index, const Id<Kind>& value) {
    BindOne(index, value.view());
  }
  void BindOne(int index, const AgencyId& value) { BindOne(index, std::string_view(value.text())); }
  template <class T>
  void BindOne(int index, const std::optional<T>& value) {
    if (value.has_value()) {
      BindOne(index, *value);
    } else {
      BindOne(index, nullptr);
    }
  }

  Database* database_;
  sqlite3_stmt* statement_;  // null: it could not be read in, Step says why
  int failure_;
};

// Database is one connection.    Threads: one at a time.
//
// Never open and close the file by any other way while it is open here, not even to read it: on
// POSIX that drops the locks which keep other programs out (OpenPastCache takes care).
class Database {
 public:
  // Open opens or creates the file and verifies every pragma of FORMAT.md §10.
  // Errors: kCorrupt wrong key or damaged file; kUnavailable the disk, or a pragma not taken.
  static Result<std::unique_ptr<Database>> Open(Disk& disk, const std::string& path,
                                                const std::optional<DatabaseKey>& key,
                                                DatabaseMode mode);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // OpenScratch opens an empty file for what can be made again: no log, no sync.
  // Errors: as Open.
  static Result<std::unique_ptr<Database>> OpenScratch(Disk& disk, const std::string& path,
                                                       const std::optional<DatabaseKey>& key);

  // OpenPastCache opens a second connection that only reads, and reads the file from its device:
  // what it sees survived the caches. Call TruncateLog before, so that nothing is left in the log.
  // Errors: as Open.
  Result<std::unique_ptr<Database>> OpenPastCache(const std::optional<DatabaseKey>& key);

  // ForgetPages makes the next reading take every page from below again: kept open, a connection of
  // OpenPastCache would answer what it once read.
  void ForgetPages();
  // OpenCopyPastCache opens a mirror's file for reading, from its device and without its log. What
  // it saw once may be kept: open anew to see later commits. Errors: as Open.
  static Result<std::unique_ptr<Database>> OpenCopyPastCache(const std::string& path,
                                                             const std::optional<DatabaseKey>& key);

  // MirrorTo brings the file at `path` to what stands here, and makes every later change there as
  // well, and first. A change that fails there breaks the link and goes on here alone: whoever
  // answers asks the link before. Only for a writer; nothing else has the mirror's file open.
  // Errors: kUnavailable; the mirror is what it was, or like this file.
  Status MirrorTo(Disk& disk, const std::string& path, const std::optional<DatabaseKey>& key,
                  std::shared_ptr<MirrorLink> link);
  // MirrorNoMore ends it.
  void MirrorNoMore();

  // Prepare compiles a statement; one that does not compile is a CHECK (the text is ours).
  // Compiled statements are kept and used again for the same text.
  Statement Prepare(std::string_view sql);
  // Execute runs one or more statements without parameters. Errors: as Statement::Step.
  Status Execute(std::string_view sql);
  // Changes counts the rows the last statement changed.
  std::int64_t Changes() const;
  // RowsChanged grows with every row that this connection inserts, updates or deletes, taken back
  // or not. Outside of a transaction, what was read by this connection stands while it is the same.
  std::int64_t RowsChanged() const;
  // TruncateLog runs wal_checkpoint(TRUNCATE): afterwards the file alone holds everything, synced,
  // and the log is empty. Errors: kUnavailable a reader holds the log. A sync that fails stops the
  // process (Fatal).
  Status TruncateLog();
  // IncrementalVacuum gives free pages back. Errors: kUnavailable.
  Status IncrementalVacuum();
  const std::string& path() const { return path_; }

 private:
  friend class Statement;
  friend class Transaction;
  friend class DatabaseCopy;
  explicit Database(std::string path);
  static Result<std::unique_ptr<Database>> Connect(const std::string& path,
                                                   const std::optional<DatabaseKey>& key,
                                                   DatabaseMode mode,
                                                   std::unique_ptr<DatabaseVfs> vfs);
  Status Configure(const std::optional<DatabaseKey>& key, DatabaseMode mode);
  Status SetAndVerify(std::string_view name, std::string_view value, std::string_view expected);
  Result<std::string> ReadSetting(std::string_view name);
  // GiveBack keeps a compiled statement for its next use.
  void GiveBack(sqlite3_stmt* statement);

  std::string path_;
  std::shared_ptr<DeviceFile> device_;
  std::unique_ptr<DatabaseVfs> vfs_;
  sqlite3* db_ = nullptr;
  std::map<std::string, std::vector<sqlite3_stmt*>, std::less<>> idle_;
};

// Transaction is BEGIN IMMEDIATE … COMMIT; rolled back when it goes without Commit.
//
// A commit that fails leaves our state unknown: the process is stopped (Fatal), start-up recovers.
class Transaction {
 public:
  static Result<Transaction> Begin(Database& database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  void Commit();
  // open is false once the library has rolled back by itself, as after a failed write.
  bool open() const;
  Database& database() { return *database_; }

 private:
  explicit Transaction(Database* database) : database_(database) {}
  Database* database_;
};

// Savepoint is a part of a transaction: taken back when it goes without Keep. One at a time.
class Savepoint {
 public:
  static Result<Savepoint> Begin(Transaction& transaction);
  Savepoint(Savepoint&& other) noexcept;
  Savepoint& operator=(Savepoint&&) = delete;
  ~Savepoint();
  Status Keep();

 private:
  explicit Savepoint(Transaction* transaction) : transaction_(transaction) {}
  Transaction* transaction_;
};

}  // namespace vault
