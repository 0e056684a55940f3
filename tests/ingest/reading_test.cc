#include "ingest/reading.h"

#include <gtest/gtest.h>

#include "ingest/limits.h"
#include "tests/support/ingest_laws.h"
#include "tests/support/word_form.h"

namespace ingest {
namespace {

std::vector<std::string> Codes(const Form& form) {
  std::vector<std::string> out;
  for (const auto& finding : form.findings) {
    std::string place = finding.section == kWholeForm ? "form" : std::to_string(finding.section);
    out.push_back(place + " " + std::string(finding.code()));
  }
  return out;
}

// AsForm is what a described form must read back as.
Form AsForm(const WordForm& word) {
  auto answer = [](const std::string& text) {
    return text == "Yes" ? Answer::kYes : text == "No" ? Answer::kNo : Answer::kNotGiven;
  };
  Form form;
  form.reference = word.reference;
  form.theme = word.theme;
  form.subject = word.subject;
  form.agency = word.agency;
  form.auditor = word.auditor;
  form.auditor_role = word.auditor_role;
  form.independent = answer(word.independent);
  form.period = word.period;
  form.records = word.records;
  form.date_circulated = word.circulated;
  form.date_due = word.due;
  form.date_returned = word.returned;
  form.standards_read = answer(word.standards_read);
  for (const auto& person : word.people) {
    form.people.push_back(
        {person.pseudonym, person.relationship, answer(person.known), person.information});
  }
  form.people_note = word.people_note;
  for (std::size_t n = 0; n < kSections; ++n) {
    const WordSection& section = word.sections[n];
    form.sections[n] = {GradeFromCode(section.grade).value_or(Grade::kNone),
                        section.rationale,
                        section.evidence,
                        section.good_practice,
                        section.improvement,
                        section.recommendation};
  }
  form.immediate_concern = answer(word.immediate_concern);
  form.concern = word.concern;
  form.concern_referred_to = word.referred_to;
  form.concern_date = word.concern_date;
  form.concern_time = word.concern_time;
  form.practice_issue = word.practice_issue;
  form.sensitive = answer(word.sensitive);
  form.sensitive_contact = word.sensitive_contact;
  form.signed_by = word.signed_by;
  form.checked_by = word.checked_by;
  form.signed_date = word.signed_date;
  form.findings = Review(form);
  return form;
}

TEST(Reading, TheExampleFormReadsBackExactly) {
  ReadOutcome outcome = ReadFile(WordFormFile(AdultElmForm()));
  ASSERT_TRUE(outcome.readable());
  const Form& form = outcome.form();
  EXPECT_EQ(form.subject, "Adult Elm");
  EXPECT_EQ(form.agency, "Marl Mental Health NHS Foundation Trust");
  EXPECT_EQ(form.sections[5].rationale,
            "Wish \u201cto be left alone\u201d recorded once, not explored.");
  EXPECT_EQ(form.sections[2].grade, Grade::kInadequate);
  EXPECT_EQ(form.sections[8].recommendation, "Closure check with partners.");
  EXPECT_TRUE(form == AsForm(AdultElmForm()));
  EXPECT_TRUE(form.findings.empty());
}

TEST(Reading, EveryFieldOfAFullFormReadsBackExactly) {
  WordForm word = AdultElmForm();
  word.people_note.clear();
  word.people = {{"Elm-Sister", "sister", "Yes", "rings weekly & <worries>"},
                 {"Elm-Friend", "friend", "No", ""}};
  word.immediate_concern = "Yes";
  word.concern = "blocked exit and overloaded sockets";
  word.referred_to = "ASC duty";
  word.concern_date = "2026-03-19";
  word.concern_time = "15:10";
  word.practice_issue = "a name that should not be here";
  word.sensitive = "Yes";
  word.sensitive_contact = "S. Kaur";
  word.independent = "No";
  for (std::size_t n = 1; n < kSections; ++n) {
    word.sections[n].evidence = "evidence " + std::to_string(n) + "\nsecond line";
    word.sections[n].good_practice = "good practice " + std::to_string(n);
    word.sections[n].improvement = "improvement " + std::to_string(n);
    word.sections[n].recommendation = "recommendation " + std::to_string(n);
  }
  ReadOutcome outcome = ReadFile(WordFormFile(word));
  ASSERT_TRUE(outcome.readable());
  EXPECT_TRUE(outcome.form() == AsForm(word));
  EXPECT_EQ(outcome.form().people[0].information, "rings weekly & <worries>");
  EXPECT_EQ(Codes(outcome.form()),
            (std::vector<std::string>{"9 immediate-concern", "10 practice-issue",
                                      "11 sensitive-content"}));
}

TEST(Reading, TheExampleAuditsGradesReadBack) {
  const std::vector<std::pair<const char*, std::vector<std::string>>> forms = {
      {"ASC", {"RI", "G", "RI", "G", "G", "RI", "RI", "RI"}},
      {"POL", {"G", "RI", "NA", "G", "RI", "G", "NA", "G"}},
      {"PCN", {"RI", "RI", "RI", "I", "RI", "RI", "RI", "RI"}},
      {"MHT", {"G", "G", "RI", "RI", "G", "G", "RI", "G"}},
      {"ACU", {"I", "I", "RI", "I", "RI", "RI", "I", "I"}},
      {"HSG", {"O", "G", "G", "G", "O", "G", "G", "G"}},
      {"FRS", {"G", "O", "G", "G", "G", "G", "O", "G"}}};
  for (const auto& [agency, grades] : forms) {
    WordForm word = GradedForm(agency, "Adult Alder", grades);
    ReadOutcome outcome = ReadFile(WordFormFile(word));
    ASSERT_TRUE(outcome.readable()) << agency;
    EXPECT_TRUE(outcome.form() == AsForm(word)) << agency;
    EXPECT_TRUE(outcome.form().findings.empty()) << agency;
    for (std::size_t n = 1; n <= 8; ++n) {
      EXPECT_EQ(GradeCode(outcome.form().sections[n].grade), grades[n - 1]) << agency << n;
    }
  }
}

TEST(Reading, AMissingRationaleIsFound) {
  WordForm word = AdultElmForm();
  word.sections[4].rationale.clear();
  ReadOutcome outcome = ReadFile(WordFormFile(word));
  ASSERT_TRUE(outcome.readable());
  ASSERT_EQ(Codes(outcome.form()), std::vector<std::string>{"4 grade-without-rationale"});
  EXPECT_EQ(outcome.form().findings[0].text(),
            "Section 4 (Joint working and information sharing) has a grade but no rationale; a "
            "grade is complete only with the reasons for it.");
}

TEST(Reading, TheSameDescriptionGivesTheSameBytes) {
  EXPECT_EQ(WordFormFile(AdultElmForm()), WordFormFile(AdultElmForm()));
}

TEST(Reading, EveryTruncationGivesAnOutcome) {
  const vault::Bytes whole = WordFormFile(AdultElmForm());
  ASSERT_TRUE(ReadFile(whole).readable());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ReadOutcome outcome = ReadFile(vault::ByteView(whole).first(size));
    ASSERT_FALSE(outcome.readable()) << size;
  }
}

TEST(Reading, EveryTruncationOfTheTextGivesAnOutcome) {
  const std::string xml = WordDocumentXml(WordFormBody(AdultElmForm()));
  for (std::size_t size = 0; size < xml.size(); size += 7) {
    CheckWordXmlLaws(vault::AsBytes(std::string_view(xml).substr(0, size)));
  }
}

TEST(Reading, ChangedBytesGiveAnOutcome) {
  const vault::Bytes whole = WordFormFile(AdultElmForm());
  std::uint32_t state = 2026;
  for (int round = 0; round < 1500; ++round) {
    vault::Bytes changed = whole;
    for (int i = 0; i < 3; ++i) {
      state = state * 1664525u + 1013904223u;
      changed[state % changed.size()] = static_cast<std::uint8_t>(state >> 24);
    }
    CheckReadingLaws(changed);
  }
}

TEST(Reading, RearrangedTextKeepsTheLaws) {
  // Elements are cut out and doubled where tags begin: what a careless program would write.
  const std::string xml = WordDocumentXml(WordFormBody(AdultElmForm()));
  std::uint32_t state = 7;
  auto next_tag = [&] {
    state = state * 1664525u + 1013904223u;
    std::size_t at = xml.find('<', (state >> 8) % xml.size());
    return at == std::string::npos ? 0 : at;
  };
  for (int round = 0; round < 500; ++round) {
    std::size_t a = next_tag();
    std::size_t b = next_tag();
    if (a > b) std::swap(a, b);
    CheckWordXmlLaws(vault::AsBytes(xml.substr(0, a) + xml.substr(b)));
    CheckWordXmlLaws(vault::AsBytes(xml.substr(0, b) + xml.substr(a)));
  }
}

TEST(Reading, AFileOverTheLimitIsNotLookedAt) {
  EXPECT_EQ(ReadFile(vault::Bytes(kMaxFile + 1, 'a')).reason(), Unreadable::kTooLarge);
  EXPECT_EQ(ReadFile(vault::Bytes(kMaxFile, 'a')).reason(), Unreadable::kPlainText);
}

}  // namespace
}  // namespace ingest
