// MACFA: who reads what in which phase, against a table written down independently of the template.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/policies/macfa_audit.h"

namespace policies::macfa {
namespace {

using vault::MatterFacts;
using vault::ReadingCode;
using vault::ReadingFacts;
using vault::Relation;

// The matrix for audit forms in the words of the guidance's reading of it: one string a role, one
// column a phase P0…P9, for own, involved and uninvolved documents. Lower case letters: o own,
// i inv, a all, d adm, c ctl, m meta, g agg, - nothing. Attending, participating, control task
// and membership all hold.
struct MatrixRow {
  const char *role, *own, *involved, *uninvolved;
};
constexpr MatrixRow kFormMatrix[] = {
    {"BUO", "dddddddmmm", "dddddddmmm", "dddddddmmm"},
    {"CHR", "--mmaa----", "--mmaa----", "--mmaa----"},
    {"AAC", "oooooooooo", "----ii----", "----------"},
    {"AUD", "oooooooooo", "----ii----", "----------"},
    {"PRT-D", "----ii----", "----ii----", "----------"},
    {"PRT-M", "----ii----", "----ii----", "----------"},
    {"PRT-X", "----ii----", "----ii----", "----------"},
    {"PRT-S", "----------", "----------", "----------"},
    {"GRP", "--gg--g---", "--gg--g---", "--gg--g---"},
    {"PTN", "----------", "----------", "----------"},
    {"IGO", "-cccc-cccc", "-cccc-cccc", "-cccc-cccc"},
    {"DPO", "----------", "----------", "----------"},
    {"INS", "----------", "----------", "----------"},
};

char Letter(ReadingCode code) {
  static const std::map<ReadingCode, char> kLetters = {
      {ReadingCode::kNone, '-'}, {ReadingCode::kMeta, 'm'}, {ReadingCode::kAgg, 'g'},
      {ReadingCode::kOwn, 'o'},  {ReadingCode::kInv, 'i'},  {ReadingCode::kAll, 'a'},
      {ReadingCode::kAdm, 'd'},  {ReadingCode::kCtl, 'c'}};
  return kLetters.at(code);
}

std::string MatrixOf(const ProcessTemplate& rules, const ReadingFacts& facts) {
  std::string line;
  for (const auto& [phase, moment] : Moments()) {
    line += Letter(rules.Read(Audit(moment), facts).code);
  }
  return line;
}

// The whole matrix for forms as one text, so that two can be compared.
std::string FormMatrix(const ProcessTemplate& rules) {
  std::string out;
  for (const MatrixRow& row : kFormMatrix) {
    for (Relation relation : {Relation::kOwn, Relation::kInvolved, Relation::kUninvolved}) {
      ReadingFacts facts{{row.role}, "FRM", relation, true, true, true, true};
      out += std::string(row.role) + " " + MatrixOf(rules, facts) + "\n";
    }
  }
  return out;
}

std::string ExpectedFormMatrix() {
  std::string out;
  for (const MatrixRow& row : kFormMatrix) {
    for (const char* line : {row.own, row.involved, row.uninvolved}) {
      out += std::string(row.role) + " " + line + "\n";
    }
  }
  return out;
}

TEST(Macfa, FormsAreReadByTheMatrixAndNobodyElse) {
  EXPECT_EQ(FormMatrix(Macfa()), ExpectedFormMatrix());
}

// Leaves one row out at a time and sees that the table notices.
TEST(Macfa, EveryRowThatNamesFormsIsMissedWhenItIsGone) {
  const std::string text = ShippedText("templates/macfa.xml");
  int flipped = 0;
  for (std::size_t at = text.find("<read "); at != std::string::npos;
       at = text.find("<read ", at + 1)) {
    const std::size_t end = text.find("/>", at) + 2;
    const std::string row = text.substr(at, end - at);
    if (row.find("FRM") == std::string::npos) continue;
    std::string changed = text;
    changed.erase(at, end - at);
    auto rules = ProcessTemplate::Parse(changed, ShippedCalendars(), "");
    ASSERT_TRUE(rules.ok());
    EXPECT_NE(FormMatrix(*rules.value()), ExpectedFormMatrix()) << row;
    ++flipped;
  }
  EXPECT_EQ(flipped, 12);
}

TEST(Macfa, OneFlippedCellIsNoticed) {
  struct Flip {
    const char *from, *to;
  };
  for (const Flip& flip :
       {Flip{R"(role="AAC" class="FRM PAK" phase="P4 P5")",
             R"(role="AAC" class="FRM PAK" phase="P4 P5 P6")"},
        Flip{R"(role="AUD" class="FRM PAK" phase="P4 P5" code="inv")",
             R"(role="AUD" class="FRM PAK" phase="P4 P5" code="all")"},
        Flip{R"(role="CHR" class="FRM" phase="P2 P3" code="meta")",
             R"(role="CHR" class="FRM" phase="P2 P3" code="all")"},
        Flip{R"(role="GRP" class="FRM" phase="P2 P3 P6" code="agg")",
             R"(role="GRP" class="FRM" phase="P2 P3" code="agg")"},
        Flip{R"(code="adm" until="REPORT_APPROVED")", R"(code="adm" until="PRESENTED")"},
        Flip{R"(phase="P1 P2 P3 P4 P6 P7 P8 P9" code="ctl")", R"(phase="*" code="ctl")"}}) {
    std::string text = ShippedText("templates/macfa.xml");
    const std::size_t at = text.find(flip.from);
    ASSERT_NE(at, std::string::npos) << flip.from;
    text.replace(at, std::string(flip.from).size(), flip.to);
    auto rules = ProcessTemplate::Parse(text, ShippedCalendars(), "");
    ASSERT_TRUE(rules.ok());
    EXPECT_NE(FormMatrix(*rules.value()), ExpectedFormMatrix()) << flip.to;
  }
}

TEST(Macfa, ConditionsOpenNothingWhenTheyDoNotHold) {
  for (const auto& [phase, moment] : Moments()) {
    const MatterFacts matter = Audit(moment);
    for (const char* role : {"AUD", "PRT-D", "PRT-M", "PRT-X"}) {
      ReadingFacts facts{{role}, "FRM", Relation::kInvolved, true, true, false, true};
      EXPECT_EQ(Macfa().Read(matter, facts).code, ReadingCode::kNone) << role << phase;
    }
    ReadingFacts control{{"IGO"}, "FRM", Relation::kUninvolved, true, true, true, false};
    EXPECT_EQ(Macfa().Read(matter, control).code, ReadingCode::kNone) << phase;
    ReadingFacts report{{"AAC"}, "REP", Relation::kUninvolved, false, true, true, true};
    EXPECT_EQ(Macfa().Read(matter, report).code, ReadingCode::kNone) << phase;
  }
}

TEST(Macfa, WhoIsNoMemberSeesNothingButTheUnitThatItExists) {
  for (const MatrixRow& row : kFormMatrix) {
    for (const auto& rule : Macfa().Classes()) {
      for (const auto& [phase, moment] : Moments()) {
        for (Relation relation : {Relation::kOwn, Relation::kInvolved, Relation::kUninvolved}) {
          ReadingFacts facts{{row.role}, rule.code, relation, true, false, true, true};
          const ReadingCode code = Macfa().Read(Audit(moment), facts).code;
          if (std::string(row.role) == "BUO") {
            EXPECT_TRUE(code == ReadingCode::kMeta || code == ReadingCode::kNone);
          } else {
            EXPECT_EQ(code, ReadingCode::kNone) << row.role << rule.code << phase;
          }
        }
      }
    }
  }
  ReadingFacts unit{{"BUO"}, "FRM", Relation::kUninvolved, false, false, false, false};
  EXPECT_EQ(Macfa().Read(Audit("2026-03-01"), unit).code, ReadingCode::kMeta);
}

// The other classes, for documents another agency filed: role, class, P0…P9.
TEST(Macfa, OtherClassesAreReadByTheMatrix) {
  struct Row {
    const char *role, *class_code, *line;
  };
  const Row rows[] = {
      {"BUO", "SCH", "a----a---m"},   {"BUO", "LLI", "-a---a---m"},
      {"BUO", "SEL", "-a---a---m"},   {"BUO", "KEY", "-m---m---m"},
      {"BUO", "PAK", "----da---m"},   {"BUO", "DEL", "-----am--m"},
      {"BUO", "REP", "-----aaa-m"},   {"BUO", "PLN", "-----aaaam"},
      {"BUO", "IMP", "-----a--am"},   {"CHR", "SCH", "a---------"},
      {"CHR", "SEL", "-a--------"},   {"CHR", "LLI", "-m--------"},
      {"CHR", "PAK", "----aa----"},   {"CHR", "REP", "------aaaa"},
      {"CHR", "PLN", "------aa--"},   {"CHR", "IMP", "--------a-"},
      {"CHR", "KEY", "----------"},   {"AAC", "SCH", "a---------"},
      {"AAC", "LLI", "----------"},   {"AAC", "PAK", "----ii----"},
      {"AAC", "REP", "-------aaa"},   {"AAC", "PLN", "----------"},
      {"AAC", "IMP", "----------"},   {"AAC", "KEY", "----------"},
      {"AUD", "SCH", "----------"},   {"AUD", "PAK", "----ii----"},
      {"AUD", "REP", "----------"},   {"PRT-D", "PAK", "----ii----"},
      {"PRT-D", "LRN", "-------a--"}, {"PRT-S", "PAK", "----------"},
      {"PRT-S", "REP", "-------a--"}, {"GRP", "SCH", "a---------"},
      {"GRP", "LLI", "-g--------"},   {"GRP", "SEL", "-g--------"},
      {"GRP", "REP", "-------aaa"},   {"GRP", "PLN", "-------a--"},
      {"GRP", "IMP", "--------g-"},   {"PTN", "SCH", "a---------"},
      {"PTN", "LRN", "-------a-a"},   {"PTN", "REP", "----------"},
      {"IGO", "GOV", "acccc-cccc"},   {"IGO", "DEL", "-cccc-accc"},
      {"IGO", "REP", "-cccc-cccc"},   {"INS", "REP", "-------aaa"},
      {"INS", "PLN", "-------aaa"},   {"INS", "IMP", "----------"},
  };
  for (const Row& row : rows) {
    ReadingFacts facts{{row.role}, row.class_code, Relation::kInvolved, true, true, true, true};
    EXPECT_EQ(MatrixOf(Macfa(), facts), row.line) << row.role << " " << row.class_code;
  }
}

TEST(Macfa, WhatAnAgencyFiledItselfItReadsInEveryPhase) {
  struct Row {
    const char *role, *class_code;
  };
  for (const Row& row : {Row{"AAC", "LLI"}, Row{"AAC", "IMP"}, Row{"AAC", "DIS"}, Row{"AUD", "IMP"},
                         Row{"PRT-S", "IMP"}, Row{"BUO", "REP"}, Row{"BUO", "AGD"}}) {
    ReadingFacts facts{{row.role}, row.class_code, Relation::kOwn, true, true, true, true};
    EXPECT_EQ(MatrixOf(Macfa(), facts), "oooooooooo") << row.role << row.class_code;
  }
}

TEST(Macfa, TheStrongestRoleDecidesAndIsNamed) {
  const MatterFacts reading = Audit("2026-04-03");
  ReadingFacts facts{{"IGO", "DPO", "AAC"}, "FRM", Relation::kInvolved, true, true, true, true};
  auto verdict = Macfa().Read(reading, facts);
  EXPECT_EQ(verdict.code, ReadingCode::kInv);
  EXPECT_FALSE(verdict.reason_required);
  EXPECT_EQ(verdict.rule, "macfa/1 reading AAC FRM P4");
  facts.relation = Relation::kUninvolved;
  verdict = Macfa().Read(reading, facts);
  EXPECT_EQ(verdict.code, ReadingCode::kCtl);
  EXPECT_TRUE(verdict.reason_required);
  EXPECT_EQ(verdict.rule, "macfa/1 reading IGO FRM P4");
  facts.roles = {"BUO", "IGO"};
  verdict = Macfa().Read(reading, facts);
  EXPECT_EQ(verdict.code, ReadingCode::kAdm);
  EXPECT_FALSE(verdict.reason_required);
  facts.roles = {};
  verdict = Macfa().Read(reading, facts);
  EXPECT_EQ(verdict.code, ReadingCode::kNone);
  EXPECT_EQ(verdict.rule, "macfa/1 reading none FRM P4");
}

TEST(Macfa, PacksOfUninvolvedSubjectsOpenOnlyByTheOption) {
  std::string text = ShippedText("templates/macfa.xml");
  const std::string option = "pack-scope=\"inv\"";
  text.replace(text.find(option), option.size(), "pack-scope=\"all\"");
  auto rules = ProcessTemplate::Parse(text, ShippedCalendars(), "");
  ASSERT_TRUE(rules.ok());
  ReadingFacts facts{{"AAC"}, "PAK", Relation::kUninvolved, true, true, true, true};
  EXPECT_EQ(MatrixOf(*rules.value(), facts), "----aa----");
  EXPECT_EQ(MatrixOf(Macfa(), facts), "----------");
  facts.participating = false;
  EXPECT_EQ(MatrixOf(*rules.value(), facts), "----------");
}

}  // namespace
}  // namespace policies::macfa
