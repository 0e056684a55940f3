// custody: the copies of the vault, adding one and giving one up.
#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"

namespace service {

using vault::Result;

namespace {

Result<Response> CopiesAnswer(vault::Vault& vault) {
  TRY(const std::vector<vault::CopyView> copies, vault.custody().List());
  Json list = Json::Array();
  for (const vault::CopyView& copy : copies) {
    list.Add(Json::Object({{"id", std::to_string(copy.number)},
                           {"name", copy.name},
                           {"state", copy.state},
                           {"reached", copy.reached},
                           {"folder", copy.folder},
                           {"cell_classes", Json::Texts(copy.cell_classes)},
                           {"since_epoch", copy.since},
                           {"detail", TextOrNull(copy.detail)}}));
  }
  return JsonAnswer(list);
}

Result<Response> ListCopies(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNotNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  return CopiesAnswer(visit.vault());
}

Result<Response> AddStandby(Door& door) {
  TRY(const Json body, door.Body({"folder", "cells"}));
  TRY(const std::optional<std::string> folder, body.FindText("folder"));
  vault::StandbyWish wish;
  wish.folder = folder.value_or("");
  if (!wish.folder.starts_with('/')) return vault::Invalid("folder: a path from the root");
  TRY(wish.cells, body.TextList("cells"));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNotNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  TRY(const std::string who, visit.vault().PseudonymOf(visit.actor));
  TRY_VOID(visit.vault().custody().Add(who, wish));
  return CopiesAnswer(visit.vault());
}

Result<Response> Rejoin(Door& door) {
  TRY_VOID(door.Body({}));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNotNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  TRY_VOID(visit.vault().custody().Rejoin());
  return CopiesAnswer(visit.vault());
}

Result<Response> Evict(Door& door) {
  TRY_VOID(door.Body({}));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNotNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  TRY(const vault::Eviction eviction, visit.vault().custody().Evict(visit.actor));
  const bool done = eviction == vault::Eviction::kDone;
  return JsonAnswer(Json::Object({{"state", done ? "evicted" : "proposed"}}));
}

}  // namespace

void AddCustodyRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add({Verb::kGet, "/api/v1/custody", NoBody(), Answered(context, ListCopies)});
  router.Add({Verb::kPost, "/api/v1/custody/standby", json, Answered(context, AddStandby)});
  router.Add({Verb::kPost, "/api/v1/custody/rejoin", json, Answered(context, Rejoin)});
  router.Add({Verb::kPost, "/api/v1/custody/evict", json, Answered(context, Evict)});
}

}  // namespace service
