#include <algorithm>
#include <set>

#include "policies/element.h"
#include "policies/template_data.h"

namespace policies {
namespace {

using vault::LoanKind;
using vault::ReadingCode;
using vault::XmlNode;

using Codes = std::set<std::string, std::less<>>;

// Reads in two passes: names first, then everything else, so a text may use a name before it is
// defined and a dangling one is still found where it is used.
class TemplateReader {
 public:
  TemplateReader(FaultList* faults, const CalendarBook& calendars)
      : faults_(faults), calendars_(calendars) {}

  TemplateData Read(XmlNode root) {
    Element process(root, faults_);
    Header(process);
    const std::vector<std::string_view> groups = {
        "limits", "phases", "roles", "events", "dues", "classes", "loans", "retentions", "reading"};
    std::map<std::string_view, XmlNode> found;
    for (XmlNode child : process.Children(groups)) {
      if (!found.emplace(child.name(), child).second) {
        faults_->Add(child.position(), "<" + std::string(child.name()) + "> is given twice");
      }
      Element(child, faults_).Finish();
    }
    for (std::string_view group : groups) {
      if (found.contains(group) || group == "limits") continue;
      faults_->Add(root.position(), "<process> needs <" + std::string(group) + ">");
    }
    phases_ = Names(found["phases"], "phase", "id");
    roles_ = Names(found["roles"], "role", "code");
    events_ = Names(found["events"], "event", "name");
    dues_ = Names(found["dues"], "due", "id");
    classes_ = Names(found["classes"], "class", "code");
    retentions_ = Names(found["retentions"], "retention", "id");
    loans_ = Names(found["loans"], "loan", "kind");
    Names(found["limits"], "limit", "id");

    for (XmlNode node : In(found["limits"], {"limit"})) Limit(node);
    for (XmlNode node : In(found["phases"], {"phase"})) Phase(node);
    for (XmlNode node : In(found["roles"], {"role"})) Role(node);
    for (XmlNode node : In(found["dues"], {"due"})) Due(node);
    for (XmlNode node : In(found["events"], {"event"})) Event(node);
    for (XmlNode node : In(found["retentions"], {"retention"})) Retention(node);
    for (XmlNode node : In(found["classes"], {"class"})) Class(node);
    for (XmlNode node : In(found["loans"], {"loan", "shares"})) Loan(node);
    for (XmlNode node : In(found["reading"], {"read"})) Reading(node);
    if (found["loans"] && data_.retention.rule_of_shares.empty()) {
      faults_->Add(found["loans"].position(), "<loans> needs <shares>");
    }
    if (found["phases"] && data_.phases.empty()) {
      faults_->Add(found["phases"].position(), "<phases> needs a <phase>");
    }
    data_.reading = NeedToKnow(std::move(rows_), scope_);
    return std::move(data_);
  }

 private:
  void Header(Element& process) {
    data_.id = process.Code("id");
    data_.version = static_cast<std::uint32_t>(process.Number("version", 1, 1'000'000));
    data_.name = process.Text("name");
    data_.noun = process.Text("noun");
    data_.ref_prefix = process.Code("ref-prefix");
    process.TextOr("source", "");
    data_.valid_from = DateOr(process, "valid-from");
    data_.valid_to = DateOr(process, "valid-to");
    if (data_.valid_from && data_.valid_to && *data_.valid_to < *data_.valid_from) {
      process.FaultAt("valid-to", "lies before valid-from");
    }
    scope_ = process.Choice<PackScope>("pack-scope",
                                       {{"inv", PackScope::kInvolved}, {"all", PackScope::kAll}});
    std::string calendar = process.Code("calendar");
    data_.retention.calendar = calendars_.Find(calendar);
    if (!calendar.empty() && data_.retention.calendar == nullptr) {
      process.FaultAt("calendar", "names no known calendar");
    }
    process.Finish();
  }

  static std::optional<vault::Day> DateOr(Element& element, std::string_view attribute) {
    if (!element.Has(attribute)) return std::nullopt;
    return element.Date(attribute);
  }

  // The names one group defines; a name given twice is a fault at its second place.
  Codes Names(XmlNode group, std::string_view element, std::string_view attribute) {
    Codes names;
    for (XmlNode node = group.first_element(element); node; node = node.next_element(element)) {
      auto name = node.attribute(attribute);
      if (!name || names.emplace(*name).second) continue;
      Element(node, faults_).FaultAt(attribute, "is given twice");
    }
    return names;
  }

  std::vector<XmlNode> In(XmlNode group, const std::vector<std::string_view>& names) {
    if (!group) return {};
    return Element(group, faults_).Children(names);
  }

  // Ends the reading of a leaf: nothing more may stand in it.
  void Close(Element& element) {
    element.TextOr("note", "");
    element.Children({});
    element.Finish();
  }

  // A word that must be one of the names; a missing optional attribute is no fault.
  std::string Reference(Element& element, std::string_view attribute, const Codes& names) {
    std::string word = element.TextOr(attribute, "");
    if (element.Has(attribute) && !names.contains(word)) {
      element.FaultAt(attribute, "names no known " + Quoted(word));
    }
    return word;
  }
  std::string Required(Element& element, std::string_view attribute, const Codes& names) {
    if (!element.Has(attribute)) element.FaultAt(attribute, "is missing");
    return Reference(element, attribute, names);
  }
  std::vector<std::string> References(Element& element, std::string_view attribute,
                                      const Codes& names) {
    std::vector<std::string> words = element.Words(attribute);
    Codes seen;
    for (const std::string& word : words) {
      if (!names.contains(word)) element.FaultAt(attribute, "names no known " + Quoted(word));
      if (!seen.insert(word).second) element.FaultAt(attribute, "names " + Quoted(word) + " twice");
    }
    return words;
  }
  static std::string Quoted(const std::string& word) { return "\"" + word + "\""; }

  // A list that says every one of a kind with "*" (empty below); it must be there.
  std::vector<std::string> AllOr(Element& element, std::string_view attribute, const Codes& names) {
    if (!element.Has(attribute)) {
      element.FaultAt(attribute, "is missing");
      return {};
    }
    if (element.TextOr(attribute, "") == "*") return {};
    return References(element, attribute, names);
  }

  void Limit(XmlNode node) {
    Element element(node, faults_);
    static const Codes kKnown = {"subjects", "longlist", "audits-per-group-and-year",
                                 "minutes-per-subject"};
    std::string id = Required(element, "id", kKnown);
    LimitRule limit;
    limit.value = element.Number("value", 1, 100'000);
    limit.severity = SeverityOf(element);
    limit.basis = element.Text("basis");
    data_.limits[id] = std::move(limit);
    Close(element);
  }

  void Phase(XmlNode node) {
    Element element(node, faults_);
    data_.phases.push_back(element.Code("id"));
    element.Text("name");
    Close(element);
  }

  void Role(XmlNode node) {
    Element element(node, faults_);
    vault::RoleRule role;
    role.code = element.Code("code");
    role.name = element.Text("name");
    role.party = element.Choice<std::string>("party", {{"agency", "agency"},
                                                       {"chair", "chair"},
                                                       {"group", "group"},
                                                       {"control", "control"},
                                                       {"inspection", "inspection"}});
    Close(element);
    data_.roles.push_back(std::move(role));
  }

  vault::Severity SeverityOf(Element& element) {
    return element.Choice<vault::Severity>("severity", {{"warn", vault::Severity::kWarn},
                                                        {"exception", vault::Severity::kException},
                                                        {"hold", vault::Severity::kHold},
                                                        {"refuse", vault::Severity::kRefuse}});
  }

  void Event(XmlNode node) {
    Element element(node, faults_);
    TemplateEvent event;
    event.rule.name = element.Code("name");
    event.rule.what = element.Text("what");
    event.rule.repeatable = element.Yes("repeatable");
    event.rule.recorded_by = References(element, "recorded-by", roles_);
    if (event.rule.recorded_by.empty()) event.rule.recorded_by = {"BUO"};
    if (event.rule.name == kMeeting) {
      element.FaultAt("name", "is the word for the planned meeting");
    }
    event.rule.opens_phase = Reference(element, "opens-phase", phases_);
    event.not_after = References(element, "not-after", events_);
    if (std::find(event.not_after.begin(), event.not_after.end(), event.rule.name) !=
        event.not_after.end()) {
      element.FaultAt("not-after", "names the event itself");
    }
    event.automatic_due = Reference(element, "automatic", dues_);
    event.rule.automatic = !event.automatic_due.empty();
    for (const DueRule& due : data_.dues) {
      if (event.rule.automatic && due.id == event.automatic_due && due.from != kMeeting) {
        element.FaultAt("automatic", "must name a due day counted from MEETING");
      }
    }
    Close(element);
    data_.events.push_back(std::move(event));
  }

  Period PeriodOf(Element& element, std::string_view attribute) {
    auto period = ParsePeriod(element.TextOr(attribute, ""));
    if (period.ok()) return period.value();
    element.FaultAt(attribute, "must be a number, a blank and WD, D, W, M or Y");
    return {};
  }

  void Due(XmlNode node) {
    Element element(node, faults_);
    DueRule due;
    due.id = element.Code("id");
    due.what = element.Text("what");
    Codes sources = events_;
    sources.emplace(kMeeting);
    due.from = Required(element, "from", sources);
    due.offset = PeriodOf(element, "offset");
    due.roll = element.Choice<Roll>(
        "roll", {{"none", Roll::kNone}, {"earlier", Roll::kEarlier}, {"later", Roll::kLater}});
    due.counting =
        element.Choice<Counting>("count", {{"exclude-event-day", Counting::kExcludeEventDay},
                                           {"clear-days", Counting::kClearDays},
                                           {"include-event-day", Counting::kIncludeEventDay}});
    if (due.counting != Counting::kExcludeEventDay && due.offset.count == 0) {
      element.FaultAt("count", "needs an offset other than 0");
    }
    due.anchor = element.Choice<Anchor>(
        "anchor", {{"event", Anchor::kEvent}, {"financial-year", Anchor::kFinancialYear}});
    due.bound = element.Choice<Bound>(
        "bound",
        {{"latest", Bound::kLatest}, {"earliest", Bound::kEarliest}, {"none", Bound::kNone}});
    due.basis = element.Text("basis");
    due.event = Reference(element, "fulfilled-by", events_);
    Close(element);
    data_.dues.push_back(std::move(due));
  }

  void Retention(XmlNode node) {
    Element element(node, faults_);
    RetentionRule rule;
    rule.id = element.Code("id");
    element.Text("applies-to");
    rule.action = element.Choice<RetentionAction>("action", {{"destroy", RetentionAction::kDestroy},
                                                             {"review", RetentionAction::kReview},
                                                             {"keep", RetentionAction::kKeep}});
    if (rule.action == RetentionAction::kKeep) {
      for (std::string_view name : {"trigger", "period"}) {
        if (element.Has(name)) element.FaultAt(name, "has no meaning when the action is keep");
        element.TextOr(name, "");
      }
    } else {
      rule.trigger = Required(element, "trigger", events_);
      if (element.TextOr("period", "") != "at-once") {
        rule.period = PeriodOf(element, "period");
        if (rule.period->count < 0) element.FaultAt("period", "must not be negative");
      }
    }
    rule.review =
        element.Choice<Review>("review", {{"yes", Review::kRequired}, {"no", Review::kNone}});
    if (rule.action == RetentionAction::kReview && rule.review == Review::kNone) {
      element.FaultAt("review", "cannot be no when the action is review");
    }
    rule.holds = element.Choice<HoldEffect>(
        "holds", {{"block", HoldEffect::kBlocks}, {"ignored", HoldEffect::kIgnored}});
    rule.basis = element.Text("basis");
    rule.authority = element.Text("authority");
    Close(element);
    data_.retention.rules.emplace(rule.id, rule);
  }

  void Class(XmlNode node) {
    Element element(node, faults_);
    vault::ClassRule rule;
    rule.code = element.Code("code");
    rule.name = element.Text("name");
    rule.sensitivity =
        element.Choice<int>("level", {{"S4", 4}, {"S3", 3}, {"S2", 2}, {"S1", 1}, {"S0", 0}});
    if (!element.Has("level")) element.FaultAt("level", "is missing");
    rule.retention = Required(element, "retention", retentions_);
    rule.per_subject = element.Yes("per-subject");
    rule.one_per_agency_and_subject = element.Yes("one-per-agency-and-subject");
    if (rule.one_per_agency_and_subject && !rule.per_subject) {
      element.FaultAt("one-per-agency-and-subject", "needs per-subject=\"yes\"");
    }
    rule.named_readers = element.Yes("named-readers");
    rule.parsed = element.Yes("parsed");
    rule.filed_by = References(element, "filed-by", roles_);
    for (const std::string& word : References(element, "lent-by", loans_)) {
      if (auto kind = vault::LoanKindFromName(word)) rule.lent_by.push_back(*kind);
    }
    Close(element);
    data_.retention.rule_of_class.emplace(rule.code, rule.retention);
    data_.classes.push_back(std::move(rule));
  }

  void Loan(XmlNode node) {
    Element element(node, faults_);
    if (node.name() == "shares") {
      std::string id = Required(element, "retention", retentions_);
      if (!data_.retention.rule_of_shares.empty()) {
        faults_->Add(node.position(), "<shares> is given twice");
      }
      data_.retention.rule_of_shares = id.empty() ? "?" : id;
      Close(element);
      return;
    }
    vault::LendingRule rule;
    rule.kind = element.Choice<LoanKind>("kind", {{"brief", LoanKind::kBrief},
                                                  {"pack", LoanKind::kPack},
                                                  {"report", LoanKind::kReport},
                                                  {"control", LoanKind::kControl},
                                                  {"inspection", LoanKind::kInspection}});
    if (!element.Has("kind")) element.FaultAt("kind", "is missing");
    static const Codes kParties = {"agency", "chair", "group", "control", "inspection"};
    rule.to = References(element, "to", kParties);
    if (rule.to.empty()) rule.to = {"agency"};
    rule.opens_on = References(element, "opens-on", events_);
    rule.ends_on = References(element, "ends-on", events_);
    rule.retention = Required(element, "retention", retentions_);
    Close(element);
    for (TemplateEvent& event : data_.events) {
      auto named = [&event](const std::vector<std::string>& list) {
        return std::find(list.begin(), list.end(), event.rule.name) != list.end();
      };
      if (named(rule.opens_on)) event.rule.opens_loans.push_back(rule.kind);
      if (named(rule.ends_on)) event.rule.ends_loans.push_back(rule.kind);
    }
    data_.retention.loans.push_back(std::move(rule));
  }

  void Reading(XmlNode node) {
    Element element(node, faults_);
    ReadingRow row;
    row.role = Required(element, "role", roles_);
    row.classes = AllOr(element, "class", classes_);
    row.phases = AllOr(element, "phase", phases_);
    row.code = element.Choice<ReadingCode>("code", {{"meta", ReadingCode::kMeta},
                                                    {"agg", ReadingCode::kAgg},
                                                    {"own", ReadingCode::kOwn},
                                                    {"inv", ReadingCode::kInv},
                                                    {"all", ReadingCode::kAll},
                                                    {"adm", ReadingCode::kAdm},
                                                    {"ctl", ReadingCode::kCtl}});
    if (!element.Has("code")) element.FaultAt("code", "is missing");
    row.until = Reference(element, "until", events_);
    for (const std::string& word :
         References(element, "if", {"attending", "participating", "control-task"})) {
      row.attending |= word == "attending";
      row.participating |= word == "participating";
      row.control_task |= word == "control-task";
    }
    Close(element);
    NoCellTwice(element, row);
    rows_.push_back(std::move(row));
  }

  // The same code for the same cell under the same conditions is a slip of the pen.
  void NoCellTwice(Element& element, const ReadingRow& row) {
    const Codes every_class = row.classes.empty() ? classes_ : Codes();
    const Codes every_phase = row.phases.empty() ? phases_ : Codes();
    std::vector<std::string> classes(row.classes);
    classes.insert(classes.end(), every_class.begin(), every_class.end());
    std::vector<std::string> phases(row.phases);
    phases.insert(phases.end(), every_phase.begin(), every_phase.end());
    const std::string rest = " " + std::string(vault::ReadingCodeName(row.code)) + " " + row.until +
                             (row.attending ? " a" : "") + (row.participating ? " p" : "") +
                             (row.control_task ? " c" : "");
    for (const std::string& class_code : classes) {
      for (const std::string& phase : phases) {
        std::string cell = row.role + " " + class_code + " " + phase;
        if (cells_.insert(cell + rest).second) continue;
        element.FaultAt("code", "is given already for " + cell);
        return;
      }
    }
  }

  FaultList* faults_;
  const CalendarBook& calendars_;
  TemplateData data_;
  PackScope scope_ = PackScope::kInvolved;
  Codes phases_, roles_, events_, dues_, classes_, retentions_, loans_;
  std::vector<ReadingRow> rows_;
  Codes cells_;
};

}  // namespace

Checked<TemplateData> ReadTemplate(std::string_view text, const CalendarBook& calendars) {
  auto parsed = ParseText(text);
  if (!parsed.ok()) return std::move(parsed).faults();
  FaultList faults;
  XmlNode root = parsed.value().root();
  if (root.name() != "process") {
    faults.Add(root.position(), "the root element must be <process>");
    return std::move(faults).Take();
  }
  TemplateData data = TemplateReader(&faults, calendars).Read(root);
  if (!faults.empty()) return std::move(faults).Take();
  return data;
}

}  // namespace policies
