#include "policies/meeting_plan.h"

namespace policies {

std::vector<AgendaItem> Agenda(const MeetingPlan& plan, vault::UnixSeconds start,
                               const std::vector<std::string>& subjects) {
  std::vector<AgendaItem> items;
  vault::UnixSeconds at = start;
  const auto add = [&](int minutes, const std::string& what) {
    if (minutes <= 0) return;
    items.push_back({at, at + 60 * minutes, what});
    at = items.back().to;
  };
  add(plan.opening, "opening");
  int talked = 0;
  for (const std::string& subject : subjects) {
    if (talked++ == plan.pause_after && plan.pause_after > 0) add(plan.pause, "break");
    add(plan.per_subject, subject);
  }
  add(plan.closing, "closing");
  return items;
}

}  // namespace policies
