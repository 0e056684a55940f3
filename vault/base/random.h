// Random: the one source of randomness, handed in so that tests can choose it.
#pragma once

#include "vault/base/bytes.h"
#include "vault/base/ids.h"

namespace vault {

// RandomSource fills buffers with random bytes. The real one asks the operating system.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual void Fill(MutableByteView out) = 0;

  template <class IdType>
  IdType NewId() {
    ByteArray<16> bytes;
    Fill(bytes);
    return IdType(bytes);
  }
};

}  // namespace vault
