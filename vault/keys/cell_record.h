// CellRecord's bytes: the same 96 in every kind of cell (FORMAT.md §5).
#pragma once

#include <optional>

#include "vault/keys/erasure_cell.h"

namespace vault {

inline constexpr std::size_t kCellRecordSize = 96;

// EncodeCellRecord builds the record in locked memory: it holds E.
SecretBytes EncodeCellRecord(const CellRecord& record);
// DecodeCellRecord is empty unless the 96 bytes are a whole record.
std::optional<CellRecord> DecodeCellRecord(ByteView bytes);

}  // namespace vault
