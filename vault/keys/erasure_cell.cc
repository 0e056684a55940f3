#include "vault/keys/erasure_cell.h"

#include <algorithm>
#include <utility>

#include "vault/base/wire.h"
#include "vault/crypto/digest.h"

namespace vault {
namespace {

constexpr std::string_view kMagic = "SEC1";
constexpr std::uint8_t kFormatVersion = 1;
constexpr std::size_t kRecordSize = 96;
constexpr std::size_t kHashedSize = 64;
constexpr std::size_t kSecretOffset = 32;
constexpr std::size_t kSlotSize = 4096;
constexpr std::size_t kCellSize = 2 * kSlotSize;

// The record is built in locked memory: it holds E.
SecretBytes EncodeRecord(const CellRecord& record) {
  WireWriter head;
  head.Text(kMagic).U8(kFormatVersion).U8(record.cell_index).U8(record.cell_count).U8(0);
  head.Raw(record.store.view()).U64(record.epoch);
  CHECK(head.bytes().size() == kSecretOffset);
  SecretBytes out(kRecordSize);
  MutableByteView bytes = out.mutable_view();
  std::copy(head.bytes().begin(), head.bytes().end(), bytes.begin());
  const ByteView secret = record.secret.view();
  std::copy(secret.begin(), secret.end(), bytes.begin() + kSecretOffset);
  Blake2b({}, bytes.first(kHashedSize), bytes.subspan(kHashedSize));
  return out;
}

std::optional<CellRecord> DecodeRecord(ByteView bytes) {
  const auto hash = Blake2b<32>({}, bytes.first(kHashedSize));
  if (!EqualConstantTime(hash, bytes.subspan(kHashedSize, 32))) return std::nullopt;
  WireReader reader(bytes.first(kSecretOffset));
  if (AsText(reader.Raw(4)) != kMagic || reader.U8() != kFormatVersion) return std::nullopt;
  CellRecord record;
  record.cell_index = reader.U8();
  record.cell_count = reader.U8();
  if (reader.U8() != 0) return std::nullopt;
  record.store = StoreId(reader.Array<16>());
  record.epoch = reader.U64();
  auto secret = EpochSecret::FromBytes(bytes.subspan(kSecretOffset, EpochSecret::kSize));
  if (!reader.Finish().ok() || !secret.ok()) return std::nullopt;
  record.secret = std::move(secret).value();
  return record;
}

class FileCell final : public ErasureCell {
 public:
  FileCell(Disk& disk, std::string path, RandomSource& random)
      : disk_(disk), path_(std::move(path)), random_(random) {}

  std::string_view class_name() const override { return "file"; }

  Status Write(const CellRecord& record) override {
    return Overwrite(record.epoch & 1, EncodeRecord(record).view());
  }

  Result<std::optional<CellRecord>> Read(unsigned slot) override {
    CHECK(slot < 2);
    TRY(auto file, disk_.OpenForReading(path_));
    if (file->size() != kCellSize) return Corrupt("the erasure cell is not 8192 bytes long");
    SecretBytes bytes(kRecordSize);
    TRY_VOID(file->ReadAt(slot * kSlotSize, bytes.mutable_view()));
    return DecodeRecord(bytes.view());
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
