#include "vault/keys/unseal.h"

#include <gtest/gtest.h>

#include "tests/support/crypto_environment.h"
#include "tests/support/fake_random.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/crypto/aead.h"

namespace vault {
namespace {

constexpr PasswordCost kCheap{1, 64};

UnsealKey CountingKey() {
  UnsealKey key;
  for (std::size_t i = 0; i < 32; ++i) key.mutable_view()[i] = static_cast<std::uint8_t>(i);
  return key;
}

class UnsealFile : public ::testing::Test {
 protected:
  void SetUp() override {
    auto file = WrapUnsealKey(CountingKey(), AsBytes("correct horse"), store_, kCheap, random_);
    ASSERT_TRUE(file.ok()) << file.error().detail;
    file_ = std::move(file).value();
  }
  Result<UnsealKey> Open(std::string_view passphrase) const {
    return UnwrapUnsealKey(file_, AsBytes(passphrase), store_, kCheap);
  }

  FakeRandom random_{1};
  StoreId store_ = random_.NewId<StoreId>();
  Bytes file_;
};

TEST_F(UnsealFile, HasExactlyTheBytesOfTheFormat) {
  ASSERT_EQ(file_.size(), 4u + 16 + 24 + 32 + 16);
  EXPECT_EQ(AsText(ByteView(file_).first(4)), "SUW1");
  auto wrapping = StretchPassword(AsBytes("correct horse"), ByteView(file_).subspan(4, 16), kCheap);
  ASSERT_TRUE(wrapping.ok());
  const Bytes place = WireWriter().Text("SUW1").Raw(store_.view()).bytes();
  auto key = OpenAead(wrapping.value().view(), ByteView(file_).subspan(20), place);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(ToBytes(key.value().view()), ToBytes(CountingKey().view()));
}

TEST_F(UnsealFile, OpensWithItsPassphraseOnly) {
  auto key = Open("correct horse");
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(ToBytes(key.value().view()), ToBytes(CountingKey().view()));
  auto wrong = Open("correct horsf");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, Errc::kDenied);
}

TEST_F(UnsealFile, OfAnotherStoreDoesNotOpen) {
  const auto other = random_.NewId<StoreId>();
  auto key = UnwrapUnsealKey(file_, AsBytes("correct horse"), other, kCheap);
  ASSERT_FALSE(key.ok());
  EXPECT_EQ(key.error().code, Errc::kDenied);
}

TEST_F(UnsealFile, ChangedAnywhereDoesNotOpen) {
  for (std::size_t i = 0; i < file_.size(); ++i) {
    file_[i] ^= 0x40;
    auto key = Open("correct horse");
    ASSERT_FALSE(key.ok()) << "byte " << i;
    EXPECT_EQ(key.error().code, i < 4 ? Errc::kCorrupt : Errc::kDenied) << "byte " << i;
    file_[i] ^= 0x40;
  }
}

TEST_F(UnsealFile, OfAnotherLengthIsCorruptAndCostsNoPasswordWork) {
  for (std::size_t size : {std::size_t{0}, std::size_t{3}, file_.size() - 1}) {
    auto key = UnwrapUnsealKey(ByteView(file_).first(size), {}, store_, kUnsealPassphraseCost);
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().code, Errc::kCorrupt);
  }
}

TEST(UnsealCredential, IsSixtyFourHexDigits) {
  const std::string text = FormatCredential(CountingKey());
  EXPECT_EQ(text, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  for (const std::string& given : {text, text + "\n"}) {
    auto key = ParseCredential(AsBytes(given));
    ASSERT_TRUE(key.ok());
    EXPECT_EQ(ToBytes(key.value().view()), ToBytes(CountingKey().view()));
  }
  const std::string upper = text.substr(0, 62) + "1F";
  for (const std::string& wrong :
       {std::string(), std::string("\n"), text.substr(1), text + "0", text + "\n\n", " " + text,
        upper, text.substr(0, 63) + "g", text + "\r\n"}) {
    auto key = ParseCredential(AsBytes(wrong));
    ASSERT_FALSE(key.ok()) << wrong;
    EXPECT_EQ(key.error().code, Errc::kInvalid);
  }
}

}  // namespace
}  // namespace vault
