// health, status, unseal, anchor, seal.
#include <map>

#include "daemon/api/door.h"
#include "daemon/api/openapi.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"
#include "vault/base/day_words.h"

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

// The guidance behind a process is reviewed by those who wrote it: what was due for that is looked
// at again, in the newest version that stands here.
void WarnOfOldGuidance(Context& context, vault::VaultStatus& status) {
  auto pass = context.gate.Enter();
  if (!pass.ok()) return;
  const vault::Day today = vault::LondonDay(pass.value().vault().Now().low);
  std::map<std::string_view, const policies::ProcessTemplate*> newest;
  for (const policies::ProcessTemplate* process : context.templates.Templates()) {
    newest[process->template_id()] = process;
  }
  for (const auto& [id, process] : newest) {
    const std::optional<vault::Day>& review = process->Data().source_review;
    if (!review || today <= *review) continue;
    status.warnings.push_back("the guidance that " + std::string(id) + " version " +
                              std::to_string(process->template_version()) +
                              " is based on was due for review on " + vault::DayWords(*review) +
                              ": look for a newer one");
  }
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
  if (!sealed && status.anchored) WarnOfOldGuidance(context, status);
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

// SecretIn reads the one secret of a body.
Result<vault::UnsealSecret> SecretIn(const Json& body) {
  vault::UnsealSecret secret;
  TRY(std::optional<vault::Plaintext> passphrase, FindSecret(body, "passphrase"));
  TRY(std::optional<vault::Plaintext> credential, FindSecret(body, "credential"));
  TRY(std::vector<vault::Plaintext> shares, FindSecrets(body, "shares"));
  if (int{passphrase.has_value()} + int{credential.has_value()} + int{!shares.empty()} != 1) {
    return vault::Invalid("give a passphrase, a credential or shares, one of them");
  }
  if (passphrase) secret.passphrase = *std::move(passphrase);
  if (credential) secret.credential = *std::move(credential);
  secret.shares = std::move(shares);
  if (secret.passphrase.size() + secret.credential.size() + secret.shares.size() == 0) {
    return vault::Invalid("an unseal secret is not empty");
  }
  return secret;
}

Result<Response> Unseal(Door& door) {
  TRY(const Json body, door.Body({"passphrase", "credential", "shares", "confirm_date"}));
  UnsealWish wish;
  TRY(wish.secret, SecretIn(body));
  TRY(wish.date, FindDay(body, "confirm_date"));
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

// WishIn reads what the new secret is to be.
Result<vault::UnsealRenewal::Wish> WishIn(const Json& body) {
  vault::UnsealRenewal::Wish wish;
  TRY(std::optional<vault::Plaintext> passphrase, FindSecret(body, "new_passphrase"));
  TRY(const std::optional<std::int64_t> shares, body.FindInteger("new_shares"));
  TRY(const std::optional<std::int64_t> threshold, body.FindInteger("new_threshold"));
  TRY(const std::optional<bool> credential, body.FindFlag("new_credential"));
  const bool as_credential = credential.value_or(false);
  if (int{passphrase.has_value()} + int{shares.has_value()} + int{as_credential} != 1 ||
      shares.has_value() != threshold.has_value()) {
    return vault::Invalid(
        "give new_passphrase, new_shares with new_threshold, or new_credential: one of them");
  }
  if (passphrase) {
    wish.mode = vault::UnsealMode::kPassphrase;
    wish.passphrase = *std::move(passphrase);
  } else if (as_credential) {
    wish.mode = vault::UnsealMode::kCredential;
  } else {
    constexpr std::int64_t kMost = 255;
    if (*shares < 0 || *shares > kMost || *threshold < 0 || *threshold > kMost) {
      return vault::Invalid("there are 2 to 16 shares");
    }
    wish.shares = {static_cast<std::uint8_t>(*threshold), static_cast<std::uint8_t>(*shares)};
  }
  return wish;
}

Result<Response> PrepareUnsealKey(Door& door) {
  TRY(const Json body, door.Body({"passphrase", "credential", "shares", "new_passphrase",
                                  "new_shares", "new_threshold", "new_credential"}));
  TRY(const vault::UnsealSecret present, SecretIn(body));
  TRY(vault::UnsealRenewal::Wish wish, WishIn(body));
  TRY(Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  TRY(Attempt attempt, Attempt::Begin(door, door.context().sign_in, {AddressKey(door.request())}));
  auto issued = visit.vault().unseal_renewal().Prepare(visit.actor, present, std::move(wish));
  attempt.Settle(issued);
  if (!issued.ok()) return issued.error();
  Json shares = Json::Array();
  for (const vault::Plaintext& share : issued.value().shares) shares.Add(share.text());
  return JsonAnswer(Json::Object({{"shares", std::move(shares)},
                                  {"credential", TextOrNull(issued.value().credential.text())}}));
}

Result<Response> CommitUnsealKey(Door& door) {
  TRY(const Json body, door.Body({"passphrase", "credential", "shares"}));
  TRY(const vault::UnsealSecret fresh, SecretIn(body));
  {
    TRY(Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
    TRY_VOID(visit.Require({Who::kUnit}));
    TRY_VOID(visit.vault().unseal_renewal().Commit(visit.actor, fresh));
  }
  return StatusAnswer(door);
}

// The contract is no secret, and is asked for before anybody signs in.
Result<Response> Contract(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  return Response::OfJson(200, OpenApiText());
}

}  // namespace

void AddVaultRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add({Verb::kGet, "/health", NoBody(), Answered(context, Health)});
  router.Add({Verb::kGet, "/api/v1/openapi.json", NoBody(), Answered(context, Contract)});
  router.Add({Verb::kGet, "/api/v1/status", NoBody(), Answered(context, Status)});
  router.Add({Verb::kPost, "/api/v1/unseal", json, Answered(context, Unseal)});
  router.Add(
      {Verb::kPost, "/api/v1/unseal-key/prepare", json, Answered(context, PrepareUnsealKey)});
  router.Add({Verb::kPost, "/api/v1/unseal-key/commit", json, Answered(context, CommitUnsealKey)});
  router.Add({Verb::kPost, "/api/v1/anchor", json, Answered(context, Anchor)});
  router.Add({Verb::kPost, "/api/v1/seal", json, Answered(context, Seal)});
}

}  // namespace service
