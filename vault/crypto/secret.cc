#include "vault/crypto/secret.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <mutex>
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

namespace {

// Keys of the usual size come and go by the dozen in every request, and sodium_malloc makes eleven
// system calls for each. So a few of its blocks are kept, wiped, for the next key: still locked,
// still between guard pages.
class KeptBlocks {
 public:
  static constexpr std::size_t kSize = 32;

  std::uint8_t* Take() {
    const std::lock_guard lock(mutex_);
    if (kept_ == 0) return nullptr;
    return blocks_[--kept_];
  }
  bool Keep(std::uint8_t* block) {
    sodium_memzero(block, kSize);
    const std::lock_guard lock(mutex_);
    if (kept_ == blocks_.size()) return false;
    blocks_[kept_++] = block;
    return true;
  }

 private:
  std::mutex mutex_;
  std::array<std::uint8_t*, 128> blocks_{};
  std::size_t kept_ = 0;
};

// Like the allocator behind it, one for the process; never destroyed, since secrets may outlive
// everything else.
KeptBlocks& Kept() {
  static KeptBlocks* const kept = new KeptBlocks;
  return *kept;
}

std::uint8_t* TakeBlock(std::size_t size) {
  std::uint8_t* block = size == KeptBlocks::kSize ? Kept().Take() : nullptr;
  return block != nullptr ? block : static_cast<std::uint8_t*>(sodium_malloc(size));
}

// sodium_free wipes before it gives the pages back, and accepts null.
void GiveBackBlock(std::uint8_t* block, std::size_t size) {
  if (block != nullptr && size == KeptBlocks::kSize && Kept().Keep(block)) return;
  sodium_free(block);
}

}  // namespace

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (size == 0) return;
  data_ = TakeBlock(size);
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
    GiveBackBlock(data_, size_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

SecretBytes::~SecretBytes() { GiveBackBlock(data_, size_); }

bool SecretBytes::EqualTo(ByteView other) const {
  if (other.size() != size_) return false;
  return size_ == 0 || sodium_memcmp(data_, other.data(), size_) == 0;
}

void SystemRandom::Fill(MutableByteView out) {
  if (!out.empty()) randombytes_buf(out.data(), out.size());
}

}  // namespace vault
