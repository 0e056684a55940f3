#include "vault/keys/erasure_cell.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/faulty_disk.h"
#include "tests/support/keeper_world.h"
#include "vault/base/text.h"
#include "vault/crypto/digest.h"

namespace vault {
namespace {

CellRecord RecordOf(std::uint64_t epoch, std::uint8_t fill) {
  CellRecord record;
  record.cell_index = 1;
  record.cell_count = 3;
  record.store = TestStore();
  record.epoch = epoch;
  for (std::uint8_t& byte : record.secret.mutable_view()) byte = fill;
  return record;
}

class FileCellTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto cell = CreateFileCell(disk_, path_, random_);
    ASSERT_TRUE(cell.ok()) << cell.error().detail;
    cell_ = std::move(cell).value();
  }
  std::string FileBytes() const { return ReadFileBytes(path_); }
  ino_t Inode() const {
    struct stat info {};
    EXPECT_EQ(::stat(path_.c_str(), &info), 0);
    return info.st_ino;
  }

  TempFolder folder_;
  FakeRandom random_{7};
  Disk disk_{nullptr};
  std::string path_ = folder_.At("cell");
  std::unique_ptr<ErasureCell> cell_;
};

TEST_F(FileCellTest, WritesExactlyTheRecordOfTheFormat) {
  const std::string before = FileBytes();
  ASSERT_EQ(before.size(), 8192u);
  ASSERT_TRUE(cell_->Write(RecordOf(0x0102030405060709, 0x5a)).ok());
  const std::string after = FileBytes();
  const std::string head =
      "53454331"                          // "SEC1"
      "01010300"                          // format 1, cell 1 of 3, 0
      "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"  // store id
      "0102030405060709"                  // epoch
      "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
  EXPECT_EQ(EncodeHex(AsBytes(after).subspan(4096, 64)), head);
  const auto hash = Blake2b<32>({}, AsBytes(after).subspan(4096, 64));
  EXPECT_EQ(ToBytes(AsBytes(after).subspan(4096 + 64, 32)), ToBytes(hash));
  // Nothing else changes.
  EXPECT_EQ(after.substr(0, 4096), before.substr(0, 4096));
  EXPECT_EQ(after.substr(4096 + 96), before.substr(4096 + 96));
}

TEST_F(FileCellTest, KeepsTwoEpochsInTheSlotsOfTheirParity) {
  ASSERT_TRUE(cell_->Write(RecordOf(6, 0x11)).ok());
  ASSERT_TRUE(cell_->Write(RecordOf(7, 0x22)).ok());
  auto even = cell_->Read(0);
  auto odd = cell_->Read(1);
  ASSERT_TRUE(even.ok() && odd.ok());
  ASSERT_TRUE(even.value().has_value() && odd.value().has_value());
  EXPECT_EQ(even.value()->epoch, 6u);
  EXPECT_EQ(odd.value()->epoch, 7u);
  EXPECT_EQ(even.value()->cell_index, 1);
  EXPECT_EQ(even.value()->cell_count, 3);
  EXPECT_EQ(even.value()->store, TestStore());
  EXPECT_EQ(ToBytes(even.value()->secret.view()), Bytes(32, 0x11));
  EXPECT_EQ(ToBytes(odd.value()->secret.view()), Bytes(32, 0x22));
}

TEST_F(FileCellTest, ReadsNothingOutOfANewErasedOrDamagedSlot) {
  for (unsigned slot : {0u, 1u}) {
    auto record = cell_->Read(slot);
    ASSERT_TRUE(record.ok());
    EXPECT_FALSE(record.value().has_value());
  }
  ASSERT_TRUE(cell_->Write(RecordOf(2, 0x33)).ok());
  const std::string whole = FileBytes();
  for (std::size_t i = 0; i < 96; ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    WriteFileBytes(path_, damaged);
    auto record = cell_->Read(0);
    ASSERT_TRUE(record.ok());
    EXPECT_FALSE(record.value().has_value()) << "byte " << i;
  }
}

TEST_F(FileCellTest, EraseOverwritesTheWholeSlotInPlace) {
  ASSERT_TRUE(cell_->Write(RecordOf(4, 0x44)).ok());
  ASSERT_TRUE(cell_->Write(RecordOf(5, 0x55)).ok());
  const std::string before = FileBytes();
  const ino_t inode = Inode();
  ASSERT_TRUE(cell_->Erase(0).ok());
  const std::string after = FileBytes();
  EXPECT_EQ(Inode(), inode);
  EXPECT_EQ(after.size(), 8192u);
  EXPECT_EQ(after.find(std::string(8, 0x44)), std::string::npos);
  EXPECT_EQ(after.find("SEC1"), 4096u);
  EXPECT_EQ(after.substr(4096), before.substr(4096));
  // Random against random: about one byte in 256 stays by chance.
  std::size_t same = 0;
  for (std::size_t i = 0; i < 4096; ++i) same += after[i] == before[i] ? 1 : 0;
  EXPECT_LT(same, 64u);
  auto record = cell_->Read(0);
  ASSERT_TRUE(record.ok());
  EXPECT_FALSE(record.value().has_value());
}

TEST_F(FileCellTest, IsNeverReplacedByAnotherFile) {
  const ino_t inode = Inode();
  ASSERT_TRUE(cell_->Write(RecordOf(1, 1)).ok());
  ASSERT_TRUE(cell_->Write(RecordOf(2, 2)).ok());
  ASSERT_TRUE(cell_->Erase(1).ok());
  EXPECT_EQ(Inode(), inode);
}

TEST_F(FileCellTest, RefusesToBeCreatedOverAnotherAndToOpenWhatIsNone) {
  auto again = CreateFileCell(disk_, path_, random_);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Errc::kConflict);
  auto absent = OpenFileCell(disk_, folder_.At("absent"), random_);
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code, Errc::kNotFound);
  WriteFileBytes(folder_.At("short"), std::string(8191, 'x'));
  auto too_short = OpenFileCell(disk_, folder_.At("short"), random_);
  ASSERT_FALSE(too_short.ok());
  EXPECT_EQ(too_short.error().code, Errc::kCorrupt);
}

// ForgetfulMedium puts the old bytes back after a write was synced.
class ForgetfulMedium final : public DiskObserver {
 public:
  explicit ForgetfulMedium(std::string path) : path_(std::move(path)) {}
  DiskVerdict OnStep(const DiskStep& step) override {
    if (step.action == DiskAction::kWrite) before_ = ReadFileBytes(path_);
    if (step.action == DiskAction::kSync) WriteFileBytes(path_, before_);
    return DiskVerdict::kProceed;
  }

 private:
  std::string path_;
  std::string before_;
};

TEST_F(FileCellTest, NoticesAMediumThatDoesNotKeepWhatItWasGiven) {
  ForgetfulMedium forgetful(path_);
  Disk disk(&forgetful);
  auto cell = OpenFileCell(disk, path_, random_);
  ASSERT_TRUE(cell.ok());
  const Status written = cell.value()->Write(RecordOf(2, 2));
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, Errc::kUnavailable);
  ASSERT_TRUE(cell_->Write(RecordOf(2, 2)).ok());
  EXPECT_FALSE(cell.value()->Erase(0).ok());
}

TEST_F(FileCellTest, ReportsEveryFaultAndNeverSucceedsWithoutTheBytes) {
  for (DiskVerdict fault : {DiskVerdict::kLose, DiskVerdict::kFailButKeep}) {
    for (int n = 1;; ++n) {
      FaultyDisk faults(n, fault, AfterFault::kContinue);
      Disk disk(&faults);
      auto cell = OpenFileCell(disk, path_, random_);
      ASSERT_TRUE(cell.ok());
      const auto epoch = static_cast<std::uint64_t>(100 + n);
      const Status written = cell.value()->Write(RecordOf(epoch, 9));
      const Status erased = cell.value()->Erase((epoch & 1) ^ 1);
      EXPECT_EQ(written.ok() && erased.ok(), !faults.struck());
      if (!faults.struck()) break;
    }
  }
}

}  // namespace
}  // namespace vault
