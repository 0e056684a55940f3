#include "daemon/api/statistics.h"

#include <array>
#include <map>

#include "policies/area_table.h"
#include "policies/measure_table.h"

namespace service {

using vault::Result;

namespace {

constexpr std::array<std::string_view, 4> kQuarters = {"Q1", "Q2", "Q3", "Q4"};
// Below this a count may point at a family, unless a table of the template says another.
constexpr int kSmall = 5;

// Years and quarters are those of the financial year, as the reports of partnerships are.
int YearOf(vault::Day day) { return policies::FinancialYearOf(day); }
std::size_t QuarterOf(vault::Day day) { return policies::FinancialQuarterOf(day); }

bool InTime(const vault::DueItem& item) {
  if (!item.fulfilled) return false;
  // What counts hours is in time to the moment and not to the day.
  if (item.moment) return *item.fulfilled <= *item.moment;
  return vault::LondonDay(*item.fulfilled) <= *item.due;
}

// Counts of one measure in the four quarters of a year: of `all`, `done`.
struct Share {
  std::array<std::int64_t, 4> done{};
  std::array<std::int64_t, 4> all{};
};
struct Year {
  std::map<std::string, std::array<std::int64_t, 4>> events;  // by what happened
  std::map<std::string, Share> shares;                        // by what was due
};

std::map<int, Year> Count(const policies::ProcessTemplate& process,
                          const std::vector<vault::MatterFacts>& matters, vault::Day today) {
  std::map<int, Year> years;
  for (const vault::MatterFacts& facts : matters) {
    for (const vault::MatterEvent& event : facts.events) {
      const vault::Day day = vault::LondonDay(event.at);
      ++years[YearOf(day)].events[event.name][QuarterOf(day)];
    }
    for (const vault::DueItem& item : process.Due(facts)) {
      // What is still to come has missed nothing; what no event fulfils is not counted.
      if (!item.due || item.event.empty() || (!item.fulfilled && *item.due >= today)) continue;
      Share& share = years[YearOf(*item.due)].shares[item.id];
      ++share.all[QuarterOf(*item.due)];
      if (InTime(item)) ++share.done[QuarterOf(*item.due)];
    }
  }
  return years;
}

int SmallOf(const policies::ProcessTemplate& process) {
  int small = kSmall;
  for (const policies::AreaTableRule& table : process.Data().tables) {
    small = std::max(small, table.small);
  }
  return small;
}

policies::AreaTable TableOfColumns(const std::vector<std::array<std::int64_t, 4>>& columns) {
  policies::AreaTable table;
  policies::AreaRow totals;
  for (const auto& column : columns) {
    totals.cells.push_back({column[0] + column[1] + column[2] + column[3], std::nullopt});
  }
  for (std::size_t quarter = 0; quarter < kQuarters.size(); ++quarter) {
    policies::AreaRow row;
    row.area = kQuarters[quarter];
    for (const auto& column : columns) row.cells.push_back({column[quarter], std::nullopt});
    table.rows.push_back(std::move(row));
  }
  table.totals = std::move(totals);
  return table;
}

// Safe hides what is small among columns that add up: the first is the sum of the others.
Result<policies::SafeTable> Safe(const std::vector<std::array<std::int64_t, 4>>& columns,
                                 int small) {
  policies::AreaTableRule rule;
  rule.total = "year";
  rule.small = small;
  for (std::size_t i = 0; i < columns.size(); ++i) rule.columns.push_back({"c", "c", {}, {}});
  if (columns.size() == 3) rule.sums.push_back({0, {1, 2}});
  return policies::Suppress(rule, TableOfColumns(columns));
}

Json Period(int year, const std::string& area) {
  const std::string next = std::to_string((year + 1) % 100);
  const std::string text = std::to_string(year) + "/" + (next.size() == 1 ? "0" : "") + next;
  return area == "year" ? Json(text) : Json(text + " " + area);
}

TableRow MeasureRow(std::string_view process, const policies::SafeCount& one) {
  const std::string area =
      one.quarter == 0 ? "year" : std::string(kQuarters[std::size_t{one.quarter} - 1]);
  std::optional<std::int64_t> percent;
  // What was counted on another day than its whole may pass it: then it is no share.
  if (one.count && one.whole && *one.count <= *one.whole) {
    percent = policies::Percent(*one.count, *one.whole);
  }
  const bool told = !one.by.empty();
  return {process,
          Period(one.year, area),
          one.measure,
          Json(one.count),
          Json(one.whole),
          Json(percent),
          !one.count || (one.part && !one.whole),
          told ? Json(one.by) : Json(),
          told ? Json(one.area) : Json(),
          one.unplaced ? Json("unknown") : Json()};
}

}  // namespace

Json QuarterOfYear(vault::Day day) {
  return Period(YearOf(day), std::string(kQuarters[QuarterOf(day)]));
}

Json FinancialYearWords(vault::Day day) { return Period(YearOf(day), "year"); }

std::vector<std::string> StatisticsColumns() {
  return {"process", "period",     "measure", "numerator", "denominator",
          "percent", "suppressed", "by",      "area",      "check"};
}

Result<std::vector<TableRow>> StatisticsOf(const policies::ProcessTemplate& process,
                                           const std::vector<vault::MatterFacts>& matters,
                                           vault::Day today) {
  const int small = SmallOf(process);
  const std::string name(process.template_id());
  std::vector<TableRow> rows;
  for (const auto& [year, counted] : Count(process, matters, today)) {
    for (const auto& [event, counts] : counted.events) {
      TRY(const policies::SafeTable safe, Safe({counts}, small));
      for (std::size_t i = 0; i < safe.areas.size(); ++i) {
        const auto& count = safe.cells[i][0];
        rows.push_back({name, Period(year, safe.areas[i]), event, Json(count), Json(), Json(),
                        !count.has_value(), Json(), Json(), Json()});
      }
    }
    for (const auto& [due, share] : counted.shares) {
      std::array<std::int64_t, 4> rest{};
      for (std::size_t i = 0; i < rest.size(); ++i) rest[i] = share.all[i] - share.done[i];
      TRY(const policies::SafeTable safe, Safe({share.all, share.done, rest}, small));
      for (std::size_t i = 0; i < safe.areas.size(); ++i) {
        const auto& all = safe.cells[i][0];
        const auto& done = safe.cells[i][1];
        std::optional<std::int64_t> percent;
        if (all && done) percent = policies::Percent(*done, *all);
        rows.push_back({name, Period(year, safe.areas[i]), due + " done in time", Json(done),
                        Json(all), Json(percent), !all || !done, Json(), Json(), Json()});
      }
    }
  }
  return rows;
}

std::vector<TableRow> MeasuresOf(const policies::ProcessTemplate& process,
                                 const std::vector<std::vector<policies::DatedRecord>>& matters) {
  const policies::TemplateData& data = process.Data();
  policies::MeasureTable table(data.measures, data.dimensions, SmallOf(process));
  for (const auto& records : matters) table.Take(records);
  std::vector<TableRow> rows;
  for (const policies::SafeCount& one : table.Safe()) {
    rows.push_back(MeasureRow(process.template_id(), one));
  }
  return rows;
}

}  // namespace service
