#include "vault/crypto/padding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>

namespace vault {
namespace {

TEST(PadmeLength, GivesTheKnownValues) {
  const std::pair<std::uint64_t, std::uint64_t> known[] = {
      {0, 0},
      {1, 1},
      {2, 2},
      {8, 8},
      {9, 10},
      {10, 10},
      {11, 12},
      {100, 104},
      {1000, 1024},
      {1025, 1088},
      {16384, 16384},
      {16385, 17408},
      {65536, 65536},
      {65537, 67584},
      {100000, 100352},
      {1000000, 1015808},
      {1073741824, 1073741824},
      {1073741825, 1107296256},
      {std::uint64_t{1} << 62, std::uint64_t{1} << 62},
  };
  for (const auto& [length, padded] : known) EXPECT_EQ(PadmeLength(length), padded) << length;
}

TEST(PadmeLength, NeverShrinksAndCostsAtMostTwelvePercent) {
  std::mt19937_64 random(1);  // NOLINT(cert-msc51-cpp): the same lengths in every run
  const auto check = [](std::uint64_t n) {
    const std::uint64_t padded = PadmeLength(n);
    ASSERT_GE(padded, n);
    ASSERT_LE(static_cast<double>(padded - n), 0.12 * static_cast<double>(n)) << n;
    ASSERT_EQ(PadmeLength(padded), padded) << n;
  };
  for (std::uint64_t n = 1; n < 200000; ++n) check(n);
  for (int i = 0; i < 200000; ++i) check((random() >> 2) >> (random() % 62));
}

TEST(PadmeLength, GrowsWithTheLength) {
  for (std::uint64_t n = 1; n < 300000; ++n) ASSERT_GE(PadmeLength(n), PadmeLength(n - 1)) << n;
}

TEST(PaddedContentLength, LeavesRoomForTheLengthAndHidesSmallOnes) {
  EXPECT_EQ(PaddedContentLength(0), 16384u);
  EXPECT_EQ(PaddedContentLength(16376), 16384u);
  EXPECT_EQ(PaddedContentLength(16377), 17408u);
  EXPECT_EQ(PaddedContentLength(65528), 65536u);
  EXPECT_EQ(PaddedContentLength(65529), 67584u);
}

// The reader takes the length from the end of the last chunk, so it must never straddle two.
TEST(PaddedContentLength, NeverEndsWithinEightBytesOfAChunksStart) {
  std::mt19937_64 random(2);  // NOLINT(cert-msc51-cpp): the same lengths in every run
  for (int i = 0; i < 300000; ++i) {
    const std::uint64_t n =
        i < 100000 ? static_cast<std::uint64_t>(i) : (random() >> 2) >> (random() % 62);
    const std::uint64_t rest = PaddedContentLength(n) % 65536;
    ASSERT_TRUE(rest == 0 || rest >= 8) << n;
  }
}

}  // namespace
}  // namespace vault
