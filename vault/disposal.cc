#include "vault/disposal.h"

#include <algorithm>
#include <set>

#include "vault/audit/certificate_file.h"
#include "vault/base/log.h"
#include "vault/hold_rows.h"

namespace vault {
namespace {

constexpr std::string_view kRemakeKind = "remake";

ShredItem ItemOf(const RetentionFacts& facts) {
  return {facts.slot, facts.type, facts.object, facts.version};
}

// A hold keeps information, not access: it never keeps a loan, a link or a login.
bool MayBeHeld(EntryType type) {
  return type != EntryType::kLoan && type != EntryType::kShare && type != EntryType::kPerson;
}

std::vector<ShredItem> KeysOf(const std::vector<DisposalItem>& items) {
  std::vector<ShredItem> keys;
  keys.reserve(items.size());
  for (const DisposalItem& item : items) keys.push_back(item.key);
  return keys;
}

}  // namespace

Result<std::optional<DisposalBatch>> Disposal::Prepare(DisposalGroup group,
                                                       DisposalOutcome& outcome) {
  DisposalBatch batch;
  for (const DisposalOrder& order : group.orders) {
    const RetentionFacts& facts = order.object();
    const ShredItem item = ItemOf(facts);
    // Between the judgement and now it may have been re-made or destroyed: then this order is void.
    TRY(const bool current, rows_.IsCurrent(item));
    if (!current) continue;
    if (MayBeHeld(facts.type)) {
      TRY(const SlotEntry entry, core_.keeper->Look(facts.slot));
      const ObjectId held_as =
          facts.type == EntryType::kPseudonym ? AsObject(facts.matter) : facts.object;
      TRY(const bool held_by_row, IsHeld(core_, facts.type, held_as));
      if (held_by_row || (entry.flags & kFlagHold) != 0) {
        outcome.blocked.push_back({facts, order.verdict()});
        continue;
      }
    }
    TRY(std::string label, rows_.Describe(item));
    batch.items.push_back({item, std::move(label)});
    outcome.destroyed.push_back({facts, order.verdict()});
  }
  if (batch.items.empty()) return std::optional<DisposalBatch>();
  const RetentionFacts& first = outcome.destroyed.front().object;
  const RetentionVerdict& verdict = outcome.destroyed.front().verdict;
  if (group.stored) {
    TRY(batch.row, rows_.Load(*group.stored));
  } else {
    batch.row.id = core_.random->NewId<DisposalId>();
    batch.row.kind = kDisposalKind;
    if (!first.matter.is_zero()) batch.row.matter = first.matter;
    batch.row.rule = verdict.rule;
    batch.row.trigger = verdict.trigger;
    batch.row.authority = verdict.authority;
  }
  batch.row.state = "shredding";
  batch.row.due = verdict.due.value_or(core_.time->Now().low);
  batch.row.mandate = group.mandate.text;
  batch.row.objects = batch.items.size();
  batch.row.digest = ItemsDigest(KeysOf(batch.items));
  if (group.mandate.text == "schedule") {
    batch.row.records = static_cast<std::uint64_t>(std::count_if(
        batch.items.begin(), batch.items.end(),
        [](const DisposalItem& item) { return item.key.type == EntryType::kDocument; }));
  }
  for (std::size_t i = 0; i < group.mandate.approvers.size(); ++i) {
    (i == 0 ? batch.row.first_names : batch.row.second_names) = group.mandate.approvers[i];
  }
  outcome.batch = batch.row.id;
  return std::optional<DisposalBatch>(std::move(batch));
}

Result<DisposalOutcome> Disposal::Dispose(std::vector<DisposalOrder> orders,
                                          const Mandate& mandate) {
  std::vector<DisposalGroup> groups;
  groups.push_back({std::nullopt, std::move(orders), mandate});
  TRY(std::vector<DisposalOutcome> outcomes, DisposeAll(std::move(groups)));
  return std::move(outcomes.front());
}

Result<std::vector<DisposalOutcome>> Disposal::DisposeAll(std::vector<DisposalGroup> groups) {
  const Core::Lock lock = core_.Locked();
  std::vector<DisposalOutcome> outcomes(groups.size());
  std::vector<DisposalBatch> batches;
  std::vector<LogEntry> lines;
  std::set<DisposalId> stored;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::optional<std::string> actor = groups[i].mandate.actor;
    const bool is_stored = groups[i].stored.has_value();
    TRY(std::optional<DisposalBatch> batch, Prepare(std::move(groups[i]), outcomes[i]));
    if (!batch) continue;
    if (is_stored) stored.insert(batch->row.id);
    LogEntry entry = core_.Entry("shred.intent");
    entry.Add("batch", batch->row.id.ToHex())
        .Add("rule", batch->row.rule)
        .Add("trigger", batch->row.trigger)
        .Add("mandate", batch->row.mandate)
        .Add("items", batch->items.size())
        .Add("items-sha256", batch->row.digest);
    if (actor) entry.Person("actor", *actor);
    lines.push_back(std::move(entry));
    batches.push_back(*std::move(batch));
  }
  if (batches.empty()) return outcomes;
  TRY(const EpochResult result,
      Intend(batches, lines, [&]([[maybe_unused]] Transaction& transaction) -> Status {
        for (const DisposalBatch& batch : batches) {
          TRY_VOID(stored.contains(batch.row.id) ? rows_.Update(batch.row)
                                                 : rows_.Insert(batch.row));
          TRY_VOID(rows_.ReplaceItems(batch.row.id, batch.items));
          for (const DisposalItem& item : batch.items) TRY_VOID(rows_.MarkShredding(item.key));
        }
        return Ok();
      }));
  std::set<SlotNumber> held;
  for (const ShredItem& item : result.held) held.insert(item.slot);
  const Status finished = Finish(batches, result);
  // The keys are gone: what went wrong after that is debt, and no reason to say it did not happen.
  if (!finished.ok()) TRY_VOID(certification_.Failed(batches, finished.error()));
  if (held.empty()) return outcomes;
  // What a hold took out at the very commit is reported as blocked.
  for (DisposalOutcome& outcome : outcomes) {
    const auto taken_out = std::stable_partition(
        outcome.destroyed.begin(), outcome.destroyed.end(),
        [&](const DisposedItem& item) { return !held.contains(item.object.slot); });
    outcome.blocked.insert(outcome.blocked.end(), std::make_move_iterator(taken_out),
                           std::make_move_iterator(outcome.destroyed.end()));
    outcome.destroyed.erase(taken_out, outcome.destroyed.end());
  }
  return outcomes;
}

Result<EpochResult> Disposal::Intend(const std::vector<DisposalBatch>& batches,
                                     const std::vector<LogEntry>& lines, const AuditLog::Act& act) {
  // Without its standby nothing is destroyed, so nothing is begun.
  TRY_VOID(core_.keeper->Whole());
  std::vector<ShredItem> items;
  for (const DisposalBatch& batch : batches) {
    for (const DisposalItem& item : batch.items) items.push_back(item.key);
  }
  const std::vector<SlotNumber> slots = [&items] {
    std::vector<SlotNumber> out;
    for (const ShredItem& item : items) out.push_back(item.slot);
    return out;
  }();
  TRY(IntentReceipt receipt,
      core_.log->RecordIntent(std::move(items), lines.front(),
                              core_.WithMarks([&](Transaction& transaction) -> Status {
                                TRY_VOID(act(transaction));
                                for (std::size_t i = 1; i < lines.size(); ++i) {
                                  TRY([[maybe_unused]] const std::uint64_t index,
                                      core_.log->Append(transaction, lines[i]));
                                }
                                return Ok();
                              })));
  // What rests on these keys stops here: a drill's copy of them, and what is being read.
  core_.keeper->CallOffScratch();
  for (const SlotNumber slot : slots) core_.streams.Cancel(slot);
  auto result = core_.keeper->Shred(std::move(receipt));
  // Nothing has changed in the tree; the intent stands, and the next sweep tries again.
  if (!result.ok()) TRY_VOID(certification_.Failed(batches, result.error()));
  return result;
}

Result<DisposalId> Disposal::EndOrphan(const ShredItem& item, const Mandate& mandate) {
  const Core::Lock lock = core_.Locked();
  CHECK(mandate.approvers.size() == 2);
  TRY(const bool orphan, rows_.IsOrphan(item));
  if (!orphan) return NotFound("no such key without a row");
  TRY_VOID(core_.keeper->Whole());
  // It was closed like a sealed hold when it was found: that is not a hold, and is taken back here.
  // A start that finds it still an orphan, and no disposal of it begun, closes it again.
  if (MayBeHeld(item.type)) {
    const SlotNumber slots[] = {item.slot};
    TRY_VOID(core_.keeper->SetHold(slots, KeyKeeper::HoldBit::kNone));
  }
  TRY(const std::string name, core_.VaultPseudonym(item.object.view()));
  std::string label = std::string(EntryTypeName(item.type)) + " o:" + name;
  if (item.version != 0) label += " version " + std::to_string(item.version);
  label += ", a key without a row in the register";
  DisposalBatch batch;
  batch.row.id = core_.random->NewId<DisposalId>();
  batch.row.kind = kDisposalKind;
  batch.row.state = "shredding";
  batch.row.rule = "orphan";
  batch.row.trigger = "ENDED_BY_TWO";
  batch.row.authority = "two officers, for want of a row that a rule could judge";
  batch.row.due = core_.time->Now().low;
  batch.row.mandate = mandate.text;
  batch.row.objects = 1;
  batch.row.digest = ItemsDigest({item});
  batch.row.first_names = mandate.approvers[0];
  batch.row.second_names = mandate.approvers[1];
  batch.items.push_back({item, std::move(label)});
  LogEntry entry = core_.Entry("shred.intent");
  entry.Add("batch", batch.row.id.ToHex())
      .Add("rule", batch.row.rule)
      .Add("trigger", batch.row.trigger)
      .Add("mandate", batch.row.mandate)
      .Add("items", batch.items.size())
      .Add("items-sha256", batch.row.digest);
  if (mandate.actor) entry.Person("actor", *mandate.actor);
  const std::vector<DisposalBatch> batches = {batch};
  const auto result =
      Intend(batches, {entry}, [&]([[maybe_unused]] Transaction& transaction) -> Status {
        TRY_VOID(rows_.Insert(batch.row));
        return rows_.ReplaceItems(batch.row.id, batch.items);
      });
  if (!result.ok()) {
    // Begun, it is finished by the next sweep; not begun, it is closed as before.
    if (MayBeHeld(item.type) && !rows_.Load(batch.row.id).ok()) {
      const SlotNumber slots[] = {item.slot};
      TRY_VOID(core_.keeper->SetHold(slots, KeyKeeper::HoldBit::kSealedHold));
    }
    return result.error();
  }
  const Status finished = Finish(batches, result.value());
  if (!finished.ok()) TRY_VOID(certification_.Failed(batches, finished.error()));
  return batch.row.id;
}

Status Disposal::Remake(std::vector<RemakeOrder> orders, const LogEntry& entry,
                        const AuditLog::Act& act) {
  const Core::Lock lock = core_.Locked();
  DisposalBatch batch;
  batch.row.id = core_.random->NewId<DisposalId>();
  batch.row.kind = kRemakeKind;
  batch.row.state = "shredding";
  batch.row.rule = "re-make";
  batch.row.due = core_.time->Now().low;
  batch.row.mandate = "re-make";
  for (const RemakeOrder& order : orders) {
    batch.items.push_back({{order.old_slot(), order.type(), order.object(), 0}, ""});
  }
  batch.row.objects = batch.items.size();
  batch.row.digest = ItemsDigest(KeysOf(batch.items));
  const std::vector<DisposalBatch> batches = {batch};
  TRY(const EpochResult result, Intend(batches, {entry}, [&](Transaction& transaction) -> Status {
        TRY_VOID(act(transaction));
        TRY_VOID(rows_.Insert(batch.row));
        return rows_.ReplaceItems(batch.row.id, batch.items);
      }));
  const Status finished = Finish(batches, result);
  if (!finished.ok()) return certification_.Failed(batches, finished.error());
  return Ok();
}

Status Disposal::Finish(std::vector<DisposalBatch> batches, const EpochResult& result) {
  std::set<SlotNumber> held;
  for (const ShredItem& item : result.held) held.insert(item.slot);
  std::vector<LogEntry> lines;
  std::vector<std::vector<DisposalItem>> kept(batches.size());
  for (std::size_t i = 0; i < batches.size(); ++i) {
    DisposalBatch& batch = batches[i];
    const auto taken_out = std::stable_partition(
        batch.items.begin(), batch.items.end(),
        [&](const DisposalItem& item) { return !held.contains(item.key.slot); });
    kept[i].assign(taken_out, batch.items.end());
    batch.items.erase(taken_out, batch.items.end());
    batch.row.state = "tidying";
    batch.row.done = core_.time->Now().low;
    batch.row.epoch = result.epoch;
    batch.row.objects = batch.items.size();
    batch.row.held_back += kept[i].size();
    batch.row.copies = CopiesLine(CopiesOf(result, core_.keeper->copies()));
    LogEntry entry = core_.Entry("shred.done");
    entry.Add("batch", batch.row.id.ToHex())
        .Add("epoch", result.epoch)
        .Add("items", batch.items.size());
    lines.push_back(std::move(entry));
  }
  TRY_VOID(
      certification_.RecordAll(lines, [&]([[maybe_unused]] Transaction& transaction) -> Status {
        for (std::size_t i = 0; i < batches.size(); ++i) {
          const DisposalBatch& batch = batches[i];
          if (batch.row.kind == kDisposalKind) {
            for (const DisposalItem& item : batch.items) {
              TRY_VOID(certification_.leftovers().Expect(batch.row.id, item.key));
              TRY_VOID(rows_.MarkDestroyed(batch.row.id, item.key));
            }
            for (const DisposalItem& item : kept[i]) TRY_VOID(rows_.MarkLive(item.key));
          }
          TRY_VOID(rows_.ReplaceItems(batch.row.id, batch.items));
          TRY_VOID(rows_.Update(batch.row));
        }
        return Ok();
      }));
  certification_.leftovers().NoteLog();
  for (const DisposalBatch& batch : batches) {
    for (const DisposalItem& item : batch.items) forget_(item.key);
  }
  return certification_.Certify(std::move(batches));
}

Status Disposal::ResumeTogether(const std::vector<DisposalBatch>& batches) {
  std::vector<LogEntry> lines;
  for (const DisposalBatch& batch : batches) {
    LogEntry entry = core_.Entry("shred.resumed");
    entry.Add("batch", batch.row.id.ToHex()).Add("items", batch.items.size());
    lines.push_back(std::move(entry));
  }
  // Keys that are gone already are reported as gone; only live ones take another epoch.
  TRY(const EpochResult result,
      Intend(batches, lines, [](Transaction&) -> Status { return Ok(); }));
  return Finish(batches, result);
}

Status Disposal::Resume() {
  const Core::Lock lock = core_.Locked();
  TRY(const std::vector<DisposalBatch> open, certification_.InState("shredding"));
  if (!open.empty()) {
    Status resumed = ResumeTogether(open);
    if (resumed.ok()) {
      Log(LogLevel::kWarning, "an interrupted disposal was finished");
    } else if (open.size() > 1) {
      // One batch that cannot be finished does not hold up the others.
      for (const DisposalBatch& batch : open) {
        TRY(const DisposalRow now, rows_.Load(batch.row.id));
        if (now.state != "shredding") continue;
        resumed = ResumeTogether({batch});
        if (!resumed.ok()) LogError("an interrupted disposal is not finished", resumed.error());
      }
    }
  }
  TRY(const std::vector<DisposalBatch> owed, certification_.InState("tidying"));
  if (!owed.empty()) {
    const Status certified = certification_.Certify(owed);
    if (!certified.ok()) TRY_VOID(certification_.Failed(owed, certified.error()));
  }
  TRY_VOID(certification_.FinishProvisional());
  TRY_VOID(certification_.FinishLeftovers());
  return certification_.UnlinkBlobs();
}

Result<std::vector<DisposalView>> Disposal::List() {
  const Core::Lock lock = core_.Locked();
  std::vector<DisposalView> out;
  auto query = core_.database->Prepare(
      "SELECT id, state, rule, trigger, authority, due, done, objects, certificate IS NOT NULL, "
      "(first_names IS NOT NULL) + (second_names IS NOT NULL), failures FROM disposal "
      "WHERE kind = 'disposal' ORDER BY state = 'done' DESC, coalesce(done, due) DESC, "
      "sequence DESC");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return out;
    DisposalView view;
    view.id = query.IdAt<DisposalId>(0);
    view.state = query.Text(1);
    view.rule = query.Text(2);
    view.trigger = query.Text(3);
    view.authority = query.Text(4);
    view.due = query.Int(5);
    if (!query.IsNull(6)) view.done = query.Int(6);
    view.objects = static_cast<std::uint64_t>(query.Int(7));
    view.certificate = query.Int(8) != 0;
    view.approvals = query.U32(9);
    view.failures = query.U32(10);
    out.push_back(std::move(view));
  }
}

Result<std::string> Disposal::Certificate(const DisposalId& id) {
  const Core::Lock lock = core_.Locked();
  TRY(const DisposalRow row, rows_.Load(id));
  if (row.kind != kDisposalKind) return NotFound("no such disposal");
  if (row.certificate.empty()) return Conflict("nothing was destroyed under this number yet");
  // The entry is found by its digest: no table holds a log index beside an object.
  const std::string wanted =
      std::string(kTextDigestField) + " " + CertificateDigest(row.certificate);
  const auto prove = [&](AuditLog& log, std::uint64_t index) -> Result<std::string> {
    TRY(const std::string entry, log.EntryText(index));
    TRY(const std::string proof, log.Proof(index));
    return AssembleCertificate(row.certificate, entry, proof);
  };
  TRY(const std::optional<std::uint64_t> index, core_.log->FindLine(wanted));
  if (index) return prove(*core_.log, *index);
  // Written before a restore began the log anew: it is proved by the log that holds it, under the
  // name that log had.
  TRY(const std::vector<AuditLog::PastLog> logs, AuditLog::ListPast(*core_.database));
  for (auto past = logs.rbegin(); past != logs.rend(); ++past) {
    TRY(const auto log, AuditLog::OpenPast(*core_.database, *past, *core_.signer));
    TRY(const std::optional<std::uint64_t> found, log->FindLine(wanted));
    if (found) return prove(*log, *found);
  }
  return Corrupt("no log holds an entry for this certificate");
}

}  // namespace vault
