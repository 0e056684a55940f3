// The report of duplicates: people who may be subjects of several matters.
#include <algorithm>
#include <vector>

#include "daemon/api/reports.h"
#include "vault/search.h"

namespace service {

using vault::Result;

Result<Table> DuplicatesReport(Door& door, const Visit& visit, const Span&) {
  const auto wanted = door.request().Query("process");
  TRY(const auto people, visit.vault().search().Repeated(visit.actor));
  std::vector<TableRow> rows;
  int number = 0;
  for (const std::vector<vault::NamedSubject>& person : people) {
    const bool asked = std::any_of(
        person.begin(), person.end(),
        [&](const vault::NamedSubject& one) { return !wanted || *wanted == one.template_id; });
    if (!asked) continue;
    ++number;
    for (const vault::NamedSubject& one : person) {
      rows.push_back({number, one.matter_ref, one.template_id, one.pseudonym});
    }
  }
  return TableOf({"person", "matter", "process", "subject"}, std::move(rows));
}

}  // namespace service
