// Dimensions: which area a record counts in, what a contradiction says, and faults in their text.
#include "policies/dimension.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "policies/policy_diff.h"
#include "policies/rule_book.h"
#include "tests/policies/asked.h"

namespace policies {
namespace {

vault::RecordFacts Request(const char* district, const char* quadrant) {
  vault::RecordFacts record = Record("request", {{"subject", "S"},
                                                 {"born", "2012-01-01"},
                                                 {"ldd", "no"},
                                                 {"district", district},
                                                 {"level", "3"},
                                                 {"source", "school"},
                                                 {"received", "2026-06-01"},
                                                 {"family-agrees", "yes"}});
  if (*quadrant != '\0') record.values.push_back({"quadrant", quadrant});
  return record;
}

std::string In(const ProcessTemplate& rules, const char* dimension,
               const vault::RecordFacts& record) {
  const auto& all = rules.Data().dimensions;
  const DimensionRule* rule = FindDimension(all, dimension);
  CHECK(rule != nullptr);
  return AreaOf(all, *rule, record, {});
}

TEST(Dimension, ADistrictTellsItsQuadrantWhateverElseIsWritten) {
  const ProcessTemplate& rules = Shipped("maag");
  EXPECT_EQ(In(rules, "district", Request("Castle Point", "")), "Castle Point");
  EXPECT_EQ(In(rules, "quadrant", Request("Castle Point", "")), "South");
  EXPECT_EQ(In(rules, "quadrant", Request("Castle Point", "West")), "South");
  EXPECT_EQ(In(rules, "quadrant", Request("Elsewhere", "West")), "West");
  EXPECT_EQ(In(rules, "quadrant", Request("Elsewhere", "Nowhere")), "");
  EXPECT_EQ(In(rules, "district", Request("castle point", "")), "");
  EXPECT_EQ(In(rules, "agency", Record("chase", {{"agency", "POL"}})), "POL");
}

TEST(Dimension, ARequestNamesItsDistrictAndAContradictionIsRefusedWithTheReason) {
  EXPECT_EQ(OnRecord("maag", Request("Harlow", ""), {}, {}), Lines());
  EXPECT_EQ(OnRecord("maag", Request("Harlow", "West"), {}, {}), Lines());
  EXPECT_EQ(OnRecord("maag", Request("Harlow", "South"), {}, {}), Lines{"quadrant refuse"});
  EXPECT_EQ(OnRecord("maag", Request("Elsewhere", "South"), {}, {}), Lines{"district warn"});
  EXPECT_EQ(OnRecord("maag", Request("Elsewhere", "Nowhere"), {}, {}),
            (Lines{"quadrant warn", "district warn"}));
  EXPECT_EQ(OnRecord("maag", Request("Harlow", "Nowhere"), {}, {}),
            (Lines{"quadrant warn", "quadrant refuse"}));
  const auto findings = CheckAreas(Shipped("maag").Data().dimensions, Request("Harlow", "South"));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].sentence,
            "Harlow belongs to West: leave \"Quadrant\" out, or correct one of the two");
  EXPECT_EQ(findings[0].basis, "seed");
  // What somebody wrote is in no sentence.
  const auto unknown = CheckAreas(Shipped("maag").Data().dimensions, Request("Elsewhere", ""));
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_EQ(unknown[0].sentence.find("Elsewhere"), std::string::npos);
}

TEST(Dimension, WhichQuadrantADistrictLiesInIsSetLocally) {
  const auto hash = [](vault::ByteView bytes) { return "h" + std::to_string(bytes.size()); };
  auto book = TemplateBook::FromTexts(
      ShippedCalendarTexts(),
      {{"maag.xml", ShippedText("templates/maag.xml")},
       {"local.xml",
        "<overlay template='maag' of-version='1' version='101' author='A. Officer' "
        "date='2026-11-22' reason='the hubs were redrawn'>\n"
        "<set element='area' name='uttlesford' attribute='within' value='mid'/>\n</overlay>\n"}},
      hash);
  ASSERT_TRUE(book.ok());
  const auto templates = book.value()->Templates();
  ASSERT_EQ(templates.size(), 2u);
  EXPECT_EQ(In(*templates[0], "quadrant", Request("Uttlesford", "")), "West");
  EXPECT_EQ(In(*templates[1], "quadrant", Request("Uttlesford", "")), "Mid");
  const auto changes = Compare(*templates[0], *templates[1]);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].ToText(),
            "area uttlesford: district Uttlesford, within west -> district Uttlesford, within mid");
}

// The shipped text with pieces replaced, its faults, and where a piece of it stands.
class Text {
 public:
  Text() : text_(ShippedText("templates/maag.xml")) {}
  Text& With(const std::string& from, const std::string& to) {
    const std::size_t at = text_.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text_.replace(at, from.size(), to);
    return *this;
  }
  Lines Faults() const {
    const auto parsed = ProcessTemplate::Parse(text_, ShippedCalendars(), "hash");
    return parsed.ok() ? Lines() : Texts(parsed.faults());
  }
  std::string At(const std::string& piece, const std::string& sentence) const {
    const std::size_t at = text_.find(piece);
    EXPECT_NE(at, std::string::npos) << piece;
    const std::string before = text_.substr(0, at);
    const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    return vault::XmlFaultText({line + 1, at - before.rfind('\n')}, sentence);
  }

 private:
  std::string text_;
};

TEST(Dimension, AreasThatLeadNowhereAreFaultsAtTheirPlace) {
  Text text;
  text.With("name=\"Maldon\" within=\"mid\"", "name=\"Maldon\" within=\"middle\"")
      .With("name=\"Harlow\" within=\"west\"", "name=\"Harlow\"")
      .With("name=\"West\"", "name=\"West\" within=\"south\"")
      .With("name=\"Rochford\"", "name=\"Basildon\"")
      .With("of=\"district\" name=\"Tendring\"", "of=\"parish\" name=\"Tendring\"")
      .With("name=\"Brentwood\"", "name=\"(unknown)\"");
  EXPECT_EQ(text.Faults(),
            (Lines{text.At("within=\"south\"/>\n    <area id=\"north-east\"",
                           "<area> within has no meaning: its dimension lies within none"),
                   text.At("within=\"middle\"", "<area> within names no area of \"quadrant\""),
                   text.At("name=\"(unknown)\"", "<area> name is the word for an unknown area"),
                   text.At("name=\"Basildon\" within=\"south\"/>\n    <area id=\"epping-forest\"",
                           "<area> name is given twice"),
                   text.At("<area id=\"harlow\"", "<area> within is missing"),
                   text.At("of=\"parish\"", "<area> of names no known \"parish\"")}));
}

TEST(Dimension, WhatAReportMustNotTellIsAFaultAtItsPlace) {
  const std::string agency = "<dimension id=\"agency\" name=\"Agency\" field=\"agency\"";
  // Free text would be told as it was written, and a person is nobody's statistic.
  for (const auto& [field, sentence] : std::vector<std::pair<std::string, std::string>>{
           {"reason", "holds anything: it needs an <area> of the dimension"},
           {"person", "names no field that may be told: \"person\""},
           {"colour", "names no field that may be told: \"colour\""}}) {
    Text text;
    text.With(agency, "<dimension id=\"agency\" name=\"Agency\" field=\"" + field + "\"");
    EXPECT_EQ(text.Faults(),
              (Lines{text.At("by=\"agency\" basis=\"seed\"/>\n    <measure id=\"lead-refused\"",
                             "<measure> by names \"agency\", whose field " + sentence),
                     text.At("by=\"agency\" basis=\"seed\"/>\n    <!-- What came back",
                             "<measure> by names \"agency\", whose field " + sentence)}))
        << field;
  }
  Text text;
  text.With("of=\"request\" field=\"district\" within=\"quadrant\"",
            "of=\"request\" field=\"born\" within=\"agency\"")
      .With(
          "<measure id=\"received\" name=\"requests received\" of=\"request\" "
          "on=\"received\" by=\"district quadrant\"",
          "<measure id=\"received\" name=\"requests received\" of=\"request\" "
          "on=\"received\" by=\"district county\"");
  const Lines faults = text.Faults();
  const auto told = [&faults](const std::string& fault) {
    return std::find(faults.begin(), faults.end(), fault) != faults.end();
  };
  EXPECT_TRUE(told(text.At("field=\"born\" within",
                           "<dimension> field names no field that may be told: \"born\"")));
  EXPECT_TRUE(
      told(text.At("within=\"agency\"", "<dimension> within names a dimension of another record")));
  EXPECT_TRUE(told(text.At("by=\"district county\"", "<measure> by names no known \"county\"")));
}

}  // namespace
}  // namespace policies
