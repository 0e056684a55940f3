#include "vault/named_boxes.h"

#include <algorithm>
#include <string>

#include "vault/crypto/sealed_box.h"
#include "vault/keys/key_keeper.h"

namespace vault {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, object, version, person, slot, box, row_version, mac FROM named_box ";

RowImage NamedBoxImage(const NamedBoxRow& row) {
  RowImage image("named_box", row.id, row.slot, row.row_version);
  image.Column(row.object.view())
      .Column(std::int64_t{row.version})
      .Column(row.person.view())
      .Column(ByteView(row.box));
  return image;
}

Result<NamedBoxRow> ReadNamedBox(const Core& core, Statement& query) {
  NamedBoxRow row;
  row.id = query.IdAt<ObjectId>(0);
  row.object = query.IdAt<ObjectId>(1);
  row.version = query.U32(2);
  row.person = query.IdAt<PersonId>(3);
  row.slot = query.U32(4);
  row.box = query.Blob(5);
  row.row_version = static_cast<std::uint64_t>(query.Int(6));
  TRY_VOID(NamedBoxImage(row).Check(*core.keeper, query.Blob(7)));
  TRY_VOID(CheckLiveSlot(*core.keeper, row.slot, EntryType::kPerson, AsObject(row.person)));
  return row;
}

Result<std::vector<NamedBoxRow>> ReadAll(const Core& core, Statement query) {
  std::vector<NamedBoxRow> rows;
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    TRY(NamedBoxRow row, ReadNamedBox(core, query));
    rows.push_back(std::move(row));
  }
}

}  // namespace

OuterPlace NamedBoxPlace(const NamedBoxRow& row) {
  return {OuterTag::kNamedBox, row.slot, AsObject(row.person), row.id,
          static_cast<std::uint32_t>(row.row_version)};
}

Result<std::optional<NamedBoxRow>> FindNamedBox(const Core& core, const ObjectId& object,
                                                std::uint32_t version, const PersonId& person) {
  auto query =
      core.database
          ->Prepare(std::string(kSelect) + "WHERE object = ? AND version = ? AND person = ?")
          .Bind(object, version, person);
  TRY(const bool found, query.Step());
  if (!found) return std::optional<NamedBoxRow>();
  TRY(NamedBoxRow row, ReadNamedBox(core, query));
  return std::optional<NamedBoxRow>(std::move(row));
}

Result<std::vector<NamedBoxRow>> NamedBoxesOf(const Core& core, const ObjectId& object,
                                              std::uint32_t version) {
  return ReadAll(core,
                 core.database->Prepare(std::string(kSelect) + "WHERE object = ? AND version = ?")
                     .Bind(object, version));
}

Result<std::vector<NamedBoxRow>> PersonsNamedBoxes(const Core& core, const PersonId& person) {
  return ReadAll(core,
                 core.database->Prepare(std::string(kSelect) + "WHERE person = ?").Bind(person));
}

Status InsertNamedBox(Database& database, const Core& core, const NamedBoxRow& row) {
  return database
      .Prepare(
          "INSERT INTO named_box(id, object, version, person, slot, box, row_version, mac) "
          "VALUES(?, ?, ?, ?, ?, ?, ?, ?)")
      .Bind(row.id, row.object, row.version, row.person, row.slot, row.box, row.row_version,
            NamedBoxImage(row).Mac(*core.keeper))
      .Run();
}

Status NamedBoxes::MayBeNamed(const MatterRow& matter, const NamedObject& object,
                              const PersonId& person) {
  TRY(const std::optional<MemberRow> member, compartments_.Membership(person, matter.id));
  if (!member || member->stands_for) {
    return Invalid("a named reader needs a part of their own in the matter");
  }
  TRY(const PersonRow row, LoadPerson(core_, person));
  TRY(const std::vector<SubjectId> excluded, ExcludedOf(row));
  const bool kept = object.subject &&
                    std::find(excluded.begin(), excluded.end(), *object.subject) != excluded.end();
  if (kept) return Invalid("this person is kept from the subject");
  return Ok();
}

Result<std::vector<PersonId>> NamedBoxes::FirstReaders(const MatterRow& matter,
                                                       const ClassRule& rule,
                                                       const std::optional<PersonId>& author,
                                                       const NamedObject& object) {
  TRY(const std::vector<MemberRow> members, compartments_.MembersOf(matter.id));
  const UnixSeconds now = core_.time->Now().high;
  std::vector<PersonId> readers;
  for (const MemberRow& member : members) {
    const PersonId& person = member.person;
    TRY(const std::vector<RoleRow> roles, LoadRoles(core_, person));
    const bool in_role = std::any_of(roles.begin(), roles.end(), [&](const RoleRow& role) {
      return (!role.until || now < *role.until) &&
             std::find(rule.named_roles.begin(), rule.named_roles.end(), role.code) !=
                 rule.named_roles.end();
    });
    if (!in_role && person != author) continue;
    if (MayBeNamed(matter, object, person).ok()) readers.push_back(person);
  }
  if (readers.empty()) return Invalid("nobody who could be named would read this");
  return readers;
}

Status NamedBoxes::Seal(Transaction& transaction, const NamedObject& object,
                        const AccessShare& access, const std::vector<PersonId>& readers) {
  for (const PersonId& reader : readers) {
    TRY(const auto there, FindNamedBox(core_, object.object, object.version, reader));
    if (there) continue;
    TRY(const PersonRow person, LoadPerson(core_, reader));
    NamedBoxRow row{
        core_.random->NewId<ObjectId>(), object.object, object.version, reader, person.slot, {}, 1};
    TRY(const Bytes inner, SealAccessBox(object.object, object.version, access, person.public_key));
    TRY(row.box, core_.keeper->SealOuter(NamedBoxPlace(row), inner));
    TRY_VOID(InsertNamedBox(transaction.database(), core_, row));
  }
  return Ok();
}

}  // namespace vault
