// ScratchLease: for as long as a scratch copy of the tree can be opened, no epoch changes. A secret
// in memory would otherwise open what was destroyed meanwhile.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

namespace vault {

// ScratchLease.    Threads: safe from any thread.
class ScratchLease {
 public:
  // Desk is what the leases of one tree have in common.
  class Desk {
   public:
    // Ask tells every lease that runs to end, and does not wait.
    void Ask();
    // End asks every lease to end and waits until the last has. No new one may be taken meanwhile.
    void End();

   private:
    friend class ScratchLease;
    std::mutex mutex_;
    std::condition_variable ended_;
    unsigned running_ = 0;
    unsigned waiting_ = 0;
    bool asked_ = false;
  };

  explicit ScratchLease(std::shared_ptr<Desk> desk);
  ScratchLease(const ScratchLease&) = delete;
  ScratchLease& operator=(const ScratchLease&) = delete;
  ~ScratchLease();

  // wanted says that an epoch waits for this to end, or is about to. Whoever holds it asks often.
  bool wanted() const;

 private:
  const std::shared_ptr<Desk> desk_;
};

}  // namespace vault
