// ZipMaker: writes archives byte by byte, well formed or wrong in one chosen way.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/bytes.h"

namespace ingest {

inline std::uint32_t Crc32(vault::ByteView bytes) {
  std::uint32_t crc = 0xffffffff;
  for (std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

// ZipEntry is one part; the optional fields tell lies.
struct ZipEntry {
  std::string name;
  std::string content;
  std::uint16_t method = 0;          // 8: deflate's stored blocks
  std::uint16_t flags = 0;           // general purpose bits
  std::int64_t claimed_size = -1;    // unpacked size in both headers
  std::int64_t claimed_packed = -1;  // packed size in both headers
  std::string local_name;            // in the local header, when it differs
  std::int64_t lies_at = -1;         // the local header's place according to the directory
  std::uint32_t crc_error = 0;       // xored into the checksum
};

class ZipMaker {
 public:
  ZipMaker& Add(ZipEntry entry) {
    entries_.push_back(std::move(entry));
    return *this;
  }
  ZipMaker& Add(std::string name, std::string content) {
    ZipEntry entry;
    entry.name = std::move(name);
    entry.content = std::move(content);
    return Add(std::move(entry));
  }

  vault::Bytes Make() const {
    std::string out;
    std::string directory;
    for (const ZipEntry& entry : entries_) {
      std::size_t at = out.size();
      std::string body = entry.method == 8 ? StoredBlocks(entry.content) : entry.content;
      std::string middle;
      Put16(middle, entry.flags);
      Put16(middle, entry.method);
      Put16(middle, 0);       // time
      Put16(middle, 0x5c21);  // 1 January 2026
      Put32(middle, Crc32(vault::AsBytes(entry.content)) ^ entry.crc_error);
      Put32(middle, entry.claimed_packed < 0 ? body.size()
                                             : static_cast<std::uint64_t>(entry.claimed_packed));
      Put32(middle, entry.claimed_size < 0 ? entry.content.size()
                                           : static_cast<std::uint64_t>(entry.claimed_size));
      const std::string& local = entry.local_name.empty() ? entry.name : entry.local_name;
      Put32(out, 0x04034b50);
      Put16(out, 20);
      out += middle;
      Put16(out, local.size());
      Put16(out, 0);
      out += local;
      out += body;
      Put32(directory, 0x02014b50);
      Put16(directory, 20);
      Put16(directory, 20);
      directory += middle;
      Put16(directory, entry.name.size());
      for (int i = 0; i < 4; ++i) Put16(directory, 0);  // extra, comment, disk, attributes
      Put32(directory, 0);
      Put32(directory, entry.lies_at < 0 ? at : static_cast<std::uint64_t>(entry.lies_at));
      directory += entry.name;
    }
    std::size_t at = out.size();
    out += directory;
    Put32(out, 0x06054b50);
    Put32(out, 0);
    Put16(out, entries_.size());
    Put16(out, entries_.size());
    Put32(out, directory.size());
    Put32(out, at);
    Put16(out, 0);
    return vault::ToBytes(vault::AsBytes(out));
  }

 private:
  static void Put16(std::string& out, std::uint64_t v) {
    out += static_cast<char>(v & 0xff);
    out += static_cast<char>(v >> 8 & 0xff);
  }
  static void Put32(std::string& out, std::uint64_t v) {
    Put16(out, v & 0xffff);
    Put16(out, v >> 16 & 0xffff);
  }
  // Deflate without compression (RFC 1951 §3.2.4): what it unpacks to is plain to see.
  static std::string StoredBlocks(std::string_view content) {
    std::string out;
    do {
      std::string_view block = content.substr(0, 0xffff);
      content.remove_prefix(block.size());
      out += content.empty() ? '\1' : '\0';
      Put16(out, block.size());
      Put16(out, ~block.size() & 0xffff);
      out += block;
    } while (!content.empty());
    return out;
  }

  std::vector<ZipEntry> entries_;
};

}  // namespace ingest
