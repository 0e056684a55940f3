// Sign: Ed25519.
#pragma once

#include "vault/base/bytes.h"
#include "vault/crypto/secret.h"

namespace vault {

SigningPublicKey SigningPublicKeyOf(const SigningSeed& seed);
Signature Sign(const SigningSeed& seed, ByteView message);
bool VerifySignature(const SigningPublicKey& key, ByteView message, ByteView signature);

}  // namespace vault
