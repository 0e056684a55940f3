#include "daemon/api/vault_gate.h"

#include "vault/base/day_words.h"
#include "vault/base/log.h"

namespace service {

using vault::Result;
using vault::Status;

VaultGate::Pass::~Pass() {
  if (gate_ != nullptr) gate_->Leave();
}

void VaultGate::Leave() {
  const std::lock_guard<std::mutex> lock(mutex_);
  --inside_;
  left_.notify_all();
}

Result<VaultGate::Pass> VaultGate::Enter() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (vault_ == nullptr || closing_) return vault::Unavailable("the vault is sealed");
  ++inside_;
  return Pass(this, vault_.get(), ended_);
}

Status VaultGate::Give(const UnsealWish& wish) {
  // Asked before a share is taken: the last holder would otherwise lose what the others brought.
  const vault::Day today = vault::LondonDay(sealed_.clock().Realtime());
  if (wish.date && *wish.date != today) {
    return vault::Invalid("the server's clock says " + vault::DayWords(today) + ", not " +
                          vault::DayWords(*wish.date) + ": set the clock or confirm its date");
  }
  std::vector<vault::UnsealShare> shares;
  for (const vault::Plaintext& text : wish.secret.shares) {
    TRY(vault::UnsealShare share, sealed_.ReadShare(text.view()));
    shares.push_back(std::move(share));
  }
  const std::lock_guard<std::mutex> lock(desk_mutex_);
  return desk_.Give(std::move(shares));
}

VaultGate::Opened VaultGate::Open(const UnsealWish& wish) {
  if (wish.secret.passphrase.size() != 0) {
    return sealed_.UnsealWithPassphrase(wish.secret.passphrase.view(), wish.date);
  }
  if (wish.secret.credential.size() != 0) {
    return sealed_.UnsealWithCredential(wish.secret.credential.view(), wish.date);
  }
  std::vector<vault::UnsealShare> shares;
  {
    const std::lock_guard<std::mutex> lock(desk_mutex_);
    if (!desk_.enough()) return std::unique_ptr<vault::Vault>();
    shares = desk_.Take();
  }
  return sealed_.UnsealWithShares(shares, wish.date);
}

Result<UnsealProgress> VaultGate::Progress() {
  TRY(const vault::UnsealNeed need, sealed_.Need());
  const std::lock_guard<std::mutex> lock(desk_mutex_);
  return UnsealProgress{need.mode, desk_.given(), need.shares.threshold};
}

Status VaultGate::Unseal(const UnsealWish& wish) {
  // One at a time: stretching a passphrase takes a gigabyte.
  const std::unique_lock<std::mutex> turn(unsealing_, std::try_to_lock);
  if (!turn.owns_lock()) return vault::Unavailable("the vault is being unsealed");
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (vault_ != nullptr) return vault::Conflict("the vault is not sealed");
  }
  if (!wish.secret.shares.empty()) TRY_VOID(Give(wish));
  auto opened = Open(wish);
  if (!opened.ok()) {
    // To whoever unseals, a key tree behind its cells is nothing they could have asked otherwise.
    if (opened.error().code == vault::Errc::kConflict) {
      return vault::Unavailable(opened.error().detail);
    }
    return opened.error();
  }
  if (opened.value() == nullptr) {
    vault::Log(vault::LogLevel::kInfo, "a share was given; more are needed to unseal");
    return vault::Ok();
  }
  if (!wish.date && trust_ == ClockTrust::kSystem) {
    const Status trusted = opened.value()->TrustSystemClock();
    if (!trusted.ok()) vault::LogError("the system clock is not trusted", trusted.error());
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  vault_ = std::move(opened).value();
  ended_ = std::make_shared<std::atomic<bool>>(false);
  return vault::Ok();
}

Status VaultGate::Seal(Pass pass, const vault::Actor& actor) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (closing_) return vault::Conflict("the vault is being sealed");
  closing_ = true;
  ended_->store(true);
  left_.wait(lock, [this] { return inside_ == 1; });
  const Status logged = pass.vault().LogSealing(actor);
  closing_ = false;
  if (!logged.ok()) {
    // Downloads were stopped, but the vault stays: a sealing nobody can read of is none.
    ended_ = std::make_shared<std::atomic<bool>>(false);
  } else {
    vault_.reset();
  }
  lock.unlock();
  return logged;
}

void VaultGate::Close() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (vault_ == nullptr) return;
  left_.wait(lock, [this] { return !closing_; });
  if (vault_ == nullptr) return;
  closing_ = true;
  ended_->store(true);
  left_.wait(lock, [this] { return inside_ == 0; });
  vault_.reset();
  closing_ = false;
}

}  // namespace service
