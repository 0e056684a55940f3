// What is recommended or agreed, across matters: claimed, evidenced and still to do stand apart,
// and each reads the rows that the rules give them.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/support/test_daemon.h"

namespace service {
namespace {

std::string Cell(const Json& row, std::string_view name) {
  const Json* value = row.Find(name);
  if (value == nullptr || value->is_null()) return "";
  const auto flag = value->AsFlag();
  if (flag.ok()) return flag.value() ? "yes" : "no";
  const auto text = value->AsText();
  if (text.ok()) return text.value();
  return std::to_string(value->AsInteger().value());
}

class RecommendationsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(daemon_.StartUnsealed());
    const Reply matter =
        daemon_.Post("matters", daemon_.officer(),
                     Json::Object({{"template", "mash"}, {"title", "Scrutiny of the hub"}}));
    ASSERT_EQ(matter.status, 200) << matter.body;
    id_ = matter.Text("id");
  }
  std::string Add(const Json& fields) {
    const Reply added =
        daemon_.Post("matters/" + id_ + "/records", daemon_.officer(),
                     Json::Object({{"kind", "recommendation"}, {"fields", fields}}));
    EXPECT_EQ(added.status, 200) << added.body;
    return added.Text("id");
  }
  std::map<std::string, Json> Rows(const std::string& session, const std::string& query) {
    const Reply report = daemon_.Get("reports/recommendations" + query, session);
    EXPECT_EQ(report.status, 200) << report.body;
    std::map<std::string, Json> rows;
    for (const Json& row : report.json.elements()) rows.emplace(Cell(row, "id"), row);
    return rows;
  }
  TestDaemon daemon_;
  std::string id_;
};

TEST_F(RecommendationsTest, ClaimedEvidencedAndResidualAreThreeThings) {
  const std::string open = Add(Json::Object({{"number", "1"},
                                             {"text", "Audit the cases of disagreement"},
                                             {"owner", "Hub"},
                                             {"status", "open"},
                                             {"review", "2026-01-31"}}));
  const std::string claimed = Add(Json::Object({{"number", "2"},
                                                {"text", "Staff know the procedure"},
                                                {"owner", "Hub"},
                                                {"status", "complete-claimed"},
                                                {"residual", "group supervision will start"},
                                                {"review", "2026-06-30"}}));
  const std::string evidenced = Add(Json::Object({{"number", "3"},
                                                  {"text", "One manager"},
                                                  {"owner", "Hub"},
                                                  {"status", "complete-evidenced"},
                                                  {"evidence", "inspection of August"},
                                                  {"residual-open", "no"}}));
  auto rows = Rows(daemon_.officer(), "");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(Cell(rows[open], "claimed"), "no");
  EXPECT_EQ(Cell(rows[open], "state"), "overdue");
  EXPECT_EQ(Cell(rows[open], "days_late"), "12");
  EXPECT_EQ(Cell(rows[claimed], "claimed"), "yes");
  EXPECT_EQ(Cell(rows[claimed], "evidenced"), "no");
  EXPECT_EQ(Cell(rows[claimed], "residual_open"), "yes");
  EXPECT_EQ(Cell(rows[claimed], "residual"), "group supervision will start");
  EXPECT_EQ(Cell(rows[evidenced], "claimed"), "yes");
  EXPECT_EQ(Cell(rows[evidenced], "evidenced"), "yes");
  EXPECT_EQ(Cell(rows[evidenced], "residual_open"), "no");
  EXPECT_EQ(Cell(rows[evidenced], "days_late"), "");
  EXPECT_TRUE(Rows(daemon_.officer(), "?process=macfa").empty());
  EXPECT_EQ(Rows(daemon_.officer(), "?until=2026-03-01").size(), 2u);
  const Reply csv = daemon_.Get("reports/recommendations?format=csv", daemon_.officer());
  EXPECT_EQ(csv.Header("Content-Type"), "text/csv; charset=utf-8");
}

TEST_F(RecommendationsTest, EachSeesTheMattersTheyHaveAPartInAndOnlyOwnRows) {
  const Audit audit = Audit::In(daemon_);
  std::map<std::string, std::string> actions;
  for (const std::string agency : {"POL", "HSG"}) {
    const Reply added =
        daemon_.Post("matters/" + audit.id + "/records", daemon_.officer(),
                     Json::Object({{"kind", "action"},
                                   {"fields", Json::Object({{"text", "a pathway of " + agency},
                                                            {"owner", agency},
                                                            {"due", "2026-07-31"},
                                                            {"status", "open"}})}}));
    ASSERT_EQ(added.status, 200) << added.body;
    actions[agency] = added.Text("id");
  }
  auto police = Rows(audit.police, "");
  ASSERT_EQ(police.size(), 1u);
  EXPECT_EQ(Cell(police[actions["POL"]], "agency"), "POL");
  EXPECT_EQ(Cell(police[actions["POL"]], "status"), "open");
  EXPECT_TRUE(Rows(audit.outsider, "").empty());
}

}  // namespace
}  // namespace service
