#include "vault/reconcile.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "vault/base/log.h"
#include "vault/base/wire.h"
#include "vault/disposal_rows.h"
#include "vault/hold_rows.h"
#include "vault/people_rows.h"
#include "vault/restore_stage.h"

namespace vault {
namespace {

// A hold that was found again waits this long for somebody to look at it.
constexpr int kFoundHoldDays = 30;
constexpr std::string_view kLookBelow =
    "restored from a backup: another hold that was placed since, on the same or on something under "
    "it, cannot be told from this one. look before this one is released";

bool Holds(const SlotEntry& entry) { return (entry.flags & kFlagHold) != 0; }

// EndPerson takes a person's rows away, and what they gave: another key is theirs now, or none.
Status EndPerson(Database& database, const ObjectId& person) {
  for (const std::string_view sql :
       {"UPDATE person SET state = 'ended', lookup = NULL, email = NULL, password = NULL, "
        "mac = NULL WHERE id = ?",
        "DELETE FROM role WHERE person = ?", "DELETE FROM token WHERE person = ?",
        "DELETE FROM deputy WHERE ?1 IN (person, stands_for)",
        "DELETE FROM exclusion WHERE person = ?", "DELETE FROM mail WHERE person = ?",
        "DELETE FROM named_box WHERE person = ?",
        "UPDATE member SET state = 'ended', lockbox = NULL WHERE person = ?"}) {
    TRY_VOID(database.Prepare(sql).Bind(person).Run());
  }
  return Ok();
}

}  // namespace

Result<bool> Reconciliation::AfterRestore() {
  const auto restore = core_.Meta(kRestoreMeta);
  if (restore.ok()) return !restore.value().empty();
  if (restore.error().code != Errc::kNotFound) return restore.error();
  return false;
}

// ShredUnmade hands such keys to the disposals that are finished at every start. The layers under
// one may stand in the log of a commit that never was, or in the register that was lost: it would
// open what is taken back or ended later, or is called ended now. It gives access and holds no
// information, so nothing is lost with it.
Status Reconciliation::ShredUnmade(const Findings& findings) {
  if (findings.unmade.empty()) return Ok();
  DisposalRows rows(core_);
  DisposalRow row;
  row.id = core_.random->NewId<DisposalId>();
  row.kind = "remake";
  row.state = "shredding";
  row.rule = "re-make";
  row.mandate = "re-make";
  row.due = core_.time->Now().low;
  row.objects = findings.unmade.size();
  std::vector<DisposalItem> items;
  std::vector<ShredItem> keys;
  for (const auto& [slot, entry] : findings.unmade) {
    keys.push_back({slot, entry.type, entry.object, entry.version});
    items.push_back({keys.back(), ""});
  }
  row.digest = ItemsDigest(keys);
  TRY_VOID(rows.Insert(row));
  return rows.ReplaceItems(row.id, items);
}

// RenewNames puts a fresh look-up key in the place of one that died with somebody who ended.
Status Reconciliation::RenewNames(Transaction& transaction, SlotNumber lookup) {
  Database& database = transaction.database();
  TRY(const std::vector<PersonRow> people, LoadPeople(core_));
  TRY_VOID(database.Prepare("UPDATE person SET lookup = NULL").Bind().Run());
  for (const PersonRow& row : people) {
    PersonRow next = row;
    TRY(const std::string email, core_.OpenLabel(EmailPlace(row), row.email));
    TRY(const ByteArray<32> hash, core_.keeper->LookupHash(lookup, email));
    next.lookup = ToBytes(hash);
    TRY_VOID(UpdatePerson(database, core_, next));
  }
  return core_.SetMeta("lookup_slot", WireWriter().U32(lookup).bytes());
}

// IsCovered says whether a running hold accounts for what the tree says of a key: one on the object
// itself or on what it belongs to, and a sealed one where the key is closed. One on something
// inside a matter or under a subject does not: it never set their own keys' bits.
Result<bool> Reconciliation::IsCovered(const SlotEntry& entry) {
  std::string_view sql;
  switch (entry.type) {
    case EntryType::kMatter:
      sql =
          "SELECT 1 FROM hold WHERE state = 'running' AND sealed >= ?2 AND object = ?1 "
          "LIMIT 1";
      break;
    case EntryType::kSubject:
      sql =
          "SELECT 1 FROM hold, subject WHERE hold.state = 'running' AND hold.sealed >= ?2 AND "
          "subject.id = ?1 AND hold.object IN (subject.id, subject.matter) LIMIT 1";
      break;
    default:
      sql =
          "SELECT 1 FROM hold, document WHERE hold.state = 'running' AND hold.sealed >= ?2 AND "
          "document.id = ?1 AND hold.object IN (document.id, document.matter, document.subject) "
          "LIMIT 1";
  }
  const std::int64_t closed = (entry.flags & kFlagClosed) != 0 ? 1 : 0;
  return core_.database->Prepare(sql).Bind(entry.object, closed).Step();
}

// ReplaceHolds gives every held key without a running hold one again: its row was lost, and an
// older register never clears a bit. A matter's comes first, for it covers what is in it.
Status Reconciliation::ReplaceHolds(Transaction& transaction, const Findings& findings) {
  Database& database = transaction.database();
  struct Kind {
    EntryType type;
    std::string_view scope;
    std::string_view matter;
  };
  const Kind kinds[] = {
      {EntryType::kMatter, "matter", "SELECT id, slot FROM matter WHERE id = ?1"},
      {EntryType::kSubject, "subject",
       "SELECT matter.id, matter.slot FROM subject JOIN matter ON matter.id = subject.matter "
       "WHERE subject.id = ?1"},
      {EntryType::kDocument, "document",
       "SELECT matter.id, matter.slot FROM document JOIN matter ON matter.id = document.matter "
       "WHERE document.id = ?1"}};
  for (const Kind& kind : kinds) {
    for (const auto& [slot, entry] : findings.held) {
      if (entry.type != kind.type) continue;
      TRY(const bool known, IsCovered(entry));
      if (known) continue;
      MatterId matter;
      SlotNumber matter_slot = 0;
      {
        auto query = database.Prepare(kind.matter).Bind(entry.object);
        TRY(const bool found, query.Step());
        if (!found) continue;
        matter = query.IdAt<MatterId>(0);
        matter_slot = query.U32(1);
      }
      const auto id = core_.random->NewId<HoldId>();
      TRY(const Bytes reason,
          core_.SealLabel({matter_slot, AsObject(matter), "hold", "reason:" + id.ToHex()},
                          "found in the key tree after a restore: its own record was lost"));
      const Day today = LondonDay(core_.time->Now().low);
      const bool sealed = (entry.flags & kFlagClosed) != 0;
      HoldRow row;
      row.id = id;
      row.matter = matter;
      row.scope = kind.scope;
      row.object = entry.object;
      row.sealed = sealed;
      row.state = "running";
      row.placed = today;
      row.review = today.Plus(kFoundHoldDays);
      row.reason = reason;
      TRY_VOID(InsertHold(database, core_, row, matter_slot));
      ++outcome_->holds;
    }
  }
  return Ok();
}

// AskToReview has the holds that run looked at soon. One that was placed since the backup on the
// same or on something below lost its row, and its bit in the tree is the one that these set:
// whoever releases them has to know.
Status Reconciliation::AskToReview(Transaction& transaction) {
  Database& database = transaction.database();
  const Day soon = LondonDay(core_.time->Now().low).Plus(kFoundHoldDays);
  TRY(const std::vector<HoldRow> running, LoadHoldsIn(core_, "running"));
  for (HoldRow hold : running) {
    SlotNumber slot = 0;
    {
      // Of a matter that was destroyed since nothing is kept, and its words cannot be sealed.
      auto query = database.Prepare("SELECT slot FROM matter WHERE id = ? AND state = 'live'")
                       .Bind(hold.matter);
      TRY(const bool lives, query.Step());
      if (!lives) continue;
      slot = query.U32(0);
    }
    TRY(std::string text, OpenHoldWord(core_, hold, slot, "note", hold.note));
    if (text.ends_with(kLookBelow)) continue;
    if (!text.empty()) text += "; ";
    text += kLookBelow;
    TRY(hold.note, SealHoldWord(core_, hold, slot, "note", text));
    hold.review = std::min(hold.review, soon);
    TRY_VOID(UpdateHold(database, core_, hold));
  }
  return Ok();
}

Status Reconciliation::Apply(Transaction& transaction, const Findings& findings) {
  Database& database = transaction.database();
  if (after_restore_) {
    DisposalRows rows(core_);
    for (const NamedSlot& row : findings.dead) {
      if (row.type == EntryType::kPerson) TRY_VOID(EndPerson(database, row.object));
      TRY_VOID(rows.MarkDestroyed({}, {row.slot, row.type, row.object, row.version}));
      switch (row.type) {
        case EntryType::kDocument:
          ++outcome_->documents;
          break;
        case EntryType::kPerson:
          ++outcome_->people;
          break;
        case EntryType::kLoan:
        case EntryType::kShare:
          ++outcome_->loans;
          break;
        default:
          ++outcome_->others;
          break;
      }
    }
    // Their blobs go with the sweep of the whole store.
    TRY_VOID(database.Prepare("DELETE FROM blob_debt WHERE disposal = ?").Bind(DisposalId()).Run());
    TRY_VOID(AskToReview(transaction));
    TRY_VOID(ReplaceHolds(transaction, findings));
    outcome_->orphans = findings.orphans.size();
  }
  TRY_VOID(ShredUnmade(findings));
  // Recovered or ended since: no longer an orphan.
  std::set<SlotNumber> orphans;
  for (const auto& [slot, entry] : findings.orphans) orphans.insert(slot);
  TRY(const std::set<SlotNumber> known, Comparison(core_).KnownOrphans());
  for (const SlotNumber slot : known) {
    if (orphans.contains(slot)) continue;
    TRY_VOID(database.Prepare("DELETE FROM orphan WHERE slot = ?").Bind(slot).Run());
  }
  for (const auto& [slot, entry] : findings.orphans) {
    // One that is known keeps what was written when it was found: whether it was held before we
    // closed it.
    TRY_VOID(database
                 .Prepare("INSERT INTO orphan(slot, type, object, version, held, found_day) "
                          "VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT(slot) DO NOTHING")
                 .Bind(slot, static_cast<std::int64_t>(entry.type), entry.object, entry.version,
                       std::int64_t{Holds(entry)}, LondonDay(core_.time->Now().low).number())
                 .Run());
  }
  return Ok();
}

// Compare walks the whole tree only where it must: a row that is gone, or a hold that is lost, is
// looked for after a restore alone, and what lacks its row for want of a commit was filled since
// the counters were equal.
Result<Findings> Reconciliation::Compare(std::uint64_t inserts) {
  Comparison comparison(core_);
  if (after_restore_) return comparison.Whole(RegisterFrom::kRestore);
  TRY(std::optional<Findings> lately, comparison.Lately(inserts));
  if (lately) return *std::move(lately);
  return comparison.Whole(RegisterFrom::kHere);
}

Status Reconciliation::Run() {
  TRY(const Bytes stored, core_.Meta("inserts"));
  WireReader reader(stored);
  const std::uint64_t inserts = reader.U64();
  TRY_VOID(reader.Finish());
  if (core_.keeper->inserts() < inserts) {
    return Conflict(
        "the key tree is older than the register: an older keys.db was put back, and keys that "
        "were made since are not in it. restore with the current one");
  }
  // Asked again when a standby is back: a restore is compared once.
  const bool compared = outcome_.has_value();
  TRY(after_restore_, AfterRestore());
  if ((!after_restore_ || compared) && inserts == core_.keeper->inserts()) return CloseOrphans();
  if (after_restore_ && !compared) outcome_.emplace();

  std::optional<SlotNumber> new_lookup;
  if (after_restore_) {
    const auto fresh = [this]() -> Result<SlotNumber> {
      TRY(SlotReservation slot, core_.keeper->Reserve(ObjectId()));
      const KeyKeeper::Filling filling{
          &slot, {EntryType::kSystem, 0, 0, kNoDeadline, core_.random->NewId<ObjectId>()}};
      const SlotNumber number = slot.slot();
      TRY_VOID(core_.keeper->Fill({&filling, 1}));
      return number;
    };
    TRY(const SlotEntry pseudonyms, core_.keeper->Look(core_.pseudonym_slot));
    if (pseudonyms.type != EntryType::kSystem) {
      TRY(core_.pseudonym_slot, fresh());
    }
    TRY(const SlotEntry lookups, core_.keeper->Look(core_.lookup_slot));
    if (lookups.type != EntryType::kSystem) {
      TRY(new_lookup, fresh());
      core_.lookup_slot = *new_lookup;
    }
  }
  TRY(const Findings findings, Compare(inserts));
  // Rows first: whether a key was held before is known only until it is closed.
  LogEntry entry = core_.Entry("register.reconciled");
  entry.Add("compared", findings.compared).Add("orphans", findings.orphans.size());
  if (after_restore_) entry.Add("ended", findings.dead.size());
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) -> Status {
    TRY_VOID(Apply(transaction, findings));
    if (new_lookup) TRY_VOID(RenewNames(transaction, *new_lookup));
    return core_.SetMeta("pseudonym_slot", WireWriter().U32(core_.pseudonym_slot).bytes());
  }));
  if (!findings.orphans.empty()) Log(LogLevel::kWarning, "keys without a row were found: closed");
  if (after_restore_) TRY_VOID(CloseUnreleased());
  return CloseOrphans();
}

// CloseUnreleased sets bit1 again on the loans that the restored register calls closed: their
// release is as lost as the row of it, and what is not released is closed in the key tree, whoever
// asks it.
Status Reconciliation::CloseUnreleased() {
  std::vector<SlotNumber> slots;
  {
    auto query = core_.database->Prepare("SELECT slot FROM loan WHERE state = 'closed'");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      slots.push_back(query.U32(0));
    }
  }
  return core_.keeper->CloseLoans(slots);
}

// CloseOrphans shuts what nobody can answer for; at every start, for a crash may have come between.
// One that two people have ended is about to be destroyed, and is left as it is.
Status Reconciliation::CloseOrphans() {
  std::vector<SlotNumber> slots;
  {
    auto query = core_.database->Prepare(
        "SELECT slot, type FROM orphan WHERE slot NOT IN (SELECT disposal_item.slot FROM "
        "disposal_item JOIN disposal ON disposal.id = disposal_item.disposal WHERE "
        "disposal.state = 'shredding')");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      const auto type = static_cast<EntryType>(query.Int(1));
      // Access is never held; without its row nobody reaches it.
      if (type == EntryType::kDocument || type == EntryType::kMatter ||
          type == EntryType::kSubject) {
        slots.push_back(query.U32(0));
      }
    }
  }
  if (slots.empty()) return Ok();
  return core_.keeper->SetHold(slots, KeyKeeper::HoldBit::kSealedHold);
}

// Adopt notes which blob belongs to an orphan, for its recovery.
Status Reconciliation::Adopt(const BlobName& name, const ContainerHeader& header) {
  // What was made from a document carries no boxes: those who open the document open it. Nor does
  // what is for named readers. Of two without boxes nobody can tell which is the form; both are
  // noted, so that neither is left behind when the key is ended.
  bool form = header.boxes.empty();
  {
    auto query = core_.database
                     ->Prepare(
                         "SELECT blob IS ?2 OR form_blob IS ?2, form_blob IS NOT NULL FROM orphan "
                         "WHERE slot = ?1")
                     .Bind(header.slot, name);
    TRY(const bool orphan, query.Step());
    if (!orphan || query.Int(0) != 0) return Ok();
    form = form && query.Int(1) == 0;
  }
  const std::string_view sql = form ? "UPDATE orphan SET form_blob = ? WHERE slot = ?"
                                    : "UPDATE orphan SET blob = ? WHERE slot = ?";
  TRY(Transaction transaction, Transaction::Begin(*core_.database));
  TRY_VOID(core_.database->Prepare(sql).Bind(name, header.slot).Run());
  transaction.Commit();
  return Ok();
}

// A blob is dust only if the entry at its slot is empty, spent, or of another id or version; a
// missing row says nothing.
Status Reconciliation::SweepDust() {
  TRY(const std::vector<BlobName> fresh, core_.blobs->ListNew());
  std::vector<BlobName> names = fresh;
  if (after_restore_) {
    names.clear();
    TRY_VOID(core_.blobs->ListAll([&names](const BlobName& name) {
      names.push_back(name);
      return Ok();
    }));
  }
  const std::set<BlobName> is_new(fresh.begin(), fresh.end());
  std::set<BlobName> named;
  if (!names.empty()) {
    auto query =
        core_.database->Prepare("SELECT blob, form_blob FROM version WHERE blob IS NOT NULL");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      for (int column = 0; column < 2; ++column) {
        if (!query.IsNull(column)) named.insert(query.IdAt<BlobName>(column));
      }
    }
  }
  for (const BlobName& name : names) {
    if (named.contains(name)) {
      if (is_new.contains(name)) TRY_VOID(core_.blobs->Settle(name));
      continue;
    }
    TRY(const std::unique_ptr<RandomAccess> file, core_.blobs->Open(name));
    auto header = ParseContainerHeader(*file);
    if (!header.ok() && !is_new.contains(name)) {
      // It was whole once; what it belonged to cannot be told any more.
      ++outcome_->unreadable;
      continue;
    }
    bool dust = !header.ok();
    if (header.ok()) {
      TRY(const SlotEntry entry, core_.keeper->Look(header.value().slot));
      dust = entry.type != EntryType::kDocument ||
             entry.object != AsObject(header.value().document) ||
             entry.version != header.value().version;
    }
    if (!dust) {
      if (core_.reconciled) TRY_VOID(Adopt(name, header.value()));
      continue;
    }
    TRY_VOID(core_.blobs->Remove(name));
    if (after_restore_) ++outcome_->dust;
  }
  if (!after_restore_) return Ok();
  // Only now: what a crash leaves undone is done again.
  LogEntry entry = core_.Entry("restore.finished");
  entry.Add("documents", outcome_->documents)
      .Add("people", outcome_->people)
      .Add("loans", outcome_->loans)
      .Add("others", outcome_->others)
      .Add("orphans", outcome_->orphans);
  return core_.Record(entry,
                      [this](Transaction&) { return core_.SetMeta(kRestoreMeta, ByteView()); });
}

Result<std::uint64_t> Reconciliation::OrphanCount() {
  const Core::Lock lock = core_.Locked();
  auto query = core_.database->Prepare("SELECT count(*) FROM orphan");
  TRY(const bool found, query.Step());
  return found ? static_cast<std::uint64_t>(query.Int(0)) : 0;
}

}  // namespace vault
