// ZipDirectory: the list of an archive's parts, checked before anything is unpacked.
//
// libzip accepts traversal names, parts lying over each other and sizes that are not true, so the
// list is read and judged here and only named parts of it are handed to libzip (zip.cc).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ingest/outcome.h"
#include "vault/base/bytes.h"

namespace ingest {

struct ZipPart {
  std::string name;
  std::uint16_t method = 0;  // 0 stored, 8 deflated; nothing else is accepted
  std::uint64_t packed = 0;
  std::uint64_t unpacked = 0;  // as declared; unpacking holds it to that
};

// ReadZipDirectory lists the parts in their order in the file.
//
// Checks:  one end record, the directory just before it, nothing on other disks, no ZIP64; at most
//          kMaxParts; names safe and each once (letters' case ignored); no encryption; stored or
//          deflated; sizes and ratio within limits; each local header agrees and no two parts
//          overlap.
// Source:  APPNOTE.TXT 6.3.3, PKWARE.
Parsed<std::vector<ZipPart>> ReadZipDirectory(vault::ByteView file);

// IsSafePartName: a relative path of plain segments.
bool IsSafePartName(std::string_view name);

}  // namespace ingest
