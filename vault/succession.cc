#include "vault/succession.h"

#include <algorithm>

#include "vault/base/text.h"

namespace vault {
namespace {

constexpr std::size_t kMostReason = 500;

Result<std::uint64_t> CountOf(Statement query) {
  TRY([[maybe_unused]] const bool row, query.Step());
  return static_cast<std::uint64_t>(query.Int(0));
}

}  // namespace

Result<Succession::Plan> Succession::Make(const Actor& actor, const SuccessionWish& wish) {
  TRY_VOID(RequireRole(actor, {"IGO"}));
  Agencies agencies(core_);
  TRY([[maybe_unused]] const AgencyView from, agencies.Running(wish.from));
  TRY([[maybe_unused]] const AgencyView to, agencies.Running(wish.to));
  if (wish.from == wish.to) return Invalid("an agency does not follow itself");
  if (wish.from == core_.unit || wish.to == core_.unit) {
    return Invalid("the facilitating unit follows no agency, and none follows it");
  }
  Plan plan;
  plan.view.from = wish.from;
  plan.view.to = wish.to;
  std::vector<PersonId> named;
  for (const std::string& email : wish.people) {
    const auto id = people_.Find(email);
    if (!id.ok()) return NotFound("no such person of this agency");
    named.push_back(id.value());
  }
  TRY(const std::vector<PersonRow> everybody, LoadPeople(core_));
  std::size_t found = 0;
  for (const PersonRow& row : everybody) {
    const bool is_named = std::find(named.begin(), named.end(), row.id) != named.end();
    if (row.agency != wish.from) continue;
    found += is_named ? 1 : 0;
    TRY(const PersonView person, people_.View(row.id));
    if (is_named || wish.everybody) {
      plan.going_over.push_back(row.id);
      plan.view.going_over.push_back(person.email);
    } else {
      plan.view.ending.push_back(person.email);
    }
  }
  if (found != named.size()) return NotFound("no such person of this agency");
  std::sort(plan.view.going_over.begin(), plan.view.going_over.end());
  std::sort(plan.view.ending.begin(), plan.view.ending.end());

  std::vector<PartyId> parties;
  {
    auto query = core_.database
                     ->Prepare(
                         "SELECT party FROM compartment JOIN matter ON matter.id = "
                         "compartment.matter WHERE compartment.kind = 'agency' AND "
                         "compartment.agency = ? AND matter.state = 'live'")
                     .Bind(wish.from);
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      parties.push_back(query.IdAt<PartyId>(0));
    }
  }
  for (const PartyId& party : parties) {
    TRY(CompartmentRow seat, compartments_.Load(party));
    TRY(SuccessionSeat told, SeatOf(seat, wish, plan.going_over));
    if (!told.apart) plan.seats.push_back(std::move(seat));
    plan.view.seats.push_back(std::move(told));
  }
  std::sort(plan.view.seats.begin(), plan.view.seats.end(),
            [](const SuccessionSeat& a, const SuccessionSeat& b) { return a.ref < b.ref; });
  return plan;
}

Result<SuccessionSeat> Succession::SeatOf(const CompartmentRow& seat, const SuccessionWish& wish,
                                          const std::vector<PersonId>& going_over) {
  SuccessionSeat told;
  TRY(const MatterRow matter, matters_.Load(seat.matter));
  told.matter = matter.id;
  told.ref = matter.ref;
  const auto own = compartments_.FindAgency(seat.matter, wish.to);
  if (!own.ok() && own.error().code != Errc::kNotFound) return own.error();
  told.apart = own.ok();
  Database& database = *core_.database;
  TRY(told.documents, CountOf(database
                                  .Prepare("SELECT count(*) FROM document WHERE matter = ? AND "
                                           "owner = ? AND state = 'live'")
                                  .Bind(seat.matter, wish.from)));
  TRY(told.involvements, CountOf(database
                                     .Prepare("SELECT count(*) FROM involvement WHERE party = ? "
                                              "AND state = 'live'")
                                     .Bind(seat.party)));
  TRY(told.loans, CountOf(database
                              .Prepare("SELECT count(*) FROM loan WHERE party = ? AND state IN "
                                       "('closed', 'open')")
                              .Bind(seat.party)));
  TRY(told.holds, CountOf(database
                              .Prepare("SELECT count(*) FROM hold WHERE matter = ? AND state = "
                                       "'running'")
                              .Bind(seat.matter)));
  std::vector<PersonId> members;
  {
    auto query = database.Prepare("SELECT person FROM member WHERE party = ? AND state = 'live'")
                     .Bind(seat.party);
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      members.push_back(query.IdAt<PersonId>(0));
    }
  }
  for (const PersonId& id : members) {
    TRY(const PersonView person, people_.View(id));
    // Of an earlier succession: who belongs to the heir already stays.
    const bool stays = person.agency != wish.from ||
                       std::find(going_over.begin(), going_over.end(), id) != going_over.end();
    (stays ? told.keep : told.lose).push_back(person.email);
  }
  std::sort(told.keep.begin(), told.keep.end());
  std::sort(told.lose.begin(), told.lose.end());
  return told;
}

Result<SuccessionView> Succession::Preview(const Actor& actor, const SuccessionWish& wish) {
  const Core::Lock lock = core_.Locked();
  TRY(Plan plan, Make(actor, wish));
  return std::move(plan.view);
}

Status Succession::Rename(Transaction& transaction, const SuccessionWish& wish, const Plan& plan) {
  Database& database = transaction.database();
  TRY_VOID(
      database.Prepare("UPDATE agency SET successor = ?, ended_day = ?, reason = ? WHERE id = ?")
          .Bind(wish.to, LondonDay(core_.time->Now().low).number(), wish.reason, wish.from)
          .Run());
  for (CompartmentRow seat : plan.seats) {
    seat.agency = wish.to;
    TRY_VOID(compartments_.Rename(transaction, seat));
    TRY_VOID(database.Prepare("UPDATE document SET owner = ? WHERE matter = ? AND owner = ?")
                 .Bind(wish.to, seat.matter, wish.from)
                 .Run());
  }
  return Ok();
}

Result<SuccessionView> Succession::Carry(const Actor& actor, const SuccessionWish& wish) {
  const Core::Lock lock = core_.Locked();
  if (wish.reason.empty() || wish.reason.size() > kMostReason || !IsUtf8(wish.reason)) {
    return Invalid("a reason has 1 to 500 characters");
  }
  if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
  TRY(Plan plan, Make(actor, wish));
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  LogEntry entry = core_.Entry("agency.succeeded");
  entry.Person("actor", who)
      .Add("agency", wish.from.text())
      .Add("successor", wish.to.text())
      .Add("going-over", std::uint64_t{plan.view.going_over.size()})
      .Add("ending", std::uint64_t{plan.view.ending.size()})
      .Add("seats", std::uint64_t{plan.view.seats.size()});
  TRY(plan.view.destruction, people_.MoveAgency({wish.from, wish.to, plan.going_over,
                                                 std::move(entry), [&](Transaction& transaction) {
                                                   return Rename(transaction, wish, plan);
                                                 }}));
  return std::move(plan.view);
}

}  // namespace vault
