// Shipped: the shipped templates, read for tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "policies/process_template.h"
#include "tests/policies/texts.h"

namespace policies {

inline const std::vector<std::string>& ShippedNames() {
  static const std::vector<std::string> kNames = {"macfa", "maca", "mata", "maag", "mash"};
  return kNames;
}

inline const ProcessTemplate& Shipped(const std::string& name) {
  static std::map<std::string, std::unique_ptr<ProcessTemplate>> made;
  auto& rules = made[name];
  if (rules == nullptr) {
    auto parsed = ProcessTemplate::Parse(ShippedText("templates/" + name + ".xml"),
                                         ShippedCalendars(), "hash-of-" + name);
    if (!parsed.ok()) {
      for (const auto& text : Texts(parsed.faults())) ADD_FAILURE() << name << ": " << text;
    }
    CHECK(parsed.ok());
    rules = std::move(parsed).value();
  }
  return *rules;
}

inline vault::UnixSeconds When(const std::string& text) {
  auto time = vault::ParseWhen(text);
  CHECK(time.ok());
  return time.value();
}

// Events one hour apart, in order.
inline vault::MatterFacts After(const std::vector<std::string>& events) {
  vault::MatterFacts matter;
  vault::UnixSeconds at = When("2026-03-02T09:00");
  for (const std::string& event : events) matter.events.push_back({event, at += 3600});
  return matter;
}

inline vault::RecordFacts Record(std::string kind,
                                 std::vector<std::pair<std::string, std::string>> values) {
  vault::RecordFacts record;
  record.kind = std::move(kind);
  for (auto& [name, value] : values) record.values.push_back({std::move(name), std::move(value)});
  return record;
}

// The findings as "id severity".
inline std::vector<std::string> Brief(const std::vector<vault::Finding>& findings) {
  std::vector<std::string> out;
  for (const auto& finding : findings) {
    out.push_back(finding.rule + " " + std::string(vault::SeverityName(finding.severity)));
  }
  return out;
}

}  // namespace policies
