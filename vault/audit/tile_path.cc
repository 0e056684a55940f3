#include "vault/audit/tile_path.h"

#include <algorithm>

#include "vault/base/text.h"

namespace vault {
namespace {

constexpr std::string_view kTile = "tile/";
constexpr std::string_view kEntries = "entries/";
constexpr std::string_view kPartial = ".p/";

bool AreDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string FormatNumber(std::uint64_t number) {
  // Adding 1000 keeps the leading zeros of a group.
  std::string out = std::to_string(1000 + number % 1000).substr(1);
  while ((number /= 1000) > 0) {
    std::string group = std::to_string(1000 + number % 1000);
    group.front() = 'x';
    out.insert(0, group + "/");
  }
  return out;
}

Result<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t number = 0;
  // Six groups hold 10^18, more than any log and less than 2^64.
  for (int group = 0; group < 6; ++group) {
    const bool more = text.starts_with('x');
    const std::size_t length = more ? 5 : 3;
    if (text.size() < length || (!more && text.size() != length)) break;
    const std::string_view digits = text.substr(more ? 1 : 0, 3);
    if (!AreDigits(digits) || (more && text[4] != '/')) break;
    number = number * 1000 + (static_cast<std::uint64_t>(digits[0] - '0') * 100) +
             (static_cast<std::uint64_t>(digits[1] - '0') * 10) +
             static_cast<std::uint64_t>(digits[2] - '0');
    if (!more) return number;
    text.remove_prefix(length);
  }
  return NotFound("no such log file");
}

}  // namespace

std::string FormatTilePath(const TilePath& path) {
  std::string out(kTile);
  out += path.level.has_value() ? std::to_string(*path.level) + "/" : std::string(kEntries);
  out += FormatNumber(path.number);
  if (path.width != kTileWidth) out += std::string(kPartial) + std::to_string(path.width);
  return out;
}

Result<TilePath> ParseTilePath(std::string_view text) {
  const Error unknown = NotFound("no such log file");
  TilePath path;
  if (!text.starts_with(kTile)) return unknown;
  std::string_view rest = text.substr(kTile.size());
  if (rest.starts_with(kEntries)) {
    rest.remove_prefix(kEntries.size());
  } else {
    if (rest.size() < 2 || rest[0] < '0' || rest[0] > '6' || rest[1] != '/') return unknown;
    path.level = static_cast<unsigned>(rest[0] - '0');
    rest.remove_prefix(2);
  }
  const std::size_t partial = rest.find(kPartial);
  if (partial != std::string_view::npos) {
    auto width = ParseDecimal(rest.substr(partial + kPartial.size()));
    if (!width.ok() || width.value() == 0 || width.value() >= kTileWidth) return unknown;
    path.width = static_cast<unsigned>(width.value());
    rest = rest.substr(0, partial);
  }
  TRY(path.number, ParseNumber(rest));
  // "x000/001" says the same as "001": only one of them is a path.
  if (FormatTilePath(path) != text) return unknown;
  return path;
}

unsigned TileSpan(std::uint64_t size, unsigned level, std::uint64_t number) {
  const std::uint64_t hashes = size >> (kTileHeight * level);
  if (number > hashes / kTileWidth) return 0;
  return static_cast<unsigned>(std::min<std::uint64_t>(hashes - number * kTileWidth, kTileWidth));
}

std::uint64_t TileCount(std::uint64_t size, unsigned level) {
  const std::uint64_t hashes = size >> (kTileHeight * level);
  return hashes / kTileWidth + (hashes % kTileWidth != 0 ? 1 : 0);
}

}  // namespace vault
