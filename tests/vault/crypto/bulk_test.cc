#include "vault/crypto/bulk.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>

#include "tests/support/crypto_environment.h"
#include "vault/base/text.h"

namespace vault {
namespace {

constexpr std::size_t kSizes[] = {0,    1,    15,   16,   17,    63,    64,    65,    127,   128,
                                  129,  255,  256,  257,  511,   512,   513,   1023,  1024,  1025,
                                  4095, 4096, 4097, 9999, 16384, 65535, 65536, 65537, 200001};

Nonce12 NonceOf(std::size_t n) {
  Nonce12 nonce{};
  for (std::size_t i = 0; i < nonce.size(); ++i) nonce[i] = static_cast<std::uint8_t>(n * 7 + i);
  return nonce;
}

// Source: RFC 8439, section 2.8.2 names this text; the section's associated data does not occur in
// our containers, so the tag here is libsodium's for empty associated data and only the ciphertext
// is the RFC's.
TEST(BulkCipher, MatchesTheCiphertextOfRfc8439) {
  const Bytes key =
      DecodeHex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f").value();
  const Bytes iv = DecodeHex("070000004041424344454647").value();
  Nonce12 nonce;
  std::copy(iv.begin(), iv.end(), nonce.begin());
  const auto plaintext = AsBytes(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
      "future, sunscreen would be it.");
  Bytes sealed(plaintext.size() + 16);
  BulkCipher(key).Seal(nonce, plaintext, sealed);
  EXPECT_EQ(EncodeHex(ByteView(sealed).first(plaintext.size())),
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
            "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
            "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
            "3ff4def08e4b7a9de576d26586cec64b6116");
}

TEST(BulkCipher, SealsTheSameBytesAsLibsodiumAtEverySize) {
  SystemRandom random;
  const auto key = ColumnKey::Random(random);
  BulkCipher cipher(key.view());
  for (std::size_t size : kSizes) {
    Bytes plaintext(size);
    random.Fill(plaintext);
    const Nonce12 nonce = NonceOf(size);
    Bytes ours(size + 16);
    cipher.Seal(nonce, plaintext, ours);
    Bytes theirs(size + 16);
    crypto_aead_chacha20poly1305_ietf_encrypt(theirs.data(), nullptr, plaintext.data(), size,
                                              nullptr, 0, nullptr, nonce.data(), key.view().data());
    EXPECT_EQ(ours, theirs) << size;
  }
}

TEST(BulkCipher, OpensWhatLibsodiumSealedAtEverySize) {
  SystemRandom random;
  const auto key = ColumnKey::Random(random);
  BulkCipher cipher(key.view());
  for (std::size_t size : kSizes) {
    Bytes plaintext(size);
    random.Fill(plaintext);
    const Nonce12 nonce = NonceOf(size);
    Bytes sealed(size + 16);
    crypto_aead_chacha20poly1305_ietf_encrypt(sealed.data(), nullptr, plaintext.data(), size,
                                              nullptr, 0, nullptr, nonce.data(), key.view().data());
    Bytes opened(size);
    ASSERT_TRUE(cipher.Open(nonce, sealed, opened).ok()) << size;
    EXPECT_EQ(opened, plaintext) << size;
  }
}

TEST(BulkCipher, AChangedChunkYieldsZerosAndAnErrorAndTheNextOneOpens) {
  SystemRandom random;
  const auto key = ColumnKey::Random(random);
  BulkCipher cipher(key.view());
  const Bytes plaintext(300, 0x41);
  Bytes sealed(316);
  cipher.Seal(NonceOf(1), plaintext, sealed);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes changed = sealed;
    changed[i] ^= 1;
    Bytes out(300, 0xee);
    const Status opened = cipher.Open(NonceOf(1), changed, out);
    ASSERT_FALSE(opened.ok()) << i;
    EXPECT_EQ(opened.error().code, Errc::kCorrupt);
    EXPECT_EQ(out, Bytes(300, 0)) << i;
  }
  Bytes out(300);
  EXPECT_FALSE(cipher.Open(NonceOf(2), sealed, out).ok());
  ASSERT_TRUE(cipher.Open(NonceOf(1), sealed, out).ok());
  EXPECT_EQ(out, plaintext);
}

TEST(BulkCipher, AMovedCipherGoesOnWorking) {
  BulkCipher first(Bytes(32, 1));
  Bytes before(20);
  first.Seal(NonceOf(1), Bytes(4, 2), before);
  BulkCipher second = std::move(first);
  Bytes after(20);
  second.Seal(NonceOf(1), Bytes(4, 2), after);
  EXPECT_EQ(before, after);
}

// Source: FIPS 180-4 example values.
TEST(Sha256, MatchesThePublishedDigests) {
  EXPECT_EQ(EncodeHex(Sha256({})),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(EncodeHex(Sha256(AsBytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256Stream, AnySplitGivesTheDigestOfTheWholeAndAgreesWithLibsodium) {
  SystemRandom random;
  Bytes data(5000);
  random.Fill(data);
  ByteArray<32> expected;
  crypto_hash_sha256(expected.data(), data.data(), data.size());
  EXPECT_EQ(Sha256(data), expected);
  for (std::size_t step : {1, 7, 63, 64, 65, 4999, 5000}) {
    Sha256Stream stream;
    for (std::size_t at = 0; at < data.size(); at += step) {
      stream.Update(ByteView(data).subspan(at, std::min(step, data.size() - at)));
      stream.Update({});
    }
    EXPECT_EQ(stream.Finish(), expected) << step;
  }
}

TEST(Sha256Stream, MoreAfterFinishIsAProgrammingError) {
  Sha256Stream stream;
  stream.Finish();
  EXPECT_DEATH(stream.Update(AsBytes("x")), "bulk.cc");
}

}  // namespace
}  // namespace vault
