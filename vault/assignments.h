// Assignments: a role given to a person for one matter alone (the Lead Professional of this case).
//
// It points out who of several holders of a role is meant; it gives no role that a person lacks.
#pragma once

#include <string>
#include <vector>

#include "vault/compartments.h"
#include "vault/core.h"
#include "vault/matter_rows.h"
#include "vault/people.h"

namespace vault {

struct AssignmentRow {
  ObjectId id;
  MatterId matter;
  SlotNumber slot = 0;  // the matter's
  PersonId person;
  std::string role;
  std::string state;  // live, ended
  std::uint64_t row_version = 0;
};

// AssignedRoles gives the roles a person holds for a matter now. Errors: kCorrupt.
Result<std::vector<std::string>> AssignedRoles(const Core& core, const MatterId& matter,
                                               const PersonId& person);

class Assignments {
 public:
  Assignments(Core& core, People& people) : core_(core), people_(people) {}

  // Wish names one assignment.
  struct Wish {
    std::string email;
    std::string role;
  };
  // Give and End are the unit's. Errors: kDenied; kNotFound; kInvalid the template knows no such
  // role, or the person does not have it; kConflict it is so already, or it is not so.
  Status Give(const Actor& actor, const MatterRow& matter, const Wish& wish);
  Status End(const Actor& actor, const MatterRow& matter, const Wish& wish);
  // List. Errors: kDenied neither the unit nor IGO.
  Result<std::vector<Wish>> List(const Actor& actor, const MatterRow& matter);

 private:
  Status Log(const Actor& actor, const AssignmentRow& row, const AuditLog::Act& act);
  Core& core_;
  People& people_;
};

}  // namespace vault
