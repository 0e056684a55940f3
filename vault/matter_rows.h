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
  Bytes title;  // detail
  std::string group;
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

class MatterRows {
 public:
  MatterRows(Core& core, Compartments& compartments) : core_(core), compartments_(compartments) {}

  // Find takes an id or a reference. Errors: kNotFound.
  Result<MatterRow> Find(std::string_view id_or_ref);
  Result<MatterRow> Load(const MatterId& id);
  Result<std::vector<MatterRow>> All();
  Result<MatterFacts> Facts(const MatterRow& matter);
  Result<std::vector<SubjectRow>> Subjects(const MatterId& matter);
  // FindSubject takes an id or a pseudonym. Errors: kNotFound.
  Result<SubjectRow> FindSubject(const MatterId& matter, std::string_view id_or_pseudonym);
  Result<std::vector<InvolvementRow>> Involvements(const MatterId& matter);
  // Born gives the last day of the quarter of a subject's birth; none when it is not known.
  Result<std::optional<Day>> Born(const SubjectId& subject);
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
