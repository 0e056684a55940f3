#include "vault/agencies.h"

#include "vault/base/text.h"

namespace vault {

Status RequireRole(const Actor& actor, std::initializer_list<std::string_view> roles) {
  for (const std::string_view role : roles) {
    if (actor.Has(role)) return Ok();
  }
  return Denied("your role does not allow this");
}

Status Agencies::Add(const Actor& actor, const AgencyId& id, std::string_view name) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO"}));
  if (name.empty() || name.size() > 200 || !IsUtf8(name)) {
    return Invalid("an agency needs a name of 1 to 200 characters");
  }
  if (Find(id).ok()) return Conflict("an agency with this id exists");
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  LogEntry entry = core_.Entry("agency.added");
  entry.Person("actor", who).Add("agency", id.text());
  return core_.Record(entry, [&](Transaction& transaction) {
    return transaction.database()
        .Prepare("INSERT INTO agency(id, name, is_unit) VALUES(?, ?, 0)")
        .Bind(id, name)
        .Run();
  });
}

Result<std::vector<AgencyView>> Agencies::List() {
  const Core::Lock lock = core_.Locked();
  std::vector<AgencyView> out;
  auto query = core_.database->Prepare("SELECT id, name, is_unit FROM agency ORDER BY id");
  while (true) {
    TRY(const bool row, query.Step());
    if (!row) return out;
    TRY(AgencyId id, AgencyId::Parse(query.Text(0)));
    out.push_back({std::move(id), query.Text(1), query.Int(2) != 0});
  }
}

Result<AgencyView> Agencies::Find(const AgencyId& id) {
  const Core::Lock lock = core_.Locked();
  auto query = core_.database->Prepare("SELECT name, is_unit FROM agency WHERE id = ?").Bind(id);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such agency");
  return AgencyView{id, query.Text(0), query.Int(1) != 0};
}

}  // namespace vault
