// SealedBox: X25519 key pairs and anonymous sealed boxes.
#pragma once

#include "vault/base/bytes.h"
#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/crypto/secret.h"

namespace vault {

inline constexpr std::size_t kSealedBoxOverhead = 48;

struct BoxKeyPair {
  BoxPublicKey public_key;
  BoxSecretKey secret_key;
};

BoxKeyPair NewBoxKeyPair(RandomSource& random);
// PublicKeyOf is the scalar multiplication of the base point.
BoxPublicKey PublicKeyOf(const BoxSecretKey& secret_key);
// SealBox: anyone can seal to a public key. Errors: kInvalid a degenerate public key.
Result<Bytes> SealBox(const BoxPublicKey& recipient, ByteView message);
// OpenBox opens with the key pair. Errors: kCorrupt not for this key, or changed.
Result<SecretBytes> OpenBox(const BoxSecretKey& secret_key, ByteView box);

}  // namespace vault
