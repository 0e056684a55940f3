#include "vault/store/database.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/vault/store/database_harness.h"
#include "vault/store/posix_file.h"

namespace vault {
namespace {

std::uint64_t SizeOfFile(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

TEST_F(DatabaseTest, EveryConnectionHasEverySettingOfTheFormat) {
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  auto reader = OpenEncrypted(DatabaseMode::kReader);
  auto side = OpenEncrypted(DatabaseMode::kSideReader);
  auto past_cache = writer->OpenPastCache(KeyNumber(1));
  ASSERT_TRUE(past_cache.ok()) << past_cache.error().detail;
  const std::map<std::string, std::string> expected = {
      {"temp_store", "2"},     {"cipher_memory_security", "0"}, {"journal_mode", "wal"},
      {"synchronous", "2"},    {"secure_delete", "1"},          {"foreign_keys", "1"},
      {"trusted_schema", "0"}, {"cipher_log_level", "NONE"},    {"auto_vacuum", "2"},
      {"mmap_size", "0"},      {"cell_size_check", "1"},
  };
  for (Database* database : {writer.get(), reader.get(), side.get(), past_cache.value().get()}) {
    for (const auto& [name, value] : expected) {
      EXPECT_EQ(Word(*database, "PRAGMA " + name), value) << name;
    }
  }
  EXPECT_EQ(Word(*writer, "PRAGMA cache_size"), "-65536");
  EXPECT_EQ(Word(*reader, "PRAGMA cache_size"), "-65536");
  EXPECT_EQ(Word(*side, "PRAGMA cache_size"), "-8192");
  EXPECT_EQ(Word(*reader, "PRAGMA wal_autocheckpoint"), "0");
  EXPECT_EQ(Word(*side, "PRAGMA wal_autocheckpoint"), "0");
}

TEST_F(DatabaseTest, AFileWithoutAKeyHasAllSettingsButTheCiphers) {
  auto opened = Database::Open(disk_, path_, std::nullopt, DatabaseMode::kWriter);
  ASSERT_TRUE(opened.ok());
  Commit(*opened.value(), "CREATE TABLE node(id INTEGER PRIMARY KEY, ct BLOB) STRICT");
  EXPECT_EQ(Word(*opened.value(), "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(Word(*opened.value(), "PRAGMA synchronous"), "2");
  EXPECT_EQ(Word(*opened.value(), "PRAGMA auto_vacuum"), "2");
  ASSERT_TRUE(opened.value()->TruncateLog().ok());
  EXPECT_TRUE(AsText(disk_.ReadPastCache(path_, 0, 16).value()).starts_with("SQLite format 3"));
}

TEST_F(DatabaseTest, WrongKeysAndNoKeyAreCorrupt) {
  Commit(*OpenEncrypted(DatabaseMode::kWriter), "CREATE TABLE t(a INTEGER) STRICT");
  for (const std::uint64_t wrong : {0, 2}) {
    for (const DatabaseMode mode : {DatabaseMode::kWriter, DatabaseMode::kReader}) {
      auto opened = Database::Open(disk_, path_, KeyNumber(wrong), mode);
      ASSERT_FALSE(opened.ok());
      EXPECT_EQ(opened.error().code, Errc::kCorrupt);
    }
  }
  // The salt is part of the key: with another one the first page does not open.
  auto salted = KeyNumber(1);
  salted->salt[0] ^= 1;
  EXPECT_EQ(Database::Open(disk_, path_, salted, DatabaseMode::kReader).error().code,
            Errc::kCorrupt);
  EXPECT_EQ(Number(*OpenEncrypted(DatabaseMode::kReader), "SELECT count(*) FROM t"), 0);
}

TEST_F(DatabaseTest, AFileWithAKeyIsRefusedWhereAPlainOneIs) {
  {
    auto plain = Database::Open(disk_, path_, std::nullopt, DatabaseMode::kWriter);
    ASSERT_TRUE(plain.ok());
    Commit(*plain.value(), "CREATE TABLE t(a)");
  }
  EXPECT_EQ(Database::Open(disk_, path_, KeyNumber(1), DatabaseMode::kWriter).error().code,
            Errc::kCorrupt);
}

TEST_F(DatabaseTest, ADamagedPageIsCorrupt) {
  {
    auto writer = OpenEncrypted(DatabaseMode::kWriter);
    Commit(*writer,
           "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT) STRICT;"
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
           "INSERT INTO t SELECT i, hex(zeroblob(50)) FROM n");
  }
  const std::uint64_t size = SizeOfFile(path_);
  ASSERT_GT(size, 20 * 4096u);
  {
    auto file = disk_.OpenFile(path_);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file.value()->WriteAt(10 * 4096 + 100, AsBytes("X")).ok());
  }
  auto reader = OpenEncrypted(DatabaseMode::kReader);
  Statement all = reader->Prepare("SELECT sum(length(b)) FROM t");
  auto row = all.Step();
  ASSERT_FALSE(row.ok());
  EXPECT_EQ(row.error().code, Errc::kCorrupt) << row.error().detail;
}

TEST_F(DatabaseTest, ItsFilesArePrivateWhateverTheUmask) {
  const mode_t before = ::umask(0);
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  Commit(*writer, "CREATE TABLE t(a)");
  ::umask(before);
  for (const char* end : {"", "-wal", "-shm"}) {
    struct stat info {};
    ASSERT_EQ(::stat((path_ + end).c_str(), &info), 0) << end;
    EXPECT_EQ(info.st_mode & 07777, 0600u) << end;
  }
}

TEST_F(DatabaseTest, ASymbolicLinkIsRefused) {
  { OpenEncrypted(DatabaseMode::kWriter); }
  ASSERT_EQ(::symlink(path_.c_str(), folder_.At("link.db").c_str()), 0);
  for (const DatabaseMode mode : {DatabaseMode::kWriter, DatabaseMode::kReader}) {
    auto opened = Database::Open(disk_, folder_.At("link.db"), KeyNumber(1), mode);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Errc::kUnavailable);
  }
}

TEST_F(DatabaseTest, AReaderNeitherMakesNorChangesAFile) {
  EXPECT_EQ(Database::Open(disk_, path_, KeyNumber(1), DatabaseMode::kReader).error().code,
            Errc::kUnavailable);
  EXPECT_FALSE(disk_.Exists(path_));
  Commit(*OpenEncrypted(DatabaseMode::kWriter), "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  auto reader = OpenEncrypted(DatabaseMode::kReader);
  EXPECT_EQ(reader->Execute("DELETE FROM t").error().code, Errc::kUnavailable);
  EXPECT_EQ(reader->Execute("PRAGMA query_only = OFF; DELETE FROM t").error().code,
            Errc::kUnavailable);
  EXPECT_EQ(Number(*reader, "SELECT count(*) FROM t"), 1);
}

TEST_F(DatabaseTest, AReaderSeesWhatWasCommittedAndNothingElse) {
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  Commit(*writer, "CREATE TABLE t(a)");
  auto reader = OpenEncrypted(DatabaseMode::kReader);
  auto transaction = Transaction::Begin(*writer);
  ASSERT_TRUE(transaction.ok());
  ASSERT_TRUE(writer->Execute("INSERT INTO t VALUES (1)").ok());
  EXPECT_EQ(Number(*reader, "SELECT count(*) FROM t"), 0);
  transaction.value().Commit();
  EXPECT_EQ(Number(*reader, "SELECT count(*) FROM t"), 1);
}

TEST_F(DatabaseTest, ATransactionThatGoesWithoutCommitLeavesNothing) {
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  Commit(*writer, "CREATE TABLE t(a)");
  {
    auto transaction = Transaction::Begin(*writer);
    ASSERT_TRUE(transaction.ok());
    ASSERT_TRUE(writer->Execute("INSERT INTO t VALUES (1)").ok());
  }
  EXPECT_EQ(Number(*writer, "SELECT count(*) FROM t"), 0);
  Commit(*writer, "INSERT INTO t VALUES (2)");
  EXPECT_EQ(Number(*writer, "SELECT a FROM t"), 2);
}

TEST_F(DatabaseTest, ValuesComeBackAsTheyWereBound) {
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  Commit(*writer, "CREATE TABLE t(a, b, c, d, e, f, g, h, i)");
  const Bytes blob = {0, 1, 2, 255};
  const BlobName id(ByteArray<16>{7, 7, 7});
  const std::string text("a\0b\xc3\xa9", 5);
  ASSERT_TRUE(writer->Prepare("INSERT INTO t VALUES (?,?,?,?,?,?,?,?,?)")
                  .Bind(std::int64_t{-5}, 4000000000u, text, blob, id, std::optional<int>(),
                        std::string_view(), ByteView(), std::numeric_limits<std::int64_t>::max())
                  .Run()
                  .ok());
  EXPECT_EQ(writer->Changes(), 1);
  Statement read = writer->Prepare("SELECT *, typeof(g), typeof(h) FROM t");
  auto row = read.Step();
  ASSERT_TRUE(row.ok() && row.value());
  EXPECT_EQ(read.Int(0), -5);
  EXPECT_EQ(read.U32(1), 4000000000u);
  EXPECT_EQ(read.Text(2), text);
  EXPECT_EQ(read.Blob(3), blob);
  EXPECT_EQ(read.IdAt<BlobName>(4), id);
  EXPECT_TRUE(read.IdAt<BlobName>(3).is_zero());
  EXPECT_TRUE(read.IsNull(5));
  EXPECT_FALSE(read.IsNull(6));
  EXPECT_EQ(read.Int(8), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(read.Text(9), "text");
  EXPECT_EQ(read.Text(10), "blob");
  row = read.Step();
  EXPECT_TRUE(row.ok() && !row.value());
}

TEST_F(DatabaseTest, AKeptStatementRemembersNoValue) {
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  const char* sql = "SELECT ?1 IS NULL";
  { EXPECT_TRUE(writer->Prepare(sql).Bind("value").Step().ok()); }
  EXPECT_EQ(Number(*writer, sql), 1);
  // Two at once are two.
  Statement first = writer->Prepare(sql);
  Statement second = writer->Prepare(sql);
  ASSERT_TRUE(first.Bind("value").Step().value());
  ASSERT_TRUE(second.Bind(nullptr).Step().value());
  EXPECT_EQ(first.Int(0), 0);
  EXPECT_EQ(second.Int(0), 1);
}

TEST_F(DatabaseTest, ConstraintsAreConflicts) {
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  Commit(*writer,
         "CREATE TABLE p(a INTEGER PRIMARY KEY, b TEXT NOT NULL UNIQUE) STRICT;"
         "CREATE TABLE c(a INTEGER REFERENCES p(a)) STRICT;"
         "INSERT INTO p VALUES (1, 'taken')");
  for (const char* sql : {"INSERT INTO p VALUES (1, 'x')", "INSERT INTO p VALUES (2, NULL)",
                          "INSERT INTO p VALUES (2, 'taken')", "INSERT INTO c VALUES (9)",
                          "INSERT INTO c VALUES ('text')"}) {
    const Status run = writer->Prepare(sql).Run();
    ASSERT_FALSE(run.ok()) << sql;
    EXPECT_EQ(run.error().code, Errc::kConflict) << sql;
    EXPECT_EQ(run.error().detail.find("taken"), std::string::npos);
  }
  EXPECT_EQ(Number(*writer, "SELECT count(*) FROM p"), 1);
}

TEST_F(DatabaseTest, OurOwnMistakesStopTheProgramWithoutAValue) {
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  EXPECT_DEATH(writer->Prepare("SELECT 'private' FROM nowhere"), "check failed: [^']*$");
  EXPECT_DEATH(writer->Prepare("SELECT 1; SELECT 2"), "check failed");
  EXPECT_DEATH(writer->Prepare("SELECT ?, ?").Bind(1), "check failed");
  EXPECT_DEATH(writer->Prepare("SELECT 1").Int(0), "check failed");
  EXPECT_DEATH(
      {
        auto one = Transaction::Begin(*writer);
        auto two = Transaction::Begin(*writer);
      },
      "check failed");
}

TEST_F(DatabaseTest, TruncatingTheLogMovesEverythingIntoTheFile) {
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  Commit(*writer, "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  EXPECT_GT(SizeOfFile(path_ + "-wal"), 0u);
  {
    auto reader = OpenEncrypted(DatabaseMode::kReader);
    Statement reading = reader->Prepare("SELECT a FROM t");
    ASSERT_TRUE(reading.Step().value());
    Commit(*writer, "INSERT INTO t VALUES (2)");
    ASSERT_TRUE(writer->Execute("PRAGMA busy_timeout = 0").ok());
    EXPECT_EQ(writer->TruncateLog().error().code, Errc::kUnavailable);
  }
  EXPECT_TRUE(writer->TruncateLog().ok());
  EXPECT_EQ(SizeOfFile(path_ + "-wal"), 0u);
}

TEST_F(DatabaseTest, ALongLogIsMovedIntoTheFileByItself) {
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  Commit(*writer, "CREATE TABLE t(a)");
  EXPECT_LT(SizeOfFile(path_), 4096u * 100);
  Commit(*writer,
         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)"
         "INSERT INTO t SELECT zeroblob(4000) FROM n");
  EXPECT_GT(SizeOfFile(path_), 4096u * 1000);
}

TEST_F(DatabaseTest, FreePagesAreGivenBack) {
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  Commit(*writer,
         "CREATE TABLE t(a);"
         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
         "INSERT INTO t SELECT zeroblob(4000) FROM n");
  Commit(*writer, "DELETE FROM t");
  EXPECT_GT(Number(*writer, "PRAGMA freelist_count"), 100);
  EXPECT_TRUE(writer->IncrementalVacuum().ok());
  EXPECT_EQ(Number(*writer, "PRAGMA freelist_count"), 0);
  ASSERT_TRUE(writer->TruncateLog().ok());
  EXPECT_LT(SizeOfFile(path_), 4096u * 20);
}

TEST_F(DatabaseTest, PastTheCacheTheSameRowsAreRead) {
  for (const std::uint64_t key : {0, 1}) {
    const std::string path = folder_.At("tree" + std::to_string(key));
    auto writer = Database::Open(disk_, path, KeyNumber(key), DatabaseMode::kWriter);
    ASSERT_TRUE(writer.ok());
    Commit(*writer.value(),
           "CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB) STRICT;"
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
           "INSERT INTO t SELECT i, zeroblob(i * 10) FROM n");
    ASSERT_TRUE(writer.value()->TruncateLog().ok());
    auto past = writer.value()->OpenPastCache(KeyNumber(key));
    ASSERT_TRUE(past.ok()) << past.error().detail;
    EXPECT_EQ(Number(*past.value(), "SELECT sum(length(b)) FROM t"), 451500);
    Commit(*writer.value(), "DELETE FROM t WHERE a > 1");
    ASSERT_TRUE(writer.value()->TruncateLog().ok());
    EXPECT_EQ(Number(*past.value(), "SELECT sum(length(b)) FROM t"), 10);
  }
}

// What a kept connection once read would hide that the device lost it since.
TEST_F(DatabaseTest, AKeptConnectionPastTheCacheSeesWhatTheDeviceLostOnceItForgot) {
  auto writer = Database::Open(disk_, path_, std::nullopt, DatabaseMode::kWriter);
  ASSERT_TRUE(writer.ok());
  Commit(*writer.value(), "CREATE TABLE t(a TEXT); INSERT INTO t VALUES ('the words on the disk')");
  ASSERT_TRUE(writer.value()->TruncateLog().ok());
  auto past = writer.value()->OpenPastCache(std::nullopt);
  ASSERT_TRUE(past.ok());
  EXPECT_EQ(Word(*past.value(), "SELECT a FROM t"), "the words on the disk");
  const FileDescriptor file(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
  std::string bytes(SizeOfFile(path_), ' ');
  ASSERT_EQ(::pread(file.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  const std::size_t at = bytes.find("the words on the disk");
  ASSERT_NE(at, std::string::npos);
  ASSERT_EQ(::pwrite(file.get(), "THE", 3, static_cast<off_t>(at)), 3);
  ASSERT_EQ(::fsync(file.get()), 0);
  past.value()->ForgetPages();
  EXPECT_EQ(Word(*past.value(), "SELECT a FROM t"), "THE words on the disk");
}

TEST_F(DatabaseTest, PastTheCacheALogThatWasNotTruncatedIsRead) {
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  Commit(*writer, "CREATE TABLE t(a); INSERT INTO t VALUES (41)");
  ASSERT_TRUE(writer->TruncateLog().ok());
  Commit(*writer, "UPDATE t SET a = 42");
  auto past = writer->OpenPastCache(KeyNumber(1));
  ASSERT_TRUE(past.ok());
  EXPECT_EQ(Number(*past.value(), "SELECT a FROM t"), 42);
}

// Losing this lock would let another program, a curious `sqlite3`, think that it is the last one
// and remove the log under us.
TEST_F(DatabaseTest, ReadingPastTheCacheKeepsTheFileLocked) {
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  Commit(*writer, "CREATE TABLE t(a)");
  { ASSERT_TRUE(writer->OpenPastCache(KeyNumber(1)).ok()); }
  const auto another_program_is_kept_out = [&]() -> Status {
    const int fd = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0x40000000;  // where SQLite locks
    lock.l_len = 512;
    if (fd < 0 || ::fcntl(fd, F_GETLK, &lock) != 0) return Unavailable("no answer");
    return lock.l_type == F_UNLCK ? Status(Invalid("unlocked")) : Ok();
  };
  EXPECT_EQ(RunInChild(another_program_is_kept_out), ChildEnd::kDone);
  writer.reset();
  EXPECT_EQ(RunInChild(another_program_is_kept_out), ChildEnd::kError);
}

}  // namespace
}  // namespace vault
