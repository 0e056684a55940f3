#include "vault/base/log.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace vault {
namespace {
std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}
}  // namespace

void Log(LogLevel level, std::string_view text) {
  std::string line = "strongroom: ";
  line += LevelName(level);
  line += ": ";
  line += text;
  line += '\n';
  // One write, so that lines of several threads never mix. Nothing can be done about a failure.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

void LogError(std::string_view what, const Error& error) {
  std::string text(what);
  text += ": ";
  text += ErrcName(error.code);
  text += ": ";
  text += error.detail;
  Log(LogLevel::kError, text);
}

void Fatal(std::string_view reason) {
  Log(LogLevel::kError, reason);
  std::abort();
}

}  // namespace vault
