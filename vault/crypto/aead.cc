#include "vault/crypto/aead.h"

#include <sodium.h>

#include <algorithm>
#include <optional>

#include "vault/crypto/bulk.h"
#include "vault/crypto/pointer.h"

namespace vault {
namespace {

constexpr std::size_t kNonceSize = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
static_assert(kNonceSize + crypto_aead_xchacha20poly1305_ietf_ABYTES == kAeadOverhead);

// From here on OpenSSL's ChaCha20-Poly1305 is enough faster to be worth its setting up. A node of
// the key tree has 16 KiB.
constexpr std::size_t kBulk = 4096;

// Inner is the IETF construction that XChaCha20 comes down to: HChaCha20 makes a key of the key and
// the nonce's first 16 bytes, four zeros and the other 8 are its nonce.
class Inner {
 public:
  Inner(ByteView key, ByteView nonce) {
    ByteArray<crypto_core_hchacha20_OUTPUTBYTES> subkey;
    crypto_core_hchacha20(subkey.data(), nonce.data(), key.data(), nullptr);
    cipher_.emplace(subkey);
    WipeMemory(subkey.data(), subkey.size());
    std::copy(nonce.begin() + crypto_core_hchacha20_INPUTBYTES, nonce.end(), nonce_.begin() + 4);
  }
  void Seal(ByteView associated_data, ByteView plaintext, MutableByteView out) {
    cipher_->Seal(nonce_, associated_data, plaintext, out);
  }
  bool Open(ByteView associated_data, ByteView sealed, MutableByteView out) {
    return cipher_->Open(nonce_, associated_data, sealed, out).ok();
  }

 private:
  std::optional<BulkCipher> cipher_;
  Nonce12 nonce_{};
};

Error DoesNotOpen() { return Corrupt("a sealed value does not open"); }

// OpenInto is for `out` of exactly the plaintext's size; libsodium clears it on failure.
bool OpenInto(ByteView key, ByteView sealed, ByteView associated_data, MutableByteView out) {
  CHECK(key.size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  std::uint8_t empty = 0;
  const ByteView ciphertext = sealed.subspan(kNonceSize);
  if (out.size() >= kBulk) {
    return Inner(key, sealed.first(kNonceSize)).Open(associated_data, ciphertext, out);
  }
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
  if (plaintext.size() >= kBulk) {
    Inner(key, nonce).Seal(associated_data, plaintext, MutableByteView(sealed).subspan(kNonceSize));
    return sealed;
  }
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
