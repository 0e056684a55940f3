// The report of themes: groups that agreed none for a financial year.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/api/reports.h"
#include "daemon/api/statistics.h"
#include "daemon/api/words.h"
#include "policies/themes.h"
#include "vault/base/text.h"

namespace service {

using vault::Result;

namespace {

// Kept is what the matters of one process say of groups.
struct Kept {
  std::vector<vault::RecordFacts> themes;
  std::vector<policies::GroupMatter> matters;
};

const policies::DueRule* DueOf(const policies::ProcessTemplate& process, const std::string& id) {
  for (const policies::DueRule& due : process.Data().dues) {
    if (due.id == id) return &due;
  }
  return nullptr;
}

// The financial years that are told of: this one, and the next as soon as its themes are reminded
// of.
std::vector<vault::Day> YearsToTell(const policies::DueRule& due,
                                    const policies::Calendar& calendar, vault::Day today) {
  const vault::Day begun = policies::FinancialYearStart(today);
  const vault::Day next = begun.PlusMonths(12);
  std::vector<vault::Day> years = {begun};
  const auto day = due.DueFrom(next, calendar);
  if (!day.ok()) return years;
  if (due.WarnFrom(day.value(), calendar).value_or(day.value()) <= today) years.push_back(next);
  return years;
}

void AddRows(const policies::ProcessTemplate& process, const policies::ThemesRule& rule,
             const Kept& kept, vault::Day today, std::vector<TableRow>& rows) {
  const policies::DueRule* due = DueOf(process, rule.due);
  if (due == nullptr) return;
  const policies::Calendar& calendar = *process.Data().retention.calendar;
  for (const vault::Day year : YearsToTell(*due, calendar, today)) {
    const auto by = due->DueFrom(year, calendar);
    for (const policies::GroupYear& group :
         policies::GroupsOf(rule, year.year(), kept.themes, kept.matters)) {
      if (group.themes > 0) continue;
      const bool late = !by.ok() || by.value() < today;
      rows.push_back({process.template_id(), FinancialYearWords(year), group.group, group.matters,
                      by.ok() ? DayJson(by.value()) : Json(), late ? "late" : "awaited"});
    }
  }
}

}  // namespace

Result<Table> ThemesReport(Door& door, const Visit& visit, const Span&) {
  vault::Vault& vault = visit.vault();
  const vault::Day today = vault::LondonDay(vault.Now().low);
  const auto wanted = door.request().Query("process");
  const NewestTemplates newest = Newest(door.context());
  std::map<std::string, Kept> kept;
  TRY(const std::vector<vault::MatterRow> matters, vault.matter_rows().All());
  for (const vault::MatterRow& matter : matters) {
    const auto process = newest.find(matter.template_id);
    if (process == newest.end() || process->second->Data().themes.empty()) continue;
    if (wanted && *wanted != matter.template_id) continue;
    // One matter at a time: others come in between.
    const auto lock = vault.Locked();
    Kept& of = kept[matter.template_id];
    policies::GroupMatter group;
    for (const std::string_view name : vault::Split(matter.group, '\n')) {
      group.groups.emplace_back(name);
    }
    group.day = matter.meeting ? vault::LondonDay(*matter.meeting) : matter.created;
    of.matters.push_back(std::move(group));
    TRY(auto counted, vault.records().Counted(visit.actor, matter));
    for (auto& one : counted) of.themes.push_back(std::move(one.facts));
  }
  std::vector<TableRow> rows;
  for (const auto& [id, of] : kept) {
    const policies::ProcessTemplate& process = *newest.at(id);
    for (const policies::ThemesRule& rule : process.Data().themes) {
      AddRows(process, rule, of, today, rows);
    }
  }
  return TableOf({"process", "financial_year", "group", "matters", "due", "state"},
                 std::move(rows));
}

}  // namespace service
