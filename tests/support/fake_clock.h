// FakeClock: a system clock that stands still until a test moves it.
#pragma once

#include <atomic>

#include "vault/base/clock.h"

namespace vault {

// FakeClock has the two readings of a machine: one that people can set, one that only counts on.
// Threads: safe from any thread.
class FakeClock final : public SystemClock {
 public:
  explicit FakeClock(UnixSeconds realtime) : realtime_(realtime) {}

  UnixSeconds Realtime() const override { return realtime_; }
  UnixSeconds Boottime() const override { return boottime_; }

  // Pass lets time go by on both.
  void Pass(UnixSeconds seconds) {
    realtime_ += seconds;
    boottime_ += seconds;
  }
  // SetRealtime is somebody setting the clock, right or wrong.
  void SetRealtime(UnixSeconds realtime) { realtime_ = realtime; }
  // Restart is the machine starting again: the counter begins anew.
  void Restart() { boottime_ = 0; }

 private:
  std::atomic<UnixSeconds> realtime_;
  std::atomic<UnixSeconds> boottime_{1000};
};

}  // namespace vault
