// TilePath: the names of a log's files.
//
//   path     = "tile/" ( level / "entries" ) "/" number [ ".p/" width ]
//   level    = 0…6                     a hash tile of level L holds roots of subtrees of 256^L
//   leaves number   = *( "x" 3DIGIT "/" ) 3DIGIT        1234067 is x001/x234/067 width    = 1…255
//   a tile that is not full yet
//
// Source: C2SP tlog-tiles.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vault/base/result.h"

namespace vault {

inline constexpr unsigned kTileHeight = 8;
inline constexpr unsigned kTileWidth = 256;
inline constexpr unsigned kMaxTileLevel = 6;

struct TilePath {
  // level: none for an entry bundle, whose numbers are those of level 0.
  std::optional<unsigned> level;
  std::uint64_t number = 0;
  unsigned width = kTileWidth;
  bool operator==(const TilePath&) const = default;
};

std::string FormatTilePath(const TilePath& path);
// ParseTilePath accepts the one spelling of a path. Errors: kNotFound.
Result<TilePath> ParseTilePath(std::string_view text);

// TileSpan says how many hashes (or entries) a log of `size` entries has at a tile's place: 0 to
// 256.
unsigned TileSpan(std::uint64_t size, unsigned level, std::uint64_t number);
// TileCount says how many tiles of a level such a log has, the last one perhaps partial.
std::uint64_t TileCount(std::uint64_t size, unsigned level);

}  // namespace vault
