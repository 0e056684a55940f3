#include "vault/crypto/padding.h"

#include <algorithm>
#include <bit>

#include "vault/base/result.h"

namespace vault {
namespace {

constexpr std::uint64_t kSmallestPayload = 16384;
constexpr std::uint64_t kLengthFieldSize = 8;

}  // namespace

std::uint64_t PadmeLength(std::uint64_t n) {
  // Up to here rounding cannot overflow, and no disk is larger.
  CHECK(n <= std::uint64_t{1} << 62);
  if (n < 2) return n;
  // A length keeps as many leading bits as its exponent's own length has; the rest round up.
  const auto exponent = static_cast<unsigned>(std::bit_width(n)) - 1;
  const auto kept_bits = static_cast<unsigned>(std::bit_width(exponent));
  if (exponent <= kept_bits) return n;
  const std::uint64_t mask = (std::uint64_t{1} << (exponent - kept_bits)) - 1;
  return (n + mask) & ~mask;
}

std::uint64_t PaddedContentLength(std::uint64_t content_length) {
  return PadmeLength(std::max(content_length + kLengthFieldSize, kSmallestPayload));
}

}  // namespace vault
