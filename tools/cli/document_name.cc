#include "tools/cli/document_name.h"

#include "tools/cli/print.h"
#include "vault/base/text.h"

namespace tools {

using vault::Result;

Result<DocumentName> DocumentName::Parse(std::string_view text) {
  const std::size_t at = text.find('@');
  DocumentName name;
  name.id = text.substr(0, at);
  if (at == std::string_view::npos) return name;
  auto version = vault::ParseDecimal(text.substr(at + 1));
  if (!version.ok() || version.value() == 0 || version.value() > 0xFFFFFFFF) {
    return vault::Invalid("a version is a number from 1: D@1");
  }
  name.version = static_cast<std::uint32_t>(version.value());
  return name;
}

Result<std::string> ByteRange(std::string_view text) {
  const auto wrong = vault::Invalid("a range is written from-to, both included: 0-1023");
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return wrong;
  const std::string_view first = text.substr(0, dash);
  const std::string_view last = text.substr(dash + 1);
  auto from = vault::ParseDecimal(first);
  auto to = vault::ParseDecimal(last);
  if ((!first.empty() && !from.ok()) || (!last.empty() && !to.ok())) return wrong;
  if (first.empty() && last.empty()) return wrong;
  if (from.ok() && to.ok() && to.value() < from.value()) return wrong;
  return "bytes=" + std::string(text);
}

Result<ShareLink> ShareLink::Parse(std::string_view url) {
  const auto wrong = vault::Invalid("a link is written https://server/s/link#secret, in quotes");
  const std::size_t hash = url.find('#');
  const std::size_t path = url.find("/s/");
  if (hash == std::string_view::npos || path == std::string_view::npos || path > hash) return wrong;
  ShareLink link;
  link.server = url.substr(0, path);
  link.link = url.substr(path + 3, hash - path - 3);
  link.secret = url.substr(hash + 1);
  for (const auto& part : {link.link, link.secret}) {
    auto bytes = vault::DecodeBase64Url(part);
    if (!bytes.ok() || bytes.value().size() != 16) return wrong;
  }
  return link;
}

std::string SafeFileName(std::string_view name) {
  const std::size_t slash = name.find_last_of("/\\");
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  std::string safe = OneLine(name);
  while (safe.starts_with('.') || safe.starts_with(' ')) safe.erase(0, 1);
  constexpr std::size_t kMaximum = 200;
  if (safe.size() > kMaximum) {
    const std::size_t dot = safe.rfind('.');
    const bool keep = dot != std::string::npos && safe.size() - dot <= 16;
    const std::string suffix = keep ? safe.substr(dot) : std::string();
    std::size_t cut = kMaximum - suffix.size();
    while (cut > 0 && (static_cast<unsigned char>(safe[cut]) >> 6) == 2) --cut;
    safe = safe.substr(0, cut) + suffix;
  }
  return safe.empty() ? "document" : safe;
}

}  // namespace tools
