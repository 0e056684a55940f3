// A copy of the tree to be looked into and left: its root stands under a secret that is in memory
// alone, so with the program, or before, it becomes noise.
#include <utility>

#include "vault/keys/keeper_state.h"
#include "vault/keys/key_keeper.h"
#include "vault/keys/memory_cell.h"
#include "vault/keys/tree_copies.h"
#include "vault/store/database_copy.h"

namespace vault {
namespace {

constexpr int kPagesAtATime = 4096;

}  // namespace

Result<ScratchTree> KeyKeeper::CopyToScratch(Disk& disk, const std::string& path) const {
  State& state = *state_;
  ScratchTree scratch;
  RootSeal live;
  std::vector<CopyRow> rows;
  const auto slots = std::make_shared<MemoryCell::Slots>();
  std::vector<std::unique_ptr<ErasureCell>> cells;
  cells.push_back(std::make_unique<MemoryCell>(slots));
  std::unique_ptr<RootSecret> secret;
  {
    std::unique_ptr<DatabaseCopy> copy;
    bool done = false;
    while (!done) {
      const std::lock_guard lock(state.mutex);
      if (copy == nullptr) {
        TRY(copy, DatabaseCopy::Start(disk, state.set.tree->database(), std::nullopt, path));
      }
      auto step = copy->Step(kPagesAtATime);
      // It ends as it began, with the original's lock.
      if (!step.ok() || step.value()) copy.reset();
      TRY(done, std::move(step));
      if (!done) continue;
      // Under the lock of the last step: the root in the copy is the one that stands now.
      scratch.lease = std::make_unique<ScratchLease>(state.scratch);
      const CopySeal& root = state.set.tree->roots().front();
      live = {root.seal.key.Clone(), root.seal.epoch};
      scratch.options.copy = root.copy;
      scratch.unseal = state.set.primary.secret->unseal();
      secret = state.set.primary.secret->Beside(std::move(cells));
      rows = state.rows;
    }
  }
  std::vector<CopySeal> next(1);
  next[0].copy = scratch.options.copy;
  TRY(next[0].seal, secret->Stage(live.epoch));
  TRY(const auto tree, KeyTree::Open(disk, state.random, path, scratch.options.copy));
  const std::uint64_t epoch = live.epoch;
  std::vector<CopySeal> before(1);
  before[0].copy = scratch.options.copy;
  before[0].seal = std::move(live);
  tree->Use(state.store, std::move(before));
  {
    TRY(Transaction transaction, Transaction::Begin(tree->database()));
    TreeEdit edit(*tree, transaction, next);
    TRY_VOID(edit.Root());
    TRY_VOID(edit.Finish());
    // Of the other copies it knows nothing: it has no standby to follow it.
    std::vector<CopyRow> own;
    for (const CopyRow& row : rows) {
      if (row.number == scratch.options.copy) {
        own.push_back(row);
        continue;
      }
      TRY_VOID(transaction.database()
                   .Prepare("DELETE FROM node WHERE id=?")
                   .Bind(KeyTree::RowOf(NodeId{}, row.number))
                   .Run());
    }
    TRY_VOID(WriteCopies(transaction, own, state.row_key, epoch));
    transaction.Commit();
  }
  TRY_VOID(tree->database().TruncateLog());
  scratch.options.tree_path = path;
  scratch.options.cells.push_back(std::make_unique<MemoryCell>(slots));
  return scratch;
}

void KeyKeeper::CallOffScratch() const { state_->scratch->Ask(); }

}  // namespace vault
