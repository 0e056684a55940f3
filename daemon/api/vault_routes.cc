// health, status, unseal, anchor, seal.
#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"

namespace service {

using vault::Result;

namespace {

std::string_view ModeName(vault::UnsealMode mode) {
  switch (mode) {
    case vault::UnsealMode::kPassphrase:
      return "passphrase";
    case vault::UnsealMode::kShares:
      return "shares";
    case vault::UnsealMode::kCredential:
      break;
  }
  return "credential";
}

Json CopiesJson(const std::vector<vault::CopyView>& copies) {
  Json list = Json::Array();
  for (const vault::CopyView& copy : copies) {
    list.Add(Json::Object({{"name", copy.name}, {"state", copy.state}, {"reached", copy.reached}}));
  }
  return list;
}

Result<Json> StatusJson(Context& context) {
  vault::VaultStatus status;
  bool sealed = true;
  {
    auto pass = context.gate.Enter();
    if (pass.ok()) {
      TRY(status, pass.value().vault().Describe());
      sealed = false;
    }
  }
  if (sealed) {
    status.vault = context.gate.store().ToHex();
    status.cells = context.settings.cells;
  }
  std::vector<std::string> classes;
  Json cells = Json::Array();
  for (const vault::CellClass& cell : status.cells) {
    classes.push_back(cell.name);
    cells.Add(Json::Object({{"class", cell.name}, {"reason", cell.reason}}));
  }
  UnsealProgress progress;
  auto asked = context.gate.Progress();
  if (asked.ok()) progress = asked.value();
  if (!asked.ok()) status.warnings.push_back("the file DATA/unseal cannot be read");
  const bool system = context.gate.trust() == ClockTrust::kSystem;
  return Json::Object({{"sealed", sealed},
                       {"version", context.settings.version},
                       {"vault", status.vault},
                       {"epoch", status.epoch},
                       {"log_size", status.log_size},
                       {"anchored", status.anchored},
                       {"clock_trust", system ? "system" : "operator"},
                       {"unseal", ModeName(progress.mode)},
                       {"shares_given", progress.shares_given},
                       {"shares_needed", progress.shares_needed},
                       {"cell_classes", Json::Texts(classes)},
                       {"cells", std::move(cells)},
                       {"deletion_debt", status.deletion_debt},
                       {"box_debt", status.box_debt},
                       {"copies", CopiesJson(status.copies)},
                       {"orphans", status.orphans},
                       {"backup", TimeJson(status.backup)},
                       {"warnings", Json::Texts(status.warnings)}});
}

Result<Response> StatusAnswer(Door& door) {
  TRY(const Json status, StatusJson(door.context()));
  return JsonAnswer(status);
}

Result<Response> Health(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  return JsonAnswer(Json::Object());
}

Result<Response> Status(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  return StatusAnswer(door);
}

Result<Response> Unseal(Door& door) {
  TRY(const Json body, door.Body({"passphrase", "credential", "shares", "confirm_date"}));
  UnsealWish wish;
  TRY(std::optional<vault::Plaintext> passphrase, FindSecret(body, "passphrase"));
  TRY(std::optional<vault::Plaintext> credential, FindSecret(body, "credential"));
  TRY(std::vector<vault::Plaintext> shares, FindSecrets(body, "shares"));
  TRY(wish.date, FindDay(body, "confirm_date"));
  if (int{passphrase.has_value()} + int{credential.has_value()} + int{!shares.empty()} != 1) {
    return vault::Invalid("give a passphrase, a credential or shares, one of them");
  }
  if (passphrase) wish.passphrase = *std::move(passphrase);
  if (credential) wish.credential = *std::move(credential);
  wish.shares = std::move(shares);
  if (wish.passphrase.size() + wish.credential.size() + wish.shares.size() == 0) {
    return vault::Invalid("an unseal secret is not empty");
  }
  Context& context = door.context();
  TRY(Attempt attempt, Attempt::Begin(door, context.sign_in, {AddressKey(door.request())}));
  const vault::Status unsealed = context.gate.Unseal(wish);
  attempt.Settle(unsealed);
  if (!unsealed.ok()) return unsealed.error();
  return StatusAnswer(door);
}

Result<Response> Anchor(Door& door) {
  TRY(const Json body, door.Body({"confirm_date"}));
  TRY(const std::optional<vault::Day> date, FindDay(body, "confirm_date"));
  if (!date) return vault::Invalid("confirm_date is missing");
  {
    TRY(Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNotNeeded));
    TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
    vault::Vault& vault = visit.vault();
    TRY_VOID(vault.Anchor(std::optional<vault::Actor>(std::move(visit.actor)), *date));
  }
  return StatusAnswer(door);
}

Result<Response> Seal(Door& door) {
  TRY_VOID(door.Body({}));
  {
    TRY(Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNotNeeded));
    TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
    const vault::Actor actor = std::move(visit.actor);
    TRY_VOID(door.context().gate.Seal(std::move(visit.pass), actor));
  }
  return StatusAnswer(door);
}

}  // namespace

void AddVaultRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add({Verb::kGet, "/health", NoBody(), Answered(context, Health)});
  router.Add({Verb::kGet, "/api/v1/status", NoBody(), Answered(context, Status)});
  router.Add({Verb::kPost, "/api/v1/unseal", json, Answered(context, Unseal)});
  router.Add({Verb::kPost, "/api/v1/anchor", json, Answered(context, Anchor)});
  router.Add({Verb::kPost, "/api/v1/seal", json, Answered(context, Seal)});
}

}  // namespace service
