// MeetingPlan: how a meeting's time is divided.
#pragma once

#include <string>
#include <vector>

#include "vault/base/civil.h"

namespace policies {

// MeetingPlan is the <agenda> of a template, in minutes.
struct MeetingPlan {
  int opening = 0;
  int per_subject = 0;
  int closing = 0;
  int pause = 0;        // one break, when there are more subjects than
  int pause_after = 0;  // this many; after them
  std::string basis;
};

// AgendaItem is one line of an agenda; end is exclusive.
struct AgendaItem {
  vault::UnixSeconds from = 0;
  vault::UnixSeconds to = 0;
  std::string what;  // "opening", "break", "closing", or a subject
};

// Agenda lays the subjects out in their order.
std::vector<AgendaItem> Agenda(const MeetingPlan& plan, vault::UnixSeconds start,
                               const std::vector<std::string>& subjects);

}  // namespace policies
