#include "vault/disposal.h"

#include <algorithm>
#include <set>

#include "vault/audit/certificate_file.h"
#include "vault/base/log.h"
#include "vault/hold_rows.h"

namespace vault {
namespace {

constexpr std::string_view kDisposalKind = "disposal";
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

std::string_view ClockWords(TimeKeeper::Source source) {
  switch (source) {
    case TimeKeeper::Source::kPerson:
      return "date confirmed by a person";
    case TimeKeeper::Source::kSystem:
      return "the system's clock, trusted by configuration";
    case TimeKeeper::Source::kNone:
      break;
  }
  return "no date was confirmed when this was written; it ended by an event, whatever the clock";
}

// CopiesOf tells the copies of an epoch apart, the primary first. One that must follow and was lost
// on the way has still to erase; of the others that did not, none ever will.
std::vector<CopyFacts> CopiesOf(const EpochResult& result, const std::vector<CopyRow>& rows) {
  std::vector<CopyFacts> copies;
  for (const CopyOutcome& copy : result.copies) {
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const CopyRow& one) { return CopyName(one) == copy.name; });
    CHECK(row != rows.end());
    CopyState state =
        row->state == CopyStanding::kStandby ? CopyState::kUnreachable : CopyState::kEvicted;
    if (copy.erased) state = CopyState::kErased;
    copies.push_back({state, copy.cell_classes, row->number});
  }
  return copies;
}

// LineOf finds what an earlier text of a certificate said under a name.
std::string LineOf(std::string_view text, std::string_view name) {
  const std::string begin = "\n" + std::string(name) + ": ";
  const std::size_t at = text.find(begin);
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + begin.size();
  return std::string(text.substr(from, text.find('\n', from) - from));
}

std::size_t ErasedOf(const std::vector<CopyFacts>& copies) {
  return static_cast<std::size_t>(
      std::count_if(copies.begin(), copies.end(),
                    [](const CopyFacts& copy) { return copy.state == CopyState::kErased; }));
}

// CaughtUp brings the copies of a destruction to what has become of them: one that was not reached
// has erased by now, or was given up.
bool CaughtUp(std::vector<CopyFacts>& copies, const std::vector<CopyRow>& rows, bool whole) {
  bool changed = false;
  for (CopyFacts& copy : copies) {
    if (copy.state != CopyState::kUnreachable) continue;
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const CopyRow& one) { return one.number == copy.number; });
    const bool known = row != rows.end();
    if (known && row->state == CopyStanding::kStandby && !whole) continue;
    // A copy that follows was read back from its device and had its old secret overwritten when it
    // was attached again; so had one that took over, when it was opened.
    const bool follows =
        known && (row->state == CopyStanding::kStandby || row->state == CopyStanding::kPrimary);
    copy.state = follows ? CopyState::kErased : CopyState::kEvicted;
    if (follows) copy.cell_classes = row->cell_classes;
    changed = true;
  }
  return changed;
}

}  // namespace

Result<std::optional<Disposal::Batch>> Disposal::Prepare(DisposalGroup group,
                                                         DisposalOutcome& outcome) {
  Batch batch;
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
  if (batch.items.empty()) return std::optional<Batch>();
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
  return std::optional<Batch>(std::move(batch));
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
  std::vector<Batch> batches;
  std::vector<LogEntry> lines;
  std::set<DisposalId> stored;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::optional<std::string> actor = groups[i].mandate.actor;
    const bool is_stored = groups[i].stored.has_value();
    TRY(std::optional<Batch> batch, Prepare(std::move(groups[i]), outcomes[i]));
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
        for (const Batch& batch : batches) {
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
  if (!finished.ok()) TRY_VOID(Failed(batches, finished.error()));
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

Result<EpochResult> Disposal::Intend(const std::vector<Batch>& batches,
                                     const std::vector<LogEntry>& lines, const AuditLog::Act& act) {
  // Without its standby nothing is destroyed, so nothing is begun.
  TRY_VOID(core_.keeper->Whole());
  std::vector<ShredItem> items;
  for (const Batch& batch : batches) {
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
  for (const SlotNumber slot : slots) core_.streams.Cancel(slot);
  auto result = core_.keeper->Shred(std::move(receipt));
  // Nothing has changed in the tree; the intent stands, and the next sweep tries again.
  if (!result.ok()) TRY_VOID(Failed(batches, result.error()));
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
  Batch batch;
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
  const std::vector<Batch> batches = {batch};
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
  if (!finished.ok()) TRY_VOID(Failed(batches, finished.error()));
  return batch.row.id;
}

Status Disposal::Remake(std::vector<RemakeOrder> orders, const LogEntry& entry,
                        const AuditLog::Act& act) {
  const Core::Lock lock = core_.Locked();
  Batch batch;
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
  const std::vector<Batch> batches = {batch};
  TRY(const EpochResult result, Intend(batches, {entry}, [&](Transaction& transaction) -> Status {
        TRY_VOID(act(transaction));
        TRY_VOID(rows_.Insert(batch.row));
        return rows_.ReplaceItems(batch.row.id, batch.items);
      }));
  const Status finished = Finish(batches, result);
  if (!finished.ok()) return Failed(batches, finished.error());
  return Ok();
}

Status Disposal::RecordAll(const std::vector<LogEntry>& lines, const AuditLog::Act& act) {
  return core_.Record(lines.front(), [&](Transaction& transaction) -> Status {
    TRY_VOID(act(transaction));
    for (std::size_t i = 1; i < lines.size(); ++i) {
      TRY([[maybe_unused]] const std::uint64_t index, core_.log->Append(transaction, lines[i]));
    }
    return Ok();
  });
}

Status Disposal::Finish(std::vector<Batch> batches, const EpochResult& result) {
  std::set<SlotNumber> held;
  for (const ShredItem& item : result.held) held.insert(item.slot);
  std::vector<LogEntry> lines;
  std::vector<std::vector<DisposalItem>> kept(batches.size());
  for (std::size_t i = 0; i < batches.size(); ++i) {
    Batch& batch = batches[i];
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
  TRY_VOID(RecordAll(lines, [&]([[maybe_unused]] Transaction& transaction) -> Status {
    for (std::size_t i = 0; i < batches.size(); ++i) {
      const Batch& batch = batches[i];
      if (batch.row.kind == kDisposalKind) {
        for (const DisposalItem& item : batch.items) {
          TRY_VOID(leftovers_.Expect(batch.row.id, item.key));
          TRY_VOID(rows_.MarkDestroyed(batch.row.id, item.key));
        }
        for (const DisposalItem& item : kept[i]) TRY_VOID(rows_.MarkLive(item.key));
      }
      TRY_VOID(rows_.ReplaceItems(batch.row.id, batch.items));
      TRY_VOID(rows_.Update(batch.row));
    }
    return Ok();
  }));
  leftovers_.NoteLog();
  for (const Batch& batch : batches) {
    for (const DisposalItem& item : batch.items) forget_(item.key);
  }
  return Certify(std::move(batches));
}

// What a destruction leaves in the register is read from the device, not from our memory of it.
Status Disposal::ReadBack(const std::vector<Batch>& batches) {
  TRY_VOID(core_.database->TruncateLog());
  const bool any = std::any_of(batches.begin(), batches.end(),
                               [](const Batch& batch) { return batch.row.kind == kDisposalKind; });
  if (!any) return Ok();
  TRY(const std::unique_ptr<Database> device,
      core_.database->OpenPastCache(core_.keeper->RegisterDatabaseKey()));
  for (const Batch& batch : batches) {
    if (batch.row.kind != kDisposalKind) continue;
    for (const DisposalItem& item : batch.items) {
      TRY(const bool purged, DisposalRows::IsPurged(*device, item.key));
      if (!purged) return Corrupt("the register on the disk still holds what was destroyed");
    }
  }
  return Ok();
}

Result<std::string> Disposal::TextOf(const Batch& batch) {
  CertificateFacts facts;
  facts.batch = batch.row.id;
  facts.store = core_.keeper->store().ToHex();
  facts.rule = batch.row.rule;
  facts.trigger = batch.row.trigger;
  facts.authority = batch.row.authority;
  facts.mandate = batch.row.mandate;
  for (const std::string& name : {batch.row.first_names, batch.row.second_names}) {
    if (!name.empty()) facts.approvers.push_back(name);
  }
  facts.due = batch.row.due;
  facts.done = batch.row.done.value_or(core_.time->Now().low);
  // A later text says how the date was known when it was destroyed, not when it was written anew.
  facts.clock = LineOf(batch.row.certificate, "clock");
  if (facts.clock.empty()) facts.clock = ClockWords(core_.time->source());
  facts.completed = batch.row.completed;
  TRY(facts.search, ReadSearch(batch.row.search));
  if (!batch.row.certificate.empty()) facts.replaces = CertificateDigest(batch.row.certificate);
  facts.epoch = batch.row.epoch;
  TRY(facts.copies, ReadCopies(batch.row.copies));
  facts.held_back = batch.row.held_back;
  Statement channel =
      core_.database->Prepare("SELECT channel FROM version WHERE document = ? AND version = ?");
  for (const DisposalItem& item : batch.items) {
    facts.objects.push_back(item.label);
    if (item.key.type != EntryType::kDocument) continue;
    TRY(const bool found, channel.Bind(item.key.object, item.key.version).Step());
    if (found) facts.channels.push_back(channel.Text(0));
  }
  return CertificateText(facts);
}

// What the destroyed keys had sealed is looked for once more where no row shows it.
Status Disposal::SearchLeftovers(std::vector<Batch>& batches, std::vector<LogEntry>& lines) {
  std::vector<DisposalId> wanted;
  for (const Batch& batch : batches) {
    // A rewritten text is of a search that was made.
    if (batch.row.search.empty()) wanted.push_back(batch.row.id);
  }
  TRY(const auto found, leftovers_.Search(wanted));
  for (Batch& batch : batches) {
    const auto facts = found.find(batch.row.id);
    if (facts == found.end()) continue;
    batch.row.search = SearchLine(facts->second);
    batch.row.leftover = facts->second.left;
    if (batch.row.leftover == 0) continue;
    LogEntry entry = core_.Entry("incident.leftover");
    entry.Add("batch", batch.row.id.ToHex())
        .Add("values", facts->second.values)
        .Add("left", facts->second.left);
    lines.push_back(std::move(entry));
    Log(LogLevel::kError, "sealed values were found in the register after their destruction");
  }
  return Ok();
}

Status Disposal::Certify(std::vector<Batch> batches) {
  TRY_VOID(ReadBack(batches));
  std::vector<LogEntry> lines;
  TRY_VOID(SearchLeftovers(batches, lines));
  std::vector<DisposalId> nothing_left;
  for (Batch& batch : batches) {
    batch.row.failures = 0;
    batch.row.failure.clear();
    batch.row.failed.reset();
    TRY(const std::vector<CopyFacts> copies, ReadCopies(batch.row.copies));
    batch.row.state = AllErased(copies) ? "done" : "provisional";
    if (batch.row.kind != kDisposalKind) continue;
    if (batch.items.empty()) {
      // Holds took everything out: nothing was destroyed, and nothing is certified.
      nothing_left.push_back(batch.row.id);
      continue;
    }
    TRY(batch.row.certificate, TextOf(batch));
    LogEntry entry = core_.Entry(kCertificateType);
    entry.Add("batch", batch.row.id.ToHex())
        .Add("kind", AllErased(copies) ? "final" : "provisional")
        .Add(kTextDigestField, CertificateDigest(batch.row.certificate));
    lines.push_back(std::move(entry));
  }
  const auto write = [&]() -> Status {
    for (const Batch& batch : batches) {
      TRY_VOID(rows_.Update(batch.row));
      // The list of objects has done its work; the certificate keeps what may be known.
      if (batch.row.state == "done" && batch.row.leftover == 0) {
        TRY_VOID(rows_.DropItems(batch.row.id));
      }
    }
    for (const DisposalId& id : nothing_left) TRY_VOID(rows_.Delete(id));
    return Ok();
  };
  if (lines.empty()) {
    TRY(Transaction transaction, Transaction::Begin(*core_.database));
    TRY_VOID(write());
    transaction.Commit();
  } else {
    TRY_VOID(RecordAll(lines, [&]([[maybe_unused]] Transaction& transaction) { return write(); }));
  }
  for (const Batch& batch : batches) {
    if (batch.row.leftover == 0) leftovers_.Forget(batch.row.id);
  }
  TRY_VOID(UnlinkBlobs());
  TRY_VOID(core_.database->TruncateLog());
  return core_.database->IncrementalVacuum();
}

// A certificate is final once the last copy has erased, and never before it was read back there.
Status Disposal::FinishProvisional() {
  TRY(std::vector<Batch> batches, InState("provisional"));
  if (batches.empty()) return Ok();
  const std::vector<CopyRow> rows = core_.keeper->copies();
  const bool whole = core_.keeper->Whole().ok();
  std::vector<Batch> changed;
  for (Batch& batch : batches) {
    TRY(std::vector<CopyFacts> copies, ReadCopies(batch.row.copies));
    const std::size_t erased_before = ErasedOf(copies);
    if (!CaughtUp(copies, rows, whole)) continue;
    batch.row.copies = CopiesLine(copies);
    // Of one that was given up nothing was erased.
    if (ErasedOf(copies) != erased_before) batch.row.completed = core_.time->Now().low;
    changed.push_back(std::move(batch));
  }
  if (changed.empty()) return Ok();
  const Status certified = Certify(changed);
  return certified.ok() ? certified : Failed(changed, certified.error());
}

// Where something was found the file is made anew, and searched again while it is still remembered
// what for.
Status Disposal::FinishLeftovers() {
  std::vector<Batch> batches;
  std::vector<DisposalId> ids;
  {
    TRY(std::vector<DisposalRow> rows, rows_.WithLeftovers());
    for (DisposalRow& row : rows) {
      TRY(std::vector<DisposalItem> items, rows_.Items(row.id));
      ids.push_back(row.id);
      batches.push_back({std::move(row), std::move(items)});
    }
  }
  if (batches.empty()) return Ok();
  const auto rewrite = [&]() -> Status {
    TRY_VOID(leftovers_.Rewrite());
    TRY(const auto found, leftovers_.Search(ids));
    for (Batch& batch : batches) {
      TRY(std::optional<SearchFacts> facts, ReadSearch(batch.row.search));
      if (!facts) return Corrupt("what a search came to cannot be read");
      const auto again = found.find(batch.row.id);
      // Nothing but rows is written into a new file, and the rows were read back.
      facts->left = again == found.end() ? 0 : again->second.left;
      if (facts->left != 0)
        return Corrupt("the register's new file still holds what was destroyed");
      facts->rewritten = core_.time->Now().low;
      batch.row.search = SearchLine(*facts);
      batch.row.leftover = 0;
    }
    return Certify(batches);
  };
  const Status rewritten = rewrite();
  return rewritten.ok() ? rewritten : Failed(batches, rewritten.error());
}

// A blob that cannot be unlinked is ciphertext without a key. It does not undo the destruction; it
// stays on the list, in debt, until it is gone.
Status Disposal::UnlinkBlobs() {
  std::vector<BlobName> blobs;
  {
    auto query = core_.database->Prepare("SELECT blob FROM blob_debt ORDER BY since");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      blobs.push_back(query.IdAt<BlobName>(0));
    }
  }
  if (blobs.empty()) return Ok();
  const std::vector<BlobName> left = core_.blobs->RemoveMany(blobs);
  const std::set<BlobName> failed(left.begin(), left.end());
  TRY(Transaction transaction, Transaction::Begin(*core_.database));
  Statement drop = core_.database->Prepare("DELETE FROM blob_debt WHERE blob = ?");
  Statement count =
      core_.database->Prepare("UPDATE blob_debt SET attempts = attempts + 1 WHERE blob = ?");
  for (const BlobName& blob : blobs) {
    TRY_VOID((failed.contains(blob) ? count : drop).Bind(blob).Run());
  }
  transaction.Commit();
  if (!failed.empty()) {
    Log(LogLevel::kWarning, std::to_string(failed.size()) +
                                " files of destroyed documents could not be unlinked; the next "
                                "sweep tries again");
  }
  return Ok();
}

Status Disposal::Failed(const std::vector<Batch>& batches, const Error& error) {
  LogError("a disposal failed and stays in debt", error);
  const UnixSeconds now = core_.time->Now().low;
  std::vector<LogEntry> incidents;
  std::vector<DisposalRow> rows;
  for (const Batch& batch : batches) {
    TRY(DisposalRow row, rows_.Load(batch.row.id));
    row.failures += 1;
    row.failure = ErrcName(error.code);
    if (!row.failed) {
      row.failed = now;
      row.reminders = 0;
    }
    const bool often = row.failures == kIncidentAfter;
    const bool long_ago = now - *row.failed >= kIncidentEvery * (row.reminders + 1);
    if (often || long_ago) {
      if (long_ago) row.reminders += 1;
      LogEntry entry = core_.Entry("incident.disposal");
      entry.Add("batch", row.id.ToHex())
          .Add("state", row.state)
          .Add("failures", row.failures)
          .Add("kind", row.failure);
      incidents.push_back(std::move(entry));
    }
    rows.push_back(std::move(row));
  }
  const auto write = [&]() -> Status {
    for (const DisposalRow& row : rows) TRY_VOID(rows_.Update(row));
    return Ok();
  };
  if (!incidents.empty()) {
    return RecordAll(incidents, [&]([[maybe_unused]] Transaction& transaction) { return write(); });
  }
  TRY(Transaction transaction, Transaction::Begin(*core_.database));
  TRY_VOID(write());
  transaction.Commit();
  return Ok();
}

Result<std::vector<Disposal::Batch>> Disposal::InState(std::string_view state) {
  std::vector<Batch> batches;
  TRY(std::vector<DisposalRow> rows, rows_.InState(state));
  for (DisposalRow& row : rows) {
    TRY(std::vector<DisposalItem> items, rows_.Items(row.id));
    batches.push_back({std::move(row), std::move(items)});
  }
  return batches;
}

Status Disposal::ResumeTogether(const std::vector<Batch>& batches) {
  std::vector<LogEntry> lines;
  for (const Batch& batch : batches) {
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
  TRY(const std::vector<Batch> open, InState("shredding"));
  if (!open.empty()) {
    Status resumed = ResumeTogether(open);
    if (resumed.ok()) {
      Log(LogLevel::kWarning, "an interrupted disposal was finished");
    } else if (open.size() > 1) {
      // One batch that cannot be finished does not hold up the others.
      for (const Batch& batch : open) {
        TRY(const DisposalRow now, rows_.Load(batch.row.id));
        if (now.state != "shredding") continue;
        resumed = ResumeTogether({batch});
        if (!resumed.ok()) LogError("an interrupted disposal is not finished", resumed.error());
      }
    }
  }
  TRY(const std::vector<Batch> owed, InState("tidying"));
  if (!owed.empty()) {
    const Status certified = Certify(owed);
    if (!certified.ok()) TRY_VOID(Failed(owed, certified.error()));
  }
  TRY_VOID(FinishProvisional());
  TRY_VOID(FinishLeftovers());
  return UnlinkBlobs();
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
