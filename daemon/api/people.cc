#include <algorithm>
#include <tuple>

#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"
#include "vault/base/log.h"

namespace service {

using vault::Result;
using vault::Status;

namespace {

constexpr std::size_t kLeastPassword = 12;
constexpr std::size_t kMostPassword = 1024;

Json PersonJson(const vault::PersonView& person) {
  return Json::Object({{"id", person.id.ToHex()},
                       {"email", person.email},
                       {"agency", person.agency.text()},
                       {"roles", Json::Texts(person.roles)},
                       {"until", TimeJson(person.until)},
                       {"state", person.invited_until ? "invited" : "active"},
                       {"invited_until", TimeJson(person.invited_until)}});
}

Status CheckRoles(const std::vector<std::string>& roles) {
  if (roles.empty()) return vault::Invalid("a person needs at least one role");
  for (auto it = roles.begin(); it != roles.end(); ++it) {
    if (!vault::KnownRole(*it)) return vault::Invalid("roles: no such role");
    if (std::find(roles.begin(), it, *it) != it) {
      return vault::Invalid("roles: a role is named twice");
    }
  }
  return vault::Ok();
}

Result<Response> AddPerson(Door& door) {
  TRY(const Json body, door.Body({"email", "agency", "roles", "until", "password"}));
  vault::NewPerson person;
  TRY(person.email, body.Text("email"));
  TRY(const std::string agency, body.Text("agency"));
  TRY(person.roles, body.TextList("roles"));
  TRY(person.until, FindTime(body, "until"));
  TRY(std::optional<vault::Plaintext> password, FindSecret(body, "password"));
  TRY_VOID(CheckRoles(person.roles));
  if (password) {
    if (password->size() < kLeastPassword || password->size() > kMostPassword) {
      return vault::Invalid("a password has 12 to 1024 characters");
    }
    person.password = *std::move(password);
  }
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  vault::Vault& vault = visit.vault();
  if (person.until && *person.until <= vault.Now().high) {
    return vault::Invalid("until: lies in the past");
  }
  TRY(person.agency, AgencyNamed(agency));
  TRY_VOID(Hidden(vault.agencies().Find(person.agency), "no such agency"));
  TRY(const vault::People::Added added, vault.people().Add(visit.actor, std::move(person)));
  // Whoever joins the unit administers every matter; what this session cannot hand over, a later
  // one will.
  const Status handed = vault.matters().HandOver(visit.actor, added.id);
  if (!handed.ok()) vault::LogError("matters were not handed over", handed.error());
  TRY(const vault::PersonView view, vault.people().View(added.id));
  Json json = PersonJson(view);
  if (added.password.size() != 0) json.Set("password", added.password.text());
  return JsonAnswer(json);
}

Result<Response> ListPeople(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo, Who::kAac}));
  TRY(std::vector<vault::PersonView> people, visit.vault().people().List(visit.actor));
  std::sort(people.begin(), people.end(), [](const auto& a, const auto& b) {
    return std::tie(a.agency.text(), a.email) < std::tie(b.agency.text(), b.email);
  });
  Json list = Json::Array();
  for (const vault::PersonView& person : people) list.Add(PersonJson(person));
  return JsonAnswer(list);
}

Result<Response> EndPerson(Door& door) {
  TRY(const Json body, door.Body({"email"}));
  TRY(const std::string email, body.Text("email"));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  const auto lock = visit.vault().Locked();
  TRY(const vault::PersonId id, Hidden(visit.vault().people().Find(email), "no such person"));
  TRY(const vault::People::Ending ending, visit.vault().people().End(visit.actor, email));
  return JsonAnswer(Json::Object({{"id", id.ToHex()}, {"destruction", EndingJson(ending)}}));
}

Result<Response> ResetPerson(Door& door) {
  TRY(const Json body, door.Body({"email"}));
  TRY(const std::string email, body.Text("email"));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  TRY_VOID(Hidden(visit.vault().people().Find(email), "no such person"));
  TRY(const vault::People::Anew reset,
      visit.vault().people().Reset(visit.actor, email, vault::Plaintext()));
  return JsonAnswer(Json::Object({{"id", reset.added.id.ToHex()},
                                  {"password", reset.added.password.text()},
                                  {"invited_until", TimeJson(reset.added.invited_until)},
                                  {"destruction", EndingJson(reset.destruction)}}));
}

Result<vault::RoleChange> RoleNamed(const Json& body) {
  vault::RoleChange change;
  TRY(change.email, body.Text("email"));
  TRY(change.code, body.Text("role"));
  TRY(change.until, FindTime(body, "until"));
  return change;
}

Result<Response> PersonAnswer(const Visit& visit, std::string_view email,
                              vault::People::Ending ending) {
  TRY(const vault::PersonId id, Hidden(visit.vault().people().Find(email), "no such person"));
  TRY(const vault::PersonView view, visit.vault().people().View(id));
  Json json = PersonJson(view);
  json.Set("destruction", EndingJson(ending));
  return JsonAnswer(json);
}

Result<Response> GiveRole(Door& door) {
  TRY(const Json body, door.Body({"email", "role", "until"}));
  TRY(const vault::RoleChange change, RoleNamed(body));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  TRY(const vault::People::Ending ending, visit.vault().people().GiveRole(visit.actor, change));
  return PersonAnswer(visit, change.email, ending);
}

Result<Response> TakeRole(Door& door) {
  TRY(const Json body, door.Body({"email", "role"}));
  TRY(const vault::RoleChange change, RoleNamed(body));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  TRY(const vault::People::Ending ending, visit.vault().people().TakeRole(visit.actor, change));
  return PersonAnswer(visit, change.email, ending);
}

}  // namespace

void AddPeopleRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add({Verb::kPost, "/api/v1/people", json, Answered(context, AddPerson)});
  router.Add({Verb::kGet, "/api/v1/people", NoBody(), Answered(context, ListPeople)});
  router.Add({Verb::kPost, "/api/v1/people/end", json, Answered(context, EndPerson)});
  router.Add({Verb::kPost, "/api/v1/people/reset", json, Answered(context, ResetPerson)});
  router.Add({Verb::kPost, "/api/v1/people/roles", json, Answered(context, GiveRole)});
  router.Add({Verb::kPost, "/api/v1/people/roles/end", json, Answered(context, TakeRole)});
}

}  // namespace service
