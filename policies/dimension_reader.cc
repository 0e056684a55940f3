// Reads the dimensions of a template's statistics and their areas.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "policies/template_data.h"

namespace policies {
namespace {

using vault::FieldRule;
using vault::FieldType;
using vault::RecordKind;
using vault::XmlNode;

class DimensionReader {
 public:
  DimensionReader(const TemplateNames& names, TemplateData* data) : names_(names), data_(data) {}

  void Dimension(XmlNode node, const Codes& dimensions) {
    Element element(node, names_.faults);
    DimensionRule rule;
    rule.id = element.Code("id");
    rule.name = element.Text("name");
    rule.of = names_.Reference(element, "of", names_.records);
    rule.field = element.TextOr("field", "");
    rule.within = names_.Reference(element, "within", dimensions);
    rule.basis = names_.BasisOf(element);
    names_.Close(element);
    nodes_[rule.id] = node;
    data_->dimensions.push_back(std::move(rule));
  }

  void Area(XmlNode node, const Codes& dimensions) {
    Element element(node, names_.faults);
    DimensionArea area;
    area.id = element.Code("id");
    const std::string of = names_.Required(element, "of", dimensions);
    area.name = element.Text("name");
    area.within = element.TextOr("within", "");
    names_.Close(element);
    if (area.name == kUnknownArea) element.FaultAt("name", "is the word for an unknown area");
    for (DimensionRule& rule : data_->dimensions) {
      if (rule.id != of) continue;
      if (FindArea(rule, area.name) != nullptr) element.FaultAt("name", "is given twice");
      if (rule.within.empty() && element.Has("within")) {
        element.FaultAt("within", "has no meaning: its dimension lies within none");
      } else if (!rule.within.empty()) {
        inside_.emplace_back(node, rule.within);
      }
      rule.areas.push_back(std::move(area));
      break;
    }
  }

  // Close looks at what needs all of them: a text may use a name before it is defined.
  void Close() {
    for (const DimensionRule& rule : data_->dimensions) {
      Element element(nodes_[rule.id], names_.faults);
      Field(element, rule);
      if (!rule.within.empty()) Within(element, rule);
    }
    for (const auto& [node, coarser] : inside_) {
      Element element(node, names_.faults);
      const std::string within = element.TextOr("within", "");
      const DimensionRule* of = FindDimension(data_->dimensions, coarser);
      const bool known = of != nullptr && std::any_of(of->areas.begin(), of->areas.end(),
                                                      [&within](const DimensionArea& area) {
                                                        return area.id == within;
                                                      });
      if (!element.Has("within")) {
        element.FaultAt("within", "is missing");
      } else if (!known) {
        element.FaultAt("within", "names no area of \"" + coarser + "\"");
      }
    }
  }

 private:
  void Field(Element& element, const DimensionRule& rule) {
    if (rule.field.empty()) {
      const bool told =
          std::any_of(data_->dimensions.begin(), data_->dimensions.end(),
                      [&rule](const DimensionRule& one) { return one.within == rule.id; });
      if (!told || rule.areas.empty()) element.FaultAt("field", "is missing");
      return;
    }
    for (const RecordKind& kind : data_->records) {
      if (kind.name != rule.of) continue;
      if (auto fault = DimensionFieldFault(kind, rule)) element.FaultAt("field", *fault);
      for (const vault::ClassRule& of_class : data_->classes) {
        if (of_class.code == kind.class_code && of_class.named_readers) {
          element.FaultAt("of", "names a record for named readers");
        }
      }
    }
  }

  void Within(Element& element, const DimensionRule& rule) {
    const DimensionRule* coarser = FindDimension(data_->dimensions, rule.within);
    if (coarser == nullptr) return;  // told where it was read
    if (coarser == &rule) {
      element.FaultAt("within", "names the dimension itself");
    } else if (!coarser->within.empty()) {
      element.FaultAt("within", "names a dimension that lies within another");
    } else if (coarser->of != rule.of) {
      element.FaultAt("within", "names a dimension of another record");
    } else if (!coarsers_.insert(rule.within).second) {
      element.FaultAt("within", "names a dimension that another lies within already");
    }
    if (rule.areas.empty()) element.FaultAt("within", "needs an <area> of the dimension");
    if (rule.field.empty()) element.FaultAt("field", "is missing");
  }

  const TemplateNames& names_;
  TemplateData* data_;
  std::map<std::string, XmlNode> nodes_;                 // of the dimensions
  std::vector<std::pair<XmlNode, std::string>> inside_;  // areas, and what they must lie within
  std::set<std::string> coarsers_;
};

}  // namespace

std::optional<std::string> DimensionFieldFault(const RecordKind& kind, const DimensionRule& rule) {
  for (const FieldRule& field : kind.fields) {
    if (field.name != rule.field) continue;
    if (field.personal) break;
    if (field.many) return "may come more than once: a count would stand in several areas";
    const bool closed = field.type == FieldType::kChoice || field.type == FieldType::kYesNo ||
                        field.type == FieldType::kAgency;
    // Anything may be written in a free text, and a report would tell it.
    if (!closed && rule.areas.empty()) return "holds anything: it needs an <area> of the dimension";
    return std::nullopt;
  }
  return "names no field that may be told: \"" + rule.field + "\"";
}

void ReadDimensions(const std::vector<XmlNode>& nodes, const Codes& dimensions,
                    const TemplateNames& names, TemplateData* data) {
  DimensionReader reader(names, data);
  for (XmlNode node : nodes) {
    if (node.name() == "dimension") reader.Dimension(node, dimensions);
  }
  for (XmlNode node : nodes) {
    if (node.name() == "area") reader.Area(node, dimensions);
  }
  reader.Close();
}

}  // namespace policies
