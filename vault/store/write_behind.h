// WriteBehind: a stream into a file whose writing runs beside the caller's own work.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/store/disk.h"

namespace vault {

// WriteBehind collects bytes and writes them in order, a buffer at a time, on a thread of its own;
// a stream shorter than one buffer starts no thread.
//
// Memory: two buffers of kBuffer bytes, whatever the length; wiped when they go, since a document
// in clear may have passed through them.    Threads: one caller.
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
  // Buffer holds up to kBuffer bytes. Wiped as far as it was ever filled: the memory of a short
  // stream is mostly never touched.
  class Buffer {
   public:
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer();
    void Swap(Buffer& other);
    // Take appends what still fits and says how much that was.
    std::size_t Take(ByteView bytes);
    void Clear() { size_ = 0; }
    ByteView view() const { return {bytes_.get(), size_}; }
    std::size_t size() const { return size_; }
    std::size_t capacity() const { return bytes_ ? kBuffer : 0; }

   private:
    std::unique_ptr<std::uint8_t[]> bytes_;
    std::size_t size_ = 0;
    std::size_t touched_ = 0;
  };

  Status HandOver();
  Status WaitUntilIdle();
  void Stop();
  void Work();

  DiskFile& file_;
  Buffer filling_;            // the caller's
  std::uint64_t offset_ = 0;  // the caller's: where filling_ will go
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_; while busy_, writing_ and writing_offset_ are the thread's.
  bool busy_ = false;
  bool stopping_ = false;
  Status failure_;
  Buffer writing_;
  std::uint64_t writing_offset_ = 0;
};

}  // namespace vault
