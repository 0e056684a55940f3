// MATA: cases, overviews and the report.
#include <gtest/gtest.h>

#include "tests/policies/asked.h"

namespace policies {
namespace {

using vault::MatterFacts;
using vault::RecordFacts;

TEST(Mata, MoreThanOneCaseAndEveryAgencysOverview) {
  const auto example = [](const char* subject) {
    return Record("case-example", {{"subject", subject}});
  };
  EXPECT_EQ(OnEvent("mata", "COMPLETION_STARTED", {example("A")}), Lines{"several-cases warn"});
  EXPECT_EQ(OnEvent("mata", "COMPLETION_STARTED", {example("A"), example("B")}), Lines());
  const auto overview = Shipped("mata").Class("OVF").value();
  EXPECT_EQ(overview.expected_per, "agency");
  EXPECT_EQ(overview.expected_by, "agency-overview");
  MatterFacts matter;
  matter.meeting = When("2026-04-09T09:30");
  EXPECT_EQ(Due("mata", matter).at("agency-overview"), "2026-03-26");
  EXPECT_FALSE(Shipped("mata").Class("REP").ok());
  EXPECT_EQ(Shipped("mata").Limit("subjects"), 0);
}

TEST(Mata, ReportsGoToThoseInAttendance) {
  const RecordFacts present =
      Record("attendance", {{"agency", "ASC"}, {"name", "n"}, {"as", "present"}});
  for (const char* name : {"maca", "mata"}) {
    EXPECT_EQ(OnEvent(name, "REPORT_ISSUED", {}), Lines{"attendance-kept refuse"});
    EXPECT_EQ(OnEvent(name, "REPORT_ISSUED", {present}), Lines());
  }
}

}  // namespace
}  // namespace policies
