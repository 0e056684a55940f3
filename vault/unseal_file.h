// UnsealFile: DATA/unseal, which says what opens a vault, its successor while U is renewed, and
// those that came with a key tree that a restore laid ready.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vault/unseal_renewal.h"

namespace vault {

// kCredentialFile is DATA/unseal of a vault whose U is in a credential alone. Such a vault may also
// have no file.
inline constexpr std::string_view kCredentialFile = "SUC1";

// Trimmed leaves the slashes at the end of a folder's name out.
std::string Trimmed(std::string path);
std::string UnsealPath(const std::string& folder);
std::string NextUnsealPath(const std::string& folder);

// ReadUnsealFile gives the file that counts as far as the folder knows, kCredentialFile where there
// is none. ReadUnsealFiles gives all that may count, each once, the likeliest first; never empty.
Result<Bytes> ReadUnsealFile(const Disk& disk, const std::string& folder);
Result<std::vector<Bytes>> ReadUnsealFiles(const Disk& disk, const std::string& folder);

// NeedOf says what a file asks for. Errors: kCorrupt.
Result<UnsealNeed> NeedOf(ByteView file);
// WordsOf tells somebody with the wrong kind of secret which one is asked for.
std::string WordsOf(const UnsealNeed& need);

// UnsealTry is a U to try, and the file it came out of. Only the key tree knows which U counts; the
// file is absent where a credential came without a file that asks for one.
struct UnsealTry {
  UnsealKey key;
  std::optional<Bytes> file;
};
// TriesOf... read U out of a secret, by every file that takes it; at least one.
// Errors: kInvalid the files ask for another kind of secret; kDenied it fits none of them.
Result<std::vector<UnsealTry>> TriesOfPassphrase(const std::vector<Bytes>& files,
                                                 ByteView passphrase, const StoreId& store,
                                                 PasswordCost cost);
Result<std::vector<UnsealTry>> TriesOfCredential(const std::vector<Bytes>& files,
                                                 ByteView credential);
Result<std::vector<UnsealTry>> TriesOfShares(const std::vector<Bytes>& files,
                                             std::span<const UnsealShare> shares);
// TriesOf reads the secret whatever kind it is; more shares than are needed are passed over.
Result<std::vector<UnsealTry>> TriesOf(const UnsealSecret& secret, const std::vector<Bytes>& files,
                                       const StoreId& store, PasswordCost cost);
// ReadShareOf reads one share and checks it. Errors: kInvalid mistyped, or no file is of shares;
// kDenied it is of another vault or an older set.
Result<UnsealShare> ReadShareOf(const std::vector<Bytes>& files, ByteView text,
                                const StoreId& store);

// OfferUnsealFile makes a file one of those that may count; SettleUnsealFile makes it the only one.
// Both are durable when they return, and done again do nothing.
Status OfferUnsealFile(Disk& disk, const std::string& folder, ByteView file);
Status SettleUnsealFile(Disk& disk, const std::string& folder, ByteView file);

}  // namespace vault
