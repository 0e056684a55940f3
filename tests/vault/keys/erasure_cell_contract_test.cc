#include "tests/vault/keys/erasure_cell_contract.h"

#include "tests/support/file_cell_bench.h"
#include "tests/support/loop_device.h"
#include "tests/support/swtpm.h"
#include "vault/keys/medium_cell.h"
#include "vault/keys/tpm_cell.h"
#include "vault/store/medium_file.h"

namespace vault {
namespace {

constexpr std::size_t kMediumSlot = 385024;

// MediumBench is a medium cell on a file, or on a block device where the test may have one.
class MediumBench final : public CellBench {
 public:
  enum class On { kFile, kDevice };
  explicit MediumBench(On on) : path_(folder_.At("cell")) {
    if (on == On::kFile) return;
    device_ = LoopDevice::Attach(folder_.At("image"), 4 << 20);
    CHECK(device_ != nullptr);
    path_ = device_->path();
  }
  Result<std::unique_ptr<ErasureCell>> Create(Disk& disk, RandomSource& random) override {
    return CreateMediumCell(disk, machine_, random, {path_, folder_.path()});
  }
  Result<std::unique_ptr<ErasureCell>> Open(Disk& disk, RandomSource& random) override {
    return OpenMediumCell(disk, machine_, random, {path_, folder_.path()});
  }
  std::string Medium() override {
    std::string bytes(2 * kMediumSlot, '\0');
    auto medium = MediumFile::Open(plain_, path_, MediumAccess::kRead);
    CHECK(medium.ok());
    CHECK(medium.value()
              ->Read(0, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()})
              .ok());
    return bytes;
  }
  std::string Stored(const CellRecord& record) override {
    return Medium().substr((record.epoch & 1) * kMediumSlot, kMediumSlot);
  }
  bool PutBack(const std::string& bytes) override {
    auto medium = MediumFile::Open(plain_, path_, MediumAccess::kWrite);
    return medium.ok() && medium.value()->Write(0, AsBytes(bytes)).ok();
  }
  void Vanish() override {
    if (device_ != nullptr) {
      device_.reset();
    } else {
      std::filesystem::remove(path_);
    }
  }
  // A test's folder shares the data's device, and a loop device is a file.
  std::string expected_class() const override { return "file"; }

 private:
  TempFolder folder_;
  Disk plain_{nullptr};
  Machine machine_{Machine::Roots()};
  std::unique_ptr<LoopDevice> device_;
  std::string path_;
};

// TpmBench is a tpm cell in a software TPM, whose file shows what a chip would keep to itself.
class TpmBench final : public CellBench {
 public:
  Result<std::unique_ptr<ErasureCell>> Create(Disk&, RandomSource& random) override {
    return CreateTpmCell(machine_, random, place_);
  }
  Result<std::unique_ptr<ErasureCell>> Open(Disk&, RandomSource& random) override {
    return OpenTpmCell(machine_, random, place_);
  }
  std::string Medium() override { return tpm_.State(); }
  std::string Stored(const CellRecord& record) override {
    return ToString(EncodeCellRecord(record).view());
  }
  bool PutBack(const std::string&) override { return false; }
  void Vanish() override { tpm_.Stop(); }
  std::string expected_class() const override { return "file"; }

 private:
  Swtpm tpm_;
  Machine machine_{Machine::Roots()};
  TpmPlace place_{0x01800200, tpm_.tcti(), SIZE_MAX};
};

std::vector<NamedBench> Benches() {
  std::vector<NamedBench> benches = {
      {"File", [] { return std::make_unique<FileCellBench>(); }},
      {"MediumOnFile", [] { return std::make_unique<MediumBench>(MediumBench::On::kFile); }},
      {"Tpm", [] { return std::make_unique<TpmBench>(); }},
  };
  // Block devices are root's: elsewhere the list of tests is shorter, and says so by its names.
  const TempFolder folder;
  if (LoopDevice::Attach(folder.At("image"), 1 << 20) != nullptr) {
    benches.push_back(
        {"MediumOnDevice", [] { return std::make_unique<MediumBench>(MediumBench::On::kDevice); }});
  }
  return benches;
}

INSTANTIATE_TEST_SUITE_P(Cells, ErasureCellContract, ::testing::ValuesIn(Benches()), NameOfBench);

}  // namespace
}  // namespace vault
