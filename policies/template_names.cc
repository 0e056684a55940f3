#include "policies/template_names.h"

namespace policies {
namespace {
std::string Quoted(const std::string& word) { return "\"" + word + "\""; }
}  // namespace

Codes TemplateNames::Of(vault::XmlNode group, std::string_view element,
                        std::string_view attribute) const {
  Codes names;
  for (auto node = group.first_element(element); node; node = node.next_element(element)) {
    auto name = node.attribute(attribute);
    if (!name || names.emplace(*name).second) continue;
    Element(node, faults).FaultAt(attribute, "is given twice");
  }
  return names;
}

std::vector<vault::XmlNode> TemplateNames::In(vault::XmlNode group,
                                              const std::vector<std::string_view>& elements) const {
  if (!group) return {};
  return Element(group, faults).Children(elements);
}

void TemplateNames::Close(Element& element) const {
  element.TextOr("note", "");
  element.Children({});
  element.Finish();
}

std::string TemplateNames::Reference(Element& element, std::string_view attribute,
                                     const Codes& names) const {
  std::string word = element.TextOr(attribute, "");
  if (element.Has(attribute) && !names.contains(word)) {
    element.FaultAt(attribute, "names no known " + Quoted(word));
  }
  return word;
}

std::string TemplateNames::Required(Element& element, std::string_view attribute,
                                    const Codes& names) const {
  if (!element.Has(attribute)) element.FaultAt(attribute, "is missing");
  return Reference(element, attribute, names);
}

std::vector<std::string> TemplateNames::References(Element& element, std::string_view attribute,
                                                   const Codes& names) const {
  std::vector<std::string> words = element.Words(attribute);
  Codes seen;
  for (const std::string& word : words) {
    if (!names.contains(word)) element.FaultAt(attribute, "names no known " + Quoted(word));
    if (!seen.insert(word).second) element.FaultAt(attribute, "names " + Quoted(word) + " twice");
  }
  return words;
}

std::vector<std::string> TemplateNames::AllOr(Element& element, std::string_view attribute,
                                              const Codes& names) const {
  if (!element.Has(attribute)) {
    element.FaultAt(attribute, "is missing");
    return {};
  }
  if (element.TextOr(attribute, "") == "*") return {};
  return References(element, attribute, names);
}

Codes TemplateNames::EventsOr(const std::vector<std::string_view>& words) const {
  Codes names = events;
  for (std::string_view word : words) names.emplace(word);
  return names;
}

Period TemplateNames::PeriodOf(Element& element, std::string_view attribute) const {
  auto period = ParsePeriod(element.TextOr(attribute, ""));
  if (period.ok()) return period.value();
  element.FaultAt(attribute, "must be a number, a blank and WD, D, W, M, Y or H");
  return {};
}

std::optional<vault::Day> TemplateNames::DateOr(Element& element,
                                                std::string_view attribute) const {
  if (!element.Has(attribute)) return std::nullopt;
  return element.Date(attribute);
}

vault::Severity TemplateNames::SeverityOf(Element& element) const {
  using vault::Severity;
  return element.Choice<Severity>("severity", {{"warn", Severity::kWarn},
                                               {"exception", Severity::kException},
                                               {"hold", Severity::kHold},
                                               {"refuse", Severity::kRefuse}});
}

void TemplateNames::Locked(Element& element) const {
  element.Choice<int>(
      "locked",
      {{"at-most", 0}, {"no-later", 1}, {"at-least", 2}, {"no-earlier", 3}, {"fixed", 4}});
}

std::string TemplateNames::BasisOf(Element& element) const { return element.Text("basis"); }

}  // namespace policies
