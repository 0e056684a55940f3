#include "policies/recurring.h"

namespace policies {
namespace {

using vault::Day;

constexpr std::int32_t kWeek = 7;
constexpr unsigned kNoWeekday = 7;

// SpanOf is the day, week, month or quarter that a day lies in.
RecurringMeeting SpanOf(const Recurrence& rule, Day day) {
  if (rule.every == "day") return {day, day};
  if (rule.every == "week") {
    const Day monday = day.Plus(-static_cast<std::int32_t>((day.weekday() + 6) % kWeek));
    return {monday, monday.Plus(kWeek - 1)};
  }
  const bool quarter = rule.every == "quarter";
  const auto before = static_cast<std::int32_t>(quarter ? (day.month() - 1) % 3 : 0);
  const Day first = day.Plus(1 - static_cast<std::int32_t>(day.day_of_month())).PlusMonths(-before);
  return {first, first.PlusMonths(quarter ? 3 : 1).Plus(-1)};
}

}  // namespace

std::vector<RecurringMeeting> RecurringMeetings(const Recurrence& rule, const Calendar& calendar,
                                                Day from, Day until) {
  std::vector<RecurringMeeting> meetings;
  for (RecurringMeeting span = SpanOf(rule, from); span.from <= until;
       span = SpanOf(rule, span.until.Plus(1))) {
    RecurringMeeting meeting = span;
    if (rule.every == "day" && !calendar.IsWorkingDay(span.from)) continue;
    if (rule.every != "day" && rule.weekday != kNoWeekday) {
      // The first such weekday of the span.
      const auto ahead = (rule.weekday + kWeek - span.from.weekday()) % kWeek;
      meeting.from = span.from.Plus(static_cast<std::int32_t>(ahead));
      while (!calendar.IsWorkingDay(meeting.from) && meeting.from < span.until) {
        meeting.from = meeting.from.Plus(1);
        meeting.moved = true;
      }
      meeting.until = meeting.from;
    }
    if (from <= meeting.from && meeting.from <= until) meetings.push_back(meeting);
  }
  return meetings;
}

}  // namespace policies
