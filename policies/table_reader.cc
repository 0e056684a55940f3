// Reads the tables of counts of a template.
#include <algorithm>

#include "policies/template_data.h"

namespace policies {
namespace {

using vault::XmlNode;

class TableReader {
 public:
  explicit TableReader(const TemplateNames& names) : names_(names) {}

  AreaTableRule Read(XmlNode node) {
    Element element(node, names_.faults);
    AreaTableRule rule;
    rule.id = element.Code("id");
    rule.name = element.Text("name");
    rule.area = element.Text("area");
    rule.total = element.Text("total");
    rule.small = element.Number("small", 1, 1000);
    rule.basis = names_.BasisOf(element);
    names_.Of(node, "column", "id");
    names_.Of(node, "rate", "id");
    const auto parts = element.Children({"column", "sum", "rate"});
    columns_.clear();
    for (XmlNode part : parts) {
      auto id = part.attribute("id");
      if (part.name() == "column" && id) columns_.emplace_back(*id);
    }
    if (columns_.empty()) names_.faults->Add(node.position(), "<table> needs a <column>");
    for (XmlNode part : parts) {
      Element inner(part, names_.faults);
      if (part.name() == "column") rule.columns.push_back(ReadColumn(inner));
      if (part.name() == "sum") rule.sums.push_back(ReadSum(inner));
      if (part.name() == "rate") rule.rates.push_back(ReadRate(inner));
      names_.Close(inner);
    }
    element.TextOr("note", "");
    element.Finish();
    return rule;
  }

 private:
  ColumnRule ReadColumn(Element& element) {
    ColumnRule column;
    column.id = element.Code("id");
    column.name = element.Text("name");
    if (element.Has("at-most")) column.at_most = Column(element, "at-most");
    if (element.Has("percent-of")) column.percent_of = Column(element, "percent-of");
    return column;
  }

  SumRule ReadSum(Element& element) {
    SumRule sum;
    sum.of = Column(element, "of");
    if (!element.Has("parts")) element.FaultAt("parts", "is missing");
    for (const std::string& word : element.Words("parts")) {
      sum.parts.push_back(Index(element, "parts", word));
    }
    return sum;
  }

  RateRule ReadRate(Element& element) {
    RateRule rate;
    rate.id = element.Code("id");
    rate.name = element.Text("name");
    rate.numerator = Column(element, "numerator");
    rate.denominator = Column(element, "denominator");
    if (element.Has("less")) rate.less = Column(element, "less");
    return rate;
  }

  std::size_t Column(Element& element, std::string_view attribute) {
    if (!element.Has(attribute)) element.FaultAt(attribute, "is missing");
    return Index(element, attribute, element.TextOr(attribute, ""));
  }

  std::size_t Index(Element& element, std::string_view attribute, const std::string& word) {
    auto at = std::find(columns_.begin(), columns_.end(), word);
    if (at != columns_.end()) return static_cast<std::size_t>(at - columns_.begin());
    if (element.Has(attribute)) element.FaultAt(attribute, "names no known \"" + word + "\"");
    return 0;
  }

  const TemplateNames& names_;
  std::vector<std::string> columns_;
};

}  // namespace

void ReadTables(XmlNode group, const TemplateNames& names, TemplateData* data) {
  TableReader reader(names);
  names.Of(group, "table", "id");
  const std::vector<XmlNode> nodes = names.In(
      group, {"table", "measure", "register", "attendance", "themes", "dimension", "area"});
  for (XmlNode node : nodes) {
    if (node.name() == "table") data->tables.push_back(reader.Read(node));
  }
  names.Of(group, "area", "id");
  ReadDimensions(nodes, names.Of(group, "dimension", "id"), names, data);
  ReadMeasures(nodes, names.Of(group, "measure", "id"), names, data);
}

}  // namespace policies
