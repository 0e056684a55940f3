// Element: reads one element's attributes strictly, putting down every fault with its place.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policies/fault.h"
#include "vault/base/civil.h"
#include "vault/base/xml.h"

namespace policies {

// ParseText reads a text into a tree; what is not XML is one fault.
Checked<vault::XmlDocument> ParseText(std::string_view text);

// Element answers what an element says. After a fault it answers something harmless, so reading
// goes on and all faults are found. Both arguments must outlive it.
class Element {
 public:
  Element(vault::XmlNode node, FaultList* faults) : node_(node), faults_(faults) {}

  vault::XmlNode node() const { return node_; }
  bool Has(std::string_view name) const { return node_.attribute(name).has_value(); }
  // Text is a required attribute that is not blank.
  std::string Text(std::string_view name);
  // TextOr is an optional attribute.
  std::string TextOr(std::string_view name, std::string_view fallback);
  // Code is a required attribute of letters, digits, "-" and "_".
  std::string Code(std::string_view name);
  // Words is a list set apart by blanks; empty when the attribute is missing.
  std::vector<std::string> Words(std::string_view name);
  // Number is a required whole number from low to high.
  int Number(std::string_view name, int low, int high);
  // Yes is true for "yes", false for "no" or nothing.
  bool Yes(std::string_view name);
  // Date is a required YYYY-MM-DD.
  vault::Day Date(std::string_view name);
  // Choice gives the value beside the attribute's word; the first pair's value when it is missing.
  template <class T>
  T Choice(std::string_view name, const std::vector<std::pair<std::string_view, T>>& choices) {
    auto word = Seen(name);
    if (!word) return choices.front().second;
    std::string known;
    for (const auto& [text, value] : choices) {
      if (text == *word) return value;
      known += (known.empty() ? "" : ", ") + std::string(text);
    }
    FaultAt(name, "must be one of: " + known);
    return choices.front().second;
  }

  // FaultAt puts down a fault at the attribute, or at the element when it has no such attribute.
  void FaultAt(std::string_view name, std::string_view sentence);
  // RequireOneOf faults unless exactly one of the attributes is there.
  void RequireOneOf(const std::vector<std::string_view>& names);
  // Children gives the elements inside, faulting those not named here and any text between.
  std::vector<vault::XmlNode> Children(const std::vector<std::string_view>& names);
  // Finish faults every attribute nobody asked for.
  void Finish();

 private:
  std::optional<std::string_view> Seen(std::string_view name);
  vault::XmlNode node_;
  FaultList* faults_;
  std::set<std::string, std::less<>> asked_;
};

// SplitWords cuts at blanks.
std::vector<std::string> SplitWords(std::string_view text);

}  // namespace policies
