// Check: what a template asks of a matter's records, and how serious it is when they miss it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policies/due_rule.h"
#include "vault/base/facts.h"

namespace policies {

// LimitRule is one <limit> of a template: a count that the vault keeps.
struct LimitRule {
  int value = 0;
  vault::Severity severity = vault::Severity::kWarn;
  std::string basis;

  // Check gives a finding when the count passes the value.
  std::optional<vault::Finding> Check(std::string_view id, std::int64_t count) const;
};

// Guard is one word of `where`: the record has one of these values in the field.
struct Guard {
  static constexpr std::string_view kAny = "*";  // any value that is not empty
  std::string field;
  std::vector<std::string> values;
  bool Holds(const vault::RecordFacts& record) const;
};

// CheckScene is what a check looks at.
struct CheckScene {
  std::span<const vault::RecordFacts> records;  // the new one among them
  // The latest moment of an event, or of the planned meeting.
  std::function<std::optional<vault::UnixSeconds>(std::string_view)> moment_of;
  vault::UnixSeconds now = 0;
  const Calendar& calendar;
};

// CheckTest is the one question a check asks.
enum class CheckTest {
  kPresent,       // the field is filled
  kOneOf,         // the field has one of the values
  kAtLeast,       // the field's number is no smaller
  kAtMost,        // the field's number is no larger
  kNotBefore,     // the field's day is no earlier than a period after an event
  kNotAfter,      // the field's day is no later than that
  kAgeAtMost,     // the field's birth day makes no older than so many years, at now
  kCountAtLeast,  // so many records, or different values of a field
  kCountAtMost,
};

// CheckRule is one <check> of a template (POLICY.md).
struct CheckRule {
  std::string id;
  std::string says;  // the sentence people read when it is missed
  std::string basis;
  vault::Severity severity = vault::Severity::kWarn;
  std::vector<std::string> approvers;

  std::string on_record;               // asked when a record of this kind is written,
  std::vector<std::string> on_events;  // or when one of these events is recorded
  std::string of;                      // the kind it looks at
  std::vector<Guard> where;            // only records for which all of these hold
  CheckTest test = CheckTest::kPresent;
  std::string field;
  std::vector<std::string> values;  // kOneOf
  int number = 0;                   // kAtLeast, kAtMost, kAgeAtMost, kCount…
  Period period;                    // kNotBefore, kNotAfter
  std::string from;                 // an event or MEETING

  // Judge asks about the new record alone, or, for counts, about all of its kind with it.
  std::optional<vault::Finding> Judge(const CheckScene& scene,
                                      const vault::RecordFacts& record) const;
  // Judge asks about every record of the kind.
  std::optional<vault::Finding> Judge(const CheckScene& scene) const;

 private:
  bool Applies(const vault::RecordFacts& record) const;
  bool Passes(const CheckScene& scene, const vault::RecordFacts& record) const;
  bool PassesDay(const CheckScene& scene, std::string_view value) const;
  bool PassesCount(const CheckScene& scene) const;
  vault::Finding Missed() const;
};

// CheckFields holds a record against its kind: known fields, required ones, values of their type,
// no second record where one is allowed. others: the matter's other records, of any kind.
std::vector<vault::Finding> CheckFields(const vault::RecordKind& kind,
                                        std::span<const vault::RecordFacts> others,
                                        const vault::RecordFacts& record);

}  // namespace policies
