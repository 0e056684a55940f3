// KeyKeeper: the one holder of the key tree. Keys of documents, details and loans leave it only
// for an opening receipt; label, row and signing keys never leave, it offers their operations.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/capability.h"
#include "vault/base/facts.h"
#include "vault/base/ids.h"
#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/base/wiped.h"
#include "vault/crypto/sealed_box.h"
#include "vault/crypto/secret.h"
#include "vault/keys/erasure_cell.h"
#include "vault/keys/scratch_lease.h"
#include "vault/store/database.h"
#include "vault/store/disk.h"

namespace vault {

class MirrorLink;

using SlotNumber = std::uint32_t;
inline constexpr UnixSeconds kNoDeadline = INT64_MAX;

// EntryFlags of a key tree entry.
inline constexpr std::uint8_t kFlagHold = 1;           // bit0
inline constexpr std::uint8_t kFlagClosed = 2;         // bit1
inline constexpr std::uint8_t kFlagNeedsApproval = 4;  // bit2
inline constexpr std::uint8_t kFlagSpent = 128;        // bit7, on an empty entry

// SlotEntry is what stands in a slot, without its key.
struct SlotEntry {
  EntryType type = EntryType::kEmpty;
  std::uint8_t flags = 0;
  std::uint32_t version = 0;
  UnixSeconds deadline = kNoDeadline;
  ObjectId object;
};

// SlotReservation is a slot number with a fresh key in memory, before anything is on disk. Every
// sealing operation below accepts its number. Gone without Fill, the number is never used again
// in this run and nothing was written.
class SlotReservation {
 public:
  SlotReservation(SlotReservation&& other) noexcept;
  SlotReservation& operator=(SlotReservation&& other) noexcept;
  SlotReservation(const SlotReservation&) = delete;
  ~SlotReservation();
  SlotNumber slot() const { return slot_; }

 private:
  friend class KeyKeeper;
  SlotReservation(class KeyKeeper* keeper, SlotNumber slot) : keeper_(keeper), slot_(slot) {}
  class KeyKeeper* keeper_;
  SlotNumber slot_;
};

// OuterTag says whose outer layer it is (FORMAT.md §6).
enum class OuterTag : std::uint8_t { kPassword, kLockbox, kNamedBox, kLoanBox, kShareBox };

// OuterPlace is where an outer layer stands: it opens nowhere else.
struct OuterPlace {
  OuterTag tag;
  SlotNumber slot;
  ObjectId slot_owner;  // the person, loan or share whose slot it is
  ObjectId row;         // the row that stores it
  std::uint32_t version;
};

// ColumnPlace is where a sealed column stands.
struct ColumnPlace {
  std::string_view table;
  std::string_view column;
  ObjectId object;
  std::uint64_t row_version = 0;
};

// OpenedObject is what a receipt yields: both shares of one object, for as long as it lives.
class OpenedObject {
 public:
  OpenedObject(OpenedObject&&) = default;
  OpenedObject& operator=(OpenedObject&&) = default;
  const Opening& opening() const { return opening_; }
  // file_key opens the document's container; derived_key the container of something made from it
  // ("form").
  FileKey file_key() const;
  FileKey derived_key(std::string_view name) const;
  // Errors: kCorrupt.
  Result<Plaintext> OpenDetail(const ColumnPlace& place, ByteView sealed) const;
  Bytes SealDetail(const ColumnPlace& place, ByteView plaintext, RandomSource& random) const;
  // AccessBoxFor seals the access share to one more holder (box debt, loans, links).
  Result<Bytes> AccessBoxFor(const BoxPublicKey& recipient) const;
  const AccessShare& access_share() const { return access_; }

 private:
  friend class KeyKeeper;
  OpenedObject(Opening opening, ErasureShare erasure, AccessShare access)
      : opening_(std::move(opening)), erasure_(std::move(erasure)), access_(std::move(access)) {}
  Opening opening_;
  ErasureShare erasure_;
  AccessShare access_;
};

// SealAccessBox is "SAB1" | object[16] | u32 version | K_acc[32] sealed to a recipient, 104 B.
Result<Bytes> SealAccessBox(const ObjectId& object, std::uint32_t version,
                            const AccessShare& access, const BoxPublicKey& recipient);

// BoxPath is how the actor reaches the access share: a bare access box, or one inside an outer
// layer (a loan's box, a named reader's), opened with the holder's private key.
struct BoxPath {
  Bytes box;                        // the access box, or the outer layer around it
  std::optional<OuterPlace> outer;  // kLoanBox or kNamedBox when there is one
  const BoxSecretKey* holder = nullptr;
};

// CopyOutcome is what an epoch came to on one copy of the tree.
struct CopyOutcome {
  std::string name;                       // "primary", "standby 1"
  std::vector<std::string> cell_classes;  // of the cells that are this copy's own
  bool erased = false;  // its old secret was overwritten and read back; never true of one evicted
};

// EpochResult says what one epoch destroyed.
struct EpochResult {
  std::uint64_t epoch = 0;  // the new epoch
  // Copies of the tree: on how many the destruction was proved, of all that ever held these keys.
  std::uint32_t copies_erased = 0;
  std::uint32_t copies_known = 0;
  std::vector<CopyOutcome> copies;  // the primary first
  std::vector<ShredItem> erased;
  std::vector<ShredItem> held;  // taken out at the commit: a hold bit was set
  std::vector<ShredItem> gone;  // were spent already (an earlier attempt got this far)
};

// CopyStanding: the primary is where the vault works; the standby gets every change before it; one
// evicted, or left behind by a promotion, kept its secrets, so no destruction since covers it; of
// one unfinished nobody knows, for its adding was cut short.
enum class CopyStanding : std::uint8_t {
  kPrimary = 1,
  kStandby = 2,
  kEvicted = 3,
  kLeftBehind = 4,
  kUnfinished = 5
};

// CopyRow is one copy of the tree that ever was.
struct CopyRow {
  std::uint8_t number = 0;  // never given twice to a copy that followed
  CopyStanding state = CopyStanding::kPrimary;
  std::uint64_t since = 0;                // the epoch in which it got this state
  std::string folder;                     // as it was given; empty for the first
  std::vector<std::string> cells;         // KIND:PATH, as they were given
  std::vector<std::string> cell_classes;  // as they were when it was last in use
};
// CopyName is how people are told of it: "primary", "standby 1", "standby 1 (evicted)".
std::string CopyName(const CopyRow& row);

// KeyKeeperOptions: where the tree and its cells are.
struct KeyKeeperOptions {
  std::string tree_path;                            // DATA/keys.db
  std::vector<std::unique_ptr<ErasureCell>> cells;  // J of them; all are needed
  std::uint8_t copy = 0;                            // the copy's number
};

// ScratchTree is a copy of the tree that opens once, with what is in here, and with nothing after.
struct ScratchTree {
  // First in, last out: until it has gone, a change of epoch waits.
  std::unique_ptr<ScratchLease> lease;
  KeyKeeperOptions options;
  UnsealKey unseal;
};

// StandbyPlace is another folder with cells of its own. The link tells everybody who writes there
// that it was lost.
struct StandbyPlace {
  std::string tree_path;
  std::string folder;                   // as it is remembered
  std::vector<std::string> cell_names;  // KIND:PATH, as they are remembered
  std::vector<std::unique_ptr<ErasureCell>> cells;
  std::shared_ptr<MirrorLink> link;
};

// KeyKeeper.
//
// Invariants: E′ is fresh for every attempt; a slot number is filled at most once; nothing is
// opened with a closed entry's key; sealing and re-making with it happen in here.
// Threads: safe from any thread.
class KeyKeeper {
 public:
  // Create makes an empty tree at epoch 1 with its system slots. Errors: kConflict it exists.
  static Result<std::unique_ptr<KeyKeeper>> Create(Disk& disk, RandomSource& random,
                                                   KeyKeeperOptions options, UnsealKey unseal,
                                                   const StoreId& store);
  // Open finds the root and finishes or undoes an interrupted epoch (to P4) before it returns.
  // Errors: kDenied U does not open this tree; kConflict the tree is older than its cells (a copy
  // was put back: the detail says so); kCorrupt; kUnavailable.
  static Result<std::unique_ptr<KeyKeeper>> Open(Disk& disk, RandomSource& random,
                                                 KeyKeeperOptions options, UnsealKey unseal);
  // Promote opens a standby's copy as Open does, and makes it the primary, in an epoch of its own:
  // what opened the tree until now opens it no more. The old primary is left behind. Done already
  // is done. Errors: as Open; kConflict this copy is no standby.
  static Result<std::unique_ptr<KeyKeeper>> Promote(Disk& disk, RandomSource& random,
                                                    KeyKeeperOptions options, UnsealKey unseal);
  ~KeyKeeper();
  KeyKeeper(const KeyKeeper&) = delete;
  KeyKeeper& operator=(const KeyKeeper&) = delete;

  // ReadStoreId reads meta(store_id) of a tree without any key.
  static Result<StoreId> ReadStoreId(Disk& disk, const std::string& tree_path);

  StoreId store() const;
  std::uint64_t epoch() const;
  // inserts counts the slots ever filled; the register keeps the same count (FORMAT.md §5).
  std::uint64_t inserts() const;
  // cell_classes are the classes' names; cells their reasons too.
  std::vector<std::string> cell_classes() const;
  std::vector<CellClass> cells() const;

  // ---- copies (FORMAT.md §5)
  // copies lists every copy that ever was, by number.
  std::vector<CopyRow> copies() const;
  // Whole is Ok while every copy that must follow does. While it is not, slots are looked at and
  // opened, and none is filled, changed or destroyed. Errors: kUnavailable the standby is not
  // attached, or its link is broken.
  Status Whole() const;
  // AttachStandby brings the standby's tree to this one's, finishes or undoes an interrupted epoch
  // there, and mirrors every change from now on.
  // Errors: kConflict the standby has gone on without this tree, which is an old copy and must not
  // be used; all others: it is not attached.
  Status AttachStandby(Disk& disk, StandbyPlace place);
  // AddStandby makes a copy with fresh cells, in an epoch of its own, and attaches it.
  // Errors: kConflict there is a standby already, or the cells are in use; kUnavailable.
  Status AddStandby(Disk& disk, StandbyPlace place);
  // UndoUnfinished erases what the adding of a standby left in its cells when it was cut short, and
  // takes it off the list. None is Ok. Errors: kConflict the cells are another copy's or store's by
  // now; kUnavailable; until then it stays on the list.
  Status UndoUnfinished(std::vector<std::unique_ptr<ErasureCell>> cells);
  // GiveUpUnfinished leaves those cells as they are: the copy is one that was given up from then
  // on.
  Status GiveUpUnfinished();
  // EvictStandby takes a standby that cannot be reached out of the set: its secrets live on, and no
  // later destruction covers it. Errors: kConflict there is none, or it can be reached.
  Status EvictStandby();

  // ---- U (keeper_renewal.cc)
  bool IsUnsealKey(const UnsealKey& key) const;
  // RenewUnsealKey seals the roots of all copies under another U, in an epoch of its own, and gives
  // the epoch. Afterwards the old U opens nothing, with old copies and today's cells neither.
  // Errors (nothing has changed): kUnavailable a copy is not there, or P1 fails on it; kCorrupt.
  // Another failure stops the process; start-up finishes or undoes the change, and with that
  // decides which U counts. Where the standby was lost on the way, the renewal stands and Whole
  // says so: until it is attached again the old U opens what the standby has.
  Result<std::uint64_t> RenewUnsealKey(UnsealKey next);

  // CopyToScratch writes the tree as it stands to another file, which is absent, under a root whose
  // secret is in memory alone (keeper_scratch.cc). While its lease lives every change of epoch
  // waits, with all that would use this keeper: whoever holds it neither asks the keeper nor takes
  // a lock under which the keeper is asked. Errors: kUnavailable; kConflict it is there.
  Result<ScratchTree> CopyToScratch(Disk& disk, const std::string& path) const;
  // CallOffScratch asks whoever has such a copy to end with it, without waiting for anything: said
  // when keys are about to be destroyed, so that it opens none of them any more.
  void CallOffScratch() const;

  // ---- system keys
  // RegisterDatabaseKey opens the register: at the start, and to read a destruction back from the
  // device.
  DatabaseKey RegisterDatabaseKey() const;
  SigningPublicKey LogPublicKey() const;
  Signature SignLog(ByteView message) const;
  // RowMac is BLAKE2b-256(K_row, message).
  ByteArray<32> RowMac(ByteView message) const;

  // ---- slots
  // Reserve takes the next free number in the open leaf of `group` (a matter; zero: no group).
  Result<SlotReservation> Reserve(const ObjectId& group);
  // Fill commits entries with their reserved keys, all or none, synced. A failed commit stops the
  // process. Errors: kInvalid an entry that cannot be: no type, unknown flags, a loan or share
  // without an end, a hold on access (a loan, share or person).
  struct Filling {
    SlotReservation* reservation;
    SlotEntry entry;
  };
  Status Fill(std::span<const Filling> fillings);
  // Look gives what stands in a slot. Never its key.
  Result<SlotEntry> Look(SlotNumber slot) const;
  // Scan visits every non-empty or spent slot, in order.
  Status Scan(const std::function<Status(SlotNumber, const SlotEntry&)>& visit) const;
  // FilledSince gives every slot filled since the count was `inserts`, and maybe some from before,
  // by slot; empty when the tree does not know them: then all of it has to be looked at.
  Result<std::optional<std::vector<SlotNumber>>> FilledSince(std::uint64_t inserts) const;
  // nodes_read counts the nodes that were read from the file and opened since the start.
  std::uint64_t nodes_read() const;
  // SetHold sets or clears bit0 (and bit1 with it for a sealed hold) of all, in one commit. Slots
  // whose keys are destroyed are passed over: there is nothing left to keep.
  // Errors: kInvalid a loan's, share's or person's slot; kNotFound a slot never filled.
  enum class HoldBit : std::uint8_t { kNone, kHold, kSealedHold };
  Status SetHold(std::span<const SlotNumber> slots, HoldBit bit);
  // SetDeadline rewrites the deadline of a slot that still names this object.
  // Errors: kNotFound it does not; kInvalid a loan or share without an end.
  Status SetDeadline(SlotNumber slot, const ObjectId& object, UnixSeconds deadline);
  // SetDeadlines is SetDeadline for many slots, all or none, in one commit. Slots whose keys are
  // destroyed are passed over: there is nothing left to end.
  struct Ending {
    SlotNumber slot = 0;
    ObjectId object;
    UnixSeconds deadline = kNoDeadline;
  };
  Status SetDeadlines(std::span<const Ending> endings);
  // Release clears bit1 of exactly the receipt's loan. Uses up: receipt.
  // Errors: kConflict the slot is another loan's, or gone.
  Status Release(ReleaseReceipt receipt);
  // CloseLoans sets bit1 of loans again, in one commit: a restored register does not know of their
  // release. Slots whose keys are destroyed are passed over. Errors: kConflict a slot is no loan's.
  Status CloseLoans(std::span<const SlotNumber> slots);

  // ---- sealing under a slot's key (a reserved or a filled slot, closed or not)
  // Errors of all: kNotFound the slot is empty, spent or another object's.
  Result<Bytes> SealOuter(const OuterPlace& place, ByteView inner) const;
  // OpenOuter opens kPassword, kLockbox, kShareBox layers; kLoanBox and kNamedBox open only through
  // Unwrap (asking for them here is a CHECK). Errors: kCorrupt; kDenied the entry is closed.
  Result<SecretBytes> OpenOuter(const OuterPlace& place, ByteView sealed) const;
  // Reseal moves an outer layer to another slot and version: the inner bytes stay inside (re-make).
  Result<Bytes> Reseal(const OuterPlace& from, ByteView sealed, const OuterPlace& to) const;
  // Labels: the server's own columns, keyed by the slot's erasure share alone.
  Result<Bytes> SealLabel(SlotNumber slot, const ObjectId& object, std::uint32_t version,
                          const ColumnPlace& place, ByteView plaintext) const;
  Result<Plaintext> OpenLabel(SlotNumber slot, const ObjectId& object, std::uint32_t version,
                              const ColumnPlace& place, ByteView sealed) const;
  // Pseudonym is base64url(BLAKE2b-128(slot key, id)); unlinkable across slots.
  Result<std::string> Pseudonym(SlotNumber slot, ByteView id) const;
  // LookupHash is BLAKE2b-256(slot key, text): finds a person by address without storing it.
  Result<ByteArray<32>> LookupHash(SlotNumber slot, std::string_view text) const;
  // LinkTag and LinkKey of a share (FORMAT.md §7).
  Result<ByteArray<16>> LinkTag(SlotNumber slot, const ShareId& share, ByteView secret) const;
  Result<SecretBytes> LinkKey(SlotNumber slot, const ShareId& share, ByteView secret_and_pin) const;

  // ---- writing a new object: only for a slot that is still a reservation, so that no existing
  // document can be opened this way (anything else is a CHECK).
  FileKey NewFileKey(SlotNumber reserved, const AccessShare& access, const DocumentId& document,
                     std::uint32_t version) const;
  FileKey NewDerivedKey(SlotNumber reserved, const AccessShare& access, const DocumentId& document,
                        std::uint32_t version, std::string_view name) const;
  Bytes SealNewDetail(SlotNumber reserved, const AccessShare& access, const ObjectId& object,
                      std::uint32_t version, const ColumnPlace& place, ByteView plaintext) const;

  // ---- opening
  // Unwrap opens the path to the access share and joins it with the erasure share.
  // Uses up: receipt. Errors: kExpired the receipt is older than 60 s at `now`, or its loan's key
  // is destroyed; kDenied an entry on the way is closed; kNotFound the object's key is destroyed;
  // kCorrupt the box does not fit.
  Result<OpenedObject> Unwrap(OpeningReceipt receipt, const BoxPath& path, UnixSeconds now) const;
  // UnwrapShared is Unwrap for a link, whose box held the access share itself.
  Result<OpenedObject> UnwrapShared(OpeningReceipt receipt, AccessShare access,
                                    UnixSeconds now) const;

  // ---- destroying (FORMAT.md §5, P1–P4)
  // Shred stages, commits, verifies from the device and destroys E of the old epoch.
  // When nothing named is alive and free of a hold, there is no new epoch.
  // Uses up: receipt. A failure on the way stops the process; start-up finishes or undoes it.
  // Errors (nothing has changed): kConflict a slot holds another object's key; kInvalid a system
  // slot; kCorrupt; kUnavailable the standby is not reached. Where it is lost on the way, the keys
  // are gone from the primary, and the result says of the standby that it has not erased yet.
  Result<EpochResult> Shred(IntentReceipt receipt);

 private:
  friend class SlotReservation;
  struct State;
  explicit KeyKeeper(std::unique_ptr<State> state);
  // OpenCopy is Open for a copy in any state.
  static Result<std::unique_ptr<KeyKeeper>> OpenCopy(Disk& disk, RandomSource& random,
                                                     KeyKeeperOptions options, UnsealKey unseal);
  std::unique_ptr<State> state_;
};

}  // namespace vault
