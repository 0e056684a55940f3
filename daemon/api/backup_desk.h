// BackupDesk: the backup that runs in the background, and how far it is.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "daemon/api/vault_gate.h"
#include "vault/backup.h"

namespace service {

// BackupDesk runs one backup at a time.
//
// Threads: safe from any thread; its own ends with the backup, at the latest when the vault is
// sealed.
class BackupDesk {
 public:
  enum class Phase : std::uint8_t { kNone, kRunning, kDone, kFailed };
  struct State {
    Phase phase = Phase::kNone;
    vault::WorkProgress progress;
    vault::BackupReport report;         // kDone
    std::optional<vault::Error> error;  // kFailed
  };

  BackupDesk() = default;
  ~BackupDesk();
  BackupDesk(const BackupDesk&) = delete;
  BackupDesk& operator=(const BackupDesk&) = delete;

  // Start begins a backup. Uses up: pass. Errors: kUnavailable one is running.
  vault::Status Start(VaultGate::Pass pass, std::string folder, std::string actor);
  State Look();

 private:
  void Run(const VaultGate::Pass& pass, const vault::Backups::Wish& wish);
  std::mutex mutex_;
  State state_;         // guarded by mutex_
  std::thread thread_;  // guarded by mutex_
};

}  // namespace service
