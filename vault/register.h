// Register: the tables of the vault, and the macs of the rows that decide who receives a key.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "vault/base/bytes.h"
#include "vault/base/ids.h"
#include "vault/base/result.h"
#include "vault/base/wire.h"
#include "vault/keys/key_keeper.h"
#include "vault/store/database.h"

namespace vault {

// MigrateRegister brings the register to the newest schema, one numbered step at a time.
// Errors: kConflict the register is newer than this program; kUnavailable.
Status MigrateRegister(Database& database);

// RowImage is the byte image of one row under K_row:
//   table | row[16] | u32 slot | u64 row version | every column in schema order, each
//   u32 length || bytes; an absent value is length FFFFFFFF.
class RowImage {
 public:
  RowImage(std::string_view table, const ObjectId& row, SlotNumber slot, std::uint64_t row_version);
  RowImage& Column(ByteView value);
  RowImage& Column(std::string_view value) { return Column(AsBytes(value)); }
  RowImage& Column(std::int64_t value);
  template <class T>
  RowImage& Column(const std::optional<T>& value) {
    return value.has_value() ? Column(*value) : Absent();
  }
  RowImage& Absent();
  ByteArray<32> Mac(const KeyKeeper& keeper) const { return keeper.RowMac(image_.bytes()); }
  // Check compares in constant time. Errors: kCorrupt the row was edited or planted.
  Status Check(const KeyKeeper& keeper, ByteView mac) const;

 private:
  WireWriter image_;
};

// CheckLiveSlot says that a slot still holds the key of this object: an older copy of a row names a
// dead slot and is refused. Errors: kNotFound.
Status CheckLiveSlot(const KeyKeeper& keeper, SlotNumber slot, EntryType type,
                     const ObjectId& object);

}  // namespace vault
