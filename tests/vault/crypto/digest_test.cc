#include "vault/crypto/digest.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/crypto_environment.h"
#include "vault/base/text.h"

namespace vault {
namespace {

// Source: RFC 7693, appendix A.
TEST(Blake2b, MatchesThePublishedDigestOfAbc) {
  const auto digest = Blake2b<64>({}, AsBytes("abc"));
  EXPECT_EQ(EncodeHex(digest),
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

// Source: the BLAKE2 reference test vectors, keyed BLAKE2b, empty input, key 00..3f.
TEST(Blake2b, MatchesThePublishedKeyedDigestOfNothing) {
  Bytes key(64);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(EncodeHex(Blake2b<64>(key, {})),
            "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786"
            "b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568");
}

TEST(Blake2b, LengthAndKeyChangeTheWholeDigest) {
  const auto wide = Blake2b<32>({}, AsBytes("abc"));
  const auto narrow = Blake2b<16>({}, AsBytes("abc"));
  EXPECT_NE(ToBytes(ByteView(wide).first(16)), ToBytes(narrow));
  EXPECT_NE(Blake2b<32>(AsBytes("k"), AsBytes("abc")), wide);
}

// Source: RFC 4231, test cases 2 and 6 (a key longer than a block).
TEST(HmacSha256, MatchesRfc4231) {
  EXPECT_EQ(EncodeHex(HmacSha256(AsBytes("Jefe"), AsBytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const Bytes long_key(131, 0xaa);
  EXPECT_EQ(EncodeHex(HmacSha256(
                long_key, AsBytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, TakesAnEmptyKeyAndMessage) {
  EXPECT_EQ(EncodeHex(HmacSha256({}, {})),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(EqualConstantTime, SeesEveryBitAndTheLength) {
  const Bytes a(40, 0x5a);
  EXPECT_TRUE(EqualConstantTime(a, Bytes(a)));
  for (std::size_t bit = 0; bit < a.size() * 8; ++bit) {
    Bytes b = a;
    b[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    EXPECT_FALSE(EqualConstantTime(a, b)) << bit;
  }
  EXPECT_FALSE(EqualConstantTime(a, ByteView(a).first(39)));
  EXPECT_TRUE(EqualConstantTime({}, {}));
}

}  // namespace
}  // namespace vault
