// UnsealRenewal: a new U when a holder leaves, and with it new shares, a new passphrase or
// credential. Afterwards the old ones open nothing, old backups and today's cells included.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "vault/base/capability.h"
#include "vault/base/wiped.h"
#include "vault/core.h"
#include "vault/keys/unseal_share.h"

namespace vault {

class Custody;

// UnsealMode is what a vault is unsealed with; UnsealNeed::shares counts only for shares.
enum class UnsealMode : std::uint8_t { kPassphrase, kShares, kCredential };
struct UnsealNeed {
  UnsealMode mode = UnsealMode::kCredential;
  ShareCount shares;
};

// UnsealSecret is what somebody brings: exactly one of the three.
struct UnsealSecret {
  Plaintext passphrase;
  Plaintext credential;
  std::vector<Plaintext> shares;
};

// UnsealRenewal.
//
// Order: Prepare gives the new shares out, Commit takes them back as a proof that somebody has them
//        and only then makes them count: whatever happens in between, the old secret or the new one
//        opens the vault, and never neither. Nothing of Prepare outlives the program.
// Threads: safe from any thread.
class UnsealRenewal {
 public:
  struct Wish {
    UnsealMode mode = UnsealMode::kShares;
    Plaintext passphrase;  // of kPassphrase
    ShareCount shares;     // of kShares
  };
  // Issued is shown once and kept nowhere.
  struct Issued {
    std::vector<Plaintext> shares;
    Plaintext credential;
  };

  UnsealRenewal(Core& core, Custody& custody) : core_(core), custody_(custody) {}
  // SetCost is the price of a passphrase; tests take less.
  void SetCost(PasswordCost cost) { cost_ = cost; }

  // Prepare makes a new U. present: the secret that opens the vault today.
  // Errors: kDenied the actor is no officer of the unit, or the secret is wrong; kInvalid a weak
  // passphrase, a number of shares that cannot be, a secret of another kind.
  Result<Issued> Prepare(const Actor& actor, const UnsealSecret& present, Wish wish);
  // Commit re-roots the tree under it, in an epoch of its own. fresh: the new passphrase or
  // credential, or as many of the new shares as are needed.
  // Errors: kConflict nothing was prepared; kDenied, kInvalid as Prepare; kUnavailable a standby
  // does not follow (nothing has changed), or was lost on the way (the renewal stands, and is whole
  // when the standby is back). A failure in the epoch stops the process; the next start knows which
  // secret counts.
  Status Commit(const Actor& actor, const UnsealSecret& fresh);

 private:
  struct Pending {
    UnsealMode mode;
    UnsealKey key;
    Bytes file;
  };
  // KeyFrom reads U out of a secret and an unseal file's bytes.
  Result<UnsealKey> KeyFrom(const UnsealSecret& secret, const Bytes& file) const;
  Result<std::uint64_t> Turn(Pending& pending);
  Core& core_;
  Custody& custody_;
  PasswordCost cost_ = kUnsealPassphraseCost;
  std::optional<Pending> pending_;  // under the register's lock
};

}  // namespace vault
