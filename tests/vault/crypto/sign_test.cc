#include "vault/crypto/sign.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/crypto_environment.h"
#include "vault/base/text.h"

namespace vault {
namespace {

SigningSeed SeedOf(std::string_view hex) {
  auto seed = SigningSeed::FromBytes(DecodeHex(hex).value());
  CHECK(seed.ok());
  return std::move(seed).value();
}

// Source: RFC 8032, section 7.1, tests 1 and 2.
TEST(Sign, MatchesRfc8032) {
  const SigningSeed first =
      SeedOf("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  EXPECT_EQ(EncodeHex(SigningPublicKeyOf(first)),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_EQ(EncodeHex(Sign(first, {})),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
  const SigningSeed second =
      SeedOf("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  EXPECT_EQ(EncodeHex(SigningPublicKeyOf(second)),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const Bytes message = {0x72};
  EXPECT_EQ(EncodeHex(Sign(second, message)),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST(VerifySignature, RefusesEveryFlippedBitAnotherKeyAndAnotherLength) {
  SystemRandom random;
  const SigningSeed seed = SigningSeed::Random(random);
  const SigningPublicKey key = SigningPublicKeyOf(seed);
  const Bytes message = ToBytes(AsBytes("a checkpoint"));
  const Signature signature = Sign(seed, message);
  ASSERT_TRUE(VerifySignature(key, message, signature));
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    Signature changed = signature;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    EXPECT_FALSE(VerifySignature(key, message, changed)) << bit;
  }
  for (std::size_t i = 0; i < message.size(); ++i) {
    Bytes changed = message;
    changed[i] ^= 1;
    EXPECT_FALSE(VerifySignature(key, changed, signature)) << i;
  }
  EXPECT_FALSE(
      VerifySignature(SigningPublicKeyOf(SigningSeed::Random(random)), message, signature));
  EXPECT_FALSE(VerifySignature(key, message, ByteView(signature).first(63)));
  EXPECT_FALSE(VerifySignature(key, message, {}));
  // The all-zero key is a small-order point that would accept forgeries.
  EXPECT_FALSE(VerifySignature(SigningPublicKey{}, message, signature));
}

}  // namespace
}  // namespace vault
