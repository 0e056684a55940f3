#include "daemon/jobs/sweep.h"

#include <string>

#include "vault/base/log.h"

namespace service {

using vault::Status;

SweepJob::SweepJob(Context& context, std::chrono::milliseconds pause)
    : context_(context), pause_(pause), thread_([this] { Loop(); }) {}

void SweepJob::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status SweepJob::RunOnce(Context& context) {
  TRY(const VaultGate::Pass pass, context.gate.Enter());
  const std::unique_lock<std::mutex> turn(context.sweeping, std::try_to_lock);
  if (!turn.owns_lock()) return vault::Unavailable("another sweep is running");
  TRY_VOID(pass.vault().KeepMark());
  // What is due waits for a lost standby, so it is reached for before each sweep.
  TRY_VOID(pass.vault().custody().Rejoin());
  auto swept = pass.vault().sweep().Run(std::nullopt, vault::SweepMode::kAct);
  // Before the date is confirmed there is no sweep to speak of.
  if (swept.ok() || swept.error().code != vault::Errc::kUnavailable) context.sweeps.Count(swept);
  TRY(const vault::SweepReport report, std::move(swept));
  if (!report.destroyed.empty()) {
    vault::Log(vault::LogLevel::kInfo,
               "the sweep destroyed " + std::to_string(report.destroyed.size()) + " keys");
  }
  return vault::Ok();
}

void SweepJob::Loop() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const Status swept = RunOnce(context_);
    // Sealed, or not anchored: then there is nothing to say every minute.
    if (!swept.ok() && swept.error().code != vault::Errc::kUnavailable) {
      vault::LogError("the sweep failed and runs again", swept.error());
    }
    lock.lock();
    wake_.wait_for(lock, pause_, [this] { return stopping_; });
  }
}

}  // namespace service
