#include "tools/verify/log_folder.h"

#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "tools/verify/files.h"
#include "vault/audit/event.h"
#include "vault/audit/merkle.h"
#include "vault/audit/tile_path.h"
#include "vault/base/bytes.h"
#include "vault/base/wire.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using vault::Corrupt;
using vault::Ok;
using vault::Result;
using vault::Status;

// The types of entries about rules begin like this.
constexpr std::string_view kRules = "policy.";
// The largest file of a log is a full entry bundle.
constexpr std::uint64_t kMaxFile = std::uint64_t{256} * (2 + 65535);

vault::Error InFile(const std::string& path, const vault::Error& error) {
  return {error.code == vault::Errc::kUnavailable ? error.code : vault::Errc::kCorrupt,
          path + ": " + error.detail};
}

// Checker goes once through the entries, oldest first, and compares each tile when it is full.
class Checker {
 public:
  Checker(std::string folder, const vault::TreeHead& head)
      : folder_(std::move(folder)), head_(head) {}

  // `marks` are heads of older trees, in rising order of size.
  Status Run(const std::optional<vault::TreeHead>& since) {
    TRY_VOID(CheckSince(since));
    const std::uint64_t bundles = vault::TileCount(head_.size, 0);
    for (std::uint64_t number = 0; number < bundles; ++number) {
      TRY_VOID(Bundle(number, since));
    }
    for (unsigned level = 0; level < tiles_.size(); ++level) {
      if (!tiles_[level].bytes.empty()) TRY_VOID(CompareTile(level));
    }
    if (edge_.Root() != head_.root) {
      return Corrupt("the entries do not lead to the root in the checkpoint");
    }
    return Ok();
  }

  // Rules are the entries about rules, oldest first.
  std::vector<VerifiedLog::Rules> TakeRules() { return std::move(rules_); }

  // Seen counts the files that belong to this log, checkpoint and vkey not among them.
  std::uint64_t seen() const { return seen_; }

 private:
  struct Tile {
    std::uint64_t number = 0;
    vault::Bytes bytes;
  };

  Result<std::string> Read(const vault::TilePath& tile) {
    const std::string path = vault::FormatTilePath(tile);
    auto bytes = ReadSmallFile(folder_ + "/" + path, kMaxFile);
    if (!bytes.ok()) return InFile(path, bytes.error());
    ++seen_;
    return bytes;
  }

  Status CheckSince(const std::optional<vault::TreeHead>& since) const {
    if (!since.has_value() || since->size != edge_.size()) return Ok();
    if (edge_.Root() == since->root) return Ok();
    return Corrupt("the log is not a continuation of the older checkpoint");
  }

  Status Bundle(std::uint64_t number, const std::optional<vault::TreeHead>& since) {
    const unsigned width = vault::TileSpan(head_.size, 0, number);
    const vault::TilePath place{std::nullopt, number, width};
    const std::string path = vault::FormatTilePath(place);
    TRY(const std::string bundle, Read(place));
    vault::WireReader reader(vault::AsBytes(bundle));
    for (unsigned i = 0; i < width; ++i) {
      const vault::ByteView entry = reader.Raw(reader.U16());
      if (reader.failed()) return InFile(path, Corrupt("an entry is cut off"));
      auto fields = vault::ParseLogEntry(vault::AsText(entry));
      if (!fields.ok()) return InFile(path, fields.error());
      if (fields.value().type.starts_with(kRules)) {
        rules_.push_back({edge_.size(), std::move(fields).value()});
      }
      TRY_VOID(Leaf(vault::HashLeaf(entry)));
      TRY_VOID(CheckSince(since));
    }
    auto finished = reader.Finish();
    if (!finished.ok()) return InFile(path, finished.error());
    return Ok();
  }

  Status Leaf(const vault::LogHash& leaf) {
    for (const vault::TreeNode& node : edge_.Append(leaf)) {
      if (node.level % vault::kTileHeight != 0) continue;
      const unsigned level = node.level / vault::kTileHeight;
      if (level > vault::kMaxTileLevel) continue;
      if (tiles_.size() <= level) tiles_.resize(level + 1);
      Tile& tile = tiles_[level];
      tile.number = node.index / vault::kTileWidth;
      tile.bytes.insert(tile.bytes.end(), node.hash.begin(), node.hash.end());
      if (tile.bytes.size() == vault::kTileWidth * node.hash.size()) TRY_VOID(CompareTile(level));
    }
    return Ok();
  }

  Status CompareTile(unsigned level) {
    Tile& tile = tiles_[level];
    const auto width = static_cast<unsigned>(tile.bytes.size() / sizeof(vault::LogHash));
    const vault::TilePath place{level, tile.number, width};
    TRY(const std::string stored, Read(place));
    if (stored != vault::AsText(tile.bytes)) {
      return InFile(vault::FormatTilePath(place), Corrupt("does not match the entries"));
    }
    tile.bytes.clear();
    return Ok();
  }

  std::string folder_;
  const vault::TreeHead& head_;
  vault::MerkleEdge edge_;
  std::vector<Tile> tiles_;
  std::vector<VerifiedLog::Rules> rules_;
  std::uint64_t seen_ = 0;
};

bool BelongsTo(const vault::TreeHead& head, const std::string& path) {
  if (path == "checkpoint" || path == "vkey") return true;
  auto tile = vault::ParseTilePath(path);
  return tile.ok() &&
         tile.value().width ==
             vault::TileSpan(head.size, tile.value().level.value_or(0), tile.value().number);
}

// CheckNothingMore refuses every file that is not of this log at this size. A missing one has been
// noticed by then.
Status CheckNothingMore(const std::string& folder, const vault::TreeHead& head) {
  std::error_code error;
  fs::recursive_directory_iterator walk(folder, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    std::error_code ignored;
    const fs::file_status status = walk->symlink_status(ignored);
    if (fs::is_directory(status)) continue;
    const std::string path = walk->path().lexically_relative(folder).generic_string();
    if (!fs::is_regular_file(status) || !BelongsTo(head, path)) {
      return Corrupt(path + ": is not part of the log");
    }
  }
  if (error) return vault::Unavailable("the folder cannot be listed");
  return Ok();
}

Result<std::string> ReadNamed(const std::string& folder, const std::string& name) {
  auto bytes = ReadSmallFile(folder + "/" + name, kMaxFile);
  if (!bytes.ok()) return InFile(name, bytes.error());
  return bytes;
}

}  // namespace

vault::Result<VerifiedLog> VerifyLogFolder(const std::string& folder, const vault::NoteKey& key,
                                           const std::optional<std::string>& since) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return vault::NotFound("there is no such folder");
  TRY(const std::string note, ReadNamed(folder, "checkpoint"));
  TRY(vault::TreeHead head, vault::OpenCheckpoint(note, key));
  TRY(const std::string vkey, ReadNamed(folder, "vkey"));
  if (vkey != key.ToText() + "\n") return Corrupt("vkey: is another key");
  std::optional<vault::TreeHead> older;
  if (since.has_value()) {
    TRY(older, vault::OpenCheckpoint(*since, key));
    if (older->size > head.size) return Corrupt("the log is shorter than the older checkpoint");
  }
  Checker checker(folder, head);
  TRY_VOID(checker.Run(older));
  TRY_VOID(CheckNothingMore(folder, head));
  return VerifiedLog{head, checker.TakeRules()};
}

}  // namespace tools
