#include "ingest/mapping.h"

#include <gtest/gtest.h>

#include "ingest/answers.h"
#include "ingest/labels.h"
#include "ingest/limits.h"
#include "tests/support/word_form.h"

namespace ingest {
namespace {

using Lines = std::vector<std::vector<std::string>>;

// Document makes one table of rows; rows of one cell stand for merged ones.
WordText Document(const Lines& rows) {
  WordText text;
  for (const auto& row : rows) {
    WordLine line;
    line.table = 1;
    for (const auto& cell : row) line.cells.push_back({line.cells.size(), cell, false});
    text.lines.push_back(std::move(line));
  }
  return text;
}

// Paragraphs makes lines outside all tables.
WordText Paragraphs(const std::vector<std::string>& lines) {
  WordText text;
  for (const auto& line : lines) text.lines.push_back({0, {WordCell{0, line, false}}});
  return text;
}

Form Map(const WordText& text) {
  auto form = MapForm(text);
  EXPECT_TRUE(form.ok());
  return form.ok() ? std::move(form).value() : Form{};
}

std::vector<std::string> Codes(const Form& form) {
  std::vector<std::string> out;
  for (const auto& finding : form.findings) {
    std::string place = finding.section == kWholeForm ? "form" : std::to_string(finding.section);
    out.push_back(place + " " + std::string(finding.code()));
  }
  return out;
}

const Lines kCompact = {
    {"Field", "Text"},
    {"Audit / theme / subject", "MACFA-2026-01 / Self-neglect and hoarding / Adult Elm"},
    {"Agency, auditor",
     "Marl Mental Health NHS Foundation Trust; J. Price, Lead Practitioner (not involved in care)"},
    {"Period; records", "26 Jan 2025 to 26 Jan 2026; electronic care record, clinic letters"},
    {"Connected people", "none known to this agency"},
    {"0 Involvement", "Open to community team Feb\u2013Jul 2025."},
    {"1 Recognition: RI", "Not named as self-neglect. Evidence: note 04/03."},
    {"2 Assessment: I", "No risk assessment after the March visit."},
    {"3 Planning: RI", "Discharge plan existed."},
    {"4 Joint working: RI", "Letter to GP sent."},
    {"5 Voice: RI", "Wish \u201cto be left alone\u201d recorded once."},
    {"6 Oversight: RI", "Discussed in caseload supervision in May."},
    {"7 Impact: I", "No change; situation worse at re-referral."},
    {"8 Overall: RI", "Some standards met (contact attempts, GP letter)."},
    {"Good practice", "Two out-of-hours contact attempts."},
    {"Improve / recommend", "Decision-specific capacity prompt; closure check with partners."},
    {"9 Immediate concern", "No"},
    {"11 Sensitive, not for circulation", "No"},
};

TEST(Mapping, TheCompactFormIsReadInFull) {
  Form form = Map(Document(kCompact));
  EXPECT_EQ(form.reference, "MACFA-2026-01");
  EXPECT_EQ(form.theme, "Self-neglect and hoarding");
  EXPECT_EQ(form.subject, "Adult Elm");
  EXPECT_EQ(form.agency, "Marl Mental Health NHS Foundation Trust");
  EXPECT_EQ(form.auditor, "J. Price");
  EXPECT_EQ(form.auditor_role, "Lead Practitioner");
  EXPECT_EQ(form.independent, Answer::kYes);
  EXPECT_EQ(form.period, "26 Jan 2025 to 26 Jan 2026");
  EXPECT_EQ(form.records, "electronic care record, clinic letters");
  EXPECT_EQ(form.people_note, "none known to this agency");
  EXPECT_TRUE(form.people.empty());
  EXPECT_EQ(form.sections[0].rationale, "Open to community team Feb\u2013Jul 2025.");
  std::string grades;
  for (const auto& section : form.sections) grades += std::string(GradeCode(section.grade)) + ",";
  EXPECT_EQ(grades, ",RI,I,RI,RI,RI,RI,I,RI,");
  EXPECT_EQ(form.sections[1].rationale, "Not named as self-neglect. Evidence: note 04/03.");
  EXPECT_EQ(form.sections[7].rationale, "No change; situation worse at re-referral.");
  EXPECT_EQ(form.sections[8].good_practice, "Two out-of-hours contact attempts.");
  EXPECT_EQ(form.sections[8].improvement,
            "Decision-specific capacity prompt; closure check with partners.");
  EXPECT_EQ(form.immediate_concern, Answer::kNo);
  EXPECT_EQ(form.sensitive, Answer::kNo);
  EXPECT_TRUE(Codes(form).empty());
}

TEST(Mapping, OneSectionARowUnderColumnsIsRead) {
  Form form = Map(Document({{"Audit reference", "MACFA-2026-01"},
                            {"Subject", "Adult Elm"},
                            {"Agency", "Marl Constabulary"},
                            {"Section", "Grade", "Comments", "Evidence"},
                            {"1. Recognition and response", "G", "seen in time", "log 1"},
                            {"2", "RI", "partly", ""},
                            {"Planning and intervention", "Inadequate", "none", ""}}));
  EXPECT_EQ(form.sections[1].grade, Grade::kGood);
  EXPECT_EQ(form.sections[1].rationale, "seen in time");
  EXPECT_EQ(form.sections[1].evidence, "log 1");
  EXPECT_EQ(form.sections[2].grade, Grade::kRequiresImprovement);
  EXPECT_EQ(form.sections[3].grade, Grade::kInadequate);
  EXPECT_EQ(form.sections[3].rationale, "none");
}

TEST(Mapping, HeadingsMergedDownTheLeftAreRead) {
  WordText text = Document({{"Audit reference", "MACFA-2026-01"},
                            {"1 Recognition", "Grade", "G"},
                            {"1 Recognition", "Rationale", "because"},
                            {"2 Assessment", "Grade", "I"},
                            {"2 Assessment", "Rationale", "nothing on file"}});
  text.lines[2].cells[0].continued = true;
  text.lines[4].cells[0].continued = true;
  Form form = Map(text);
  EXPECT_EQ(form.sections[1].grade, Grade::kGood);
  EXPECT_EQ(form.sections[1].rationale, "because");
  EXPECT_EQ(form.sections[2].grade, Grade::kInadequate);
  EXPECT_EQ(form.sections[2].rationale, "nothing on file");
}

TEST(Mapping, ParagraphsWithoutTablesAreRead) {
  Form form = Map(
      Paragraphs({"Audit reference: MACFA-2026-01", "Some words in between", "Subject: Adult Elm",
                  "Agency: Marl Constabulary", "Section 1: Recognition and response", "Grade: Good",
                  "Rationale:", "The first reason.", "The second reason.", "Evidence: log 7",
                  "Section 9: Immediate safeguarding concern", "Details: none"}));
  EXPECT_EQ(form.reference, "MACFA-2026-01");
  EXPECT_EQ(form.subject, "Adult Elm");
  EXPECT_EQ(form.sections[1].grade, Grade::kGood);
  EXPECT_EQ(form.sections[1].rationale, "The first reason.\nThe second reason.");
  EXPECT_EQ(form.sections[1].evidence, "log 7");
  for (const auto& code : Codes(form)) EXPECT_EQ(code.find("answered-twice"), std::string::npos);
}

TEST(Mapping, ConnectedPeopleAreReadRowByRow) {
  Form form =
      Map(Document({{"Subject", "Adult Alder"},
                    {"Audit reference", "MACFA-2026-01"},
                    {"Pseudonym", "Relationship", "Known to this agency?", "Relevant information"},
                    {"Alder-Brother", "brother and informal carer", "Yes", "lives near"},
                    {"Alder-Neighbour", "neighbour", "No", ""},
                    {"", "", "", ""},
                    {"Section 1: Recognition"},
                    {"Grade", "G"},
                    {"Rationale", "because"}}));
  ASSERT_EQ(form.people.size(), 2u);
  EXPECT_EQ(form.people[0], (ConnectedPerson{"Alder-Brother", "brother and informal carer",
                                             Answer::kYes, "lives near"}));
  EXPECT_EQ(form.people[1], (ConnectedPerson{"Alder-Neighbour", "neighbour", Answer::kNo, ""}));
  EXPECT_EQ(form.sections[1].grade, Grade::kGood);
}

TEST(Mapping, ConnectedPeopleBesideLabelsAreRead) {
  Form form = Map(Document({{"Audit reference", "MACFA-2026-01"},
                            {"Connected people"},
                            {"Pseudonym", "Alder-Brother"},
                            {"Relationship", "brother"},
                            {"Pseudonym", "Alder-Neighbour"},
                            {"Known to this agency", "\u2610 Yes \u2612 No"},
                            {"Section 1"},
                            {"Grade", "G"},
                            {"Rationale", "because"}}));
  ASSERT_EQ(form.people.size(), 2u);
  EXPECT_EQ(form.people[0].relationship, "brother");
  EXPECT_EQ(form.people[1].pseudonym, "Alder-Neighbour");
  EXPECT_EQ(form.people[1].known, Answer::kNo);
}

Lines WithSection1(const std::string& label, const std::string& value) {
  Lines rows = {{"Audit reference", "MACFA-2026-01"},
                {"Subject", "Adult Elm"},
                {"Agency", "Marl Constabulary"},
                {"Section 1: Recognition"},
                {"Rationale", "because"}};
  rows.push_back({label, value});
  return rows;
}

bool Has(const Form& form, std::string_view code) {
  for (const auto& have : Codes(form)) {
    if (have == code) return true;
  }
  return false;
}

TEST(Mapping, AGradeThatIsNoneOfTheFiveIsToldAndNotGuessed) {
  for (const char* wrong :
       {"Satisfactory", "3", "Good / Requires Improvement", "\u2612 Good \u2612 Inadequate"}) {
    Form form = Map(Document(WithSection1("Grade", wrong)));
    EXPECT_EQ(form.sections[1].grade, Grade::kNone) << wrong;
    EXPECT_TRUE(Has(form, "1 unknown-grade")) << wrong;
    EXPECT_FALSE(Has(form, "1 rationale-without-grade")) << wrong;
  }
  Form empty = Map(Document(WithSection1("Grade", "\u2610 Good \u2610 Inadequate")));
  EXPECT_TRUE(Has(empty, "1 rationale-without-grade"));
  EXPECT_FALSE(Has(empty, "1 unknown-grade"));
}

TEST(Mapping, TwoFormsInOneFileAreTold) {
  Lines twice = kCompact;
  for (auto row : kCompact) {
    if (row[0] == "Audit / theme / subject") row[1] = "MACFA-2026-01 / Self-neglect / Adult Oak";
    if (row[0] == "1 Recognition: RI") row[0] = "1 Recognition: O";
    twice.push_back(row);
  }
  Form form = Map(Document(twice));
  EXPECT_TRUE(Has(form, "form two-subjects"));
  EXPECT_TRUE(Has(form, "1 answered-twice"));
  EXPECT_EQ(form.sections[1].grade, Grade::kRequiresImprovement);
  EXPECT_NE(form.subject.find("Adult Oak"), std::string::npos);
}

TEST(Mapping, BetweenYesAndNoTheConcernStays) {
  Lines rows = kCompact;
  rows.push_back({"9 Immediate concern", "Yes \u2013 blocked exit"});
  rows.push_back({"9 Immediate concern", "No"});
  Form form = Map(Document(rows));
  EXPECT_EQ(form.immediate_concern, Answer::kYes);
  EXPECT_EQ(form.concern, "blocked exit");
  EXPECT_TRUE(Has(form, "9 immediate-concern"));
  EXPECT_TRUE(Has(form, "9 answered-twice"));
}

TEST(Mapping, AnAnswerThatIsNeitherYesNorNoIsToldAndKept) {
  Lines rows = kCompact;
  rows[16][1] = "Possibly, see email";
  Form form = Map(Document(rows));
  EXPECT_EQ(form.immediate_concern, Answer::kNotGiven);
  EXPECT_EQ(form.concern, "Possibly, see email");
  EXPECT_TRUE(Has(form, "9 unclear-answer"));
  EXPECT_TRUE(Has(form, "9 immediate-concern"));
}

TEST(Mapping, OverlongTextsAreCutBetweenLettersAndTold) {
  std::string pounds;
  for (std::size_t i = 0; i < kMaxText / 2 + 10; ++i) pounds += "\u00a3";
  Form form = Map(Document(WithSection1("Evidence", "x" + pounds)));
  EXPECT_EQ(form.sections[1].evidence.size(), kMaxText - 1);
  EXPECT_TRUE(Has(form, "1 text-cut"));
  EXPECT_TRUE(Validate(form).ok());
}

TEST(Mapping, TooMuchTextIsNoForm) {
  Lines rows = WithSection1("Grade", "G");
  for (int n = 1; n <= 8; ++n) {
    rows.push_back({"Section " + std::to_string(n)});
    for (const char* label : {"Evidence", "Good practice", "Recommendation"}) {
      rows.push_back({label, std::string(kMaxText, 'a')});
    }
  }
  auto form = MapForm(Document(rows));
  ASSERT_FALSE(form.ok());
  EXPECT_EQ(form.reason(), Unreadable::kTooLarge);
}

TEST(Mapping, OtherDocumentsAreNoForms) {
  EXPECT_EQ(MapForm(WordText{}).reason(), Unreadable::kNotAForm);
  EXPECT_EQ(MapForm(Paragraphs({"Agenda", "Theme: self-neglect", "Date due: Friday", "Agency: all",
                                "Assessment", "Planning"}))
                .reason(),
            Unreadable::kNotAForm);
}

TEST(Mapping, WhatTheDocumentHoldsBesidesIsTold) {
  WordText text = Document(kCompact);
  text.tracked_changes = text.hidden_text = text.comments = text.unread_parts = true;
  EXPECT_EQ(Codes(Map(text)), (std::vector<std::string>{"form tracked-changes", "form hidden-text",
                                                        "form comments", "form unread-parts"}));
}

TEST(Answers, GradesAreReadInTheWaysPeopleWriteThem) {
  for (const char* good :
       {"G", "good", " Good ", "Good \u2013 statutory functions met", "Good: see below",
        "\u2610 Outstanding \u2612 Good \u2610 Requires improvement",
        "Outstanding \u2610 Good \u2612 Inadequate \u2610", "\u2611 Good"}) {
    EXPECT_EQ(ReadGrade(good).grade, Grade::kGood) << good;
    EXPECT_FALSE(ReadGrade(good).unknown) << good;
  }
  EXPECT_EQ(ReadGrade("R.I.").grade, Grade::kRequiresImprovement);
  EXPECT_EQ(ReadGrade("Requires Improvement").grade, Grade::kRequiresImprovement);
  EXPECT_EQ(ReadGrade("N/A").grade, Grade::kNotApplicable);
  EXPECT_EQ(ReadGrade("Not applicable: no direct influence").grade, Grade::kNotApplicable);
  EXPECT_FALSE(ReadGrade("").unknown);
  EXPECT_FALSE(ReadGrade("Choose a grade").unknown);
  EXPECT_TRUE(ReadGrade("Good practice was seen").unknown);
}

TEST(Answers, YesAndNoAreReadInTheWaysPeopleWriteThem) {
  EXPECT_EQ(ReadAnswerText("Yes").answer, Answer::kYes);
  EXPECT_EQ(ReadAnswerText("y").answer, Answer::kYes);
  EXPECT_EQ(ReadAnswerText("Yes, see below").rest, "see below");
  EXPECT_EQ(ReadAnswerText("\u2610 Yes \u2612 No").answer, Answer::kNo);
  EXPECT_EQ(ReadAnswerText("None").answer, Answer::kNo);
  EXPECT_EQ(ReadAnswerText("\u2612").answer, Answer::kYes);
  EXPECT_EQ(ReadAnswerText("\u2610").answer, Answer::kNotGiven);
  EXPECT_EQ(ReadAnswerText("").answer, Answer::kNotGiven);
  EXPECT_FALSE(ReadAnswerText("").unclear);
  EXPECT_TRUE(ReadAnswerText("Not known").unclear);
  EXPECT_TRUE(ReadAnswerText("\u2612 Yes \u2612 No").unclear);
}

TEST(Answers, HeadingsAreKnownByTheirWordsBeforeTheirNumber) {
  auto place = [](std::string_view text) {
    auto heading = ReadHeading(text);
    return heading ? heading->place : -100;
  };
  EXPECT_EQ(place("Section 1. Recognition and response: were needs and risks seen?"), 1);
  EXPECT_EQ(place("Section 2: Recognition and response"), 1);
  EXPECT_EQ(place("3 Planning"), 3);
  EXPECT_EQ(place("Section 3"), 3);
  EXPECT_EQ(place("Section 3: Something of our own"), 3);
  EXPECT_EQ(place("5. PERSON\u2019S VOICE and person-centred practice"), 5);
  EXPECT_EQ(place("9. Immediate safeguarding concern? If yes: referred to, date, time"), 9);
  EXPECT_EQ(place("11. Sensitive content not for circulation? (contact person)"), 11);
  EXPECT_EQ(place("Connected people"), kInPeople);
  EXPECT_EQ(place("Sign-off"), kInSignOff);
  EXPECT_EQ(place("3 planning meetings were held in May"), -100);
  EXPECT_EQ(place("The impact was considerable"), -100);
  EXPECT_EQ(place("4"), -100);
  EXPECT_EQ(place(""), -100);
  EXPECT_EQ(ReadHeading("1 Recognition: RI")->grade, " RI");
  EXPECT_EQ(ReadHeading("Overall grade for this agency (Good)")->grade, "Good)");
  EXPECT_EQ(ReadHeading("1 Recognition: seen?")->grade, std::nullopt);
  EXPECT_EQ(ReadHeading("9 Immediate concern: No")->answer, " No");
}

TEST(Answers, LabelsAreFolded) {
  EXPECT_EQ(FoldLabel("  Person\u2019s VOICE: "), "person s voice");
  EXPECT_EQ(FoldLabel("Period; records"), "period records");
  EXPECT_EQ(FoldLabel("\u2026"), "");
  EXPECT_EQ(FindLabel("Grade:", 4), Field::kGrade);
  EXPECT_EQ(FindLabel("Grade:", kInHeader), std::nullopt);
  EXPECT_EQ(FindLabel("Date", 9), Field::kConcernDate);
  EXPECT_EQ(FindLabel("Date", kInSignOff), Field::kSignedDate);
  EXPECT_EQ(FindLabel("Auditor", kInHeader), Field::kAuditor);
  EXPECT_EQ(FindLabel("Auditor", kInSignOff), Field::kSignedBy);
}

}  // namespace
}  // namespace ingest
