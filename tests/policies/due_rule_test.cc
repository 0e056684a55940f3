#include "policies/due_rule.h"

#include <gtest/gtest.h>

#include "tests/policies/texts.h"

namespace policies {
namespace {

using vault::Day;

Day D(const std::string& text) {
  auto day = Day::Parse(text);
  CHECK(day.ok());
  return day.value();
}

std::string Due(const std::string& from, const DueRule& rule,
                const std::string& calendar = "england-and-wales") {
  static const CalendarBook kBook = ShippedCalendars();
  auto due = rule.DueFrom(D(from), *kBook.Find(calendar));
  return due.ok() ? due.value().ToText() : due.error().detail;
}

DueRule Rule(const std::string& offset) {
  auto period = ParsePeriod(offset);
  CHECK(period.ok());
  DueRule rule;
  rule.offset = period.value();
  return rule;
}

TEST(DueRule, CountsBackFromMeetingsOverHolidays) {
  struct Row {
    const char *meeting, *three, *clear, *six_weeks, *five_weeks, *three_months;
  };
  const Row rows[] = {
      {"2024-04-03", "2024-03-27", "2024-03-26", "2024-02-21", "2024-02-28", "2024-07-03"},
      {"2025-04-23", "2025-04-16", "2025-04-15", "2025-03-12", "2025-03-19", "2025-07-23"},
      {"2026-04-09", "2026-04-02", "2026-04-01", "2026-02-26", "2026-03-05", "2026-07-09"},
      {"2026-05-26", "2026-05-20", "2026-05-19", "2026-04-14", "2026-04-21", "2026-08-26"},
      {"2026-09-02", "2026-08-27", "2026-08-26", "2026-07-22", "2026-07-29", "2026-12-02"},
      {"2026-12-29", "2026-12-22", "2026-12-21", "2026-11-17", "2026-11-24", "2027-03-30"},
      {"2027-01-07", "2027-01-04", "2026-12-31", "2026-11-26", "2026-12-03", "2027-04-07"},
      {"2027-12-29", "2027-12-22", "2027-12-21", "2027-11-17", "2027-11-24", "2028-03-29"},
      {"2028-01-05", "2027-12-30", "2027-12-29", "2027-11-24", "2027-12-01", "2028-04-05"}};
  DueRule pack = Rule("-3 WD");
  pack.roll = Roll::kEarlier;
  DueRule clear = pack;
  clear.counting = Counting::kClearDays;
  DueRule later = Rule("3 M");
  later.roll = Roll::kLater;
  for (const Row& row : rows) {
    EXPECT_EQ(Due(row.meeting, pack), row.three) << row.meeting;
    EXPECT_EQ(Due(row.meeting, clear), row.clear) << row.meeting;
    EXPECT_EQ(Due(row.meeting, Rule("-42 D")), row.six_weeks) << row.meeting;
    EXPECT_EQ(Due(row.meeting, Rule("-6 W")), row.six_weeks) << row.meeting;
    EXPECT_EQ(Due(row.meeting, Rule("-35 D")), row.five_weeks) << row.meeting;
    EXPECT_EQ(Due(row.meeting, later), row.three_months) << row.meeting;
  }
}

TEST(DueRule, MonthsClampToTheMonthsEndAndRollOnlyWhenAsked) {
  EXPECT_EQ(Due("2026-11-30", Rule("3 M")), "2027-02-28");
  EXPECT_EQ(Due("2027-11-30", Rule("3 M")), "2028-02-29");
  EXPECT_EQ(Due("2028-02-29", Rule("1 Y")), "2029-02-28");
  EXPECT_EQ(Due("2026-04-09", Rule("8 W")), "2026-06-04");
  DueRule later = Rule("3 M");
  later.roll = Roll::kLater;
  EXPECT_EQ(Due("2026-11-30", later), "2027-03-01");
  DueRule earlier = Rule("3 M");
  earlier.roll = Roll::kEarlier;
  EXPECT_EQ(Due("2026-11-30", earlier), "2027-02-26");
}

TEST(DueRule, AccessRequestsHaveAMonthEndingOnAWorkingDay) {
  DueRule month = Rule("1 M");
  month.roll = Roll::kLater;
  EXPECT_EQ(Due("2026-09-03", month), "2026-10-05");
  EXPECT_EQ(Due("2026-01-31", month), "2026-03-02");
  EXPECT_EQ(Due("2026-11-25", month), "2026-12-29");
  EXPECT_EQ(Due("2027-02-26", month), "2027-03-30");
  EXPECT_EQ(Due("2026-04-14", month), "2026-05-14");
}

TEST(DueRule, InformationRequestsCountTheWholeKingdomsHolidays) {
  EXPECT_EQ(Due("2026-03-02", Rule("20 WD"), "united-kingdom"), "2026-03-31");
  EXPECT_EQ(Due("2026-03-02", Rule("20 WD")), "2026-03-30");
  EXPECT_EQ(Due("2026-07-16", Rule("20 WD"), "united-kingdom"), "2026-08-14");
  EXPECT_EQ(Due("2026-07-16", Rule("20 WD")), "2026-08-13");
}

TEST(DueRule, InspectionNoticesCountTheirOwnDayAsDayOne) {
  DueRule notice = Rule("10 WD");
  notice.counting = Counting::kIncludeEventDay;
  EXPECT_EQ(Due("2026-09-07", notice), "2026-09-18");
  // A notice on a Saturday has its day 1 on Monday.
  EXPECT_EQ(Due("2026-09-05", notice), "2026-09-18");
  EXPECT_EQ(Due("2026-09-07", Rule("10 WD")), "2026-09-21");
}

TEST(DueRule, HoursRunThroughWeekends) {
  const DueRule breach = Rule("72 H");
  const auto known = vault::ParseWhen("2026-09-04T10:15");
  ASSERT_TRUE(known.ok());
  const auto due = breach.MomentFrom(known.value());
  ASSERT_TRUE(due.has_value());
  EXPECT_EQ(vault::FormatMinute(*due), "2026-09-07T10:15+01:00");
  EXPECT_EQ(Due("2026-09-04", breach), "hours do not count in days");
  EXPECT_FALSE(Rule("3 D").MomentFrom(known.value()).has_value());
}

TEST(DueRule, ARuleMayHaveACalendarOfItsOwn) {
  DueRule answer = Rule("20 WD");
  EXPECT_EQ(Due("2026-03-02", answer), "2026-03-30");
  answer.calendar = ShippedCalendar("united-kingdom");
  EXPECT_EQ(Due("2026-03-02", answer), "2026-03-31");
  EXPECT_EQ(Due("2026-07-16", answer), "2026-08-14");
  answer.warn = ParsePeriod("-5 WD").value();
  const auto day = vault::Day::Parse("2026-08-14").value();
  EXPECT_EQ(answer.WarnFrom(day, *ShippedCalendar("scotland"))->ToText(), "2026-08-07");
}

TEST(DueRule, CountsFromTheFinancialYearOfTheEvent) {
  DueRule themes = Rule("-1 D");
  themes.anchor = Anchor::kFinancialYear;
  EXPECT_EQ(Due("2026-04-09", themes), "2026-03-31");
  EXPECT_EQ(Due("2026-04-01", themes), "2026-03-31");
  EXPECT_EQ(Due("2026-03-31", themes), "2025-03-31");
}

TEST(DueRule, OutsideTheCalendarThereIsNoDay) {
  EXPECT_EQ(Due("2100-12-30", Rule("5 WD")), "the date lies outside the calendar's years");
  EXPECT_EQ(Due("2100-12-30", Rule("5 D")), "2101-01-04");
}

TEST(Period, ReadsNumberBlankAndUnitOnly) {
  for (const char* good : {"3 WD", "-3 WD", "0 D", "12 M", "6 Y", "8 W"}) {
    EXPECT_TRUE(ParsePeriod(good).ok()) << good;
  }
  for (const char* bad : {"", "3", "WD", "3WD", "3  WD", "3 wd", "+3 D", "03 D", "3 D ", "- 3 D",
                          "1.5 M", "40001 D"}) {
    EXPECT_FALSE(ParsePeriod(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace policies
