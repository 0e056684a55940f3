// DueRule: a day counted from another day.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/calendar.h"
#include "vault/base/civil.h"
#include "vault/base/result.h"

namespace policies {

enum class Unit { kWorkingDays, kDays, kWeeks, kMonths, kYears, kHours };

// Period is a signed number of units, written "-3 WD", "12 M".
struct Period {
  int count = 0;
  Unit unit = Unit::kDays;
};
// ParsePeriod reads a number and WD, D, W, M, Y or H, one blank between. Errors: kInvalid.
vault::Result<Period> ParsePeriod(std::string_view text);
// AddPeriod counts from a day that is itself day 0; months and years clamp to the month's end.
// Errors: kInvalid the date leaves the calendar's years; hours do not count in days.
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
  std::vector<std::string> from;  // events, the latest counts; or MEETING for the planned meeting
  Period offset;
  Roll roll = Roll::kNone;
  Counting counting = Counting::kExcludeEventDay;
  Anchor anchor = Anchor::kEvent;
  Bound bound = Bound::kLatest;
  std::shared_ptr<const Calendar> calendar;  // its own; null: the template's
  std::vector<std::string> unless;           // events after which it is not due any more
  std::string paused_by;                     // an event that stops the count; empty: none does
  std::string resumed_by;                    // and the one that lets it go on
  std::optional<Period> warn;                // how long before to remind, 0 or negative
  std::vector<std::string> owed_by;          // roles to remind
  std::vector<std::string> escalates_to;     // roles to tell when it is missed
  std::string basis;
  std::string event;  // that fulfils it; empty when none does

  // DueFrom gives the due day of an event that happened on a day. Not for rules of hours.
  // Errors: kInvalid the date leaves the calendar's years.
  vault::Result<vault::Day> DueFrom(vault::Day happened, const Calendar& usual) const {
    return PausedDueFrom(happened, 0, usual);
  }
  // PausedDueFrom is DueFrom when the count stood still for some days: they are added before the
  // day rolls.
  vault::Result<vault::Day> PausedDueFrom(vault::Day happened, std::int32_t paused,
                                          const Calendar& usual) const;
  // MomentFrom gives the due moment of a rule of hours: they run through nights and holidays.
  std::optional<vault::UnixSeconds> MomentFrom(vault::UnixSeconds happened) const;
  // WarnFrom gives the day to remind from, when the rule names one.
  std::optional<vault::Day> WarnFrom(vault::Day due, const Calendar& usual) const;
};

// FinancialYearStart is 1 April on or before the day.
vault::Day FinancialYearStart(vault::Day day);

}  // namespace policies
