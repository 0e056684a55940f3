#include "vault/crypto/password.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/support/crypto_environment.h"
#include "vault/base/text.h"

namespace vault {
namespace {

constexpr PasswordCost kCheap{2, 64};
constexpr PasswordCost kSmallestBig{1, 64 * 1024};

Bytes Salt(std::uint8_t first) {
  Bytes salt(16, 0x55);
  salt[0] = first;
  return salt;
}

std::string Stretch(std::string_view password, ByteView salt, PasswordCost cost) {
  const auto key = StretchPassword(AsBytes(password), salt, cost);
  return key.ok() ? EncodeHex(key.value().view()) : key.error().detail;
}

TEST(StretchPassword, IsDeterministicAndDependsOnEveryInput) {
  const std::string base = Stretch("correct horse", Salt(1), kCheap);
  ASSERT_EQ(base.size(), 64u);
  EXPECT_EQ(Stretch("correct horse", Salt(1), kCheap), base);
  EXPECT_NE(Stretch("correct horsf", Salt(1), kCheap), base);
  EXPECT_NE(Stretch("correct horse", Salt(2), kCheap), base);
  EXPECT_NE(Stretch("correct horse", Salt(1), {3, 64}), base);
  EXPECT_NE(Stretch("correct horse", Salt(1), {2, 72}), base);
  EXPECT_EQ(Stretch("", Salt(1), kCheap).size(), 64u);
}

TEST(StretchPassword, NonsenseCostsAreAnAnswerAndNoCrash) {
  for (PasswordCost cost : {PasswordCost{0, 64}, PasswordCost{1, 7}, PasswordCost{65, 64},
                            PasswordCost{1, 4u * 1024 * 1024 + 1}}) {
    const auto key = StretchPassword(AsBytes("x"), Salt(1), cost);
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().code, Errc::kInvalid);
  }
}

// The bytes people's keys are sealed with: a changed unit or variant would lock everybody out.
TEST(StretchPassword, KeepsItsBytes) {
  EXPECT_EQ(Stretch("correct horse", Salt(1), kCheap),
            "85e592a5c719988ed8aefbdc6b97e2143bcbb20118dbc7c821cddb6419a585ed");
}

// More callers than places: all must come through, and with the right answer.
TEST(StretchPassword, WaitingForAPlaceChangesNoAnswer) {
  const std::string expected = Stretch("pin", Salt(9), kSmallestBig);
  std::vector<std::string> answers(5);
  std::vector<std::thread> callers;
  for (auto& answer : answers) {
    callers.emplace_back([&answer] { answer = Stretch("pin", Salt(9), kSmallestBig); });
  }
  for (auto& caller : callers) caller.join();
  for (const auto& answer : answers) EXPECT_EQ(answer, expected);
}

}  // namespace
}  // namespace vault
