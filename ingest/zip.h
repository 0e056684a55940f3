// Zip: unpacks named parts of a checked archive in memory. The only file that calls libzip.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "ingest/outcome.h"
#include "ingest/zip_directory.h"
#include "vault/base/bytes.h"
#include "vault/base/wiped.h"

namespace ingest {

// ZipArchive reads an archive in memory that must outlive it.
class ZipArchive {
 public:
  // Open checks the list of parts (ReadZipDirectory) and opens the archive.
  static Parsed<ZipArchive> Open(vault::ByteView file);

  ZipArchive(ZipArchive&&) noexcept;
  ZipArchive& operator=(ZipArchive&&) noexcept;
  ~ZipArchive();

  bool Has(std::string_view name) const;
  const std::vector<ZipPart>& parts() const { return parts_; }
  // Unpack gives one part. A part that is absent, fails its checksum or is not of its declared
  // size is kDamaged; one that is larger than it said, or than the limit, is kArchiveBomb.
  Parsed<vault::Plaintext> Unpack(std::string_view name, std::size_t limit) const;

 private:
  struct Handle;
  ZipArchive(std::vector<ZipPart> parts, std::unique_ptr<Handle> handle);
  std::vector<ZipPart> parts_;
  std::unique_ptr<Handle> handle_;
};

}  // namespace ingest
