// ErasureCell: the small place that can really be overwritten. It holds E of the current epoch
// (and, during an epoch's change, the staged next one).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vault/base/bytes.h"
#include "vault/base/ids.h"
#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/crypto/secret.h"
#include "vault/store/disk.h"

namespace vault {

using EpochSecret = Key<struct EpochUse>;  // E, or one cell's part of it

// CellRecord is one of the two slots of a cell (FORMAT.md §5):
//   "SEC1" | u8 1 | u8 cell index | u8 J | 0 | store_id[16] | u64 epoch | E[32] |
//   BLAKE2b-256(first 64 B)
struct CellRecord {
  std::uint8_t cell_index = 0;
  std::uint8_t cell_count = 1;
  StoreId store;
  std::uint64_t epoch = 0;
  EpochSecret secret;
};

// CellClass is what a certificate may say of a cell: "file", "medium", "tpm", "remote" or
// "remote (…)" (FORMAT.md §5), and why, in plain words for status and doctor. No path, no secret.
struct CellClass {
  std::string name;
  std::string reason;
};

// ErasureCell has two slots, epoch & 1. Every call is durable and read back before it returns.
// Errors: kUnavailable the medium fails (the epoch stops; the process is stopped by its caller).
class ErasureCell {
 public:
  virtual ~ErasureCell() = default;
  // cell_class is what the cell was found to be: it may be less than what it was configured as.
  virtual const CellClass& cell_class() const = 0;
  virtual Status Write(const CellRecord& record) = 0;
  // Read gives the record of a slot (0 or 1); empty when it holds no valid record.
  virtual Result<std::optional<CellRecord>> Read(unsigned slot) = 0;
  // Erase overwrites a slot with random bytes and reads them back.
  virtual Status Erase(unsigned slot) = 0;
};

// The file cell: 8192 bytes, slot s at offset 4096 × s, overwritten in place.
Result<std::unique_ptr<ErasureCell>> CreateFileCell(Disk& disk, const std::string& path,
                                                    RandomSource& random);
Result<std::unique_ptr<ErasureCell>> OpenFileCell(Disk& disk, const std::string& path,
                                                  RandomSource& random);

}  // namespace vault
