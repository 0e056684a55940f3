// Dice: the choices of a history, all from its seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/fake_random.h"
#include "vault/base/result.h"
#include "vault/base/wire.h"

namespace vault {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  std::uint64_t Next() {
    ByteArray<8> bytes;
    random_.Fill(bytes);
    return WireReader(bytes).U64();
  }
  // Below gives 0 … n-1.
  std::size_t Below(std::size_t n) {
    CHECK(n > 0);
    return static_cast<std::size_t>(Next() % n);
  }
  // Chance is true in so many of a hundred cases.
  bool Chance(unsigned percent) { return Below(100) < percent; }
  template <class T>
  const T& Of(const std::vector<T>& choices) {
    return choices[Below(choices.size())];
  }
  RandomSource& random() { return random_; }

 private:
  FakeRandom random_;
};

}  // namespace vault
