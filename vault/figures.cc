#include "vault/figures.h"

#include <algorithm>

#include "vault/agencies.h"

namespace vault {
namespace {

constexpr std::string_view kKept =
    "SELECT matter.template, matter.template_version, document.class, count(*), "
    "count(version.kept_until), max(version.kept_until) FROM version "
    "JOIN document ON document.id = version.document JOIN matter ON matter.id = document.matter "
    "WHERE version.state = 'live' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";

constexpr std::string_view kHeld =
    "WITH held(id) AS ("
    "SELECT document.id FROM hold JOIN document ON document.id = hold.object "
    "WHERE hold.state = 'running' UNION "
    "SELECT document.id FROM hold JOIN document ON document.subject = hold.object "
    "WHERE hold.state = 'running' UNION "
    "SELECT document.id FROM hold JOIN document ON document.matter = hold.object "
    "WHERE hold.state = 'running') "
    "SELECT matter.template, matter.template_version, document.class, count(*) FROM held "
    "JOIN version ON version.document = held.id JOIN document ON document.id = held.id "
    "JOIN matter ON matter.id = document.matter WHERE version.state = 'live' GROUP BY 1, 2, 3";

}  // namespace

Result<std::vector<KeptClass>> Figures::Kept(const Actor& actor) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "IGO", "DPO"}));
  std::vector<KeptClass> kept;
  {
    auto query = core_.database->Prepare(kKept);
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      KeptClass one;
      one.template_id = query.Text(0);
      one.template_version = query.U32(1);
      one.class_code = query.Text(2);
      one.versions = static_cast<std::uint64_t>(query.Int(3));
      one.extended = static_cast<std::uint64_t>(query.Int(4));
      if (!query.IsNull(5)) one.extended_until = LondonDay(query.Int(5));
      kept.push_back(std::move(one));
    }
  }
  auto query = core_.database->Prepare(kHeld);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return kept;
    for (KeptClass& one : kept) {
      if (one.template_id != query.Text(0) || one.template_version != query.U32(1) ||
          one.class_code != query.Text(2)) {
        continue;
      }
      one.held = static_cast<std::uint64_t>(query.Int(3));
    }
  }
}

}  // namespace vault
