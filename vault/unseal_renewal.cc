#include "vault/unseal_renewal.h"

#include <string>
#include <utility>

#include "vault/agencies.h"
#include "vault/base/log.h"
#include "vault/custody.h"
#include "vault/keys/unseal.h"
#include "vault/unseal_file.h"

namespace vault {
namespace {

constexpr std::size_t kLeastPassphrase = 12;

std::string_view ModeName(UnsealMode mode) {
  switch (mode) {
    case UnsealMode::kPassphrase:
      return "passphrase";
    case UnsealMode::kShares:
      return "shares";
    case UnsealMode::kCredential:
      break;
  }
  return "credential";
}

}  // namespace

Result<UnsealKey> UnsealRenewal::KeyFrom(const UnsealSecret& secret, const Bytes& file) const {
  TRY(std::vector<UnsealTry> tries, TriesOf(secret, {file}, core_.keeper->store(), cost_));
  return std::move(tries.front().key);
}

Result<UnsealRenewal::Issued> UnsealRenewal::Prepare(const Actor& actor,
                                                     const UnsealSecret& present, Wish wish) {
  TRY_VOID(RequireRole(actor, {"BUO"}));
  if (wish.mode == UnsealMode::kPassphrase && wish.passphrase.size() < kLeastPassphrase) {
    return Invalid("a passphrase has at least 12 characters");
  }
  if (wish.mode == UnsealMode::kShares) TRY_VOID(CheckShareCount(wish.shares));
  // Stretching a passphrase takes seconds: not under the lock.
  TRY(const Bytes file, ReadUnsealFile(*core_.disk, core_.data_folder));
  TRY(const UnsealKey old, KeyFrom(present, file));
  if (!core_.keeper->IsUnsealKey(old)) {
    return Denied("the present unseal secret is another one");
  }
  const StoreId store = core_.keeper->store();
  Pending pending{wish.mode, UnsealKey::Random(*core_.random), {}};
  Issued issued;
  switch (wish.mode) {
    case UnsealMode::kPassphrase: {
      TRY(pending.file,
          WrapUnsealKey(pending.key, wish.passphrase.view(), store, cost_, *core_.random));
      break;
    }
    case UnsealMode::kShares: {
      TRY(SplitKey split, SplitUnsealKey(pending.key, wish.shares, store, *core_.random));
      pending.file = std::move(split.file);
      issued.shares = std::move(split.texts);
      break;
    }
    case UnsealMode::kCredential: {
      pending.file = ToBytes(AsBytes(kCredentialFile));
      std::string text = FormatCredential(pending.key);
      issued.credential = Plaintext::CopyOf(AsBytes(text));
      WipeMemory(text.data(), text.size());
      break;
    }
  }
  const Core::Lock lock = core_.Locked();
  pending_ = std::move(pending);
  return issued;
}

Status UnsealRenewal::Commit(const Actor& actor, const UnsealSecret& fresh) {
  TRY_VOID(RequireRole(actor, {"BUO"}));
  std::optional<Bytes> file;
  {
    const Core::Lock lock = core_.Locked();
    if (pending_) file = pending_->file;
  }
  if (!file) return Conflict("no new unseal key was prepared since the vault was unsealed");
  TRY(const UnsealKey brought, KeyFrom(fresh, *file));
  const Core::Lock lock = core_.Locked();
  if (!pending_ || pending_->file != *file) {
    return Conflict("another new unseal key was prepared meanwhile");
  }
  if (!SecretBytes::CopyOf(brought.view()).EqualTo(pending_->key.view())) {
    return Denied("this is not the new unseal secret");
  }
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  // Without its standby nothing is renewed: the old secret would go on opening what it has.
  TRY_VOID(core_.keeper->Whole());
  LogEntry intent = core_.Entry("unseal.renewal");
  intent.Person("actor", who).Add("mode", ModeName(pending_->mode));
  TRY_VOID(core_.Record(intent, [](Transaction&) { return Ok(); }));
  TRY(const std::uint64_t epoch, Turn(*pending_));
  pending_.reset();
  const Status whole = core_.keeper->Whole();
  LogEntry done = core_.Entry("unseal.renewed");
  done.Person("actor", who).Add("epoch", epoch).Add("standby", whole.ok() ? "follows" : "lost");
  TRY_VOID(core_.Record(done, [](Transaction&) { return Ok(); }));
  if (whole.ok()) return Ok();
  return Unavailable(
      "the new unseal secret counts, but the standby copy was lost on the way: until it follows "
      "again, whoever has it opens it with the old secret");
}

// Turn writes the new file beside the old one, in every copy, and then has the tree decide: until
// the epoch's commit point the old U opens it, and from then on the new one. The new file is
// durable before any tree can need it, and the old one goes when none needs it any more.
Result<std::uint64_t> UnsealRenewal::Turn(Pending& pending) {
  Disk& disk = *core_.disk;
  TRY(const Bytes old, ReadUnsealFile(disk, core_.data_folder));
  const auto prepare = [&]() -> Result<std::uint64_t> {
    TRY_VOID(custody_.OfferUnseal(pending.file));
    TRY_VOID(OfferUnsealFile(disk, core_.data_folder, pending.file));
    return core_.keeper->RenewUnsealKey(pending.key.Clone());
  };
  auto epoch = prepare();
  const Bytes& counts = epoch.ok() ? pending.file : old;
  const auto settle = [&]() -> Status {
    TRY_VOID(SettleUnsealFile(disk, core_.data_folder, counts));
    return custody_.SettleUnseal(counts);
  };
  // Two files are no fault: the next start asks the tree again.
  if (const Status settled = settle(); !settled.ok()) {
    LogError("a second unseal file lies beside the one that counts", settled.error());
  }
  return epoch;
}

}  // namespace vault
