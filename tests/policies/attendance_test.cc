// Attendance: by agency and quarter, a meeting counted once, and told when it falls.
#include "policies/attendance.h"

#include <gtest/gtest.h>

#include "tests/policies/shipped.h"

namespace policies {
namespace {

using vault::RecordFacts;

const AttendanceRule& Panels() { return Shipped("maag").Data().attendances.front(); }

RecordFacts At(const std::string& day, const std::string& agency, const std::string& as) {
  return Record("attendance",
                {{"panel", day}, {"district", "North"}, {"agency", agency}, {"as", as}});
}

// As text, to be read at a glance: "agency first-day present/meetings percent<before alert".
std::vector<std::string> Told(const std::vector<RecordFacts>& records) {
  std::vector<std::string> lines;
  for (const AttendedQuarter& one : AttendanceOf(Panels(), records)) {
    lines.push_back(one.agency + " " + one.from.ToText() + " " + std::to_string(one.present) + "/" +
                    std::to_string(one.meetings) + " " + std::to_string(one.percent.value_or(-1)) +
                    "<" + (one.before ? std::to_string(*one.before) : "none") + " " +
                    std::string(AttendanceAlertName(one.alert)));
  }
  return lines;
}

// Panels of a month, of which an agency came to the first ones.
void Add(std::vector<RecordFacts>& records, const std::string& month, int meetings, int present) {
  for (int i = 0; i < meetings; ++i) {
    records.push_back(
        At(month + "-1" + std::to_string(i), "POL", i < present ? "present" : "absent"));
  }
}

TEST(Attendance, IsToldByQuarterOfTheFinancialYearBesideTheOneBefore) {
  std::vector<RecordFacts> records;
  Add(records, "2026-03", 4, 4);
  Add(records, "2026-04", 4, 3);
  EXPECT_EQ(Told(records), (std::vector<std::string>{"POL 2026-01-01 4/4 100<none ",
                                                     "POL 2026-04-01 3/4 75<100 drop"}));
  // A point less is no drop.
  std::vector<RecordFacts> little;
  Add(little, "2026-03", 5, 5);
  Add(little, "2026-04", 5, 4);
  EXPECT_EQ(Told(little), (std::vector<std::string>{"POL 2026-01-01 5/5 100<none ",
                                                    "POL 2026-04-01 4/5 80<100 "}));
}

TEST(Attendance, AnAgencyThatCameToNoneIsToldFromTheFirstQuarterOn) {
  std::vector<RecordFacts> records;
  Add(records, "2026-03", 3, 0);
  Add(records, "2026-04", 3, 0);
  EXPECT_EQ(Told(records), (std::vector<std::string>{"POL 2026-01-01 0/3 0<none absent",
                                                     "POL 2026-04-01 0/3 0<0 absent"}));
}

TEST(Attendance, AQuarterOfTooFewMeetingsTellsNothingAndIsNoMeasure) {
  std::vector<RecordFacts> records;
  Add(records, "2026-01", 4, 4);
  Add(records, "2026-04", 2, 0);
  Add(records, "2026-07", 4, 2);
  // The third is compared with the first.
  EXPECT_EQ(Told(records),
            (std::vector<std::string>{"POL 2026-01-01 4/4 100<none ", "POL 2026-04-01 0/2 0<100 ",
                                      "POL 2026-07-01 2/4 50<100 drop"}));
}

TEST(Attendance, APanelOfSeveralCasesIsOneMeetingAndAnybodyOfAnAgencyIsTheAgency) {
  const std::vector<RecordFacts> records = {
      At("2026-05-04", "POL", "absent"), At("2026-05-04", "POL", "present"),
      At("2026-05-04", "POL", "present"), At("2026-05-04", "HLT", "apologies")};
  EXPECT_EQ(Told(records), (std::vector<std::string>{"HLT 2026-04-01 0/1 0<none ",
                                                     "POL 2026-04-01 1/1 100<none "}));
  // On one day two districts hold two.
  std::vector<RecordFacts> two = {At("2026-05-04", "POL", "present"),
                                  At("2026-05-04", "POL", "absent")};
  two.back().values[1].value = "South";
  EXPECT_EQ(Told(two), (std::vector<std::string>{"POL 2026-04-01 1/2 50<none "}));
}

TEST(Attendance, APanelIsHeldOnLondonsDay) {
  EXPECT_EQ(Told({At("2026-06-30T23:30Z", "POL", "present")}),
            (std::vector<std::string>{"POL 2026-07-01 1/1 100<none "}));
}

TEST(Attendance, OneAgencysQuartersAreNotComparedWithAnothers) {
  std::vector<RecordFacts> records;
  Add(records, "2026-03", 3, 3);
  for (const char* day : {"2026-04-10", "2026-04-11", "2026-04-12", "2026-04-13"}) {
    records.push_back(At(day, "SCH", day == std::string("2026-04-10") ? "present" : "absent"));
  }
  records.push_back(Record("attendance", {{"panel", "soon"}, {"agency", "POL"}}));
  records.push_back(Record("attendance", {{"panel", "2026-04-10"}}));
  records.push_back(Record("action", {{"panel", "2026-04-10"}, {"agency", "POL"}}));
  EXPECT_EQ(Told(records), (std::vector<std::string>{"POL 2026-01-01 3/3 100<none ",
                                                     "SCH 2026-04-01 1/4 25<none "}));
}

TEST(Attendance, ItsElementNamesWhatMayBeCounted) {
  const std::string shipped = ShippedText("templates/maag.xml");
  const auto faults = [&](const std::string& from, const std::string& to) {
    std::string text = shipped;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    const auto parsed = ProcessTemplate::Parse(text, ShippedCalendars(), "hash");
    return parsed.ok() ? std::size_t{0} : parsed.faults().size();
  };
  EXPECT_EQ(faults("meeting=\"panel district\"", "meeting=\"panel\""), 0u);
  EXPECT_EQ(faults("meeting=\"panel district\"", "meeting=\"panel name\""), 1u) << "is personal";
  EXPECT_EQ(faults("meeting=\"panel district\" ", ""), 1u);
  EXPECT_EQ(faults("on=\"panel\" agency=", "on=\"district\" agency="), 1u) << "is no day";
  EXPECT_EQ(faults("agency=\"agency\" present", "agency=\"district\" present"), 1u);
  EXPECT_EQ(faults("present=\"as=present\"", "present=\"as=there\""), 1u) << "is no choice";
  EXPECT_EQ(faults("drop=\"25\"", "drop=\"0\""), 1u);
  EXPECT_EQ(faults("drop=\"25\" least=\"3\"", "drop=\"25\""), 1u);
}

}  // namespace
}  // namespace policies
