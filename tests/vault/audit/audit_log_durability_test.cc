// What the log says of durability: no receipt before the sync, and none that a crash takes back.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/support/audit_log_fixture.h"
#include "tests/support/faulty_disk.h"
#include "tests/vault/audit/grants.h"
#include "vault/audit/audit_log.h"

namespace vault {
namespace {

// SyncWatcher remembers whether anything was written since the last sync of the register.
class SyncWatcher final : public DiskObserver {
 public:
  DiskVerdict OnStep(const DiskStep& step) override {
    if (step.action == DiskAction::kWrite) unsynced_.insert(std::string(step.path));
    if (step.action == DiskAction::kSync && unsynced_.erase(std::string(step.path)) > 0) ++syncs_;
    return DiskVerdict::kProceed;
  }
  bool AllSynced() const { return unsynced_.empty(); }
  int syncs() const { return syncs_; }

 private:
  std::set<std::string> unsynced_;
  int syncs_ = 0;
};

TEST(AuditLog, ReceiptComesOnlyAfterTheSync) {
  TempFolder folder;
  SyncWatcher watcher;
  Disk disk(&watcher);
  const SeedSigner signer;
  auto database =
      std::move(Database::Open(disk, folder.At("register.db"), std::nullopt, DatabaseMode::kWriter))
          .value();
  ASSERT_TRUE(AuditLog::CreateTables(*database).ok());
  auto log = std::move(AuditLog::Open(*database, kLogOrigin, signer)).value();
  for (std::uint64_t i = 0; i < 5; ++i) {
    const int before = watcher.syncs();
    Opening opening;
    opening.granted_at = kLogTime;
    auto receipt =
        log->RecordOpening(Access::Grant(opening), NumberedEntry(i), kLogTime, NothingElse);
    ASSERT_TRUE(receipt.ok());
    EXPECT_GT(watcher.syncs(), before);
    EXPECT_TRUE(watcher.AllSynced()) << "written and not synced when the receipt came";
  }
}

TEST(AuditLog, AGroupHasOneSyncAndNoReceiptBeforeIt) {
  TempFolder folder;
  SyncWatcher watcher;
  Disk disk(&watcher);
  const SeedSigner signer;
  auto database =
      std::move(Database::Open(disk, folder.At("register.db"), std::nullopt, DatabaseMode::kWriter))
          .value();
  ASSERT_TRUE(AuditLog::CreateTables(*database).ok());
  auto log = std::move(AuditLog::Open(*database, kLogOrigin, signer)).value();
  std::vector<AuditLog::GroupAct> acts(20);
  std::vector<AuditLog::GroupAct*> group;
  for (std::size_t i = 0; i < acts.size(); ++i) {
    acts[i].line = [i](Transaction&) -> Result<AuditLog::GroupLine> {
      Opening opening;
      opening.granted_at = kLogTime;
      return AuditLog::GroupLine{NumberedEntry(i), Access::Grant(opening)};
    };
    group.push_back(&acts[i]);
  }
  const int before = watcher.syncs();
  log->RecordGroup(group, kLogTime, [&](Transaction&) {
    EXPECT_EQ(watcher.syncs(), before);
    for (const AuditLog::GroupAct& act : acts) EXPECT_FALSE(act.receipt.has_value());
    EXPECT_EQ(log->size(), 0u) << "a size that is not durable could be signed";
    return Ok();
  });
  EXPECT_EQ(watcher.syncs(), before + 1);
  EXPECT_TRUE(watcher.AllSynced());
  EXPECT_EQ(log->size(), acts.size());
  for (std::size_t i = 0; i < acts.size(); ++i) {
    ASSERT_TRUE(acts[i].receipt.has_value());
    EXPECT_EQ(acts[i].receipt->log_index(), i);
  }
}

// Attempt opens one document on a disk that fails at one step, in a process of its own, and ends
// with 0 when a receipt came, 1 when an error came; a failed commit stops the process on its way.
void Attempt(const std::string& path, int step, DiskVerdict fault) {
  FaultyDisk faults(step, fault, AfterFault::kCrash);
  Disk disk(&faults);
  const SeedSigner signer;
  auto database = Database::Open(disk, path, std::nullopt, DatabaseMode::kWriter);
  if (!database.ok()) std::_Exit(1);
  auto log = AuditLog::Open(*database.value(), kLogOrigin, signer);
  if (!log.ok()) std::_Exit(1);
  Opening opening;
  opening.granted_at = kLogTime;
  auto receipt =
      log.value()->RecordOpening(Access::Grant(opening), NumberedEntry(1), kLogTime, NothingElse);
  if (faults.struck() && receipt.ok()) std::_Exit(3);
  std::_Exit(receipt.ok() ? 0 : 1);
}

// AttemptGroup is Attempt for three openings in one group.
void AttemptGroup(const std::string& path, int step, DiskVerdict fault) {
  FaultyDisk faults(step, fault, AfterFault::kCrash);
  Disk disk(&faults);
  const SeedSigner signer;
  auto database = Database::Open(disk, path, std::nullopt, DatabaseMode::kWriter);
  if (!database.ok()) std::_Exit(1);
  auto log = AuditLog::Open(*database.value(), kLogOrigin, signer);
  if (!log.ok()) std::_Exit(1);
  std::vector<AuditLog::GroupAct> acts(3);
  std::vector<AuditLog::GroupAct*> group;
  for (std::size_t i = 0; i < acts.size(); ++i) {
    acts[i].line = [i](Transaction&) -> Result<AuditLog::GroupLine> {
      Opening opening;
      opening.granted_at = kLogTime;
      return AuditLog::GroupLine{NumberedEntry(i + 1), Access::Grant(opening)};
    };
    group.push_back(&acts[i]);
  }
  log.value()->RecordGroup(group, kLogTime, NothingElse);
  const auto receipts = std::count_if(acts.begin(), acts.end(),
                                      [](const auto& act) { return act.receipt.has_value(); });
  if (faults.struck() && receipts != 0) std::_Exit(3);
  std::_Exit(receipts == 3 ? 0 : 1);
}

TEST(AuditLogDeathTest, AfterACrashAGroupIsThereWholeOrNotAtAll) {
  GTEST_FLAG_SET(death_test_style, "fast");
  for (const DiskVerdict fault : {DiskVerdict::kLose, DiskVerdict::kFailButKeep}) {
    bool struck = true;
    for (int step = 1; struck; ++step) {
      ASSERT_LT(step, 200);
      TempFolder folder;
      Disk disk(nullptr);
      const SeedSigner signer;
      const auto open = [&] {
        return std::move(Database::Open(disk, folder.At("register.db"), std::nullopt,
                                        DatabaseMode::kWriter))
            .value();
      };
      {
        auto database = open();
        ASSERT_TRUE(AuditLog::CreateTables(*database).ok());
        auto log = std::move(AuditLog::Open(*database, kLogOrigin, signer)).value();
        ASSERT_TRUE(log->Record(NumberedEntry(0), NothingElse).ok());
      }
      int code = -1;
      EXPECT_EXIT(
          AttemptGroup(folder.At("register.db"), step, fault),
          [&](int status) {
            code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
            return code != 3;
          },
          "")
          << "a receipt came although step " << step << " failed";
      struck = code != 0;
      auto database = open();
      auto log = AuditLog::Open(*database, kLogOrigin, signer);
      ASSERT_TRUE(log.ok()) << log.error().detail;
      const std::uint64_t size = log.value()->size();
      EXPECT_TRUE(size == 1 || size == 4) << size;
      if (!struck) {
        EXPECT_EQ(size, 4U);
      }
    }
  }
}

TEST(AuditLogDeathTest, NoReceiptSurvivesAFailedWriteOrSyncAndTheLogOpensAgain) {
  GTEST_FLAG_SET(death_test_style, "fast");
  for (const DiskVerdict fault : {DiskVerdict::kLose, DiskVerdict::kFailButKeep}) {
    bool struck = true;
    for (int step = 1; struck; ++step) {
      ASSERT_LT(step, 200);
      TempFolder folder;
      Disk disk(nullptr);
      const SeedSigner signer;
      const auto open = [&] {
        return std::move(Database::Open(disk, folder.At("register.db"), std::nullopt,
                                        DatabaseMode::kWriter))
            .value();
      };
      {
        auto database = open();
        ASSERT_TRUE(AuditLog::CreateTables(*database).ok());
        auto log = std::move(AuditLog::Open(*database, kLogOrigin, signer)).value();
        ASSERT_TRUE(log->Record(NumberedEntry(0), NothingElse).ok());
      }
      int code = -1;
      EXPECT_EXIT(
          Attempt(folder.At("register.db"), step, fault),
          [&](int status) {
            code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
            return code != 3;
          },
          "")
          << "a receipt came although step " << step << " failed";
      struck = code != 0;
      auto database = open();
      auto log = AuditLog::Open(*database, kLogOrigin, signer);
      ASSERT_TRUE(log.ok()) << log.error().detail;
      ASSERT_GE(log.value()->size(), 1U);
      ASSERT_LE(log.value()->size(), 2U);
      EXPECT_EQ(log.value()->EntryText(0).value(), NumberedEntry(0).text());
      if (!struck) {
        EXPECT_EQ(log.value()->size(), 2U);
      }
      if (log.value()->size() == 1) {
        EXPECT_EQ(log.value()->Record(NumberedEntry(1), NothingElse).value(), 1U);
      }
      EXPECT_EQ(log.value()->EntryText(1).value(), NumberedEntry(1).text());
    }
  }
}

}  // namespace
}  // namespace vault
