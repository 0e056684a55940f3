// What closes the reading matrix whatever it says: exclusion, no part in the matter, a class for
// named readers, a condition that does not hold, papers that were withdrawn.
#include <gtest/gtest.h>

#include "tests/policies/reading_lines.h"

namespace policies::reading_tables {
namespace {

using vault::MatterFacts;
using vault::ReadingCode;
using vault::ReadingFacts;
using vault::Relation;

TEST(ReadingMatrix, WhoIsExcludedOrNoMemberReadsNothing) {
  for (const Expected* expected : Everything()) {
    const ProcessTemplate& rules = Shipped(expected->name);
    for (const auto& role : rules.Roles()) {
      for (const auto& rule : rules.Classes()) {
        for (const auto& events : expected->moments) {
          ReadingFacts facts = FactsOf(role.code, rule.code, Relation::kInvolved);
          facts.excluded = true;
          EXPECT_EQ(rules.Read(After(events), facts).code, ReadingCode::kNone);
          facts.excluded = false;
          facts.member = false;
          const ReadingCode code = rules.Read(After(events), facts).code;
          if (role.code == "BUO") {
            EXPECT_TRUE(code == ReadingCode::kMeta || code == ReadingCode::kNone);
          } else {
            EXPECT_EQ(code, ReadingCode::kNone) << expected->name << role.code << rule.code;
          }
        }
      }
    }
  }
}

TEST(ReadingMatrix, NamedClassesOpenToTheirNamedReadersAlone) {
  int named = 0;
  for (const Expected* expected : Everything()) {
    const ProcessTemplate& rules = Shipped(expected->name);
    for (const auto& rule : rules.Classes()) {
      EXPECT_EQ(rule.named_readers, rule.sensitivity == 4) << rule.code;
      if (!rule.named_readers) continue;
      ++named;
      EXPECT_TRUE(rule.lent_by.empty()) << rule.code;
      for (const auto& role : rules.Roles()) {
        for (const auto& events : expected->moments) {
          ReadingFacts facts = FactsOf(role.code, rule.code, Relation::kOwn);
          facts.named = false;
          EXPECT_LE(ReadingStrength(rules.Read(After(events), facts).code),
                    ReadingStrength(ReadingCode::kMeta));
        }
      }
    }
  }
  EXPECT_EQ(named, 4);
}

TEST(ReadingMatrix, ConditionsThatDoNotHoldOpenNothing) {
  const auto read = [](const char* name, const Moments& moments, std::size_t phase,
                       const ReadingFacts& facts) {
    return Shipped(name).Read(After(moments[phase]), facts).code;
  };
  ReadingFacts attends = FactsOf("PRT-D", "PAK", Relation::kInvolved);
  EXPECT_EQ(read("maca", Maca().moments, 3, attends), ReadingCode::kInv);
  attends.attending = false;
  EXPECT_EQ(read("maca", Maca().moments, 3, attends), ReadingCode::kNone);

  ReadingFacts lead = FactsOf("LP", "CAF", Relation::kInvolved);
  EXPECT_EQ(read("maag", Maag().moments, 4, lead), ReadingCode::kAll);
  lead.assigned = {"HUB-MGR"};
  EXPECT_EQ(read("maag", Maag().moments, 4, lead), ReadingCode::kNone);

  ReadingFacts manager = FactsOf("HUB-MGR", "RFL", Relation::kUninvolved);
  EXPECT_EQ(read("mash", Mash().moments, 1, manager), ReadingCode::kAll);
  manager.assigned.clear();
  EXPECT_EQ(read("mash", Mash().moments, 1, manager), ReadingCode::kNone);

  ReadingFacts report = FactsOf("AAC", "REP", Relation::kUninvolved);
  EXPECT_EQ(read("macfa", Macfa().moments, 8, report), ReadingCode::kAll);
  report.participating = false;
  EXPECT_EQ(read("macfa", Macfa().moments, 8, report), ReadingCode::kNone);

  ReadingFacts control = FactsOf("IGO", "CAF", Relation::kUninvolved);
  control.control_task = false;
  EXPECT_EQ(read("maag", Maag().moments, 4, control), ReadingCode::kNone);
}

TEST(ReadingMatrix, PanelPapersGoWhenTheyAreWithdrawnAlsoInTheSamePhase) {
  ReadingFacts member = FactsOf("PNL", "CAF", Relation::kUninvolved);
  MatterFacts matter = After({"TRIAGED_TO_PANEL", "PAPERS_OUT", "PACKAGE_ALLOCATED"});
  EXPECT_EQ(Shipped("maag").Phase(matter), "P4");
  EXPECT_EQ(Shipped("maag").Read(matter, member).code, ReadingCode::kAll);
  matter.events.push_back({"PAPERS_WITHDRAWN", matter.events.back().at + 60});
  EXPECT_EQ(Shipped("maag").Phase(matter), "P4");
  EXPECT_EQ(Shipped("maag").Read(matter, member).code, ReadingCode::kNone);
}

}  // namespace
}  // namespace policies::reading_tables
