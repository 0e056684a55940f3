// Statistics: shares with their numerator and denominator, by quarter and year, safe to show.
#include "daemon/api/statistics.h"

#include <gtest/gtest.h>

#include <map>

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
    if (row[2].AsText().value() == measure) found[row[1].AsText().value()] = row;
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
  const auto rows = MeasuresOf(process, matters);
  ASSERT_TRUE(rows.ok()) << rows.error().detail;
  const auto row = [&](const char* measure) {
    return ByPeriod(rows.value(), measure)["2012/13 Q1"];
  };
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
  EXPECT_EQ(rows.value().size() % 5, 0u);
}

}  // namespace
}  // namespace service
