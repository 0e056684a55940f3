#include "ingest/form.h"

#include <gtest/gtest.h>

#include "ingest/limits.h"
#include "ingest/outcome.h"

namespace ingest {
namespace {

std::vector<std::string> Codes(const std::vector<Finding>& findings) {
  std::vector<std::string> out;
  for (const auto& finding : findings) {
    std::string place = finding.section == kWholeForm ? "form" : std::to_string(finding.section);
    out.push_back(place + " " + std::string(finding.code()));
  }
  return out;
}

Form CompleteForm() {
  Form form;
  form.reference = "MACFA-2026-01";
  form.subject = "Adult Elm";
  form.agency = "Marl Constabulary";
  for (auto& section : form.sections) {
    section.rationale = "Because of what the record says.";
    section.grade = Grade::kGood;
  }
  form.sections[0].grade = Grade::kNone;
  return form;
}

TEST(Form, GradesHaveTheCustomersNames) {
  EXPECT_EQ(GradeName(Grade::kOutstanding), "Outstanding");
  EXPECT_EQ(GradeName(Grade::kGood), "Good");
  EXPECT_EQ(GradeName(Grade::kRequiresImprovement), "Requires Improvement");
  EXPECT_EQ(GradeName(Grade::kInadequate), "Inadequate");
  for (std::string_view code : {"O", "G", "RI", "I", "NA"}) {
    ASSERT_TRUE(GradeFromCode(code).has_value()) << code;
    EXPECT_EQ(GradeCode(*GradeFromCode(code)), code);
  }
  EXPECT_EQ(GradeFromCode("A"), std::nullopt);
  EXPECT_EQ(GradeFromCode(""), std::nullopt);
}

TEST(Form, ACompleteFormHasNoFindings) { EXPECT_TRUE(Review(CompleteForm()).empty()); }

TEST(Form, AGradeWithoutItsReasonsIsAnIncompleteForm) {
  Form form = CompleteForm();
  form.sections[3].rationale = " \n";
  ASSERT_EQ(Codes(Review(form)), std::vector<std::string>{"3 grade-without-rationale"});
  EXPECT_EQ(Review(form)[0].text(),
            "Section 3 (Planning and intervention) has a grade but no rationale; a grade is "
            "complete only with the reasons for it.");
}

TEST(Form, NotApplicableIsItsOwnReason) {
  Form form = CompleteForm();
  form.sections[3].grade = Grade::kNotApplicable;
  form.sections[3].rationale.clear();
  EXPECT_TRUE(Review(form).empty());
}

TEST(Form, ReasonsWithoutAGradeAndEmptySectionsAreTold) {
  Form form = CompleteForm();
  form.sections[0].rationale.clear();
  form.sections[2].grade = Grade::kNone;
  form.sections[8] = Section{};
  EXPECT_EQ(Codes(Review(form)),
            (std::vector<std::string>{"0 missing-section", "2 rationale-without-grade",
                                      "8 missing-section"}));
}

TEST(Form, WhomAndWhatItIsAboutMustBeSaid) {
  Form form = CompleteForm();
  form.reference.clear();
  form.subject = " ";
  form.agency.clear();
  EXPECT_EQ(Codes(Review(form)),
            (std::vector<std::string>{"form missing-subject", "form missing-agency",
                                      "form missing-reference"}));
}

TEST(Form, ListsOfSubjectsAreToldAndPlainPseudonymsAreNot) {
  for (std::string_view several :
       {"Adult Elm and Adult Oak", "Adult Elm; Adult Oak", "Adult Elm & Adult Oak",
        "Adult Elm / Adult Oak", "Adult Elm\nAdult Oak"}) {
    Form form = CompleteForm();
    form.subject = several;
    EXPECT_EQ(Codes(Review(form)), std::vector<std::string>{"form two-subjects"}) << several;
  }
  for (std::string_view one : {"Adult Sandhill", "Alder-Brother", "P01", "Child A"}) {
    Form form = CompleteForm();
    form.subject = one;
    EXPECT_TRUE(Review(form).empty()) << one;
  }
}

TEST(Form, ConcernsAndSensitiveContentAreTold) {
  Form form = CompleteForm();
  form.immediate_concern = Answer::kYes;
  form.practice_issue = "a name";
  form.sensitive = Answer::kYes;
  EXPECT_EQ(Codes(Review(form)),
            (std::vector<std::string>{"9 immediate-concern", "10 practice-issue",
                                      "11 sensitive-content"}));
}

TEST(Form, AConcernWrittenWithoutATickIsStillAConcern) {
  Form form = CompleteForm();
  form.concern = "blocked exit and overloaded sockets";
  EXPECT_EQ(Codes(Review(form)), std::vector<std::string>{"9 immediate-concern"});
  form.immediate_concern = Answer::kNo;
  EXPECT_TRUE(Review(form).empty());
}

TEST(Form, AnUnknownGradeIsNotAlsoAMissingOne) {
  Form form = CompleteForm();
  form.sections[1].grade = Grade::kNone;
  auto findings = MergeFindings(Review(form), {{1, FindingKind::kUnknownGrade}});
  EXPECT_EQ(Codes(findings), std::vector<std::string>{"1 unknown-grade"});
}

TEST(Form, EveryFindingHasACodeAndASentence) {
  std::vector<std::string> codes;
  for (std::uint8_t kind = 1; kind <= kLastFindingKind; ++kind) {
    Finding finding{4, static_cast<FindingKind>(kind)};
    EXPECT_NE(finding.code(), "");
    EXPECT_TRUE(finding.text().ends_with('.')) << finding.text();
    EXPECT_EQ(finding.text().find("\u00a7"), std::string::npos);
    codes.emplace_back(finding.code());
  }
  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(std::adjacent_find(codes.begin(), codes.end()), codes.end());
}

TEST(Form, EveryReasonHasACodeAndASentence) {
  std::vector<std::string> codes;
  for (std::uint8_t reason = 1; reason <= kLastUnreadable; ++reason) {
    auto unreadable = static_cast<Unreadable>(reason);
    EXPECT_NE(UnreadableCode(unreadable), "");
    EXPECT_TRUE(UnreadableText(unreadable).ends_with('.'));
    codes.emplace_back(UnreadableCode(unreadable));
  }
  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(std::adjacent_find(codes.begin(), codes.end()), codes.end());
}

TEST(Form, ValidityIsRefusedForTextsThatAFormCannotHold) {
  for (const std::string& wrong :
       {std::string("\xff"), std::string("a\0b", 3), std::string("a\x1b[2J"), std::string("\x7f"),
        std::string(kMaxText + 1, 'a')}) {
    Form form = CompleteForm();
    form.sections[5].evidence = wrong;
    EXPECT_FALSE(Validate(form).ok());
  }
  Form form = CompleteForm();
  form.sections[5].evidence = "two lines\nand a\ttab";
  EXPECT_TRUE(Validate(form).ok());
}

TEST(Form, ValidityIsRefusedForFindingsOutOfOrder) {
  Form form = CompleteForm();
  form.findings = {{2, FindingKind::kUnknownGrade}, {1, FindingKind::kUnknownGrade}};
  EXPECT_FALSE(Validate(form).ok());
  form.findings = {{1, FindingKind::kUnknownGrade}, {1, FindingKind::kUnknownGrade}};
  EXPECT_FALSE(Validate(form).ok());
  form.findings = {{12, FindingKind::kUnknownGrade}};
  EXPECT_FALSE(Validate(form).ok());
  form.findings = {{1, FindingKind::kUnknownGrade}, {2, FindingKind::kUnknownGrade}};
  EXPECT_TRUE(Validate(form).ok());
}

}  // namespace
}  // namespace ingest
