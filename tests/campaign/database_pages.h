// DatabasePages: the pages of a SQLite file as they were written, one by one, and the records in
// them. Written from the file format's description, with none of the library's code: a page that
// was never committed, or overwritten long ago, is read like any other.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/wire.h"
#include "vault/store/disk.h"

namespace vault {

inline constexpr std::size_t kPageSize = 4096;

// RecordValue is one column of a record.
struct RecordValue {
  enum class Kind : std::uint8_t { kNull, kInteger, kReal, kText, kBlob };
  Kind kind = Kind::kNull;
  std::int64_t integer = 0;
  ByteView bytes;
};

// PageCell is one cell of a page: its payload, as far as it lies in the page.
struct PageCell {
  std::int64_t rowid = 0;  // of a table's leaf
  ByteView local;
  std::uint64_t payload_size = 0;
  std::uint32_t overflow = 0;  // the first page of the rest, 0 none
};

class PageReader {
 public:
  // `page` begins with the file's header when it is the first; `reserved` bytes at its end are not
  // SQLite's.
  PageReader(ByteView page, bool first, std::size_t reserved)
      : page_(page), start_(first ? 100 : 0), usable_(page.size() - reserved) {}

  // EachCell visits the cells that hold records: of leaves, and of an index's inner pages.
  void EachCell(const std::function<void(const PageCell&)>& visit) const {
    const std::uint8_t kind = page_[start_];
    const bool table_leaf = kind == 0x0d;
    if (!table_leaf && kind != 0x0a && kind != 0x02) return;
    const std::size_t pointers = start_ + (kind == 0x02 ? 12 : 8);
    const std::size_t count = U16(start_ + 3);
    for (std::size_t i = 0; i < count && pointers + 2 * i + 2 <= usable_; ++i) {
      std::size_t at = U16(pointers + 2 * i);
      if (kind == 0x02) at += 4;
      PageCell cell;
      if (!Varint(at, cell.payload_size)) continue;
      std::uint64_t rowid = 0;
      if (table_leaf && !Varint(at, rowid)) continue;
      cell.rowid = static_cast<std::int64_t>(rowid);
      const std::size_t local = Local(cell.payload_size, table_leaf);
      if (at + local > usable_) continue;
      cell.local = page_.subspan(at, local);
      if (local < cell.payload_size) {
        if (at + local + 4 > usable_) continue;
        cell.overflow = WireReader(page_.subspan(at + local, 4)).U32();
      }
      visit(cell);
    }
  }

  // Columns takes a record apart. Empty: it is none.
  static std::vector<RecordValue> Columns(ByteView record) {
    std::vector<RecordValue> out;
    std::size_t at = 0;
    std::uint64_t header = 0;
    if (!VarintOf(record, at, header) || header > record.size()) return {};
    std::size_t body = static_cast<std::size_t>(header);
    while (at < header) {
      std::uint64_t type = 0;
      if (!VarintOf(record, at, type)) return {};
      constexpr std::size_t kSizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
      if (type == 10 || type == 11) return {};
      const std::uint64_t size = type < 10 ? kSizes[type] : (type - 12) / 2;
      if (size > record.size() - body) return {};
      RecordValue value;
      value.bytes = record.subspan(body, static_cast<std::size_t>(size));
      body += static_cast<std::size_t>(size);
      if (type == 7) {
        value.kind = RecordValue::Kind::kReal;
      } else if (type == 8 || type == 9) {
        value.kind = RecordValue::Kind::kInteger;
        value.integer = static_cast<std::int64_t>(type - 8);
      } else if (type != 0 && type < 7) {
        value.kind = RecordValue::Kind::kInteger;
        // Two's complement, sign-extended by hand.
        std::uint64_t number = (value.bytes[0] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
        for (const std::uint8_t byte : value.bytes) number = number << 8 | byte;
        value.integer = static_cast<std::int64_t>(number);
      } else if (type >= 12) {
        value.kind = type % 2 == 0 ? RecordValue::Kind::kBlob : RecordValue::Kind::kText;
      }
      out.push_back(value);
    }
    return out;
  }

 private:
  std::size_t U16(std::size_t at) const {
    return static_cast<std::size_t>(page_[at]) << 8 | page_[at + 1];
  }
  bool Varint(std::size_t& at, std::uint64_t& out) const {
    return VarintOf(page_.first(usable_), at, out);
  }
  static bool VarintOf(ByteView bytes, std::size_t& at, std::uint64_t& out) {
    out = 0;
    for (int i = 0; i < 9; ++i) {
      if (at >= bytes.size()) return false;
      const std::uint8_t byte = bytes[at++];
      if (i == 8) {
        out = out << 8 | byte;
        return true;
      }
      out = out << 7 | (byte & 0x7f);
      if ((byte & 0x80) == 0) return true;
    }
    return true;
  }
  std::size_t Local(std::uint64_t payload, bool table_leaf) const {
    const std::size_t most = table_leaf ? usable_ - 35 : (usable_ - 12) * 64 / 255 - 23;
    if (payload <= most) return static_cast<std::size_t>(payload);
    const std::size_t least = (usable_ - 12) * 32 / 255 - 23;
    const std::size_t fitting = least + static_cast<std::size_t>((payload - least) % (usable_ - 4));
    return fitting <= most ? fitting : least;
  }

  ByteView page_;
  std::size_t start_;
  std::size_t usable_;
};

// PageStream finds the pages in the writes to a database and to its log.
class PageStream {
 public:
  explicit PageStream(std::string path) : path_(std::move(path)) {}

  // Page is one page as it was written; `commit` says that a frame ended a transaction.
  struct Page {
    std::uint32_t number = 0;
    ByteView bytes;
    bool commit = false;
  };
  // Take visits the pages that a step wrote: one, or many where a file is copied.
  template <class Visit>
  void Take(const DiskStep& step, const Visit& visit) {
    if (step.action != DiskAction::kWrite) return;
    if (step.path == path_) {
      if (step.offset % kPageSize != 0) return;
      for (std::size_t at = 0; at + kPageSize <= step.bytes.size(); at += kPageSize) {
        visit(Page{static_cast<std::uint32_t>((step.offset + at) / kPageSize + 1),
                   step.bytes.subspan(at, kPageSize), false});
      }
      return;
    }
    if (!IsLog(step.path)) return;
    if (step.bytes.size() == kFrameHeader && step.offset >= kLogHeader) {
      next_ = step.offset + kFrameHeader;
      number_ = WireReader(step.bytes.first(4)).U32();
      commit_ = WireReader(step.bytes.subspan(4, 4)).U32() != 0;
      return;
    }
    if (step.bytes.size() != kPageSize || step.offset != next_) return;
    visit(Page{number_, step.bytes, commit_});
  }

  // EachPage visits the pages of a file, and then those of its log, in order.
  static void EachPage(const std::string& file, const std::string& log,
                       const std::function<void(const Page&)>& visit) {
    for (std::size_t at = 0; at + kPageSize <= file.size(); at += kPageSize) {
      visit({static_cast<std::uint32_t>(at / kPageSize + 1), AsBytes(file).subspan(at, kPageSize),
             false});
    }
    const ByteView frames = AsBytes(log);
    for (std::size_t at = kLogHeader; at + kFrameHeader + kPageSize <= frames.size();
         at += kFrameHeader + kPageSize) {
      // Frames of an earlier round of the log carry other salts.
      if (AsText(frames.subspan(at + 8, 8)) != AsText(frames.subspan(16, 8))) return;
      visit({WireReader(frames.subspan(at, 4)).U32(), frames.subspan(at + kFrameHeader, kPageSize),
             WireReader(frames.subspan(at + 4, 4)).U32() != 0});
    }
  }

 private:
  static constexpr std::size_t kLogHeader = 32;
  static constexpr std::size_t kFrameHeader = 24;
  static constexpr std::string_view kLogSuffix = "-wal";
  bool IsLog(std::string_view path) const {
    return path.size() == path_.size() + kLogSuffix.size() && path.starts_with(path_) &&
           path.ends_with(kLogSuffix);
  }
  std::string path_;
  std::uint64_t next_ = 0;
  std::uint32_t number_ = 0;
  bool commit_ = false;
};

}  // namespace vault
