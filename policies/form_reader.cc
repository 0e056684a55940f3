// Reads the forms, recurring meetings, rankings and agenda of a template.
#include <algorithm>
#include <map>

#include "policies/template_data.h"

namespace policies {
namespace {

using vault::XmlNode;

class FormReader {
 public:
  explicit FormReader(const TemplateNames& names) : names_(names) {}

  void ReadScale(XmlNode node) {
    Element element(node, names_.faults);
    std::string id = element.Code("id");
    names_.BasisOf(element);
    names_.Of(node, "grade", "code");
    std::vector<GradeRule> grades;
    for (XmlNode child : element.Children({"grade"})) grades.push_back(ReadGrade(child));
    if (grades.empty()) names_.faults->Add(node.position(), "<scale> needs a <grade>");
    element.TextOr("note", "");
    element.Finish();
    scales_[id] = std::move(grades);
  }

  FormRule ReadForm(XmlNode node) {
    Element element(node, names_.faults);
    FormRule form;
    form.id = element.Code("id");
    form.name = element.Text("name");
    form.class_code = names_.Required(element, "class", names_.classes);
    form.scale = names_.Reference(element, "scale", names_.scales);
    form.grades = scales_[form.scale];
    if (element.Has("least-questions")) {
      form.least_questions = element.Number("least-questions", 1, 1000);
    }
    if (element.Has("most-questions")) {
      form.most_questions = element.Number("most-questions", 1, 1000);
    }
    form.basis = names_.BasisOf(element);
    names_.Of(node, "section", "id");
    names_.Of(node, "field", "name");
    int questions = 0;
    for (XmlNode child : element.Children({"field", "section", "notice"})) {
      Element part(child, names_.faults);
      if (child.name() == "notice") {
        form.notices.push_back(part.Text("says"));
        names_.Close(part);
      } else if (child.name() == "field") {
        form.fields.push_back(ReadFormField(part));
      } else {
        form.sections.push_back(ReadSection(part, form));
        questions += form.sections.back().question.empty() ? 0 : 1;
      }
    }
    if (form.least_questions > 0 && questions < form.least_questions) {
      element.FaultAt("least-questions", "is more than the form asks");
    }
    if (form.most_questions > 0 && questions > form.most_questions) {
      element.FaultAt("most-questions", "is less than the form asks");
    }
    element.TextOr("note", "");
    element.Finish();
    return form;
  }

 private:
  GradeRule ReadGrade(XmlNode node) {
    Element element(node, names_.faults);
    GradeRule grade;
    grade.code = element.Code("code");
    grade.name = element.Text("name");
    grade.counts = element.Choice<bool>("counts", {{"yes", true}, {"no", false}});
    for (XmlNode child : element.Children({"descriptor"})) {
      Element part(child, names_.faults);
      grade.descriptors.push_back(part.Text("says"));
      names_.Close(part);
    }
    element.Finish();
    return grade;
  }

  vault::FieldRule ReadFormField(Element& element) {
    using vault::FieldType;
    vault::FieldRule field;
    field.name = element.Code("name");
    field.what = element.Text("what");
    field.type = element.Choice<FieldType>("type", {{"text", FieldType::kText},
                                                    {"yes-no", FieldType::kYesNo},
                                                    {"date", FieldType::kDate},
                                                    {"time", FieldType::kTime},
                                                    {"number", FieldType::kNumber},
                                                    {"agency", FieldType::kAgency},
                                                    {"person", FieldType::kPerson},
                                                    {"subject", FieldType::kSubject}});
    field.required = element.Yes("required");
    field.many = element.Yes("many");
    names_.Close(element);
    return field;
  }

  FormSection ReadSection(Element& element, const FormRule& form) {
    FormSection section;
    section.id = element.Code("id");
    section.title = element.Text("title");
    section.question = element.TextOr("question", "");
    section.graded = element.Yes("graded");
    if (section.graded && form.scale.empty()) element.FaultAt("graded", "needs a scale");
    names_.Close(element);
    return section;
  }

  const TemplateNames& names_;
  std::map<std::string, std::vector<GradeRule>> scales_;
};

RankingRule ReadRanking(XmlNode node, const TemplateNames& names, const TemplateData& data) {
  Element element(node, names.faults);
  RankingRule rule;
  rule.id = element.Code("id");
  rule.of = names.Required(element, "of", names.records);
  Codes fields;
  for (const vault::RecordKind& kind : data.records) {
    if (kind.name != rule.of) continue;
    for (const vault::FieldRule& field : kind.fields) fields.insert(field.name);
  }
  rule.subject = names.Required(element, "subject", fields);
  rule.distinct = names.Required(element, "distinct", fields);
  for (const std::string& word : element.Words("where")) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || !fields.contains(word.substr(0, equals))) {
      element.FaultAt("where", "must be written field=value");
      continue;
    }
    rule.where.push_back({word.substr(0, equals), {word.substr(equals + 1)}});
  }
  rule.take = element.Number("take", 1, 1000);
  rule.tie_break = names.Reference(element, "tie-break", fields);
  rule.basis = names.BasisOf(element);
  names.Close(element);
  return rule;
}

Recurrence ReadRecurrence(XmlNode node, const TemplateNames& names) {
  Element element(node, names.faults);
  Recurrence recurrence;
  recurrence.id = element.Code("id");
  recurrence.what = element.Text("what");
  recurrence.every = element.Choice<std::string>(
      "every", {{"week", "week"}, {"day", "day"}, {"month", "month"}, {"quarter", "quarter"}});
  recurrence.per = element.TextOr("per", "");
  recurrence.weekday = element.Choice<unsigned>("weekday", {{"any", 7},
                                                            {"monday", 1},
                                                            {"tuesday", 2},
                                                            {"wednesday", 3},
                                                            {"thursday", 4},
                                                            {"friday", 5}});
  recurrence.basis = names.BasisOf(element);
  names.Close(element);
  return recurrence;
}

MeetingPlan ReadPlan(XmlNode node, const TemplateNames& names) {
  Element element(node, names.faults);
  MeetingPlan plan;
  plan.opening = element.Number("opening", 0, 600);
  plan.per_subject = element.Number("per-subject", 1, 600);
  plan.closing = element.Number("closing", 0, 600);
  plan.pause = element.Number("break", 0, 600);
  plan.pause_after = element.Number("break-after", 0, 100);
  plan.basis = names.BasisOf(element);
  names.Close(element);
  return plan;
}

}  // namespace

void ReadMeetings(XmlNode group, const TemplateNames& names, TemplateData* data) {
  names.Of(group, "ranking", "id");
  names.Of(group, "recurrence", "id");
  for (XmlNode node : names.In(group, {"ranking", "recurrence", "agenda"})) {
    if (node.name() == "ranking") data->rankings.push_back(ReadRanking(node, names, *data));
    if (node.name() == "recurrence") data->recurrences.push_back(ReadRecurrence(node, names));
    if (node.name() != "agenda") continue;
    if (data->plan) names.faults->Add(node.position(), "<agenda> is given twice");
    data->plan = ReadPlan(node, names);
  }
}

void ReadForms(XmlNode group, const TemplateNames& names, TemplateData* data) {
  FormReader reader(names);
  names.Of(group, "form", "id");
  const auto nodes = names.In(group, {"scale", "form"});
  for (XmlNode node : nodes) {
    if (node.name() == "scale") reader.ReadScale(node);
  }
  for (XmlNode node : nodes) {
    if (node.name() == "form") data->forms.push_back(reader.ReadForm(node));
  }
}

}  // namespace policies
