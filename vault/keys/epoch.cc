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
  // device: a connection that reads a copy's file past every cache. root: that copy's.
  WalkFromDevice(const StoreId& store, Database& device, const CopySeal& root)
      : store_(store), device_(device), root_(root) {}

  // Expect names the bytes a node must have. Nodes not named may be any that open.
  // The roots of other copies stand in the same file: AllExpectedSeen asks for them too.
  void Expect(const std::vector<WrittenNode>& written) {
    for (const auto& node : written) {
      const std::uint8_t copy = node.id.level == 0 ? node.copy : root_.copy;
      expected_.emplace(KeyTree::RowOf(node.id, copy), node.mark);
    }
  }
  Result<bool> AllExpectedSeen() {
    for (auto it = expected_.begin(); it != expected_.end();) {
      if (it->first > UINT8_MAX || it->first == root_.copy) return false;
      TRY(const Bytes sealed, KeyTree::ReadSealed(device_, it->first));
      if (MarkOf(sealed) != it->second) return false;
      it = expected_.erase(it);
    }
    return true;
  }

  // Root opens the root.
  Status Root() { return path_.empty() ? Descend(NodeId{}) : Ok(); }
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
    const NodePlace place = {id, store_, root_.copy, root_.seal.epoch};
    ByteView key = root_.seal.key.view();
    if (id.level != 0) {
      const Node& parent = path_.back().node;
      if (!parent.HasChild(id.index(), id.level)) {
        return Corrupt("a node of the key tree is missing on the disk");
      }
      key = parent.key(id.index());
    }
    const std::int64_t row = KeyTree::RowOf(id, root_.copy);
    TRY(Bytes sealed, KeyTree::ReadSealed(device_, row));
    if (auto found = expected_.find(row); found != expected_.end()) {
      if (MarkOf(sealed) != found->second) {
        return Corrupt("the disk does not hold the node that was committed");
      }
      expected_.erase(found);
    }
    TRY(Node node, Node::Open(key, place, sealed));
    path_.push_back({id, std::move(node)});
    return Ok();
  }

  const StoreId store_;
  Database& device_;
  const CopySeal& root_;
  std::vector<Step> path_;
  std::map<std::int64_t, SealMark> expected_;  // by row
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
    // Numbers are handed out once, and behind the last leaf there may be many that never were one.
    if (!other.has_value()) {
      TRY(other, tree.NextLeaf(0));
    }
    chosen.clear();
    if (other.has_value() && !std::binary_search(touched.begin(), touched.end(), *other)) {
      chosen.insert(*other);
    }
  }
  return samples.Take();
}

// SealOf derives the seal of a copy's root anew from what its cells hold.
Result<CopySeal> SealOf(TreeCopy& copy, std::uint64_t epoch) {
  TRY(auto seal, copy.secret->SealAt(epoch));
  if (!seal.has_value()) return Corrupt("the erasure cells do not hold the tree's secret");
  return CopySeal{copy.number, std::move(*seal)};
}

// ListOf gives the list of copies as a connection has it: it is bound to the epoch, so without the
// new one the tree would not open.
Result<Bytes> ListOf(Database& database) {
  Statement statement = database.Prepare("SELECT value FROM meta WHERE key='copies'");
  TRY(const bool found, statement.Step());
  return found ? statement.Blob(0) : Bytes();
}

// Done is what a commit wrote and must be on every device.
struct Done {
  std::uint64_t epoch = 0;
  Bytes list;
  std::vector<WrittenNode> written;
  // Live entries as they were, and nothing for erased ones.
  std::map<SlotNumber, std::optional<EntryDigest>> entries;
};

// Verify is P3. It shows, from one copy's device alone and with its root's key derived anew from
// what its cells hold: that every node the commit wrote is there byte for byte, so none of the old
// sealed nodes stands in the tree any more, the root's least of all; that these nodes open from the
// new root down; that the erased entries are zero but for the spent bit; and that a random choice
// of live entries is what it was, key and all. It does not show what the medium keeps elsewhere
// (the old log, worn-out blocks, snapshots): against those stands P4.
Status Verify(const StoreId& store, TreeCopy& copy, Database& device, const Done& done) {
  TRY(const CopySeal seal, SealOf(copy, done.epoch));
  WalkFromDevice walk(store, device, seal);
  walk.Expect(done.written);
  // There may be nothing below it to look at.
  TRY_VOID(walk.Root());
  ByteArray<kEntrySize> spent{};
  spent[1] = kFlagSpent;
  for (const auto& [slot, digest] : done.entries) {
    TRY(const Node* leaf, walk.Leaf(LeafOf(slot)));
    if (digest.has_value()) {
      if (DigestOf(*leaf, IndexOf(slot)) != *digest) {
        return Corrupt("a live entry is not what it was before the change of epoch");
      }
    } else if (!EqualConstantTime(leaf->entry(IndexOf(slot)), spent)) {
      return Corrupt("an erased entry is still on the disk");
    }
  }
  TRY(const Bytes list, ListOf(device));
  if (list != done.list) return Corrupt("the list of copies that was committed is not on the disk");
  TRY(const bool all, walk.AllExpectedSeen());
  if (!all) return Corrupt("a node that was committed is not on the disk");
  return Ok();
}

// VerifyAll is P3 after an interruption, when nobody knows any more which nodes were touched: the
// whole tree must open from the copy's device.
Status VerifyAll(KeyTree& tree, TreeCopy& copy, Database& device) {
  TRY(const CopySeal seal, SealOf(copy, tree.epoch()));
  WalkFromDevice walk(tree.store(), device, seal);
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

Status VerifyStandby(TreeSet& set, const Done& done) {
  TRY(auto device, Database::OpenCopyPastCache(set.standby->path, std::nullopt));
  return Verify(set.tree->store(), *set.standby, *device, done);
}

// OrBreak breaks the link where a step fails on the standby, and says whether it held.
bool OrBreak(TreeSet& set, const Status& status) {
  if (!status.ok()) set.link->Break(status.error());
  return status.ok();
}

bool Contains(const std::vector<std::uint64_t>& epochs, std::uint64_t epoch) {
  return std::find(epochs.begin(), epochs.end(), epoch) != epochs.end();
}

}  // namespace

Result<EpochChange> ChangeEpoch(TreeSet& set, RandomSource& random,
                                const std::vector<SlotNumber>& slots,
                                const std::function<Status(Transaction&)>& also) {
  CHECK(std::is_sorted(slots.begin(), slots.end()));
  KeyTree& tree = *set.tree;
  const std::uint64_t old_epoch = tree.epoch();
  // Every cell of the primary answers before anything is changed: one that cannot be reached just
  // now ends this attempt and not the process.
  const auto present = set.primary.secret->SealAt(old_epoch);
  if (!present.ok()) {
    return Unavailable("an erasure cell does not answer: " + present.error().detail);
  }
  if (!present.value().has_value()) {
    return Unavailable("an erasure cell does not hold the present secret");
  }
  Done done;
  done.epoch = old_epoch + 1;
  TRY(const auto samples, ChooseSamples(tree, random, slots));
  done.entries.insert(samples.begin(), samples.end());
  for (SlotNumber slot : slots) done.entries[slot] = std::nullopt;

  // P1. Fresh for this attempt: an E′ staged earlier may already have sealed a root that the disk,
  // or a copy of it, still has, with keys in it that were destroyed since. The standby first: where
  // it cannot follow, nothing has begun.
  std::vector<CopySeal> next(1);
  if (set.standby_whole()) {
    auto staged = set.standby->secret->Stage(done.epoch);
    if (!staged.ok()) {
      set.link->Break(staged.error());
      return Unavailable("the standby copy's erasure cell cannot be written");
    }
    next.push_back({set.standby->number, std::move(staged).value()});
  }
  next.front() = {set.primary.number, Sure(set.primary.secret->Stage(done.epoch), "P1 stage")};

  // P2. The log may take pages of this transaction early; without its commit they are sealed under
  // keys nobody has.
  EpochChange change;
  {
    Transaction transaction = Sure(Transaction::Begin(tree.database()), "P2 begin");
    TreeEdit edit(tree, transaction, next);
    Sure(edit.Root(), "P2 root");
    Statement close = tree.database().Prepare("DELETE FROM open_leaf WHERE leaf=?");
    for (std::size_t i = 0; i < slots.size();) {
      const std::uint32_t leaf = LeafOf(slots[i]);
      Node* node = Sure(edit.Leaf(leaf), "P2 leaf");
      for (; i < slots.size() && LeafOf(slots[i]) == leaf; ++i) node->Spend(IndexOf(slots[i]));
      // The clear row that leads from an owner to its leaf goes with the owner's last key.
      if (!node->HasLiveSlot()) {
        change.closed.insert(leaf);
        Sure(close.Bind(leaf).Run(), "P2 open leaf");
      }
    }
    Sure(edit.Finish(), "P2 nodes");
    Statement hint = tree.database().Prepare("UPDATE meta SET value=? WHERE key='epoch'");
    Sure(hint.Bind(done.epoch).Run(), "P2 epoch");
    Sure(also(transaction), "P2 copies");
    done.written = edit.written();
    done.list = Sure(ListOf(tree.database()), "P2 list");
    transaction.Commit();
  }

  // P3. A flush that lied must be found while the old secret can still open the old tree.
  Sure(tree.database().TruncateLog(), "P3 log");
  {
    Database* device = Sure(tree.FromDevice(), "P3 device");
    Sure(Verify(tree.store(), set.primary, *device, done), "P3 verify");
  }

  // P4. With the old secret go the root's old key and every node in memory that it opened. On the
  // standby only where P3 held as well; the primary's deletion stands without it.
  if (next.size() > 1 && set.standby_whole() && OrBreak(set, VerifyStandby(set, done))) {
    change.standby_erased = OrBreak(set, set.standby->secret->EraseSlotOf(old_epoch));
  }
  Sure(set.primary.secret->EraseSlotOf(old_epoch), "P4 destroy");
  tree.Use(tree.store(), std::move(next));
  return change;
}

Status RecoverEpoch(TreeSet& set, const TreeMeta& meta) {
  TreeCopy& copy = set.primary;
  TRY(auto epochs, copy.secret->Epochs());
  if (epochs.empty()) return Corrupt("the erasure cells hold no secret");
  bool unlocked = false;
  for (std::uint64_t epoch : epochs) {
    TRY(auto seal, copy.secret->SealAt(epoch));
    if (!seal.has_value()) continue;
    TRY(unlocked, set.tree->Unlock(meta.store, std::move(*seal)));
    if (unlocked) break;
  }
  if (!unlocked) {
    if (Contains(epochs, meta.epoch_hint)) return Corrupt("the root of the key tree does not open");
    if (meta.epoch_hint < epochs.front()) {
      return Conflict(
          "the key tree is older than its erasure cells: a copy of the data was put back. "
          "it holds keys that have been destroyed since, so it is not opened");
    }
    return Conflict("the erasure cells are older than the key tree: a copy of a cell was put back");
  }
  const std::uint64_t epoch = set.tree->epoch();
  for (std::uint64_t other : epochs) {
    if (other != epoch && other != epoch + 1 && other + 1 != epoch) {
      return Conflict("the erasure cells hold secrets of epochs that do not follow one another");
    }
  }
  // The old secret is still there: the change was committed, and perhaps never verified.
  if (epoch > 0 && Contains(epochs, epoch - 1)) {
    TRY_VOID(set.tree->database().TruncateLog());
    TRY(Database * device, set.tree->FromDevice());
    TRY_VOID(VerifyAll(*set.tree, copy, *device));
  }
  // Whatever stands in the other slot is overwritten at every start: the old secret of a change
  // that was committed (P4), a staged one of a change that was not (never to be used again), and
  // the remains of a write that was torn and no longer reads as a record.
  return copy.secret->EraseSlotOf(epoch + 1);
}

Status AttachStandby(TreeSet& set, Disk& disk, TreeCopy standby, std::shared_ptr<MirrorLink> link) {
  KeyTree& tree = *set.tree;
  const std::uint64_t epoch = tree.epoch();
  auto epochs = standby.secret->Epochs();
  if (!epochs.ok()) return Unavailable(epochs.error().detail);
  if (!Contains(epochs.value(), epoch)) {
    // Its old secret goes only after the primary's commit was read back from the device, so a
    // standby that has a later one, and not ours, has seen this tree go on.
    if (!epochs.value().empty() && epochs.value().front() > epoch) {
      return Conflict(
          "the key tree is older than its standby copy: a copy of the data was put back. "
          "it holds keys that have been destroyed since, so it is not opened");
    }
    return Unavailable("the standby's erasure cells are older than the key tree");
  }
  TRY_VOID(tree.database().MirrorTo(disk, standby.path, std::nullopt, link));
  const auto settle = [&]() -> Status {
    TRY(CopySeal seal, SealOf(standby, epoch));
    TRY(auto device, Database::OpenCopyPastCache(standby.path, std::nullopt));
    TRY(const Bytes sealed, KeyTree::ReadSealed(*device, standby.number));
    const NodePlace place = {NodeId{}, tree.store(), standby.number, epoch};
    TRY([[maybe_unused]] const Node root, Node::Open(seal.seal.key.view(), place, sealed));
    // As at the start of the primary: what was interrupted is finished once the whole tree was read
    // from this device, and what was only staged is never used.
    if (epoch > 0 && Contains(epochs.value(), epoch - 1)) {
      TRY_VOID(VerifyAll(tree, standby, *device));
    }
    TRY_VOID(standby.secret->EraseSlotOf(epoch + 1));
    tree.UseStandby(std::move(seal));
    return Ok();
  };
  if (const Status settled = settle(); !settled.ok()) {
    tree.database().MirrorNoMore();
    return Unavailable(settled.error().detail);
  }
  set.standby = std::move(standby);
  set.link = std::move(link);
  return Ok();
}

}  // namespace vault
