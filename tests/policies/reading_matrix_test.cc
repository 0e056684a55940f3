// The whole reading matrix of every shipped template, against the tables.
#include <gtest/gtest.h>

#include "tests/policies/reading_lines.h"

namespace policies::reading_tables {
namespace {

TEST(ReadingMatrix, EveryMomentIsAPhaseOfItsOwn) {
  for (const Expected* expected : Everything()) {
    const ProcessTemplate& rules = Shipped(expected->name);
    ASSERT_EQ(rules.Phases().size(), expected->moments.size());
    for (std::size_t i = 0; i < expected->moments.size(); ++i) {
      EXPECT_EQ(rules.Phase(After(expected->moments[i])), rules.Phases()[i]) << expected->name << i;
    }
  }
}

TEST(ReadingMatrix, EveryCellOfEveryTemplateIsAsWrittenDown) {
  for (const Expected* expected : Everything()) {
    const ProcessTemplate& rules = Shipped(expected->name);
    const Lines wanted = ExpectedLines(*expected, rules);
    const Lines real = RealLines(rules, expected->moments, {});
    ASSERT_EQ(wanted.size(), real.size());
    EXPECT_EQ(real.size(), rules.Roles().size() * rules.Classes().size() * 3);
    for (const auto& [cell, line] : wanted) {
      EXPECT_EQ(real.at(cell), line) << expected->name << " " << cell;
    }
  }
}

TEST(ReadingMatrix, EveryConditionAndEveryEndIsAsWrittenDown) {
  for (const Expected* expected : Everything()) {
    EXPECT_EQ(Difference(TablesOf(*expected), Shipped(expected->name), expected->moments, ""), "")
        << expected->name;
  }
}

}  // namespace
}  // namespace policies::reading_tables
