#include "vault/unseal_file.h"

#include <algorithm>
#include <utility>

#include "vault/keys/unseal.h"
#include "vault/restore_stage.h"

namespace vault {
namespace {

constexpr std::size_t kUnsealFileLimit = 4096;

Result<std::optional<Bytes>> ReadFile(const Disk& disk, const std::string& path) {
  auto file = disk.ReadAll(path, kUnsealFileLimit);
  if (!file.ok() && file.error().code == Errc::kNotFound) return std::optional<Bytes>();
  if (!file.ok()) return std::move(file).error();
  return std::optional<Bytes>(std::move(file).value());
}

bool IsCredentialFile(ByteView file) { return AsText(file) == kCredentialFile; }

}  // namespace

std::string Trimmed(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string UnsealPath(const std::string& folder) { return Trimmed(folder) + "/unseal"; }
std::string NextUnsealPath(const std::string& folder) { return Trimmed(folder) + "/unseal.next"; }

Result<Bytes> ReadUnsealFile(const Disk& disk, const std::string& folder) {
  TRY(std::optional<Bytes> file, ReadFile(disk, UnsealPath(folder)));
  if (!file) return ToBytes(AsBytes(kCredentialFile));
  return *std::move(file);
}

Result<std::vector<Bytes>> ReadUnsealFiles(const Disk& disk, const std::string& folder) {
  std::vector<Bytes> files;
  const auto add = [&files](std::optional<Bytes> file) {
    if (file && std::find(files.begin(), files.end(), *file) == files.end()) {
      files.push_back(*std::move(file));
    }
  };
  const StagePaths stage(Trimmed(folder));
  if (IsStaged(disk, stage.data)) {
    for (const std::string& path : {UnsealPath(stage.folder), NextUnsealPath(stage.folder)}) {
      TRY(std::optional<Bytes> staged, ReadFile(disk, path));
      add(std::move(staged));
    }
  }
  TRY(Bytes current, ReadUnsealFile(disk, folder));
  add(std::move(current));
  TRY(std::optional<Bytes> next, ReadFile(disk, NextUnsealPath(folder)));
  add(std::move(next));
  return files;
}

Result<UnsealNeed> NeedOf(ByteView file) {
  UnsealNeed need;
  if (IsCredentialFile(file)) return need;
  need.mode = UnsealMode::kPassphrase;
  if (!IsShareFile(file)) return need;
  TRY(const ShareSet set, ParseShareFile(file));
  need.mode = UnsealMode::kShares;
  need.shares = set.shares;
  return need;
}

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

Result<std::vector<UnsealTry>> TriesOfPassphrase(const std::vector<Bytes>& files,
                                                 ByteView passphrase, const StoreId& store,
                                                 PasswordCost cost) {
  std::vector<UnsealTry> tries;
  std::optional<Error> refused;
  for (const Bytes& file : files) {
    TRY(const UnsealNeed need, NeedOf(file));
    if (need.mode != UnsealMode::kPassphrase) continue;
    auto key = UnwrapUnsealKey(file, passphrase, store, cost);
    if (key.ok()) {
      tries.push_back({std::move(key).value(), file});
    } else if (!refused) {
      refused = key.error();
    }
  }
  if (!tries.empty()) return tries;
  if (refused) return *std::move(refused);
  TRY(const UnsealNeed need, NeedOf(files.front()));
  return Invalid(WordsOf(need));
}

// A credential is U itself, so it does not tell which file is right: it was given out for the one
// that says so. Where none does, it is not for us to say which file goes.
Result<std::vector<UnsealTry>> TriesOfCredential(const std::vector<Bytes>& files,
                                                 ByteView credential) {
  TRY(UnsealKey key, ParseCredential(credential));
  std::vector<UnsealTry> tries;
  const auto found = std::find_if(files.begin(), files.end(), IsCredentialFile);
  tries.push_back(
      {std::move(key), found == files.end() ? std::nullopt : std::optional<Bytes>(*found)});
  return tries;
}

Result<std::vector<UnsealTry>> TriesOfShares(const std::vector<Bytes>& files,
                                             std::span<const UnsealShare> shares) {
  TRY(UnsealKey key, JoinUnsealShares(shares));
  std::vector<UnsealTry> tries;
  for (const Bytes& file : files) {
    if (!IsShareFile(file)) continue;
    TRY(const ShareSet set, ParseShareFile(file));
    if (set.id != shares.front().set) continue;
    tries.push_back({std::move(key), file});
    return tries;
  }
  return Denied("the shares are of an older set");
}

Result<UnsealShare> ReadShareOf(const std::vector<Bytes>& files, ByteView text,
                                const StoreId& store) {
  std::optional<Error> refused;
  for (const Bytes& file : files) {
    if (!IsShareFile(file)) continue;
    TRY(const ShareSet set, ParseShareFile(file));
    TRY(UnsealShare share, ParseUnsealShare(text));
    const Status checked = CheckUnsealShare(share, set, store);
    if (checked.ok()) return share;
    if (!refused) refused = checked.error();
  }
  if (refused) return *std::move(refused);
  TRY(const UnsealNeed need, NeedOf(files.front()));
  return Invalid(WordsOf(need));
}

Result<std::vector<UnsealTry>> TriesOf(const UnsealSecret& secret, const std::vector<Bytes>& files,
                                       const StoreId& store, PasswordCost cost) {
  if (secret.credential.size() != 0) return TriesOfCredential(files, secret.credential.view());
  if (secret.shares.empty()) {
    return TriesOfPassphrase(files, secret.passphrase.view(), store, cost);
  }
  std::vector<UnsealShare> shares;
  for (const Plaintext& text : secret.shares) {
    TRY(UnsealShare share, ReadShareOf(files, text.view(), store));
    if (shares.empty() || shares.size() < shares.front().threshold) {
      shares.push_back(std::move(share));
    }
  }
  return TriesOfShares(files, shares);
}

Status OfferUnsealFile(Disk& disk, const std::string& folder, ByteView file) {
  TRY(const std::vector<Bytes> files, ReadUnsealFiles(disk, folder));
  for (const Bytes& known : files) {
    if (AsText(known) == AsText(file)) return Ok();
  }
  return disk.WriteWhole(NextUnsealPath(folder), file);
}

Status SettleUnsealFile(Disk& disk, const std::string& folder, ByteView file) {
  TRY(const Bytes current, ReadUnsealFile(disk, folder));
  if (AsText(current) != AsText(file)) TRY_VOID(disk.WriteWhole(UnsealPath(folder), file));
  if (!disk.Exists(NextUnsealPath(folder))) return Ok();
  TRY_VOID(disk.Unlink(NextUnsealPath(folder)));
  return disk.SyncFolder(Trimmed(folder));
}

}  // namespace vault
