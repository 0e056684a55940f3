// Deputies, exclusions and who may read a document: people as they are.
#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"
#include "vault/readers.h"

namespace service {

using vault::Result;

namespace {

Json DeputyJson(const vault::DeputyView& view) {
  return Json::Object({{"id", view.id.ToHex()},
                       {"for", view.stands_for},
                       {"deputy", view.deputy},
                       {"until", TimeJson(view.until)}});
}

Result<Response> NameDeputy(Door& door) {
  TRY(const Json body, door.Body({"for", "deputy", "until"}));
  vault::NewDeputy wish;
  TRY(wish.stands_for, body.Text("for"));
  TRY(wish.deputy, body.Text("deputy"));
  TRY(const std::optional<vault::UnixSeconds> until, FindTime(body, "until"));
  if (!until) return vault::Invalid("until is missing");
  wish.until = *until;
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY(const vault::DeputyView view,
      Hidden(visit.vault().people().NameDeputy(visit.actor, wish), "no such person"));
  return JsonAnswer(DeputyJson(view));
}

Result<Response> ListDeputies(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY(const std::vector<vault::DeputyView> views, visit.vault().people().Deputies(visit.actor));
  Json list = Json::Array();
  for (const vault::DeputyView& view : views) list.Add(DeputyJson(view));
  return JsonAnswer(list);
}

Result<Response> EndDeputy(Door& door) {
  TRY_VOID(door.Body({}));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY(const vault::DeputyId id,
      Hidden(vault::DeputyId::Parse(door.request().Capture("id")), "no such deputy"));
  TRY(const vault::People::Ending ending, visit.vault().people().EndDeputy(visit.actor, id));
  return JsonAnswer(Json::Object({{"id", id.ToHex()}, {"destruction", EndingJson(ending)}}));
}

Result<Response> Exclude(Door& door) {
  TRY(const Json body, door.Body({"subject", "email", "reason"}));
  TRY(const std::string subject, body.Text("subject"));
  TRY(const std::string email, body.Text("email"));
  TRY(const std::string reason, body.Text("reason"));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const vault::SubjectRow row, KnownSubject(visit, matter, subject));
  TRY(const vault::People::Excluded done,
      Hidden(visit.vault().people().Exclude(visit.actor, matter, row, email, reason),
             "no such person"));
  return JsonAnswer(Json::Object({{"id", done.id.ToHex()},
                                  {"email", email},
                                  {"subject", row.pseudonym},
                                  {"destruction", EndingJson(done.destruction)}}));
}

Result<Response> ListExclusions(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo, Who::kAac}));
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const std::vector<vault::ExclusionView> views,
      visit.vault().people().Exclusions(visit.actor, matter));
  Json list = Json::Array();
  for (const vault::ExclusionView& view : views) {
    const auto subject = visit.vault().matter_rows().FindSubject(matter.id, view.subject.ToHex());
    list.Add(Json::Object({{"id", view.id.ToHex()},
                           {"email", view.email},
                           {"subject", subject.ok() ? Json(subject.value().pseudonym) : Json()},
                           {"since", DayJson(view.since)},
                           {"reason", TextOrNull(view.reason)}}));
  }
  return JsonAnswer(list);
}

Result<Response> Readmit(Door& door) {
  TRY_VOID(door.Body({}));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  TRY(const vault::ExclusionId id,
      Hidden(vault::ExclusionId::Parse(door.request().Capture("id")), "no such exclusion"));
  TRY(const vault::People::Ending ending, visit.vault().people().Readmit(visit.actor, id));
  return JsonAnswer(Json::Object({{"id", id.ToHex()}, {"destruction", EndingJson(ending)}}));
}

Json StandingJson(const vault::ReaderStanding& standing) {
  return Json::Object({{"may_know", standing.may_know},
                       {"may_open", standing.may_open},
                       {"code", standing.code},
                       {"rule", TextOrNull(standing.rule)},
                       {"reason", standing.reason}});
}

Result<Response> WhoMayRead(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo, Who::kDpo}));
  TRY(const vault::DocumentId id, DocumentNamed(door.request().Capture("D")));
  TRY(const std::vector<vault::ReaderView> readers,
      Hidden(visit.vault().readers().Of(visit.actor, id), "no such document"));
  Json list = Json::Array();
  for (const vault::ReaderView& reader : readers) {
    list.Add(Json::Object({{"email", reader.email},
                           {"agency", reader.agency.text()},
                           {"roles", Json::Texts(reader.roles)},
                           {"now", StandingJson(reader.now)},
                           {"released", StandingJson(reader.released)}}));
  }
  return JsonAnswer(list);
}

Result<Response> NameReader(Door& door) {
  TRY(const Json body, door.Body({"email"}));
  TRY(const std::string email, body.Text("email"));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY(const vault::DocumentId id, DocumentNamed(door.request().Capture("D")));
  vault::Vault& vault = visit.vault();
  const auto lock = vault.Locked();
  // Somebody whom nobody can name and somebody without a part are one answer to who may know of
  // the document, and no answer to anybody else.
  const auto person = vault.people().Find(email);
  TRY_VOID(Hidden(vault.documents().NameReaders(visit.actor, id,
                                                {person.ok() ? person.value() : vault::PersonId()}),
                  "no such document"));
  return JsonAnswer(Json::Object({{"id", id.ToHex()}, {"email", email}}));
}

}  // namespace

void AddDeputyRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add({Verb::kPost, "/api/v1/documents/{D}/readers", json, Answered(context, NameReader)});
  router.Add({Verb::kPost, "/api/v1/people/deputies", json, Answered(context, NameDeputy)});
  router.Add({Verb::kGet, "/api/v1/people/deputies", NoBody(), Answered(context, ListDeputies)});
  router.Add({Verb::kPost, "/api/v1/people/deputies/{id}/end", json, Answered(context, EndDeputy)});
  router.Add({Verb::kPost, "/api/v1/matters/{M}/exclusions", json, Answered(context, Exclude)});
  router.Add(
      {Verb::kGet, "/api/v1/matters/{M}/exclusions", NoBody(), Answered(context, ListExclusions)});
  router.Add({Verb::kPost, "/api/v1/exclusions/{id}/end", json, Answered(context, Readmit)});
  router.Add({Verb::kGet, "/api/v1/documents/{D}/who", NoBody(), Answered(context, WhoMayRead)});
}

}  // namespace service
