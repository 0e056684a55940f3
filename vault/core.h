// Core: what the parts of an unsealed vault share: store, keys, log, time, and the register's lock.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vault/audit/audit_log.h"
#include "vault/base/ids.h"
#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/base/rules.h"
#include "vault/crypto/password.h"
#include "vault/folder_lock.h"
#include "vault/group_commit.h"
#include "vault/keys/key_keeper.h"
#include "vault/store/blob_store.h"
#include "vault/store/database.h"
#include "vault/time_keeper.h"

namespace vault {

// StreamTicket lets a disposal cancel a download that is still running.
struct StreamTicket {
  std::atomic<bool> cancelled{false};
};

// Streams knows the running downloads by the slots whose keys they rest on.
class Streams {
 public:
  std::shared_ptr<StreamTicket> Enter(const std::vector<SlotNumber>& slots);
  void Cancel(SlotNumber slot);

 private:
  std::mutex mutex_;
  std::multimap<SlotNumber, std::weak_ptr<StreamTicket>> tickets_;
};

// PasswordCosts of the two places where people type a secret. Tests take less.
struct PasswordCosts {
  PasswordCost person = kPersonPasswordCost;
  PasswordCost pin = kSharePinCost;
};

// Core.    Threads: lock `mutex` for everything but blobs, streams and random.
struct Core {
  // First in, last out: the databases are mirrored there until they are closed.
  std::unique_ptr<FolderLock> standby_lock;
  Disk* disk = nullptr;
  RandomSource* random = nullptr;
  const SystemClock* clock = nullptr;
  const RuleBook* rules = nullptr;
  PasswordCosts costs;
  std::string data_folder;
  std::unique_ptr<KeyKeeper> keeper;
  std::unique_ptr<Database> database;
  std::unique_ptr<LogSigner> signer;
  std::unique_ptr<AuditLog> log;
  std::unique_ptr<BlobStore> blobs;
  std::unique_ptr<TimeKeeper> time;
  AgencyId unit;
  // False while what a crash, or an act that failed half-way, left waits for the standby or the
  // next sweep: the insert counter is not moved until then, since it is what tells that there is
  // something to look for.
  bool reconciled = true;
  SlotNumber pseudonym_slot = 0;  // of events that belong to no matter
  SlotNumber lookup_slot = 0;
  Streams streams;
  // Recursive: a part calls another part inside its own act.
  mutable RegisterMutex mutex;

  using Lock = std::unique_lock<RegisterMutex>;
  Lock Locked() const { return Lock(mutex); }

  // SharedAct is an act of the many that go on at once, filings and openings. Its rows are written
  // under the lock, on whatever thread commits the group.
  struct SharedAct : GroupCommit::Turn, AuditLog::GroupAct {
    // A slot to be filled before the rows are committed (FORMAT.md §5, filing order).
    std::optional<KeyKeeper::Filling> filling;
  };
  // Share commits the act with those of others that wait, and gives its outcome.
  Status Share(SharedAct& act);

  // Record commits {act's rows, log line, time mark, insert counter} at once.
  // Errors: the act's; kUnavailable the standby was lost during the commit, which stands here
  // alone, and the detail says so.
  Status Record(const LogEntry& entry, const AuditLog::Act& act);
  // Answerable is asked after a commit that began with the standby whole: Ok, or what to tell
  // whoever asked for it. Errors: kUnavailable the standby was lost meanwhile.
  Status Answerable() const;
  // Act wraps rows for the log's own receipts with the same bookkeeping.
  AuditLog::Act WithMarks(AuditLog::Act act);
  // Entry starts a log line of this type, now.
  LogEntry Entry(std::string_view type) const;

  // Pseudonyms as the log writes them: unlinkable across matters.
  Result<std::string> Pseudonym(const MatterId& matter, ByteView id);
  Result<std::string> VaultPseudonym(ByteView id);

  Result<Bytes> Meta(std::string_view key);
  Status SetMeta(std::string_view key, ByteView value);

  // Label seals and opens the server's own columns; row_version is 0 for rows written once.
  struct Place {
    SlotNumber slot;
    ObjectId object;
    std::string_view table;
    std::string_view column;
    std::uint64_t row_version = 0;
  };
  Result<Bytes> SealLabel(const Place& place, std::string_view text);
  Result<std::string> OpenLabel(const Place& place, ByteView sealed);
  Result<Bytes> SealTime(const Place& place, UnixSeconds time);
  Result<UnixSeconds> OpenTime(const Place& place, ByteView sealed);

 private:
  void CommitShared(std::span<GroupCommit::Turn* const> turns);
  Status WriteMarks();
  void NoteStrays();
  GroupCommit shared_{mutex, [this](auto turns) { CommitShared(turns); }};
};

}  // namespace vault
