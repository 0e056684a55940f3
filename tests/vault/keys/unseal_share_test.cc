// Shares of U as people hold them: typed, mistyped, forged, somebody else's, out of date.
#include "vault/keys/unseal_share.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/crypto_environment.h"
#include "tests/support/fake_random.h"
#include "vault/base/wire.h"
#include "vault/crypto/digest.h"

namespace vault {
namespace {

class UnsealShares : public ::testing::Test {
 protected:
  void SetUp() override {
    auto split = SplitUnsealKey(key_, {2, 3}, store_, random_);
    ASSERT_TRUE(split.ok());
    split_ = std::move(split).value();
    auto set = ParseShareFile(split_.file);
    ASSERT_TRUE(set.ok());
    set_ = std::move(set).value();
  }
  std::string Text(std::size_t i) const { return std::string(split_.texts[i].text()); }
  UnsealShare Share(std::size_t i) const {
    return ParseUnsealShare(split_.texts[i].view()).value();
  }

  FakeRandom random_{1};
  StoreId store_ = random_.NewId<StoreId>();
  UnsealKey key_ = UnsealKey::Random(random_);
  SplitKey split_;
  ShareSet set_;
};

TEST_F(UnsealShares, FileHasExactlyTheBytesOfTheFormat) {
  ASSERT_EQ(split_.file.size(), 12u + 3 * 32);
  const ByteView file = split_.file;
  EXPECT_EQ(AsText(file.first(4)), "SUS1");
  EXPECT_EQ(ToBytes(file.subspan(4, 4)), (Bytes{2, 3, 0, 0}));
  for (std::size_t i = 0; i < 3; ++i) {
    const UnsealShare share = Share(i);
    EXPECT_EQ(share.threshold, 2);
    EXPECT_EQ(share.point.x, i + 1);
    EXPECT_EQ(ToBytes(share.set), ToBytes(file.subspan(8, 4)));
    EXPECT_EQ(ToBytes(share.store), ToBytes(store_.view().first(4)));
    const Bytes message = WireWriter()
                              .Text("strongroom/v1/share")
                              .U8(0)
                              .Raw(store_.view())
                              .Raw(share.set)
                              .U8(share.point.x)
                              .bytes();
    EXPECT_EQ(ToBytes(Blake2b<32>(share.point.values.view(), message)),
              ToBytes(file.subspan(12 + 32 * i, 32)));
  }
}

TEST_F(UnsealShares, TextIsGroupsOfFourFromAnAlphabetThatIsHardToMisread) {
  const std::string text = Text(0);
  ASSERT_EQ(text.size(), 3u + 18 * 5);
  EXPECT_TRUE(text.starts_with("SR1-"));
  for (std::size_t i = 3; i < text.size(); ++i) {
    if ((i - 3) % 5 == 0) {
      EXPECT_EQ(text[i], '-');
    } else {
      EXPECT_NE(std::string("0123456789ABCDEFGHJKMNPQRSTVWXYZ").find(text[i]), std::string::npos);
    }
  }
}

TEST_F(UnsealShares, TextIsTheBytesInFives) {
  const std::string text = Text(1);
  const auto head = text.substr(4, 4);
  // threshold 2 = 00000010, number 2 = 00000010: 00000 01000 00001 0 and the first bits of the id.
  EXPECT_EQ(head.substr(0, 3), "081");
}

TEST_F(UnsealShares, AnyTwoOfThreeGiveTheKeyBack) {
  for (const auto& [a, b] : {std::pair{0, 1}, {0, 2}, {1, 2}, {2, 0}}) {
    std::vector<UnsealShare> shares;
    shares.push_back(Share(static_cast<std::size_t>(a)));
    shares.push_back(Share(static_cast<std::size_t>(b)));
    for (const UnsealShare& share : shares) EXPECT_TRUE(CheckUnsealShare(share, set_, store_).ok());
    auto joined = JoinUnsealShares(shares);
    ASSERT_TRUE(joined.ok());
    EXPECT_EQ(ToBytes(joined.value().view()), ToBytes(key_.view()));
  }
}

TEST_F(UnsealShares, TooFewOrTheSameTwiceIsRefused) {
  std::vector<UnsealShare> shares;
  EXPECT_EQ(JoinUnsealShares(shares).error().code, Errc::kInvalid);
  shares.push_back(Share(0));
  EXPECT_EQ(JoinUnsealShares(shares).error().code, Errc::kInvalid);
  shares.push_back(Share(0));
  EXPECT_EQ(JoinUnsealShares(shares).error().code, Errc::kInvalid);
}

TEST_F(UnsealShares, IsReadAsPeopleTypeIt) {
  std::string typed;
  for (const char c : Text(0)) {
    if (c == '-') continue;
    const auto lower = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    typed += c == '0' ? 'O' : c == '1' && !typed.empty() && typed.size() > 3 ? 'l' : lower;
    if (typed.size() % 7 == 0) typed += ' ';
  }
  auto read = ParseUnsealShare(AsBytes("  " + typed + "\r"));
  ASSERT_TRUE(read.ok()) << typed;
  EXPECT_TRUE(read.value().point.values.EqualTo(Share(0).point.values.view()));
}

TEST_F(UnsealShares, EveryWrongLetterAndEverySwapIsNoticedAndTheErrorNamesNoPlace) {
  const std::string text = Text(2);
  std::set<std::string> details;
  const auto refused = [&](const std::string& typed) {
    auto read = ParseUnsealShare(AsBytes(typed));
    ASSERT_FALSE(read.ok()) << typed;
    EXPECT_EQ(read.error().code, Errc::kInvalid);
    details.insert(read.error().detail);
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-') continue;
    for (const char other : std::string("0123456789ABCDEFGHJKMNPQRSTVWXYZU!")) {
      if (other == text[i]) continue;
      std::string typed = text;
      typed[i] = other;
      refused(typed);
    }
    std::string shorter = text;
    shorter.erase(i, 1);
    refused(shorter);
    std::string longer = text;
    longer.insert(i, 1, '7');
    refused(longer);
    if (i + 1 < text.size() && text[i + 1] != '-' && text[i + 1] != text[i]) {
      std::string swapped = text;
      std::swap(swapped[i], swapped[i + 1]);
      refused(swapped);
    }
  }
  for (const std::string& wrong : {std::string(), std::string("SR1"), std::string(5000, '7')}) {
    refused(wrong);
  }
  EXPECT_EQ(details.size(), 1u);
}

TEST_F(UnsealShares, OfAnotherVaultOrAnOlderSetOrForgedIsDenied) {
  FakeRandom other(77);
  auto foreign = SplitUnsealKey(key_, {2, 3}, other.NewId<StoreId>(), other);
  auto older = SplitUnsealKey(key_, {2, 3}, store_, other);
  ASSERT_TRUE(foreign.ok() && older.ok());
  std::set<std::string> details;
  const auto denied = [&](const UnsealShare& share) {
    const Status checked = CheckUnsealShare(share, set_, store_);
    ASSERT_FALSE(checked.ok());
    EXPECT_EQ(checked.error().code, Errc::kDenied);
    details.insert(checked.error().detail);
  };
  denied(ParseUnsealShare(foreign.value().texts[0].view()).value());
  denied(ParseUnsealShare(older.value().texts[0].view()).value());
  EXPECT_EQ(details.size(), 2u);
  // Whoever knows ids and check can make a share that reads well. It fits no commitment.
  UnsealShare forged = Share(0);
  forged.point.values.mutable_view()[31] ^= 1;
  denied(forged);
  UnsealShare renumbered = Share(0);
  renumbered.point.x = 2;
  denied(renumbered);
  renumbered.point.x = 4;
  denied(renumbered);
  renumbered.point.x = 0;
  denied(renumbered);
  UnsealShare lowered = Share(0);
  lowered.threshold = 1;
  denied(lowered);
  EXPECT_EQ(details.size(), 3u);
}

TEST_F(UnsealShares, EverySplitHasPolynomialsAndAnIdOfItsOwn) {
  auto again = SplitUnsealKey(key_, {2, 3}, store_, random_);
  ASSERT_TRUE(again.ok());
  const UnsealShare other = ParseUnsealShare(again.value().texts[0].view()).value();
  EXPECT_NE(other.set, Share(0).set);
  EXPECT_FALSE(other.point.values.EqualTo(Share(0).point.values.view()));
}

TEST_F(UnsealShares, ADamagedFileIsCorrupt) {
  for (std::size_t size = 0; size < split_.file.size(); ++size) {
    EXPECT_EQ(ParseShareFile(ByteView(split_.file).first(size)).error().code, Errc::kCorrupt);
  }
  Bytes longer = split_.file;
  longer.push_back(0);
  EXPECT_FALSE(ParseShareFile(longer).ok());
  for (const auto& [at, value] : std::vector<std::pair<std::size_t, std::uint8_t>>{
           {0, 'X'}, {4, 1}, {4, 4}, {5, 17}, {6, 1}}) {
    Bytes changed = split_.file;
    changed[at] = value;
    EXPECT_EQ(ParseShareFile(changed).error().code, Errc::kCorrupt) << at;
  }
}

TEST_F(UnsealShares, ThereAreTwoToSixteen) {
  for (const ShareCount wrong : {ShareCount{1, 3}, {4, 3}, {2, 17}, {0, 0}}) {
    EXPECT_EQ(SplitUnsealKey(key_, wrong, store_, random_).error().code, Errc::kInvalid);
  }
  EXPECT_EQ(SplitUnsealKey(key_, {16, 16}, store_, random_).value().texts.size(), 16u);
}

}  // namespace
}  // namespace vault
