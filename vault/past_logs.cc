#include "vault/past_logs.h"

#include "vault/audit/checkpoint.h"

namespace vault {

Result<std::vector<PastLogView>> PastLogs::List() {
  TRY(const std::vector<AuditLog::PastLog> logs, AuditLog::ListPast(*core_.database));
  std::vector<PastLogView> views;
  for (const AuditLog::PastLog& log : logs) {
    TRY(const NoteKey key, NoteKey::Of(log.origin, core_.signer->public_key()));
    views.push_back({log.number, log.origin, log.size, key.ToText()});
  }
  return views;
}

Result<std::unique_ptr<AuditLog>> PastLogs::Open(std::uint32_t number) {
  TRY(const std::vector<AuditLog::PastLog> logs, AuditLog::ListPast(*core_.database));
  for (const AuditLog::PastLog& log : logs) {
    if (log.number == number) return AuditLog::OpenPast(*core_.database, log, *core_.signer);
  }
  return NotFound("no such past log");
}

}  // namespace vault
