#include "daemon/api/backup_desk.h"

#include <memory>
#include <utility>

#include "vault/base/log.h"

namespace service {

using vault::Status;

BackupDesk::~BackupDesk() {
  if (thread_.joinable()) thread_.join();
}

Status BackupDesk::Begin(Job job, VaultGate::Pass pass, Work work) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (state_.phase == Phase::kRunning) {
    return vault::Unavailable("another backup or drill is running");
  }
  // The last one has ended, or is about to let its thread go.
  if (thread_.joinable()) thread_.join();
  state_ = State();
  state_.phase = Phase::kRunning;
  job_ = job;
  thread_ =
      std::thread([this, pass = std::move(pass), work = std::move(work)] { Run(pass, work); });
  return vault::Ok();
}

Status BackupDesk::Start(VaultGate::Pass pass, std::string folder, std::string actor) {
  vault::Vault& vault = pass.vault();
  const vault::Backups::Wish wish = {std::move(folder), std::move(actor)};
  return Begin(Job::kBackup, std::move(pass),
               [&vault, wish](const vault::ProgressSink& progress, State& state) -> Status {
                 TRY(state.report, vault.backups().Make(wish, progress));
                 return vault::Ok();
               });
}

Status BackupDesk::StartDrill(VaultGate::Pass pass, vault::Actor actor, vault::DrillWish wish) {
  vault::Vault& vault = pass.vault();
  // What std::function holds can be copied; the actor cannot, and need not.
  const auto who = std::make_shared<const vault::Actor>(std::move(actor));
  return Begin(Job::kDrill, std::move(pass),
               [&vault, who, wish = std::move(wish)](const vault::ProgressSink& progress,
                                                     State& state) -> Status {
                 TRY(state.drill, vault.drills().Run(*who, wish, progress));
                 return vault::Ok();
               });
}

BackupDesk::State BackupDesk::Look(Job job) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return job == job_ ? state_ : State();
}

void BackupDesk::Run(const VaultGate::Pass& pass, const Work& work) {
  State done;
  const Status outcome = work(
      [&](const vault::WorkProgress& progress) -> Status {
        if (pass.ended()->load()) return vault::Unavailable("the vault is being sealed");
        const std::lock_guard<std::mutex> lock(mutex_);
        state_.progress = progress;
        return vault::Ok();
      },
      done);
  if (!outcome.ok()) vault::LogError("a backup or drill was not finished", outcome.error());
  const std::lock_guard<std::mutex> lock(mutex_);
  done.progress = state_.progress;
  done.phase = outcome.ok() ? Phase::kDone : Phase::kFailed;
  if (!outcome.ok()) done.error = outcome.error();
  state_ = std::move(done);
}

}  // namespace service
