#include "policies/due_rule.h"

#include "vault/base/text.h"

namespace policies {

using vault::Day;
using vault::Result;

namespace {
constexpr vault::UnixSeconds kHourSeconds = 3600;
constexpr int kMostUnits = 40'000;  // days of a century and some
}  // namespace

Result<Period> ParsePeriod(std::string_view text) {
  const vault::Error wrong =
      vault::Invalid("a period is written as a number, a blank and WD, D, W, M, Y or H");
  std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return wrong;
  std::string_view digits = text.substr(0, blank);
  bool negative = digits.starts_with('-');
  auto number = vault::ParseDecimal(negative ? digits.substr(1) : digits);
  if (!number.ok() || number.value() > kMostUnits) return wrong;
  Period period;
  period.count = static_cast<int>(number.value()) * (negative ? -1 : 1);
  std::string_view unit = text.substr(blank + 1);
  if (unit == "WD") {
    period.unit = Unit::kWorkingDays;
  } else if (unit == "D") {
    period.unit = Unit::kDays;
  } else if (unit == "W") {
    period.unit = Unit::kWeeks;
  } else if (unit == "M") {
    period.unit = Unit::kMonths;
  } else if (unit == "Y") {
    period.unit = Unit::kYears;
  } else if (unit == "H") {
    period.unit = Unit::kHours;
  } else {
    return wrong;
  }
  return period;
}

Result<Day> AddPeriod(Day from, Period period, const Calendar& calendar) {
  switch (period.unit) {
    case Unit::kWorkingDays:
      return calendar.AddWorkingDays(from, period.count);
    case Unit::kDays:
      return from.Plus(period.count);
    case Unit::kWeeks:
      return from.Plus(7 * period.count);
    case Unit::kMonths:
      return from.PlusMonths(period.count);
    case Unit::kYears:
      return from.PlusMonths(12 * period.count);
    case Unit::kHours:
      return vault::Invalid("hours do not count in days");
  }
  CHECK(false && "unknown unit");
  return from;
}

Day FinancialYearStart(Day day) {
  int year = day.month() >= 4 ? day.year() : day.year() - 1;
  auto start = Day::From(year, 4, 1);
  CHECK(start.ok());
  return start.value();
}

Result<Day> DueRule::PausedDueFrom(Day happened, std::int32_t paused, const Calendar& usual) const {
  const Calendar& days = calendar ? *calendar : usual;
  Day start = anchor == Anchor::kFinancialYear ? FinancialYearStart(happened) : happened;
  Period period = offset;
  const int away = period.count < 0 ? -1 : 1;
  if (counting == Counting::kClearDays) period.count += away;
  if (counting == Counting::kIncludeEventDay) {
    period.count -= away;
    if (period.unit == Unit::kWorkingDays) {
      TRY(start, away < 0 ? days.RollEarlier(start) : days.RollLater(start));
    }
  }
  TRY(Day due, AddPeriod(start, period, days));
  due = due.Plus(paused);
  if (roll == Roll::kEarlier) return days.RollEarlier(due);
  if (roll == Roll::kLater) return days.RollLater(due);
  return due;
}

std::optional<vault::UnixSeconds> DueRule::MomentFrom(vault::UnixSeconds happened) const {
  if (offset.unit != Unit::kHours) return std::nullopt;
  return happened + kHourSeconds * offset.count;
}

std::optional<Day> DueRule::WarnFrom(Day due, const Calendar& usual) const {
  if (!warn) return std::nullopt;
  auto day = AddPeriod(due, *warn, calendar ? *calendar : usual);
  if (!day.ok()) return std::nullopt;
  return day.value();
}

}  // namespace policies
