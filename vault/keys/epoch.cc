#include "vault/keys/epoch.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "vault/base/log.h"
#include "vault/crypto/digest.h"

namespace vault {
namespace {

constexpr std::size_t kSamples = 16;
// Where the touched leaves have few live entries, so many others are asked for some.
constexpr std::size_t kOtherLeaves = 3;

// Sure stops the process on a failure between P1 and P4: the durable state is unknown.
void Sure(const Status& status, std::string_view step) {
  if (status.ok()) return;
  LogError(step, status.error());
  Fatal("a change of epoch failed on the way; the next start finishes or undoes it");
}
template <class T>
T Sure(Result<T> result, std::string_view step) {
  if (!result.ok()) Sure(Status(std::move(result).error()), step);
  return std::move(result).value();
}

using EntryDigest = ByteArray<32>;
EntryDigest DigestOf(const Node& leaf, unsigned index) {
  return Blake2b<32>({}, leaf.entry(index));
}

// Samples is a random choice of live entries that the change must not touch.
class Samples {
 public:
  explicit Samples(RandomSource& random) : random_(random) {}

  // Offer considers an entry: each one offered is chosen with the same chance (a reservoir).
  void Offer(SlotNumber slot, const Node& leaf) {
    ++offered_;
    std::size_t place = chosen_.size();
    if (chosen_.size() < kSamples) {
      chosen_.emplace_back();
    } else {
      place = Below(offered_);
      if (place >= kSamples) return;
    }
    chosen_[place] = {slot, DigestOf(leaf, IndexOf(slot))};
  }
  // Below is a random number under n, near enough to even for a sample.
  std::size_t Below(std::size_t n) {
    ByteArray<8> bytes;
    random_.Fill(bytes);
    std::uint64_t value = 0;
    for (std::uint8_t b : bytes) value = value << 8 | b;
    return static_cast<std::size_t>(value % n);
  }
  std::size_t missing() const { return kSamples - chosen_.size(); }
  std::map<SlotNumber, EntryDigest> Take() const { return {chosen_.begin(), chosen_.end()}; }

 private:
  RandomSource& random_;
  std::size_t offered_ = 0;
  std::vector<std::pair<SlotNumber, EntryDigest>> chosen_;
};

// WalkFromDevice opens leaves in rising order from the device alone, every node once.
class WalkFromDevice {
 public:
  // device: a connection that reads the file past every cache.
  WalkFromDevice(KeyTree& tree, Database& device, const RootSeal& root)
      : tree_(tree), device_(device), root_(root) {}

  // Expect names the bytes a node must have. Nodes not named may be any that open.
  void Expect(const std::vector<WrittenNode>& written) {
    for (const auto& node : written) expected_.emplace(node.id, node.mark);
  }
  bool AllExpectedSeen() const { return expected_.empty(); }

  // Leaf gives a leaf; the keys on the way come from the device too, from the root down.
  Result<const Node*> Leaf(std::uint32_t leaf) {
    while (!path_.empty() && path_.back().id != NodeId::OnPathTo(leaf, path_.back().id.level)) {
      path_.pop_back();
    }
    while (path_.size() <= kLeafLevel) {
      TRY_VOID(Descend(NodeId::OnPathTo(leaf, static_cast<unsigned>(path_.size()))));
    }
    return const_cast<const Node*>(&path_.back().node);
  }

 private:
  struct Step {
    NodeId id;
    Node node;
  };
  Status Descend(NodeId id) {
    NodePlace place = tree_.PlaceOf(id);
    ByteView key = root_.key.view();
    if (id.level == 0) {
      place.epoch = root_.epoch;
    } else {
      const Node& parent = path_.back().node;
      if (!parent.HasChild(id.index(), id.level)) {
        return Corrupt("a node of the key tree is missing on the disk");
      }
      key = parent.key(id.index());
    }
    TRY(Bytes sealed, KeyTree::ReadSealed(device_, id));
    if (auto found = expected_.find(id); found != expected_.end()) {
      if (MarkOf(sealed) != found->second) {
        return Corrupt("the disk does not hold the node that was committed");
      }
      expected_.erase(found);
    }
    TRY(Node node, Node::Open(key, place, sealed));
    path_.push_back({id, std::move(node)});
    return Ok();
  }

  KeyTree& tree_;
  Database& device_;
  const RootSeal& root_;
  std::vector<Step> path_;
  std::map<NodeId, SealMark> expected_;
};

std::vector<std::uint32_t> LeavesOf(const std::vector<SlotNumber>& slots) {
  std::vector<std::uint32_t> leaves;
  for (SlotNumber slot : slots) {
    if (leaves.empty() || leaves.back() != LeafOf(slot)) leaves.push_back(LeafOf(slot));
  }
  return leaves;
}

// ChooseSamples takes live entries of touched leaves, which are the ones re-sealed, and where those
// have too few, of leaves anywhere.
Result<std::map<SlotNumber, EntryDigest>> ChooseSamples(KeyTree& tree, RandomSource& random,
                                                        const std::vector<SlotNumber>& slots) {
  TRY(auto meta, KeyTree::ReadMeta(tree.database()));
  if (!meta.has_value() || meta->next_leaf == 0) return Corrupt("the key tree has no counters");
  Samples samples(random);
  auto offer_all = [&](std::uint32_t leaf) -> Status {
    TRY(auto node, tree.LeafOnce(leaf));
    if (!node.has_value()) return Ok();
    for (unsigned i = 0; i < kNodeEntries; ++i) {
      const SlotNumber slot = leaf << 8 | i;
      if (node->slot(i).type != EntryType::kEmpty &&
          !std::binary_search(slots.begin(), slots.end(), slot)) {
        samples.Offer(slot, *node);
      }
    }
    return Ok();
  };
  const std::vector<std::uint32_t> touched = LeavesOf(slots);
  std::set<std::uint32_t> chosen;
  if (touched.size() <= kSamples) {
    chosen.insert(touched.begin(), touched.end());
  } else {
    while (chosen.size() < kSamples) chosen.insert(touched[samples.Below(touched.size())]);
  }
  for (std::size_t i = 0; i < kOtherLeaves; ++i) {
    for (std::uint32_t leaf : chosen) TRY_VOID(offer_all(leaf));
    if (samples.missing() == 0) break;
    TRY(auto other, tree.NextLeaf(static_cast<std::uint32_t>(samples.Below(meta->next_leaf))));
    chosen.clear();
    if (other.has_value() && !std::binary_search(touched.begin(), touched.end(), *other)) {
      chosen.insert(*other);
    }
  }
  return samples.Take();
}

// Verify is P3. It shows, from the device alone and with the root's key derived anew from what the
// cells hold: that every node the commit wrote is there byte for byte, so none of the old sealed
// nodes stands in the tree any more, the root's least of all; that these nodes open from the new
// root down; that the erased entries are zero but for the spent bit; and that a random choice of
// live entries is what it was, key and all. It does not show what the medium keeps elsewhere (the
// old log, worn-out blocks, snapshots): against those stands P4.
Status Verify(TreeCopy& copy, std::uint64_t epoch, const std::vector<WrittenNode>& written,
              const std::vector<SlotNumber>& slots,
              const std::map<SlotNumber, EntryDigest>& samples) {
  KeyTree& tree = *copy.tree;
  TRY_VOID(tree.database().TruncateLog());
  TRY(auto seal, copy.secret->SealAt(epoch));
  if (!seal.has_value()) return Corrupt("the erasure cells do not hold the staged secret");
  TRY(Database * device, tree.FromDevice());
  WalkFromDevice walk(tree, *device, *seal);
  walk.Expect(written);

  std::map<SlotNumber, std::optional<EntryDigest>> wanted(samples.begin(), samples.end());
  for (SlotNumber slot : slots) wanted[slot] = std::nullopt;
  ByteArray<kEntrySize> spent{};
  spent[1] = kFlagSpent;
  for (const auto& [slot, digest] : wanted) {
    TRY(const Node* leaf, walk.Leaf(LeafOf(slot)));
    if (digest.has_value()) {
      if (DigestOf(*leaf, IndexOf(slot)) != *digest) {
        return Corrupt("a live entry is not what it was before the change of epoch");
      }
    } else if (!EqualConstantTime(leaf->entry(IndexOf(slot)), spent)) {
      return Corrupt("an erased entry is still on the disk");
    }
  }
  if (!walk.AllExpectedSeen()) return Corrupt("a node that was committed is not on the disk");
  return Ok();
}

// VerifyAll is P3 after an interruption, when nobody knows any more which nodes were touched: the
// whole tree must open from the device.
Status VerifyAll(TreeCopy& copy) {
  KeyTree& tree = *copy.tree;
  TRY_VOID(tree.database().TruncateLog());
  TRY(auto seal, copy.secret->SealAt(tree.epoch()));
  if (!seal.has_value()) return Corrupt("the erasure cells do not hold the tree's secret");
  TRY(Database * device, tree.FromDevice());
  WalkFromDevice walk(tree, *device, *seal);
  std::uint32_t from = 0;
  while (from < kLeafCount) {
    TRY(auto leaf, tree.NextLeaf(from));
    if (!leaf.has_value()) break;
    auto opened = walk.Leaf(*leaf);
    if (!opened.ok()) return std::move(opened).error();
    from = *leaf + 1;
  }
  return Ok();
}

}  // namespace

Result<std::set<std::uint32_t>> ChangeEpoch(TreeCopy& copy, RandomSource& random,
                                            const std::vector<SlotNumber>& slots) {
  CHECK(!slots.empty() && std::is_sorted(slots.begin(), slots.end()));
  KeyTree& tree = *copy.tree;
  const std::uint64_t old_epoch = tree.epoch();
  TRY(const auto samples, ChooseSamples(tree, random, slots));

  // P1. Fresh for this attempt: an E′ staged earlier may already have sealed a root that the disk,
  // or a copy of it, still has, with keys in it that were destroyed since.
  RootSeal next = Sure(copy.secret->Stage(old_epoch + 1), "P1 stage");

  // P2. The log may take pages of this transaction early; without its commit they are sealed under
  // keys nobody has.
  std::set<std::uint32_t> closed;
  std::vector<WrittenNode> written;
  {
    Transaction transaction = Sure(Transaction::Begin(tree.database()), "P2 begin");
    TreeEdit edit(tree, transaction, NodeKeys::kRenew, next);
    Statement close = tree.database().Prepare("DELETE FROM open_leaf WHERE leaf=?");
    for (std::size_t i = 0; i < slots.size();) {
      const std::uint32_t leaf = LeafOf(slots[i]);
      Node* node = Sure(edit.Leaf(leaf), "P2 leaf");
      for (; i < slots.size() && LeafOf(slots[i]) == leaf; ++i) node->Spend(IndexOf(slots[i]));
      // The clear row that leads from an owner to its leaf goes with the owner's last key.
      if (!node->HasLiveSlot()) {
        closed.insert(leaf);
        Sure(close.Bind(leaf).Run(), "P2 open leaf");
      }
    }
    Sure(edit.Finish(), "P2 nodes");
    Statement hint = tree.database().Prepare("UPDATE meta SET value=? WHERE key='epoch'");
    Sure(hint.Bind(next.epoch).Run(), "P2 epoch");
    written = edit.written();
    transaction.Commit();
  }

  // P3. A flush that lied must be found while the old secret can still open the old tree.
  Sure(Verify(copy, next.epoch, written, slots, samples), "P3 verify");

  // P4. With the old secret go the root's old key and every node in memory that it opened.
  Sure(copy.secret->EraseSlotOf(old_epoch), "P4 destroy");
  tree.Use(tree.PlaceOf({}).store, std::move(next));
  return closed;
}

Status RecoverEpoch(TreeCopy& copy, const TreeMeta& meta) {
  TRY(auto epochs, copy.secret->Epochs());
  if (epochs.empty()) return Corrupt("the erasure cells hold no secret");
  bool unlocked = false;
  for (std::uint64_t epoch : epochs) {
    TRY(auto seal, copy.secret->SealAt(epoch));
    if (!seal.has_value()) continue;
    TRY(unlocked, copy.tree->Unlock(meta.store, std::move(*seal)));
    if (unlocked) break;
  }
  if (!unlocked) {
    const bool known = std::find(epochs.begin(), epochs.end(), meta.epoch_hint) != epochs.end();
    if (known) return Corrupt("the root of the key tree does not open");
    if (meta.epoch_hint < epochs.front()) {
      return Conflict(
          "the key tree is older than its erasure cells: a copy of the data was put back. "
          "it holds keys that have been destroyed since, so it is not opened");
    }
    return Conflict("the erasure cells are older than the key tree: a copy of a cell was put back");
  }
  const std::uint64_t epoch = copy.tree->epoch();
  for (std::uint64_t other : epochs) {
    if (other != epoch && other != epoch + 1 && other + 1 != epoch) {
      return Conflict("the erasure cells hold secrets of epochs that do not follow one another");
    }
  }
  // The old secret is still there: the change was committed, and perhaps never verified.
  const bool unfinished =
      epoch > 0 && std::find(epochs.begin(), epochs.end(), epoch - 1) != epochs.end();
  if (unfinished) TRY_VOID(VerifyAll(copy));
  // Whatever stands in the other slot is overwritten at every start: the old secret of a change
  // that was committed (P4), a staged one of a change that was not (never to be used again), and
  // the remains of a write that was torn and no longer reads as a record.
  return copy.secret->EraseSlotOf(epoch + 1);
}

}  // namespace vault
