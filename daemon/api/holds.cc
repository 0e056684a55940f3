#include <set>

#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"

namespace service {

using vault::Result;

namespace {

// AnySubject finds a subject by its id or pseudonym in every matter.
// Errors: kNotFound; kConflict the pseudonym stands for several.
Result<vault::SubjectId> AnySubject(vault::Vault& vault, std::string_view name) {
  TRY(const std::vector<vault::MatterRow> matters, vault.matter_rows().All());
  std::set<vault::SubjectId> found;
  for (const vault::MatterRow& matter : matters) {
    const auto subject = vault.matter_rows().FindSubject(matter.id, name);
    if (subject.ok()) {
      found.insert(subject.value().id);
    } else if (subject.error().code != vault::Errc::kNotFound) {
      return subject.error();
    }
  }
  if (found.empty()) return vault::NotFound("no such subject");
  if (found.size() > 1) {
    return vault::Conflict("this pseudonym stands for several subjects: give the id");
  }
  return *found.begin();
}

// Names are what of a hold is found once the caller is known.
struct HoldNames {
  std::optional<std::string> matter;
  std::optional<std::string> subject;
  std::optional<std::string> document;
};

Result<HoldNames> NamesOf(const Json& body) {
  HoldNames names;
  TRY(names.matter, body.FindText("matter"));
  TRY(names.subject, body.FindText("subject"));
  TRY(names.document, body.FindText("document"));
  if (int{names.matter.has_value()} + int{names.subject.has_value()} +
          int{names.document.has_value()} !=
      1) {
    return vault::Invalid("a hold names one matter, one subject or one document");
  }
  return names;
}

vault::Status Find(const Visit& visit, const HoldNames& names, vault::NewHold& hold) {
  if (names.matter) {
    TRY(const vault::MatterRow row, KnownMatter(visit, *names.matter));
    hold.matter = row.id;
  }
  if (names.subject) {
    TRY(hold.subject, AnySubject(visit.vault(), *names.subject));
  }
  if (names.document) {
    TRY(hold.document, DocumentNamed(*names.document));
  }
  return vault::Ok();
}

Result<Response> PlaceHold(Door& door) {
  TRY(const Json body,
      door.Body({"matter", "subject", "document", "reason", "authority", "review", "sealed"}));
  TRY(const HoldNames names, NamesOf(body));
  vault::NewHold hold;
  TRY(hold.reason, body.Text("reason"));
  TRY(const std::optional<std::string> authority, body.FindText("authority"));
  TRY(const std::optional<vault::Day> review, FindDay(body, "review"));
  TRY(const std::optional<bool> sealed, body.FindFlag("sealed"));
  if (!review) return vault::Invalid("review is missing");
  hold.authority = authority.value_or("");
  hold.review = *review;
  hold.sealed = sealed.value_or(false);
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo}));
  const auto lock = visit.vault().Locked();
  TRY_VOID(Find(visit, names, hold));
  TRY(const vault::HoldId id, visit.vault().holds().Place(visit.actor, hold));
  return JsonAnswer(Json::Object({{"id", id.ToHex()}}));
}

Result<Response> PreviewHold(Door& door) {
  TRY(const Json body, door.Body({"matter", "subject", "document"}));
  TRY(const HoldNames names, NamesOf(body));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo, Who::kUnit}));
  const auto lock = visit.vault().Locked();
  vault::NewHold hold;
  TRY_VOID(Find(visit, names, hold));
  TRY(const vault::HoldScope scope, visit.vault().holds().Preview(visit.actor, hold));
  Json classes = Json::Array();
  for (const auto& [code, count] : scope.classes) {
    classes.Add(Json::Object({{"class", code}, {"count", count}}));
  }
  Json collisions = Json::Array();
  for (const vault::HoldCollision& one : scope.collisions) {
    collisions.Add(Json::Object({{"id", one.id},
                                 {"kind", one.kind},
                                 {"version", one.version == 0 ? Json() : Json(one.version)},
                                 {"class", TextOrNull(one.class_code)},
                                 {"due", DayJson(one.due)},
                                 {"state", one.state}}));
  }
  return JsonAnswer(Json::Object({{"matters", scope.matters},
                                  {"subjects", scope.subjects},
                                  {"versions", scope.versions},
                                  {"classes", classes},
                                  {"held_already", scope.held_already},
                                  {"collisions", collisions}}));
}

Result<Response> ReviewHold(Door& door) {
  TRY(const Json body, door.Body({"review", "note"}));
  TRY(const std::optional<vault::Day> review, FindDay(body, "review"));
  TRY(const std::string note, body.Text("note"));
  if (!review) return vault::Invalid("review is missing");
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo}));
  TRY(const vault::HoldId id,
      Hidden(vault::HoldId::Parse(door.request().Capture("id")), "no such hold"));
  TRY_VOID(visit.vault().holds().Review(visit.actor, id, *review, note));
  return JsonAnswer(Json::Object({{"id", id.ToHex()}, {"review", DayJson(*review)}}));
}

Result<Response> ReleaseHold(Door& door) {
  TRY(const Json body, door.Body({"reason"}));
  TRY(const std::string reason, body.Text("reason"));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo}));
  TRY(const vault::HoldId id,
      Hidden(vault::HoldId::Parse(door.request().Capture("id")), "no such hold"));
  TRY_VOID(visit.vault().holds().Release(visit.actor, id, reason));
  return JsonAnswer(Json::Object({{"id", id.ToHex()}}));
}

Result<Response> ListHolds(Door& door) {
  TRY_VOID(door.request().OnlyQuery({"overdue"}));
  const auto asked = door.request().Query("overdue");
  if (asked && *asked != "true") return vault::Invalid("overdue: true, or left out");
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo, Who::kUnit}));
  TRY(const std::vector<vault::HoldView> holds, visit.vault().holds().List(visit.actor));
  Json list = Json::Array();
  for (const vault::HoldView& hold : holds) {
    if (asked && !hold.overdue) continue;
    list.Add(Json::Object({{"id", hold.id.ToHex()},
                           {"kind", hold.kind},
                           {"object", hold.object},
                           {"placed", DayJson(hold.placed)},
                           {"review", DayJson(hold.review)},
                           {"sealed", hold.sealed},
                           {"reason", TextOrNull(hold.reason)},
                           {"authority", TextOrNull(hold.authority)},
                           {"note", TextOrNull(hold.note)},
                           {"overdue", hold.overdue},
                           {"collisions", hold.collisions},
                           {"state", hold.state}}));
  }
  return JsonAnswer(list);
}

}  // namespace

void AddHoldRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add({Verb::kPost, "/api/v1/holds", json, Answered(context, PlaceHold)});
  router.Add({Verb::kPost, "/api/v1/holds/{id}/release", json, Answered(context, ReleaseHold)});
  router.Add({Verb::kPost, "/api/v1/holds/preview", json, Answered(context, PreviewHold)});
  router.Add({Verb::kPost, "/api/v1/holds/{id}/review", json, Answered(context, ReviewHold)});
  router.Add({Verb::kGet, "/api/v1/holds", NoBody(), Answered(context, ListHolds)});
}

}  // namespace service
