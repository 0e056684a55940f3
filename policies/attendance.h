// Attendance: how often each agency came to the meetings it was asked to, quarter by quarter.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policies/check.h"
#include "vault/base/civil.h"
#include "vault/base/facts.h"

namespace policies {

// AttendanceRule is one <attendance> of a template's statistics.
struct AttendanceRule {
  std::string of;                    // the kind of record that keeps who came
  std::vector<std::string> meeting;  // fields whose values together are one meeting
  std::string on;                    // the field with its day
  std::string agency;                // the field with the agency that was asked
  std::vector<Guard> present;        // all of these hold: it was there
  int drop = 0;                      // percentage points whose loss is told
  int least = 0;                     // a quarter of fewer meetings tells nothing and is no measure
  std::string basis;
};

enum class AttendanceAlert : std::uint8_t {
  kNone,
  kDrop,    // it came to fewer of its meetings than in the quarter before
  kAbsent,  // it came to none
};
std::string_view AttendanceAlertName(AttendanceAlert alert);  // "", "drop", "absent"

// AttendedQuarter is one agency in one quarter of the financial year.
struct AttendedQuarter {
  std::string agency;
  vault::Day from;            // the quarter's first day
  std::int64_t meetings = 0;  // that it was asked to
  std::int64_t present = 0;   // of these
  std::optional<std::int64_t> percent;
  std::optional<std::int64_t> before;  // of the latest earlier quarter with enough meetings
  AttendanceAlert alert = AttendanceAlert::kNone;
};

// AttendanceOf counts the records of all matters of a process: by agency, then by quarter. A
// meeting that several matters keep is one meeting, and an agency was there when one record of it
// says so. Records without a day or an agency are passed over.
std::vector<AttendedQuarter> AttendanceOf(const AttendanceRule& rule,
                                          std::span<const vault::RecordFacts> records);

}  // namespace policies
