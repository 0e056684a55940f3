// Promote: a sealed standby becomes the vault, when the primary's disk is lost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vault/vault.h"

namespace vault {

struct PromoteWish {
  // What the vault is unsealed with: one of these three.
  Plaintext passphrase;
  Plaintext credential;
  std::vector<Plaintext> shares;  // as their holders have them
  std::string blobs;  // the folder of the blobs, from a shared disk or a backup; may be empty
};

struct PromoteResult {
  StoreId store;
  unsigned copy = 0;
  std::uint64_t epoch = 0;
  std::string log_key;              // of the log under its new name
  std::uint64_t missing_blobs = 0;  // documents that live and whose bytes are not there
};

// PromoteStandby makes the standby in place.data the primary: in an epoch of its own, so that no
// other copy's cells open it, under a new name of the log, which quotes the old one: entries that
// the lost primary may have made alone are then another log's, not a fork of this. It can be
// repeated after an interruption.
// Errors: kNotFound no standby; kConflict it was promoted already, or is in use; kDenied the
// secret; kInvalid the blobs' folder; kCorrupt; kUnavailable.
Result<PromoteResult> PromoteStandby(const VaultWorld& world, const VaultPlace& place,
                                     PromoteWish wish);

}  // namespace vault
