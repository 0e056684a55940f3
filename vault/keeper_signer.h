// KeeperSigner: signs for the log with the seed that stays in the KeyKeeper.
#pragma once

#include "vault/audit/audit_log.h"
#include "vault/keys/key_keeper.h"

namespace vault {

// KeeperSigner. The keeper outlives it.
class KeeperSigner final : public LogSigner {
 public:
  explicit KeeperSigner(const KeyKeeper& keeper) : keeper_(keeper) {}
  ByteArray<32> public_key() const override { return keeper_.LogPublicKey(); }
  ByteArray<64> Sign(ByteView message) const override { return keeper_.SignLog(message); }

 private:
  const KeyKeeper& keeper_;
};

}  // namespace vault
