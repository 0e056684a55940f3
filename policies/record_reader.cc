// Reads what a template says about small records and what it checks in them.
#include <algorithm>

#include "policies/template_data.h"

namespace policies {
namespace {

using vault::FieldRule;
using vault::FieldType;
using vault::RecordKind;
using vault::XmlNode;

FieldRule ReadField(XmlNode node, const TemplateNames& names) {
  Element element(node, names.faults);
  FieldRule field;
  field.name = element.Code("name");
  field.what = element.Text("what");
  field.type = element.Choice<FieldType>("type", {{"text", FieldType::kText},
                                                  {"yes-no", FieldType::kYesNo},
                                                  {"date", FieldType::kDate},
                                                  {"time", FieldType::kTime},
                                                  {"number", FieldType::kNumber},
                                                  {"choice", FieldType::kChoice},
                                                  {"person", FieldType::kPerson},
                                                  {"agency", FieldType::kAgency},
                                                  {"subject", FieldType::kSubject},
                                                  {"document", FieldType::kDocument}});
  field.required = element.Yes("required");
  field.many = element.Yes("many");
  // Names and free text about people are sealed unless the template says that they hold none.
  field.personal = element.Choice<bool>("personal", {{"no", false}, {"yes", true}});
  field.choices = element.Words("choices");
  if ((field.type == FieldType::kChoice) == field.choices.empty()) {
    element.FaultAt("choices", field.choices.empty() ? "is missing" : "needs type=\"choice\"");
  }
  names.Close(element);
  return field;
}

const FieldRule* FindField(const RecordKind* kind, std::string_view name) {
  if (kind == nullptr) return nullptr;
  for (const FieldRule& field : kind->fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

const RecordKind* FindKind(const TemplateData& data, std::string_view name) {
  for (const RecordKind& kind : data.records) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

Codes FieldNames(const RecordKind& kind) {
  Codes fields;
  for (const FieldRule& field : kind.fields) fields.insert(field.name);
  return fields;
}

RecordKind ReadRecord(XmlNode node, const TemplateNames& names, const TemplateData& data) {
  Element element(node, names.faults);
  RecordKind kind;
  kind.name = element.Code("kind");
  kind.what = element.Text("what");
  kind.class_code = names.Required(element, "class", names.classes);
  kind.written_by = names.References(element, "written-by", names.roles);
  if (kind.written_by.empty()) element.FaultAt("written-by", "is missing");
  names.Of(node, "field", "name");
  for (XmlNode child : element.Children({"field"})) kind.fields.push_back(ReadField(child, names));
  if (kind.fields.empty()) names.faults->Add(node.position(), "<record> needs a <field>");
  const Codes fields = FieldNames(kind);
  kind.unique = names.References(element, "unique", fields);
  kind.due_field = names.Reference(element, "due", fields);
  const FieldRule* due = FindField(&kind, kind.due_field);
  if (due != nullptr && due->type != FieldType::kDate && due->type != FieldType::kTime) {
    element.FaultAt("due", "must name a date or a time");
  }
  kind.owner_field = names.Reference(element, "owner", fields);
  kind.done_field = names.Reference(element, "done", fields);
  kind.done_values = element.Words("done-when");
  if (!kind.done_values.empty() && kind.done_field.empty()) {
    element.FaultAt("done-when", "needs done");
  }
  kind.reminds = names.References(element, "reminds", names.roles);
  if (!kind.reminds.empty() && (kind.due_field.empty() || kind.done_field.empty())) {
    element.FaultAt("reminds", "needs due and done");
  }
  // Of what is personal, or for named readers, the server is told nothing but that equal is equal:
  // no day comes from it.
  for (const std::string& name : {kind.due_field, kind.done_field}) {
    const FieldRule* field = FindField(&kind, name);
    if (!kind.reminds.empty() && field != nullptr && field->personal) {
      element.FaultAt("reminds", "needs a due and a done that are not personal");
    }
  }
  for (const vault::ClassRule& of_class : data.classes) {
    if (!kind.reminds.empty() && of_class.code == kind.class_code && of_class.named_readers) {
      element.FaultAt("reminds", "does not go with a class for named readers");
    }
  }
  element.TextOr("note", "");
  element.Finish();
  return kind;
}

class CheckReader {
 public:
  CheckReader(const TemplateNames& names, const TemplateData& data) : names_(names), data_(data) {}

  CheckRule Read(XmlNode node) {
    Element element(node, names_.faults);
    CheckRule check;
    check.id = element.Code("id");
    check.says = element.Text("says");
    check.on_record = names_.Reference(element, "on-record", names_.records);
    check.on_events = names_.References(element, "on-event", names_.events);
    element.RequireOneOf({"on-record", "on-event"});
    check.of = names_.Reference(element, "of", names_.records);
    if (check.of.empty()) check.of = check.on_record;
    if (check.of.empty()) element.FaultAt("of", "is missing");
    const RecordKind* kind = FindKind(data_, check.of);
    Where(element, kind, &check);
    Test(element, kind, &check);
    check.severity = names_.SeverityOf(element);
    check.approvers = names_.References(element, "approver", names_.roles);
    if ((check.severity == vault::Severity::kException) == check.approvers.empty()) {
      element.FaultAt("approver",
                      check.approvers.empty() ? "is missing" : "needs severity=\"exception\"");
    }
    check.basis = names_.BasisOf(element);
    names_.Locked(element);
    names_.Close(element);
    return check;
  }

 private:
  void Where(Element& element, const RecordKind* kind, CheckRule* check) {
    for (const std::string& word : element.Words("where")) {
      auto guard = ParseGuard(word);
      if (!guard) {
        element.FaultAt("where", "must be written field=value or field=value|value");
        continue;
      }
      const FieldRule* field = FindField(kind, guard->field);
      if (kind != nullptr && field == nullptr) {
        element.FaultAt("where", "names no known \"" + guard->field + "\"");
      }
      for (const std::string& value : guard->values) {
        if (field == nullptr || field->choices.empty() || value == Guard::kAny) continue;
        if (std::find(field->choices.begin(), field->choices.end(), value) ==
            field->choices.end()) {
          element.FaultAt("where", "names no choice \"" + value + "\"");
        }
      }
      check->where.push_back(std::move(*guard));
    }
  }

  void Test(Element& element, const RecordKind* kind, CheckRule* check) {
    static const std::vector<std::pair<std::string_view, CheckTest>> kTests = {
        {"present", CheckTest::kPresent},          {"one-of", CheckTest::kOneOf},
        {"at-least", CheckTest::kAtLeast},         {"at-most", CheckTest::kAtMost},
        {"not-before", CheckTest::kNotBefore},     {"not-after", CheckTest::kNotAfter},
        {"age-at-most", CheckTest::kAgeAtMost},    {"count-at-least", CheckTest::kCountAtLeast},
        {"count-at-most", CheckTest::kCountAtMost}};
    std::vector<std::string_view> words;
    for (const auto& [word, test] : kTests) {
      words.push_back(word);
      if (element.Has(word)) check->test = test;
    }
    element.RequireOneOf(words);
    // A second test is one fault, not an unknown attribute besides.
    for (std::string_view word : words) element.TextOr(word, "");
    const bool counts =
        check->test == CheckTest::kCountAtLeast || check->test == CheckTest::kCountAtMost;
    const std::string_view attribute = counts ? "distinct" : "field";
    check->field = element.TextOr(attribute, "");
    if (!counts && check->field.empty()) element.FaultAt("field", "is missing");
    const FieldRule* field = FindField(kind, check->field);
    if (kind != nullptr && !check->field.empty() && field == nullptr) {
      element.FaultAt(attribute, "names no known \"" + check->field + "\"");
    }
    Operand(element, field, check);
  }

  void Operand(Element& element, const FieldRule* field, CheckRule* check) {
    const auto wants = [&](std::string_view word, std::initializer_list<FieldType> types) {
      if (field == nullptr || std::find(types.begin(), types.end(), field->type) != types.end()) {
        return;
      }
      element.FaultAt(word, "does not go with a field of type " +
                                std::string(vault::FieldTypeName(field->type)));
    };
    switch (check->test) {
      case CheckTest::kPresent:
        if (!element.Yes("present")) element.FaultAt("present", "must be yes");
        break;
      case CheckTest::kOneOf:
        check->values = element.Words("one-of");
        break;
      case CheckTest::kAtLeast:
        check->number = element.Number("at-least", -1'000'000, 1'000'000);
        wants("at-least", {FieldType::kNumber});
        break;
      case CheckTest::kAtMost:
        check->number = element.Number("at-most", -1'000'000, 1'000'000);
        wants("at-most", {FieldType::kNumber});
        break;
      case CheckTest::kNotBefore:
      case CheckTest::kNotAfter: {
        const std::string_view word =
            check->test == CheckTest::kNotBefore ? "not-before" : "not-after";
        check->period = names_.PeriodOf(element, word);
        check->from = names_.Required(element, "from", names_.EventsOr({kMeeting}));
        wants(word, {FieldType::kDate, FieldType::kTime});
        break;
      }
      case CheckTest::kAgeAtMost:
        check->number = element.Number("age-at-most", 0, 150);
        wants("age-at-most", {FieldType::kDate});
        break;
      case CheckTest::kCountAtLeast:
        check->number = element.Number("count-at-least", 0, 1'000'000);
        break;
      case CheckTest::kCountAtMost:
        check->number = element.Number("count-at-most", 0, 1'000'000);
        break;
    }
  }

  const TemplateNames& names_;
  const TemplateData& data_;
};

}  // namespace

std::optional<Guard> ParseGuard(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  Guard guard;
  guard.field = word.substr(0, equals);
  std::size_t at = equals + 1;
  while (at <= word.size()) {
    const std::size_t bar = std::min(word.find('|', at), word.size());
    if (bar == at) return std::nullopt;
    guard.values.push_back(word.substr(at, bar - at));
    at = bar + 1;
  }
  return guard;
}

void ReadRecords(XmlNode records, XmlNode checks, const TemplateNames& names, TemplateData* data) {
  for (XmlNode node : names.In(records, {"record"})) {
    data->records.push_back(ReadRecord(node, names, *data));
  }
  CheckReader reader(names, *data);
  for (XmlNode node : names.In(checks, {"check"})) data->checks.push_back(reader.Read(node));
}

}  // namespace policies
