#include "vault/keys/cell_record.h"

#include <algorithm>
#include <utility>

#include "vault/base/wire.h"
#include "vault/crypto/digest.h"

namespace vault {
namespace {

constexpr std::string_view kMagic = "SEC1";
constexpr std::uint8_t kFormatVersion = 1;
constexpr std::size_t kHashedSize = 64;
constexpr std::size_t kSecretOffset = 32;

}  // namespace

SecretBytes EncodeCellRecord(const CellRecord& record) {
  WireWriter head;
  head.Text(kMagic).U8(kFormatVersion).U8(record.cell_index).U8(record.cell_count).U8(0);
  head.Raw(record.store.view()).U64(record.epoch);
  CHECK(head.bytes().size() == kSecretOffset);
  SecretBytes out(kCellRecordSize);
  MutableByteView bytes = out.mutable_view();
  std::copy(head.bytes().begin(), head.bytes().end(), bytes.begin());
  const ByteView secret = record.secret.view();
  std::copy(secret.begin(), secret.end(), bytes.begin() + kSecretOffset);
  Blake2b({}, bytes.first(kHashedSize), bytes.subspan(kHashedSize));
  return out;
}

std::optional<CellRecord> DecodeCellRecord(ByteView bytes) {
  if (bytes.size() != kCellRecordSize) return std::nullopt;
  const auto hash = Blake2b<32>({}, bytes.first(kHashedSize));
  if (!EqualConstantTime(hash, bytes.subspan(kHashedSize))) return std::nullopt;
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

}  // namespace vault
