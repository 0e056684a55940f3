// The copies of the tree: who follows, who joins, who is given up, who takes over.
#include <algorithm>
#include <utility>

#include "vault/keys/keeper_state.h"
#include "vault/keys/key_keeper.h"
#include "vault/keys/tree_copies.h"

namespace vault {
namespace {

CopyRow* StandbyIn(std::vector<CopyRow>& rows) {
  for (CopyRow& row : rows) {
    if (row.state == CopyStanding::kStandby) return &row;
  }
  return nullptr;
}

bool HasUnfinished(const std::vector<CopyRow>& rows) {
  return rows.back().state == CopyStanding::kUnfinished;
}

Status DeleteRoot(Transaction& transaction, std::uint8_t copy) {
  return transaction.database().Prepare("DELETE FROM node WHERE id=?").Bind(copy).Run();
}

}  // namespace

std::string CopyName(const CopyRow& row) {
  const std::string number = std::to_string(row.number);
  switch (row.state) {
    case CopyStanding::kPrimary:
      return "primary";
    case CopyStanding::kStandby:
      return "standby " + number;
    case CopyStanding::kEvicted:
      return "standby " + number + " (evicted)";
    case CopyStanding::kLeftBehind:
      return "copy " + number + " (the primary before a promotion)";
    case CopyStanding::kUnfinished:
      return "standby " + number + " (unfinished)";
  }
  return "copy " + number;
}

Status KeyKeeper::State::Whole() const {
  for (const CopyRow& row : rows) {
    if (row.state != CopyStanding::kStandby || set.standby_whole()) continue;
    std::string detail = "the standby copy cannot be reached, so nothing is filed or destroyed";
    if (set.link != nullptr && !set.link->why().empty()) detail += " (" + set.link->why() + ")";
    return Unavailable(std::move(detail));
  }
  return Ok();
}

Result<EpochChange> KeyKeeper::State::NextEpoch(const std::vector<SlotNumber>& slots,
                                                const std::function<Status(Transaction&)>& also) {
  label_key.reset();
  // A scratch copy opens what is about to be destroyed: it goes first.
  scratch->End();
  return ChangeEpoch(set, random, slots, [&](Transaction& transaction) -> Status {
    TRY_VOID(also(transaction));
    return WriteCopies(transaction, rows, row_key, set.tree->epoch() + 1);
  });
}

std::vector<CopyRow> KeyKeeper::copies() const {
  const std::lock_guard lock(state_->mutex);
  return state_->rows;
}

Status KeyKeeper::Whole() const {
  const std::lock_guard lock(state_->mutex);
  return state_->Whole();
}

Status KeyKeeper::AttachStandby(Disk& disk, StandbyPlace place) {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  CopyRow* row = StandbyIn(state.rows);
  if (row == nullptr) return Invalid("this vault has no standby copy");
  state.set.standby.reset();
  state.set.tree->UseStandby(std::nullopt);
  TreeCopy standby = {row->number, std::move(place.tree_path),
                      state.set.primary.secret->Beside(std::move(place.cells))};
  const std::vector<std::string> classes = standby.secret->cell_classes();
  TRY_VOID(vault::AttachStandby(state.set, disk, std::move(standby), std::move(place.link)));
  // Written with the next epoch: until then they are only said.
  row->cell_classes = classes;
  return Ok();
}

Status KeyKeeper::AddStandby(Disk& disk, StandbyPlace place) {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  TRY_VOID(state.Whole());
  if (StandbyIn(state.rows) != nullptr) return Conflict("this vault has a standby copy already");
  if (HasUnfinished(state.rows)) return Conflict("an earlier adding has not been undone yet");
  CopyRow row;
  // Rows stand by number. A number is never given twice: a root is sealed to its copy's.
  if (state.rows.back().number == UINT8_MAX) return Conflict("this vault had too many copies");
  row.number = static_cast<std::uint8_t>(state.rows.back().number + 1);
  row.state = CopyStanding::kUnfinished;
  row.since = state.set.tree->epoch();
  row.folder = std::move(place.folder);
  row.cells = std::move(place.cell_names);
  TreeCopy standby = {row.number, std::move(place.tree_path),
                      state.set.primary.secret->Beside(std::move(place.cells))};
  row.cell_classes = standby.secret->cell_classes();
  TRY(const auto epochs, standby.secret->Epochs());
  if (!epochs.empty()) return Conflict("an erasure cell of the standby is in use");
  // On the list before its cells hold anything: a secret in a cell that no list names would open
  // for ever what stood here, and no certificate would say so.
  std::vector<CopyRow> rows = state.rows;
  rows.push_back(std::move(row));
  TRY_VOID(state.WriteRows(std::move(rows)));
  const Status mirrored =
      state.set.tree->database().MirrorTo(disk, standby.path, std::nullopt, place.link);
  if (!mirrored.ok()) {
    static_cast<void>(state.Undo(*standby.secret));
    return mirrored;
  }
  state.set.standby = std::move(standby);
  state.set.link = std::move(place.link);
  state.rows.back().state = CopyStanding::kStandby;
  state.rows.back().since = state.set.tree->epoch() + 1;
  // Its first secret is that of a new epoch, staged in the cells of all copies alike: a copy begins
  // with the commit of this epoch, or not at all.
  auto change = state.NextEpoch({}, [](Transaction&) { return Ok(); });
  if (!change.ok()) {
    state.rows.back().state = CopyStanding::kUnfinished;
    state.rows.back().since = state.set.tree->epoch();
    const std::unique_ptr<RootSecret> secret = std::move(state.set.standby->secret);
    state.set.standby.reset();
    state.set.link.reset();
    state.set.tree->database().MirrorNoMore();
    // What cannot be erased now stays on the list.
    static_cast<void>(state.Undo(*secret));
    return std::move(change).error();
  }
  return state.Whole();
}

Status KeyKeeper::State::WriteRows(std::vector<CopyRow> next) {
  {
    TRY(Transaction transaction, Transaction::Begin(set.tree->database()));
    TRY_VOID(WriteCopies(transaction, next, row_key, set.tree->epoch()));
    transaction.Commit();
  }
  rows = std::move(next);
  return Ok();
}

Status KeyKeeper::State::Undo(RootSecret& secret) {
  for (const std::uint64_t parity : {0, 1}) TRY_VOID(secret.EraseSlotOf(parity));
  TRY(const auto left, secret.Epochs());
  if (!left.empty()) return Corrupt("a cell of the standby does not forget");
  std::vector<CopyRow> next = rows;
  next.pop_back();
  return WriteRows(std::move(next));
}

Status KeyKeeper::UndoUnfinished(std::vector<std::unique_ptr<ErasureCell>> cells) {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  if (!HasUnfinished(state.rows)) return Ok();
  const std::unique_ptr<RootSecret> secret = state.set.primary.secret->Beside(std::move(cells));
  // Another store's, or another copy's: not ours to erase.
  TRY([[maybe_unused]] const auto epochs, secret->Epochs());
  return state.Undo(*secret);
}

Status KeyKeeper::GiveUpUnfinished() {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  if (!HasUnfinished(state.rows)) return Conflict("no standby copy was left unfinished");
  std::vector<CopyRow> rows = state.rows;
  rows.back().state = CopyStanding::kEvicted;
  return state.WriteRows(std::move(rows));
}

Status KeyKeeper::EvictStandby() {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  CopyRow* row = StandbyIn(state.rows);
  if (row == nullptr) return Conflict("this vault has no standby copy");
  if (state.set.standby_whole()) {
    return Conflict("the standby copy is there and follows: there is nothing to give up");
  }
  std::vector<CopyRow> rows = state.rows;
  CopyRow* evicted = StandbyIn(rows);
  evicted->state = CopyStanding::kEvicted;
  evicted->since = state.set.tree->epoch();
  state.set.tree->database().MirrorNoMore();
  {
    TRY(Transaction transaction, Transaction::Begin(state.set.tree->database()));
    TRY_VOID(DeleteRoot(transaction, evicted->number));
    TRY_VOID(WriteCopies(transaction, rows, state.row_key, state.set.tree->epoch()));
    transaction.Commit();
  }
  state.rows = std::move(rows);
  state.set.tree->UseStandby(std::nullopt);
  state.set.standby.reset();
  state.set.link.reset();
  return Ok();
}

Result<std::unique_ptr<KeyKeeper>> KeyKeeper::Promote(Disk& disk, RandomSource& random,
                                                      KeyKeeperOptions options, UnsealKey unseal) {
  const std::uint8_t copy = options.copy;
  TRY(auto keeper, OpenCopy(disk, random, std::move(options), std::move(unseal)));
  State& state = *keeper->state_;
  const std::lock_guard lock(state.mutex);
  const std::uint64_t next = state.set.tree->epoch() + 1;
  CopyRow* ours = nullptr;
  CopyRow* primary = nullptr;
  for (CopyRow& row : state.rows) {
    if (row.number == copy) ours = &row;
    if (row.state == CopyStanding::kPrimary) primary = &row;
  }
  if (ours == nullptr) return Conflict("this folder holds no copy of this key tree");
  if (ours->state == CopyStanding::kPrimary) return keeper;
  if (ours->state != CopyStanding::kStandby) return Conflict("this copy is no standby any more");
  primary->state = CopyStanding::kLeftBehind;
  primary->since = next;
  ours->state = CopyStanding::kPrimary;
  ours->since = next;
  ours->cell_classes = state.set.primary.secret->cell_classes();
  const std::uint8_t left = primary->number;
  TRY([[maybe_unused]] const EpochChange change,
      state.NextEpoch({}, [&](Transaction& transaction) { return DeleteRoot(transaction, left); }));
  return keeper;
}

}  // namespace vault
