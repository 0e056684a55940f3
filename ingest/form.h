// Form: what was written into an audit form, read out of the file it came in.
//
// Everything here is text that people wrote; nothing in it is checked against the matter. Empty
// text means that nothing was written.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/result.h"

namespace ingest {

// Grade is the customer's four-point scale, and "not applicable: no direct influence".
enum class Grade : std::uint8_t {
  kNone = 0,  // nothing given
  kOutstanding = 1,
  kGood = 2,
  kRequiresImprovement = 3,
  kInadequate = 4,
  kNotApplicable = 5,
};
std::string_view GradeCode(Grade grade);  // "O", "G", "RI", "I", "NA", ""
std::string_view GradeName(Grade grade);  // "Outstanding", …
std::optional<Grade> GradeFromCode(std::string_view code);

// Answer is a yes/no question's answer.
enum class Answer : std::uint8_t { kNotGiven = 0, kYes = 1, kNo = 2 };
std::string_view AnswerName(Answer answer);  // "Yes", "No", ""

struct ConnectedPerson {
  std::string pseudonym;
  std::string relationship;
  Answer known = Answer::kNotGiven;  // to this agency
  std::string information;
  bool operator==(const ConnectedPerson&) const = default;
};

// Section is one of 0 to 8; section 0 has no grade and its text is the rationale.
struct Section {
  Grade grade = Grade::kNone;
  std::string rationale;
  std::string evidence;
  std::string good_practice;
  std::string improvement;
  std::string recommendation;
  bool operator==(const Section&) const = default;
};

inline constexpr std::size_t kSections = 9;
// SectionTitle is the heading of section 0 to 11, without its number.
std::string_view SectionTitle(std::size_t number);

// FindingKind is the list of what we tell whoever files. The number is the wire's.
enum class FindingKind : std::uint8_t {
  kGradeWithoutRationale = 1,
  kRationaleWithoutGrade = 2,
  kUnknownGrade = 3,
  kMissingSection = 4,
  kTwoSubjects = 5,
  kImmediateConcern = 6,
  kSensitiveContent = 7,
  kPracticeIssue = 8,
  kMissingSubject = 9,
  kMissingAgency = 10,
  kMissingReference = 11,
  kAnsweredTwice = 12,
  kUnclearAnswer = 13,
  kTextCut = 14,
  kTrackedChanges = 15,
  kHiddenText = 16,
  kComments = 17,
  kUnreadParts = 18,
};
inline constexpr std::uint8_t kLastFindingKind = 18;

// kWholeForm stands for the section of a finding that concerns no one section.
inline constexpr std::uint8_t kWholeForm = 255;

// Finding is one thing to look at. Its words are made here, never taken from the reader process:
// what comes over the pipe cannot put words into our mouth.
struct Finding {
  std::uint8_t section = kWholeForm;  // 0 to 11, or kWholeForm
  FindingKind kind = FindingKind::kUnreadParts;
  std::string_view code() const;  // "grade-without-rationale"
  std::string text() const;       // one plain sentence
  auto operator<=>(const Finding&) const = default;
};

// Form. Invariant of a valid one (see Validate): text is UTF-8 without control characters but tab
// and new line, within the limits; findings are in order, each once.
class Form {
 public:
  Form() = default;
  Form(const Form&) = default;
  Form& operator=(const Form&) = default;
  Form(Form&&) = default;
  Form& operator=(Form&&) = default;
  ~Form();  // wipes the texts

  bool operator==(const Form&) const = default;

  // Header.
  std::string reference;  // of the audit
  std::string theme;
  std::string subject;  // a pseudonym
  std::string agency;
  std::string auditor;
  std::string auditor_role;
  Answer independent = Answer::kNotGiven;  // of the case
  std::string period;
  std::string records;
  std::string date_circulated;
  std::string date_due;
  std::string date_returned;
  Answer standards_read = Answer::kNotGiven;

  std::vector<ConnectedPerson> people;
  std::string people_note;  // instead of a list: "none known to this agency"

  std::array<Section, kSections> sections;

  // 9, 10, 11 and the sign-off.
  Answer immediate_concern = Answer::kNotGiven;
  std::string concern;
  std::string concern_referred_to;
  std::string concern_date;
  std::string concern_time;
  std::string practice_issue;
  Answer sensitive = Answer::kNotGiven;
  std::string sensitive_text;
  std::string sensitive_contact;
  std::string signed_by;
  std::string checked_by;
  std::string signed_date;

  std::vector<Finding> findings;
};

// VisitTexts calls visit(text) for every text of a form but those of connected people and sections,
// in the order of the wire format.
template <class FormType, class Visit>
void VisitTexts(FormType& form, Visit visit) {
  for (auto* text : {&form.reference,
                     &form.theme,
                     &form.subject,
                     &form.agency,
                     &form.auditor,
                     &form.auditor_role,
                     &form.period,
                     &form.records,
                     &form.date_circulated,
                     &form.date_due,
                     &form.date_returned,
                     &form.people_note,
                     &form.concern,
                     &form.concern_referred_to,
                     &form.concern_date,
                     &form.concern_time,
                     &form.practice_issue,
                     &form.sensitive_text,
                     &form.sensitive_contact,
                     &form.signed_by,
                     &form.checked_by,
                     &form.signed_date}) {
    visit(*text);
  }
}
template <class SectionType, class Visit>
void VisitSectionTexts(SectionType& section, Visit visit) {
  for (auto* text : {&section.rationale, &section.evidence, &section.good_practice,
                     &section.improvement, &section.recommendation}) {
    visit(*text);
  }
}
template <class PersonType, class Visit>
void VisitPersonTexts(PersonType& person, Visit visit) {
  for (auto* text : {&person.pseudonym, &person.relationship, &person.information}) visit(*text);
}
template <class FormType, class Visit>
void VisitAllTexts(FormType& form, Visit visit) {
  VisitTexts(form, visit);
  for (auto& person : form.people) VisitPersonTexts(person, visit);
  for (auto& section : form.sections) VisitSectionTexts(section, visit);
}

// IsFormText says whether a text may stand in a form.
bool IsFormText(std::string_view text);

// Validate checks the invariant. Errors: kInvalid, naming the rule, never the text.
vault::Status Validate(const Form& form);

// Review gives the findings that follow from what is written in a form, in order, each once.
std::vector<Finding> Review(const Form& form);

// MergeFindings puts two lists into one, in order, each once, at most kMaxFindings.
std::vector<Finding> MergeFindings(const std::vector<Finding>& a, const std::vector<Finding>& b);

}  // namespace ingest
