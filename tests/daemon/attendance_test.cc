// The report of attendance: across the cases of a panel, for those who follow it up.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/support/test_daemon.h"

namespace service {
namespace {

class AttendanceReportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(daemon_.StartUnsealed());
    for (const std::string agency : {"POL", "HLT"}) {
      daemon_.Post("agencies", daemon_.officer(),
                   Json::Object({{"id", agency}, {"name", "An agency"}}));
    }
  }
  std::string Case() {
    const Reply matter =
        daemon_.Post("matters", daemon_.officer(),
                     Json::Object({{"template", "maag"}, {"title", "A case of the panel"}}));
    EXPECT_EQ(matter.status, 200) << matter.body;
    return matter.Text("id");
  }
  void Kept(const std::string& matter, const std::string& day, const std::string& agency,
            const std::string& as) {
    const Reply added = daemon_.Post(
        "matters/" + matter + "/records", daemon_.officer(),
        Json::Object(
            {{"kind", "attendance"},
             {"fields",
              Json::Object(
                  {{"panel", day}, {"district", "North"}, {"agency", agency}, {"as", as}})}}));
    EXPECT_EQ(added.status, 200) << added.body;
  }
  // Rows by agency and period.
  std::map<std::string, Json> Rows(const std::string& query) {
    const Reply report = daemon_.Get("reports/attendance" + query, daemon_.officer());
    EXPECT_EQ(report.status, 200) << report.body;
    std::map<std::string, Json> rows;
    for (const Json& row : report.json.elements()) {
      rows.emplace(row.Text("agency").value() + " " + row.Text("period").value(), row);
    }
    return rows;
  }
  TestDaemon daemon_;
};

TEST_F(AttendanceReportTest, CountsAPanelOnceWhateverItsCasesAndTellsADrop) {
  const std::string first = Case();
  const std::string second = Case();
  for (const char* day : {"2025-10-06", "2025-10-13", "2025-10-20"}) {
    for (const std::string& matter : {first, second}) Kept(matter, day, "POL", "present");
    Kept(first, day, "HLT", "apologies");
  }
  for (const char* day : {"2026-01-05", "2026-01-12", "2026-01-19"}) {
    Kept(second, day, "POL", std::string(day) == "2026-01-05" ? "present" : "absent");
  }
  auto rows = Rows("");
  ASSERT_EQ(rows.size(), 3u);
  const Json& before = rows["POL 2025/26 Q3"];
  EXPECT_EQ(before.Integer("meetings").value(), 3);
  EXPECT_EQ(before.Integer("present").value(), 3);
  EXPECT_EQ(before.Find("alert"), nullptr);
  const Json& after = rows["POL 2025/26 Q4"];
  EXPECT_EQ(after.Integer("percent").value(), 33);
  EXPECT_EQ(after.Integer("percent_before").value(), 100);
  EXPECT_EQ(after.Text("alert").value(), "drop");
  EXPECT_EQ(rows["HLT 2025/26 Q3"].Text("alert").value(), "absent");
  EXPECT_EQ(Rows("?agency=HLT").size(), 1u);
  EXPECT_EQ(Rows("?from=2026-01-01").size(), 1u);
  EXPECT_TRUE(Rows("?process=macfa").empty());
}

TEST_F(AttendanceReportTest, IsNotForThoseWhoAreFollowedUp) {
  const std::string police = daemon_.AddPerson("co@pol.example", "POL", "AAC");
  EXPECT_EQ(daemon_.Get("reports/attendance", police).status, 403);
}

}  // namespace
}  // namespace service
