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

Result<Response> PlaceHold(Door& door) {
  TRY(const Json body, door.Body({"matter", "subject", "document", "reason", "review", "sealed"}));
  TRY(const std::optional<std::string> matter, body.FindText("matter"));
  TRY(const std::optional<std::string> subject, body.FindText("subject"));
  TRY(const std::optional<std::string> document, body.FindText("document"));
  vault::NewHold hold;
  TRY(hold.reason, body.Text("reason"));
  TRY(const std::optional<vault::Day> review, FindDay(body, "review"));
  TRY(const std::optional<bool> sealed, body.FindFlag("sealed"));
  if (!review) return vault::Invalid("review is missing");
  hold.review = *review;
  hold.sealed = sealed.value_or(false);
  if (int{matter.has_value()} + int{subject.has_value()} + int{document.has_value()} != 1) {
    return vault::Invalid("a hold names one matter, one subject or one document");
  }
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo}));
  vault::Vault& vault = visit.vault();
  const auto lock = vault.Locked();
  if (matter) {
    TRY(const vault::MatterRow row, KnownMatter(visit, *matter));
    hold.matter = row.id;
  }
  if (subject) {
    TRY(hold.subject, AnySubject(vault, *subject));
  }
  if (document) {
    TRY(hold.document, DocumentNamed(*document));
  }
  TRY(const vault::HoldId id, vault.holds().Place(visit.actor, hold));
  return JsonAnswer(Json::Object({{"id", id.ToHex()}}));
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
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo, Who::kUnit}));
  TRY(const std::vector<vault::HoldView> holds, visit.vault().holds().List(visit.actor));
  Json list = Json::Array();
  for (const vault::HoldView& hold : holds) {
    list.Add(Json::Object({{"id", hold.id.ToHex()},
                           {"kind", hold.kind},
                           {"object", hold.object},
                           {"placed", DayJson(hold.placed)},
                           {"review", DayJson(hold.review)},
                           {"sealed", hold.sealed},
                           {"reason", TextOrNull(hold.reason)},
                           {"state", hold.state}}));
  }
  return JsonAnswer(list);
}

}  // namespace

void AddHoldRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add({Verb::kPost, "/api/v1/holds", json, Answered(context, PlaceHold)});
  router.Add({Verb::kPost, "/api/v1/holds/{id}/release", json, Answered(context, ReleaseHold)});
  router.Add({Verb::kGet, "/api/v1/holds", NoBody(), Answered(context, ListHolds)});
}

}  // namespace service
