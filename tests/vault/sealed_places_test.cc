// The list of what each key sealed, held against the schema and against what destructions take
// away.
#include "vault/sealed_places.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/support/disposal_world.h"

namespace vault {
namespace {

using Column = std::pair<std::string, std::string>;  // table, column

std::set<Column> Listed() {
  std::set<Column> listed;
  for (const SealedPlace& place : SealedPlaces()) {
    for (const std::string_view column : place.sealed) {
      if (!column.empty()) listed.emplace(place.table, column);
    }
  }
  return listed;
}

std::vector<std::string> Texts(Database& database, const std::string& sql, int column) {
  std::vector<std::string> texts;
  auto query = database.Prepare(sql);
  while (query.Step().value()) texts.push_back(query.Text(column));
  return texts;
}

class SealedPlacesTest : public DisposalWorld {
 protected:
  static std::vector<std::string> Tables(Database& database) {
    return Texts(database,
                 "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
                 0);
  }
  // Sealed gives every value that is long enough to be sealed, by where it stands. What people hold
  // themselves is re-made with their passwords and no destruction's; the log only grows.
  static std::map<Column, std::set<Bytes>> Sealed(Database& database) {
    constexpr std::size_t kNonceAndTag = 40;
    std::map<Column, std::set<Bytes>> values;
    for (const std::string& table : Tables(database)) {
      if (table == "person" || table == "role" || table == "token" || table == "meta" ||
          table.starts_with("log_")) {
        continue;
      }
      for (const std::string& column :
           Texts(database,
                 "SELECT name FROM pragma_table_info('" + table + "') WHERE type = 'BLOB'", 0)) {
        auto query = database.Prepare("SELECT " + column + " FROM " + table + " WHERE length(" +
                                      column + ") >= " + std::to_string(kNonceAndTag));
        while (query.Step().value()) values[{table, column}].insert(ToBytes(query.Blob(0)));
      }
    }
    return values;
  }
};

// A column that is added to a table of the list is put on the list, or named here as an id.
TEST_F(SealedPlacesTest, EveryColumnOfTheirTablesIsOnTheListOrHoldsNothingSealed) {
  const std::set<Column> ids = {{"loan", "subject"},
                                {"member", "stands_for"},
                                {"mail", "matter"},
                                {"disposal", "matter"},
                                {"disposal", "first_approver"}};
  std::set<Column> listed = Listed();
  std::set<std::string> tables;
  for (const SealedPlace& place : SealedPlaces()) {
    tables.emplace(place.table);
    for (const std::string_view column : place.named) {
      if (!column.empty()) listed.emplace(place.table, column);
    }
  }
  Inside([&](KeyKeeper&, Database& database) {
    for (const std::string& table : tables) {
      // What may not be empty is an id, a public key or a code, and stays.
      for (const std::string& column :
           Texts(database,
                 "SELECT name FROM pragma_table_info('" + table +
                     "') WHERE type = 'BLOB' AND \"notnull\" = 0 AND pk = 0",
                 0)) {
        EXPECT_TRUE(listed.contains({table, column}) || ids.contains({table, column}))
            << table << "." << column;
      }
    }
  });
  world.Unseal();
}

TEST_F(SealedPlacesTest, WhateverDestructionsTakeAwayIsOnTheList) {
  const Actor officer = Officer();
  ASSERT_TRUE(world->matters()
                  .AddSubject(officer, matter,
                              {"Adult Birch", "Mary Hill", Day::Parse("1961-05-07").value()})
                  .ok());
  ASSERT_TRUE(world->people().Exclude(officer, matter, alder, kSecondIgo, "knows them").ok());
  const DocumentId form = File("FRM", alder.id, "a form of the police");
  ASSERT_TRUE(world.File(officer, matter, "KEY", "unit", std::nullopt, "Alder is Real Name").ok());
  NewShare share;
  share.documents = {form};
  share.recipient = "reviewer@elsewhere.example";
  share.until = At("2026-03-31T10:00");
  ASSERT_TRUE(world->shares().Make(officer, share).ok());
  NewHold hold;
  hold.matter = matter.id;
  hold.reason = "an inquiry";
  hold.authority = "its letter";
  hold.review = Day::Parse("2026-05-01").value();
  const Actor governance = Igo();
  const auto held = world->holds().Place(governance, hold);
  ASSERT_TRUE(held.ok()) << held.error().detail;
  ASSERT_TRUE(world->holds().Release(governance, held.value(), "it is over").ok());
  std::map<Column, std::set<Bytes>> before;
  Inside([&](KeyKeeper&, Database& database) { before = Sealed(database); });
  world.Unseal();
  ASSERT_FALSE(HasFatalFailure());
  world.MoveTo("2026-04-09T12:31");
  Event("MEETING_CLOSED", "2026-04-09T12:30");
  world.MoveTo("2026-05-22T10:00");
  Event("REPORT_APPROVED", "2026-05-22T09:00");
  for (const std::string_view day :
       {"2027-05-25T09:00", "2045-01-01T09:00", "2045-01-02T09:00", "2045-01-03T09:00"}) {
    world.MoveTo(day);
    Sweep();
    if (!InState("proposed").empty()) ApproveAll();
  }
  std::map<Column, std::set<Bytes>> after;
  Inside([&](KeyKeeper&, Database& database) {
    EXPECT_EQ(Number(database, "SELECT count(*) FROM matter WHERE state != 'destroyed'"), 0);
    after = Sealed(database);
  });
  world.Unseal();
  const std::set<Column> listed = Listed();
  std::set<Column> gone;
  for (const auto& [column, values] : before) {
    for (const Bytes& value : values) {
      if (!after[column].contains(value)) gone.insert(column);
    }
  }
  for (const Column& column : gone) {
    EXPECT_TRUE(listed.contains(column))
        << column.first << "." << column.second << " was taken away and is not searched for";
  }
  // The control: the columns that this matter had values in are among them.
  for (const Column& column :
       {Column{"subject", "born"}, Column{"subject", "words"}, Column{"matter", "title"},
        Column{"version", "name"}, Column{"share", "recipient"}, Column{"hold", "authority"},
        Column{"exclusion", "reason"}, Column{"object_box", "box"}, Column{"loan_box", "box"},
        Column{"named_box", "box"}, Column{"member", "lockbox"}, Column{"matter_event", "at"}}) {
    EXPECT_TRUE(gone.contains(column) || before[column].empty())
        << column.first << "." << column.second;
    EXPECT_FALSE(column.second != "at" && before[column].empty())
        << column.first << "." << column.second;
  }
}

}  // namespace
}  // namespace vault
