#include "vault/hold_placing.h"

namespace vault {

Result<std::vector<SlotNumber>> SlotsUnderHold(const Core& core, const ObjectId& object,
                                               std::string_view scope) {
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
    auto query = core.database->Prepare(sql).Bind(object);
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      slots.push_back(query.U32(0));
    }
  }
  return slots;
}

Result<PlacedHold> KeepForHold(Core& core, const MatterRow& matter, const HoldWish& wish,
                               const std::optional<PersonId>& actor) {
  HoldRow row;
  row.id = core.random->NewId<HoldId>();
  row.matter = matter.id;
  row.scope = wish.scope;
  row.object = wish.object;
  row.sealed = wish.sealed;
  row.state = "running";
  row.placed = LondonDay(core.time->Now().low);
  row.review = wish.review;
  TRY(row.reason, SealHoldWord(core, row, matter.slot, "reason", wish.reason));
  if (!wish.authority.empty()) {
    TRY(row.authority, SealHoldWord(core, row, matter.slot, "authority", wish.authority));
  }
  TRY(const std::string what, core.Pseudonym(matter.id, wish.object.view()));
  LogEntry entry = core.Entry("hold.placed");
  if (actor) {
    TRY(const std::string who, core.Pseudonym(matter.id, actor->view()));
    entry.Person("actor", who);
  }
  entry.Object("object", what)
      .Add("scope", wish.scope)
      .Add("review", wish.review.ToText())
      .Add("sealed", wish.sealed ? 1U : 0U);
  TRY(std::vector<SlotNumber> slots, SlotsUnderHold(core, wish.object, wish.scope));
  // What a crash leaves before the row is kept and can be read. Closing comes after the row: a key
  // closed by a hold that nobody knows of would stay closed. What is held already is left alone:
  // it may be closed.
  std::vector<SlotNumber> free;
  for (const SlotNumber slot : slots) {
    TRY(const SlotEntry found, core.keeper->Look(slot));
    if ((found.flags & kFlagHold) == 0) free.push_back(slot);
  }
  if (!free.empty()) TRY_VOID(core.keeper->SetHold(free, KeyKeeper::HoldBit::kHold));
  return PlacedHold{std::move(row), std::move(entry), std::move(slots)};
}

}  // namespace vault
