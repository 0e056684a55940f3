// Event: one entry of the audit log, built line by line and refused when it could name a person.
#pragma once

#include <string>
#include <string_view>

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

}  // namespace vault
