// What opens a sealed vault: a passphrase, a credential, or shares that people bring one by one.
//
// While U is being renewed, or a restore waits to be finished, several unseal files may count, and
// only the key tree knows which. A start tries them with what it is given; the one whose U opens
// the tree stays.
#include <string>
#include <utility>

#include "vault/unseal_file.h"
#include "vault/vault.h"

namespace vault {

Result<UnsealNeed> SealedVault::Need() const {
  TRY(const std::vector<Bytes> files, ReadUnsealFiles(*world_.disk, place_.data));
  return NeedOf(files.front());
}

Result<std::unique_ptr<Vault>> SealedVault::UnsealWithPassphrase(
    ByteView passphrase, const std::optional<Day>& date) const {
  TRY(const std::vector<Bytes> files, ReadUnsealFiles(*world_.disk, place_.data));
  TRY(std::vector<UnsealTry> tries,
      TriesOfPassphrase(files, passphrase, store_, world_.unseal_cost));
  return UnsealByTurns(std::move(tries), date);
}

Result<std::unique_ptr<Vault>> SealedVault::UnsealWithCredential(
    ByteView credential, const std::optional<Day>& date) const {
  TRY(const std::vector<Bytes> files, ReadUnsealFiles(*world_.disk, place_.data));
  TRY(std::vector<UnsealTry> tries, TriesOfCredential(files, credential));
  return UnsealByTurns(std::move(tries), date);
}

Result<UnsealShare> SealedVault::ReadShare(ByteView text) const {
  TRY(const std::vector<Bytes> files, ReadUnsealFiles(*world_.disk, place_.data));
  return ReadShareOf(files, text, store_);
}

Result<std::unique_ptr<Vault>> SealedVault::UnsealWithShares(std::span<const UnsealShare> shares,
                                                             const std::optional<Day>& date) const {
  TRY(const std::vector<Bytes> files, ReadUnsealFiles(*world_.disk, place_.data));
  TRY(std::vector<UnsealTry> tries, TriesOfShares(files, shares));
  return UnsealByTurns(std::move(tries), date);
}

Result<std::unique_ptr<Vault>> SealedVault::UnsealByTurns(std::vector<UnsealTry> tries,
                                                          const std::optional<Day>& date) const {
  CHECK(!tries.empty());
  for (std::size_t i = 0; i + 1 < tries.size(); ++i) {
    auto opened = Unseal(std::move(tries[i]), date);
    if (opened.ok() || opened.error().code != Errc::kDenied) return opened;
  }
  return Unseal(std::move(tries.back()), date);
}

}  // namespace vault
