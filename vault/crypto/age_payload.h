// AgePayload: the chunks behind an age v1 header.
//
//   payload = nonce[16] 1*chunk
//   chunk   = ChaCha20-Poly1305-IETF(HKDF(file key, salt=nonce, info="payload"),
//                                    nonce12 = u88 index | u8 (1 last, else 0), 65 536 B or the
//                                    rest)
// The last chunk is empty only when the whole payload is.
#pragma once

#include <cstdint>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/crypto/bulk.h"
#include "vault/crypto/secret.h"

namespace vault {

inline constexpr std::size_t kAgeChunkSize = 64 * 1024;
inline constexpr std::size_t kAgeTagSize = 16;
inline constexpr std::size_t kAgeSealedChunkSize = kAgeChunkSize + kAgeTagSize;
inline constexpr std::size_t kAgeNonceSize = 16;

// AgeChunkPlace says whether a chunk ends the payload; it is part of the chunk's nonce.
enum class AgeChunkPlace : std::uint8_t { kMiddle = 0, kLast = 1 };

// AgePayloadLayout is where the chunks of a payload lie; only the last may be short.
struct AgePayloadLayout {
  std::uint64_t chunk_count = 0;
  std::uint64_t plaintext_size = 0;

  // ForSealedSize: the size of all chunks, without the nonce.
  // Errors: kCorrupt no payload has this size.
  static Result<AgePayloadLayout> ForSealedSize(std::uint64_t sealed_size);
  // ChunkSize is the plaintext size of one chunk.
  std::size_t ChunkSize(std::uint64_t index) const;
  AgeChunkPlace Place(std::uint64_t index) const;
};

// AgePayloadCipher seals and opens the chunks of one payload.    Threads: one thread at a time.
class AgePayloadCipher {
 public:
  AgePayloadCipher(const FileKey& key, const ByteArray<kAgeNonceSize>& nonce);
  // Seal: out.size() == plaintext.size() + 16.
  void Seal(std::uint64_t index, AgeChunkPlace place, ByteView plaintext, MutableByteView out);
  // Open: out.size() + 16 == sealed.size(); after an error `out` is zeroed. Errors: kCorrupt.
  Status Open(std::uint64_t index, AgeChunkPlace place, ByteView sealed, MutableByteView out);

 private:
  BulkCipher cipher_;
};

}  // namespace vault
