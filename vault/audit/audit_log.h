// AuditLog: an append-only Merkle log of every act, written in the same commit as the act.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vault/audit/event.h"
#include "vault/base/bytes.h"
#include "vault/base/capability.h"
#include "vault/base/result.h"
#include "vault/store/database.h"

namespace vault {

// LogSigner signs checkpoints. The KeyKeeper's seed stays where it is.
class LogSigner {
 public:
  virtual ~LogSigner() = default;
  virtual ByteArray<32> public_key() const = 0;
  virtual ByteArray<64> Sign(ByteView message) const = 0;
};

// AuditLog keeps its entries and hashes in the register (tables log_entry, log_hash).
//
// Invariants: a size is signed only after it is durable; an entry holds no personal data; a receipt
// exists only after the commit that holds its entry.
// Threads: one at a time (the vault's register lock).
class AuditLog {
 public:
  // CreateTables is part of migration 1 of the register.
  static Status CreateTables(Database& database);
  // Open reads the size and checks the stored head against the stored hashes.
  // Errors: kCorrupt they do not agree.
  static Result<std::unique_ptr<AuditLog>> Open(Database& database, std::string origin,
                                                const LogSigner& signer);

  // PastLog is a log that a restore put aside: what came after its size was lost, so that it may
  // never be written again (FORMAT.md §8).
  struct PastLog {
    std::uint32_t number = 0;
    std::string origin;
    std::uint64_t size = 0;
  };
  static Result<std::vector<PastLog>> ListPast(Database& database);
  // OpenPast opens a past log: all of it can be read, and appending is a CHECK. Errors: as Open.
  static Result<std::unique_ptr<AuditLog>> OpenPast(Database& database, const PastLog& log,
                                                    const LogSigner& signer);
  // Retire makes the current log of that origin a past one, and an empty one in its place; what is
  // open on the database is opened anew afterwards.
  static Result<PastLog> Retire(Transaction& transaction, std::string_view origin);

  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;
  ~AuditLog();

  // Append adds an entry inside the caller's transaction and gives its index. After the caller's
  // Commit, call Committed(); after a rollback, RolledBack().
  Result<std::uint64_t> Append(Transaction& transaction, const LogEntry& entry);
  void Committed();
  void RolledBack();

  // With runs `act` in one transaction with the entry: {rows, log line}, one commit, one sync.
  using Act = std::function<Status(Transaction&)>;
  Result<std::uint64_t> Record(const LogEntry& entry, const Act& act);
  // GroupAct is one of several acts that share a commit. Line writes the act's rows and gives its
  // line, and for an opening the grant.
  struct GroupLine {
    LogEntry entry;
    std::optional<AccessGrant> grant;
  };
  struct GroupAct {
    std::function<Result<GroupLine>(Transaction&)> line;
    // What became of it: in the log at `index`, with a receipt when there was a grant.
    Status outcome;
    std::uint64_t index = 0;
    std::optional<OpeningReceipt> receipt;
  };
  // RecordGroup runs the acts in order and commits them together: one sync. An act that fails takes
  // back its own rows and line, and no other's. `last` runs when the others are done, unless all
  // failed; if it fails, all of them do. Outcomes and receipts are set after the commit.
  void RecordGroup(std::span<GroupAct* const> acts, UnixSeconds now, const Act& last);
  // RecordOpening logs an opening. Uses up: grant.
  // Errors: kExpired the grant is older than 60 s at `now`; kUnavailable it cannot be logged (then
  // nothing is opened).
  Result<OpeningReceipt> RecordOpening(AccessGrant grant, const LogEntry& entry, UnixSeconds now,
                                       const Act& act);
  Result<ReleaseReceipt> RecordRelease(LoanId loan, std::uint32_t slot, const LogEntry& entry,
                                       const Act& act);
  Result<IntentReceipt> RecordIntent(std::vector<ShredItem> items, const LogEntry& entry,
                                     const Act& act);

  const std::string& origin() const;
  std::uint64_t size() const;
  ByteArray<32> root() const;
  // RootAt is the root the log had at an earlier size. Errors: kInvalid it never had it.
  Result<ByteArray<32>> RootAt(std::uint64_t size);
  // FindLine gives the newest entry that has this line.
  Result<std::optional<std::uint64_t>> FindLine(std::string_view line);
  // CountLines counts the entries from an index on that have this line.
  Result<std::uint64_t> CountLines(std::uint64_t from, std::string_view line);
  // VerifierKey is the vkey line of FORMAT.md §8.
  std::string VerifierKey() const;
  // Checkpoint is the signed note of the current durable size.
  Result<std::string> Checkpoint();
  // Proof is a .tlog-proof of one entry against the current checkpoint. Errors: kNotFound.
  Result<std::string> Proof(std::uint64_t index);
  Result<std::string> EntryText(std::uint64_t index);
  // File gives a log file by its path below /log/: checkpoint, vkey, tile/<L>/<N>[.p/<W>],
  // tile/entries/<N>[.p/<W>]. A partial tile is answered at every width the log has grown past.
  // Errors: kNotFound.
  Result<Bytes> File(std::string_view path);
  // Files lists the paths that make up the log at its current size.
  std::vector<std::string> Files() const;
  // FilesAt lists those of an earlier size; but for the checkpoint, File answers them all.
  std::vector<std::string> FilesAt(std::uint64_t size) const;

 private:
  static Status CreateEntryTables(Database& database);
  struct State;
  explicit AuditLog(std::unique_ptr<State> state);
  Status RunInGroup(GroupAct& act, Transaction& transaction, UnixSeconds now,
                    std::optional<AccessGrant>& grant);
  std::unique_ptr<State> state_;
};

}  // namespace vault
