#include "policies/element.h"

#include <algorithm>

#include "vault/base/text.h"

namespace policies {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool IsCode(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

// The XML door gives its one fault as text; the place is read back so that faults are all alike.
Fault FromDetail(std::string_view detail) {
  Fault fault;
  auto number = [&detail](std::string_view lead) {
    std::size_t value = 1;
    if (!detail.starts_with(lead)) return value;
    detail.remove_prefix(lead.size());
    std::size_t digits = std::min(detail.find_first_not_of("0123456789"), detail.size());
    auto parsed = vault::ParseDecimal(detail.substr(0, digits));
    detail.remove_prefix(digits);
    return parsed.ok() ? static_cast<std::size_t>(parsed.value()) : value;
  };
  fault.position.line = number("line ");
  fault.position.column = number(", column ");
  if (detail.starts_with(": ")) detail.remove_prefix(2);
  fault.sentence = detail;
  return fault;
}

}  // namespace

std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(kBlanks, at)) != std::string_view::npos) {
    std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

Checked<vault::XmlDocument> ParseText(std::string_view text) {
  auto parsed = vault::XmlDocument::Parse(vault::AsBytes(text), vault::XmlTemplateLimits());
  if (!parsed.ok()) return std::vector<Fault>{FromDetail(parsed.error().detail)};
  return std::move(parsed).value();
}

std::optional<std::string_view> Element::Seen(std::string_view name) {
  asked_.emplace(name);
  return node_.attribute(name);
}

std::string Element::Text(std::string_view name) {
  auto value = Seen(name);
  if (!value) {
    FaultAt(name, "is missing");
    return {};
  }
  if (value->find_first_not_of(kBlanks) == std::string_view::npos) {
    FaultAt(name, "must not be blank");
  }
  return std::string(*value);
}

std::string Element::TextOr(std::string_view name, std::string_view fallback) {
  return std::string(Seen(name).value_or(fallback));
}

std::string Element::Code(std::string_view name) {
  std::string code = Text(name);
  if (code.find_first_not_of(kBlanks) != std::string::npos && !IsCode(code)) {
    FaultAt(name, "may hold letters, digits, - and _ only");
  }
  return code;
}

std::vector<std::string> Element::Words(std::string_view name) {
  auto value = Seen(name);
  if (!value) return {};
  std::vector<std::string> words = SplitWords(*value);
  if (words.empty()) FaultAt(name, "must not be blank");
  return words;
}

int Element::Number(std::string_view name, int low, int high) {
  auto value = Seen(name);
  if (!value) {
    FaultAt(name, "is missing");
    return low;
  }
  bool negative = value->starts_with('-');
  auto digits = vault::ParseDecimal(negative ? value->substr(1) : *value);
  if (digits.ok() && digits.value() <= 1'000'000) {
    int number = static_cast<int>(digits.value()) * (negative ? -1 : 1);
    if (number >= low && number <= high) return number;
  }
  FaultAt(name,
          "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return low;
}

bool Element::Yes(std::string_view name) {
  return Choice<bool>(name, {{"no", false}, {"yes", true}});
}

vault::Day Element::Date(std::string_view name) {
  std::string text = Text(name);
  auto day = vault::Day::Parse(text);
  if (day.ok()) return day.value();
  if (!text.empty()) FaultAt(name, "must be a date written YYYY-MM-DD");
  return {};
}

void Element::FaultAt(std::string_view name, std::string_view sentence) {
  vault::XmlPosition position = node_.position();
  for (const auto& attribute : node_.attributes()) {
    if (attribute.name() == name) position = attribute.position();
  }
  std::string text = "<" + std::string(node_.name()) + "> " + std::string(name) + " ";
  faults_->Add(position, text + std::string(sentence));
}

void Element::RequireOneOf(const std::vector<std::string_view>& names) {
  std::string list;
  int given = 0;
  for (std::string_view name : names) {
    list += (list.empty() ? "" : ", ") + std::string(name);
    given += Has(name) ? 1 : 0;
  }
  if (given == 1) return;
  faults_->Add(node_.position(),
               "<" + std::string(node_.name()) + "> needs exactly one of: " + list);
}

std::vector<vault::XmlNode> Element::Children(const std::vector<std::string_view>& names) {
  std::vector<vault::XmlNode> out;
  for (vault::XmlNode child = node_.first_child(); child; child = child.next_sibling()) {
    if (child.is_text()) {
      if (child.value().find_first_not_of(kBlanks) != std::string_view::npos) {
        faults_->Add(child.position(),
                     "text is not expected in <" + std::string(node_.name()) + ">");
      }
      continue;
    }
    if (std::find(names.begin(), names.end(), child.name()) == names.end()) {
      faults_->Add(child.position(), "<" + std::string(child.name()) + "> is not known in <" +
                                         std::string(node_.name()) + ">");
      continue;
    }
    out.push_back(child);
  }
  return out;
}

void Element::Finish() {
  for (const auto& attribute : node_.attributes()) {
    if (asked_.contains(attribute.name())) continue;
    faults_->Add(attribute.position(), "<" + std::string(node_.name()) + "> has no attribute " +
                                           std::string(attribute.name()));
  }
}

}  // namespace policies
