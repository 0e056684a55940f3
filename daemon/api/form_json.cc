#include "daemon/api/form_json.h"

#include <string>

namespace service {

using ingest::Form;
using ingest::Section;

namespace {

// AnswerList leaves out what was not written.
class AnswerList {
 public:
  void Section(std::string_view number) { section_ = number; }
  void Add(std::string_view question, std::string_view text) {
    if (text.empty()) return;
    json_.Add(Json::Object({{"section", section_}, {"question", question}, {"text", text}}));
  }
  Json Take() { return std::move(json_); }

 private:
  Json json_ = Json::Array();
  std::string section_;
};

void AddHeader(AnswerList& answers, const Form& form) {
  answers.Section("header");
  answers.Add("Reference", form.reference);
  answers.Add("Theme", form.theme);
  answers.Add("Subject", form.subject);
  answers.Add("Agency", form.agency);
  answers.Add("Auditor", form.auditor);
  answers.Add("Auditor's role", form.auditor_role);
  answers.Add("Independent of the case", AnswerName(form.independent));
  answers.Add("Period", form.period);
  answers.Add("Records read", form.records);
  answers.Add("Circulated", form.date_circulated);
  answers.Add("Due", form.date_due);
  answers.Add("Returned", form.date_returned);
  answers.Add("Standards read", AnswerName(form.standards_read));
}

void AddPeople(AnswerList& answers, const Form& form) {
  answers.Section("people");
  for (const ingest::ConnectedPerson& person : form.people) {
    answers.Add("Person", person.pseudonym);
    answers.Add("Relationship", person.relationship);
    answers.Add("Known to the agency", AnswerName(person.known));
    answers.Add("Information", person.information);
  }
  answers.Add("Note", form.people_note);
}

void AddSections(AnswerList& answers, const Form& form) {
  for (std::size_t i = 0; i < form.sections.size(); ++i) {
    const Section& section = form.sections[i];
    answers.Section(std::to_string(i));
    answers.Add("Rationale", section.rationale);
    answers.Add("Evidence", section.evidence);
    answers.Add("Good practice", section.good_practice);
    answers.Add("Areas for improvement", section.improvement);
    answers.Add("Recommendation", section.recommendation);
  }
}

void AddClosing(AnswerList& answers, const Form& form) {
  answers.Section("9");
  answers.Add("Immediate concern", AnswerName(form.immediate_concern));
  answers.Add("Concern", form.concern);
  answers.Add("Referred to", form.concern_referred_to);
  answers.Add("Date", form.concern_date);
  answers.Add("Time", form.concern_time);
  answers.Section("10");
  answers.Add("Practice issue", form.practice_issue);
  answers.Section("11");
  answers.Add("Sensitive", AnswerName(form.sensitive));
  answers.Add("Sensitive content", form.sensitive_text);
  answers.Add("Contact", form.sensitive_contact);
  answers.Section("sign-off");
  answers.Add("Signed by", form.signed_by);
  answers.Add("Checked by", form.checked_by);
  answers.Add("Date", form.signed_date);
}

}  // namespace

void AddFormMembers(Json& json, const Form& form) {
  Json grades = Json::Array();
  // Section 0 has no grade.
  for (std::size_t i = 1; i < form.sections.size(); ++i) {
    const ingest::Grade grade = form.sections[i].grade;
    grades.Add(Json::Object(
        {{"section", std::to_string(i)},
         {"title", ingest::SectionTitle(i)},
         {"grade", grade == ingest::Grade::kNone ? Json() : Json(ingest::GradeName(grade))}}));
  }
  AnswerList answers;
  AddHeader(answers, form);
  AddPeople(answers, form);
  AddSections(answers, form);
  AddClosing(answers, form);
  Json gaps = Json::Array();
  for (const ingest::Finding& finding : form.findings) {
    const bool whole = finding.section == ingest::kWholeForm;
    gaps.Add(Json::Object({{"section", whole ? Json() : Json(std::to_string(finding.section))},
                           {"question", finding.code()},
                           {"what", finding.text()}}));
  }
  json.Set("grades", std::move(grades)).Set("answers", answers.Take()).Set("gaps", std::move(gaps));
}

}  // namespace service
