// The report of attendance: which agency comes to its meetings, and which came and does no more.
#include <map>
#include <string>
#include <vector>

#include "daemon/api/reports.h"
#include "daemon/api/statistics.h"
#include "daemon/api/words.h"
#include "policies/attendance.h"

namespace service {

using vault::Result;

namespace {

// Taken are the records of a process's matters that one of its rules counts.
using Taken = std::map<std::string, std::vector<vault::RecordFacts>>;

void Take(const policies::ProcessTemplate& process, const Span& span,
          const std::vector<vault::Records::CountedRecord>& records,
          std::vector<vault::RecordFacts>& taken) {
  for (const auto& record : records) {
    for (const policies::AttendanceRule& rule : process.Data().attendances) {
      if (record.facts.kind != rule.of) continue;
      const auto day = vault::DayWritten(record.facts.First(rule.on));
      if (day.ok() && span.Has(day.value())) taken.push_back(record.facts);
      break;
    }
  }
}

TableRow RowOf(const std::string& process, const policies::AttendedQuarter& quarter) {
  return {process,
          QuarterOfYear(quarter.from),
          quarter.agency,
          quarter.meetings,
          quarter.present,
          Json(quarter.percent),
          Json(quarter.before),
          TextOrNull(policies::AttendanceAlertName(quarter.alert))};
}

}  // namespace

Result<Table> AttendanceReport(Door& door, const Visit& visit, const Span& span) {
  vault::Vault& vault = visit.vault();
  const auto wanted = door.request().Query("process");
  const auto agency = door.request().Query("agency");
  const NewestTemplates newest = Newest(door.context());
  Taken taken;
  TRY(const std::vector<vault::MatterRow> matters, vault.matter_rows().All());
  for (const vault::MatterRow& matter : matters) {
    const auto process = newest.find(matter.template_id);
    if (process == newest.end() || process->second->Data().attendances.empty()) continue;
    if (wanted && *wanted != matter.template_id) continue;
    // One matter at a time: others come in between.
    const auto lock = vault.Locked();
    TRY(const auto records, vault.records().Counted(visit.actor, matter));
    Take(*process->second, span, records, taken[matter.template_id]);
  }
  std::vector<TableRow> rows;
  for (const auto& [id, records] : taken) {
    for (const policies::AttendanceRule& rule : newest.at(id)->Data().attendances) {
      for (const policies::AttendedQuarter& quarter : policies::AttendanceOf(rule, records)) {
        if (!agency || *agency == quarter.agency) rows.push_back(RowOf(id, quarter));
      }
    }
  }
  return TableOf(
      {"process", "period", "agency", "meetings", "present", "percent", "percent_before", "alert"},
      std::move(rows));
}

}  // namespace service
