// The slots of the tree: start, reservations, entries. Sealing is in keeper_sealing.cc, the change
// of epoch in epoch.cc.
#include "vault/keys/key_keeper.h"

#include <algorithm>
#include <set>
#include <utility>

#include "vault/crypto/digest.h"
#include "vault/crypto/sign.h"
#include "vault/keys/filled_lately.h"
#include "vault/keys/keeper_state.h"
#include "vault/keys/tree_copies.h"

namespace vault {
namespace {

constexpr std::uint64_t kFirstEpoch = 1;
constexpr std::uint8_t kAnyFlag = kFlagHold | kFlagClosed | kFlagNeedsApproval;

bool IsSystemSlot(SlotNumber slot) { return slot < kSystemSlots; }

// A hold keeps information, not access: it never keeps a loan, a link or a login alive.
bool CanBeHeld(EntryType type) {
  return type == EntryType::kDocument || type == EntryType::kMatter ||
         type == EntryType::kSubject || type == EntryType::kPseudonym;
}

// Access always has an end.
bool NeedsDeadline(EntryType type) { return type == EntryType::kLoan || type == EntryType::kShare; }

Status CheckDeadline(EntryType type, UnixSeconds deadline) {
  if (deadline < 0) return Invalid("a deadline lies before 1970");
  if (NeedsDeadline(type) && deadline == kNoDeadline) return Invalid("a loan or share has an end");
  return Ok();
}

Status CheckNewEntry(const SlotEntry& entry) {
  const auto type = static_cast<std::uint8_t>(entry.type);
  if (type == 0 || type > static_cast<std::uint8_t>(EntryType::kSubject)) {
    return Invalid("an entry of no type");
  }
  if ((entry.flags & ~kAnyFlag) != 0) return Invalid("an entry with unknown flags");
  if ((entry.flags & kFlagHold) != 0 && !CanBeHeld(entry.type)) {
    return Invalid("a hold keeps no access alive");
  }
  return CheckDeadline(entry.type, entry.deadline);
}

Status WriteMeta(Database& database, const TreeMeta& meta) {
  Statement statement = database.Prepare(
      "INSERT INTO meta(key, value) VALUES('store_id',?),('unseal_check',?),('epoch',?),"
      "('inserts',?),('next_leaf',?)");
  return statement
      .Bind(meta.store, meta.unseal_check, meta.epoch_hint, meta.inserts, meta.next_leaf)
      .Run();
}

}  // namespace

// ---- SlotReservation

SlotReservation::SlotReservation(SlotReservation&& other) noexcept
    : keeper_(std::exchange(other.keeper_, nullptr)), slot_(other.slot_) {}

SlotReservation& SlotReservation::operator=(SlotReservation&& other) noexcept {
  // The one held so far goes with the temporary.
  SlotReservation taken(std::move(other));
  std::swap(keeper_, taken.keeper_);
  std::swap(slot_, taken.slot_);
  return *this;
}

SlotReservation::~SlotReservation() {
  if (keeper_ == nullptr) return;
  const std::lock_guard lock(keeper_->state_->mutex);
  keeper_->state_->reserved.erase(slot_);
}

// ---- start

KeyKeeper::KeyKeeper(std::unique_ptr<State> state) : state_(std::move(state)) {}
KeyKeeper::~KeyKeeper() = default;

Result<std::unique_ptr<KeyKeeper>> KeyKeeper::Create(Disk& disk, RandomSource& random,
                                                     KeyKeeperOptions options, UnsealKey unseal,
                                                     const StoreId& store) {
  TreeSet set;
  TRY(set.tree, KeyTree::Open(disk, random, options.tree_path, options.copy));
  KeyTree& tree = *set.tree;
  TRY(auto found, KeyTree::ReadMeta(tree.database()));
  if (found.has_value()) return Conflict("there is a key tree already");
  set.primary = {
      options.copy, options.tree_path,
      std::make_unique<RootSecret>(random, std::move(unseal), store, std::move(options.cells))};
  RootSecret& secret = *set.primary.secret;
  // A cell of another store must not be overwritten: that would destroy the other store. One of
  // ours without a tree is what an interrupted Create left, and holds nothing yet.
  TRY_VOID(secret.Epochs());
  std::vector<CopySeal> roots(1);
  roots[0].copy = options.copy;
  TRY(roots[0].seal, secret.Stage(kFirstEpoch));
  TRY_VOID(secret.EraseSlotOf(kFirstEpoch + 1));

  TreeMeta meta;
  meta.store = store;
  meta.unseal_check = secret.UnsealCheck();
  meta.epoch_hint = kFirstEpoch;
  meta.next_leaf = 1;
  CopyRow row;
  row.number = options.copy;
  row.since = kFirstEpoch;
  row.cell_classes = secret.cell_classes();
  tree.Use(store, std::move(roots));
  {
    TRY(Transaction transaction, Transaction::Begin(tree.database()));
    TreeEdit edit(tree, transaction);
    TRY(Node * leaf, edit.Leaf(0));
    for (SlotNumber slot = 0; slot < kSystemSlots; ++slot) {
      SlotEntry entry;
      entry.type = EntryType::kSystem;
      leaf->SetSlot(slot, entry, ErasureShare::Random(random).view());
    }
    TRY(const RowKey row_key, RowKey::FromBytes(leaf->key(kRowSlot)));
    TRY_VOID(edit.Finish());
    TRY_VOID(WriteMeta(tree.database(), meta));
    TRY_VOID(WriteCopies(transaction, {row}, row_key, kFirstEpoch));
    transaction.Commit();
  }
  auto state = std::make_unique<State>(random, store, std::move(set), meta);
  TRY_VOID(state->LoadSystemKeys());
  return std::unique_ptr<KeyKeeper>(new KeyKeeper(std::move(state)));
}

Result<std::unique_ptr<KeyKeeper>> KeyKeeper::OpenCopy(Disk& disk, RandomSource& random,
                                                       KeyKeeperOptions options, UnsealKey unseal) {
  if (!disk.Exists(options.tree_path)) return NotFound("there is no key tree");
  TreeSet set;
  TRY(set.tree, KeyTree::Open(disk, random, options.tree_path, options.copy));
  TRY(auto meta, KeyTree::ReadMeta(set.tree->database()));
  if (!meta.has_value()) return Corrupt("the key tree was never finished");
  set.primary = {options.copy, options.tree_path,
                 std::make_unique<RootSecret>(random, std::move(unseal), meta->store,
                                              std::move(options.cells))};
  if (!EqualConstantTime(set.primary.secret->UnsealCheck(), meta->unseal_check)) {
    return Denied("the unseal key is not that of this key tree");
  }
  TRY_VOID(RecoverEpoch(set, *meta));
  auto state = std::make_unique<State>(random, meta->store, std::move(set), *meta);
  TRY_VOID(state->LoadSystemKeys());
  return std::unique_ptr<KeyKeeper>(new KeyKeeper(std::move(state)));
}

Result<std::unique_ptr<KeyKeeper>> KeyKeeper::Open(Disk& disk, RandomSource& random,
                                                   KeyKeeperOptions options, UnsealKey unseal) {
  const std::uint8_t copy = options.copy;
  TRY(auto keeper, OpenCopy(disk, random, std::move(options), std::move(unseal)));
  for (const CopyRow& row : keeper->state_->rows) {
    if (row.number == copy && row.state == CopyStanding::kPrimary) return keeper;
  }
  return Conflict("this copy of the key tree is not the primary: it must be promoted first");
}

Result<StoreId> KeyKeeper::ReadStoreId(Disk& disk, const std::string& tree_path) {
  if (!disk.Exists(tree_path)) return NotFound("there is no key tree");
  TRY(auto database, Database::Open(disk, tree_path, std::nullopt, DatabaseMode::kReader));
  TRY(auto meta, KeyTree::ReadMeta(*database));
  if (!meta.has_value()) return Corrupt("the key tree was never finished");
  return meta->store;
}

Status KeyKeeper::State::LoadSystemKeys() {
  TRY(const Node* leaf, set.tree->Leaf(0));
  for (SlotNumber slot = 0; slot < kSystemSlots; ++slot) {
    if (leaf == nullptr || leaf->slot(slot).type != EntryType::kSystem) {
      return Corrupt("the key tree has no system slots");
    }
  }
  TRY(register_key, RegisterKey::FromBytes(leaf->key(kRegisterSlot)));
  TRY(log_seed, SigningSeed::FromBytes(leaf->key(kLogSlot)));
  TRY(row_key, RowKey::FromBytes(leaf->key(kRowSlot)));
  TRY(rows, ReadCopies(set.tree->database(), row_key, set.tree->epoch()));
  return Ok();
}

StoreId KeyKeeper::store() const { return state_->store; }

std::uint64_t KeyKeeper::epoch() const {
  const std::lock_guard lock(state_->mutex);
  return state_->set.tree->epoch();
}

std::uint64_t KeyKeeper::inserts() const {
  const std::lock_guard lock(state_->mutex);
  return state_->inserts;
}

std::vector<std::string> KeyKeeper::cell_classes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->set.primary.secret->cell_classes();
}

std::vector<CellClass> KeyKeeper::cells() const {
  const std::lock_guard lock(state_->mutex);
  return state_->set.primary.secret->cells();
}

// ---- system keys: loaded at the start and never changed, so read without the lock

DatabaseKey KeyKeeper::RegisterDatabaseKey() const {
  const RegisterKey& key = state_->register_key;
  return {key.Clone(), Blake2b<16>(key.view(), AsBytes("strongroom/v1/register-salt"))};
}

SigningPublicKey KeyKeeper::LogPublicKey() const { return SigningPublicKeyOf(state_->log_seed); }

Signature KeyKeeper::SignLog(ByteView message) const { return Sign(state_->log_seed, message); }

ByteArray<32> KeyKeeper::RowMac(ByteView message) const {
  return Blake2b<32>(state_->row_key.view(), message);
}

// ---- slots

Result<SlotReservation> KeyKeeper::Reserve(const ObjectId& group) {
  const std::lock_guard lock(state_->mutex);
  TRY_VOID(state_->Whole());
  TRY(SlotNumber slot, state_->numbers.Next(group));
  auto [place, fresh] =
      state_->reserved.emplace(slot, State::Reserved{ErasureShare::Random(state_->random), group});
  CHECK(fresh);
  return SlotReservation(this, slot);
}

Status KeyKeeper::Fill(std::span<const Filling> fillings) {
  std::map<SlotNumber, SlotEntry> entries;
  for (const Filling& filling : fillings) {
    CHECK(filling.reservation != nullptr && filling.reservation->keeper_ == this);
    TRY_VOID(CheckNewEntry(filling.entry));
    CHECK(entries.emplace(filling.reservation->slot(), filling.entry).second);
  }
  if (entries.empty()) return Ok();

  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  TRY_VOID(state.Whole());
  KeyTree& tree = *state.set.tree;
  std::set<ObjectId> owners;
  {
    TRY(Transaction transaction, Transaction::Begin(tree.database()));
    TreeEdit edit(tree, transaction);
    for (const auto& [slot, entry] : entries) {
      const auto found = state.reserved.find(slot);
      CHECK(found != state.reserved.end());
      TRY(Node * leaf, edit.Leaf(LeafOf(slot)));
      const SlotEntry before = leaf->slot(IndexOf(slot));
      // Cannot happen while numbers are handed out once; if it did, a key would be overwritten.
      if (before.type != EntryType::kEmpty || before.flags != 0) {
        return Corrupt("a reserved slot is not empty");
      }
      leaf->SetSlot(IndexOf(slot), entry, found->second.key.view());
      owners.insert(found->second.owner);
    }
    TRY_VOID(edit.Finish());
    for (const ObjectId& owner : owners) {
      TRY_VOID(state.numbers.PromiseMore(transaction, owner));
    }
    std::vector<SlotNumber> slots;
    for (const auto& [slot, entry] : entries) slots.push_back(slot);
    TRY_VOID(NoteFilled(transaction, slots, state.inserts));
    Statement count = tree.database().Prepare("UPDATE meta SET value=? WHERE key='inserts'");
    TRY_VOID(count.Bind(state.inserts + entries.size()).Run());
    transaction.Commit();
  }
  state.inserts += entries.size();
  for (const ObjectId& owner : owners) state.numbers.PromiseKept(owner);
  for (const Filling& filling : fillings) {
    state.reserved.erase(filling.reservation->slot());
    filling.reservation->keeper_ = nullptr;
  }
  // Lost during the commit: it stands here, and nobody is told so before it stands there too.
  return state.Whole();
}

Result<SlotEntry> KeyKeeper::State::EntryAt(SlotNumber slot) {
  TRY(const Node* leaf, set.tree->Leaf(LeafOf(slot)));
  if (leaf == nullptr) return SlotEntry();
  return leaf->slot(IndexOf(slot));
}

Result<SlotEntry> KeyKeeper::Look(SlotNumber slot) const {
  const std::lock_guard lock(state_->mutex);
  return state_->EntryAt(slot);
}

Status KeyKeeper::Scan(const std::function<Status(SlotNumber, const SlotEntry&)>& visit) const {
  KeyTree& tree = *state_->set.tree;
  std::vector<std::pair<SlotNumber, SlotEntry>> entries;
  entries.reserve(kNodeEntries);
  for (std::uint32_t from = 0; from < kLeafCount;) {
    entries.clear();
    {
      // Held for one leaf at a time: the visitor may ask us, and readers do not wait for the end.
      const std::lock_guard lock(state_->mutex);
      TRY(auto number, tree.NextLeaf(from));
      if (!number.has_value()) return Ok();
      TRY(auto leaf, tree.LeafOnce(*number));
      for (unsigned i = 0; leaf.has_value() && i < kNodeEntries; ++i) {
        if (leaf->entry(i)[0] == 0 && leaf->entry(i)[1] == 0) continue;
        entries.emplace_back(*number << 8 | i, leaf->slot(i));
      }
      from = *number + 1;
    }
    for (const auto& [slot, entry] : entries) TRY_VOID(visit(slot, entry));
  }
  return Ok();
}

Result<std::optional<std::vector<SlotNumber>>> KeyKeeper::FilledSince(std::uint64_t inserts) const {
  const std::lock_guard lock(state_->mutex);
  return vault::FilledSince(state_->set.tree->database(), inserts, state_->inserts);
}

std::uint64_t KeyKeeper::nodes_read() const {
  const std::lock_guard lock(state_->mutex);
  return state_->set.tree->nodes_read();
}

Status KeyKeeper::State::EditSlots(std::vector<SlotNumber> slots,
                                   const std::function<void(Node&, SlotNumber)>& change) {
  if (slots.empty()) return Ok();
  TRY_VOID(Whole());
  std::sort(slots.begin(), slots.end());
  KeyTree& tree = *set.tree;
  TRY(Transaction transaction, Transaction::Begin(tree.database()));
  TreeEdit edit(tree, transaction);
  for (SlotNumber slot : slots) {
    TRY(Node * leaf, edit.Leaf(LeafOf(slot)));
    change(*leaf, slot);
  }
  TRY_VOID(edit.Finish());
  transaction.Commit();
  return Whole();
}

Status KeyKeeper::SetHold(std::span<const SlotNumber> slots, HoldBit bit) {
  std::uint8_t bits = 0;
  if (bit == HoldBit::kHold) bits = kFlagHold;
  if (bit == HoldBit::kSealedHold) bits = kFlagHold | kFlagClosed;
  const std::lock_guard lock(state_->mutex);
  std::vector<SlotNumber> changed;
  for (SlotNumber slot : slots) {
    TRY(SlotEntry entry, state_->EntryAt(slot));
    if (entry.type == EntryType::kEmpty) {
      // Destroyed in the meantime: there is nothing left to keep.
      if ((entry.flags & kFlagSpent) != 0) continue;
      return NotFound("a slot to be held is empty");
    }
    if (!CanBeHeld(entry.type)) return Invalid("a hold keeps no access alive");
    if ((entry.flags & (kFlagHold | kFlagClosed)) != bits) changed.push_back(slot);
  }
  return state_->EditSlots(std::move(changed), [bits](Node& leaf, SlotNumber slot) {
    const std::uint8_t flags = leaf.slot(IndexOf(slot)).flags;
    const unsigned kept = flags & ~unsigned{kFlagHold | kFlagClosed};
    leaf.SetFlags(IndexOf(slot), static_cast<std::uint8_t>(kept | bits));
  });
}

Status KeyKeeper::SetDeadline(SlotNumber slot, const ObjectId& object, UnixSeconds deadline) {
  const std::lock_guard lock(state_->mutex);
  TRY(SlotEntry entry, state_->EntryAt(slot));
  if (entry.type == EntryType::kEmpty || IsSystemSlot(slot) || entry.object != object) {
    return NotFound("the slot does not hold this object's key");
  }
  TRY_VOID(CheckDeadline(entry.type, deadline));
  if (entry.deadline == deadline) return Ok();
  return state_->EditSlots(
      {slot}, [deadline](Node& leaf, SlotNumber at) { leaf.SetDeadline(IndexOf(at), deadline); });
}

Status KeyKeeper::SetDeadlines(std::span<const Ending> endings) {
  const std::lock_guard lock(state_->mutex);
  std::map<SlotNumber, UnixSeconds> wanted;
  for (const Ending& ending : endings) {
    TRY(const SlotEntry entry, state_->EntryAt(ending.slot));
    if (entry.type == EntryType::kEmpty && (entry.flags & kFlagSpent) != 0) continue;
    if (entry.type == EntryType::kEmpty || IsSystemSlot(ending.slot) ||
        entry.object != ending.object) {
      return NotFound("the slot does not hold this object's key");
    }
    TRY_VOID(CheckDeadline(entry.type, ending.deadline));
    if (entry.deadline != ending.deadline) wanted[ending.slot] = ending.deadline;
  }
  std::vector<SlotNumber> slots;
  slots.reserve(wanted.size());
  for (const auto& [slot, deadline] : wanted) slots.push_back(slot);
  return state_->EditSlots(std::move(slots), [&wanted](Node& leaf, SlotNumber at) {
    leaf.SetDeadline(IndexOf(at), wanted[at]);
  });
}

Status KeyKeeper::Release(ReleaseReceipt receipt) {
  const ReleaseReceipt used = std::move(receipt);
  const std::lock_guard lock(state_->mutex);
  TRY(SlotEntry entry, state_->EntryAt(used.slot()));
  if (entry.type != EntryType::kLoan || entry.object != AsObject(used.loan())) {
    return Conflict("the slot is another loan's, or its key is destroyed");
  }
  if ((entry.flags & kFlagClosed) == 0) return Ok();
  return state_->EditSlots({used.slot()}, [](Node& leaf, SlotNumber slot) {
    const unsigned flags = leaf.slot(IndexOf(slot)).flags & ~unsigned{kFlagClosed};
    leaf.SetFlags(IndexOf(slot), static_cast<std::uint8_t>(flags));
  });
}

Status KeyKeeper::CloseLoans(std::span<const SlotNumber> slots) {
  const std::lock_guard lock(state_->mutex);
  std::vector<SlotNumber> opened;
  for (const SlotNumber slot : slots) {
    TRY(const SlotEntry entry, state_->EntryAt(slot));
    if (entry.type == EntryType::kEmpty && (entry.flags & kFlagSpent) != 0) continue;
    if (entry.type != EntryType::kLoan) return Conflict("the slot is no loan's");
    if ((entry.flags & kFlagClosed) == 0) opened.push_back(slot);
  }
  return state_->EditSlots(std::move(opened), [](Node& leaf, SlotNumber slot) {
    const unsigned flags = leaf.slot(IndexOf(slot)).flags | kFlagClosed;
    leaf.SetFlags(IndexOf(slot), static_cast<std::uint8_t>(flags));
  });
}

// ---- destroying

Result<EpochResult> KeyKeeper::Shred(IntentReceipt receipt) {
  const IntentReceipt used = std::move(receipt);
  const std::lock_guard lock(state_->mutex);
  TRY_VOID(state_->Whole());
  EpochResult result;
  // What was gone already had its old secrets overwritten when the copies were opened or attached.
  bool standby_erased = true;
  std::map<SlotNumber, ShredItem> erased;
  for (const ShredItem& item : used.items()) {
    if (IsSystemSlot(item.slot)) return Invalid("the system's own keys are not destroyed");
    TRY(SlotEntry entry, state_->EntryAt(item.slot));
    if (entry.type == EntryType::kEmpty) {
      result.gone.push_back(item);
    } else if (entry.type != item.type || entry.object != item.object ||
               entry.version != item.version) {
      return Conflict("a slot to be erased holds another object's key");
    } else if ((entry.flags & kFlagHold) != 0) {
      // Looked at under the same lock as the commit: a hold placed before it always counts.
      result.held.push_back(item);
    } else {
      erased.emplace(item.slot, item);
    }
  }
  if (!erased.empty()) {
    std::vector<SlotNumber> slots;
    for (const auto& [slot, item] : erased) {
      slots.push_back(slot);
      result.erased.push_back(item);
    }
    TRY(const EpochChange change, state_->NextEpoch(slots, [](Transaction&) { return Ok(); }));
    state_->numbers.Close(change.closed);
    standby_erased = change.standby_erased;
  }
  result.epoch = state_->set.tree->epoch();
  // A copy that must follow and was lost on the way is told as one that has not erased.
  for (const CopyRow& row : state_->rows) {
    const bool proved = row.state == CopyStanding::kPrimary ||
                        (row.state == CopyStanding::kStandby && standby_erased);
    CopyOutcome outcome = {CopyName(row), row.cell_classes, proved};
    result.copies_erased += proved ? 1 : 0;
    ++result.copies_known;
    // The primary first.
    const auto at =
        row.state == CopyStanding::kPrimary ? result.copies.begin() : result.copies.end();
    result.copies.insert(at, std::move(outcome));
  }
  return result;
}

}  // namespace vault
