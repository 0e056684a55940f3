#include <algorithm>
#include <optional>
#include <utility>

#include "vault/base/wire.h"
#include "vault/crypto/age_payload.h"
#include "vault/crypto/container.h"
#include "vault/crypto/container_header.h"
#include "vault/crypto/padding.h"

namespace vault {
namespace {

// Few large writes instead of many small ones: 512 KiB each.
constexpr std::size_t kBatch = 8 * kAgeSealedChunkSize;
constexpr std::size_t kLengthFieldSize = 8;

}  // namespace

// Invariants: `pending` is never full between calls, because the length that ends the payload
// always follows: a chunk that fills up before Finish is never the last.
struct ContainerWriter::State {
  State(AgePayloadCipher payload_cipher, ByteSink byte_sink)
      : cipher(std::move(payload_cipher)), sink(std::move(byte_sink)) {}

  Status Flush() {
    if (sealed_size == 0) return Ok();
    const std::size_t size = std::exchange(sealed_size, 0);
    return Sink(ByteView(sealed).first(size));
  }

  // Sink remembers the first failure: a file with a hole in it must never be finished.
  Status Sink(ByteView bytes) {
    Status sunk = sink(bytes);
    if (!sunk.ok()) failure = sunk.error();
    return sunk;
  }

  Status SealChunk(AgeChunkPlace place, ByteView plaintext) {
    const std::size_t size = plaintext.size() + kAgeTagSize;
    cipher.Seal(next_chunk++, place, plaintext, MutableByteView(sealed).subspan(sealed_size, size));
    sealed_size += size;
    if (sealed_size < sealed.size()) return Ok();
    if (sealed.size() == kBatch) return Flush();
    sealed.resize(kBatch);
    return Ok();
  }

  // Append takes bytes that are not the payload's last ones.
  Status Append(ByteView bytes) {
    while (!bytes.empty()) {
      if (pending_size == 0 && bytes.size() >= kAgeChunkSize) {
        TRY_VOID(SealChunk(AgeChunkPlace::kMiddle, bytes.first(kAgeChunkSize)));
        bytes = bytes.subspan(kAgeChunkSize);
        continue;
      }
      const std::size_t n = std::min(bytes.size(), kAgeChunkSize - pending_size);
      std::copy_n(bytes.begin(), n, pending.mutable_view().begin() + Offset(pending_size));
      pending_size += n;
      bytes = bytes.subspan(n);
      if (pending_size == kAgeChunkSize) {
        pending_size = 0;
        TRY_VOID(SealChunk(AgeChunkPlace::kMiddle, pending.view()));
      }
    }
    return Ok();
  }

  static std::ptrdiff_t Offset(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }

  AgePayloadCipher cipher;
  ByteSink sink;
  Plaintext pending{kAgeChunkSize};
  std::size_t pending_size = 0;
  Bytes sealed = Bytes(kAgeSealedChunkSize);  // grows to a batch when a second chunk comes
  std::size_t sealed_size = 0;
  std::uint64_t next_chunk = 0;
  std::uint64_t content_length = 0;
  std::optional<Error> failure;
  bool finished = false;
};

ContainerWriter::ContainerWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ContainerWriter::ContainerWriter(ContainerWriter&&) noexcept = default;
ContainerWriter& ContainerWriter::operator=(ContainerWriter&&) noexcept = default;
ContainerWriter::~ContainerWriter() = default;

Result<ContainerWriter> ContainerWriter::Start(const FileKey& key, const ContainerHeader& header,
                                               RandomSource& random, ByteSink sink) {
  TRY(const std::vector<AgeStanza> stanzas, ContainerStanzas(header));
  std::string text = EncodeAgeStanzas(stanzas);
  text += EncodeAgeMacLine(ComputeAgeMac(key, AsBytes(text)));
  // What the reader would refuse is never written.
  if (text.size() > kMaxAgeHeaderSize) return Invalid("a container header has too many boxes");
  ByteArray<kAgeNonceSize> nonce;
  random.Fill(nonce);
  auto state = std::make_unique<State>(AgePayloadCipher(key, nonce), std::move(sink));
  Bytes start = ToBytes(AsBytes(text));
  start.insert(start.end(), nonce.begin(), nonce.end());
  TRY_VOID(state->Sink(start));
  return ContainerWriter(std::move(state));
}

Status ContainerWriter::Write(ByteView content) {
  CHECK(!state_->finished);
  if (state_->failure) return *state_->failure;
  state_->content_length += content.size();
  return state_->Append(content);
}

Result<std::uint64_t> ContainerWriter::Finish() {
  CHECK(!state_->finished);
  state_->finished = true;
  if (state_->failure) return *state_->failure;
  const std::uint64_t content_length = state_->content_length;
  std::uint64_t padding = PaddedContentLength(content_length) - content_length - kLengthFieldSize;
  const Bytes zeros(static_cast<std::size_t>(std::min<std::uint64_t>(padding, kAgeChunkSize)));
  while (padding > 0) {
    // Up to the chunk's end first, so that whole chunks are sealed without a copy.
    const std::size_t n = static_cast<std::size_t>(
        std::min<std::uint64_t>(padding, kAgeChunkSize - state_->pending_size));
    TRY_VOID(state_->Append(ByteView(zeros).first(n)));
    padding -= n;
  }
  // PADMÉ lengths leave room for the length in the last chunk (padding_test.cc).
  CHECK(state_->pending_size + kLengthFieldSize <= kAgeChunkSize);
  const Bytes length = WireWriter().U64(content_length).bytes();
  std::copy(length.begin(), length.end(),
            state_->pending.mutable_view().begin() + State::Offset(state_->pending_size));
  state_->pending_size += kLengthFieldSize;
  TRY_VOID(
      state_->SealChunk(AgeChunkPlace::kLast, state_->pending.view().first(state_->pending_size)));
  TRY_VOID(state_->Flush());
  return content_length;
}

}  // namespace vault
