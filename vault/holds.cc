#include "vault/holds.h"

#include <map>

#include "vault/agencies.h"
#include "vault/base/text.h"

namespace vault {
namespace {

constexpr std::size_t kMostReason = 1000;

Status CheckReason(std::string_view reason) {
  if (reason.empty() || reason.size() > kMostReason || !IsUtf8(reason)) {
    return Invalid("a reason has 1 to 1000 characters");
  }
  return Ok();
}

// The words of a hold stand under the matter's slot; the column tells those of several holds apart.
Core::Place WordPlace(const MatterRow& matter, const std::string& column) {
  return {matter.slot, AsObject(matter.id), "hold", column};
}

Result<Bytes> SealWord(Core& core, const MatterRow& matter, const HoldId& id, std::string_view what,
                       std::string_view text) {
  const std::string column = std::string(what) + ":" + id.ToHex();
  return core.SealLabel(WordPlace(matter, column), text);
}

Result<std::string> OpenWord(Core& core, const MatterRow& matter, const HoldId& id,
                             std::string_view what, const Bytes& sealed) {
  if (sealed.empty()) return std::string();
  const std::string column = std::string(what) + ":" + id.ToHex();
  return core.OpenLabel(WordPlace(matter, column), sealed);
}

}  // namespace

Result<std::vector<SlotNumber>> Holds::SlotsUnder(const ObjectId& object, std::string_view scope) {
  std::vector<std::string_view> queries;
  if (scope == "document") {
    queries = {"SELECT slot FROM version WHERE document = ?1 AND state = 'live'"};
  } else if (scope == "subject") {
    queries = {"SELECT slot FROM subject WHERE id = ?1 AND state = 'live'",
               "SELECT version.slot FROM version JOIN document ON document.id = version.document "
               "WHERE document.subject = ?1 AND version.state = 'live'"};
  } else {
    queries = {"SELECT slot FROM matter WHERE id = ?1",
               "SELECT pseudonym_slot FROM matter WHERE id = ?1",
               "SELECT slot FROM subject WHERE matter = ?1 AND state = 'live'",
               "SELECT version.slot FROM version JOIN document ON document.id = version.document "
               "WHERE document.matter = ?1 AND version.state = 'live'"};
  }
  std::vector<SlotNumber> slots;
  for (const std::string_view sql : queries) {
    auto query = core_.database->Prepare(sql).Bind(object);
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      slots.push_back(query.U32(0));
    }
  }
  return slots;
}

Result<Holds::Target> Holds::TargetOf(const NewHold& hold) {
  if (hold.document) {
    TRY(const DocumentRow row, documents_.Load(*hold.document));
    return Target{"document", AsObject(row.id), row.matter};
  }
  if (hold.subject) {
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
  TRY(const Target target, TargetOf(hold));
  TRY(const MatterRow matter, matters_.Load(target.matter));
  TRY(const std::vector<SlotNumber> slots, SlotsUnder(target.object, target.scope));
  // What a crash leaves before the row is kept and can be read. Closing comes after the row: a key
  // closed by a hold that nobody knows of would stay closed. What is held already is left alone:
  // it may be closed.
  std::vector<SlotNumber> free;
  for (const SlotNumber slot : slots) {
    TRY(const SlotEntry entry, core_.keeper->Look(slot));
    if ((entry.flags & kFlagHold) == 0) free.push_back(slot);
  }
  if (!free.empty()) TRY_VOID(core_.keeper->SetHold(free, KeyKeeper::HoldBit::kHold));
  HoldRow row;
  row.id = core_.random->NewId<HoldId>();
  row.matter = matter.id;
  row.scope = target.scope;
  row.object = target.object;
  row.sealed = hold.sealed;
  row.state = "running";
  row.placed = today;
  row.review = hold.review;
  TRY(row.reason, SealWord(core_, matter, row.id, "reason", hold.reason));
  if (!hold.authority.empty()) {
    TRY(row.authority, SealWord(core_, matter, row.id, "authority", hold.authority));
  }
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, target.object.view()));
  LogEntry entry = core_.Entry("hold.placed");
  entry.Person("actor", who)
      .Object("object", what)
      .Add("scope", target.scope)
      .Add("review", hold.review.ToText())
      .Add("sealed", hold.sealed ? 1U : 0U);
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) {
    return InsertHold(transaction.database(), core_, row, matter.slot);
  }));
  // Other holds may have closed some already: all are weighed.
  if (hold.sealed) {
    TRY_VOID(Recompute(slots));
    for (const SlotNumber slot : slots) core_.streams.Cancel(slot);
  }
  return row.id;
}

Status Holds::Recompute(const std::vector<SlotNumber>& slots) {
  std::map<SlotNumber, KeyKeeper::HoldBit> bits;
  for (const SlotNumber slot : slots) bits[slot] = KeyKeeper::HoldBit::kNone;
  TRY(const std::vector<HoldRow> running, LoadHoldsIn(core_, "running"));
  for (const HoldRow& hold : running) {
    TRY(const std::vector<SlotNumber> under, SlotsUnder(hold.object, hold.scope));
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
  TRY(HoldRow row, LoadHold(core_, id));
  if (row.state != "running") return Conflict("this hold was released already");
  TRY(const MatterRow matter, matters_.Load(row.matter));
  TRY(const std::vector<SlotNumber> slots, SlotsUnder(row.object, row.scope));
  TRY(const Bytes label, SealWord(core_, matter, id, "release", reason));
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
  TRY(HoldRow row, LoadHold(core_, id));
  if (row.state != "running") return Conflict("this hold was released already");
  TRY(const MatterRow matter, matters_.Load(row.matter));
  row.review = next;
  TRY(row.note, SealWord(core_, matter, id, "note", note));
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
      TRY(view.reason, OpenWord(core_, matter.value(), row.id, "reason", row.reason));
      TRY(view.authority, OpenWord(core_, matter.value(), row.id, "authority", row.authority));
      TRY(view.note, OpenWord(core_, matter.value(), row.id, "note", row.note));
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
    TRY(const std::vector<SlotNumber> slots, SlotsUnder(hold.object, hold.scope));
    TRY_VOID(FinishRelease(hold, slots));
  }
  auto query = core_.database->Prepare(
      "SELECT object, scope, sealed FROM hold WHERE state = 'running' ORDER BY sealed");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return Ok();
    TRY(const std::vector<SlotNumber> slots, SlotsUnder(query.IdAt<ObjectId>(0), query.Text(1)));
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
