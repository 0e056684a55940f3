// Recurring: when a meeting that comes again and again is due.
#pragma once

#include <vector>

#include "policies/calendar.h"
#include "policies/template_data.h"
#include "vault/base/civil.h"

namespace policies {

// RecurringMeeting is one of them: on a day, or on any day of a span where the template names none.
struct RecurringMeeting {
  vault::Day from;
  vault::Day until;    // the same day, or the span's last
  bool moved = false;  // its weekday was no working day, and it comes on the next one
};

// RecurringMeetings lists those that begin in a span, in order. Daily ones come on working days. A
// week begins on Monday, quarters are those of the financial year, which are the calendar's.
std::vector<RecurringMeeting> RecurringMeetings(const Recurrence& rule, const Calendar& calendar,
                                                vault::Day from, vault::Day until);

}  // namespace policies
