#include "ingest/sniff.h"

#include <algorithm>
#include <string>

#include "vault/base/text.h"

namespace ingest {
namespace {

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Stream names in a compound file are UTF-16, little-endian.
std::string Wide(std::string_view name) {
  std::string out;
  for (char c : name) {
    out += c;
    out += '\0';
  }
  return out;
}

bool IsPlainText(std::string_view text) {
  if (!vault::IsUtf8(text)) return false;
  return std::none_of(text.begin(), text.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f';
  });
}

}  // namespace

FileKind Sniff(vault::ByteView file) {
  std::string_view text = vault::AsText(file);
  constexpr std::string_view kLocalHeader("PK\x03\x04", 4);
  constexpr std::string_view kEmptyArchive("PK\x05\x06", 4);
  constexpr std::string_view kCompound("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
  if (text.empty()) return FileKind::kEmpty;
  if (text.starts_with(kLocalHeader) || text.starts_with(kEmptyArchive)) return FileKind::kZip;
  // PDF readers accept the mark anywhere in the first kilobyte, and mail programs put things there.
  if (Contains(text.substr(0, 1024), "%PDF-")) return FileKind::kPdf;
  if (text.starts_with("{\\rtf")) return FileKind::kRichText;
  if (text.starts_with(kCompound)) {
    if (Contains(text, Wide("EncryptedPackage"))) return FileKind::kEncryptedOffice;
    if (Contains(text, Wide("WordDocument"))) return FileKind::kOldWord;
    return FileKind::kOtherCompound;
  }
  if (IsPlainText(text)) return FileKind::kText;
  return FileKind::kUnknown;
}

}  // namespace ingest
