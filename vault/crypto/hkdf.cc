#include "vault/crypto/hkdf.h"

#include <sodium.h>

#include <algorithm>

#include "vault/base/wiped.h"
#include "vault/crypto/digest.h"
#include "vault/crypto/pointer.h"

namespace vault {

void HkdfSha256(ByteView salt, ByteView input_key, ByteView info, MutableByteView out) {
  constexpr std::size_t kHashSize = crypto_auth_hmacsha256_BYTES;
  CHECK(out.size() <= 255 * kHashSize);
  // Extract. An empty salt means a block of zeros, which is what HMAC makes of an empty key.
  ByteArray<kHashSize> pseudorandom_key = HmacSha256(salt, input_key);

  // Expand: T(i) = HMAC(PRK, T(i-1) || info || i).
  ByteArray<kHashSize> block{};
  crypto_auth_hmacsha256_state state;
  std::size_t done = 0;
  for (std::uint8_t counter = 1; done < out.size(); ++counter) {
    crypto_auth_hmacsha256_init(&state, pseudorandom_key.data(), pseudorandom_key.size());
    if (counter > 1) crypto_auth_hmacsha256_update(&state, block.data(), block.size());
    crypto_auth_hmacsha256_update(&state, NonNull(info), info.size());
    crypto_auth_hmacsha256_update(&state, &counter, 1);
    crypto_auth_hmacsha256_final(&state, block.data());
    const std::size_t n = std::min(kHashSize, out.size() - done);
    std::copy_n(block.begin(), n, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += n;
  }
  WipeMemory(&state, sizeof state);
  WipeMemory(block.data(), block.size());
  WipeMemory(pseudorandom_key.data(), pseudorandom_key.size());
}

}  // namespace vault
