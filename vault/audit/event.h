// Event: one entry of the audit log, built line by line and refused when it could name a person.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vault/base/civil.h"
#include "vault/base/result.h"

namespace vault {

// LogEntry is UTF-8, at most 1024 bytes, LF lines, first line "strongroom-log/v1", then
// "type <type>", "time <to the minute>", then fields in the order they were added.
//
//   entry = "strongroom-log/v1\n" "type " type "\n" "time " minute "\n" *( name " " value "\n" )
//
// Values are codes, numbers, days, hashes and pseudonyms: [A-Za-z0-9._:/+=-]{1,200}; no space, no
// "@", no free text. Anything else is a CHECK: only we build entries.
class LogEntry {
 public:
  LogEntry(std::string_view type, UnixSeconds time);
  LogEntry& Add(std::string_view name, std::string_view value);
  LogEntry& Add(std::string_view name, std::uint64_t value);
  // Person and Object take finished pseudonyms and write "p:…" and "o:…".
  LogEntry& Person(std::string_view name, std::string_view pseudonym);
  LogEntry& Object(std::string_view name, std::string_view pseudonym);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// LogFields is an entry read back by a checker.
struct LogFields {
  std::string type;
  std::string time;
  std::vector<std::pair<std::string, std::string>> fields;  // in their order
  // Only gives the value of a field that stands there exactly once.
  std::optional<std::string> Only(std::string_view name) const;
};

// ParseLogEntry takes an entry apart; it accepts exactly what LogEntry can build.
// Errors: kCorrupt.
Result<LogFields> ParseLogEntry(std::string_view text);

}  // namespace vault
