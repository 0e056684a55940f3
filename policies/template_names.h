// TemplateNames: the names a template defines, and how its elements refer to them.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policies/due_rule.h"
#include "policies/element.h"
#include "policies/fault.h"
#include "vault/base/facts.h"

namespace policies {

using Codes = std::set<std::string, std::less<>>;

// Dates that a text need not give a name, because every document and matter has them.
constexpr std::string_view kMeeting = "MEETING";  // the planned meeting
constexpr std::string_view kFiled = "FILED";      // the document came in

// TemplateNames holds the names of every group. A text may use a name before it is defined, so
// they are read first; a dangling one is a fault where it is used.
struct TemplateNames {
  FaultList* faults = nullptr;
  Codes phases, roles, events, dues, classes, retentions, loans, limits, records, checks, scales;

  // Of gives the names one group defines; a name given twice is a fault at its second place.
  Codes Of(vault::XmlNode group, std::string_view element, std::string_view attribute) const;
  // In gives the elements of a group, faulting others.
  std::vector<vault::XmlNode> In(vault::XmlNode group,
                                 const std::vector<std::string_view>& elements) const;
  // Close ends the reading of a leaf: nothing more may stand in it.
  void Close(Element& element) const;

  // Reference is a word that must be one of the names; a missing attribute is no fault.
  std::string Reference(Element& element, std::string_view attribute, const Codes& names) const;
  std::string Required(Element& element, std::string_view attribute, const Codes& names) const;
  std::vector<std::string> References(Element& element, std::string_view attribute,
                                      const Codes& names) const;
  // AllOr is a required list that says every one of a kind with "*" (empty here).
  std::vector<std::string> AllOr(Element& element, std::string_view attribute,
                                 const Codes& names) const;
  // EventsOr gives the events and the words that stand for a date without one.
  Codes EventsOr(const std::vector<std::string_view>& words) const;

  Period PeriodOf(Element& element, std::string_view attribute) const;
  std::optional<vault::Day> DateOr(Element& element, std::string_view attribute) const;
  vault::Severity SeverityOf(Element& element) const;
  // Locked reads which way an overlay may move a rule (overlay.h).
  void Locked(Element& element) const;
  // BasisOf is a required basis: "seed", "assumption", or a citation.
  std::string BasisOf(Element& element) const;
};

}  // namespace policies
