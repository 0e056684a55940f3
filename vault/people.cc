#include "vault/people.h"

#include <algorithm>

#include "vault/agencies.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/crypto/aead.h"
#include "vault/crypto/digest.h"
#include "vault/person_key.h"

namespace vault {
namespace {

constexpr std::array<std::string_view, 18> kRoles = {
    "BUO", "CHR", "AAC", "AUD", "PRT-D", "PRT-M", "PRT-X", "PRT-S",   "PTN",
    "IGO", "DPO", "MIN", "GRP", "LP",    "PNL",   "HUB",   "HUB-MGR", "INS"};
constexpr std::size_t kLeastPassword = 12;
constexpr std::size_t kMostPassword = 1024;
constexpr UnixSeconds kSessionLife = 12 * 3600;
constexpr UnixSeconds kSessionIdle = 3600;
constexpr std::string_view kPasswordTag = "SPW1";

Error WrongSignIn() { return Denied("the e-mail address or the password is wrong"); }

ByteArray<16> SessionName(ByteView secret) {
  return Blake2b<16>(secret, AsBytes("strongroom/v1/sid"));
}
ByteArray<32> SessionKey(ByteView secret) {
  return Blake2b<32>(secret, AsBytes("strongroom/v1/session"));
}

Status CheckPassword(ByteView password) {
  if (password.size() < kLeastPassword) {
    return Invalid("a password has at least 12 characters");
  }
  if (password.size() > kMostPassword) return Invalid("a password has at most 1024 characters");
  return Ok();
}

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

// MadeUpPassword has 100 random bits in letters that are hard to confuse, in groups of five.
Plaintext MadeUpPassword(RandomSource& random) {
  constexpr std::string_view kLetters = "abcdefghjkmnpqrstuvwxyz234567892";
  Plaintext out;
  ByteArray<20> bytes;
  random.Fill(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i != 0 && i % 5 == 0) out.Append(AsBytes("-"));
    out.Append(AsBytes(kLetters.substr(bytes[i] % 32, 1)));
  }
  WipeMemory(bytes.data(), bytes.size());
  return out;
}

Bytes PasswordAd(const PersonId& person) {
  return WireWriter().Text(kPasswordTag).Raw(person.view()).bytes();
}

}  // namespace

bool KnownRole(std::string_view code) {
  return std::find(kRoles.begin(), kRoles.end(), code) != kRoles.end();
}

// The inner layer is salt[16] | u32 passes | u32 KiB | sealed private key.
Result<Bytes> People::WrapSecret(const PersonRow& row, const BoxSecretKey& key, ByteView stretched,
                                 ByteView salt) {
  return WireWriter()
      .Raw(salt)
      .U32(core_.costs.person.passes)
      .U32(core_.costs.person.memory_kib)
      .Raw(SealAead(stretched, key.view(), PasswordAd(row.id), *core_.random))
      .bytes();
}

Result<People::Added> People::Add(const Actor& actor, NewPerson person) {
  TRY_VOID(RequireRole(actor, {"BUO"}));
  Added added;
  if (person.password.size() == 0) {
    added.password = MadeUpPassword(*core_.random);
  }
  const ByteView password =
      added.password.size() != 0 ? added.password.view() : person.password.view();
  TRY_VOID(CheckPassword(password));
  LogEntry entry = core_.Entry("person.added");
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  entry.Person("actor", who).Add("agency", person.agency.text());
  TRY(added.id, Insert(person, password, entry));
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
  return Insert(person, person.password.view(), entry);
}

Result<PersonId> People::Insert(const NewPerson& person, ByteView password, const LogEntry& entry) {
  const std::string email = FoldAddress(person.email);
  TRY_VOID(Check(person, password));
  for (const std::string& role : person.roles) {
    if (role == "BUO" && person.agency != core_.unit) {
      return Invalid("BUO is a role of the facilitating unit's people");
    }
  }
  ByteArray<16> salt;
  core_.random->Fill(salt);
  TRY(const SecretBytes stretched, StretchPassword(password, salt, core_.costs.person));

  const Core::Lock lock = core_.Locked();
  TRY(const AgencyView agency, Agencies(core_).Find(person.agency));
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
  row.row_version = 1;
  TRY(const ByteArray<32> lookup, core_.keeper->LookupHash(core_.lookup_slot, email));
  row.lookup = ToBytes(lookup);
  TRY(row.email, core_.SealLabel(EmailPlace(row), email));
  TRY(const Bytes inner, WrapSecret(row, pair.secret_key, stretched.view(), salt));
  TRY(row.password, core_.keeper->SealOuter(PasswordPlace(row), inner));
  const SlotEntry slot_entry{EntryType::kPerson, 0, 0, kNoDeadline, AsObject(row.id)};
  const KeyKeeper::Filling filling{&slot, slot_entry};
  TRY_VOID(core_.keeper->Fill({&filling, 1}));
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) -> Status {
    TRY_VOID(InsertPerson(transaction.database(), core_, row));
    for (const std::string& code : person.roles) {
      const RoleRow role{core_.random->NewId<RoleId>(), row.id, row.slot, code, person.until, 1};
      TRY_VOID(transaction.database()
                   .Prepare("INSERT INTO role(id, person, slot, code, until, row_version, mac) "
                            "VALUES(?, ?, ?, ?, ?, ?, ?)")
                   .Bind(role.id, role.person, role.slot, role.code, role.until, role.row_version,
                         RoleImage(role).Mac(*core_.keeper))
                   .Run());
    }
    return Ok();
  }));
  return row.id;
}

Result<SessionSecret> People::SignIn(std::string_view email, ByteView password) {
  std::optional<PersonRow> row;
  SecretBytes inner;
  ByteArray<16> salt{};
  PasswordCost cost = core_.costs.person;
  {
    const Core::Lock lock = core_.Locked();
    const Result<PersonId> id = Find(email);
    if (id.ok()) {
      auto loaded = LoadPerson(core_, id.value());
      if (loaded.ok() && !loaded.value().password.empty()) {
        TRY(inner, core_.keeper->OpenOuter(PasswordPlace(loaded.value()), loaded.value().password));
        WireReader reader(inner.view());
        salt = reader.Array<16>();
        cost = {reader.U32(), reader.U32()};
        if (reader.failed()) return Corrupt("a password record is too short");
        row = std::move(loaded).value();
      }
    }
  }
  // An unknown name costs the same work as a wrong password.
  TRY(const SecretBytes stretched, StretchPassword(password, salt, cost));
  if (!row) return WrongSignIn();
  auto key = OpenAeadSecret(stretched.view(), inner.view().subspan(24), PasswordAd(row->id));
  if (!key.ok()) return WrongSignIn();

  const Core::Lock lock = core_.Locked();
  if (row->until && core_.time->Now().high >= *row->until) return WrongSignIn();
  SessionSecret secret = SessionSecret::Random(*core_.random);
  TRY(const std::string who, core_.VaultPseudonym(row->id.view()));
  LogEntry entry = core_.Entry("session.began");
  entry.Person("actor", who).Add("agency", row->agency.text());
  TRY_VOID(core_.Record(entry, [](Transaction&) { return Ok(); }));
  const ByteArray<32> session_key = SessionKey(secret.view());
  sessions_[SessionName(secret.view())] =
      Session{row->id, SealAead(session_key, key.value().view(), row->id.view(), *core_.random),
              core_.clock->Boottime(), core_.clock->Boottime()};
  return secret;
}

Result<Actor> People::Resume(ByteView session_secret) {
  if (session_secret.size() != SessionSecret::kSize) return Denied("sign in first");
  const Core::Lock lock = core_.Locked();
  const auto it = sessions_.find(SessionName(session_secret));
  if (it == sessions_.end()) return Denied("sign in first");
  Session& session = it->second;
  const UnixSeconds now = core_.clock->Boottime();
  if (now - session.signed_in > kSessionLife || now - session.last_used > kSessionIdle) {
    sessions_.erase(it);
    return Denied("your session has ended: sign in again");
  }
  session.last_used = now;
  auto row = LoadPerson(core_, session.person);
  if (!row.ok() || (row.value().until && core_.time->Now().high >= *row.value().until)) {
    sessions_.erase(it);
    return Denied("sign in first");
  }
  const ByteArray<32> session_key = SessionKey(session_secret);
  TRY(const SecretBytes key,
      OpenAeadSecret(session_key, session.wrapped_key, session.person.view()));
  TRY(BoxSecretKey secret, BoxSecretKey::FromBytes(key.view()));
  Actor actor;
  actor.person_ = session.person;
  actor.agency_ = row.value().agency;
  actor.in_unit_ = row.value().agency == core_.unit;
  TRY(actor.roles_, RunningRoles(session.person));
  actor.key_ = std::make_unique<PersonKey>(std::move(secret));
  return actor;
}

Status People::SignOut(ByteView session_secret) {
  const Core::Lock lock = core_.Locked();
  if (session_secret.size() == SessionSecret::kSize) sessions_.erase(SessionName(session_secret));
  return Ok();
}

Result<UnixSeconds> People::SessionLeft(ByteView session_secret) {
  const Core::Lock lock = core_.Locked();
  const auto it = sessions_.find(SessionName(session_secret));
  if (it == sessions_.end()) return Denied("sign in first");
  return std::max<UnixSeconds>(0, it->second.signed_in + kSessionLife - core_.clock->Boottime());
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

Status People::Remake(const PersonRow& old, PersonRow fresh, ByteView password_inner,
                      const LogEntry& entry, const std::vector<MemberRow>& members) {
  TRY(const std::string email, EmailOf(old));
  TRY(SlotReservation slot, core_.keeper->Reserve(ObjectId()));
  fresh.slot = slot.slot();
  fresh.row_version = old.row_version + 1;
  TRY(fresh.email, core_.SealLabel(EmailPlace(fresh), email));
  TRY(fresh.password, core_.keeper->SealOuter(PasswordPlace(fresh), password_inner));
  std::vector<MemberRow> moved;
  for (const MemberRow& member : members) {
    MemberRow next = member;
    next.slot = fresh.slot;
    next.row_version += 1;
    if (!member.lockbox.empty()) {
      TRY(next.lockbox, core_.keeper->Reseal(Compartments::MemberPlace(member), member.lockbox,
                                             Compartments::MemberPlace(next)));
    }
    moved.push_back(std::move(next));
  }
  TRY(const std::vector<RoleRow> roles, LoadRoles(core_, old.id));
  const SlotEntry slot_entry{EntryType::kPerson, 0, 0, kNoDeadline, AsObject(old.id)};
  const KeyKeeper::Filling filling{&slot, slot_entry};
  TRY_VOID(core_.keeper->Fill({&filling, 1}));
  std::vector<RemakeOrder> orders;
  orders.push_back(RemakeOrder(EntryType::kPerson, AsObject(old.id), old.slot));
  TRY_VOID(disposal_.Remake(std::move(orders), entry, [&](Transaction& transaction) -> Status {
    TRY_VOID(UpdatePerson(transaction.database(), core_, fresh));
    for (const MemberRow& member : moved) {
      TRY_VOID(transaction.database()
                   .Prepare("UPDATE member SET slot = ?, lockbox = ?, row_version = ?, mac = ? "
                            "WHERE id = ?")
                   .Bind(member.slot, member.lockbox, member.row_version,
                         Compartments::MemberImage(member).Mac(*core_.keeper), member.id)
                   .Run());
    }
    for (RoleRow role : roles) {
      role.slot = fresh.slot;
      role.row_version += 1;
      TRY_VOID(transaction.database()
                   .Prepare("UPDATE role SET slot = ?, row_version = ?, mac = ? WHERE id = ?")
                   .Bind(role.slot, role.row_version, RoleImage(role).Mac(*core_.keeper), role.id)
                   .Run());
    }
    return Ok();
  }));
  DropSessionsOf(old.id);
  return Ok();
}

Status People::ChangePassword(const Actor& actor, ByteView old_password, ByteView new_password) {
  TRY_VOID(CheckPassword(new_password));
  TRY(const std::string email, [&]() -> Result<std::string> {
    const Core::Lock lock = core_.Locked();
    TRY(const PersonRow row, LoadPerson(core_, actor.person()));
    return EmailOf(row);
  }());
  auto proved = SignIn(email, old_password);
  if (!proved.ok()) return Denied("the old password is wrong");
  ByteArray<16> salt;
  core_.random->Fill(salt);
  TRY(const SecretBytes stretched, StretchPassword(new_password, salt, core_.costs.person));

  const Core::Lock lock = core_.Locked();
  TRY(const PersonRow row, LoadPerson(core_, actor.person()));
  TRY(const Bytes inner, WrapSecret(row, SecretOf(actor), stretched.view(), salt));
  TRY(const std::vector<MemberRow> members, compartments_.MembershipsOf(row.id));
  TRY(const std::string who, core_.VaultPseudonym(row.id.view()));
  LogEntry entry = core_.Entry("person.password");
  entry.Person("actor", who);
  return Remake(row, row, inner, entry, members);
}

Result<People::Added> People::Reset(const Actor& actor, std::string_view email,
                                    Plaintext password) {
  TRY_VOID(RequireRole(actor, {"BUO"}));
  Added added;
  if (password.size() == 0) {
    added.password = MadeUpPassword(*core_.random);
  }
  const ByteView chosen = added.password.size() != 0 ? added.password.view() : password.view();
  TRY_VOID(CheckPassword(chosen));
  ByteArray<16> salt;
  core_.random->Fill(salt);
  TRY(const SecretBytes stretched, StretchPassword(chosen, salt, core_.costs.person));

  const Core::Lock lock = core_.Locked();
  TRY(added.id, Find(email));
  if (added.id == actor.person()) {
    return Invalid("your own password is changed with the password command");
  }
  TRY(const PersonRow row, LoadPerson(core_, added.id));
  const BoxKeyPair pair = NewBoxKeyPair(*core_.random);
  PersonRow fresh = row;
  fresh.public_key = pair.public_key;
  TRY(const Bytes inner, WrapSecret(row, pair.secret_key, stretched.view(), salt));
  TRY(std::vector<MemberRow> members, compartments_.MembershipsOf(row.id));
  for (MemberRow& member : members) {
    // The old lockbox opens with the forgotten key only: hand over anew where the actor can.
    auto key = compartments_.Unlock(actor, member.party);
    if (!key.ok()) {
      member.lockbox.clear();
      continue;
    }
    TRY(member.lockbox, compartments_.SealFor(member, pair.public_key, key.value()));
  }
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  TRY(const std::string whom, core_.VaultPseudonym(row.id.view()));
  LogEntry entry = core_.Entry("person.reset");
  entry.Person("actor", who).Person("person", whom);
  TRY_VOID(Remake(row, std::move(fresh), inner, entry, members));
  return added;
}

Status People::End(const Actor& actor, std::string_view email) {
  TRY_VOID(RequireRole(actor, {"BUO"}));
  const Core::Lock lock = core_.Locked();
  TRY(const PersonId id, Find(email));
  TRY(const PersonRow row, LoadPerson(core_, id));
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  TRY(const std::string whom, core_.VaultPseudonym(id.view()));
  LogEntry entry = core_.Entry("person.ended");
  entry.Person("actor", who).Person("person", whom).Add("agency", row.agency.text());
  return EndRow(row, entry);
}

Status People::EndRow(const PersonRow& row, const LogEntry& entry) {
  TRY(const std::vector<PersonRow> everybody, LoadPeople(core_));
  if (row.agency == core_.unit) {
    std::size_t officers = 0;
    for (const PersonRow& other : everybody) {
      if (other.id == row.id || other.agency != core_.unit) continue;
      TRY(const std::vector<std::string> roles, RunningRoles(other.id));
      officers += std::count(roles.begin(), roles.end(), "BUO");
    }
    if (officers == 0) {
      return Conflict("this is the unit's last officer: add another before ending this one");
    }
  }
  // The look-up key dies with every person who ends, so that an old register cannot be asked
  // whether somebody was ever here; the others are hashed again under a new one.
  TRY(SlotReservation lookup, core_.keeper->Reserve(ObjectId()));
  const auto lookup_object = core_.random->NewId<ObjectId>();
  std::vector<PersonRow> rehashed;
  for (const PersonRow& other : everybody) {
    if (other.id == row.id) continue;
    PersonRow next = other;
    TRY(const std::string email, EmailOf(other));
    TRY(const ByteArray<32> hash, core_.keeper->LookupHash(lookup.slot(), email));
    next.lookup = ToBytes(hash);
    rehashed.push_back(std::move(next));
  }
  TRY(const SlotEntry old_lookup, core_.keeper->Look(core_.lookup_slot));
  const SlotEntry slot_entry{EntryType::kSystem, 0, 0, kNoDeadline, lookup_object};
  const KeyKeeper::Filling filling{&lookup, slot_entry};
  TRY_VOID(core_.keeper->Fill({&filling, 1}));
  std::vector<RemakeOrder> orders;
  orders.push_back(RemakeOrder(EntryType::kPerson, AsObject(row.id), row.slot));
  orders.push_back(RemakeOrder(EntryType::kSystem, old_lookup.object, core_.lookup_slot));
  const SlotNumber new_lookup = lookup.slot();
  TRY_VOID(disposal_.Remake(std::move(orders), entry, [&](Transaction& transaction) -> Status {
    Database& database = transaction.database();
    // The old hashes must be out of the way before new ones are compared for uniqueness.
    TRY_VOID(database.Prepare("UPDATE person SET lookup = NULL").Bind().Run());
    for (const PersonRow& next : rehashed) TRY_VOID(UpdatePerson(database, core_, next));
    TRY_VOID(database
                 .Prepare("UPDATE person SET state = 'ended', email = NULL, password = NULL, "
                          "mac = NULL WHERE id = ?")
                 .Bind(row.id)
                 .Run());
    TRY_VOID(database.Prepare("DELETE FROM role WHERE person = ?").Bind(row.id).Run());
    TRY_VOID(database.Prepare("UPDATE member SET state = 'ended', lockbox = NULL WHERE person = ?")
                 .Bind(row.id)
                 .Run());
    return core_.SetMeta("lookup_slot", WireWriter().U32(new_lookup).bytes());
  }));
  core_.lookup_slot = new_lookup;
  DropSessionsOf(row.id);
  return Ok();
}

Result<std::uint64_t> People::EndExpired() {
  const Core::Lock lock = core_.Locked();
  TRY(const std::vector<PersonRow> everybody, LoadPeople(core_));
  std::uint64_t ended = 0;
  for (const PersonRow& row : everybody) {
    if (!row.until || core_.time->Now().low < *row.until) continue;
    TRY(const std::string whom, core_.VaultPseudonym(row.id.view()));
    LogEntry entry = core_.Entry("person.ended");
    entry.Person("person", whom).Add("agency", row.agency.text()).Add("by", "schedule");
    // Rows changed under us by the first ending are read again.
    TRY(const PersonRow current, LoadPerson(core_, row.id));
    const Status done = EndRow(current, entry);
    if (done.ok()) ++ended;
    if (!done.ok() && done.error().code != Errc::kConflict) return done.error();
  }
  return ended;
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
  return PersonView{id,        std::move(email),     row.agency, std::move(roles),
                    row.until, !row.password.empty()};
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

void People::DropSessions() {
  const Core::Lock lock = core_.Locked();
  sessions_.clear();
}

void People::DropSessionsOf(const PersonId& person) {
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second.person == person; });
}

}  // namespace vault
