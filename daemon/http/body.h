// Body: pull sources of bytes, for what comes in and for what goes out.
#pragma once

#include <cstddef>
#include <cstdint>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/base/wiped.h"

namespace service {

// BodyReader is a pull source of one body.
class BodyReader {
 public:
  virtual ~BodyReader() = default;

  // Read fills at most out.size() bytes; 0 only at the proper end, which repeats.
  //
  // Errors:  kInvalid the body broke off, is malformed, too large or too slow; kUnavailable the
  //          server is stopping. After an error every further call gives an error.
  virtual vault::Result<std::size_t> Read(vault::MutableByteView out) = 0;
};

// MemoryBody gives the bytes of a buffer it owns.
class MemoryBody : public BodyReader {
 public:
  explicit MemoryBody(vault::Plaintext bytes) : bytes_(std::move(bytes)) {}
  vault::Result<std::size_t> Read(vault::MutableByteView out) override;

 private:
  vault::Plaintext bytes_;
  std::size_t offset_ = 0;
};

// ReadAll collects a body that is known to be small.
// Errors: kInvalid more than limit bytes; those of the body.
vault::Result<vault::Plaintext> ReadAll(BodyReader& body, std::size_t limit);

}  // namespace service
