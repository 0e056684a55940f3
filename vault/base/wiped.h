// Wiped: buffers for plaintext, cleared before their memory is given back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "vault/base/bytes.h"

namespace vault {

// WipeMemory overwrites memory in a way the compiler may not remove.
void WipeMemory(void* memory, std::size_t size);

// WipingAllocator clears every block before it is freed, also those a growing vector leaves behind.
template <class T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) {}  // NOLINT(google-explicit-constructor)
  T* allocate(std::size_t n) { return std::allocator<T>().allocate(n); }
  void deallocate(T* p, std::size_t n) {
    WipeMemory(p, n * sizeof(T));
    std::allocator<T>().deallocate(p, n);
  }
  bool operator==(const WipingAllocator&) const { return true; }
};

// Plaintext holds bytes of a document, detail or form. Move-only; wiped when it goes.
class Plaintext {
 public:
  Plaintext() = default;
  explicit Plaintext(std::size_t size) : bytes_(size) {}
  static Plaintext CopyOf(ByteView view) {
    Plaintext p;
    p.bytes_.assign(view.begin(), view.end());
    return p;
  }
  Plaintext(Plaintext&&) = default;
  Plaintext& operator=(Plaintext&&) = default;
  Plaintext(const Plaintext&) = delete;
  Plaintext& operator=(const Plaintext&) = delete;

  ByteView view() const { return {bytes_.data(), bytes_.size()}; }
  MutableByteView mutable_view() { return {bytes_.data(), bytes_.size()}; }
  std::string_view text() const { return AsText(view()); }
  std::size_t size() const { return bytes_.size(); }
  void Append(ByteView view) { bytes_.insert(bytes_.end(), view.begin(), view.end()); }
  void Resize(std::size_t size) { bytes_.resize(size); }

 private:
  std::vector<std::uint8_t, WipingAllocator<std::uint8_t>> bytes_;
};

}  // namespace vault
