// Dimension: what a measure is told by besides as a whole: districts, their quadrants, agencies.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policies/measure.h"
#include "vault/base/facts.h"

namespace policies {

// DimensionArea is one <area>: a value of a dimension that is told even where nothing was counted.
struct DimensionArea {
  std::string id;
  std::string name;    // what stands in the field, and what is told
  std::string within;  // the id of the area of the coarser dimension that it belongs to
};

// DimensionRule is one <dimension> of a template's statistics.
struct DimensionRule {
  std::string id;
  std::string name;
  std::string of;      // the kind of record of the matter that tells it; empty: the one counted
  std::string field;   // empty: only the areas of a finer dimension tell it
  std::string within;  // the coarser dimension; empty: none
  std::vector<DimensionArea> areas;  // in order; empty: whatever occurs
  std::string basis;
};

// kUnknownArea is how the row of what names no area of the dimension is told. No area is called so.
inline constexpr std::string_view kUnknownArea = "(unknown)";

// FindDimension and FindArea: null when there is none. Names are compared as they are written.
const DimensionRule* FindDimension(std::span<const DimensionRule> all, std::string_view id);
const DimensionArea* FindArea(const DimensionRule& rule, std::string_view name);

// AreaOf gives the name of the area in which a record counts, empty when it is not known. An area
// of a finer dimension tells its coarser one, whatever the field of that says. Several records of
// the matter that do not agree tell none.
std::string AreaOf(std::span<const DimensionRule> all, const DimensionRule& rule,
                   const vault::RecordFacts& counted, std::span<const DatedRecord> matter);

// CheckAreas holds a new record against the dimensions that it tells: a name that is not listed
// warns, one that contradicts its finer area is refused. The finding's rule is the dimension.
std::vector<vault::Finding> CheckAreas(std::span<const DimensionRule> all,
                                       const vault::RecordFacts& record);

}  // namespace policies
