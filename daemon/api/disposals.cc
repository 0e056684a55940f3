// sweep and its release, disposals: list, review, approve, put off, certificate; debt; explain.
#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"

namespace service {

using vault::Result;

namespace {

Json ItemsJson(const std::vector<vault::SweptItem>& items) {
  Json list = Json::Array();
  for (const vault::SweptItem& item : items) {
    list.Add(Json::Object({{"id", item.id},
                           {"kind", item.kind},
                           {"version", Json(item.version)},
                           {"matter", TextOrNull(item.matter_ref)},
                           {"rule", item.rule},
                           {"authority", TextOrNull(item.authority)},
                           {"trigger", item.trigger},
                           {"due", TimeJson(item.due)},
                           {"reason", TextOrNull(item.reason)}}));
  }
  return list;
}

Result<Response> RunSweep(Door& door) {
  TRY(const Json body, door.Body({"dry_run"}));
  TRY(const std::optional<bool> dry_run, body.FindFlag("dry_run"));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  const std::unique_lock<std::mutex> turn(door.context().sweeping, std::try_to_lock);
  if (!turn.owns_lock()) return vault::Unavailable("another sweep is running");
  const auto mode = dry_run.value_or(false) ? vault::SweepMode::kDryRun : vault::SweepMode::kAct;
  // Whoever sweeps is told what the breaker stops, and is the first of the two who release it. A
  // program tells nobody: its sweep is the clock's own.
  std::optional<vault::PersonId> told;
  if (!visit.scope) told = visit.actor.person();
  auto swept = visit.vault().sweep().Run(told, mode);
  if (!dry_run.value_or(false)) door.context().sweeps.Count(swept);
  TRY(const vault::SweepReport report, std::move(swept));
  return JsonAnswer(Json::Object({{"destroyed", ItemsJson(report.destroyed)},
                                  {"proposed", ItemsJson(report.proposed)},
                                  {"blocked", ItemsJson(report.blocked)},
                                  {"failed", ItemsJson(report.failed)},
                                  {"soon", ItemsJson(report.soon)},
                                  {"budget", report.budget},
                                  {"debt", report.debt}}));
}

std::string_view StateWord(const std::string& state) {
  // What is between intent and certificate is one thing to whoever asks: under way.
  if (state == "shredding" || state == "tidying") return "running";
  return state;
}

Result<Response> ListDisposals(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  TRY(const std::vector<vault::DisposalView> disposals, visit.vault().disposal().List());
  Json list = Json::Array();
  for (const vault::DisposalView& view : disposals) {
    list.Add(Json::Object({{"id", view.id.ToHex()},
                           {"state", StateWord(view.state)},
                           {"rule", view.rule},
                           {"trigger", view.trigger},
                           {"due", view.due != 0 ? TimeJson(view.due) : Json()},
                           {"done", TimeJson(view.done)},
                           {"objects", view.objects},
                           {"certificate", view.certificate},
                           {"approvals", view.approvals},
                           {"failures", view.failures}}));
  }
  return JsonAnswer(list);
}

Json DecidedJson(const std::vector<vault::Decided>& decided) {
  Json list = Json::Array();
  for (const vault::Decided& one : decided) {
    list.Add(Json::Object({{"id", one.id.ToHex()},
                           {"state", StateWord(one.state)},
                           {"approvals", one.approvals},
                           {"destroyed", std::uint64_t{one.outcome.destroyed.size()}},
                           {"blocked", std::uint64_t{one.outcome.blocked.size()}}}));
  }
  return list;
}

Result<vault::DisposalId> DisposalNamed(std::string_view text) {
  return Hidden(vault::DisposalId::Parse(text), "no such disposal");
}

Result<Response> Approve(Door& door) {
  TRY(const Json body, door.Body({"ids", "digest"}));
  TRY(const std::vector<std::string> texts, body.TextList("ids"));
  TRY(const std::optional<std::string> digest, body.FindText("digest"));
  if (texts.empty()) return vault::Invalid("ids: name at least one disposal");
  if (digest && texts.size() != 1) return vault::Invalid("a digest is of one disposal");
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo, Who::kUnit}));
  std::vector<vault::DisposalId> ids;
  for (const std::string& text : texts) {
    TRY(const vault::DisposalId id, DisposalNamed(text));
    ids.push_back(id);
  }
  TRY(const std::vector<vault::Decided> decided,
      visit.vault().proposals().Approve(visit.actor, ids, digest));
  return JsonAnswer(DecidedJson(decided));
}

Result<Response> ReleaseSweep(Door& door) {
  TRY_VOID(door.Body({}));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo, Who::kUnit}));
  TRY(const std::vector<vault::Decided> decided, visit.vault().proposals().Release(visit.actor));
  return JsonAnswer(DecidedJson(decided));
}

Json HoldsJson(const std::vector<vault::ReviewHold>& holds) {
  Json list = Json::Array();
  for (const vault::ReviewHold& hold : holds) {
    list.Add(Json::Object({{"scope", hold.scope},
                           {"placed", DayJson(hold.placed)},
                           {"review", DayJson(hold.review)}}));
  }
  return list;
}

Result<Response> ShowDisposal(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo, Who::kUnit}));
  TRY(const vault::DisposalId id, DisposalNamed(door.request().Capture("id")));
  TRY(const vault::ReviewSheet sheet, visit.vault().proposals().Sheet(visit.actor, id));
  Json items = Json::Array();
  for (const vault::ReviewItem& item : sheet.items) {
    items.Add(Json::Object({{"id", item.id},
                            {"kind", item.kind},
                            {"version", Json(item.version)},
                            {"class", TextOrNull(item.class_code)},
                            {"agency", TextOrNull(item.agency)},
                            {"filed", DayJson(item.filed)}}));
  }
  Json classes = Json::Array();
  for (const auto& [code, count] : sheet.classes) {
    classes.Add(Json::Object({{"class", code}, {"count", count}}));
  }
  const vault::DisposalRow& row = sheet.row;
  return JsonAnswer(Json::Object(
      {{"id", id.ToHex()},
       {"state", StateWord(row.state)},
       {"matter", TextOrNull(sheet.matter_ref)},
       {"rule", row.rule},
       {"authority", row.authority},
       {"trigger", row.trigger},
       {"due", TimeJson(row.due)},
       {"proposed", TimeJson(row.proposed)},
       {"objects", row.objects},
       {"digest", row.digest},
       {"approvals", std::uint64_t{(row.first_names.empty() && !row.first_approver ? 0U : 1U) +
                                   (row.second_names.empty() ? 0U : 1U)}},
       {"classes", classes},
       {"holds", HoldsJson(sheet.holds)},
       {"decision", TextOrNull(sheet.decision)},
       {"items", items}}));
}

Result<Response> SendBack(Door& door) {
  TRY(const Json body, door.Body({"reason"}));
  TRY(const std::optional<std::string> reason, body.FindText("reason"));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo, Who::kUnit}));
  TRY(const vault::DisposalId id, DisposalNamed(door.request().Capture("id")));
  TRY_VOID(visit.vault().proposals().SendBack(visit.actor, id, reason.value_or("")));
  return JsonAnswer(Json::Object({{"id", id.ToHex()}, {"state", "proposed"}, {"approvals", 0}}));
}

Result<Response> Extend(Door& door) {
  TRY(const Json body, door.Body({"until", "reason"}));
  TRY(const std::optional<vault::Day> until, FindDay(body, "until"));
  TRY(const std::optional<std::string> reason, body.FindText("reason"));
  if (!until) return vault::Invalid("until is missing");
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kIgo, Who::kUnit}));
  TRY(const vault::DisposalId id, DisposalNamed(door.request().Capture("id")));
  TRY_VOID(visit.vault().proposals().Extend(visit.actor, id, *until, reason.value_or("")));
  return JsonAnswer(
      Json::Object({{"id", id.ToHex()}, {"state", "extended"}, {"until", DayJson(*until)}}));
}

Result<Response> ListDebt(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  TRY(const std::vector<vault::DebtItem> items, visit.vault().debt().List());
  Json list = Json::Array();
  for (const vault::DebtItem& item : items) {
    list.Add(Json::Object({{"id", item.batch ? Json(item.batch->ToHex()) : Json()},
                           {"kind", vault::DebtReasonName(item.reason)},
                           {"reason", vault::DebtReasonWords(item.reason)},
                           {"objects", item.objects},
                           {"rule", item.rule},
                           {"trigger", item.trigger},
                           {"due", TimeJson(item.due)},
                           {"since", TimeJson(item.since)},
                           {"failures", item.failures}}));
  }
  return JsonAnswer(list);
}

std::string_view VerdictWord(vault::RetentionState state) {
  switch (state) {
    case vault::RetentionState::kKeep:
      return "keep";
    case vault::RetentionState::kProposed:
      return "propose";
    case vault::RetentionState::kBlocked:
      return "blocked";
    case vault::RetentionState::kDestroy:
      break;
  }
  return "destroy";
}

Result<Response> ExplainDocument(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY(const vault::DocumentId id, DocumentNamed(door.request().Capture("D")));
  constexpr std::string_view kUnknown = "no such document";
  // Whoever may know of a document may know why it is still there.
  TRY_VOID(Hidden(visit.vault().documents().Show(visit.actor, id), kUnknown));
  TRY(const vault::Explanation why, Hidden(visit.vault().explain().Document(id), kUnknown));
  Json loans = Json::Array();
  for (const vault::ExplainedLoan& loan : why.loans) {
    loans.Add(Json::Object({{"kind", loan.kind},
                            {"agency", loan.party},
                            {"state", loan.state},
                            {"ends", TimeJson(loan.ends)}}));
  }
  Json links = Json::Array();
  for (const vault::ExplainedLink& link : why.links) {
    links.Add(Json::Object({{"id", link.id},
                            {"ends", TimeJson(link.ends)},
                            {"uses", link.uses},
                            {"used", link.used}}));
  }
  return JsonAnswer(Json::Object({{"id", id.ToHex()},
                                  {"version", why.version},
                                  {"class", why.class_code},
                                  {"agency", why.agency},
                                  {"state", why.state},
                                  {"verdict", VerdictWord(why.verdict.state)},
                                  {"rule", TextOrNull(why.verdict.rule)},
                                  {"authority", TextOrNull(why.verdict.authority)},
                                  {"trigger", TextOrNull(why.verdict.trigger)},
                                  {"due", TimeJson(why.verdict.due)},
                                  {"reason", TextOrNull(why.verdict.reason)},
                                  {"holds", HoldsJson(why.holds)},
                                  {"loans", loans},
                                  {"links", links},
                                  {"text", why.text}}));
}

Result<Response> GetCertificate(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  TRY(const vault::DisposalId id,
      Hidden(vault::DisposalId::Parse(door.request().Capture("id")), "no such disposal"));
  TRY(const std::string certificate, visit.vault().disposal().Certificate(id));
  return Response::Of(200, "text/plain; charset=utf-8", certificate);
}

}  // namespace

void AddDisposalRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add({Verb::kPost, "/api/v1/sweep", json, Answered(context, RunSweep)});
  router.Add({Verb::kGet, "/api/v1/disposals", NoBody(), Answered(context, ListDisposals)});
  router.Add({Verb::kPost, "/api/v1/disposals/approve", json, Answered(context, Approve)});
  router.Add({Verb::kPost, "/api/v1/sweep/release", json, Answered(context, ReleaseSweep)});
  router.Add({Verb::kGet, "/api/v1/debt", NoBody(), Answered(context, ListDebt)});
  router.Add({Verb::kGet, "/api/v1/disposals/{id}", NoBody(), Answered(context, ShowDisposal)});
  router.Add({Verb::kPost, "/api/v1/disposals/{id}/send-back", json, Answered(context, SendBack)});
  router.Add({Verb::kPost, "/api/v1/disposals/{id}/extend", json, Answered(context, Extend)});
  router.Add(
      {Verb::kGet, "/api/v1/documents/{D}/explain", NoBody(), Answered(context, ExplainDocument)});
  router.Add({Verb::kGet, "/api/v1/disposals/{id}/certificate", NoBody(),
              Answered(context, GetCertificate)});
}

}  // namespace service
