// Drill: a backup put together beside the running vault, looked into, and taken away again
// (FORMAT.md §12).
//
// The key tree is copied, never backed up, so a drill needs one: its copy's root stands under a
// secret in memory alone, and what a drill leaves on a disk, if it is cut short, opens with
// nothing. While that copy can be opened nothing is destroyed in the vault; a destruction that
// falls due ends the drill.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "vault/backup.h"
#include "vault/core.h"
#include "vault/documents.h"

namespace vault {

class Vault;

struct DrillWish {
  std::string backup;   // folder
  std::string scratch;  // folder, absent or of an earlier drill; empty: DATA.drill
};

struct DrillReport {
  UnixSeconds backup = 0;       // when it was made
  std::uint64_t blobs = 0;      // in it, every one read whole
  std::uint64_t tried = 0;      // living documents that were opened from it
  std::uint64_t failed = 0;     // of them, did not open whole: none must
  std::uint64_t newer = 0;      // of those drawn, filed after the backup: nothing to try
  std::uint64_t destroyed = 0;  // destroyed documents that were tried, first those it still knew
  std::uint64_t revived = 0;    // of them, opened: none must
  std::uint64_t ended = 0;      // documents of the backup that were destroyed since
  std::uint64_t people = 0;     // people of the backup who could not sign in after a restore
  std::uint64_t orphans = 0;    // keys that the backup's register does not know
  bool passed = false;
};

// DrillFigure is one number of a report: its name, in JSON and in the log, and what people are told
// after it when it is not zero. Without words they are told in a sentence of its own.
struct DrillFigure {
  std::string_view name;
  std::uint64_t DrillReport::*count;
  std::string_view words;
};
inline constexpr std::array<DrillFigure, 9> kDrillFigures = {{
    {"blobs", &DrillReport::blobs, ""},
    {"tried", &DrillReport::tried,
     "living documents were opened from it, from the first byte to the last."},
    {"failed", &DrillReport::failed, "of them did NOT open: all must."},
    {"newer", &DrillReport::newer, "of those drawn were filed after the backup."},
    {"destroyed", &DrillReport::destroyed, "destroyed documents were tried, and must not open."},
    {"revived", &DrillReport::revived, "of them OPENED: none must."},
    {"ended", &DrillReport::ended, "documents of the backup were destroyed since, and stay so."},
    {"people", &DrillReport::people,
     "people could not sign in after a restore: ended, or a new password."},
    {"orphans", &DrillReport::orphans, "keys would have no row: what was made since the backup."},
}};

// RemoveDrillLeft takes away what a drill that was cut short left behind. When the vault's folder
// is taken, before anything in it is opened. What cannot be removed is logged, and tried again.
void RemoveDrillLeft(Disk& disk, const std::string& data);

// Drills.    Threads: safe from any thread; one drill at a time.
class Drills {
 public:
  // OpenScratch opens a vault in a folder in which a restore is laid ready, with a copied tree, of
  // which it uses up all but the lease.
  using OpenScratch =
      std::function<Result<std::unique_ptr<Vault>>(ScratchTree&, const std::string&)>;

  Drills(Core& core, Documents& documents, OpenScratch open)
      : core_(core), documents_(documents), open_(std::move(open)) {}

  // Run plays a whole restore and opens a sample of what the actor may read, in the restored vault
  // alone. The vault goes on meanwhile, and is not touched: its log says that a drill began and
  // what came of it, passed or not, and of the drill no file is left.
  //
  // Order:  logged → backup laid out, every blob read → tree copied → opened, tried, closed →
  //         folder removed → result logged.
  // Errors: kDenied not an officer of the unit; kInvalid the scratch folder lies in the data folder
  // or the backup; kConflict it holds something else, or nothing in the backup is for this person
  // to read; kUnavailable too little room, another drill is running, or a destruction fell due;
  // what a restore would meet: kNotFound, kCorrupt, kConflict; those of progress.
  Result<DrillReport> Run(const Actor& actor, const DrillWish& wish, const ProgressSink& progress);

 private:
  struct Play;
  Result<DrillReport> Restore(Play& play);
  Status Draw(Play& play);
  Status DrawDestroyed(Play& play, Database& backup);
  Status Look(Play& play);
  Status Settle(Play& play);
  Status Record(const Actor& actor, const std::function<void(LogEntry&)>& say);
  Core& core_;
  Documents& documents_;
  const OpenScratch open_;
  std::mutex busy_;
};

}  // namespace vault
