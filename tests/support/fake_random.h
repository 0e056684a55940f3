// FakeRandom: bytes that look random and are the same in every run.
#pragma once

#include <cstdint>
#include <mutex>

#include "vault/base/random.h"

namespace vault {

// FakeRandom counts through splitmix64 from a seed. Threads: safe from any thread.
class FakeRandom final : public RandomSource {
 public:
  explicit FakeRandom(std::uint64_t seed) : state_(seed) {}

  void Fill(MutableByteView out) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::uint64_t word = 0;
    int left = 0;
    for (std::uint8_t& byte : out) {
      if (left == 0) {
        word = Next();
        left = 8;
      }
      byte = static_cast<std::uint8_t>(word);
      word >>= 8;
      --left;
    }
  }

 private:
  std::uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  std::mutex mutex_;
  std::uint64_t state_;
};

}  // namespace vault
