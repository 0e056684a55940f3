// RootSecret: U and the erasable cells of one copy of the tree, from which the root's key follows.
//
//   R_e = HKDF(salt = U, ikm = E_e[0] || … || E_e[J-1],
//              info = "strongroom/v1/root\0" || store_id || u64 e)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vault/base/ids.h"
#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/crypto/secret.h"
#include "vault/keys/erasure_cell.h"

namespace vault {

// RootSeal is the key of the root node and the epoch it belongs to.
struct RootSeal {
  NodeKey key;
  std::uint64_t epoch = 0;
};

// RootSecret.    Threads: one at a time.
class RootSecret {
 public:
  // random outlives this. cells: in the order of their index; at least one, at most 255.
  RootSecret(RandomSource& random, UnsealKey unseal, const StoreId& store,
             std::vector<std::unique_ptr<ErasureCell>> cells);

  // Beside is the secret of another copy: the same U, its own cells.
  std::unique_ptr<RootSecret> Beside(std::vector<std::unique_ptr<ErasureCell>> cells) const;

  // UnsealCheck recognises U without helping to find it: BLAKE2b-256 of a key derived from U's
  // 256 random bits.
  ByteArray<32> UnsealCheck() const { return UnsealCheckOf(unseal_, store_); }
  static ByteArray<32> UnsealCheckOf(const UnsealKey& key, const StoreId& store);
  UnsealKey unseal() const { return unseal_.Clone(); }
  // Use goes on with another U and gives the one before.
  UnsealKey Use(UnsealKey unseal) { return std::exchange(unseal_, std::move(unseal)); }
  // cell_classes are the classes' names; cells their reasons too.
  std::vector<std::string> cell_classes() const;
  std::vector<CellClass> cells() const;

  // Epochs lists every epoch of which any cell holds a record, highest first.
  // Errors: kConflict a cell belongs to another store or another place; kUnavailable.
  Result<std::vector<std::uint64_t>> Epochs();
  // SealAt derives the root's seal of an epoch from the cells as they stand; empty when one of them
  // does not hold it.
  Result<std::optional<RootSeal>> SealAt(std::uint64_t epoch);
  // Stage writes a secret that never existed before to every cell, reads it back, and gives the
  // seal that follows from it.
  Result<RootSeal> Stage(std::uint64_t epoch);
  // EraseSlotOf overwrites the slot of that epoch's parity in every cell.
  Status EraseSlotOf(std::uint64_t epoch);

 private:
  RootSeal Derive(std::uint64_t epoch, ByteView parts) const;

  RandomSource& random_;
  UnsealKey unseal_;
  StoreId store_;
  std::vector<std::unique_ptr<ErasureCell>> cells_;
};

}  // namespace vault
