// AreaTable: counts by area, checked before anybody relies on them and made safe before they leave.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/result.h"

namespace policies {

// RateRule is one share that is computed, never typed.
struct RateRule {
  std::string id;
  std::string name;
  std::size_t numerator = 0;  // columns
  std::size_t denominator = 0;
  std::optional<std::size_t> less;  // a column taken off the denominator
};

// ColumnRule is one column of counts.
struct ColumnRule {
  std::string id;
  std::string name;
  std::optional<std::size_t> at_most;     // no cell is larger than that column's
  std::optional<std::size_t> percent_of;  // a percentage typed beside the count is of that column
};

// SumRule says that a column is the sum of others in every row.
struct SumRule {
  std::size_t of = 0;
  std::vector<std::size_t> parts;
};

// AreaTableRule is one <table> of a template's statistics.
struct AreaTableRule {
  std::string id;
  std::string name;
  std::string area;   // what a row is: "quadrant"
  std::string total;  // the name of the row of totals
  int small = 5;      // counts below it are hidden before a table leaves
  std::vector<ColumnRule> columns;
  std::vector<SumRule> sums;
  std::vector<RateRule> rates;
  std::string basis;
};

// AreaCell is one count, as written.
struct AreaCell {
  std::optional<std::int64_t> count;    // none: nothing that is a number
  std::optional<std::int64_t> percent;  // typed beside it: "593 (58%)"
};

struct AreaRow {
  std::string area;
  std::vector<AreaCell> cells;
};

// AreaTable is a table as it came, and what every figure must be kept with.
struct AreaTable {
  std::string period;    // "April 2011 to March 2012"
  std::string snapshot;  // the day the counts were taken
  std::string level;     // the kind of area the rows are
  std::vector<AreaRow> rows;
  std::optional<AreaRow> totals;
};

// ImportTable takes the rows out of a text with cells set apart by tabs, as it stands: a row is an
// area and as many cells as there are columns, of which the first begins with a number; every other
// line is passed over.   Errors: kInvalid no such row, or an area twice.
vault::Result<AreaTable> ImportTable(const AreaTableRule& rule, std::string_view text);

enum class AreaFault {
  kMissing,  // a cell or total without a number
  kTotal,    // a total that is not the sum of its rows
  kSum,      // a row whose parts do not add up
  kOrder,    // a count larger than the one it is part of
  kPercent,  // a typed percentage that the counts do not give
  kSmall,    // counts small enough to point at families
};
std::string_view AreaFaultName(AreaFault fault);  // "missing", "total", …

struct AreaFinding {
  AreaFault fault = AreaFault::kMissing;
  std::string area;    // the row's; the total's name; empty for the table
  std::string column;  // its id
  std::string sentence;
};

// CheckTable tells everything wrong with a table, row by row, totals last, small cells at the end.
std::vector<AreaFinding> CheckTable(const AreaTableRule& rule, const AreaTable& table);

// Percent is the whole percentage of a share, halves rounded up; none when the base is 0 or less.
std::optional<std::int64_t> Percent(std::int64_t numerator, std::int64_t denominator);
// Tenths is the same in tenths of a percent.
std::optional<std::int64_t> Tenths(std::int64_t numerator, std::int64_t denominator);

// Rate is one computed share with what it was computed from.
struct Rate {
  std::string id;
  std::string area;
  std::int64_t numerator = 0;
  std::int64_t denominator = 0;
  std::optional<std::int64_t> tenths;  // of a percent
};
// Rates computes every rate for every row and for all rows together, from the rows' own counts.
// Errors: kInvalid a count is missing.
vault::Result<std::vector<Rate>> Rates(const AreaTableRule& rule, const AreaTable& table);

// SafeTable is what may leave: a count or nothing. The last row is the totals.
struct SafeTable {
  std::vector<std::string> areas;
  std::vector<std::vector<std::optional<std::int64_t>>> cells;
};
// Suppress hides small counts and, with them, enough others that no hidden count follows from what
// is shown by the totals and sums of the rule (suppression.h). Errors: kInvalid a count is missing.
vault::Result<SafeTable> Suppress(const AreaTableRule& rule, const AreaTable& table);

}  // namespace policies
