// WriteBehind: a stream into a file whose writing runs beside the caller's own work.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/store/disk.h"

namespace vault {

// WriteBehind collects bytes and writes them in order, a buffer at a time, on a thread of its own;
// a stream that fits one buffer starts no thread.
//
// Memory: two buffers of kBuffer bytes, whatever the length.    Threads: one caller.
class WriteBehind {
 public:
  static constexpr std::size_t kBuffer = 1024 * 1024;

  // The file must outlive this.
  explicit WriteBehind(DiskFile& file);
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;
  ~WriteBehind();

  // Write takes the next bytes. Errors: kUnavailable an earlier write failed; it stays failed.
  Status Write(ByteView bytes);
  // Finish writes what is left and waits for all of it. No sync.
  Status Finish();
  // capacity is the memory held by the buffers, in bytes.
  std::size_t capacity() const { return filling_.capacity() + writing_.capacity(); }

 private:
  Status HandOver();
  Status WaitUntilIdle();
  void Stop();
  void Work();

  DiskFile& file_;
  Bytes filling_;             // the caller's
  std::uint64_t offset_ = 0;  // the caller's: where filling_ will go
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_; while busy_, writing_ and writing_offset_ are the thread's.
  bool busy_ = false;
  bool stopping_ = false;
  Status failure_;
  Bytes writing_;
  std::uint64_t writing_offset_ = 0;
};

}  // namespace vault
