// Log: operational messages for the operator, on standard error. Never a secret, a name, an
// address or a file name; the audit log is something else (vault/audit).
#pragma once

#include <string_view>

#include "vault/base/result.h"

namespace vault {

enum class LogLevel { kInfo, kWarning, kError };

// Log writes one line "strongroom: <level>: <text>".    Threads: safe from any thread.
void Log(LogLevel level, std::string_view text);
// LogError logs an error once, where it is handled.
void LogError(std::string_view what, const Error& error);
// Fatal logs and stops the process: our durable state is unknown, start-up recovers.
[[noreturn]] void Fatal(std::string_view reason);

}  // namespace vault
