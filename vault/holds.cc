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

Result<HoldId> Holds::Place(const Actor& actor, const NewHold& hold) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"IGO"}));
  TRY_VOID(CheckReason(hold.reason));
  if (hold.review < LondonDay(core_.time->Now().low)) {
    return Invalid("a hold's review date lies in the future");
  }
  std::string scope;
  ObjectId object;
  MatterId matter_id;
  if (hold.document) {
    TRY(const DocumentRow row, documents_.Load(*hold.document));
    scope = "document";
    object = AsObject(row.id);
    matter_id = row.matter;
  } else if (hold.subject) {
    auto query =
        core_.database->Prepare("SELECT matter FROM subject WHERE id = ?").Bind(*hold.subject);
    TRY(const bool found, query.Step());
    if (!found) return NotFound("no such subject");
    scope = "subject";
    object = AsObject(*hold.subject);
    matter_id = query.IdAt<MatterId>(0);
  } else if (hold.matter) {
    scope = "matter";
    object = AsObject(*hold.matter);
    matter_id = *hold.matter;
  } else {
    return Invalid("a hold names a matter, a subject or a document");
  }
  TRY(const MatterRow matter, matters_.Load(matter_id));
  const auto id = core_.random->NewId<HoldId>();
  TRY(const std::vector<SlotNumber> slots, SlotsUnder(object, scope));
  // What a crash leaves before the row is kept and can be read. Closing comes after the row: a key
  // closed by a hold that nobody knows of would stay closed. What is held already is left alone:
  // it may be closed.
  std::vector<SlotNumber> free;
  for (const SlotNumber slot : slots) {
    TRY(const SlotEntry entry, core_.keeper->Look(slot));
    if ((entry.flags & kFlagHold) == 0) free.push_back(slot);
  }
  if (!free.empty()) TRY_VOID(core_.keeper->SetHold(free, KeyKeeper::HoldBit::kHold));
  // A place's row version tells the reasons of several holds apart under the matter's slot.
  TRY(const Bytes reason,
      core_.SealLabel({matter.slot, AsObject(matter.id), "hold", "reason:" + id.ToHex()},
                      hold.reason));
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, object.view()));
  LogEntry entry = core_.Entry("hold.placed");
  entry.Person("actor", who)
      .Object("object", what)
      .Add("scope", scope)
      .Add("review", hold.review.ToText())
      .Add("sealed", hold.sealed ? 1U : 0U);
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) {
    return transaction.database()
        .Prepare(
            "INSERT INTO hold(id, matter, scope, object, sealed, state, placed_day, "
            "review_day, slot, reason) VALUES(?, ?, ?, ?, ?, 'running', ?, ?, ?, ?)")
        .Bind(id, matter.id, scope, object, std::int64_t{hold.sealed},
              LondonDay(core_.time->Now().low).number(), hold.review.number(), matter.slot, reason)
        .Run();
  }));
  // Other holds may have closed some already: all are weighed.
  if (hold.sealed) {
    TRY_VOID(Recompute(slots));
    for (const SlotNumber slot : slots) core_.streams.Cancel(slot);
  }
  return id;
}

Status Holds::Recompute(const std::vector<SlotNumber>& slots) {
  std::map<SlotNumber, KeyKeeper::HoldBit> bits;
  for (const SlotNumber slot : slots) bits[slot] = KeyKeeper::HoldBit::kNone;
  auto query =
      core_.database->Prepare("SELECT object, scope, sealed FROM hold WHERE state = 'running'");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) break;
    TRY(const std::vector<SlotNumber> under, SlotsUnder(query.IdAt<ObjectId>(0), query.Text(1)));
    const bool sealed = query.Int(2) != 0;
    for (const SlotNumber slot : under) {
      auto& bit = bits[slot];
      if (sealed) bit = KeyKeeper::HoldBit::kSealedHold;
      if (!sealed && bit == KeyKeeper::HoldBit::kNone) bit = KeyKeeper::HoldBit::kHold;
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
  auto query = core_.database->Prepare("SELECT matter, scope, object, state FROM hold WHERE id = ?")
                   .Bind(id);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such hold");
  if (query.Text(3) != "running") return Conflict("this hold was released already");
  const auto object = query.IdAt<ObjectId>(2);
  TRY(const MatterRow matter, matters_.Load(query.IdAt<MatterId>(0)));
  TRY(const std::vector<SlotNumber> slots, SlotsUnder(object, query.Text(1)));
  TRY(const Bytes label,
      core_.SealLabel({matter.slot, AsObject(matter.id), "hold", "release:" + id.ToHex()}, reason));
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, object.view()));
  LogEntry entry = core_.Entry("hold.released");
  entry.Person("actor", who).Object("object", what);
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) {
    return transaction.database()
        .Prepare(
            "UPDATE hold SET state = 'releasing', released_day = ?, release_reason = ? "
            "WHERE id = ?")
        .Bind(LondonDay(core_.time->Now().low).number(), label, id)
        .Run();
  }));
  return FinishRelease(id, slots);
}

// A release is finished when no key is kept or closed by it any more; the start repeats one that
// was cut short.
Status Holds::FinishRelease(const HoldId& id, const std::vector<SlotNumber>& slots) {
  TRY_VOID(Recompute(slots));
  return core_.database->Prepare("UPDATE hold SET state = 'released' WHERE id = ?").Bind(id).Run();
}

Result<std::vector<HoldView>> Holds::List(const Actor& actor) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"IGO", "BUO"}));
  std::vector<HoldView> views;
  auto query = core_.database->Prepare(
      "SELECT id, matter, scope, object, sealed, state, placed_day, review_day, reason "
      "FROM hold ORDER BY placed_day DESC, id");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return views;
    HoldView view;
    view.id = query.IdAt<HoldId>(0);
    view.kind = query.Text(2);
    view.object = query.IdAt<ObjectId>(3).ToHex();
    view.placed = Day::FromNumber(static_cast<std::int32_t>(query.Int(6)));
    view.review = Day::FromNumber(static_cast<std::int32_t>(query.Int(7)));
    view.sealed = query.Int(4) != 0;
    view.state = query.Text(5);
    auto matter = matters_.Load(query.IdAt<MatterId>(1));
    if (matter.ok()) {
      TRY(view.reason, core_.OpenLabel({matter.value().slot, AsObject(matter.value().id), "hold",
                                        "reason:" + view.id.ToHex()},
                                       query.Blob(8)));
      if (view.kind == "matter") view.object = matter.value().ref;
      if (view.kind == "subject") {
        auto subject = matters_.FindSubject(matter.value().id, view.object);
        if (subject.ok()) view.object = subject.value().pseudonym;
      }
    }
    views.push_back(std::move(view));
  }
}

Status Holds::RepairBits() {
  const Core::Lock lock = core_.Locked();
  struct Cut {
    HoldId id;
    ObjectId object;
    std::string scope;
  };
  std::vector<Cut> cut;
  {
    auto releasing =
        core_.database->Prepare("SELECT id, object, scope FROM hold WHERE state = 'releasing'");
    while (true) {
      TRY(const bool more, releasing.Step());
      if (!more) break;
      cut.push_back({releasing.IdAt<HoldId>(0), releasing.IdAt<ObjectId>(1), releasing.Text(2)});
    }
  }
  for (const Cut& hold : cut) {
    TRY(const std::vector<SlotNumber> slots, SlotsUnder(hold.object, hold.scope));
    TRY_VOID(FinishRelease(hold.id, slots));
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
