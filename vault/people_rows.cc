#include "vault/people_rows.h"

namespace vault {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, slot, agency, state, until, lookup, email, public_key, password, invited_until, "
    "excluded, row_version, mac "
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
  if (!query.IsNull(9)) row.invited_until = query.Int(9);
  row.excluded = query.Blob(10);
  row.row_version = static_cast<std::uint64_t>(query.Int(11));
  TRY_VOID(PersonImage(row).Check(*core.keeper, query.Blob(12)));
  TRY_VOID(CheckLiveSlot(*core.keeper, row.slot, EntryType::kPerson, AsObject(row.id)));
  return row;
}

constexpr std::string_view kSelectDeputy =
    "SELECT id, person, slot, stands_for, until, row_version, mac FROM deputy ";

Result<std::vector<DeputyRow>> ReadDeputies(const Core& core, Statement query) {
  std::vector<DeputyRow> rows;
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    const DeputyRow row{query.IdAt<DeputyId>(0),
                        query.IdAt<PersonId>(1),
                        query.U32(2),
                        query.IdAt<PersonId>(3),
                        query.Int(4),
                        static_cast<std::uint64_t>(query.Int(5))};
    TRY_VOID(DeputyImage(row).Check(*core.keeper, query.Blob(6)));
    TRY_VOID(CheckLiveSlot(*core.keeper, row.slot, EntryType::kPerson, AsObject(row.person)));
    rows.push_back(row);
  }
}

constexpr std::string_view kSelectToken =
    "SELECT id, person, slot, scope, until, name, secret, row_version, mac FROM token ";

Result<TokenRow> ReadToken(const Core& core, Statement& query) {
  TokenRow row;
  row.id = query.IdAt<ObjectId>(0);
  row.person = query.IdAt<PersonId>(1);
  row.slot = query.U32(2);
  TRY(row.scope, ParseScope(query.Text(3)));
  row.until = query.Int(4);
  row.name = query.Blob(5);
  row.secret = query.Blob(6);
  row.row_version = static_cast<std::uint64_t>(query.Int(7));
  TRY_VOID(TokenImage(row).Check(*core.keeper, query.Blob(8)));
  TRY_VOID(CheckLiveSlot(*core.keeper, row.slot, EntryType::kPerson, AsObject(row.person)));
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
      .Column(ByteView(row.password))
      .Column(row.invited_until)
      .Column(ByteView(row.excluded));
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
          "password, invited_until, excluded, row_version, mac) "
          "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .Bind(row.id, row.slot, row.agency, row.state, row.until, row.lookup, row.email,
            row.public_key, row.password, row.invited_until, row.excluded, row.row_version,
            PersonImage(row).Mac(*core.keeper))
      .Run();
}

Status InsertRole(Database& database, const Core& core, const RoleRow& row) {
  return database
      .Prepare(
          "INSERT INTO role(id, person, slot, code, until, row_version, mac) "
          "VALUES(?, ?, ?, ?, ?, ?, ?)")
      .Bind(row.id, row.person, row.slot, row.code, row.until, row.row_version,
            RoleImage(row).Mac(*core.keeper))
      .Run();
}

Status UpdatePerson(Database& database, const Core& core, const PersonRow& row) {
  return database
      .Prepare(
          "UPDATE person SET slot = ?, agency = ?, state = ?, until = ?, lookup = ?, "
          "email = ?, public_key = ?, password = ?, invited_until = ?, excluded = ?, "
          "row_version = ?, mac = ? "
          "WHERE id = ?")
      .Bind(row.slot, row.agency, row.state, row.until, row.lookup, row.email, row.public_key,
            row.password, row.invited_until, row.excluded, row.row_version,
            PersonImage(row).Mac(*core.keeper), row.id)
      .Run();
}

RowImage TokenImage(const TokenRow& row) {
  RowImage image("token", row.id, row.slot, row.row_version);
  image.Column(row.person.view())
      .Column(ScopeName(row.scope))
      .Column(row.until)
      .Column(ByteView(row.name))
      .Column(ByteView(row.secret));
  return image;
}

std::string_view ScopeName(TokenScope scope) {
  switch (scope) {
    case TokenScope::kRead:
      return "read";
    case TokenScope::kFile:
      return "file";
    case TokenScope::kAct:
      return "act";
  }
  return "";
}

Result<TokenScope> ParseScope(std::string_view name) {
  for (const TokenScope scope : {TokenScope::kRead, TokenScope::kFile, TokenScope::kAct}) {
    if (name == ScopeName(scope)) return scope;
  }
  return Invalid("a token may read, file or act");
}

Result<TokenRow> LoadToken(const Core& core, const ObjectId& id) {
  auto query = core.database->Prepare(std::string(kSelectToken) + "WHERE id = ?").Bind(id);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such token");
  return ReadToken(core, query);
}

Result<std::vector<TokenRow>> LoadTokens(const Core& core, const PersonId& person) {
  std::vector<TokenRow> rows;
  auto query = core.database->Prepare(std::string(kSelectToken) + "WHERE person = ? ORDER BY until")
                   .Bind(person);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    TRY(TokenRow row, ReadToken(core, query));
    rows.push_back(std::move(row));
  }
}

Status InsertToken(Database& database, const Core& core, const TokenRow& row) {
  return database
      .Prepare(
          "INSERT INTO token(id, person, slot, scope, until, name, secret, row_version, mac) "
          "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .Bind(row.id, row.person, row.slot, ScopeName(row.scope), row.until, row.name, row.secret,
            row.row_version, TokenImage(row).Mac(*core.keeper))
      .Run();
}

RowImage DeputyImage(const DeputyRow& row) {
  RowImage image("deputy", AsObject(row.id), row.slot, row.row_version);
  image.Column(row.person.view()).Column(row.stands_for.view()).Column(row.until);
  return image;
}

Result<std::vector<SubjectId>> ExcludedOf(const PersonRow& row) {
  constexpr std::size_t kId = 16;
  if (row.excluded.size() % kId != 0) return Corrupt("a person's exclusions have a wrong size");
  std::vector<SubjectId> subjects;
  for (std::size_t at = 0; at < row.excluded.size(); at += kId) {
    TRY(const SubjectId id, SubjectId::FromBytes(ByteView(row.excluded).subspan(at, kId)));
    subjects.push_back(id);
  }
  return subjects;
}

Result<std::vector<DeputyRow>> LoadDeputies(const Core& core, const PersonId& person) {
  return ReadDeputies(
      core,
      core.database->Prepare(std::string(kSelectDeputy) + "WHERE person = ? ORDER BY until, id")
          .Bind(person));
}

Result<std::vector<DeputyRow>> DeputiesOf(const Core& core, const PersonId& stands_for) {
  return ReadDeputies(
      core,
      core.database->Prepare(std::string(kSelectDeputy) + "WHERE stands_for = ? ORDER BY until, id")
          .Bind(stands_for));
}

Result<std::vector<DeputyRow>> AllDeputies(const Core& core) {
  return ReadDeputies(
      core, core.database->Prepare(std::string(kSelectDeputy) + "ORDER BY until, id").Bind());
}

Status InsertDeputy(Database& database, const Core& core, const DeputyRow& row) {
  return database
      .Prepare(
          "INSERT INTO deputy(id, person, slot, stands_for, until, row_version, mac) "
          "VALUES(?, ?, ?, ?, ?, ?, ?)")
      .Bind(row.id, row.person, row.slot, row.stands_for, row.until, row.row_version,
            DeputyImage(row).Mac(*core.keeper))
      .Run();
}

Core::Place TokenNamePlace(const TokenRow& row) {
  return {row.slot, AsObject(row.person), "token", "name", row.row_version};
}

OuterPlace TokenPlace(const TokenRow& row) {
  return {OuterTag::kPassword, row.slot, AsObject(row.person), row.id,
          static_cast<std::uint32_t>(row.row_version)};
}

Core::Place EmailPlace(const PersonRow& row) {
  return {row.slot, AsObject(row.id), "person", "email", row.row_version};
}

OuterPlace PasswordPlace(const PersonRow& row) {
  return {OuterTag::kPassword, row.slot, AsObject(row.id), AsObject(row.id),
          static_cast<std::uint32_t>(row.row_version)};
}

}  // namespace vault
