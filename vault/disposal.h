// Disposal: drives an epoch from intent to certificate, and finishes what a crash interrupted.
//
// Order of every destruction: hold check and intent in one commit with the log line → key tree
// epoch (P1–P4) → rows, log line and certificate → blobs unlinked, register's log truncated.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/core.h"

namespace vault {

// DisposalView is one row of `disposal list`.
struct DisposalView {
  DisposalId id;
  std::string state;  // proposed, approved, shredding, done
  std::string rule;
  std::string trigger;
  UnixSeconds due = 0;
  std::optional<UnixSeconds> done;
  std::uint64_t objects = 0;
  bool certificate = false;
};

// Mandate says on whose word: a person, or the schedule alone.
struct Mandate {
  std::string text;                  // "event", "schedule", "approved-by-two"
  std::optional<std::string> actor;  // finished pseudonym for the log
};

// DisposedItem is one thing a disposal dealt with, for the sweep's answer.
struct DisposedItem {
  RetentionFacts object;
  RetentionVerdict verdict;
};
struct DisposalOutcome {
  std::optional<DisposalId> batch;
  std::vector<DisposedItem> destroyed;
  std::vector<DisposedItem> blocked;  // a hold was there at the last moment
};

class Disposal {
 public:
  explicit Disposal(Core& core) : core_(core) {}

  // Dispose destroys what the orders name, all of one rule and trigger, in one epoch.
  //
  // Order:   as above; the answer comes after P6's intents are durable.
  // Uses up: orders.      Errors: kUnavailable before the intent; afterwards the process stops on
  // a failure and the next start finishes the work.
  Result<DisposalOutcome> Dispose(std::vector<DisposalOrder> orders, const Mandate& mandate);

  // Remake shreds the slots whose keys were re-made; `act` re-seals what stays, in the same commit
  // as the intent. Uses up: orders.
  Status Remake(std::vector<RemakeOrder> orders, const LogEntry& entry, const AuditLog::Act& act);

  // Resume finishes every batch that a crash left between intent and done; at start, before any
  // request.
  Status Resume();

  Result<std::vector<DisposalView>> List();
  // Certificate gives the certificate file of a finished batch.
  // Errors: kNotFound; kConflict not finished, or a re-make, which has none.
  Result<std::string> Certificate(const DisposalId& id);
  // Debt counts what is due and not destroyed: unfinished batches and their items.
  Result<std::uint64_t> Debt();

 private:
  struct Batch;
  Result<Batch> LoadBatch(const DisposalId& id);
  Status Finish(const DisposalId& id, const EpochResult& result);
  Status Tidy(const std::vector<BlobName>& blobs);
  Result<std::vector<ShredItem>> Items(const DisposalId& id);
  Core& core_;
};

}  // namespace vault
