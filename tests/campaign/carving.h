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
    stream_.Take(step, [this](const PageStream::Page& page) { Put(page); });
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
  // OldestEpochs says of each folder's cell the oldest epoch whose secret it holds for certain.
  using OldestEpochs = std::map<std::string, std::uint64_t>;

  explicit RegisterPages(std::vector<TableShape> shapes) : shapes_(std::move(shapes)) {}

  // Take keeps the pages written to a register, wherever it lies: the vault's own, a standby's, a
  // backup's copy, a restore's stage.
  void Take(const DiskStep& step) {
    if (step.action != DiskAction::kWrite) return;
    const std::string_view path =
        step.path.ends_with("-wal") ? step.path.substr(0, step.path.size() - 4) : step.path;
    const std::size_t name = path.rfind('/') + 1;
    if (path.substr(name, 8) != "register") return;
    auto stream = streams_.find(path);
    if (stream == streams_.end()) {
      stream = streams_.emplace(std::string(path), PageStream(std::string(path))).first;
    }
    stream->second.Take(step, [this](const PageStream::Page& page) { Keep(page); });
  }
  void TakeImage(const std::string& file, const std::string& log) {
    PageStream::EachPage(file, log, [this](const PageStream::Page& page) { Keep(page); });
  }
  // CellsAre tells what the cells hold from now on.
  void CellsAre(OldestEpochs oldest) { moments_.push_back(std::move(oldest)); }

  // RowsUnder gives all rows of all images that a key opens.
  const RegisterRows& RowsUnder(const Bytes& key) {
    Reading& reading = readings_[key];
    for (; reading.images < images_.size(); ++reading.images) {
      Read(key, images_[reading.images], reading);
    }
    return reading.rows;
  }

  // Final is the log's line of a final certificate, Batch what the row of a disposal or re-make
  // says of each copy of the key tree; `oldest` is what the cells held when it was first written.
  struct Final {
    std::uint64_t epoch = 0;
    OldestEpochs oldest;
  };
  struct Batch {
    std::string state, copies;
    std::uint64_t epoch = 0;
    OldestEpochs oldest;
  };
  struct Claims {
    std::vector<Final> finals;
    std::vector<Batch> batches;
  };
  Claims TakeClaims() {
    std::erase_if(unnumbered_, [this](const auto& one) {
      const auto& [batch, oldest] = one;
      const auto found = epochs_.find(batch);
      if (found == epochs_.end()) return false;
      claims_.finals.push_back({found->second, oldest});
      return true;
    });
    return std::exchange(claims_, {});
  }

 private:
  static constexpr std::size_t kReserved = 80;  // IV[16] | HMAC-SHA512[64]
  struct Image {
    bool first;
    std::size_t moment;  // after so many changes of what the cells hold
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

  void Keep(const PageStream::Page& page) {
    // The last bytes of an image are random: they name it.
    std::uint64_t name = 0;
    std::memcpy(&name, page.bytes.data() + kPageSize - sizeof(name), sizeof(name));
    if (!names_.insert(name).second) return;
    images_.push_back({page.number == 1, moments_.size(), std::string(AsText(page.bytes))});
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
      TakeRow(PageReader::Columns(cell.local), image.moment, reading);
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

  void TakeRow(const std::vector<RecordValue>& values, std::size_t moment, Reading& reading) {
    if (values.size() == 2 && values[1].kind == RecordValue::Kind::kBlob) {
      TakeLogLine(AsText(values[1].bytes), moment);
    }
    for (const TableShape& shape : shapes_) {
      if (!Fits(shape, values)) continue;
      TakeRowOf(shape.name, Row(shape, values), reading);
      if (shape.name == "disposal") TakeBatch(Row(shape, values), moment);
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
    } else if (table == "token") {
      rows.tokens.insert({row.Blob("id"), row.Blob("person"), row.U32("slot"),
                          row.U64("row_version"), row.Blob("secret")});
    } else if (table == "compartment") {
      rows.parties.insert({row.Blob("party"), row.Blob("escrow")});
    } else if (table == "object_box") {
      rows.object_boxes.insert(
          {row.Blob("object"), row.U32("version"), row.Blob("party"), row.Blob("box")});
    } else if (table == "named_box") {
      rows.named_boxes.insert({row.Blob("id"), row.Blob("object"), row.U32("version"),
                               row.Blob("person"), row.U32("slot"), row.U64("row_version"),
                               row.Blob("box")});
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

  static std::string Field(std::string_view line, std::string_view name) {
    const std::size_t at = line.find("\n" + std::string(name) + " ");
    if (at == std::string_view::npos) return {};
    const std::size_t from = at + name.size() + 2;
    return std::string(line.substr(from, line.find('\n', from) - from));
  }
  void TakeLogLine(std::string_view line, std::size_t moment) {
    constexpr std::string_view kFirst = "strongroom-log/v1\ntype ";
    if (!line.starts_with(kFirst) || moment == 0) return;
    const std::string type(
        line.substr(kFirst.size(), line.find('\n', kFirst.size()) - kFirst.size()));
    const std::string batch = Field(line, "batch");
    if (type == "shred.done") {
      epochs_[batch] = std::stoull(Field(line, "epoch"));
    } else if (type == "disposal.certificate" && Field(line, "kind") == "final") {
      // It names its batch, and the line before it the batch's epoch.
      unnumbered_.emplace_back(batch, moments_[moment - 1]);
    }
  }
  // A row with its certificate goes on in other pages, and is not seen here; the one that was
  // written with shred.done has none yet.
  void TakeBatch(const Row& row, std::size_t moment) {
    const std::string copies = ToString(row.Blob("copies"));
    if (copies.empty() || moment == 0) return;
    claims_.batches.push_back(
        {ToString(row.Blob("state")), copies, row.U64("epoch"), moments_[moment - 1]});
  }

  struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* cipher) const { EVP_CIPHER_CTX_free(cipher); }
  };
  std::map<std::string, PageStream, std::less<>> streams_;
  std::vector<TableShape> shapes_;
  std::vector<OldestEpochs> moments_;
  std::vector<Image> images_;
  std::unordered_set<std::uint64_t> names_;
  std::map<Bytes, Reading> readings_;
  Claims claims_;
  std::vector<std::pair<std::string, OldestEpochs>> unnumbered_;  // by batch
  std::map<std::string, std::uint64_t> epochs_;                   // of batches
  std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> cipher_;
};

}  // namespace vault
