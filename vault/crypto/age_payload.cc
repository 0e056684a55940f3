#include "vault/crypto/age_payload.h"

#include "vault/crypto/hkdf.h"

namespace vault {
namespace {

BulkCipher PayloadCipher(const FileKey& key, const ByteArray<kAgeNonceSize>& nonce) {
  SecretBytes payload_key(32);
  HkdfSha256(nonce, key.view(), AsBytes("payload"), payload_key.mutable_view());
  return BulkCipher(payload_key.view());
}

// A u64 index fills 8 of the counter's 11 bytes; no file is long enough for more.
Nonce12 ChunkNonce(std::uint64_t index, AgeChunkPlace place) {
  Nonce12 nonce{};
  for (std::size_t i = 0; i < 8; ++i) nonce[10 - i] = static_cast<std::uint8_t>(index >> (8 * i));
  nonce[11] = static_cast<std::uint8_t>(place);
  return nonce;
}

}  // namespace

Result<AgePayloadLayout> AgePayloadLayout::ForSealedSize(std::uint64_t sealed_size) {
  const std::uint64_t full = sealed_size / kAgeSealedChunkSize;
  const std::uint64_t rest = sealed_size % kAgeSealedChunkSize;
  if (rest == 0 && full > 0) return AgePayloadLayout{full, full * kAgeChunkSize};
  // An empty last chunk is allowed only alone: a payload has one encoding.
  const bool whole = rest > kAgeTagSize || (rest == kAgeTagSize && full == 0);
  if (!whole) return Corrupt("a payload is cut off");
  return AgePayloadLayout{full + 1, full * kAgeChunkSize + rest - kAgeTagSize};
}

std::size_t AgePayloadLayout::ChunkSize(std::uint64_t index) const {
  CHECK(index < chunk_count);
  if (index + 1 < chunk_count) return kAgeChunkSize;
  return static_cast<std::size_t>(plaintext_size - index * kAgeChunkSize);
}

AgeChunkPlace AgePayloadLayout::Place(std::uint64_t index) const {
  CHECK(index < chunk_count);
  return index + 1 == chunk_count ? AgeChunkPlace::kLast : AgeChunkPlace::kMiddle;
}

AgePayloadCipher::AgePayloadCipher(const FileKey& key, const ByteArray<kAgeNonceSize>& nonce)
    : cipher_(PayloadCipher(key, nonce)) {}

void AgePayloadCipher::Seal(std::uint64_t index, AgeChunkPlace place, ByteView plaintext,
                            MutableByteView out) {
  cipher_.Seal(ChunkNonce(index, place), plaintext, out);
}

Status AgePayloadCipher::Open(std::uint64_t index, AgeChunkPlace place, ByteView sealed,
                              MutableByteView out) {
  return cipher_.Open(ChunkNonce(index, place), sealed, out);
}

}  // namespace vault
