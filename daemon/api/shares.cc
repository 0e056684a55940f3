// share new, list, end: links for somebody without an account, as their makers see them.
#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"

namespace service {

using vault::Result;

namespace {

Result<Response> MakeShare(Door& door) {
  TRY(const Json body, door.Body({"documents", "matter", "subject", "to", "until", "uses"}));
  TRY(const std::optional<std::vector<std::string>> documents, body.FindTextList("documents"));
  TRY(const std::optional<std::string> matter_name, body.FindText("matter"));
  TRY(const std::optional<std::string> subject_name, body.FindText("subject"));
  vault::NewShare share;
  TRY(share.recipient, body.Text("to"));
  TRY(const std::optional<vault::UnixSeconds> until, FindTime(body, "until"));
  TRY(const std::optional<std::int64_t> uses, body.FindInteger("uses"));
  const bool pack = matter_name && subject_name;
  if (documents.has_value() == pack || matter_name.has_value() != subject_name.has_value()) {
    return vault::Invalid("a link names documents, or a matter and a subject");
  }
  if (documents && documents->empty()) return vault::Invalid("a link names at least one document");
  if (!until) return vault::Invalid("until is missing");
  if (uses && (*uses < 1 || *uses > 100)) return vault::Invalid("a link has 1 to 100 uses");
  share.until = *until;
  share.uses = static_cast<std::uint32_t>(uses.value_or(1));

  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  vault::Vault& vault = visit.vault();
  if (pack) {
    const auto lock = vault.Locked();
    TRY(const vault::MatterRow matter, KnownMatter(visit, *matter_name));
    TRY(const vault::SubjectRow subject, KnownSubject(visit, matter, *subject_name));
    share.matter = matter.id;
    share.subject = subject.id;
  } else {
    for (const std::string& text : *documents) {
      TRY(const vault::DocumentId id, DocumentNamed(text));
      share.documents.push_back(id);
    }
  }
  TRY(const vault::MadeShare made,
      Hidden(vault.shares().Make(visit.actor, share), "no such document"));
  vault::Plaintext url = vault::Plaintext::CopyOf(
      vault::AsBytes(door.context().settings.public_url + "/s/" + made.link + "#"));
  url.Append(made.secret.view());
  return JsonAnswer(Json::Object({{"id", made.id.ToHex()},
                                  {"url", url.text()},
                                  {"pin", made.pin.text()},
                                  {"until", TimeJson(made.until)},
                                  {"uses", made.uses}}));
}

Result<Response> ListShares(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY(const std::vector<vault::ShareView> shares, visit.vault().shares().List(visit.actor));
  Json list = Json::Array();
  for (const vault::ShareView& share : shares) {
    Json documents = Json::Array();
    for (const vault::DocumentId& id : share.documents) documents.Add(id.ToHex());
    list.Add(Json::Object({{"id", share.id.ToHex()},
                           {"to", TextOrNull(share.recipient)},
                           {"until", TimeJson(share.until)},
                           {"uses", share.uses},
                           {"used", share.used},
                           {"failures", share.failures},
                           {"state", share.state},
                           {"documents", documents}}));
  }
  return JsonAnswer(list);
}

Result<Response> EndShare(Door& door) {
  TRY_VOID(door.Body({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY(const vault::ShareId id,
      Hidden(vault::ShareId::Parse(door.request().Capture("id")), "no such link"));
  const vault::Status ended = visit.vault().shares().End(visit.actor, id);
  if (!ended.ok()) return ended.error();
  return JsonAnswer(Json::Object({{"id", id.ToHex()}}));
}

}  // namespace

void AddShareRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add({Verb::kPost, "/api/v1/shares", json, Answered(context, MakeShare)});
  router.Add({Verb::kGet, "/api/v1/shares", NoBody(), Answered(context, ListShares)});
  router.Add({Verb::kPost, "/api/v1/shares/{id}/end", json, Answered(context, EndShare)});
}

}  // namespace service
