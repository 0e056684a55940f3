// Reads what a template says about endings: retentions, classes and loans.
#include <algorithm>

#include "policies/template_data.h"

namespace policies {
namespace {

using vault::LoanKind;
using vault::XmlNode;

// One way a clock starts; it stands in the attributes of <retention> or in a <start> of it.
RetentionStart ReadStart(Element& element, const TemplateNames& names) {
  RetentionStart start;
  start.action = element.Choice<RetentionAction>("action", {{"destroy", RetentionAction::kDestroy},
                                                            {"review", RetentionAction::kReview},
                                                            {"keep", RetentionAction::kKeep}});
  start.review =
      element.Choice<Review>("review", {{"yes", Review::kRequired}, {"no", Review::kNone}});
  if (start.action == RetentionAction::kKeep) {
    for (std::string_view name : {"trigger", "period", "until-birthday", "unless"}) {
      if (element.Has(name)) element.FaultAt(name, "has no meaning when the action is keep");
      element.TextOr(name, "");
    }
    return start;
  }
  start.trigger = names.Required(element, "trigger", names.EventsOr({kFiled}));
  start.unless = names.References(element, "unless", names.events);
  start.uninvolved = element.Choice<bool>("if", {{"any", false}, {"uninvolved", true}});
  if (element.Has("until-birthday")) {
    start.birthday = element.Number("until-birthday", 1, 150);
    if (element.Has("period")) element.FaultAt("period", "does not go with until-birthday");
    if (element.Has("or-birthday")) {
      start.other_birthday = element.Number("or-birthday", start.birthday, 150);
      start.other_age = element.Number("if-age", 0, 150);
    }
  } else if (element.TextOr("period", "") != "at-once") {
    start.period = names.PeriodOf(element, "period");
    if (start.period->count < 0) element.FaultAt("period", "must not be negative");
    if (start.period->unit == Unit::kHours) element.FaultAt("period", "must count days");
  }
  if (start.action == RetentionAction::kReview && start.review == Review::kNone) {
    element.FaultAt("review", "cannot be no when the action is review");
  }
  return start;
}

void ReadRetention(XmlNode node, const TemplateNames& names, TemplateData* data) {
  Element element(node, names.faults);
  RetentionRule rule;
  rule.id = element.Code("id");
  element.Text("applies-to");
  rule.holds = element.Choice<HoldEffect>(
      "holds", {{"block", HoldEffect::kBlocks}, {"ignored", HoldEffect::kIgnored}});
  rule.basis = names.BasisOf(element);
  rule.authority = element.Text("authority");
  element.TextOr("note", "");
  names.Locked(element);
  const auto starts = element.Children({"start"});
  for (XmlNode child : starts) {
    Element start(child, names.faults);
    rule.starts.push_back(ReadStart(start, names));
    names.Close(start);
  }
  if (starts.empty()) rule.starts.push_back(ReadStart(element, names));
  element.Finish();
  data->retention.rules.emplace(rule.id, std::move(rule));
}

void ReadClass(XmlNode node, const TemplateNames& names, TemplateData* data) {
  Element element(node, names.faults);
  vault::ClassRule rule;
  rule.code = element.Code("code");
  rule.name = element.Text("name");
  rule.sensitivity =
      element.Choice<int>("level", {{"S4", 4}, {"S3", 3}, {"S2", 2}, {"S1", 1}, {"S0", 0}});
  if (!element.Has("level")) element.FaultAt("level", "is missing");
  rule.retention = names.Required(element, "retention", names.retentions);
  rule.per_subject = element.Yes("per-subject");
  rule.one_per_agency_and_subject = element.Yes("one-per-agency-and-subject");
  if (rule.one_per_agency_and_subject && !rule.per_subject) {
    element.FaultAt("one-per-agency-and-subject", "needs per-subject=\"yes\"");
  }
  rule.named_readers = element.Yes("named-readers");
  if (element.TextOr("level", "") == "S4" && !rule.named_readers) {
    element.FaultAt("level", "S4 needs named-readers=\"yes\"");
  }
  rule.named_roles = names.References(element, "named-roles", names.roles);
  if (!rule.named_roles.empty() && !rule.named_readers) {
    element.FaultAt("named-roles", "needs named-readers=\"yes\"");
  }
  rule.parsed = element.Yes("parsed");
  rule.filed_by = names.References(element, "filed-by", names.roles);
  for (const std::string& word : names.References(element, "lent-by", names.loans)) {
    if (auto kind = vault::LoanKindFromName(word)) rule.lent_by.push_back(*kind);
  }
  if (rule.named_readers && !rule.lent_by.empty()) {
    element.FaultAt("lent-by", "what is for named readers is lent to nobody");
  }
  rule.expected_per =
      element.Choice<std::string>("expected-per", {{"none", ""},
                                                   {"agency", "agency"},
                                                   {"agency-and-subject", "agency-and-subject"},
                                                   {"matter", "matter"}});
  rule.expected_by = names.Reference(element, "expected-by", names.dues);
  if (!rule.expected_by.empty() && rule.expected_per.empty()) {
    element.FaultAt("expected-by", "needs expected-per");
  }
  names.Close(element);
  data->retention.rule_of_class.emplace(rule.code, rule.retention);
  data->classes.push_back(std::move(rule));
}

void ReadLoan(Element& element, const TemplateNames& names, TemplateData* data) {
  static const Codes kParties = {"agency", "chair", "group", "control", "inspection"};
  vault::LendingRule rule;
  rule.kind = element.Choice<LoanKind>("kind", {{"brief", LoanKind::kBrief},
                                                {"pack", LoanKind::kPack},
                                                {"report", LoanKind::kReport},
                                                {"control", LoanKind::kControl},
                                                {"inspection", LoanKind::kInspection}});
  if (!element.Has("kind")) element.FaultAt("kind", "is missing");
  rule.to = names.References(element, "to", kParties);
  if (rule.to.empty()) {
    const bool task = rule.kind == LoanKind::kControl || rule.kind == LoanKind::kInspection;
    rule.to = {task ? std::string(vault::LoanKindName(rule.kind)) : std::string("agency")};
  }
  rule.opens_on = names.References(element, "opens-on", names.events);
  rule.ends_on = names.References(element, "ends-on", names.events);
  rule.retention = names.Required(element, "retention", names.retentions);
  names.Locked(element);
  names.Close(element);
  for (TemplateEvent& event : data->events) {
    auto named = [&event](const std::vector<std::string>& list) {
      return std::find(list.begin(), list.end(), event.rule.name) != list.end();
    };
    if (named(rule.opens_on)) event.rule.opens_loans.push_back(rule.kind);
    if (named(rule.ends_on)) event.rule.ends_loans.push_back(rule.kind);
  }
  data->retention.loans.push_back(std::move(rule));
}

}  // namespace

void ReadEndings(XmlNode retentions, XmlNode classes, const TemplateNames& names,
                 TemplateData* data) {
  for (XmlNode node : names.In(retentions, {"retention"})) ReadRetention(node, names, data);
  for (XmlNode node : names.In(classes, {"class"})) ReadClass(node, names, data);
}

void ReadLoans(XmlNode group, const TemplateNames& names, TemplateData* data) {
  for (XmlNode node : names.In(group, {"loan", "shares"})) {
    Element element(node, names.faults);
    if (node.name() == "loan") {
      ReadLoan(element, names, data);
      continue;
    }
    std::string id = names.Required(element, "retention", names.retentions);
    if (!data->retention.rule_of_shares.empty()) {
      names.faults->Add(node.position(), "<shares> is given twice");
    }
    data->retention.rule_of_shares = id.empty() ? "?" : id;
    names.Close(element);
  }
  if (group && data->retention.rule_of_shares.empty()) {
    names.faults->Add(group.position(), "<loans> needs <shares>");
  }
}

}  // namespace policies
