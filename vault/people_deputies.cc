// Deputies: who acts for a colleague, in their roles and their matters, until an end.
#include <algorithm>

#include "vault/agencies.h"
#include "vault/people.h"

namespace vault {
namespace {

constexpr UnixSeconds kLongestDeputyship = 366 * 24 * 3600;

}  // namespace

Result<std::vector<PersonId>> People::ActsFor(const PersonId& id) {
  TRY(const std::vector<DeputyRow> rows, LoadDeputies(core_, id));
  std::vector<PersonId> people;
  const UnixSeconds now = core_.time->Now().high;
  for (const DeputyRow& row : rows) {
    if (now < row.until) people.push_back(row.stands_for);
  }
  return people;
}

// The roles are those the other has now, not those at the naming; a deputy's deputy gets nothing of
// the first one's.
Result<std::vector<std::string>> People::ActingRoles(const PersonId& id) {
  TRY(std::vector<std::string> roles, RunningRoles(id));
  TRY(const std::vector<PersonId> people, ActsFor(id));
  for (const PersonId& absent : people) {
    TRY(const PersonRow row, LoadPerson(core_, absent));
    if (row.until && core_.time->Now().high >= *row.until) continue;
    TRY(const std::vector<std::string> theirs, RunningRoles(absent));
    for (const std::string& role : theirs) {
      if (std::find(roles.begin(), roles.end(), role) == roles.end()) roles.push_back(role);
    }
  }
  return roles;
}

Result<DeputyView> People::NameDeputy(const Actor& actor, const NewDeputy& wish) {
  const Core::Lock lock = core_.Locked();
  TRY(const PersonId absent, Find(wish.stands_for));
  const bool officer = actor.in_unit() && actor.Has("BUO");
  if (!officer && absent != actor.person()) {
    return Denied("a deputy is named by the unit, or by the person to be stood for");
  }
  TRY(const PersonId deputy, Find(wish.deputy));
  if (deputy == absent) return Invalid("nobody is their own deputy");
  TRY(const PersonRow theirs, LoadPerson(core_, absent));
  TRY(Standing standing, StandingOf(deputy));
  if (standing.row.agency != theirs.agency) {
    return Invalid("a deputy is of the same agency");
  }
  const TimeInterval now = core_.time->Now();
  if (wish.until <= now.high) return Invalid("until: lies in the past");
  if (wish.until > now.low + kLongestDeputyship) return Invalid("a deputy is named within a year");
  std::erase_if(standing.deputies, [&](const DeputyRow& row) { return now.high >= row.until; });
  for (const DeputyRow& row : standing.deputies) {
    if (row.stands_for == absent) return Conflict("they are this person's deputy already");
  }
  const DeputyRow row{
      core_.random->NewId<DeputyId>(), deputy, standing.row.slot, absent, wish.until, 0};
  standing.deputies.push_back(row);
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  TRY(const std::string whom, core_.VaultPseudonym(deputy.view()));
  TRY(const std::string for_whom, core_.VaultPseudonym(absent.view()));
  LogEntry entry = core_.Entry("deputy.named");
  entry.Person("actor", who)
      .Person("deputy", whom)
      .Person("for", for_whom)
      .Add("until", LondonDay(wish.until).ToText());
  const PersonRow old = standing.row;
  // Nothing ends by it: where the key of before stays for a while, it opens no more than this one.
  TRY_VOID(Remake(old, std::move(standing), std::nullopt, entry));
  TRY([[maybe_unused]] const std::uint64_t supplied, SupplyDeputy(actor, row));
  TRY(const std::string absent_email, EmailOf(theirs));
  TRY(const PersonRow fresh, LoadPerson(core_, deputy));
  TRY(const std::string deputy_email, EmailOf(fresh));
  return DeputyView{row.id, absent_email, deputy_email, wish.until};
}

// SupplyDeputy makes the deputy a member wherever the other is one and the actor has the key.
Result<std::uint64_t> People::SupplyDeputy(const Actor& actor, const DeputyRow& deputy) {
  TRY(const std::vector<MemberRow> parts, compartments_.MembershipsOf(deputy.stands_for));
  std::uint64_t supplied = 0;
  for (const MemberRow& part : parts) {
    if (part.stands_for) continue;
    TRY(const std::optional<MemberRow> own, compartments_.Membership(deputy.person, part.matter));
    if (own) continue;
    const auto key = compartments_.Unlock(actor, part.party);
    if (!key.ok()) continue;
    TRY(const CompartmentRow party, compartments_.Load(part.party));
    TRY(const std::string who, core_.Pseudonym(part.matter, actor.person().view()));
    TRY(const std::string whom, core_.Pseudonym(part.matter, deputy.person.view()));
    TRY(const std::string for_whom, core_.Pseudonym(part.matter, deputy.stands_for.view()));
    LogEntry entry = core_.Entry("member.deputy");
    entry.Person("actor", who)
        .Person("member", whom)
        .Person("for", for_whom)
        .Add("until", LondonDay(deputy.until).ToText());
    TRY_VOID(core_.Record(entry, [&](Transaction& transaction) {
      return compartments_.AddDeputy(transaction, party, key.value(), deputy);
    }));
    ++supplied;
  }
  return supplied;
}

Result<std::uint64_t> People::HandOverOwed(const Actor& actor) {
  const Core::Lock lock = core_.Locked();
  std::uint64_t made = 0;
  TRY(const std::vector<MemberRow> owed, compartments_.Owed());
  for (const MemberRow& row : owed) {
    // Whoever is owed the key cannot have it from themselves.
    if (row.person == actor.person()) continue;
    const auto key = compartments_.Unlock(actor, row.party);
    if (!key.ok()) continue;
    TRY(const std::string who, core_.Pseudonym(row.matter, actor.person().view()));
    TRY(const std::string whom, core_.Pseudonym(row.matter, row.person.view()));
    LogEntry entry = core_.Entry("member.handed-over");
    entry.Person("actor", who).Person("member", whom);
    TRY_VOID(core_.Record(entry, [&](Transaction& transaction) {
      return compartments_.HandOver(transaction, row, key.value());
    }));
    ++made;
  }
  TRY(const std::vector<DeputyRow> deputies, AllDeputies(core_));
  const UnixSeconds now = core_.time->Now().high;
  for (const DeputyRow& deputy : deputies) {
    if (now >= deputy.until) continue;
    TRY(const std::uint64_t supplied, SupplyDeputy(actor, deputy));
    made += supplied;
  }
  return made;
}

Result<People::Ending> People::DropDeputy(const DeputyRow& deputy, const LogEntry& entry) {
  TRY(Standing standing, StandingOf(deputy.person));
  std::erase_if(standing.deputies, [&](const DeputyRow& row) { return row.id == deputy.id; });
  std::erase_if(standing.members,
                [&](const MemberRow& row) { return row.stands_for == deputy.stands_for; });
  const PersonRow old = standing.row;
  return Remake(old, std::move(standing), std::nullopt, entry);
}

Result<People::Ending> People::EndDeputy(const Actor& actor, const DeputyId& id) {
  const Core::Lock lock = core_.Locked();
  TRY(const std::vector<DeputyRow> rows, AllDeputies(core_));
  const bool officer = actor.in_unit() && actor.Has("BUO");
  for (const DeputyRow& row : rows) {
    if (row.id != id) continue;
    // The deputy may lay it down; nobody else may know of it.
    if (!officer && row.stands_for != actor.person() && row.person != actor.person()) break;
    TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
    TRY(const std::string whom, core_.VaultPseudonym(row.person.view()));
    TRY(const std::string for_whom, core_.VaultPseudonym(row.stands_for.view()));
    LogEntry entry = core_.Entry("deputy.ended");
    entry.Person("actor", who).Person("deputy", whom).Person("for", for_whom);
    return DropDeputy(row, entry);
  }
  return NotFound("no such deputy");
}

Result<std::vector<DeputyView>> People::Deputies(const Actor& actor) {
  const Core::Lock lock = core_.Locked();
  TRY(const std::vector<DeputyRow> rows, AllDeputies(core_));
  const bool officer = actor.in_unit() && actor.Has("BUO");
  const UnixSeconds now = core_.time->Now().high;
  std::vector<DeputyView> views;
  for (const DeputyRow& row : rows) {
    if (now >= row.until) continue;
    if (!officer && row.stands_for != actor.person() && row.person != actor.person()) continue;
    TRY(const PersonView absent, View(row.stands_for));
    TRY(const PersonView deputy, View(row.person));
    views.push_back({row.id, absent.email, deputy.email, row.until});
  }
  return views;
}

Status People::EndExpiredParts(const PersonId& id) {
  const UnixSeconds now = core_.time->Now().low;
  TRY(Standing standing, StandingOf(id));
  std::vector<std::string> ended_roles;
  const bool one_runs = std::any_of(standing.roles.begin(), standing.roles.end(),
                                    [now](const RoleRow& r) { return !r.until || now < *r.until; });
  // Who has no other role keeps the last one's row, ended: without any they could not be shown.
  if (one_runs) {
    std::erase_if(standing.roles, [&](const RoleRow& role) {
      const bool over = role.until && now >= *role.until;
      if (over) ended_roles.push_back(role.code);
      return over;
    });
  }
  std::vector<PersonId> ended_for;
  std::erase_if(standing.deputies, [&](const DeputyRow& row) {
    if (now < row.until) return false;
    ended_for.push_back(row.stands_for);
    return true;
  });
  std::erase_if(standing.members,
                [now](const MemberRow& row) { return row.until && now >= *row.until; });
  if (ended_roles.empty() && ended_for.empty()) return Ok();
  TRY(const std::string whom, core_.VaultPseudonym(id.view()));
  LogEntry entry = core_.Entry(ended_for.empty() ? "role.ended" : "deputy.ended");
  entry.Person(ended_for.empty() ? "person" : "deputy", whom);
  for (const PersonId& absent : ended_for) {
    TRY(const std::string for_whom, core_.VaultPseudonym(absent.view()));
    entry.Person("for", for_whom);
  }
  for (const std::string& role : ended_roles) entry.Add("role", role);
  entry.Add("by", "schedule");
  const PersonRow old = standing.row;
  TRY_VOID(Remake(old, std::move(standing), std::nullopt, entry));
  return Ok();
}

}  // namespace vault
