#include "vault/compartments.h"

#include <utility>

#include "vault/base/wire.h"
#include "vault/crypto/digest.h"
#include "vault/people_rows.h"
#include "vault/person_key.h"
#include "vault/register.h"

namespace vault {
namespace {

constexpr std::string_view kLockboxTag = "SLB1";

Result<Bytes> SealLockbox(LockboxKind kind, const CompartmentRow& row, const ObjectId& recipient,
                          const BoxPublicKey& recipient_key, const BoxSecretKey& secret_key) {
  SecretBytes plain(96);
  const Bytes head = WireWriter()
                         .Text(kLockboxTag)
                         .U8(static_cast<std::uint8_t>(kind))
                         .U8(0)
                         .U16(1)
                         .Raw(row.matter.view())
                         .Raw(recipient.view())
                         .Raw(row.party.view())
                         .bytes();
  std::copy(head.begin(), head.end(), plain.mutable_view().begin());
  const ByteView key = secret_key.view();
  std::copy(key.begin(), key.end(), plain.mutable_view().begin() + 56);
  return SealBox(recipient_key, plain.view());
}

RowImage CompartmentImage(const CompartmentRow& row) {
  RowImage image("compartment", AsObject(row.party), row.slot, row.row_version);
  image.Column(row.matter.view())
      .Column(row.kind)
      .Column(row.agency.text())
      .Column(ByteView(row.public_key))
      .Column(ByteView(row.escrow));
  return image;
}

Result<CompartmentRow> ReadCompartment(const Core& core, Statement& query) {
  CompartmentRow row;
  row.party = query.IdAt<PartyId>(0);
  row.matter = query.IdAt<MatterId>(1);
  row.slot = query.U32(2);
  row.kind = query.Text(3);
  if (!query.Text(4).empty()) {
    TRY(row.agency, AgencyId::Parse(query.Text(4)));
  }
  const Bytes key = query.Blob(5);
  if (key.size() != row.public_key.size()) return Corrupt("a compartment's key has a wrong size");
  std::copy(key.begin(), key.end(), row.public_key.begin());
  row.escrow = query.Blob(6);
  row.row_version = static_cast<std::uint64_t>(query.Int(7));
  TRY_VOID(CompartmentImage(row).Check(*core.keeper, query.Blob(8)));
  TRY_VOID(CheckLiveSlot(*core.keeper, row.slot, EntryType::kMatter, AsObject(row.matter)));
  return row;
}

constexpr std::string_view kSelectCompartment =
    "SELECT party, matter, slot, kind, agency, public_key, escrow, row_version, mac "
    "FROM compartment ";
constexpr std::string_view kSelectMember =
    "SELECT id, matter, party, person, slot, attending, stands_for, until, lockbox, row_version, "
    "mac FROM member ";

Result<MemberRow> ReadMember(const Core& core, Statement& query) {
  MemberRow row;
  row.id = query.IdAt<MemberId>(0);
  row.matter = query.IdAt<MatterId>(1);
  row.party = query.IdAt<PartyId>(2);
  row.person = query.IdAt<PersonId>(3);
  row.slot = query.U32(4);
  row.attending = query.Int(5) != 0;
  if (!query.IsNull(6)) row.stands_for = query.IdAt<PersonId>(6);
  if (!query.IsNull(7)) row.until = query.Int(7);
  row.lockbox = query.Blob(8);
  row.row_version = static_cast<std::uint64_t>(query.Int(9));
  TRY_VOID(Compartments::MemberImage(row).Check(*core.keeper, query.Blob(10)));
  TRY_VOID(CheckLiveSlot(*core.keeper, row.slot, EntryType::kPerson, AsObject(row.person)));
  return row;
}

}  // namespace

Result<CompartmentRow> Compartments::Load(const PartyId& party) {
  auto query =
      core_.database->Prepare(std::string(kSelectCompartment) + "WHERE party = ?").Bind(party);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such party");
  return ReadCompartment(core_, query);
}

Result<CompartmentRow> Compartments::Find(const MatterId& matter, std::string_view kind,
                                          const AgencyId& agency) {
  auto query = core_.database
                   ->Prepare(std::string(kSelectCompartment) +
                             "WHERE matter = ? AND kind = ? AND agency = ?")
                   .Bind(matter, kind, agency);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("this agency has no part in the matter");
  return ReadCompartment(core_, query);
}

Result<std::vector<CompartmentRow>> Compartments::OfMatter(const MatterId& matter) {
  std::vector<CompartmentRow> rows;
  auto query =
      core_.database->Prepare(std::string(kSelectCompartment) + "WHERE matter = ?").Bind(matter);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    TRY(CompartmentRow row, ReadCompartment(core_, query));
    rows.push_back(std::move(row));
  }
}

Result<Compartments::Created> Compartments::Create(Transaction& transaction, const MatterId& matter,
                                                   SlotNumber matter_slot, std::string_view kind,
                                                   const AgencyId& agency) {
  BoxKeyPair pair = NewBoxKeyPair(*core_.random);
  CompartmentRow row;
  row.party = core_.random->NewId<PartyId>();
  row.matter = matter;
  row.slot = matter_slot;
  row.kind = kind;
  row.agency = agency;
  row.public_key = pair.public_key;
  row.row_version = 1;
  if (kind != "agency" || agency != core_.unit) {
    TRY(const CompartmentRow unit, FindAgency(matter, core_.unit));
    TRY(row.escrow, SealLockbox(LockboxKind::kEscrow, row, AsObject(unit.party), unit.public_key,
                                pair.secret_key));
  }
  TRY_VOID(transaction.database()
               .Prepare("INSERT INTO compartment(party, matter, slot, kind, agency, public_key, "
                        "escrow, row_version, mac) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)")
               .Bind(row.party, matter, matter_slot, kind, agency, row.public_key, row.escrow,
                     row.row_version, CompartmentImage(row).Mac(*core_.keeper))
               .Run());
  return Created{std::move(row), std::move(pair.secret_key)};
}

Status Compartments::Rename(Transaction& transaction, CompartmentRow row) {
  row.row_version += 1;
  return transaction.database()
      .Prepare("UPDATE compartment SET agency = ?, row_version = ?, mac = ? WHERE party = ?")
      .Bind(row.agency, row.row_version, CompartmentImage(row).Mac(*core_.keeper), row.party)
      .Run();
}

Result<BoxSecretKey> Compartments::OpenLockbox(const BoxSecretKey& holder, ByteView box,
                                               const CompartmentRow& expected, LockboxKind kind,
                                               const ObjectId& recipient) {
  TRY(const SecretBytes plain, OpenBox(holder, box));
  const Bytes head = WireWriter()
                         .Text(kLockboxTag)
                         .U8(static_cast<std::uint8_t>(kind))
                         .U8(0)
                         .U16(1)
                         .Raw(expected.matter.view())
                         .Raw(recipient.view())
                         .Raw(expected.party.view())
                         .bytes();
  if (plain.size() != 96 || !EqualConstantTime(plain.view().first(56), head)) {
    return Corrupt("a lockbox is for something else");
  }
  TRY(BoxSecretKey key, BoxSecretKey::FromBytes(plain.view().subspan(56, 32)));
  // A planted public key would divert new boxes: it must be the one this private key makes.
  if (PublicKeyOf(key) != expected.public_key) return Corrupt("a compartment's key pair differs");
  return key;
}

Result<BoxSecretKey> Compartments::Unlock(const Actor& actor, const PartyId& party) {
  TRY(const CompartmentRow wanted, Load(party));
  TRY(const std::optional<MemberRow> member, Membership(actor.person(), wanted.matter));
  if (!member) return NotFound("you have no part in this matter");
  if (member->lockbox.empty()) {
    return Unavailable("your key to this matter has not been handed over yet: ask the unit");
  }
  TRY(const SecretBytes box, core_.keeper->OpenOuter(MemberPlace(*member), member->lockbox));
  if (member->party == party) {
    return OpenLockbox(SecretOf(actor), box.view(), wanted, LockboxKind::kPerson,
                       AsObject(actor.person()));
  }
  TRY(const CompartmentRow own, Load(member->party));
  if (own.kind != "agency" || own.agency != core_.unit) {
    return NotFound("you have no key to this party's compartment");
  }
  TRY(const BoxSecretKey unit_key, OpenLockbox(SecretOf(actor), box.view(), own,
                                               LockboxKind::kPerson, AsObject(actor.person())));
  return OpenLockbox(unit_key, wanted.escrow, wanted, LockboxKind::kEscrow, AsObject(own.party));
}

Result<std::optional<MemberRow>> Compartments::Membership(const PersonId& person,
                                                          const MatterId& matter) {
  auto query = core_.database
                   ->Prepare(std::string(kSelectMember) +
                             "WHERE matter = ? AND person = ? AND state = 'live'")
                   .Bind(matter, person);
  TRY(const bool found, query.Step());
  if (!found) return std::optional<MemberRow>();
  TRY(MemberRow row, ReadMember(core_, query));
  if (row.Over(core_.time->Now())) return std::optional<MemberRow>();
  return std::optional<MemberRow>(std::move(row));
}

Result<std::vector<MemberRow>> Compartments::MembersOf(const MatterId& matter) {
  std::vector<MemberRow> rows;
  auto query =
      core_.database->Prepare(std::string(kSelectMember) + "WHERE matter = ? AND state = 'live'")
          .Bind(matter);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    TRY(MemberRow row, ReadMember(core_, query));
    if (!row.Over(core_.time->Now())) rows.push_back(std::move(row));
  }
}

Result<std::vector<MemberRow>> Compartments::MembershipsOf(const PersonId& person) {
  std::vector<MemberRow> rows;
  auto query =
      core_.database->Prepare(std::string(kSelectMember) + "WHERE person = ? AND state = 'live'")
          .Bind(person);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    TRY(MemberRow row, ReadMember(core_, query));
    rows.push_back(std::move(row));
  }
}

OuterPlace Compartments::MemberPlace(const MemberRow& row) {
  return {OuterTag::kLockbox, row.slot, AsObject(row.person), AsObject(row.id),
          static_cast<std::uint32_t>(row.row_version)};
}

RowImage Compartments::MemberImage(const MemberRow& row) {
  RowImage image("member", AsObject(row.id), row.slot, row.row_version);
  image.Column(row.matter.view())
      .Column(row.party.view())
      .Column(row.person.view())
      .Column(std::int64_t{row.attending});
  row.stands_for ? image.Column(row.stands_for->view()) : image.Absent();
  image.Column(row.until).Column(ByteView(row.lockbox));
  return image;
}

Result<Bytes> Compartments::SealFor(const MemberRow& row, const BoxPublicKey& person_key,
                                    const BoxSecretKey& secret_key) {
  TRY(const CompartmentRow compartment, Load(row.party));
  TRY(const Bytes inner,
      SealLockbox(LockboxKind::kPerson, compartment, AsObject(row.person), person_key, secret_key));
  return core_.keeper->SealOuter(MemberPlace(row), inner);
}

Status Compartments::AddMember(Transaction& transaction, const CompartmentRow& compartment,
                               const BoxSecretKey& secret_key, const PersonId& person,
                               bool attending) {
  TRY(const std::optional<MemberRow> existing, Membership(person, compartment.matter));
  if (existing && !existing->stands_for) {
    return Conflict("this person has a part in this matter already");
  }
  MemberRow member;
  member.id = core_.random->NewId<MemberId>();
  member.person = person;
  member.attending = attending;
  return Join(transaction, std::move(member), compartment, secret_key);
}

Status Compartments::AddDeputy(Transaction& transaction, const CompartmentRow& compartment,
                               const BoxSecretKey& secret_key, const DeputyRow& deputy) {
  TRY(const std::optional<MemberRow> existing, Membership(deputy.person, compartment.matter));
  if (existing) return Conflict("this person has a part in this matter already");
  MemberRow member;
  member.id = core_.random->NewId<MemberId>();
  member.person = deputy.person;
  member.stands_for = deputy.stands_for;
  member.until = deputy.until;
  return Join(transaction, std::move(member), compartment, secret_key);
}

Status Compartments::Join(Transaction& transaction, MemberRow member,
                          const CompartmentRow& compartment, const BoxSecretKey& secret_key) {
  TRY(const PersonRow row, LoadPerson(core_, member.person));
  member.matter = compartment.matter;
  member.party = compartment.party;
  member.slot = row.slot;
  member.row_version = 1;
  TRY(const Bytes inner, SealLockbox(LockboxKind::kPerson, compartment, AsObject(member.person),
                                     row.public_key, secret_key));
  TRY(member.lockbox, core_.keeper->SealOuter(MemberPlace(member), inner));
  // A deputy's part, ended or about to become their own, makes room.
  TRY_VOID(transaction.database()
               .Prepare("DELETE FROM member WHERE matter = ? AND person = ? AND state = 'live' "
                        "AND stands_for IS NOT NULL")
               .Bind(member.matter, member.person)
               .Run());
  return transaction.database()
      .Prepare(
          "INSERT INTO member(id, matter, party, person, slot, attending, state, stands_for, "
          "until, lockbox, row_version, mac) VALUES(?, ?, ?, ?, ?, ?, 'live', ?, ?, ?, ?, ?)")
      .Bind(member.id, member.matter, member.party, member.person, member.slot,
            std::int64_t{member.attending}, member.stands_for, member.until, member.lockbox,
            member.row_version, MemberImage(member).Mac(*core_.keeper))
      .Run();
}

Result<std::vector<MemberRow>> Compartments::Owed() {
  std::vector<MemberRow> rows;
  auto query = core_.database->Prepare(std::string(kSelectMember) +
                                       "WHERE state = 'live' AND length(lockbox) = 0 "
                                       "ORDER BY matter");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    TRY(MemberRow row, ReadMember(core_, query));
    rows.push_back(std::move(row));
  }
}

Status Compartments::HandOver(Transaction& transaction, MemberRow row,
                              const BoxSecretKey& secret_key) {
  TRY(const PersonRow person, LoadPerson(core_, row.person));
  row.row_version += 1;
  TRY(row.lockbox, SealFor(row, person.public_key, secret_key));
  return transaction.database()
      .Prepare("UPDATE member SET lockbox = ?, row_version = ?, mac = ? WHERE id = ?")
      .Bind(row.lockbox, row.row_version, MemberImage(row).Mac(*core_.keeper), row.id)
      .Run();
}

Status Compartments::SetAttending(Transaction& transaction, MemberRow row, bool attending) {
  // The lockbox's outer layer names the row version, so it moves with it.
  const OuterPlace from = MemberPlace(row);
  row.row_version += 1;
  row.attending = attending;
  if (!row.lockbox.empty()) {
    TRY(row.lockbox, core_.keeper->Reseal(from, row.lockbox, MemberPlace(row)));
  }
  return transaction.database()
      .Prepare(
          "UPDATE member SET attending = ?, lockbox = ?, row_version = ?, mac = ? "
          "WHERE id = ?")
      .Bind(std::int64_t{attending}, row.lockbox, row.row_version,
            MemberImage(row).Mac(*core_.keeper), row.id)
      .Run();
}

}  // namespace vault
