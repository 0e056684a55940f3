// Agencies: the organisations of the partnership, under short codes.
#pragma once

#include <string>
#include <vector>

#include "vault/core.h"

namespace vault {

struct AgencyView {
  AgencyId id;
  std::string name;
  bool is_unit = false;
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

 private:
  Core& core_;
};

}  // namespace vault
