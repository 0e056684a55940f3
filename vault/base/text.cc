#include "vault/base/text.h"

#include <array>

namespace vault {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum class Padding { kRequired, kNone };

std::string Encode(ByteView bytes, std::string_view alphabet, Padding padding) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t v = (bytes[i] << 16) | (bytes[i + 1] << 8) | bytes[i + 2];
    out += alphabet[v >> 18];
    out += alphabet[(v >> 12) & 63];
    out += alphabet[(v >> 6) & 63];
    out += alphabet[v & 63];
  }
  const std::size_t left = bytes.size() - i;
  if (left == 0) return out;
  std::uint32_t v = bytes[i] << 16;
  if (left == 2) v |= bytes[i + 1] << 8;
  out += alphabet[v >> 18];
  out += alphabet[(v >> 12) & 63];
  if (left == 2) out += alphabet[(v >> 6) & 63];
  if (padding == Padding::kRequired) out.append(left == 2 ? 1 : 2, '=');
  return out;
}

Result<Bytes> Decode(std::string_view text, std::string_view alphabet, Padding padding) {
  std::array<std::int16_t, 256> table;
  table.fill(-1);
  for (std::size_t i = 0; i < 64; ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int16_t>(i);
  }
  if (padding == Padding::kRequired) {
    if (text.size() % 4 != 0) return Invalid("base64 length is not a multiple of four");
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return Invalid("base64 is truncated");
  Bytes out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t accumulator = 0;
  int bits = 0;
  for (char c : text) {
    const int value = table[static_cast<unsigned char>(c)];
    if (value < 0) return Invalid("not a base64 character");
    accumulator = (accumulator << 6) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<std::uint8_t>(accumulator >> bits));
      accumulator &= (1U << bits) - 1;
    }
  }
  if (accumulator != 0) return Invalid("base64 has stray bits at its end");
  return out;
}

}  // namespace

std::string EncodeHex(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (std::uint8_t b : bytes) {
    out += kHexDigits[b >> 4];
    out += kHexDigits[b & 15];
  }
  return out;
}

Result<Bytes> DecodeHex(std::string_view text) {
  if (text.size() % 2 != 0) return Invalid("hex has an odd length");
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::size_t high = kHexDigits.find(text[i]);
    const std::size_t low = kHexDigits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) {
      return Invalid("not a lower-case hex digit");
    }
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return out;
}

std::string EncodeBase64(ByteView bytes) { return Encode(bytes, kStandard, Padding::kRequired); }
std::string EncodeBase64Raw(ByteView bytes) { return Encode(bytes, kStandard, Padding::kNone); }
std::string EncodeBase64Url(ByteView bytes) { return Encode(bytes, kUrl, Padding::kNone); }
Result<Bytes> DecodeBase64(std::string_view text) {
  return Decode(text, kStandard, Padding::kRequired);
}
Result<Bytes> DecodeBase64Raw(std::string_view text) {
  return Decode(text, kStandard, Padding::kNone);
}
Result<Bytes> DecodeBase64Url(std::string_view text) { return Decode(text, kUrl, Padding::kNone); }

bool IsUtf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t more = 0;
    std::uint32_t point = 0;
    std::uint32_t least = 0;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    if ((lead & 0xE0) == 0xC0) {
      more = 1, point = lead & 0x1F, least = 0x80;
    } else if ((lead & 0xF0) == 0xE0) {
      more = 2, point = lead & 0x0F, least = 0x800;
    } else if ((lead & 0xF8) == 0xF0) {
      more = 3, point = lead & 0x07, least = 0x10000;
    } else {
      return false;
    }
    if (i + more >= text.size()) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      point = (point << 6) | (next & 0x3F);
    }
    if (point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    i += more + 1;
  }
  return true;
}

Result<std::uint64_t> ParseDecimal(std::string_view text) {
  if (text.empty() || text.size() > 19) return Invalid("not a decimal number");
  if (text.size() > 1 && text[0] == '0') return Invalid("a number has a leading zero");
  std::uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return Invalid("not a decimal number");
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  while (true) {
    const std::size_t end = text.find(separator, start);
    parts.push_back(text.substr(start, end == std::string_view::npos ? end : end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

std::string FoldAddress(std::string_view address) {
  while (!address.empty() && (address.front() == ' ' || address.front() == '\t')) {
    address.remove_prefix(1);
  }
  while (!address.empty() && (address.back() == ' ' || address.back() == '\t')) {
    address.remove_suffix(1);
  }
  std::string out(address);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace vault
