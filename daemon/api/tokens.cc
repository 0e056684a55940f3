// token new, list and end: a way in for programs.
#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"
#include "vault/base/text.h"

namespace service {

using vault::Result;

namespace {

Json TokenJson(const vault::TokenView& token) {
  return Json::Object({{"id", token.id},
                       {"name", token.name},
                       {"may", vault::ScopeName(token.scope)},
                       {"until", TimeJson(token.until)}});
}

Result<Response> MakeToken(Door& door) {
  TRY(const Json body, door.Body({"name", "until", "may"}));
  vault::NewToken token;
  TRY(token.name, body.Text("name"));
  TRY(const std::optional<vault::UnixSeconds> until, FindTime(body, "until"));
  if (!until) return vault::Invalid("until: a token has an end");
  token.until = *until;
  TRY(const std::optional<std::string> may, body.FindText("may"));
  if (may) {
    TRY(token.scope, vault::ParseScope(*may));
  }
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY(const vault::People::MadeToken made, visit.vault().people().MakeToken(visit.actor, token));
  Json json = TokenJson(made.view);
  json.Set("token", vault::EncodeBase64Url(made.secret.view()));
  return JsonAnswer(json);
}

Result<Response> ListTokens(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY(const std::vector<vault::TokenView> tokens, visit.vault().people().Tokens(visit.actor));
  Json list = Json::Array();
  for (const vault::TokenView& token : tokens) list.Add(TokenJson(token));
  return JsonAnswer(list);
}

Result<Response> EndToken(Door& door) {
  TRY_VOID(door.Body({}));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  const std::string& id = door.request().Capture("id");
  TRY(const vault::People::Ending ending, visit.vault().people().EndToken(visit.actor, id));
  return JsonAnswer(Json::Object({{"id", id}, {"destruction", EndingJson(ending)}}));
}

}  // namespace

void AddTokenRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add({Verb::kPost, "/api/v1/tokens", json, Answered(context, MakeToken)});
  router.Add({Verb::kGet, "/api/v1/tokens", NoBody(), Answered(context, ListTokens)});
  router.Add({Verb::kPost, "/api/v1/tokens/{id}/end", json, Answered(context, EndToken)});
}

}  // namespace service
