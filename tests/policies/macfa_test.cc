// The shipped MACFA template against tables written down independently of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "policies/rule_book.h"
#include "tests/policies/texts.h"

namespace policies {
namespace {

using vault::Day;
using vault::EntryType;
using vault::LoanKind;
using vault::MatterFacts;
using vault::ReadingCode;
using vault::ReadingFacts;
using vault::Relation;
using vault::RetentionFacts;
using vault::RetentionState;
using vault::UnixSeconds;

UnixSeconds At(const std::string& text) {
  auto time = vault::ParseWhen(text);
  CHECK(time.ok());
  return time.value();
}

const ProcessTemplate& Macfa() {
  static const auto kMade = [] {
    auto parsed =
        ProcessTemplate::Parse(ShippedText("templates/macfa.xml"), ShippedCalendars(), "");
    if (!parsed.ok()) {
      for (const auto& text : Texts(parsed.faults())) ADD_FAILURE() << text;
    }
    CHECK(parsed.ok());
    return std::move(parsed).value();
  }();
  return *kMade;
}

// The fictional audit MACFA-2026-01, up to and with a moment.
MatterFacts Audit(const std::string& until) {
  MatterFacts matter;
  matter.meeting = At("2026-04-09T09:30");
  const std::vector<std::pair<std::string, std::string>> all = {
      {"THEME_AGREED", "2026-01-15"},         {"LONGLIST_RECEIVED", "2026-01-22"},
      {"CONTACT_CHECK_SENT", "2026-01-26"},   {"SELECTION_DECIDED", "2026-02-12"},
      {"FORMS_ISSUED", "2026-02-27"},         {"SUBMISSION_DEADLINE", "2026-03-26"},
      {"PACK_RELEASED", "2026-04-02"},        {"MEETING_STARTED", "2026-04-09T09:30"},
      {"MEETING_CLOSED", "2026-04-09T12:30"}, {"ALL_ATTESTED", "2026-04-24"},
      {"REPORT_APPROVED", "2026-05-22"},      {"PRESENTED", "2026-06-11"},
      {"IMPACT_SENT", "2026-07-09"},          {"IMPACT_CLOSED", "2026-08-20"}};
  for (const auto& [name, when] : all) {
    if (At(when) <= At(until)) matter.events.push_back({name, At(when)});
  }
  return matter;
}

// A moment inside each phase of that audit.
const std::vector<std::pair<std::string, std::string>>& Moments() {
  static const std::vector<std::pair<std::string, std::string>> kMoments = {
      {"P0", "2026-01-16"}, {"P1", "2026-02-01"},       {"P2", "2026-03-01"}, {"P3", "2026-03-27"},
      {"P4", "2026-04-03"}, {"P5", "2026-04-09T10:00"}, {"P6", "2026-04-15"}, {"P7", "2026-06-01"},
      {"P8", "2026-07-15"}, {"P9", "2026-09-01"}};
  return kMoments;
}

TEST(Macfa, EachPhaseOpensWithItsEvent) {
  for (const auto& [phase, moment] : Moments()) {
    EXPECT_EQ(Macfa().Phase(Audit(moment)), phase) << moment;
  }
  EXPECT_EQ(Macfa().Phase(MatterFacts()), "P0");
}

TEST(Macfa, ThePhaseFollowsWhenThingsHappenedNotWhenTheyWereRecorded) {
  MatterFacts matter = Audit("2026-04-03");
  matter.events.push_back({"IMPACT_SENT", At("2026-03-01")});  // nonsense, and earlier
  EXPECT_EQ(Macfa().Phase(matter), "P4");
  MatterFacts tie;
  tie.events = {{"FORMS_ISSUED", 1000}, {"LONGLIST_RECEIVED", 1000}};
  EXPECT_EQ(Macfa().Phase(tie), "P1");
}

TEST(Macfa, AMeetingClosedWithAnEarlierTimeStillEndsTheReading) {
  MatterFacts matter = Audit("2026-04-09T10:00");
  matter.events.push_back({"MEETING_CLOSED", At("2026-04-01")});
  EXPECT_EQ(Macfa().Phase(matter), "P6");
  ReadingFacts facts{{"AAC"}, "FRM", Relation::kInvolved, true, true, true, true};
  EXPECT_EQ(Macfa().Read(matter, facts).code, ReadingCode::kNone);
}

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

TEST(Macfa, DueDaysOfTheExampleAudit) {
  const std::map<std::string, std::string> expected = {
      {"themes-agreed", "2026-03-31"},       {"contact-check-reply", "2026-02-09"},
      {"contact-window", "2025-01-26"},      {"forms-issue-earliest", "2026-02-26"},
      {"forms-issue-latest", "2026-03-05"},  {"chase-1", "2026-03-19"},
      {"submission-deadline", "2026-03-26"}, {"chase-2", "2026-03-27"},
      {"escalate-to-chair", "2026-03-31"},   {"pack-released", "2026-04-02"},
      {"shares-end", "2026-04-09"},          {"deletion-attested", "2026-04-16"},
      {"deletion-escalated", "2026-04-23"},  {"draft-report", "2026-05-08"},
      {"impact-sent", "2026-07-09"},         {"impact-returned", "2026-07-30"}};
  std::map<std::string, std::string> due;
  for (const auto& item : Macfa().Due(Audit("2026-09-01"))) {
    // Nobody has asked for their data or for information.
    if (item.id.starts_with("subject-access") || item.id == "freedom-of-information") continue;
    ASSERT_TRUE(item.due.has_value()) << item.id;
    due[item.id] = item.due->ToText();
    EXPECT_TRUE(item.basis == "seed" || item.basis == "assumption");
    EXPECT_FALSE(item.what.empty());
  }
  EXPECT_EQ(due, expected);
}

TEST(Macfa, WithoutAMeetingNothingCountsFromIt) {
  MatterFacts matter;
  matter.events = {{"CONTACT_CHECK_SENT", At("2026-01-26")}};
  std::set<std::string> known;
  for (const auto& item : Macfa().Due(matter)) {
    if (item.due) known.insert(item.id);
  }
  EXPECT_EQ(known, (std::set<std::string>{"contact-check-reply", "contact-window"}));
  EXPECT_TRUE(Macfa().AutomaticEvents(matter).empty());
}

TEST(Macfa, ADeadlineBroughtForwardMovesWhatCountsFromIt) {
  MatterFacts matter = Audit("2026-03-01");
  matter.events.push_back({"SUBMISSION_DEADLINE", At("2026-03-20T12:00")});
  for (const auto& item : Macfa().Due(matter)) {
    if (item.id == "chase-2") {
      EXPECT_EQ(item.due->ToText(), "2026-03-23");
    }
    if (item.id == "submission-deadline") {
      EXPECT_EQ(item.due->ToText(), "2026-03-26");
      EXPECT_EQ(item.event, "SUBMISSION_DEADLINE");
    }
  }
}

TEST(Macfa, DeadlineAndPackHappenByThemselvesAtMidnightInLondon) {
  auto events = Macfa().AutomaticEvents(Audit("2026-03-01"));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].name, "SUBMISSION_DEADLINE");
  EXPECT_EQ(vault::FormatTime(events[0].at), "2026-03-26T00:00:00+00:00");
  EXPECT_EQ(events[1].name, "PACK_RELEASED");
  EXPECT_EQ(vault::FormatTime(events[1].at), "2026-04-02T00:00:00+01:00");

  EXPECT_EQ(Macfa().AutomaticEvents(Audit("2026-03-27")).size(), 1u);
  EXPECT_TRUE(Macfa().AutomaticEvents(Audit("2026-04-02")).empty());
}

TEST(Macfa, NothingIsReleasedByItselfAfterTheMeetingClosed) {
  MatterFacts matter = Audit("2026-03-01");
  matter.events.push_back({"MEETING_CLOSED", At("2026-03-02")});
  EXPECT_TRUE(Macfa().AutomaticEvents(matter).empty());
  matter = Audit("2026-03-01");
  matter.events.push_back({"PACK_RELEASED", At("2026-03-02")});
  EXPECT_TRUE(Macfa().AutomaticEvents(matter).empty());
}

TEST(Macfa, EventsOpenAndEndLoans) {
  auto opens = [](const char* name) { return Macfa().Event(name).value().opens_loans; };
  auto ends = [](const char* name) { return Macfa().Event(name).value().ends_loans; };
  using Kinds = std::vector<LoanKind>;
  EXPECT_EQ(opens("CONTACT_CHECK_SENT"), Kinds{LoanKind::kBrief});
  EXPECT_EQ(opens("FORMS_ISSUED"), Kinds{LoanKind::kBrief});
  EXPECT_EQ(opens("PACK_RELEASED"), Kinds{LoanKind::kPack});
  EXPECT_EQ(opens("REPORT_APPROVED"), Kinds{LoanKind::kReport});
  EXPECT_EQ(ends("MEETING_CLOSED"), (Kinds{LoanKind::kBrief, LoanKind::kPack}));
  EXPECT_TRUE(Macfa().Event("PACK_RELEASED").value().automatic);
  EXPECT_FALSE(Macfa().Event("FORMS_ISSUED").value().automatic);
  EXPECT_EQ(Macfa().Event("PACK_RELEASED").value().opens_phase, "P4");
  auto unknown = Macfa().Event("PACK_RELEASE");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, vault::Errc::kInvalid);
}

TEST(Macfa, AnEventHappensOnceAndNotAfterWhatEndsIt) {
  const MatterFacts matter = Audit("2026-04-15");
  for (const char* name : {"MEETING_CLOSED", "PACK_RELEASED"}) {
    EXPECT_EQ(Macfa().CheckEvent(matter, name).error().code, vault::Errc::kConflict);
  }
  EXPECT_EQ(Macfa().CheckEvent(matter, "NONSENSE").error().code, vault::Errc::kInvalid);
  EXPECT_TRUE(Macfa().CheckEvent(matter, "REPORT_APPROVED").ok());
  MatterFacts early;
  early.events = {{"MEETING_CLOSED", 1000}};
  for (const char* name : {"LONGLIST_RECEIVED", "CONTACT_CHECK_SENT", "FORMS_ISSUED",
                           "SUBMISSION_DEADLINE", "PACK_RELEASED", "MEETING_STARTED"}) {
    auto status = Macfa().CheckEvent(early, name);
    ASSERT_FALSE(status.ok()) << name;
    EXPECT_EQ(status.error().code, vault::Errc::kConflict);
    EXPECT_EQ(status.error().detail, "the event cannot happen any more after MEETING_CLOSED");
  }
  EXPECT_TRUE(Macfa().CheckEvent(early, "SELECTION_DECIDED").ok());
}

TEST(Macfa, RecordingOutsideAWindowWarns) {
  const MatterFacts matter = Audit("2026-02-12");
  auto warnings = [&matter](const char* day) {
    return Macfa().Warnings(matter, "FORMS_ISSUED", At(day));
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(
      warnings("2026-02-25T23:59"),
      Lines{"25 February 2026 is before the earliest day 26 February 2026 (forms issued, earliest, "
            "basis: seed)"});
  EXPECT_TRUE(warnings("2026-02-26").empty());
  EXPECT_TRUE(warnings("2026-03-05T23:59").empty());
  EXPECT_EQ(warnings("2026-03-06"),
            Lines{"6 March 2026 is after the latest day 5 March 2026 (forms issued, latest, basis: "
                  "seed)"});
  EXPECT_TRUE(Macfa().Warnings(MatterFacts(), "FORMS_ISSUED", 0).empty());
}

TEST(Macfa, ClassesSayWhoFilesWhoLendsAndWhatIsRead) {
  auto form = Macfa().Class("FRM").value();
  EXPECT_TRUE(form.per_subject && form.one_per_agency_and_subject && form.parsed);
  EXPECT_FALSE(form.named_readers);
  EXPECT_EQ(form.sensitivity, 3);
  EXPECT_EQ(form.retention, "RC-02");
  EXPECT_EQ(form.filed_by, (std::vector<std::string>{"AUD", "AAC", "BUO"}));
  EXPECT_EQ(form.lent_by, (std::vector<LoanKind>{LoanKind::kPack, LoanKind::kControl}));
  auto report = Macfa().Class("REP").value();
  EXPECT_EQ(report.filed_by, std::vector<std::string>{"BUO"});
  EXPECT_EQ(report.lent_by.front(), LoanKind::kReport);
  EXPECT_TRUE(Macfa().Class("KEY").value().named_readers);
  EXPECT_TRUE(Macfa().Class("KEY").value().lent_by.empty());
  EXPECT_TRUE(Macfa().Class("PAK").value().filed_by.empty());
  EXPECT_FALSE(Macfa().Class("NO-SUCH-CLASS").ok());
  EXPECT_EQ(Macfa().Classes().size(), 19u);
  EXPECT_EQ(Macfa().SubjectLimit(), 3u);
  EXPECT_EQ(Macfa().Limit("minutes-per-subject"), 45);
}

TEST(Macfa, AControlTaskCanReachEverythingButTheKey) {
  for (const auto& rule : Macfa().Classes()) {
    const bool lent = std::find(rule.lent_by.begin(), rule.lent_by.end(), LoanKind::kControl) !=
                      rule.lent_by.end();
    EXPECT_EQ(lent, rule.code != "KEY") << rule.code;
  }
}

TEST(Macfa, LoansHaveAFailSafeEnd) {
  EXPECT_EQ(Macfa().LoanDeadline(Audit("2026-03-01"), 0), At("2026-05-09T09:30"));
  EXPECT_EQ(Macfa().LoanDeadline(MatterFacts(), 1000), 1000 + 365 * 86400);
}

vault::Judgement Weigh(const std::string& class_code, const std::string& now, bool held,
                       bool approved) {
  RetentionFacts facts;
  facts.class_code = class_code;
  facts.held = held;
  facts.approved = approved;
  const UnixSeconds low = At(now);
  return Macfa().Weigh(Audit(now), facts, {low, low});
}

TEST(Macfa, MasterFormsFallDueAYearAfterTheReportAndDoNotRoll) {
  auto before = Weigh("FRM", "2027-05-21T23:59:59", false, true);
  EXPECT_EQ(before.verdict.state, RetentionState::kKeep);
  EXPECT_FALSE(before.order.has_value());
  EXPECT_EQ(vault::FormatTime(*before.verdict.due), "2027-05-22T00:00:00+01:00");
  EXPECT_EQ(before.verdict.rule, "RC-02");
  EXPECT_EQ(before.verdict.trigger, "REPORT_APPROVED");

  EXPECT_EQ(Weigh("FRM", "2027-05-22", false, false).verdict.state, RetentionState::kProposed);
  EXPECT_FALSE(Weigh("FRM", "2027-05-22", false, false).order.has_value());
  auto due = Weigh("FRM", "2027-05-22", false, true);
  EXPECT_EQ(due.verdict.state, RetentionState::kDestroy);
  ASSERT_TRUE(due.order.has_value());
  EXPECT_EQ(due.order->verdict().rule, "RC-02");
  EXPECT_EQ(due.order->object().class_code, "FRM");
  auto held = Weigh("FRM", "2027-05-22", true, true);
  EXPECT_EQ(held.verdict.state, RetentionState::kBlocked);
  EXPECT_FALSE(held.order.has_value());
  EXPECT_EQ(Weigh("FRM", "2027-05-21", true, true).verdict.state, RetentionState::kKeep);
}

TEST(Macfa, LonglistsGoTenWorkingDaysAfterSelectionWithoutReview) {
  EXPECT_EQ(Weigh("LLI", "2026-02-25T23:59", false, false).verdict.state, RetentionState::kKeep);
  EXPECT_EQ(Weigh("LLI", "2026-02-26", false, false).verdict.state, RetentionState::kDestroy);
  EXPECT_EQ(Weigh("LLI", "2026-02-26", true, false).verdict.state, RetentionState::kBlocked);
}

TEST(Macfa, OfThoseWhoWereSelectedTheLonglistStaysWithTheForms) {
  MatterFacts matter;
  matter.events = {{"SELECTION_DECIDED", At("2026-02-12")}, {"REPORT_APPROVED", At("2026-05-22")}};
  vault::RetentionFacts facts;
  facts.class_code = "LLI";
  facts.involved = true;
  const auto weigh = [&](const char* now) {
    return Macfa().Weigh(matter, facts, {At(now), At(now)}).verdict;
  };
  EXPECT_EQ(weigh("2026-02-26").state, RetentionState::kKeep);
  EXPECT_EQ(weigh("2027-05-21").state, RetentionState::kKeep);
  EXPECT_EQ(weigh("2027-05-22").state, RetentionState::kProposed);
}

TEST(Macfa, ASubjectAccessRequestHasAMonthOrThreeOnceThePersonWasTold) {
  MatterFacts matter;
  matter.events = {{"SUBJECT_ACCESS_RECEIVED", At("2026-04-14T10:00")}};
  const auto due = [&](const char* id) {
    for (const auto& item : Macfa().Due(matter)) {
      if (item.id == id && item.due) return item.due->ToText();
    }
    return std::string("none");
  };
  EXPECT_EQ(due("subject-access"), "2026-05-14");
  EXPECT_EQ(due("subject-access-extension"), "2026-05-14");
  matter.events.push_back({"SUBJECT_ACCESS_EXTENDED", At("2026-05-11T10:00")});
  EXPECT_EQ(due("subject-access"), "none");
  EXPECT_EQ(due("subject-access-limit"), "2026-07-14");
}

TEST(Macfa, ReportsAreReviewedAfterSixYears) {
  EXPECT_EQ(Weigh("REP", "2032-05-21", false, false).verdict.state, RetentionState::kKeep);
  auto due = Weigh("REP", "2032-05-22", false, false);
  EXPECT_EQ(due.verdict.state, RetentionState::kProposed);
  EXPECT_EQ(due.verdict.reason, "it is due for review: destroy, keep, or offer to an archive");
}

TEST(Macfa, WhatHasNotBeenTriggeredAndWhatIsNotKnownIsKept) {
  auto plan = Weigh("PLN", "2099-01-01", false, true);
  EXPECT_EQ(plan.verdict.state, RetentionState::kKeep);
  EXPECT_EQ(plan.verdict.reason, "LAST_ACTION_CLOSED has not been recorded");
  EXPECT_FALSE(plan.verdict.due.has_value());
  EXPECT_EQ(Weigh("NO-SUCH-CLASS", "2099-01-01", false, true).verdict.state, RetentionState::kKeep);
}

}  // namespace
}  // namespace policies
