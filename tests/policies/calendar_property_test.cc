// The shipped calendars against a formulation of their own: Easter by Gauss's rule, days counted
// from a known Monday, holidays decided day by day and not made by a rule's list.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <set>

#include "policies/due_rule.h"
#include "tests/policies/texts.h"

namespace policies {
namespace {

using vault::Day;

struct Date {
  int year, month, day;
  auto operator<=>(const Date&) const = default;
};

bool Leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }
int Length(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && Leap(year) ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}
Date Next(Date date) {
  if (++date.day <= Length(date.year, date.month)) return date;
  date.day = 1;
  if (++date.month > 12) date = {date.year + 1, 1, 1};
  return date;
}

// Gauss's Easter with Lichtenberg's correction, in days after 22 March… as a March day.
int EasterInMarch(int year) {
  const int a = year % 19;
  const int k = year / 100;
  const int m = 15 + (3 * k + 3) / 4 - (8 * k + 13) / 25;
  const int d = (19 * a + m) % 30;
  const int r = (d + a / 11) / 29;
  const int og = 21 + d - r;
  const int s = 2 - (3 * k + 3) / 4;
  const int sz = 7 - (year + year / 4 + s) % 7;
  return og + 7 - (og - sz) % 7;
}

enum class Nation { kEngland, kScotland, kIreland };

// One year of one nation, day by day. weekday: 0 Monday … 6 Sunday.
class Year {
 public:
  Year(int year, int weekday_of_new_year) {
    int weekday = weekday_of_new_year;
    for (Date date{year, 1, 1}; date.year == year; date = Next(date)) {
      dates_.push_back(date);
      weekdays_.push_back(weekday);
      weekday = (weekday + 1) % 7;
    }
    next_weekday_ = weekday;
  }
  int next_weekday() const { return next_weekday_; }

  std::set<Date> Weekdays(Nation nation) const {
    std::set<Date> off;
    const int year = dates_.front().year;
    const int easter = EasterInMarch(year);
    const auto march = [&](int day) {
      return day <= 31   ? Date{year, 3, day}
             : day <= 61 ? Date{year, 4, day - 31}
                         : Date{year, 5, 1};
    };
    off.insert(march(easter - 2));
    if (nation != Nation::kScotland) off.insert(march(easter + 1));
    for (std::size_t i = 0; i < dates_.size(); ++i) {
      const Date& date = dates_[i];
      if (weekdays_[i] != 0) continue;
      const bool first = date.day <= 7;
      const bool last = date.day > Length(date.year, date.month) - 7;
      if (date.month == 5 && first && !Moved(year, Date{year, 5, 1})) off.insert(date);
      if (date.month == 5 && last && !Moved(year, Date{year, 5, 31})) off.insert(date);
      if (date.month == 8 && (nation == Nation::kScotland ? first : last)) off.insert(date);
    }
    for (const Date& date : OneOff(year, nation)) off.insert(date);
    // Fixed days, and who of them must step aside, the later the further.
    std::vector<Date> fixed = {{year, 1, 1}};
    if (nation == Nation::kScotland) fixed.push_back({year, 1, 2});
    if (nation == Nation::kIreland) {
      fixed.push_back({year, 3, 17});
      fixed.push_back({year, 7, 12});
    }
    if (nation == Nation::kScotland && year >= 2007) fixed.push_back({year, 11, 30});
    fixed.push_back({year, 12, 25});
    fixed.push_back({year, 12, 26});
    std::vector<Date> aside;
    for (const Date& date : fixed) {
      if (WeekdayOf(date) < 5) {
        off.insert(date);
      } else {
        aside.push_back(date);
      }
    }
    for (Date date : aside) {
      while (WeekdayOf(date) >= 5 || off.contains(date)) date = Next(date);
      off.insert(date);
    }
    std::set<Date> weekdays;
    for (const Date& date : off) {
      if (WeekdayOf(date) < 5) weekdays.insert(date);
    }
    return weekdays;
  }

  const std::vector<Date>& dates() const { return dates_; }
  int WeekdayOf(const Date& date) const {
    for (std::size_t i = 0; i < dates_.size(); ++i) {
      if (dates_[i] == date) return weekdays_[i];
    }
    return 6;
  }

 private:
  // Whether the proclamation of that year put the Monday of May elsewhere.
  static bool Moved(int year, const Date& which) {
    if (which.day == 1) return year == 2020;
    return year == 2002 || year == 2012 || year == 2022;
  }

  static std::vector<Date> OneOff(int year, Nation nation) {
    std::vector<Date> days;
    if (year == 2002) days = {{2002, 6, 3}, {2002, 6, 4}};
    if (year == 2011) days = {{2011, 4, 29}};
    if (year == 2012) days = {{2012, 6, 4}, {2012, 6, 5}};
    if (year == 2020) days = {{2020, 5, 8}};
    if (year == 2022) days = {{2022, 6, 2}, {2022, 6, 3}, {2022, 9, 19}};
    if (year == 2023) days = {{2023, 5, 8}};
    if (year == 2026 && nation == Nation::kScotland) days = {{2026, 6, 15}};
    return days;
  }

  std::vector<Date> dates_;
  std::vector<int> weekdays_;
  int next_weekday_ = 0;
};

TEST(CalendarProperty, EveryDayOfACenturyIsWorkedOrNotAsReckonedOtherwise) {
  const auto england = ShippedCalendar("england-and-wales");
  const auto scotland = ShippedCalendar("scotland");
  const auto ireland = ShippedCalendar("northern-ireland");
  const auto kingdom = ShippedCalendar("united-kingdom");
  int weekday = 5;  // 1 January 2000 was a Saturday
  int days = 0;
  for (int year = 2000; year <= 2100; ++year) {
    const Year reckoned(year, weekday);
    weekday = reckoned.next_weekday();
    const auto e = reckoned.Weekdays(Nation::kEngland);
    const auto s = reckoned.Weekdays(Nation::kScotland);
    const auto i = reckoned.Weekdays(Nation::kIreland);
    for (const Date& date : reckoned.dates()) {
      const Day day =
          Day::From(date.year, static_cast<unsigned>(date.month), static_cast<unsigned>(date.day))
              .value();
      const bool weekend = reckoned.WeekdayOf(date) >= 5;
      ASSERT_EQ(england->IsWorkingDay(day), !weekend && !e.contains(date)) << day.ToText();
      ASSERT_EQ(scotland->IsWorkingDay(day), !weekend && !s.contains(date)) << day.ToText();
      ASSERT_EQ(ireland->IsWorkingDay(day), !weekend && !i.contains(date)) << day.ToText();
      ASSERT_EQ(kingdom->IsWorkingDay(day),
                !weekend && !e.contains(date) && !s.contains(date) && !i.contains(date))
          << day.ToText();
      ++days;
    }
  }
  EXPECT_EQ(days, 36890);
}

// Counting many days at once against stepping over them one by one.
TEST(CalendarProperty, CountingIsSteppingOneByOne) {
  for (const char* id : {"england-and-wales", "united-kingdom"}) {
    const auto calendar = ShippedCalendar(id);
    std::uint32_t state = 7;
    for (int round = 0; round < 4000; ++round) {
      state = state * 1664525U + 1013904223U;
      const Day from = Day::From(2000, 6, 1).value().Plus(static_cast<int>((state >> 9) % 36000));
      const int count = static_cast<int>((state >> 3) % 81) - 40;
      Day stepped = from;
      for (int left = count; left != 0;) {
        stepped = stepped.Plus(count < 0 ? -1 : 1);
        if (calendar->IsWorkingDay(stepped)) left -= count < 0 ? -1 : 1;
      }
      auto counted = calendar->AddWorkingDays(from, count);
      ASSERT_TRUE(counted.ok());
      ASSERT_EQ(counted.value(), stepped) << from.ToText() << " " << count;
    }
  }
}

// The three ways to count and the two ways to roll, over the century, against a day that is walked
// to: a due day is the count-th working day after the event's; with clear days one more, with the
// event's day counted one less, and what falls on no working day goes to the next one or the last.
TEST(CalendarProperty, DueDaysAreWhereAWalkEnds) {
  const auto calendar = ShippedCalendar("england-and-wales");
  const auto walk = [&](Day day, int count) {
    for (int left = std::abs(count); left > 0;) {
      day = day.Plus(count < 0 ? -1 : 1);
      left -= calendar->IsWorkingDay(day) ? 1 : 0;
    }
    return day;
  };
  const auto roll = [&](Day day, int step) {
    while (!calendar->IsWorkingDay(day)) day = day.Plus(step);
    return day;
  };
  DueRule rule;
  rule.offset = ParsePeriod("0 D").value();
  std::uint32_t state = 11;
  for (int round = 0; round < 4000; ++round) {
    state = state * 1664525U + 1013904223U;
    const Day from = Day::From(2000, 6, 1).value().Plus(static_cast<int>((state >> 9) % 36000));
    const int count = static_cast<int>((state >> 3) % 29) - 14;
    if (count == 0) continue;
    const int away = count < 0 ? -1 : 1;
    rule.offset = ParsePeriod(std::to_string(count) + " WD").value();
    rule.roll = Roll::kNone;
    rule.counting = Counting::kExcludeEventDay;
    ASSERT_EQ(rule.DueFrom(from, *calendar).value(), walk(from, count)) << from.ToText();
    rule.counting = Counting::kClearDays;
    ASSERT_EQ(rule.DueFrom(from, *calendar).value(), walk(from, count + away)) << from.ToText();
    if (count > 0) {
      rule.counting = Counting::kIncludeEventDay;
      const Day first = roll(from, 1);
      ASSERT_EQ(rule.DueFrom(from, *calendar).value(), walk(first, count - 1)) << from.ToText();
    }
    rule.counting = Counting::kExcludeEventDay;
    rule.offset = ParsePeriod(std::to_string(count) + " D").value();
    rule.roll = Roll::kEarlier;
    ASSERT_EQ(rule.DueFrom(from, *calendar).value(), roll(from.Plus(count), -1)) << from.ToText();
    rule.roll = Roll::kLater;
    ASSERT_EQ(rule.DueFrom(from, *calendar).value(), roll(from.Plus(count), 1)) << from.ToText();
  }
}

TEST(CalendarProperty, NothingIsCountedOutsideTheYears) {
  const auto calendar = ShippedCalendar("england-and-wales");
  const Day first = Day::From(2000, 1, 1).value();
  const Day last = Day::From(2100, 12, 31).value();
  EXPECT_FALSE(calendar->AddWorkingDays(first, -1).ok());
  EXPECT_FALSE(calendar->AddWorkingDays(last, 1).ok());
  EXPECT_FALSE(calendar->AddWorkingDays(last.Plus(2), -1).ok());
  EXPECT_FALSE(calendar->AddWorkingDays(first.Plus(-2), 1).ok());
  EXPECT_EQ(calendar->AddWorkingDays(first, 0).value(), first);
  EXPECT_EQ(calendar->AddWorkingDays(last.Plus(1), -1).value().ToText(), "2100-12-31");
  EXPECT_EQ(calendar->AddWorkingDays(first.Plus(-1), 1).value().ToText(), "2000-01-04");
}

}  // namespace
}  // namespace policies
