#include "vault/crypto/age_header.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "vault/base/text.h"
#include "vault/crypto/digest.h"
#include "vault/crypto/hkdf.h"

namespace vault {
namespace {

constexpr std::string_view kVersionLine = "age-encryption.org/v1";
constexpr std::string_view kStanzaPrefix = "-> ";
constexpr std::string_view kMacPrefix = "---";
constexpr std::size_t kColumns = 64;

Error Malformed() { return Corrupt("a container header is malformed"); }

// LineReader takes lines off the text; a line without its LF is no line.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : text_(text) {}

  std::optional<std::string_view> Next() {
    const std::size_t end = text_.find('\n', at_);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text_.substr(at_, end - at_);
    at_ = end + 1;
    return line;
  }
  std::size_t position() const { return at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool IsArgument(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x21 && c <= 0x7e; });
}

Result<AgeStanza> ParseStanza(std::string_view first_line, LineReader& lines) {
  AgeStanza stanza;
  for (std::string_view argument : Split(first_line.substr(kStanzaPrefix.size()), ' ')) {
    if (!IsArgument(argument)) return Malformed();
    stanza.arguments.emplace_back(argument);
  }
  std::string body;
  while (true) {
    const auto line = lines.Next();
    if (!line || line->size() > kColumns) return Malformed();
    body += *line;
    if (line->size() < kColumns) break;
  }
  auto decoded = DecodeBase64Raw(body);
  if (!decoded.ok()) return Malformed();
  stanza.body = std::move(decoded).value();
  return stanza;
}

}  // namespace

Result<AgeHeader> ParseAgeHeader(ByteView file_start) {
  const std::string_view text =
      AsText(file_start.first(std::min(file_start.size(), kMaxAgeHeaderSize)));
  LineReader lines(text);
  if (lines.Next() != kVersionLine) return Malformed();
  AgeHeader header;
  while (true) {
    const std::size_t line_start = lines.position();
    const auto line = lines.Next();
    if (!line) return Malformed();
    if (line->starts_with(kStanzaPrefix)) {
      TRY(AgeStanza stanza, ParseStanza(*line, lines));
      header.stanzas.push_back(std::move(stanza));
      continue;
    }
    if (!line->starts_with(kMacPrefix) || header.stanzas.empty()) return Malformed();
    const std::string_view rest = line->substr(kMacPrefix.size());
    if (!rest.starts_with(' ')) return Malformed();
    const auto mac = DecodeBase64Raw(rest.substr(1));
    if (!mac.ok() || mac.value().size() != header.mac.size()) return Malformed();
    std::copy(mac.value().begin(), mac.value().end(), header.mac.begin());
    header.authenticated_size = line_start + kMacPrefix.size();
    header.size = lines.position();
    return header;
  }
}

std::string EncodeAgeStanzas(std::span<const AgeStanza> stanzas) {
  std::string text(kVersionLine);
  text += '\n';
  for (const AgeStanza& stanza : stanzas) {
    CHECK(!stanza.arguments.empty());
    text += "->";
    for (const std::string& argument : stanza.arguments) {
      CHECK(IsArgument(argument));
      text += ' ';
      text += argument;
    }
    text += '\n';
    const std::string body = EncodeBase64Raw(stanza.body);
    // The short line that ends a stanza is there even when nothing is left for it.
    for (std::size_t at = 0; at <= body.size(); at += kColumns) {
      text += body.substr(at, kColumns);
      text += '\n';
    }
  }
  text += kMacPrefix;
  return text;
}

std::string EncodeAgeMacLine(const ByteArray<32>& mac) { return " " + EncodeBase64Raw(mac) + "\n"; }

ByteArray<32> ComputeAgeMac(const FileKey& key, ByteView authenticated) {
  SecretBytes mac_key(32);
  HkdfSha256({}, key.view(), AsBytes("header"), mac_key.mutable_view());
  return HmacSha256(mac_key.view(), authenticated);
}

}  // namespace vault
