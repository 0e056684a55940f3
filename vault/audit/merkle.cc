#include "vault/audit/merkle.h"

#include <algorithm>
#include <bit>

namespace vault {
namespace {

bool IsOdd(std::uint64_t n) { return (n & 1) != 0; }

// NodeAt is the hash of the leaves [index << level, (index + 1) << level) cut off at `size`: one
// stored hash when the subtree is complete, else the fold of the complete ones it is made of.
Result<LogHash> NodeAt(const HashSource& source, unsigned level, std::uint64_t index,
                       std::uint64_t size) {
  const std::uint64_t begin = index << level;
  const std::uint64_t leaves = size - begin;
  if (level < 64 && leaves >> level != 0) return source.Hash(level, index);
  // From the smallest subtree, at the right edge, leftwards.
  bool any = false;
  LogHash hash{};
  for (unsigned bit = 0; bit < level; ++bit) {
    if (!IsOdd(leaves >> bit)) continue;
    TRY(const LogHash left, source.Hash(bit, ((size >> bit) & ~std::uint64_t{1})));
    hash = any ? HashNode(left, hash) : left;
    any = true;
  }
  CHECK(any);
  return hash;
}

// IsSubtree says whether a range is one node of some tree: aligned to the power of two it fits in.
bool IsSubtree(const LeafRange& range) {
  if (range.begin >= range.end) return false;
  const std::uint64_t leaves = range.end - range.begin;
  if (leaves > std::uint64_t{1} << 63) return range.begin == 0;
  return (range.begin & (std::bit_ceil(leaves) - 1)) == 0;
}

}  // namespace

LogHash HashLeaf(ByteView entry) {
  Sha256Stream stream;
  const ByteArray<1> prefix{0};
  stream.Update(prefix);
  stream.Update(entry);
  return stream.Finish();
}

LogHash HashNode(const LogHash& left, const LogHash& right) {
  ByteArray<65> buffer;
  buffer[0] = 1;
  std::copy(left.begin(), left.end(), buffer.begin() + 1);
  std::copy(right.begin(), right.end(), buffer.begin() + 33);
  return Sha256(buffer);
}

LogHash HashOfNothing() { return Sha256({}); }

Result<MerkleEdge> MerkleEdge::Load(const HashSource& source, std::uint64_t size) {
  MerkleEdge edge;
  edge.size_ = size;
  for (unsigned level = 64; level-- > 0;) {
    if (!IsOdd(size >> level)) continue;
    TRY(const LogHash peak, source.Hash(level, (size >> level) & ~std::uint64_t{1}));
    edge.peaks_.push_back(peak);
  }
  return edge;
}

std::vector<TreeNode> MerkleEdge::Append(const LogHash& leaf) {
  std::vector<TreeNode> completed;
  TreeNode node{0, size_, leaf};
  completed.push_back(node);
  // As in adding one to a binary number: every trailing one joins with the node carried so far.
  while (IsOdd(node.index)) {
    node = {node.level + 1, node.index >> 1, HashNode(peaks_.back(), node.hash)};
    peaks_.pop_back();
    completed.push_back(node);
  }
  peaks_.push_back(node.hash);
  ++size_;
  return completed;
}

LogHash MerkleEdge::Root() const {
  if (peaks_.empty()) return HashOfNothing();
  LogHash root = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i-- > 0;) root = HashNode(peaks_[i], root);
  return root;
}

Result<std::vector<LogHash>> InclusionProof(const HashSource& source, std::uint64_t index,
                                            std::uint64_t size) {
  if (index >= size) return Invalid("there is no such leaf in the tree");
  std::vector<LogHash> proof;
  std::uint64_t node = index;
  std::uint64_t last = size - 1;
  for (unsigned level = 0; last > 0; ++level, node >>= 1, last >>= 1) {
    // The last node of a level without a sibling moves up as it is.
    if (!IsOdd(node) && node == last) continue;
    TRY(const LogHash sibling, NodeAt(source, level, node ^ 1, size));
    proof.push_back(sibling);
  }
  return proof;
}

Result<std::vector<LogHash>> ConsistencyProof(const HashSource& source, std::uint64_t old_size,
                                              std::uint64_t size) {
  if (old_size == 0 || old_size > size) return Invalid("the old tree is not part of the tree");
  std::vector<LogHash> proof;
  if (old_size == size) return proof;
  unsigned level = 0;
  std::uint64_t node = old_size - 1;
  std::uint64_t last = size - 1;
  // Up to the largest complete subtree that ends where the old tree ends: the verifier knows it
  // already when it is the whole old tree, else the proof begins with it.
  while (IsOdd(node)) {
    ++level;
    node >>= 1;
    last >>= 1;
  }
  if (node > 0) {
    TRY(const LogHash seed, source.Hash(level, node));
    proof.push_back(seed);
  }
  for (; last > 0; ++level, node >>= 1, last >>= 1) {
    if (!IsOdd(node) && node == last) continue;
    TRY(const LogHash sibling, NodeAt(source, level, node ^ 1, size));
    proof.push_back(sibling);
  }
  return proof;
}

Status VerifyInclusion(std::uint64_t index, std::uint64_t size, const LogHash& leaf,
                       std::span<const LogHash> proof, const LogHash& root) {
  return VerifySubtreeInclusion(index, LeafRange{0, size}, leaf, proof, root);
}

Status VerifyConsistency(std::uint64_t old_size, const LogHash& old_root, std::uint64_t size,
                         const LogHash& root, std::span<const LogHash> proof) {
  if (old_size == 0) return Corrupt("a consistency proof from the empty tree says nothing");
  return VerifySubtreeConsistency(LeafRange{0, old_size}, old_root, size, root, proof);
}

Status VerifySubtreeInclusion(std::uint64_t index, const LeafRange& range, const LogHash& leaf,
                              std::span<const LogHash> proof, const LogHash& root) {
  if (!IsSubtree(range)) return Corrupt("the range of an inclusion proof is no subtree");
  if (index < range.begin || index >= range.end) {
    return Corrupt("the leaf of an inclusion proof is outside the tree");
  }
  std::uint64_t node = index - range.begin;
  std::uint64_t last = range.end - range.begin - 1;
  LogHash hash = leaf;
  for (const LogHash& sibling : proof) {
    if (last == 0) return Corrupt("an inclusion proof is too long");
    if (IsOdd(node) || node == last) {
      hash = HashNode(sibling, hash);
      // A node without a sibling took no hash on these levels.
      while (!IsOdd(node) && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = HashNode(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return Corrupt("an inclusion proof is too short");
  if (hash != root) return Corrupt("an inclusion proof does not lead to the root");
  return Ok();
}

Status VerifySubtreeConsistency(const LeafRange& range, const LogHash& range_root,
                                std::uint64_t size, const LogHash& root,
                                std::span<const LogHash> proof) {
  if (range.end > size) return Corrupt("a consistency proof is for a larger tree");
  if (range.begin == range.end) {
    if (!proof.empty() || range_root != HashOfNothing()) {
      return Corrupt("a consistency proof for no leaves is not empty");
    }
    return Ok();
  }
  if (!IsSubtree(range)) return Corrupt("the range of a consistency proof is no subtree");
  std::uint64_t first = range.begin;
  std::uint64_t node = range.end - 1;
  std::uint64_t last = size - 1;
  // Up to the largest complete subtree that both trees share at the range's right end.
  const bool to_the_end = node == last;
  while (first != node && (to_the_end || IsOdd(node))) {
    first >>= 1;
    node >>= 1;
    last >>= 1;
  }
  if (first != node && proof.empty()) return Corrupt("a consistency proof is too short");
  LogHash range_hash = first == node ? range_root : proof.front();
  LogHash tree_hash = range_hash;
  if (first != node) proof = proof.subspan(1);
  for (const LogHash& sibling : proof) {
    if (last == 0) return Corrupt("a consistency proof is too long");
    if (IsOdd(node) || node == last) {
      if (first < node) range_hash = HashNode(sibling, range_hash);
      tree_hash = HashNode(sibling, tree_hash);
      while (!IsOdd(node) && node != 0) {
        first >>= 1;
        node >>= 1;
        last >>= 1;
      }
    } else {
      tree_hash = HashNode(tree_hash, sibling);
    }
    first >>= 1;
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return Corrupt("a consistency proof is too short");
  if (range_hash != range_root) return Corrupt("a consistency proof does not hold the old root");
  if (tree_hash != root) return Corrupt("a consistency proof does not lead to the root");
  return Ok();
}

}  // namespace vault
