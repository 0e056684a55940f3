#include <algorithm>

#include "policies/element.h"
#include "policies/template_data.h"

namespace policies {
namespace {

using vault::XmlNode;

const std::vector<std::string_view> kGroups = {
    "limits",     "phases",  "roles",   "events", "dues",     "classes", "loans",
    "retentions", "reading", "records", "checks", "meetings", "forms",   "statistics"};
// A process can do without these.
const Codes kOptional = {"limits", "records", "checks", "meetings", "forms", "statistics"};

constexpr std::size_t kMostHoldText = 1000;  // bytes, as the vault takes them

// Reads in two passes: names first, then everything else, so a text may use a name before it is
// defined and a dangling one is still found where it is used.
class TemplateReader {
 public:
  TemplateReader(FaultList* faults, const CalendarBook& calendars)
      : faults_(faults), calendars_(calendars) {
    names_.faults = faults;
  }

  TemplateData Read(XmlNode root) {
    Element process(root, faults_);
    Header(process);
    std::map<std::string_view, XmlNode> found;
    for (XmlNode child : process.Children(kGroups)) {
      if (!found.emplace(child.name(), child).second) {
        faults_->Add(child.position(), "<" + std::string(child.name()) + "> is given twice");
      }
      Element(child, faults_).Finish();
    }
    for (std::string_view group : kGroups) {
      if (found.contains(group) || kOptional.contains(group)) continue;
      faults_->Add(root.position(), "<process> needs <" + std::string(group) + ">");
    }
    names_.phases = names_.Of(found["phases"], "phase", "id");
    names_.roles = names_.Of(found["roles"], "role", "code");
    names_.events = names_.Of(found["events"], "event", "name");
    names_.dues = names_.Of(found["dues"], "due", "id");
    names_.classes = names_.Of(found["classes"], "class", "code");
    names_.retentions = names_.Of(found["retentions"], "retention", "id");
    names_.loans = names_.Of(found["loans"], "loan", "kind");
    names_.limits = names_.Of(found["limits"], "limit", "id");
    names_.records = names_.Of(found["records"], "record", "kind");
    names_.checks = names_.Of(found["checks"], "check", "id");
    names_.scales = names_.Of(found["forms"], "scale", "id");

    for (XmlNode node : names_.In(found["limits"], {"limit"})) Limit(node);
    for (XmlNode node : names_.In(found["phases"], {"phase"})) Phase(node);
    for (XmlNode node : names_.In(found["roles"], {"role"})) Role(node);
    for (XmlNode node : names_.In(found["dues"], {"due"})) Due(node);
    for (XmlNode node : names_.In(found["events"], {"event"})) Event(node);
    ReadEndings(found["retentions"], found["classes"], names_, &data_);
    ReadLoans(found["loans"], names_, &data_);
    ReadRecords(found["records"], found["checks"], names_, &data_);
    ReadMeetings(found["meetings"], names_, &data_);
    ReadForms(found["forms"], names_, &data_);
    ReadTables(found["statistics"], names_, &data_);
    if (found["phases"] && data_.phases.empty()) {
      faults_->Add(found["phases"].position(), "<phases> needs a <phase>");
    }
    data_.reading = NeedToKnow(ReadReading(found["reading"], names_), NamedClasses(), scope_);
    return std::move(data_);
  }

 private:
  void Header(Element& process) {
    data_.id = process.Code("id");
    data_.version = static_cast<std::uint32_t>(process.Number("version", 1, 1'000'000));
    data_.name = process.Text("name");
    data_.noun = process.Text("noun");
    data_.ref_prefix = process.Code("ref-prefix");
    data_.source = process.TextOr("source", "");
    data_.source_review = names_.DateOr(process, "source-review");
    data_.valid_from = names_.DateOr(process, "valid-from");
    data_.valid_to = names_.DateOr(process, "valid-to");
    if (data_.valid_from && data_.valid_to && *data_.valid_to < *data_.valid_from) {
      process.FaultAt("valid-to", "lies before valid-from");
    }
    scope_ = process.Choice<PackScope>("pack-scope",
                                       {{"inv", PackScope::kInvolved}, {"all", PackScope::kAll}});
    data_.retention.calendar = CalendarOf(process);
    if (!process.Has("calendar")) process.FaultAt("calendar", "is missing");
    process.Finish();
  }

  std::shared_ptr<const Calendar> CalendarOf(Element& element) {
    if (!element.Has("calendar")) return nullptr;
    std::string id = element.Code("calendar");
    auto calendar = calendars_.Find(id);
    if (calendar == nullptr) element.FaultAt("calendar", "names no known calendar");
    return calendar;
  }

  std::vector<std::string> NamedClasses() const {
    std::vector<std::string> named;
    for (const vault::ClassRule& rule : data_.classes) {
      if (rule.named_readers) named.push_back(rule.code);
    }
    return named;
  }

  void Limit(XmlNode node) {
    Element element(node, faults_);
    std::string id = element.Code("id");
    LimitRule limit;
    limit.value = element.Number("value", 1, 100'000);
    limit.severity = names_.SeverityOf(element);
    if (limit.severity == vault::Severity::kException || limit.severity == vault::Severity::kHold) {
      element.FaultAt("severity", "must be warn or refuse: nobody excuses a count");
    }
    limit.basis = names_.BasisOf(element);
    names_.Locked(element);
    names_.Close(element);
    data_.limits[id] = std::move(limit);
  }

  void Phase(XmlNode node) {
    Element element(node, faults_);
    TemplatePhase phase;
    phase.id = element.Code("id");
    phase.name = element.Text("name");
    names_.Close(element);
    data_.phases.push_back(std::move(phase));
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
    names_.Close(element);
    data_.roles.push_back(std::move(role));
  }

  void Event(XmlNode node) {
    Element element(node, faults_);
    TemplateEvent event;
    event.rule.name = element.Code("name");
    event.rule.what = element.Text("what");
    event.rule.repeatable = element.Yes("repeatable");
    event.rule.recorded_by = names_.References(element, "recorded-by", names_.roles);
    if (event.rule.recorded_by.empty()) event.rule.recorded_by = {"BUO"};
    if (event.rule.name == kMeeting) {
      element.FaultAt("name", "is the word for the planned meeting");
    }
    if (event.rule.name == kFiled) {
      element.FaultAt("name", "is the word for a document's coming in");
    }
    event.rule.opens_phase = names_.Reference(element, "opens-phase", names_.phases);
    event.not_after = names_.References(element, "not-after", names_.events);
    if (std::find(event.not_after.begin(), event.not_after.end(), event.rule.name) !=
        event.not_after.end()) {
      element.FaultAt("not-after", "names the event itself");
    }
    event.automatic_due = names_.Reference(element, "automatic", names_.dues);
    event.rule.automatic = !event.automatic_due.empty();
    if (event.rule.automatic && event.rule.repeatable) {
      element.FaultAt("automatic", "does not go with repeatable");
    }
    for (const DueRule& due : data_.dues) {
      if (!event.rule.automatic || due.id != event.automatic_due) continue;
      if (due.from != std::vector<std::string>{std::string(kMeeting)}) {
        element.FaultAt("automatic", "must name a due day counted from MEETING");
      }
      if (due.offset.unit == Unit::kHours) element.FaultAt("automatic", "must name a day");
    }
    Places(element, &event);
    names_.Close(element);
    data_.events.push_back(std::move(event));
  }

  // What it says is checked here to the last character: no request may go unrecorded later because
  // its hold cannot be placed.
  void Places(Element& element, TemplateEvent* event) {
    if (!element.Has("places-hold")) {
      for (std::string_view name : {"hold-authority", "hold-review"}) {
        if (element.Has(name)) element.FaultAt(name, "has no meaning without places-hold");
        element.TextOr(name, "");
      }
      return;
    }
    TemplateHold hold;
    hold.reason = element.Text("places-hold");
    hold.authority = element.Text("hold-authority");
    if (hold.reason.size() > kMostHoldText) {
      element.FaultAt("places-hold", "has at most 1000 characters");
    }
    if (hold.authority.size() > kMostHoldText) {
      element.FaultAt("hold-authority", "has at most 1000 characters");
    }
    const auto review = ParsePeriod(element.TextOr("hold-review", ""));
    if (!element.Has("hold-review")) {
      element.FaultAt("hold-review", "is missing");
    } else if (!review.ok() || !IsReviewPeriod(review.value())) {
      element.FaultAt("hold-review", "must be D, W, M or Y ahead, and at most three years");
    } else {
      hold.review = review.value();
    }
    if (event->rule.automatic) {
      element.FaultAt("places-hold", "does not go with automatic: a request comes from somebody");
    }
    event->hold = std::move(hold);
  }

  // A hold that is looked at in ten years is one that nobody looks at.
  static bool IsReviewPeriod(const Period& period) {
    constexpr int kMostDays = 3 * 366;
    if (period.count <= 0) return false;
    switch (period.unit) {
      case Unit::kDays:
        return period.count <= kMostDays;
      case Unit::kWeeks:
        return period.count <= kMostDays / 7;
      case Unit::kMonths:
        return period.count <= 36;
      case Unit::kYears:
        return period.count <= 3;
      case Unit::kWorkingDays:
      case Unit::kHours:
        return false;
    }
    return false;
  }

  // A count that stands still goes on by as many days: hours and working days are not stopped so.
  void Pauses(Element& element, DueRule* due) {
    due->paused_by = names_.Reference(element, "paused-by", names_.events);
    due->resumed_by = names_.Reference(element, "resumed-by", names_.events);
    if (element.Has("paused-by") != element.Has("resumed-by")) {
      element.FaultAt("paused-by", "needs resumed-by, and the other way round");
    }
    if (!element.Has("paused-by")) return;
    if (due->offset.unit == Unit::kHours || due->offset.unit == Unit::kWorkingDays) {
      element.FaultAt("paused-by", "has no meaning for hours and working days");
    }
    if (due->paused_by == due->resumed_by) element.FaultAt("resumed-by", "is the same event");
  }

  void Due(XmlNode node) {
    Element element(node, faults_);
    DueRule due;
    due.id = element.Code("id");
    due.what = element.Text("what");
    if (!element.Has("from")) element.FaultAt("from", "is missing");
    due.from = names_.References(element, "from", names_.EventsOr({kMeeting}));
    due.offset = names_.PeriodOf(element, "offset");
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
    if (due.offset.unit == Unit::kHours) {
      for (std::string_view name : {"roll", "count", "anchor"}) {
        if (element.Has(name)) element.FaultAt(name, "has no meaning for hours");
      }
    }
    due.bound = element.Choice<Bound>(
        "bound",
        {{"latest", Bound::kLatest}, {"earliest", Bound::kEarliest}, {"none", Bound::kNone}});
    due.calendar = CalendarOf(element);
    due.unless = names_.References(element, "unless", names_.events);
    Pauses(element, &due);
    if (element.Has("warn")) due.warn = names_.PeriodOf(element, "warn");
    if (due.warn && (due.warn->unit == Unit::kHours || due.warn->count > 0)) {
      element.FaultAt("warn", "must count days back");
    }
    due.owed_by = names_.References(element, "owed-by", names_.roles);
    due.escalates_to = names_.References(element, "escalate-to", names_.roles);
    due.basis = names_.BasisOf(element);
    due.event = names_.Reference(element, "fulfilled-by", names_.events);
    names_.Locked(element);
    names_.Close(element);
    data_.dues.push_back(std::move(due));
  }

  FaultList* faults_;
  const CalendarBook& calendars_;
  TemplateNames names_;
  TemplateData data_;
  PackScope scope_ = PackScope::kInvolved;
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
