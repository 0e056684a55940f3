// MACFA: phases, and the events that open and close them.
#include <gtest/gtest.h>

#include "tests/policies/macfa_audit.h"

namespace policies::macfa {
namespace {

using vault::MatterFacts;
using vault::ReadingCode;
using vault::ReadingFacts;
using vault::Relation;

TEST(Macfa, EachPhaseOpensWithItsEvent) {
  for (const auto& [phase, moment] : Moments()) {
    EXPECT_EQ(Macfa().Phase(Audit(moment)), phase) << moment;
  }
  EXPECT_EQ(Macfa().Phase(MatterFacts()), "P0");
}

TEST(Macfa, ThePhaseFollowsWhenThingsHappenedNotWhenTheyWereRecorded) {
  MatterFacts matter = Audit("2026-04-03");
  matter.events.push_back({"IMPACT_SENT", At("2026-03-01")});  // nonsense, and earlier
  EXPECT_EQ(Macfa().Phase(matter), "P4");
  MatterFacts tie;
  tie.events = {{"FORMS_ISSUED", 1000}, {"LONGLIST_RECEIVED", 1000}};
  EXPECT_EQ(Macfa().Phase(tie), "P1");
}

TEST(Macfa, AMeetingClosedWithAnEarlierTimeStillEndsTheReading) {
  MatterFacts matter = Audit("2026-04-09T10:00");
  matter.events.push_back({"MEETING_CLOSED", At("2026-04-01")});
  EXPECT_EQ(Macfa().Phase(matter), "P6");
  ReadingFacts facts{{"AAC"}, "FRM", Relation::kInvolved, true, true, true, true};
  EXPECT_EQ(Macfa().Read(matter, facts).code, ReadingCode::kNone);
}

TEST(Macfa, AnEventHappensOnceAndNotAfterWhatEndsIt) {
  const MatterFacts matter = Audit("2026-04-15");
  for (const char* name : {"MEETING_CLOSED", "PACK_RELEASED"}) {
    EXPECT_EQ(Macfa().CheckEvent(matter, name).error().code, vault::Errc::kConflict);
  }
  EXPECT_EQ(Macfa().CheckEvent(matter, "NONSENSE").error().code, vault::Errc::kInvalid);
  EXPECT_TRUE(Macfa().CheckEvent(matter, "REPORT_APPROVED").ok());
  MatterFacts early;
  early.events = {{"MEETING_CLOSED", 1000}};
  for (const char* name : {"LONGLIST_RECEIVED", "CONTACT_CHECK_SENT", "FORMS_ISSUED",
                           "SUBMISSION_DEADLINE", "PACK_RELEASED", "MEETING_STARTED"}) {
    auto status = Macfa().CheckEvent(early, name);
    ASSERT_FALSE(status.ok()) << name;
    EXPECT_EQ(status.error().code, vault::Errc::kConflict);
    EXPECT_EQ(status.error().detail, "the event cannot happen any more after MEETING_CLOSED");
  }
  EXPECT_TRUE(Macfa().CheckEvent(early, "SELECTION_DECIDED").ok());
}

TEST(Macfa, DeadlineAndPackHappenByThemselvesAtMidnightInLondon) {
  auto events = Macfa().AutomaticEvents(Audit("2026-03-01"));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].name, "SUBMISSION_DEADLINE");
  EXPECT_EQ(vault::FormatTime(events[0].at), "2026-03-26T00:00:00+00:00");
  EXPECT_EQ(events[1].name, "PACK_RELEASED");
  EXPECT_EQ(vault::FormatTime(events[1].at), "2026-04-02T00:00:00+01:00");

  EXPECT_EQ(Macfa().AutomaticEvents(Audit("2026-03-27")).size(), 1u);
  EXPECT_TRUE(Macfa().AutomaticEvents(Audit("2026-04-02")).empty());
}

TEST(Macfa, NothingIsReleasedByItselfAfterTheMeetingClosed) {
  MatterFacts matter = Audit("2026-03-01");
  matter.events.push_back({"MEETING_CLOSED", At("2026-03-02")});
  EXPECT_TRUE(Macfa().AutomaticEvents(matter).empty());
  matter = Audit("2026-03-01");
  matter.events.push_back({"PACK_RELEASED", At("2026-03-02")});
  EXPECT_TRUE(Macfa().AutomaticEvents(matter).empty());
}

}  // namespace
}  // namespace policies::macfa
