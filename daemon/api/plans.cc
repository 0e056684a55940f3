// matter missing, rank, agenda; table check: what the rules make of what a matter keeps.
#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"

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

// MissingList gathers what a matter's template awaits and nobody has filed.
class MissingList {
 public:
  MissingList(const Visit& visit, const vault::MatterRow& matter)
      : vault_(visit.vault()), matter_(matter) {}

  Result<Json> All() {
    TRY(const vault::MatterFacts facts, vault_.matter_rows().Facts(matter_));
    for (const vault::DueItem& item : matter_.rules->Due(facts)) due_[item.id] = item.due;
    TRY(const std::vector<vault::InvolvementRow> involvements,
        vault_.matter_rows().Involvements(matter_.id));
    TRY_VOID(FindFiled());
    for (const vault::ClassRule& rule : matter_.rules->Classes()) {
      if (rule.expected_per == "matter") Await(rule, "", std::nullopt);
      std::set<std::string> agencies;
      for (const vault::InvolvementRow& row : involvements) {
        TRY(const vault::CompartmentRow party, vault_.compartments().Load(row.party));
        const std::string agency = PartyName(party);
        if (rule.expected_per == "agency-and-subject") Await(rule, agency, row.subject);
        if (rule.expected_per == "agency") agencies.insert(agency);
      }
      for (const std::string& agency : agencies) Await(rule, agency, std::nullopt);
    }
    TRY(const std::vector<vault::SubjectRow> subjects, vault_.matter_rows().Subjects(matter_.id));
    std::map<vault::SubjectId, std::string> pseudonyms;
    for (const vault::SubjectRow& subject : subjects) pseudonyms[subject.id] = subject.pseudonym;
    const vault::Day today = vault::LondonDay(vault_.Now().low);
    Json list = Json::Array();
    for (const Awaited& item : missing_) {
      const bool late = item.due && *item.due < today;
      list.Add(
          Json::Object({{"class", item.class_code},
                        {"agency", TextOrNull(item.agency)},
                        {"subject", item.subject ? TextOrNull(pseudonyms[*item.subject]) : Json()},
                        {"due", DayJson(item.due)},
                        {"state", late ? "late" : "awaited"}}));
    }
    return Json::Object({{"expected", expected_}, {"filed", filed_}, {"missing", list}});
  }

 private:
  struct Key {
    std::string class_code;
    std::string agency;
    std::optional<vault::SubjectId> subject;
    auto operator<=>(const Key&) const = default;
  };
  struct Awaited : Key {
    std::optional<vault::Day> due;
  };

  vault::Status FindFiled() {
    TRY(const std::vector<vault::DocumentRow> documents, vault_.documents().LiveFilesOf(matter_));
    for (const vault::DocumentRow& row : documents) {
      there_.insert({row.class_code, row.owner.text(), row.subject});
      there_.insert({row.class_code, row.owner.text(), std::nullopt});
      there_.insert({row.class_code, "", std::nullopt});
    }
    return vault::Ok();
  }
  void Await(const vault::ClassRule& rule, const std::string& agency,
             const std::optional<vault::SubjectId>& subject) {
    ++expected_;
    const Key key{rule.code, agency, subject};
    if (there_.contains(key)) {
      ++filed_;
      return;
    }
    const auto due = due_.find(rule.expected_by);
    missing_.push_back({key, due == due_.end() ? std::nullopt : due->second});
  }

  vault::Vault& vault_;
  const vault::MatterRow& matter_;
  std::map<std::string, std::optional<vault::Day>> due_;
  std::set<Key> there_;
  std::vector<Awaited> missing_;
  std::uint64_t expected_ = 0;
  std::uint64_t filed_ = 0;
};

Result<Response> ListMissing(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const Json json, MissingList(visit, matter).All());
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
      {Verb::kPost, "/api/v1/tables", SmallBody(kMaxJsonSize), Answered(context, CheckTable)});
}

}  // namespace service
