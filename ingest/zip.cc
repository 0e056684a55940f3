#include "ingest/zip.h"

#include <zip.h>

#include <algorithm>

namespace ingest {
namespace {

struct CloseFile {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

}  // namespace

struct ZipArchive::Handle {
  explicit Handle(zip_t* opened) : zip(opened) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { zip_discard(zip); }
  zip_t* zip;
};

ZipArchive::ZipArchive(std::vector<ZipPart> parts, std::unique_ptr<Handle> handle)
    : parts_(std::move(parts)), handle_(std::move(handle)) {}
ZipArchive::ZipArchive(ZipArchive&&) noexcept = default;
ZipArchive& ZipArchive::operator=(ZipArchive&&) noexcept = default;
ZipArchive::~ZipArchive() = default;

Parsed<ZipArchive> ZipArchive::Open(vault::ByteView file) {
  auto parts = ReadZipDirectory(file);
  if (!parts.ok()) return parts.reason();
  zip_source_t* source = zip_source_buffer_create(file.data(), file.size(), 0, nullptr);
  if (source == nullptr) return Unreadable::kDamaged;
  zip_t* opened = zip_open_from_source(source, ZIP_RDONLY, nullptr);
  if (opened == nullptr) {
    zip_source_free(source);  // a failed open leaves the source with us
    return Unreadable::kDamaged;
  }
  auto handle = std::make_unique<Handle>(opened);
  // Two readings of one archive must agree, or the checks were made on another archive.
  if (zip_get_num_entries(opened, 0) != static_cast<zip_int64_t>(parts.value().size())) {
    return Unreadable::kDamaged;
  }
  return ZipArchive(std::move(parts).value(), std::move(handle));
}

bool ZipArchive::Has(std::string_view name) const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [&](const ZipPart& part) { return part.name == name; });
}

Parsed<vault::Plaintext> ZipArchive::Unpack(std::string_view name, std::size_t limit) const {
  auto part = std::find_if(parts_.begin(), parts_.end(),
                           [&](const ZipPart& candidate) { return candidate.name == name; });
  if (part == parts_.end()) return Unreadable::kDamaged;
  if (part->unpacked > limit) return Unreadable::kArchiveBomb;
  auto index = static_cast<zip_uint64_t>(part - parts_.begin());
  const char* seen = zip_get_name(handle_->zip, index, ZIP_FL_ENC_RAW);
  zip_stat_t stat;
  if (seen == nullptr || part->name != seen || zip_stat_index(handle_->zip, index, 0, &stat) != 0 ||
      stat.size != part->unpacked) {
    return Unreadable::kDamaged;
  }
  std::unique_ptr<zip_file_t, CloseFile> file(zip_fopen_index(handle_->zip, index, 0));
  if (file == nullptr) return Unreadable::kDamaged;

  // One byte more than declared: a part that lies about its size is caught there, and reading to
  // the end is what makes libzip compare the checksum.
  vault::Plaintext out(part->unpacked + 1);
  std::size_t filled = 0;
  while (filled < out.size()) {
    zip_int64_t got =
        zip_fread(file.get(), out.mutable_view().data() + filled, out.size() - filled);
    if (got < 0) return Unreadable::kDamaged;
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled > part->unpacked) return Unreadable::kArchiveBomb;
  if (filled < part->unpacked) return Unreadable::kDamaged;
  out.Resize(part->unpacked);
  return out;
}

}  // namespace ingest
