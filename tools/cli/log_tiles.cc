#include "tools/cli/log_tiles.h"

#include <algorithm>

#include "vault/base/text.h"

namespace tools {
namespace {

constexpr std::uint64_t kTileWidth = 256;
constexpr std::size_t kHashSize = 32;

// 1234067 is x001/x234/067.
std::string TileNumber(std::uint64_t number) {
  std::string name;
  bool last = true;
  do {
    std::string group = std::to_string(number % 1000);
    group.insert(0, 3 - group.size(), '0');
    name = (last ? "" : "x") + group + (name.empty() ? "" : "/") + name;
    last = false;
    number /= 1000;
  } while (number > 0);
  return name;
}

void AddLevel(std::vector<LogTile>& tiles, const std::string& level, std::uint64_t width) {
  for (std::uint64_t n = 0; n < width / kTileWidth; ++n) {
    const std::string path = "tile/" + level + "/" + TileNumber(n);
    tiles.push_back({path, path, static_cast<unsigned>(kTileWidth)});
  }
  const std::uint64_t rest = width % kTileWidth;
  if (rest == 0) return;
  const std::string full = "tile/" + level + "/" + TileNumber(width / kTileWidth);
  tiles.push_back({full + ".p/" + std::to_string(rest), full, static_cast<unsigned>(rest)});
}

bool HoldsEntries(const LogTile& tile) { return tile.path.starts_with("tile/entries/"); }

}  // namespace

std::vector<LogTile> TilesOf(std::uint64_t size) {
  std::vector<LogTile> tiles;
  unsigned level = 0;
  for (std::uint64_t width = size; width > 0; width /= kTileWidth) {
    AddLevel(tiles, std::to_string(level++), width);
  }
  AddLevel(tiles, "entries", size);
  return tiles;
}

vault::Result<std::uint64_t> CheckpointSize(std::string_view checkpoint) {
  const auto lines = vault::Split(checkpoint, '\n');
  if (lines.size() < 5 || lines[0].empty()) return vault::Invalid("not a checkpoint");
  return vault::ParseDecimal(lines[1]);
}

vault::Result<std::string> Truncated(std::string_view full, const LogTile& tile) {
  std::size_t size = 0;
  if (!HoldsEntries(tile)) {
    size = tile.width * kHashSize;
  } else {
    for (unsigned i = 0; i < tile.width && size + 2 <= full.size(); ++i) {
      const auto high = static_cast<unsigned char>(full[size]);
      const auto low = static_cast<unsigned char>(full[size + 1]);
      size += 2 + (std::size_t{high} << 8 | low);
    }
    size = std::max<std::size_t>(size, 1);
  }
  if (full.size() < size) return vault::Invalid("a tile of the log is too short");
  return std::string(full.substr(0, size));
}

}  // namespace tools
