// matter missing, rank, agenda; calendar, table check: what the rules make of what is kept.
#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"
#include "policies/recurring.h"
#include "vault/awaited.h"

namespace service {

using vault::Result;

namespace {

Result<const policies::ProcessTemplate*> TemplateOf(const Context& context,
                                                    const vault::MatterRow& matter) {
  for (const policies::ProcessTemplate* candidate : context.templates.Templates()) {
    if (candidate->template_id() == matter.template_id &&
        candidate->template_version() == matter.template_version) {
      return candidate;
    }
  }
  return vault::Unavailable("the matter's template is not among the rules");
}

// Scene is a matter that the unit looks at beside its template, under the register's lock.
struct Scene {
  Visit visit;
  std::unique_lock<vault::RegisterMutex> lock;  // let go before the visit
  vault::MatterRow matter;
  const policies::ProcessTemplate* process;
};

Result<Scene> EnterMatter(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  auto lock = visit.vault().Locked();
  TRY(vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const policies::ProcessTemplate* process, TemplateOf(door.context(), matter));
  return Scene{std::move(visit), std::move(lock), std::move(matter), process};
}

// MissingJson tells what a matter's template awaits and nobody has filed.
Result<Json> MissingJson(const Visit& visit, const vault::MatterRow& matter) {
  vault::Vault& vault = visit.vault();
  TRY(const vault::MatterFacts facts, vault.matter_rows().Facts(matter));
  std::map<std::string, std::optional<vault::Day>> due;
  for (const vault::DueItem& item : matter.rules->Due(facts)) due[item.id] = item.due;
  std::vector<vault::InvolvedAgency> involved;
  TRY(const std::vector<vault::InvolvementRow> involvements,
      vault.matter_rows().Involvements(matter.id));
  for (const vault::InvolvementRow& row : involvements) {
    TRY(const vault::CompartmentRow party, vault.compartments().Load(row.party));
    involved.push_back({party.party, PartyName(party), row.subject});
  }
  TRY(const std::vector<vault::DocumentRow> live, vault.documents().LiveFilesOf(matter));
  const vault::AwaitedFiles awaited = vault::FindAwaited(*matter.rules, involved, live);
  TRY(const std::vector<vault::SubjectRow> subjects, vault.matter_rows().Subjects(matter.id));
  std::map<vault::SubjectId, std::string> pseudonyms;
  for (const vault::SubjectRow& subject : subjects) pseudonyms[subject.id] = subject.pseudonym;
  const vault::Day today = vault::LondonDay(vault.Now().low);
  Json list = Json::Array();
  for (const vault::AwaitedFile& item : awaited.missing) {
    const auto day = due.find(item.due_item);
    const auto by = day == due.end() ? std::nullopt : day->second;
    list.Add(
        Json::Object({{"class", item.class_code},
                      {"agency", TextOrNull(item.agency)},
                      {"subject", item.subject ? TextOrNull(pseudonyms[*item.subject]) : Json()},
                      {"due", DayJson(by)},
                      {"state", by && *by < today ? "late" : "awaited"}}));
  }
  return Json::Object(
      {{"expected", awaited.expected}, {"filed", awaited.filed}, {"missing", list}});
}

Result<Response> ListMissing(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const Json json, MissingJson(visit, matter));
  return JsonAnswer(json);
}

Result<Response> ShowRanking(Door& door) {
  TRY(const Scene scene, EnterMatter(door));
  const std::string_view id = door.request().Capture("K");
  for (const policies::RankingRule& rule : scene.process->Data().rankings) {
    if (rule.id != id) continue;
    TRY(const std::vector<vault::RecordFacts> records,
        scene.visit.vault().records().Opened(scene.visit.actor, scene.matter, rule.of,
                                             rule.tie_break));
    TRY(const policies::Ranking ranking, scene.process->Rank(id, records));
    Json list = Json::Array();
    for (const policies::Ranked& row : ranking.list) {
      list.Add(Json::Object({{"subject", row.subject},
                             {"count", row.count},
                             {"latest", TextOrNull(row.latest)},
                             {"chosen", row.chosen}}));
    }
    return JsonAnswer(Json::Object({{"id", rule.id},
                                    {"take", rule.take},
                                    {"tie_break", TextOrNull(rule.tie_break)},
                                    {"basis", rule.basis},
                                    {"list", list},
                                    {"tied", Json::Texts(ranking.tied)},
                                    {"settled", ranking.settled}}));
  }
  return vault::NotFound("the template knows no such ranking");
}

Result<Response> ShowAgenda(Door& door) {
  TRY(const Scene scene, EnterMatter(door));
  vault::Vault& vault = scene.visit.vault();
  const vault::MatterRow& matter = scene.matter;
  const policies::ProcessTemplate* process = scene.process;
  if (!process->Data().plan) return vault::Conflict("the template has no agenda");
  if (!matter.meeting) return vault::Conflict("no meeting is set");
  TRY(const std::vector<vault::InvolvementRow> involvements,
      vault.matter_rows().Involvements(matter.id));
  TRY(const std::vector<vault::SubjectRow> subjects, vault.matter_rows().Subjects(matter.id));
  std::vector<std::string> discussed;
  for (const vault::SubjectRow& subject : subjects) {
    const bool involved =
        std::any_of(involvements.begin(), involvements.end(),
                    [&](const vault::InvolvementRow& row) { return row.subject == subject.id; });
    if (involved) discussed.push_back(subject.pseudonym);
  }
  Json list = Json::Array();
  for (const policies::AgendaItem& item :
       policies::Agenda(*process->Data().plan, *matter.meeting, discussed)) {
    list.Add(Json::Object(
        {{"from", TimeJson(item.from)}, {"to", TimeJson(item.to)}, {"what", item.what}}));
  }
  return JsonAnswer(list);
}

// Looked at beyond this, a calendar is a guess.
constexpr std::int32_t kMostDays = 366;
constexpr std::int32_t kUsualDays = 91;

Result<vault::Day> QueryDayOr(const Request& request, std::string_view name, vault::Day usual) {
  const auto text = request.Query(name);
  if (!text) return usual;
  auto day = vault::Day::Parse(*text);
  if (!day.ok()) return vault::Invalid(std::string(name) + ": " + day.error().detail);
  return day;
}

// The meetings that a process holds again and again: nothing of a matter is in them.
Result<Response> ListMeetings(Door& door) {
  const Request& request = door.request();
  TRY_VOID(request.OnlyQuery({"from", "until"}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY(const vault::Day from,
      QueryDayOr(request, "from", vault::LondonDay(visit.vault().Now().low)));
  TRY(const vault::Day until, QueryDayOr(request, "until", from.Plus(kUsualDays)));
  if (until < from || until > from.Plus(kMostDays)) {
    return vault::Invalid("until: at most a year after from");
  }
  const policies::ProcessTemplate* process = nullptr;
  for (const policies::ProcessTemplate* candidate : door.context().templates.Templates()) {
    if (candidate->template_id() == request.Capture("P")) process = candidate;  // the newest
  }
  if (process == nullptr) return vault::NotFound("no such process");
  const policies::TemplateData& data = process->Data();
  Json list = Json::Array();
  for (const policies::Recurrence& rule : data.recurrences) {
    for (const policies::RecurringMeeting& meeting :
         policies::RecurringMeetings(rule, *data.retention.calendar, from, until)) {
      list.Add(Json::Object({{"id", rule.id},
                             {"what", rule.what},
                             {"per", TextOrNull(rule.per)},
                             {"from", DayJson(meeting.from)},
                             {"until", DayJson(meeting.until)},
                             {"moved", meeting.moved}}));
    }
  }
  return JsonAnswer(list);
}

Json SafeJson(const policies::AreaTableRule& rule, const policies::SafeTable& safe) {
  Json rows = Json::Array();
  for (std::size_t i = 0; i < safe.areas.size(); ++i) {
    Json row = Json::Object({{"area", safe.areas[i]}});
    for (std::size_t j = 0; j < rule.columns.size(); ++j) {
      row.Set(rule.columns[j].id, Json(safe.cells[i][j]));
    }
    rows.Add(std::move(row));
  }
  return rows;
}

// A table that comes from elsewhere is checked as it stands; nothing of it is kept.
Result<Response> CheckTable(Door& door) {
  TRY(const Json body, door.Body({"template", "table", "text"}));
  TRY(const std::string process, body.Text("template"));
  TRY(const std::string name, body.Text("table"));
  TRY(const std::string text, body.Text("text"));
  TRY([[maybe_unused]] const Visit visit, door.Enter(Anchoring::kNeeded));
  const policies::AreaTableRule* rule = nullptr;
  for (const policies::ProcessTemplate* candidate : door.context().templates.Templates()) {
    if (candidate->template_id() != process) continue;
    for (const policies::AreaTableRule& table : candidate->Data().tables) {
      if (table.id == name) rule = &table;  // of several versions the newest
    }
  }
  if (rule == nullptr) return vault::NotFound("no such table");
  TRY(const policies::AreaTable table, policies::ImportTable(*rule, text));
  Json findings = Json::Array();
  for (const policies::AreaFinding& finding : policies::CheckTable(*rule, table)) {
    findings.Add(Json::Object({{"fault", policies::AreaFaultName(finding.fault)},
                               {"area", TextOrNull(finding.area)},
                               {"column", TextOrNull(finding.column)},
                               {"sentence", finding.sentence}}));
  }
  Json rates = Json::Array();
  const auto computed = policies::Rates(*rule, table);
  if (computed.ok()) {
    for (const policies::Rate& rate : computed.value()) {
      rates.Add(Json::Object({{"id", rate.id},
                              {"area", rate.area},
                              {"numerator", rate.numerator},
                              {"denominator", rate.denominator},
                              {"tenths_of_percent", Json(rate.tenths)}}));
    }
  }
  const auto safe = policies::Suppress(*rule, table);
  return JsonAnswer(Json::Object({{"template", process},
                                  {"table", name},
                                  {"findings", findings},
                                  {"rates", rates},
                                  {"safe", safe.ok() ? SafeJson(*rule, safe.value()) : Json()}}));
}

}  // namespace

void AddPlanRoutes(Router& router, Context& context) {
  router.Add({Verb::kGet, "/api/v1/matters/{M}/missing", NoBody(), Answered(context, ListMissing)});
  // It opens records, so a browser's prefetching must not.
  router.Add({Verb::kGetOnly, "/api/v1/matters/{M}/rankings/{K}", NoBody(),
              Answered(context, ShowRanking)});
  router.Add({Verb::kGet, "/api/v1/matters/{M}/agenda", NoBody(), Answered(context, ShowAgenda)});
  router.Add(
      {Verb::kGet, "/api/v1/processes/{P}/meetings", NoBody(), Answered(context, ListMeetings)});
  router.Add(
      {Verb::kPost, "/api/v1/tables", SmallBody(kMaxJsonSize), Answered(context, CheckTable)});
}

}  // namespace service
