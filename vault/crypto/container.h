// Container: one document version at rest, an age v1 file.
//
// FORMAT.md §4 has the grammar:
//   header    age-encryption.org/v1, one strongroom/v1 stanza, strongroom-box stanzas, MAC
//   payload   nonce[16], chunks of 65 536 B plaintext + 16 B tag
//   plaintext = content || 00… || u64 content_length, total = PADMÉ(max(content_length + 8, 16384))
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/ids.h"
#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/base/wiped.h"
#include "vault/crypto/secret.h"

namespace vault {

// ContainerBox is one access box carried in the header, so that a document outlives its row.
struct ContainerBox {
  MatterId matter;
  PartyId party;
  Bytes box;
};

// ContainerHeader is what stands in clear before the payload.
struct ContainerHeader {
  std::uint32_t slot = 0;
  DocumentId document;
  std::uint32_t version = 0;
  std::vector<ContainerBox> boxes;
};

// ByteSink takes the bytes of a file in order.
using ByteSink = std::function<Status(ByteView)>;

// ContainerWriter encrypts a stream of unknown length.
//
// Order: Start, Write any number of times, Finish once. What was sunk before Finish succeeded is
// no container. Memory: flat, a few chunks.
class ContainerWriter {
 public:
  // Start sinks the header and the payload nonce.
  static Result<ContainerWriter> Start(const FileKey& key, const ContainerHeader& header,
                                       RandomSource& random, ByteSink sink);
  ContainerWriter(ContainerWriter&&) noexcept;
  ContainerWriter& operator=(ContainerWriter&&) noexcept;
  ~ContainerWriter();
  Status Write(ByteView content);
  // Finish pads, seals the last chunk and returns the content length in bytes.
  Result<std::uint64_t> Finish();

 private:
  struct State;
  explicit ContainerWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// RandomAccess reads a stored file at any offset. Threads: one thread at a time.
class RandomAccess {
 public:
  virtual ~RandomAccess() = default;
  virtual std::uint64_t size() const = 0;
  // ReadAt fills `out` whole. Errors: kCorrupt past the end; kUnavailable the disk fails.
  virtual Status ReadAt(std::uint64_t offset, MutableByteView out) = 0;
};

// ParseContainerHeader reads the header alone, without a key (recovery, FORMAT.md §5).
// Errors: kCorrupt.
Result<ContainerHeader> ParseContainerHeader(RandomAccess& file);

// ContainerReader yields authenticated chunks only, and opens none ahead of what is asked.
class ContainerReader {
 public:
  // Open checks the header strictly, its MAC in constant time, that it names exactly `expected`
  // (slot, document, version), then the last chunk, which carries the length.
  // Errors: kCorrupt anything does not fit.
  static Result<ContainerReader> Open(const FileKey& key, const ContainerHeader& expected,
                                      std::unique_ptr<RandomAccess> file);
  ContainerReader(ContainerReader&&) noexcept;
  ContainerReader& operator=(ContainerReader&&) noexcept;
  ~ContainerReader();

  std::uint64_t content_length() const;
  // Read fills `out` from the content at `offset` (half open, within content_length) and returns
  // the bytes filled; 0 at the end. Errors: kCorrupt a chunk fails; `out` is zeroed.
  Result<std::size_t> Read(std::uint64_t offset, MutableByteView out);

 private:
  struct State;
  explicit ContainerReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace vault
