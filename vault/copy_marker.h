// CopyMarker: which copy of a vault a folder holds, and whether somebody may work in it.
//
//   DIR/custody = "SCM1" | u8 copy number | u8 role (1 primary, 2 standby) | u16 0 | store id[16]
//
// A folder without one holds copy 0, the primary: that is how a vault begins. The list of copies in
// the key tree decides who the primary is; the marker tells which of them this folder is, and lets
// an empty mount point be told from a standby.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "vault/base/ids.h"
#include "vault/base/result.h"
#include "vault/store/disk.h"

namespace vault {

enum class CopyRole : std::uint8_t { kPrimary = 1, kStandby = 2 };

struct CopyMarker {
  StoreId store;
  std::uint8_t copy = 0;
  CopyRole role = CopyRole::kPrimary;
};

// ReadCopyMarker is empty where there is none. Errors: kCorrupt; kUnavailable.
Result<std::optional<CopyMarker>> ReadCopyMarker(const Disk& disk, const std::string& folder);
// WriteCopyMarker replaces it durably.
Status WriteCopyMarker(Disk& disk, const std::string& folder, const CopyMarker& marker);

}  // namespace vault
