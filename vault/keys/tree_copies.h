// TreeCopies: the list of the tree's copies, kept beside the tree and bound to its epoch.
//
//   meta('copies') = u8 n × (u8 number | u8 state | u64 since | text folder | u8 k × text cell |
//                    u8 c × text class) || BLAKE2b-256(K_row, "copies\0" || u64 epoch || list)
//   text           = u16 length || bytes
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/crypto/secret.h"
#include "vault/keys/key_keeper.h"
#include "vault/store/database.h"

namespace vault {

// WriteCopies stores the list for the tree at this epoch. An older list has another epoch's mac: a
// copy that was left out by somebody with the disk in hand is noticed.
Status WriteCopies(Transaction& transaction, const std::vector<CopyRow>& rows,
                   const RowKey& row_key, std::uint64_t epoch);
// ReadCopies. Errors: kCorrupt absent, changed, of another epoch, or without exactly one primary.
Result<std::vector<CopyRow>> ReadCopies(Database& database, const RowKey& row_key,
                                        std::uint64_t epoch);

}  // namespace vault
