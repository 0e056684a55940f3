#include "vault/crypto/bulk.h"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>

#include "vault/base/wiped.h"
#include "vault/crypto/pointer.h"

namespace vault {
namespace {

constexpr std::size_t kTagSize = 16;

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

// EVP counts in int.
int Length(std::size_t size) {
  CHECK(size <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  return static_cast<int>(size);
}

}  // namespace

struct Sha256Stream::State {
  std::unique_ptr<EVP_MD_CTX, FreeDigest> context{EVP_MD_CTX_new()};
  bool finished = false;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  CHECK(state_->context != nullptr);
  CHECK(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1);
}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::Update(ByteView data) {
  CHECK(!state_->finished);
  CHECK(EVP_DigestUpdate(state_->context.get(), NonNull(data), data.size()) == 1);
}

Sha256Digest Sha256Stream::Finish() {
  CHECK(!state_->finished);
  Sha256Digest digest;
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(state_->context.get(), digest.data(), &size) == 1);
  CHECK(size == digest.size());
  state_->finished = true;
  return digest;
}

Sha256Digest Sha256(ByteView data) {
  Sha256Stream stream;
  stream.Update(data);
  return stream.Finish();
}

// Two contexts, because turning one from sealing to opening would set the key up again.
struct BulkCipher::State {
  CipherContext seal{EVP_CIPHER_CTX_new()};
  CipherContext open{EVP_CIPHER_CTX_new()};
};

BulkCipher::BulkCipher(ByteView key) : state_(std::make_unique<State>()) {
  CHECK(key.size() == 32);
  CHECK(state_->seal != nullptr && state_->open != nullptr);
  const EVP_CIPHER* cipher = EVP_chacha20_poly1305();
  CHECK(EVP_EncryptInit_ex(state_->seal.get(), cipher, nullptr, key.data(), nullptr) == 1);
  CHECK(EVP_DecryptInit_ex(state_->open.get(), cipher, nullptr, key.data(), nullptr) == 1);
}
BulkCipher::~BulkCipher() = default;
BulkCipher::BulkCipher(BulkCipher&&) noexcept = default;
BulkCipher& BulkCipher::operator=(BulkCipher&&) noexcept = default;

void BulkCipher::Seal(const Nonce12& nonce, ByteView plaintext, MutableByteView out) {
  Seal(nonce, {}, plaintext, out);
}

Status BulkCipher::Open(const Nonce12& nonce, ByteView sealed, MutableByteView out) {
  return Open(nonce, {}, sealed, out);
}

void BulkCipher::Seal(const Nonce12& nonce, ByteView associated_data, ByteView plaintext,
                      MutableByteView out) {
  CHECK(out.size() == plaintext.size() + kTagSize);
  EVP_CIPHER_CTX* context = state_->seal.get();
  int written = 0;
  CHECK(EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1);
  if (!associated_data.empty()) {
    CHECK(EVP_EncryptUpdate(context, nullptr, &written, associated_data.data(),
                            Length(associated_data.size())) == 1);
  }
  if (!plaintext.empty()) {
    CHECK(EVP_EncryptUpdate(context, out.data(), &written, plaintext.data(),
                            Length(plaintext.size())) == 1);
  }
  std::uint8_t* tag = out.data() + plaintext.size();
  CHECK(EVP_EncryptFinal_ex(context, tag, &written) == 1 && written == 0);
  CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize, tag) == 1);
}

Status BulkCipher::Open(const Nonce12& nonce, ByteView associated_data, ByteView sealed,
                        MutableByteView out) {
  CHECK(sealed.size() == out.size() + kTagSize);
  EVP_CIPHER_CTX* context = state_->open.get();
  const ByteView ciphertext = sealed.first(out.size());
  ByteArray<kTagSize> tag;
  std::copy(sealed.end() - kTagSize, sealed.end(), tag.begin());
  int written = 0;
  CHECK(EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1);
  if (!associated_data.empty()) {
    CHECK(EVP_DecryptUpdate(context, nullptr, &written, associated_data.data(),
                            Length(associated_data.size())) == 1);
  }
  if (!ciphertext.empty()) {
    CHECK(EVP_DecryptUpdate(context, out.data(), &written, ciphertext.data(),
                            Length(ciphertext.size())) == 1);
  }
  std::uint8_t rest[kTagSize];
  if (EVP_DecryptFinal_ex(context, rest, &written) != 1) {
    // EVP decrypts before it authenticates: what it wrote must not be seen.
    WipeMemory(out.data(), out.size());
    return Corrupt("a chunk does not open");
  }
  return Ok();
}

}  // namespace vault
