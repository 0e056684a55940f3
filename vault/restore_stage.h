// RestoreStage: a restore on its way inside a data folder. Included by its parts and by the vault's
// start, which finishes it.
//
//   DATA/restore/plan             "strongroom-restore/v1\n" "id " hex "\n": written last, removed
//   first DATA/restore/manifest         the backup's DATA/restore/register-backup.db,
//   register-tree.db, keys.db    copies, each perhaps with its -wal DATA/restore/checkpoint-<n>
//   notes that somebody kept DATA/restore/tree-installed   keys.db of the stage took the place of
//   DATA's own DATA/restore/register-next.db the chosen register, ready: it only has to take its
//   place DATA/restore/replaced/        what was in the way; afterwards DATA/replaced-<n>/
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "vault/core.h"
#include "vault/keys/key_keeper.h"

namespace vault {

// StagePaths names the files of a stage.
struct StagePaths {
  explicit StagePaths(const std::string& data_folder)
      : data(data_folder), folder(data_folder + "/restore") {}
  std::string data;
  std::string folder;
  std::string At(std::string_view name) const { return folder + "/" + std::string(name); }
  std::string plan() const { return At("plan"); }
  std::string tree() const { return At("keys.db"); }
  std::string next_register() const { return At("register-next.db"); }
  std::string replaced() const { return At("replaced"); }
};

// IsStaged says whether a restore waits to be finished in a data folder.
bool IsStaged(const Disk& disk, const std::string& data);

// TidyStage removes what a restore that is over, or was never planned, left behind; what it
// replaced is kept as DATA/replaced-<n>.
Status TidyStage(Disk& disk, const std::string& data);

// CopyDatabaseFiles copies a database file and its log, neither of them in use.
Status CopyDatabaseFiles(Disk& disk, const std::string& from, const std::string& to);
// RemoveDatabaseFiles removes a database file, its log and the log's index.
Status RemoveDatabaseFiles(Disk& disk, const std::string& path);
// PutAside moves a database file and its log into the folder of what was replaced.
Status PutAside(Disk& disk, const std::string& path, const std::string& folder);

// CellOpener opens the vault's cells once more.
using CellOpener = std::function<Result<std::vector<std::unique_ptr<ErasureCell>>>()>;

// InstallStagedTree puts the staged key tree in the place of DATA's own, if it is the current one
// and DATA's own is not. Before the KeyKeeper is opened.
// Errors: those of KeyKeeper::Open for the staged tree: it is not the current one.
Status InstallStagedTree(Disk& disk, RandomSource& random, const std::string& data,
                         const UnsealKey& unseal, const CellOpener& cells);

// InstallStagedRegister chooses the newest register that can be had, continues its log or begins a
// new one, and puts it in its place. With the keeper, before the register is opened.
// Errors: kConflict the key tree is older than the register; kCorrupt no register is whole, or the
// manifest is not this vault's; kInvalid a checkpoint is not this vault's; kUnavailable.
Status InstallStagedRegister(Disk& disk, RandomSource& random, const KeyKeeper& keeper,
                             const std::string& data);

// kRestoreMeta is the register's word that a restore has not been reconciled yet.
inline constexpr std::string_view kRestoreMeta = "restore";

}  // namespace vault
