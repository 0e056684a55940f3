// SweepJob: the sweep in the background: what falls due goes without anybody signed in.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "daemon/api/context.h"

namespace service {

// SweepJob runs a sweep at once and then after every pause, while the vault is unsealed and its
// date confirmed.
//
// Threads: its own; Stop and the destructor wait for a sweep that is under way.
class SweepJob {
 public:
  SweepJob(Context& context, std::chrono::milliseconds pause);
  ~SweepJob() { Stop(); }
  SweepJob(const SweepJob&) = delete;
  SweepJob& operator=(const SweepJob&) = delete;
  void Stop();

  // RunOnce is one sweep. Errors: kUnavailable sealed, not anchored, or another sweep runs.
  static vault::Status RunOnce(Context& context);

 private:
  void Loop();
  Context& context_;
  const std::chrono::milliseconds pause_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace service
