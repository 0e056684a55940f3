// Civil: days and London time, without a time zone database and without a clock.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "vault/base/result.h"

namespace vault {

// UnixSeconds counts seconds since 1970-01-01T00:00Z.
using UnixSeconds = std::int64_t;

// Day is one day of the Gregorian calendar, counted from 1970-01-01 (day 0).
class Day {
 public:
  constexpr Day() = default;
  static constexpr Day FromNumber(std::int32_t number) { return Day(number); }
  // From gives the day of a calendar date. Errors: kInvalid no such date, or outside 1900-2200.
  static Result<Day> From(int year, unsigned month, unsigned day);
  // Parse reads YYYY-MM-DD. Errors: kInvalid.
  static Result<Day> Parse(std::string_view text);

  constexpr std::int32_t number() const { return number_; }
  int year() const;
  unsigned month() const;         // 1..12
  unsigned day_of_month() const;  // 1..31
  // weekday: 0 Sunday … 6 Saturday.
  unsigned weekday() const;
  constexpr Day Plus(std::int32_t days) const { return Day(number_ + days); }
  // PlusMonths clamps to the month's end (30 November + 3 months = 28 or 29 February).
  Day PlusMonths(std::int32_t months) const;
  std::string ToText() const;  // YYYY-MM-DD
  constexpr auto operator<=>(const Day&) const = default;

 private:
  explicit constexpr Day(std::int32_t number) : number_(number) {}
  std::int32_t number_ = 0;
};

// LondonOffset is the seconds London's clocks are ahead of UTC at that moment: 0 or 3600.
// Source: Summer Time Order 2002 (last Sundays of March and October at 01:00 UTC).
std::int32_t LondonOffset(UnixSeconds time);
// LondonDay is the date in London at that moment.
Day LondonDay(UnixSeconds time);
// LondonMidnight is the moment a day begins in London.
UnixSeconds LondonMidnight(Day day);
// LondonMoment is a wall-clock time in London; in the hour that occurs twice the first is taken,
// in the hour that does not occur the moment one hour later.
UnixSeconds LondonMoment(Day day, int hour, int minute);
// ParseWhen reads YYYY-MM-DD[Thh:mm[:ss]] in London, or with an offset (Z, +hh:mm).
// Errors: kInvalid.
Result<UnixSeconds> ParseWhen(std::string_view text);
// DayWritten gives the day in London of a day or moment as ParseWhen reads it. Errors: kInvalid.
Result<Day> DayWritten(std::string_view text);
// FormatTime writes RFC 3339 to the second with London's offset: 2026-04-09T12:30:00+01:00.
std::string FormatTime(UnixSeconds time);
// FormatMinute is FormatTime cut to the minute: 2026-04-09T12:30+01:00.
std::string FormatMinute(UnixSeconds time);

}  // namespace vault
