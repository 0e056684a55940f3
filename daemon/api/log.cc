// The audit log's files: what anybody needs to check it without us.
#include <functional>

#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"
#include "vault/base/text.h"

namespace service {

using vault::Result;

namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";

Result<Visit> EnterForLog(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo, Who::kDpo}));
  return visit;
}

Result<Response> File(Door& door, std::string_view path, std::string_view type) {
  TRY(const Visit visit, EnterForLog(door));
  const auto lock = visit.vault().Locked();
  TRY(const vault::Bytes bytes, Hidden(visit.vault().log().File(path), "no such log file"));
  return Response::Of(200, type, vault::AsText(bytes));
}

Result<Response> Checkpoint(Door& door) { return File(door, "checkpoint", kText); }
Result<Response> VerifierKey(Door& door) { return File(door, "vkey", kText); }
Result<Response> Tile(Door& door) {
  return File(door, "tile/" + door.request().Capture("path"), "application/octet-stream");
}

Result<Response> Proof(Door& door) {
  TRY(const Visit visit, EnterForLog(door));
  const auto index = vault::ParseDecimal(door.request().Capture("index"));
  if (!index.ok()) return vault::NotFound("no such log entry");
  const auto lock = visit.vault().Locked();
  TRY(const std::string proof,
      Hidden(visit.vault().log().Proof(index.value()), "no such log entry"));
  return Response::Of(200, kText, proof);
}

// ListLogs gives the past logs, those that a restore put aside, and the present one last.
Result<Response> ListLogs(Door& door) {
  TRY(const Visit visit, EnterForLog(door));
  const auto lock = visit.vault().Locked();
  TRY(const std::vector<vault::PastLogView> logs, visit.vault().past_logs().List());
  Json list = Json::Array();
  for (const vault::PastLogView& log : logs) {
    list.Add(Json::Object({{"number", log.number},
                           {"origin", log.origin},
                           {"size", log.size},
                           {"current", false},
                           {"vkey", log.log_key}}));
  }
  const vault::AuditLog& current = visit.vault().log();
  list.Add(Json::Object({{"number", Json()},
                         {"origin", current.origin()},
                         {"size", current.size()},
                         {"current", true},
                         {"vkey", current.VerifierKey()}}));
  return JsonAnswer(list);
}

// InPast asks one of them for something.
Result<Response> InPast(Door& door, std::string_view type,
                        const std::function<Result<vault::Bytes>(vault::AuditLog&)>& ask) {
  TRY(const Visit visit, EnterForLog(door));
  const auto number = vault::ParseDecimal(door.request().Capture("number"));
  if (!number.ok() || number.value() > UINT32_MAX) return vault::NotFound("no such past log");
  const auto lock = visit.vault().Locked();
  TRY(const auto log, visit.vault().past_logs().Open(static_cast<std::uint32_t>(number.value())));
  TRY(const vault::Bytes bytes, Hidden(ask(*log), "no such log file"));
  return Response::Of(200, type, vault::AsText(bytes));
}

Result<Response> PastFile(Door& door, const std::string& path, std::string_view type) {
  return InPast(door, type, [&path](vault::AuditLog& log) { return log.File(path); });
}
Result<Response> PastCheckpoint(Door& door) { return PastFile(door, "checkpoint", kText); }
Result<Response> PastVerifierKey(Door& door) { return PastFile(door, "vkey", kText); }
Result<Response> PastTile(Door& door) {
  return PastFile(door, "tile/" + door.request().Capture("path"), "application/octet-stream");
}
Result<Response> PastProof(Door& door) {
  const auto index = vault::ParseDecimal(door.request().Capture("index"));
  if (!index.ok()) return vault::NotFound("no such log entry");
  return InPast(door, kText, [&index](vault::AuditLog& log) -> Result<vault::Bytes> {
    TRY(const std::string proof, log.Proof(index.value()));
    return vault::ToBytes(vault::AsBytes(proof));
  });
}

}  // namespace

void AddLogRoutes(Router& router, Context& context) {
  router.Add({Verb::kGetOnly, "/log/checkpoint", NoBody(), Answered(context, Checkpoint)});
  router.Add({Verb::kGetOnly, "/log/vkey", NoBody(), Answered(context, VerifierKey)});
  router.Add({Verb::kGetOnly, "/log/tile/{path...}", NoBody(), Answered(context, Tile)});
  router.Add({Verb::kGetOnly, "/log/proof/{index}", NoBody(), Answered(context, Proof)});
  router.Add({Verb::kGetOnly, "/log/list", NoBody(), Answered(context, ListLogs)});
  router.Add({Verb::kGetOnly, "/log/past/{number}/checkpoint", NoBody(),
              Answered(context, PastCheckpoint)});
  router.Add(
      {Verb::kGetOnly, "/log/past/{number}/vkey", NoBody(), Answered(context, PastVerifierKey)});
  router.Add(
      {Verb::kGetOnly, "/log/past/{number}/tile/{path...}", NoBody(), Answered(context, PastTile)});
  router.Add(
      {Verb::kGetOnly, "/log/past/{number}/proof/{index}", NoBody(), Answered(context, PastProof)});
}

}  // namespace service
