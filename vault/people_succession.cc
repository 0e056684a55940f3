// People of an agency that another one follows.
#include <algorithm>

#include "vault/people.h"

namespace vault {

Result<People::Ending> People::MoveAgency(const AgencyMove& move) {
  const Core::Lock lock = core_.Locked();
  const auto among = [](const std::vector<PersonId>& people, const PersonId& id) {
    return std::find(people.begin(), people.end(), id) != people.end();
  };
  std::vector<PersonRow> going;
  std::vector<PersonRow> ending;
  std::vector<PersonId> ended;
  TRY(const std::vector<PersonRow> everybody, LoadPeople(core_));
  for (const PersonRow& row : everybody) {
    if (row.agency != move.from) continue;
    if (among(move.going_over, row.id)) {
      going.push_back(row);
    } else {
      ending.push_back(row);
      ended.push_back(row.id);
    }
  }
  if (going.size() != move.going_over.size()) return NotFound("no such person of this agency");
  for (const std::string_view role : {kOfficerRole, kGovernanceRole}) TRY_VOID(Keeps(role, ended));

  std::vector<Remade> remade;
  for (const PersonRow& old : going) {
    TRY(Standing standing, StandingOf(old.id));
    standing.row.agency = move.to;
    // Whoever acted for one who ends acts for them no more, in the same commit.
    std::erase_if(standing.deputies,
                  [&](const DeputyRow& row) { return among(ended, row.stands_for); });
    std::erase_if(standing.members, [&](const MemberRow& row) {
      return row.stands_for && among(ended, *row.stands_for);
    });
    TRY(Remade one, PrepareRemake(old, std::move(standing), std::nullopt));
    remade.push_back(std::move(one));
  }
  std::optional<NewLookups> lookups;
  if (!ended.empty()) {
    TRY(lookups, PrepareLookups(ended));
    for (Remade& one : remade) {
      std::erase_if(lookups->people, [&](const PersonRow& row) {
        if (row.id != one.old.id) return false;
        one.next.row.lookup = row.lookup;
        return true;
      });
    }
  }
  std::vector<KeyKeeper::Filling> fillings;
  for (Remade& one : remade) fillings.push_back(FillingOf(one));
  if (lookups) fillings.push_back(FillingOf(*lookups));
  if (!fillings.empty()) TRY_VOID(core_.keeper->Fill(fillings));

  const auto write = [&](Transaction& transaction) -> Status {
    if (lookups) TRY_VOID(WriteLookups(transaction, *lookups));
    for (const Remade& one : remade) TRY_VOID(WriteRemade(transaction, one));
    for (const PersonId& id : ended) TRY_VOID(WriteEnded(transaction, id));
    return move.also(transaction);
  };
  // Of an agency without people no key has to go.
  if (going.empty() && ending.empty()) {
    TRY_VOID(core_.Record(move.entry, write));
    return Ending::kDone;
  }
  std::vector<RemakeOrder> orders;
  for (const PersonRow& row : going) {
    orders.push_back(RemakeOrder(EntryType::kPerson, AsObject(row.id), row.slot));
  }
  for (const PersonRow& row : ending) {
    orders.push_back(RemakeOrder(EntryType::kPerson, AsObject(row.id), row.slot));
  }
  if (lookups) {
    orders.push_back(RemakeOrder(EntryType::kSystem, lookups->old_object, core_.lookup_slot));
  }
  const Status done = disposal_.Remake(std::move(orders), move.entry, write);
  TRY_VOID(TakeLookups());
  // The rows may stand although the old keys could not be destroyed just now: nobody who came in
  // with one of them stays.
  bool moved = false;
  if (lookups && core_.lookup_slot == lookups->slot.slot()) {
    moved = true;
    for (const PersonRow& row : ending) DropSessionsOf(row.id);
  }
  for (const PersonRow& row : going) {
    TRY(const PersonRow now, LoadPerson(core_, row.id));
    if (now.slot == row.slot) continue;
    moved = true;
    DropSessionsOf(row.id);
  }
  if (!moved) {
    if (done.ok()) return Corrupt("a succession was committed and its rows are not there");
    return done.error();
  }
  return done.ok() ? Ending::kDone : Ending::kOwed;
}

}  // namespace vault
