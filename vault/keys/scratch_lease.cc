#include "vault/keys/scratch_lease.h"

namespace vault {

void ScratchLease::Desk::Ask() {
  const std::lock_guard<std::mutex> lock(mutex_);
  asked_ = running_ != 0;
}

void ScratchLease::Desk::End() {
  std::unique_lock<std::mutex> lock(mutex_);
  ++waiting_;
  ended_.wait(lock, [this] { return running_ == 0; });
  --waiting_;
}

ScratchLease::ScratchLease(std::shared_ptr<Desk> desk) : desk_(std::move(desk)) {
  const std::lock_guard<std::mutex> lock(desk_->mutex_);
  ++desk_->running_;
}

ScratchLease::~ScratchLease() {
  const std::lock_guard<std::mutex> lock(desk_->mutex_);
  if (--desk_->running_ == 0) desk_->asked_ = false;
  desk_->ended_.notify_all();
}

bool ScratchLease::wanted() const {
  const std::lock_guard<std::mutex> lock(desk_->mutex_);
  return desk_->asked_ || desk_->waiting_ != 0;
}

}  // namespace vault
