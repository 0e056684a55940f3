// Passwords: how long one is, how one is made up, and the inner layer one puts around a person's
// private key (the outer layer is the person's slot, FORMAT.md §6).
#pragma once

#include "vault/base/bytes.h"
#include "vault/base/ids.h"
#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/base/wiped.h"
#include "vault/crypto/password.h"
#include "vault/crypto/secret.h"

namespace vault {

// CheckPassword. Errors: kInvalid under 12 characters or over 1024.
Status CheckPassword(ByteView password);

// MadeUpPassword has 100 random bits in letters that are hard to confuse, in groups of five.
Plaintext MadeUpPassword(RandomSource& random);

// PasswordLayer is salt[16] | u32 passes | u32 KiB | XChaCha20-Poly1305(Argon2id(password),
// private key, ad = "SPW1" | person).
struct PasswordLayer {
  ByteArray<16> salt{};
  PasswordCost cost;
  SecretBytes sealed;

  // Parse. Errors: kCorrupt too short.
  static Result<PasswordLayer> Parse(ByteView inner);
  // Open gives the private key. Errors: kCorrupt the stretched password is another.
  Result<SecretBytes> Open(const SecretBytes& stretched, const PersonId& person) const;
};

// StretchedPassword is a password after the slow work, which is done outside the register's lock.
struct StretchedPassword {
  ByteArray<16> salt{};
  PasswordCost cost;
  SecretBytes key;

  // Of stretches under a new salt. Errors: kUnavailable not enough memory.
  static Result<StretchedPassword> Of(ByteView password, PasswordCost cost, RandomSource& random);
  // Wrap gives the bytes of a PasswordLayer.
  Bytes Wrap(const BoxSecretKey& secret, const PersonId& person, RandomSource& random) const;
};

}  // namespace vault
