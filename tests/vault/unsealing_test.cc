// What opens a vault, and what does not.
#include <gtest/gtest.h>

#include "tests/support/test_vault.h"

namespace vault {
namespace {

std::vector<UnsealShare> Read(const SealedVault& sealed, const std::vector<std::string>& texts) {
  std::vector<UnsealShare> shares;
  for (const std::string& text : texts) {
    auto share = sealed.ReadShare(AsBytes(text));
    EXPECT_TRUE(share.ok()) << share.error().detail;
    if (share.ok()) shares.push_back(std::move(share).value());
  }
  return shares;
}

TEST(Unsealing, AnyTwoOfThreeSharesOpenTheVaultAndOneDoesNot) {
  TestVault vault;
  vault.SplitInto({2, 3});
  ASSERT_NO_FATAL_FAILURE(vault.Init());
  auto sealed = SealedVault::At(vault.world(), vault.place());
  ASSERT_TRUE(sealed.ok());
  auto need = sealed.value().Need();
  ASSERT_TRUE(need.ok());
  EXPECT_EQ(need.value().mode, UnsealMode::kShares);
  EXPECT_EQ(need.value().shares.threshold, 2);
  EXPECT_EQ(need.value().shares.count, 3);
  for (const auto& [a, b] : {std::pair{0, 1}, {2, 0}, {1, 2}}) {
    auto shares = Read(sealed.value(), {vault.share(static_cast<std::size_t>(a)),
                                        vault.share(static_cast<std::size_t>(b))});
    auto opened = sealed.value().UnsealWithShares(shares, std::nullopt);
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
  }
  auto one = Read(sealed.value(), {vault.share(0)});
  EXPECT_EQ(sealed.value().UnsealWithShares(one, std::nullopt).error().code, Errc::kInvalid);
  auto same = Read(sealed.value(), {vault.share(0), vault.share(0)});
  EXPECT_EQ(sealed.value().UnsealWithShares(same, std::nullopt).error().code, Errc::kInvalid);
}

TEST(Unsealing, EachKindOfVaultSaysWhatItTakes) {
  TestVault split;
  split.SplitInto({2, 3});
  ASSERT_NO_FATAL_FAILURE(split.Init());
  TestVault whole;
  ASSERT_NO_FATAL_FAILURE(whole.Init());
  auto sealed = SealedVault::At(split.world(), split.place());
  auto other = SealedVault::At(whole.world(), whole.place());
  ASSERT_TRUE(sealed.ok() && other.ok());
  auto passphrase =
      sealed.value().UnsealWithPassphrase(AsBytes(TestVault::kPassphrase), std::nullopt);
  ASSERT_FALSE(passphrase.ok());
  EXPECT_EQ(passphrase.error().code, Errc::kInvalid);
  EXPECT_EQ(passphrase.error().detail, "this vault is unsealed with shares: 2 of 3");
  auto share = other.value().ReadShare(AsBytes(split.share(0)));
  ASSERT_FALSE(share.ok());
  EXPECT_EQ(share.error().code, Errc::kInvalid);
  EXPECT_EQ(share.error().detail, "this vault is unsealed with a passphrase");
}

TEST(Unsealing, NoShareStandsInAnyFileOfTheVault) {
  TestVault vault;
  vault.SplitInto({2, 3});
  ASSERT_NO_FATAL_FAILURE(vault.Init());
  auto file = Disk(nullptr).ReadAll(vault.place().data + "/unseal", 4096);
  ASSERT_TRUE(file.ok());
  for (std::size_t i = 0; i < 3; ++i) {
    auto share = ParseUnsealShare(AsBytes(vault.share(i)));
    ASSERT_TRUE(share.ok());
    const ByteView values = share.value().point.values.view();
    const auto found =
        std::search(file.value().begin(), file.value().end(), values.begin(), values.begin() + 8);
    EXPECT_EQ(found, file.value().end());
  }
}

}  // namespace
}  // namespace vault
