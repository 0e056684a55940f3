#include "ingest/zip_directory.h"

#include <algorithm>
#include <optional>
#include <set>

#include "ingest/limits.h"
#include "vault/base/text.h"

namespace ingest {
namespace {

constexpr std::uint32_t kLocalSignature = 0x04034b50;
constexpr std::uint32_t kCentralSignature = 0x02014b50;
constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::size_t kLocalSize = 30;
constexpr std::size_t kCentralSize = 46;
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kMaxComment = 0xffff;
constexpr std::uint16_t kEncrypted = 1u << 0 | 1u << 6 | 1u << 13;
constexpr std::uint16_t kSizesFollow = 1u << 3;
constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;
constexpr std::uint16_t kAes = 99;

std::uint16_t Le16(vault::ByteView b, std::size_t at) {
  return static_cast<std::uint16_t>(b[at] | b[at + 1] << 8);
}
std::uint32_t Le32(vault::ByteView b, std::size_t at) {
  return static_cast<std::uint32_t>(Le16(b, at)) | static_cast<std::uint32_t>(Le16(b, at + 2))
                                                       << 16;
}

// The end record is searched from the back; its comment must reach the file's end exactly, so that
// two programs cannot see two different ends.
std::optional<std::size_t> FindEnd(vault::ByteView file) {
  if (file.size() < kEndSize) return std::nullopt;
  std::size_t last = file.size() - kEndSize;
  for (std::size_t comment = 0; comment <= std::min(last, kMaxComment); ++comment) {
    std::size_t at = last - comment;
    if (Le32(file, at) == kEndSignature && Le16(file, at + 20) == comment) return at;
  }
  return std::nullopt;
}

std::string FoldCase(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

struct Extent {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// The local header is what some programs unpack by; it may not tell another story.
std::optional<Extent> CheckLocal(vault::ByteView file, std::uint64_t directory, const ZipPart& part,
                                 std::uint64_t offset) {
  if (offset > directory || directory - offset < kLocalSize) return std::nullopt;
  vault::ByteView local = file.subspan(offset, directory - offset);
  std::uint16_t flags = Le16(local, 6);
  std::size_t name_size = Le16(local, 26);
  std::size_t extra_size = Le16(local, 28);
  std::uint64_t head = kLocalSize + name_size + extra_size;
  bool agrees = Le32(local, 0) == kLocalSignature && (flags & kEncrypted) == 0 &&
                Le16(local, 8) == part.method && head <= local.size() &&
                part.packed <= local.size() - head;
  if (!agrees) return std::nullopt;
  if (vault::AsText(local.subspan(kLocalSize, name_size)) != part.name) return std::nullopt;
  constexpr std::uint32_t kInExtra = 0xffffffff;
  bool sizes_here = (flags & kSizesFollow) == 0 && Le32(local, 18) != kInExtra;
  if (sizes_here && (Le32(local, 18) != part.packed || Le32(local, 22) != part.unpacked)) {
    return std::nullopt;
  }
  return Extent{offset, offset + head + part.packed};
}

}  // namespace

bool IsSafePartName(std::string_view name) {
  if (name.empty() || name.size() > kMaxPartName || !vault::IsUtf8(name)) return false;
  for (char c : name) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '\\' || c == ':') return false;
  }
  // A folder's entry ends in one slash.
  std::string_view path = name;
  if (path.ends_with('/')) path.remove_suffix(1);
  for (std::string_view segment : vault::Split(path, '/')) {
    if (segment.empty() || segment == "." || segment == "..") return false;
  }
  return true;
}

Parsed<std::vector<ZipPart>> ReadZipDirectory(vault::ByteView file) {
  auto found = FindEnd(file);
  if (!found) return Unreadable::kDamaged;
  std::size_t end = *found;
  std::size_t count = Le16(file, end + 10);
  std::uint64_t size = Le32(file, end + 12);
  std::uint64_t directory = Le32(file, end + 16);
  if (count > kMaxParts) return Unreadable::kTooManyParts;
  bool one_disk =
      Le16(file, end + 4) == 0 && Le16(file, end + 6) == 0 && Le16(file, end + 8) == count;
  if (!one_disk || directory + size != end) return Unreadable::kDamaged;

  std::vector<ZipPart> parts;
  std::vector<Extent> extents;
  std::set<std::string> names;
  std::uint64_t unpacked = 0;
  vault::ByteView rest = file.subspan(directory, size);
  for (std::size_t i = 0; i < count; ++i) {
    if (rest.size() < kCentralSize || Le32(rest, 0) != kCentralSignature) {
      return Unreadable::kDamaged;
    }
    std::uint16_t flags = Le16(rest, 8);
    std::size_t name_size = Le16(rest, 28);
    std::size_t whole = kCentralSize + name_size + Le16(rest, 30) + Le16(rest, 32);
    if (rest.size() < whole) return Unreadable::kDamaged;
    ZipPart part;
    part.name = vault::ToString(rest.subspan(kCentralSize, name_size));
    part.method = Le16(rest, 10);
    part.packed = Le32(rest, 20);
    part.unpacked = Le32(rest, 24);
    std::uint64_t offset = Le32(rest, 42);
    rest = rest.subspan(whole);

    if ((flags & kEncrypted) != 0 || part.method == kAes) return Unreadable::kEncryptedArchive;
    if (!IsSafePartName(part.name) || !names.insert(FoldCase(part.name)).second) {
      return Unreadable::kUnsafeNames;
    }
    if (part.method != kStored && part.method != kDeflated) return Unreadable::kDamaged;
    if (part.method == kStored && part.packed != part.unpacked) return Unreadable::kDamaged;
    unpacked += part.unpacked;
    if (unpacked > kMaxUnpacked) return Unreadable::kArchiveBomb;
    if (part.unpacked > kRatioFloor && part.unpacked / kMaxRatio > part.packed) {
      return Unreadable::kArchiveBomb;
    }
    auto extent = CheckLocal(file, directory, part, offset);
    if (!extent) return Unreadable::kDamaged;
    extents.push_back(*extent);
    parts.push_back(std::move(part));
  }
  if (!rest.empty()) return Unreadable::kDamaged;

  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < extents.size(); ++i) {
    if (extents[i].begin < extents[i - 1].end) return Unreadable::kUnsafeNames;
  }
  return parts;
}

}  // namespace ingest
