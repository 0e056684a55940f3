// Agencies that another one follows: who goes over, who ends, and whose seat is whose.
#include <algorithm>

#include "tests/campaign/history.h"
#include "vault/succession.h"

namespace vault {
namespace {

constexpr std::size_t kMostSuccessions = 3;

}  // namespace

std::vector<std::string> History::Agencies() const {
  return {ledger_.agencies.begin(), ledger_.agencies.end()};
}

// SeatOf is the agency in whose seat somebody reads in a matter; none: an act was cut short that
// might have changed it.
std::optional<std::string> History::SeatOf(const std::string& matter,
                                           const std::string& email) const {
  const auto found = ledger_.seats.find({matter, email});
  if (found == ledger_.seats.end()) return ledger_.people.at(email).agency;
  if (found->second.size() != 1) return std::nullopt;
  return *found->second.begin();
}

History::Act History::Succeed() {
  const std::vector<std::string> governance = PeopleOf("IGO");
  if (ledger_.succession || ledger_.heirs.size() >= kMostSuccessions || governance.empty() ||
      ledger_.agencies.size() < 2) {
    return AddMember();
  }
  Ledger::Succession planned;
  planned.from = dice_.Of(Agencies());
  const std::string igo = governance.front();
  if (dice_.Chance(50)) {
    // A new one, which has no part in any matter.
    const std::string code = "AG" + std::to_string(++words_);
    auto officer = Officer();
    const auto id = AgencyId::Parse(code);
    if (!officer.ok() || !(*life_)->agencies().Add(officer.value(), id.value(), code).ok()) {
      return AddMember();
    }
    ledger_.agencies.insert(code);
    planned.to = code;
  } else {
    do {
      planned.to = dice_.Of(Agencies());
    } while (planned.to == planned.from);
  }
  for (const auto& [email, person] : ledger_.people) {
    if (!person.live || person.id.empty() || person.agency != planned.from) continue;
    const bool goes = !person.ending && dice_.Chance(55);
    (goes ? planned.going_over : planned.ending).push_back(email);
  }
  SuccessionWish wish;
  wish.from = AgencyId::Parse(planned.from).value();
  wish.to = AgencyId::Parse(planned.to).value();
  wish.people = planned.going_over;
  wish.reason = "merged";
  {
    auto actor = SignIn(igo);
    if (!actor.ok()) return AddMember();
    const auto preview = (*life_)->succession().Preview(actor.value(), wish);
    if (!preview.ok()) return AddMember();
    for (const SuccessionSeat& seat : preview.value().seats) {
      if (!seat.apart) planned.renamed.insert(seat.matter.ToHex());
    }
  }
  for (const std::string& email : planned.going_over) ++ledger_.people.at(email).touched;
  for (const std::string& email : planned.ending) {
    Ledger::Person& person = ledger_.people.at(email);
    person.ending = true;
    ++person.touched;
    TokensMayEnd(person);
  }
  for (auto& [seat, agencies] : ledger_.seats) {
    if (planned.renamed.contains(seat.first) && agencies.contains(planned.from)) {
      agencies.insert(planned.to);
    }
  }
  ledger_.succession = std::move(planned);
  return {"an agency follows another", [this, wish, igo]() -> Status {
            TRY(const Actor actor, SignIn(igo));
            TRY(const SuccessionView view, (*life_)->succession().Carry(actor, wish));
            TRY_VOID(Destroyed(view.destruction.value_or(People::Ending::kDone)));
            SuccessionStands();
            return Ok();
          }};
}

void History::SuccessionStands() {
  const Ledger::Succession done = *std::exchange(ledger_.succession, std::nullopt);
  ledger_.heirs[done.from] = done.to;
  ledger_.agencies.erase(done.from);
  for (const std::string& email : done.going_over) ledger_.people.at(email).agency = done.to;
  for (const std::string& email : done.ending) {
    Ledger::Person& person = ledger_.people.at(email);
    person.ending = false;
    person.live = false;
    Retire(person);
    TokensEnded(person);
    NamedEnded(person);
  }
  for (const std::string& matter : done.renamed) ledger_.renamed.insert({matter, done.from});
  for (auto& [seat, agencies] : ledger_.seats) {
    if (done.renamed.contains(seat.first)) agencies.erase(done.from);
  }
  world_.record.Count(Record::kSuccessions, 1);
}

// ResolveSuccession finds out whether one stands whose outcome nobody heard.
void History::ResolveSuccession() {
  if (!ledger_.succession) return;
  const auto from = (*life_)->agencies().Find(AgencyId::Parse(ledger_.succession->from).value());
  if (from.ok() && from.value().successor) return SuccessionStands();
  const Ledger::Succession fell = *std::exchange(ledger_.succession, std::nullopt);
  for (auto& [seat, agencies] : ledger_.seats) {
    if (fell.renamed.contains(seat.first) && agencies.size() > 1) agencies.erase(fell.to);
  }
}

}  // namespace vault
