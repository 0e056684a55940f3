#include "policies/calendar.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/policies/texts.h"

namespace policies {
namespace {

using vault::Day;

Day D(const std::string& text) {
  auto day = Day::Parse(text);
  CHECK(day.ok());
  return day.value();
}

Day Of(int year, unsigned month, unsigned day) {
  auto made = Day::From(year, month, day);
  CHECK(made.ok());
  return made.value();
}

// The paschal full moons of the Calendar (New Style) Act 1750 by golden number, valid 1900-2199.
// The shipped calendar computes Easter by arithmetic instead.
Day EasterByTable(int year) {
  struct Moon {
    unsigned month, day;
  };
  static constexpr Moon kMoons[19] = {{4, 14}, {4, 3},  {3, 23}, {4, 11}, {3, 31}, {4, 18}, {4, 8},
                                      {3, 28}, {4, 16}, {4, 5},  {3, 25}, {4, 13}, {4, 2},  {3, 22},
                                      {4, 10}, {3, 30}, {4, 17}, {4, 7},  {3, 27}};
  const Moon moon = kMoons[year % 19];
  Day day = Of(year, moon.month, moon.day).Plus(1);
  while (day.weekday() != 0) day = day.Plus(1);
  return day;
}

// England and Wales told case by case, as the statute and the proclamations do.
std::set<Day> HolidaysByCases(int year) {
  std::set<Day> out;
  switch (Of(year, 1, 1).weekday()) {
    case 6:
      out.insert(Of(year, 1, 3));
      break;
    case 0:
      out.insert(Of(year, 1, 2));
      break;
    default:
      out.insert(Of(year, 1, 1));
  }
  out.insert(EasterByTable(year).Plus(-2));
  out.insert(EasterByTable(year).Plus(1));

  Day early = Of(year, 5, 1);
  while (early.weekday() != 1) early = early.Plus(1);
  Day spring = Of(year, 5, 31);
  while (spring.weekday() != 1) spring = spring.Plus(-1);
  Day summer = Of(year, 8, 31);
  while (summer.weekday() != 1) summer = summer.Plus(-1);
  if (year == 2020) early = D("2020-05-08");
  if (year == 2002) spring = D("2002-06-04");
  if (year == 2012) spring = D("2012-06-04");
  if (year == 2022) spring = D("2022-06-02");
  out.insert({early, spring, summer});

  switch (Of(year, 12, 25).weekday()) {
    case 5:  // Friday
      out.insert({Of(year, 12, 25), Of(year, 12, 28)});
      break;
    case 6:  // Saturday
      out.insert({Of(year, 12, 27), Of(year, 12, 28)});
      break;
    case 0:  // Sunday
      out.insert({Of(year, 12, 26), Of(year, 12, 27)});
      break;
    default:
      out.insert({Of(year, 12, 25), Of(year, 12, 26)});
  }
  if (year == 2002) out.insert(D("2002-06-03"));
  if (year == 2011) out.insert(D("2011-04-29"));
  if (year == 2012) out.insert(D("2012-06-05"));
  if (year == 2022) out.insert({D("2022-06-03"), D("2022-09-19")});
  if (year == 2023) out.insert(D("2023-05-08"));
  return out;
}

bool Weekend(Day day) { return day.weekday() == 0 || day.weekday() == 6; }

TEST(Calendar, EnglandAndWalesAgreesWithTheStatuteToldCaseByCase) {
  auto calendar = ShippedCalendar("england-and-wales");
  EXPECT_EQ(calendar->first_year(), 2000);
  EXPECT_EQ(calendar->last_year(), 2100);
  for (int year = 2000; year <= 2100; ++year) {
    EXPECT_EQ(EasterSunday(year), EasterByTable(year)) << year;
    const std::set<Day> holidays = HolidaysByCases(year);
    for (Day day = Of(year, 1, 1); day.year() == year; day = day.Plus(1)) {
      const bool working = !Weekend(day) && !holidays.contains(day);
      ASSERT_EQ(calendar->IsWorkingDay(day), working) << day.ToText();
    }
  }
}

TEST(Calendar, PublishedTableOf2024To2028) {
  const std::vector<std::pair<int, std::vector<std::string>>> table = {
      {2024, {"01-01", "03-29", "04-01", "05-06", "05-27", "08-26", "12-25", "12-26"}},
      {2025, {"01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26"}},
      {2026, {"01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"}},
      {2027, {"01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"}},
      {2028, {"01-03", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26"}}};
  auto calendar = ShippedCalendar("england-and-wales");
  for (const auto& [year, days] : table) {
    std::vector<std::string> weekdays;
    for (Day day : calendar->Holidays(year)) {
      if (!Weekend(day)) weekdays.push_back(day.ToText().substr(5));
    }
    EXPECT_EQ(weekdays, days) << year;
  }
  EXPECT_EQ(calendar->HolidayOn(D("2026-12-28")), "Boxing Day (substitute day)");
  EXPECT_EQ(calendar->HolidayOn(D("2027-12-27")), "Christmas Day (substitute day)");
  EXPECT_EQ(calendar->HolidayOn(D("2020-05-08")), "Early May bank holiday");
  EXPECT_EQ(calendar->HolidayOn(D("2020-05-04")), std::nullopt);
}

TEST(Calendar, TheUnitedKingdomAddsTheOtherNationsDays) {
  const std::vector<std::pair<int, std::vector<std::string>>> added = {
      {2024, {"01-02", "03-18", "07-12", "08-05", "12-02"}},
      {2025, {"01-02", "03-17", "07-14", "08-04", "12-01"}},
      {2026, {"01-02", "03-17", "06-15", "07-13", "08-03", "11-30"}},
      {2027, {"01-04", "03-17", "07-12", "08-02", "11-30"}},
      {2028, {"01-04", "03-17", "07-12", "08-07", "11-30"}}};
  auto england = ShippedCalendar("england-and-wales");
  auto kingdom = ShippedCalendar("united-kingdom");
  for (const auto& [year, days] : added) {
    std::vector<std::string> more;
    for (Day day = Of(year, 1, 1); day.year() == year; day = day.Plus(1)) {
      if (england->IsWorkingDay(day) && !kingdom->IsWorkingDay(day)) {
        more.push_back(day.ToText().substr(5));
      }
      EXPECT_FALSE(!england->IsWorkingDay(day) && kingdom->IsWorkingDay(day)) << day.ToText();
    }
    EXPECT_EQ(more, days) << year;
  }
}

TEST(Calendar, ScotlandWorksOnEasterMondayAndNewYearTakesTwoDays) {
  auto scotland = ShippedCalendar("scotland");
  EXPECT_TRUE(scotland->IsWorkingDay(D("2026-04-06")));
  EXPECT_FALSE(scotland->IsWorkingDay(D("2022-01-03")));
  EXPECT_FALSE(scotland->IsWorkingDay(D("2022-01-04")));
  EXPECT_FALSE(scotland->IsWorkingDay(D("2023-01-02")));
  EXPECT_FALSE(scotland->IsWorkingDay(D("2023-01-03")));
  EXPECT_TRUE(scotland->IsWorkingDay(D("2006-11-30")));
  EXPECT_FALSE(scotland->IsWorkingDay(D("2007-11-30")));
}

TEST(Calendar, CountingWorkingDaysIsCountingThemOneByOne) {
  auto calendar = ShippedCalendar("england-and-wales");
  for (Day start = D("2025-12-01"); start < D("2028-02-01"); start = start.Plus(5)) {
    for (int count = -25; count <= 25; ++count) {
      auto counted = calendar->AddWorkingDays(start, count);
      ASSERT_TRUE(counted.ok());
      int working = 0;
      const int step = count < 0 ? -1 : 1;
      for (Day day = start; day != counted.value();) {
        day = day.Plus(step);
        const auto holidays = HolidaysByCases(day.year());
        if (!Weekend(day) && !holidays.contains(day)) working += step;
      }
      ASSERT_EQ(working, count) << start.ToText();
      if (count != 0) {
        ASSERT_TRUE(calendar->IsWorkingDay(counted.value()));
      }
    }
  }
}

TEST(Calendar, LeavingItsYearsIsAnErrorAndNeverAGuess) {
  auto calendar = ShippedCalendar("england-and-wales");
  auto late = calendar->AddWorkingDays(D("2100-12-30"), 2);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, vault::Errc::kInvalid);
  EXPECT_FALSE(calendar->AddWorkingDays(D("2000-01-04"), -1).ok());
  EXPECT_FALSE(calendar->RollLater(D("2101-01-04")).ok());
  EXPECT_FALSE(calendar->RollEarlier(D("2000-01-02")).ok());
  EXPECT_FALSE(calendar->IsWorkingDay(D("2101-01-04")));
  EXPECT_EQ(calendar->AddWorkingDays(D("2100-12-30"), 1).value(), D("2100-12-31"));
}

TEST(Calendar, TellsEveryFaultAtOnceWithItsPlace) {
  auto parsed = Calendar::Parse(
      "<calendar id='x' from='2000' to='2001' size='2'>\n"
      "  <holiday id='a' name='A' month='13' day='1'/>\n"
      "  <holiday id='a' name='' month='2' day='29'/>\n"
      "  <holiday id='b' name='B' easter='1' day='4'/>\n"
      "  <move holiday='zz' to='2000-13-01' source='s' entered='2000-01-01'/>\n"
      "  <extra date='2005-01-01' name='E' entered='2000-01-01'/>\n"
      "  <feast/>\n"
      "</calendar>");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(Texts(parsed.faults()),
            (std::vector<std::string>{
                "line 1, column 40: <calendar> has no attribute size",
                "line 2, column 28: <holiday> month must be a whole number from 1 to 12",
                "line 3, column 12: <holiday> id is given twice",
                "line 3, column 19: <holiday> name must not be blank",
                "line 3, column 37: <holiday> day does not come every year",
                "line 4, column 3: <holiday> needs exactly one of: day, easter, weekday",
                "line 5, column 9: <move> holiday names no holiday above",
                "line 5, column 22: <move> to must be a date written YYYY-MM-DD",
                "line 6, column 3: <extra> source is missing",
                "line 6, column 10: <extra> date lies outside the calendar's years",
                "line 7, column 3: <feast> is not known in <calendar>"}));
}

TEST(CalendarBook, RefusesUnknownNestedAndDoubledCalendars) {
  const std::string plain = "<calendar id='a' from='2000' to='2001'/>";
  auto book = CalendarBook::FromTexts(
      {{"a.xml", plain},
       {"a2.xml", plain},
       {"b.xml", "<calendar id='b' from='2000' to='2001'><include calendar='a'/></calendar>"},
       {"c.xml", "<calendar id='c' from='2000' to='2001'><include calendar='b'/></calendar>"},
       {"d.xml", "<calendar id='d' from='2000' to='2001'><include calendar='e'/></calendar>"}});
  ASSERT_FALSE(book.ok());
  EXPECT_EQ(Texts(book.faults()),
            (std::vector<std::string>{
                "a2.xml: line 1, column 1: the calendar's id is given twice",
                "c.xml: line 1, column 1: the included calendar b includes others itself",
                "d.xml: line 1, column 1: the included calendar e is not known"}));
}

}  // namespace
}  // namespace policies
