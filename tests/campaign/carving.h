// Carving: what the attacker reads out of every page that was ever written to the key tree and to
// the register.
#pragma once

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tests/campaign/database_pages.h"
#include "tests/support/attack_register.h"
#include "vault/base/text.h"

namespace vault {

// TreePages puts the sealed nodes together, which span several pages each. It looks whenever a
// transaction ends, and when it is told to.
class TreePages {
 public:
  using Found = std::function<void(std::int64_t row, ByteView sealed)>;

  TreePages(const std::string& path, Found found) : stream_(path), found_(std::move(found)) {}

  void Take(const DiskStep& step) {
    const auto page = stream_.Take(step);
    if (page) Put(*page);
  }
  // Look also takes what was written and not committed.
  void Look() {
    for (const auto& [number, bytes] : pages_) {
      const PageReader reader(AsBytes(bytes), number == 1, 0);
      reader.EachCell([&, at = number](const PageCell& cell) { TakeCell(cell, at); });
    }
    changed_.clear();
  }
  // Restart forgets what the disk lost, and reads what it holds.
  void Restart(const std::string& file, const std::string& log) {
    Look();
    pages_.clear();
    PageStream::EachPage(file, log, [this](const PageStream::Page& page) { Put(page); });
    Look();
  }

 private:
  static constexpr std::size_t kNodeSize = 16424;

  void Put(const PageStream::Page& page) {
    std::string& bytes = pages_[page.number];
    if (AsText(page.bytes) != bytes) {
      bytes = AsText(page.bytes);
      changed_.insert(page.number);
    }
    if (page.commit) Look();
  }
  void TakeCell(const PageCell& cell, std::uint32_t page) {
    // A row of `node`: its id is the row's number, so the record is a null and a blob.
    if (cell.payload_size < kNodeSize || cell.payload_size > kNodeSize + 16) return;
    bool changed = changed_.contains(page);
    std::vector<ByteView> parts = {cell.local};
    std::size_t size = cell.local.size();
    for (std::uint32_t next = cell.overflow; next != 0 && size < cell.payload_size;) {
      const auto found = pages_.find(next);
      if (found == pages_.end()) return;
      changed = changed || changed_.contains(next);
      const ByteView bytes = AsBytes(found->second);
      next = WireReader(bytes.first(4)).U32();
      const std::size_t more = std::min<std::size_t>(bytes.size() - 4, cell.payload_size - size);
      parts.push_back(bytes.subspan(4, more));
      size += more;
    }
    if (!changed || size != cell.payload_size) return;
    Bytes record;
    record.reserve(size);
    for (const ByteView part : parts) record.insert(record.end(), part.begin(), part.end());
    const std::vector<RecordValue> columns = PageReader::Columns(record);
    if (columns.size() == 2 && columns[1].bytes.size() == kNodeSize) {
      found_(cell.rowid, columns[1].bytes);
    }
  }

  PageStream stream_;
  Found found_;
  std::map<std::uint32_t, std::string> pages_;
  std::set<std::uint32_t> changed_;
};

// TableShape is a table's columns as its records hold them.
struct TableShape {
  std::string name;
  std::vector<std::string> columns;
  std::vector<RecordValue::Kind> kinds;
};

// RegisterPages decrypts every page image and tells rows apart by the shape of their tables: no
// state of the file has to be whole.
class RegisterPages {
 public:
  RegisterPages(const std::string& path, std::vector<TableShape> shapes)
      : stream_(path), shapes_(std::move(shapes)) {}

  // Take keeps a page. `oldest_epoch` is the oldest one whose secret the cells still hold.
  void Take(const DiskStep& step, std::uint64_t oldest_epoch) {
    const auto page = stream_.Take(step);
    if (page) Keep(*page, oldest_epoch);
  }
  void TakeImage(const std::string& file, const std::string& log) {
    PageStream::EachPage(file, log,
                         [this](const PageStream::Page& page) { Keep(page, kAnyEpoch); });
  }

  // RowsUnder gives all rows of all images that a key opens.
  const RegisterRows& RowsUnder(const Bytes& key) {
    Reading& reading = readings_[key];
    for (; reading.images < images_.size(); ++reading.images) {
      Read(key, images_[reading.images], reading);
    }
    return reading.rows;
  }

  // Hurry is a line of the log that says a destruction is done, written while a cell still held the
  // secret it was to erase.
  std::vector<std::string> TakeHurries() { return std::exchange(hurries_, {}); }

 private:
  static constexpr std::uint64_t kAnyEpoch = ~std::uint64_t{0};
  static constexpr std::size_t kReserved = 80;  // IV[16] | HMAC-SHA512[64]
  struct Image {
    bool first;
    std::uint64_t oldest_epoch;
    std::string bytes;
  };
  struct LoanPart {
    Bytes party;
    std::uint32_t slot;
    auto operator<=>(const LoanPart&) const = default;
  };
  struct BoxPart {
    Bytes id, object, box;
    std::uint32_t version, box_version;
    auto operator<=>(const BoxPart&) const = default;
  };
  struct Reading {
    std::size_t images = 0;
    RegisterRows rows;
    std::unordered_set<std::uint64_t> cells;
    // A loan's boxes may have stood under any slot the loan ever had.
    std::map<Bytes, std::set<LoanPart>> loans;
    std::map<Bytes, std::set<BoxPart>> boxes;
  };

  void Keep(const PageStream::Page& page, std::uint64_t oldest_epoch) {
    // The last bytes of an image are random: they name it.
    std::uint64_t name = 0;
    std::memcpy(&name, page.bytes.data() + kPageSize - sizeof(name), sizeof(name));
    if (!names_.insert(name).second) return;
    images_.push_back({page.number == 1, oldest_epoch, std::string(AsText(page.bytes))});
  }

  void Read(const Bytes& key, const Image& image, Reading& reading) {
    Bytes page(kPageSize);
    const std::size_t from = image.first ? 16 : 0;
    const ByteView sealed = AsBytes(image.bytes);
    Decrypt(key, sealed.subspan(kPageSize - kReserved, 16),
            sealed.subspan(from, kPageSize - kReserved - from),
            MutableByteView(page).subspan(from));
    const PageReader reader(page, image.first, kReserved);
    reader.EachCell([&](const PageCell& cell) {
      const std::uint64_t name =
          std::hash<std::string_view>()(AsText(cell.local)) ^ cell.payload_size;
      if (!reading.cells.insert(name).second) return;
      TakeRow(PageReader::Columns(cell.local), image.oldest_epoch, reading);
    });
  }

  void Decrypt(const Bytes& key, ByteView iv, ByteView sealed, MutableByteView out) {
    if (cipher_ == nullptr) cipher_.reset(EVP_CIPHER_CTX_new());
    int size = 0;
    CHECK(EVP_DecryptInit_ex(cipher_.get(), EVP_aes_256_cbc(), nullptr, key.data(), iv.data()) ==
          1);
    EVP_CIPHER_CTX_set_padding(cipher_.get(), 0);
    CHECK(EVP_DecryptUpdate(cipher_.get(), out.data(), &size, sealed.data(),
                            static_cast<int>(sealed.size())) == 1);
  }

  // Row finds columns by their names.
  class Row {
   public:
    Row(const TableShape& shape, const std::vector<RecordValue>& values)
        : shape_(shape), values_(values) {}
    Bytes Blob(std::string_view column) const { return ToBytes(At(column).bytes); }
    std::uint64_t U64(std::string_view column) const {
      return static_cast<std::uint64_t>(At(column).integer);
    }
    std::uint32_t U32(std::string_view column) const {
      return static_cast<std::uint32_t>(At(column).integer);
    }

   private:
    const RecordValue& At(std::string_view column) const {
      for (std::size_t i = 0; i < shape_.columns.size(); ++i) {
        if (shape_.columns[i] == column) return values_[i];
      }
      // The attacker reads by the names of FORMAT.md: a column that was renamed has to be here too.
      CheckFailed(__FILE__, __LINE__, "the register has no such column");
    }
    const TableShape& shape_;
    const std::vector<RecordValue>& values_;
  };

  void TakeRow(const std::vector<RecordValue>& values, std::uint64_t oldest_epoch,
               Reading& reading) {
    if (values.size() == 2 && values[1].kind == RecordValue::Kind::kBlob) {
      TakeLogLine(AsText(values[1].bytes), oldest_epoch);
    }
    for (const TableShape& shape : shapes_) {
      if (!Fits(shape, values)) continue;
      TakeRowOf(shape.name, Row(shape, values), reading);
    }
  }
  static bool Fits(const TableShape& shape, const std::vector<RecordValue>& values) {
    if (shape.kinds.size() != values.size()) return false;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].kind != RecordValue::Kind::kNull && values[i].kind != shape.kinds[i]) {
        return false;
      }
    }
    return values[0].kind != RecordValue::Kind::kNull;
  }

  void TakeRowOf(const std::string& table, const Row& row, Reading& reading) {
    RegisterRows& rows = reading.rows;
    if (table == "person") {
      rows.people.insert({row.Blob("id"), row.U32("slot"), row.U64("row_version"),
                          row.Blob("email"), row.Blob("password")});
    } else if (table == "member") {
      rows.members.insert({row.Blob("id"), row.Blob("person"), row.U32("slot"),
                           row.U64("row_version"), row.Blob("lockbox")});
    } else if (table == "compartment") {
      rows.parties.insert({row.Blob("party"), row.Blob("escrow")});
    } else if (table == "object_box") {
      rows.object_boxes.insert(
          {row.Blob("object"), row.U32("version"), row.Blob("party"), row.Blob("box")});
    } else if (table == "version") {
      rows.versions.insert({row.Blob("document"), row.U32("version"), row.U32("slot"),
                            row.Blob("blob"), row.Blob("form_blob")});
      rows.details.insert({"version", "name", row.Blob("document"), row.U32("version"),
                           row.U32("slot"), row.Blob("name")});
    } else if (table == "matter") {
      rows.details.insert(
          {"matter", "title", row.Blob("id"), 0, row.U32("slot"), row.Blob("title")});
    } else if (table == "subject") {
      rows.details.insert(
          {"subject", "details", row.Blob("id"), 0, row.U32("slot"), row.Blob("details")});
    } else if (table == "share") {
      rows.shares.insert({row.Blob("id"), row.U32("slot"), row.Blob("box")});
    } else if (table == "loan") {
      const Bytes loan = row.Blob("id");
      const LoanPart part{row.Blob("party"), row.U32("slot")};
      if (!reading.loans[loan].insert(part).second) return;
      for (const BoxPart& box : reading.boxes[loan]) Join(loan, part, box, rows);
    } else if (table == "loan_box") {
      const Bytes loan = row.Blob("loan");
      const BoxPart box{row.Blob("id"), row.Blob("object"), row.Blob("box"), row.U32("version"),
                        row.U32("box_version")};
      if (box.box.empty() || !reading.boxes[loan].insert(box).second) return;
      for (const LoanPart& part : reading.loans[loan]) Join(loan, part, box, rows);
    }
  }
  static void Join(const Bytes& loan, const LoanPart& part, const BoxPart& box,
                   RegisterRows& rows) {
    rows.loan_boxes.insert(
        {box.id, loan, part.party, part.slot, box.object, box.version, box.box, box.box_version});
  }

  // P4 comes before P5: when "shred.done" of epoch e is written anywhere, no cell may hold the
  // secret of e - 1.
  void TakeLogLine(std::string_view line, std::uint64_t oldest_epoch) {
    if (!line.starts_with("strongroom-log/v1\ntype shred.done\n")) return;
    const std::size_t at = line.find("\nepoch ");
    if (at == std::string_view::npos || oldest_epoch == kAnyEpoch) return;
    const std::uint64_t epoch = std::stoull(std::string(line.substr(at + 7)));
    if (oldest_epoch < epoch) {
      hurries_.push_back("shred.done of epoch " + std::to_string(epoch) +
                         " was written while a cell held the secret of epoch " +
                         std::to_string(oldest_epoch));
    }
  }

  struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* cipher) const { EVP_CIPHER_CTX_free(cipher); }
  };
  PageStream stream_;
  std::vector<TableShape> shapes_;
  std::vector<Image> images_;
  std::unordered_set<std::uint64_t> names_;
  std::map<Bytes, Reading> readings_;
  std::vector<std::string> hurries_;
  std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> cipher_;
};

}  // namespace vault
