// DeletionDebt: everything that is due and not destroyed, with the reason.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "vault/core.h"

namespace vault {

// DebtReason says why something due is still there.
enum class DebtReason : std::uint8_t {
  kApproval,     // a record that waits for two people
  kBreaker,      // too much at once: waits for its release by two people
  kUnfinished,   // begun, and not finished
  kUnproved,     // its key is gone, and the proof or the certificate is owed
  kProvisional,  // a copy of the key tree has still to erase
  kFile,         // ciphertext without a key that could not be unlinked
  kLeftover,     // its key is gone, and bytes it had sealed were still found in the register
  kFailed,       // the destruction failed before it began
  kNoRow,        // the key tree calls it due, and the register knows nothing of it
};
// AllDebtReasons lists them once, for whoever counts them all.
std::vector<DebtReason> AllDebtReasons();
std::string_view DebtReasonName(DebtReason reason);   // "approval", …
std::string_view DebtReasonWords(DebtReason reason);  // a plain sentence

// DebtItem is one line of `disposal debt`.
struct DebtItem {
  DebtReason reason = DebtReason::kUnfinished;
  std::uint64_t objects = 0;
  std::optional<DisposalId> batch;
  std::string rule;
  std::string trigger;
  UnixSeconds due = 0;
  std::optional<UnixSeconds> since;
  std::uint32_t failures = 0;
};

class DeletionDebt {
 public:
  explicit DeletionDebt(Core& core) : core_(core) {}

  // List gives every batch, file and key in debt.
  Result<std::vector<DebtItem>> List();
  // Count is the number of objects in debt; ByReason tells them apart.
  Result<std::uint64_t> Count();
  Result<std::map<DebtReason, std::uint64_t>> ByReason();
  // Warnings gives plain sentences for whoever looks after the vault.
  Result<std::vector<std::string>> Warnings();

  // Note writes down, in the caller's transaction, one key that is due and could not be destroyed,
  // or that has no row; what a sweep does not note again is forgotten by Forget.
  struct Key {
    DebtReason reason = DebtReason::kFailed;
    SlotNumber slot = 0;
    EntryType type = EntryType::kEmpty;
    ObjectId object;
    std::uint32_t version = 0;
    std::string rule;
    std::string trigger;
    UnixSeconds due = 0;
  };
  Status Note(const Key& key, UnixSeconds now);
  // Forget drops, in the caller's transaction, what was last noted before a moment, of one reason.
  Status Forget(DebtReason reason, UnixSeconds before);
  // Settle drops, in a commit of its own, what is owed no more: failures that are not among those
  // of this sweep, by slot, and keys that are gone. None where there is nothing to drop.
  Status Settle(const std::set<SlotNumber>& failed);

 private:
  Core& core_;
};

}  // namespace vault
