// Password: Argon2id, with the cost named by the caller and stored beside the result.
#pragma once

#include <cstdint>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/crypto/secret.h"

namespace vault {

// PasswordCost is Argon2id's passes and memory (KiB); parallelism is 1.
struct PasswordCost {
  std::uint32_t passes;
  std::uint32_t memory_kib;
};
inline constexpr PasswordCost kPersonPasswordCost{3, 256 * 1024};
inline constexpr PasswordCost kUnsealPassphraseCost{4, 1024 * 1024};
inline constexpr PasswordCost kSharePinCost{2, 64 * 1024};

// StretchPassword derives 32 bytes. salt: 16 bytes.
// Errors: kUnavailable not enough memory.
// Threads: at most two derivations of 64 MiB or more run at once, others wait.
Result<SecretBytes> StretchPassword(ByteView password, ByteView salt, PasswordCost cost);

}  // namespace vault
