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
  Bytes password;  // outer layer around the private key
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

RowImage PersonImage(const PersonRow& row);
RowImage RoleImage(const RoleRow& row);
// LoadPerson gives a live person. Errors: kNotFound; kCorrupt.
Result<PersonRow> LoadPerson(const Core& core, const PersonId& id);
Result<std::vector<PersonRow>> LoadPeople(const Core& core);
Result<std::vector<RoleRow>> LoadRoles(const Core& core, const PersonId& person);
Status InsertPerson(Database& database, const Core& core, const PersonRow& row);
Status UpdatePerson(Database& database, const Core& core, const PersonRow& row);
// EmailPlace is where a person's address stands as a label.
Core::Place EmailPlace(const PersonRow& row);
// PasswordPlace is where the outer layer around a person's private key stands.
OuterPlace PasswordPlace(const PersonRow& row);

}  // namespace vault
