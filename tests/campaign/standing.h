// Standing: what a register itself says is living, running, ended and destroyed, at one moment.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/campaign/carving.h"
#include "tests/support/attack_register.h"

namespace vault {

using VersionName = std::pair<std::string, std::uint32_t>;  // document in hex, version

inline std::string Shown(const VersionName& name) {
  return "document " + name.first + " version " + std::to_string(name.second);
}
inline std::string Shown(const NamedName& name) {
  return Shown(VersionName{name.object, name.version}) + " for reader " + name.person;
}
inline std::string Shown(const LoanName& name) {
  return Shown(VersionName{name.object, name.version}) + " in loan " + name.loan;
}

struct Standing {
  struct Version {
    std::string state, class_code, owner, matter, subject, form;
    std::uint32_t slot = 0;
    std::string kind;  // of a record
  };
  struct Loan {
    std::string state, kind, party, agency, matter;
    std::uint32_t slot = 0;
    std::int64_t ends = 0;
  };
  struct Person {
    std::string state, agency;
    bool has_password = false;
  };
  struct Share {
    std::string state, basis, matter;
    std::uint32_t slot = 0;
  };
  struct Hold {
    std::string state, object;
    bool sealed = false;
  };
  std::map<VersionName, Version> versions;
  std::map<std::string, Loan> loans;
  std::map<LoanName, std::string> boxes;  // state
  std::set<NamedName> named;
  std::map<std::string, std::string> heirs;             // of agencies that ended
  std::set<std::pair<std::string, std::string>> seats;  // matter, agency
  std::map<std::string, Person> people;
  std::map<std::string, Share> shares;
  std::map<std::string, Hold> holds;
  std::set<std::pair<std::string, std::string>> events;   // matter, name
  std::set<std::pair<std::string, std::string>> members;  // matter, person: live, with a lockbox
  // Parties with a member who has a key to them and a password, unit apart.
  std::set<std::string> borrowers;
  // Certificate of a destruction, as the register keeps it.
  struct Certificate {
    std::uint64_t epoch = 0;
    std::string copies;
  };
  std::vector<Certificate> certificates;
  std::set<std::string> tokens;  // ids
  std::set<std::string> subjects, live_subjects, dead_subjects;
  std::set<std::string> matters, live_matters, dead_matters;
  // Owed are the slots whose destruction is told as not done yet: the intent stands, or a copy of
  // the key tree has still to erase.
  std::set<std::uint32_t> owed;
  std::set<std::uint32_t> no_row, orphans;  // slots: due and unknown; without a row, and told so
  std::uint64_t unfinished = 0;             // batches between intent and certificate
  std::string unit;
};

// ReadShapes asks the register for the columns of its tables, in the order of their records.
inline std::vector<TableShape> ReadShapes(OpenRegisterImage& state) {
  std::map<std::string, TableShape> shapes;
  // A record of a table without row ids begins with the key; ours declare it first.
  state.Each(
      "SELECT m.name, c.name, c.type FROM sqlite_schema m, pragma_table_info(m.name) c "
      "WHERE m.type = 'table' ORDER BY m.name, c.cid",
      [&](Statement& s) {
        TableShape& shape = shapes[s.Text(0)];
        shape.name = s.Text(0);
        shape.columns.push_back(s.Text(1));
        const std::string type = s.Text(2);
        shape.kinds.push_back(type == "INTEGER" ? RecordValue::Kind::kInteger
                              : type == "TEXT"  ? RecordValue::Kind::kText
                                                : RecordValue::Kind::kBlob);
      });
  std::vector<TableShape> out;
  for (auto& [name, shape] : shapes) out.push_back(std::move(shape));
  return out;
}

inline Standing ReadStanding(OpenRegisterImage& state) {
  Standing now;
  const auto hex = [](Statement& s, int column) { return EncodeHex(s.Blob(column)); };
  state.Each("SELECT value FROM meta WHERE key = 'unit'",
             [&](Statement& s) { now.unit = ToString(s.Blob(0)); });
  state.Each(
      "SELECT v.document, v.version, v.state, d.class, d.owner, d.matter, d.subject, v.form, "
      "v.slot, coalesce(d.kind, '') FROM version v JOIN document d ON d.id = v.document",
      [&](Statement& s) {
        now.versions[{hex(s, 0), s.U32(1)}] = {s.Text(2), s.Text(3), s.Text(4), hex(s, 5),
                                               hex(s, 6), s.Text(7), s.U32(8),  s.Text(9)};
      });
  state.Each("SELECT object, version, person FROM named_box", [&](Statement& s) {
    now.named.insert({hex(s, 0), s.U32(1), hex(s, 2)});
  });
  state.Each("SELECT id, successor FROM agency WHERE successor IS NOT NULL",
             [&](Statement& s) { now.heirs[s.Text(0)] = s.Text(1); });
  state.Each("SELECT matter, agency FROM compartment WHERE kind = 'agency'", [&](Statement& s) {
    now.seats.insert({hex(s, 0), s.Text(1)});
  });
  state.Each(
      "SELECT l.id, l.state, l.kind, l.party, c.agency, l.matter, l.slot, l.ends FROM loan l "
      "JOIN compartment c ON c.party = l.party",
      [&](Statement& s) {
        now.loans[hex(s, 0)] = {s.Text(1), s.Text(2), hex(s, 3), s.Text(4),
                                hex(s, 5), s.U32(6),  s.Int(7)};
      });
  state.Each("SELECT loan, object, version, state FROM loan_box", [&](Statement& s) {
    now.boxes[{hex(s, 0), hex(s, 1), s.U32(2)}] = s.Text(3);
  });
  state.Each("SELECT id, state, agency, coalesce(length(password), 0) FROM person",
             [&](Statement& s) {
               now.people[hex(s, 0)] = {s.Text(1), s.Text(2), s.Int(3) != 0};
             });
  state.Each("SELECT id, state, basis, matter, slot FROM share", [&](Statement& s) {
    now.shares[hex(s, 0)] = {s.Text(1), s.Text(2), hex(s, 3), s.U32(4)};
  });
  state.Each("SELECT id, state, object, sealed FROM hold", [&](Statement& s) {
    now.holds[hex(s, 0)] = {s.Text(1), hex(s, 2), s.Int(3) != 0};
  });
  state.Each("SELECT matter, name FROM matter_event", [&](Statement& s) {
    now.events.insert({hex(s, 0), s.Text(1)});
  });
  state.Each(
      "SELECT m.matter, m.person, m.party, p.agency, coalesce(length(p.password), 0) FROM member m "
      "JOIN person p ON p.id = m.person "
      "WHERE m.state = 'live' AND p.state = 'live' AND length(m.lockbox) > 0",
      [&](Statement& s) {
        now.members.insert({hex(s, 0), hex(s, 1)});
        if (s.Text(3) != now.unit && s.Int(4) != 0) now.borrowers.insert(hex(s, 2));
      });
  // Between intent and end a row is neither living nor destroyed.
  state.Each("SELECT id, state FROM subject", [&](Statement& s) {
    now.subjects.insert(hex(s, 0));
    if (s.Text(1) == "live") now.live_subjects.insert(hex(s, 0));
    if (s.Text(1) == "destroyed") now.dead_subjects.insert(hex(s, 0));
  });
  state.Each("SELECT id FROM token", [&](Statement& s) { now.tokens.insert(hex(s, 0)); });
  state.Each("SELECT epoch, copies FROM disposal WHERE certificate IS NOT NULL", [&](Statement& s) {
    now.certificates.push_back({static_cast<std::uint64_t>(s.Int(0)), s.Text(1)});
  });
  state.Each("SELECT id, state FROM matter", [&](Statement& s) {
    now.matters.insert(hex(s, 0));
    if (s.Text(1) == "live") now.live_matters.insert(hex(s, 0));
    if (s.Text(1) == "destroyed" || s.Text(1) == "forgotten") now.dead_matters.insert(hex(s, 0));
  });
  state.Each(
      "SELECT item.slot FROM disposal JOIN disposal_item item ON item.disposal = disposal.id "
      "WHERE disposal.state = 'shredding' OR (disposal.state IN ('tidying', 'provisional') AND "
      "disposal.copies LIKE '%:unreachable:%')",
      [&](Statement& s) { now.owed.insert(s.U32(0)); });
  state.Each("SELECT slot FROM sweep_debt WHERE reason = 'no-row'",
             [&](Statement& s) { now.no_row.insert(s.U32(0)); });
  state.Each("SELECT slot FROM orphan", [&](Statement& s) { now.orphans.insert(s.U32(0)); });
  state.Each("SELECT 1 FROM disposal WHERE state = 'shredding'",
             [&](Statement&) { ++now.unfinished; });
  return now;
}

}  // namespace vault
