// Sealing: what is derived from a slot's key, and how sealed bytes are bound to their place.
//
// FORMAT.md §3 and §6 have the grammar; every info string below ends with 00.
#pragma once

#include <string_view>

#include "vault/base/bytes.h"
#include "vault/base/ids.h"
#include "vault/crypto/secret.h"
#include "vault/keys/key_keeper.h"

namespace vault {

// DeriveFileKey is fk, the container's file key: both shares are needed.
FileKey DeriveFileKey(const ErasureShare& erasure, const AccessShare& access,
                      const ObjectId& object, std::uint32_t version);
// DeriveDerivedKey is the file key of something made from the document ("form").
FileKey DeriveDerivedKey(const ErasureShare& erasure, const AccessShare& access,
                         const ObjectId& object, std::uint32_t version, std::string_view name);
// DeriveDetailKey seals details: both shares are needed.
ColumnKey DeriveDetailKey(const ErasureShare& erasure, const AccessShare& access,
                          const ObjectId& object, std::uint32_t version);
// DeriveLabelKey seals labels: the erasure share alone, so a label dies with its slot.
ColumnKey DeriveLabelKey(const ErasureShare& slot_key, const ObjectId& object,
                         std::uint32_t version);
// DeriveLinkKey is LK of a share.
SecretBytes DeriveLinkKey(const ErasureShare& slot_key, const ShareId& share,
                          ByteView secret_and_pin);

// ColumnData: "SCL1" | u8 len | table | u8 len | column | object[16] | u64 row version.
Bytes ColumnData(const ColumnPlace& place);
// OuterData: tag[4] | slot owner[16] | row[16] | u32 version.
Bytes OuterData(const OuterPlace& place);
// OuterSlotType is the type of the slot under whose key a layer stands.
EntryType OuterSlotType(OuterTag tag);

// OpenAccessBox opens "SAB1" | object[16] | u32 version | K_acc[32] and checks every field.
// Errors: kCorrupt not for this holder, or of another object or version.
Result<AccessShare> OpenAccessBox(const ObjectId& object, std::uint32_t version, ByteView box,
                                  const BoxSecretKey& holder);

}  // namespace vault
