// Backup: ciphertext is backed up, keys are only replicated (FORMAT.md §11).
//
// A backup holds the blobs, one consistent copy of the register, the log's files and a signed
// manifest. It never holds keys.db, a cell or the unseal file: with today's key tree it opens what
// lives, and without it nothing.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "vault/backup_manifest.h"
#include "vault/core.h"

namespace vault {

// WorkProgress says how many bytes of the work are done.
struct WorkProgress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
};
// ProgressSink hears of progress; its error stops the work.
using ProgressSink = std::function<Status(const WorkProgress&)>;

struct BackupReport {
  UnixSeconds time = 0;
  std::uint64_t epoch = 0;
  std::uint64_t log_size = 0;
  std::uint64_t blobs = 0;    // in the backup
  std::uint64_t copied = 0;   // of them, copied now
  std::uint64_t removed = 0;  // no longer in the vault, removed from the folder
  std::uint64_t missing = 0;  // named by a live row and not in the store: damage to look into
  std::uint64_t bytes = 0;    // of all blobs
};

// BackupFigure is one number of a report, as JSON names it.
struct BackupFigure {
  std::string_view name;
  std::uint64_t BackupReport::*count;
};
inline constexpr std::array<BackupFigure, 7> kBackupFigures = {{
    {"epoch", &BackupReport::epoch},
    {"log_size", &BackupReport::log_size},
    {"blobs", &BackupReport::blobs},
    {"copied", &BackupReport::copied},
    {"removed", &BackupReport::removed},
    {"missing", &BackupReport::missing},
    {"bytes", &BackupReport::bytes},
}};

// BackupAge is the last backup, and what a restore of it would not bring back.
struct BackupAge {
  std::optional<UnixSeconds> time;  // empty: none was ever made
  std::uint64_t matters = 0;        // made since: their documents would stay closed
  std::uint64_t people = 0;         // added since, or with a new password: they could not sign in
  std::uint64_t documents = 0;      // filed since: not in the backup
};

// Backups.    Threads: safe from any thread; one backup at a time.
class Backups {
 public:
  explicit Backups(Core& core) : core_(core) {}

  // Make writes a backup into a folder: an absent or empty one, or one that holds an earlier backup
  // of this vault, of which it keeps the blobs that are still there. Filing and reading go on.
  //
  // Order:   register copied → blobs copied, read back → manifest renamed into place: until then
  //          the earlier backup is whole → blobs that the vault no longer has are removed → log
  //          line.
  // Errors:  kInvalid the folder is inside the data folder, or not absolute; kConflict it holds
  //          something else, or another vault's backup; kUnavailable another backup is running, or
  //          the disk; kCorrupt the disk does not keep what it is given; those of `progress`.
  struct Wish {
    std::string folder;
    std::optional<std::string> actor;  // finished pseudonym for the log
  };
  Result<BackupReport> Make(const Wish& wish, const ProgressSink& progress);

  Result<BackupAge> Age();

 private:
  struct Run;
  Status PrepareFolder(Run& run);
  Status CopyRegister(Run& run);
  Status CopyLog(Run& run);
  Status CopyBlobs(Run& run);
  Status CountMissing(Run& run);
  Status Publish(Run& run);
  Status Tidy(Run& run);
  Core& core_;
  std::mutex busy_;
};

}  // namespace vault
