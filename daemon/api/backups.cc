// backup and drill: begun here, done in the background.
#include "daemon/api/backup_desk.h"
#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"

namespace service {

using vault::Result;

namespace {

std::string_view PhaseWord(BackupDesk::Phase phase) {
  switch (phase) {
    case BackupDesk::Phase::kNone:
      return "none";
    case BackupDesk::Phase::kRunning:
      return "running";
    case BackupDesk::Phase::kDone:
      return "done";
    case BackupDesk::Phase::kFailed:
      return "failed";
  }
  return "none";
}

Json StateJson(const BackupDesk::State& state) {
  Json json = Json::Object({{"state", PhaseWord(state.phase)},
                            {"done_bytes", state.progress.done},
                            {"total_bytes", state.progress.total}});
  if (state.phase == BackupDesk::Phase::kDone) {
    const vault::BackupReport& report = state.report;
    json.Set("time", TimeJson(report.time));
    for (const vault::BackupFigure& figure : vault::kBackupFigures) {
      json.Set(figure.name, report.*figure.count);
    }
  }
  return json;
}

Result<Response> Begin(Door& door) {
  TRY(const Json body, door.Body({"folder"}));
  TRY(std::string folder, body.Text("folder"));
  TRY(Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  TRY(std::string who, visit.vault().PseudonymOf(visit.actor));
  BackupDesk& desk = door.context().backups;
  TRY_VOID(desk.Start(std::move(visit.pass), std::move(folder), std::move(who)));
  return JsonAnswer(StateJson(desk.Look(BackupDesk::Job::kBackup)));
}

Result<Response> Look(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  const BackupDesk::State state = door.context().backups.Look(BackupDesk::Job::kBackup);
  if (state.error) return *state.error;
  return JsonAnswer(StateJson(state));
}

Json DrillJson(const BackupDesk::State& state) {
  Json json = Json::Object({{"state", PhaseWord(state.phase)},
                            {"done_bytes", state.progress.done},
                            {"total_bytes", state.progress.total}});
  if (state.phase == BackupDesk::Phase::kDone) {
    const vault::DrillReport& report = state.drill;
    json.Set("passed", report.passed).Set("backup", TimeJson(report.backup));
    for (const vault::DrillFigure& figure : vault::kDrillFigures) {
      json.Set(figure.name, report.*figure.count);
    }
  }
  return json;
}

Result<Response> BeginDrill(Door& door) {
  TRY(const Json body, door.Body({"folder", "scratch"}));
  vault::DrillWish wish;
  TRY(wish.backup, body.Text("folder"));
  TRY(const std::optional<std::string> scratch, body.FindText("scratch"));
  wish.scratch = scratch.value_or("");
  TRY(Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  BackupDesk& desk = door.context().backups;
  TRY_VOID(desk.StartDrill(std::move(visit.pass), std::move(visit.actor), std::move(wish)));
  return JsonAnswer(DrillJson(desk.Look(BackupDesk::Job::kDrill)));
}

Result<Response> LookAtDrill(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  const BackupDesk::State state = door.context().backups.Look(BackupDesk::Job::kDrill);
  if (state.error) return *state.error;
  return JsonAnswer(DrillJson(state));
}

}  // namespace

void AddBackupRoutes(Router& router, Context& context) {
  router.Add({Verb::kPost, "/api/v1/backup", SmallBody(kMaxJsonSize), Answered(context, Begin)});
  router.Add({Verb::kGet, "/api/v1/backup", NoBody(), Answered(context, Look)});
  router.Add(
      {Verb::kPost, "/api/v1/drill", SmallBody(kMaxJsonSize), Answered(context, BeginDrill)});
  router.Add({Verb::kGet, "/api/v1/drill", NoBody(), Answered(context, LookAtDrill)});
}

}  // namespace service
