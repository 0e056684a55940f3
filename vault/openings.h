// Openings: grant → log, synced → key. The only caller of KeyKeeper::Unwrap.
#pragma once

#include "vault/access.h"
#include "vault/compartments.h"
#include "vault/core.h"
#include "vault/loans.h"

namespace vault {

class Openings {
 public:
  Openings(Core& core, Compartments& compartments, Loans& loans, Access& access)
      : core_(core), compartments_(compartments), loans_(loans), access_(access) {}

  // Open logs the opening, then unwraps through the grant's route.
  //
  // Order:   the log line is synced before any key is touched.
  // Uses up: grant.
  // Errors:  those of AuditLog::RecordOpening, Compartments::Unlock and KeyKeeper::Unwrap.
  Result<OpenedObject> Open(const Actor& actor, AccessGrant grant);
  // Line and Unwrap are Open for who shares a commit: the line first, then, when the log has given
  // its receipt, the key. Uses up: receipt.
  Result<LogEntry> Line(const Actor& actor, const Opening& opening);
  Result<OpenedObject> Unwrap(const Actor& actor, const Opening& opening, OpeningReceipt receipt);
  Access& access() { return access_; }

 private:
  Core& core_;
  Compartments& compartments_;
  Loans& loans_;
  Access& access_;
};

}  // namespace vault
