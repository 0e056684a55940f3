#include "policies/overlay.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "policies/due_rule.h"
#include "policies/element.h"
#include "vault/base/text.h"

namespace policies {
namespace {

using vault::XmlNode;

// What may be changed locally: periods and offsets, limits, how serious a miss is, whom to remind,
// and wording. Who reads what is not here: that is a new template.
struct Changeable {
  std::string_view element;
  std::string_view name;  // the attribute that names one
  std::vector<std::string_view> attributes;
};

const std::vector<Changeable>& Table() {
  static const std::vector<Changeable> kTable = {
      {"limit", "id", {"value", "severity", "basis"}},
      {"phase", "id", {"name"}},
      {"role", "code", {"name"}},
      // A hold only ever keeps: a partnership may place more of them.
      {"event", "name", {"what", "places-hold", "hold-authority", "hold-review"}},
      {"due", "id", {"what", "offset", "roll", "warn", "owed-by", "escalate-to", "basis"}},
      {"retention", "id", {"applies-to", "period", "review", "basis", "authority"}},
      {"class", "code", {"name"}},
      {"record", "kind", {"what"}},
      {"area", "id", {"name", "within"}},
      {"check",
       "id",
       {"says", "severity", "at-least", "at-most", "not-before", "not-after", "age-at-most",
        "count-at-least", "count-at-most", "basis"}}};
  return kTable;
}

const Changeable* Find(std::string_view element) {
  for (const Changeable& entry : Table()) {
    if (entry.element == element) return &entry;
  }
  return nullptr;
}

// A rough length in hours, to tell a shorter period from a longer one. Units that cannot be told
// apart exactly (5 WD and 7 D) are no tightening either way: see Loosens.
std::optional<std::pair<std::int64_t, std::int64_t>> Length(std::string_view text) {
  if (text == "at-once") return std::pair<std::int64_t, std::int64_t>{0, 0};
  auto period = ParsePeriod(text);
  if (!period.ok()) return std::nullopt;
  const std::int64_t n = period.value().count;
  std::int64_t least = 0;
  std::int64_t most = 0;
  switch (period.value().unit) {
    case Unit::kHours:
      least = most = n;
      break;
    case Unit::kDays:
      least = most = 24 * n;
      break;
    case Unit::kWeeks:
      least = most = 168 * n;
      break;
    case Unit::kWorkingDays:  // with holidays, no more than twice as many days and a week
      least = 24 * n;
      most = n == 0 ? 0 : 24 * (n < 0 ? 2 * n - 7 : 2 * n + 7);
      break;
    case Unit::kMonths:
      least = 24 * 28 * n;
      most = 24 * 31 * n;
      break;
    case Unit::kYears:
      least = 24 * 365 * n;
      most = 24 * 366 * n;
      break;
  }
  return std::pair<std::int64_t, std::int64_t>{std::min(least, most), std::max(least, most)};
}

std::optional<std::int64_t> NumberOf(std::string_view text) {
  const bool negative = text.starts_with('-');
  auto digits = vault::ParseDecimal(negative ? text.substr(1) : text);
  if (!digits.ok() || digits.value() > 1'000'000) return std::nullopt;
  return static_cast<std::int64_t>(digits.value()) * (negative ? -1 : 1);
}

// Sign of new - old: -1 smaller, 0 the same, 1 larger, nothing when it cannot be told.
std::optional<int> Compare(std::string_view before, std::string_view after) {
  if (before == after) return 0;
  const auto first = NumberOf(before);
  const auto second = NumberOf(after);
  if (first && second) return *second < *first ? -1 : *second > *first ? 1 : 0;
  const auto old_period = ParsePeriod(before);
  const auto new_period = ParsePeriod(after);
  if (old_period.ok() && new_period.ok() && old_period.value().unit == new_period.value().unit) {
    const int difference = new_period.value().count - old_period.value().count;
    return difference < 0 ? -1 : difference > 0 ? 1 : 0;
  }
  const auto old_length = Length(before);
  const auto new_length = Length(after);
  if (!old_length || !new_length) return std::nullopt;
  if (new_length->second < old_length->first) return -1;
  if (new_length->first > old_length->second) return 1;
  return std::nullopt;
}

int Strictness(std::string_view word) {
  constexpr std::array<std::string_view, 4> kOrder = {"warn", "hold", "exception", "refuse"};
  const auto at = std::find(kOrder.begin(), kOrder.end(), word);
  return at == kOrder.end() ? 0 : static_cast<int>(at - kOrder.begin());
}

// What a locked rule may not become. Wording, reminders and who is told never loosen a rule.
std::optional<std::string> Loosens(std::string_view locked, std::string_view attribute,
                                   std::string_view before, std::string_view after) {
  static const std::set<std::string_view> kWording = {
      "name", "what", "says", "applies-to", "authority", "basis", "warn", "owed-by", "escalate-to"};
  if (kWording.contains(attribute)) return std::nullopt;
  if (attribute == "severity") {
    if (Strictness(after) >= Strictness(before)) return std::nullopt;
    return "is locked: it cannot become less serious";
  }
  if (attribute == "review") {
    if (after == "yes" || after == before) return std::nullopt;
    return "is locked: a review cannot be left out";
  }
  if (attribute == "roll") return before == after ? std::nullopt : std::optional("is locked");
  const auto change = Compare(before, after);
  if (change == 0) return std::nullopt;
  if (locked == "fixed") return "is locked: it cannot be changed";
  const bool upwards = locked == "at-least" || locked == "no-earlier";
  if (change && *change == (upwards ? 1 : -1)) return std::nullopt;
  return upwards ? "is locked: it can become larger and not smaller"
                 : "is locked: it can become smaller and not larger";
}

// Replaces values in a text by their place, from the end to the beginning, so that places found
// before stay right.
class TextChanges {
 public:
  explicit TextChanges(std::string_view text) : text_(text) {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] == '\n') starts_.push_back(i + 1);
    }
  }

  // The attribute's value, or, for an element without it, the attribute behind the element's name.
  void Set(XmlNode node, std::string_view attribute, std::string_view value) {
    for (const auto& given : node.attributes()) {
      if (given.name() != attribute) continue;
      const std::size_t name = Offset(given.position());
      const std::size_t open = text_.find_first_of("\"'", name);
      CHECK(open != std::string::npos);
      const std::size_t close = text_.find(text_[open], open + 1);
      CHECK(close != std::string::npos);
      changes_[open] = {close + 1 - open, Quoted(value)};
      return;
    }
    const std::size_t behind = Offset(node.position()) + 1 + node.name().size();
    changes_[behind].second += " " + std::string(attribute) + "=" + Quoted(value);
  }

  std::string Made() {
    std::string out = text_;
    for (auto it = changes_.rbegin(); it != changes_.rend(); ++it) {
      out.replace(it->first, it->second.first, it->second.second);
    }
    return out;
  }

 private:
  // A column counts characters; the text is UTF-8.
  std::size_t Offset(vault::XmlPosition position) const {
    std::size_t at = starts_[std::min(position.line, starts_.size()) - 1];
    for (std::size_t column = 1; column < position.column && at < text_.size(); ++column) {
      ++at;
      while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xC0) == 0x80) ++at;
    }
    return at;
  }

  static std::string Quoted(std::string_view value) {
    std::string out = "\"";
    for (char c : value) {
      if (c == '&') {
        out += "&amp;";
      } else if (c == '<') {
        out += "&lt;";
      } else if (c == '"') {
        out += "&quot;";
      } else {
        out += c;
      }
    }
    return out + "\"";
  }

  std::string text_;
  std::vector<std::size_t> starts_;
  std::map<std::size_t, std::pair<std::size_t, std::string>> changes_;
};

XmlNode FindElement(XmlNode root, const Changeable& entry, std::string_view name) {
  for (XmlNode group = root.first_element(); group; group = group.next_element()) {
    for (XmlNode node = group.first_element(entry.element); node;
         node = node.next_element(entry.element)) {
      if (node.attribute(entry.name) == name) return node;
    }
  }
  return {};
}

}  // namespace

bool IsOverlay(std::string_view text) {
  auto parsed = ParseText(text);
  return parsed.ok() && parsed.value().root().name() == "overlay";
}

Checked<Overlay> Overlay::Read(std::string_view text) {
  auto parsed = ParseText(text);
  if (!parsed.ok()) return std::move(parsed).faults();
  FaultList faults;
  Element root(parsed.value().root(), &faults);
  if (root.node().name() != "overlay") {
    faults.Add(root.node().position(), "the root element must be <overlay>");
    return std::move(faults).Take();
  }
  Overlay overlay;
  overlay.position = root.node().position();
  overlay.template_id = root.Code("template");
  overlay.of_version = static_cast<std::uint32_t>(root.Number("of-version", 1, 1'000'000));
  overlay.version = static_cast<std::uint32_t>(root.Number("version", 1, 1'000'000));
  if (overlay.version <= overlay.of_version) {
    root.FaultAt("version", "must be larger than of-version");
  }
  overlay.author = root.Text("author");
  overlay.date = root.Date("date").ToText();
  overlay.reason = root.Text("reason");
  root.Finish();
  std::set<std::string> seen;
  for (XmlNode node : root.Children({"set"})) {
    Element element(node, &faults);
    Amendment change;
    change.position = node.position();
    change.element = element.Text("element");
    change.name = element.Text("name");
    change.attribute = element.Text("attribute");
    change.value = element.Text("value");
    change.reason = element.TextOr("reason", overlay.reason);
    element.Children({});
    element.Finish();
    if (!seen.insert(change.element + " " + change.name + " " + change.attribute).second) {
      element.FaultAt("attribute", "is changed twice");
    }
    overlay.amendments.push_back(std::move(change));
  }
  if (overlay.amendments.empty()) faults.Add(overlay.position, "<overlay> needs a <set>");
  if (!faults.empty()) return std::move(faults).Take();
  return overlay;
}

Checked<std::string> Amend(std::string_view text, const Overlay& overlay) {
  auto parsed = ParseText(text);
  if (!parsed.ok()) return std::move(parsed).faults();
  const XmlNode root = parsed.value().root();
  FaultList faults;
  TextChanges changes(text);
  for (const Amendment& change : overlay.amendments) {
    const Changeable* entry = Find(change.element);
    const auto fault = [&](const std::string& sentence) {
      faults.Add(change.position, "<set> " + change.element + " " + change.name + " " +
                                      change.attribute + " " + sentence);
    };
    if (entry == nullptr || std::find(entry->attributes.begin(), entry->attributes.end(),
                                      change.attribute) == entry->attributes.end()) {
      fault("cannot be changed locally");
      continue;
    }
    const XmlNode node = FindElement(root, *entry, change.name);
    if (!node) {
      fault("is not in the template");
      continue;
    }
    const std::string before(node.attribute(change.attribute).value_or(""));
    if (auto locked = node.attribute("locked")) {
      if (auto loosens = Loosens(*locked, change.attribute, before, change.value)) {
        fault(*loosens);
        continue;
      }
    }
    changes.Set(node, change.attribute, change.value);
  }
  if (!faults.empty()) return std::move(faults).Take();
  changes.Set(root, "version", std::to_string(overlay.version));
  return changes.Made();
}

}  // namespace policies
