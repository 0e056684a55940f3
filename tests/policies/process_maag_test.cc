// MAAG: who may come, packages, chasers and how long a case is kept.
#include <gtest/gtest.h>

#include "tests/policies/asked.h"

namespace policies {
namespace {

using vault::Day;
using vault::MatterFacts;
using vault::RecordFacts;
using vault::RetentionFacts;

RecordFacts Request(const char* born, const char* ldd, const char* level) {
  return Record("request", {{"subject", "S"},
                            {"born", born},
                            {"ldd", ldd},
                            {"district", "Basildon"},
                            {"level", level},
                            {"source", "school"},
                            {"received", "2026-06-01"},
                            {"family-agrees", "yes"}});
}

TEST(Maag, AgeLevelAndTheFamilysAgreement) {
  EXPECT_EQ(OnRecord("maag", Request("2012-01-01", "no", "3"), {}, {}), Lines());
  EXPECT_EQ(OnRecord("maag", Request("2006-06-02", "no", "2"), {}, {}), Lines());  // 19
  EXPECT_EQ(OnRecord("maag", Request("2006-06-01", "no", "2"), {}, {}), Lines{"age exception"});
  EXPECT_EQ(OnRecord("maag", Request("2006-06-01", "yes", "2"), {}, {}), Lines());
  EXPECT_EQ(OnRecord("maag", Request("2000-06-01", "yes", "2"), {}, {}),
            Lines{"age-ldd exception"});
  EXPECT_EQ(OnRecord("maag", Request("2012-01-01", "no", "4"), {}, {}),
            Lines{"level-4-reason refuse"});
  RecordFacts transition = Request("2012-01-01", "no", "4");
  transition.values.push_back({"transition", "hospital"});
  EXPECT_EQ(OnRecord("maag", transition, {}, {}), Lines());
  EXPECT_EQ(OnRecord("maag", With(transition, "transition", "none"), {}, {}),
            Lines{"level-4 exception"});
  EXPECT_EQ(OnRecord("maag", Request("2012-01-01", "no", "5"), {}, {}), Lines{"level refuse"});
  EXPECT_EQ(OnRecord("maag", With(Request("2012-01-01", "no", "3"), "family-agrees", "no"), {}, {}),
            Lines{"family-agrees warn"});
  EXPECT_EQ(
      OnRecord("maag", Request("2012-01-01", "no", "3"), {Request("2012-01-01", "no", "3")}, {}),
      Lines{"field refuse"});  // a duplicate case
}

TEST(Maag, APackageNeedsTwoAgencies) {
  const auto resource = [](const char* agency) {
    return Record("resource", {{"agency", agency}, {"type", "t"}});
  };
  EXPECT_EQ(OnEvent("maag", "PACKAGE_ALLOCATED", {resource("A"), resource("A")}),
            Lines{"two-agencies refuse"});
  EXPECT_EQ(OnEvent("maag", "PACKAGE_ALLOCATED", {resource("A"), resource("B")}), Lines());
  EXPECT_EQ(OnRecord("maag", Record("triage", {{"outcome", "returned"}, {"decided", "2026-06-01"}}),
                     {}, {}),
            Lines{"return-reason refuse"});
  EXPECT_EQ(OnRecord("maag",
                     Record("extract", {{"purpose", "p"},
                                        {"identifiable", "yes"},
                                        {"approved-by", "a"},
                                        {"date", "2026-06-01"}}),
                     {}, {}),
            Lines{"new-purpose refuse"});
}

TEST(Maag, AChasingLetterIsCountedBesideWhatCameBackAfterIt) {
  const auto letter = [](const char* number, const char* returned) {
    RecordFacts record = Record(
        "chase",
        {{"number", number}, {"what", "action-plan"}, {"agency", "A"}, {"sent", "2026-05-04"}});
    if (*returned != '\0') record.values.push_back({"returned", returned});
    return DatedRecord{record, Day::Parse("2026-09-01").value()};
  };
  const std::vector<DatedRecord> records = {letter("1", ""), letter("2", "2026-07-01"),
                                            letter("1", "2026-05-08"), letter("3", "")};
  std::map<std::string, std::size_t> counted;
  for (const MeasureRule& measure : Shipped("maag").Data().measures) {
    // A return counts with its letter, in whatever quarter it came.
    for (const Day day : DaysOf(measure, records)) {
      EXPECT_EQ(day.ToText(), "2026-05-04") << measure.id;
      ++counted[measure.id];
    }
  }
  EXPECT_EQ(counted, (std::map<std::string, std::size_t>{{"chased", 4},
                                                         {"chased-once", 2},
                                                         {"chased-twice", 1},
                                                         {"chased-more", 1},
                                                         {"returned-once", 1},
                                                         {"returned-twice", 1}}));
  EXPECT_EQ(OnRecord("maag", letter("10", "").facts, {}, {}), Lines{"chase-number refuse"});
  EXPECT_EQ(OnRecord("maag", letter("0", "").facts, {}, {}), Lines{"chase-number-1 refuse"});
  EXPECT_EQ(OnRecord("maag", letter("2", "").facts, {}, {}), Lines());
}

TEST(Maag, ChasersRunUntilTheActionPlanIsBack) {
  MatterFacts matter;
  matter.meeting = When("2026-03-10T10:00");
  matter.events = {{"PANEL_HELD", When("2026-03-10T12:00")},
                   {"PACKAGE_ALLOCATED", When("2026-03-10T12:30")}};
  auto due = Due("maag", matter);
  EXPECT_EQ(due.at("papers-out"), "2026-03-06");
  EXPECT_EQ(due.at("papers-withdrawn"), "2026-03-11");
  EXPECT_EQ(due.at("tac"), "2026-03-31");
  EXPECT_EQ(due.at("action-plan"), "2026-04-09");
  EXPECT_EQ(due.at("chase-1"), "2026-04-16");
  EXPECT_EQ(due.at("chase-2"), "2026-04-23");
  EXPECT_EQ(due.at("escalate"), "2026-04-30");
  EXPECT_EQ(due.at("review"), "2026-06-02");
  matter.events.push_back({"ACTION_PLAN_RETURNED", When("2026-04-10")});
  due = Due("maag", matter);
  EXPECT_FALSE(due.contains("chase-1"));
  EXPECT_FALSE(due.contains("escalate"));
  // A review counts on from the last one.
  matter.events.push_back({"REVIEW_RETURNED", When("2026-06-01")});
  EXPECT_EQ(Due("maag", matter).at("review"), "2026-08-24");
  for (const auto& item : Shipped("maag").Due(matter)) {
    if (item.id == "review") {
      EXPECT_FALSE(item.fulfilled.has_value());
      EXPECT_EQ(item.owed_by, Lines{"LP"});
      EXPECT_EQ(item.warn_from->ToText(), "2026-08-10");
    }
    if (item.id == "action-plan") {
      EXPECT_EQ(item.fulfilled, When("2026-04-10"));
    }
  }
}

TEST(Maag, CasesAreKeptToABirthdayAndTheDayDoesNotTellIt) {
  MatterFacts matter;
  matter.events = {{"CASE_CLOSED", When("2026-05-10")}};
  const auto due = [&matter](std::optional<const char*> born) {
    RetentionFacts facts;
    facts.class_code = "CAF";
    if (born) facts.born = Day::Parse(*born).value();
    const auto verdict = Shipped("maag").Weigh(matter, facts, {0, 0}).verdict;
    return vault::LondonDay(*verdict.due).ToText();
  };
  EXPECT_EQ(due("2014-02-11"), "2039-03-31");
  EXPECT_EQ(due("2014-03-31"), "2039-03-31");  // told to its quarter: the same
  EXPECT_EQ(due("2009-01-20"), "2035-03-31");  // 17 when it closed
  EXPECT_EQ(due("2008-01-20"), "2033-03-31");  // 18
  EXPECT_EQ(due("2009-06-30"), "2035-06-30");  // could have been 17: the later day
  EXPECT_EQ(due("2009-08-01"), "2034-09-30");  // 16
  EXPECT_EQ(due(std::nullopt), "2052-05-10");
  RetentionFacts open;
  open.class_code = "CAF";
  EXPECT_EQ(Shipped("maag").Weigh(MatterFacts(), open, {kNow, kNow}).verdict.reason,
            "CASE_CLOSED or RETURNED or TO_SOCIAL_CARE has not been recorded");
}

}  // namespace
}  // namespace policies
