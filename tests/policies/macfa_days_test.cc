// MACFA: what is due when, and what is recorded outside of its days.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/policies/macfa_audit.h"

namespace policies::macfa {
namespace {

using vault::MatterFacts;

TEST(Macfa, DueDaysOfTheExampleAudit) {
  const std::map<std::string, std::string> expected = {
      {"themes-agreed", "2026-03-31"},       {"contact-check-reply", "2026-02-09"},
      {"contact-window", "2025-01-26"},      {"forms-issue-earliest", "2026-02-26"},
      {"forms-issue-latest", "2026-03-05"},  {"chase-1", "2026-03-19"},
      {"submission-deadline", "2026-03-26"}, {"chase-2", "2026-03-27"},
      {"escalate-to-chair", "2026-03-31"},   {"pack-released", "2026-04-02"},
      {"shares-end", "2026-04-09"},          {"deletion-attested", "2026-04-16"},
      {"deletion-escalated", "2026-04-23"},  {"draft-report", "2026-05-08"},
      {"impact-sent", "2026-07-09"},         {"impact-returned", "2026-07-30"}};
  std::map<std::string, std::string> due;
  for (const auto& item : Macfa().Due(Audit("2026-09-01"))) {
    // Nobody has asked for their data or for information.
    if (item.id.starts_with("subject-access") || item.id == "freedom-of-information") continue;
    ASSERT_TRUE(item.due.has_value()) << item.id;
    due[item.id] = item.due->ToText();
    EXPECT_TRUE(item.basis == "seed" || item.basis == "assumption");
    EXPECT_FALSE(item.what.empty());
  }
  EXPECT_EQ(due, expected);
}

TEST(Macfa, WithoutAMeetingNothingCountsFromIt) {
  MatterFacts matter;
  matter.events = {{"CONTACT_CHECK_SENT", At("2026-01-26")}};
  std::set<std::string> known;
  for (const auto& item : Macfa().Due(matter)) {
    if (item.due) known.insert(item.id);
  }
  EXPECT_EQ(known, (std::set<std::string>{"contact-check-reply", "contact-window"}));
  EXPECT_TRUE(Macfa().AutomaticEvents(matter).empty());
}

TEST(Macfa, ADeadlineBroughtForwardMovesWhatCountsFromIt) {
  MatterFacts matter = Audit("2026-03-01");
  matter.events.push_back({"SUBMISSION_DEADLINE", At("2026-03-20T12:00")});
  for (const auto& item : Macfa().Due(matter)) {
    if (item.id == "chase-2") {
      EXPECT_EQ(item.due->ToText(), "2026-03-23");
    }
    if (item.id == "submission-deadline") {
      EXPECT_EQ(item.due->ToText(), "2026-03-26");
      EXPECT_EQ(item.event, "SUBMISSION_DEADLINE");
    }
  }
}

TEST(Macfa, RecordingOutsideAWindowWarns) {
  const MatterFacts matter = Audit("2026-02-12");
  auto warnings = [&matter](const char* day) {
    return Macfa().Warnings(matter, "FORMS_ISSUED", At(day));
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(
      warnings("2026-02-25T23:59"),
      Lines{"25 February 2026 is before the earliest day 26 February 2026 (forms issued, earliest, "
            "basis: seed)"});
  EXPECT_TRUE(warnings("2026-02-26").empty());
  EXPECT_TRUE(warnings("2026-03-05T23:59").empty());
  EXPECT_EQ(warnings("2026-03-06"),
            Lines{"6 March 2026 is after the latest day 5 March 2026 (forms issued, latest, basis: "
                  "seed)"});
  EXPECT_TRUE(Macfa().Warnings(MatterFacts(), "FORMS_ISSUED", 0).empty());
}

TEST(Macfa, ASubjectAccessRequestHasAMonthOrThreeOnceThePersonWasTold) {
  MatterFacts matter;
  matter.events = {{"SUBJECT_ACCESS_RECEIVED", At("2026-04-14T10:00")}};
  const auto due = [&](const char* id) {
    for (const auto& item : Macfa().Due(matter)) {
      if (item.id == id && item.due) return item.due->ToText();
    }
    return std::string("none");
  };
  EXPECT_EQ(due("subject-access"), "2026-05-14");
  EXPECT_EQ(due("subject-access-extension"), "2026-05-14");
  matter.events.push_back({"SUBJECT_ACCESS_EXTENDED", At("2026-05-11T10:00")});
  EXPECT_EQ(due("subject-access"), "none");
  EXPECT_EQ(due("subject-access-limit"), "2026-07-14");
}

}  // namespace
}  // namespace policies::macfa
