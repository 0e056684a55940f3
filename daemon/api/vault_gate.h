// VaultGate: the vault, sealed or not, and who is inside it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/api/share_desk.h"
#include "vault/vault.h"

namespace service {

// ClockTrust says whose word on today's date is enough.
enum class ClockTrust : std::uint8_t { kOperator, kSystem };

// UnsealWish is a secret and the date that somebody confirms with it.
struct UnsealWish {
  vault::UnsealSecret secret;
  std::optional<vault::Day> date;
};

// UnsealProgress says what opens the vault, and how many shares are there of those needed.
struct UnsealProgress {
  vault::UnsealMode mode = vault::UnsealMode::kCredential;
  std::size_t shares_given = 0;
  std::size_t shares_needed = 0;
};

// VaultGate.
//
// Invariants: the vault is let go only when the last pass is gone; once sealing has begun nobody
//             gets in, and whoever waits for a peer inside is told to leave.
// Threads: safe from any thread.
class VaultGate {
 public:
  // Pass keeps the vault unsealed for the length of one request.
  class Pass {
   public:
    Pass(Pass&& other) noexcept
        : gate_(std::exchange(other.gate_, nullptr)), vault_(other.vault_), ended_(other.ended_) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass();
    vault::Vault& vault() const { return *vault_; }
    // ended turns true when sealing begins: long streams then stop. It outlives the pass.
    const std::shared_ptr<const std::atomic<bool>>& ended() const { return ended_; }

   private:
    friend class VaultGate;
    Pass(VaultGate* gate, vault::Vault* vault, std::shared_ptr<const std::atomic<bool>> ended)
        : gate_(gate), vault_(vault), ended_(std::move(ended)) {}
    VaultGate* gate_;
    vault::Vault* vault_;
    std::shared_ptr<const std::atomic<bool>> ended_;
  };

  VaultGate(vault::SealedVault sealed, ClockTrust trust)
      : sealed_(std::move(sealed)), trust_(trust), desk_(sealed_.clock()) {}
  ~VaultGate() { Close(); }
  VaultGate(const VaultGate&) = delete;
  VaultGate& operator=(const VaultGate&) = delete;

  // Enter. Errors: kUnavailable the vault is sealed.
  vault::Result<Pass> Enter();
  // Unseal. With too few shares they are kept, and the vault is still sealed.
  // Errors: kConflict it is not sealed, or a share was given already; kDenied; kInvalid the date,
  // or a share was mistyped; kUnavailable.
  vault::Status Unseal(const UnsealWish& wish);
  // Progress. Errors: kCorrupt, kUnavailable the unseal file cannot be read.
  vault::Result<UnsealProgress> Progress();
  // Seal logs the sealing and lets the vault go once every other pass is gone. Uses up: pass.
  // Errors: kConflict it is being sealed already; kUnavailable it could not be logged.
  vault::Status Seal(Pass pass, const vault::Actor& actor);
  // Close is Seal at the end of the program: nobody asked for it, so nothing is logged.
  void Close();

  const vault::StoreId& store() const { return sealed_.store(); }
  ClockTrust trust() const { return trust_; }

 private:
  using Opened = vault::Result<std::unique_ptr<vault::Vault>>;
  void Leave();
  // Give puts shares on the desk. Errors: as Unseal.
  vault::Status Give(const UnsealWish& wish);
  // Open tries the secrets of the wish, or the shares on the desk. Empty: shares are missing.
  Opened Open(const UnsealWish& wish);
  const vault::SealedVault sealed_;
  const ClockTrust trust_;
  std::mutex unsealing_;
  std::mutex desk_mutex_;
  ShareDesk desk_;  // under desk_mutex_
  std::mutex mutex_;
  std::condition_variable left_;
  std::unique_ptr<vault::Vault> vault_;
  std::shared_ptr<std::atomic<bool>> ended_;
  std::size_t inside_ = 0;
  bool closing_ = false;
};

}  // namespace service
