// Orphans: keys that live without a row: filed and never recorded, or filed after the backup that a
// restore brought. They are closed; the unit recovers documents from their containers' headers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/access.h"
#include "vault/compartments.h"
#include "vault/core.h"
#include "vault/disposal.h"
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
  bool ending = false;  // one of two people has said that it goes
};

// OrphanEnd is what an ending came to.
struct OrphanEnd {
  std::uint32_t version = 0;
  std::optional<DisposalId> disposal;  // of the destruction; none after the first of the two
};

class Orphans {
 public:
  Orphans(Core& core, Compartments& compartments, MatterRows& matters, Access& access,
          Disposal& disposal)
      : core_(core),
        compartments_(compartments),
        matters_(matters),
        access_(access),
        disposal_(disposal) {}

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

  // End destroys an orphan of any kind when a second person says so, one of the two an information
  // governance officer, with a certificate. version: none, where only one waits of this object.
  // Errors: kDenied; kNotFound; kConflict the same person again, or several versions wait; kHeld it
  // was held before it lost its row, or a hold runs in its matter, which may be meant to cover it:
  // recover it; kUnavailable.
  Result<OrphanEnd> End(const Actor& actor, const ObjectId& object,
                        const std::optional<std::uint32_t>& version);

 private:
  struct Found;
  Result<Found> Find(const Recovery& wish);
  // CheckHolds. Errors: kHeld a hold runs on what the key is of.
  Status CheckHolds(const ShredItem& item);
  Status Rebuild(const Actor& actor, const Recovery& wish, Found& found);
  Core& core_;
  Compartments& compartments_;
  MatterRows& matters_;
  Access& access_;
  Disposal& disposal_;
};

}  // namespace vault
