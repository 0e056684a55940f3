// Holds: a hold keeps information, not access. It blocks the destruction of records; it never keeps
// a loan, a link or a login alive.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/core.h"
#include "vault/document_rows.h"
#include "vault/matter_rows.h"

namespace vault {

struct NewHold {
  std::optional<MatterId> matter;  // exactly one of the three
  std::optional<SubjectId> subject;
  std::optional<DocumentId> document;
  std::string reason;
  Day review;
  bool sealed = false;  // kept, and nobody may read
};
struct HoldView {
  HoldId id;
  std::string kind;    // matter, subject, document
  std::string object;  // reference, pseudonym or id
  Day placed;
  Day review;
  bool sealed = false;
  std::string reason;
  std::string state;  // running, releasing, released
};

class Holds {
 public:
  Holds(Core& core, MatterRows& matters, DocumentRows& documents)
      : core_(core), matters_(matters), documents_(documents) {}
  // Place sets the hold bit on every key under the object before its row commits, and closes the
  // keys of a sealed hold after it: a crash between keeps too much, never too little, and locks
  // nobody out. Errors: kDenied; kNotFound; kInvalid.
  Result<HoldId> Place(const Actor& actor, const NewHold& hold);
  // Release commits the row, then recomputes the bits from the holds that are left.
  Status Release(const Actor& actor, const HoldId& id, std::string_view reason);
  Result<std::vector<HoldView>> List(const Actor& actor);
  // RepairBits sets the bits of every running hold again, and finishes a release that a crash cut
  // short (at start).
  Status RepairBits();

 private:
  Result<std::vector<SlotNumber>> SlotsUnder(const ObjectId& object, std::string_view scope);
  Status Recompute(const std::vector<SlotNumber>& slots);
  Status FinishRelease(const HoldId& id, const std::vector<SlotNumber>& slots);
  Core& core_;
  MatterRows& matters_;
  DocumentRows& documents_;
};

}  // namespace vault
