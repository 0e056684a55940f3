// Meetings that come again and again: on which days, and where no day is named in which span.
#include "policies/recurring.h"

#include <gtest/gtest.h>

#include "tests/policies/shipped.h"

namespace policies {
namespace {

using vault::Day;
using Lines = std::vector<std::string>;

Lines Meetings(const std::string& process, const std::string& id, const char* from,
               const char* until) {
  Lines lines;
  const TemplateData& data = Shipped(process).Data();
  for (const Recurrence& rule : data.recurrences) {
    if (rule.id != id) continue;
    for (const RecurringMeeting& meeting : RecurringMeetings(
             rule, *data.retention.calendar, Day::Parse(from).value(), Day::Parse(until).value())) {
      std::string line = meeting.from.ToText();
      if (meeting.until != meeting.from) line += " to " + meeting.until.ToText();
      lines.push_back(line + (meeting.moved ? " moved" : ""));
    }
  }
  return lines;
}

TEST(Recurring, ADailyMeetingComesOnWorkingDays) {
  // Good Friday, the weekend and Easter Monday.
  EXPECT_EQ(Meetings("mash", "triage", "2026-04-01", "2026-04-08"),
            (Lines{"2026-04-01", "2026-04-02", "2026-04-07", "2026-04-08"}));
}

TEST(Recurring, AWeekdayThatIsABankHolidayMovesToTheNextWorkingDay) {
  EXPECT_EQ(Meetings("mash", "team-meeting", "2026-03-25", "2026-04-14"),
            (Lines{"2026-03-30", "2026-04-07 moved", "2026-04-13"}));
}

TEST(Recurring, WhereNoDayIsNamedTheSpanIsTold) {
  EXPECT_EQ(Meetings("maag", "panel", "2026-06-01", "2026-06-14"),
            (Lines{"2026-06-01 to 2026-06-07", "2026-06-08 to 2026-06-14"}));
  EXPECT_EQ(Meetings("mash", "practice-forum", "2026-01-01", "2026-12-31"),
            (Lines{"2026-01-01 to 2026-03-31", "2026-04-01 to 2026-06-30",
                   "2026-07-01 to 2026-09-30", "2026-10-01 to 2026-12-31"}));
}

TEST(Recurring, OnlyWhatBeginsInTheSpanIsListed) {
  EXPECT_EQ(Meetings("maag", "panel", "2026-06-03", "2026-06-10"),
            Lines{"2026-06-08 to 2026-06-14"});
  EXPECT_EQ(Meetings("mash", "practice-forum", "2026-02-28", "2026-03-30"), Lines{});
  EXPECT_EQ(Meetings("mash", "triage", "2026-04-03", "2026-04-06"), Lines{});
}

}  // namespace
}  // namespace policies
