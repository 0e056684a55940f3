// ReadingLines: the reading tables and the matrix of a template as lines that can be compared.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/policies/reading_tables.h"
#include "tests/policies/shipped.h"

namespace policies::reading_tables {

inline constexpr vault::Relation kRelations[] = {vault::Relation::kOwn, vault::Relation::kInvolved,
                                                 vault::Relation::kUninvolved};
using Lines = std::map<std::string, std::string>;  // "role class relation" to one letter a phase

inline std::vector<std::string> SplitAt(const std::string& text, char mark) {
  std::vector<std::string> out;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, mark);) out.push_back(part);
  return out;
}

inline Lines ExpectedLines(const Expected& expected, const ProcessTemplate& rules) {
  Lines lines;
  std::map<std::string, std::set<std::string>> named;
  std::vector<std::pair<std::string, std::vector<std::string>>> rest;
  std::stringstream rows(expected.rows);
  std::string role, classes, line;
  const auto put = [&lines](const std::string& role_code, const std::string& class_code,
                            const std::vector<std::string>& three) {
    for (std::size_t i = 0; i < 3; ++i) {
      lines[role_code + " " + class_code + " " + std::to_string(i)] = three[i];
    }
  };
  while (rows >> role >> classes) {
    std::vector<std::string> three;
    for (int i = 0; i < 3; ++i) {
      rows >> line;
      three.push_back(line == "=" ? three.back() : line);
      EXPECT_EQ(three.back().size(), expected.moments.size()) << role << classes;
    }
    if (classes == "*") {
      rest.emplace_back(role, three);
      continue;
    }
    for (const auto& code : SplitAt(classes, ',')) {
      EXPECT_TRUE(rules.Class(code).ok()) << code;
      EXPECT_TRUE(named[role].insert(code).second) << role << code;
      put(role, code, three);
    }
  }
  const std::string nothing(expected.moments.size(), '-');
  for (const auto& each : rules.Roles()) {
    for (const auto& rule : rules.Classes()) {
      if (!named[each.code].contains(rule.code)) {
        put(each.code, rule.code, {nothing, nothing, nothing});
      }
    }
  }
  for (const auto& [code, three] : rest) {
    for (const auto& rule : rules.Classes()) {
      if (!named[code].contains(rule.code)) put(code, rule.code, three);
    }
  }
  return lines;
}

inline bool Lists(const std::string& list, const std::string& word) {
  const auto words = SplitAt(list, ',');
  return list == "*" || std::find(words.begin(), words.end(), word) != words.end();
}

// What the table says without one condition: the letters that need it are nothing.
inline Lines ExpectedWithout(const Expected& expected, Lines lines, const std::string& condition) {
  std::stringstream rows(expected.needs);
  std::string roles, classes, letter, conditions;
  while (rows >> roles >> classes >> letter >> conditions) {
    EXPECT_EQ(letter.size(), 1u);
    if (!Lists(conditions, condition)) continue;
    for (auto& [cell, line] : lines) {
      const auto words = SplitAt(cell, ' ');
      if (!Lists(roles, words[0]) || !Lists(classes, words[1])) continue;
      std::replace(line.begin(), line.end(), letter[0], '-');
    }
  }
  return lines;
}

// The events after which something ends within a phase, and what is left then.
inline std::map<std::string, Lines> ExpectedEnds(const Expected& expected, const Lines& wanted) {
  std::map<std::string, Lines> ends;
  std::stringstream rows(expected.ends);
  std::string event, roles, classes, left;
  while (rows >> event >> roles >> classes >> left) {
    Lines& lines = ends.try_emplace(event, wanted).first->second;
    for (auto& [cell, line] : lines) {
      const auto words = SplitAt(cell, ' ');
      if (!Lists(roles, words[0]) || !Lists(classes, words[1])) continue;
      for (char& letter : line) {
        // What one's own agency filed stays open, but for what the table says is written only.
        if (letter != 'o' || words[0] == "MIN") letter = left[0];
      }
    }
  }
  return ends;
}

inline char Letter(vault::ReadingCode code) {
  switch (code) {
    case vault::ReadingCode::kNone:
      return '-';
    case vault::ReadingCode::kMeta:
      return 'm';
    case vault::ReadingCode::kAgg:
      return 'g';
    case vault::ReadingCode::kOwn:
      return 'o';
    case vault::ReadingCode::kInv:
      return 'i';
    case vault::ReadingCode::kAll:
      return 'a';
    case vault::ReadingCode::kAdm:
      return 'd';
    case vault::ReadingCode::kCtl:
      return 'c';
  }
  return '?';
}

inline vault::ReadingFacts FactsOf(const std::string& role, const std::string& class_code,
                                   vault::Relation relation) {
  vault::ReadingFacts facts{{role}, class_code, relation, true, true, true, true};
  facts.named = true;
  facts.assigned = {role};
  return facts;
}

inline const std::vector<std::string>& Conditions() {
  static const std::vector<std::string> kAll = {"attending", "participating", "control-task",
                                                "assigned"};
  return kAll;
}

inline vault::ReadingFacts Without(vault::ReadingFacts facts, const std::string& condition) {
  if (condition == "attending") facts.attending = false;
  if (condition == "participating") facts.participating = false;
  if (condition == "control-task") facts.control_task = false;
  if (condition == "assigned") facts.assigned = {"nobody"};
  return facts;
}

// Seen is how a matrix is looked at: for one role or all of them, without one condition or with all
// of them, and after one more event than the phase needs or none.
struct Seen {
  std::string only = {};
  std::string without = {};
  std::string then = {};
};

inline Lines RealLines(const ProcessTemplate& rules, const Moments& moments, const Seen& seen) {
  std::vector<vault::MatterFacts> matters;
  for (auto events : moments) {
    if (!seen.then.empty()) events.push_back(seen.then);
    matters.push_back(After(events));
  }
  Lines lines;
  for (const auto& role : rules.Roles()) {
    if (!seen.only.empty() && role.code != seen.only) continue;
    for (const auto& rule : rules.Classes()) {
      for (std::size_t i = 0; i < 3; ++i) {
        std::string& line = lines[role.code + " " + rule.code + " " + std::to_string(i)];
        const vault::ReadingFacts facts =
            Without(FactsOf(role.code, rule.code, kRelations[i]), seen.without);
        for (const auto& matter : matters) line += Letter(rules.Read(matter, facts).code);
      }
    }
  }
  return lines;
}

// Table is what is written down of a matrix, looked at in one way.
struct Table {
  Lines wanted;
  Seen seen;
};

// With every condition, without each of them, and after each event that ends something.
inline std::vector<Table> TablesOf(const Expected& expected) {
  const Lines wanted = ExpectedLines(expected, Shipped(expected.name));
  std::vector<Table> tables = {{wanted, {}}};
  for (const auto& condition : Conditions()) {
    tables.push_back({ExpectedWithout(expected, wanted, condition), {"", condition, ""}});
  }
  for (const auto& [event, lines] : ExpectedEnds(expected, wanted)) {
    tables.push_back({lines, {"", "", event}});
  }
  return tables;
}

// Difference tells the first cell of a matrix, or of one role in it, that is not as written down.
inline std::string Difference(const std::vector<Table>& tables, const ProcessTemplate& rules,
                              const Moments& moments, const std::string& only) {
  for (const Table& table : tables) {
    Seen seen = table.seen;
    seen.only = only;
    for (const auto& [cell, line] : RealLines(rules, moments, seen)) {
      if (table.wanted.at(cell) == line) continue;
      return cell + " " + seen.without + seen.then + ": " + line + ", not " + table.wanted.at(cell);
    }
  }
  return "";
}

}  // namespace policies::reading_tables
