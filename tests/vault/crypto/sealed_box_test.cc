#include "vault/crypto/sealed_box.h"

#include <gtest/gtest.h>

#include "tests/support/crypto_environment.h"
#include "vault/base/text.h"

namespace vault {
namespace {

// Source: RFC 7748, section 5.2: the first iteration multiplies the base point by 9.
TEST(PublicKeyOf, MatchesRfc7748) {
  Bytes nine(32);
  nine[0] = 9;
  const auto key = BoxSecretKey::FromBytes(nine);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(EncodeHex(PublicKeyOf(key.value())),
            "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
}

TEST(NewBoxKeyPair, BothHalvesBelongTogether) {
  SystemRandom random;
  const BoxKeyPair pair = NewBoxKeyPair(random);
  EXPECT_EQ(PublicKeyOf(pair.secret_key), pair.public_key);
}

TEST(OpenBox, GivesBackWhatWasSealed) {
  SystemRandom random;
  const BoxKeyPair pair = NewBoxKeyPair(random);
  for (std::size_t size : {0, 1, 32, 56, 96, 5000}) {
    Bytes message(size);
    random.Fill(message);
    const auto box = SealBox(pair.public_key, message);
    ASSERT_TRUE(box.ok());
    EXPECT_EQ(box.value().size(), size + kSealedBoxOverhead);
    const auto opened = OpenBox(pair.secret_key, box.value());
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(ToBytes(opened.value().view()), message);
  }
}

TEST(OpenBox, RefusesAnotherKeyEveryFlippedBitAndEveryTruncation) {
  SystemRandom random;
  const BoxKeyPair pair = NewBoxKeyPair(random);
  const Bytes box = SealBox(pair.public_key, AsBytes("a share")).value();
  EXPECT_FALSE(OpenBox(NewBoxKeyPair(random).secret_key, box).ok());
  for (std::size_t i = 0; i < box.size(); ++i) {
    Bytes changed = box;
    changed[i] ^= 0x80;
    const auto opened = OpenBox(pair.secret_key, changed);
    ASSERT_FALSE(opened.ok()) << i;
    EXPECT_EQ(opened.error().code, Errc::kCorrupt);
    EXPECT_FALSE(OpenBox(pair.secret_key, ByteView(box).first(i)).ok()) << i;
  }
}

TEST(SealBox, RefusesADegeneratePublicKey) {
  const auto box = SealBox(BoxPublicKey{}, AsBytes("a share"));
  ASSERT_FALSE(box.ok());
  EXPECT_EQ(box.error().code, Errc::kInvalid);
}

}  // namespace
}  // namespace vault
