// KeyTree: the sealed nodes in keys.db, and the one way to change them.
//
//   root (level 0) → 256 → 256 → 256 leaves (level 3) → 256 slots each; slot = leaf << 8 | index.
//   node(id INTEGER PRIMARY KEY, ct BLOB)           id = level << 32 | node number; the root of
//                                                   copy c of the tree has id c
//   meta(key TEXT PRIMARY KEY, value)               in clear: store, check of U, hints and counters
//   open_leaf(owner BLOB PRIMARY KEY, leaf, reserved)   where an owner's next slots come from
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/keys/node.h"
#include "vault/keys/root_secret.h"
#include "vault/store/database.h"
#include "vault/store/disk.h"

namespace vault {

// TreeMeta is what keys.db says in clear. None of it is trusted for what may be opened: the epoch
// is only a hint for the words of an error.
struct TreeMeta {
  StoreId store;
  ByteArray<32> unseal_check{};
  std::uint64_t epoch_hint = 0;
  std::uint64_t inserts = 0;
  std::uint32_t next_leaf = 0;
};

// CopySeal is the seal of one copy's root.
struct CopySeal {
  std::uint8_t copy = 0;
  RootSeal seal;
};

// KeyTree is the tree as it stands in one file, with the roots of all copies: levels 1 to 3 are the
// same for all, and a mirror of the file is a copy of the tree. Only inner nodes and leaves in use
// are in memory, at most kCachedNodes of them, wiped when they go.    Threads: one at a time.
class KeyTree {
 public:
  static constexpr std::size_t kCachedNodes = 512;

  // Open opens or creates the file and its tables. random outlives the tree.
  static Result<std::unique_ptr<KeyTree>> Open(Disk& disk, RandomSource& random,
                                               const std::string& path, std::uint8_t copy);
  // ReadMeta is empty while the tree was never started. Errors: kCorrupt; kUnavailable.
  static Result<std::optional<TreeMeta>> ReadMeta(Database& database);

  Database& database() { return *database_; }
  std::uint8_t copy() const { return copy_; }

  // Use says whose tree this is and under which seals its roots stand from now on, ours first.
  void Use(const StoreId& store, std::vector<CopySeal> roots);
  // Unlock is Use if the root opens with this seal; false when it does not.
  Result<bool> Unlock(const StoreId& store, RootSeal root);
  // UseStandby seals the root for one more copy from now on; UseStandby of none no longer.
  void UseStandby(std::optional<CopySeal> standby);
  const StoreId& store() const { return store_; }
  std::uint64_t epoch() const { return roots_.front().seal.epoch; }
  const std::vector<CopySeal>& roots() const { return roots_; }

  // Leaf gives a leaf, or null when it was never made. Valid until the next call.
  // Errors: kCorrupt; kUnavailable.
  Result<const Node*> Leaf(std::uint32_t leaf);
  // LeafOnce is Leaf for one long walk: the leaf does not push others out of memory.
  Result<std::optional<Node>> LeafOnce(std::uint32_t leaf);
  // NextLeaf gives the first leaf at or after `from` that was made.
  Result<std::optional<std::uint32_t>> NextLeaf(std::uint32_t from);

  // nodes_read counts the nodes that were read and opened since the start.
  std::uint64_t nodes_read() const { return nodes_read_; }

  // FromDevice gives a connection that reads the tree's file from its device, whatever any cache
  // has. Valid until the next call. Errors: as Database::Open.
  Result<Database*> FromDevice();

  // RowOf is the row of a node: every copy has a root of its own.
  static std::int64_t RowOf(NodeId id, std::uint8_t copy) {
    return id.level == 0 ? std::int64_t{copy} : id.row();
  }
  // ReadSealed gives a node's bytes as a connection has them. Errors: kCorrupt absent.
  static Result<Bytes> ReadSealed(Database& database, std::int64_t row);

 private:
  friend class TreeEdit;
  KeyTree(RandomSource& random, std::unique_ptr<Database> database, std::uint8_t copy)
      : random_(random), database_(std::move(database)), copy_(copy) {}

  ByteView root_key() const { return roots_.front().seal.key.view(); }
  NodePlace PlaceOf(NodeId id) const;
  Result<Node> Load(NodeId id, ByteView key);
  // Cached opens a node through the cache.
  Result<const Node*> Cached(NodeId id, ByteView key);
  // InnerAbove walks to the parent of the leaf; null when it was never made.
  Result<const Node*> InnerAbove(std::uint32_t leaf);
  void Forget(NodeId id);

  RandomSource& random_;
  std::unique_ptr<Database> database_;
  // Kept, without its pages: opening one takes longer than a small verification.
  std::unique_ptr<Database> device_;
  std::uint8_t copy_;
  std::uint64_t nodes_read_ = 0;
  StoreId store_;
  std::vector<CopySeal> roots_;  // ours, then the standby's

  struct CachedNode {
    NodeId id;
    Node node;
  };
  std::list<CachedNode> recent_;  // most recently used first
  std::map<NodeId, std::list<CachedNode>::iterator> cache_;
};

// WrittenNode is a node as an edit wrote it.
struct WrittenNode {
  NodeId id;
  std::uint8_t copy;  // of a root
  SealMark mark;
};

// TreeEdit changes leaves inside one transaction, from left to right, with one path in memory.
//
// Order: Leaf for every leaf in rising order, then Finish, then the caller's commit.
class TreeEdit {
 public:
  // An insertion re-seals changed nodes under the keys they have, the roots as they stand.
  TreeEdit(KeyTree& tree, Transaction& transaction);
  // A deletion gives every node on every touched path a fresh key, and the roots these seals.
  TreeEdit(KeyTree& tree, Transaction& transaction, const std::vector<CopySeal>& next);

  // Root has the roots sealed anew, whether or not anything else changes.
  Status Root();
  // Leaf gives a leaf to be changed; an insertion makes it, and missing nodes above it, if need be.
  // Valid until the next call. Errors: kCorrupt; kUnavailable.
  Result<Node*> Leaf(std::uint32_t leaf);
  // Finish seals what is still open, up to the root.
  Status Finish();
  // written lists the sealed nodes, children before parents, from left to right.
  const std::vector<WrittenNode>& written() const { return written_; }

 private:
  struct Step {
    NodeId id;
    Node node;
    bool changed;
  };
  Status Descend(NodeId id);
  Status Close();
  Status Store(const Step& step, ByteView key, const NodePlace& place);

  KeyTree& tree_;
  Database& database_;
  const bool renew_;
  const std::vector<CopySeal>& roots_;
  std::vector<Step> path_;
  std::vector<WrittenNode> written_;
};

}  // namespace vault
