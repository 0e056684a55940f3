#include "policies/themes.h"

#include <map>
#include <utility>

#include "policies/due_rule.h"
#include "vault/base/text.h"

namespace policies {
namespace {

constexpr int kYearsBefore = 2;
constexpr int kYearsAfter = 1;

// As it is compared: without blanks around it, in small letters of English.
std::string Folded(std::string_view name) {
  const std::size_t first = name.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "";
  name = name.substr(first, name.find_last_not_of(" \t\r\n") - first + 1);
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return folded;
}

// Counts keeps each group under the first spelling that it was met in.
class Counts {
 public:
  explicit Counts(int year) : year_(year) {}

  // Meet gives the group as it is counted in the year; null: it is of another one.
  GroupYear* Meet(std::string_view group, int year) {
    const std::string folded = Folded(group);
    if (folded.empty() || year < year_ - kYearsBefore || year > year_ + kYearsAfter) return nullptr;
    GroupYear& met = groups_[folded];
    if (met.group.empty()) met.group = std::string(group);
    return year == year_ ? &met : nullptr;
  }
  std::vector<GroupYear> Take() {
    std::vector<GroupYear> all;
    for (auto& [folded, group] : groups_) all.push_back(std::move(group));
    return all;
  }

 private:
  const int year_;
  std::map<std::string, GroupYear> groups_;
};

}  // namespace

std::optional<int> YearNamed(std::string_view text) {
  const auto number = vault::ParseDecimal(text.substr(0, 4));
  if (text.size() < 4 || !number.ok()) return std::nullopt;
  // More digits are no year.
  if (text.size() > 4 && text[4] >= '0' && text[4] <= '9') return std::nullopt;
  return static_cast<int>(number.value());
}

std::vector<GroupYear> GroupsOf(const ThemesRule& rule, int year,
                                std::span<const vault::RecordFacts> records,
                                std::span<const GroupMatter> matters) {
  Counts counts(year);
  for (const vault::RecordFacts& record : records) {
    const std::optional<int> named = YearNamed(record.First(rule.year));
    if (record.kind != rule.of || !named) continue;
    if (GroupYear* group = counts.Meet(record.First(rule.group), *named)) ++group->themes;
  }
  for (const GroupMatter& matter : matters) {
    for (const std::string& name : matter.groups) {
      GroupYear* group = counts.Meet(name, FinancialYearStart(matter.day).year());
      if (group != nullptr) ++group->matters;
    }
  }
  return counts.Take();
}

}  // namespace policies
