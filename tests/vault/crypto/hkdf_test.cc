#include "vault/crypto/hkdf.h"

#include <gtest/gtest.h>

#include "tests/support/crypto_environment.h"
#include "vault/base/text.h"

namespace vault {
namespace {

Bytes Range(int first, int end) {
  Bytes out;
  for (int i = first; i < end; ++i) out.push_back(static_cast<std::uint8_t>(i));
  return out;
}

std::string Derive(ByteView salt, ByteView key, ByteView info, std::size_t size) {
  Bytes out(size);
  HkdfSha256(salt, key, info, out);
  return EncodeHex(out);
}

// Source: RFC 5869, appendix A.1 to A.3.
TEST(HkdfSha256, MatchesRfc5869) {
  EXPECT_EQ(Derive(Range(0, 13), Bytes(22, 0x0b), Range(0xf0, 0xfa), 42),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(Derive(Range(0x60, 0xb0), Range(0, 0x50), Range(0xb0, 0x100), 82),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
            "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
            "cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(Derive({}, Bytes(22, 0x0b), {}, 42),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(HkdfSha256, AShorterOutputIsAPrefixUpToTheLimit) {
  const std::string longest = Derive(AsBytes("salt"), AsBytes("key"), AsBytes("info"), 8160);
  ASSERT_EQ(longest.size(), 2 * 8160u);
  for (std::size_t size : {0, 1, 31, 32, 33, 64, 100, 8159}) {
    EXPECT_EQ(Derive(AsBytes("salt"), AsBytes("key"), AsBytes("info"), size),
              longest.substr(0, 2 * size));
  }
}

TEST(HkdfSha256, MoreThanTheLimitIsAProgrammingError) {
  EXPECT_DEATH(Derive({}, AsBytes("key"), {}, 8161), "hkdf.cc");
}

TEST(DeriveKey, FillsATypedKeyOfItsOwnSize) {
  const auto key = DeriveKey<FileKey>(AsBytes("salt"), AsBytes("key"), AsBytes("info"));
  EXPECT_EQ(EncodeHex(key.view()), Derive(AsBytes("salt"), AsBytes("key"), AsBytes("info"), 16));
}

}  // namespace
}  // namespace vault
