// Shamir: a secret split among holders, any `threshold` of whom give it back; fewer learn nothing.
//
// Each byte of the secret is the value at 0 of its own random polynomial of degree threshold − 1
// over GF(2^8) (x^8 + x^4 + x^3 + x + 1, the field of AES); share x holds the values at x.
// Source: A. Shamir, How to share a secret, 1979; FIPS 197 §4 for the field.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/crypto/secret.h"

namespace vault {

// SharePoint is one share: its number, 1 to 255, and one byte for each byte of the secret.
struct SharePoint {
  std::uint8_t x = 0;
  SecretBytes values;
};

// ShareCount: of `count` shares, `threshold` are needed.
struct ShareCount {
  std::uint8_t threshold = 0;
  std::uint8_t count = 0;
};

// SplitSecret makes shares 1 to count under polynomials that never existed before.
// Errors: kInvalid a threshold below 2 (each share would be the secret) or above the count.
Result<std::vector<SharePoint>> SplitSecret(ByteView secret, ShareCount shares,
                                            RandomSource& random);
// JoinSecret gives the value at 0 of the one polynomial through all these points. It cannot tell
// whether they belong together: the caller checks the result.
// Errors: kInvalid no point, a number of zero, a number twice, or values of different lengths.
Result<SecretBytes> JoinSecret(std::span<const SharePoint> points);

// MultiplyInField and InverseInField take the same time for all values; 0 has the inverse 0.
std::uint8_t MultiplyInField(std::uint8_t a, std::uint8_t b);
std::uint8_t InverseInField(std::uint8_t a);

}  // namespace vault
