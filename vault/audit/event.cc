#include "vault/audit/event.h"

#include <algorithm>

#include "vault/base/text.h"

namespace vault {
namespace {

constexpr std::string_view kFirstLine = "strongroom-log/v1";
constexpr std::size_t kMaxEntry = 1024;
constexpr std::size_t kMaxName = 40;
constexpr std::size_t kMaxValue = 200;

// <cctype> asks the locale; an entry must not.
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsName(std::string_view name) {
  if (name.empty() || name.size() > kMaxName || !IsLower(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return IsLower(c) || IsDigit(c) || c == '.' || c == '_' || c == '-';
  });
}

bool IsValue(std::string_view value) {
  if (value.empty() || value.size() > kMaxValue) return false;
  return std::all_of(value.begin(), value.end(), [](char c) {
    return IsLower(c) || IsUpper(c) || IsDigit(c) ||
           std::string_view("._:/+=-").find(c) != std::string_view::npos;
  });
}

// The two leading fields have their place; a second one later would make an entry ambiguous.
bool IsFieldName(std::string_view name) { return IsName(name) && name != "type" && name != "time"; }

bool IsMinute(std::string_view time) {
  auto moment = ParseWhen(time);
  return moment.ok() && FormatMinute(moment.value()) == time;
}

}  // namespace

LogEntry::LogEntry(std::string_view type, UnixSeconds time) {
  CHECK(IsName(type));
  text_.append(kFirstLine).append("\ntype ").append(type);
  text_.append("\ntime ").append(FormatMinute(time)).append("\n");
}

LogEntry& LogEntry::Add(std::string_view name, std::string_view value) {
  CHECK(IsFieldName(name));
  CHECK(IsValue(value));
  text_.append(name).append(" ").append(value).append("\n");
  CHECK(text_.size() <= kMaxEntry);
  return *this;
}

LogEntry& LogEntry::Add(std::string_view name, std::uint64_t value) {
  return Add(name, std::string_view(std::to_string(value)));
}

LogEntry& LogEntry::Person(std::string_view name, std::string_view pseudonym) {
  return Add(name, std::string_view(std::string("p:").append(pseudonym)));
}

LogEntry& LogEntry::Object(std::string_view name, std::string_view pseudonym) {
  return Add(name, std::string_view(std::string("o:").append(pseudonym)));
}

std::optional<std::string> LogFields::Only(std::string_view name) const {
  std::optional<std::string> found;
  for (const auto& [field, value] : fields) {
    if (field != name) continue;
    if (found.has_value()) return std::nullopt;
    found = value;
  }
  return found;
}

Result<LogFields> ParseLogEntry(std::string_view text) {
  if (text.size() > kMaxEntry) return Corrupt("a log entry is longer than 1024 bytes");
  if (text.empty() || text.back() != '\n') return Corrupt("a log entry does not end its last line");
  text.remove_suffix(1);
  const std::vector<std::string_view> lines = Split(text, '\n');
  if (lines.size() < 3 || lines[0] != kFirstLine) {
    return Corrupt("a log entry does not begin with strongroom-log/v1");
  }
  LogFields out;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t space = lines[i].find(' ');
    if (space == std::string_view::npos) return Corrupt("a line of a log entry is not a field");
    const std::string_view name = lines[i].substr(0, space);
    const std::string_view value = lines[i].substr(space + 1);
    if (i == 1) {
      if (name != "type" || !IsName(value)) return Corrupt("a log entry has no type");
      out.type = value;
    } else if (i == 2) {
      if (name != "time" || !IsMinute(value)) return Corrupt("a log entry has no time");
      out.time = value;
    } else {
      if (!IsFieldName(name) || !IsValue(value))
        return Corrupt("a field of a log entry is invalid");
      out.fields.emplace_back(name, value);
    }
  }
  return out;
}

}  // namespace vault
