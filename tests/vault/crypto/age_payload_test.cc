#include "vault/crypto/age_payload.h"

#include <gtest/gtest.h>

#include "tests/support/crypto_environment.h"

namespace vault {
namespace {

TEST(AgePayloadLayout, EveryPlaintextSizeHasOneSealedSize) {
  for (std::uint64_t plaintext :
       {0, 1, 65535, 65536, 65537, 131071, 131072, 131073, 1000000, 1 << 30}) {
    const std::uint64_t chunks = plaintext == 0 ? 1 : (plaintext + 65535) / 65536;
    const auto layout = AgePayloadLayout::ForSealedSize(plaintext + 16 * chunks);
    ASSERT_TRUE(layout.ok()) << plaintext;
    EXPECT_EQ(layout.value().chunk_count, chunks);
    EXPECT_EQ(layout.value().plaintext_size, plaintext);
    EXPECT_EQ(layout.value().ChunkSize(chunks - 1), plaintext - 65536 * (chunks - 1));
    EXPECT_EQ(layout.value().Place(chunks - 1), AgeChunkPlace::kLast);
    if (chunks > 1) {
      EXPECT_EQ(layout.value().ChunkSize(0), 65536u);
      EXPECT_EQ(layout.value().Place(0), AgeChunkPlace::kMiddle);
    }
  }
}

TEST(AgePayloadLayout, RefusesSizesThatNoPayloadHas) {
  // Less than a tag, alone or behind full chunks, and an empty last chunk behind a full one.
  for (std::uint64_t sealed : {0, 1, 15, 65552 + 1, 65552 + 15, 65552 + 16, 2 * 65552 + 16}) {
    const auto layout = AgePayloadLayout::ForSealedSize(sealed);
    ASSERT_FALSE(layout.ok()) << sealed;
    EXPECT_EQ(layout.error().code, Errc::kCorrupt);
  }
}

TEST(AgePayloadCipher, AChunkOpensOnlyInItsOwnPlaceAndPayload) {
  const FileKey key = FileKey::FromBytes(Bytes(16, 1)).value();
  const FileKey other_key = FileKey::FromBytes(Bytes(16, 2)).value();
  AgePayloadCipher cipher(key, ByteArray<16>{1});
  const Bytes plaintext = {1, 2, 3};
  Bytes sealed(19);
  Bytes out(3);
  for (std::uint64_t index : {std::uint64_t{0}, std::uint64_t{255}, std::uint64_t{256},
                              std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    cipher.Seal(index, AgeChunkPlace::kMiddle, plaintext, sealed);
    EXPECT_FALSE(cipher.Open(index, AgeChunkPlace::kLast, sealed, out).ok());
    EXPECT_FALSE(cipher.Open(index ^ 1, AgeChunkPlace::kMiddle, sealed, out).ok());
    EXPECT_FALSE(
        cipher.Open(index ^ (std::uint64_t{1} << 56), AgeChunkPlace::kMiddle, sealed, out).ok());
    EXPECT_FALSE(AgePayloadCipher(key, ByteArray<16>{2})
                     .Open(index, AgeChunkPlace::kMiddle, sealed, out)
                     .ok());
    EXPECT_FALSE(AgePayloadCipher(other_key, ByteArray<16>{1})
                     .Open(index, AgeChunkPlace::kMiddle, sealed, out)
                     .ok());
    ASSERT_TRUE(cipher.Open(index, AgeChunkPlace::kMiddle, sealed, out).ok());
    EXPECT_EQ(out, plaintext);
  }
}

}  // namespace
}  // namespace vault
