// Shares: enough of them give the secret back, fewer say nothing of it.
#include "vault/crypto/shamir.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "tests/support/crypto_environment.h"
#include "tests/support/fake_random.h"

namespace vault {
namespace {

// ScriptedRandom gives bytes that a test chose.
class ScriptedRandom final : public RandomSource {
 public:
  explicit ScriptedRandom(Bytes script) : script_(std::move(script)) {}
  void Fill(MutableByteView out) override {
    for (std::uint8_t& byte : out) byte = script_.at(next_++);
  }

 private:
  Bytes script_;
  std::size_t next_ = 0;
};

SharePoint Copy(const SharePoint& point) {
  return {point.x, SecretBytes::CopyOf(point.values.view())};
}

Result<SecretBytes> Join(const std::vector<SharePoint>& all,
                         const std::vector<std::size_t>& which) {
  std::vector<SharePoint> chosen;
  for (const std::size_t i : which) chosen.push_back(Copy(all[i]));
  return JoinSecret(chosen);
}

// An independent multiplication: tables of powers of the generator 3.
struct Tables {
  std::array<std::uint8_t, 255> power{};
  std::array<unsigned, 256> logarithm{};
  Tables() {
    unsigned value = 1;
    for (unsigned i = 0; i < 255; ++i) {
      power[i] = static_cast<std::uint8_t>(value);
      logarithm[value] = i;
      value ^= value << 1;
      if (value > 255) value ^= 0x11b;
    }
  }
  std::uint8_t Multiply(unsigned a, unsigned b) const {
    if (a == 0 || b == 0) return 0;
    return power[(logarithm[a] + logarithm[b]) % 255];
  }
};

TEST(Shamir, TheFieldIsThatOfAes) {
  // FIPS 197 §4.2 and §4.2.1.
  EXPECT_EQ(MultiplyInField(0x57, 0x83), 0xc1);
  EXPECT_EQ(MultiplyInField(0x57, 0x13), 0xfe);
  EXPECT_EQ(MultiplyInField(0x57, 0x02), 0xae);
  EXPECT_EQ(MultiplyInField(0x57, 0x10), 0x07);
  // The S-box's example: 53 and CA are inverse to one another.
  EXPECT_EQ(InverseInField(0x53), 0xca);
  EXPECT_EQ(InverseInField(0), 0);
  const Tables tables;
  for (unsigned a = 0; a < 256; ++a) {
    const auto left = static_cast<std::uint8_t>(a);
    for (unsigned b = 0; b < 256; ++b) {
      ASSERT_EQ(MultiplyInField(left, static_cast<std::uint8_t>(b)), tables.Multiply(a, b));
    }
    if (a != 0) {
      EXPECT_EQ(MultiplyInField(left, InverseInField(left)), 1) << a;
    }
  }
}

// Worked by hand from the products of FIPS 197: the line s + 57·x through s at 0.
TEST(Shamir, TheSharesOfALineAreItsPoints) {
  ScriptedRandom random({0x57});
  const Bytes secret = {0x3a};
  auto shares = SplitSecret(secret, {2, 0x83}, random);
  ASSERT_TRUE(shares.ok());
  ASSERT_EQ(shares.value().size(), 0x83u);
  const auto value = [&](std::size_t x) { return shares.value()[x - 1].values.view()[0]; };
  EXPECT_EQ(shares.value()[0x12].x, 0x13);
  EXPECT_EQ(value(0x01), 0x3a ^ 0x57);
  EXPECT_EQ(value(0x02), 0x3a ^ 0xae);
  EXPECT_EQ(value(0x10), 0x3a ^ 0x07);
  EXPECT_EQ(value(0x13), 0x3a ^ 0xfe);
  EXPECT_EQ(value(0x83), 0x3a ^ 0xc1);
}

// 2·x² + 57·x + s at x = 2 is 8 + ae + s, at x = 1 it is 2 + 57 + s.
TEST(Shamir, HighestCoefficientsComeFirstFromTheRandomSource) {
  ScriptedRandom random({0x02, 0x57});
  const Bytes secret = {0x11};
  auto shares = SplitSecret(secret, {3, 3}, random);
  ASSERT_TRUE(shares.ok());
  EXPECT_EQ(shares.value()[0].values.view()[0], 0x02 ^ 0x57 ^ 0x11);
  EXPECT_EQ(shares.value()[1].values.view()[0], 0x08 ^ 0xae ^ 0x11);
}

TEST(Shamir, EveryChoiceOfEnoughSharesGivesTheSecretBack) {
  FakeRandom random(7);
  for (unsigned count = 2; count <= 7; ++count) {
    for (unsigned threshold = 2; threshold <= count; ++threshold) {
      Bytes secret(32);
      random.Fill(secret);
      auto shares = SplitSecret(
          secret, {static_cast<std::uint8_t>(threshold), static_cast<std::uint8_t>(count)}, random);
      ASSERT_TRUE(shares.ok());
      std::vector<bool> chosen(count, false);
      std::fill_n(chosen.begin(), threshold, true);
      do {
        std::vector<std::size_t> which;
        for (std::size_t i = 0; i < count; ++i) {
          if (chosen[i]) which.push_back(i);
        }
        std::reverse(which.begin(), which.end());  // in any order
        auto joined = Join(shares.value(), which);
        ASSERT_TRUE(joined.ok());
        ASSERT_TRUE(joined.value().EqualTo(secret)) << threshold << " of " << count;
      } while (std::prev_permutation(chosen.begin(), chosen.end()));
      // More than enough do as well.
      std::vector<std::size_t> all(count);
      for (std::size_t i = 0; i < count; ++i) all[i] = i;
      EXPECT_TRUE(Join(shares.value(), all).value().EqualTo(secret));
    }
  }
}

// Perfect secrecy, counted: over all coefficients, every pair of a share and a secret is equally
// frequent, so the share says nothing of the secret.
TEST(Shamir, OneShareTooFewFitsEverySecretEquallyOften) {
  for (const std::uint8_t secret : {0x00, 0x01, 0x80, 0xff}) {
    std::map<std::uint8_t, unsigned> seen;
    for (unsigned coefficient = 0; coefficient < 256; ++coefficient) {
      ScriptedRandom random({static_cast<std::uint8_t>(coefficient)});
      const Bytes bytes = {secret};
      auto shares = SplitSecret(bytes, {2, 2}, random);
      ASSERT_TRUE(shares.ok());
      ++seen[shares.value()[1].values.view()[0]];
    }
    EXPECT_EQ(seen.size(), 256u);
  }
}

TEST(Shamir, TooFewSharesGiveSomethingElse) {
  FakeRandom random(8);
  Bytes secret(32);
  random.Fill(secret);
  auto shares = SplitSecret(secret, {3, 5}, random);
  ASSERT_TRUE(shares.ok());
  EXPECT_FALSE(Join(shares.value(), {0, 1}).value().EqualTo(secret));
  EXPECT_FALSE(Join(shares.value(), {4}).value().EqualTo(secret));
}

TEST(Shamir, WhatIsNoSetOfSharesIsRefused) {
  FakeRandom random(9);
  const Bytes secret(32);
  for (const ShareCount wrong : {ShareCount{0, 3}, {1, 3}, {4, 3}, {2, 1}, {2, 0}}) {
    auto split = SplitSecret(secret, wrong, random);
    ASSERT_FALSE(split.ok());
    EXPECT_EQ(split.error().code, Errc::kInvalid);
  }
  auto shares = SplitSecret(secret, {2, 3}, random);
  ASSERT_TRUE(shares.ok());
  EXPECT_EQ(Join(shares.value(), {}).error().code, Errc::kInvalid);
  EXPECT_EQ(Join(shares.value(), {1, 1}).error().code, Errc::kInvalid);
  std::vector<SharePoint> zero;
  zero.push_back(Copy(shares.value()[0]));
  zero.push_back({0, SecretBytes(32)});
  EXPECT_EQ(JoinSecret(zero).error().code, Errc::kInvalid);
  zero[1] = {2, SecretBytes(31)};
  EXPECT_EQ(JoinSecret(zero).error().code, Errc::kInvalid);
}

}  // namespace
}  // namespace vault
