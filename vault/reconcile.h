// Reconciliation: key tree and register compared at the start, before anybody is served.
//
// The key tree says what lives. A row without a live key is destroyed; a key without a row is
// closed and reported, and never destroyed by itself (FORMAT.md §5, §11).
#pragma once

#include <cstdint>
#include <optional>

#include "vault/comparison.h"
#include "vault/core.h"
#include "vault/crypto/container.h"

namespace vault {

// RestoreOutcome is what an older register brought with it.
struct RestoreOutcome {
  std::uint64_t documents = 0;   // versions whose keys were destroyed since
  std::uint64_t people = 0;      // ended: they ended since, or have another password
  std::uint64_t loans = 0;       // and links
  std::uint64_t others = 0;      // matters, subjects
  std::uint64_t holds = 0;       // found in the key tree without a row, and placed again
  std::uint64_t orphans = 0;     // keys without a row
  std::uint64_t dust = 0;        // blobs removed
  std::uint64_t unreadable = 0;  // blobs that belong to nothing, kept
};

class Reconciliation {
 public:
  explicit Reconciliation(Core& core) : core_(core) {}

  // Run compares when the insert counters differ, or when the register comes out of a restore; then
  // it also ends rows whose keys are destroyed.
  // Errors: kConflict the key tree is older than the register; kUnavailable.
  Status Run();
  // SweepDust removes blobs whose slot is empty, spent or another's, in the area of new blobs, and
  // after a restore in the whole store.
  Status SweepDust();
  Result<std::uint64_t> OrphanCount();
  // restored is there once a restore has been reconciled by this start.
  const std::optional<RestoreOutcome>& restored() const { return outcome_; }

 private:
  Result<bool> AfterRestore();
  Result<Findings> Compare(std::uint64_t inserts);
  Status RenewNames(Transaction& transaction, SlotNumber lookup);
  Status Apply(Transaction& transaction, const Findings& findings);
  Status ShredUnmade(const Findings& findings);
  Status ReplaceHolds(Transaction& transaction, const Findings& findings);
  Status AskToReview(Transaction& transaction);
  Result<bool> IsCovered(const SlotEntry& entry);
  Status CloseUnreleased();
  Status CloseOrphans();
  Status Adopt(const BlobName& name, const ContainerHeader& header);
  Core& core_;
  bool after_restore_ = false;
  std::optional<RestoreOutcome> outcome_;
};

}  // namespace vault
