#include "policies/retention_rule.h"

namespace policies {

using vault::Day;
using vault::Result;
using vault::UnixSeconds;

Day QuarterEnd(Day day) {
  const unsigned last = (day.month() + 2) / 3 * 3;
  auto first = Day::From(day.year(), last, 1);
  CHECK(first.ok());
  return first.value().PlusMonths(1).Plus(-1);
}

Result<UnixSeconds> RetentionStart::DueFrom(UnixSeconds triggered, std::optional<Day> born,
                                            const Calendar& calendar) const {
  if (birthday > 0) {
    if (!born) return vault::NotFound("the subject's birth is not recorded");
    int years = birthday;
    // The birth may be told to its quarter only: whoever may have had that age gets the later day.
    const Day day = vault::LondonDay(triggered);
    const Day youngest = QuarterEnd(*born);
    const Day oldest = youngest.Plus(1).PlusMonths(-3);
    const bool reached = oldest.PlusMonths(12 * other_age) <= day;
    const bool passed = youngest.PlusMonths(12 * (other_age + 1)) <= day;
    if (other_birthday > 0 && reached && !passed) years = other_birthday;
    return vault::LondonMidnight(QuarterEnd(youngest.PlusMonths(12 * years)));
  }
  if (!period) return triggered;
  TRY(Day due, AddPeriod(vault::LondonDay(triggered), *period, calendar));
  return vault::LondonMidnight(due);
}

const RetentionRule* RetentionTable::Of(std::string_view class_code) const {
  auto id = rule_of_class.find(class_code);
  if (id == rule_of_class.end()) return nullptr;
  auto rule = rules.find(id->second);
  return rule == rules.end() ? nullptr : &rule->second;
}

const vault::LendingRule* RetentionTable::Loan(vault::LoanKind kind) const {
  for (const vault::LendingRule& loan : loans) {
    if (loan.kind == kind) return &loan;
  }
  return nullptr;
}

}  // namespace policies
