// TemplateData: what a template's text says, checked.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/calendar.h"
#include "policies/check.h"
#include "policies/due_rule.h"
#include "policies/fault.h"
#include "policies/need_to_know.h"
#include "policies/retention_rule.h"
#include "vault/base/facts.h"

namespace policies {

// TemplateEvent is one <event>.
struct TemplateEvent {
  vault::EventRule rule;
  std::vector<std::string> not_after;  // once one of these is recorded it may not happen any more
  std::string automatic_due;           // the <due> on whose day it happens by itself
};

// TemplateData is one template. Every reference in it is known to lead somewhere.
struct TemplateData {
  std::string id;
  std::uint32_t version = 0;
  std::string name;
  std::string noun;
  std::string ref_prefix;
  std::optional<vault::Day> valid_from;  // new matters begin from this day on; none: always
  std::optional<vault::Day> valid_to;    // and up to and with this day; none: no end
  std::vector<std::string> phases;       // in order; a matter begins in the first
  std::vector<vault::RoleRule> roles;
  std::vector<TemplateEvent> events;
  std::vector<vault::ClassRule> classes;
  std::vector<DueRule> dues;
  std::map<std::string, LimitRule, std::less<>> limits;
  std::vector<vault::RecordKind> records;
  std::vector<CheckRule> checks;
  RetentionTable retention;
  NeedToKnow reading;
};

// kMeeting is what a due rule counts from when it counts from the planned meeting.
constexpr std::string_view kMeeting = "MEETING";

// ReadTemplate reads one <process>. Faults: all there are, in the order of the text.
Checked<TemplateData> ReadTemplate(std::string_view text, const CalendarBook& calendars);

}  // namespace policies
