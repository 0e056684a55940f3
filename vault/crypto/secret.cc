#include "vault/crypto/secret.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

namespace vault {

Status InitCrypto() {
  if (sodium_init() < 0) return Unavailable("the crypto library cannot start");
  // sodium_malloc says nothing when it cannot lock its pages, so a key could be swapped out in
  // silence. Locking an already locked page is free: this asks whether the first lock held.
  constexpr std::size_t kProbeSize = 32;
  void* probe = sodium_malloc(kProbeSize);
  if (probe == nullptr) return Unavailable("no guarded memory for keys");
  const bool locked = sodium_mlock(probe, kProbeSize) == 0;
  sodium_free(probe);
  if (!locked) {
    return Unavailable("memory for keys cannot be locked: raise the limit of locked memory");
  }
  return Ok();
}

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (size == 0) return;
  data_ = static_cast<std::uint8_t*>(sodium_malloc(size));
  CHECK(data_ != nullptr);
  // sodium_malloc fills with a pattern; zeros make a forgotten Fill the same everywhere.
  std::fill_n(data_, size, std::uint8_t{0});
}

SecretBytes SecretBytes::CopyOf(ByteView bytes) {
  SecretBytes copy(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.data_);
  return copy;
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    sodium_free(data_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

// sodium_free wipes before it gives the pages back, and accepts null.
SecretBytes::~SecretBytes() { sodium_free(data_); }

bool SecretBytes::EqualTo(ByteView other) const {
  if (other.size() != size_) return false;
  return size_ == 0 || sodium_memcmp(data_, other.data(), size_) == 0;
}

void SystemRandom::Fill(MutableByteView out) {
  if (!out.empty()) randombytes_buf(out.data(), out.size());
}

}  // namespace vault
