#include "policies/area_table.h"

#include <algorithm>
#include <array>
#include <set>

#include "policies/suppression.h"
#include "vault/base/text.h"

namespace policies {

using vault::Result;

namespace {

constexpr std::array<std::string_view, 6> kFaults = {"missing", "total",   "sum",
                                                     "order",   "percent", "small"};

std::string_view Trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\r' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> Split(std::string_view text, char mark) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t at = text.find(mark);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

// The number a text begins with.
std::optional<std::int64_t> Leading(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 9) return std::nullopt;
  auto number = vault::ParseDecimal(text.substr(0, digits));
  if (!number.ok()) return std::nullopt;
  return static_cast<std::int64_t>(number.value());
}

AreaCell CellOf(std::string_view text) {
  AreaCell cell;
  text = Trimmed(text);
  cell.count = Leading(text);
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos) return cell;
  const std::string_view inside = text.substr(open + 1);
  const std::size_t digits = std::min(inside.find_first_not_of("0123456789"), inside.size());
  if (digits < inside.size() && inside[digits] == '%') cell.percent = Leading(inside);
  return cell;
}

std::optional<std::int64_t> SumOf(const AreaTable& table, std::size_t column) {
  std::int64_t sum = 0;
  for (const AreaRow& row : table.rows) {
    if (!row.cells[column].count) return std::nullopt;
    sum += *row.cells[column].count;
  }
  return sum;
}

class Checker {
 public:
  Checker(const AreaTableRule& rule, const AreaTable& table) : rule_(rule), table_(table) {}

  std::vector<AreaFinding> Check() {
    for (const AreaRow& row : table_.rows) Row(row);
    if (table_.totals) {
      Totals(*table_.totals);
      Row(*table_.totals);
    }
    Small();
    return std::move(findings_);
  }

 private:
  void Add(AreaFault fault, const AreaRow& row, std::size_t column, std::string sentence) {
    findings_.push_back({fault, row.area, rule_.columns[column].id, std::move(sentence)});
  }

  std::string Name(const AreaRow& row, std::size_t column) const {
    return row.area + ", " + rule_.columns[column].name;
  }

  void Totals(const AreaRow& totals) {
    for (std::size_t i = 0; i < rule_.columns.size(); ++i) {
      const auto sum = SumOf(table_, i);
      if (!sum || !totals.cells[i].count || *totals.cells[i].count == *sum) continue;
      Add(AreaFault::kTotal, totals, i,
          Name(totals, i) + ": " + std::to_string(*totals.cells[i].count) +
              " is given, the rows give " + std::to_string(*sum));
    }
  }

  void Row(const AreaRow& row) {
    const bool totals = table_.totals && &row == &*table_.totals;
    for (std::size_t i = 0; i < rule_.columns.size(); ++i) {
      const AreaCell& cell = row.cells[i];
      if (!cell.count) {
        const auto sum = totals ? SumOf(table_, i) : std::nullopt;
        Add(AreaFault::kMissing, row, i,
            Name(row, i) + " is missing" +
                (sum ? "; the rows give " + std::to_string(*sum) : std::string()));
        continue;
      }
      const ColumnRule& column = rule_.columns[i];
      if (column.at_most) {
        const auto whole = row.cells[*column.at_most].count;
        if (whole && *cell.count > *whole) {
          Add(AreaFault::kOrder, row, i,
              Name(row, i) + ": " + std::to_string(*cell.count) + " is more than the " +
                  std::to_string(*whole) + " it is part of");
        }
      }
      TypedPercent(row, i);
    }
    for (const SumRule& sum : rule_.sums) Sum(row, sum);
  }

  void TypedPercent(const AreaRow& row, std::size_t column) {
    const AreaCell& cell = row.cells[column];
    const auto base = rule_.columns[column].percent_of;
    if (!cell.percent || !base || !row.cells[*base].count) return;
    const auto right = Percent(*cell.count, *row.cells[*base].count);
    if (!right || *right == *cell.percent) return;
    Add(AreaFault::kPercent, row, column,
        Name(row, column) + ": " + std::to_string(*cell.percent) + "% is given, " +
            std::to_string(*cell.count) + " of " + std::to_string(*row.cells[*base].count) +
            " is " + std::to_string(*right) + "%");
  }

  void Sum(const AreaRow& row, const SumRule& rule) {
    if (!row.cells[rule.of].count) return;
    std::int64_t sum = 0;
    for (std::size_t part : rule.parts) {
      if (!row.cells[part].count) return;
      sum += *row.cells[part].count;
    }
    if (sum == *row.cells[rule.of].count) return;
    Add(AreaFault::kSum, row, rule.of,
        Name(row, rule.of) + ": " + std::to_string(*row.cells[rule.of].count) +
            " is given, its parts give " + std::to_string(sum));
  }

  // One finding for the whole table: what it says is that it must not leave like this.
  void Small() {
    std::string cells;
    for (const AreaRow& row : table_.rows) {
      for (std::size_t i = 0; i < rule_.columns.size(); ++i) {
        if (!row.cells[i].count || *row.cells[i].count >= rule_.small) continue;
        cells +=
            (cells.empty() ? "" : "; ") + Name(row, i) + ": " + std::to_string(*row.cells[i].count);
      }
    }
    if (cells.empty()) return;
    findings_.push_back({AreaFault::kSmall, "", "",
                         "counts below " + std::to_string(rule_.small) +
                             " must be hidden before this leaves: " + cells});
  }

  const AreaTableRule& rule_;
  const AreaTable& table_;
  std::vector<AreaFinding> findings_;
};

// The counts of all rows and, last, their totals: the table's own totals are not trusted.
Result<std::vector<std::vector<std::int64_t>>> Counts(const AreaTableRule& rule,
                                                      const AreaTable& table) {
  std::vector<std::vector<std::int64_t>> counts;
  std::vector<std::int64_t> totals(rule.columns.size(), 0);
  for (const AreaRow& row : table.rows) {
    std::vector<std::int64_t> line;
    for (std::size_t i = 0; i < rule.columns.size(); ++i) {
      if (!row.cells[i].count) return vault::Invalid("a count is missing: " + row.area);
      line.push_back(*row.cells[i].count);
      totals[i] += line.back();
    }
    counts.push_back(std::move(line));
  }
  counts.push_back(std::move(totals));
  return counts;
}

}  // namespace

std::string_view AreaFaultName(AreaFault fault) { return kFaults[static_cast<std::size_t>(fault)]; }

Result<AreaTable> ImportTable(const AreaTableRule& rule, std::string_view text) {
  AreaTable table;
  std::set<std::string> areas;
  for (std::string_view line : Split(text, '\n')) {
    const auto cells = Split(line, '\t');
    if (cells.size() != rule.columns.size() + 1 || !Leading(Trimmed(cells[1]))) continue;
    AreaRow row;
    row.area = std::string(Trimmed(cells[0]));
    for (std::size_t i = 1; i < cells.size(); ++i) row.cells.push_back(CellOf(cells[i]));
    if (!areas.insert(row.area).second)
      return vault::Invalid("an area is given twice: " + row.area);
    if (row.area == rule.total) {
      table.totals = std::move(row);
    } else {
      table.rows.push_back(std::move(row));
    }
  }
  if (table.rows.empty()) return vault::Invalid("the text holds no row of this table");
  return table;
}

std::vector<AreaFinding> CheckTable(const AreaTableRule& rule, const AreaTable& table) {
  return Checker(rule, table).Check();
}

std::optional<std::int64_t> Percent(std::int64_t numerator, std::int64_t denominator) {
  if (denominator <= 0) return std::nullopt;
  return (200 * numerator + denominator) / (2 * denominator);
}

std::optional<std::int64_t> Tenths(std::int64_t numerator, std::int64_t denominator) {
  if (denominator <= 0) return std::nullopt;
  return (2000 * numerator + denominator) / (2 * denominator);
}

Result<std::vector<Rate>> Rates(const AreaTableRule& rule, const AreaTable& table) {
  TRY(const auto counts, Counts(rule, table));
  std::vector<Rate> rates;
  for (const RateRule& wanted : rule.rates) {
    for (std::size_t i = 0; i < counts.size(); ++i) {
      Rate rate;
      rate.id = wanted.id;
      rate.area = i < table.rows.size() ? table.rows[i].area : rule.total;
      rate.numerator = counts[i][wanted.numerator];
      rate.denominator = counts[i][wanted.denominator];
      if (wanted.less) rate.denominator -= counts[i][*wanted.less];
      rate.tenths = Tenths(rate.numerator, rate.denominator);
      rates.push_back(std::move(rate));
    }
  }
  return rates;
}

Result<SafeTable> Suppress(const AreaTableRule& rule, const AreaTable& table) {
  TRY(const auto counts, Counts(rule, table));
  const std::size_t width = rule.columns.size();
  std::vector<CountCell> cells;
  for (const auto& row : counts) {
    for (const std::int64_t count : row) cells.push_back({count, CellKind::kCount});
  }
  // What adds up: every column to its total, every sum of the rule in its row.
  std::vector<CountSum> sums;
  for (std::size_t column = 0; column < width; ++column) {
    CountSum sum{table.rows.size() * width + column, {}};
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      sum.parts.push_back(row * width + column);
    }
    sums.push_back(std::move(sum));
  }
  for (std::size_t row = 0; row < counts.size(); ++row) {
    for (const SumRule& one : rule.sums) {
      CountSum sum{row * width + one.of, {}};
      for (std::size_t part : one.parts) sum.parts.push_back(row * width + part);
      sums.push_back(std::move(sum));
    }
  }
  const std::vector<bool> hidden = Hide(cells, sums, rule.small);
  SafeTable safe;
  for (std::size_t row = 0; row < counts.size(); ++row) {
    safe.areas.push_back(row < table.rows.size() ? table.rows[row].area : rule.total);
    std::vector<std::optional<std::int64_t>> line;
    for (std::size_t column = 0; column < width; ++column) {
      if (hidden[row * width + column]) {
        line.push_back(std::nullopt);
      } else {
        line.push_back(counts[row][column]);
      }
    }
    safe.cells.push_back(std::move(line));
  }
  return safe;
}

}  // namespace policies
