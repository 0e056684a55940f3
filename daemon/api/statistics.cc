#include "daemon/api/statistics.h"

#include <array>
#include <map>

#include "policies/area_table.h"
#include "policies/due_rule.h"

namespace service {

using vault::Result;

namespace {

constexpr std::array<std::string_view, 4> kQuarters = {"Q1", "Q2", "Q3", "Q4"};
// Below this a count may point at a family, unless a table of the template says another.
constexpr int kSmall = 5;

// Years and quarters are those of the financial year, as the reports of partnerships are: Q1 begins
// on 1 April.
int YearOf(vault::Day day) { return policies::FinancialYearStart(day).year(); }
std::size_t QuarterOf(vault::Day day) { return (day.month() + 8) % 12 / 3; }

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

// Measures are made safe together: a small one must not follow from those it is a part of.
class Measured {
 public:
  using Quarters = std::array<std::int64_t, 4>;

  Measured(const policies::ProcessTemplate& process, int small)
      : process_(process), rules_(process.Data().measures), small_(small) {}

  void Take(const std::vector<policies::DatedRecord>& records) {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      for (const vault::Day day : policies::DaysOf(rules_[i], records)) {
        auto& columns = years_[YearOf(day)];
        columns.resize(rules_.size());
        ++columns[i][QuarterOf(day)];
      }
    }
  }

  vault::Status Rows(std::vector<TableRow>& rows) const {
    for (const auto& [year, counted] : years_) {
      policies::AreaTableRule rule;
      rule.total = "year";
      rule.small = small_;
      std::vector<Quarters> columns = counted;
      for (std::size_t i = 0; i < rules_.size(); ++i) {
        if (!rules_[i].parts.empty()) {
          policies::SumRule sum;
          sum.of = i;
          for (const std::string& part : rules_[i].parts) sum.parts.push_back(Index(part));
          rule.sums.push_back(std::move(sum));
        }
        if (rules_[i].out_of.empty()) continue;
        // What is left of the whole tells the part.
        const std::size_t whole = Index(rules_[i].out_of);
        Quarters rest{};
        for (std::size_t q = 0; q < rest.size(); ++q) rest[q] = columns[whole][q] - columns[i][q];
        rule.sums.push_back({whole, {i, columns.size()}});
        columns.push_back(rest);
      }
      // The rests are shown to nobody.
      for (std::size_t i = 0; i < columns.size(); ++i) {
        rule.columns.push_back({i < rules_.size() ? rules_[i].id : "", "", {}, {}});
      }
      TRY(const policies::SafeTable safe, policies::Suppress(rule, TableOfColumns(columns)));
      for (std::size_t i = 0; i < rules_.size(); ++i) AddRows(safe, i, year, rows);
    }
    return vault::Ok();
  }

 private:
  std::size_t Index(const std::string& id) const {
    std::size_t at = 0;
    while (at + 1 < rules_.size() && rules_[at].id != id) ++at;
    return at;
  }
  void AddRows(const policies::SafeTable& safe, std::size_t i, int year,
               std::vector<TableRow>& rows) const;
  const policies::ProcessTemplate& process_;
  const std::vector<policies::MeasureRule>& rules_;
  const int small_;
  std::map<int, std::vector<Quarters>> years_;
};

Json Period(int year, const std::string& area) {
  const std::string next = std::to_string((year + 1) % 100);
  const std::string text = std::to_string(year) + "/" + (next.size() == 1 ? "0" : "") + next;
  return area == "year" ? Json(text) : Json(text + " " + area);
}

void Measured::AddRows(const policies::SafeTable& safe, std::size_t i, int year,
                       std::vector<TableRow>& rows) const {
  const std::string name(process_.template_id());
  for (std::size_t area = 0; area < safe.areas.size(); ++area) {
    const auto& count = safe.cells[area][i];
    std::optional<std::int64_t> whole;
    std::optional<std::int64_t> percent;
    const bool part = !rules_[i].out_of.empty();
    if (part) whole = safe.cells[area][Index(rules_[i].out_of)];
    // What was counted on another day than its whole may pass it: then it is no share.
    if (count && whole && *count <= *whole) percent = policies::Percent(*count, *whole);
    rows.push_back({name, Period(year, safe.areas[area]), rules_[i].id, Json(count), Json(whole),
                    Json(percent), !count || (part && !whole)});
  }
}

}  // namespace

Json QuarterOfYear(vault::Day day) {
  return Period(YearOf(day), std::string(kQuarters[QuarterOf(day)]));
}

Json FinancialYearWords(vault::Day day) { return Period(YearOf(day), "year"); }

std::vector<std::string> StatisticsColumns() {
  return {"process", "period", "measure", "numerator", "denominator", "percent", "suppressed"};
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
                        !count.has_value()});
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
                        Json(all), Json(percent), !all || !done});
      }
    }
  }
  return rows;
}

Result<std::vector<TableRow>> MeasuresOf(
    const policies::ProcessTemplate& process,
    const std::vector<std::vector<policies::DatedRecord>>& matters) {
  Measured measured(process, SmallOf(process));
  for (const auto& records : matters) measured.Take(records);
  std::vector<TableRow> rows;
  TRY_VOID(measured.Rows(rows));
  return rows;
}

}  // namespace service
