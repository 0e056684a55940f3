// MacfaAudit: the shipped MACFA template, and a fictional audit that runs under it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "policies/process_template.h"
#include "tests/policies/texts.h"

namespace policies::macfa {

inline vault::UnixSeconds At(const std::string& text) {
  auto time = vault::ParseWhen(text);
  CHECK(time.ok());
  return time.value();
}

inline const ProcessTemplate& Macfa() {
  static const auto kMade = [] {
    auto parsed =
        ProcessTemplate::Parse(ShippedText("templates/macfa.xml"), ShippedCalendars(), "");
    if (!parsed.ok()) {
      for (const auto& text : Texts(parsed.faults())) ADD_FAILURE() << text;
    }
    CHECK(parsed.ok());
    return std::move(parsed).value();
  }();
  return *kMade;
}

// The fictional audit MACFA-2026-01, up to and with a moment.
inline vault::MatterFacts Audit(const std::string& until) {
  vault::MatterFacts matter;
  matter.meeting = At("2026-04-09T09:30");
  const std::vector<std::pair<std::string, std::string>> all = {
      {"THEME_AGREED", "2026-01-15"},         {"LONGLIST_RECEIVED", "2026-01-22"},
      {"CONTACT_CHECK_SENT", "2026-01-26"},   {"SELECTION_DECIDED", "2026-02-12"},
      {"FORMS_ISSUED", "2026-02-27"},         {"SUBMISSION_DEADLINE", "2026-03-26"},
      {"PACK_RELEASED", "2026-04-02"},        {"MEETING_STARTED", "2026-04-09T09:30"},
      {"MEETING_CLOSED", "2026-04-09T12:30"}, {"ALL_ATTESTED", "2026-04-24"},
      {"REPORT_APPROVED", "2026-05-22"},      {"PRESENTED", "2026-06-11"},
      {"IMPACT_SENT", "2026-07-09"},          {"IMPACT_CLOSED", "2026-08-20"}};
  for (const auto& [name, when] : all) {
    if (At(when) <= At(until)) matter.events.push_back({name, At(when)});
  }
  return matter;
}

// A moment inside each phase of that audit.
inline const std::vector<std::pair<std::string, std::string>>& Moments() {
  static const std::vector<std::pair<std::string, std::string>> kMoments = {
      {"P0", "2026-01-16"}, {"P1", "2026-02-01"},       {"P2", "2026-03-01"}, {"P3", "2026-03-27"},
      {"P4", "2026-04-03"}, {"P5", "2026-04-09T10:00"}, {"P6", "2026-04-15"}, {"P7", "2026-06-01"},
      {"P8", "2026-07-15"}, {"P9", "2026-09-01"}};
  return kMoments;
}

}  // namespace policies::macfa
