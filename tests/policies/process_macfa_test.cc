// MACFA: the longlist, the selection and the agenda.
#include <gtest/gtest.h>

#include "policies/meeting_plan.h"
#include "tests/policies/asked.h"

namespace policies {
namespace {

using vault::RecordFacts;

// The contact check of the fictional audit MACFA-2026-01: who had contact with whom.
std::vector<RecordFacts> ContactChecks() {
  const char* agencies[] = {"ASC", "POL", "PCN", "MHT", "ACU", "HSG", "FRS"};
  const std::pair<const char*, const char*> people[] = {
      {"P01", "1111111"}, {"P02", "1010010"}, {"P03", "1111011"}, {"P04", "1010100"},
      {"P05", "1110110"}, {"P06", "1111001"}, {"P07", "1000010"}, {"P08", "1011000"},
      {"P09", "1110010"}, {"P10", "1010110"}};
  const std::map<std::string, std::string> last = {{"P05", "2025-11-18"}, {"P06", "2026-01-20"}};
  std::vector<RecordFacts> records;
  for (const auto& [person, contact] : people) {
    for (int i = 0; i < 7; ++i) {
      RecordFacts record = Record("contact-check", {{"person", person},
                                                    {"agency", agencies[i]},
                                                    {"contact", contact[i] == '1' ? "yes" : "no"}});
      if (last.contains(person)) record.values.push_back({"last-contact", last.at(person)});
      records.push_back(std::move(record));
    }
  }
  return records;
}

TEST(Macfa, AtMostTenAreLonglistedAndThreeSelected) {
  std::vector<RecordFacts> listed;
  for (int i = 1; i <= 9; ++i) {
    listed.push_back(Record("longlist", {{"person", "P0" + std::to_string(i)}, {"agency", "ASC"}}));
  }
  const RecordFacts tenth = Record("longlist", {{"person", "P10"}, {"agency", "ASC"}});
  EXPECT_EQ(OnRecord("macfa", tenth, listed, {}), Lines());
  listed.push_back(tenth);
  EXPECT_EQ(
      OnRecord("macfa", Record("longlist", {{"person", "P11"}, {"agency", "ASC"}}), listed, {}),
      Lines{"longlist-ten refuse"});

  const auto chosen = [](const std::string& person) {
    return Record("selection", {{"person", person},
                                {"rank", "1"},
                                {"agencies", "5"},
                                {"selected", "yes"},
                                {"decided-by", "chair"}});
  };
  std::vector<RecordFacts> three = {chosen("P01"), chosen("P03"), chosen("P06")};
  EXPECT_EQ(OnEvent("macfa", "SELECTION_DECIDED", three), Lines());
  EXPECT_EQ(OnRecord("macfa", chosen("P05"), three, {}), Lines{"select-three exception"});
  three.pop_back();
  EXPECT_EQ(OnEvent("macfa", "SELECTION_DECIDED", three), Lines{"selection-made warn"});

  EXPECT_FALSE(Shipped("macfa").CheckLimit("subjects", 3).has_value());
  EXPECT_EQ(Shipped("macfa").CheckLimit("subjects", 4)->severity, vault::Severity::kWarn);
  EXPECT_EQ(Shipped("macfa").CheckLimit("longlist", 11)->severity, vault::Severity::kRefuse);
  EXPECT_EQ(Shipped("macfa").CheckLimit("audits-per-group-and-year", 3)->sentence,
            "the limit for audits-per-group-and-year is 2");
  EXPECT_FALSE(Shipped("macfa").CheckLimit("no-such-limit", 9999).has_value());
}

TEST(Macfa, TheWidestInvolvementIsSelectedAndTheTieTold) {
  auto ranking = Shipped("macfa").Rank("widest-involvement", ContactChecks());
  ASSERT_TRUE(ranking.ok());
  Lines order;
  Lines chosen;
  for (const Ranked& line : ranking.value().list) {
    order.push_back(line.subject + " " + std::to_string(line.count));
    if (line.chosen) chosen.push_back(line.subject);
  }
  order.resize(4);
  EXPECT_EQ(order, (Lines{"P01 7", "P03 6", "P06 5", "P05 5"}));
  EXPECT_EQ(chosen, (Lines{"P01", "P03", "P06"}));
  EXPECT_EQ(ranking.value().tied, (Lines{"P06", "P05"}));
  EXPECT_TRUE(ranking.value().settled);
  EXPECT_FALSE(Shipped("macfa").Rank("by-name", {}).ok());

  // Without the last contact nobody but a person can tell them apart.
  std::vector<RecordFacts> undated;
  for (RecordFacts record : ContactChecks()) {
    if (record.values.size() == 4) record.values.pop_back();
    undated.push_back(std::move(record));
  }
  EXPECT_FALSE(Shipped("macfa").Rank("widest-involvement", undated).value().settled);
}

TEST(Macfa, TheAgendaGivesFortyFiveMinutesAPerson) {
  const auto items =
      Agenda(*Shipped("macfa").Data().plan, When("2026-04-09T09:30"), {"P01", "P03", "P06"});
  Lines lines;
  for (const auto& item : items) {
    lines.push_back(vault::FormatTime(item.from).substr(11, 5) + " " +
                    vault::FormatTime(item.to).substr(11, 5) + " " + item.what);
  }
  EXPECT_EQ(lines, (Lines{"09:30 09:45 opening", "09:45 10:30 P01", "10:30 11:15 P03",
                          "11:15 11:30 break", "11:30 12:15 P06", "12:15 12:30 closing"}));
}

TEST(Macfa, GuidancePastItsReviewIsKnown) {
  EXPECT_EQ(Shipped("macfa").Data().source_review->ToText(), "2025-03-31");
}

}  // namespace
}  // namespace policies
