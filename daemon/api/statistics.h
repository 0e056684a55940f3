// Statistics: what matters of a process came to, by quarter and year, safe to leave the house.
#pragma once

#include <vector>

#include "daemon/api/table.h"
#include "policies/process_template.h"
#include "vault/base/facts.h"

namespace service {

// StatisticsOf counts, for each version-free process, financial quarter and year: how often each
// event happened, and of what fell due how much was done by its day. Numerator and denominator
// stand beside every share; counts small enough to point at a family are hidden, and enough others
// that they do not follow. Errors: kInvalid a count that cannot be suppressed.
vault::Result<std::vector<TableRow>> StatisticsOf(const policies::ProcessTemplate& process,
                                                  const std::vector<vault::MatterFacts>& matters,
                                                  vault::Day today);

// MeasuresOf counts the records of each matter by the measures of the process, by financial quarter
// and year, and by the areas that the measures name; what is small is hidden, and others that would
// tell it by a whole or a sum.
std::vector<TableRow> MeasuresOf(const policies::ProcessTemplate& process,
                                 const std::vector<std::vector<policies::DatedRecord>>& matters);

// QuarterOfYear names a day's quarter of the financial year: "2026/27 Q1".
Json QuarterOfYear(vault::Day day);
// FinancialYearWords names its financial year: "2026/27".
Json FinancialYearWords(vault::Day day);

// StatisticsColumns are the columns of its rows.
std::vector<std::string> StatisticsColumns();

}  // namespace service
