#include "vault/crypto/aead.h"

#include <sodium.h>

#include "vault/crypto/pointer.h"

namespace vault {
namespace {

constexpr std::size_t kNonceSize = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
static_assert(kNonceSize + crypto_aead_xchacha20poly1305_ietf_ABYTES == kAeadOverhead);

Error DoesNotOpen() { return Corrupt("a sealed value does not open"); }

// OpenInto is for `out` of exactly the plaintext's size; libsodium clears it on failure.
bool OpenInto(ByteView key, ByteView sealed, ByteView associated_data, MutableByteView out) {
  CHECK(key.size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  std::uint8_t empty = 0;
  const ByteView ciphertext = sealed.subspan(kNonceSize);
  return crypto_aead_xchacha20poly1305_ietf_decrypt(
             out.empty() ? &empty : out.data(), nullptr, nullptr, ciphertext.data(),
             ciphertext.size(), NonNull(associated_data), associated_data.size(), sealed.data(),
             key.data()) == 0;
}

}  // namespace

Bytes SealAead(ByteView key, ByteView plaintext, ByteView associated_data, RandomSource& random) {
  CHECK(key.size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  Bytes sealed(plaintext.size() + kAeadOverhead);
  const MutableByteView nonce = MutableByteView(sealed).first(kNonceSize);
  random.Fill(nonce);
  CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + kNonceSize, nullptr,
                                                   NonNull(plaintext), plaintext.size(),
                                                   NonNull(associated_data), associated_data.size(),
                                                   nullptr, nonce.data(), key.data()) == 0);
  return sealed;
}

Result<Plaintext> OpenAead(ByteView key, ByteView sealed, ByteView associated_data) {
  if (sealed.size() < kAeadOverhead) return DoesNotOpen();
  Plaintext plaintext(sealed.size() - kAeadOverhead);
  if (!OpenInto(key, sealed, associated_data, plaintext.mutable_view())) return DoesNotOpen();
  return plaintext;
}

Result<SecretBytes> OpenAeadSecret(ByteView key, ByteView sealed, ByteView associated_data) {
  if (sealed.size() < kAeadOverhead) return DoesNotOpen();
  SecretBytes secret(sealed.size() - kAeadOverhead);
  if (!OpenInto(key, sealed, associated_data, secret.mutable_view())) return DoesNotOpen();
  return secret;
}

}  // namespace vault
