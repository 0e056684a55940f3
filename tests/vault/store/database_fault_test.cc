#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/power_cut.h"
#include "tests/support/recording_disk.h"
#include "tests/vault/store/database_harness.h"
#include "vault/store/self_test.h"

namespace vault {
namespace {

constexpr std::string_view kMarker = "the-name-of-a-person";

class DatabaseFaultTest : public DatabaseTest {
 protected:
  // WriteClearText puts the marker wherever SQLite could leave it lying.
  static void WriteClearText(Database& database) {
    const std::string quoted = "'" + std::string(kMarker) + "'";
    Commit(database,
           "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT) STRICT;"
           "CREATE INDEX i ON t(b)");
    Commit(database,
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
           "INSERT INTO t SELECT i, " +
               quoted + " || i FROM n");
    ASSERT_TRUE(database.TruncateLog().ok());
    ASSERT_TRUE(database.Execute("PRAGMA cache_size = -16").ok());
    ASSERT_TRUE(database
                    .Execute("SELECT a.b, b.b FROM t AS a, t AS b WHERE b.a < 20 "
                             "ORDER BY (a.a * b.a) % 9973, a.b DESC, b.b")
                    .ok());
    ASSERT_TRUE(database.Execute("CREATE TEMP TABLE u AS SELECT b || b AS c FROM t").ok());
    Commit(database, "DELETE FROM t WHERE a % 2 = 0");
    ASSERT_TRUE(database.Execute("DROP TABLE u").ok());
    ASSERT_TRUE(database.IncrementalVacuum().ok());
    ASSERT_TRUE(database.TruncateLog().ok());
  }
};

TEST_F(DatabaseFaultTest, NoClearTextReachesTheDisk) {
  Recorder recorder(nullptr);
  Disk disk(&recorder);
  WriteClearText(*OpenOver(disk, DatabaseMode::kWriter));
  EXPECT_EQ(recorder.Search(kMarker), 0u);
  EXPECT_EQ(recorder.Search("SQLite format 3"), 0u);
  EXPECT_GT(recorder.size(), 100u);
}

TEST_F(DatabaseFaultTest, TheSearchWouldFindClearTextInAFileAndInASortsSpill) {
  {
    Recorder recorder(nullptr);
    Disk disk(&recorder);
    auto plain = Database::Open(disk, folder_.At("plain"), std::nullopt, DatabaseMode::kWriter);
    ASSERT_TRUE(plain.ok());
    WriteClearText(*plain.value());
    EXPECT_GT(recorder.Search(kMarker), 3000u);
  }
  // The very sort above, with the one setting left out that keeps it in memory.
  Recorder recorder(nullptr);
  Disk disk(&recorder);
  auto careless = OpenOver(disk, DatabaseMode::kWriter);
  ASSERT_TRUE(careless->Execute("PRAGMA temp_store = FILE").ok());
  WriteClearText(*careless);
  EXPECT_GT(recorder.Search(kMarker), 3000u);
}

TEST_F(DatabaseFaultTest, TheSelfTestPassesAndLeavesNothing) {
  ASSERT_TRUE(Disk(nullptr).MakeFolder(folder_.At("data")).ok());
  for (int run = 0; run < 2; ++run) {
    const Status tested = DatabaseSelfTest(disk_, folder_.At("data"));
    EXPECT_TRUE(tested.ok()) << tested.error().detail;
    EXPECT_TRUE(disk_.ListFolder(folder_.At("data")).value().empty());
  }
}

TEST_F(DatabaseFaultTest, TheSelfTestMendsWhatAnInterruptedOneLeft) {
  ASSERT_TRUE(disk_.WriteWhole(folder_.At("self-test.db"), AsBytes("half a file")).ok());
  ASSERT_TRUE(disk_.WriteWhole(folder_.At("self-test.db-wal"), AsBytes("half a log")).ok());
  EXPECT_TRUE(DatabaseSelfTest(disk_, folder_.path()).ok());
  EXPECT_TRUE(disk_.ListFolder(folder_.path()).value().empty());
}

TEST_F(DatabaseFaultTest, TheSelfTestNeedsADiskThatWorks) {
  const ChildEnd end = RunInChild([&] {
    FaultyDisk faults(3, DiskVerdict::kLose, AfterFault::kCrash);
    Disk disk(&faults);
    return DatabaseSelfTest(disk, folder_.path());
  });
  EXPECT_TRUE(end == ChildEnd::kError || end == ChildEnd::kStopped);
}

// Rows of one transaction carry one number, so half a transaction would show.
constexpr int kTransactions = 3;
constexpr int kRows = 40;

Status Insert(Database& database, int number) {
  TRY(Transaction transaction, Transaction::Begin(database));
  for (int row = 0; row < kRows; ++row) {
    TRY_VOID(database.Prepare("INSERT INTO t(number, filler) VALUES (?, zeroblob(300))")
                 .Bind(number)
                 .Run());
  }
  transaction.Commit();
  return Ok();
}

// Live makes a table, commits the transactions and tells of each one when it was acknowledged.
Status Live(Database& database, const std::function<void(int)>& acknowledge) {
  TRY_VOID(database.Execute("CREATE TABLE t(number INTEGER, filler BLOB) STRICT"));
  acknowledge(0);
  for (int number = 1; number <= kTransactions; ++number) {
    TRY_VOID(Insert(database, number));
    acknowledge(number);
    if (number == 2) TRY_VOID(database.TruncateLog());
  }
  return Ok();
}

// Examine opens what was left, and holds it against the number acknowledged last (-1: nothing).
void Examine(Database& database, int acknowledged, const std::string& where) {
  Statement tables = database.Prepare("SELECT count(*) FROM sqlite_schema WHERE name = 't'");
  ASSERT_TRUE(tables.Step().value());
  if (tables.Int(0) == 0) {
    EXPECT_EQ(acknowledged, -1) << where;
    return;
  }
  Statement rows = database.Prepare("SELECT count(*) FROM t WHERE number = ?");
  for (int number = 1; number <= kTransactions; ++number) {
    ASSERT_TRUE(rows.Bind(number).Step().value()) << where;
    const std::int64_t found = rows.Int(0);
    if (number <= acknowledged) {
      EXPECT_EQ(found, kRows) << where << ", transaction " << number;
    } else if (number == acknowledged + 1) {
      EXPECT_TRUE(found == 0 || found == kRows) << where << ": half a transaction";
    } else {
      EXPECT_EQ(found, 0) << where << ", transaction " << number;
    }
  }
  Statement check = database.Prepare("PRAGMA integrity_check");
  ASSERT_TRUE(check.Step().value()) << where;
  EXPECT_EQ(check.Text(0), "ok") << where;
}

class EveryFault
    : public DatabaseFaultTest,
      public ::testing::WithParamInterface<std::tuple<std::uint64_t, DiskVerdict, AfterFault>> {};

TEST_P(EveryFault, StopsTheProgramWithAllOrNothingOfTheTransaction) {
  const auto& [key, fault, after] = GetParam();
  int stopped = 0;
  for (int n = 1;; ++n) {
    TempFolder folder;
    const std::string path = folder.At("register.db");
    const int diary =
        ::open(folder.At("diary").c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ASSERT_GE(diary, 0);
    const ChildEnd end = RunInChild([&, fault = fault, after = after, key = key]() -> Status {
      FaultyDisk faults(n, fault, after);
      Disk disk(&faults);
      {
        TRY(std::unique_ptr<Database> database,
            Database::Open(disk, path, KeyNumber(key), DatabaseMode::kWriter));
        TRY_VOID(Live(*database, [&](int) { CHECK(::write(diary, "x", 1) == 1); }));
      }
      return faults.struck() ? Status(Invalid("a fault that did no harm")) : Ok();
    });
    const int acknowledged = static_cast<int>(::lseek(diary, 0, SEEK_END)) - 1;
    ::close(diary);
    const std::string where = "step " + std::to_string(n);
    ASSERT_NE(end, ChildEnd::kBroken) << where;
    stopped += end == ChildEnd::kStopped ? 1 : 0;
    Disk healthy(nullptr);
    {
      auto opened = Database::Open(healthy, path, KeyNumber(key), DatabaseMode::kWriter);
      ASSERT_TRUE(opened.ok()) << where << ": " << opened.error().detail;
      Examine(*opened.value(), acknowledged, where);
    }
    if (end == ChildEnd::kDone) {
      EXPECT_EQ(acknowledged, kTransactions);
      break;
    }
  }
  // At the least: every sync of a log, and of the file.
  EXPECT_GE(stopped, 5);
}

INSTANTIATE_TEST_SUITE_P(
    Database, EveryFault,
    ::testing::Values(std::make_tuple(1, DiskVerdict::kLose, AfterFault::kContinue),
                      std::make_tuple(1, DiskVerdict::kLose, AfterFault::kCrash),
                      std::make_tuple(1, DiskVerdict::kFailButKeep, AfterFault::kContinue),
                      std::make_tuple(1, DiskVerdict::kFailButKeep, AfterFault::kCrash),
                      std::make_tuple(0, DiskVerdict::kLose, AfterFault::kCrash),
                      std::make_tuple(0, DiskVerdict::kFailButKeep, AfterFault::kContinue)));

TEST_F(DatabaseFaultTest, AFailedCommitStopsTheProgram) {
  FaultyDisk faults(1, DiskVerdict::kLose, AfterFault::kContinue);
  bool armed = false;
  faults.CountOnly([&](const DiskStep& step) { return armed && step.action == DiskAction::kSync; });
  Disk disk(&faults);
  auto database = OpenOver(disk, DatabaseMode::kWriter);
  Commit(*database, "CREATE TABLE t(number INTEGER, filler BLOB) STRICT");
  EXPECT_DEATH(
      {
        armed = true;
        (void)Insert(*database, 1).ok();
      },
      "strongroom: error: .*stopping, start-up recovers");
}

TEST_F(DatabaseFaultTest, AFailedSyncOfTheFileInTheBackgroundStopsTheProgramToo) {
  FaultyDisk faults(1, DiskVerdict::kLose, AfterFault::kContinue);
  faults.CountOnly(
      [&](const DiskStep& step) { return step.action == DiskAction::kSync && step.path == path_; });
  Disk disk(&faults);
  auto database = Database::Open(disk_, path_, KeyNumber(1), DatabaseMode::kWriter);
  ASSERT_TRUE(database.ok());
  Commit(*database.value(), "CREATE TABLE t(a)");
  database.value().reset();
  auto watched = OpenOver(disk, DatabaseMode::kWriter);
  EXPECT_DEATH(Commit(*watched,
                      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
                      "i < 1100) INSERT INTO t SELECT zeroblob(4000) FROM n"),
               "a sync of a database failed");
}

TEST_F(DatabaseFaultTest, AFailedWriteBeforeTheCommitIsAnErrorAndChangesNothing) {
  FaultyDisk faults(1, DiskVerdict::kLose, AfterFault::kContinue);
  bool armed = false;
  faults.CountOnly(
      [&](const DiskStep& step) { return armed && step.action == DiskAction::kWrite; });
  Disk disk(&faults);
  auto database = OpenOver(disk, DatabaseMode::kWriter);
  Commit(*database, "CREATE TABLE t(a)");
  // A cache this small writes to the log before the commit.
  ASSERT_TRUE(database->Execute("PRAGMA cache_size = 5").ok());
  armed = true;
  {
    auto transaction = Transaction::Begin(*database);
    ASSERT_TRUE(transaction.ok());
    const Status inserted = database->Execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
        "INSERT INTO t SELECT zeroblob(4000) FROM n");
    ASSERT_FALSE(inserted.ok());
    EXPECT_EQ(inserted.error().code, Errc::kUnavailable);
  }
  EXPECT_TRUE(faults.struck());
  EXPECT_EQ(Number(*database, "SELECT count(*) FROM t"), 0);
  Commit(*database, "INSERT INTO t VALUES (1)");
  EXPECT_EQ(Number(*database, "SELECT count(*) FROM t"), 1);
}

TEST_F(DatabaseFaultTest, AcknowledgedTransactionsSurviveAPowerCutAtEveryStep) {
  Recorder recorder(nullptr);
  Disk disk(&recorder);
  std::vector<std::size_t> acknowledged;
  {
    auto database = OpenOver(disk, DatabaseMode::kWriter);
    ASSERT_TRUE(Live(*database, [&](int) { acknowledged.push_back(recorder.size()); }).ok());
  }
  const std::vector<RecordedStep> steps = recorder.steps();
  for (std::size_t count = 0; count <= steps.size(); ++count) {
    int least = -1;
    for (const std::size_t at : acknowledged) least += at <= count ? 1 : 0;
    for (const Unsynced unsynced : {Unsynced::kGone, Unsynced::kKept, Unsynced::kHalf}) {
      TempFolder after;
      PowerCut(steps, count).Write(folder_.path(), after.path(), unsynced, count);
      Disk healthy(nullptr);
      auto opened =
          Database::Open(healthy, after.At("register.db"), KeyNumber(1), DatabaseMode::kWriter);
      const std::string where = "cut after " + std::to_string(count);
      ASSERT_TRUE(opened.ok()) << where << ": " << opened.error().detail;
      Examine(*opened.value(), least, where);
    }
  }
}

// A process dies between the write of a commit and its sync. The next one reads the commit like any
// other and acts on it; were the power to fail now, what it acted on must not be gone.
TEST_F(DatabaseFaultTest, WhatADeadProcessLeftUnsyncedIsDurableOnceItIsRead) {
  std::vector<RecordedStep> steps;
  {
    Recorder recorder(nullptr);
    Disk disk(&recorder);
    auto database = OpenOver(disk, DatabaseMode::kWriter);
    Commit(*database, "CREATE TABLE t(a)");
    const std::size_t synced = recorder.size();
    Commit(*database, "INSERT INTO t VALUES (1)");
    steps = recorder.steps();
    while (steps.size() > synced && steps.back().action != DiskAction::kSync) steps.pop_back();
    ASSERT_GT(steps.size(), synced);
    steps.pop_back();
  }
  const auto cut = [&](Unsynced unsynced) {
    TempFolder after;
    PowerCut(steps, steps.size()).Write(folder_.path(), after.path(), unsynced, 1);
    std::filesystem::remove_all(folder_.path());
    std::filesystem::copy(after.path(), folder_.path());
  };
  // The machine runs on: its memory still has what was written.
  cut(Unsynced::kKept);
  {
    Recorder recorder(nullptr);
    Disk disk(&recorder);
    auto database = OpenOver(disk, DatabaseMode::kWriter);
    ASSERT_EQ(Number(*database, "SELECT count(*) FROM t"), 1);
    const std::vector<RecordedStep> more = recorder.steps();
    steps.insert(steps.end(), more.begin(), more.end());
  }
  cut(Unsynced::kGone);
  EXPECT_EQ(Number(*OpenOver(disk_, DatabaseMode::kWriter), "SELECT count(*) FROM t"), 1);
}

}  // namespace
}  // namespace vault
