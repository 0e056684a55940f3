#include <algorithm>

#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"
#include "vault/succession.h"

namespace service {

using vault::Result;

namespace {

Json AgencyJson(const vault::AgencyView& agency) {
  return Json::Object({{"id", agency.id.text()},
                       {"name", agency.name},
                       {"unit", agency.is_unit},
                       {"successor", agency.successor ? Json(agency.successor->text()) : Json()},
                       {"ended", DayJson(agency.ended)},
                       {"reason", TextOrNull(agency.reason)}});
}

Json SuccessionJson(const vault::SuccessionView& view) {
  Json matters = Json::Array();
  for (const vault::SuccessionSeat& seat : view.seats) {
    matters.Add(Json::Object({{"id", seat.matter.ToHex()},
                              {"ref", seat.ref},
                              {"seat", seat.apart ? "apart" : "goes-over"},
                              {"documents", seat.documents},
                              {"involvements", seat.involvements},
                              {"loans", seat.loans},
                              {"holds", seat.holds},
                              {"keep", Json::Texts(seat.keep)},
                              {"lose", Json::Texts(seat.lose)}}));
  }
  Json destruction;
  if (view.destruction) destruction = EndingJson(*view.destruction);
  return Json::Object({{"id", view.from.text()},
                       {"successor", view.to.text()},
                       {"destruction", std::move(destruction)},
                       {"going_over", Json::Texts(view.going_over)},
                       {"ending", Json::Texts(view.ending)},
                       {"matters", std::move(matters)}});
}

// Wished reads who follows whom and who goes over.
Result<vault::SuccessionWish> Wished(const Json& body) {
  vault::SuccessionWish wish;
  TRY(const std::string from, body.Text("from"));
  TRY(const std::string to, body.Text("to"));
  TRY(const std::optional<bool> everybody, body.FindFlag("everybody"));
  wish.everybody = everybody.value_or(false);
  if (body.Find("people") != nullptr) {
    TRY(wish.people, body.TextList("people"));
  }
  if (wish.everybody && !wish.people.empty()) {
    return vault::Invalid("people: either everybody goes over, or those named");
  }
  auto people = wish.people;
  std::sort(people.begin(), people.end());
  if (std::adjacent_find(people.begin(), people.end()) != people.end()) {
    return vault::Invalid("people: somebody is named twice");
  }
  TRY(wish.from, AgencyNamed(from));
  TRY(wish.to, AgencyNamed(to));
  return wish;
}

Result<Response> PreviewSuccession(Door& door) {
  TRY(const Json body, door.Body({"from", "to", "people", "everybody"}));
  TRY(const vault::SuccessionWish wish, Wished(body));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo}));
  TRY(const vault::SuccessionView view, visit.vault().succession().Preview(visit.actor, wish));
  return JsonAnswer(SuccessionJson(view));
}

Result<Response> SucceedAgency(Door& door) {
  TRY(const Json body, door.Body({"from", "to", "people", "everybody", "reason"}));
  TRY(vault::SuccessionWish wish, Wished(body));
  TRY(wish.reason, body.Text("reason"));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo}));
  TRY(const vault::SuccessionView view, visit.vault().succession().Carry(visit.actor, wish));
  return JsonAnswer(SuccessionJson(view));
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
  router.Add({Verb::kPost, "/api/v1/agencies/succession/preview", SmallBody(kMaxJsonSize),
              Answered(context, PreviewSuccession)});
  router.Add({Verb::kPost, "/api/v1/agencies/succession", SmallBody(kMaxJsonSize),
              Answered(context, SucceedAgency)});
}

}  // namespace service
