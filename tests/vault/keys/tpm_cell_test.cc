#include "vault/keys/tpm_cell.h"

#include <gtest/gtest.h>

#include "tests/support/fake_random.h"
#include "tests/support/keeper_world.h"
#include "tests/support/laid_out_machine.h"
#include "tests/support/swtpm.h"
#include "vault/keys/cell_record.h"

namespace vault {
namespace {

constexpr std::uint32_t kIndex = 0x01800100;

class TpmCellTest : public ::testing::Test {
 protected:
  TpmPlace Place() const { return {kIndex, tpm_.tcti(), SIZE_MAX}; }
  CellRecord RecordOf(std::uint64_t epoch) {
    CellRecord record;
    record.store = TestStore();
    record.epoch = epoch;
    record.secret = EpochSecret::Random(random_);
    return record;
  }

  Swtpm tpm_;
  FakeRandom random_{7};
  Machine machine_{Machine::Roots()};
};

TEST_F(TpmCellTest, ASoftwareTpmIsSeenThroughAndCalledAFile) {
  auto device = TpmDevice::Connect(tpm_.tcti());
  ASSERT_TRUE(device.ok()) << device.error().detail;
  auto identity = device.value()->Identify();
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity.value().manufacturer, "IBM");
  device.value().reset();
  auto cell = CreateTpmCell(machine_, random_, Place());
  ASSERT_TRUE(cell.ok()) << cell.error().detail;
  EXPECT_EQ(cell.value()->cell_class().name, "file");
  EXPECT_NE(cell.value()->cell_class().reason.find("IBM"), std::string::npos);
}

TEST_F(TpmCellTest, LongRecordsCrossInPieces) {
  TpmPlace place = Place();
  place.most_at_once = 7;
  auto cell = CreateTpmCell(machine_, random_, place);
  ASSERT_TRUE(cell.ok()) << cell.error().detail;
  const CellRecord record = RecordOf(3);
  ASSERT_TRUE(cell.value()->Write(record).ok());
  // The same bytes as in one piece.
  auto whole = OpenTpmCell(machine_, random_, Place());
  ASSERT_TRUE(whole.ok());
  auto read = whole.value()->Read(1);
  ASSERT_TRUE(read.ok() && read.value().has_value());
  EXPECT_TRUE(EncodeCellRecord(*read.value()).EqualTo(EncodeCellRecord(record).view()));
  ASSERT_TRUE(cell.value()->Erase(1).ok());
  auto erased = whole.value()->Read(1);
  ASSERT_TRUE(erased.ok());
  EXPECT_FALSE(erased.value().has_value());
}

// The library's own recorder sits where a listener on the bus would.
TEST_F(TpmCellTest, NothingOfTheSecretCrossesTheBusInClear) {
  const TempFolder folder;
  ASSERT_EQ(::setenv("TCTI_PCAP_FILE", folder.At("bus").c_str(), 1), 0);
  TpmPlace place = Place();
  place.tcti = "pcap:" + place.tcti;
  const CellRecord record = RecordOf(2);
  {
    auto cell = CreateTpmCell(machine_, random_, place);
    ASSERT_TRUE(cell.ok()) << cell.error().detail;
    ASSERT_TRUE(cell.value()->Write(record).ok());
    auto read = cell.value()->Read(0);
    ASSERT_TRUE(read.ok() && read.value().has_value());
  }
  ASSERT_EQ(::unsetenv("TCTI_PCAP_FILE"), 0);
  const std::string bus = ReadFileBytes(folder.At("bus"));
  // What is no parameter of a command is there to be heard: the index, in its command's handles.
  EXPECT_NE(bus.find(std::string("\x01\x80\x01\x00", 4)), std::string::npos);
  const std::string bytes = ToString(EncodeCellRecord(record).view());
  // The secret and the digest over it; zeros of the epoch before them are in every message.
  constexpr std::size_t kSecretAt = 32;
  for (std::size_t at = kSecretAt; at + 4 <= bytes.size(); at += 4) {
    EXPECT_EQ(bus.find(bytes.substr(at, 4)), std::string::npos) << "byte " << at;
  }
}

TEST_F(TpmCellTest, KeepsWhatItHeldWhenTheMachineIsSwitchedOff) {
  auto cell = CreateTpmCell(machine_, random_, Place());
  ASSERT_TRUE(cell.ok());
  const CellRecord record = RecordOf(2);
  ASSERT_TRUE(cell.value()->Write(record).ok());
  tpm_.Restart();
  auto read = cell.value()->Read(0);
  ASSERT_TRUE(read.ok()) << read.error().detail;
  ASSERT_TRUE(read.value().has_value());
  EXPECT_TRUE(EncodeCellRecord(*read.value()).EqualTo(EncodeCellRecord(record).view()));
}

TEST_F(TpmCellTest, AHalfMadeCellIsTakenAwayAgain) {
  auto device = TpmDevice::Connect(tpm_.tcti());
  ASSERT_TRUE(device.ok());
  ASSERT_TRUE(device.value()->Define(kIndex + 1, 8).ok());
  device.value().reset();
  auto refused = CreateTpmCell(machine_, random_, Place());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kConflict);
  device = TpmDevice::Connect(tpm_.tcti());
  ASSERT_TRUE(device.ok());
  auto first = device.value()->IsDefined(kIndex);
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(first.value());
  ASSERT_TRUE(device.value()->Undefine(kIndex + 1).ok());
  EXPECT_EQ(device.value()->Undefine(kIndex + 1).error().code, Errc::kNotFound);
  device.value().reset();
  EXPECT_TRUE(CreateTpmCell(machine_, random_, Place()).ok());
}

TEST_F(TpmCellTest, AnIndexOfAnotherSizeHoldsNoRecord) {
  auto device = TpmDevice::Connect(tpm_.tcti());
  ASSERT_TRUE(device.ok());
  ASSERT_TRUE(device.value()->Define(kIndex, 40).ok());
  ASSERT_TRUE(device.value()->Define(kIndex + 1, 200).ok());
  device.value().reset();
  auto cell = OpenTpmCell(machine_, random_, Place());
  ASSERT_TRUE(cell.ok());
  EXPECT_FALSE(cell.value()->Read(0).ok());
  EXPECT_FALSE(cell.value()->Write(RecordOf(2)).ok());
  EXPECT_FALSE(cell.value()->Erase(0).ok());
}

TEST_F(TpmCellTest, LeavesNoSessionAndNoKeyBehind) {
  auto cell = CreateTpmCell(machine_, random_, Place());
  ASSERT_TRUE(cell.ok());
  // A TPM has room for three of each.
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(cell.value()->Read(0).ok()) << i;
    ASSERT_TRUE(cell.value()->Erase(0).ok()) << i;
  }
}

TEST(TpmPlaceTest, IsAnIndexOfTheOwnerAndAWayToTheTpm) {
  auto plain = ParseTpmPlace("0x01800100");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain.value().index, 0x01800100U);
  EXPECT_EQ(plain.value().tcti, "device:/dev/tpmrm0");
  auto named = ParseTpmPlace("0x1BFFFFE@swtpm:path=/run/tpm");
  ASSERT_TRUE(named.ok());
  EXPECT_EQ(named.value().index, 0x01bffffeU);
  EXPECT_EQ(named.value().tcti, "swtpm:path=/run/tpm");
  for (const char* bad : {"", "0x", "25165824", "0x01800100@", "0x01c00000", "0x01bfffff",
                          "0x017fffff", "0x01800100x", "0x101800100", "@swtpm:"}) {
    EXPECT_FALSE(ParseTpmPlace(bad).ok()) << bad;
  }
}

TEST(TpmDeviceTest, WhatCannotBeReachedIsUnavailable) {
  SilenceTpmLibrary();
  for (const char* tcti : {"swtpm:path=/nowhere/tpm", "device:/nowhere", "nonsense:"}) {
    auto device = TpmDevice::Connect(tcti);
    ASSERT_FALSE(device.ok()) << tcti;
    EXPECT_EQ(device.error().code, Errc::kUnavailable);
  }
}

// ---- what a TPM is called

class TpmClass : public ::testing::Test {
 protected:
  TpmClass() { Chip("devices/platform/MSFT0101:00/tpm/tpm0"); }
  void Chip(const std::string& place) {
    laid_out_.Write("sys/" + place + "/dev", "10:224\n");
    laid_out_.Link("sys/class/tpm/tpm0", "sys/" + place);
  }
  void ExpectFile(const CellClass& found, std::string_view why) const {
    EXPECT_EQ(found.name, "file");
    EXPECT_NE(found.reason.find(why), std::string::npos) << found.reason;
  }
  CellClass Found(const std::string& manufacturer, std::string_view tcti) const {
    return ClassOfTpm(laid_out_.machine(), {manufacturer, "model"}, tcti);
  }
  static constexpr std::string_view kDevice = "device:/dev/tpmrm0";
  LaidOutMachine laid_out_;
};

TEST_F(TpmClass, IsTpmOnlyForAChipOfAKnownMaker) {
  for (const char* maker : {"IFX", "STM", "NTC", "NTZ", "ATML"}) {
    EXPECT_EQ(Found(maker, kDevice).name, "tpm") << Found(maker, kDevice).reason;
  }
  for (const char* maker : {"IBM", "MSFT", "GOOG", "XYZ", "", "ifx", "IFXX"}) {
    ExpectFile(Found(maker, kDevice), "virtual tpm");
  }
  for (const char* maker : {"INTC", "AMD", "QCOM"}) ExpectFile(Found(maker, kDevice), "firmware");
}

TEST_F(TpmClass, IsFileWhateverItCallsItselfOverASocket) {
  ExpectFile(Found("IFX", "swtpm:path=/run/tpm"), "not reached as a device");
  ExpectFile(Found("IFX", "mssim:host=127.0.0.1"), "not reached as a device");
}

TEST_F(TpmClass, IsFileInAVirtualMachine) {
  laid_out_.Write("proc/cpuinfo", "flags : fpu hypervisor\n");
  ExpectFile(Found("IFX", kDevice), "virtual machine");
}

TEST_F(TpmClass, IsFileWhereTheKernelKnowsNoChip) {
  ExpectFile(Found("IFX", "device:/dev/tpmrm7"), "does not know a chip");
  ExpectFile(Found("IFX", "device:/tmp/tpm0"), "does not know a chip");
}

TEST(TpmClassOfProxy, IsFile) {
  LaidOutMachine laid_out;
  laid_out.Write("sys/devices/virtual/tpm/tpm0/dev", "10:224\n");
  laid_out.Link("sys/class/tpm/tpm0", "sys/devices/virtual/tpm/tpm0");
  EXPECT_EQ(ClassOfTpm(laid_out.machine(), {"IFX", ""}, "device:/dev/tpm0").name, "file");
}

}  // namespace
}  // namespace vault
