// GroupCommit: acts that come while a commit runs share the next one.
//
// A commit costs a sync of each file, whether it holds one act or twenty. So whoever files or opens
// puts the act in a queue; the first to get the register's lock takes all that wait and commits
// them at once (FORMAT.md §8). Nobody waits for company: alone, an act is committed straight away.
// As the lock is held from the first act of a group to its sync, no other request ever sees a row
// that could still be lost.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace vault {

// RegisterMutex is a recursive mutex that can tell whether this thread has it.
class RegisterMutex {
 public:
  void lock();
  bool try_lock();
  void unlock();
  bool HeldHere() const { return holder_.load() == std::this_thread::get_id(); }

 private:
  std::recursive_mutex mutex_;
  std::atomic<std::thread::id> holder_{};
  std::size_t depth_ = 0;  // the holder's
};

// GroupCommit.    Threads: safe from any thread.
class GroupCommit {
 public:
  static constexpr std::size_t kMost = 256;

  // Turn is an act in the queue. It lives where its thread waits.
  class Turn {
   public:
    virtual ~Turn() = default;

   private:
    friend class GroupCommit;
    bool done_ = false;
  };
  // Commit settles every turn, in order, and says in each what became of it. Under the lock.
  using Commit = std::function<void(std::span<Turn* const>)>;

  GroupCommit(RegisterMutex& mutex, Commit commit) : register_(mutex), commit_(std::move(commit)) {}
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  // Take returns when the turn is settled. A thread that has the lock already settles its turn
  // alone: it could not wait for another to get the lock.
  void Take(Turn& turn);
  // waiting counts the turns in the queue.
  std::size_t waiting() const;

 private:
  RegisterMutex& register_;
  Commit commit_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Turn*> queue_;
  bool led_ = false;  // a thread is on its way to a commit
};

}  // namespace vault
