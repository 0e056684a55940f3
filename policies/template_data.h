// TemplateData: what a template's text says, checked.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/area_table.h"
#include "policies/attendance.h"
#include "policies/calendar.h"
#include "policies/check.h"
#include "policies/dimension.h"
#include "policies/due_rule.h"
#include "policies/fault.h"
#include "policies/form_rule.h"
#include "policies/measure.h"
#include "policies/meeting_plan.h"
#include "policies/need_to_know.h"
#include "policies/ranking.h"
#include "policies/retention_rule.h"
#include "policies/template_names.h"
#include "policies/themes.h"
#include "vault/base/facts.h"

namespace policies {

// TemplatePhase is one <phase>.
struct TemplatePhase {
  std::string id;
  std::string name;
};

// TemplateHold is the hold that an <event> places.
struct TemplateHold {
  std::string reason;
  std::string authority;
  Period review;  // counted from the day it is placed; never hours or working days
};

// TemplateEvent is one <event>.
struct TemplateEvent {
  vault::EventRule rule;
  std::vector<std::string> not_after;  // once one of these is recorded it may not happen any more
  std::string automatic_due;           // the <due> on whose day it happens by itself
  std::optional<TemplateHold> hold;    // none: it places none
};

// Recurrence is one <recurrence>: a meeting that comes again and again.
struct Recurrence {
  std::string id;
  std::string what;
  std::string every;     // "day", "week", "month", "quarter"
  std::string per;       // "district", …; empty: one for all
  unsigned weekday = 7;  // 0 Sunday … 6 Saturday; 7 none
  std::string basis;
};

// TemplateData is one template. Every reference in it is known to lead somewhere.
struct TemplateData {
  std::string id;
  std::uint32_t version = 0;
  std::string name;
  std::string noun;
  std::string ref_prefix;
  std::string source;
  std::optional<vault::Day> source_review;  // when the guidance it is based on is due for review
  std::optional<vault::Day> valid_from;     // new matters begin from this day on; none: always
  std::optional<vault::Day> valid_to;       // and up to and with this day; none: no end
  std::vector<TemplatePhase> phases;        // in order; a matter begins in the first
  std::vector<vault::RoleRule> roles;
  std::vector<TemplateEvent> events;
  std::vector<vault::ClassRule> classes;
  std::vector<DueRule> dues;
  std::map<std::string, LimitRule, std::less<>> limits;
  std::vector<vault::RecordKind> records;
  std::vector<CheckRule> checks;
  std::vector<RankingRule> rankings;
  std::vector<Recurrence> recurrences;
  std::optional<MeetingPlan> plan;
  std::vector<FormRule> forms;
  std::vector<AreaTableRule> tables;
  std::vector<DimensionRule> dimensions;
  std::vector<MeasureRule> measures;
  std::vector<RegisterRule> registers;
  std::vector<AttendanceRule> attendances;
  std::vector<ThemesRule> themes;
  RetentionTable retention;
  NeedToKnow reading;
  std::vector<std::string> amendments;  // what an overlay changed, one sentence each
};

// ReadTemplate reads one <process>. Faults: all there are, in the order of the text.
Checked<TemplateData> ReadTemplate(std::string_view text, const CalendarBook& calendars);

// The groups of a template, each read by a file of its own; names and data outlive the call.
void ReadEndings(vault::XmlNode retentions, vault::XmlNode classes, const TemplateNames& names,
                 TemplateData* data);
void ReadLoans(vault::XmlNode group, const TemplateNames& names, TemplateData* data);
std::vector<ReadingRow> ReadReading(vault::XmlNode group, const TemplateNames& names);
void ReadRecords(vault::XmlNode records, vault::XmlNode checks, const TemplateNames& names,
                 TemplateData* data);
void ReadMeetings(vault::XmlNode group, const TemplateNames& names, TemplateData* data);
void ReadForms(vault::XmlNode group, const TemplateNames& names, TemplateData* data);
void ReadTables(vault::XmlNode group, const TemplateNames& names, TemplateData* data);
// ReadDimensions reads what measures are told by among these elements, after the records.
void ReadDimensions(const std::vector<vault::XmlNode>& nodes, const Codes& dimensions,
                    const TemplateNames& names, TemplateData* data);
// DimensionFieldFault says why a dimension cannot be told by its field of this kind of record;
// none: it can.
std::optional<std::string> DimensionFieldFault(const vault::RecordKind& kind,
                                               const DimensionRule& rule);
// ReadMeasures reads what is counted in records among these elements (measures, registers,
// attendances, themes), after the records and the dimensions.
void ReadMeasures(const std::vector<vault::XmlNode>& nodes, const Codes& measures,
                  const TemplateNames& names, TemplateData* data);
// ParseGuard reads a word of `where`: field=value or field=value|value; none: it is not.
std::optional<Guard> ParseGuard(const std::string& word);

}  // namespace policies
