// Holds: a hold keeps information, not access. It blocks the destruction of records; it never keeps
// a loan, a link or a login alive.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vault/core.h"
#include "vault/document_rows.h"
#include "vault/hold_rows.h"
#include "vault/matter_rows.h"

namespace vault {

struct NewHold {
  std::optional<MatterId> matter;  // exactly one of the three
  std::optional<SubjectId> subject;
  std::optional<DocumentId> document;
  std::string reason;
  std::string authority;  // on whose word: a court's order, an inquiry's letter; may be empty
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
  std::string authority;
  std::string note;              // of the last review
  std::string state;             // running, releasing, released
  bool overdue = false;          // it runs, and its review day has passed
  std::uint64_t collisions = 0;  // things under it that are due, or proposed for disposal
};

// HoldCollision is one thing under a hold that would go without it.
struct HoldCollision {
  std::string id;
  std::string kind;  // document, subject, matter
  std::uint32_t version = 0;
  std::string class_code;  // documents
  std::optional<Day> due;
  std::string state;  // due, soon (within ninety days), proposed, waiting
};
// HoldScope is what a hold keeps.
struct HoldScope {
  std::uint64_t matters = 0;
  std::uint64_t subjects = 0;
  std::uint64_t versions = 0;
  std::vector<std::pair<std::string, std::uint64_t>> classes;  // documents, by class
  std::uint64_t held_already = 0;                              // keys that another hold keeps
  std::vector<HoldCollision> collisions;
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
  // Errors: kDenied; kNotFound; kConflict it was released; kInvalid.
  Status Release(const Actor& actor, const HoldId& id, std::string_view reason);
  // Review moves the day to look again, with a note why it still stands.
  // Errors: kNotFound; kConflict it was released; kInvalid the day is not in the future.
  Status Review(const Actor& actor, const HoldId& id, Day next, std::string_view note);
  // List leaves out what an exclusion keeps from the actor.
  Result<std::vector<HoldView>> List(const Actor& actor);
  // Preview says what a hold would keep; its reason and review are not asked for yet.
  // Errors: kDenied; kNotFound; kInvalid.
  Result<HoldScope> Preview(const Actor& actor, const NewHold& hold);
  // RepairBits sets the bits of every running hold again, and finishes a release that a crash cut
  // short (at start).
  Status RepairBits();

 private:
  // Target is what a hold names.
  struct Target {
    std::string scope;
    ObjectId object;
    MatterId matter;
  };
  // KeptFrom says whether this person has an exclusion from what a hold names: then there is no
  // such thing for them, and no hold on it.
  Result<bool> KeptFrom(const Actor& actor, std::string_view scope, const ObjectId& object);
  // TargetOf. Errors: kNotFound also for what is kept from the actor; kInvalid.
  Result<Target> TargetOf(const Actor& actor, const NewHold& hold);
  // Find. Errors: kNotFound also for a hold on what is kept from the actor.
  Result<HoldRow> Find(const Actor& actor, const HoldId& id);
  Result<std::vector<HoldCollision>> Collisions(const ObjectId& object, std::string_view scope,
                                                Day until);
  Status Recompute(const std::vector<SlotNumber>& slots);
  Status FinishRelease(HoldRow row, const std::vector<SlotNumber>& slots);
  Core& core_;
  MatterRows& matters_;
  DocumentRows& documents_;
};

}  // namespace vault
