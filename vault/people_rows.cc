#include "vault/people_rows.h"

namespace vault {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, slot, agency, state, until, lookup, email, public_key, password, row_version, mac "
    "FROM person ";

Result<PersonRow> ReadPerson(const Core& core, Statement& query) {
  PersonRow row;
  row.id = query.IdAt<PersonId>(0);
  row.slot = query.U32(1);
  TRY(row.agency, AgencyId::Parse(query.Text(2)));
  row.state = query.Text(3);
  if (!query.IsNull(4)) row.until = query.Int(4);
  row.lookup = query.Blob(5);
  row.email = query.Blob(6);
  const Bytes key = query.Blob(7);
  if (key.size() != row.public_key.size()) return Corrupt("a person's key has a wrong size");
  std::copy(key.begin(), key.end(), row.public_key.begin());
  row.password = query.Blob(8);
  row.row_version = static_cast<std::uint64_t>(query.Int(9));
  TRY_VOID(PersonImage(row).Check(*core.keeper, query.Blob(10)));
  TRY_VOID(CheckLiveSlot(*core.keeper, row.slot, EntryType::kPerson, AsObject(row.id)));
  return row;
}

}  // namespace

RowImage PersonImage(const PersonRow& row) {
  RowImage image("person", AsObject(row.id), row.slot, row.row_version);
  image.Column(row.agency.text())
      .Column(row.state)
      .Column(row.until)
      .Column(ByteView(row.lookup))
      .Column(ByteView(row.email))
      .Column(ByteView(row.public_key))
      .Column(ByteView(row.password));
  return image;
}

RowImage RoleImage(const RoleRow& row) {
  RowImage image("role", AsObject(row.id), row.slot, row.row_version);
  image.Column(row.person.view()).Column(row.code).Column(row.until);
  return image;
}

Result<PersonRow> LoadPerson(const Core& core, const PersonId& id) {
  auto query =
      core.database->Prepare(std::string(kSelect) + "WHERE id = ? AND state = 'live'").Bind(id);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such person");
  return ReadPerson(core, query);
}

Result<std::vector<PersonRow>> LoadPeople(const Core& core) {
  std::vector<PersonRow> rows;
  auto query = core.database->Prepare(std::string(kSelect) + "WHERE state = 'live'");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    TRY(PersonRow row, ReadPerson(core, query));
    rows.push_back(std::move(row));
  }
}

Result<std::vector<RoleRow>> LoadRoles(const Core& core, const PersonId& person) {
  std::vector<RoleRow> rows;
  auto query = core.database
                   ->Prepare(
                       "SELECT id, person, slot, code, until, row_version, mac FROM role "
                       "WHERE person = ? ORDER BY code")
                   .Bind(person);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    RoleRow row{query.IdAt<RoleId>(0), query.IdAt<PersonId>(1),
                query.U32(2),          query.Text(3),
                std::nullopt,          static_cast<std::uint64_t>(query.Int(5))};
    if (!query.IsNull(4)) row.until = query.Int(4);
    TRY_VOID(RoleImage(row).Check(*core.keeper, query.Blob(6)));
    TRY_VOID(CheckLiveSlot(*core.keeper, row.slot, EntryType::kPerson, AsObject(row.person)));
    rows.push_back(std::move(row));
  }
}

Status InsertPerson(Database& database, const Core& core, const PersonRow& row) {
  return database
      .Prepare(
          "INSERT INTO person(id, slot, agency, state, until, lookup, email, public_key, "
          "password, row_version, mac) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .Bind(row.id, row.slot, row.agency, row.state, row.until, row.lookup, row.email,
            row.public_key, row.password, row.row_version, PersonImage(row).Mac(*core.keeper))
      .Run();
}

Status UpdatePerson(Database& database, const Core& core, const PersonRow& row) {
  return database
      .Prepare(
          "UPDATE person SET slot = ?, agency = ?, state = ?, until = ?, lookup = ?, "
          "email = ?, public_key = ?, password = ?, row_version = ?, mac = ? WHERE id = ?")
      .Bind(row.slot, row.agency, row.state, row.until, row.lookup, row.email, row.public_key,
            row.password, row.row_version, PersonImage(row).Mac(*core.keeper), row.id)
      .Run();
}

Core::Place EmailPlace(const PersonRow& row) {
  return {row.slot, AsObject(row.id), "person", "email", row.row_version};
}

OuterPlace PasswordPlace(const PersonRow& row) {
  return {OuterTag::kPassword, row.slot, AsObject(row.id), AsObject(row.id),
          static_cast<std::uint32_t>(row.row_version)};
}

}  // namespace vault
