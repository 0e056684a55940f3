#include "vault/crypto/sign.h"

#include <sodium.h>

#include "vault/crypto/pointer.h"

namespace vault {
namespace {

struct KeyPair {
  SigningPublicKey public_key;
  SecretBytes secret_key;
};

KeyPair Expand(const SigningSeed& seed) {
  KeyPair pair{{}, SecretBytes(crypto_sign_SECRETKEYBYTES)};
  CHECK(crypto_sign_seed_keypair(pair.public_key.data(), pair.secret_key.mutable_view().data(),
                                 seed.view().data()) == 0);
  return pair;
}

}  // namespace

SigningPublicKey SigningPublicKeyOf(const SigningSeed& seed) { return Expand(seed).public_key; }

Signature Sign(const SigningSeed& seed, ByteView message) {
  const KeyPair pair = Expand(seed);
  Signature signature;
  CHECK(crypto_sign_detached(signature.data(), nullptr, NonNull(message), message.size(),
                             pair.secret_key.view().data()) == 0);
  return signature;
}

bool VerifySignature(const SigningPublicKey& key, ByteView message, ByteView signature) {
  if (signature.size() != crypto_sign_BYTES) return false;
  return crypto_sign_verify_detached(signature.data(), NonNull(message), message.size(),
                                     key.data()) == 0;
}

}  // namespace vault
