#include "vault/keys/medium_cell.h"

#include <algorithm>
#include <utility>

#include "vault/crypto/digest.h"
#include "vault/keys/anti_forensic.h"
#include "vault/keys/cell_record.h"
#include "vault/store/medium_file.h"

namespace vault {
namespace {

constexpr std::size_t kStripes = 4000;
constexpr std::size_t kAreaSize = kStripes * kCellRecordSize;
constexpr std::size_t kSlotSize =
    (kAreaSize + MediumFile::kBlock - 1) / MediumFile::kBlock * MediumFile::kBlock;
constexpr std::size_t kCellSize = 2 * kSlotSize;
static_assert(kSlotSize == 385024);

std::string FolderOf(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status CheckSize(const MediumFile& medium) {
  TRY(const std::uint64_t size, medium.Size());
  // A device has the size it has; the cell lies at its beginning.
  const bool fits = medium.block_device() ? size >= kCellSize : size == kCellSize;
  return fits ? Ok() : Status(Corrupt("the erasure cell does not have the size of a medium cell"));
}

class MediumCell final : public ErasureCell {
 public:
  MediumCell(Disk& disk, RandomSource& random, std::string path, CellClass found)
      : disk_(disk), random_(random), path_(std::move(path)), class_(std::move(found)) {}

  const CellClass& cell_class() const override { return class_; }

  Status Write(const CellRecord& record) override {
    const SecretBytes encoded = EncodeCellRecord(record);
    const SecretBytes area = SplitRecord(encoded.view(), kStripes, random_);
    SecretBytes slot(kSlotSize);
    random_.Fill(slot.mutable_view().subspan(kAreaSize));
    const ByteView from = area.view();
    std::copy(from.begin(), from.end(), slot.mutable_view().begin());
    TRY(auto medium, Open(MediumAccess::kWrite));
    return Overwrite(*medium, record.epoch & 1, slot.view());
  }

  Result<std::optional<CellRecord>> Read(unsigned slot) override {
    CHECK(slot < 2);
    TRY(auto medium, Open(MediumAccess::kRead));
    return ReadFrom(*medium, slot);
  }

  // Overwritten and read back first: what discarding does is the device's word. What the device
  // gives for a discarded slot may be anything but the record.
  Status Erase(unsigned slot) override {
    CHECK(slot < 2);
    SecretBytes noise(kSlotSize);
    random_.Fill(noise.mutable_view());
    TRY(auto medium, Open(MediumAccess::kWrite));
    TRY_VOID(Overwrite(*medium, slot, noise.view()));
    TRY(const bool discarded, medium->Discard(slot * kSlotSize, kSlotSize));
    if (!discarded) return Ok();
    TRY(const auto left, ReadFrom(*medium, slot));
    if (left.has_value()) return Unavailable("the medium brings an erased secret back");
    return Ok();
  }

 private:
  // Opened for each act, so that a medium that was taken away or swapped is noticed at once.
  Result<std::unique_ptr<MediumFile>> Open(MediumAccess access) const {
    TRY(auto medium, MediumFile::Open(disk_, path_, access));
    TRY_VOID(CheckSize(*medium));
    return medium;
  }
  static Result<std::optional<CellRecord>> ReadFrom(MediumFile& medium, unsigned slot) {
    SecretBytes bytes(kSlotSize);
    TRY_VOID(medium.Read(slot * kSlotSize, bytes.mutable_view()));
    return DecodeCellRecord(JoinRecord(bytes.view().first(kAreaSize), kStripes).view());
  }
  static Status Overwrite(MediumFile& medium, std::uint64_t slot, ByteView bytes) {
    TRY_VOID(medium.Write(slot * kSlotSize, bytes));
    SecretBytes found(kSlotSize);
    TRY_VOID(medium.Read(slot * kSlotSize, found.mutable_view()));
    if (!EqualConstantTime(found.view(), bytes)) {
      return Unavailable("the erasure cell does not give back what was written");
    }
    return Ok();
  }

  Disk& disk_;
  RandomSource& random_;
  std::string path_;
  CellClass class_;
};

Result<std::unique_ptr<ErasureCell>> Found(Disk& disk, const Machine& machine, RandomSource& random,
                                           const MediumPlace& place, const MediumFile& medium) {
  TRY(const PathFacts cell, LookAt(place.path));
  TRY(const PathFacts data, LookAt(place.data));
  const auto writes = medium.direct() ? MediumWrites::kDirect : MediumWrites::kCached;
  return std::unique_ptr<ErasureCell>(std::make_unique<MediumCell>(
      disk, random, place.path, ClassOfMedium(machine, cell, data, writes)));
}

// A device is taken only blank: a mistyped name must not cost somebody a file system.
Status CheckBlank(MediumFile& medium) {
  Bytes bytes(kCellSize);
  TRY_VOID(medium.Read(0, bytes));
  if (std::any_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b != 0; })) {
    return Conflict(
        "the device is not blank: if nothing on it is needed, overwrite its first MiB with zeros");
  }
  return Ok();
}

}  // namespace

CellClass ClassOfMedium(const Machine& machine, const PathFacts& cell, const PathFacts& data,
                        MediumWrites writes) {
  const auto only = [](std::string why) { return CellClass{"file", "called file: " + why}; };
  if (!cell.block_device) {
    if (!OverwritesInPlace(cell.file_system)) {
      return only("it lies on " + FileSystemName(cell.file_system) +
                  ", which is not known to overwrite a file in place");
    }
    if (machine.JournalsData(cell.device)) {
      return only("its file system keeps the contents of files in a journal (data=journal)");
    }
  }
  if (cell.device == data.device) return only("it shares the data folder's device");
  if (writes == MediumWrites::kCached) return only("it cannot be written past the page cache");
  if (machine.is_virtual()) {
    return only("this is a virtual machine, whose host can copy every disk");
  }
  const DisksUnder own = machine.Below(cell.device);
  if (!own.doubt.empty()) return only(own.doubt);
  if (!IsMemory(data.file_system)) {
    const DisksUnder datas = machine.Below(data.device);
    if (datas.disks.empty()) return only("the kernel does not say which disk the data lies on");
    for (const std::string& disk : own.disks) {
      if (datas.disks.contains(disk)) return only("it shares a disk with the data folder");
    }
  }
  return {"medium",
          cell.block_device
              ? "a whole device of its own, overwritten past the cache; what remains is the "
                "remanence of that device"
              : "a file on a disk of its own, overwritten in place and past the cache; what "
                "remains is the remanence of that disk"};
}

Result<std::unique_ptr<ErasureCell>> CreateMediumCell(Disk& disk, const Machine& machine,
                                                      RandomSource& random,
                                                      const MediumPlace& place) {
  const auto facts = LookAt(place.path);
  const bool device = facts.ok() && facts.value().block_device;
  std::unique_ptr<MediumFile> medium;
  if (device) {
    TRY(medium, MediumFile::Open(disk, place.path, MediumAccess::kWrite));
    TRY_VOID(CheckSize(*medium));
    TRY_VOID(CheckBlank(*medium));
  } else {
    TRY(medium, MediumFile::Create(disk, place.path, kCellSize));
  }
  // Random from the first byte: an empty slot and an erased one look alike.
  SecretBytes noise(kSlotSize);
  for (const std::size_t slot : {0, 1}) {
    random.Fill(noise.mutable_view());
    TRY_VOID(medium->Write(slot * kSlotSize, noise.view()));
  }
  if (!device) TRY_VOID(disk.SyncFolder(FolderOf(place.path)));
  return Found(disk, machine, random, place, *medium);
}

Result<std::unique_ptr<ErasureCell>> OpenMediumCell(Disk& disk, const Machine& machine,
                                                    RandomSource& random,
                                                    const MediumPlace& place) {
  TRY(auto medium, MediumFile::Open(disk, place.path, MediumAccess::kRead));
  TRY_VOID(CheckSize(*medium));
  return Found(disk, machine, random, place, *medium);
}

}  // namespace vault
