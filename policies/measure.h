// Measure: what is counted in the records of a process's matters, and which records tell how far
// something owed has come.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "policies/check.h"
#include "vault/base/civil.h"
#include "vault/base/facts.h"

namespace policies {

// MeasureRule is one <measure> of a template's statistics.
struct MeasureRule {
  std::string id;
  std::string name;
  std::string of;                  // the kind of record that is counted
  std::vector<Guard> where;        // only those for which all of these hold,
  std::string if_of;               // and whose matter has a record of this kind
  std::vector<Guard> if_where;     // for which all of these hold
  std::string on;                  // the field with the day it counts on
  std::string out_of;              // the measure it is a part of; empty: of none
  std::vector<std::string> parts;  // measures that together are this one
  std::vector<std::string> by;     // the dimensions it is told by as well (dimension.h)
  std::string basis;
};

// RegisterRule is one <register>: records that are claimed to be done, evidenced, or leave
// something still to do.
struct RegisterRule {
  std::string of;                         // the kind, which has a field for being done
  std::vector<std::string> claimed_when;  // values of that field besides its done ones
  std::string evidence;                   // fields
  std::vector<std::string> residual;
};

// DatedRecord is a record and the day it was last written.
struct DatedRecord {
  vault::RecordFacts facts;
  vault::Day day;
};

// CountedRecord is a record that a measure counts, and the day it counts on.
struct CountedRecord {
  const vault::RecordFacts* record = nullptr;  // one of those given
  vault::Day day;
};

// CountedOf gives every record of a matter that a measure counts. One without a day of its own
// counts on the day it was written. The records outlive the answer.
std::vector<CountedRecord> CountedOf(const MeasureRule& rule, std::span<const DatedRecord> records);
// DaysOf gives the days alone.
std::vector<vault::Day> DaysOf(const MeasureRule& rule, std::span<const DatedRecord> records);

}  // namespace policies
