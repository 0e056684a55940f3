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
  bool named = false;          // one of the readers the document was sealed to by name
  bool excluded = false;       // kept away from this subject for a conflict of interest
  std::vector<std::string> assigned =
      {};  // roles given to them for this matter alone (LP, HUB-MGR)
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
  std::string expected_per =
      {};  // "agency", "agency-and-subject", "matter": one is awaited per each
  std::string expected_by = {};               // the due day it is awaited by; empty when none is
  std::vector<std::string> named_roles = {};  // whose holders are named along with the author
};

// LendingRule is what a template says of a kind of loan.
struct LendingRule {
  LoanKind kind = LoanKind::kPack;
  std::vector<std::string> to;  // kinds of party that get one (RoleRule)
  std::vector<std::string> opens_on;
  std::vector<std::string> ends_on;
  std::string retention;
};

// RoleRule is a role of a template and the kind of party its holders sit in: "agency", "chair",
// "group", "control" or "inspection".
struct RoleRule {
  std::string code;
  std::string name;
  std::string party;
};

// EventRule is what a template says of an event.
struct EventRule {
  std::string name;
  std::string opens_phase;  // empty: the phase stays
  std::vector<LoanKind> opens_loans;
  std::vector<LoanKind> ends_loans;
  bool automatic = false;                     // happens by itself at 00:00 London on its due day
  bool repeatable = false;                    // may be recorded more than once
  std::string what = {};                      // in plain words
  std::vector<std::string> recorded_by = {};  // role codes that may record it
};

// HoldRule is the hold that recording an event places.
struct HoldRule {
  std::string reason;
  std::string authority;  // on whose word
  Day review;             // when somebody looks whether it still stands
};

// Severity says what a finding means for the act that raised it.
enum class Severity : std::uint8_t {
  kWarn,       // tell the person; the act goes ahead
  kException,  // refused until one of `approvers` gives a reason, which is kept
  kHold,       // recorded, and the matter rests until the finding is cleared
  kRefuse,     // refused
};
std::string_view SeverityName(Severity severity);  // "warn", "exception", "hold", "refuse"

// Finding is one rule of a template that an act misses.
struct Finding {
  std::string rule;  // its id
  Severity severity = Severity::kWarn;
  std::string sentence;
  std::string basis;
  std::vector<std::string> approvers;  // role codes, for kException
};

// FieldType is what a field of a record holds. All values travel as text.
enum class FieldType : std::uint8_t {
  kText,
  kYesNo,   // "yes" or "no"
  kDate,    // YYYY-MM-DD
  kTime,    // YYYY-MM-DDThh:mm, London
  kNumber,  // a whole number
  kChoice,
  kPerson,    // a name or address
  kAgency,    // an agency's id
  kSubject,   // a subject's id or pseudonym
  kDocument,  // a document's id
};
std::string_view FieldTypeName(FieldType type);  // "text", "yes-no", "date", …

// FieldRule is one field of a record kind.
struct FieldRule {
  std::string name;
  std::string what;
  FieldType type = FieldType::kText;
  bool required = false;
  bool many = false;                 // may be given more than once
  bool personal = false;             // about a person: sealed as a detail, never in clear
  std::vector<std::string> choices;  // kChoice
};

// RecordKind is one kind of small record that a matter keeps (an action, an attendance, …). It is
// read and destroyed like a document of its class.
struct RecordKind {
  std::string name;
  std::string what;
  std::string class_code;
  std::vector<std::string> written_by;  // role codes
  std::vector<std::string> unique;      // fields that together may occur once; empty: no limit
  std::vector<FieldRule> fields;
  std::string due_field;                 // a date or time by which it must be done; or empty
  std::string owner_field;               // the field that says who owes it; or empty
  std::string done_field;                // the field that says it is done; or empty
  std::vector<std::string> done_values;  // its values that do; empty: any value does
  // Roles that are written to once it is overdue; empty: none is.
  std::vector<std::string> reminds = {};
};

// FieldValue is one value; a field given more than once comes more than once.
struct FieldValue {
  std::string name;
  std::string value;
};

// RecordFacts is one record of a matter, as far as rules ask.
struct RecordFacts {
  std::string kind;
  std::vector<FieldValue> values;
  // First gives the first value of a field, empty when there is none.
  std::string_view First(std::string_view field) const;
};

// DueItem is one row of `matter due`.
struct DueItem {
  std::string id;
  std::string what;
  std::optional<Day> due;                      // none: the event it counts from has not happened
  std::string basis;                           // "seed", "assumption" or a citation
  std::string event;                           // the event that fulfils it, empty when none does
  std::optional<UnixSeconds> moment = {};      // rules that count hours: the exact moment
  std::optional<UnixSeconds> fulfilled = {};   // when the event came, after what it counts from
  std::optional<Day> warn_from = {};           // the day to remind from
  std::vector<std::string> owed_by = {};       // role codes to remind
  std::vector<std::string> escalates_to = {};  // role codes to tell when it is missed
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
  // What happened to this object alone (FILED, SUPERSEDED), looked at before the matter's events.
  std::vector<MatterEvent> own_events = {};
  // The subject's birth, or the last day of its quarter: a clear column must not tell more.
  std::optional<Day> born = {};
  // Whether an agency is involved with its subject: of those on a longlist, who was selected.
  bool involved = false;
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
