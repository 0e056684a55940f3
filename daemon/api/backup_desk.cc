#include "daemon/api/backup_desk.h"

#include <utility>

#include "vault/base/log.h"

namespace service {

using vault::Status;

BackupDesk::~BackupDesk() {
  if (thread_.joinable()) thread_.join();
}

Status BackupDesk::Start(VaultGate::Pass pass, std::string folder, std::string actor) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (state_.phase == Phase::kRunning) return vault::Unavailable("another backup is running");
  // The last one has ended, or is about to let its thread go.
  if (thread_.joinable()) thread_.join();
  state_ = State();
  state_.phase = Phase::kRunning;
  thread_ = std::thread(
      [this, pass = std::move(pass),
       wish = vault::Backups::Wish{std::move(folder), std::move(actor)}] { Run(pass, wish); });
  return vault::Ok();
}

BackupDesk::State BackupDesk::Look() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return state_;
}

void BackupDesk::Run(const VaultGate::Pass& pass, const vault::Backups::Wish& wish) {
  const auto made =
      pass.vault().backups().Make(wish, [&](const vault::WorkProgress& progress) -> Status {
        if (pass.ended()->load()) return vault::Unavailable("the vault is being sealed");
        const std::lock_guard<std::mutex> lock(mutex_);
        state_.progress = progress;
        return vault::Ok();
      });
  if (!made.ok()) vault::LogError("a backup was not made", made.error());
  const std::lock_guard<std::mutex> lock(mutex_);
  state_.phase = made.ok() ? Phase::kDone : Phase::kFailed;
  if (made.ok()) {
    state_.report = made.value();
  } else {
    state_.error = made.error();
  }
}

}  // namespace service
