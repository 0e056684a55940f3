#include "vault/keys/root_secret.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "vault/base/wire.h"
#include "vault/crypto/digest.h"
#include "vault/crypto/hkdf.h"

namespace vault {
namespace {

MutableByteView PartAt(SecretBytes& parts, std::size_t index) {
  return parts.mutable_view().subspan(index * EpochSecret::kSize, EpochSecret::kSize);
}

}  // namespace

RootSecret::RootSecret(RandomSource& random, UnsealKey unseal, const StoreId& store,
                       std::vector<std::unique_ptr<ErasureCell>> cells)
    : random_(random), unseal_(std::move(unseal)), store_(store), cells_(std::move(cells)) {
  CHECK(!cells_.empty() && cells_.size() <= 255);
}

std::unique_ptr<RootSecret> RootSecret::Beside(
    std::vector<std::unique_ptr<ErasureCell>> cells) const {
  return std::make_unique<RootSecret>(random_, unseal_.Clone(), store_, std::move(cells));
}

ByteArray<32> RootSecret::UnsealCheckOf(const UnsealKey& key, const StoreId& store) {
  WireWriter info;
  info.Text("strongroom/v1/unseal-check").U8(0);
  SecretBytes check(32);
  HkdfSha256(store.view(), key.view(), info.bytes(), check.mutable_view());
  return Blake2b<32>({}, check.view());
}

std::vector<std::string> RootSecret::cell_classes() const {
  std::vector<std::string> out;
  for (const auto& cell : cells_) out.push_back(cell->cell_class().name);
  return out;
}

std::vector<CellClass> RootSecret::cells() const {
  std::vector<CellClass> out;
  for (const auto& cell : cells_) out.push_back(cell->cell_class());
  return out;
}

Result<std::vector<std::uint64_t>> RootSecret::Epochs() {
  std::set<std::uint64_t, std::greater<>> epochs;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    for (unsigned slot = 0; slot < 2; ++slot) {
      TRY(auto record, cells_[i]->Read(slot));
      if (!record.has_value()) continue;
      if (record->store != store_) {
        return Conflict("an erasure cell belongs to another store than the key tree");
      }
      if (record->cell_index != i || record->cell_count != cells_.size()) {
        return Conflict("the erasure cells are not complete, or in another order");
      }
      // A record in the slot of the other parity was put there by hand.
      if ((record->epoch & 1) == slot) epochs.insert(record->epoch);
    }
  }
  return std::vector<std::uint64_t>(epochs.begin(), epochs.end());
}

Result<std::optional<RootSeal>> RootSecret::SealAt(std::uint64_t epoch) {
  SecretBytes parts(cells_.size() * EpochSecret::kSize);
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    TRY(auto record, cells_[i]->Read(epoch & 1));
    if (!record.has_value() || record->epoch != epoch || record->store != store_) {
      return std::optional<RootSeal>();
    }
    const ByteView secret = record->secret.view();
    std::copy(secret.begin(), secret.end(), PartAt(parts, i).begin());
  }
  return std::optional<RootSeal>(Derive(epoch, parts.view()));
}

Result<RootSeal> RootSecret::Stage(std::uint64_t epoch) {
  SecretBytes parts(cells_.size() * EpochSecret::kSize);
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    CellRecord record;
    record.cell_index = static_cast<std::uint8_t>(i);
    record.cell_count = static_cast<std::uint8_t>(cells_.size());
    record.store = store_;
    record.epoch = epoch;
    record.secret = EpochSecret::Random(random_);
    TRY_VOID(cells_[i]->Write(record));
    const ByteView secret = record.secret.view();
    std::copy(secret.begin(), secret.end(), PartAt(parts, i).begin());
  }
  return Derive(epoch, parts.view());
}

Status RootSecret::EraseSlotOf(std::uint64_t epoch) {
  for (auto& cell : cells_) TRY_VOID(cell->Erase(epoch & 1));
  return Ok();
}

RootSeal RootSecret::Derive(std::uint64_t epoch, ByteView parts) const {
  WireWriter info;
  info.Text("strongroom/v1/root").U8(0).Raw(store_.view()).U64(epoch);
  return {DeriveKey<NodeKey>(unseal_.view(), parts, info.bytes()), epoch};
}

}  // namespace vault
