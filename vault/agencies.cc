#include "vault/agencies.h"

#include "vault/base/text.h"

namespace vault {
namespace {

constexpr int kMostHeirs = 1000;
constexpr std::string_view kSelect =
    "SELECT id, name, is_unit, successor, ended_day, reason FROM agency ";

Result<AgencyView> ReadAgency(Statement& query) {
  AgencyView view;
  TRY(view.id, AgencyId::Parse(query.Text(0)));
  view.name = query.Text(1);
  view.is_unit = query.Int(2) != 0;
  if (query.IsNull(3)) return view;
  TRY(view.successor, AgencyId::Parse(query.Text(3)));
  view.ended = Day::FromNumber(static_cast<std::int32_t>(query.Int(4)));
  view.reason = query.Text(5);
  return view;
}

}  // namespace

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
  auto query = core_.database->Prepare(std::string(kSelect) + "ORDER BY id");
  while (true) {
    TRY(const bool row, query.Step());
    if (!row) return out;
    TRY(AgencyView view, ReadAgency(query));
    out.push_back(std::move(view));
  }
}

Result<AgencyView> Agencies::Find(const AgencyId& id) {
  const Core::Lock lock = core_.Locked();
  auto query = core_.database->Prepare(std::string(kSelect) + "WHERE id = ?").Bind(id);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such agency");
  return ReadAgency(query);
}

Result<AgencyView> Agencies::Running(const AgencyId& id) {
  TRY(AgencyView view, Find(id));
  if (view.successor) {
    return Conflict("this agency has ended: " + view.successor->text() + " followed it");
  }
  return view;
}

Result<AgencyId> Agencies::HeirOf(const AgencyId& id) {
  AgencyId heir = id;
  // One that ended follows nobody, so the row of heirs has an end; a register that was edited may
  // have none.
  for (int step = 0; step < kMostHeirs; ++step) {
    TRY(const AgencyView view, Find(heir));
    if (!view.successor) return heir;
    heir = *view.successor;
  }
  return Corrupt("an agency's successors go round in a circle");
}

}  // namespace vault
