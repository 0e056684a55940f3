#include "vault/holds.h"

#include <map>

#include "vault/agencies.h"
#include "vault/base/text.h"
#include "vault/hold_placing.h"

namespace vault {
namespace {

constexpr std::size_t kMostReason = 1000;

Status CheckReason(std::string_view reason) {
  if (reason.empty() || reason.size() > kMostReason || !IsUtf8(reason)) {
    return Invalid("a reason has 1 to 1000 characters");
  }
  return Ok();
}

}  // namespace

Result<bool> Holds::KeptFrom(const Actor& actor, std::string_view scope, const ObjectId& object) {
  if (scope == "subject") return actor.Excluded(SubjectId(object.bytes()));
  if (scope != "document") return false;
  const auto row = documents_.Load(DocumentId(object.bytes()));
  if (!row.ok() && row.error().code == Errc::kNotFound) return false;
  if (!row.ok()) return row.error();
  return row.value().subject && actor.Excluded(*row.value().subject);
}

Result<HoldRow> Holds::Find(const Actor& actor, const HoldId& id) {
  TRY(HoldRow row, LoadHold(core_, id));
  TRY(const bool kept, KeptFrom(actor, row.scope, row.object));
  if (kept) return NotFound("no such hold");
  return row;
}

Result<Holds::Target> Holds::TargetOf(const Actor& actor, const NewHold& hold) {
  if (hold.document) {
    TRY(const DocumentRow row, documents_.Load(*hold.document));
    if (row.subject && actor.Excluded(*row.subject)) return NotFound("no such document");
    return Target{"document", AsObject(row.id), row.matter};
  }
  if (hold.subject) {
    if (actor.Excluded(*hold.subject)) return NotFound("no such subject");
    auto query =
        core_.database->Prepare("SELECT matter FROM subject WHERE id = ?").Bind(*hold.subject);
    TRY(const bool found, query.Step());
    if (!found) return NotFound("no such subject");
    return Target{"subject", AsObject(*hold.subject), query.IdAt<MatterId>(0)};
  }
  if (!hold.matter) return Invalid("a hold names a matter, a subject or a document");
  return Target{"matter", AsObject(*hold.matter), *hold.matter};
}

Result<HoldId> Holds::Place(const Actor& actor, const NewHold& hold) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"IGO"}));
  TRY_VOID(CheckReason(hold.reason));
  if (!hold.authority.empty()) TRY_VOID(CheckReason(hold.authority));
  const Day today = LondonDay(core_.time->Now().low);
  if (hold.review < today) return Invalid("a hold's review date lies in the future");
  TRY(const Target target, TargetOf(actor, hold));
  TRY(const MatterRow matter, matters_.Load(target.matter));
  const HoldWish wish{target.scope,   target.object, hold.reason,
                      hold.authority, hold.review,   hold.sealed};
  TRY(const PlacedHold placed, KeepForHold(core_, matter, wish, actor.person()));
  TRY_VOID(core_.Record(placed.entry, [&](Transaction& transaction) {
    return InsertHold(transaction.database(), core_, placed.row, matter.slot);
  }));
  // Other holds may have closed some already: all are weighed.
  if (hold.sealed) {
    TRY_VOID(Recompute(placed.slots));
    for (const SlotNumber slot : placed.slots) core_.streams.Cancel(slot);
  }
  return placed.row.id;
}

Status Holds::Recompute(const std::vector<SlotNumber>& slots) {
  std::map<SlotNumber, KeyKeeper::HoldBit> bits;
  for (const SlotNumber slot : slots) bits[slot] = KeyKeeper::HoldBit::kNone;
  TRY(const std::vector<HoldRow> running, LoadHoldsIn(core_, "running"));
  for (const HoldRow& hold : running) {
    TRY(const std::vector<SlotNumber> under, SlotsUnderHold(core_, hold.object, hold.scope));
    for (const SlotNumber slot : under) {
      auto& bit = bits[slot];
      if (hold.sealed) bit = KeyKeeper::HoldBit::kSealedHold;
      if (!hold.sealed && bit == KeyKeeper::HoldBit::kNone) bit = KeyKeeper::HoldBit::kHold;
    }
  }
  for (const auto bit :
       {KeyKeeper::HoldBit::kSealedHold, KeyKeeper::HoldBit::kHold, KeyKeeper::HoldBit::kNone}) {
    std::vector<SlotNumber> same;
    for (const auto& [slot, wanted] : bits) {
      if (wanted == bit) same.push_back(slot);
    }
    if (!same.empty()) TRY_VOID(core_.keeper->SetHold(same, bit));
  }
  return Ok();
}

Status Holds::Release(const Actor& actor, const HoldId& id, std::string_view reason) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"IGO"}));
  TRY_VOID(CheckReason(reason));
  TRY(HoldRow row, Find(actor, id));
  if (row.state != "running") return Conflict("this hold was released already");
  TRY(const MatterRow matter, matters_.Load(row.matter));
  TRY(const std::vector<SlotNumber> slots, SlotsUnderHold(core_, row.object, row.scope));
  TRY(const Bytes label, SealHoldWord(core_, row, matter.slot, "release", reason));
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, row.object.view()));
  LogEntry entry = core_.Entry("hold.released");
  entry.Person("actor", who).Object("object", what);
  row.state = "releasing";
  row.released = LondonDay(core_.time->Now().low);
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) -> Status {
    TRY_VOID(UpdateHold(transaction.database(), core_, row));
    return transaction.database()
        .Prepare("UPDATE hold SET release_reason = ? WHERE id = ?")
        .Bind(label, id)
        .Run();
  }));
  return FinishRelease(std::move(row), slots);
}

Status Holds::Review(const Actor& actor, const HoldId& id, Day next, std::string_view note) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"IGO"}));
  TRY_VOID(CheckReason(note));
  if (next <= LondonDay(core_.time->Now().low)) {
    return Invalid("a hold's review date lies in the future");
  }
  TRY(HoldRow row, Find(actor, id));
  if (row.state != "running") return Conflict("this hold was released already");
  TRY(const MatterRow matter, matters_.Load(row.matter));
  row.review = next;
  TRY(row.note, SealHoldWord(core_, row, matter.slot, "note", note));
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, row.object.view()));
  LogEntry entry = core_.Entry("hold.reviewed");
  entry.Person("actor", who).Object("object", what).Add("review", next.ToText());
  return core_.Record(entry, [&](Transaction& transaction) {
    return UpdateHold(transaction.database(), core_, row);
  });
}

// A release is finished when no key is kept or closed by it any more; the start repeats one that
// was cut short.
Status Holds::FinishRelease(HoldRow row, const std::vector<SlotNumber>& slots) {
  TRY_VOID(Recompute(slots));
  row.state = "released";
  return UpdateHold(*core_.database, core_, row);
}

Result<std::vector<HoldView>> Holds::List(const Actor& actor) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"IGO", "BUO"}));
  const Day today = LondonDay(core_.time->Now().low);
  std::vector<HoldView> views;
  TRY(const std::vector<HoldRow> rows, LoadHolds(core_));
  for (const HoldRow& row : rows) {
    TRY(const bool kept, KeptFrom(actor, row.scope, row.object));
    if (kept) continue;
    HoldView view;
    view.id = row.id;
    view.kind = row.scope;
    view.object = row.object.ToHex();
    view.placed = row.placed;
    view.review = row.review;
    view.sealed = row.sealed;
    view.state = row.state;
    view.overdue = row.state == "running" && row.review < today;
    auto matter = matters_.Load(row.matter);
    if (matter.ok()) {
      TRY(view.reason, OpenHoldWord(core_, row, matter.value().slot, "reason", row.reason));
      TRY(view.authority,
          OpenHoldWord(core_, row, matter.value().slot, "authority", row.authority));
      TRY(view.note, OpenHoldWord(core_, row, matter.value().slot, "note", row.note));
      if (view.kind == "matter") view.object = matter.value().ref;
      if (view.kind == "subject") {
        auto subject = matters_.FindSubject(matter.value().id, view.object);
        if (subject.ok()) view.object = subject.value().pseudonym;
      }
    }
    if (row.state == "running") {
      TRY(const std::vector<HoldCollision> due, Collisions(row.object, row.scope, today));
      view.collisions = due.size();
    }
    views.push_back(std::move(view));
  }
  return views;
}

Status Holds::RepairBits() {
  const Core::Lock lock = core_.Locked();
  TRY(const std::vector<HoldRow> cut, LoadHoldsIn(core_, "releasing"));
  for (const HoldRow& hold : cut) {
    TRY(const std::vector<SlotNumber> slots, SlotsUnderHold(core_, hold.object, hold.scope));
    TRY_VOID(FinishRelease(hold, slots));
  }
  auto query = core_.database->Prepare(
      "SELECT object, scope, sealed FROM hold WHERE state = 'running' ORDER BY sealed");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return Ok();
    TRY(const std::vector<SlotNumber> slots,
        SlotsUnderHold(core_, query.IdAt<ObjectId>(0), query.Text(1)));
    // Only ever sets: an old register, whose holds are not all, clears no bit.
    std::vector<SlotNumber> unset;
    for (const SlotNumber slot : slots) {
      TRY(const SlotEntry entry, core_.keeper->Look(slot));
      const std::uint8_t wanted = query.Int(2) != 0 ? kFlagHold | kFlagClosed : kFlagHold;
      if ((entry.flags & wanted) != wanted && entry.type != EntryType::kEmpty) {
        unset.push_back(slot);
      }
    }
    if (!unset.empty()) {
      TRY_VOID(core_.keeper->SetHold(
          unset, query.Int(2) != 0 ? KeyKeeper::HoldBit::kSealedHold : KeyKeeper::HoldBit::kHold));
    }
  }
}

}  // namespace vault
