// Node: one node of the key tree, 256 entries of 64 bytes (FORMAT.md §5).
//
//   entry = u8 type | u8 flags | u16 0 | u32 version | u64 deadline | id[16] | key[32]
//   node  = nonce[24] || XChaCha20-Poly1305(node key, 256 × entry, ad)
//   ad    = "SKT1" | u8 level | u8 copy at level 0 else 0 | 0[2] | u32 node number | store_id[16] |
//           u64 (epoch at level 0, else 0)
#pragma once

#include <cstdint>

#include "vault/base/bytes.h"
#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/base/wiped.h"
#include "vault/crypto/aead.h"
#include "vault/keys/key_keeper.h"

namespace vault {

inline constexpr unsigned kNodeEntries = 256;
inline constexpr std::size_t kEntrySize = 64;
inline constexpr std::size_t kNodeSize = kNodeEntries * kEntrySize;
inline constexpr unsigned kLeafLevel = 3;
inline constexpr std::uint32_t kLeafCount = 1u << 24;

// NodeId names a node: level 0 is the root, 3 the leaves; numbers count from the left.
struct NodeId {
  std::uint8_t level = 0;
  std::uint32_t number = 0;

  // row is the node's row id in keys.db.
  std::int64_t row() const { return std::int64_t{level} << 32 | number; }
  // index is the place of this node in its parent.
  unsigned index() const { return number & 0xff; }
  // OnPathTo gives the node of a level on the path from the root to a leaf.
  static NodeId OnPathTo(std::uint32_t leaf, unsigned level) {
    return {static_cast<std::uint8_t>(level), leaf >> (8 * (kLeafLevel - level))};
  }
  auto operator<=>(const NodeId&) const = default;
};

// LeafOf and IndexOf take a slot number apart.
inline std::uint32_t LeafOf(SlotNumber slot) { return slot >> 8; }
inline unsigned IndexOf(SlotNumber slot) { return slot & 0xff; }

// NodePlace is what a sealed node is bound to. Copy and epoch count at the root only.
struct NodePlace {
  NodeId id;
  StoreId store;
  std::uint8_t copy = 0;
  std::uint64_t epoch = 0;
};

// SealMark is the nonce and the tag of a sealed node. A node that bears it and opens with its key
// is, byte for byte, the one that was sealed: the tag is over all of it, under a key nobody else
// has.
using SealMark = ByteArray<kAeadOverhead>;
// MarkOf: zeros for what is too short to be a sealed node.
SealMark MarkOf(ByteView sealed);

// Node is a node in the clear, in memory that is wiped. A new one has 256 empty entries.
class Node {
 public:
  Node() : bytes_(kNodeSize) {}
  Node(Node&&) = default;
  Node& operator=(Node&&) = default;
  Node Clone() const;

  Bytes Seal(ByteView key, const NodePlace& place, RandomSource& random) const;
  // Errors: kCorrupt.
  static Result<Node> Open(ByteView key, const NodePlace& place, ByteView sealed);

  // Entries of a leaf.
  SlotEntry slot(unsigned index) const;
  void SetSlot(unsigned index, const SlotEntry& entry, ByteView key);
  void SetFlags(unsigned index, std::uint8_t flags);
  void SetDeadline(unsigned index, UnixSeconds deadline);
  // Spend zeroes an entry but for the spent bit.
  void Spend(unsigned index);
  bool HasLiveSlot() const;

  // Entries of an inner node.
  bool HasChild(unsigned index, unsigned child_level) const;
  // AddChild makes an entry for a new child under a fresh key.
  void AddChild(unsigned index, unsigned child_level, RandomSource& random);
  void RenewKey(unsigned index, RandomSource& random);

  ByteView key(unsigned index) const;
  // entry gives the 64 bytes as they stand.
  ByteView entry(unsigned index) const;

 private:
  explicit Node(Plaintext bytes) : bytes_(std::move(bytes)) {}
  MutableByteView MutableEntry(unsigned index);
  Plaintext bytes_;
};

}  // namespace vault
