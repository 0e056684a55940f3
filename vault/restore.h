// Restore: puts the newest pieces of a vault that can be had together again (FORMAT.md §11).
//
// A restore is staged in the data folder without any key, and finished by the next unsealing,
// whoever does it and with whatever secret: until then nothing that was there is lost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/vault.h"

namespace vault {

struct RestoreWish {
  std::string backup;  // folder
  // Where the current key tree is, if not in the data folder: a data folder kept aside, or the
  // folder of a copy that was made the primary.
  std::optional<std::string> tree;
  std::vector<std::string> checkpoints;  // notes that somebody kept; the log never forks from them
  // Whose tree is laid into the data folder afterwards, before it is unsealed: no other is looked
  // for (a drill).
  std::optional<StoreId> tree_later = {};
};

struct StagedRestore {
  std::uint64_t blobs = 0;   // in the backup
  std::uint64_t copied = 0;  // into the data folder: absent or damaged there
};

// StageRestore copies blobs that are absent or damaged into the data folder, and lays register,
// tree and checkpoints beside them. An earlier stage is replaced.
//
// Errors: kNotFound no finished backup, or no key tree anywhere; kConflict another process works in
// a folder, or the backup is another vault's; kCorrupt a file of the backup is not the one that was
// written; kInvalid; kUnavailable; those of `progress`.
Result<StagedRestore> StageRestore(const VaultWorld& world, const VaultPlace& place,
                                   const RestoreWish& wish, const ProgressSink& progress);

// AbandonRestore takes a stage back that cannot be finished: the data folder is as it was, but for
// blobs that were missing. Errors: kConflict; kUnavailable.
Status AbandonRestore(const VaultWorld& world, const VaultPlace& place);

}  // namespace vault
