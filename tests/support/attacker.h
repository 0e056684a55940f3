// Attacker: adversary A2 of FORMAT.md, as a program. It holds every byte ever written to the key
// tree, the unseal key U and the erasure cells as they are now, and opens whatever these open.
//
// It shares the primitives with the program, and none of its code for the tree: nodes, places and
// derivations are written out once more from FORMAT.md.
#pragma once

#include <sodium.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/recording_disk.h"
#include "tests/support/temp_folder.h"
#include "vault/base/bytes.h"
#include "vault/base/ids.h"
#include "vault/base/wire.h"
#include "vault/crypto/aead.h"
#include "vault/crypto/digest.h"
#include "vault/crypto/hkdf.h"
#include "vault/store/database.h"
#include "vault/store/disk.h"

namespace vault {

// LootedKeys are the keys found of each slot. More than one: the slot was seen with several.
using LootedKeys = std::map<std::uint32_t, std::set<Bytes>>;
// FileImages is what files hold, by path.
using FileImages = std::map<std::string, std::string>;

class Attacker {
 public:
  Attacker(const StoreId& store, ByteView unseal) : store_(store), unseal_(ToBytes(unseal)) {}

  // Watch takes what happened to the tree's file and its log from a known start, step by step, and
  // looks into the database as it stood at every sync, at every truncation and at the end: in a log
  // these are the moments that count, since a commit is a sync.
  void Watch(FileImages files, const std::vector<RecordedStep>& steps,
             const std::string& tree_path) {
    Look(files, tree_path);
    for (const RecordedStep& step : steps) {
      if (step.action == DiskAction::kSync || step.action == DiskAction::kTruncate ||
          step.action == DiskAction::kUnlink) {
        Look(files, tree_path);
      }
      Apply(step, files);
    }
    Look(files, tree_path);
  }

  // AddNode takes one sealed node that stood in the tree's file or log at any time.
  void AddNode(std::int64_t row, ByteView sealed) { nodes_[row].insert(ToBytes(sealed)); }

  // Loot tries everything with everything, given the cells' bytes as they are now.
  LootedKeys Loot(const std::vector<Bytes>& cells) const { return LootAll({cells}).slots; }
  // LootCopies has the cells of several copies of the tree, each with cells of its own.
  LootedKeys LootCopies(const std::vector<std::vector<Bytes>>& copies) const {
    return LootAll(copies).slots;
  }

  struct Bag {
    LootedKeys slots;
    std::map<std::int64_t, std::set<Bytes>> nodes;  // the nodes' own keys, by row id
  };
  Bag LootAll(const std::vector<std::vector<Bytes>>& copies) const {
    Bag bag;
    auto& keys = bag.nodes;
    LootedKeys& out = bag.slots;
    for (const std::vector<Bytes>& cells : copies) {
      for (const auto& [epoch, root_key] : RootKeys(cells)) {
        // Every copy of the tree has a root of its own, in a row of its own.
        for (std::int64_t copy = 0; copy < 256; ++copy) {
          for (const Bytes& sealed : NodesAt(copy)) {
            if (auto node = OpenNode(root_key, copy, epoch, sealed)) Take(*node, 0, keys, out);
          }
        }
      }
    }
    // A node's key stands in its parent, and row ids grow with the level.
    for (auto at = keys.begin(); at != keys.end(); ++at) {
      for (const Bytes& key : at->second) {
        for (const Bytes& sealed : NodesAt(at->first)) {
          if (auto node = OpenNode(key, at->first, 0, sealed)) Take(*node, at->first, keys, out);
        }
      }
    }
    return bag;
  }

  static void Apply(const RecordedStep& step, FileImages& files) {
    std::string& file = files[step.path];
    if (step.action == DiskAction::kTruncate) file.resize(step.offset);
    if (step.action == DiskAction::kUnlink) files.erase(step.path);
    if (step.action == DiskAction::kRename) {
      files[step.target] = file;
      files.erase(step.path);
    }
    if (step.action != DiskAction::kWrite) return;
    const std::size_t end = step.offset + step.bytes.size();
    if (file.size() < end) file.resize(end);
    file.replace(step.offset, step.bytes.size(), AsText(step.bytes));
  }

 private:
  // Look collects every sealed node of one state of the files, through the plain library.
  void Look(const FileImages& files, const std::string& tree_path) {
    const auto main = files.find(tree_path);
    if (main == files.end() || main->second.empty()) return;
    const auto log = files.find(tree_path + "-wal");
    const std::string& log_bytes = log == files.end() ? std::string() : log->second;
    const auto digest = Blake2b<32>({}, AsBytes(main->second + "|" + log_bytes));
    if (!looked_.insert(digest).second) return;
    const TempFolder folder;
    std::ofstream(folder.At("t.db"), std::ios::binary) << main->second;
    std::ofstream(folder.At("t.db-wal"), std::ios::binary) << log_bytes;
    Disk disk(nullptr);
    auto database = Database::Open(disk, folder.At("t.db"), std::nullopt, DatabaseMode::kWriter);
    if (!database.ok()) return;
    {
      Statement tables = database.value()->Prepare("SELECT 1 FROM sqlite_master WHERE name='node'");
      auto row = tables.Step();
      if (!row.ok() || !row.value()) return;
    }
    Statement rows = database.value()->Prepare("SELECT id, ct FROM node");
    while (true) {
      auto row = rows.Step();
      if (!row.ok() || !row.value()) return;
      nodes_[rows.Int(0)].insert(rows.Blob(1));
    }
  }

  // RootKeys derives every root key that the bytes in the cells can give, whole records or not.
  std::vector<std::pair<std::uint64_t, Bytes>> RootKeys(const std::vector<Bytes>& cells) const {
    // A record's epoch is believed, and its neighbours are tried with whatever stands in the other
    // slot; where no cell holds a record, the first epochs are.
    std::set<std::uint64_t> epochs;
    std::vector<Bytes> joined = {{}};
    for (const Bytes& cell : cells) {
      std::vector<Bytes> longer;
      for (std::size_t slot = 0; slot + 4096 <= cell.size(); slot += 4096) {
        const ByteView head = ByteView(cell).subspan(slot, 32);
        const std::uint64_t epoch = WireReader(head.subspan(24)).U64();
        if (AsText(head.first(4)) == "SEC1") epochs.insert({epoch - 1, epoch, epoch + 1});
        for (const Bytes& before : joined) {
          Bytes parts = before;
          parts.insert(parts.end(), cell.begin() + slot + 32, cell.begin() + slot + 64);
          longer.push_back(std::move(parts));
        }
      }
      joined = std::move(longer);
    }
    if (epochs.empty()) {
      for (std::uint64_t epoch = 0; epoch < 12; ++epoch) epochs.insert(epoch);
    }
    std::vector<std::pair<std::uint64_t, Bytes>> out;
    for (std::uint64_t epoch : epochs) {
      WireWriter info;
      info.Text("strongroom/v1/root").U8(0).Raw(store_.view()).U64(epoch);
      for (const Bytes& parts : joined) {
        Bytes key(32);
        HkdfSha256(unseal_, parts, info.bytes(), key);
        out.emplace_back(epoch, std::move(key));
      }
    }
    return out;
  }

  const std::set<Bytes>& NodesAt(std::int64_t row) const {
    static const std::set<Bytes> kNone;
    const auto found = nodes_.find(row);
    return found == nodes_.end() ? kNone : found->second;
  }

  std::optional<Bytes> OpenNode(const Bytes& key, std::int64_t row, std::uint64_t epoch,
                                const Bytes& sealed) const {
    if (!LooksRight(key, sealed)) return std::nullopt;
    WireWriter place;
    const bool root = row >> 32 == 0;
    place.Text("SKT1").U8(static_cast<std::uint8_t>(row >> 32));
    place.U8(root ? static_cast<std::uint8_t>(row) : 0).Zeros(2);
    place.U32(root ? 0 : static_cast<std::uint32_t>(row)).Raw(store_.view()).U64(epoch);
    auto opened = OpenAead(key, sealed, place.bytes());
    if (!opened.ok()) return std::nullopt;
    return ToBytes(opened.value().view());
  }

  // LooksRight decrypts the first entry alone: a key that is wrong gives nonsense there, and costs
  // a fiftieth of what the whole node would.
  static bool LooksRight(const Bytes& key, const Bytes& sealed) {
    constexpr std::size_t kNonce = 24;
    if (key.size() != 32 || sealed.size() < kNonce + 64) return false;
    ByteArray<64> entry{};
    crypto_stream_xchacha20_xor_ic(entry.data(), sealed.data() + kNonce, entry.size(),
                                   sealed.data(), 1, key.data());
    return (entry[0] & 0x7f) < 16 && (entry[1] & 0x78) == 0 && entry[2] == 0 && entry[3] == 0;
  }

  static void Take(const Bytes& node, std::int64_t row,
                   std::map<std::int64_t, std::set<Bytes>>& keys, LootedKeys& out) {
    const std::int64_t level = row >> 32;
    const std::int64_t number = row & 0xffffffff;
    for (std::int64_t i = 0; i < 256; ++i) {
      const ByteView entry = ByteView(node).subspan(static_cast<std::size_t>(i) * 64, 64);
      if (entry[0] == 0) continue;
      const Bytes key = ToBytes(entry.subspan(32, 32));
      if (level == 3) {
        out[static_cast<std::uint32_t>(number << 8 | i)].insert(key);
      } else {
        keys[(level + 1) << 32 | (number << 8 | i)].insert(key);
      }
    }
  }

  StoreId store_;
  Bytes unseal_;
  std::set<ByteArray<32>> looked_;
  std::map<std::int64_t, std::set<Bytes>> nodes_;  // every sealed form ever seen, by row id
};

}  // namespace vault
