// Aead: XChaCha20-Poly1305 with a random nonce in front.
#pragma once

#include "vault/base/bytes.h"
#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/base/wiped.h"
#include "vault/crypto/secret.h"

namespace vault {

inline constexpr std::size_t kAeadOverhead = 24 + 16;

// SealAead returns nonce[24] || ciphertext || tag[16]. key: 32 bytes.
Bytes SealAead(ByteView key, ByteView plaintext, ByteView associated_data, RandomSource& random);
// OpenAead returns the plaintext.
// Errors: kCorrupt wrong key, associated data or bytes.
Result<Plaintext> OpenAead(ByteView key, ByteView sealed, ByteView associated_data);
// OpenAeadSecret is OpenAead into locked memory.
Result<SecretBytes> OpenAeadSecret(ByteView key, ByteView sealed, ByteView associated_data);

}  // namespace vault
