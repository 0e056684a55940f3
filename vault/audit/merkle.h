// Merkle: the hash tree of the audit log, with proofs made from stored subtree hashes.
//
// Source: RFC 6962 §2.1 (hashes and proofs), RFC 9162 §2.1 (verification); for proofs about a
// subtree, draft-ietf-plants-merkle-tree-certs §4.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/crypto/bulk.h"

namespace vault {

using LogHash = Sha256Digest;

// HashLeaf is SHA-256(00 || entry), HashNode is SHA-256(01 || left || right), HashOfNothing is
// SHA-256 of no byte: the root of the empty tree.
LogHash HashLeaf(ByteView entry);
LogHash HashNode(const LogHash& left, const LogHash& right);
LogHash HashOfNothing();

// TreeNode is the root of the complete subtree of 2^level leaves whose first leaf is
// index × 2^level.
struct TreeNode {
  unsigned level = 0;
  std::uint64_t index = 0;
  LogHash hash{};
};

// HashSource looks up roots of complete subtrees, so that no proof reads the whole log.
class HashSource {
 public:
  virtual ~HashSource() = default;
  // Errors: kCorrupt it should be there and is not; kUnavailable.
  virtual Result<LogHash> Hash(unsigned level, std::uint64_t index) const = 0;
};

// MerkleEdge is the right edge of a tree: one root for each power of two in its size. It is all
// that appending needs.
class MerkleEdge {
 public:
  // MerkleEdge of the empty tree.
  MerkleEdge() = default;
  // Load reads the edge of a tree of `size` leaves.
  static Result<MerkleEdge> Load(const HashSource& source, std::uint64_t size);
  // Append adds a leaf and gives every subtree that this leaf completes, the leaf itself first.
  std::vector<TreeNode> Append(const LogHash& leaf);
  std::uint64_t size() const { return size_; }
  LogHash Root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<LogHash> peaks_;  // the largest subtree first
};

// InclusionProof shows that leaf `index` is in the tree of `size` leaves.
// Errors: kInvalid index ≥ size; those of the source.
Result<std::vector<LogHash>> InclusionProof(const HashSource& source, std::uint64_t index,
                                            std::uint64_t size);
// ConsistencyProof shows that the tree of `old_size` leaves is the beginning of the tree of `size`.
// Errors: kInvalid unless 0 < old_size ≤ size; those of the source.
Result<std::vector<LogHash>> ConsistencyProof(const HashSource& source, std::uint64_t old_size,
                                              std::uint64_t size);

// VerifyInclusion and VerifyConsistency check such proofs. A consistency proof from the empty tree
// says nothing and is refused. Errors: kCorrupt.
Status VerifyInclusion(std::uint64_t index, std::uint64_t size, const LogHash& leaf,
                       std::span<const LogHash> proof, const LogHash& root);
Status VerifyConsistency(std::uint64_t old_size, const LogHash& old_root, std::uint64_t size,
                         const LogHash& root, std::span<const LogHash> proof);

// LeafRange is the leaves [begin, end) of a subtree: begin is a multiple of the smallest power of
// two that is not below end - begin.
struct LeafRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};
// VerifySubtreeInclusion checks that leaf `index` is in the subtree whose root is `root`.
// VerifySubtreeConsistency checks that the subtree lies in the tree of `size` leaves; an empty
// range lies in every tree that reaches it. Errors: kCorrupt.
Status VerifySubtreeInclusion(std::uint64_t index, const LeafRange& range, const LogHash& leaf,
                              std::span<const LogHash> proof, const LogHash& root);
Status VerifySubtreeConsistency(const LeafRange& range, const LogHash& range_root,
                                std::uint64_t size, const LogHash& root,
                                std::span<const LogHash> proof);

}  // namespace vault
