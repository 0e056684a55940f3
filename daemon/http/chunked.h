// Chunked: the chunked transfer coding, taken off a stream byte by byte.
#pragma once

#include <cstddef>
#include <cstdint>

#include "vault/base/bytes.h"
#include "vault/base/result.h"

namespace service {

// ChunkDecoder.
//
//   body  = *( 1*16hex [ ";" text ] CRLF data CRLF ) 1*"0" [ ";" text ] CRLF *( trailer CRLF ) CRLF
//
// Invariants: the outcome does not depend on how the input was cut; extensions and trailers are
// dropped, and all of them together may not exceed 4 KiB.    Source: RFC 9112 §7.1.
class ChunkDecoder {
 public:
  struct Step {
    std::size_t taken = 0;  // bytes of the input used up
    std::size_t given = 0;  // bytes of content written to out
  };
  // Decode goes on until the input or out is used up, or the body is done.
  // Errors: kInvalid the coding is malformed; every further call fails too.
  vault::Result<Step> Decode(vault::ByteView in, vault::MutableByteView out);
  bool done() const { return state_ == State::kDone; }

 private:
  enum class State : std::uint8_t {
    kSize,
    kExtension,
    kSizeEnd,
    kData,
    kDataReturn,
    kDataEnd,
    kTrailerStart,
    kTrailer,
    kTrailerEnd,
    kBodyEnd,
    kDone,
    kFailed,
  };
  // Take handles one byte that is not content. False: it is malformed.
  bool Take(std::uint8_t byte);

  State state_ = State::kSize;
  std::uint64_t left_ = 0;
  int digits_ = 0;
  std::size_t overhead_ = 0;
};

}  // namespace service
