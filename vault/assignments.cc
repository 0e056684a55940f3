#include "vault/assignments.h"

#include <algorithm>

#include "vault/agencies.h"
#include "vault/register.h"

namespace vault {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, matter, slot, person, role, state, row_version, mac FROM assignment ";

// The matter's slot, not the person's: a new password must not end what others decided.
RowImage ImageOf(const AssignmentRow& row) {
  RowImage image("assignment", row.id, row.slot, row.row_version);
  image.Column(row.matter.view()).Column(row.person.view()).Column(row.role).Column(row.state);
  return image;
}

Result<std::vector<AssignmentRow>> ReadLive(const Core& core, Statement& query) {
  std::vector<AssignmentRow> rows;
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    AssignmentRow row;
    row.id = query.IdAt<ObjectId>(0);
    row.matter = query.IdAt<MatterId>(1);
    row.slot = query.U32(2);
    row.person = query.IdAt<PersonId>(3);
    row.role = query.Text(4);
    row.state = query.Text(5);
    row.row_version = static_cast<std::uint64_t>(query.Int(6));
    TRY_VOID(ImageOf(row).Check(*core.keeper, query.Blob(7)));
    TRY_VOID(CheckLiveSlot(*core.keeper, row.slot, EntryType::kMatter, AsObject(row.matter)));
    // That one has ended is believed under its mac as well.
    if (row.state == "live") rows.push_back(std::move(row));
  }
}

Result<std::vector<AssignmentRow>> OfPerson(const Core& core, const MatterId& matter,
                                            const PersonId& person) {
  auto query = core.database->Prepare(std::string(kSelect) + "WHERE matter = ? AND person = ?")
                   .Bind(matter, person);
  return ReadLive(core, query);
}

}  // namespace

Result<std::vector<std::string>> AssignedRoles(const Core& core, const MatterId& matter,
                                               const PersonId& person) {
  TRY(const std::vector<AssignmentRow> rows, OfPerson(core, matter, person));
  std::vector<std::string> roles;
  for (const AssignmentRow& row : rows) roles.push_back(row.role);
  return roles;
}

Status Assignments::Log(const Actor& actor, const AssignmentRow& row, const AuditLog::Act& act) {
  TRY(const std::string who, core_.Pseudonym(row.matter, actor.person().view()));
  TRY(const std::string whom, core_.Pseudonym(row.matter, row.person.view()));
  LogEntry entry = core_.Entry("member.assigned");
  entry.Person("actor", who).Person("member", whom).Add("role", row.role).Add("state", row.state);
  return core_.Record(entry, act);
}

Status Assignments::Give(const Actor& actor, const MatterRow& matter, const Wish& wish) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO"}));
  TRY(const PersonId person, people_.Find(wish.email));
  const std::vector<RoleRule> roles = matter.rules->Roles();
  const bool known = std::any_of(roles.begin(), roles.end(),
                                 [&](const RoleRule& role) { return role.code == wish.role; });
  if (!known) return Invalid("the template knows no such role");
  TRY(const std::vector<std::string> running, people_.RunningRoles(person));
  if (std::find(running.begin(), running.end(), wish.role) == running.end()) {
    return Invalid("this person does not have that role");
  }
  TRY(const std::vector<std::string> has, AssignedRoles(core_, matter.id, person));
  if (std::find(has.begin(), has.end(), wish.role) != has.end()) {
    return Conflict("this role is assigned to them already");
  }
  const AssignmentRow row{
      core_.random->NewId<ObjectId>(), matter.id, matter.slot, person, wish.role, "live", 1};
  return Log(actor, row, [&](Transaction& transaction) {
    return transaction.database()
        .Prepare(
            "INSERT INTO assignment(id, matter, slot, person, role, state, row_version, mac) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?)")
        .Bind(row.id, row.matter, row.slot, row.person, row.role, row.state, row.row_version,
              ImageOf(row).Mac(*core_.keeper))
        .Run();
  });
}

Status Assignments::End(const Actor& actor, const MatterRow& matter, const Wish& wish) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO"}));
  TRY(const PersonId person, people_.Find(wish.email));
  TRY(std::vector<AssignmentRow> rows, OfPerson(core_, matter.id, person));
  for (AssignmentRow& row : rows) {
    if (row.role != wish.role) continue;
    row.state = "ended";
    row.row_version += 1;
    return Log(actor, row, [&](Transaction& transaction) {
      return transaction.database()
          .Prepare("UPDATE assignment SET state = ?, row_version = ?, mac = ? WHERE id = ?")
          .Bind(row.state, row.row_version, ImageOf(row).Mac(*core_.keeper), row.id)
          .Run();
    });
  }
  return Conflict("this role is not assigned to them");
}

Result<std::vector<Assignments::Wish>> Assignments::List(const Actor& actor,
                                                         const MatterRow& matter) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "IGO"}));
  std::vector<AssignmentRow> rows;
  {
    auto query = core_.database->Prepare(std::string(kSelect) + "WHERE matter = ?").Bind(matter.id);
    TRY(rows, ReadLive(core_, query));
  }
  std::vector<Wish> list;
  for (const AssignmentRow& row : rows) {
    const auto person = people_.View(row.person);
    // Whoever has left holds nothing any more.
    if (!person.ok() && person.error().code == Errc::kNotFound) continue;
    if (!person.ok()) return person.error();
    list.push_back({person.value().email, row.role});
  }
  return list;
}

}  // namespace vault
