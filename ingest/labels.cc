#include "ingest/labels.h"

namespace ingest {
namespace {

// kAnywhere and kInSections widen where a label counts; other values are places of a heading.
constexpr int kAnywhere = 100;
constexpr int kInSections = 101;  // 0 to 8

struct Row {
  int place;
  std::string_view folded;
  Field field;
};

// Data: a new wording is a new row. A row for one place stands before one for any.
constexpr Row kRows[] = {
    // 9
    {9, "immediate safeguarding concern", Field::kConcern},
    {9, "immediate concern", Field::kConcern},
    {9, "concern", Field::kConcern},
    {9, "is there an immediate safeguarding concern", Field::kConcern},
    {9, "yes no", Field::kConcern},
    {9, "answer", Field::kConcern},
    {9, "details", Field::kConcernText},
    {9, "details of concern", Field::kConcernText},
    {9, "details of the concern", Field::kConcernText},
    {9, "what is the concern", Field::kConcernText},
    {9, "referred to", Field::kConcernReferredTo},
    {9, "if yes referred to", Field::kConcernReferredTo},
    {9, "date", Field::kConcernDate},
    {9, "date referred", Field::kConcernDate},
    {9, "time", Field::kConcernTime},
    {9, "time referred", Field::kConcernTime},
    // 10
    {10, "details", Field::kPracticeIssue},
    {10, "answer", Field::kPracticeIssue},
    // 11
    {11, "sensitive content not for circulation", Field::kSensitive},
    {11, "sensitive content", Field::kSensitive},
    {11, "sensitive", Field::kSensitive},
    {11, "not for circulation", Field::kSensitive},
    {11, "yes no", Field::kSensitive},
    {11, "answer", Field::kSensitive},
    {11, "details", Field::kSensitiveText},
    {11, "contact", Field::kSensitiveContact},
    {11, "contact person", Field::kSensitiveContact},
    {11, "if yes contact person", Field::kSensitiveContact},
    // Sign-off
    {kInSignOff, "auditor", Field::kSignedBy},
    {kInSignOff, "name", Field::kSignedBy},
    {kInSignOff, "signed", Field::kSignedBy},
    {kInSignOff, "signed by", Field::kSignedBy},
    {kInSignOff, "signature", Field::kSignedBy},
    {kInSignOff, "completed by", Field::kSignedBy},
    {kInSignOff, "co ordinator", Field::kCheckedBy},
    {kInSignOff, "coordinator", Field::kCheckedBy},
    {kInSignOff, "date", Field::kSignedDate},
    {kInSignOff, "date signed", Field::kSignedDate},
    {kInSignOff, "sign off date", Field::kSignedDate},
    // Connected people
    {kInPeople, "pseudonym", Field::kPersonPseudonym},
    {kInPeople, "name", Field::kPersonPseudonym},
    {kInPeople, "relationship", Field::kPersonRelationship},
    {kInPeople, "known to this agency", Field::kPersonKnown},
    {kInPeople, "relevant information", Field::kPersonInformation},
    {kInPeople, "information", Field::kPersonInformation},
    // 0
    {0, "text", Field::kRationale},
    {0, "key events", Field::kRationale},
    {0, "answer", Field::kRationale},
    // 0 to 8
    {kInSections, "grade", Field::kGrade},
    {kInSections, "grade given", Field::kGrade},
    {kInSections, "your grade", Field::kGrade},
    {kInSections, "section grade", Field::kGrade},
    {kInSections, "grading", Field::kGrade},
    {kInSections, "judgement", Field::kGrade},
    {kInSections, "rationale", Field::kRationale},
    {kInSections, "rationale for grade", Field::kRationale},
    {kInSections, "rationale for the grade", Field::kRationale},
    {kInSections, "rationale for grading", Field::kRationale},
    {kInSections, "rationale for your grade", Field::kRationale},
    {kInSections, "full rationale", Field::kRationale},
    {kInSections, "comment", Field::kRationale},
    {kInSections, "comments", Field::kRationale},
    {kInSections, "comments rationale", Field::kRationale},
    {kInSections, "comments and rationale", Field::kRationale},
    {kInSections, "rationale comments", Field::kRationale},
    {kInSections, "findings", Field::kRationale},
    {kInSections, "evidence", Field::kEvidence},
    {kInSections, "evidence reference", Field::kEvidence},
    {kInSections, "evidence references", Field::kEvidence},
    {kInSections, "good practice", Field::kGoodPractice},
    {kInSections, "areas of good practice", Field::kGoodPractice},
    {kInSections, "strengths", Field::kGoodPractice},
    {kInSections, "improvement", Field::kImprovement},
    {kInSections, "improvements", Field::kImprovement},
    {kInSections, "area for improvement", Field::kImprovement},
    {kInSections, "areas for improvement", Field::kImprovement},
    {kInSections, "areas for development", Field::kImprovement},
    {kInSections, "improve recommend", Field::kImprovement},
    {kInSections, "recommendation", Field::kRecommendation},
    {kInSections, "recommendations", Field::kRecommendation},
    // Header
    {kAnywhere, "audit reference", Field::kReference},
    {kAnywhere, "audit ref", Field::kReference},
    {kAnywhere, "audit number", Field::kReference},
    {kAnywhere, "audit", Field::kReference},
    {kAnywhere, "reference", Field::kReference},
    {kAnywhere, "theme", Field::kTheme},
    {kAnywhere, "audit theme", Field::kTheme},
    {kAnywhere, "subject", Field::kSubject},
    {kAnywhere, "subject pseudonym", Field::kSubject},
    {kAnywhere, "subject person", Field::kSubject},
    {kAnywhere, "subject of audit", Field::kSubject},
    {kAnywhere, "subject of the audit", Field::kSubject},
    {kAnywhere, "person subject to audit", Field::kSubject},
    {kAnywhere, "pseudonym", Field::kSubject},
    {kAnywhere, "agency", Field::kAgency},
    {kAnywhere, "agency name", Field::kAgency},
    {kAnywhere, "name of agency", Field::kAgency},
    {kAnywhere, "auditor", Field::kAuditor},
    {kAnywhere, "auditor name", Field::kAuditor},
    {kAnywhere, "auditor s name", Field::kAuditor},
    {kAnywhere, "name of auditor", Field::kAuditor},
    {kAnywhere, "role", Field::kAuditorRole},
    {kAnywhere, "auditor role", Field::kAuditorRole},
    {kAnywhere, "auditor s role", Field::kAuditorRole},
    {kAnywhere, "role of auditor", Field::kAuditorRole},
    {kAnywhere, "auditor name and role", Field::kAuditorAndRole},
    {kAnywhere, "auditor and role", Field::kAuditorAndRole},
    {kAnywhere, "name and role of auditor", Field::kAuditorAndRole},
    {kAnywhere, "independent", Field::kIndependent},
    {kAnywhere, "independent of the case", Field::kIndependent},
    {kAnywhere, "auditor independent of the case", Field::kIndependent},
    {kAnywhere, "is the auditor independent of the case", Field::kIndependent},
    {kAnywhere, "period", Field::kPeriod},
    {kAnywhere, "period audited", Field::kPeriod},
    {kAnywhere, "audit period", Field::kPeriod},
    {kAnywhere, "period of audit", Field::kPeriod},
    {kAnywhere, "records", Field::kRecords},
    {kAnywhere, "records examined", Field::kRecords},
    {kAnywhere, "date circulated", Field::kCirculated},
    {kAnywhere, "circulated", Field::kCirculated},
    {kAnywhere, "date due", Field::kDue},
    {kAnywhere, "due", Field::kDue},
    {kAnywhere, "due date", Field::kDue},
    {kAnywhere, "date returned", Field::kReturned},
    {kAnywhere, "returned", Field::kReturned},
    {kAnywhere, "standards and procedures read", Field::kStandardsRead},
    {kAnywhere, "standards read", Field::kStandardsRead},
    {kAnywhere, "audit theme subject", Field::kReferenceThemeSubject},
    {kAnywhere, "agency auditor", Field::kAgencyAuditor},
    {kAnywhere, "period records", Field::kPeriodRecords},
    {kAnywhere, "connected people", Field::kPeopleNote},
    {kAnywhere, "connected persons", Field::kPeopleNote},
    // Sign-off labels that say enough by themselves
    {kAnywhere, "quality checked by", Field::kCheckedBy},
    {kAnywhere, "quality checked by co ordinator", Field::kCheckedBy},
    {kAnywhere, "quality checked by coordinator", Field::kCheckedBy},
    {kAnywhere, "auditor signature", Field::kSignedBy},
};

struct Column {
  std::string_view folded;
  Field field;
};
constexpr Column kColumns[] = {
    {"section", Field::kSectionColumn},
    {"section and question", Field::kSectionColumn},
    {"theme", Field::kSectionColumn},
    {"area", Field::kSectionColumn},
    {"standard", Field::kSectionColumn},
    {"question", Field::kSectionColumn},
    {"grade", Field::kGrade},
    {"grading", Field::kGrade},
    {"rationale", Field::kRationale},
    {"rationale for grade", Field::kRationale},
    {"rationale for grading", Field::kRationale},
    {"comment", Field::kRationale},
    {"comments", Field::kRationale},
    {"evidence", Field::kEvidence},
    {"evidence reference", Field::kEvidence},
    {"good practice", Field::kGoodPractice},
    {"improvement", Field::kImprovement},
    {"area for improvement", Field::kImprovement},
    {"areas for improvement", Field::kImprovement},
    {"recommendation", Field::kRecommendation},
    {"recommendations", Field::kRecommendation},
    {"pseudonym", Field::kPersonPseudonym},
    {"connected person", Field::kPersonPseudonym},
    {"person", Field::kPersonPseudonym},
    {"name", Field::kPersonPseudonym},
    {"relationship", Field::kPersonRelationship},
    {"relationship to subject", Field::kPersonRelationship},
    {"known to this agency", Field::kPersonKnown},
    {"known", Field::kPersonKnown},
    {"relevant information", Field::kPersonInformation},
    {"information", Field::kPersonInformation},
};

}  // namespace

std::optional<Field> FindLabel(std::string_view text, int place) {
  std::string folded = FoldLabel(text);
  // Inside a section its labels count; before the first heading there is no section to belong to.
  bool in_section = place >= 0 && place <= 8;
  for (const auto& row : kRows) {
    bool here =
        row.place == kAnywhere || row.place == place || (row.place == kInSections && in_section);
    if (here && row.folded == folded) return row.field;
  }
  return std::nullopt;
}

std::optional<Field> FindColumn(std::string_view text) {
  std::string folded = FoldLabel(text);
  for (const auto& column : kColumns) {
    if (folded == column.folded) return column.field;
  }
  return std::nullopt;
}

}  // namespace ingest
