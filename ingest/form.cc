#include "ingest/form.h"

#include <algorithm>

#include "ingest/limits.h"
#include "vault/base/text.h"
#include "vault/base/wiped.h"

namespace ingest {
namespace {

struct GradeRow {
  Grade grade;
  std::string_view code;
  std::string_view name;
};
constexpr GradeRow kGrades[] = {
    {Grade::kOutstanding, "O", "Outstanding"},
    {Grade::kGood, "G", "Good"},
    {Grade::kRequiresImprovement, "RI", "Requires Improvement"},
    {Grade::kInadequate, "I", "Inadequate"},
    {Grade::kNotApplicable, "NA", "Not applicable: no direct influence"},
};

constexpr std::string_view kTitles[] = {
    "Summary of this agency's involvement and key events",
    "Recognition and response",
    "Assessment",
    "Planning and intervention",
    "Joint working and information sharing",
    "Person's voice and person-centred practice",
    "Management oversight, supervision, recording",
    "Impact for the person",
    "Overall grade for this agency",
    "Immediate safeguarding concern",
    "Practice issue about a named worker",
    "Sensitive content not for circulation",
};

struct FindingRow {
  FindingKind kind;
  std::string_view code;
  std::string_view text;  // "§" stands for the section
};
constexpr FindingRow kFindings[] = {
    {FindingKind::kGradeWithoutRationale, "grade-without-rationale",
     "§ has a grade but no rationale; a grade is complete only with the reasons for it."},
    {FindingKind::kRationaleWithoutGrade, "rationale-without-grade",
     "§ has a rationale but no grade."},
    {FindingKind::kUnknownGrade, "unknown-grade",
     "§ has a grade that is none of Outstanding, Good, Requires Improvement, Inadequate and Not "
     "applicable, or more than one."},
    {FindingKind::kMissingSection, "missing-section", "§ was left empty."},
    {FindingKind::kTwoSubjects, "two-subjects",
     "The form names more than one person; each person needs a form of their own."},
    {FindingKind::kImmediateConcern, "immediate-concern",
     "The form reports an immediate safeguarding concern; make sure it has been referred."},
    {FindingKind::kSensitiveContent, "sensitive-content",
     "The form says it holds content that must not be circulated."},
    {FindingKind::kPracticeIssue, "practice-issue",
     "Something is written under the notice about named workers; such issues are reported inside "
     "the agency, not here."},
    {FindingKind::kMissingSubject, "missing-subject", "The form does not say whom it is about."},
    {FindingKind::kMissingAgency, "missing-agency", "The form does not say which agency wrote it."},
    {FindingKind::kMissingReference, "missing-reference", "The form names no audit reference."},
    {FindingKind::kAnsweredTwice, "answered-twice",
     "§ is answered more than once with different answers; check that two forms were not put into "
     "one file."},
    {FindingKind::kUnclearAnswer, "unclear-answer",
     "§ has a yes/no question whose answer is neither yes nor no."},
    {FindingKind::kTextCut, "text-cut",
     "§ has a text longer than we read; its end is only in the file."},
    {FindingKind::kTrackedChanges, "tracked-changes",
     "The file holds changes that nobody has accepted; insertions were read, deletions were not."},
    {FindingKind::kHiddenText, "hidden-text",
     "The file holds hidden text, which was not read into the form but is in the file."},
    {FindingKind::kComments, "comments",
     "The file holds comments in its margin, which were not read into the form but are in the "
     "file."},
    {FindingKind::kUnreadParts, "unread-parts",
     "The file holds text boxes or embedded files, which were not read into the form."},
};
static_assert(std::size(kFindings) == kLastFindingKind);

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\n") == std::string_view::npos;
}

// A pseudonym is a few words. Lists of people are written with these between them.
bool NamesSeveral(std::string_view subject) {
  for (std::string_view mark : {"\n", ";", " and ", " And ", " AND ", " & ", " + ", " / "}) {
    std::size_t at = subject.find(mark);
    if (at == std::string_view::npos) continue;
    if (!IsBlank(subject.substr(0, at)) && !IsBlank(subject.substr(at + mark.size()))) return true;
  }
  return false;
}

}  // namespace

std::string_view GradeCode(Grade grade) {
  for (const auto& row : kGrades) {
    if (row.grade == grade) return row.code;
  }
  return "";
}

std::string_view GradeName(Grade grade) {
  for (const auto& row : kGrades) {
    if (row.grade == grade) return row.name;
  }
  return "";
}

std::optional<Grade> GradeFromCode(std::string_view code) {
  for (const auto& row : kGrades) {
    if (row.code == code) return row.grade;
  }
  return std::nullopt;
}

std::string_view AnswerName(Answer answer) {
  switch (answer) {
    case Answer::kYes:
      return "Yes";
    case Answer::kNo:
      return "No";
    case Answer::kNotGiven:
      break;
  }
  return "";
}

std::string_view SectionTitle(std::size_t number) {
  CHECK(number < std::size(kTitles));
  return kTitles[number];
}

std::string_view Finding::code() const {
  for (const auto& row : kFindings) {
    if (row.kind == kind) return row.code;
  }
  return "";
}

std::string Finding::text() const {
  for (const auto& row : kFindings) {
    if (row.kind != kind) continue;
    std::string text(row.text);
    constexpr std::string_view kMark = "§";
    if (text.starts_with(kMark)) {
      std::string place = section == kWholeForm ? std::string("The form")
                                                : "Section " + std::to_string(section) + " (" +
                                                      std::string(SectionTitle(section)) + ")";
      text.replace(0, kMark.size(), place);
    }
    return text;
  }
  return "";
}

Form::~Form() {
  VisitAllTexts(*this, [](std::string& text) {
    // The capacity, not the size: a shortened or moved-from text leaves its letters behind.
    text.resize(text.capacity());
    vault::WipeMemory(text.data(), text.size());
  });
}

bool IsFormText(std::string_view text) {
  if (text.size() > kMaxText || !vault::IsUtf8(text)) return false;
  return std::none_of(text.begin(), text.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
  });
}

vault::Status Validate(const Form& form) {
  bool texts = true;
  VisitAllTexts(form, [&](const std::string& text) { texts = texts && IsFormText(text); });
  if (!texts) return vault::Invalid("a form's text is too long or holds control characters");
  if (form.people.size() > kMaxPeople) return vault::Invalid("a form names too many people");
  if (form.findings.size() > kMaxFindings) return vault::Invalid("a form has too many findings");
  for (const Finding& finding : form.findings) {
    auto kind = static_cast<std::uint8_t>(finding.kind);
    bool place = finding.section < std::size(kTitles) || finding.section == kWholeForm;
    if (kind < 1 || kind > kLastFindingKind || !place) {
      return vault::Invalid("a form has a finding of no known kind");
    }
  }
  if (std::adjacent_find(form.findings.begin(), form.findings.end(), std::greater_equal<>()) !=
      form.findings.end()) {
    return vault::Invalid("a form's findings are out of order");
  }
  auto answer = [](Answer a) { return a <= Answer::kNo; };
  bool answers = answer(form.independent) && answer(form.standards_read) &&
                 answer(form.immediate_concern) && answer(form.sensitive);
  for (const auto& person : form.people) answers = answers && answer(person.known);
  if (!answers) return vault::Invalid("a form has an answer that is neither yes nor no");
  for (const auto& section : form.sections) {
    if (section.grade > Grade::kNotApplicable) return vault::Invalid("a form has an unknown grade");
  }
  if (form.sections[0].grade != Grade::kNone) return vault::Invalid("section 0 has no grade");
  return vault::Ok();
}

std::vector<Finding> Review(const Form& form) {
  std::vector<Finding> out;
  auto add = [&](std::uint8_t section, FindingKind kind) { out.push_back({section, kind}); };
  if (IsBlank(form.reference)) add(kWholeForm, FindingKind::kMissingReference);
  if (IsBlank(form.subject)) add(kWholeForm, FindingKind::kMissingSubject);
  if (IsBlank(form.agency)) add(kWholeForm, FindingKind::kMissingAgency);
  if (NamesSeveral(form.subject)) add(kWholeForm, FindingKind::kTwoSubjects);
  for (std::uint8_t number = 0; number < kSections; ++number) {
    const Section& section = form.sections[number];
    bool reasons = !IsBlank(section.rationale);
    if (number == 0) {
      if (!reasons) add(number, FindingKind::kMissingSection);
    } else if (section.grade == Grade::kNone) {
      add(number, reasons ? FindingKind::kRationaleWithoutGrade : FindingKind::kMissingSection);
    } else if (!reasons && section.grade != Grade::kNotApplicable) {
      // "Not applicable: no direct influence" is its own reason.
      add(number, FindingKind::kGradeWithoutRationale);
    }
  }
  bool concern = !IsBlank(form.concern) || !IsBlank(form.concern_referred_to);
  if (form.immediate_concern == Answer::kYes ||
      (form.immediate_concern == Answer::kNotGiven && concern)) {
    add(9, FindingKind::kImmediateConcern);
  }
  if (!IsBlank(form.practice_issue)) add(10, FindingKind::kPracticeIssue);
  if (form.sensitive == Answer::kYes ||
      (form.sensitive == Answer::kNotGiven && !IsBlank(form.sensitive_text))) {
    add(11, FindingKind::kSensitiveContent);
  }
  return MergeFindings(out, {});
}

std::vector<Finding> MergeFindings(const std::vector<Finding>& a, const std::vector<Finding>& b) {
  std::vector<Finding> all = a;
  all.insert(all.end(), b.begin(), b.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  // An unknown grade is not also a missing one.
  const std::vector<Finding> before = all;
  std::erase_if(all, [&](const Finding& f) {
    if (f.kind != FindingKind::kMissingSection && f.kind != FindingKind::kRationaleWithoutGrade) {
      return false;
    }
    return std::binary_search(before.begin(), before.end(),
                              Finding{f.section, FindingKind::kUnknownGrade});
  });
  if (all.size() > kMaxFindings) all.resize(kMaxFindings);
  return all;
}

}  // namespace ingest
