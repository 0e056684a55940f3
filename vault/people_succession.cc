// People of an agency that another one follows.
#include <algorithm>

#include "vault/people.h"

namespace vault {

Result<People::Ending> People::MoveAgency(const AgencyMove& move) {
  const Core::Lock lock = core_.Locked();
  const auto among = [](const std::vector<PersonId>& people, const PersonId& id) {
    return std::find(people.begin(), people.end(), id) != people.end();
  };
  std::vector<PersonRow> going;
  std::vector<PersonRow> ending;
  std::vector<PersonId> ended;
  TRY(const std::vector<PersonRow> everybody, LoadPeople(core_));
  for (const PersonRow& row : everybody) {
    if (row.agency != move.from) continue;
    if (among(move.going_over, row.id)) {
      going.push_back(row);
    } else {
      ending.push_back(row);
      ended.push_back(row.id);
    }
  }
  if (going.size() != move.going_over.size()) return NotFound("no such person of this agency");
  for (const std::string_view role : {kOfficerRole, kGovernanceRole}) TRY_VOID(Keeps(role, ended));

  Departure departure{std::move(ending), {}, move.entry, move.also};
  for (PersonRow& old : going) {
    TRY(Standing standing, StandingOf(old.id));
    standing.row.agency = move.to;
    DropDeputiesOf(standing, ended);
    departure.staying.emplace_back(std::move(old), std::move(standing));
  }
  return Depart(std::move(departure));
}

}  // namespace vault
