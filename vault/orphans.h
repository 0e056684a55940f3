// Orphans: keys that live without a row: filed and never recorded, or filed after the backup that a
// restore brought. They are closed; the unit recovers documents from their containers' headers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/access.h"
#include "vault/compartments.h"
#include "vault/core.h"
#include "vault/matter_rows.h"

namespace vault {

struct OrphanView {
  ObjectId object;
  std::string kind;  // document, matter, subject, loan, share, person, pseudonym, key
  std::uint32_t version = 0;
  Day found;
  std::string matter_ref;          // empty: unknown, or not in the register
  std::optional<AgencyId> agency;  // the owner, when its compartment is known
  bool recoverable = false;
};

class Orphans {
 public:
  Orphans(Core& core, Compartments& compartments, MatterRows& matters, Access& access)
      : core_(core), compartments_(compartments), matters_(matters), access_(access) {}

  // List is the unit's and the information governance officer's. Errors: kDenied.
  Result<std::vector<OrphanView>> List(const Actor& actor);

  // Recover opens an orphaned document with the unit's box in its header, proves that its bytes are
  // whole, and gives it a row again. The file's own name is lost; `name` stands for it.
  //
  // Order:   the opening is in the log before any key is unwrapped; then one commit of all rows.
  // Errors:  kDenied not the unit's; kNotFound no such orphan; kConflict its matter is not in the
  // register, so that its parties' keys are lost; kInvalid class, agency or subject; kCorrupt.
  struct Recovery {
    DocumentId document;
    std::uint32_t version = 1;
    std::string class_code;
    std::optional<AgencyId> agency;  // needed only where the header's owner is not known any more
    std::string subject;             // id or pseudonym; empty: none
    std::string name;
  };
  Status Recover(const Actor& actor, const Recovery& wish);

 private:
  struct Found;
  Result<Found> Find(const Recovery& wish);
  Status Rebuild(const Actor& actor, const Recovery& wish, Found& found);
  Core& core_;
  Compartments& compartments_;
  MatterRows& matters_;
  Access& access_;
};

}  // namespace vault
