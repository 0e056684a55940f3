// Endings: who leaves, by a person's word or by the day, and what goes with them.
#include <algorithm>

#include "vault/agencies.h"
#include "vault/base/wire.h"
#include "vault/people.h"

namespace vault {

Result<People::Ending> People::End(const Actor& actor, std::string_view email) {
  TRY_VOID(RequireRole(actor, {kOfficerRole}));
  const Core::Lock lock = core_.Locked();
  TRY(const PersonId id, Find(email));
  TRY(const PersonRow row, LoadPerson(core_, id));
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  TRY(const std::string whom, core_.VaultPseudonym(id.view()));
  LogEntry entry = core_.Entry("person.ended");
  entry.Person("actor", who).Person("person", whom).Add("agency", row.agency.text());
  return EndRow(row, entry);
}

Status People::Keeps(std::string_view role, const std::vector<PersonId>& leaving) {
  const auto has = [role](const std::vector<std::string>& roles) {
    return std::find(roles.begin(), roles.end(), role) != roles.end();
  };
  bool held = false;
  for (const PersonId& id : leaving) {
    TRY(const std::vector<std::string> own, RunningRoles(id));
    held = held || has(own);
  }
  if (!held) return Ok();
  TRY(const std::vector<PersonRow> everybody, LoadPeople(core_));
  for (const PersonRow& other : everybody) {
    if (std::find(leaving.begin(), leaving.end(), other.id) != leaving.end()) continue;
    TRY(const std::vector<std::string> roles, RunningRoles(other.id));
    if (has(roles)) return Ok();
  }
  return Conflict(role == kOfficerRole
                      ? "this is the unit's last officer: add another before ending this one"
                      : "this is the last information governance officer: add another before "
                        "ending this one");
}

Result<People::NewLookups> People::PrepareLookups(const std::vector<PersonId>& ending) {
  TRY(SlotReservation slot, core_.keeper->Reserve(ObjectId()));
  NewLookups lookups{std::move(slot), core_.random->NewId<ObjectId>(), {}, {}};
  TRY(const std::vector<PersonRow> everybody, LoadPeople(core_));
  for (const PersonRow& other : everybody) {
    if (std::find(ending.begin(), ending.end(), other.id) != ending.end()) continue;
    PersonRow next = other;
    TRY(const std::string email, EmailOf(other));
    TRY(const ByteArray<32> hash, core_.keeper->LookupHash(lookups.slot.slot(), email));
    next.lookup = ToBytes(hash);
    lookups.people.push_back(std::move(next));
  }
  TRY(const SlotEntry old, core_.keeper->Look(core_.lookup_slot));
  lookups.old_object = old.object;
  return lookups;
}

KeyKeeper::Filling People::FillingOf(NewLookups& lookups) {
  return {&lookups.slot, {EntryType::kSystem, 0, 0, kNoDeadline, lookups.object}};
}

Status People::WriteLookups(Transaction& transaction, const NewLookups& lookups) {
  Database& database = transaction.database();
  // The old hashes must be out of the way before new ones are compared for uniqueness.
  TRY_VOID(database.Prepare("UPDATE person SET lookup = NULL").Bind().Run());
  for (const PersonRow& next : lookups.people) TRY_VOID(UpdatePerson(database, core_, next));
  return core_.SetMeta("lookup_slot", WireWriter().U32(lookups.slot.slot()).bytes());
}

Status People::WriteEnded(Transaction& transaction, const PersonId& id) {
  Database& database = transaction.database();
  for (const std::string_view sql :
       {"UPDATE person SET state = 'ended', lookup = NULL, email = NULL, password = NULL, "
        "invited_until = NULL, excluded = NULL, mac = NULL WHERE id = ?",
        "DELETE FROM role WHERE person = ?", "DELETE FROM token WHERE person = ?",
        "DELETE FROM deputy WHERE person = ?", "DELETE FROM exclusion WHERE person = ?",
        "DELETE FROM mail WHERE person = ?", "DELETE FROM named_box WHERE person = ?",
        "UPDATE member SET state = 'ended', lockbox = NULL WHERE person = ?"}) {
    TRY_VOID(database.Prepare(sql).Bind(id).Run());
  }
  return Ok();
}

// What the register says counts: the rows may stand although the old keys could not be destroyed
// just now. Those are in debt then, and everybody is found under the new look-up key.
Status People::TakeLookups() {
  TRY(const Bytes stored, core_.Meta("lookup_slot"));
  WireReader reader(stored);
  core_.lookup_slot = reader.U32();
  return reader.Finish();
}

void People::DropDeputiesOf(Standing& standing, const std::vector<PersonId>& ended) {
  const auto over = [&ended](const PersonId& id) {
    return std::find(ended.begin(), ended.end(), id) != ended.end();
  };
  std::erase_if(standing.deputies, [&](const DeputyRow& row) { return over(row.stands_for); });
  std::erase_if(standing.members,
                [&](const MemberRow& row) { return row.stands_for && over(*row.stands_for); });
}

Result<People::Ending> People::Depart(Departure departure) {
  std::vector<PersonId> ended;
  for (const PersonRow& row : departure.ending) ended.push_back(row.id);
  std::vector<Remade> remade;
  for (auto& [old, next] : departure.staying) {
    TRY(Remade one, PrepareRemake(old, std::move(next), std::nullopt));
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
    return departure.also(transaction);
  };
  // Where nobody leaves and nobody stays no key has to go.
  if (fillings.empty()) {
    TRY_VOID(core_.Record(departure.entry, write));
    return Ending::kDone;
  }
  std::vector<RemakeOrder> orders;
  for (const Remade& one : remade) {
    orders.push_back(RemakeOrder(EntryType::kPerson, AsObject(one.old.id), one.old.slot));
  }
  for (const PersonRow& row : departure.ending) {
    orders.push_back(RemakeOrder(EntryType::kPerson, AsObject(row.id), row.slot));
  }
  if (lookups) {
    orders.push_back(RemakeOrder(EntryType::kSystem, lookups->old_object, core_.lookup_slot));
  }
  const Status done = disposal_.Remake(std::move(orders), departure.entry, write);
  TRY_VOID(TakeLookups());
  // The rows may stand although the old keys could not be destroyed just now: nobody who came in
  // with one of them stays.
  bool stands = lookups && core_.lookup_slot == lookups->slot.slot();
  for (const Remade& one : remade) {
    TRY(const PersonRow now, LoadPerson(core_, one.old.id));
    stands = stands || now.slot != one.old.slot;
  }
  if (!stands) {
    if (done.ok()) return Corrupt("an ending was committed and its rows are not there");
    return done.error();
  }
  for (const PersonId& id : ended) DropSessionsOf(id);
  for (const Remade& one : remade) DropSessionsOf(one.old.id);
  return done.ok() ? Ending::kDone : Ending::kOwed;
}

Result<People::Ending> People::EndRow(const PersonRow& row, const LogEntry& entry) {
  TRY_VOID(Keeps(kOfficerRole, {row.id}));
  TRY_VOID(Keeps(kGovernanceRole, {row.id}));
  // Whoever acted for them acts no more, from the same commit on: one after the other, a cell that
  // is away would stop the first and leave everybody in.
  TRY(const std::vector<DeputyRow> deputies, DeputiesOf(core_, row.id));
  Departure departure{{row}, {}, entry, {}};
  std::vector<LogEntry> lines;
  for (const DeputyRow& deputy : deputies) {
    TRY(Standing standing, StandingOf(deputy.person));
    DropDeputiesOf(standing, {row.id});
    PersonRow old = standing.row;
    departure.staying.emplace_back(std::move(old), std::move(standing));
    TRY(const std::string whom, core_.VaultPseudonym(deputy.person.view()));
    TRY(const std::string for_whom, core_.VaultPseudonym(row.id.view()));
    LogEntry line = core_.Entry("deputy.ended");
    line.Person("deputy", whom).Person("for", for_whom);
    lines.push_back(std::move(line));
  }
  departure.also = [&](Transaction& transaction) -> Status {
    for (const LogEntry& line : lines) {
      TRY([[maybe_unused]] const std::uint64_t index, core_.log->Append(transaction, line));
    }
    return Ok();
  };
  return Depart(std::move(departure));
}

Result<std::uint64_t> People::EndExpired() {
  const Core::Lock lock = core_.Locked();
  TRY(const std::vector<PersonRow> everybody, LoadPeople(core_));
  std::uint64_t ended = 0;
  for (const PersonRow& row : everybody) {
    if (!row.until || core_.time->Now().low < *row.until) {
      TRY_VOID(EndInvitation(row.id));
      TRY_VOID(EndExpiredTokens(row.id));
      TRY_VOID(EndExpiredParts(row.id));
      continue;
    }
    TRY(const std::string whom, core_.VaultPseudonym(row.id.view()));
    LogEntry entry = core_.Entry("person.ended");
    entry.Person("person", whom).Add("agency", row.agency.text()).Add("by", "schedule");
    // Rows changed under us by the first ending are read again.
    TRY(const PersonRow current, LoadPerson(core_, row.id));
    // Out, whether or not their keys could be destroyed: the others' turn comes all the same.
    const auto done = EndRow(current, entry);
    if (done.ok()) ++ended;
    if (!done.ok() && done.error().code != Errc::kConflict) return done.error();
  }
  return ended;
}

Status People::EndInvitation(const PersonId& id) {
  TRY(const PersonRow row, LoadPerson(core_, id));
  const bool over = row.invited_until && core_.time->Now().low >= *row.invited_until;
  if (!over || row.password.empty()) return Ok();
  TRY(Standing standing, StandingOf(id));
  TRY(const std::string whom, core_.VaultPseudonym(id.view()));
  LogEntry entry = core_.Entry("invitation.ended");
  entry.Person("person", whom).Add("by", "schedule");
  TRY_VOID(Remake(row, std::move(standing), Bytes(), entry));
  return Ok();
}

}  // namespace vault
