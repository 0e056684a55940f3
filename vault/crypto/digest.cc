#include "vault/crypto/digest.h"

#include <sodium.h>

#include "vault/base/result.h"
#include "vault/base/wiped.h"
#include "vault/crypto/pointer.h"

namespace vault {

void Blake2b(ByteView key, ByteView message, MutableByteView out) {
  CHECK(!out.empty() && out.size() <= crypto_generichash_blake2b_BYTES_MAX);
  CHECK(key.size() <= crypto_generichash_blake2b_KEYBYTES_MAX);
  CHECK(crypto_generichash_blake2b(out.data(), out.size(), NonNull(message), message.size(),
                                   NonNull(key), key.size()) == 0);
}

ByteArray<32> HmacSha256(ByteView key, ByteView message) {
  // The one-shot call takes 32-byte keys only; the stream takes any length.
  crypto_auth_hmacsha256_state state;
  ByteArray<32> mac;
  crypto_auth_hmacsha256_init(&state, NonNull(key), key.size());
  crypto_auth_hmacsha256_update(&state, NonNull(message), message.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  WipeMemory(&state, sizeof state);
  return mac;
}

bool EqualConstantTime(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  return a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace vault
