#include "policies/judge.h"

#include <gtest/gtest.h>

#include "tests/policies/texts.h"

namespace policies {
namespace {

using vault::EntryType;
using vault::Judgement;
using vault::LoanKind;
using vault::MatterFacts;
using vault::RetentionFacts;
using vault::RetentionState;
using vault::TimeInterval;
using vault::UnixSeconds;

constexpr UnixSeconds kClosed = 1'775'734'200;  // 2026-04-09T12:30+01:00
constexpr UnixSeconds kDay = 86400;

RetentionRule Rule(const std::string& id, const std::string& trigger, std::optional<Period> period,
                   Review review) {
  RetentionRule rule;
  rule.id = id;
  RetentionStart start;
  start.trigger = trigger;
  start.period = period;
  start.review = review;
  rule.starts.push_back(std::move(start));
  return rule;
}

RetentionTable Table() {
  RetentionTable table;
  RetentionRule copies = Rule("RC-01", "CLOSED", std::nullopt, Review::kNone);
  copies.holds = HoldEffect::kIgnored;
  copies.authority = "the guidance";
  RetentionRule records = Rule("RC-02", "APPROVED", Period{12, Unit::kMonths}, Review::kRequired);
  RetentionRule kept = Rule("RC-11", "", std::nullopt, Review::kNone);
  kept.starts.front().action = RetentionAction::kKeep;
  RetentionRule days = Rule("RC-03", "CLOSED", Period{1, Unit::kWorkingDays}, Review::kNone);
  for (const auto& rule : {copies, records, kept, days}) table.rules[rule.id] = rule;
  table.rule_of_class = {{"PAK", "RC-01"}, {"FRM", "RC-02"}, {"STA", "RC-11"}, {"LLI", "RC-03"}};
  table.loans.push_back({LoanKind::kPack, {"agency"}, {"RELEASED"}, {"CLOSED"}, "RC-01"});
  table.loans.push_back({LoanKind::kControl, {"agency"}, {}, {}, "RC-01"});
  table.rule_of_shares = "RC-01";
  table.calendar = ShippedCalendar("england-and-wales");
  return table;
}

Judgement Weigh(const MatterFacts& matter, const RetentionFacts& facts, TimeInterval now) {
  static const RetentionTable kTable = Table();
  Judgement judgement = Judge(&kTable).Weigh(matter, facts, now);
  EXPECT_EQ(judgement.order.has_value(), judgement.verdict.state == RetentionState::kDestroy);
  EXPECT_FALSE(judgement.verdict.reason.empty());
  return judgement;
}

RetentionFacts Loan(LoanKind kind) {
  RetentionFacts facts;
  facts.type = EntryType::kLoan;
  facts.loan = kind;
  return facts;
}

TEST(Judge, AnEndedLoanGoesAtOnceWhateverTheClockAndTheHolds) {
  RetentionFacts facts = Loan(LoanKind::kPack);
  facts.held = true;
  facts.end = kClosed + 30 * kDay;
  facts.ended_by = {{"CLOSED", kClosed}};
  // The clock is not anchored and far behind: what people reported still ends the loan.
  Judgement judgement = Weigh({}, facts, {0, 0});
  EXPECT_EQ(judgement.verdict.state, RetentionState::kDestroy);
  EXPECT_EQ(judgement.verdict.rule, "RC-01");
  EXPECT_EQ(judgement.verdict.trigger, "CLOSED");
  EXPECT_EQ(judgement.verdict.authority, "the guidance");
  EXPECT_EQ(judgement.verdict.due, kClosed);
  EXPECT_EQ(judgement.order->verdict().trigger, "CLOSED");
  EXPECT_EQ(judgement.order->object().type, EntryType::kLoan);
}

TEST(Judge, TheMattersOwnRecordOfTheEndingIsEnough) {
  MatterFacts matter;
  matter.events = {{"CLOSED", kClosed}};
  EXPECT_EQ(Weigh(matter, Loan(LoanKind::kPack), {0, 0}).verdict.state, RetentionState::kDestroy);
  EXPECT_EQ(Weigh(matter, Loan(LoanKind::kControl), {0, 0}).verdict.state, RetentionState::kKeep);
}

TEST(Judge, TheEarliestEndingIsTheOneOnRecord) {
  MatterFacts matter;
  matter.events = {{"CLOSED", kClosed}};
  RetentionFacts facts = Loan(LoanKind::kPack);
  facts.ended_by = {{"INVOLVEMENT_ENDED", kClosed - 100}};
  auto verdict = Weigh(matter, facts, {0, 0}).verdict;
  EXPECT_EQ(verdict.trigger, "INVOLVEMENT_ENDED");
  EXPECT_EQ(verdict.due, kClosed - 100);
}

TEST(Judge, ARunningLoanWaitsForItsFailSafeEndByTheCautiousClock) {
  RetentionFacts facts = Loan(LoanKind::kPack);
  facts.held = true;
  EXPECT_EQ(Weigh({}, facts, {kClosed, kClosed}).verdict.state, RetentionState::kKeep);
  facts.end = kClosed;
  EXPECT_EQ(Weigh({}, facts, {kClosed - 1, kClosed + kDay}).verdict.state, RetentionState::kKeep);
  auto due = Weigh({}, facts, {kClosed, kClosed + kDay}).verdict;
  EXPECT_EQ(due.state, RetentionState::kDestroy);
  EXPECT_EQ(due.trigger, "OWN_END");
}

TEST(Judge, LinksEndByThemselvesOrWithWhatTheyRestOnAndNoHoldKeepsThem) {
  RetentionFacts facts;
  facts.type = EntryType::kShare;
  facts.held = true;
  facts.end = kClosed;
  EXPECT_EQ(Weigh({}, facts, {kClosed - 1, kClosed}).verdict.state, RetentionState::kKeep);
  EXPECT_EQ(Weigh({}, facts, {kClosed, kClosed}).verdict.state, RetentionState::kDestroy);
  // A closed meeting by itself ends no link: one to a report outlives it.
  MatterFacts matter;
  matter.events = {{"CLOSED", kClosed}};
  EXPECT_EQ(Weigh(matter, facts, {kClosed - 1, kClosed}).verdict.state, RetentionState::kKeep);
  facts.ended_by = {{"CLOSED", kClosed - 50}};
  auto ended = Weigh(matter, facts, {0, 0}).verdict;
  EXPECT_EQ(ended.state, RetentionState::kDestroy);
  EXPECT_EQ(ended.rule, "RC-01");
  EXPECT_EQ(ended.due, kClosed - 50);
}

struct RecordCase {
  bool due, held, approved;
  RetentionState state;
};

TEST(Judge, RecordsNeedTheTimeNoHoldAndTwoPeople) {
  MatterFacts matter;
  matter.events = {{"APPROVED", kClosed}};
  const UnixSeconds due = vault::LondonMidnight(vault::Day::Parse("2027-04-09").value());
  for (const RecordCase& c : {RecordCase{false, false, false, RetentionState::kKeep},
                              RecordCase{false, false, true, RetentionState::kKeep},
                              RecordCase{false, true, false, RetentionState::kKeep},
                              RecordCase{false, true, true, RetentionState::kKeep},
                              RecordCase{true, false, false, RetentionState::kProposed},
                              RecordCase{true, false, true, RetentionState::kDestroy},
                              RecordCase{true, true, false, RetentionState::kBlocked},
                              RecordCase{true, true, true, RetentionState::kBlocked}}) {
    RetentionFacts facts;
    facts.class_code = "FRM";
    facts.held = c.held;
    facts.approved = c.approved;
    const UnixSeconds low = c.due ? due : due - 1;
    auto verdict = Weigh(matter, facts, {low, due + kDay}).verdict;
    EXPECT_EQ(verdict.state, c.state) << c.due << c.held << c.approved;
    EXPECT_EQ(verdict.due, due);
    EXPECT_EQ(verdict.rule, "RC-02");
  }
}

TEST(Judge, CopiesGoAtTheMomentOfTheEventDespiteHolds) {
  MatterFacts matter;
  matter.events = {{"CLOSED", kClosed}};
  RetentionFacts facts;
  facts.class_code = "PAK";
  facts.held = true;
  EXPECT_EQ(Weigh(matter, facts, {kClosed - 1, kClosed - 1}).verdict.state, RetentionState::kKeep);
  EXPECT_EQ(Weigh(matter, facts, {kClosed, kClosed}).verdict.state, RetentionState::kDestroy);
}

TEST(Judge, WhatIsKeptForEverOrUnknownIsNeverDestroyed) {
  MatterFacts matter;
  matter.events = {{"CLOSED", 0}, {"APPROVED", 0}};
  for (const char* code : {"STA", "???", ""}) {
    RetentionFacts facts;
    facts.class_code = code;
    facts.approved = true;
    EXPECT_EQ(Weigh(matter, facts, {kClosed * 2, kClosed * 2}).verdict.state,
              RetentionState::kKeep);
  }
}

TEST(Judge, ADueDayOutsideTheCalendarDestroysNothing) {
  MatterFacts matter;
  matter.events = {{"CLOSED", vault::LondonMidnight(vault::Day::Parse("2100-12-31").value())}};
  RetentionFacts facts;
  facts.class_code = "LLI";
  auto verdict = Weigh(matter, facts, {kClosed * 4, kClosed * 4}).verdict;
  EXPECT_EQ(verdict.state, RetentionState::kKeep);
  EXPECT_EQ(verdict.reason, "the date lies outside the calendar's years");
}

TEST(Judge, DetailsAndPseudonymsWaitForHoldsAndLoginsForNothing) {
  struct Case {
    EntryType type;
    bool held, approved;
    RetentionState state;
  };
  for (const Case& c : {Case{EntryType::kMatter, false, false, RetentionState::kProposed},
                        Case{EntryType::kMatter, false, true, RetentionState::kDestroy},
                        Case{EntryType::kMatter, true, true, RetentionState::kBlocked},
                        Case{EntryType::kSubject, false, false, RetentionState::kProposed},
                        Case{EntryType::kSubject, true, true, RetentionState::kBlocked},
                        Case{EntryType::kSubject, false, true, RetentionState::kDestroy},
                        Case{EntryType::kPseudonym, false, false, RetentionState::kDestroy},
                        Case{EntryType::kPseudonym, true, false, RetentionState::kBlocked},
                        Case{EntryType::kPerson, true, false, RetentionState::kDestroy}}) {
    RetentionFacts facts;
    facts.type = c.type;
    facts.held = c.held;
    facts.approved = c.approved;
    EXPECT_EQ(Weigh({}, facts, {kClosed, kClosed}).verdict.state, RetentionState::kKeep);
    facts.end = kClosed;
    EXPECT_EQ(Weigh({}, facts, {kClosed - 1, kClosed}).verdict.state, RetentionState::kKeep);
    const auto verdict = Weigh({}, facts, {kClosed, kClosed}).verdict;
    EXPECT_EQ(verdict.state, c.state);
    EXPECT_FALSE(verdict.rule.empty());
    EXPECT_FALSE(verdict.authority.empty());
  }
  for (EntryType type : {EntryType::kEmpty, EntryType::kSystem}) {
    RetentionFacts facts;
    facts.type = type;
    facts.end = 0;
    facts.approved = true;
    EXPECT_EQ(Weigh({}, facts, {kClosed, kClosed}).verdict.state, RetentionState::kKeep);
  }
}

}  // namespace
}  // namespace policies
