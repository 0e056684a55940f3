#include "vault/store/write_behind.h"

#include <algorithm>
#include <system_error>

namespace vault {

WriteBehind::WriteBehind(DiskFile& file) : file_(file) {}

WriteBehind::~WriteBehind() { Stop(); }

Status WriteBehind::Write(ByteView bytes) {
  while (!bytes.empty()) {
    if (filling_.capacity() < kBuffer) filling_.reserve(kBuffer);
    const std::size_t part = std::min(bytes.size(), kBuffer - filling_.size());
    filling_.insert(filling_.end(), bytes.begin(), bytes.begin() + static_cast<long>(part));
    bytes = bytes.subspan(part);
    if (filling_.size() == kBuffer) TRY_VOID(HandOver());
  }
  return Ok();
}

Status WriteBehind::Finish() {
  TRY_VOID(WaitUntilIdle());
  if (!filling_.empty()) {
    // Idle, so the file is ours; waking the thread for the last piece would gain nothing.
    Status written = file_.WriteAt(offset_, filling_);
    if (!written.ok()) {
      const std::lock_guard<std::mutex> lock(mutex_);
      failure_ = written;
      return written;
    }
    offset_ += filling_.size();
    filling_.clear();
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
    std::swap(filling_, writing_);
    writing_offset_ = offset_;
    offset_ += writing_.size();
    busy_ = true;
  }
  changed_.notify_all();
  filling_.clear();
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
    Status written = file_.WriteAt(writing_offset_, writing_);
    lock.lock();
    if (!written.ok()) failure_ = std::move(written);
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace vault
