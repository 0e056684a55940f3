// The mirror of a database: what stands in the second place after every step and every fault.
#include "vault/store/mirror.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/crypto_environment.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/recording_disk.h"
#include "tests/support/temp_folder.h"
#include "vault/store/database.h"

namespace vault {
namespace {

std::string FileBytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

DatabaseKey MirrorKey() {
  DatabaseKey key;
  for (std::size_t i = 0; i < 32; ++i) key.key.mutable_view()[i] = static_cast<std::uint8_t>(i);
  key.salt.fill(7);
  return key;
}

// ValuesIn opens what lies at a path as a restart would, and lists it.
std::vector<std::int64_t> ValuesIn(const std::string& path) {
  std::vector<std::int64_t> out;
  Disk disk(nullptr);
  auto database = Database::Open(disk, path, MirrorKey(), DatabaseMode::kWriter);
  EXPECT_TRUE(database.ok()) << path;
  if (!database.ok()) return out;
  Statement check = database.value()->Prepare("PRAGMA integrity_check");
  EXPECT_TRUE(check.Step().value());
  EXPECT_EQ(check.Text(0), "ok");
  Statement rows = database.value()->Prepare("SELECT v FROM t ORDER BY v");
  while (rows.Step().value()) out.push_back(rows.Int(0));
  return out;
}

class MirrorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_.At("one"));
    std::filesystem::create_directories(folder_.At("two %41"));
  }
  std::string one() const { return folder_.At("one") + "/r.db"; }
  std::string two() const { return folder_.At("two %41") + "/r.db"; }

  std::unique_ptr<Database> OpenOne(Disk& disk) {
    auto database = Database::Open(disk, one(), MirrorKey(), DatabaseMode::kWriter);
    CHECK(database.ok());
    CHECK(database.value()->Execute("CREATE TABLE IF NOT EXISTS t(v INTEGER)").ok());
    return std::move(database).value();
  }
  void Insert(Database& database, std::int64_t value) {
    auto transaction = Transaction::Begin(database);
    CHECK(transaction.ok());
    CHECK(database.Prepare("INSERT INTO t VALUES(?)").Bind(value).Run().ok());
    transaction.value().Commit();
  }
  // CopyAs copies a database as a crash would leave it: with its log and without its index.
  std::string CopyAs(const std::string& path, const std::string& name) {
    const std::string to = folder_.At(name);
    std::filesystem::remove(to + "-wal");
    for (const char* tail : {"", "-wal"}) {
      if (!std::filesystem::exists(path + tail)) continue;
      std::filesystem::copy_file(path + tail, to + tail,
                                 std::filesystem::copy_options::overwrite_existing);
    }
    return to;
  }

  TempFolder folder_;
  std::shared_ptr<MirrorLink> link_ = std::make_shared<MirrorLink>();
};

TEST_F(MirrorTest, HoldsTheSameBytesAfterEveryCommit) {
  Disk disk(nullptr);
  auto database = OpenOne(disk);
  Insert(*database, 1);
  ASSERT_TRUE(database->MirrorTo(disk, two(), MirrorKey(), link_).ok());
  EXPECT_EQ(FileBytes(two()), FileBytes(one()));
  for (std::int64_t value = 2; value < 40; ++value) {
    Insert(*database, value);
    ASSERT_EQ(FileBytes(two() + "-wal"), FileBytes(one() + "-wal"));
    ASSERT_EQ(ValuesIn(CopyAs(two(), "crash")).size(), static_cast<std::size_t>(value));
  }
  ASSERT_TRUE(database->TruncateLog().ok());
  EXPECT_EQ(FileBytes(two()), FileBytes(one()));
  EXPECT_EQ(FileBytes(two() + "-wal"), "");
  database.reset();
  EXPECT_FALSE(std::filesystem::exists(two() + "-wal"));
  EXPECT_TRUE(link_->whole());
  EXPECT_EQ(ValuesIn(two()).size(), 39u);
}

TEST_F(MirrorTest, IsSyncedBeforeTheFirstPlace) {
  Recorder recorder(nullptr);
  Disk disk(&recorder);
  auto database = OpenOne(disk);
  ASSERT_TRUE(database->MirrorTo(disk, two(), MirrorKey(), link_).ok());
  const std::size_t from = recorder.steps().size();
  Insert(*database, 1);
  const auto steps = recorder.steps();
  std::vector<std::string> syncs;
  for (std::size_t i = from; i < steps.size(); ++i) {
    if (steps[i].action == DiskAction::kSync) syncs.push_back(steps[i].path);
  }
  ASSERT_GE(syncs.size(), 2u);
  for (std::size_t i = 0; i < syncs.size(); ++i) {
    EXPECT_EQ(syncs[i], (i % 2 == 0 ? two() : one()) + "-wal");
  }
}

TEST_F(MirrorTest, IsBroughtUpFromWhateverLiesThere) {
  Disk disk(nullptr);
  auto database = OpenOne(disk);
  Insert(*database, 1);
  ASSERT_TRUE(database->MirrorTo(disk, two(), MirrorKey(), link_).ok());
  Insert(*database, 2);
  // One commit is in the mirror's log only; then the mirror stays behind.
  database->MirrorNoMore();
  Insert(*database, 3);
  ASSERT_TRUE(database->MirrorTo(disk, two(), MirrorKey(), link_).ok());
  EXPECT_EQ(FileBytes(two()), FileBytes(one()));
  EXPECT_EQ(ValuesIn(CopyAs(two(), "crash")), (std::vector<std::int64_t>{1, 2, 3}));
  // Damaged beyond opening.
  database->MirrorNoMore();
  std::ofstream(two(), std::ios::binary) << "no database at all";
  std::ofstream(two() + "-wal", std::ios::binary) << "and no log";
  ASSERT_TRUE(database->MirrorTo(disk, two(), MirrorKey(), link_).ok());
  EXPECT_EQ(FileBytes(two()), FileBytes(one()));
  EXPECT_EQ(FileBytes(two() + "-wal"), "");
}

TEST_F(MirrorTest, IsReadFromItsDeviceBesideTheWriter) {
  Disk disk(nullptr);
  auto database = OpenOne(disk);
  ASSERT_TRUE(database->MirrorTo(disk, two(), MirrorKey(), link_).ok());
  Insert(*database, 5);
  ASSERT_TRUE(database->TruncateLog().ok());
  {
    auto copy = Database::OpenCopyPastCache(two(), MirrorKey());
    ASSERT_TRUE(copy.ok()) << copy.error().detail;
    Statement rows = copy.value()->Prepare("SELECT v FROM t");
    ASSERT_TRUE(rows.Step().value());
    EXPECT_EQ(rows.Int(0), 5);
  }
  Insert(*database, 6);
  ASSERT_TRUE(database->TruncateLog().ok());
  auto copy = Database::OpenCopyPastCache(two(), MirrorKey());
  ASSERT_TRUE(copy.ok());
  Statement rows = copy.value()->Prepare("SELECT count(*) FROM t");
  ASSERT_TRUE(rows.Step().value());
  EXPECT_EQ(rows.Int(0), 2);
  EXPECT_FALSE(std::filesystem::exists(two() + "-shm"));
}

// What was answered while the link was whole must be in the mirror, whatever failed there, and the
// mirror must open by itself; the first place must not suffer.
TEST_F(MirrorTest, AFaultThereBreaksTheLinkAndLeavesBothWhole) {
  for (const DiskVerdict verdict : {DiskVerdict::kLose, DiskVerdict::kFailButKeep}) {
    int n = 1;
    for (;; ++n) {
      SCOPED_TRACE(n);
      for (const char* place : {"one", "two %41"}) {
        std::filesystem::remove_all(folder_.At(place));
        std::filesystem::create_directories(folder_.At(place));
      }
      FaultyDisk faults(n, verdict, AfterFault::kContinue);
      const std::string second = folder_.At("two %41");
      faults.CountOnly([&](const DiskStep& step) { return step.path.starts_with(second); });
      Disk disk(&faults);
      auto database = OpenOne(disk);
      const auto link = std::make_shared<MirrorLink>();
      std::size_t answered = 0;
      std::size_t stored = 1;
      Insert(*database, 0);
      if (database->MirrorTo(disk, two(), MirrorKey(), link).ok()) {
        answered = 1;
        for (std::int64_t value = 1; value < 4; ++value) {
          Insert(*database, value);
          ++stored;
          if (value == 2) {
            ASSERT_TRUE(database->TruncateLog().ok());
          }
          if (link->whole()) answered = static_cast<std::size_t>(value) + 1;
        }
        EXPECT_EQ(link->whole(), !faults.struck());
      }
      EXPECT_EQ(ValuesIn(CopyAs(one(), "crash1")).size(), stored);
      if (answered > 0) {
        EXPECT_GE(ValuesIn(CopyAs(two(), "crash2")).size(), answered);
      }
      database.reset();
      if (!faults.struck()) break;
    }
    EXPECT_GT(n, 15);
  }
}

}  // namespace
}  // namespace vault
