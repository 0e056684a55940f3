#include "policies/measure_table.h"

#include <set>
#include <utility>

#include "policies/due_rule.h"
#include "policies/suppression.h"

namespace policies {

int FinancialYearOf(vault::Day day) { return FinancialYearStart(day).year(); }
std::size_t FinancialQuarterOf(vault::Day day) { return (day.month() + 8) % 12 / 3; }

// Net is a year's counts and everything that adds up among them: the columns are measures and their
// areas, each with its quarters and its year.
class MeasureTable::Net {
 public:
  Net(const MeasureTable& table, const Year& year) : table_(table), year_(year) {
    for (std::size_t i = 0; i < table.measures_.size(); ++i) AddMeasure(i);
    for (std::size_t i = 0; i < table.measures_.size(); ++i) {
      AddAreas(i);
      AddParts(i);
      AddRest(i);
    }
    // What stands in one sum only goes before what stands in many.
    for (std::size_t column = 0; column < cells_.size() / kPeriods; ++column) {
      CountSum sum{column * kPeriods + kPeriods - 1, {}};
      for (std::size_t q = 0; q + 1 < kPeriods; ++q) sum.parts.push_back(column * kPeriods + q);
      sums_.push_back(std::move(sum));
    }
    hidden_ = Hide(cells_, sums_, table.small_);
  }

  const std::vector<Key>& shown() const { return shown_; }
  bool Has(const Key& key) const { return columns_.contains(key); }
  std::int64_t Count(const Key& key, std::size_t period) const {
    return cells_[columns_.at(key) * kPeriods + period].count;
  }
  std::optional<std::int64_t> Safe(const Key& key, std::size_t period) const {
    const std::size_t cell = columns_.at(key) * kPeriods + period;
    if (hidden_[cell]) return std::nullopt;
    return cells_[cell].count;
  }

 private:
  std::size_t AddColumn(const Counts& counts, const std::array<CellKind, kPeriods>& kinds) {
    for (std::size_t p = 0; p < kPeriods; ++p) cells_.push_back({counts[p], kinds[p]});
    return cells_.size() / kPeriods - 1;
  }

  void AddShown(const Key& key) {
    const auto found = year_.find(key);
    const Counts counts = found == year_.end() ? Counts{} : found->second;
    std::array<CellKind, kPeriods> kinds{};
    kinds.fill(CellKind::kCount);
    // That every area is known says nothing of anybody; hiding it would hide another count as well.
    const bool unknown = std::get<1>(key) != kWhole && std::get<2>(key).empty();
    for (std::size_t p = 0; p < kPeriods; ++p) {
      if (unknown && counts[p] == 0) kinds[p] = CellKind::kNothing;
    }
    columns_[key] = AddColumn(counts, kinds);
    shown_.push_back(key);
  }

  void AddMeasure(std::size_t measure) {
    AddShown({measure, kWhole, ""});
    for (const std::string& id : table_.measures_[measure].by) {
      const std::size_t dimension = table_.DimensionAt(id);
      for (std::string& area : table_.AreasOf(year_, dimension)) {
        AddShown({measure, dimension, std::move(area)});
      }
    }
  }

  void AddSum(std::size_t whole, const std::vector<std::size_t>& parts) {
    for (std::size_t p = 0; p < kPeriods; ++p) {
      CountSum sum{whole * kPeriods + p, {}};
      for (std::size_t part : parts) sum.parts.push_back(part * kPeriods + p);
      sums_.push_back(std::move(sum));
    }
  }

  // The areas of a dimension are the whole; the areas within one are that one, but for what is
  // known to be in it and not where.
  void AddAreas(std::size_t measure) {
    for (const std::string& id : table_.measures_[measure].by) {
      const std::size_t dimension = table_.DimensionAt(id);
      std::vector<std::size_t> all;
      for (const std::string& area : table_.AreasOf(year_, dimension)) {
        all.push_back(columns_.at({measure, dimension, area}));
      }
      AddSum(columns_.at({measure, kWhole, ""}), all);
      const std::size_t coarser = table_.DimensionAt(table_.dimensions_[dimension].within);
      if (coarser != kWhole && Has({measure, coarser, ""})) AddWithin(measure, dimension, coarser);
    }
  }

  void AddWithin(std::size_t measure, std::size_t finer, std::size_t coarser) {
    std::vector<std::size_t> nowhere;
    for (const DimensionArea& area : table_.dimensions_[coarser].areas) {
      const std::size_t whole = columns_.at({measure, coarser, area.name});
      std::vector<std::size_t> parts;
      Counts rest{};
      for (std::size_t p = 0; p < kPeriods; ++p) rest[p] = cells_[whole * kPeriods + p].count;
      for (const DimensionArea& one : table_.dimensions_[finer].areas) {
        if (one.within != area.id) continue;
        parts.push_back(columns_.at({measure, finer, one.name}));
        for (std::size_t p = 0; p < kPeriods; ++p) {
          rest[p] -= cells_[parts.back() * kPeriods + p].count;
        }
      }
      std::array<CellKind, kPeriods> kinds{};
      kinds.fill(CellKind::kOpen);
      nowhere.push_back(AddColumn(rest, kinds));
      parts.push_back(nowhere.back());
      AddSum(whole, parts);
    }
    nowhere.push_back(columns_.at({measure, coarser, ""}));
    AddSum(columns_.at({measure, finer, ""}), nowhere);
  }

  // In how many slots (as a whole, in each area) is it told?
  std::vector<Key> SlotsOf(std::size_t measure) const {
    std::vector<Key> slots;
    for (const Key& key : shown_) {
      if (std::get<0>(key) == measure) slots.push_back(key);
    }
    return slots;
  }

  void AddParts(std::size_t measure) {
    const std::vector<std::string>& parts = table_.measures_[measure].parts;
    if (parts.empty()) return;
    for (const Key& slot : SlotsOf(measure)) {
      std::vector<std::size_t> columns;
      for (const std::string& id : parts) {
        Key key = slot;
        std::get<0>(key) = table_.MeasureAt(id);
        if (Has(key)) columns.push_back(columns_.at(key));
      }
      if (columns.size() == parts.size()) AddSum(columns_.at(slot), columns);
    }
  }

  // What is left of the whole tells the part.
  void AddRest(std::size_t measure) {
    const std::string& out_of = table_.measures_[measure].out_of;
    if (out_of.empty()) return;
    for (const Key& slot : SlotsOf(measure)) {
      Key key = slot;
      std::get<0>(key) = table_.MeasureAt(out_of);
      if (!Has(key)) continue;
      Counts rest{};
      std::array<CellKind, kPeriods> kinds{};
      for (std::size_t p = 0; p < kPeriods; ++p) {
        const CountCell& whole = cells_[columns_.at(key) * kPeriods + p];
        rest[p] = whole.count - Count(slot, p);
        // Less than nothing is left where parts counted on other days than their whole: it is
        // nobody. Nor is what is left of an unknown area without anything.
        const bool nobody = rest[p] < 0 || (whole.kind == CellKind::kNothing && rest[p] == 0);
        kinds[p] = nobody ? CellKind::kOpen : CellKind::kRest;
      }
      const std::size_t column = AddColumn(rest, kinds);
      AddSum(columns_.at(key), {columns_.at(slot), column});
    }
  }

  const MeasureTable& table_;
  const Year& year_;
  std::map<Key, std::size_t> columns_;
  std::vector<Key> shown_;
  std::vector<CountCell> cells_;
  std::vector<CountSum> sums_;
  std::vector<bool> hidden_;
};

std::size_t MeasureTable::DimensionAt(const std::string& id) const {
  for (std::size_t i = 0; i < dimensions_.size(); ++i) {
    if (dimensions_[i].id == id) return i;
  }
  return kWhole;
}

std::size_t MeasureTable::MeasureAt(const std::string& id) const {
  std::size_t at = 0;
  while (at + 1 < measures_.size() && measures_[at].id != id) ++at;
  return at;
}

// The areas of a year: those listed, or all that occur in any measure, so that a row that stands
// says nothing of its own; the unknown one last.
std::vector<std::string> MeasureTable::AreasOf(const Year& year, std::size_t dimension) const {
  std::vector<std::string> areas;
  for (const DimensionArea& area : dimensions_[dimension].areas) areas.push_back(area.name);
  if (areas.empty()) {
    std::set<std::string> seen;
    for (const auto& [key, counts] : year) {
      if (std::get<1>(key) == dimension) seen.insert(std::get<2>(key));
    }
    seen.erase("");
    areas.assign(seen.begin(), seen.end());
  }
  areas.emplace_back();
  return areas;
}

void MeasureTable::Take(std::span<const DatedRecord> matter) {
  for (std::size_t i = 0; i < measures_.size(); ++i) {
    for (const CountedRecord& one : CountedOf(measures_[i], matter)) {
      Year& year = years_[FinancialYearOf(one.day)];
      const auto add = [&](std::size_t dimension, std::string area) {
        Counts& counts = year[{i, dimension, std::move(area)}];
        ++counts[FinancialQuarterOf(one.day)];
        ++counts[kPeriods - 1];
      };
      add(kWhole, "");
      for (const std::string& id : measures_[i].by) {
        const std::size_t dimension = DimensionAt(id);
        add(dimension, AreaOf(dimensions_, dimensions_[dimension], *one.record, matter));
      }
    }
  }
}

std::vector<SafeCount> MeasureTable::Safe() const {
  std::vector<SafeCount> out;
  for (const auto& [number, year] : years_) {
    const Net net(*this, year);
    for (const Key& key : net.shown()) {
      const auto& [measure, dimension, area] = key;
      Key whole = key;
      if (!measures_[measure].out_of.empty()) {
        std::get<0>(whole) = MeasureAt(measures_[measure].out_of);
      }
      for (std::size_t p = 0; p < kPeriods; ++p) {
        SafeCount one;
        one.year = number;
        one.quarter = p + 1 == kPeriods ? 0 : static_cast<unsigned>(p) + 1;
        one.measure = measures_[measure].id;
        if (dimension != kWhole) {
          one.by = dimensions_[dimension].id;
          one.area = area.empty() ? std::string(kUnknownArea) : area;
          one.unplaced = area.empty() && net.Count(key, p) != 0;
        }
        one.part = whole != key && net.Has(whole);
        one.count = net.Safe(key, p);
        if (one.part) one.whole = net.Safe(whole, p);
        out.push_back(std::move(one));
      }
    }
  }
  return out;
}

}  // namespace policies
