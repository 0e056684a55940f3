// Reports: what an officer or an inspector takes away, as CSV or JSON.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "daemon/api/door.h"
#include "daemon/api/table.h"
#include "policies/process_template.h"
#include "vault/base/civil.h"

namespace service {

// Span is the days a report is about; absent ends are open.
struct Span {
  std::optional<vault::Day> from;
  std::optional<vault::Day> until;
  bool Has(vault::Day day) const { return (!from || *from <= day) && (!until || day <= *until); }
};

// NewestTemplates are the processes by name, each with its newest rules: matters of several
// versions are counted together, under those.
using NewestTemplates = std::map<std::string, const policies::ProcessTemplate*>;
NewestTemplates Newest(const Context& context);

// The reports that have a file of their own (API.md, 10). Errors: those of what they read.
// AttendanceReport: each agency by quarter, with what should alert.
vault::Result<Table> AttendanceReport(Door& door, const Visit& visit, const Span& span);
// UnreadReport: who was lent a pack and has not opened all of it.
vault::Result<Table> UnreadReport(Door& door, const Visit& visit, const Span& span);
// ThemesReport: groups that agreed no theme for a financial year.
vault::Result<Table> ThemesReport(Door& door, const Visit& visit, const Span& span);
// DuplicatesReport: people who may be subjects of several matters.
vault::Result<Table> DuplicatesReport(Door& door, const Visit& visit, const Span& span);

}  // namespace service
