// login, logout, whoami, password.
#include <limits>

#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"
#include "vault/base/log.h"
#include "vault/base/text.h"

namespace service {

using vault::Result;
using vault::Status;

namespace {

std::string SetCookie(std::string_view value, std::string_view more) {
  return std::string(kSessionCookie) + "=" + std::string(value) +
         "; Path=/; Secure; HttpOnly; SameSite=Strict" + std::string(more);
}

// WhoAmI adds the caller's members to an object.
Status WhoAmI(Json& json, const Visit& visit) {
  vault::Vault& vault = visit.vault();
  TRY(const vault::PersonView person, vault.people().View(visit.actor.person()));
  const vault::TimeInterval now = vault.Now();
  const bool anchored = now.high != std::numeric_limits<vault::UnixSeconds>::max();
  Json expires;
  if (!visit.scope) {
    TRY(const vault::UnixSeconds left, vault.people().SessionLeft(visit.session.view()));
    if (anchored) expires = TimeJson(now.low + left);
  }
  json.Set("id", person.id.ToHex())
      .Set("email", person.email)
      .Set("agency", person.agency.text())
      .Set("unit", visit.actor.in_unit())
      .Set("roles", Json::Texts(visit.actor.roles()))
      .Set("expires", std::move(expires))
      .Set("must_choose_password", person.invited_until.has_value());
  std::vector<std::string> acting_for;
  for (const vault::PersonId& id : visit.actor.acting_for()) {
    TRY(const vault::PersonView absent, visit.vault().people().View(id));
    acting_for.push_back(absent.email);
  }
  json.Set("acting_for", Json::Texts(acting_for));
  return vault::Ok();
}

// PayDebts makes the boxes that only an officer's session can make.
Status PayDebts(const Visit& visit) {
  vault::Vault& vault = visit.vault();
  const auto lock = vault.Locked();
  TRY(const std::uint64_t owed, vault.loans().DebtCount());
  if (owed == 0) return vault::Ok();
  TRY(const std::vector<vault::MatterRow> matters, vault.matter_rows().All());
  for (const vault::MatterRow& matter : matters) {
    TRY([[maybe_unused]] const std::uint64_t made, vault.matters().PayDebt(visit.actor, matter));
  }
  return vault::Ok();
}

Result<Response> Login(Door& door) {
  // A second factor is taken and not asked for: nobody can have one in this release.
  TRY(const Json body, door.Body({"email", "password", "totp"}));
  TRY(const std::string email, body.Text("email"));
  TRY(const vault::Plaintext password, Secret(body, "password"));
  TRY([[maybe_unused]] const std::optional<std::string> totp, body.FindText("totp"));
  TRY(VaultGate::Pass pass, door.EnterUnsigned(Anchoring::kNotNeeded));
  TRY(Attempt attempt,
      Attempt::Begin(door, door.context().sign_in,
                     {AddressKey(door.request()), "account " + vault::FoldAddress(email)}));
  auto signed_in = pass.vault().people().SignIn(email, password.view());
  attempt.Settle(signed_in);
  if (!signed_in.ok()) return signed_in.error();
  const vault::SessionSecret& secret = signed_in.value();
  TRY(vault::Actor actor, pass.vault().people().Resume(secret.view()));
  const Visit visit{std::move(pass), std::move(actor), vault::SecretBytes::CopyOf(secret.view()),
                    std::nullopt};
  // Whoever has not chosen a password yet holds no key that a colleague may not hold too.
  TRY(const bool must_choose, visit.vault().people().MustChoosePassword(visit.actor.person()));
  if (!must_choose) {
    const auto handed = visit.vault().people().HandOverOwed(visit.actor);
    if (!handed.ok()) vault::LogError("keys stay owed", handed.error());
  }
  if (visit.unit() && !must_choose) {
    const Status paid = PayDebts(visit);
    // Signing in must work all the same; what is owed shows in the status.
    if (!paid.ok()) vault::LogError("boxes stay owed", paid.error());
  }
  const std::string token = vault::EncodeBase64Url(secret.view());
  Json json = Json::Object({{"token", token}});
  TRY_VOID(WhoAmI(json, visit));
  return JsonAnswer(json).Add("Set-Cookie", SetCookie(token, ""));
}

Result<Response> Logout(Door& door) {
  TRY_VOID(door.Body({}));
  TRY(const Visit visit, door.EnterFor(Reach::kOwnWayIn, Anchoring::kNotNeeded));
  TRY_VOID(visit.vault().people().SignOut(visit.session.view()));
  return JsonAnswer(Json::Object()).Add("Set-Cookie", SetCookie("", "; Max-Age=0"));
}

Result<Response> ShowCaller(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.EnterFor(Reach::kOwnWayIn, Anchoring::kNotNeeded));
  Json json = Json::Object();
  TRY_VOID(WhoAmI(json, visit));
  return JsonAnswer(json);
}

Result<Response> ChangePassword(Door& door) {
  TRY(const Json body, door.Body({"old", "new"}));
  TRY(const vault::Plaintext old_password, Secret(body, "old"));
  TRY(const vault::Plaintext new_password, Secret(body, "new"));
  TRY(const Visit visit, door.EnterFor(Reach::kOwnWayIn, Anchoring::kNeeded));
  if (visit.scope) return vault::Denied("this token does not reach so far");
  const std::string id = visit.actor.person().ToHex();
  TRY(Attempt attempt,
      Attempt::Begin(door, door.context().sign_in, {AddressKey(door.request()), "person " + id}));
  const auto changed =
      visit.vault().people().ChangePassword(visit.actor, old_password.view(), new_password.view());
  attempt.Settle(changed);
  if (!changed.ok()) return changed.error();
  return JsonAnswer(Json::Object({{"id", id}, {"destruction", EndingJson(changed.value())}}));
}

}  // namespace

void AddSessionRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add({Verb::kPost, "/api/v1/login", json, Answered(context, Login)});
  router.Add({Verb::kPost, "/api/v1/logout", json, Answered(context, Logout)});
  router.Add({Verb::kGet, "/api/v1/whoami", NoBody(), Answered(context, ShowCaller)});
  router.Add({Verb::kPost, "/api/v1/password", json, Answered(context, ChangePassword)});
}

}  // namespace service
