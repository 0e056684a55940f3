// Asked: what the shipped processes answer, in short.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/policies/shipped.h"

namespace policies {

using Lines = std::vector<std::string>;

inline const vault::UnixSeconds kNow = When("2026-06-01T10:00");

// OnRecord, OnEvent and Due are what a shipped process says of a record, of an event and of its
// days.
inline Lines OnRecord(const char* name, const vault::RecordFacts& record,
                      const std::vector<vault::RecordFacts>& others,
                      const vault::MatterFacts& matter) {
  return Brief(Shipped(name).CheckRecord(matter, others, record, kNow));
}
inline Lines OnEvent(const char* name, const char* event,
                     const std::vector<vault::RecordFacts>& records) {
  return Brief(Shipped(name).CheckStep(vault::MatterFacts(), records, event, kNow));
}

inline std::map<std::string, std::string> Due(const char* name, const vault::MatterFacts& matter) {
  std::map<std::string, std::string> due;
  for (const auto& item : Shipped(name).Due(matter)) {
    if (item.due) due[item.id] = item.due->ToText();
  }
  return due;
}

// With is a record with another value of one field.
inline vault::RecordFacts With(vault::RecordFacts record, const std::string& field,
                               const std::string& value) {
  for (auto& each : record.values) {
    if (each.name == field) each.value = value;
  }
  return record;
}

// State is what becomes of a document of a class at a moment.
inline vault::RetentionState State(const char* name, const std::string& class_code,
                                   const vault::MatterFacts& matter, const std::string& now,
                                   const vault::RetentionFacts& more) {
  vault::RetentionFacts facts = more;
  facts.class_code = class_code;
  const vault::UnixSeconds at = When(now);
  return Shipped(name).Weigh(matter, facts, {at, at}).verdict.state;
}

}  // namespace policies
