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

Result<People::Ending> People::EndRow(const PersonRow& row, const LogEntry& entry) {
  TRY_VOID(Keeps(kOfficerRole, {row.id}));
  TRY_VOID(Keeps(kGovernanceRole, {row.id}));
  // Whoever acted for them acts no more: their keys go first.
  TRY(const std::vector<DeputyRow> deputies, DeputiesOf(core_, row.id));
  for (const DeputyRow& deputy : deputies) {
    TRY(const std::string whom, core_.VaultPseudonym(deputy.person.view()));
    TRY(const std::string for_whom, core_.VaultPseudonym(row.id.view()));
    LogEntry line = core_.Entry("deputy.ended");
    line.Person("deputy", whom).Person("for", for_whom);
    TRY_VOID(DropDeputy(deputy, line));
  }
  TRY(NewLookups lookups, PrepareLookups({row.id}));
  const KeyKeeper::Filling filling = FillingOf(lookups);
  TRY_VOID(core_.keeper->Fill({&filling, 1}));
  std::vector<RemakeOrder> orders;
  orders.push_back(RemakeOrder(EntryType::kPerson, AsObject(row.id), row.slot));
  orders.push_back(RemakeOrder(EntryType::kSystem, lookups.old_object, core_.lookup_slot));
  const Status remade =
      disposal_.Remake(std::move(orders), entry, [&](Transaction& transaction) -> Status {
        TRY_VOID(WriteLookups(transaction, lookups));
        return WriteEnded(transaction, row.id);
      });
  TRY_VOID(TakeLookups());
  if (core_.lookup_slot != lookups.slot.slot()) {
    if (remade.ok()) return Corrupt("an ending was committed and its rows are not there");
    return remade.error();
  }
  DropSessionsOf(row.id);
  return remade.ok() ? Ending::kDone : Ending::kOwed;
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
  return Remake(row, std::move(standing), Bytes(), entry);
}

}  // namespace vault
