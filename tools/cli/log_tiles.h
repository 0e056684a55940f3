// LogTiles: the names of the tiles of a log of a given size.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/result.h"

namespace tools {

// LogTile is one file of an export.
struct LogTile {
  std::string path;       // "tile/0/x001/234.p/5"
  std::string full_path;  // the same tile once it is full: "tile/0/x001/234"
  unsigned width = 256;   // how many hashes or entries it holds
};

// TilesOf lists the tiles of all levels and of the entries. Source: c2sp.org/tlog-tiles.
std::vector<LogTile> TilesOf(std::uint64_t size);
// CheckpointSize reads the size out of a checkpoint's second line. Errors: kInvalid.
vault::Result<std::uint64_t> CheckpointSize(std::string_view checkpoint);
// Truncated cuts a full tile to its first `width` hashes, or entries. Errors: kInvalid too short.
vault::Result<std::string> Truncated(std::string_view full, const LogTile& tile);

}  // namespace tools
