// matter new, list, show, due: what a matter is and how far it has come.
#include <algorithm>
#include <map>
#include <set>

#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"

namespace service {

using vault::Result;

namespace {

// DaysOfWarning: from then on a day counts as due, not as later.
constexpr std::int32_t kDaysOfWarning = 7;

Result<Response> NewMatter(Door& door) {
  TRY(const Json body, door.Body({"template", "title", "meeting", "group", "groups"}));
  vault::NewMatter matter;
  TRY(matter.template_id, body.Text("template"));
  TRY(matter.title, body.Text("title"));
  TRY(matter.meeting, FindTime(body, "meeting"));
  TRY(const std::optional<std::string> group, body.FindText("group"));
  matter.group = group.value_or("");
  TRY(const std::optional<std::vector<std::string>> groups, body.FindTextList("groups"));
  if (groups && group) return vault::Invalid("give one group, or a list of groups");
  for (const std::string& one : groups.value_or(std::vector<std::string>())) {
    matter.group += (matter.group.empty() ? "" : "\n") + one;
  }
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  TRY(const vault::MatterRow row,
      Hidden(visit.vault().matters().New(visit.actor, matter), "no such template"));
  TRY(const std::vector<vault::Finding> findings, visit.vault().matters().YearFindings(row));
  std::vector<std::string> warnings;
  for (const vault::Finding& finding : findings) warnings.push_back(finding.sentence);
  return JsonAnswer(Json::Object({{"id", row.id.ToHex()},
                                  {"ref", row.ref},
                                  {"template", row.template_id},
                                  {"phase", row.rules->Phase(vault::MatterFacts())},
                                  {"warnings", Json::Texts(warnings)}}));
}

Result<Response> ListMatters(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  vault::Vault& vault = visit.vault();
  const auto lock = vault.Locked();
  TRY(const std::vector<vault::MatterRow> matters, vault.matter_rows().All());
  Json list = Json::Array();
  for (const vault::MatterRow& matter : matters) {
    if (!MayKnowMatter(visit, matter)) continue;
    TRY(const vault::MatterFacts facts, vault.matter_rows().Facts(matter));
    list.Add(Json::Object({{"id", matter.id.ToHex()},
                           {"ref", matter.ref},
                           {"template", matter.template_id},
                           {"noun", matter.rules->noun()},
                           {"phase", matter.rules->Phase(facts)},
                           {"meeting", TimeJson(matter.meeting)}}));
  }
  return JsonAnswer(list);
}

// PhasesJson tells done phases from skipped ones. A book of other rules knows the current one only.
Json PhasesJson(const Context& context, const vault::MatterRow& matter,
                const vault::MatterFacts& facts) {
  const std::string current = matter.rules->Phase(facts);
  const policies::ProcessTemplate* process = nullptr;
  for (const policies::ProcessTemplate* candidate : context.templates.Templates()) {
    if (candidate->template_id() == matter.template_id &&
        candidate->template_version() == matter.template_version) {
      process = candidate;
    }
  }
  Json phases = Json::Array();
  if (process == nullptr) {
    return phases.Add(Json::Object({{"phase", current}, {"state", "current"}}));
  }
  std::set<std::string> opened{process->Phases().front()};
  for (const vault::MatterEvent& event : facts.events) {
    const auto rule = matter.rules->Event(event.name);
    if (rule.ok() && !rule.value().opens_phase.empty()) opened.insert(rule.value().opens_phase);
  }
  bool before = true;
  for (const std::string& phase : process->Phases()) {
    std::string_view state = before ? "not recorded" : "to come";
    if (opened.contains(phase)) state = "done";
    if (phase == current) {
      state = "current";
      before = false;
    }
    phases.Add(Json::Object({{"phase", phase}, {"state", state}}));
  }
  return phases;
}

// MatterView gathers what one caller sees of a matter.
class MatterView {
 public:
  MatterView(const Visit& visit, const vault::MatterRow& matter)
      : visit_(visit), vault_(visit.vault()), matter_(matter) {}

  Result<Json> Show(const Context& context) {
    TRY_VOID(FindParties());
    TRY(const vault::MatterFacts facts, vault_.matter_rows().Facts(matter_));
    TRY(const std::optional<std::string> title, vault_.matters().Title(visit_.actor, matter_));
    TRY(const Json subjects, Subjects());
    TRY(const Json members, Members());
    TRY(const Json loans, Loans());
    TRY(const std::vector<vault::BoxDebt> debt, vault_.loans().Debt(matter_.id));
    Json events = Json::Array();
    for (const vault::MatterEvent& event : facts.events) {
      events.Add(Json::Object({{"event", event.name}, {"at", TimeJson(event.at)}}));
    }
    TRY(const Json notes, Notes());
    return Json::Object({{"id", matter_.id.ToHex()},
                         {"ref", matter_.ref},
                         {"template", matter_.template_id},
                         {"noun", matter_.rules->noun()},
                         {"phase", matter_.rules->Phase(facts)},
                         {"title", Json(title)},
                         {"group", TextOrNull(Groups())},
                         {"meeting", TimeJson(matter_.meeting)},
                         {"phases", PhasesJson(context, matter_, facts)},
                         {"subjects", subjects},
                         {"events", events},
                         {"notes", notes},
                         {"members", members},
                         {"loans", loans},
                         {"box_debt", std::uint64_t{debt.size()}}});
  }

 private:
  // SeesAll: the unit, and an IGO where the contract says so.
  bool SeesAll() const { return visit_.unit() || visit_.Is(Who::kIgo); }

  // A joint matter belongs to several groups.
  std::string Groups() const {
    std::string groups = matter_.group;
    std::replace(groups.begin(), groups.end(), '\n', ';');
    return groups;
  }

  // What was moved or put right, with the date before. Reasons are the unit's.
  Result<Json> Notes() {
    TRY(const std::vector<vault::NoteRow> notes, vault_.matter_rows().Notes(matter_));
    Json list = Json::Array();
    for (const vault::NoteRow& note : notes) {
      const bool meeting = note.name == vault::kMeetingSet || note.name == vault::kMeetingCancelled;
      const bool event = note.name.starts_with(vault::kWas);
      const bool taken = note.name.starts_with(vault::kTakenBack);
      if (!meeting && !event && !taken) continue;
      const std::size_t line = meeting ? note.text.find('\n') : std::string::npos;
      const std::string before = line == std::string::npos ? "" : note.text.substr(0, line);
      const std::string reason = line == std::string::npos ? note.text : note.text.substr(line + 1);
      const std::string_view what = meeting ? std::string_view("meeting")
                                            : std::string_view(note.name).substr(
                                                  (event ? vault::kWas : vault::kTakenBack).size());
      const std::string_view state = note.name == vault::kMeetingCancelled ? "cancelled"
                                     : meeting                             ? "set"
                                     : event                               ? "put right"
                                                                           : "taken back";
      list.Add(Json::Object({{"what", what},
                             {"state", state},
                             {"at", TimeJson(note.at)},
                             {"before", TextOrNull(before)},
                             {"reason", visit_.unit() ? TextOrNull(reason) : Json()}}));
    }
    return list;
  }

  vault::Status FindParties() {
    TRY(const std::optional<vault::MemberRow> member,
        vault_.compartments().Membership(visit_.actor.person(), matter_.id));
    if (member) own_ = member->party;
    return vault::Ok();
  }

  Result<std::string> Party(const vault::PartyId& id) {
    const auto known = parties_.find(id);
    if (known != parties_.end()) return known->second;
    TRY(const vault::CompartmentRow row, vault_.compartments().Load(id));
    return parties_[id] = PartyName(row);
  }

  Result<Json> Subjects() {
    TRY(const std::vector<vault::SubjectRow> subjects, vault_.matter_rows().Subjects(matter_.id));
    TRY(const std::vector<vault::InvolvementRow> rows,
        vault_.matter_rows().Involvements(matter_.id));
    Json list = Json::Array();
    for (const vault::SubjectRow& subject : subjects) {
      // From whom a subject is kept, that it is here is kept too.
      if (visit_.actor.Excluded(subject.id)) continue;
      pseudonyms_[subject.id] = subject.pseudonym;
      std::vector<std::string> agencies;
      for (const vault::InvolvementRow& row : rows) {
        if (row.subject != subject.id || !(SeesAll() || row.party == own_)) continue;
        TRY(std::string name, Party(row.party));
        agencies.push_back(std::move(name));
      }
      if (!SeesAll() && agencies.empty()) continue;
      std::sort(agencies.begin(), agencies.end());
      TRY(const std::optional<vault::SubjectDetails> details,
          vault_.matters().Details(visit_.actor, matter_, subject));
      list.Add(Json::Object({{"id", subject.id.ToHex()},
                             {"pseudonym", subject.pseudonym},
                             {"name", details ? TextOrNull(details->name) : Json()},
                             {"born", details ? TextOrNull(details->born) : Json()},
                             {"agencies", Json::Texts(agencies)}}));
    }
    return list;
  }

  Result<Json> Members() {
    TRY(const std::vector<vault::Matters::MemberView> members, vault_.matters().Members(matter_));
    std::string own;
    if (own_) {
      TRY(own, Party(*own_));
    }
    Json list = Json::Array();
    for (const vault::Matters::MemberView& member : members) {
      if (!visit_.unit() && member.party != own) continue;
      list.Add(Json::Object({{"email", member.email}, {"compartment", member.party}}));
    }
    return list;
  }

  Result<Json> Loans() {
    TRY(const std::vector<vault::LoanRow> loans, vault_.loans().All(matter_.id));
    Json list = Json::Array();
    for (const vault::LoanRow& loan : loans) {
      if (!SeesAll() && loan.party != own_) continue;
      if (loan.subject && visit_.actor.Excluded(*loan.subject)) continue;
      TRY(const std::string party, Party(loan.party));
      const bool running = loan.state == "closed" || loan.state == "open";
      Json subject;
      if (loan.subject && pseudonyms_.contains(*loan.subject)) subject = pseudonyms_[*loan.subject];
      list.Add(Json::Object({{"id", loan.id.ToHex()},
                             {"kind", vault::LoanKindName(loan.kind)},
                             {"subject", subject},
                             {"agency", party},
                             {"state", running ? std::string_view(loan.state) : "ended"},
                             {"ends", TimeJson(loan.ends)}}));
    }
    return list;
  }

  const Visit& visit_;
  vault::Vault& vault_;
  const vault::MatterRow& matter_;
  std::optional<vault::PartyId> own_;
  std::map<vault::PartyId, std::string> parties_;
  std::map<vault::SubjectId, std::string> pseudonyms_;
};

Result<Response> ShowMatter(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  vault::Vault& vault = visit.vault();
  const auto lock = vault.Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  if (!visit.unit()) {
    // An agency whose brief is over once had all this.
    const auto brief = vault.access().DecideDetails(visit.actor, matter, vault::EntryType::kMatter,
                                                    vault::AsObject(matter.id), matter.slot);
    if (!brief.ok() && brief.error().code == vault::Errc::kExpired) return brief.error();
  }
  TRY(const Json json, MatterView(visit, matter).Show(door.context()));
  return JsonAnswer(json);
}

std::string_view DueState(const vault::DueItem& item, vault::Day today) {
  // What happens again and again is done only until the next time it is due.
  if (item.fulfilled) return "done";
  if (!item.due) return "waiting";
  if (*item.due < today) return "late";
  return *item.due <= today.Plus(kDaysOfWarning) ? "due" : "later";
}

Result<Response> ListDue(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  vault::Vault& vault = visit.vault();
  const auto lock = vault.Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const vault::MatterFacts facts, vault.matter_rows().Facts(matter));
  std::vector<vault::DueItem> items = matter.rules->Due(facts);
  std::stable_sort(items.begin(), items.end(), [](const auto& a, const auto& b) {
    if (a.due.has_value() != b.due.has_value()) return a.due.has_value();
    return a.due.has_value() && *a.due < *b.due;
  });
  const vault::Day today = vault::LondonDay(vault.Now().low);
  Json list = Json::Array();
  for (const vault::DueItem& item : items) {
    list.Add(Json::Object({{"id", item.id},
                           {"what", item.what},
                           {"due", DayJson(item.due)},
                           {"basis", item.basis},
                           {"moment", TimeJson(item.moment)},
                           {"remind_from", DayJson(item.warn_from)},
                           {"owed_by", Json::Texts(item.owed_by)},
                           {"escalates_to", Json::Texts(item.escalates_to)},
                           {"fulfilled", TimeJson(item.fulfilled)},
                           {"state", DueState(item, today)}}));
  }
  return JsonAnswer(list);
}

}  // namespace

void AddMatterRoutes(Router& router, Context& context) {
  router.Add(
      {Verb::kPost, "/api/v1/matters", SmallBody(kMaxJsonSize), Answered(context, NewMatter)});
  router.Add({Verb::kGet, "/api/v1/matters", NoBody(), Answered(context, ListMatters)});
  router.Add({Verb::kGetOnly, "/api/v1/matters/{M}", NoBody(), Answered(context, ShowMatter)});
  router.Add({Verb::kGet, "/api/v1/matters/{M}/due", NoBody(), Answered(context, ListDue)});
}

}  // namespace service
