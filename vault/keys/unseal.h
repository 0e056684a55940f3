// Unseal: how U, the static half of the root, is kept. DATA/unseal holds it under a passphrase.
#pragma once

#include <string>

#include "vault/base/bytes.h"
#include "vault/base/ids.h"
#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/crypto/password.h"
#include "vault/crypto/secret.h"
#include "vault/store/disk.h"

namespace vault {

// WrapUnsealKey gives the bytes of DATA/unseal:
//   "SUW1" | salt[16] | nonce[24] | XChaCha20-Poly1305(Argon2id(passphrase, cost), U,
//   ad = "SUW1" | store_id)
// The cost is kUnsealPassphraseCost in every program; tests take less.
Result<Bytes> WrapUnsealKey(const UnsealKey& key, ByteView passphrase, const StoreId& store,
                            PasswordCost cost, RandomSource& random);
// UnwrapUnsealKey opens them. Errors: kDenied wrong passphrase; kCorrupt the file is no SUW1 file;
// kUnavailable not enough memory.
Result<UnsealKey> UnwrapUnsealKey(ByteView file, ByteView passphrase, const StoreId& store,
                                  PasswordCost cost);
// ParseCredential reads 64 hex digits (one trailing newline allowed). Errors: kInvalid.
Result<UnsealKey> ParseCredential(ByteView text);
std::string FormatCredential(const UnsealKey& key);

}  // namespace vault
