// key_tree_bench KEYS FOLDER: what it costs to destroy keys among KEYS live ones.
//
// Builds a tree of full leaves in FOLDER (which must be empty; it stays), destroys one key, 1000
// adjacent and 1000 scattered ones several times each, and in a tree of a million or more 100 000
// scattered ones once, and prints the medians as one JSON object.
// Every destruction is a whole change of epoch with all its syncs, reads from the device and cell
// operations. tools/bench/run calls it.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/stopwatch.h"
#include "tests/support/forged_papers.h"
#include "vault/crypto/secret.h"
#include "vault/keys/epoch.h"
#include "vault/keys/key_keeper.h"

namespace vault {
namespace {

constexpr std::uint32_t kLeavesPerCommit = 256;
constexpr int kTurnsOfOne = 21;
constexpr int kTurnsOfMany = 5;
constexpr std::size_t kMany = 1000;
constexpr std::size_t kDue = 100'000;

UnsealKey BenchUnsealKey() { return UnsealKey::FromBytes(Bytes(32, 7)).value(); }

// Tree is a key tree in a folder, and the slots in it that are still alive.
class Tree {
 public:
  Tree(std::string folder, std::uint32_t keys)
      : folder_(std::move(folder)), leaves_((keys + kNodeEntries - 1) / kNodeEntries) {}

  Status Build() {
    {
      TRY(auto cell, CreateFileCell(disk_, CellPath(), random_));
      KeyKeeperOptions options{TreePath(), {}};
      options.cells.push_back(std::move(cell));
      TRY(auto made, KeyKeeper::Create(disk_, random_, std::move(options), BenchUnsealKey(),
                                       random_.NewId<StoreId>()));
    }
    TRY_VOID(FillLeaves());
    KeyKeeperOptions options{TreePath(), {}};
    TRY(auto cell, OpenFileCell(disk_, CellPath(), random_));
    options.cells.push_back(std::move(cell));
    TRY(keeper_, KeyKeeper::Open(disk_, random_, std::move(options), BenchUnsealKey()));
    return Ok();
  }

  // Destroy ends the keys of these slots, and gives what it cost.
  Result<Cost> Destroy(const std::set<SlotNumber>& slots) {
    std::vector<ShredItem> items;
    for (const SlotNumber slot : slots) {
      // Not looked up: that would bring the leaf into memory before the watch starts.
      items.push_back({slot, EntryType::kDocument, ObjectOf(slot), 1});
      dead_.insert(slot);
    }
    IntentReceipt receipt = AuditLog::Intent(std::move(items));
    const Stopwatch watch;
    TRY(const EpochResult result, keeper_->Shred(std::move(receipt)));
    const Cost cost = watch.Read();
    if (result.erased.size() != slots.size()) return Corrupt("not every key was destroyed");
    return cost;
  }

  // Scattered picks live slots anywhere; Adjacent a run of them from the start of a leaf.
  std::set<SlotNumber> Scattered(std::size_t count) {
    std::set<SlotNumber> slots;
    while (slots.size() < count) {
      const SlotNumber slot = (1 + Below(leaves_)) << 8 | Below(kNodeEntries);
      if (!dead_.contains(slot)) slots.insert(slot);
    }
    return slots;
  }
  std::set<SlotNumber> Adjacent(std::size_t count) {
    std::set<SlotNumber> slots;
    while (slots.size() < count) {
      slots.clear();
      SlotNumber slot = (1 + Below(leaves_ - 8)) << 8;
      for (; slots.size() < count && !dead_.contains(slot); ++slot) slots.insert(slot);
    }
    return slots;
  }

 private:
  std::string TreePath() const { return folder_ + "/keys.db"; }
  std::string CellPath() const { return folder_ + "/cell"; }

  static ObjectId ObjectOf(SlotNumber slot) {
    ByteArray<16> id{};
    for (int i = 0; i < 4; ++i) id[i] = static_cast<std::uint8_t>(slot >> (8 * i));
    id[15] = 1;
    return ObjectId(id);
  }
  std::uint32_t Below(std::uint32_t n) {
    ByteArray<4> bytes;
    random_.Fill(bytes);
    std::uint32_t value = 0;
    for (const std::uint8_t b : bytes) value = value << 8 | b;
    return value % n;
  }

  // FillLeaves writes whole leaves through the tree itself: by way of reservations, ten million
  // entries would take ten million commits.
  Status FillLeaves() {
    TRY(auto tree, KeyTree::Open(disk_, random_, TreePath(), 0));
    TRY(const auto meta, KeyTree::ReadMeta(tree->database()));
    if (!meta.has_value()) return Corrupt("the key tree was never finished");
    TRY(auto cell, OpenFileCell(disk_, CellPath(), random_));
    std::vector<std::unique_ptr<ErasureCell>> cells;
    cells.push_back(std::move(cell));
    RootSecret secret(random_, BenchUnsealKey(), meta->store, std::move(cells));
    TRY(auto seal, secret.SealAt(meta->epoch_hint));
    if (!seal.has_value()) return Corrupt("the cell holds no secret of this tree");
    TRY(const bool opens, tree->Unlock(meta->store, std::move(*seal)));
    if (!opens) return Corrupt("the cell's secret does not open this tree");
    for (std::uint32_t leaf = 1; leaf <= leaves_;) {
      TRY(Transaction transaction, Transaction::Begin(tree->database()));
      TreeEdit edit(*tree, transaction);
      for (std::uint32_t n = 0; n < kLeavesPerCommit && leaf <= leaves_; ++n, ++leaf) {
        TRY(Node * node, edit.Leaf(leaf));
        // All keys of a leaf at once: a call of the system for each would be most of the work.
        ByteArray<kNodeEntries * 32> keys;
        random_.Fill(keys);
        for (unsigned i = 0; i < kNodeEntries; ++i) {
          node->SetSlot(i, {EntryType::kDocument, 0, 1, kNoDeadline, ObjectOf(leaf << 8 | i)},
                        ByteView(keys).subspan(i * std::size_t{32}, 32));
        }
      }
      TRY_VOID(edit.Finish());
      Statement count = tree->database().Prepare("UPDATE meta SET value=? WHERE key=?");
      TRY_VOID(count.Bind(leaf, "next_leaf").Run());
      TRY_VOID(count.Bind(std::uint64_t{leaf - 1} * kNodeEntries, "inserts").Run());
      transaction.Commit();
    }
    return tree->database().TruncateLog();
  }

  std::string folder_;
  std::uint32_t leaves_;
  Disk disk_{nullptr};
  SystemRandom random_;
  std::unique_ptr<KeyKeeper> keeper_;
  std::set<SlotNumber> dead_;
};

Status Measure(const std::string& folder, std::uint32_t keys) {
  Json out;
  Tree tree(folder, keys);
  const Stopwatch built;
  TRY_VOID(tree.Build());
  out.Add("build_s", built.Read().wall);
  std::cerr << keys << " live keys are there\n";
  std::vector<Cost> turns;
  for (int i = 0; i < kTurnsOfOne; ++i) {
    TRY(const Cost cost, tree.Destroy(tree.Scattered(1)));
    turns.push_back(cost);
  }
  out.Add("one", MedianOf(std::exchange(turns, {})));
  for (int i = 0; i < kTurnsOfMany; ++i) {
    TRY(const Cost cost, tree.Destroy(tree.Adjacent(kMany)));
    turns.push_back(cost);
  }
  out.Add("adjacent", MedianOf(std::exchange(turns, {})));
  for (int i = 0; i < kTurnsOfMany; ++i) {
    TRY(const Cost cost, tree.Destroy(tree.Scattered(kMany)));
    turns.push_back(cost);
  }
  out.Add("scattered", MedianOf(std::move(turns)));
  if (keys >= 10 * kDue) {
    TRY(const Cost cost, tree.Destroy(tree.Scattered(kDue)));
    out.Add("due", cost);
  }
  out.Add("peak_mib", static_cast<double>(PeakMemory()) / (1 << 20));
  std::cout << out.Text() << "\n";
  return Ok();
}

}  // namespace
}  // namespace vault

int main(int argc, char** argv) {
  const long keys = argc == 3 ? std::strtol(argv[1], nullptr, 10) : 0;
  if (keys < 16384 || keys > 1L << 30) {
    std::cerr << "usage: key_tree_bench KEYS FOLDER   (at least 16384 keys)\n";
    return 2;
  }
  const vault::Status ready = vault::InitCrypto();
  const vault::Status done =
      ready.ok() ? vault::Measure(argv[2], static_cast<std::uint32_t>(keys)) : ready;
  if (done.ok()) return 0;
  std::cerr << "key_tree_bench: " << done.error().detail << "\n";
  return 1;
}
