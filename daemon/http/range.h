// Range: one byte range of a content whose length is known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace service {

// ByteRange is half open: bytes first up to but not including end.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  std::uint64_t size() const { return end - first; }
  // ContentRange is the header's value for a content of that length.
  std::string ContentRange(std::uint64_t length) const;
};

struct WholeContent {};   // no range, several, or a malformed one: answer 200 with everything
struct Unsatisfiable {};  // answer 416
using RangeOutcome = std::variant<WholeContent, ByteRange, Unsatisfiable>;

// ParseRange reads a Range header for a content of `length` bytes: `bytes=a-b`, `a-` or `-n`.
// Source: RFC 9110 §14.
RangeOutcome ParseRange(std::optional<std::string_view> header, std::uint64_t length);

// UnsatisfiedContentRange is the header's value that goes with 416.
std::string UnsatisfiedContentRange(std::uint64_t length);

}  // namespace service
