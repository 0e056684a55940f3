#include "policies/attendance.h"

#include <algorithm>
#include <map>
#include <utility>

#include "policies/area_table.h"

namespace policies {

using vault::Day;

namespace {

// The quarters of the financial year are those of the calendar: each begins with a month 1, 4, 7
// or 10.
Day QuarterStart(Day day) {
  const unsigned month = (day.month() - 1) / 3 * 3 + 1;
  const auto start = Day::From(day.year(), month, 1);
  CHECK(start.ok());
  return start.value();
}

// A value may hold anything, so each stands behind its length.
std::string MeetingOf(const AttendanceRule& rule, const vault::RecordFacts& record) {
  std::string meeting;
  for (const std::string& field : rule.meeting) {
    const std::string_view value = record.First(field);
    meeting += std::to_string(value.size()) + ":" + std::string(value);
  }
  return meeting;
}

void Compare(const AttendanceRule& rule, std::vector<AttendedQuarter>& quarters) {
  const AttendedQuarter* before = nullptr;
  for (AttendedQuarter& quarter : quarters) {
    quarter.percent = Percent(quarter.present, quarter.meetings);
    if (before != nullptr && before->agency != quarter.agency) before = nullptr;
    if (before != nullptr) quarter.before = before->percent;
    // One panel missed of one says nothing of an agency.
    if (quarter.meetings < rule.least) continue;
    if (quarter.present == 0) {
      quarter.alert = AttendanceAlert::kAbsent;
    } else if (quarter.before && *quarter.before - *quarter.percent >= rule.drop) {
      quarter.alert = AttendanceAlert::kDrop;
    }
    before = &quarter;
  }
}

}  // namespace

std::string_view AttendanceAlertName(AttendanceAlert alert) {
  switch (alert) {
    case AttendanceAlert::kNone:
      return "";
    case AttendanceAlert::kDrop:
      return "drop";
    case AttendanceAlert::kAbsent:
      return "absent";
  }
  return "";
}

std::vector<AttendedQuarter> AttendanceOf(const AttendanceRule& rule,
                                          std::span<const vault::RecordFacts> records) {
  // Of an agency in a quarter each meeting, and whether it was there.
  std::map<std::pair<std::string, Day>, std::map<std::string, bool>> meetings;
  for (const vault::RecordFacts& record : records) {
    if (record.kind != rule.of) continue;
    const std::string agency(record.First(rule.agency));
    const auto day = vault::DayWritten(record.First(rule.on));
    if (agency.empty() || !day.ok()) continue;
    bool& was_there = meetings[{agency, QuarterStart(day.value())}][MeetingOf(rule, record)];
    was_there = was_there || std::all_of(rule.present.begin(), rule.present.end(),
                                         [&](const Guard& guard) { return guard.Holds(record); });
  }
  std::vector<AttendedQuarter> quarters;
  for (const auto& [key, of] : meetings) {
    AttendedQuarter quarter;
    quarter.agency = key.first;
    quarter.from = key.second;
    quarter.meetings = static_cast<std::int64_t>(of.size());
    quarter.present =
        std::count_if(of.begin(), of.end(), [](const auto& one) { return one.second; });
    quarters.push_back(std::move(quarter));
  }
  Compare(rule, quarters);
  return quarters;
}

}  // namespace policies
