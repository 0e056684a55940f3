#include "vault/store/write_behind.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "vault/base/wiped.h"

namespace vault {

WriteBehind::Buffer::~Buffer() { WipeMemory(bytes_.get(), touched_); }

void WriteBehind::Buffer::Swap(Buffer& other) {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  std::swap(touched_, other.touched_);
}

std::size_t WriteBehind::Buffer::Take(ByteView bytes) {
  if (!bytes_) bytes_ = std::make_unique_for_overwrite<std::uint8_t[]>(kBuffer);
  const std::size_t part = std::min(bytes.size(), kBuffer - size_);
  std::copy_n(bytes.data(), part, bytes_.get() + size_);
  size_ += part;
  touched_ = std::max(touched_, size_);
  return part;
}

WriteBehind::WriteBehind(DiskFile& file) : file_(file) {}

WriteBehind::~WriteBehind() { Stop(); }

Status WriteBehind::Write(ByteView bytes) {
  while (!bytes.empty()) {
    bytes = bytes.subspan(filling_.Take(bytes));
    if (filling_.size() == kBuffer) TRY_VOID(HandOver());
  }
  return Ok();
}

Status WriteBehind::Finish() {
  TRY_VOID(WaitUntilIdle());
  if (filling_.size() != 0) {
    // Idle, so the file is ours; waking the thread for the last piece would gain nothing.
    Status written = file_.WriteAt(offset_, filling_.view());
    if (!written.ok()) {
      const std::lock_guard<std::mutex> lock(mutex_);
      failure_ = written;
      return written;
    }
    offset_ += filling_.size();
    filling_.Clear();
  }
  Stop();
  return Ok();
}

Status WriteBehind::HandOver() {
  TRY_VOID(WaitUntilIdle());
  if (!thread_.joinable()) {
    try {
      thread_ = std::thread(&WriteBehind::Work, this);
    } catch (const std::system_error&) {
      return Unavailable("no thread for writing can be started");
    }
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    filling_.Swap(writing_);
    writing_offset_ = offset_;
    offset_ += writing_.size();
    busy_ = true;
  }
  changed_.notify_all();
  filling_.Clear();
  return Ok();
}

Status WriteBehind::WaitUntilIdle() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return !busy_; });
  return failure_;
}

void WriteBehind::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  stopping_ = false;
}

void WriteBehind::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return busy_ || stopping_; });
    if (!busy_) return;
    lock.unlock();
    Status written = file_.WriteAt(writing_offset_, writing_.view());
    lock.lock();
    if (!written.ok()) failure_ = std::move(written);
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace vault
