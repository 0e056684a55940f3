// AttackRegister: everything that the registers of copied data folders ever held, read with a key
// that the attacker found, by the column names of FORMAT.md and none of the program's row code.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/temp_folder.h"
#include "vault/base/bytes.h"
#include "vault/base/wire.h"
#include "vault/crypto/digest.h"
#include "vault/store/database.h"
#include "vault/store/disk.h"

namespace vault {

// DatabaseImage is one state of a database: its file, and its log when there is one.
struct DatabaseImage {
  std::string file;
  std::string log;
};

// ForEachCommit gives the state as it was copied, and then every older one that lies in the log:
// each commit of each generation, laid over the file page by page. A mixture that never existed
// may come out of it; opening it then fails, which costs nothing.
inline void ForEachCommit(const DatabaseImage& copied,
                          const std::function<void(const DatabaseImage&)>& visit) {
  visit(copied);
  visit({copied.file, ""});
  constexpr std::size_t kHeader = 32;
  constexpr std::size_t kFrameHeader = 24;
  if (copied.log.size() < kHeader) return;
  const auto u32 = [&](std::size_t at) {
    return WireReader(AsBytes(copied.log).subspan(at, 4)).U32();
  };
  const std::size_t page = u32(8);
  if (page < 512 || page > 65536) return;
  DatabaseImage state{copied.file, ""};
  std::string generation;
  for (std::size_t at = kHeader; at + kFrameHeader + page <= copied.log.size();
       at += kFrameHeader + page) {
    const std::string salts = copied.log.substr(at + 8, 8);
    if (salts != generation) state.file = copied.file;
    generation = salts;
    const std::size_t number = u32(at);
    const std::size_t pages = u32(at + 4);
    if (number == 0 || number > 1u << 20) continue;
    if (state.file.size() < number * page) state.file.resize(number * page);
    state.file.replace((number - 1) * page, page, copied.log, at + kFrameHeader, page);
    if (pages == 0 || pages > 1u << 20) continue;
    state.file.resize(pages * page);
    visit(state);
  }
}

// Rows are what the tables held at any time, one tuple for each different row.
struct RegisterRows {
  struct Person {
    Bytes id;
    std::uint32_t slot;
    std::uint64_t row_version;
    Bytes email, password;
    auto operator<=>(const Person&) const = default;
  };
  struct Member {
    Bytes id, person;
    std::uint32_t slot;
    std::uint64_t row_version;
    Bytes lockbox;
    auto operator<=>(const Member&) const = default;
  };
  // Token is a program's way in for a person.
  struct Token {
    Bytes id, person;
    std::uint32_t slot;
    std::uint64_t row_version;
    Bytes secret;
    auto operator<=>(const Token&) const = default;
  };
  struct Party {
    Bytes party, escrow;
    auto operator<=>(const Party&) const = default;
  };
  struct LoanBox {
    Bytes id, loan, party;
    std::uint32_t slot;
    Bytes object;
    std::uint32_t version;
    Bytes box;
    std::uint32_t box_version;
    auto operator<=>(const LoanBox&) const = default;
  };
  struct ObjectBox {
    Bytes object;
    std::uint32_t version;
    Bytes party, box;
    auto operator<=>(const ObjectBox&) const = default;
  };
  // NamedBox is the access share of what is for named readers, for one of them.
  struct NamedBox {
    Bytes id, object;
    std::uint32_t version;
    Bytes person;
    std::uint32_t slot;
    std::uint64_t row_version;
    Bytes box;
    auto operator<=>(const NamedBox&) const = default;
  };
  struct Version {
    Bytes document;
    std::uint32_t version;
    std::uint32_t slot;
    Bytes blob, form_blob;
    auto operator<=>(const Version&) const = default;
  };
  // Detail is a matter's title, what a subject is really called, the name of a file, or what a
  // record says.
  struct Detail {
    std::string table, column;
    Bytes object;
    std::uint32_t version;
    std::uint32_t slot;
    Bytes sealed;
    auto operator<=>(const Detail&) const = default;
  };
  struct Share {
    Bytes id;
    std::uint32_t slot;
    Bytes box;
    auto operator<=>(const Share&) const = default;
  };
  std::set<Person> people;
  std::set<Member> members;
  std::set<Token> tokens;
  std::set<Party> parties;
  std::set<LoanBox> loan_boxes;
  std::set<ObjectBox> object_boxes;
  std::set<NamedBox> named_boxes;
  std::set<Version> versions;
  std::set<Detail> details;
  std::set<Share> shares;
};

// NamedName is one version of a document or record, for one named reader.
struct NamedName {
  std::string object;
  std::uint32_t version = 0;
  std::string person;
  auto operator<=>(const NamedName&) const = default;
};

// LoanName is one document in one loan.
struct LoanName {
  std::string loan;
  std::string object;
  std::uint32_t version = 0;
  auto operator<=>(const LoanName&) const = default;
};

// RegisterNow is what the newest copy itself says is running: what an attacker of that moment must
// be able to open, and nothing else.
struct RegisterNow {
  std::set<std::string> loans;  // not ended, with or without a document in them
  std::set<LoanName> boxes;
  std::set<std::string> shares;
  std::map<std::string, std::string> agency_of_loan;
  std::map<std::string, std::string> kind_of_loan;
};

// OpenRegisterImage opens one state with a key. Null: it does not open, or has no tables yet.
class OpenRegisterImage {
 public:
  OpenRegisterImage(const DatabaseImage& image, const Bytes& register_key) {
    std::ofstream(folder_.At("r.db"), std::ios::binary) << image.file;
    if (!image.log.empty()) {
      std::ofstream(folder_.At("r.db-wal"), std::ios::binary) << image.log;
    }
    auto key = RegisterKey::FromBytes(register_key);
    if (!key.ok()) return;
    const auto salt = Blake2b<16>(register_key, AsBytes("strongroom/v1/register-salt"));
    auto opened = Database::Open(disk_, folder_.At("r.db"),
                                 DatabaseKey{std::move(key).value(), salt}, DatabaseMode::kWriter);
    if (!opened.ok()) return;
    database_ = std::move(opened).value();
    Statement tables = database_->Prepare("SELECT 1 FROM sqlite_master WHERE name = 'share'");
    auto there = tables.Step();
    usable_ = there.ok() && there.value();
  }
  bool usable() const { return usable_; }
  // Each visits the rows of a query, as far as the state is whole.
  void Each(std::string_view sql, const std::function<void(Statement&)>& visit) {
    Statement rows = database_->Prepare(sql);
    while (true) {
      auto row = rows.Step();
      if (!row.ok() || !row.value()) return;
      visit(rows);
    }
  }

 private:
  TempFolder folder_;
  Disk disk_{nullptr};
  std::unique_ptr<Database> database_;
  bool usable_ = false;
};

// TakeRows adds what one state holds.
inline void TakeRows(OpenRegisterImage& state, RegisterRows& rows) {
  state.Each("SELECT id, slot, row_version, email, password FROM person", [&](Statement& s) {
    rows.people.insert(
        {s.Blob(0), s.U32(1), static_cast<std::uint64_t>(s.Int(2)), s.Blob(3), s.Blob(4)});
  });
  state.Each("SELECT id, person, slot, row_version, lockbox FROM member", [&](Statement& s) {
    rows.members.insert(
        {s.Blob(0), s.Blob(1), s.U32(2), static_cast<std::uint64_t>(s.Int(3)), s.Blob(4)});
  });
  state.Each("SELECT id, person, slot, row_version, secret FROM token", [&](Statement& s) {
    rows.tokens.insert(
        {s.Blob(0), s.Blob(1), s.U32(2), static_cast<std::uint64_t>(s.Int(3)), s.Blob(4)});
  });
  state.Each("SELECT party, escrow FROM compartment", [&](Statement& s) {
    rows.parties.insert({s.Blob(0), s.Blob(1)});
  });
  state.Each(
      "SELECT b.id, b.loan, l.party, l.slot, b.object, b.version, b.box, b.box_version "
      "FROM loan_box b JOIN loan l ON l.id = b.loan",
      [&](Statement& s) {
        rows.loan_boxes.insert(
            {s.Blob(0), s.Blob(1), s.Blob(2), s.U32(3), s.Blob(4), s.U32(5), s.Blob(6), s.U32(7)});
      });
  state.Each("SELECT object, version, party, box FROM object_box", [&](Statement& s) {
    rows.object_boxes.insert({s.Blob(0), s.U32(1), s.Blob(2), s.Blob(3)});
  });
  state.Each("SELECT id, object, version, person, slot, row_version, box FROM named_box",
             [&](Statement& s) {
               rows.named_boxes.insert({s.Blob(0), s.Blob(1), s.U32(2), s.Blob(3), s.U32(4),
                                        static_cast<std::uint64_t>(s.Int(5)), s.Blob(6)});
             });
  state.Each("SELECT document, version, slot, blob, form_blob, name FROM version",
             [&](Statement& s) {
               rows.versions.insert({s.Blob(0), s.U32(1), s.U32(2), s.Blob(3), s.Blob(4)});
               rows.details.insert({"version", "name", s.Blob(0), s.U32(1), s.U32(2), s.Blob(5)});
             });
  state.Each("SELECT id, slot, title FROM matter", [&](Statement& s) {
    rows.details.insert({"matter", "title", s.Blob(0), 0, s.U32(1), s.Blob(2)});
  });
  state.Each("SELECT id, slot, details FROM subject", [&](Statement& s) {
    rows.details.insert({"subject", "details", s.Blob(0), 0, s.U32(1), s.Blob(2)});
  });
  state.Each("SELECT id, slot, box FROM share", [&](Statement& s) {
    rows.shares.insert({s.Blob(0), s.U32(1), s.Blob(2)});
  });
}

// ReadNow reads what one state says is running.
inline RegisterNow ReadNow(OpenRegisterImage& state) {
  RegisterNow now;
  state.Each(
      "SELECT l.id, l.kind, c.agency FROM loan l JOIN compartment c ON c.party = l.party "
      "WHERE l.state IN ('closed', 'open')",
      [&](Statement& s) {
        const std::string id = EncodeHex(s.Blob(0));
        now.loans.insert(id);
        now.kind_of_loan[id] = s.Text(1);
        now.agency_of_loan[id] = s.Text(2);
      });
  state.Each(
      "SELECT b.loan, b.object, b.version FROM loan_box b JOIN loan l ON l.id = b.loan "
      "WHERE l.state IN ('closed', 'open') AND b.state = 'live'",
      [&](Statement& s) {
        now.boxes.insert({EncodeHex(s.Blob(0)), EncodeHex(s.Blob(1)), s.U32(2)});
      });
  state.Each("SELECT id FROM share WHERE state = 'running'",
             [&](Statement& s) { now.shares.insert(EncodeHex(s.Blob(0))); });
  return now;
}

}  // namespace vault
