// MACFA: how long a document is kept, and by whose word it goes.
#include <gtest/gtest.h>

#include <string>

#include "tests/policies/macfa_audit.h"

namespace policies::macfa {
namespace {

using vault::MatterFacts;
using vault::RetentionFacts;
using vault::RetentionState;
using vault::UnixSeconds;

vault::Judgement Weigh(const std::string& class_code, const std::string& now, bool held,
                       bool approved) {
  RetentionFacts facts;
  facts.class_code = class_code;
  facts.held = held;
  facts.approved = approved;
  const UnixSeconds low = At(now);
  return Macfa().Weigh(Audit(now), facts, {low, low});
}

TEST(Macfa, MasterFormsFallDueAYearAfterTheReportAndDoNotRoll) {
  auto before = Weigh("FRM", "2027-05-21T23:59:59", false, true);
  EXPECT_EQ(before.verdict.state, RetentionState::kKeep);
  EXPECT_FALSE(before.order.has_value());
  EXPECT_EQ(vault::FormatTime(*before.verdict.due), "2027-05-22T00:00:00+01:00");
  EXPECT_EQ(before.verdict.rule, "RC-02");
  EXPECT_EQ(before.verdict.trigger, "REPORT_APPROVED");

  EXPECT_EQ(Weigh("FRM", "2027-05-22", false, false).verdict.state, RetentionState::kProposed);
  EXPECT_FALSE(Weigh("FRM", "2027-05-22", false, false).order.has_value());
  auto due = Weigh("FRM", "2027-05-22", false, true);
  EXPECT_EQ(due.verdict.state, RetentionState::kDestroy);
  ASSERT_TRUE(due.order.has_value());
  EXPECT_EQ(due.order->verdict().rule, "RC-02");
  EXPECT_EQ(due.order->object().class_code, "FRM");
  auto held = Weigh("FRM", "2027-05-22", true, true);
  EXPECT_EQ(held.verdict.state, RetentionState::kBlocked);
  EXPECT_FALSE(held.order.has_value());
  EXPECT_EQ(Weigh("FRM", "2027-05-21", true, true).verdict.state, RetentionState::kKeep);
}

TEST(Macfa, LonglistsGoTenWorkingDaysAfterSelectionWithoutReview) {
  EXPECT_EQ(Weigh("LLI", "2026-02-25T23:59", false, false).verdict.state, RetentionState::kKeep);
  EXPECT_EQ(Weigh("LLI", "2026-02-26", false, false).verdict.state, RetentionState::kDestroy);
  EXPECT_EQ(Weigh("LLI", "2026-02-26", true, false).verdict.state, RetentionState::kBlocked);
}

TEST(Macfa, OfThoseWhoWereSelectedTheLonglistStaysWithTheForms) {
  MatterFacts matter;
  matter.events = {{"SELECTION_DECIDED", At("2026-02-12")}, {"REPORT_APPROVED", At("2026-05-22")}};
  vault::RetentionFacts facts;
  facts.class_code = "LLI";
  facts.involved = true;
  const auto weigh = [&](const char* now) {
    return Macfa().Weigh(matter, facts, {At(now), At(now)}).verdict;
  };
  EXPECT_EQ(weigh("2026-02-26").state, RetentionState::kKeep);
  EXPECT_EQ(weigh("2027-05-21").state, RetentionState::kKeep);
  EXPECT_EQ(weigh("2027-05-22").state, RetentionState::kProposed);
}

TEST(Macfa, ReportsAreReviewedAfterSixYears) {
  EXPECT_EQ(Weigh("REP", "2032-05-21", false, false).verdict.state, RetentionState::kKeep);
  auto due = Weigh("REP", "2032-05-22", false, false);
  EXPECT_EQ(due.verdict.state, RetentionState::kProposed);
  EXPECT_EQ(due.verdict.reason, "it is due for review: destroy, keep, or offer to an archive");
}

TEST(Macfa, WhatHasNotBeenTriggeredAndWhatIsNotKnownIsKept) {
  auto plan = Weigh("PLN", "2099-01-01", false, true);
  EXPECT_EQ(plan.verdict.state, RetentionState::kKeep);
  EXPECT_EQ(plan.verdict.reason, "LAST_ACTION_CLOSED has not been recorded");
  EXPECT_FALSE(plan.verdict.due.has_value());
  EXPECT_EQ(Weigh("NO-SUCH-CLASS", "2099-01-01", false, true).verdict.state, RetentionState::kKeep);
}

}  // namespace
}  // namespace policies::macfa
