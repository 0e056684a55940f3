#include "daemon/http/range.h"

#include <algorithm>

namespace service {
namespace {

// A position beyond 64 bits is beyond every content, so it saturates.
std::optional<std::uint64_t> ParsePosition(std::string_view digits) {
  if (digits.empty() || digits.size() > 40) return std::nullopt;
  std::uint64_t value = 0;
  bool beyond = false;
  for (char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    beyond = beyond || value > (UINT64_MAX - digit) / 10;
    if (!beyond) value = value * 10 + digit;
  }
  return beyond ? UINT64_MAX : value;
}

}  // namespace

std::string ByteRange::ContentRange(std::uint64_t length) const {
  return "bytes " + std::to_string(first) + "-" + std::to_string(end - 1) + "/" +
         std::to_string(length);
}

std::string UnsatisfiedContentRange(std::uint64_t length) {
  return "bytes */" + std::to_string(length);
}

RangeOutcome ParseRange(std::optional<std::string_view> header, std::uint64_t length) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.has_value() || !header->starts_with(kUnit)) return WholeContent{};
  const std::string_view text = header->substr(kUnit.size());
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return WholeContent{};
  const std::string_view left = text.substr(0, dash);
  const std::string_view right = text.substr(dash + 1);

  if (left.empty()) {
    const auto count = ParsePosition(right);
    if (!count.has_value()) return WholeContent{};
    if (*count == 0 || length == 0) return Unsatisfiable{};
    return ByteRange{length - std::min(*count, length), length};
  }
  const auto first = ParsePosition(left);
  if (!first.has_value()) return WholeContent{};
  std::uint64_t end = length;
  if (!right.empty()) {
    const auto last = ParsePosition(right);
    if (!last.has_value() || *last < *first) return WholeContent{};
    if (*last < length) end = *last + 1;
  }
  if (*first >= length) return Unsatisfiable{};
  return ByteRange{*first, end};
}

}  // namespace service
