#include "vault/crypto/aead.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include "tests/support/crypto_environment.h"
#include "vault/base/text.h"

namespace vault {
namespace {

// Scripted gives the bytes it was made with, so that a published nonce can be used.
class Scripted final : public RandomSource {
 public:
  explicit Scripted(Bytes bytes) : bytes_(std::move(bytes)) {}
  void Fill(MutableByteView out) override {
    ASSERT_EQ(out.size(), bytes_.size());
    std::copy(bytes_.begin(), bytes_.end(), out.begin());
  }

 private:
  Bytes bytes_;
};

// Source: draft-irtf-cfrg-xchacha-03, appendix A.3.1.
TEST(SealAead, MatchesThePublishedVector) {
  const Bytes key =
      DecodeHex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f").value();
  const Bytes associated_data = DecodeHex("50515253c0c1c2c3c4c5c6c7").value();
  const std::string nonce = "404142434445464748494a4b4c4d4e4f5051525354555657";
  Scripted random(DecodeHex(nonce).value());
  const auto plaintext = AsBytes(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
      "future, sunscreen would be it.");
  const Bytes sealed = SealAead(key, plaintext, associated_data, random);
  EXPECT_EQ(EncodeHex(sealed),
            nonce +
                "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
                "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
                "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                "21f9664c97637da9768812f615c68b13b52e"
                "c0875924c1c7987947deafd8780acf49");
  const auto opened = OpenAead(key, sealed, associated_data);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened.value().text(), AsText(plaintext));
}

TEST(OpenAead, GivesBackWhatWasSealedAtEverySize) {
  SystemRandom random;
  const auto key = ColumnKey::Random(random);
  for (std::size_t size : {0, 1, 15, 16, 17, 63, 64, 65, 1000, 70000}) {
    Bytes plaintext(size);
    random.Fill(plaintext);
    const Bytes sealed = SealAead(key.view(), plaintext, AsBytes("ad"), random);
    ASSERT_EQ(sealed.size(), size + kAeadOverhead);
    const auto opened = OpenAead(key.view(), sealed, AsBytes("ad"));
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(ToBytes(opened.value().view()), plaintext);
    const auto secret = OpenAeadSecret(key.view(), sealed, AsBytes("ad"));
    ASSERT_TRUE(secret.ok());
    EXPECT_EQ(ToBytes(secret.value().view()), plaintext);
  }
}

// Long values go through another library: both must make the same bytes.
TEST(SealAead, IsLibsodiumsConstructionAtEverySize) {
  SystemRandom random;
  const auto key = ColumnKey::Random(random);
  const Bytes nonce = DecodeHex("404142434445464748494a4b4c4d4e4f5051525354555657").value();
  for (std::size_t size : {0, 1, 4095, 4096, 4097, 16384, 70000}) {
    Bytes plaintext(size);
    random.Fill(plaintext);
    for (const std::string_view associated_data : {"", "node 7 of this store"}) {
      Scripted same(nonce);
      const Bytes sealed = SealAead(key.view(), plaintext, AsBytes(associated_data), same);
      Bytes theirs(size + 16);
      crypto_aead_xchacha20poly1305_ietf_encrypt(
          theirs.data(), nullptr, plaintext.data(), size,
          reinterpret_cast<const unsigned char*>(associated_data.data()), associated_data.size(),
          nullptr, nonce.data(), key.view().data());
      EXPECT_EQ(ToBytes(ByteView(sealed).subspan(24)), theirs) << size;
      EXPECT_EQ(ToBytes(OpenAead(key.view(), sealed, AsBytes(associated_data)).value().view()),
                plaintext);
      EXPECT_FALSE(OpenAead(key.view(), sealed, AsBytes("another place")).ok());
      for (std::size_t at :
           {std::size_t{0}, std::size_t{20}, sealed.size() / 2, sealed.size() - 1}) {
        Bytes changed = sealed;
        changed[at] ^= 1;
        EXPECT_FALSE(OpenAead(key.view(), changed, AsBytes(associated_data)).ok()) << size;
      }
    }
  }
}

TEST(OpenAead, RefusesEveryFlippedBitTruncationAndForeignContext) {
  SystemRandom random;
  const auto key = ColumnKey::Random(random);
  const Bytes sealed = SealAead(key.view(), AsBytes("a name"), AsBytes("row 1"), random);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes changed = sealed;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    const auto opened = OpenAead(key.view(), changed, AsBytes("row 1"));
    ASSERT_FALSE(opened.ok()) << bit;
    EXPECT_EQ(opened.error().code, Errc::kCorrupt);
    EXPECT_FALSE(OpenAeadSecret(key.view(), changed, AsBytes("row 1")).ok()) << bit;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(OpenAead(key.view(), ByteView(sealed).first(size), AsBytes("row 1")).ok());
    EXPECT_FALSE(OpenAeadSecret(key.view(), ByteView(sealed).first(size), AsBytes("row 1")).ok());
  }
  EXPECT_FALSE(OpenAead(key.view(), sealed, AsBytes("row 2")).ok());
  EXPECT_FALSE(OpenAead(key.view(), sealed, {}).ok());
  EXPECT_FALSE(OpenAead(ColumnKey::Random(random).view(), sealed, AsBytes("row 1")).ok());
}

TEST(SealAead, TheSameTextSealsDifferentlyEachTime) {
  SystemRandom random;
  const auto key = ColumnKey::Random(random);
  EXPECT_NE(SealAead(key.view(), AsBytes("x"), {}, random),
            SealAead(key.view(), AsBytes("x"), {}, random));
}

}  // namespace
}  // namespace vault
