// MASH: requests, meetings, the decision clock and the copies.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/policies/asked.h"

namespace policies {
namespace {

using vault::Day;
using vault::MatterFacts;
using vault::RecordFacts;
using vault::RetentionState;

RecordFacts InformationRequest() {
  return Record("information-request", {{"agency", "A"},
                                        {"subject", "S"},
                                        {"purpose", "p"},
                                        {"basis", "b"},
                                        {"asked", "x"},
                                        {"due", "2026-06-01T14:00"},
                                        {"referral-form", "d1"},
                                        {"requested-by", "r"}});
}

TEST(Mash, CountsOutcomesDisagreementsAndAnswersInTheRecords) {
  const auto decided = [](const char* outcome, const char* disagreement) {
    return Record(
        "decision",
        {{"outcome", outcome}, {"decided", "2026-05-04T10:00"}, {"disagreement", disagreement}});
  };
  const Day written = Day::Parse("2026-06-01").value();
  const std::vector<DatedRecord> records = {
      {decided("assessment", "no"), written},
      {decided("no-further-action", "yes"), written},
      {Record("information-request", {{"agency", "POL"}, {"answer", "sensitive"}}), written},
      {Record("information-request", {{"agency", "HSG"}}), written}};
  std::map<std::string, std::size_t> counted;
  for (const MeasureRule& measure : Shipped("mash").Data().measures) {
    const std::vector<Day> days = DaysOf(measure, records);
    for (const Day day : days) {
      EXPECT_EQ(day, measure.on.empty() ? written : Day::Parse("2026-05-04").value());
    }
    if (!days.empty()) counted[measure.id] = days.size();
  }
  EXPECT_EQ(counted, (std::map<std::string, std::size_t>{{"decisions", 2},
                                                         {"assessment", 1},
                                                         {"no-further-action", 1},
                                                         {"disagreements", 1},
                                                         {"requests", 2},
                                                         {"requests-answered", 1}}));
}

TEST(Mash, CountsADecisionOnLondonsDay) {
  const Day written = Day::Parse("2026-09-01").value();
  // Half past midnight in London, and the next quarter.
  const std::vector<DatedRecord> records = {
      {Record("decision", {{"outcome", "assessment"}, {"decided", "2026-06-30T23:30Z"}}), written}};
  const auto& measures = Shipped("mash").Data().measures;
  const auto decisions = std::find_if(measures.begin(), measures.end(), [](const auto& measure) {
    return measure.id == "decisions";
  });
  ASSERT_NE(decisions, measures.end());
  EXPECT_EQ(DaysOf(*decisions, records), std::vector<Day>{Day::Parse("2026-07-01").value()});
}

TEST(Mash, NoInformationRequestWithoutTheReferralForm) {
  EXPECT_EQ(OnRecord("mash", InformationRequest(), {}, {}), Lines());
  const RecordFacts bare = With(InformationRequest(), "referral-form", "");
  EXPECT_EQ(OnRecord("mash", bare, {}, {}), Lines{"referral-attached refuse"});
  EXPECT_EQ(OnEvent("mash", "REQUEST_SENT", {bare}), Lines{"requests-attached refuse"});
  EXPECT_EQ(OnEvent("mash", "REQUEST_SENT", {}), Lines{"a-request refuse"});
  EXPECT_EQ(OnEvent("mash", "REQUEST_SENT", {InformationRequest()}), Lines());
}

TEST(Mash, OneManagerFromStartToFinish) {
  const auto manager = [](const char* person, const char* state) {
    return Record("manager", {{"person", person}, {"from", "2026-06-01T09:00"}, {"state", state}});
  };
  EXPECT_EQ(OnEvent("mash", "DECIDED", {}),
            (Lines{"manager-named refuse", "decision-recorded refuse"}));
  EXPECT_EQ(OnRecord("mash", manager("B", "accountable"), {manager("A", "accountable")}, {}),
            Lines{"one-manager refuse"});
  EXPECT_EQ(OnRecord("mash", manager("B", "accountable"), {manager("A", "handed-over")}, {}),
            Lines());
  EXPECT_EQ(OnRecord("mash", manager("A", "handed-over"), {}, {}), Lines{"handover-reason refuse"});
}

TEST(Mash, EveryStrategyMeetingHasMinutes) {
  RecordFacts meeting = Record(
      "strategy-meeting", {{"held", "2026-06-01T09:00"}, {"chair", "c"}, {"minute-taker", "m"}});
  EXPECT_EQ(OnEvent("mash", "FILED_TO_CASE_RECORD", {meeting}), Lines{"minutes-exist refuse"});
  meeting.values.push_back({"minutes", "d7"});
  EXPECT_EQ(OnEvent("mash", "FILED_TO_CASE_RECORD", {meeting}), Lines());
  MatterFacts matter;
  matter.events = {{"STRATEGY_HELD", When("2026-06-01T09:00")}};
  EXPECT_EQ(Due("mash", matter).at("minutes"), "2026-06-08");
  EXPECT_EQ(Due("mash", matter).at("actions"), "2026-06-02");
}

TEST(Mash, TheDecisionClockCountsHoursAndWorkingDays) {
  MatterFacts matter;
  matter.events = {{"RATED_RED", When("2026-06-05T22:30")}};
  for (const auto& item : Shipped("mash").Due(matter)) {
    if (item.id != "decision-red") continue;
    EXPECT_EQ(item.moment, When("2026-06-06T02:30"));
    EXPECT_EQ(item.due->ToText(), "2026-06-06");
    EXPECT_FALSE(item.fulfilled.has_value());
  }
  EXPECT_TRUE(Shipped("mash").Warnings(matter, "DECIDED", When("2026-06-06T02:30")).empty());
  EXPECT_EQ(Shipped("mash").Warnings(matter, "DECIDED", When("2026-06-06T02:31")).size(), 1u);
  matter.events = {{"RATED_GREEN", When("2026-06-05T22:30")}};
  EXPECT_EQ(Due("mash", matter).at("decision-green"), "2026-06-10");
}

TEST(Mash, ClaimedEvidencedAndResidualStayApart) {
  const auto recommendation = [](std::vector<std::pair<std::string, std::string>> more) {
    std::vector<std::pair<std::string, std::string>> values = {
        {"number", "6"}, {"text", "t"}, {"owner", "o"}};
    values.insert(values.end(), more.begin(), more.end());
    return Record("recommendation", values);
  };
  EXPECT_EQ(OnRecord("mash", recommendation({{"status", "complete-evidenced"}}), {}, {}),
            Lines{"evidenced refuse"});
  EXPECT_EQ(OnRecord("mash", recommendation({{"status", "complete-claimed"}}), {}, {}),
            Lines{"claim-is-a-claim warn"});
  EXPECT_EQ(OnRecord("mash",
                     recommendation({{"status", "complete-evidenced"},
                                     {"evidence", "case audit"},
                                     {"residual-open", "yes"}}),
                     {}, {}),
            Lines{"residual-done refuse"});
  EXPECT_EQ(OnRecord("mash",
                     recommendation({{"status", "complete-evidenced"},
                                     {"evidence", "case audit"},
                                     {"evidence", "inspection"},
                                     {"residual", "later"},
                                     {"residual-open", "no"}}),
                     {}, {}),
            Lines());
  EXPECT_EQ(
      OnEvent("mash", "RECOMMENDATIONS_CLOSED", {recommendation({{"status", "complete-claimed"}})}),
      Lines{"all-closed refuse"});
}

TEST(Mash, CopiesGoOnceTheCaseRecordIsConfirmedAndNeverByThemselvesBefore) {
  MatterFacts matter;
  matter.events = {{"FILED_TO_CASE_RECORD", When("2026-06-01")}};
  EXPECT_EQ(State("mash", "RFL", matter, "2026-06-28", {}), RetentionState::kKeep);
  EXPECT_EQ(State("mash", "RFL", matter, "2026-06-29", {}), RetentionState::kDestroy);
  matter.events = {{"ENQUIRY_CLOSED", When("2026-06-01")}};
  EXPECT_EQ(State("mash", "RFL", matter, "2027-05-31", {}), RetentionState::kKeep);
  EXPECT_EQ(State("mash", "RFL", matter, "2040-01-01", {}), RetentionState::kProposed);
}

}  // namespace
}  // namespace policies
