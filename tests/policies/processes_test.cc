// What each shipped process asks of its records, counts its days from and keeps for how long.
#include <gtest/gtest.h>

#include "policies/meeting_plan.h"
#include "tests/policies/shipped.h"

namespace policies {
namespace {

using vault::Day;
using vault::MatterFacts;
using vault::RecordFacts;
using vault::RetentionFacts;
using vault::RetentionState;
using vault::UnixSeconds;
using Lines = std::vector<std::string>;

const UnixSeconds kNow = When("2026-06-01T10:00");

Lines OnRecord(const char* name, const RecordFacts& record, const std::vector<RecordFacts>& others,
               const MatterFacts& matter) {
  return Brief(Shipped(name).CheckRecord(matter, others, record, kNow));
}
Lines OnEvent(const char* name, const char* event, const std::vector<RecordFacts>& records) {
  return Brief(Shipped(name).CheckStep(MatterFacts(), records, event, kNow));
}

std::map<std::string, std::string> Due(const char* name, const MatterFacts& matter) {
  std::map<std::string, std::string> due;
  for (const auto& item : Shipped(name).Due(matter)) {
    if (item.due) due[item.id] = item.due->ToText();
  }
  return due;
}

TEST(Processes, EveryPeriodSaysWhatItRestsOn) {
  for (const auto& name : ShippedNames()) {
    const TemplateData& data = Shipped(name).Data();
    const auto based = [&name](const std::string& basis, const std::string& what) {
      EXPECT_TRUE(basis == "seed" || basis == "assumption" || basis.size() > 12) << name << what;
    };
    for (const auto& due : data.dues) based(due.basis, due.id);
    for (const auto& [id, rule] : data.retention.rules) {
      based(rule.basis, id);
      EXPECT_FALSE(rule.authority.empty()) << name << id;
    }
    for (const auto& [id, limit] : data.limits) based(limit.basis, id);
    for (const auto& check : data.checks) based(check.basis, check.id);
    for (const auto& recurrence : data.recurrences) based(recurrence.basis, recurrence.id);
    for (const auto& form : data.forms) based(form.basis, form.id);
    EXPECT_FALSE(data.source.empty()) << name;
  }
}

TEST(Processes, InformationRequestsHaveTheirStatutoryClocksInEveryProcess) {
  for (const auto& name : ShippedNames()) {
    const auto due = [&](const char* event, const char* at, const char* id) {
      MatterFacts matter;
      matter.events = {{event, When(at)}};
      for (const auto& item : Shipped(name).Due(matter)) {
        if (item.id == id && item.due) return item.due->ToText();
      }
      return std::string("none");
    };
    // A month, to the corresponding day or the next working day.
    for (const auto& [received, answer] :
         {std::pair{"2026-04-14T10:00", "2026-05-14"}, std::pair{"2026-09-03T10:00", "2026-10-05"},
          std::pair{"2026-01-31T10:00", "2026-03-02"}, std::pair{"2026-11-25T10:00", "2026-12-29"},
          std::pair{"2027-02-26T10:00", "2027-03-30"}}) {
      EXPECT_EQ(due("SUBJECT_ACCESS_RECEIVED", received, "subject-access"), answer) << name;
    }
    EXPECT_EQ(due("SUBJECT_ACCESS_RECEIVED", "2026-04-14T10:00", "subject-access-limit"),
              "2026-07-14")
        << name;
    // Twenty working days, on which no part of the United Kingdom has a bank holiday.
    EXPECT_EQ(due("FOI_RECEIVED", "2026-03-02T10:00", "freedom-of-information"), "2026-03-31")
        << name;
    EXPECT_EQ(due("FOI_RECEIVED", "2026-07-16T10:00", "freedom-of-information"), "2026-08-14")
        << name;
    EXPECT_EQ(Shipped(name).Event("SUBJECT_ACCESS_RECEIVED").value().recorded_by,
              (std::vector<std::string>{"BUO", "IGO"}))
        << name;
  }
}

TEST(Mash, CountsOutcomesDisagreementsAndAnswersInTheRecords) {
  const auto decided = [](const char* outcome, const char* disagreement) {
    return Record(
        "decision",
        {{"outcome", outcome}, {"decided", "2026-05-04T10:00"}, {"disagreement", disagreement}});
  };
  const Day written = Day::Parse("2026-06-01").value();
  const std::vector<DatedRecord> records = {
      {decided("assessment", "no"), written},
      {decided("no-further-action", "yes"), written},
      {Record("information-request", {{"agency", "POL"}, {"answer", "sensitive"}}), written},
      {Record("information-request", {{"agency", "HSG"}}), written}};
  std::map<std::string, std::size_t> counted;
  for (const MeasureRule& measure : Shipped("mash").Data().measures) {
    const std::vector<Day> days = DaysOf(measure, records);
    for (const Day day : days) {
      EXPECT_EQ(day, measure.on.empty() ? written : Day::Parse("2026-05-04").value());
    }
    if (!days.empty()) counted[measure.id] = days.size();
  }
  EXPECT_EQ(counted, (std::map<std::string, std::size_t>{{"decisions", 2},
                                                         {"assessment", 1},
                                                         {"no-further-action", 1},
                                                         {"disagreements", 1},
                                                         {"requests", 2},
                                                         {"requests-answered", 1}}));
}

TEST(Processes, EveryRecordIsReadLikeAClassAndWrittenBySomebody) {
  for (const auto& name : ShippedNames()) {
    EXPECT_GT(Shipped(name).RecordKinds().size(), 10u) << name;
    for (const auto& kind : Shipped(name).RecordKinds()) {
      EXPECT_TRUE(Shipped(name).Class(kind.class_code).ok()) << name << kind.name;
      EXPECT_FALSE(kind.written_by.empty()) << name << kind.name;
      EXPECT_TRUE(Shipped(name).Record(kind.name).ok());
    }
    EXPECT_FALSE(Shipped(name).Record("nonsense").ok());
  }
}

TEST(Records, FieldsAreHeldToTheirKind) {
  const RecordFacts action = Record(
      "action", {{"text", "t"}, {"owner", "ASC"}, {"due", "2026-07-31"}, {"status", "open"}});
  EXPECT_EQ(OnRecord("macfa", action, {}, {}), Lines());
  const auto broken = [&](const std::string& field, const std::string& value) {
    RecordFacts changed = action;
    for (auto& each : changed.values) {
      if (each.name == field) each.value = value;
    }
    const auto findings = Shipped("macfa").CheckRecord({}, {}, changed, kNow);
    return findings.size() == 1 && findings[0].severity == vault::Severity::kRefuse
               ? findings[0].sentence
               : "?";
  };
  EXPECT_EQ(broken("text", ""), "\"Action\" is missing");
  EXPECT_EQ(broken("due", "31.7.2026"), "\"Due\" must be a date written YYYY-MM-DD");
  EXPECT_EQ(broken("status", "shut"),
            "\"Status\" must be one of: open, done, not-possible, superseded");
  RecordFacts twice = action;
  twice.values.push_back({"due", "2026-08-01"});
  EXPECT_EQ(Shipped("macfa").CheckRecord({}, {}, twice, kNow)[0].sentence,
            "\"Due\" may be given once");
  RecordFacts unknown = action;
  unknown.values.push_back({"mood", "good"});
  EXPECT_EQ(Shipped("macfa").CheckRecord({}, {}, unknown, kNow)[0].sentence,
            "\"mood\" is no field of action");
  EXPECT_EQ(OnRecord("macfa", Record("rumour", {}), {}, {}), Lines{"kind refuse"});
}

TEST(Records, WhatMayOccurOnceOccursOnce) {
  const RecordFacts row = Record("longlist", {{"person", "P01"}, {"agency", "ASC"}});
  EXPECT_EQ(OnRecord("macfa", row, {row}, {}), Lines{"field refuse"});
  EXPECT_EQ(
      OnRecord("macfa", row, {Record("longlist", {{"person", "P02"}, {"agency", "ASC"}})}, {}),
      Lines());
}

TEST(Macfa, AtMostTenAreLonglistedAndThreeSelected) {
  std::vector<RecordFacts> listed;
  for (int i = 1; i <= 9; ++i) {
    listed.push_back(Record("longlist", {{"person", "P0" + std::to_string(i)}, {"agency", "ASC"}}));
  }
  const RecordFacts tenth = Record("longlist", {{"person", "P10"}, {"agency", "ASC"}});
  EXPECT_EQ(OnRecord("macfa", tenth, listed, {}), Lines());
  listed.push_back(tenth);
  EXPECT_EQ(
      OnRecord("macfa", Record("longlist", {{"person", "P11"}, {"agency", "ASC"}}), listed, {}),
      Lines{"longlist-ten refuse"});

  const auto chosen = [](const std::string& person) {
    return Record("selection", {{"person", person},
                                {"rank", "1"},
                                {"agencies", "5"},
                                {"selected", "yes"},
                                {"decided-by", "chair"}});
  };
  std::vector<RecordFacts> three = {chosen("P01"), chosen("P03"), chosen("P06")};
  EXPECT_EQ(OnEvent("macfa", "SELECTION_DECIDED", three), Lines());
  EXPECT_EQ(OnRecord("macfa", chosen("P05"), three, {}), Lines{"select-three exception"});
  three.pop_back();
  EXPECT_EQ(OnEvent("macfa", "SELECTION_DECIDED", three), Lines{"selection-made warn"});

  EXPECT_FALSE(Shipped("macfa").CheckLimit("subjects", 3).has_value());
  EXPECT_EQ(Shipped("macfa").CheckLimit("subjects", 4)->severity, vault::Severity::kWarn);
  EXPECT_EQ(Shipped("macfa").CheckLimit("longlist", 11)->severity, vault::Severity::kRefuse);
  EXPECT_EQ(Shipped("macfa").CheckLimit("audits-per-group-and-year", 3)->sentence,
            "the limit for audits-per-group-and-year is 2");
  EXPECT_FALSE(Shipped("macfa").CheckLimit("no-such-limit", 9999).has_value());
}

// The contact check of the fictional audit MACFA-2026-01: who had contact with whom.
std::vector<RecordFacts> ContactChecks() {
  const char* agencies[] = {"ASC", "POL", "PCN", "MHT", "ACU", "HSG", "FRS"};
  const std::pair<const char*, const char*> people[] = {
      {"P01", "1111111"}, {"P02", "1010010"}, {"P03", "1111011"}, {"P04", "1010100"},
      {"P05", "1110110"}, {"P06", "1111001"}, {"P07", "1000010"}, {"P08", "1011000"},
      {"P09", "1110010"}, {"P10", "1010110"}};
  const std::map<std::string, std::string> last = {{"P05", "2025-11-18"}, {"P06", "2026-01-20"}};
  std::vector<RecordFacts> records;
  for (const auto& [person, contact] : people) {
    for (int i = 0; i < 7; ++i) {
      RecordFacts record = Record("contact-check", {{"person", person},
                                                    {"agency", agencies[i]},
                                                    {"contact", contact[i] == '1' ? "yes" : "no"}});
      if (last.contains(person)) record.values.push_back({"last-contact", last.at(person)});
      records.push_back(std::move(record));
    }
  }
  return records;
}

TEST(Macfa, TheWidestInvolvementIsSelectedAndTheTieTold) {
  auto ranking = Shipped("macfa").Rank("widest-involvement", ContactChecks());
  ASSERT_TRUE(ranking.ok());
  Lines order;
  Lines chosen;
  for (const Ranked& line : ranking.value().list) {
    order.push_back(line.subject + " " + std::to_string(line.count));
    if (line.chosen) chosen.push_back(line.subject);
  }
  order.resize(4);
  EXPECT_EQ(order, (Lines{"P01 7", "P03 6", "P06 5", "P05 5"}));
  EXPECT_EQ(chosen, (Lines{"P01", "P03", "P06"}));
  EXPECT_EQ(ranking.value().tied, (Lines{"P06", "P05"}));
  EXPECT_TRUE(ranking.value().settled);
  EXPECT_FALSE(Shipped("macfa").Rank("by-name", {}).ok());

  // Without the last contact nobody but a person can tell them apart.
  std::vector<RecordFacts> undated;
  for (RecordFacts record : ContactChecks()) {
    if (record.values.size() == 4) record.values.pop_back();
    undated.push_back(std::move(record));
  }
  EXPECT_FALSE(Shipped("macfa").Rank("widest-involvement", undated).value().settled);
}

TEST(Macfa, TheAgendaGivesFortyFiveMinutesAPerson) {
  const auto items =
      Agenda(*Shipped("macfa").Data().plan, When("2026-04-09T09:30"), {"P01", "P03", "P06"});
  Lines lines;
  for (const auto& item : items) {
    lines.push_back(vault::FormatTime(item.from).substr(11, 5) + " " +
                    vault::FormatTime(item.to).substr(11, 5) + " " + item.what);
  }
  EXPECT_EQ(lines, (Lines{"09:30 09:45 opening", "09:45 10:30 P01", "10:30 11:15 P03",
                          "11:15 11:30 break", "11:30 12:15 P06", "12:15 12:30 closing"}));
}

TEST(Macfa, GuidancePastItsReviewIsKnown) {
  EXPECT_EQ(Shipped("macfa").Data().source_review->ToText(), "2025-03-31");
}

RecordFacts Nomination() {
  return Record("nomination", {{"agency", "ASC"},
                               {"nominator", "n"},
                               {"date", "2026-05-01"},
                               {"channel", "form"},
                               {"theme", "Neglect"},
                               {"reason", "both"},
                               {"subject", "S"},
                               {"born", "2012-03-04"},
                               {"status", "child-in-need"},
                               {"open-to-social-care", "yes"},
                               {"conflict-or-case-decision", "no"},
                               {"compromises-activity", "no"},
                               {"aim", "a"},
                               {"focus", "f"},
                               {"implications", "i"}});
}

RecordFacts With(RecordFacts record, const std::string& field, const std::string& value) {
  for (auto& each : record.values) {
    if (each.name == field) each.value = value;
  }
  return record;
}

TEST(Maca, EligibilityWarnsHoldsOrAsksForAnException) {
  for (const char* name : {"maca", "mata"}) {
    EXPECT_EQ(OnRecord(name, Nomination(), {}, {}), Lines()) << name;
    EXPECT_EQ(OnRecord(name, With(Nomination(), "born", "2008-06-01"), {}, {}),
              Lines{"under-18 exception"});
    EXPECT_EQ(OnRecord(name, With(Nomination(), "born", "2008-06-02"), {}, {}), Lines());
    EXPECT_EQ(OnRecord(name, With(Nomination(), "open-to-social-care", "no"), {}, {}),
              Lines{"open-to-social-care exception"});
    EXPECT_EQ(OnRecord(name, With(Nomination(), "conflict-or-case-decision", "yes"), {}, {}),
              Lines{"not-for-conflict exception"});
    EXPECT_EQ(OnRecord(name, With(Nomination(), "compromises-activity", "yes"), {}, {}),
              Lines{"no-compromise hold"});
    EXPECT_EQ(OnRecord(name, With(Nomination(), "status", "other"), {}, {}),
              (Lines{"status warn", "other-status-reason refuse"}));
    EXPECT_EQ(OnRecord(name, With(Nomination(), "implications", ""), {}, {}),
              Lines{"field refuse"});
  }
  const auto conflict = Shipped("maca").CheckRecord(
      {}, {}, With(Nomination(), "conflict-or-case-decision", "yes"), kNow);
  EXPECT_EQ(conflict[0].approvers, Lines{"CHR"});
}

TEST(Maca, EveryOutcomeNeedsItsDecision) {
  const RecordFacts decision =
      Record("decision", {{"outcome", "selected"}, {"reason", "r"}, {"decided-by", "d"}});
  for (const char* event : {"SELECTED", "NOT_SUITABLE", "REDIRECTED", "HELD_FOR_PLANNING"}) {
    EXPECT_EQ(OnEvent("maca", event, {Nomination()}), Lines{"decided refuse"}) << event;
    EXPECT_EQ(OnEvent("maca", event, {Nomination(), decision}), Lines()) << event;
  }
  EXPECT_EQ(OnRecord("maca", With(decision, "outcome", "redirected"), {}, {}),
            Lines{"redirected-to refuse"});
  MatterFacts selected = After({"NOMINATED", "SELECTED"});
  EXPECT_FALSE(Shipped("maca").CheckEvent(selected, "NOT_SUITABLE").ok());
  EXPECT_FALSE(Shipped("maca").CheckEvent(selected, "HELD_FOR_PLANNING").ok());
  EXPECT_EQ(Shipped("maca").CheckLimit("subjects", 2)->severity, vault::Severity::kRefuse);
}

TEST(Maca, EightWeeksToCompleteAndSixToTwelveMonthsToTheUpdate) {
  MatterFacts matter;
  matter.meeting = When("2026-07-09T09:30");
  matter.events = {{"COMPLETION_STARTED", When("2026-04-30")},
                   {"MEETING_CLOSED", When("2026-07-09T12:00")}};
  const auto due = Due("maca", matter);
  EXPECT_EQ(due.at("completion"), "2026-06-25");
  EXPECT_EQ(due.at("pack-released"), "2026-07-06");
  EXPECT_EQ(due.at("report"), "2026-08-06");
  EXPECT_EQ(due.at("update-earliest"), "2027-01-09");
  EXPECT_EQ(due.at("update-latest"), "2027-07-09");
  const auto agreed = [&matter](const char* day) {
    return OnRecord("maca", Record("update-date", {{"day", day}}), {}, matter);
  };
  EXPECT_EQ(agreed("2027-01-08"), Lines{"update-six-months warn"});
  EXPECT_EQ(agreed("2027-01-09"), Lines());
  EXPECT_EQ(agreed("2027-07-09"), Lines());
  EXPECT_EQ(agreed("2027-07-10"), Lines{"update-twelve-months warn"});
}

TEST(Maca, AuditToolsAskSixToEightQuestions) {
  const std::string text = ShippedText("templates/maca.xml");
  const std::string question = "<section id=\"7\" title=\"Oversight and change\"";
  const std::size_t at = text.find(question);
  ASSERT_NE(at, std::string::npos);
  for (int more : {1, 2}) {
    std::string longer = text;
    for (int i = 0; i < more; ++i) {
      longer.insert(at, "<section id=\"x" + std::to_string(i) + "\" title=\"t\" question=\"q\"/>");
    }
    EXPECT_EQ(ProcessTemplate::Parse(longer, ShippedCalendars(), "").ok(), more == 1);
  }
}

RetentionState State(const char* name, const std::string& class_code, const MatterFacts& matter,
                     const std::string& now, const RetentionFacts& more) {
  RetentionFacts facts = more;
  facts.class_code = class_code;
  const UnixSeconds at = When(now);
  return Shipped(name).Weigh(matter, facts, {at, at}).verdict.state;
}

TEST(Maca, NominationsGoByWhatBecameOfThem) {
  const auto nomination = [](std::vector<vault::MatterEvent> events, const char* now) {
    MatterFacts matter;
    matter.events = std::move(events);
    return State("maca", "NOM", matter, now, {});
  };
  const vault::MatterEvent unsuitable{"NOT_SUITABLE", When("2026-01-15")};
  EXPECT_EQ(nomination({unsuitable}, "2026-04-14"), RetentionState::kKeep);
  EXPECT_EQ(nomination({unsuitable}, "2026-04-15"), RetentionState::kDestroy);
  const vault::MatterEvent held{"HELD_FOR_PLANNING", When("2026-01-15")};
  EXPECT_EQ(nomination({held}, "2027-01-14"), RetentionState::kKeep);
  EXPECT_EQ(nomination({held}, "2027-01-15"), RetentionState::kProposed);
  // Held and then found not suitable: three months from that. Held and selected: with the audit.
  EXPECT_EQ(nomination({held, {"NOT_SUITABLE", When("2026-06-01")}}, "2026-09-01"),
            RetentionState::kDestroy);
  EXPECT_EQ(nomination({held, {"SELECTED", When("2026-06-01")}}, "2040-01-01"),
            RetentionState::kKeep);
  EXPECT_EQ(
      nomination({held, {"SELECTED", When("2026-06-01")}, {"REPORT_ISSUED", When("2026-12-01")}},
                 "2027-12-01"),
      RetentionState::kProposed);
}

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

RecordFacts Request(const char* born, const char* ldd, const char* level) {
  return Record("request", {{"subject", "S"},
                            {"born", born},
                            {"ldd", ldd},
                            {"district", "d"},
                            {"quadrant", "q"},
                            {"level", level},
                            {"source", "school"},
                            {"received", "2026-06-01"},
                            {"family-agrees", "yes"}});
}

TEST(Maag, AgeLevelAndTheFamilysAgreement) {
  EXPECT_EQ(OnRecord("maag", Request("2012-01-01", "no", "3"), {}, {}), Lines());
  EXPECT_EQ(OnRecord("maag", Request("2006-06-02", "no", "2"), {}, {}), Lines());  // 19
  EXPECT_EQ(OnRecord("maag", Request("2006-06-01", "no", "2"), {}, {}), Lines{"age exception"});
  EXPECT_EQ(OnRecord("maag", Request("2006-06-01", "yes", "2"), {}, {}), Lines());
  EXPECT_EQ(OnRecord("maag", Request("2000-06-01", "yes", "2"), {}, {}),
            Lines{"age-ldd exception"});
  EXPECT_EQ(OnRecord("maag", Request("2012-01-01", "no", "4"), {}, {}),
            Lines{"level-4-reason refuse"});
  RecordFacts transition = Request("2012-01-01", "no", "4");
  transition.values.push_back({"transition", "hospital"});
  EXPECT_EQ(OnRecord("maag", transition, {}, {}), Lines());
  EXPECT_EQ(OnRecord("maag", With(transition, "transition", "none"), {}, {}),
            Lines{"level-4 exception"});
  EXPECT_EQ(OnRecord("maag", Request("2012-01-01", "no", "5"), {}, {}), Lines{"level refuse"});
  EXPECT_EQ(OnRecord("maag", With(Request("2012-01-01", "no", "3"), "family-agrees", "no"), {}, {}),
            Lines{"family-agrees warn"});
  EXPECT_EQ(
      OnRecord("maag", Request("2012-01-01", "no", "3"), {Request("2012-01-01", "no", "3")}, {}),
      Lines{"field refuse"});  // a duplicate case
}

TEST(Maag, APackageNeedsTwoAgencies) {
  const auto resource = [](const char* agency) {
    return Record("resource", {{"agency", agency}, {"type", "t"}});
  };
  EXPECT_EQ(OnEvent("maag", "PACKAGE_ALLOCATED", {resource("A"), resource("A")}),
            Lines{"two-agencies refuse"});
  EXPECT_EQ(OnEvent("maag", "PACKAGE_ALLOCATED", {resource("A"), resource("B")}), Lines());
  EXPECT_EQ(OnRecord("maag", Record("triage", {{"outcome", "returned"}, {"decided", "2026-06-01"}}),
                     {}, {}),
            Lines{"return-reason refuse"});
  EXPECT_EQ(OnRecord("maag",
                     Record("extract", {{"purpose", "p"},
                                        {"identifiable", "yes"},
                                        {"approved-by", "a"},
                                        {"date", "2026-06-01"}}),
                     {}, {}),
            Lines{"new-purpose refuse"});
}

TEST(Maag, ChasersRunUntilTheActionPlanIsBack) {
  MatterFacts matter;
  matter.meeting = When("2026-03-10T10:00");
  matter.events = {{"PANEL_HELD", When("2026-03-10T12:00")},
                   {"PACKAGE_ALLOCATED", When("2026-03-10T12:30")}};
  auto due = Due("maag", matter);
  EXPECT_EQ(due.at("papers-out"), "2026-03-06");
  EXPECT_EQ(due.at("papers-withdrawn"), "2026-03-11");
  EXPECT_EQ(due.at("tac"), "2026-03-31");
  EXPECT_EQ(due.at("action-plan"), "2026-04-09");
  EXPECT_EQ(due.at("chase-1"), "2026-04-16");
  EXPECT_EQ(due.at("chase-2"), "2026-04-23");
  EXPECT_EQ(due.at("escalate"), "2026-04-30");
  EXPECT_EQ(due.at("review"), "2026-06-02");
  matter.events.push_back({"ACTION_PLAN_RETURNED", When("2026-04-10")});
  due = Due("maag", matter);
  EXPECT_FALSE(due.contains("chase-1"));
  EXPECT_FALSE(due.contains("escalate"));
  // A review counts on from the last one.
  matter.events.push_back({"REVIEW_RETURNED", When("2026-06-01")});
  EXPECT_EQ(Due("maag", matter).at("review"), "2026-08-24");
  for (const auto& item : Shipped("maag").Due(matter)) {
    if (item.id == "review") {
      EXPECT_FALSE(item.fulfilled.has_value());
      EXPECT_EQ(item.owed_by, Lines{"LP"});
      EXPECT_EQ(item.warn_from->ToText(), "2026-08-10");
    }
    if (item.id == "action-plan") {
      EXPECT_EQ(item.fulfilled, When("2026-04-10"));
    }
  }
}

TEST(Maag, CasesAreKeptToABirthdayAndTheDayDoesNotTellIt) {
  MatterFacts matter;
  matter.events = {{"CASE_CLOSED", When("2026-05-10")}};
  const auto due = [&matter](std::optional<const char*> born) {
    RetentionFacts facts;
    facts.class_code = "CAF";
    if (born) facts.born = Day::Parse(*born).value();
    const auto verdict = Shipped("maag").Weigh(matter, facts, {0, 0}).verdict;
    return vault::LondonDay(*verdict.due).ToText();
  };
  EXPECT_EQ(due("2014-02-11"), "2039-03-31");
  EXPECT_EQ(due("2014-03-31"), "2039-03-31");  // told to its quarter: the same
  EXPECT_EQ(due("2009-01-20"), "2035-03-31");  // 17 when it closed
  EXPECT_EQ(due("2008-01-20"), "2033-03-31");  // 18
  EXPECT_EQ(due("2009-06-30"), "2035-06-30");  // could have been 17: the later day
  EXPECT_EQ(due("2009-08-01"), "2034-09-30");  // 16
  EXPECT_EQ(due(std::nullopt), "2052-05-10");
  RetentionFacts open;
  open.class_code = "CAF";
  EXPECT_EQ(Shipped("maag").Weigh(MatterFacts(), open, {kNow, kNow}).verdict.reason,
            "CASE_CLOSED or RETURNED or TO_SOCIAL_CARE has not been recorded");
}

RecordFacts InformationRequest() {
  return Record("information-request", {{"agency", "A"},
                                        {"subject", "S"},
                                        {"purpose", "p"},
                                        {"basis", "b"},
                                        {"asked", "x"},
                                        {"due", "2026-06-01T14:00"},
                                        {"referral-form", "d1"},
                                        {"requested-by", "r"}});
}

TEST(Mash, NoInformationRequestWithoutTheReferralForm) {
  EXPECT_EQ(OnRecord("mash", InformationRequest(), {}, {}), Lines());
  const RecordFacts bare = With(InformationRequest(), "referral-form", "");
  EXPECT_EQ(OnRecord("mash", bare, {}, {}), Lines{"referral-attached refuse"});
  EXPECT_EQ(OnEvent("mash", "REQUEST_SENT", {bare}), Lines{"requests-attached refuse"});
  EXPECT_EQ(OnEvent("mash", "REQUEST_SENT", {}), Lines{"a-request refuse"});
  EXPECT_EQ(OnEvent("mash", "REQUEST_SENT", {InformationRequest()}), Lines());
}

TEST(Mash, OneManagerFromStartToFinish) {
  const auto manager = [](const char* person, const char* state) {
    return Record("manager", {{"person", person}, {"from", "2026-06-01T09:00"}, {"state", state}});
  };
  EXPECT_EQ(OnEvent("mash", "DECIDED", {}),
            (Lines{"manager-named refuse", "decision-recorded refuse"}));
  EXPECT_EQ(OnRecord("mash", manager("B", "accountable"), {manager("A", "accountable")}, {}),
            Lines{"one-manager refuse"});
  EXPECT_EQ(OnRecord("mash", manager("B", "accountable"), {manager("A", "handed-over")}, {}),
            Lines());
  EXPECT_EQ(OnRecord("mash", manager("A", "handed-over"), {}, {}), Lines{"handover-reason refuse"});
}

TEST(Mash, EveryStrategyMeetingHasMinutes) {
  RecordFacts meeting = Record(
      "strategy-meeting", {{"held", "2026-06-01T09:00"}, {"chair", "c"}, {"minute-taker", "m"}});
  EXPECT_EQ(OnEvent("mash", "FILED_TO_CASE_RECORD", {meeting}), Lines{"minutes-exist refuse"});
  meeting.values.push_back({"minutes", "d7"});
  EXPECT_EQ(OnEvent("mash", "FILED_TO_CASE_RECORD", {meeting}), Lines());
  MatterFacts matter;
  matter.events = {{"STRATEGY_HELD", When("2026-06-01T09:00")}};
  EXPECT_EQ(Due("mash", matter).at("minutes"), "2026-06-08");
  EXPECT_EQ(Due("mash", matter).at("actions"), "2026-06-02");
}

TEST(Mash, TheDecisionClockCountsHoursAndWorkingDays) {
  MatterFacts matter;
  matter.events = {{"RATED_RED", When("2026-06-05T22:30")}};
  for (const auto& item : Shipped("mash").Due(matter)) {
    if (item.id != "decision-red") continue;
    EXPECT_EQ(item.moment, When("2026-06-06T02:30"));
    EXPECT_EQ(item.due->ToText(), "2026-06-06");
    EXPECT_FALSE(item.fulfilled.has_value());
  }
  EXPECT_TRUE(Shipped("mash").Warnings(matter, "DECIDED", When("2026-06-06T02:30")).empty());
  EXPECT_EQ(Shipped("mash").Warnings(matter, "DECIDED", When("2026-06-06T02:31")).size(), 1u);
  matter.events = {{"RATED_GREEN", When("2026-06-05T22:30")}};
  EXPECT_EQ(Due("mash", matter).at("decision-green"), "2026-06-10");
}

TEST(Mash, ClaimedEvidencedAndResidualStayApart) {
  const auto recommendation = [](std::vector<std::pair<std::string, std::string>> more) {
    std::vector<std::pair<std::string, std::string>> values = {
        {"number", "6"}, {"text", "t"}, {"owner", "o"}};
    values.insert(values.end(), more.begin(), more.end());
    return Record("recommendation", values);
  };
  EXPECT_EQ(OnRecord("mash", recommendation({{"status", "complete-evidenced"}}), {}, {}),
            Lines{"evidenced refuse"});
  EXPECT_EQ(OnRecord("mash", recommendation({{"status", "complete-claimed"}}), {}, {}),
            Lines{"claim-is-a-claim warn"});
  EXPECT_EQ(OnRecord("mash",
                     recommendation({{"status", "complete-evidenced"},
                                     {"evidence", "case audit"},
                                     {"residual-open", "yes"}}),
                     {}, {}),
            Lines{"residual-done refuse"});
  EXPECT_EQ(OnRecord("mash",
                     recommendation({{"status", "complete-evidenced"},
                                     {"evidence", "case audit"},
                                     {"evidence", "inspection"},
                                     {"residual", "later"},
                                     {"residual-open", "no"}}),
                     {}, {}),
            Lines());
  EXPECT_EQ(
      OnEvent("mash", "RECOMMENDATIONS_CLOSED", {recommendation({{"status", "complete-claimed"}})}),
      Lines{"all-closed refuse"});
}

TEST(Mash, CopiesGoOnceTheCaseRecordIsConfirmedAndNeverByThemselvesBefore) {
  MatterFacts matter;
  matter.events = {{"FILED_TO_CASE_RECORD", When("2026-06-01")}};
  EXPECT_EQ(State("mash", "RFL", matter, "2026-06-28", {}), RetentionState::kKeep);
  EXPECT_EQ(State("mash", "RFL", matter, "2026-06-29", {}), RetentionState::kDestroy);
  matter.events = {{"ENQUIRY_CLOSED", When("2026-06-01")}};
  EXPECT_EQ(State("mash", "RFL", matter, "2027-05-31", {}), RetentionState::kKeep);
  EXPECT_EQ(State("mash", "RFL", matter, "2040-01-01", {}), RetentionState::kProposed);
}

TEST(Processes, TransportMailGoesFiveWorkingDaysAfterItCame) {
  for (const auto& name : ShippedNames()) {
    RetentionFacts mail;
    mail.own_events = {{"FILED", When("2026-04-01T15:00")}};
    EXPECT_EQ(State(name.c_str(), "EML", {}, "2026-04-09", mail), RetentionState::kKeep);
    EXPECT_EQ(State(name.c_str(), "EML", {}, "2026-04-10", mail), RetentionState::kDestroy);
    EXPECT_EQ(State(name.c_str(), "EML", {}, "2099-04-10", {}), RetentionState::kKeep);
  }
}

TEST(Processes, WhatHappenedToOneDocumentGoesBeforeItsMatter) {
  RetentionFacts guidance;
  guidance.own_events = {{"SUPERSEDED", When("2026-01-01")}};
  EXPECT_EQ(State("macfa", "TOR", {}, "2031-12-31", guidance), RetentionState::kKeep);
  EXPECT_EQ(State("macfa", "TOR", {}, "2032-01-01", guidance), RetentionState::kProposed);
  EXPECT_EQ(State("macfa", "TOR", {}, "2032-01-01", {}), RetentionState::kKeep);
}

TEST(Processes, DraftMinutesGoWhenTheMinutesAreApproved) {
  MatterFacts matter;
  matter.events = {{"MINUTES_APPROVED", kNow}};
  for (const char* name : {"macfa", "maca", "mata", "mash"}) {
    EXPECT_EQ(State(name, "DRM", matter, "2026-06-01T10:00", {}), RetentionState::kDestroy) << name;
  }
}

TEST(Processes, LoansNameTheirParties) {
  const auto parties = [](const char* name, vault::LoanKind kind) {
    for (const auto& loan : Shipped(name).Lending()) {
      if (loan.kind == kind) return loan.to;
    }
    return Lines{"?"};
  };
  EXPECT_EQ(parties("macfa", vault::LoanKind::kReport),
            (Lines{"agency", "chair", "group", "inspection"}));
  EXPECT_EQ(parties("macfa", vault::LoanKind::kPack), (Lines{"agency", "chair"}));
  EXPECT_EQ(parties("maag", vault::LoanKind::kPack), Lines{"group"});
  EXPECT_EQ(parties("maca", vault::LoanKind::kControl), Lines{"control"});
}

TEST(Processes, RecurringMeetingsAreData) {
  const auto& week = Shipped("maag").Data().recurrences.front();
  EXPECT_EQ(week.every + " " + week.per, "week district");
  Lines mash;
  for (const auto& each : Shipped("mash").Data().recurrences) {
    mash.push_back(each.every + " " + std::to_string(each.weekday));
  }
  EXPECT_EQ(mash, (Lines{"day 7", "day 7", "week 1", "quarter 7"}));
}

}  // namespace
}  // namespace policies
