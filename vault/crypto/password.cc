#include "vault/crypto/password.h"

#include <sodium.h>

#include <semaphore>

#include "vault/crypto/pointer.h"

namespace vault {
namespace {

constexpr std::uint32_t kBigKib = 64 * 1024;

// The one static of this folder: the limit is about this machine's memory, so it must hold over
// all callers of the process, and none of them may bring a semaphore of its own.
std::counting_semaphore<2>& BigDerivations() {
  static std::counting_semaphore<2> places(2);
  return places;
}

// BigDerivation holds one of the two places while it lives; small derivations hold none.
class BigDerivation {
 public:
  explicit BigDerivation(PasswordCost cost) : counted_(cost.memory_kib >= kBigKib) {
    if (counted_) BigDerivations().acquire();
  }
  ~BigDerivation() {
    if (counted_) BigDerivations().release();
  }
  BigDerivation(const BigDerivation&) = delete;
  BigDerivation& operator=(const BigDerivation&) = delete;

 private:
  const bool counted_;
};

}  // namespace

Result<SecretBytes> StretchPassword(ByteView password, ByteView salt, PasswordCost cost) {
  CHECK(salt.size() == crypto_pwhash_argon2id_SALTBYTES);
  // Costs are read back from storage, so nonsense in them is an answer, not a crash.
  if (cost.passes < 1 || cost.passes > 64 || cost.memory_kib < 8 ||
      cost.memory_kib > 4 * 1024 * 1024) {
    return Invalid("a password cost is out of range");
  }
  SecretBytes key(32);
  const BigDerivation place(cost);
  if (crypto_pwhash_argon2id(key.mutable_view().data(), key.size(),
                             reinterpret_cast<const char*>(NonNull(password)), password.size(),
                             salt.data(), cost.passes, std::size_t{cost.memory_kib} * 1024,
                             crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
    return Unavailable("not enough memory to stretch a password");
  }
  return key;
}

}  // namespace vault
