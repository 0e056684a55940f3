// VaultCells: the erasure cells of a place, as they are written in its configuration.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vault/custody.h"
#include "vault/vault.h"

namespace vault {

// Outside refuses a path inside the data folder: a copy of the folder must not carry it.
// Errors: kInvalid.
Status Outside(const std::string& data, const std::string& path, std::string_view what);
// CellsOf reads which cells a place has; without a word about it, one file beside the data folder.
// Errors: kInvalid how a cell is written, or a cell inside the data folder.
Result<std::vector<CellAt>> CellsOf(const VaultWorld& world, const VaultPlace& place);
CellContext ContextOf(const VaultWorld& world, const VaultPlace& place);
// CreateCells makes them, none before all may be made. Errors: those of the cells.
Result<std::vector<std::unique_ptr<ErasureCell>>> CreateCells(const VaultWorld& world,
                                                              const VaultPlace& place);
// DoorOf opens and makes the cells of a standby copy.
CellDoor DoorOf(const VaultWorld& world);

}  // namespace vault
