#include "vault/crypto/page_cipher.h"

#include <openssl/evp.h>

#include "vault/base/result.h"

namespace vault {

struct PageCipher::State {
  ~State() { EVP_CIPHER_CTX_free(context); }
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
};

PageCipher::PageCipher(ByteView key) : state_(std::make_unique<State>()) {
  CHECK(key.size() == 32);
  CHECK(state_->context != nullptr);
  CHECK(EVP_DecryptInit_ex(state_->context, EVP_aes_256_cbc(), nullptr, key.data(), nullptr) == 1);
}

PageCipher::~PageCipher() = default;

void PageCipher::Open(const ByteArray<16>& iv, ByteView sealed, MutableByteView out) {
  CHECK(sealed.size() == out.size() && sealed.size() % 16 == 0);
  // The key schedule stays.
  CHECK(EVP_DecryptInit_ex(state_->context, nullptr, nullptr, nullptr, iv.data()) == 1);
  EVP_CIPHER_CTX_set_padding(state_->context, 0);
  int size = 0;
  CHECK(EVP_DecryptUpdate(state_->context, out.data(), &size, sealed.data(),
                          static_cast<int>(sealed.size())) == 1);
  CHECK(static_cast<std::size_t>(size) == out.size());
}

}  // namespace vault
