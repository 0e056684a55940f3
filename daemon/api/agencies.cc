#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"

namespace service {

using vault::Result;

namespace {

Json AgencyJson(const vault::AgencyView& agency) {
  return Json::Object({{"id", agency.id.text()}, {"name", agency.name}, {"unit", agency.is_unit}});
}

Result<Response> AddAgency(Door& door) {
  TRY(const Json body, door.Body({"id", "name"}));
  TRY(const std::string id_text, body.Text("id"));
  TRY(const std::string name, body.Text("name"));
  TRY(const vault::AgencyId id, vault::AgencyId::Parse(id_text));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  TRY_VOID(visit.vault().agencies().Add(visit.actor, id, name));
  TRY(const vault::AgencyView agency, visit.vault().agencies().Find(id));
  return JsonAnswer(AgencyJson(agency));
}

Result<Response> ListAgencies(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY(const std::vector<vault::AgencyView> agencies, visit.vault().agencies().List());
  Json list = Json::Array();
  for (const vault::AgencyView& agency : agencies) list.Add(AgencyJson(agency));
  return JsonAnswer(list);
}

}  // namespace

void AddAgencyRoutes(Router& router, Context& context) {
  router.Add(
      {Verb::kPost, "/api/v1/agencies", SmallBody(kMaxJsonSize), Answered(context, AddAgency)});
  router.Add({Verb::kGet, "/api/v1/agencies", NoBody(), Answered(context, ListAgencies)});
}

}  // namespace service
