// Facts: what the vault tells the rules, in words both understand.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/civil.h"
#include "vault/base/clock.h"
#include "vault/base/ids.h"

namespace vault {

// EntryType is the type byte of a key tree entry: what a slot's key is for (FORMAT.md §5).
enum class EntryType : std::uint8_t {
  kEmpty = 0,
  kDocument = 1,
  kMatter = 2,
  kShare = 3,
  kPseudonym = 4,
  kPerson = 5,
  kLoan = 6,
  kSystem = 7,
  kSubject = 8,
};

// LoanKind says what a loan lends and to whom.
enum class LoanKind : std::uint8_t { kBrief, kPack, kReport, kControl, kInspection };
std::string_view LoanKindName(LoanKind kind);  // "brief", "pack", …
std::optional<LoanKind> LoanKindFromName(std::string_view name);

// MatterEvent is something that happened in a matter. at: when; the name is the template's.
struct MatterEvent {
  std::string name;
  UnixSeconds at = 0;
};

// MatterFacts is the state of one matter, as far as rules ask.
struct MatterFacts {
  std::vector<MatterEvent> events;     // in the order they were recorded
  std::optional<UnixSeconds> meeting;  // planned meeting
  bool Has(std::string_view event) const;
  // TimeOf gives the latest occurrence.
  std::optional<UnixSeconds> TimeOf(std::string_view event) const;
};

// Relation is where the actor's agency stands to a document's subject.
enum class Relation : std::uint8_t { kOwn, kInvolved, kUninvolved };

// ReadingFacts is everything the access decision may ask about one person and one document.
struct ReadingFacts {
  std::vector<std::string> roles;  // codes running now
  std::string class_code;
  Relation relation = Relation::kUninvolved;
  bool participating = false;  // the actor's agency is involved with any subject here
  bool member = false;         // the actor is a member of a compartment of the matter
  bool attending = false;      // named as attending the meeting
  bool control_task = false;   // runs a control task (access request, hold, review)
};

// ReadingCode is the need-to-know code a rule gives (POLICY.md).
enum class ReadingCode : std::uint8_t {
  kNone,  // nothing: the document does not exist for them
  kMeta,  // that it exists, and its state
  kAgg,   // aggregates only: nothing of a single document
  kOwn,   // read through the owner's compartment
  kInv,   // read through a running loan, subjects the agency is involved with
  kAll,   // read everything of this matter
  kAdm,   // read for administration, through the unit's compartment
  kCtl,   // read through a control loan, with a reason
};
std::string_view ReadingCodeName(ReadingCode code);

// ReadingVerdict is the answer, with the rule that gave it, for the log and for `explain`.
struct ReadingVerdict {
  ReadingCode code = ReadingCode::kNone;
  bool reason_required = false;
  std::string rule;  // "macfa/1 reading BUO FRM P2"
};

// ClassRule is what a template says of a document class.
struct ClassRule {
  std::string code;
  std::string name;
  int sensitivity = 0;                      // S0…S4
  std::string retention;                    // RC-…
  bool per_subject = false;                 // must name a subject
  bool one_per_agency_and_subject = false;  // the second filing is the next version
  bool named_readers = false;               // sealed to people, not compartments
  bool parsed = false;                      // a form is read out of it
  std::vector<std::string> filed_by;        // role codes that may file it
  std::vector<LoanKind> lent_by;            // loans that carry it
};

// EventRule is what a template says of an event.
struct EventRule {
  std::string name;
  std::string opens_phase;  // empty: the phase stays
  std::vector<LoanKind> opens_loans;
  std::vector<LoanKind> ends_loans;
  bool automatic = false;  // happens by itself at 00:00 London on its due day
};

// DueItem is one row of `matter due`.
struct DueItem {
  std::string id;
  std::string what;
  std::optional<Day> due;  // none: the event it counts from has not happened
  std::string basis;       // "seed", "assumption" or a citation
  std::string event;       // the event that fulfils it, empty when none does
};

// RetentionFacts is one object under the retention rules.
struct RetentionFacts {
  EntryType type = EntryType::kDocument;
  ObjectId object;
  std::uint32_t version = 0;
  std::uint32_t slot = 0;
  MatterId matter;                    // where it belongs; zero: to no matter
  std::string class_code;             // documents
  std::optional<LoanKind> loan;       // loans
  std::optional<UnixSeconds> end;     // an end of its own: a loan's, a share's; of a matter or
                                      // subject the latest of what hangs on it
  std::vector<MatterEvent> ended_by;  // loans: the events that ended it, if any happened
  bool held = false;
  bool approved = false;  // by two people, for records
};

// Verdict of the retention rules about one object.
enum class RetentionState : std::uint8_t { kKeep, kProposed, kBlocked, kDestroy };
struct RetentionVerdict {
  RetentionState state = RetentionState::kKeep;
  std::string rule;       // "RC-01"
  std::string trigger;    // "MEETING_CLOSED"
  std::string authority;  // the template's citation
  std::optional<UnixSeconds> due;
  std::string reason;  // plain words
};

}  // namespace vault
