#include "vault/group_commit.h"

#include <algorithm>

namespace vault {

void RegisterMutex::lock() {
  mutex_.lock();
  if (depth_++ == 0) holder_ = std::this_thread::get_id();
}

bool RegisterMutex::try_lock() {
  if (!mutex_.try_lock()) return false;
  if (depth_++ == 0) holder_ = std::this_thread::get_id();
  return true;
}

void RegisterMutex::unlock() {
  if (--depth_ == 0) holder_ = std::thread::id();
  mutex_.unlock();
}

void GroupCommit::Take(Turn& turn) {
  if (register_.HeldHere()) {
    Turn* alone = &turn;
    commit_({&alone, 1});
    return;
  }
  std::unique_lock lock(mutex_);
  queue_.push_back(&turn);
  while (true) {
    changed_.wait(lock, [&] { return turn.done_ || !led_; });
    if (turn.done_) return;
    led_ = true;
    lock.unlock();
    std::vector<Turn*> group;
    {
      const std::lock_guard held(register_);
      // Only now: whoever came while we waited for the lock comes along.
      lock.lock();
      const auto end = queue_.begin() + static_cast<long>(std::min(queue_.size(), kMost));
      group.assign(queue_.begin(), end);
      queue_.erase(queue_.begin(), end);
      lock.unlock();
      commit_(group);
    }
    lock.lock();
    led_ = false;
    for (Turn* settled : group) settled->done_ = true;
    // A turn may be gone from here on: its thread returns.
    changed_.notify_all();
  }
}

std::size_t GroupCommit::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

}  // namespace vault
