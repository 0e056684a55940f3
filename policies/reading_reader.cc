// Reads the reading matrix of a template.
#include "policies/template_data.h"

namespace policies {
namespace {

using vault::ReadingCode;
using vault::XmlNode;

class ReadingReader {
 public:
  explicit ReadingReader(const TemplateNames& names) : names_(names) {}

  ReadingRow Read(XmlNode node) {
    Element element(node, names_.faults);
    ReadingRow row;
    row.role = names_.Required(element, "role", names_.roles);
    row.classes = names_.AllOr(element, "class", names_.classes);
    row.phases = names_.AllOr(element, "phase", names_.phases);
    row.code = element.Choice<ReadingCode>("code", {{"meta", ReadingCode::kMeta},
                                                    {"agg", ReadingCode::kAgg},
                                                    {"own", ReadingCode::kOwn},
                                                    {"inv", ReadingCode::kInv},
                                                    {"all", ReadingCode::kAll},
                                                    {"adm", ReadingCode::kAdm},
                                                    {"ctl", ReadingCode::kCtl}});
    if (!element.Has("code")) element.FaultAt("code", "is missing");
    row.until = names_.Reference(element, "until", names_.events);
    static const Codes kConditions = {"attending", "participating", "control-task", "assigned"};
    for (const std::string& word : names_.References(element, "if", kConditions)) {
      row.attending |= word == "attending";
      row.participating |= word == "participating";
      row.control_task |= word == "control-task";
      row.assigned |= word == "assigned";
    }
    names_.Close(element);
    NoCellTwice(element, row);
    return row;
  }

 private:
  // The same code for the same cell under the same conditions is a slip of the pen.
  void NoCellTwice(Element& element, const ReadingRow& row) {
    const Codes every_class = row.classes.empty() ? names_.classes : Codes();
    const Codes every_phase = row.phases.empty() ? names_.phases : Codes();
    std::vector<std::string> classes(row.classes);
    classes.insert(classes.end(), every_class.begin(), every_class.end());
    std::vector<std::string> phases(row.phases);
    phases.insert(phases.end(), every_phase.begin(), every_phase.end());
    const std::string rest = " " + std::string(vault::ReadingCodeName(row.code)) + " " + row.until +
                             (row.attending ? " a" : "") + (row.participating ? " p" : "") +
                             (row.control_task ? " c" : "") + (row.assigned ? " s" : "");
    for (const std::string& class_code : classes) {
      for (const std::string& phase : phases) {
        std::string cell = row.role + " " + class_code + " " + phase;
        if (cells_.insert(cell + rest).second) continue;
        element.FaultAt("code", "is given already for " + cell);
        return;
      }
    }
  }

  const TemplateNames& names_;
  Codes cells_;
};

}  // namespace

std::vector<ReadingRow> ReadReading(XmlNode group, const TemplateNames& names) {
  ReadingReader reader(names);
  std::vector<ReadingRow> rows;
  for (XmlNode node : names.In(group, {"read"})) rows.push_back(reader.Read(node));
  return rows;
}

}  // namespace policies
