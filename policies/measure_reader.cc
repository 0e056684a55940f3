// Reads the measures, registers, attendances and themes of a template.
#include <algorithm>
#include <optional>

#include "policies/template_data.h"

namespace policies {
namespace {

using vault::FieldRule;
using vault::FieldType;
using vault::RecordKind;
using vault::XmlNode;

class MeasureReader {
 public:
  MeasureReader(const TemplateNames& names, const TemplateData& data)
      : names_(names), data_(data) {}

  MeasureRule Measure(XmlNode node, const Codes& measures) {
    Element element(node, names_.faults);
    MeasureRule rule;
    rule.id = element.Code("id");
    rule.name = element.Text("name");
    rule.of = names_.Required(element, "of", names_.records);
    const RecordKind* kind = Kind(element, "of", rule.of);
    rule.where = Guards(element, "where", kind);
    rule.if_of = names_.Reference(element, "if-of", names_.records);
    rule.if_where = Guards(element, "if-where", Kind(element, "if-of", rule.if_of));
    if (rule.if_of.empty() && !rule.if_where.empty()) {
      element.FaultAt("if-where", "needs if-of");
    }
    rule.on = element.TextOr("on", "");
    if (!rule.on.empty() && !IsDay(Field(kind, rule.on))) {
      element.FaultAt("on", "must name a date or a time that is not personal");
    }
    rule.out_of = names_.Reference(element, "out-of", measures);
    if (rule.out_of == rule.id) element.FaultAt("out-of", "names the measure itself");
    rule.parts = names_.References(element, "parts", measures);
    if (std::find(rule.parts.begin(), rule.parts.end(), rule.id) != rule.parts.end()) {
      element.FaultAt("parts", "names the measure itself");
    }
    rule.by = By(element, kind);
    rule.basis = names_.BasisOf(element);
    names_.Close(element);
    return rule;
  }

  RegisterRule Register(XmlNode node) {
    Element element(node, names_.faults);
    RegisterRule rule;
    rule.of = names_.Required(element, "of", names_.records);
    const RecordKind* kind = Kind(element, "of", rule.of);
    if (kind != nullptr && kind->done_field.empty()) {
      element.FaultAt("of", "must name a record with a field for being done");
    }
    rule.claimed_when = element.Words("claimed-when");
    const FieldRule* done = kind == nullptr ? nullptr : Field(kind, kind->done_field);
    for (const std::string& value : rule.claimed_when) {
      if (done == nullptr || done->choices.empty()) continue;
      if (std::find(done->choices.begin(), done->choices.end(), value) == done->choices.end()) {
        element.FaultAt("claimed-when", "names no choice \"" + value + "\"");
      }
    }
    rule.evidence = element.TextOr("evidence", "");
    rule.residual = element.Words("residual");
    std::vector<std::string> fields = rule.residual;
    if (!rule.evidence.empty()) fields.push_back(rule.evidence);
    for (const std::string& name : fields) {
      const FieldRule* field = Field(kind, name);
      const std::string_view at = name == rule.evidence ? "evidence" : "residual";
      if (kind != nullptr && (field == nullptr || field->personal)) {
        element.FaultAt(at, "names no field that may be told: \"" + name + "\"");
      }
    }
    names_.Close(element);
    return rule;
  }

  AttendanceRule Attendance(XmlNode node) {
    Element element(node, names_.faults);
    AttendanceRule rule;
    rule.of = names_.Required(element, "of", names_.records);
    const RecordKind* kind = Kind(element, "of", rule.of);
    rule.meeting = Named(element, "meeting", kind);
    rule.on = element.Text("on");
    if (kind != nullptr && !IsDay(Field(kind, rule.on))) {
      element.FaultAt("on", "must name a date or a time that is not personal");
    }
    rule.agency = element.Text("agency");
    const FieldRule* agency = Field(kind, rule.agency);
    if (kind != nullptr &&
        (agency == nullptr || agency->personal || agency->type != FieldType::kAgency)) {
      element.FaultAt("agency", "must name an agency that is not personal");
    }
    rule.present = Guards(element, "present", kind);
    if (!element.Has("present")) element.FaultAt("present", "is missing");
    rule.drop = element.Number("drop", 1, 100);
    rule.least = element.Number("least", 1, 100);
    rule.basis = names_.BasisOf(element);
    names_.Close(element);
    return rule;
  }

  ThemesRule Themes(XmlNode node) {
    Element element(node, names_.faults);
    ThemesRule rule;
    rule.of = names_.Required(element, "of", names_.records);
    const RecordKind* kind = Kind(element, "of", rule.of);
    rule.group = ToldField(element, "group", kind);
    rule.year = ToldField(element, "year", kind);
    rule.due = names_.Required(element, "due", names_.dues);
    for (const DueRule& due : data_.dues) {
      if (due.id == rule.due && due.offset.unit == Unit::kHours) {
        element.FaultAt("due", "must count days");
      }
    }
    rule.basis = names_.BasisOf(element);
    names_.Close(element);
    return rule;
  }

 private:
  // A dimension without a kind of its own is told by a field of the record that is counted.
  std::vector<std::string> By(Element& element, const RecordKind* kind) {
    Codes known;
    for (const DimensionRule& rule : data_.dimensions) known.insert(rule.id);
    std::vector<std::string> by = names_.References(element, "by", known);
    for (const std::string& id : by) {
      const DimensionRule* rule = FindDimension(data_.dimensions, id);
      if (rule == nullptr || kind == nullptr || !rule->of.empty() || rule->field.empty()) continue;
      if (auto fault = DimensionFieldFault(*kind, *rule)) {
        element.FaultAt("by", "names \"" + id + "\", whose field " + *fault);
      }
    }
    return by;
  }

  // ToldField is a required field that the label of a record tells.
  static std::string ToldField(Element& element, std::string_view attribute,
                               const RecordKind* kind) {
    std::string name = element.Text(attribute);
    const FieldRule* field = Field(kind, name);
    if (kind != nullptr && element.Has(attribute) && (field == nullptr || field->personal)) {
      element.FaultAt(attribute, "names no field that may be told: \"" + name + "\"");
    }
    return name;
  }

  static bool IsDay(const FieldRule* field) {
    return field != nullptr && !field->personal &&
           (field->type == FieldType::kDate || field->type == FieldType::kTime);
  }

  // Named is a required list of fields that the label of a record tells.
  static std::vector<std::string> Named(Element& element, std::string_view attribute,
                                        const RecordKind* kind) {
    std::vector<std::string> fields = element.Words(attribute);
    if (!element.Has(attribute)) element.FaultAt(attribute, "is missing");
    for (const std::string& name : fields) {
      const FieldRule* field = Field(kind, name);
      if (kind != nullptr && (field == nullptr || field->personal)) {
        element.FaultAt(attribute, "names no field that may be told: \"" + name + "\"");
      }
    }
    return fields;
  }

  // What is counted is told by the label of a record: a class for named readers has none.
  const RecordKind* Kind(Element& element, std::string_view attribute, const std::string& name) {
    for (const RecordKind& kind : data_.records) {
      if (kind.name != name) continue;
      for (const vault::ClassRule& rule : data_.classes) {
        if (rule.code == kind.class_code && rule.named_readers) {
          element.FaultAt(attribute, "names a record for named readers");
        }
      }
      return &kind;
    }
    return nullptr;
  }

  static const FieldRule* Field(const RecordKind* kind, std::string_view name) {
    if (kind == nullptr) return nullptr;
    for (const FieldRule& field : kind->fields) {
      if (field.name == name) return &field;
    }
    return nullptr;
  }

  std::vector<Guard> Guards(Element& element, std::string_view attribute, const RecordKind* kind) {
    std::vector<Guard> guards;
    for (const std::string& word : element.Words(attribute)) {
      auto guard = ParseGuard(word);
      if (!guard) {
        element.FaultAt(attribute, "must be written field=value or field=value|value");
        continue;
      }
      const FieldRule* field = Field(kind, guard->field);
      if (kind != nullptr && (field == nullptr || field->personal)) {
        element.FaultAt(attribute, "names no field that may be counted: \"" + guard->field + "\"");
      }
      for (const std::string& value : guard->values) {
        if (field == nullptr || field->choices.empty() || value == Guard::kAny) continue;
        if (std::find(field->choices.begin(), field->choices.end(), value) ==
            field->choices.end()) {
          element.FaultAt(attribute, "names no choice \"" + value + "\"");
        }
      }
      guards.push_back(*std::move(guard));
    }
    return guards;
  }

  const TemplateNames& names_;
  const TemplateData& data_;
};

}  // namespace

void ReadMeasures(const std::vector<XmlNode>& nodes, const Codes& measures,
                  const TemplateNames& names, TemplateData* data) {
  MeasureReader reader(names, *data);
  for (XmlNode node : nodes) {
    if (node.name() == "measure") data->measures.push_back(reader.Measure(node, measures));
    if (node.name() == "register") data->registers.push_back(reader.Register(node));
    if (node.name() == "attendance") data->attendances.push_back(reader.Attendance(node));
    if (node.name() == "themes") data->themes.push_back(reader.Themes(node));
  }
}

}  // namespace policies
