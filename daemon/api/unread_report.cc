// The report of who has not read: members who were lent a pack and have not opened all of it.
#include <algorithm>
#include <optional>
#include <vector>

#include "daemon/api/reports.h"
#include "daemon/api/words.h"
#include "vault/pack_readers.h"

namespace service {

using vault::Result;

namespace {

constexpr std::uint64_t kStride = 512;

// The log is read backwards, so that what is older than the matters themselves is not looked at.
vault::Status ReadLog(vault::Vault& vault, vault::PackReading& reading) {
  if (!reading.since()) return vault::Ok();
  std::optional<std::uint64_t> next;
  while (next != std::uint64_t{0}) {
    // One stride at a time: others come in between.
    const auto lock = vault.Locked();
    vault::AuditLog& log = vault.log();
    if (!next) next = log.size();
    for (const std::uint64_t end = *next - std::min(*next, kStride); *next > end;) {
      TRY(const std::string text, log.EntryText(--*next));
      TRY(const vault::LogFields entry, vault::ParseLogEntry(text));
      const auto at = vault::ParseWhen(entry.time);
      if (at.ok() && at.value() < *reading.since()) return vault::Ok();
      reading.Take(entry);
    }
  }
  return vault::Ok();
}

}  // namespace

Result<Table> UnreadReport(Door& door, const Visit& visit, const Span& span) {
  const auto process = door.request().Query("process");
  const auto agency = door.request().Query("agency");
  TRY(vault::PackReading reading, visit.vault().pack_readers().Lent(visit.actor));
  TRY_VOID(ReadLog(visit.vault(), reading));
  std::vector<TableRow> rows;
  for (const vault::PackReader& one : reading.people()) {
    if (one.unread == 0) continue;
    if (process && *process != one.template_id) continue;
    if (agency && *agency != one.party) continue;
    const bool dated = span.from || span.until;
    if (dated && (!one.meeting || !span.Has(vault::LondonDay(*one.meeting)))) continue;
    rows.push_back({one.matter_ref, one.template_id, TimeJson(one.meeting), one.party, one.email,
                    one.lent, one.unread});
  }
  return TableOf({"matter", "process", "meeting", "agency", "person", "lent", "unread"},
                 std::move(rows));
}

}  // namespace service
