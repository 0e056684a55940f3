// The audit log's files: what anybody needs to check it without us.
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

}  // namespace

void AddLogRoutes(Router& router, Context& context) {
  router.Add({Verb::kGetOnly, "/log/checkpoint", NoBody(), Answered(context, Checkpoint)});
  router.Add({Verb::kGetOnly, "/log/vkey", NoBody(), Answered(context, VerifierKey)});
  router.Add({Verb::kGetOnly, "/log/tile/{path...}", NoBody(), Answered(context, Tile)});
  router.Add({Verb::kGetOnly, "/log/proof/{index}", NoBody(), Answered(context, Proof)});
}

}  // namespace service
