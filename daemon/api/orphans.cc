// orphan list, recover and end: what lives without a row.
#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"

namespace service {

using vault::Result;

namespace {

Result<Response> List(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  TRY(const std::vector<vault::OrphanView> orphans, visit.vault().orphans().List(visit.actor));
  Json list = Json::Array();
  for (const vault::OrphanView& view : orphans) {
    list.Add(Json::Object({{"id", view.object.ToHex()},
                           {"kind", view.kind},
                           {"version", view.version},
                           {"found", DayJson(view.found)},
                           {"matter", TextOrNull(view.matter_ref)},
                           {"agency", view.agency ? Json(view.agency->text()) : Json()},
                           {"recoverable", view.recoverable},
                           {"ending", view.ending}}));
  }
  return JsonAnswer(list);
}

Result<Response> Recover(Door& door) {
  TRY(const Json body, door.Body({"version", "class", "agency", "subject", "name"}));
  vault::Orphans::Recovery wish;
  TRY(const std::optional<std::int64_t> version, body.FindInteger("version"));
  if (version && (*version < 1 || *version > 0xFFFFFFFF)) {
    return vault::Invalid("version: a number from 1");
  }
  wish.version = static_cast<std::uint32_t>(version.value_or(1));
  TRY(wish.class_code, body.Text("class"));
  TRY(const std::optional<std::string> agency, body.FindText("agency"));
  TRY(const std::optional<std::string> subject, body.FindText("subject"));
  TRY(const std::optional<std::string> name, body.FindText("name"));
  wish.subject = subject.value_or("");
  wish.name = name.value_or("");
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  TRY(wish.document, DocumentNamed(door.request().Capture("D")));
  if (agency) {
    TRY(wish.agency, AgencyNamed(*agency));
  }
  TRY_VOID(visit.vault().orphans().Recover(visit.actor, wish));
  return JsonAnswer(Json::Object({{"id", wish.document.ToHex()}, {"version", wish.version}}));
}

Result<Response> End(Door& door) {
  TRY(const Json body, door.Body({"version"}));
  TRY(const std::optional<std::int64_t> wished, body.FindInteger("version"));
  if (wished && (*wished < 0 || *wished > 0xFFFFFFFF)) {
    return vault::Invalid("version: a number from 0");
  }
  std::optional<std::uint32_t> version;
  if (wished) version = static_cast<std::uint32_t>(*wished);
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  const std::string id = door.request().Capture("D");
  const auto object = vault::ObjectId::Parse(id);
  if (!object.ok()) return vault::NotFound("no such orphan");
  TRY(const vault::OrphanEnd end,
      visit.vault().orphans().End(visit.actor, object.value(), version));
  return JsonAnswer(
      Json::Object({{"id", id},
                    {"version", end.version},
                    {"state", end.disposal ? "ended" : "proposed"},
                    {"disposal", end.disposal ? Json(end.disposal->ToHex()) : Json()}}));
}

}  // namespace

void AddOrphanRoutes(Router& router, Context& context) {
  router.Add({Verb::kGet, "/api/v1/orphans", NoBody(), Answered(context, List)});
  router.Add({Verb::kPost, "/api/v1/orphans/{D}/recover", SmallBody(kMaxJsonSize),
              Answered(context, Recover)});
  router.Add(
      {Verb::kPost, "/api/v1/orphans/{D}/end", SmallBody(kMaxJsonSize), Answered(context, End)});
}

}  // namespace service
