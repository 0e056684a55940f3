// UnsafeDisk: records every step of a life, and lets one of them go wrong.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <utility>

#include "tests/campaign/record.h"
#include "vault/store/disk.h"

namespace vault {

// Mishap is what happens at the chosen step. After a crash there is nothing more; after the others
// the disk is healthy again.
enum class Mishap {
  kNone,
  kLost,          // reported failed, and not done
  kKept,          // reported failed, and done
  kCrashBefore,   // the process ends before the step
  kCrashAfter,    // the process ends when the step is done, before anybody hears of it
  kCrashHalfway,  // of a write, some sectors are done
};

inline constexpr int kCrashedExit = 77;

class UnsafeDisk final : public DiskObserver {
 public:
  UnsafeDisk(Record& record, std::string root) : record_(record), root_(std::move(root)) {}

  // Arm lets the n-th step from now go wrong; a number that never comes is no fault. With an
  // action only steps of that kind count.
  void Arm(Mishap mishap, int step, std::optional<DiskAction> only) {
    mishap_ = mishap;
    left_ = step;
    only_ = only;
  }
  void Disarm() { mishap_ = Mishap::kNone; }

  DiskVerdict OnStep(const DiskStep& step) override {
    const bool counts = mishap_ != Mishap::kNone && (!only_ || *only_ == step.action);
    if (counts && --left_ == 0) return GoWrong(step);
    record_.Append(step, root_);
    return DiskVerdict::kProceed;
  }

 private:
  DiskVerdict GoWrong(const DiskStep& step) {
    record_.MarkStruck();
    const Mishap mishap = std::exchange(mishap_, Mishap::kNone);
    if (mishap == Mishap::kLost) return DiskVerdict::kLose;
    if (mishap == Mishap::kKept) {
      record_.Append(step, root_);
      return DiskVerdict::kFailButKeep;
    }
    DiskStep done = step;
    if (mishap == Mishap::kCrashHalfway && step.action == DiskAction::kWrite) {
      constexpr std::size_t kSector = 512;
      done.bytes = step.bytes.first(step.bytes.size() / 2 / kSector * kSector);
    }
    if (mishap != Mishap::kCrashBefore) {
      record_.Append(done, root_);
      Take(done);
    }
    // No destructor runs and no buffer is flushed: the machine stops here.
    ::_exit(kCrashedExit);
  }

  // Take does the step itself, as the file system would have.
  static void Take(const DiskStep& step) {
    const std::string path(step.path);
    const int file = step.action == DiskAction::kCreate && !path.ends_with('/')
                         ? ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)
                         : ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    bool done = true;
    switch (step.action) {
      case DiskAction::kCreate:
        if (path.ends_with('/')) done = ::mkdir(path.c_str(), 0700) == 0;
        break;
      case DiskAction::kWrite:
        done = ::pwrite(file, step.bytes.data(), step.bytes.size(),
                        static_cast<off_t>(step.offset)) >= 0;
        break;
      case DiskAction::kTruncate:
        done = ::ftruncate(file, static_cast<off_t>(step.offset)) == 0;
        break;
      case DiskAction::kRename:
        done = ::rename(path.c_str(), std::string(step.target).c_str()) == 0;
        break;
      case DiskAction::kUnlink:
        done = ::unlink(path.c_str()) == 0;
        break;
      case DiskAction::kSync:
      case DiskAction::kSyncFolder:
        break;
    }
    CHECK(done);
  }

  Record& record_;
  const std::string root_;
  Mishap mishap_ = Mishap::kNone;
  int left_ = 0;
  std::optional<DiskAction> only_;
};

}  // namespace vault
