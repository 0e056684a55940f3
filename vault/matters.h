// Matters: one run of a process template: its subjects, parties, events, and what they open and
// end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/compartments.h"
#include "vault/core.h"
#include "vault/hold_placing.h"
#include "vault/loans.h"
#include "vault/matter_rows.h"
#include "vault/openings.h"
#include "vault/people.h"
#include "vault/record_rows.h"

namespace vault {

struct NewMatter {
  std::string template_id;
  std::string title;
  std::optional<UnixSeconds> meeting;
  std::string group;  // several, one a line: a joint matter counts once for each
};
struct NewSubject {
  std::string pseudonym;
  std::string name;  // may be empty
  std::optional<Day> born;
};

// NewEvent is what a person records.
struct NewEvent {
  std::string name;
  std::optional<UnixSeconds> at;  // none: now
  std::string reason;             // may be empty
  std::string subject;  // id or pseudonym, of an event that places a hold; empty: the whole matter
};
// EventHold is the hold that an event placed.
struct EventHold {
  HoldId id;
  std::string kind;    // matter, subject
  std::string object;  // reference, pseudonym
  Day review;
};
struct EventOutcome {
  MatterEvent event;
  std::string phase;
  std::vector<std::string> warnings;
  std::vector<DisposedItem> ended;
  std::optional<EventHold> hold;
};

// SubjectDetails is what only a receipt opens.
struct SubjectDetails {
  std::string name;
  std::string born;  // YYYY-MM-DD or empty
};

// IsOpenAfter says whether loans of this kind run after these events: opened, and not ended.
bool IsOpenAfter(const ProcessRules& rules, const MatterFacts& facts, LoanKind kind);

class Matters {
 public:
  Matters(Core& core, Compartments& compartments, MatterRows& rows, Openings& openings,
          Loans& loans, People& people)
      : core_(core),
        compartments_(compartments),
        rows_(rows),
        openings_(openings),
        loans_(loans),
        people_(people) {}

  // New begins a matter. Every officer of the unit is a member of its unit compartment.
  // Errors: kNotFound, kConflict the process is unknown or not in force today; kConflict a limit of
  // the template refuses it.
  Result<MatterRow> New(const Actor& actor, const NewMatter& matter);
  // YearWarnings says which limits of a group's financial year a matter passes.
  Result<std::vector<Finding>> YearFindings(const MatterRow& matter);
  // AddSubject: an empty warning list is the normal case. Errors: kConflict the pseudonym is taken.
  struct AddedSubject {
    SubjectId id;
    std::vector<std::string> warnings;
  };
  Result<AddedSubject> AddSubject(const Actor& actor, const MatterRow& matter,
                                  const NewSubject& subject);
  // Involve makes the agency a party, its pack for this subject (closed) and its brief.
  // Errors: kConflict involved already; kInvalid the unit itself.
  Result<InvolvementId> Involve(const Actor& actor, const MatterRow& matter,
                                const SubjectRow& subject, const AgencyId& agency);
  // AddMember puts a person into their agency's compartment of the matter, or into the party named
  // (an agency's id, chair, group, control or inspection), which an officer's first member makes.
  // Gives the party's name. Naming somebody for control or inspection begins a task.
  Result<std::string> AddMember(const Actor& actor, const MatterRow& matter, std::string_view email,
                                std::string_view party);
  Status SetAttending(const Actor& actor, const MatterRow& matter, std::string_view email,
                      bool attending);
  // Record records an event of a person and does what follows from it. Checks of the template that
  // it misses and that do not refuse it are among the warnings, and in the log.
  // Errors: kInvalid unknown, or in the future; kConflict happened already, forbidden here, refused
  // by a check, or the matter rests; kDenied the role may not record it.
  Result<EventOutcome> Record(const Actor& actor, const MatterRow& matter, std::string_view event,
                              std::optional<UnixSeconds> at, std::string_view reason);
  // Record, of an event that may name a subject. One that places a hold places it in the same
  // commit: each time it is recorded, a hold of its own.
  // Errors: also kNotFound no such subject here, or one kept from the actor; kInvalid a subject
  // where no hold is placed.
  Result<EventOutcome> Record(const Actor& actor, const MatterRow& matter, const NewEvent& event);
  // RunAutomatic records every event that has fallen due by itself. Gives how many.
  Result<std::uint64_t> RunAutomatic();
  // FinishEffects repeats the effects of recorded events that a crash cut short (at start).
  Status FinishEffects();
  // Correct puts the time of an event right, or takes it back, before it has fired: what it opened
  // or ended cannot be taken back. The old time stays on record, and so does a hold that it placed:
  // people release it.
  // Errors: kInvalid no reason, or in the future; kConflict it has not happened, or has fired.
  struct Correction {
    std::string event;
    std::optional<UnixSeconds> at;  // none: it did not happen
    std::string reason;
  };
  Result<EventOutcome> Correct(const Actor& actor, const MatterRow& matter,
                               const Correction& correction);

  // DateShift is one date that depends on the meeting.
  struct DateShift {
    std::string id;
    std::string what;
    std::optional<Day> before;
    std::optional<Day> after;
  };
  struct MeetingOutcome {
    std::optional<UnixSeconds> before;
    std::vector<std::string> warnings;
    std::vector<DateShift> dates;  // those that changed
  };
  // MoveMeeting sets, moves or (with no date) cancels the meeting.
  // Errors: kInvalid no reason; kConflict the meeting is closed.
  Result<MeetingOutcome> MoveMeeting(const Actor& actor, const MatterRow& matter,
                                     std::optional<UnixSeconds> meeting, std::string_view reason);

  struct MemberView {
    std::string email;
    std::string party;  // agency id or party kind
    bool attending = false;
  };
  Result<std::vector<MemberView>> Members(const MatterRow& matter);
  // Title and Details open what the actor may open; absent when no rule gives it.
  Result<std::optional<std::string>> Title(const Actor& actor, const MatterRow& matter);
  Result<std::optional<SubjectDetails>> Details(const Actor& actor, const MatterRow& matter,
                                                const SubjectRow& subject);

  // PayDebt makes the boxes that running loans of a matter lack and this actor can make.
  // Gives how many were made.
  Result<std::uint64_t> PayDebt(const Actor& actor, const MatterRow& matter);
  // HandOver makes a person who joined the unit a member of every matter the actor can unlock.
  Status HandOver(const Actor& actor, const PersonId& person);

 private:
  // Happening is an event on its way into the log.
  struct Happening {
    UnixSeconds at = 0;
    std::string_view reason;
    std::optional<PersonId> actor;  // none: by itself
    const std::vector<KeptFinding>* missed = nullptr;
    const SubjectRow* subject = nullptr;  // whom a hold is on; none: the whole matter
  };
  // KeepForEvent places the hold that the event's rule asks for, up to its commit; none: it asks
  // for none.
  Result<std::optional<PlacedHold>> KeepForEvent(const MatterRow& matter, const EventRule& rule,
                                                 const Happening& happening);
  Result<EventOutcome> Happen(const MatterRow& matter, const EventRule& rule,
                              const Happening& happening);
  Result<ObjectId> FindRow(const MatterRow& matter, std::string_view event);
  Status MayRecord(const Actor& actor, const MatterRow& matter, const EventRule& rule);
  bool Waits(const MatterRow& matter, const MatterFacts& facts, const EventRule& rule,
             const std::vector<KeptRecord>& records);
  Status FinishEffectsOf(const MatterRow& matter);
  // CompleteLoans makes the loans that the template gives the parties there are, and opens those
  // whose time has come. Nothing that ended is made again.
  Status CompleteLoans(const MatterRow& matter);
  struct LoanWish {
    PartyId party;
    LoanKind kind = LoanKind::kPack;
    std::optional<SubjectId> subject;
    UnixSeconds ends = 0;
  };
  Result<LoanRow> MakeLoan(const MatterRow& matter, const LoanWish& wish);
  // BeginTask lends a control or inspection party what its task asks for, from now on.
  Status BeginTask(const Actor& actor, const MatterRow& matter, const CompartmentRow& party);
  Result<AgencyId> InheritedSeat(const MatterRow& matter, std::string_view party_name,
                                 const AgencyId& agency);
  // Party finds a party, or makes it where an officer asks for it. Errors: kNotFound; kDenied.
  Result<CompartmentRow> EnsureParty(const Actor& actor, const MatterRow& matter,
                                     std::string_view kind, const AgencyId& agency);
  Result<std::vector<DisposedItem>> Effects(const MatterRow& matter, const EventRule& rule,
                                            const MatterEvent& event, const Mandate& mandate);
  Result<std::optional<OpenedObject>> TryOpen(const Actor& actor, const MatterRow& matter,
                                              EntryType type, const ObjectId& object,
                                              SlotNumber slot);
  Result<std::optional<OpenedObject>> OpenForDebt(const Actor& actor, const MatterRow& matter,
                                                  const BoxDebt& debt);
  Core& core_;
  Compartments& compartments_;
  MatterRows& rows_;
  Openings& openings_;
  Loans& loans_;
  People& people_;
};

}  // namespace vault
