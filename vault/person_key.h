// PersonKey: what base calls an unlocked key: a signed-in person's X25519 private key.
#pragma once

#include <utility>

#include "vault/base/capability.h"
#include "vault/crypto/secret.h"

namespace vault {

class PersonKey final : public UnlockedKey {
 public:
  explicit PersonKey(BoxSecretKey secret) : secret_(std::move(secret)) {}
  const BoxSecretKey& secret() const { return secret_; }

 private:
  BoxSecretKey secret_;
};

// SecretOf is the private key in an actor's hand; People puts nothing else there.
inline const BoxSecretKey& SecretOf(const Actor& actor) {
  return static_cast<const PersonKey&>(actor.key()).secret();
}

}  // namespace vault
