// sweep, disposal list, approve, certificate.
#include <algorithm>

#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"

namespace service {

using vault::Result;

namespace {

Json ItemsJson(const std::vector<vault::SweptItem>& items) {
  Json list = Json::Array();
  for (const vault::SweptItem& item : items) {
    list.Add(Json::Object({{"id", item.id},
                           {"kind", item.kind},
                           {"version", Json(item.version)},
                           {"matter", TextOrNull(item.matter_ref)},
                           {"rule", item.rule},
                           {"trigger", item.trigger},
                           {"due", TimeJson(item.due)},
                           {"reason", TextOrNull(item.reason)}}));
  }
  return list;
}

Result<Response> RunSweep(Door& door) {
  TRY(const Json body, door.Body({"dry_run"}));
  TRY(const std::optional<bool> dry_run, body.FindFlag("dry_run"));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  const std::unique_lock<std::mutex> turn(door.context().sweeping, std::try_to_lock);
  if (!turn.owns_lock()) return vault::Unavailable("another sweep is running");
  const auto mode = dry_run.value_or(false) ? vault::SweepMode::kDryRun : vault::SweepMode::kAct;
  TRY(const vault::SweepReport report, visit.vault().sweep().Run(visit.actor.person(), mode));
  return JsonAnswer(Json::Object({{"destroyed", ItemsJson(report.destroyed)},
                                  {"proposed", ItemsJson(report.proposed)},
                                  {"blocked", ItemsJson(report.blocked)},
                                  {"failed", ItemsJson(report.failed)},
                                  {"budget", report.budget}}));
}

std::string_view StateWord(const vault::DisposalView& view) {
  if (view.state == "proposed" || view.state == "approved" || view.state == "done") {
    return view.state;
  }
  return "running";
}

Result<Response> ListDisposals(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  TRY(const std::vector<vault::DisposalView> disposals, visit.vault().disposal().List());
  Json list = Json::Array();
  for (const vault::DisposalView& view : disposals) {
    list.Add(Json::Object({{"id", view.id.ToHex()},
                           {"state", StateWord(view)},
                           {"rule", view.rule},
                           {"trigger", view.trigger},
                           {"due", view.due != 0 ? TimeJson(view.due) : Json()},
                           {"done", TimeJson(view.done)},
                           {"objects", view.objects},
                           {"certificate", view.certificate}}));
  }
  return JsonAnswer(list);
}

Result<Response> Approve(Door& door) {
  TRY(const Json body, door.Body({"ids"}));
  TRY(const std::vector<std::string> ids, body.TextList("ids"));
  if (ids.empty()) return vault::Invalid("ids: name at least one disposal");
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo, Who::kUnit}));
  TRY(const std::vector<vault::DisposalView> disposals, visit.vault().disposal().List());
  for (const std::string& text : ids) {
    const bool known = std::any_of(disposals.begin(), disposals.end(),
                                   [&](const auto& view) { return view.id.ToHex() == text; });
    if (!known) return vault::NotFound("no such disposal");
  }
  // The register holds none but disposals that a rule ordered at once: there is nothing to approve.
  return vault::Conflict("this disposal waits for nobody's approval");
}

Result<Response> GetCertificate(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  TRY(const vault::DisposalId id,
      Hidden(vault::DisposalId::Parse(door.request().Capture("id")), "no such disposal"));
  TRY(const std::string certificate, visit.vault().disposal().Certificate(id));
  return Response::Of(200, "text/plain; charset=utf-8", certificate);
}

}  // namespace

void AddDisposalRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add({Verb::kPost, "/api/v1/sweep", json, Answered(context, RunSweep)});
  router.Add({Verb::kGet, "/api/v1/disposals", NoBody(), Answered(context, ListDisposals)});
  router.Add({Verb::kPost, "/api/v1/disposals/approve", json, Answered(context, Approve)});
  router.Add({Verb::kGet, "/api/v1/disposals/{id}/certificate", NoBody(),
              Answered(context, GetCertificate)});
}

}  // namespace service
