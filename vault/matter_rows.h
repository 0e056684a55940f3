// MatterRows: matters, subjects and involvements as they stand in the register, and the facts that
// rules ask of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/compartments.h"
#include "vault/core.h"

namespace vault {

struct MatterRow {
  MatterId id;
  SlotNumber slot = 0;
  SlotNumber pseudonym_slot = 0;
  std::string template_id;
  std::uint32_t template_version = 0;
  std::string state;
  std::string ref;
  std::optional<UnixSeconds> meeting;
  Bytes title;        // detail
  std::string group;  // several, one a line
  Day created;
  const ProcessRules* rules = nullptr;
};

struct SubjectRow {
  SubjectId id;
  MatterId matter;
  SlotNumber slot = 0;
  std::string pseudonym;
  Bytes details;  // detail
};

// QuarterEndOf is the last day of a day's quarter: as much of a birth as the rules are told.
Day QuarterEndOf(Day day);

struct InvolvementRow {
  InvolvementId id;
  MatterId matter;
  SubjectId subject;
  PartyId party;
  LoanId loan;
};

// NoteRow is something kept among a matter's events that is none: a meeting's move, an event put
// right, a form returned. Its name has a colon, which no event's has.
struct NoteRow {
  std::string name;
  UnixSeconds at = 0;
  std::string text;  // a reason; for a meeting's move, the date before it and a line end first
};
inline constexpr std::string_view kMeetingSet = "meeting:set";
inline constexpr std::string_view kMeetingCancelled = "meeting:cancelled";
inline constexpr std::string_view kWas = "was:";               // + event: its earlier time
inline constexpr std::string_view kTakenBack = "taken-back:";  // + event
std::string ReturnedNote(const DocumentId& document, std::uint32_t version);
std::string MisfiledNote(const DocumentId& document);
std::string DocumentEventNote(const DocumentId& document, std::string_view event);

class MatterRows {
 public:
  MatterRows(Core& core, Compartments& compartments) : core_(core), compartments_(compartments) {}

  // Find takes an id or a reference. Errors: kNotFound.
  Result<MatterRow> Find(std::string_view id_or_ref);
  Result<MatterRow> Load(const MatterId& id);
  Result<std::vector<MatterRow>> All();
  Result<MatterFacts> Facts(const MatterRow& matter);
  // Notes lists the notes of a matter in the order they were made.
  Result<std::vector<NoteRow>> Notes(const MatterRow& matter);
  Result<bool> HasNote(const MatterId& matter, std::string_view name);
  Status InsertNote(Transaction& transaction, const MatterRow& matter, const NoteRow& note);
  // MisfiledAt is when a document was said to be filed wrongly; none: it was not.
  Result<std::optional<UnixSeconds>> MisfiledAt(const MatterRow& matter, const DocumentId& id);
  // DocumentEvents lists what happened to one document alone.
  Result<std::vector<MatterEvent>> DocumentEvents(const MatterRow& matter, const DocumentId& id);
  Result<std::vector<SubjectRow>> Subjects(const MatterId& matter);
  // FindSubject takes an id or a pseudonym. Errors: kNotFound.
  Result<SubjectRow> FindSubject(const MatterId& matter, std::string_view id_or_pseudonym);
  Result<std::vector<InvolvementRow>> Involvements(const MatterId& matter);
  // Born gives the last day of the quarter of a subject's birth; none when it is not known.
  Result<std::optional<Day>> Born(const SubjectId& subject);
  // IsSelected says whether any agency is or was involved with a subject.
  Result<bool> IsSelected(const SubjectId& subject);
  // Involved says whether a party is or was involved with a subject.
  Result<bool> Involved(const SubjectId& subject, const PartyId& party);
  // MayKnow says whether the actor may know that the matter exists: the unit, IGO and DPO, and
  // its members. Errors: kNotFound.
  Status MayKnow(const Actor& actor, const MatterRow& matter);
  static Core::Place LabelPlace(const MatterRow& row, std::string_view column);
  // EventPlace is where a label of one event row stands: under its matter's slot.
  static Core::Place EventPlace(const MatterRow& matter, const ObjectId& row,
                                std::string_view column);

 private:
  Core& core_;
  Compartments& compartments_;
};

}  // namespace vault
