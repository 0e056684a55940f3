// UnsealShare: U split among people, any few of whom together unseal the vault.
//
//   share text  = "SR1" and 18 groups of 4 characters, with "-" between; 5 bits a character in
//                 0123456789ABCDEFGHJKMNPQRSTVWXYZ:
//                 u8 threshold | u8 number | store id[0:4] | set id[4] | values[32] | check[3]
//   check       = first 3 bytes of BLAKE2b-128(key "", "strongroom/v1/share-check\0" || what is
//                 before it)
//   DATA/unseal = "SUS1" | u8 threshold | u8 count | 0[2] | set id[4] | count × commitment[32]
//   commitment  = BLAKE2b-256(key values, "strongroom/v1/share\0" || store id || set id || u8
//   number)
//
// A typing fault shows in the check, a stranger's or an old share in its ids, a forged one in its
// commitment; so a wrong share is named when it is given, not when all have been. A commitment to
// 256 random bits helps nobody to find them, nor do all but one of the shares that are needed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/ids.h"
#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/base/wiped.h"
#include "vault/crypto/secret.h"
#include "vault/crypto/shamir.h"

namespace vault {

inline constexpr std::uint8_t kMostShares = 16;
using ShareSetId = ByteArray<4>;

// UnsealShare is one holder's share, read from its text.
struct UnsealShare {
  std::uint8_t threshold = 0;
  ByteArray<4> store{};
  ShareSetId set{};
  SharePoint point;
};

// ShareSet is what DATA/unseal says of the shares: how many are needed, and how to know each.
struct ShareSet {
  ShareCount shares;
  ShareSetId id{};
  std::vector<ByteArray<32>> commitments;  // of share 1, 2, …
};

// SplitKey is a new set: the file, and the texts to be given out, one to a holder.
struct SplitKey {
  Bytes file;
  std::vector<Plaintext> texts;
};
// CheckShareCount. Errors: kInvalid a count above kMostShares, a threshold below 2 or above it.
Status CheckShareCount(ShareCount shares);
// SplitUnsealKey. Errors: as CheckShareCount.
Result<SplitKey> SplitUnsealKey(const UnsealKey& key, ShareCount shares, const StoreId& store,
                                RandomSource& random);

// IsShareFile says whether DATA/unseal is that of shares.
bool IsShareFile(ByteView file);
// ParseShareFile. Errors: kCorrupt.
Result<ShareSet> ParseShareFile(ByteView file);

// ParseUnsealShare reads a share as a person types it: any case, blanks and hyphens anywhere or
// nowhere, O for 0, I and L for 1. Errors: kInvalid it was mistyped.
Result<UnsealShare> ParseUnsealShare(ByteView text);
// CheckUnsealShare. Errors: kDenied it is another vault's, of an older set, or forged.
Status CheckUnsealShare(const UnsealShare& share, const ShareSet& set, const StoreId& store);
// JoinUnsealShares needs exactly as many checked shares of one set as its threshold.
// Errors: kInvalid too few, or one twice.
Result<UnsealKey> JoinUnsealShares(std::span<const UnsealShare> shares);

}  // namespace vault
