// docs, show, get, form show, withdraw.
#include <algorithm>

#include "daemon/api/content.h"
#include "daemon/api/door.h"
#include "daemon/api/form_json.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"
#include "ingest/form_wire.h"
#include "vault/base/text.h"

namespace service {

using vault::Result;

namespace {

constexpr std::string_view kUnknown = "no such document";

Json DocumentJson(const vault::DocumentView& view) {
  return Json::Object({{"id", view.id.ToHex()},
                       {"matter", view.matter_ref},
                       {"class", view.class_code},
                       {"agency", view.owner.text()},
                       {"subject", TextOrNull(view.subject)},
                       {"state", view.state},
                       {"may_open", view.may_open},
                       {"version", view.version},
                       {"filed", DayJson(view.filed)}});
}

Result<Response> ListDocuments(Door& door) {
  const Request& request = door.request();
  TRY_VOID(request.OnlyQuery({"matter", "class"}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  vault::Vault& vault = visit.vault();
  const auto lock = vault.Locked();
  std::optional<vault::MatterId> matter;
  if (const auto name = request.Query("matter")) {
    TRY(const vault::MatterRow row, KnownMatter(visit, *name));
    matter = row.id;
  }
  TRY(std::vector<vault::DocumentView> views,
      Hidden(vault.documents().List(visit.actor, matter, request.Query("class").value_or("")),
             "no such matter"));
  std::stable_sort(views.begin(), views.end(),
                   [](const auto& a, const auto& b) { return a.filed > b.filed; });
  Json list = Json::Array();
  for (const vault::DocumentView& view : views) list.Add(DocumentJson(view));
  return JsonAnswer(list);
}

Result<Response> ShowDocument(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY(const vault::DocumentId id, DocumentNamed(door.request().Capture("D")));
  TRY(const vault::DocumentView view,
      Hidden(visit.vault().documents().Show(visit.actor, id), kUnknown));
  Json versions = Json::Array();
  for (const vault::VersionView& version : view.versions) {
    versions.Add(Json::Object({{"version", version.version},
                               {"filed", DayJson(version.day)},
                               {"size", version.padded_size},
                               {"state", version.state}}));
  }
  Json json = DocumentJson(view);
  // The name is encrypted with the document: to read it is to open it.
  json.Set("versions", versions)
      .Set("held", view.held)
      .Set("name", Json())
      .Set("reason_required", view.reason_required)
      .Set("rule", TextOrNull(view.rule));
  return JsonAnswer(json);
}

// WishOf reads what of a document is wanted and why. Errors: kInvalid.
Result<vault::Documents::Wish> WishOf(const Request& request) {
  TRY_VOID(request.OnlyQuery({"version", "reason"}));
  vault::Documents::Wish wish;
  if (const auto text = request.Query("version")) {
    const auto number = vault::ParseDecimal(*text);
    if (!number.ok() || number.value() == 0 || number.value() > 0xFFFFFFFF) {
      return vault::Invalid("version: a number from 1");
    }
    wish.version = static_cast<std::uint32_t>(number.value());
  }
  wish.reason = request.Query("reason").value_or("");
  return wish;
}

Result<Response> GetContent(Door& door) {
  TRY(vault::Documents::Wish wish, WishOf(door.request()));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY(wish.document, DocumentNamed(door.request().Capture("D")));
  TRY(vault::DocumentStream stream,
      Hidden(visit.vault().documents().Open(visit.actor, wish), kUnknown));
  return ContentAnswer(door, visit.pass, std::move(stream), wish.document.ToHex());
}

Result<Response> GetForm(Door& door) {
  TRY(vault::Documents::Wish wish, WishOf(door.request()));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY(wish.document, DocumentNamed(door.request().Capture("D")));
  vault::Documents& documents = visit.vault().documents();
  TRY(const vault::Plaintext encoded, Hidden(documents.OpenForm(visit.actor, wish), kUnknown));
  TRY(const vault::DocumentView view, Hidden(documents.Show(visit.actor, wish.document), kUnknown));
  TRY(const ingest::Form form, ingest::DecodeForm(encoded.view()));
  Json json = Json::Object({{"id", wish.document.ToHex()},
                            {"version", wish.version.value_or(view.version)},
                            {"form", kFormCode}});
  AddFormMembers(json, form);
  return JsonAnswer(json);
}

Result<Response> Withdraw(Door& door) {
  TRY(const Json body, door.Body({"reason"}));
  vault::Documents::Wish wish;
  TRY(const std::optional<std::string> reason, body.FindText("reason"));
  wish.reason = reason.value_or("");
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  TRY(wish.document, DocumentNamed(door.request().Capture("D")));
  TRY(const std::uint64_t loans,
      Hidden(visit.vault().documents().Withdraw(visit.actor, wish), kUnknown));
  return JsonAnswer(Json::Object({{"id", wish.document.ToHex()}, {"loans", loans}}));
}

Result<Response> ReturnDocument(Door& door) {
  TRY(const Json body, door.Body({"reason"}));
  TRY(const std::string reason, body.Text("reason"));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  TRY(const vault::DocumentId id, DocumentNamed(door.request().Capture("D")));
  TRY(const std::uint64_t loans, visit.vault().documents().Return(visit.actor, id, reason));
  return JsonAnswer(Json::Object({{"id", id.ToHex()}, {"loans", loans}}));
}

Result<Response> DocumentEvent(Door& door) {
  TRY(const Json body, door.Body({"event", "at"}));
  TRY(const std::string event, body.Text("event"));
  TRY(const std::optional<vault::UnixSeconds> at, FindTime(body, "at"));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  TRY(const vault::DocumentId id, DocumentNamed(door.request().Capture("D")));
  TRY_VOID(Hidden(visit.vault().documents().RecordEvent(visit.actor, id, event, at), kUnknown));
  return JsonAnswer(Json::Object({{"id", id.ToHex()}, {"event", event}}));
}

Result<Response> PutRight(Door& door) {
  TRY(const Json body, door.Body({"anew", "reason"}));
  vault::Documents::Misfiling misfiling;
  TRY(const std::string anew, body.Text("anew"));
  TRY(misfiling.reason, body.Text("reason"));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  TRY(misfiling.wrong, DocumentNamed(door.request().Capture("D")));
  TRY(misfiling.anew, DocumentNamed(anew));
  TRY(const std::uint64_t loans, visit.vault().documents().PutRight(visit.actor, misfiling));
  return JsonAnswer(Json::Object({{"id", misfiling.wrong.ToHex()}, {"loans", loans}}));
}

}  // namespace

void AddDocumentRoutes(Router& router, Context& context) {
  const std::string kOne = "/api/v1/documents/{D}";
  router.Add({Verb::kGet, "/api/v1/documents", NoBody(), Answered(context, ListDocuments)});
  router.Add({Verb::kGet, kOne, NoBody(), Answered(context, ShowDocument)});
  // Every opening is one: no HEAD.
  router.Add(
      {Verb::kGetOnly, "/api/v1/documents/{D}/content", NoBody(), Answered(context, GetContent)});
  router.Add({Verb::kGetOnly, "/api/v1/documents/{D}/form", NoBody(), Answered(context, GetForm)});
  router.Add({Verb::kPost, "/api/v1/documents/{D}/withdraw", SmallBody(kMaxJsonSize),
              Answered(context, Withdraw)});
  router.Add({Verb::kPost, "/api/v1/documents/{D}/return", SmallBody(kMaxJsonSize),
              Answered(context, ReturnDocument)});
  router.Add({Verb::kPost, "/api/v1/documents/{D}/events", SmallBody(kMaxJsonSize),
              Answered(context, DocumentEvent)});
  router.Add({Verb::kPost, "/api/v1/documents/{D}/put-right", SmallBody(kMaxJsonSize),
              Answered(context, PutRight)});
}

}  // namespace service
