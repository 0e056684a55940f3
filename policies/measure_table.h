// MeasureTable: the measures of a process by financial quarter, year and area, safe to leave.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "policies/dimension.h"
#include "policies/measure.h"
#include "vault/base/civil.h"

namespace policies {

// SafeCount is a count as it may leave, with what it must be kept with.
struct SafeCount {
  int year = 0;          // the one in which the financial year begins
  unsigned quarter = 0;  // 1 to 4; 0: the whole year
  std::string measure;
  std::string by;                          // the dimension; empty: the measure as a whole
  std::string area;                        // of the dimension; kUnknownArea: what names none
  bool unplaced = false;                   // this is kUnknownArea, and something was counted there
  bool part = false;                       // `whole` is a count of its own, shown or hidden
  std::optional<std::int64_t> count;       // none: hidden
  std::optional<std::int64_t> whole = {};  // what it is a part of, in the same area and period
};

// FinancialYearOf and FinancialQuarterOf (0 to 3): the financial year begins on 1 April.
int FinancialYearOf(vault::Day day);
std::size_t FinancialQuarterOf(vault::Day day);

// MeasureTable counts matter by matter.   Order: Take each matter once, then Safe.
class MeasureTable {
 public:
  // The rules outlive the table. small: counts below it are hidden.
  MeasureTable(std::span<const MeasureRule> measures, std::span<const DimensionRule> dimensions,
               int small)
      : measures_(measures), dimensions_(dimensions), small_(small) {}

  void Take(std::span<const DatedRecord> matter);

  // Safe tells every count of each year in which anything was counted: the quarters, then the year,
  // of each measure, then of its areas as the template lists them, or else by their names, and the
  // unknown one last. All of a year are made safe together.
  std::vector<SafeCount> Safe() const;

 private:
  static constexpr std::size_t kPeriods = 5;  // four quarters and the year
  static constexpr std::size_t kWhole = static_cast<std::size_t>(-1);
  using Counts = std::array<std::int64_t, kPeriods>;
  // Which measure, by which dimension (kWhole: by none), in which area (empty: unknown).
  using Key = std::tuple<std::size_t, std::size_t, std::string>;
  using Year = std::map<Key, Counts>;
  class Net;

  std::size_t DimensionAt(const std::string& id) const;
  std::size_t MeasureAt(const std::string& id) const;
  std::vector<std::string> AreasOf(const Year& year, std::size_t dimension) const;

  std::span<const MeasureRule> measures_;
  std::span<const DimensionRule> dimensions_;
  const int small_;
  std::map<int, Year> years_;
};

}  // namespace policies
