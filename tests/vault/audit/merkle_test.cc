#include "vault/audit/merkle.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "vault/base/text.h"

namespace vault {
namespace {

constexpr std::uint64_t kMost = 70;  // beyond 64: seven levels, complete and not

LogHash LeafAt(std::uint64_t index) { return HashLeaf(AsBytes("leaf " + std::to_string(index))); }

// GrownTree keeps every complete subtree, as the log's table does, and counts what is asked of it.
class GrownTree final : public HashSource {
 public:
  explicit GrownTree(std::uint64_t size) {
    for (std::uint64_t i = 0; i < size; ++i) {
      for (const TreeNode& node : edge_.Append(LeafAt(i))) {
        hashes_[{node.level, node.index}] = node.hash;
      }
    }
  }
  Result<LogHash> Hash(unsigned level, std::uint64_t index) const override {
    ++asked_;
    auto found = hashes_.find({level, index});
    if (found == hashes_.end()) return Corrupt("not a complete subtree");
    return found->second;
  }
  const MerkleEdge& edge() const { return edge_; }
  std::size_t asked() const { return asked_; }
  std::size_t held() const { return hashes_.size(); }

 private:
  MerkleEdge edge_;
  std::map<std::pair<unsigned, std::uint64_t>, LogHash> hashes_;
  mutable std::size_t asked_ = 0;
};

// The definitions of RFC 6962 §2.1, word for word: slow, and written from the text alone.
std::uint64_t SplitPoint(std::uint64_t n) {
  std::uint64_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
LogHash TreeHash(std::uint64_t begin, std::uint64_t end) {  // MTH(D[begin:end])
  if (begin == end) return HashOfNothing();
  if (end - begin == 1) return LeafAt(begin);
  const std::uint64_t k = SplitPoint(end - begin);
  return HashNode(TreeHash(begin, begin + k), TreeHash(begin + k, end));
}
std::vector<LogHash> Path(std::uint64_t m, std::uint64_t begin, std::uint64_t end) {
  if (end - begin == 1) return {};
  const std::uint64_t k = SplitPoint(end - begin);
  std::vector<LogHash> out;
  if (m < k) {
    out = Path(m, begin, begin + k);
    out.push_back(TreeHash(begin + k, end));
  } else {
    out = Path(m - k, begin + k, end);
    out.push_back(TreeHash(begin, begin + k));
  }
  return out;
}
std::vector<LogHash> SubProof(std::uint64_t m, std::uint64_t begin, std::uint64_t end, bool known) {
  if (m == end - begin) {
    return known ? std::vector<LogHash>{} : std::vector<LogHash>{TreeHash(begin, end)};
  }
  const std::uint64_t k = SplitPoint(end - begin);
  std::vector<LogHash> out;
  if (m <= k) {
    out = SubProof(m, begin, begin + k, known);
    out.push_back(TreeHash(begin + k, end));
  } else {
    out = SubProof(m - k, begin + k, end, false);
    out.push_back(TreeHash(begin, begin + k));
  }
  return out;
}

TEST(Merkle, HashesAreThoseOfTheStandard) {
  EXPECT_EQ(EncodeHex(HashOfNothing()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(EncodeHex(HashLeaf({})),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  const LogHash left = LeafAt(0);
  const LogHash right = LeafAt(1);
  Bytes joined{1};
  joined.insert(joined.end(), left.begin(), left.end());
  joined.insert(joined.end(), right.begin(), right.end());
  EXPECT_EQ(HashNode(left, right), Sha256(joined));
}

TEST(Merkle, RootIsTheStandardsForEverySize) {
  for (std::uint64_t size = 0; size <= kMost; ++size) {
    const GrownTree tree(size);
    EXPECT_EQ(tree.edge().Root(), TreeHash(0, size)) << size;
    auto loaded = MerkleEdge::Load(tree, size);
    ASSERT_TRUE(loaded.ok());
    EXPECT_EQ(loaded.value().Root(), TreeHash(0, size)) << size;
    EXPECT_EQ(loaded.value().size(), size);
  }
}

TEST(Merkle, AppendGivesEveryCompletedSubtreeOnce) {
  MerkleEdge edge;
  std::set<std::pair<unsigned, std::uint64_t>> seen;
  for (std::uint64_t i = 0; i < kMost; ++i) {
    for (const TreeNode& node : edge.Append(LeafAt(i))) {
      EXPECT_TRUE(seen.insert({node.level, node.index}).second);
      EXPECT_EQ(node.hash, TreeHash(node.index << node.level, (node.index + 1) << node.level));
    }
  }
  std::size_t complete = 0;
  for (unsigned level = 0; level < 7; ++level) complete += kMost >> level;
  EXPECT_EQ(seen.size(), complete);
}

TEST(Merkle, InclusionProofsAreTheStandardsAndVerifyInOnePlaceOnly) {
  for (std::uint64_t size = 1; size <= kMost; ++size) {
    const GrownTree tree(size);
    for (std::uint64_t index = 0; index < size; ++index) {
      auto proof = InclusionProof(tree, index, size);
      ASSERT_TRUE(proof.ok());
      ASSERT_EQ(proof.value(), Path(index, 0, size)) << index << " of " << size;
      for (std::uint64_t place = 0; place <= size; ++place) {
        EXPECT_EQ(
            VerifyInclusion(place, size, LeafAt(index), proof.value(), tree.edge().Root()).ok(),
            place == index)
            << index << " of " << size << " at " << place;
      }
    }
    EXPECT_EQ(InclusionProof(tree, size, size).error().code, Errc::kInvalid);
  }
}

TEST(Merkle, ConsistencyProofsAreTheStandardsAndVerifyForOneSizeOnly) {
  for (std::uint64_t size = 1; size <= kMost; ++size) {
    const GrownTree tree(size);
    for (std::uint64_t old_size = 1; old_size <= size; ++old_size) {
      auto proof = ConsistencyProof(tree, old_size, size);
      ASSERT_TRUE(proof.ok());
      ASSERT_EQ(proof.value(), SubProof(old_size, 0, size, true)) << old_size << " of " << size;
      const LogHash old_root = TreeHash(0, old_size);
      EXPECT_TRUE(
          VerifyConsistency(old_size, old_root, size, tree.edge().Root(), proof.value()).ok());
      EXPECT_FALSE(
          VerifyConsistency(old_size, LeafAt(99), size, tree.edge().Root(), proof.value()).ok());
      EXPECT_FALSE(VerifyConsistency(old_size, old_root, size, LeafAt(99), proof.value()).ok());
      for (std::uint64_t other = 0; other <= size; ++other) {
        if (other == old_size) continue;
        EXPECT_FALSE(
            VerifyConsistency(other, old_root, size, tree.edge().Root(), proof.value()).ok())
            << other;
      }
    }
    EXPECT_EQ(ConsistencyProof(tree, 0, size).error().code, Errc::kInvalid);
    EXPECT_EQ(ConsistencyProof(tree, size + 1, size).error().code, Errc::kInvalid);
  }
}

TEST(Merkle, AnyChangedMissingOrAddedHashBreaksAProof) {
  const GrownTree tree(kMost);
  const LogHash root = tree.edge().Root();
  const std::vector<LogHash> proof = InclusionProof(tree, 37, kMost).value();
  ASSERT_GE(proof.size(), 6U);
  for (std::size_t i = 0; i < proof.size(); ++i) {
    std::vector<LogHash> changed = proof;
    changed[i][31] ^= 1;
    EXPECT_FALSE(VerifyInclusion(37, kMost, LeafAt(37), changed, root).ok());
    std::vector<LogHash> shorter = proof;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(VerifyInclusion(37, kMost, LeafAt(37), shorter, root).ok());
    std::vector<LogHash> longer = proof;
    longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(i), proof[i]);
    EXPECT_FALSE(VerifyInclusion(37, kMost, LeafAt(37), longer, root).ok());
  }
}

TEST(Merkle, ProofsAskForAFewHashesHoweverLargeTheTree) {
  const GrownTree tree(5000);
  ASSERT_GT(tree.held(), 9000U);
  ASSERT_TRUE(InclusionProof(tree, 1234, 5000).ok());
  ASSERT_TRUE(ConsistencyProof(tree, 3001, 5000).ok());
  EXPECT_LE(tree.asked(), 40U);
}

TEST(Merkle, SubtreesVerifyInsideTheTreeTheyBelongTo) {
  const GrownTree tree(8);
  const LogHash range_root = TreeHash(4, 6);
  const std::vector<LogHash> proof{TreeHash(6, 8), TreeHash(0, 4)};
  EXPECT_TRUE(VerifySubtreeConsistency({4, 6}, range_root, 8, tree.edge().Root(), proof).ok());
  EXPECT_FALSE(VerifySubtreeConsistency({2, 4}, range_root, 8, tree.edge().Root(), proof).ok());
  EXPECT_FALSE(VerifySubtreeConsistency({3, 5}, range_root, 8, tree.edge().Root(), proof).ok());
  EXPECT_TRUE(VerifySubtreeInclusion(5, {4, 6}, LeafAt(5), {{LeafAt(4)}}, range_root).ok());
  EXPECT_FALSE(VerifySubtreeInclusion(4, {4, 6}, LeafAt(5), {{LeafAt(4)}}, range_root).ok());
  EXPECT_FALSE(VerifySubtreeInclusion(7, {4, 6}, LeafAt(5), {{LeafAt(4)}}, range_root).ok());
}

}  // namespace
}  // namespace vault
