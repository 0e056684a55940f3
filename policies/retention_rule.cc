#include "policies/retention_rule.h"

namespace policies {

using vault::Day;
using vault::Result;
using vault::UnixSeconds;

Result<UnixSeconds> RetentionRule::DueFrom(UnixSeconds triggered, const Calendar& calendar) const {
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
