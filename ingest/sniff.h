// Sniff: what kind of file this is, by its structure. Names and content types are not asked.
#pragma once

#include <cstdint>

#include "vault/base/bytes.h"

namespace ingest {

enum class FileKind : std::uint8_t {
  kEmpty,
  kZip,  // an archive; Word documents are told apart by their parts
  kPdf,
  kOldWord,          // compound file with a Word text
  kEncryptedOffice,  // compound file with an encrypted package: a .docx with a password
  kOtherCompound,    // another old Office file, or a message
  kRichText,
  kText,
  kUnknown,
};

// Sniff looks at the whole file but reads nothing out of it.
FileKind Sniff(vault::ByteView file);

}  // namespace ingest
