// FaultyDisk: a disk that fails at the n-th step.
//
// A test counts n up until the fault no longer comes:
//   for (int n = 1;; n += kFaultStride) {
//     FaultyDisk faults(n, DiskVerdict::kLose, AfterFault::kCrash);
//     Disk disk(&faults);
//     ... act; look at what a new Disk(nullptr) finds ...
//     if (!faults.struck()) break;
//   }
#pragma once

#include <functional>
#include <mutex>
#include <utility>

#include "tests/support/sanitizers.h"
#include "vault/store/disk.h"

namespace vault {

// kFaultStride is the way from one step that fails to the next. Without a sanitizer each one fails,
// in its turn; under one every start takes many times as long, and what it looks for does not hang
// on the very step.
inline constexpr int kFaultStride = kUnderSanitizer ? 5 : 1;

// AfterFault says what comes after the step that failed: a healthy disk, or nothing ever again, as
// when the machine stops at that moment.
enum class AfterFault { kContinue, kCrash };

// FaultyDisk fails one step, either lost or reported failed but kept. Threads: safe from any.
class FaultyDisk final : public DiskObserver {
 public:
  // A step of 0 never comes.
  FaultyDisk(int step, DiskVerdict fault, AfterFault after)
      : step_(step), fault_(fault), after_(after) {}

  // CountOnly makes only the steps count for which it says true.
  void CountOnly(std::function<bool(const DiskStep&)> counts) { counts_ = std::move(counts); }

  DiskVerdict OnStep(const DiskStep& step) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (struck_ && after_ == AfterFault::kCrash) return DiskVerdict::kLose;
    if (counts_ && !counts_(step)) return DiskVerdict::kProceed;
    ++count_;
    if (count_ != step_) return DiskVerdict::kProceed;
    struck_ = true;
    return fault_;
  }

  // count is the number of steps counted so far.
  int count() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return count_;
  }
  // struck says whether the fault has come.
  bool struck() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return struck_;
  }

 private:
  mutable std::mutex mutex_;
  const int step_;
  const DiskVerdict fault_;
  const AfterFault after_;
  std::function<bool(const DiskStep&)> counts_;
  int count_ = 0;
  bool struck_ = false;
};

}  // namespace vault
