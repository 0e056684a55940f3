// Themes: which group agreed what for a financial year.
#include "policies/themes.h"

#include <gtest/gtest.h>

#include "tests/policies/shipped.h"

namespace policies {
namespace {

using vault::Day;
using vault::RecordFacts;

const ThemesRule& Agreed() { return Shipped("macfa").Data().themes.front(); }

RecordFacts Theme(const std::string& group, const std::string& year) {
  return Record("theme", {{"group", group}, {"financial-year", year}, {"theme", "t"}});
}

GroupMatter On(const std::string& day, std::vector<std::string> groups) {
  return {std::move(groups), Day::Parse(day).value()};
}

// As "group themes/matters".
std::vector<std::string> In(int year, const std::vector<RecordFacts>& records,
                            const std::vector<GroupMatter>& matters) {
  std::vector<std::string> lines;
  for (const GroupYear& one : GroupsOf(Agreed(), year, records, matters)) {
    lines.push_back(one.group + " " + std::to_string(one.themes) + "/" +
                    std::to_string(one.matters));
  }
  return lines;
}

TEST(Themes, AFinancialYearIsReadByItsFirstFourDigits) {
  EXPECT_EQ(YearNamed("2026/27"), 2026);
  EXPECT_EQ(YearNamed("2026-2027"), 2026);
  EXPECT_EQ(YearNamed("2026"), 2026);
  EXPECT_EQ(YearNamed("20267"), std::nullopt);
  EXPECT_EQ(YearNamed("26/27"), std::nullopt);
  EXPECT_EQ(YearNamed("next year"), std::nullopt);
  EXPECT_EQ(YearNamed(""), std::nullopt);
}

TEST(Themes, AreCountedForTheirYearAndMattersByTheirDay) {
  const std::vector<RecordFacts> records = {Theme("Adults", "2026/27"), Theme("Adults", "2026/27"),
                                            Theme("Children", "2025/26"),
                                            Record("action", {{"group", "Nobody"}})};
  const std::vector<GroupMatter> matters = {On("2026-03-31", {"Adults"}),
                                            On("2026-04-01", {"Adults", "Health"})};
  EXPECT_EQ(In(2026, records, matters),
            (std::vector<std::string>{"Adults 2/1", "Children 0/0", "Health 0/1"}));
  EXPECT_EQ(In(2025, records, matters),
            (std::vector<std::string>{"Adults 0/1", "Children 1/0", "Health 0/0"}));
}

TEST(Themes, AGroupIsKnownForTwoYearsAfterItWasLastNamed) {
  const std::vector<RecordFacts> records = {Theme("Adults", "2024/25")};
  EXPECT_EQ(In(2026, records, {}), std::vector<std::string>{"Adults 0/0"});
  EXPECT_EQ(In(2027, records, {}), std::vector<std::string>());
  // One that is named for the next year for the first time is awaited in this one.
  EXPECT_EQ(In(2023, records, {}), std::vector<std::string>{"Adults 0/0"});
  EXPECT_EQ(In(2022, records, {}), std::vector<std::string>());
}

TEST(Themes, AGroupIsOneHoweverItIsWritten) {
  const std::vector<GroupMatter> matters = {On("2026-05-01", {" adults board"}),
                                            On("2026-05-01", {""})};
  EXPECT_EQ(In(2026, {Theme("Adults Board", "2026/27")}, matters),
            std::vector<std::string>{"Adults Board 1/1"});
}

TEST(Themes, TheirElementNamesFieldsThatMayBeToldAndADueDay) {
  std::string shipped = ShippedText("templates/macfa.xml");
  const std::size_t dues = shipped.find("<due id=\"themes-agreed\"");
  ASSERT_NE(dues, std::string::npos);
  shipped.insert(dues,
                 "<due id=\"soon\" what=\"w\" from=\"MEETING\" offset=\"4 H\" basis=\"seed\"/>\n");
  const auto faults = [&](const std::string& from, const std::string& to) {
    std::string text = shipped;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    const auto parsed = ProcessTemplate::Parse(text, ShippedCalendars(), "hash");
    return parsed.ok() ? std::size_t{0} : parsed.faults().size();
  };
  const std::string element = "<themes of=\"theme\" group=\"group\" year=\"financial-year\" ";
  EXPECT_EQ(faults(element, "<themes of=\"theme\" group=\"theme\" year=\"need\" "), 0u);
  EXPECT_EQ(faults(element, "<themes of=\"theme\" group=\"owner\" year=\"financial-year\" "), 1u);
  EXPECT_EQ(faults(element, "<themes of=\"theme\" group=\"group\" "), 1u);
  EXPECT_EQ(faults("due=\"themes-agreed\" basis", "due=\"some-day\" basis"), 1u);
  EXPECT_EQ(faults("due=\"themes-agreed\" basis", "due=\"soon\" basis"), 1u);
}

}  // namespace
}  // namespace policies
