// Agencies: the organisations of the partnership, under short codes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/core.h"

namespace vault {

struct AgencyView {
  AgencyId id;
  std::string name;
  bool is_unit = false;
  // Of an agency that another one followed (succession.h): which, since when and why.
  std::optional<AgencyId> successor = {};
  std::optional<Day> ended = {};
  std::string reason = {};
};

// RequireRole refuses actors who hold none of these roles. Errors: kDenied.
Status RequireRole(const Actor& actor, std::initializer_list<std::string_view> roles);

class Agencies {
 public:
  explicit Agencies(Core& core) : core_(core) {}
  // Add registers an agency. Errors: kDenied not the unit; kConflict the code is taken; kInvalid.
  Status Add(const Actor& actor, const AgencyId& id, std::string_view name);
  Result<std::vector<AgencyView>> List();
  // Find gives an agency. Errors: kNotFound.
  Result<AgencyView> Find(const AgencyId& id);
  // Running is Find for what begins now. Errors: kNotFound; kConflict another agency followed it.
  Result<AgencyView> Running(const AgencyId& id);
  // HeirOf gives the agency that stands in an agency's place today: itself, or the last of those
  // that followed it. Errors: kNotFound; kCorrupt.
  Result<AgencyId> HeirOf(const AgencyId& id);

 private:
  Core& core_;
};

}  // namespace vault
