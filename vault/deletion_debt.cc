#include "vault/deletion_debt.h"

#include <array>
#include <utility>

namespace vault {
namespace {

struct Words {
  DebtReason reason;
  std::string_view name;
  std::string_view words;
};
constexpr std::array<Words, 9> kWords = {{
    {DebtReason::kApproval, "approval", "due, and waits for the approval of two people"},
    {DebtReason::kBreaker, "breaker",
     "due, and stopped because so much at once waits for a release by two people"},
    {DebtReason::kUnfinished, "unfinished", "its destruction was begun and is not finished"},
    {DebtReason::kUnproved, "unproved", "its key is gone; the proof or certificate is owed"},
    {DebtReason::kProvisional, "provisional",
     "destroyed here; a copy of the key tree has still to erase"},
    {DebtReason::kFile, "file", "ciphertext without a key that could not be unlinked yet"},
    {DebtReason::kLeftover, "leftover",
     "its key is gone, and sealed bytes of it were still found in the register's file"},
    {DebtReason::kFailed, "failed", "due, and its destruction failed"},
    {DebtReason::kNoRow, "no-row", "due in the key tree, and unknown to the register"},
}};

const Words& WordsOf(DebtReason reason) {
  for (const Words& words : kWords) {
    if (words.reason == reason) return words;
  }
  return kWords[2];
}

DebtReason ReasonOfState(std::string_view state) {
  if (state == "proposed") return DebtReason::kApproval;
  if (state == "waiting") return DebtReason::kBreaker;
  if (state == "tidying") return DebtReason::kUnproved;
  if (state == "provisional") return DebtReason::kProvisional;
  return DebtReason::kUnfinished;
}

DebtReason ReasonNamed(std::string_view name) {
  return name == DebtReasonName(DebtReason::kNoRow) ? DebtReason::kNoRow : DebtReason::kFailed;
}

}  // namespace

std::vector<DebtReason> AllDebtReasons() {
  std::vector<DebtReason> reasons;
  for (const Words& words : kWords) reasons.push_back(words.reason);
  return reasons;
}
std::string_view DebtReasonName(DebtReason reason) { return WordsOf(reason).name; }
std::string_view DebtReasonWords(DebtReason reason) { return WordsOf(reason).words; }

Result<std::vector<DebtItem>> DeletionDebt::List() {
  const Core::Lock lock = core_.Locked();
  std::vector<DebtItem> items;
  {
    auto query = core_.database->Prepare(
        "SELECT id, state, objects, rule, trigger, due, proposed, failures, failed FROM disposal "
        "WHERE state NOT IN ('done', 'extended') ORDER BY due, sequence");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      DebtItem item;
      item.batch = query.IdAt<DisposalId>(0);
      item.reason = ReasonOfState(query.Text(1));
      item.objects = static_cast<std::uint64_t>(query.Int(2));
      item.rule = query.Text(3);
      item.trigger = query.Text(4);
      item.due = query.Int(5);
      if (!query.IsNull(6)) item.since = query.Int(6);
      item.failures = query.U32(7);
      if (!query.IsNull(8)) item.since = query.Int(8);
      items.push_back(std::move(item));
    }
  }
  {
    auto query = core_.database->Prepare(
        "SELECT blob_debt.disposal, count(*), disposal.rule, disposal.trigger, disposal.due, "
        "min(blob_debt.since), max(blob_debt.attempts) FROM blob_debt JOIN disposal ON "
        "disposal.id = blob_debt.disposal GROUP BY blob_debt.disposal");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      items.push_back({DebtReason::kFile, static_cast<std::uint64_t>(query.Int(1)),
                       query.IdAt<DisposalId>(0), query.Text(2), query.Text(3), query.Int(4),
                       query.Int(5), query.U32(6)});
    }
  }
  {
    // A batch that is done otherwise; one that is provisional too stands there already.
    auto query = core_.database->Prepare(
        "SELECT id, leftover, rule, trigger, due, done, failures FROM disposal WHERE leftover != 0 "
        "AND state = 'done'");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      DebtItem item;
      item.reason = DebtReason::kLeftover;
      item.batch = query.IdAt<DisposalId>(0);
      item.objects = static_cast<std::uint64_t>(query.Int(1));
      item.rule = query.Text(2);
      item.trigger = query.Text(3);
      item.due = query.Int(4);
      if (!query.IsNull(5)) item.since = query.Int(5);
      item.failures = query.U32(6);
      items.push_back(std::move(item));
    }
  }
  auto query = core_.database->Prepare(
      "SELECT reason, rule, trigger, due, since, attempts FROM sweep_debt ORDER BY due, slot");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return items;
    items.push_back({ReasonNamed(query.Text(0)), 1, std::nullopt, query.Text(1), query.Text(2),
                     query.Int(3), query.Int(4), query.U32(5)});
  }
}

Result<std::map<DebtReason, std::uint64_t>> DeletionDebt::ByReason() {
  std::map<DebtReason, std::uint64_t> counts;
  TRY(const std::vector<DebtItem> items, List());
  for (const DebtItem& item : items) counts[item.reason] += item.objects;
  return counts;
}

Result<std::uint64_t> DeletionDebt::Count() {
  TRY(const auto counts, ByReason());
  std::uint64_t count = 0;
  for (const auto& [reason, number] : counts) count += number;
  return count;
}

Result<std::vector<std::string>> DeletionDebt::Warnings() {
  std::vector<std::string> warnings;
  TRY(const auto counts, ByReason());
  for (const auto& [reason, number] : counts) {
    if (number == 0) continue;
    warnings.push_back("deletion debt: " + std::to_string(number) + " " +
                       (number == 1 ? "object" : "objects") + ": " +
                       std::string(DebtReasonWords(reason)));
  }
  return warnings;
}

Status DeletionDebt::Note(const Key& key, UnixSeconds now) {
  return core_.database
      ->Prepare(
          "INSERT INTO sweep_debt(slot, kind, object, version, rule, trigger, due, reason, since, "
          "attempts, seen) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?9) "
          "ON CONFLICT(slot) DO UPDATE SET attempts = attempts + 1, seen = excluded.seen, "
          "reason = excluded.reason")
      .Bind(key.slot, std::to_string(static_cast<int>(key.type)), key.object, key.version, key.rule,
            key.trigger, key.due, DebtReasonName(key.reason), now)
      .Run();
}

// A failure is told from an earlier one by the sweep that met it and not by the second: the clock
// may stand still between two sweeps, or go back.
Status DeletionDebt::Settle(const std::set<SlotNumber>& failed) {
  std::vector<std::pair<SlotNumber, DebtReason>> noted;
  {
    auto query = core_.database->Prepare("SELECT slot, reason FROM sweep_debt");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      noted.emplace_back(query.U32(0), ReasonNamed(query.Text(1)));
    }
  }
  std::vector<SlotNumber> settled;
  for (const auto& [slot, reason] : noted) {
    TRY(const SlotEntry entry, core_.keeper->Look(slot));
    const bool over = reason == DebtReason::kFailed && !failed.contains(slot);
    if (over || entry.type == EntryType::kEmpty) settled.push_back(slot);
  }
  if (settled.empty()) return Ok();
  TRY(Transaction transaction, Transaction::Begin(*core_.database));
  Statement drop = core_.database->Prepare("DELETE FROM sweep_debt WHERE slot = ?");
  for (const SlotNumber slot : settled) TRY_VOID(drop.Bind(slot).Run());
  transaction.Commit();
  return Ok();
}

Status DeletionDebt::Forget(DebtReason reason, UnixSeconds before) {
  return core_.database->Prepare("DELETE FROM sweep_debt WHERE reason = ? AND seen < ?")
      .Bind(DebtReasonName(reason), before)
      .Run();
}

}  // namespace vault
