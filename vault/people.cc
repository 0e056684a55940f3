#include "vault/people.h"

#include <algorithm>

#include "vault/agencies.h"
#include "vault/base/log.h"
#include "vault/base/text.h"
#include "vault/crypto/digest.h"
#include "vault/passwords.h"
#include "vault/person_key.h"

namespace vault {
namespace {

constexpr std::array<std::string_view, 18> kRoles = {
    "BUO", "CHR", "AAC", "AUD", "PRT-D", "PRT-M", "PRT-X", "PRT-S",   "PTN",
    "IGO", "DPO", "MIN", "GRP", "LP",    "PNL",   "HUB",   "HUB-MGR", "INS"};
// Long enough for a holiday, short enough that a forgotten letter opens nothing.
constexpr UnixSeconds kInvitationLife = 14 * 24 * 3600;

Status CheckEmail(std::string_view email) {
  const std::size_t at = email.find('@');
  if (email.size() > 254 || at == 0 || at == std::string_view::npos || at + 1 == email.size() ||
      email.find('@', at + 1) != std::string_view::npos || !IsUtf8(email)) {
    return Invalid("an e-mail address is written name@organisation");
  }
  for (const char c : email) {
    if (static_cast<unsigned char>(c) <= ' ') return Invalid("an e-mail address has no blanks");
  }
  return Ok();
}

}  // namespace

bool KnownRole(std::string_view code) {
  return std::find(kRoles.begin(), kRoles.end(), code) != kRoles.end();
}

UnixSeconds People::InvitationEnd() const { return core_.time->Now().low + kInvitationLife; }

Result<People::Added> People::Add(const Actor& actor, NewPerson person) {
  TRY_VOID(RequireRole(actor, {kOfficerRole}));
  Added added;
  if (person.password.size() == 0) {
    added.password = MadeUpPassword(*core_.random);
    added.invited_until = InvitationEnd();
  }
  const ByteView password = added.invited_until ? added.password.view() : person.password.view();
  TRY_VOID(CheckPassword(password));
  LogEntry entry = core_.Entry("person.added");
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  entry.Person("actor", who).Add("agency", person.agency.text());
  TRY(added.id, Insert(person, password, added.invited_until, entry));
  return added;
}

Status People::Check(const NewPerson& person, ByteView password) {
  TRY_VOID(CheckPassword(password));
  TRY_VOID(CheckEmail(FoldAddress(person.email)));
  if (person.roles.empty()) return Invalid("a person needs at least one role");
  for (const std::string& role : person.roles) {
    if (!KnownRole(role)) return Invalid("no such role");
  }
  return Ok();
}

Result<PersonId> People::AddFirst(NewPerson person) {
  LogEntry entry = core_.Entry("person.added");
  entry.Add("agency", person.agency.text());
  return Insert(person, person.password.view(), std::nullopt, entry);
}

Result<PersonId> People::Insert(const NewPerson& person, ByteView password,
                                std::optional<UnixSeconds> invited_until, const LogEntry& entry) {
  const std::string email = FoldAddress(person.email);
  TRY_VOID(Check(person, password));
  for (const std::string& role : person.roles) {
    if (role == kOfficerRole && person.agency != core_.unit) {
      return Invalid("BUO is a role of the facilitating unit's people");
    }
  }
  TRY(const StretchedPassword stretched,
      StretchedPassword::Of(password, core_.costs.person, *core_.random));

  const Core::Lock lock = core_.Locked();
  TRY(const AgencyView agency, Agencies(core_).Running(person.agency));
  if (Find(email).ok()) return Conflict("a person with this address exists");
  TRY(SlotReservation slot, core_.keeper->Reserve(ObjectId()));
  const BoxKeyPair pair = NewBoxKeyPair(*core_.random);
  PersonRow row;
  row.id = core_.random->NewId<PersonId>();
  row.slot = slot.slot();
  row.agency = agency.id;
  row.state = "live";
  row.until = person.until;
  row.public_key = pair.public_key;
  row.invited_until = invited_until;
  row.row_version = 1;
  TRY(const ByteArray<32> lookup, core_.keeper->LookupHash(core_.lookup_slot, email));
  row.lookup = ToBytes(lookup);
  TRY(row.email, core_.SealLabel(EmailPlace(row), email));
  const Bytes inner = stretched.Wrap(pair.secret_key, row.id, *core_.random);
  TRY(row.password, core_.keeper->SealOuter(PasswordPlace(row), inner));
  const SlotEntry slot_entry{EntryType::kPerson, 0, 0, kNoDeadline, AsObject(row.id)};
  const KeyKeeper::Filling filling{&slot, slot_entry};
  TRY_VOID(core_.keeper->Fill({&filling, 1}));
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) -> Status {
    TRY_VOID(InsertPerson(transaction.database(), core_, row));
    for (const std::string& code : person.roles) {
      const RoleRow role{core_.random->NewId<RoleId>(), row.id, row.slot, code, person.until, 1};
      TRY_VOID(InsertRole(transaction.database(), core_, role));
    }
    return Ok();
  }));
  return row.id;
}

Result<std::vector<std::string>> People::RunningRoles(const PersonId& id) {
  TRY(const std::vector<RoleRow> rows, LoadRoles(core_, id));
  std::vector<std::string> codes;
  const UnixSeconds now = core_.time->Now().high;
  for (const RoleRow& row : rows) {
    if (!row.until || now < *row.until) codes.push_back(row.code);
  }
  return codes;
}

Result<People::Standing> People::StandingOf(const PersonId& id) {
  Standing standing;
  TRY(standing.row, LoadPerson(core_, id));
  TRY(standing.members, compartments_.MembershipsOf(id));
  TRY(standing.roles, LoadRoles(core_, id));
  TRY(standing.tokens, LoadTokens(core_, id));
  TRY(standing.deputies, LoadDeputies(core_, id));
  TRY(standing.named, PersonsNamedBoxes(core_, id));
  return standing;
}

Result<People::Remade> People::PrepareRemake(const PersonRow& old, Standing next,
                                             const std::optional<Bytes>& password) {
  PersonRow& fresh = next.row;
  TRY(const std::string email, EmailOf(old));
  TRY(SlotReservation slot, core_.keeper->Reserve(ObjectId()));
  fresh.slot = slot.slot();
  fresh.row_version = old.row_version + 1;
  TRY(fresh.email, core_.SealLabel(EmailPlace(fresh), email));
  if (!password) {
    // A first password that nobody replaced has ended; its owner's tokens and roles still move.
    if (!old.password.empty()) {
      TRY(fresh.password,
          core_.keeper->Reseal(PasswordPlace(old), old.password, PasswordPlace(fresh)));
    }
  } else if (password->empty()) {
    fresh.password.clear();
  } else {
    TRY(fresh.password, core_.keeper->SealOuter(PasswordPlace(fresh), *password));
  }
  for (MemberRow& member : next.members) {
    const MemberRow before = member;
    member.slot = fresh.slot;
    member.row_version += 1;
    if (before.lockbox.empty()) continue;
    TRY(member.lockbox, core_.keeper->Reseal(Compartments::MemberPlace(before), before.lockbox,
                                             Compartments::MemberPlace(member)));
  }
  for (RoleRow& role : next.roles) {
    role.slot = fresh.slot;
    role.row_version += 1;
  }
  for (TokenRow& token : next.tokens) {
    const TokenRow before = token;
    token.slot = fresh.slot;
    token.row_version += 1;
    TRY(token.secret, core_.keeper->Reseal(TokenPlace(before), before.secret, TokenPlace(token)));
    TRY(const std::string name, core_.OpenLabel(TokenNamePlace(before), before.name));
    TRY(token.name, core_.SealLabel(TokenNamePlace(token), name));
  }
  for (DeputyRow& deputy : next.deputies) {
    deputy.slot = fresh.slot;
    deputy.row_version += 1;
  }
  for (NamedBoxRow& named : next.named) {
    const NamedBoxRow before = named;
    named.slot = fresh.slot;
    named.row_version += 1;
    TRY(named.box, core_.keeper->Reseal(NamedBoxPlace(before), before.box, NamedBoxPlace(named)));
  }
  return Remade{old, std::move(next), std::move(slot)};
}

KeyKeeper::Filling People::FillingOf(Remade& remade) const {
  return {&remade.slot, {EntryType::kPerson, 0, 0, kNoDeadline, AsObject(remade.old.id)}};
}

Status People::WriteRemade(Transaction& transaction, const Remade& remade) {
  Database& database = transaction.database();
  const PersonId& id = remade.old.id;
  const Standing& next = remade.next;
  TRY_VOID(UpdatePerson(database, core_, next.row));
  // A deputy's parts that are not carried over are over.
  TRY_VOID(database
               .Prepare("UPDATE member SET state = 'ended', lockbox = NULL WHERE person = ? "
                        "AND state = 'live' AND stands_for IS NOT NULL")
               .Bind(id)
               .Run());
  for (const MemberRow& member : next.members) {
    TRY_VOID(database
                 .Prepare("UPDATE member SET state = 'live', slot = ?, lockbox = ?, "
                          "row_version = ?, mac = ? WHERE id = ?")
                 .Bind(member.slot, member.lockbox, member.row_version,
                       Compartments::MemberImage(member).Mac(*core_.keeper), member.id)
                 .Run());
  }
  TRY_VOID(database.Prepare("DELETE FROM role WHERE person = ?").Bind(id).Run());
  for (const RoleRow& role : next.roles) TRY_VOID(InsertRole(database, core_, role));
  TRY_VOID(database.Prepare("DELETE FROM token WHERE person = ?").Bind(id).Run());
  for (const TokenRow& token : next.tokens) TRY_VOID(InsertToken(database, core_, token));
  TRY_VOID(database.Prepare("DELETE FROM deputy WHERE person = ?").Bind(id).Run());
  for (const DeputyRow& deputy : next.deputies) TRY_VOID(InsertDeputy(database, core_, deputy));
  TRY_VOID(database.Prepare("DELETE FROM named_box WHERE person = ?").Bind(id).Run());
  for (const NamedBoxRow& row : next.named) TRY_VOID(InsertNamedBox(database, core_, row));
  return next.also ? next.also(transaction) : Ok();
}

Result<People::Ending> People::Remake(const PersonRow& old, Standing next,
                                      const std::optional<Bytes>& password, const LogEntry& entry) {
  TRY(Remade remade, PrepareRemake(old, std::move(next), password));
  const KeyKeeper::Filling filling = FillingOf(remade);
  TRY_VOID(core_.keeper->Fill({&filling, 1}));
  std::vector<RemakeOrder> orders;
  orders.push_back(RemakeOrder(EntryType::kPerson, AsObject(old.id), old.slot));
  const Status done = disposal_.Remake(
      std::move(orders), entry,
      [&](Transaction& transaction) -> Status { return WriteRemade(transaction, remade); });
  // The rows may stand although the old key could not be destroyed just now: then it is in debt,
  // the next sweep destroys it, and whoever came in with it is out already.
  TRY(const PersonRow now, LoadPerson(core_, old.id));
  if (now.slot == old.slot) {
    if (done.ok()) return Corrupt("a change was committed and its rows are not there");
    return done.error();
  }
  DropSessionsOf(old.id);
  if (done.ok()) return Ending::kDone;
  LogError("the key of before is still to be destroyed", done.error());
  return Ending::kOwed;
}

Result<People::Ending> People::ChangePassword(const Actor& actor, ByteView old_password,
                                              ByteView new_password) {
  TRY_VOID(CheckPassword(new_password));
  TRY(const std::string email, [&]() -> Result<std::string> {
    const Core::Lock lock = core_.Locked();
    TRY(const PersonRow row, LoadPerson(core_, actor.person()));
    return EmailOf(row);
  }());
  const auto proved = Prove(email, old_password);
  if (!proved.ok()) return Denied("the old password is wrong");
  if (EqualConstantTime(old_password, new_password)) {
    return Invalid("the new password is the old one");
  }
  TRY(const StretchedPassword stretched,
      StretchedPassword::Of(new_password, core_.costs.person, *core_.random));

  const Core::Lock lock = core_.Locked();
  TRY(Standing standing, StandingOf(actor.person()));
  const PersonRow old = standing.row;
  standing.row.invited_until.reset();
  const Bytes inner = stretched.Wrap(SecretOf(actor), old.id, *core_.random);
  TRY(const std::string who, core_.VaultPseudonym(old.id.view()));
  LogEntry entry = core_.Entry("person.password");
  entry.Person("actor", who);
  return Remake(old, std::move(standing), inner, entry);
}

Result<People::Anew> People::Reset(const Actor& actor, std::string_view email, Plaintext password) {
  TRY_VOID(RequireRole(actor, {kOfficerRole}));
  Added added;
  if (password.size() == 0) {
    added.password = MadeUpPassword(*core_.random);
    added.invited_until = InvitationEnd();
  }
  const ByteView chosen = added.invited_until ? added.password.view() : password.view();
  TRY_VOID(CheckPassword(chosen));
  TRY(const StretchedPassword stretched,
      StretchedPassword::Of(chosen, core_.costs.person, *core_.random));

  const Core::Lock lock = core_.Locked();
  TRY(added.id, Find(email));
  if (added.id == actor.person()) {
    return Invalid("your own password is changed with the password command");
  }
  TRY(Standing standing, StandingOf(added.id));
  const PersonRow old = standing.row;
  const BoxKeyPair pair = NewBoxKeyPair(*core_.random);
  standing.row.public_key = pair.public_key;
  // Tokens, and what was sealed to them by name, lead to the key that nobody has any more.
  standing.tokens.clear();
  standing.named.clear();
  standing.row.invited_until = added.invited_until;
  const Bytes inner = stretched.Wrap(pair.secret_key, old.id, *core_.random);
  for (MemberRow& member : standing.members) {
    // The old lockbox opens with the forgotten key only: hand over anew where the actor can.
    auto key = compartments_.Unlock(actor, member.party);
    if (!key.ok()) {
      member.lockbox.clear();
      continue;
    }
    TRY(member.lockbox, compartments_.SealFor(member, pair.public_key, key.value()));
  }
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  TRY(const std::string whom, core_.VaultPseudonym(old.id.view()));
  LogEntry entry = core_.Entry("person.reset");
  entry.Person("actor", who).Person("person", whom);
  TRY(const Ending ending, Remake(old, std::move(standing), inner, entry));
  return Anew{std::move(added), ending};
}

Result<People::Ending> People::GiveRole(const Actor& actor, const RoleChange& change) {
  TRY_VOID(RequireRole(actor, {kOfficerRole}));
  if (!KnownRole(change.code)) return Invalid("no such role");
  const Core::Lock lock = core_.Locked();
  TRY(const PersonId id, Find(change.email));
  TRY(Standing standing, StandingOf(id));
  const PersonRow old = standing.row;
  if (change.code == kOfficerRole && old.agency != core_.unit) {
    return Invalid("BUO is a role of the facilitating unit's people");
  }
  if (change.until && *change.until <= core_.time->Now().high) {
    return Invalid("the role would have ended already");
  }
  const UnixSeconds now = core_.time->Now().high;
  std::erase_if(standing.roles, [&](const RoleRow& role) {
    return role.code == change.code && role.until && now >= *role.until;
  });
  for (const RoleRow& role : standing.roles) {
    if (role.code == change.code) return Conflict("this person has the role already");
  }
  standing.roles.push_back(
      {core_.random->NewId<RoleId>(), id, old.slot, change.code, change.until, 0});
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  TRY(const std::string whom, core_.VaultPseudonym(id.view()));
  LogEntry entry = core_.Entry("role.given");
  entry.Person("actor", who).Person("person", whom).Add("role", change.code);
  return Remake(old, std::move(standing), std::nullopt, entry);
}

Result<People::Ending> People::TakeRole(const Actor& actor, const RoleChange& change) {
  TRY_VOID(RequireRole(actor, {kOfficerRole}));
  const Core::Lock lock = core_.Locked();
  TRY(const PersonId id, Find(change.email));
  TRY(Standing standing, StandingOf(id));
  const PersonRow old = standing.row;
  const std::size_t taken =
      std::erase_if(standing.roles, [&](const RoleRow& role) { return role.code == change.code; });
  if (taken == 0) return NotFound("this person does not have the role");
  if (standing.roles.empty()) {
    return Conflict("this is the person's only role: end the person instead");
  }
  if (change.code == kOfficerRole || change.code == kGovernanceRole) {
    TRY_VOID(Keeps(change.code, {old.id}));
  }
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  TRY(const std::string whom, core_.VaultPseudonym(id.view()));
  LogEntry entry = core_.Entry("role.taken");
  entry.Person("actor", who).Person("person", whom).Add("role", change.code);
  return Remake(old, std::move(standing), std::nullopt, entry);
}

Result<std::vector<PersonView>> People::List(const Actor& actor) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "IGO", "AAC", "CHR"}));
  TRY(const std::vector<PersonRow> rows, LoadPeople(core_));
  std::vector<PersonView> out;
  for (const PersonRow& row : rows) {
    if (!actor.in_unit() && row.agency != actor.agency()) continue;
    TRY(PersonView view, View(row.id));
    out.push_back(std::move(view));
  }
  std::sort(out.begin(), out.end(),
            [](const PersonView& a, const PersonView& b) { return a.email < b.email; });
  return out;
}

Result<PersonView> People::View(const PersonId& id) {
  const Core::Lock lock = core_.Locked();
  TRY(const PersonRow row, LoadPerson(core_, id));
  TRY(std::string email, EmailOf(row));
  TRY(std::vector<std::string> roles, RunningRoles(id));
  return PersonView{id,        std::move(email), row.agency, std::move(roles),
                    row.until, row.invited_until};
}

Result<PersonId> People::Find(std::string_view email) {
  const Core::Lock lock = core_.Locked();
  TRY(const ByteArray<32> hash, core_.keeper->LookupHash(core_.lookup_slot, FoldAddress(email)));
  auto query = core_.database->Prepare("SELECT id FROM person WHERE lookup = ? AND state = 'live'")
                   .Bind(hash);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such person");
  return query.IdAt<PersonId>(0);
}

Result<std::string> People::EmailOf(const PersonRow& row) {
  return core_.OpenLabel(EmailPlace(row), row.email);
}

}  // namespace vault
