// One change in a template's reading matrix, in turn everywhere: the tables notice each.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "tests/policies/reading_lines.h"

namespace policies::reading_tables {
namespace {

using vault::MatterFacts;
using vault::ReadingCode;
using vault::Relation;

// One attribute of one row of a template's text, where it stands.
struct Attribute {
  std::size_t at = std::string::npos;  // of its value
  std::string value;
};

Attribute Find(const std::string& text, std::size_t row, const std::string& name) {
  const std::size_t end = text.find("/>", row);
  const std::size_t at = text.find(" " + name + "=\"", row);
  if (at == std::string::npos || at > end) return {};
  const std::size_t value = at + name.size() + 3;
  return {value, text.substr(value, text.find('"', value) - value)};
}

// Every row of every template is changed in turn, and loses its conditions and its end in turn; the
// tables have to notice each.
TEST(ReadingMatrix, OneChangedRowIsNoticed) {
  for (const Expected* expected : Everything()) {
    const std::string text = ShippedText(std::string("templates/") + expected->name + ".xml");
    const std::vector<Table> tables = TablesOf(*expected);
    int changes = 0;
    const auto noticed = [&](const std::string& changed, std::size_t row) {
      auto rules = ProcessTemplate::Parse(changed, ShippedCalendars(), "");
      ASSERT_TRUE(rules.ok()) << expected->name << text.substr(row, 90);
      EXPECT_NE(
          Difference(tables, *rules.value(), expected->moments, Find(text, row, "role").value), "")
          << expected->name << ": " << text.substr(row, text.find("/>", row) - row);
      ++changes;
    };
    for (std::size_t row = text.find("<read "); row != std::string::npos;
         row = text.find("<read ", row + 1)) {
      const Attribute code = Find(text, row, "code");
      std::string changed = text;
      changed.replace(code.at, code.value.size(), code.value == "agg" ? "meta" : "agg");
      noticed(changed, row);
      for (const std::string name : {"if", "until"}) {
        const Attribute attribute = Find(text, row, name);
        // Reading for a task needs the task by itself.
        if (attribute.at == std::string::npos || code.value == "ctl") continue;
        for (const auto& word : SplitAt(attribute.value, ' ')) {
          std::string left = attribute.value;
          left.erase(left.find(word), word.size());
          while (!left.empty() && left.front() == ' ') left.erase(0, 1);
          changed = text;
          if (left.empty()) {
            const std::size_t from = attribute.at - name.size() - 3;
            changed.erase(from, attribute.at + attribute.value.size() + 1 - from);
          } else {
            changed.replace(attribute.at, attribute.value.size(), left);
          }
          noticed(changed, row);
        }
      }
    }
    EXPECT_GT(changes, 15) << expected->name;
  }
}

// One cell at a time, every role by class by phase: what is in it is taken out, and everything is
// given in its place. The table has to notice both.
TEST(ReadingMatrix, OneFlippedCellIsNoticed) {
  for (const Expected* expected : Everything()) {
    const ProcessTemplate& shipped = Shipped(expected->name);
    const Lines wanted = ExpectedLines(*expected, shipped);
    const auto phases = shipped.Phases();
    std::vector<std::string> named;
    for (const auto& rule : shipped.Classes()) {
      if (rule.named_readers) named.push_back(rule.code);
    }
    const auto letters = [&](const std::vector<ReadingRow>& rows, const std::string& role,
                             const std::string& class_code, std::size_t phase) {
      const NeedToKnow matrix(rows, named, PackScope::kInvolved);
      const MatterFacts matter = After(expected->moments[phase]);
      std::string out;
      for (const Relation relation : kRelations) {
        out += Letter(matrix.Read(phases[phase], matter, FactsOf(role, class_code, relation)).code);
      }
      return out;
    };
    const auto& all = shipped.Data().reading.rows();
    int flipped = 0;
    for (const auto& role : shipped.Roles()) {
      std::vector<ReadingRow> rows;
      std::copy_if(all.begin(), all.end(), std::back_inserter(rows),
                   [&](const ReadingRow& row) { return row.role == role.code; });
      for (const auto& rule : shipped.Classes()) {
        for (std::size_t phase = 0; phase < phases.size(); ++phase) {
          std::string cell;
          for (std::size_t i = 0; i < 3; ++i) {
            cell += wanted.at(role.code + " " + rule.code + " " + std::to_string(i))[phase];
          }
          ASSERT_EQ(letters(rows, role.code, rule.code, phase), cell) << role.code << rule.code;
          auto given = rows;
          for (const ReadingCode code : {ReadingCode::kOwn, ReadingCode::kAll}) {
            ReadingRow row;
            row.role = role.code;
            row.classes = {rule.code};
            row.phases = {phases[phase]};
            row.code = code;
            given.push_back(row);
          }
          if (cell != "oaa") {
            EXPECT_NE(letters(given, role.code, rule.code, phase), cell);
            ++flipped;
          }
          std::vector<ReadingRow> taken;
          for (const ReadingRow& row : rows) {
            const auto has = [](const std::vector<std::string>& list, const std::string& word) {
              return list.empty() || std::find(list.begin(), list.end(), word) != list.end();
            };
            if (!has(row.classes, rule.code) || !has(row.phases, phases[phase])) {
              taken.push_back(row);
            }
          }
          if (cell != "---") {
            EXPECT_NE(letters(taken, role.code, rule.code, phase), cell);
            ++flipped;
          }
        }
      }
    }
    EXPECT_GT(flipped, 300) << expected->name;
  }
}

}  // namespace
}  // namespace policies::reading_tables
