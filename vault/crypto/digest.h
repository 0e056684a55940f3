// Digest: keyed BLAKE2b, HMAC-SHA256 and constant-time comparison.
#pragma once

#include "vault/base/bytes.h"

namespace vault {

// Blake2b is BLAKE2b with N bytes of output; the key may be empty (unkeyed) up to 64 bytes.
void Blake2b(ByteView key, ByteView message, MutableByteView out);
template <std::size_t N>
ByteArray<N> Blake2b(ByteView key, ByteView message) {
  ByteArray<N> out;
  Blake2b(key, message, out);
  return out;
}
ByteArray<32> HmacSha256(ByteView key, ByteView message);
// EqualConstantTime is false at once for unequal lengths, else takes the same time for any content.
bool EqualConstantTime(ByteView a, ByteView b);

}  // namespace vault
