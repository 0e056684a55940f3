#include "vault/crypto/sealed_box.h"

#include <sodium.h>

#include "vault/crypto/pointer.h"

namespace vault {

static_assert(kSealedBoxOverhead == crypto_box_SEALBYTES);

BoxKeyPair NewBoxKeyPair(RandomSource& random) {
  BoxSecretKey secret_key = BoxSecretKey::Random(random);
  BoxPublicKey public_key = PublicKeyOf(secret_key);
  return {public_key, std::move(secret_key)};
}

BoxPublicKey PublicKeyOf(const BoxSecretKey& secret_key) {
  BoxPublicKey public_key;
  CHECK(crypto_scalarmult_base(public_key.data(), secret_key.view().data()) == 0);
  return public_key;
}

Result<Bytes> SealBox(const BoxPublicKey& recipient, ByteView message) {
  Bytes box(message.size() + kSealedBoxOverhead);
  if (crypto_box_seal(box.data(), NonNull(message), message.size(), recipient.data()) != 0) {
    return Invalid("a public key is degenerate");
  }
  return box;
}

Result<SecretBytes> OpenBox(const BoxSecretKey& secret_key, ByteView box) {
  if (box.size() < kSealedBoxOverhead) return Corrupt("a sealed box is too short");
  const BoxPublicKey public_key = PublicKeyOf(secret_key);
  SecretBytes message(box.size() - kSealedBoxOverhead);
  std::uint8_t empty = 0;
  std::uint8_t* out = message.empty() ? &empty : message.mutable_view().data();
  if (crypto_box_seal_open(out, box.data(), box.size(), public_key.data(),
                           secret_key.view().data()) != 0) {
    return Corrupt("a sealed box does not open");
  }
  return message;
}

}  // namespace vault
