#include <algorithm>
#include <utility>

#include "vault/base/wire.h"
#include "vault/crypto/age_payload.h"
#include "vault/crypto/container.h"
#include "vault/crypto/container_header.h"
#include "vault/crypto/digest.h"
#include "vault/crypto/padding.h"

namespace vault {
namespace {

constexpr std::size_t kLengthFieldSize = 8;

bool AllZero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

}  // namespace

// Invariants: `cached` holds the authenticated plaintext of chunk `cached_index`; content_length
// fits the layout.
struct ContainerReader::State {
  State(std::unique_ptr<RandomAccess> stored, AgePayloadCipher payload_cipher,
        AgePayloadLayout payload_layout, std::uint64_t start)
      : file(std::move(stored)),
        cipher(std::move(payload_cipher)),
        layout(payload_layout),
        first_chunk_offset(start) {}

  // OpenChunk decrypts one chunk into `out`, which has exactly its size.
  Status OpenChunk(std::uint64_t index, MutableByteView out) {
    const MutableByteView stored = MutableByteView(sealed).first(out.size() + kAgeTagSize);
    TRY_VOID(file->ReadAt(first_chunk_offset + index * kAgeSealedChunkSize, stored));
    return cipher.Open(index, layout.Place(index), stored, out);
  }

  Status Load(std::uint64_t index) {
    if (index == cached_index && cached.size() != 0) return Ok();
    Plaintext chunk(layout.ChunkSize(index));
    TRY_VOID(OpenChunk(index, chunk.mutable_view()));
    cached = std::move(chunk);
    cached_index = index;
    return Ok();
  }

  // LoadLength takes the length off the last chunk and checks that everything agrees with it.
  Status LoadLength() {
    const std::uint64_t last = layout.chunk_count - 1;
    TRY_VOID(Load(last));
    const ByteView chunk = cached.view();
    if (chunk.size() < kLengthFieldSize) return Corrupt("a container has no length");
    const std::uint64_t length = WireReader(chunk.last(kLengthFieldSize)).U64();
    // The first comparison keeps the second from overflowing.
    if (length > layout.plaintext_size || PaddedContentLength(length) != layout.plaintext_size) {
      return Corrupt("a container's length does not fit");
    }
    const std::uint64_t chunk_start = last * kAgeChunkSize;
    const std::size_t content =
        static_cast<std::size_t>(length > chunk_start ? length - chunk_start : 0);
    if (!AllZero(chunk.subspan(content, chunk.size() - kLengthFieldSize - content))) {
      return Corrupt("a container's padding is not zero");
    }
    content_length = length;
    return Ok();
  }

  std::unique_ptr<RandomAccess> file;
  AgePayloadCipher cipher;
  AgePayloadLayout layout;
  std::uint64_t first_chunk_offset;
  std::uint64_t content_length = 0;
  Bytes sealed = Bytes(kAgeSealedChunkSize);
  Plaintext cached;
  std::uint64_t cached_index = 0;
};

ContainerReader::ContainerReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ContainerReader::ContainerReader(ContainerReader&&) noexcept = default;
ContainerReader& ContainerReader::operator=(ContainerReader&&) noexcept = default;
ContainerReader::~ContainerReader() = default;

Result<ContainerReader> ContainerReader::Open(const FileKey& key, const ContainerHeader& expected,
                                              std::unique_ptr<RandomAccess> file) {
  TRY(const ReadHeader read, ReadAgeHeader(*file));
  TRY(const ContainerHeader header, ContainerHeaderFrom(read.age.stanzas));
  const ByteArray<32> mac =
      ComputeAgeMac(key, ByteView(read.bytes).first(read.age.authenticated_size));
  if (!EqualConstantTime(mac, read.age.mac)) {
    return Corrupt("a container header is not authentic");
  }
  if (header.slot != expected.slot || header.document != expected.document ||
      header.version != expected.version) {
    return Corrupt("a container is not the one expected");
  }

  const std::uint64_t size = file->size();
  if (size < read.age.size + kAgeNonceSize) return Corrupt("a container has no payload");
  ByteArray<kAgeNonceSize> nonce;
  TRY_VOID(file->ReadAt(read.age.size, nonce));
  const std::uint64_t start = read.age.size + kAgeNonceSize;
  TRY(const AgePayloadLayout layout, AgePayloadLayout::ForSealedSize(size - start));
  auto state =
      std::make_unique<State>(std::move(file), AgePayloadCipher(key, nonce), layout, start);
  TRY_VOID(state->LoadLength());
  return ContainerReader(std::move(state));
}

std::uint64_t ContainerReader::content_length() const { return state_->content_length; }

Result<std::size_t> ContainerReader::Read(std::uint64_t offset, MutableByteView out) {
  State& state = *state_;
  if (offset >= state.content_length) return std::size_t{0};
  const std::size_t wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), state.content_length - offset));
  std::size_t done = 0;
  while (done < wanted) {
    const std::uint64_t index = (offset + done) / kAgeChunkSize;
    const std::size_t within = static_cast<std::size_t>((offset + done) % kAgeChunkSize);
    const std::size_t n = std::min(wanted - done, state.layout.ChunkSize(index) - within);
    const MutableByteView target = out.subspan(done, n);
    // A chunk wanted whole is decrypted in place; another one goes through the cache, so that a
    // caller with a small buffer does not pay for each chunk many times.
    const bool whole = n == state.layout.ChunkSize(index) && index != state.cached_index;
    const Status opened = whole ? state.OpenChunk(index, target) : state.Load(index);
    if (!opened.ok()) {
      WipeMemory(out.data(), out.size());
      return opened.error();
    }
    if (!whole) {
      const ByteView from = state.cached.view().subspan(within, n);
      std::copy(from.begin(), from.end(), target.begin());
    }
    done += n;
  }
  return done;
}

}  // namespace vault
