// PeopleRows: the rows of people and roles, read only through the functions that check their macs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/core.h"
#include "vault/register.h"

namespace vault {

struct PersonRow {
  PersonId id;
  SlotNumber slot = 0;
  AgencyId agency;
  std::string state;  // live, ended
  std::optional<UnixSeconds> until;
  Bytes lookup;
  Bytes email;  // label
  BoxPublicKey public_key{};
  Bytes password;                            // outer layer around the private key
  std::optional<UnixSeconds> invited_until;  // the end of a made-up password
  // Subjects kept from this person, 16 bytes each: here, so that an older row without one names a
  // dead key and is refused.
  Bytes excluded;
  std::uint64_t row_version = 0;
};

struct RoleRow {
  RoleId id;
  PersonId person;
  SlotNumber slot = 0;
  std::string code;
  std::optional<UnixSeconds> until;
  std::uint64_t row_version = 0;
};

// TokenScope is what a program may do with a token: each includes the one before it. None of them
// reaches passwords, tokens, people or approvals.
enum class TokenScope : std::uint8_t { kRead, kFile, kAct };
std::string_view ScopeName(TokenScope scope);
// ParseScope. Errors: kInvalid.
Result<TokenScope> ParseScope(std::string_view name);

struct TokenRow {
  ObjectId id;  // BLAKE2b-128(secret, "strongroom/v1/token-id")
  PersonId person;
  SlotNumber slot = 0;
  TokenScope scope = TokenScope::kRead;
  UnixSeconds until = 0;
  Bytes name;    // label
  Bytes secret;  // outer layer around the private key
  std::uint64_t row_version = 0;
};

// DeputyRow lets a person act for another, in their roles, until it ends.
struct DeputyRow {
  DeputyId id;
  PersonId person;      // who acts
  SlotNumber slot = 0;  // theirs
  PersonId stands_for;  // for whom
  UnixSeconds until = 0;
  std::uint64_t row_version = 0;
};

RowImage PersonImage(const PersonRow& row);
RowImage RoleImage(const RoleRow& row);
RowImage TokenImage(const TokenRow& row);
RowImage DeputyImage(const DeputyRow& row);
// ExcludedOf takes the column apart. Errors: kCorrupt.
Result<std::vector<SubjectId>> ExcludedOf(const PersonRow& row);
// LoadPerson gives a live person. Errors: kNotFound; kCorrupt.
Result<PersonRow> LoadPerson(const Core& core, const PersonId& id);
Result<std::vector<PersonRow>> LoadPeople(const Core& core);
Result<std::vector<RoleRow>> LoadRoles(const Core& core, const PersonId& person);
Status InsertPerson(Database& database, const Core& core, const PersonRow& row);
Status InsertRole(Database& database, const Core& core, const RoleRow& row);
Status UpdatePerson(Database& database, const Core& core, const PersonRow& row);
// LoadToken gives a token whose person is live. Errors: kNotFound; kCorrupt.
Result<TokenRow> LoadToken(const Core& core, const ObjectId& id);
Result<std::vector<TokenRow>> LoadTokens(const Core& core, const PersonId& person);
Status InsertToken(Database& database, const Core& core, const TokenRow& row);
// LoadDeputies lists for whom a person acts, ended or not; DeputiesOf who acts for them;
// AllDeputies everybody's. Errors: kCorrupt.
Result<std::vector<DeputyRow>> LoadDeputies(const Core& core, const PersonId& person);
Result<std::vector<DeputyRow>> DeputiesOf(const Core& core, const PersonId& stands_for);
Result<std::vector<DeputyRow>> AllDeputies(const Core& core);
Status InsertDeputy(Database& database, const Core& core, const DeputyRow& row);
// TokenNamePlace and TokenPlace are where a token's name and its way to the private key stand.
Core::Place TokenNamePlace(const TokenRow& row);
OuterPlace TokenPlace(const TokenRow& row);
// EmailPlace is where a person's address stands as a label.
Core::Place EmailPlace(const PersonRow& row);
// PasswordPlace is where the outer layer around a person's private key stands.
OuterPlace PasswordPlace(const PersonRow& row);

}  // namespace vault
