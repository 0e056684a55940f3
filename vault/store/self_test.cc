#include "vault/store/self_test.h"

#include <sqlcipher/sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <string_view>

#include "vault/crypto/secret.h"
#include "vault/store/database.h"

namespace vault {
namespace {

constexpr std::string_view kMarker = "strongroom-self-test-clear-text";
constexpr int kOldestSqlite = 3044000;
constexpr std::array<int, 3> kOldestCipher = {4, 5, 6};

// MarkerWatch looks for the marker in everything written, and passes on to the disk's own observer.
class MarkerWatch final : public DiskObserver {
 public:
  explicit MarkerWatch(DiskObserver* next) : next_(next) {}
  DiskVerdict OnStep(const DiskStep& step) override {
    if (AsText(step.bytes).find(kMarker) != std::string_view::npos) seen_ = true;
    return next_ == nullptr ? DiskVerdict::kProceed : next_->OnStep(step);
  }
  bool seen() const { return seen_; }

 private:
  DiskObserver* next_;
  std::atomic<bool> seen_ = false;
};

// CipherIsNewEnough reads "4.6.1 community".
bool CipherIsNewEnough(std::string_view version) {
  const std::vector<std::string_view> numbers = Split(version.substr(0, version.find(' ')), '.');
  std::array<int, 3> found = {0, 0, 0};
  for (std::size_t i = 0; i < found.size() && i < numbers.size(); ++i) {
    auto number = ParseDecimal(numbers[i]);
    if (!number.ok()) return false;
    found[i] = static_cast<int>(std::min<std::uint64_t>(number.value(), 1000));
  }
  return found >= kOldestCipher;
}

Result<std::string> FirstText(Database& database, std::string_view sql) {
  Statement statement = database.Prepare(sql);
  TRY(const bool row, statement.Step());
  if (!row) return std::string();
  return statement.Text(0);
}

// Fill writes clear text everywhere that clear text could leak from: a table and its log, a sort
// larger than its memory, a temporary table, and the pages that a delete frees.
Status Fill(Database& database) {
  TRY(const std::string version, FirstText(database, "PRAGMA cipher_version"));
  if (!CipherIsNewEnough(version)) return Unavailable("SQLCipher is older than 4.5.6");
  TRY_VOID(database.Execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT) STRICT"));
  {
    TRY(Transaction transaction, Transaction::Begin(database));
    TRY_VOID(database
                 .Prepare("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
                          "i < 200) INSERT INTO t(b) SELECT ? || i FROM n")
                 .Bind(kMarker)
                 .Run());
    transaction.Commit();
  }
  // A sort may spill once it outgrows the page cache, so the cache is made small.
  TRY_VOID(database.Execute("PRAGMA cache_size = -16"));
  TRY_VOID(database
               .Prepare("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                        "16000) SELECT ? || i AS x FROM n ORDER BY i * 7919 % 16001, x")
               .Bind(kMarker)
               .Run());
  TRY_VOID(database.Execute(
      "CREATE TEMP TABLE u AS SELECT a.b || b.b AS c FROM t AS a, t AS b WHERE b.a < 20;"
      "DROP TABLE u; DELETE FROM t WHERE a > 100"));
  return database.TruncateLog();
}

Status Examine(Disk& disk, const std::string& path) {
  SystemRandom random;
  ByteArray<16> salt;
  random.Fill(salt);
  const std::optional<DatabaseKey> right(DatabaseKey{RegisterKey::Random(random), salt});
  const std::optional<DatabaseKey> wrong(DatabaseKey{RegisterKey::Random(random), salt});
  {
    TRY(std::unique_ptr<Database> database,
        Database::Open(disk, path, right, DatabaseMode::kWriter));
    TRY_VOID(Fill(*database));
    auto opened = Database::Open(disk, path, wrong, DatabaseMode::kSideReader);
    if (opened.ok()) return Unavailable("the database library opens a file with a wrong key");
    if (opened.error().code != Errc::kCorrupt) return opened.error();
  }
  TRY(std::unique_ptr<RandomAccess> file, disk.OpenForReading(path));
  Bytes all(static_cast<std::size_t>(file->size()));
  TRY_VOID(file->ReadAt(0, all));
  if (AsText(all).starts_with("SQLite format 3") ||
      AsText(all).find(kMarker) != std::string_view::npos) {
    return Unavailable("the database library does not encrypt");
  }
  return Ok();
}

Status RemoveAll(Disk& disk, const std::string& path) {
  for (const char* end : {"", "-wal", "-shm", "-journal"}) TRY_VOID(disk.Unlink(path + end));
  return Ok();
}

}  // namespace

Status DatabaseSelfTest(Disk& disk, const std::string& folder) {
  if (sqlite3_libversion_number() < kOldestSqlite) return Unavailable("SQLite is older than 3.44");
  MarkerWatch watch(disk.observer());
  Disk watched(&watch);
  const std::string path = folder + "/self-test.db";
  TRY_VOID(RemoveAll(watched, path));
  Status examined = Examine(watched, path);
  Status removed = RemoveAll(watched, path);
  if (!examined.ok()) return examined;
  if (watch.seen()) return Unavailable("the database library writes clear text to the disk");
  return removed;
}

}  // namespace vault
