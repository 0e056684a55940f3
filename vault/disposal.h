// Disposal: drives an epoch from intent to certificate, and finishes what a crash interrupted.
//
// Order of every destruction: hold check and intent in one commit with the log line → key tree
// epoch (P1–P4) → rows and log line, read back from the device → certificate → blobs unlinked.
// One epoch serves many batches; each batch has a certificate of its own.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vault/certification.h"
#include "vault/core.h"
#include "vault/disposal_rows.h"

namespace vault {

// DisposalView is one row of `disposal list`.
struct DisposalView {
  DisposalId id;
  std::string state;  // proposed, waiting, shredding, tidying, provisional, done
  std::string rule;
  std::string trigger;
  std::string authority;
  UnixSeconds due = 0;
  std::optional<UnixSeconds> done;
  std::uint64_t objects = 0;
  bool certificate = false;
  std::uint32_t approvals = 0;
  std::uint32_t failures = 0;
};

// Mandate says on whose word: a person, or the schedule alone.
struct Mandate {
  std::string text;  // "event", "schedule", "approved-by-two", "released-by-two"
  std::optional<std::string> actor = {};    // finished pseudonym for the log
  std::vector<std::string> approvers = {};  // "IGO p:…", for the certificate
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

// DisposalGroup is what one certificate will cover: orders of one rule, trigger and matter.
struct DisposalGroup {
  std::optional<DisposalId> stored;  // the approved or released batch that this carries out
  std::vector<DisposalOrder> orders;
  Mandate mandate;
};

class Disposal {
 public:
  // Forgetter hears of every key that is destroyed, to take what it kept out of memory too.
  using Forgetter = std::function<void(const ShredItem&)>;

  Disposal(Core& core, Forgetter forget)
      : core_(core), rows_(core), certification_(core, rows_), forget_(std::move(forget)) {}

  // Dispose destroys what the orders name, all of one rule and trigger, in one epoch.
  //
  // Order:   as above; the answer comes after the certificate is durable.
  // Uses up: orders.      Errors: kUnavailable before the intent; afterwards the process stops on
  // a failure between P1 and P4, and any other failure leaves the batch to the next sweep.
  Result<DisposalOutcome> Dispose(std::vector<DisposalOrder> orders, const Mandate& mandate);
  // DisposeAll destroys many groups in one epoch. Outcomes come in the order of the groups.
  Result<std::vector<DisposalOutcome>> DisposeAll(std::vector<DisposalGroup> groups);

  // EndOrphan destroys one key that has no row, on the word of two people, with a certificate. The
  // rules know nothing of it, so no order of theirs exists; it can name nothing that has a row.
  // Errors: kNotFound no such orphan; as Dispose. Whoever asks has looked at the holds.
  Result<DisposalId> EndOrphan(const ShredItem& item, const Mandate& mandate);

  // Remake shreds the slots whose keys were re-made; `act` re-seals what stays, in the same commit
  // as the intent. Uses up: orders.
  Status Remake(std::vector<RemakeOrder> orders, const LogEntry& entry, const AuditLog::Act& act);

  // Resume finishes every batch that a crash or a failure left between intent and done: at start,
  // before any request, and at every sweep. A provisional certificate is written anew once the copy
  // it waits for has erased or was given up. What still fails is counted and stays in debt; the
  // answer is an error only when not even that can be written down.
  Status Resume();

  Result<std::vector<DisposalView>> List();
  // Certificate gives the certificate file of a finished batch, proved by the log that holds it:
  // the present one, or one that a restore put aside, under that one's own vkey.
  // Errors: kNotFound; kConflict not finished, or a re-make, which has none.
  Result<std::string> Certificate(const DisposalId& id);

 private:
  Result<std::optional<DisposalBatch>> Prepare(DisposalGroup group, DisposalOutcome& outcome);
  Result<EpochResult> Intend(const std::vector<DisposalBatch>& batches,
                             const std::vector<LogEntry>& lines, const AuditLog::Act& act);
  // Finish purges the rows of one epoch's batches and certifies them.
  Status Finish(std::vector<DisposalBatch> batches, const EpochResult& result);
  Status ResumeTogether(const std::vector<DisposalBatch>& batches);

  Core& core_;
  DisposalRows rows_;
  Certification certification_;
  const Forgetter forget_;
};

}  // namespace vault
