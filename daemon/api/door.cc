#include "daemon/api/door.h"

#include <algorithm>
#include <limits>

#include "daemon/http/problem.h"
#include "vault/base/text.h"

namespace service {

using vault::Errc;
using vault::Result;
using vault::Status;

namespace {

bool IsJson(std::string_view content_type) {
  const std::size_t end = std::min(content_type.find(';'), content_type.size());
  std::string_view type = content_type.substr(0, end);
  while (type.ends_with(' ')) type.remove_suffix(1);
  return SameName(type, "application/json");
}

bool Anchored(vault::Vault& vault) {
  return vault.Now().high != std::numeric_limits<vault::UnixSeconds>::max();
}

}  // namespace

bool Visit::Is(Who who) const {
  switch (who) {
    case Who::kUnit:
      return unit();
    case Who::kIgo:
      return actor.Has("IGO");
    case Who::kDpo:
      return actor.Has("DPO");
    case Who::kAac:
      return actor.Has("AAC");
  }
  return false;
}

Status Visit::Require(std::initializer_list<Who> callers) const {
  for (const Who who : callers) {
    if (Is(who)) return vault::Ok();
  }
  return vault::Denied("your role does not allow this");
}

Result<Json> Door::Body(std::initializer_list<std::string_view> members) {
  TRY_VOID(request_.OnlyQuery({}));
  TRY(const vault::Plaintext text, ReadAll(*request_.body, kMaxJsonSize));
  if (text.size() == 0) return Json::Object();
  const auto type = request_.headers.Find("Content-Type");
  if (!type || !IsJson(*type)) {
    return RefuseWith(ProblemWithStatus(415, Errc::kInvalid, "this route takes application/json"));
  }
  TRY(Json json, Json::Parse(text.text()));
  TRY_VOID(json.OnlyMembers(members));
  return json;
}

Result<vault::SecretBytes> Door::Session() const {
  std::string_view token;
  const std::size_t headers = request_.headers.Count("Authorization");
  if (headers > 1) return vault::Denied("sign in first");
  if (headers == 1) {
    constexpr std::string_view kScheme = "Bearer ";
    const std::string_view value = *request_.headers.Find("Authorization");
    if (value.size() <= kScheme.size() ||
        !SameName(value.substr(0, kScheme.size() - 1), kScheme.substr(0, kScheme.size() - 1)) ||
        value[kScheme.size() - 1] != ' ') {
      return vault::Denied("sign in first");
    }
    token = value.substr(kScheme.size());
  } else {
    const auto cookie = request_.Cookie(kSessionCookie);
    if (!cookie) return vault::Denied("sign in first");
    // A browser sends its cookies along with what any other site makes it send.
    if (request_.method != Method::kGet && request_.method != Method::kHead) {
      return vault::Denied("a cookie is no session for this request");
    }
    token = *cookie;
  }
  auto bytes = vault::DecodeBase64Url(token);
  if (!bytes.ok() || bytes.value().size() != vault::SessionSecret::kSize) {
    return vault::Denied("sign in first");
  }
  vault::SecretBytes secret = vault::SecretBytes::CopyOf(bytes.value());
  vault::WipeMemory(bytes.value().data(), bytes.value().size());
  return secret;
}

vault::Error Door::NoSession(std::string_view detail) {
  return RefuseWith(
      ProblemWithStatus(401, Errc::kDenied, detail).Add("WWW-Authenticate", "Bearer"));
}

Result<VaultGate::Pass> Door::EnterUnsigned(Anchoring anchoring) {
  TRY(VaultGate::Pass pass, context_.gate.Enter());
  if (anchoring == Anchoring::kNeeded && !Anchored(pass.vault())) {
    return vault::Unavailable("the date has not been confirmed");
  }
  return pass;
}

Result<Visit> Door::EnterFor(Reach reach, Anchoring anchoring) {
  TRY(VaultGate::Pass pass, context_.gate.Enter());
  auto session = Session();
  if (!session.ok()) return NoSession(session.error().detail);
  vault::People& people = pass.vault().people();
  std::optional<vault::TokenScope> scope;
  auto actor = people.Resume(session.value().view());
  if (!actor.ok() && actor.error().code == Errc::kDenied) {
    auto program = people.ResumeToken(session.value().view());
    if (program.ok()) {
      scope = program.value().scope;
      actor = std::move(program.value().actor);
    }
  }
  if (!actor.ok()) {
    if (actor.error().code != Errc::kDenied) return actor.error();
    return NoSession(actor.error().detail);
  }
  const bool anchored = Anchored(pass.vault());
  // Who has no role left has nothing to do here. Before the date is known roles with an end rest.
  if (anchored && actor.value().roles().empty()) return NoSession("your roles have ended");
  if (anchoring == Anchoring::kNeeded && !anchored) {
    return vault::Unavailable("the date has not been confirmed");
  }
  Visit visit{std::move(pass), std::move(actor).value(), std::move(session).value(), scope};
  TRY_VOID(CheckReach(visit, reach));
  return visit;
}

Status Door::CheckReach(const Visit& visit, Reach reach) const {
  if (reach == Reach::kOwnWayIn) return vault::Ok();
  if (!visit.scope) {
    TRY(const bool must_choose, visit.vault().people().MustChoosePassword(visit.actor.person()));
    if (must_choose) return vault::Denied("choose a password of your own first");
    return vault::Ok();
  }
  const bool reads = request_.method == Method::kGet || request_.method == Method::kHead;
  const vault::TokenScope needed = reads                     ? vault::TokenScope::kRead
                                   : reach == Reach::kFiling ? vault::TokenScope::kFile
                                                             : vault::TokenScope::kAct;
  if (reach == Reach::kInPerson || *visit.scope < needed) {
    return vault::Denied("this token does not reach so far");
  }
  return vault::Ok();
}

vault::Error Door::RefuseWith(Response response) {
  refusal_ = std::move(response);
  return vault::Unavailable("refused with a status of its own");
}

Result<Response> Door::Finish(Result<Response> result) {
  if (!result.ok() && refusal_) return *std::move(refusal_);
  return result;
}

Handler Answered(Context& context, Act act) {
  return [&context, act](Request& request) -> Result<Response> {
    Door door(context, request);
    return door.Finish(act(door));
  };
}

Result<Attempt> Attempt::Begin(Door& door, FailureLimiter& limiter, std::vector<std::string> keys) {
  const SteadyTime now = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto wait = limiter.Begin(keys[i], now);
    if (!wait) continue;
    for (std::size_t done = 0; done < i; ++done) limiter.Succeeded(keys[done]);
    return door.RefuseWith(
        ProblemWithStatus(429, Errc::kUnavailable, "too many failed tries; wait a while")
            .Add("Retry-After", std::to_string(wait->count())));
  }
  return Attempt(limiter, std::move(keys));
}

void Attempt::TakeBack() {
  for (const std::string& key : keys_) limiter_->Succeeded(key);
}

std::string AddressKey(const Request& request) { return "address " + AddressGroup(request.peer); }

}  // namespace service
