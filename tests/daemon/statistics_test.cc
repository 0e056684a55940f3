// Statistics: shares with their numerator and denominator, by quarter and year, safe to show.
#include "daemon/api/statistics.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/test_daemon.h"
#include "tests/support/test_vault.h"

namespace service {
namespace {

class StatisticsTest : public ::testing::Test {
 protected:
  const policies::ProcessTemplate& Process(std::string_view id) {
    const policies::ProcessTemplate* found = nullptr;
    for (const policies::ProcessTemplate* process : rules_->Templates()) {
      if (process->template_id() == id) found = process;
    }
    CHECK(found != nullptr);
    return *found;
  }
  // Due is a due item that counts from an event and is fulfilled by one.
  std::unique_ptr<policies::TemplateBook> rules_ = vault::ShippedRules();
};

std::map<std::string, TableRow> ByPeriod(const std::vector<TableRow>& rows,
                                         const std::string& measure) {
  std::map<std::string, TableRow> found;
  for (const TableRow& row : rows) {
    // The measure as a whole: by no area.
    if (row[2].AsText().value() == measure && row[7].is_null()) {
      found[row[1].AsText().value()] = row;
    }
  }
  return found;
}

TEST_F(StatisticsTest, EventsAreCountedByQuarterAndYearAndSmallCountsHideWithOneMore) {
  const policies::ProcessTemplate& process = Process("macfa");
  std::vector<vault::MatterFacts> matters;
  const auto add = [&](std::string_view day, int count) {
    for (int i = 0; i < count; ++i) {
      vault::MatterFacts facts;
      facts.events.push_back({"FORMS_ISSUED", vault::At(day)});
      matters.push_back(facts);
    }
  };
  add("2025-04-01", 7);  // the first day of a financial year
  add("2025-08-01", 2);
  add("2025-11-01", 9);
  add("2026-03-31", 8);  // and its last
  const auto rows = StatisticsOf(process, matters, vault::Day::Parse("2026-06-01").value());
  ASSERT_TRUE(rows.ok());
  auto issued = ByPeriod(rows.value(), "FORMS_ISSUED");
  ASSERT_EQ(issued.size(), 5u);
  EXPECT_EQ(issued["2025/26"][3].AsInteger().value(), 26);
  EXPECT_EQ(issued["2025/26 Q3"][3].AsInteger().value(), 9);
  // Two are hidden: one alone would follow from the year.
  EXPECT_TRUE(issued["2025/26 Q2"][3].is_null());
  EXPECT_TRUE(issued["2025/26 Q1"][3].is_null());
  EXPECT_TRUE(issued["2025/26 Q1"][6].AsFlag().value());
  EXPECT_FALSE(issued["2025/26 Q4"][6].AsFlag().value());
}

TEST_F(StatisticsTest, AShareStandsBesideItsNumeratorAndDenominator) {
  const policies::ProcessTemplate& process = Process("maag");
  // Find something due that an event fulfils, and let thirty matters meet it and ten miss it.
  std::string chosen;
  std::string from;
  std::string by;
  vault::Day due;
  for (const vault::EventRule& start : process.Events()) {
    vault::MatterFacts facts;
    facts.events.push_back({start.name, vault::At("2025-01-06T10:00")});
    for (const vault::DueItem& item : process.Due(facts)) {
      if (item.due && !item.event.empty() && item.event != start.name && !item.fulfilled &&
          *item.due < vault::Day::Parse("2025-03-25").value() && chosen.empty()) {
        chosen = item.id;
        from = start.name;
        by = item.event;
        due = *item.due;
      }
    }
  }
  ASSERT_FALSE(chosen.empty());
  std::vector<vault::MatterFacts> matters;
  for (int i = 0; i < 40; ++i) {
    vault::MatterFacts facts;
    facts.events.push_back({from, vault::At("2025-01-06T10:00")});
    const vault::Day day = i < 30 ? due : due.Plus(2);
    facts.events.push_back({by, vault::LondonMoment(day, 12, 0)});
    matters.push_back(facts);
  }
  const auto rows = StatisticsOf(process, matters, vault::Day::Parse("2026-06-01").value());
  ASSERT_TRUE(rows.ok());
  auto share = ByPeriod(rows.value(), chosen + " done in time");
  ASSERT_TRUE(share.contains("2024/25"));
  EXPECT_EQ(share["2024/25"][3].AsInteger().value(), 30);
  EXPECT_EQ(share["2024/25"][4].AsInteger().value(), 40);
  EXPECT_EQ(share["2024/25"][5].AsInteger().value(), 75);
  EXPECT_FALSE(share["2024/25"][6].AsFlag().value());
}

TEST_F(StatisticsTest, WhatCountsHoursIsInTimeToTheMoment) {
  // A decision on a red contact is due four hours after the referral.
  std::vector<vault::MatterFacts> matters;
  for (int i = 0; i < 20; ++i) {
    vault::MatterFacts facts;
    facts.events.push_back({"REFERRAL_RECEIVED", vault::At("2025-05-06T09:00")});
    facts.events.push_back({"RATED_RED", vault::At("2025-05-06T09:00")});
    facts.events.push_back(
        {"DECIDED", vault::At(i < 12 ? "2025-05-06T13:00" : "2025-05-06T17:00")});
    matters.push_back(facts);
  }
  const auto rows = StatisticsOf(Process("mash"), matters, vault::Day::Parse("2026-06-01").value());
  ASSERT_TRUE(rows.ok());
  auto red = ByPeriod(rows.value(), "decision-red done in time");
  EXPECT_EQ(red["2025/26"][3].AsInteger().value(), 12);
  EXPECT_EQ(red["2025/26"][4].AsInteger().value(), 20);
  EXPECT_EQ(red["2025/26 Q1"][5].AsInteger().value(), 60);
}

TEST_F(StatisticsTest, CasesAreCountedInTheirRecordsAndASmallPartDoesNotFollow) {
  const policies::ProcessTemplate& process = Process("maag");
  std::vector<std::vector<policies::DatedRecord>> matters;
  const vault::Day day = vault::Day::Parse("2012-05-14").value();
  const auto add = [&](int count, std::vector<vault::RecordFacts> facts) {
    std::vector<policies::DatedRecord> records;
    for (vault::RecordFacts& one : facts) records.push_back({std::move(one), day});
    for (int i = 0; i < count; ++i) matters.push_back(records);
  };
  const auto request = [](const char* known) {
    return vault::RecordFacts{
        "request", {{"received", "2012-04-02"}, {"known-5y", known}, {"source", "health"}}};
  };
  const vault::RecordFacts accepted{"triage", {{"outcome", "panel"}, {"decided", "2012-04-20"}}};
  const vault::RecordFacts returned{
      "triage",
      {{"outcome", "returned"}, {"reason", "single-agency-response"}, {"decided", "2012-04-20"}}};
  const vault::RecordFacts referred{"outcome", {{"outcome", "referred"}, {"date", "2012-06-29"}}};
  add(20, {request("yes"), accepted});
  add(31, {request("yes"), accepted, referred});
  add(40, {request("no"), accepted});
  add(2, {request("no"), accepted, referred});
  add(60, {request("no"), returned});
  const std::vector<TableRow> rows = MeasuresOf(process, matters);
  const auto row = [&](const char* measure) { return ByPeriod(rows, measure)["2012/13 Q1"]; };
  EXPECT_EQ(row("received")[3].AsInteger().value(), 153);
  EXPECT_TRUE(row("received")[4].is_null());
  EXPECT_EQ(row("returned")[3].AsInteger().value(), 60);
  EXPECT_EQ(row("returned")[4].AsInteger().value(), 153);
  EXPECT_EQ(row("returned")[5].AsInteger().value(), 39);
  EXPECT_EQ(row("known-5y")[3].AsInteger().value(), 51);
  EXPECT_EQ(row("known-5y")[4].AsInteger().value(), 93);
  // Two families are not told, by themselves or by what they are a part of.
  EXPECT_TRUE(row("referred-not-known")[3].is_null());
  EXPECT_TRUE(row("referred-not-known")[6].AsFlag().value());
  const bool both = !row("referred")[3].is_null() && !row("referred-known")[3].is_null();
  EXPECT_FALSE(both) << "33 and 31 would tell the two";
  // Every quarter and the year, for every measure.
  EXPECT_EQ(rows.size() % 5, 0u);
}

TEST_F(StatisticsTest, AMeasureIsToldByTheAreasThatTheTemplateNames) {
  const policies::ProcessTemplate& process = Process("maag");
  std::vector<std::vector<policies::DatedRecord>> matters;
  const auto add = [&matters](int count, const char* district, const char* received) {
    const vault::RecordFacts request{"request", {{"received", received}, {"district", district}}};
    for (int i = 0; i < count; ++i) {
      matters.push_back({{request, vault::Day::Parse("2012-05-14").value()}});
    }
  };
  add(30, "Basildon", "2012-04-02");
  add(24, "Harlow", "2012-04-02");
  add(20, "Castle Point", "2012-04-02");
  add(3, "Rochford", "2012-04-02");
  add(12, "Elsewhere", "2012-04-02");
  std::map<std::string, TableRow> found;
  for (const TableRow& row : MeasuresOf(process, matters)) {
    ASSERT_EQ(row.size(), StatisticsColumns().size());
    if (row[1].AsText().value() != "2012/13 Q1" || row[2].AsText().value() != "received") continue;
    if (row[7].is_null()) continue;
    found[row[7].AsText().value() + " " + row[8].AsText().value()] = row;
  }
  // Twelve districts, four quadrants, and what is neither.
  EXPECT_EQ(found.size(), 18u);
  EXPECT_EQ(found["district Basildon"][3].AsInteger().value(), 30);
  EXPECT_FALSE(found["district Basildon"][6].AsFlag().value());
  EXPECT_TRUE(found["district Basildon"][9].is_null());
  EXPECT_TRUE(found["district Rochford"][3].is_null());
  EXPECT_TRUE(found["district Rochford"][6].AsFlag().value());
  // A district where nothing was asked for stands there, and is as small as one of three.
  EXPECT_TRUE(found["district Tendring"][3].is_null());
  EXPECT_TRUE(found["district Tendring"][6].AsFlag().value());
  // The total less the other districts would tell Rochford's three, and so would its quadrant: of
  // each the smallest other count is hidden as well.
  EXPECT_TRUE(found["district Castle Point"][3].is_null());
  EXPECT_EQ(found["quadrant South"][3].AsInteger().value(), 53);
  EXPECT_TRUE(found["district (unknown)"][3].is_null());
  EXPECT_EQ(found["district (unknown)"][9].AsText().value(), "unknown");
  EXPECT_EQ(found["quadrant (unknown)"][9].AsText().value(), "unknown");
}

TEST(StatisticsReportTest, TellsAgenciesBesideTheWholeInBothForms) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  for (const std::string agency : {"SCH", "HLT"}) {
    daemon.Post("agencies", daemon.officer(),
                Json::Object({{"id", agency}, {"name", "An agency"}}));
  }
  const Reply matter = daemon.Post("matters", daemon.officer(),
                                   Json::Object({{"template", "maag"}, {"title", "A case"}}));
  ASSERT_EQ(matter.status, 200) << matter.body;
  const std::string records = "matters/" + matter.Text("id") + "/records";
  const auto refuse = [&](const std::string& agency, int times) {
    for (int i = 0; i < times; ++i) {
      const Reply added =
          daemon.Post(records, daemon.officer(),
                      Json::Object({{"kind", "lead-professional"},
                                    {"fields", Json::Object({{"agency", agency},
                                                             {"answer", "refused"},
                                                             {"reason", "no time"},
                                                             {"date", "2026-01-12"}})}}));
      ASSERT_EQ(added.status, 200) << added.body;
    }
  };
  ASSERT_NO_FATAL_FAILURE(refuse("SCH", 6));
  ASSERT_NO_FATAL_FAILURE(refuse("HLT", 5));
  const Reply report = daemon.Get("reports/statistics?process=maag", daemon.officer());
  ASSERT_EQ(report.status, 200) << report.body;
  std::map<std::string, std::int64_t> told;
  for (const Json& row : report.json.elements()) {
    if (row.Text("measure").value() != "lead-refused") continue;
    if (row.Text("period").value() != "2025/26 Q4" || row.Find("numerator") == nullptr) continue;
    const bool whole = row.Find("by") == nullptr;
    told[whole ? "all" : row.Text("by").value() + " " + row.Text("area").value()] =
        row.Integer("numerator").value();
  }
  EXPECT_EQ(told, (std::map<std::string, std::int64_t>{
                      {"all", 11}, {"agency HLT", 5}, {"agency SCH", 6}, {"agency (unknown)", 0}}));
  const Reply csv = daemon.Get("reports/statistics?process=maag&format=csv", daemon.officer());
  EXPECT_EQ(csv.body.rfind("process,period,measure,numerator,denominator,percent,suppressed,by,"
                           "area,check\r\n",
                           0),
            0u)
      << csv.body;
  EXPECT_NE(csv.body.find("maag,2025/26 Q4,lead-refused,6,,,false,agency,SCH,\r\n"),
            std::string::npos)
      << csv.body;
  // A request names its district; a quadrant that contradicts it is refused with the reason.
  const Reply subject = daemon.Post("matters/" + matter.Text("id") + "/subjects", daemon.officer(),
                                    Json::Object({{"pseudonym", "Child A"}}));
  ASSERT_EQ(subject.status, 200) << subject.body;
  const Json fields = Json::Object({{"subject", "Child A"},
                                    {"born", "2014-02-11"},
                                    {"ldd", "no"},
                                    {"district", "Basildon"},
                                    {"quadrant", "Mid"},
                                    {"level", "3"},
                                    {"source", "school"},
                                    {"received", "2026-01-12"},
                                    {"family-agrees", "yes"}});
  const Reply refused = daemon.Post(records, daemon.officer(),
                                    Json::Object({{"kind", "request"}, {"fields", fields}}));
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_NE(refused.body.find("Basildon belongs to South"), std::string::npos) << refused.body;
}

}  // namespace
}  // namespace service
