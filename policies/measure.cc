#include "policies/measure.h"

#include <algorithm>

namespace policies {
namespace {

bool AllHold(const std::vector<Guard>& guards, const vault::RecordFacts& record) {
  return std::all_of(guards.begin(), guards.end(),
                     [&record](const Guard& guard) { return guard.Holds(record); });
}

}  // namespace

std::vector<CountedRecord> CountedOf(const MeasureRule& rule,
                                     std::span<const DatedRecord> records) {
  std::vector<CountedRecord> counted;
  if (!rule.if_of.empty()) {
    const bool given = std::any_of(records.begin(), records.end(), [&](const DatedRecord& one) {
      return one.facts.kind == rule.if_of && AllHold(rule.if_where, one.facts);
    });
    if (!given) return counted;
  }
  for (const DatedRecord& one : records) {
    if (one.facts.kind != rule.of || !AllHold(rule.where, one.facts)) continue;
    const auto day = vault::DayWritten(one.facts.First(rule.on));
    counted.push_back({&one.facts, day.ok() ? day.value() : one.day});
  }
  return counted;
}

std::vector<vault::Day> DaysOf(const MeasureRule& rule, std::span<const DatedRecord> records) {
  std::vector<vault::Day> days;
  for (const CountedRecord& one : CountedOf(rule, records)) days.push_back(one.day);
  return days;
}

}  // namespace policies
