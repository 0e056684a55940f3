// Succession: one agency takes another one's place, because it was merged, renamed or replaced.
//
// What stands in the register moves in one commit; no document is opened and no key changes hands.
// In a matter where the successor had no part, the predecessor's compartment is the successor's
// from then on: its documents, its involvements, and the loans to it. Where the successor had a
// part of its own, both seats stay as they are and apart, the predecessor's under its old name: a
// merger shows nobody more of a person than they needed to know for what they did.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/agencies.h"
#include "vault/compartments.h"
#include "vault/core.h"
#include "vault/matter_rows.h"
#include "vault/people.h"

namespace vault {

struct SuccessionWish {
  AgencyId from;
  AgencyId to;
  std::vector<std::string> people;  // addresses of those who go over
  bool everybody = false;           // instead of naming them; nobody named: nobody goes over
  std::string reason;
};

// SuccessionSeat is what changes hands in one matter.
struct SuccessionSeat {
  MatterId matter;
  std::string ref;
  bool apart = false;           // the successor has a seat of its own: this one stays beside it
  std::uint64_t documents = 0;  // files and records, destroyed ones left out
  std::uint64_t involvements = 0;
  std::uint64_t loans = 0;  // to this party, that run
  std::uint64_t holds = 0;  // that run in the matter: none is touched
  std::vector<std::string> keep;
  std::vector<std::string> lose;  // addresses of the predecessor's members
};
struct SuccessionView {
  AgencyId from;
  AgencyId to;
  std::vector<std::string> going_over;  // addresses
  std::vector<std::string> ending;
  std::vector<SuccessionSeat> seats;
  // How far the endings came; none in a preview.
  std::optional<People::Ending> destruction = {};
};

class Succession {
 public:
  Succession(Core& core, Compartments& compartments, MatterRows& matters, People& people)
      : core_(core), compartments_(compartments), matters_(matters), people_(people) {}

  // Preview says who would keep and lose what, and changes nothing.
  // Errors: kDenied not the information governance officer; kNotFound an agency or a person;
  // kConflict one of the agencies has ended; kInvalid the unit, or an agency and itself.
  Result<SuccessionView> Preview(const Actor& actor, const SuccessionWish& wish);
  // Carry does it, at once. From then on nobody comes in for the predecessor.
  // Errors (nothing has moved): as Preview; kInvalid no reason; kConflict nobody would hold a role
  // that is needed; kUnavailable.
  Result<SuccessionView> Carry(const Actor& actor, const SuccessionWish& wish);

 private:
  struct Plan {
    SuccessionView view;
    std::vector<PersonId> going_over;
    std::vector<CompartmentRow> seats;  // those that get the successor's name
  };
  Result<Plan> Make(const Actor& actor, const SuccessionWish& wish);
  Result<SuccessionSeat> SeatOf(const CompartmentRow& seat, const SuccessionWish& wish,
                                const std::vector<PersonId>& going_over);
  Status Rename(Transaction& transaction, const SuccessionWish& wish, const Plan& plan);
  Core& core_;
  Compartments& compartments_;
  MatterRows& matters_;
  People& people_;
};

}  // namespace vault
