#include "vault/keys/medium_cell.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/faulty_disk.h"
#include "tests/support/keeper_world.h"
#include "tests/support/laid_out_machine.h"
#include "tests/support/loop_device.h"
#include "vault/crypto/digest.h"
#include "vault/keys/anti_forensic.h"
#include "vault/keys/cell_record.h"

namespace vault {
namespace {

constexpr std::size_t kSlot = 385024;
constexpr std::size_t kStripes = 4000;

CellRecord RecordOf(std::uint64_t epoch, std::uint8_t seed) {
  CellRecord record;
  record.store = TestStore();
  record.epoch = epoch;
  FakeRandom random(seed);
  random.Fill(record.secret.mutable_view());
  return record;
}

// Joined puts a slot together as FORMAT.md says, with nothing of the cell's own code.
Bytes Joined(ByteView slot) {
  const std::string label = "strongroom/v1/anti-forensic";
  Bytes d(96);
  for (std::size_t k = 0; k < kStripes; ++k) {
    for (std::size_t i = 0; i < 96; ++i) d[i] = static_cast<std::uint8_t>(d[i] ^ slot[k * 96 + i]);
    if (k + 1 == kStripes) break;
    Bytes next;
    for (std::uint8_t part = 0; part < 3; ++part) {
      Bytes message = {part};
      message.insert(message.end(), d.begin(), d.end());
      const auto hash = Blake2b<32>(AsBytes(label), message);
      next.insert(next.end(), hash.begin(), hash.end());
    }
    d = next;
  }
  return d;
}

class MediumCellTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto cell = CreateMediumCell(disk_, machine_, random_, place_);
    ASSERT_TRUE(cell.ok()) << cell.error().detail;
    cell_ = std::move(cell).value();
  }
  std::string Raw() const { return ReadFileBytes(place_.path); }
  bool HoldsSomething(unsigned slot) {
    auto record = cell_->Read(slot);
    EXPECT_TRUE(record.ok());
    return record.ok() && record.value().has_value();
  }

  TempFolder folder_;
  FakeRandom random_{7};
  Disk disk_{nullptr};
  Machine machine_{Machine::Roots()};
  MediumPlace place_{folder_.At("cell"), folder_.path()};
  std::unique_ptr<ErasureCell> cell_;
};

TEST_F(MediumCellTest, WritesExactlyTheStripesOfTheFormat) {
  const std::string before = Raw();
  ASSERT_EQ(before.size(), 2 * kSlot);
  const CellRecord record = RecordOf(3, 1);
  ASSERT_TRUE(cell_->Write(record).ok());
  const std::string after = Raw();
  EXPECT_EQ(after.substr(0, kSlot), before.substr(0, kSlot));
  EXPECT_EQ(Joined(AsBytes(after).subspan(kSlot)), ToBytes(EncodeCellRecord(record).view()));
}

TEST_F(MediumCellTest, NoPartOfTheSecretLiesOnTheMedium) {
  const CellRecord record = RecordOf(2, 1);
  ASSERT_TRUE(cell_->Write(record).ok());
  const std::string raw = Raw();
  const std::string secret(AsText(record.secret.view()));
  for (std::size_t at = 0; at + 8 <= secret.size(); at += 8) {
    EXPECT_EQ(raw.find(secret.substr(at, 8)), std::string::npos);
  }
  EXPECT_EQ(raw.find("SEC1"), std::string::npos);
}

// Worn flash keeps a block, or many: all but one of them are not enough.
TEST_F(MediumCellTest, WithoutAnyOneOfItsBlocksTheRecordIsGone) {
  ASSERT_TRUE(cell_->Write(RecordOf(2, 1)).ok());
  const std::string whole = Raw();
  for (std::size_t block = 0; block * 4096 < kStripes * 96; block += 7) {
    std::string kept = whole;
    std::fill_n(kept.begin() + static_cast<std::ptrdiff_t>(block * 4096), 4096, '\0');
    WriteFileBytes(place_.path, kept);
    EXPECT_FALSE(HoldsSomething(0)) << "block " << block;
  }
  for (std::size_t byte = 0; byte < kStripes * 96; byte += 9973) {
    std::string kept = whole;
    kept[byte] = static_cast<char>(kept[byte] ^ 1);
    WriteFileBytes(place_.path, kept);
    EXPECT_FALSE(HoldsSomething(0)) << "byte " << byte;
  }
  WriteFileBytes(place_.path, whole);
  EXPECT_TRUE(HoldsSomething(0));
}

TEST(AntiForensic, EveryBitOfTheAreaCountsForEveryByteOfTheRecord) {
  FakeRandom random(1);
  const Bytes record(96, 0x5a);
  const SecretBytes area = SplitRecord(record, 5, random);
  EXPECT_EQ(ToBytes(JoinRecord(area.view(), 5).view()), record);
  // A bit of any stripe but the last reaches all three parts of the record.
  for (std::size_t byte : {0, 95, 96, 200, 383}) {
    Bytes changed = ToBytes(area.view());
    changed[byte] ^= 1;
    const Bytes joined = ToBytes(JoinRecord(changed, 5).view());
    for (std::size_t part = 0; part < 3; ++part) {
      std::size_t same = 0;
      for (std::size_t i = 0; i < 32; ++i) same += joined[part * 32 + i] == 0x5a ? 1 : 0;
      EXPECT_LT(same, 6U) << "byte " << byte << " part " << part;
    }
  }
}

TEST_F(MediumCellTest, ErasedSlotIsDiscardedAndItsRoomKept) {
  ASSERT_TRUE(cell_->Write(RecordOf(2, 1)).ok());
  ASSERT_TRUE(cell_->Write(RecordOf(3, 2)).ok());
  ASSERT_TRUE(cell_->Erase(0).ok());
  const std::string raw = Raw();
  const auto not_zero = [](char c) { return c != 0; };
  EXPECT_TRUE(std::none_of(raw.begin(), raw.begin() + kSlot, not_zero));
  EXPECT_TRUE(HoldsSomething(1));
  struct stat info {};
  ASSERT_EQ(::stat(place_.path.c_str(), &info), 0);
  EXPECT_EQ(info.st_size, static_cast<off_t>(2 * kSlot));
  EXPECT_GE(info.st_blocks * 512, static_cast<off_t>(2 * kSlot));
}

// The observer sees noise over the slot, synced, before anything is discarded.
TEST_F(MediumCellTest, OverwritesBeforeItDiscards) {
  ASSERT_TRUE(cell_->Write(RecordOf(2, 1)).ok());
  Recorder recorder(nullptr);
  Disk disk(&recorder);
  auto cell = OpenMediumCell(disk, machine_, random_, place_);
  ASSERT_TRUE(cell.ok());
  ASSERT_TRUE(cell.value()->Erase(0).ok());
  std::size_t noise = 0;
  bool synced = false;
  bool discarded = false;
  for (const RecordedStep& step : recorder.steps()) {
    if (step.action == DiskAction::kSync) synced = synced || noise == kSlot;
    if (step.action != DiskAction::kWrite) continue;
    const bool zeros = std::all_of(step.bytes.begin(), step.bytes.end(),
                                   [](std::uint8_t byte) { return byte == 0; });
    if (zeros) {
      EXPECT_TRUE(synced);
      discarded = true;
    } else {
      noise += step.bytes.size();
    }
  }
  EXPECT_EQ(noise, kSlot);
  EXPECT_TRUE(discarded);
}

TEST_F(MediumCellTest, AnyOtherSizeIsRefusedAlsoLater) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{8192}, 2 * kSlot - 1, 2 * kSlot + 1}) {
    std::filesystem::resize_file(place_.path, size);
    auto opened = OpenMediumCell(disk_, machine_, random_, place_);
    ASSERT_FALSE(opened.ok()) << size;
    EXPECT_EQ(opened.error().code, Errc::kCorrupt);
    EXPECT_FALSE(cell_->Write(RecordOf(2, 1)).ok());
    EXPECT_FALSE(cell_->Erase(0).ok());
    EXPECT_FALSE(cell_->Read(0).ok());
  }
}

TEST_F(MediumCellTest, ReportsEveryFaultAndNeverSucceedsWithoutTheBytes) {
  for (DiskVerdict fault : {DiskVerdict::kLose, DiskVerdict::kFailButKeep}) {
    for (int n = 1;; ++n) {
      FaultyDisk faults(n, fault, AfterFault::kContinue);
      Disk disk(&faults);
      auto cell = OpenMediumCell(disk, machine_, random_, place_);
      ASSERT_TRUE(cell.ok());
      const auto epoch = static_cast<std::uint64_t>(100 + n);
      const Status written = cell.value()->Write(RecordOf(epoch, 9));
      const Status erased = cell.value()->Erase((epoch & 1) ^ 1);
      EXPECT_EQ(written.ok() && erased.ok(), !faults.struck()) << n;
      if (!faults.struck()) break;
    }
  }
}

TEST_F(MediumCellTest, AFaultWhileItIsMadeLeavesNoCellThatOpensAsOne) {
  for (DiskVerdict fault : {DiskVerdict::kLose, DiskVerdict::kFailButKeep}) {
    for (int n = 1;; ++n) {
      const MediumPlace place{folder_.At("fresh"), folder_.path()};
      FaultyDisk faults(n, fault, AfterFault::kContinue);
      Disk disk(&faults);
      auto made = CreateMediumCell(disk, machine_, random_, place);
      EXPECT_EQ(made.ok(), !faults.struck()) << n;
      std::filesystem::remove(place.path);
      if (!faults.struck()) break;
    }
  }
}

// Devices are root's. Elsewhere these tests have no device, and say what they could not show.
class MediumDevice : public MediumCellTest {
 protected:
  void SetUp() override { device_ = LoopDevice::Attach(folder_.At("image"), 4 << 20); }
  bool Missing() const {
    if (device_ == nullptr) RecordProperty("not_shown", "no block device may be made here");
    return device_ == nullptr;
  }
  std::unique_ptr<LoopDevice> device_;
};

TEST_F(MediumDevice, IsTakenOnlyWhenBlank) {
  if (Missing()) return;
  const MediumPlace place{device_->path(), folder_.path()};
  const int raw = ::open(device_->path().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(raw, 0);
  ASSERT_EQ(::pwrite(raw, "x", 1, 2 * kSlot - 1), 1);
  ASSERT_EQ(::fsync(raw), 0);
  auto refused = CreateMediumCell(disk_, machine_, random_, place);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kConflict);
  ASSERT_EQ(::pwrite(raw, "\0", 1, 2 * kSlot - 1), 1);
  ASSERT_EQ(::fsync(raw), 0);
  ::close(raw);
  auto made = CreateMediumCell(disk_, machine_, random_, place);
  EXPECT_TRUE(made.ok()) << made.error().detail;
}

TEST_F(MediumDevice, IsNotWrittenWhileSomethingElseHasIt) {
  if (Missing()) return;
  const MediumPlace place{device_->path(), folder_.path()};
  auto made = CreateMediumCell(disk_, machine_, random_, place);
  ASSERT_TRUE(made.ok()) << made.error().detail;
  ASSERT_TRUE(made.value()->Write(RecordOf(2, 1)).ok());
  // As a mounted file system holds it.
  const int held = ::open(device_->path().c_str(), O_RDWR | O_EXCL | O_CLOEXEC);
  ASSERT_GE(held, 0);
  EXPECT_FALSE(made.value()->Erase(0).ok());
  EXPECT_FALSE(made.value()->Write(RecordOf(3, 1)).ok());
  EXPECT_TRUE(made.value()->Read(0).ok());
  ::close(held);
  EXPECT_TRUE(made.value()->Erase(0).ok());
}

TEST_F(MediumDevice, DiscardReachesTheDevice) {
  if (Missing()) return;
  const MediumPlace place{device_->path(), folder_.path()};
  auto made = CreateMediumCell(disk_, machine_, random_, place);
  ASSERT_TRUE(made.ok());
  struct stat before {};
  struct stat after {};
  ASSERT_EQ(::stat(folder_.At("image").c_str(), &before), 0);
  ASSERT_TRUE(made.value()->Erase(0).ok());
  ASSERT_EQ(::stat(folder_.At("image").c_str(), &after), 0);
  EXPECT_LT(after.st_blocks, before.st_blocks);
}

// ---- what a medium is called

constexpr std::uint64_t kExt4 = 0xEF53;
constexpr std::uint64_t kTmpfs = 0x01021994;

class MediumClass : public ::testing::Test {
 protected:
  MediumClass() {
    data_.device = laid_out_.Partition(kSystemDisk, "sda1", 1);
    data_.file_system = kExt4;
    cell_.device = laid_out_.Partition(kOwnDisk, "sdb1", 17);
    cell_.file_system = kExt4;
    laid_out_.Disk(kSystemDisk, 0);
    laid_out_.Disk(kOwnDisk, 16);
  }
  CellClass Found() const {
    return ClassOfMedium(laid_out_.machine(), cell_, data_, MediumWrites::kDirect);
  }
  void ExpectFile(std::string_view why) const {
    const CellClass found = Found();
    EXPECT_EQ(found.name, "file");
    EXPECT_NE(found.reason.find(why), std::string::npos) << found.reason;
  }
  static constexpr const char* kSystemDisk =
      "pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda";
  static constexpr const char* kOwnDisk =
      "pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host4/target4:0:0/4:0:0:0/block/sdb";

  LaidOutMachine laid_out_;
  PathFacts cell_;
  PathFacts data_;
};

TEST_F(MediumClass, IsMediumOnARealDiskOfItsOwn) {
  EXPECT_EQ(Found().name, "medium") << Found().reason;
  cell_ = {true, makedev(8, 16), 0};
  EXPECT_EQ(Found().name, "medium") << Found().reason;
  data_ = {false, 42, kTmpfs};
  EXPECT_EQ(Found().name, "medium") << Found().reason;
}

TEST_F(MediumClass, IsMediumUnderEncryption) {
  cell_.device = laid_out_.Mapped("dm-3", "CRYPT-LUKS2-00-cell", kOwnDisk, 40);
  EXPECT_EQ(Found().name, "medium") << Found().reason;
}

TEST_F(MediumClass, IsFileOnTheDevicOfTheData) {
  cell_.device = data_.device;
  ExpectFile("shares the data folder's device");
}

TEST_F(MediumClass, IsFileOnAnotherPartitionOfTheDatasDisk) {
  cell_.device = laid_out_.Partition(kSystemDisk, "sda2", 2);
  ExpectFile("shares a disk");
  cell_ = {true, makedev(8, 0), 0};
  ExpectFile("shares a disk");
}

TEST_F(MediumClass, IsFileWhereTheDataLiesOnTheSameDiskUnderEncryption) {
  data_.device = laid_out_.Mapped("dm-4", "CRYPT-LUKS2-00-data", kOwnDisk, 41);
  ExpectFile("shares a disk");
}

TEST_F(MediumClass, IsFileOnAFileSystemThatIsNotKnownToOverwrite) {
  const std::pair<std::uint64_t, std::string> cases[] = {
      {0x9123683E, "btrfs"}, {0x2FC12FC1, "zfs"}, {0x794C7630, "overlay"}, {kTmpfs, "tmpfs"},
      {0xF2F52010, "f2fs"},  {0x6969, "nfs"},     {0xFF534D42, "cifs"},    {0x1234, "0x1234"},
      {0xFE534D42, "smb"},   {0x3434, "nilfs"},
  };
  for (const auto& [type, name] : cases) {
    cell_.file_system = type;
    ExpectFile(name);
  }
}

TEST_F(MediumClass, IsFileWhereContentsGoThroughAJournal) {
  laid_out_.Write("proc/self/mountinfo",
                  "36 25 8:17 / /mnt/cell rw - ext4 /dev/sdb1 rw,data=journal\n");
  ExpectFile("data=journal");
}

TEST_F(MediumClass, IsFileWhereTheCacheCannotBePassed) {
  const CellClass found = ClassOfMedium(laid_out_.machine(), cell_, data_, MediumWrites::kCached);
  EXPECT_EQ(found.name, "file");
}

TEST_F(MediumClass, IsFileOnALoopDeviceAMappedVolumeAndAVirtualDisk) {
  cell_.device = laid_out_.Loop("loop0", 50);
  ExpectFile("loop device");
  cell_.device = laid_out_.Mapped("dm-5", "LVM-abcdef", kOwnDisk, 42);
  ExpectFile("snapshots");
  cell_.device = laid_out_.Disk("pci0000:00/0000:00:04.0/virtio1/block/vdb", 43);
  ExpectFile("virtual disk");
  cell_.device = laid_out_.Disk("platform/host6/session1/target6:0:0/6:0:0:1/block/sdc", 44);
  ExpectFile("network");
  cell_.device = laid_out_.Disk("pci0/host7/rport-7:0-1/target7:0:0/7:0:0:1/block/sdd", 46);
  ExpectFile("network");
  cell_.device = laid_out_.Disk("virtual/block/zram0", 45);
  ExpectFile("not a kind of disk");
  cell_.device = makedev(9, 99);
  ExpectFile("does not say");
}

TEST_F(MediumClass, IsFileInAVirtualMachine) {
  laid_out_.Write("proc/cpuinfo", "flags : fpu hypervisor lahf_lm\n");
  ExpectFile("virtual machine");
  laid_out_.Write("proc/cpuinfo", "");
  laid_out_.Write("sys/class/dmi/id/sys_vendor", "QEMU\n");
  ExpectFile("virtual machine");
}

TEST_F(MediumClass, IsFileWhereTheDatasDiskIsNotKnown) {
  data_ = {false, makedev(0, 55), 0x794C7630};
  ExpectFile("which disk the data lies on");
}

TEST(MediumClassHere, SaysWhyACellInMemoryOrBesideTheDataIsNoMedium) {
  const Machine machine{Machine::Roots()};
  auto memory = LookAt("/dev/shm");
  auto beside = LookAt(STRONGROOM_BIN_DIR);
  ASSERT_TRUE(memory.ok() && beside.ok());
  const CellClass first =
      ClassOfMedium(machine, memory.value(), beside.value(), MediumWrites::kDirect);
  EXPECT_EQ(first.name, "file");
  EXPECT_NE(first.reason.find("tmpfs"), std::string::npos) << first.reason;
  const CellClass second =
      ClassOfMedium(machine, beside.value(), beside.value(), MediumWrites::kDirect);
  EXPECT_EQ(second.name, "file");
}

}  // namespace
}  // namespace vault
