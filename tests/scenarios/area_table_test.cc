// A published committee report's table, sent to the service as it stands: what is missing, mistyped
// and too small to leave is told, and nothing else; shares are computed over what they are about.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "tests/support/test_daemon.h"

namespace service {
namespace {

TEST(AreaTableThroughTheService, ToldFaultsComputedSharesAndNoSmallCell) {
  TestDaemon daemon;
  daemon.StartUnsealed();
  std::ifstream file(std::string(STRONGROOM_SOURCE_DIR) +
                     "/tests/policies/data/allocation_table.txt");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_FALSE(text.empty());
  const Reply checked =
      daemon.Post("tables", daemon.officer(),
                  Json::Object({{"template", "maag"}, {"table", "areas"}, {"text", text}}));
  ASSERT_EQ(checked.status, 200) << checked.body;
  std::vector<std::string> faults;
  for (const Json& finding : checked.json.Find("findings")->elements()) {
    faults.push_back(finding.Text("fault").value());
  }
  EXPECT_EQ(faults, (std::vector<std::string>{"missing", "percent", "small"}));
  EXPECT_NE(checked.body.find("the rows give 97"), std::string::npos);
  EXPECT_NE(checked.body.find("18 of 115 is 16%"), std::string::npos);
  bool seen = false;
  for (const Json& rate : checked.json.Find("rates")->elements()) {
    if (rate.Text("id").value() != "re-referral" || rate.Text("area").value() != "TOTAL") continue;
    EXPECT_EQ(rate.Integer("numerator").value(), 97);
    EXPECT_EQ(rate.Integer("denominator").value(), 593);
    EXPECT_EQ(rate.Integer("tenths_of_percent").value(), 164);
    seen = true;
  }
  EXPECT_TRUE(seen);
  for (const Json& row : checked.json.Find("safe")->elements()) {
    for (const auto& [name, cell] : row.members()) {
      if (name == "area" || cell.is_null()) continue;
      EXPECT_GE(cell.AsInteger().value(), 5) << name;
    }
  }
  EXPECT_EQ(daemon
                .Post("tables", daemon.officer(),
                      Json::Object({{"template", "maag"}, {"table", "none"}, {"text", text}}))
                .status,
            404);
  EXPECT_EQ(daemon
                .Post("tables", "",
                      Json::Object({{"template", "maag"}, {"table", "areas"}, {"text", text}}))
                .status,
            401);
}

}  // namespace
}  // namespace service
