#include "vault/disposal.h"

#include <algorithm>
#include <map>

#include "vault/audit/certificate_file.h"
#include "vault/base/log.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/certificate.h"
#include "vault/crypto/bulk.h"
#include "vault/hold_rows.h"

namespace vault {
namespace {

constexpr std::string_view kDisposalKind = "disposal";
constexpr std::string_view kRemakeKind = "remake";

// ItemsDigest names exactly these keys in the log without listing them.
std::string ItemsDigest(const std::vector<ShredItem>& items) {
  WireWriter writer;
  for (const ShredItem& item : items) {
    writer.U32(item.slot).U8(static_cast<std::uint8_t>(item.type)).Raw(item.object.view());
    writer.U32(item.version);
  }
  return EncodeHex(Sha256(writer.bytes()));
}

ShredItem ItemOf(const RetentionFacts& facts) {
  return {facts.slot, facts.type, facts.object, facts.version};
}

// Describe says for the certificate what a key was for, without naming a person.
Result<std::string> Describe(Core& core, const ShredItem& item) {
  switch (item.type) {
    case EntryType::kLoan: {
      auto query = core.database
                       ->Prepare(
                           "SELECT loan.kind, loan.matter, compartment.kind, "
                           "compartment.agency FROM loan JOIN compartment "
                           "ON compartment.party = loan.party WHERE loan.id = ?")
                       .Bind(item.object);
      TRY(const bool found, query.Step());
      if (!found) return NotFound("no such loan");
      TRY(const std::string name, core.Pseudonym(query.IdAt<MatterId>(1), item.object.view()));
      const std::string agency = query.Text(3);
      return query.Text(0) + " loan o:" + name + " to " +
             (agency.empty() ? query.Text(2) : "agency " + agency);
    }
    case EntryType::kDocument: {
      auto query = core.database->Prepare("SELECT class, matter, owner FROM document WHERE id = ?")
                       .Bind(item.object);
      TRY(const bool found, query.Step());
      if (!found) return NotFound("no such document");
      TRY(const std::string name, core.Pseudonym(query.IdAt<MatterId>(1), item.object.view()));
      return "document o:" + name + " version " + std::to_string(item.version) + " class " +
             query.Text(0) + " of agency " + query.Text(2);
    }
    case EntryType::kShare: {
      auto query =
          core.database->Prepare("SELECT matter FROM share WHERE id = ?").Bind(item.object);
      TRY(const bool found, query.Step());
      if (!found) return NotFound("no such link");
      TRY(const std::string name, core.Pseudonym(query.IdAt<MatterId>(0), item.object.view()));
      return "link o:" + name;
    }
    default: {
      TRY(const std::string name, core.VaultPseudonym(item.object.view()));
      return "key o:" + name;
    }
  }
}

// MarkShredding freezes the object's row: from this commit on it is not opened.
Status MarkShredding(Database& database, const ShredItem& item) {
  switch (item.type) {
    case EntryType::kLoan:
      return database.Prepare("UPDATE loan SET state = 'shredding' WHERE id = ?")
          .Bind(item.object)
          .Run();
    case EntryType::kDocument:
      return database
          .Prepare("UPDATE version SET state = 'shredding' WHERE document = ? AND version = ?")
          .Bind(item.object, item.version)
          .Run();
    case EntryType::kShare:
      return database.Prepare("UPDATE share SET state = 'shredding' WHERE id = ?")
          .Bind(item.object)
          .Run();
    default:
      return Ok();
  }
}

// MarkLive undoes MarkShredding for what a hold took out of the batch.
Status MarkLive(Database& database, const ShredItem& item) {
  if (item.type != EntryType::kDocument) return Ok();
  return database.Prepare("UPDATE version SET state = 'live' WHERE document = ? AND version = ?")
      .Bind(item.object, item.version)
      .Run();
}

// MarkDestroyed nulls every column that the destroyed key sealed.
Status MarkDestroyed(Database& database, const ShredItem& item) {
  switch (item.type) {
    case EntryType::kLoan:
      TRY_VOID(
          database.Prepare("UPDATE loan SET state = 'ended' WHERE id = ?").Bind(item.object).Run());
      return database.Prepare("UPDATE loan_box SET state = 'ended', box = NULL WHERE loan = ?")
          .Bind(item.object)
          .Run();
    case EntryType::kDocument:
      TRY_VOID(database
                   .Prepare("UPDATE version SET state = 'destroyed', name = NULL, "
                            "findings = NULL WHERE document = ? AND version = ?")
                   .Bind(item.object, item.version)
                   .Run());
      TRY_VOID(database.Prepare("DELETE FROM object_box WHERE object = ? AND version = ?")
                   .Bind(item.object, item.version)
                   .Run());
      TRY_VOID(database
                   .Prepare("UPDATE loan_box SET state = 'ended', box = NULL "
                            "WHERE object = ? AND version = ?")
                   .Bind(item.object, item.version)
                   .Run());
      return database
          .Prepare(
              "UPDATE document SET state = 'destroyed' WHERE id = ?1 AND NOT EXISTS("
              "SELECT 1 FROM version WHERE document = ?1 AND state != 'destroyed')")
          .Bind(item.object)
          .Run();
    case EntryType::kShare:
      return database
          .Prepare(
              "UPDATE share SET state = 'ended', tag = NULL, box = NULL, recipient = NULL, "
              "contents = NULL WHERE id = ?")
          .Bind(item.object)
          .Run();
    default:
      return Ok();
  }
}

}  // namespace

struct Disposal::Batch {
  std::string kind;
  std::string rule;
  std::string trigger;
  std::string authority;
  std::string mandate;
  UnixSeconds due = 0;
};

Result<DisposalOutcome> Disposal::Dispose(std::vector<DisposalOrder> orders,
                                          const Mandate& mandate) {
  const Core::Lock lock = core_.Locked();
  DisposalOutcome outcome;
  std::vector<ShredItem> items;
  std::vector<std::string> labels;
  for (const DisposalOrder& order : orders) {
    const RetentionFacts& facts = order.object();
    // A hold keeps information, not access: it never keeps a loan or a link.
    const bool may_hold = facts.type != EntryType::kLoan && facts.type != EntryType::kShare &&
                          facts.type != EntryType::kPerson;
    TRY(const SlotEntry entry, core_.keeper->Look(facts.slot));
    TRY(const bool held_by_row, IsHeld(core_, facts.type, facts.object));
    if (may_hold && (held_by_row || (entry.flags & kFlagHold) != 0)) {
      outcome.blocked.push_back({facts, order.verdict()});
      continue;
    }
    items.push_back(ItemOf(facts));
    TRY(std::string label, Describe(core_, items.back()));
    labels.push_back(std::move(label));
    outcome.destroyed.push_back({facts, order.verdict()});
  }
  if (items.empty()) return outcome;
  const RetentionVerdict& verdict = outcome.destroyed.front().verdict;
  const auto id = core_.random->NewId<DisposalId>();
  const UnixSeconds due = verdict.due.value_or(core_.time->Now().low);
  LogEntry entry = core_.Entry("shred.intent");
  entry.Add("batch", id.ToHex())
      .Add("rule", verdict.rule)
      .Add("trigger", verdict.trigger)
      .Add("mandate", mandate.text)
      .Add("items", items.size())
      .Add("items-sha256", ItemsDigest(items));
  if (mandate.actor) entry.Person("actor", *mandate.actor);
  TRY(IntentReceipt receipt,
      core_.log->RecordIntent(
          items, entry, core_.WithMarks([&](Transaction& transaction) -> Status {
            Database& database = transaction.database();
            TRY_VOID(database
                         .Prepare("INSERT INTO disposal(id, sequence, kind, state, rule, trigger, "
                                  "authority, due, objects, mandate) VALUES(?, (SELECT "
                                  "coalesce(max(sequence), 0) + 1 FROM disposal), ?, 'shredding', "
                                  "?, ?, ?, ?, ?, ?)")
                         .Bind(id, kDisposalKind, verdict.rule, verdict.trigger, verdict.authority,
                               due, items.size(), mandate.text)
                         .Run());
            for (std::size_t i = 0; i < items.size(); ++i) {
              TRY_VOID(MarkShredding(database, items[i]));
              TRY_VOID(database
                           .Prepare("INSERT INTO disposal_item(disposal, slot, type, object, "
                                    "version, label) VALUES(?, ?, ?, ?, ?, ?)")
                           .Bind(id, items[i].slot, static_cast<std::int64_t>(items[i].type),
                                 items[i].object, items[i].version, labels[i])
                           .Run());
            }
            return Ok();
          })));
  for (const ShredItem& item : items) core_.streams.Cancel(item.slot);
  TRY(const EpochResult result, core_.keeper->Shred(std::move(receipt)));
  TRY_VOID(Finish(id, result));
  outcome.batch = id;
  // What a hold took out at the very commit is reported as blocked.
  for (const ShredItem& held : result.held) {
    const auto it =
        std::find_if(outcome.destroyed.begin(), outcome.destroyed.end(),
                     [&](const DisposedItem& item) { return item.object.slot == held.slot; });
    if (it == outcome.destroyed.end()) continue;
    outcome.blocked.push_back(std::move(*it));
    outcome.destroyed.erase(it);
  }
  return outcome;
}

Status Disposal::Remake(std::vector<RemakeOrder> orders, const LogEntry& entry,
                        const AuditLog::Act& act) {
  const Core::Lock lock = core_.Locked();
  std::vector<ShredItem> items;
  items.reserve(orders.size());
  for (const RemakeOrder& order : orders) {
    items.push_back({order.old_slot(), order.type(), order.object(), 0});
  }
  const auto id = core_.random->NewId<DisposalId>();
  TRY(IntentReceipt receipt,
      core_.log->RecordIntent(
          items, entry, core_.WithMarks([&](Transaction& transaction) -> Status {
            TRY_VOID(act(transaction));
            Database& database = transaction.database();
            TRY_VOID(database
                         .Prepare("INSERT INTO disposal(id, sequence, kind, state, rule, trigger, "
                                  "authority, due, objects, mandate) VALUES(?, (SELECT "
                                  "coalesce(max(sequence), 0) + 1 FROM disposal), ?, 'shredding', "
                                  "'re-make', '', '', ?, ?, 're-make')")
                         .Bind(id, kRemakeKind, core_.time->Now().low, items.size())
                         .Run());
            for (const ShredItem& item : items) {
              TRY_VOID(database
                           .Prepare("INSERT INTO disposal_item(disposal, slot, type, object, "
                                    "version, label) VALUES(?, ?, ?, ?, ?, '')")
                           .Bind(id, item.slot, static_cast<std::int64_t>(item.type), item.object,
                                 item.version)
                           .Run());
            }
            return Ok();
          })));
  for (const ShredItem& item : items) core_.streams.Cancel(item.slot);
  TRY(const EpochResult result, core_.keeper->Shred(std::move(receipt)));
  return Finish(id, result);
}

Result<std::vector<ShredItem>> Disposal::Items(const DisposalId& id) {
  std::vector<ShredItem> items;
  auto query = core_.database
                   ->Prepare(
                       "SELECT slot, type, object, version FROM disposal_item "
                       "WHERE disposal = ? ORDER BY slot")
                   .Bind(id);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return items;
    items.push_back({query.U32(0), static_cast<EntryType>(query.Int(1)), query.IdAt<ObjectId>(2),
                     query.U32(3)});
  }
}

Result<Disposal::Batch> Disposal::LoadBatch(const DisposalId& id) {
  auto query = core_.database
                   ->Prepare(
                       "SELECT kind, rule, trigger, authority, mandate, due FROM disposal "
                       "WHERE id = ?")
                   .Bind(id);
  TRY(const bool found, query.Step());
  if (!found) return Corrupt("a batch of the disposal register is missing");
  return Batch{query.Text(0), query.Text(1), query.Text(2),
               query.Text(3), query.Text(4), query.Int(5)};
}

Status Disposal::Finish(const DisposalId& id, const EpochResult& result) {
  // No statement may be left on a row: the register's log is truncated below.
  TRY(const Batch batch, LoadBatch(id));
  const bool remake = batch.kind == kRemakeKind;
  std::vector<ShredItem> done = result.erased;
  done.insert(done.end(), result.gone.begin(), result.gone.end());

  CertificateFacts facts;
  facts.batch = id;
  facts.store = core_.keeper->store().ToHex();
  facts.rule = batch.rule;
  facts.trigger = batch.trigger;
  facts.authority = batch.authority;
  facts.mandate = batch.mandate;
  facts.due = batch.due;
  facts.done = core_.time->Now().low;
  facts.epoch = result.epoch;
  facts.cell_classes = core_.keeper->cell_classes();
  facts.clock_confirmed = core_.time->anchored();
  facts.held_back = result.held.size();
  std::vector<BlobName> blobs;
  for (const ShredItem& item : done) {
    auto label =
        core_.database->Prepare("SELECT label FROM disposal_item WHERE disposal = ? AND slot = ?")
            .Bind(id, item.slot);
    TRY(const bool has_label, label.Step());
    if (has_label) facts.objects.push_back(label.Text(0));
    if (item.type != EntryType::kDocument || remake) continue;
    auto names = core_.database
                     ->Prepare(
                         "SELECT blob, form_blob FROM version WHERE document = ? "
                         "AND version = ?")
                     .Bind(item.object, item.version);
    TRY(const bool has_names, names.Step());
    for (int column = 0; has_names && column < 2; ++column) {
      if (!names.IsNull(column)) blobs.push_back(names.IdAt<BlobName>(column));
    }
  }
  const std::string text = CertificateText(facts);
  LogEntry finished = core_.Entry("shred.done");
  finished.Add("batch", id.ToHex()).Add("epoch", result.epoch).Add("items", done.size());
  LogEntry certificate = core_.Entry(kCertificateType);
  certificate.Add("batch", id.ToHex()).Add(kTextDigestField, CertificateDigest(text));
  const bool certified = !remake && !done.empty();
  TRY_VOID(core_.Record(finished, [&](Transaction& transaction) -> Status {
    Database& database = transaction.database();
    if (!remake) {
      for (const ShredItem& item : done) TRY_VOID(MarkDestroyed(database, item));
      for (const ShredItem& item : result.held) TRY_VOID(MarkLive(database, item));
    }
    TRY_VOID(database
                 .Prepare("UPDATE disposal SET state = 'tidying', done = ?, epoch = ?, "
                          "objects = ?, certificate = ? WHERE id = ?")
                 .Bind(facts.done, result.epoch, done.size(),
                       certified ? std::optional<std::string>(text) : std::nullopt, id)
                 .Run());
    if (!certified) return Ok();
    TRY([[maybe_unused]] const std::uint64_t index, core_.log->Append(transaction, certificate));
    return Ok();
  }));
  TRY_VOID(Tidy(blobs));
  TRY(Transaction transaction, Transaction::Begin(*core_.database));
  for (const ShredItem& item : done) {
    if (item.type != EntryType::kDocument || remake) continue;
    TRY_VOID(core_.database
                 ->Prepare("UPDATE version SET blob = NULL, form_blob = NULL WHERE document = ? "
                           "AND version = ?")
                 .Bind(item.object, item.version)
                 .Run());
  }
  // The list of objects has done its work; the certificate keeps what may be known.
  TRY_VOID(core_.database->Prepare("DELETE FROM disposal_item WHERE disposal = ?").Bind(id).Run());
  TRY_VOID(
      core_.database->Prepare("UPDATE disposal SET state = 'done' WHERE id = ?").Bind(id).Run());
  transaction.Commit();
  TRY_VOID(core_.database->TruncateLog());
  return core_.database->IncrementalVacuum();
}

Status Disposal::Tidy(const std::vector<BlobName>& blobs) {
  for (const BlobName& blob : blobs) TRY_VOID(core_.blobs->Remove(blob));
  return Ok();
}

Status Disposal::Resume() {
  const Core::Lock lock = core_.Locked();
  std::vector<DisposalId> open;
  auto query = core_.database->Prepare(
      "SELECT id FROM disposal WHERE state IN ('shredding', 'tidying') "
      "ORDER BY sequence");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) break;
    open.push_back(query.IdAt<DisposalId>(0));
  }
  for (const DisposalId& id : open) {
    TRY(const std::vector<ShredItem> items, Items(id));
    LogEntry entry = core_.Entry("shred.resumed");
    entry.Add("batch", id.ToHex()).Add("items", items.size());
    TRY(IntentReceipt receipt,
        core_.log->RecordIntent(items, entry, core_.WithMarks([](Transaction&) { return Ok(); })));
    // Keys that are gone already are reported as gone; only live ones take another epoch.
    TRY(EpochResult result, core_.keeper->Shred(std::move(receipt)));
    if (result.epoch == 0) result.epoch = core_.keeper->epoch();
    TRY_VOID(Finish(id, result));
    Log(LogLevel::kWarning, "an interrupted disposal was finished at start");
  }
  return Ok();
}

Result<std::vector<DisposalView>> Disposal::List() {
  const Core::Lock lock = core_.Locked();
  std::vector<DisposalView> out;
  auto query = core_.database->Prepare(
      "SELECT id, state, rule, trigger, due, done, objects, certificate IS NOT NULL "
      "FROM disposal WHERE kind = 'disposal' "
      "ORDER BY state = 'done' DESC, coalesce(done, due) DESC, sequence DESC");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return out;
    DisposalView view;
    view.id = query.IdAt<DisposalId>(0);
    view.state = query.Text(1);
    view.rule = query.Text(2);
    view.trigger = query.Text(3);
    view.due = query.Int(4);
    if (!query.IsNull(5)) view.done = query.Int(5);
    view.objects = static_cast<std::uint64_t>(query.Int(6));
    view.certificate = query.Int(7) != 0;
    out.push_back(std::move(view));
  }
}

Result<std::string> Disposal::Certificate(const DisposalId& id) {
  const Core::Lock lock = core_.Locked();
  auto query =
      core_.database->Prepare("SELECT certificate FROM disposal WHERE id = ? AND kind = 'disposal'")
          .Bind(id);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such disposal");
  if (query.IsNull(0)) return Conflict("nothing was destroyed under this number yet");
  const std::string text = query.Text(0);
  // The entry is found by its digest: no table holds a log index beside an object.
  const std::string wanted = std::string(kTextDigestField) + " " + CertificateDigest(text) + "\n";
  auto entries = core_.database
                     ->Prepare(
                         "SELECT idx FROM log_entry WHERE instr(entry, ?) > 0 "
                         "ORDER BY idx DESC LIMIT 1")
                     .Bind(AsBytes(wanted));
  TRY(const bool logged, entries.Step());
  if (!logged) return Corrupt("the log holds no entry for this certificate");
  const auto index = static_cast<std::uint64_t>(entries.Int(0));
  TRY(const std::string entry, core_.log->EntryText(index));
  TRY(const std::string proof, core_.log->Proof(index));
  return AssembleCertificate(text, entry, proof);
}

Result<std::uint64_t> Disposal::Debt() {
  const Core::Lock lock = core_.Locked();
  auto query = core_.database->Prepare(
      "SELECT count(*) FROM disposal_item JOIN disposal ON disposal.id = disposal_item.disposal "
      "WHERE disposal.state IN ('shredding', 'tidying')");
  TRY(const bool found, query.Step());
  return found ? static_cast<std::uint64_t>(query.Int(0)) : 0;
}

}  // namespace vault
