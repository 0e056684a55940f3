// Access: the one place where it is decided who may open, know of, or file what.
//
// Nothing below it asks again and nothing beside it may write a grant.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vault/compartments.h"
#include "vault/core.h"
#include "vault/document_rows.h"
#include "vault/loans.h"
#include "vault/matter_rows.h"

namespace vault {

// AccessView is what a list shows: what the rules say, and whether opening would work now.
struct AccessView {
  ReadingVerdict verdict;
  bool may_know = false;
  bool may_open = false;
  bool ended = false;  // a loan that carried it has ended
  OpeningRoute route = OpeningRoute::kOwner;
  std::optional<LoanRow> loan;  // kLoan
};

// Reader is whom a reading is weighed for. It opens nothing.
struct Reader {
  PersonId person;
  AgencyId agency;
  bool in_unit = false;
  std::vector<std::string> roles;
  std::vector<SubjectId> excluded;
};

// Asked is what would be read, and what has happened by then.
struct Asked {
  const MatterRow& matter;
  const DocumentRow& document;
  const VersionRow& version;
  const MatterFacts& events;
  std::vector<LoanKind> as_if_open = {};  // closed loans of these kinds count as open
};

class Access {
 public:
  Access(Core& core, Compartments& compartments, Loans& loans, MatterRows& matters)
      : core_(core), compartments_(compartments), loans_(loans), matters_(matters) {}

  // View weighs one document version for one person, without opening anything.
  Result<AccessView> View(const Actor& actor, const MatterRow& matter, const DocumentRow& document,
                          const VersionRow& version);
  // Weigh is View for anybody, now or as if more had happened.
  Result<AccessView> Weigh(const Reader& reader, const Asked& asked);
  // Decide grants one opening of a document version.
  // Errors: kNotFound absent or not to be known; kDenied may know, may not open; kExpired the loan
  // has ended; kInvalid a reason is required; kUnavailable the date is not confirmed.
  Result<AccessGrant> Decide(const Actor& actor, const MatterRow& matter,
                             const DocumentRow& document, const VersionRow& version,
                             std::string_view reason);
  // DecideDetails grants one opening of a matter's or subject's details: through the unit's or the
  // owner's box for the unit, through a running brief for others.
  // Errors: kNotFound; kExpired the brief has ended; kUnavailable.
  Result<AccessGrant> DecideDetails(const Actor& actor, const MatterRow& matter, EntryType type,
                                    const ObjectId& object, SlotNumber slot);
  // DecideFiling grants one filing. Errors: kNotFound; kDenied; kInvalid.
  struct FilingWish {
    std::string class_code;
    std::optional<AgencyId> agency;
    std::optional<SubjectId> subject;
  };
  Result<FilingGrant> DecideFiling(const Actor& actor, const MatterRow& matter,
                                   const FilingWish& wish);
  // DecideRecord grants the writing of a record of this kind, new or changed.
  // Errors: kNotFound; kDenied.
  struct RecordWish {
    std::optional<AgencyId> agency;  // else the actor's
    std::optional<SubjectId> subject;
  };
  Result<FilingGrant> DecideRecord(const Actor& actor, const MatterRow& matter,
                                   const RecordKind& kind, const RecordWish& wish);
  // DecideRecovery grants the opening of a document without a row, through the unit's box in its
  // header, to the unit's member of the matter. Errors: kNotFound; kDenied; kUnavailable.
  struct Orphan {
    DocumentId document;
    std::uint32_t version = 0;
    SlotNumber slot = 0;
  };
  Result<AccessGrant> DecideRecovery(const Actor& actor, const MatterRow& matter,
                                     const Orphan& orphan);
  // looks counts how often View had to read the register for what happened in a matter and who
  // somebody is there; every other view was served from what an earlier one had found.
  std::uint64_t looks() const { return looks_; }
  // LogRefusal writes that an opening was refused.
  Status LogRefusal(const Actor& actor, const MatterRow& matter, const ObjectId& object);

 private:
  // Part is a reader's place in a matter.
  struct Part {
    std::optional<MemberRow> member;
    std::optional<CompartmentRow> own;
  };
  // SeatAgency is the agency a reader sits for: that of their seat, which may be one that their
  // agency followed, or their own.
  static const AgencyId& SeatAgency(const AgencyId& agency, const Part& part);
  Result<Part> PartOf(const PersonId& person, const MatterId& matter);
  // Seat is all that the register says of a reader in a matter.
  struct Seat {
    Part part;
    std::vector<SubjectId> involved;  // with whom their party is
    std::vector<std::string> assigned;
  };
  Result<Seat> SeatOf(const PersonId& person, const MatterId& matter);
  Result<AccessView> WeighSeated(const Reader& reader, const Asked& asked, const Seat& seat);
  static ReadingFacts Facts(const Reader& reader, const Asked& asked, const Seat& seat);
  // ThroughLoan looks for a running loan to the reader's party that carries the document.
  Status ThroughLoan(const Asked& asked, const CompartmentRow& own, AccessView& view);
  // Known is what View found last, for the other documents of a list. It stands until a row of the
  // register changes.
  struct Known {
    MatterFacts events;
    Seat seat;
  };
  Result<Known> Look(const MatterRow& matter, const PersonId& person);
  Core& core_;
  Compartments& compartments_;
  Loans& loans_;
  MatterRows& matters_;
  std::map<std::pair<MatterId, PersonId>, Known> known_;
  std::int64_t known_at_ = 0;  // Database::RowsChanged
  std::uint64_t looks_ = 0;
};

}  // namespace vault
