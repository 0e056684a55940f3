// Context: what all handlers share. They get no key and no SQL.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/api/backup_desk.h"
#include "daemon/api/vault_gate.h"
#include "daemon/http/limits.h"
#include "ingest/reader_client.h"
#include "policies/rule_book.h"

namespace service {

// ApiSettings is what the operator decides.
struct ApiSettings {
  std::string public_url;  // without a slash at the end
  std::string version;
  std::vector<vault::CellClass> cells;  // as found at the start, for the status of a sealed vault
  std::uint64_t document_limit = std::uint64_t{10} << 30;
  FailureLimits failures;
};

// SweepCounts is what the sweeps came to since the start, whoever began them.
struct SweepCounts {
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> keys{0};  // destroyed
  void Count(const vault::Result<vault::SweepReport>& swept) {
    ++(swept.ok() ? done : failed);
    if (swept.ok()) keys += swept.value().destroyed.size();
  }
};

// Context outlives the server.    Threads: safe from any thread.
struct Context {
  Context(VaultGate& the_gate, const policies::TemplateBook& book,
          const ingest::Reader* form_reader, ApiSettings the_settings)
      : gate(the_gate),
        templates(book),
        reader(form_reader),
        settings(std::move(the_settings)),
        sign_in(settings.failures),
        links(settings.failures) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  VaultGate& gate;
  const policies::TemplateBook& templates;
  const ingest::Reader* reader;  // may be null: then no form is read, and the filing says so
  const ApiSettings settings;
  FailureLimiter sign_in;
  FailureLimiter links;
  BackupDesk backups;
  std::mutex sweeping;  // one sweep at a time, whoever started it
  SweepCounts sweeps;
};

}  // namespace service
