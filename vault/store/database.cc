#include "vault/store/database.h"

#include <sys/stat.h>

#include <array>
#include <utility>

#define SQLITE_HAS_CODEC 1
#include <sqlcipher/sqlite3.h>

#include "vault/base/log.h"
#include "vault/store/database_memory.h"
#include "vault/store/database_vfs.h"
#include "vault/store/posix_file.h"
#include "vault/store/sqlite_error.h"

namespace vault {
namespace {

// A commit that leaves this many pages in the log also moves them into the file.
constexpr int kCheckpointPages = 1000;
constexpr std::size_t kIdleStatements = 4;

// Setting is one pragma, what it is set to and what it then must read. (FORMAT.md §10)
struct Setting {
  std::string_view name;
  std::string_view value;
  std::string_view expected;
};

constexpr std::array<Setting, 8> kAlways = {{
    {"temp_store", "MEMORY", "2"},
    {"synchronous", "FULL", "2"},
    {"secure_delete", "ON", "1"},
    {"foreign_keys", "ON", "1"},
    {"trusted_schema", "OFF", "0"},
    {"cell_size_check", "ON", "1"},
    {"busy_timeout", "5000", "5000"},
    {"mmap_size", "0", "0"},
}};

// Checkpoint is called after each commit. The library's own hook would swallow a failed sync of
// the file and try it again later; we stop instead.
int Checkpoint(void* /*context*/, sqlite3* db, const char* name, int pages) {
  if (pages < kCheckpointPages) return SQLITE_OK;
  const int code = sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (IsFailedSync(code)) Fatal("a sync of a database failed: stopping, start-up recovers");
  // Anything else leaves the pages in the log, where they are just as durable.
  return SQLITE_OK;
}

// WriteKeyText writes SQLCipher's notation of a raw key with its salt: x'<64 hex><32 hex>'.
SecretBytes WriteKeyText(const DatabaseKey& key) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  SecretBytes text(2 + 64 + 32 + 1);
  MutableByteView out = text.mutable_view();
  std::size_t at = 0;
  out[at++] = 'x';
  out[at++] = '\'';
  for (const ByteView part : {key.key.view(), ByteView(key.salt)}) {
    for (const std::uint8_t byte : part) {
      out[at++] = static_cast<std::uint8_t>(kDigits[byte >> 4]);
      out[at++] = static_cast<std::uint8_t>(kDigits[byte & 15]);
    }
  }
  out[at] = '\'';
  return text;
}

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// UriPath writes a path into a URI.
std::string UriPath(const std::string& path) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte > 0x20 && byte < 0x7f && c != '%' && c != '?' && c != '#') {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

// EnsureFile holds the file to be a regular one; for a writer it makes an absent one. We make it
// ourselves: the library would not make it private to us, and would not sync its folder.
Status EnsureFile(Disk& disk, const std::string& path, DatabaseMode mode) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) {
    // The library follows links; opening the file to find out would drop locks on closing.
    if (!S_ISREG(info.st_mode)) return Unavailable("a database is not a regular file");
    return Ok();
  }
  if (mode != DatabaseMode::kWriter) return Unavailable("a database is not there");
  { TRY(std::unique_ptr<DiskFile> file, disk.CreateFile(path)); }
  return disk.SyncFolder(FolderOf(path));
}

}  // namespace

Database::Database(std::string path) : path_(std::move(path)) {}

Database::~Database() {
  for (auto& [sql, statements] : idle_) {
    for (sqlite3_stmt* statement : statements) sqlite3_finalize(statement);
  }
  // A statement still alive would point at a closed connection.
  CHECK(sqlite3_close(db_) == SQLITE_OK);
  RelockDatabaseMemory();
}

Result<std::unique_ptr<Database>> Database::Open(Disk& disk, const std::string& path,
                                                 const std::optional<DatabaseKey>& key,
                                                 DatabaseMode mode) {
  TRY_VOID(EnsureFile(disk, path, mode));
  std::unique_ptr<DatabaseVfs> vfs;
  // A writer may get a mirror later.
  if (disk.observer() != nullptr || mode == DatabaseMode::kWriter) {
    TRY(vfs, DatabaseVfs::Register(disk.observer(), nullptr));
  }
  return Connect(path, key, mode, std::move(vfs));
}

Result<std::unique_ptr<Database>> Database::OpenScratch(Disk& disk, const std::string& path,
                                                        const std::optional<DatabaseKey>& key) {
  std::unique_ptr<DatabaseVfs> vfs;
  if (disk.observer() != nullptr) {
    TRY(vfs, DatabaseVfs::Register(disk.observer(), nullptr));
  }
  return Connect(path, key, DatabaseMode::kScratch, std::move(vfs));
}

Result<std::unique_ptr<Database>> Database::OpenPastCache(const std::optional<DatabaseKey>& key) {
  if (device_ == nullptr) {
    // Kept until both connections are gone: closing it any earlier would drop our locks.
    TRY(std::unique_ptr<DeviceFile> device, DeviceFile::Open(path_));
    device_ = std::move(device);
  }
  TRY(std::unique_ptr<DatabaseVfs> vfs, DatabaseVfs::Register(nullptr, device_));
  return Connect(path_, key, DatabaseMode::kSideReader, std::move(vfs));
}

Result<std::unique_ptr<Database>> Database::OpenCopyPastCache(
    const std::string& path, const std::optional<DatabaseKey>& key) {
  TRY(std::unique_ptr<DeviceFile> device, DeviceFile::Open(path));
  TRY(std::unique_ptr<DatabaseVfs> vfs, DatabaseVfs::Register(nullptr, std::move(device)));
  return Connect(path, key, DatabaseMode::kCopyReader, std::move(vfs));
}

Status Database::MirrorTo(Disk& disk, const std::string& path,
                          const std::optional<DatabaseKey>& key, std::shared_ptr<MirrorLink> link) {
  CHECK(vfs_ != nullptr);
  MirrorNoMore();
  if (disk.Exists(path)) {
    // What a crash left there is settled by the library, which empties the log when it closes:
    // until the file is replaced, the mirror opens by itself. One that does not is no loss.
    auto settled = Open(disk, path, key, DatabaseMode::kWriter);
    const bool useless = !settled.ok() && settled.error().code == Errc::kCorrupt;
    if (!settled.ok() && !useless) return std::move(settled).error();
    if (settled.ok()) settled.value().reset();
    if (!useless && disk.Exists(path + "-wal")) {
      return Unavailable("the log of a standby's database cannot be settled");
    }
  }
  TRY_VOID(TruncateLog());
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  CHECK(file != nullptr);
  sqlite3_int64 size = 0;
  if (const int code = file->pMethods->xFileSize(file, &size); code != SQLITE_OK) {
    return SqliteError(code);
  }
  // Read through the library's own handle: a second one would drop its locks on closing.
  const auto read = [file](std::uint64_t offset, MutableByteView out) -> Status {
    const int code = file->pMethods->xRead(file, out.data(), static_cast<int>(out.size()),
                                           static_cast<sqlite3_int64>(offset));
    if (code != SQLITE_OK) return SqliteError(code);
    return Ok();
  };
  TRY(std::unique_ptr<Mirror> mirror,
      Mirror::Bring(disk, path, {static_cast<std::uint64_t>(size), read}, std::move(link)));
  vfs_->UseMirror(std::move(mirror));
  return Ok();
}

void Database::MirrorNoMore() { vfs_->UseMirror(nullptr); }

Result<std::unique_ptr<Database>> Database::Connect(const std::string& path,
                                                    const std::optional<DatabaseKey>& key,
                                                    DatabaseMode mode,
                                                    std::unique_ptr<DatabaseVfs> vfs) {
  UseDatabaseMemory();
  std::unique_ptr<Database> database(new Database(path));
  database->vfs_ = std::move(vfs);
  const bool copy = mode == DatabaseMode::kCopyReader;
  // Immutable: no lock, no log, no index of a log beside a file that the mirror writes.
  const std::string name = copy ? "file:" + UriPath(path) + "?immutable=1" : path;
  const bool writes = mode == DatabaseMode::kWriter || mode == DatabaseMode::kScratch;
  const int flags = (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE |
                    (copy ? SQLITE_OPEN_URI : 0);
  const char* vfs_name = database->vfs_ == nullptr ? nullptr : database->vfs_->name().c_str();
  const int code = sqlite3_open_v2(name.c_str(), &database->db_, flags, vfs_name);
  if (code != SQLITE_OK) {
    return Unavailable("a database cannot be opened (code " + std::to_string(code) + ")");
  }
  TRY_VOID(database->Configure(key, mode));
  return database;
}

Status Database::Configure(const std::optional<DatabaseKey>& key, DatabaseMode mode) {
  const bool writer = mode == DatabaseMode::kWriter;
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  if (key.has_value()) {
    const SecretBytes text = WriteKeyText(*key);
    const int code = sqlite3_key(db_, text.view().data(), static_cast<int>(text.size()));
    if (code != SQLITE_OK) return SqliteError(code);
    // Without SQLCipher the lines above would have passed in silence.
    TRY(const std::string version, ReadSetting("cipher_version"));
    if (version.empty()) return Unavailable("the database library has no cipher");
    // The first key of a process resets the level, so it comes after.
    TRY_VOID(SetAndVerify("cipher_log_level", "NONE", "NONE"));
    // Our own memory does it, and does not unlock a page that another block still needs.
    TRY_VOID(SetAndVerify("cipher_memory_security", "OFF", "0"));
    RelockDatabaseMemory();
  }
  for (const Setting& setting : kAlways) {
    TRY_VOID(SetAndVerify(setting.name, setting.value, setting.expected));
  }
  const bool large = writer || mode == DatabaseMode::kReader;
  const std::string_view cache = large ? "-65536" : "-8192";
  TRY_VOID(SetAndVerify("cache_size", cache, cache));

  if (mode == DatabaseMode::kScratch) {
    TRY_VOID(SetAndVerify("synchronous", "OFF", "0"));
    // In memory: a crash leaves a file that nobody names.
    return SetAndVerify("journal_mode", "MEMORY", "memory");
  }
  // The first page is read here: a wrong key shows now.
  TRY(const std::string pages, ReadSetting("page_count"));
  TRY_VOID(Execute("SELECT count(*) FROM sqlite_schema"));
  if (writer) {
    if (pages == "0") TRY_VOID(SetAndVerify("auto_vacuum", "INCREMENTAL", "2"));
    TRY_VOID(SetAndVerify("journal_mode", "WAL", "wal"));
    sqlite3_wal_hook(db_, Checkpoint, nullptr);
    // What a process that died had written and not synced is read like everything else, and would
    // be lost if the power failed now. Moving it into the file makes it durable. Nobody has acted
    // on it yet, so a sync that fails here is an error: it may be a standby's disk.
    const int code =
        sqlite3_wal_checkpoint_v2(db_, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (IsFailedSync(code)) return Unavailable("what an earlier run wrote cannot be synced");
    if (code != SQLITE_OK) return SqliteError(code);
    return Ok();
  }
  TRY_VOID(SetAndVerify("wal_autocheckpoint", "0", "0"));
  TRY_VOID(SetAndVerify("query_only", "ON", "1"));
  if (mode == DatabaseMode::kCopyReader) return Ok();
  // A reader cannot change the mode; it can refuse to read beside a writer that has another one.
  TRY(const std::string journal, ReadSetting("journal_mode"));
  if (journal != "wal") return Unavailable("a database does not use a write-ahead log");
  return Ok();
}

Status Database::SetAndVerify(std::string_view name, std::string_view value,
                              std::string_view expected) {
  std::string sql = "PRAGMA ";
  sql += name;
  sql += " = ";
  sql += value;
  TRY_VOID(Execute(sql));
  TRY(const std::string now, ReadSetting(name));
  if (now == expected) return Ok();
  return Unavailable("the database library does not take the setting " + std::string(name));
}

Result<std::string> Database::ReadSetting(std::string_view name) {
  Statement statement = Prepare("PRAGMA " + std::string(name));
  TRY(const bool row, statement.Step());
  if (!row) return std::string();
  return statement.Text(0);
}

Statement Database::Prepare(std::string_view sql) {
  const auto found = idle_.find(sql);
  if (found != idle_.end() && !found->second.empty()) {
    sqlite3_stmt* statement = found->second.back();
    found->second.pop_back();
    return Statement(this, statement, SQLITE_OK);
  }
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, &rest);
  // The text is ours, so an SQL error is a mistake of ours; a damaged or absent disk is not.
  const bool compiled = code != SQLITE_ERROR;
  CHECK(compiled);
  CHECK(code != SQLITE_OK || (statement != nullptr && rest == sql.data() + sql.size()));
  return Statement(this, statement, code);
}

void Database::GiveBack(sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  // Frees the copies of what was bound.
  sqlite3_clear_bindings(statement);
  std::vector<sqlite3_stmt*>& same = idle_[sqlite3_sql(statement)];
  if (same.size() < kIdleStatements) {
    same.push_back(statement);
  } else {
    sqlite3_finalize(statement);
  }
}

Status Database::Execute(std::string_view sql) {
  while (!sql.empty()) {
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    const int code =
        sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &statement, &rest);
    const bool compiled = code != SQLITE_ERROR;
    CHECK(compiled);
    if (code != SQLITE_OK) return SqliteError(code);
    sql.remove_prefix(static_cast<std::size_t>(rest - sql.data()));
    if (statement == nullptr) continue;  // a comment or blanks
    int step = SQLITE_ROW;
    while (step == SQLITE_ROW) step = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (step != SQLITE_DONE) return SqliteError(step);
  }
  return Ok();
}

void Database::ForgetPages() { sqlite3_db_release_memory(db_); }

std::int64_t Database::Changes() const { return sqlite3_changes64(db_); }
std::int64_t Database::RowsChanged() const { return sqlite3_total_changes64(db_); }

Status Database::TruncateLog() {
  const int code =
      sqlite3_wal_checkpoint_v2(db_, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code == SQLITE_OK) return Ok();
  return SqliteError(code);
}

Status Database::IncrementalVacuum() { return Execute("PRAGMA incremental_vacuum"); }

}  // namespace vault
