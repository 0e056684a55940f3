// MACA: nominations, their outcome and what follows from it.
#include <gtest/gtest.h>

#include "tests/policies/asked.h"

namespace policies {
namespace {

using vault::MatterFacts;
using vault::RecordFacts;
using vault::RetentionState;

RecordFacts Nomination() {
  return Record("nomination", {{"agency", "ASC"},
                               {"nominator", "n"},
                               {"date", "2026-05-01"},
                               {"channel", "form"},
                               {"theme", "Neglect"},
                               {"reason", "both"},
                               {"subject", "S"},
                               {"born", "2012-03-04"},
                               {"status", "child-in-need"},
                               {"open-to-social-care", "yes"},
                               {"conflict-or-case-decision", "no"},
                               {"compromises-activity", "no"},
                               {"aim", "a"},
                               {"focus", "f"},
                               {"implications", "i"}});
}

TEST(Maca, EligibilityWarnsHoldsOrAsksForAnException) {
  for (const char* name : {"maca", "mata"}) {
    EXPECT_EQ(OnRecord(name, Nomination(), {}, {}), Lines()) << name;
    EXPECT_EQ(OnRecord(name, With(Nomination(), "born", "2008-06-01"), {}, {}),
              Lines{"under-18 exception"});
    EXPECT_EQ(OnRecord(name, With(Nomination(), "born", "2008-06-02"), {}, {}), Lines());
    EXPECT_EQ(OnRecord(name, With(Nomination(), "open-to-social-care", "no"), {}, {}),
              Lines{"open-to-social-care exception"});
    EXPECT_EQ(OnRecord(name, With(Nomination(), "conflict-or-case-decision", "yes"), {}, {}),
              Lines{"not-for-conflict exception"});
    EXPECT_EQ(OnRecord(name, With(Nomination(), "compromises-activity", "yes"), {}, {}),
              Lines{"no-compromise hold"});
    EXPECT_EQ(OnRecord(name, With(Nomination(), "status", "other"), {}, {}),
              (Lines{"status warn", "other-status-reason refuse"}));
    EXPECT_EQ(OnRecord(name, With(Nomination(), "implications", ""), {}, {}),
              Lines{"field refuse"});
  }
  const auto conflict = Shipped("maca").CheckRecord(
      {}, {}, With(Nomination(), "conflict-or-case-decision", "yes"), kNow);
  EXPECT_EQ(conflict[0].approvers, Lines{"CHR"});
}

TEST(Maca, EveryOutcomeNeedsItsDecision) {
  const RecordFacts decision =
      Record("decision", {{"outcome", "selected"}, {"reason", "r"}, {"decided-by", "d"}});
  for (const char* event : {"SELECTED", "NOT_SUITABLE", "REDIRECTED", "HELD_FOR_PLANNING"}) {
    EXPECT_EQ(OnEvent("maca", event, {Nomination()}), Lines{"decided refuse"}) << event;
    EXPECT_EQ(OnEvent("maca", event, {Nomination(), decision}), Lines()) << event;
  }
  EXPECT_EQ(OnRecord("maca", With(decision, "outcome", "redirected"), {}, {}),
            Lines{"redirected-to refuse"});
  MatterFacts selected = After({"NOMINATED", "SELECTED"});
  EXPECT_FALSE(Shipped("maca").CheckEvent(selected, "NOT_SUITABLE").ok());
  EXPECT_FALSE(Shipped("maca").CheckEvent(selected, "HELD_FOR_PLANNING").ok());
  EXPECT_EQ(Shipped("maca").CheckLimit("subjects", 2)->severity, vault::Severity::kRefuse);
}

TEST(Maca, EightWeeksToCompleteAndSixToTwelveMonthsToTheUpdate) {
  MatterFacts matter;
  matter.meeting = When("2026-07-09T09:30");
  matter.events = {{"COMPLETION_STARTED", When("2026-04-30")},
                   {"MEETING_CLOSED", When("2026-07-09T12:00")}};
  const auto due = Due("maca", matter);
  EXPECT_EQ(due.at("completion"), "2026-06-25");
  EXPECT_EQ(due.at("pack-released"), "2026-07-06");
  EXPECT_EQ(due.at("report"), "2026-08-06");
  EXPECT_EQ(due.at("update-earliest"), "2027-01-09");
  EXPECT_EQ(due.at("update-latest"), "2027-07-09");
  const auto agreed = [&matter](const char* day) {
    return OnRecord("maca", Record("update-date", {{"day", day}}), {}, matter);
  };
  EXPECT_EQ(agreed("2027-01-08"), Lines{"update-six-months warn"});
  EXPECT_EQ(agreed("2027-01-09"), Lines());
  EXPECT_EQ(agreed("2027-07-09"), Lines());
  EXPECT_EQ(agreed("2027-07-10"), Lines{"update-twelve-months warn"});
}

TEST(Maca, AuditToolsAskSixToEightQuestions) {
  const std::string text = ShippedText("templates/maca.xml");
  const std::string question = "<section id=\"7\" title=\"Oversight and change\"";
  const std::size_t at = text.find(question);
  ASSERT_NE(at, std::string::npos);
  for (int more : {1, 2}) {
    std::string longer = text;
    for (int i = 0; i < more; ++i) {
      longer.insert(at, "<section id=\"x" + std::to_string(i) + "\" title=\"t\" question=\"q\"/>");
    }
    EXPECT_EQ(ProcessTemplate::Parse(longer, ShippedCalendars(), "").ok(), more == 1);
  }
}

TEST(Maca, NominationsGoByWhatBecameOfThem) {
  const auto nomination = [](std::vector<vault::MatterEvent> events, const char* now) {
    MatterFacts matter;
    matter.events = std::move(events);
    return State("maca", "NOM", matter, now, {});
  };
  const vault::MatterEvent unsuitable{"NOT_SUITABLE", When("2026-01-15")};
  EXPECT_EQ(nomination({unsuitable}, "2026-04-14"), RetentionState::kKeep);
  EXPECT_EQ(nomination({unsuitable}, "2026-04-15"), RetentionState::kDestroy);
  const vault::MatterEvent held{"HELD_FOR_PLANNING", When("2026-01-15")};
  EXPECT_EQ(nomination({held}, "2027-01-14"), RetentionState::kKeep);
  EXPECT_EQ(nomination({held}, "2027-01-15"), RetentionState::kProposed);
  // Held and then found not suitable: three months from that. Held and selected: with the audit.
  EXPECT_EQ(nomination({held, {"NOT_SUITABLE", When("2026-06-01")}}, "2026-09-01"),
            RetentionState::kDestroy);
  EXPECT_EQ(nomination({held, {"SELECTED", When("2026-06-01")}}, "2040-01-01"),
            RetentionState::kKeep);
  EXPECT_EQ(
      nomination({held, {"SELECTED", When("2026-06-01")}, {"REPORT_ISSUED", When("2026-12-01")}},
                 "2027-12-01"),
      RetentionState::kProposed);
}

}  // namespace
}  // namespace policies
