// DueRule: a day counted from another day.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policies/calendar.h"
#include "vault/base/civil.h"
#include "vault/base/result.h"

namespace policies {

enum class Unit { kWorkingDays, kDays, kWeeks, kMonths, kYears };

// Period is a signed number of units, written "-3 WD", "12 M".
struct Period {
  int count = 0;
  Unit unit = Unit::kDays;
};
// ParsePeriod reads a number and WD, D, W, M or Y, one blank between. Errors: kInvalid.
vault::Result<Period> ParsePeriod(std::string_view text);
// AddPeriod counts from a day that is itself day 0; months and years clamp to the month's end.
// Errors: kInvalid the date leaves the calendar's years.
vault::Result<vault::Day> AddPeriod(vault::Day from, Period period, const Calendar& calendar);

// Roll says where a day goes that is no working day.
enum class Roll { kNone, kEarlier, kLater };
// Counting says what the event's own day is.
enum class Counting {
  kExcludeEventDay,  // day 0
  kClearDays,        // day 0, and the due day does not count either
  kIncludeEventDay,  // day 1; the next working day when it is none
};
// Anchor says what the count starts from.
enum class Anchor { kEvent, kFinancialYear };  // kFinancialYear: 1 April on or before the event
// Bound says what being recorded outside it means.
enum class Bound { kLatest, kEarliest, kNone };

// DueRule is one <due> of a template (POLICY.md).
struct DueRule {
  std::string id;
  std::string what;
  std::string from;  // an event, or MEETING for the planned meeting
  Period offset;
  Roll roll = Roll::kNone;
  Counting counting = Counting::kExcludeEventDay;
  Anchor anchor = Anchor::kEvent;
  Bound bound = Bound::kLatest;
  std::string basis;
  std::string event;  // that fulfils it; empty when none does

  // DueFrom gives the due day of an event that happened on a day.
  // Errors: kInvalid the date leaves the calendar's years.
  vault::Result<vault::Day> DueFrom(vault::Day happened, const Calendar& calendar) const;
};

// FinancialYearStart is 1 April on or before the day.
vault::Day FinancialYearStart(vault::Day day);

}  // namespace policies
