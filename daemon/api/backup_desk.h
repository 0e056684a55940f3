// BackupDesk: the backup or drill that runs in the background, and how far it is.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "daemon/api/vault_gate.h"
#include "vault/backup.h"
#include "vault/drill.h"

namespace service {

// BackupDesk runs one backup or one drill at a time: a drill reads what a backup would replace.
//
// Threads: safe from any thread; its own ends with the backup, at the latest when the vault is
// sealed.
class BackupDesk {
 public:
  enum class Phase : std::uint8_t { kNone, kRunning, kDone, kFailed };
  struct State {
    Phase phase = Phase::kNone;
    vault::WorkProgress progress;
    vault::BackupReport report;         // kDone, of a backup
    vault::DrillReport drill;           // kDone, of a drill
    std::optional<vault::Error> error;  // kFailed
  };
  enum class Job : std::uint8_t { kBackup, kDrill };

  BackupDesk() = default;
  ~BackupDesk();
  BackupDesk(const BackupDesk&) = delete;
  BackupDesk& operator=(const BackupDesk&) = delete;

  // Start begins a backup, StartDrill a drill. Uses up: pass, actor. Errors: kUnavailable one is
  // running.
  vault::Status Start(VaultGate::Pass pass, std::string folder, std::string actor);
  vault::Status StartDrill(VaultGate::Pass pass, vault::Actor actor, vault::DrillWish wish);
  // Look is how far this kind of work is; kNone when the last was of the other kind.
  State Look(Job job);

 private:
  // Work does it and puts its report into the state.
  using Work = std::function<vault::Status(const vault::ProgressSink&, State&)>;
  vault::Status Begin(Job job, VaultGate::Pass pass, Work work);
  void Run(const VaultGate::Pass& pass, const Work& work);
  std::mutex mutex_;
  State state_;  // guarded by mutex_
  Job job_ = Job::kBackup;
  std::thread thread_;  // guarded by mutex_
};

}  // namespace service
