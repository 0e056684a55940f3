// KeeperState: what a KeyKeeper holds. Included by the files that implement it, and by no other.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "vault/keys/epoch.h"
#include "vault/keys/key_keeper.h"
#include "vault/keys/key_tree.h"
#include "vault/keys/slot_numbers.h"

namespace vault {

// Slots of the system leaf, FORMAT.md §5.
inline constexpr SlotNumber kRegisterSlot = 0;
inline constexpr SlotNumber kLogSlot = 1;
inline constexpr SlotNumber kRowSlot = 2;
inline constexpr SlotNumber kSystemSlots = 3;

// KeyUse: a closed entry's key seals and names, but opens nothing.
enum class KeyUse : std::uint8_t { kSealing, kOpening };

struct KeyKeeper::State {
  State(RandomSource& random_source, StoreId store_id, TreeSet tree_set, const TreeMeta& meta)
      : random(random_source),
        store(store_id),
        set(std::move(tree_set)),
        numbers(*set.tree, meta.next_leaf),
        inserts(meta.inserts) {}

  // What a slot must be to be used; what is empty here is not asked.
  struct Wanted {
    SlotNumber slot;
    std::optional<EntryType> type;
    ObjectId object;
    std::optional<std::uint32_t> version;
  };

  // All of these run under `mutex`.
  Result<SlotEntry> EntryAt(SlotNumber slot);
  // KeyOf gives the key of a reservation, or of an entry that is as wanted.
  // Errors: kNotFound empty, spent or something else; kDenied closed, and it is for opening.
  Result<ErasureShare> KeyOf(const Wanted& wanted, KeyUse use);
  // NamingKeyOf gives the key of a pseudonym or look-up slot. It names, it opens nothing: a closed
  // one serves on, or the log could not name the matter of a sealed hold.
  Result<ErasureShare> NamingKeyOf(SlotNumber slot);
  const ErasureShare& ReservedKey(SlotNumber slot) const;
  // LabelKeyOf derives the key of a slot's labels, or gives it again when it is asked for once
  // more.
  const ColumnKey& LabelKeyOf(ErasureShare share, const ObjectId& object, std::uint32_t version);
  // EditSlots changes the entries of slots in one commit. change gets the leaf and the index.
  Status EditSlots(std::vector<SlotNumber> slots,
                   const std::function<void(Node&, SlotNumber)>& change);
  Status LoadSystemKeys();

  // Whole: see KeyKeeper. Asked before a change, and after its commit before it is answered.
  Status Whole() const;
  // NextEpoch is ChangeEpoch with the list of copies, bound to the new epoch.
  Result<EpochChange> NextEpoch(const std::vector<SlotNumber>& slots,
                                const std::function<Status(Transaction&)>& also);

  // WriteRows commits the list of copies as it shall be, in the epoch that is.
  Status WriteRows(std::vector<CopyRow> next);
  // Undo erases the last copy's cells and takes it off the list.
  Status Undo(RootSecret& secret);

  struct Reserved {
    ErasureShare key;
    ObjectId owner;
  };

  mutable std::mutex mutex;
  RandomSource& random;
  StoreId store;
  TreeSet set;
  SlotNumbers numbers;
  std::map<SlotNumber, Reserved> reserved;
  std::uint64_t inserts;
  std::vector<CopyRow> rows;  // by number
  // The label key that was derived last: the events of a matter and the columns of a row are opened
  // one after the other. It counts for the very share it came from; an epoch forgets it first.
  struct LabelKey {
    ErasureShare share;
    ObjectId object;
    std::uint32_t version;
    ColumnKey key;
  };
  std::optional<LabelKey> label_key;
  const std::shared_ptr<ScratchLease::Desk> scratch = std::make_shared<ScratchLease::Desk>();
  // Not renewed in v1, so they may stay in memory.
  RegisterKey register_key;
  SigningSeed log_seed;
  RowKey row_key;
};

}  // namespace vault
