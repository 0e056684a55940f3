#include "daemon/http/target.h"

#include <algorithm>
#include <optional>

#include "vault/base/text.h"

namespace service {
namespace {

constexpr std::size_t kMaxQueryPairs = 64;
constexpr std::size_t kMaxFormPairs = 1024;

enum class Plus { kIsItself, kIsSpace };

std::optional<int> HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// pchar of RFC 3986 without the percent code.
bool IsPathCharacter(char c) {
  return IsAlphanumeric(c) ||
         std::string_view("-._~!$&'()*+,;=:@").find(c) != std::string_view::npos;
}

bool IsQueryCharacter(char c) { return IsPathCharacter(c) || c == '/' || c == '?'; }

vault::Result<std::string> Decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return vault::Invalid("a percent code is cut short");
      const auto high = HexValue(text[i + 1]);
      const auto low = HexValue(text[i + 2]);
      if (!high || !low) return vault::Invalid("a percent code has no hex digits");
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    } else if (c == '+' && plus == Plus::kIsSpace) {
      c = ' ';
    }
    out += c;
  }
  if (!vault::IsUtf8(out)) return vault::Invalid("a part of the target is not utf-8");
  return out;
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

vault::Result<std::vector<NamedValue>> ParsePairs(std::string_view text, std::size_t most) {
  std::vector<NamedValue> pairs;
  if (text.empty()) return pairs;
  for (std::string_view pair : vault::Split(text, '&')) {
    if (pairs.size() == most) return vault::Invalid("there are too many parameters");
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (equals == 0) return vault::Invalid("a parameter has no name");
    TRY(std::string name, Decode(pair.substr(0, equals), Plus::kIsSpace));
    TRY(std::string value, Decode(pair.substr(std::min(equals + 1, pair.size())), Plus::kIsSpace));
    if (HasControl(name)) return vault::Invalid("a parameter's name has control characters");
    if (value.find('\0') != std::string::npos) return vault::Invalid("a parameter holds a zero");
    pairs.push_back({std::move(name), std::move(value)});
  }
  return pairs;
}

}  // namespace

vault::Result<Target> ParseTarget(std::string_view text) {
  if (!text.starts_with('/')) return vault::Invalid("the target does not begin with a slash");
  const std::size_t mark = text.find('?');
  const std::string_view path = text.substr(0, mark);
  const std::string_view query = mark == std::string_view::npos ? "" : text.substr(mark + 1);

  Target target;
  target.path = std::string(path);
  for (std::string_view raw : vault::Split(path.substr(1), '/')) {
    for (char c : raw) {
      if (c != '%' && !IsPathCharacter(c)) {
        return vault::Invalid("the path has a character that must be encoded");
      }
    }
    TRY(std::string segment, Decode(raw, Plus::kIsItself));
    if (HasControl(segment)) return vault::Invalid("the path has control characters");
    if (segment == "." || segment == "..") return vault::Invalid("the path has dot segments");
    target.segments.push_back(std::move(segment));
  }

  for (char c : query) {
    if (c != '%' && !IsQueryCharacter(c)) {
      return vault::Invalid("the query has a character that must be encoded");
    }
  }
  TRY(target.query, ParsePairs(query, kMaxQueryPairs));
  for (std::size_t i = 0; i < target.query.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      // Two readers that pick different ones of a pair is how checks are walked around.
      if (target.query[i].name == target.query[k].name) {
        return vault::Invalid("a query parameter occurs twice");
      }
    }
  }
  return target;
}

vault::Result<std::vector<NamedValue>> ParseForm(std::string_view text) {
  return ParsePairs(text, kMaxFormPairs);
}

}  // namespace service
