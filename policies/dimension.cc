#include "policies/dimension.h"

#include <algorithm>
#include <optional>

namespace policies {

using vault::Finding;
using vault::RecordFacts;
using vault::Severity;

namespace {

const DimensionRule* Finer(std::span<const DimensionRule> all, const DimensionRule& rule) {
  for (const DimensionRule& one : all) {
    if (one.within == rule.id) return &one;
  }
  return nullptr;
}

// The name of the coarser area to which what the record says of the finer dimension belongs; empty
// when it says nothing known.
std::string ToldByFiner(std::span<const DimensionRule> all, const DimensionRule& rule,
                        const RecordFacts& record) {
  const DimensionRule* finer = Finer(all, rule);
  if (finer == nullptr) return "";
  const DimensionArea* area = FindArea(*finer, record.First(finer->field));
  if (area == nullptr) return "";
  for (const DimensionArea& one : rule.areas) {
    if (one.id == area->within) return one.name;
  }
  return "";
}

std::string ToldBy(std::span<const DimensionRule> all, const DimensionRule& rule,
                   const RecordFacts& record) {
  std::string told = ToldByFiner(all, rule, record);
  if (!told.empty() || rule.field.empty()) return told;
  std::string value(record.First(rule.field));
  if (!rule.areas.empty() && FindArea(rule, value) == nullptr) return "";
  return value;
}

}  // namespace

const DimensionRule* FindDimension(std::span<const DimensionRule> all, std::string_view id) {
  for (const DimensionRule& one : all) {
    if (one.id == id) return &one;
  }
  return nullptr;
}

const DimensionArea* FindArea(const DimensionRule& rule, std::string_view name) {
  const auto at = std::find_if(rule.areas.begin(), rule.areas.end(),
                               [name](const DimensionArea& area) { return area.name == name; });
  return at == rule.areas.end() ? nullptr : &*at;
}

std::string AreaOf(std::span<const DimensionRule> all, const DimensionRule& rule,
                   const RecordFacts& counted, std::span<const DatedRecord> matter) {
  if (rule.of.empty() || rule.of == counted.kind) return ToldBy(all, rule, counted);
  std::optional<std::string> agreed;
  for (const DatedRecord& one : matter) {
    if (one.facts.kind != rule.of) continue;
    std::string told = ToldBy(all, rule, one.facts);
    if (agreed && *agreed != told) return "";
    agreed = std::move(told);
  }
  return agreed.value_or("");
}

std::vector<Finding> CheckAreas(std::span<const DimensionRule> all, const RecordFacts& record) {
  std::vector<Finding> findings;
  for (const DimensionRule& rule : all) {
    if (rule.of != record.kind || rule.field.empty() || rule.areas.empty()) continue;
    const std::string_view value = record.First(rule.field);
    if (value.empty()) continue;
    // The record's own text is in no sentence: a sentence is kept longer and shown more widely.
    if (FindArea(rule, value) == nullptr) {
      findings.push_back(
          {rule.id,
           Severity::kWarn,
           "\"" + rule.name + "\" names none of the template's areas: it is counted as unknown",
           rule.basis,
           {}});
    }
    const std::string told = ToldByFiner(all, rule, record);
    if (told.empty() || told == value) continue;
    const DimensionRule* finer = Finer(all, rule);
    findings.push_back({rule.id,
                        Severity::kRefuse,
                        std::string(record.First(finer->field)) + " belongs to " + told +
                            ": leave \"" + rule.name + "\" out, or correct one of the two",
                        rule.basis,
                        {}});
  }
  return findings;
}

}  // namespace policies
