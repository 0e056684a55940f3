#include "vault/keys/erasure_cell.h"

#include <utility>

#include "vault/crypto/digest.h"
#include "vault/keys/cell_record.h"

namespace vault {
namespace {

constexpr std::size_t kSlotSize = 4096;
constexpr std::size_t kCellSize = 2 * kSlotSize;

class FileCell final : public ErasureCell {
 public:
  FileCell(Disk& disk, std::string path, RandomSource& random)
      : disk_(disk), path_(std::move(path)), random_(random) {}

  const CellClass& cell_class() const override { return class_; }

  Status Write(const CellRecord& record) override {
    return Overwrite(record.epoch & 1, EncodeCellRecord(record).view());
  }

  Result<std::optional<CellRecord>> Read(unsigned slot) override {
    CHECK(slot < 2);
    TRY(auto file, disk_.OpenForReading(path_));
    if (file->size() != kCellSize) return Corrupt("the erasure cell is not 8192 bytes long");
    SecretBytes bytes(kCellRecordSize);
    TRY_VOID(file->ReadAt(slot * kSlotSize, bytes.mutable_view()));
    return DecodeCellRecord(bytes.view());
  }

  // The whole slot goes, not only the record: nothing about the secret's age stays behind.
  Status Erase(unsigned slot) override {
    CHECK(slot < 2);
    Bytes noise(kSlotSize);
    random_.Fill(noise);
    return Overwrite(slot, noise);
  }

 private:
  // In place, never by rename: a rename would leave the old secret in blocks we no longer own.
  Status Overwrite(std::uint64_t slot, ByteView bytes) {
    const std::uint64_t offset = slot * kSlotSize;
    {
      TRY(auto file, disk_.OpenFile(path_));
      TRY_VOID(file->WriteAt(offset, bytes));
      TRY_VOID(file->Sync());
    }
    TRY(Bytes found, disk_.ReadPastCache(path_, offset, bytes.size()));
    const bool same = EqualConstantTime(found, bytes);
    WipeMemory(found.data(), found.size());
    if (!same) return Unavailable("the erasure cell does not give back what was written");
    return Ok();
  }

  Disk& disk_;
  std::string path_;
  RandomSource& random_;
  const CellClass class_{
      "file", "a file: whatever keeps snapshots or backups of its disk can keep the secret too"};
};

std::string FolderOf(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::unique_ptr<ErasureCell>> CreateFileCell(Disk& disk, const std::string& path,
                                                    RandomSource& random) {
  // Random from the first byte: an empty slot and an erased one look alike.
  Bytes noise(kCellSize);
  random.Fill(noise);
  {
    TRY(auto file, disk.CreateFile(path));
    TRY_VOID(file->WriteAt(0, noise));
    TRY_VOID(file->Sync());
  }
  TRY_VOID(disk.SyncFolder(FolderOf(path)));
  return std::unique_ptr<ErasureCell>(std::make_unique<FileCell>(disk, path, random));
}

Result<std::unique_ptr<ErasureCell>> OpenFileCell(Disk& disk, const std::string& path,
                                                  RandomSource& random) {
  TRY(auto file, disk.OpenForReading(path));
  if (file->size() != kCellSize) return Corrupt("the erasure cell is not 8192 bytes long");
  return std::unique_ptr<ErasureCell>(std::make_unique<FileCell>(disk, path, random));
}

}  // namespace vault
