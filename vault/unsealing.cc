// What opens a sealed vault: a passphrase, a credential, or shares that people bring one by one.
#include <string>
#include <utility>

#include "vault/keys/unseal.h"
#include "vault/unseal_file.h"

namespace vault {
namespace {

constexpr std::size_t kUnsealFileLimit = 4096;

// WordsOf tells somebody with the wrong kind of secret which one is asked for.
std::string WordsOf(const UnsealNeed& need) {
  switch (need.mode) {
    case UnsealMode::kPassphrase:
      return "this vault is unsealed with a passphrase";
    case UnsealMode::kCredential:
      return "this vault is unsealed with a credential";
    case UnsealMode::kShares:
      break;
  }
  return "this vault is unsealed with shares: " + std::to_string(need.shares.threshold) + " of " +
         std::to_string(need.shares.count);
}

// ReadFile gives DATA/unseal; empty when there is none.
Result<Bytes> ReadFile(const VaultWorld& world, const VaultPlace& place) {
  auto file = world.disk->ReadAll(UnsealPath(place), kUnsealFileLimit);
  if (!file.ok() && file.error().code == Errc::kNotFound) return Bytes();
  return file;
}

Result<UnsealNeed> NeedOf(ByteView file) {
  UnsealNeed need;
  if (file.empty()) return need;
  need.mode = UnsealMode::kPassphrase;
  if (!IsShareFile(file)) return need;
  TRY(const ShareSet set, ParseShareFile(file));
  need.mode = UnsealMode::kShares;
  need.shares = set.shares;
  return need;
}

// ReadFor gives DATA/unseal when it is of the mode that was tried. Errors: kInvalid it is not.
Result<Bytes> ReadFor(UnsealMode mode, const VaultWorld& world, const VaultPlace& place) {
  TRY(Bytes file, ReadFile(world, place));
  TRY(const UnsealNeed need, NeedOf(file));
  if (need.mode != mode) return Invalid(WordsOf(need));
  return file;
}

}  // namespace

std::string Trimmed(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string UnsealPath(const VaultPlace& place) { return Trimmed(place.data) + "/unseal"; }

Result<UnsealNeed> SealedVault::Need() const {
  TRY(const Bytes file, ReadFile(world_, place_));
  return NeedOf(file);
}

Result<std::unique_ptr<Vault>> SealedVault::UnsealWithPassphrase(
    ByteView passphrase, const std::optional<Day>& date) const {
  TRY(const Bytes file, ReadFor(UnsealMode::kPassphrase, world_, place_));
  TRY(UnsealKey key, UnwrapUnsealKey(file, passphrase, store_, world_.unseal_cost));
  return Unseal(std::move(key), date);
}

Result<std::unique_ptr<Vault>> SealedVault::UnsealWithCredential(
    ByteView credential, const std::optional<Day>& date) const {
  TRY(UnsealKey key, ParseCredential(credential));
  return Unseal(std::move(key), date);
}

Result<UnsealShare> SealedVault::ReadShare(ByteView text) const {
  TRY(const Bytes file, ReadFor(UnsealMode::kShares, world_, place_));
  TRY(const ShareSet set, ParseShareFile(file));
  TRY(UnsealShare share, ParseUnsealShare(text));
  TRY_VOID(CheckUnsealShare(share, set, store_));
  return share;
}

Result<std::unique_ptr<Vault>> SealedVault::UnsealWithShares(std::span<const UnsealShare> shares,
                                                             const std::optional<Day>& date) const {
  TRY(UnsealKey key, JoinUnsealShares(shares));
  return Unseal(std::move(key), date);
}

}  // namespace vault
