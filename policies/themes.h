// Themes: what each group agreed for a financial year, and which group agreed nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/civil.h"
#include "vault/base/facts.h"

namespace policies {

// ThemesRule is one <themes> of a template's statistics.
struct ThemesRule {
  std::string of;     // the kind of record that keeps a theme
  std::string group;  // its field with the group that agreed it
  std::string year;   // its field with the financial year it is for
  std::string due;    // the <due> that says by when, counted within that year
  std::string basis;
};

// GroupMatter is a matter as far as groups ask: whose it is, and its day.
struct GroupMatter {
  std::vector<std::string> groups;
  vault::Day day;  // of its meeting, or of its beginning while none is set
};

// GroupYear is one group in one financial year.
struct GroupYear {
  std::string group;
  std::int64_t themes = 0;
  std::int64_t matters = 0;
};

// YearNamed reads the financial year of a text by the four digits it begins with: "2026/27",
// "2026-27" and "2026" begin on 1 April 2026. None: it names no year.
std::optional<int> YearNamed(std::string_view text);

// GroupsOf counts themes and matters of every known group in the financial year that begins in
// `year`, by name. A group is known when a theme or matter of that year, of one of the two before
// or of the next one names it: one that was dissolved is forgotten in time. The case of letters and
// blanks around a name do not count.
std::vector<GroupYear> GroupsOf(const ThemesRule& rule, int year,
                                std::span<const vault::RecordFacts> records,
                                std::span<const GroupMatter> matters);

}  // namespace policies
