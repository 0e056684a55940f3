// The report of themes: groups without one, this year and, near its end, for the next.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/test_daemon.h"

namespace service {
namespace {

class ThemesTest : public ::testing::Test {
 protected:
  using Lines = std::vector<std::string>;

  // The vault's day is 12 February 2026.
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(daemon_.StartUnsealed()); }
  std::string Audit(const std::string& group, const std::string& meeting) {
    const Reply matter = daemon_.Post("matters", daemon_.officer(),
                                      Json::Object({{"template", "macfa"},
                                                    {"title", "Self-neglect"},
                                                    {"group", group},
                                                    {"meeting", meeting}}));
    EXPECT_EQ(matter.status, 200) << matter.body;
    return matter.Text("id");
  }
  void Agree(const std::string& matter, const std::string& group, const std::string& year) {
    const Reply added =
        daemon_.Post("matters/" + matter + "/records", daemon_.officer(),
                     Json::Object({{"kind", "theme"},
                                   {"fields", Json::Object({{"group", group},
                                                            {"financial-year", year},
                                                            {"theme", "Self-neglect"},
                                                            {"need", "plan, 2.1"}})}}));
    EXPECT_EQ(added.status, 200) << added.body;
  }
  // Rows as "year group matters due state".
  Lines Rows(const std::string& query) {
    const Reply report = daemon_.Get("reports/themes" + query, daemon_.officer());
    EXPECT_EQ(report.status, 200) << report.body;
    Lines rows;
    for (const Json& row : report.json.elements()) {
      rows.push_back(row.Text("financial_year").value() + " " + row.Text("group").value() + " " +
                     std::to_string(row.Integer("matters").value()) + " " +
                     row.Text("due").value() + " " + row.Text("state").value());
    }
    return rows;
  }
  TestDaemon daemon_;
};

TEST_F(ThemesTest, NamesTheGroupsThatAgreedNoneUntilTheyDo) {
  EXPECT_EQ(Rows(""), Lines());
  const std::string adults = Audit("Adults", "2026-04-09T09:30");
  EXPECT_EQ(Rows(""),
            (Lines{"2025/26 Adults 0 2025-03-31 late", "2026/27 Adults 1 2026-03-31 awaited"}));
  Agree(adults, "Adults", "2026/27");
  EXPECT_EQ(Rows(""), Lines{"2025/26 Adults 0 2025-03-31 late"});
  Agree(adults, "Adults", "2025/26");
  EXPECT_EQ(Rows(""), Lines());
  // One that is known from this year alone has neither theme nor matter in the next.
  Agree(adults, "Children", "2025/26");
  EXPECT_EQ(Rows(""), Lines{"2026/27 Children 0 2026-03-31 awaited"});
  EXPECT_EQ(Rows("?process=maca"), Lines());
}

TEST_F(ThemesTest, TheNextYearIsToldOfFromItsReminderOn) {
  Agree(Audit("Adults", "2026-04-09T09:30"), "Adults", "2026/27");
  // To May: the year has begun, and the one after it is far away.
  daemon_.clock().Pass(90 * 86400);
  ASSERT_NO_FATAL_FAILURE(daemon_.SignInOfficer());
  EXPECT_EQ(Rows(""), Lines());
  // To January.
  daemon_.clock().Pass(240 * 86400);
  ASSERT_NO_FATAL_FAILURE(daemon_.SignInOfficer());
  EXPECT_EQ(Rows(""), Lines{"2027/28 Adults 0 2027-03-31 awaited"});
}

}  // namespace
}  // namespace service
