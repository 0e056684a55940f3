#include "vault/audit/audit_log.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/audit_log_fixture.h"
#include "tests/vault/audit/grants.h"
#include "vault/audit/checkpoint.h"
#include "vault/audit/merkle.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"

namespace vault {
namespace {

class AuditLogTest : public AuditLogFixture {
 protected:
  std::int64_t Count(std::string_view table) {
    Statement select = database_->Prepare("SELECT count(*) FROM " + std::string(table));
    EXPECT_TRUE(select.Step().value());
    return select.Int(0);
  }
  static AccessGrant GrantAt(UnixSeconds time) {
    Opening opening;
    opening.slot = 77;
    opening.granted_at = time;
    return Access::Grant(opening);
  }
  static Status Fail(Transaction&) { return Held("a hold forbids it"); }
};

TEST_F(AuditLogTest, EmptyLogHasTheEmptyRootAndASignedCheckpoint) {
  EXPECT_EQ(log_->size(), 0U);
  EXPECT_EQ(log_->root(), HashOfNothing());
  EXPECT_EQ(log_->origin(), kLogOrigin);
  EXPECT_EQ(log_->VerifierKey(),
            "docs.example.org/vault/log/1+8b8ac499+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4");
  auto head =
      OpenCheckpoint(log_->Checkpoint().value(), NoteKey::Parse(log_->VerifierKey()).value());
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head.value().size, 0U);
  EXPECT_EQ(log_->Files(), (std::vector<std::string>{"checkpoint", "vkey"}));
}

TEST_F(AuditLogTest, KeepsEntriesAndRootOverARestart) {
  MerkleEdge expected;
  for (std::uint64_t i = 0; i < 300; ++i) {
    (void)expected.Append(HashLeaf(AsBytes(NumberedEntry(i).text())));
  }
  Grow(300);
  EXPECT_EQ(log_->root(), expected.Root());
  log_.reset();
  database_.reset();
  Connect();
  OpenLog();
  EXPECT_EQ(log_->size(), 300U);
  EXPECT_EQ(log_->root(), expected.Root());
  EXPECT_EQ(log_->EntryText(299).value(), NumberedEntry(299).text());
  EXPECT_EQ(log_->EntryText(300).error().code, Errc::kNotFound);
  Grow(301);
  (void)expected.Append(HashLeaf(AsBytes(NumberedEntry(300).text())));
  EXPECT_EQ(log_->root(), expected.Root());
}

TEST_F(AuditLogTest, CountsAnEntryOnlyWhenItIsCommitted) {
  Grow(3);
  const LogHash before = log_->root();
  {
    auto transaction = Transaction::Begin(*database_);
    ASSERT_TRUE(transaction.ok());
    EXPECT_EQ(log_->Append(transaction.value(), NumberedEntry(3)).value(), 3U);
    EXPECT_EQ(log_->Append(transaction.value(), NumberedEntry(4)).value(), 4U);
    EXPECT_EQ(log_->size(), 3U) << "never sign a size that is not durable";
    EXPECT_EQ(log_->root(), before);
    EXPECT_EQ(log_->EntryText(3).error().code, Errc::kNotFound);
    EXPECT_EQ(log_->Proof(3).error().code, Errc::kNotFound);
    EXPECT_EQ(log_->File("tile/entries/000.p/4").error().code, Errc::kNotFound);
  }
  log_->RolledBack();
  EXPECT_EQ(log_->size(), 3U);
  EXPECT_EQ(log_->root(), before);
  EXPECT_EQ(Count("log_entry"), 3);
  Grow(4);
  EXPECT_EQ(log_->size(), 4U);
}

TEST_F(AuditLogTest, AForgottenRollbackStopsTheProcessBeforeAGap) {
  const auto forget = [&] {
    for (int i = 0; i < 2; ++i) {
      Transaction transaction = std::move(Transaction::Begin(*database_)).value();
      (void)log_->Append(transaction, NumberedEntry(0));
    }
  };
  EXPECT_DEATH(forget(), "CHECK|check");
}

TEST_F(AuditLogTest, RecordWritesTheActAndTheLineInOneCommit) {
  ASSERT_TRUE(database_->Execute("CREATE TABLE act (n INTEGER)").ok());
  auto index = log_->Record(NumberedEntry(0), [](Transaction& transaction) {
    return transaction.database().Execute("INSERT INTO act VALUES (1)");
  });
  ASSERT_TRUE(index.ok()) << index.error().detail;
  EXPECT_EQ(index.value(), 0U);
  EXPECT_EQ(log_->EntryText(0).value(), NumberedEntry(0).text());
  EXPECT_EQ(Count("act"), 1);
}

TEST_F(AuditLogTest, AFailedActLeavesNoRowAndNoLine) {
  ASSERT_TRUE(database_->Execute("CREATE TABLE act (n INTEGER)").ok());
  const auto act = [&](Transaction& transaction) -> Status {
    TRY_VOID(transaction.database().Execute("INSERT INTO act VALUES (1)"));
    TRY_VOID(log_->Append(transaction, NumberedEntry(8)));
    return Held("a hold forbids it");
  };
  auto index = log_->Record(NumberedEntry(0), act);
  ASSERT_FALSE(index.ok());
  EXPECT_EQ(index.error().code, Errc::kHeld);
  EXPECT_EQ(Count("act"), 0);
  EXPECT_EQ(Count("log_entry"), 0);
  EXPECT_EQ(Count("log_hash"), 0);
  EXPECT_EQ(log_->Record(NumberedEntry(0), NothingElse).value(), 0U);
}

// Acts makes group acts numbered from 0; each writes its number into the table "done".
class Acts {
 public:
  explicit Acts(std::size_t count) : acts(count) {
    for (std::size_t i = 0; i < count; ++i) {
      acts[i].line = [i](Transaction& transaction) -> Result<AuditLog::GroupLine> {
        TRY_VOID(transaction.database().Prepare("INSERT INTO done VALUES(?)").Bind(i).Run());
        return AuditLog::GroupLine{NumberedEntry(i), std::nullopt};
      };
      group.push_back(&acts[i]);
    }
  }
  void Fails(std::size_t number) {
    acts[number].line = [line = acts[number].line](Transaction& transaction) {
      EXPECT_TRUE(line(transaction).ok());
      return Result<AuditLog::GroupLine>(Held("a hold forbids it"));
    };
  }
  std::vector<AuditLog::GroupAct> acts;
  std::vector<AuditLog::GroupAct*> group;
};

TEST_F(AuditLogTest, AGroupIsLoggedInItsOrder) {
  ASSERT_TRUE(database_->Execute("CREATE TABLE done (number)").ok());
  Acts acts(5);
  log_->RecordGroup(acts.group, kLogTime, NothingElse);
  ASSERT_EQ(log_->size(), 5u);
  for (std::uint64_t i = 0; i < 5; ++i) {
    EXPECT_TRUE(acts.acts[i].outcome.ok());
    EXPECT_EQ(acts.acts[i].index, i);
    EXPECT_FALSE(acts.acts[i].receipt.has_value());
    EXPECT_EQ(log_->EntryText(i).value(), NumberedEntry(i).text());
  }
  EXPECT_EQ(Count("done"), 5);
}

TEST_F(AuditLogTest, AFailedActOfAGroupTakesBackItselfAlone) {
  ASSERT_TRUE(database_->Execute("CREATE TABLE done (number)").ok());
  Acts acts(5);
  acts.Fails(0);
  acts.Fails(3);
  log_->RecordGroup(acts.group, kLogTime, NothingElse);
  std::vector<std::string> lines;
  for (std::uint64_t i = 0; i < log_->size(); ++i) lines.push_back(log_->EntryText(i).value());
  EXPECT_EQ(lines, (std::vector<std::string>{NumberedEntry(1).text(), NumberedEntry(2).text(),
                                             NumberedEntry(4).text()}));
  EXPECT_EQ(Count("done"), 3);
  EXPECT_EQ(acts.acts[3].outcome.error().code, Errc::kHeld);
  EXPECT_EQ(acts.acts[4].index, 2u);
  OpenLog();
  EXPECT_EQ(log_->size(), 3u);
}

TEST_F(AuditLogTest, WhereAllOfAGroupOrItsLastStepFailNothingIsWritten) {
  ASSERT_TRUE(database_->Execute("CREATE TABLE done (number)").ok());
  Acts failing(2);
  failing.Fails(0);
  failing.Fails(1);
  bool asked = false;
  log_->RecordGroup(failing.group, kLogTime, [&](Transaction&) {
    asked = true;
    return Ok();
  });
  EXPECT_FALSE(asked);
  Acts acts(2);
  acts.acts[0].line = [](Transaction&) -> Result<AuditLog::GroupLine> {
    return AuditLog::GroupLine{NumberedEntry(7), GrantAt(kLogTime)};
  };
  log_->RecordGroup(acts.group, kLogTime, Fail);
  for (const AuditLog::GroupAct& act : acts.acts) {
    EXPECT_EQ(act.outcome.error().code, Errc::kHeld);
    EXPECT_FALSE(act.receipt.has_value());
  }
  EXPECT_EQ(log_->size(), 0u);
  EXPECT_EQ(Count("done"), 0);
  EXPECT_TRUE(log_->Record(NumberedEntry(0), NothingElse).ok());
}

TEST_F(AuditLogTest, AnOldGrantInAGroupOpensNothingAndLogsNothing) {
  ASSERT_TRUE(database_->Execute("CREATE TABLE done (number)").ok());
  Acts acts(2);
  acts.acts[0].line = [](Transaction&) -> Result<AuditLog::GroupLine> {
    return AuditLog::GroupLine{NumberedEntry(7), GrantAt(kLogTime - 61)};
  };
  log_->RecordGroup(acts.group, kLogTime, NothingElse);
  EXPECT_EQ(acts.acts[0].outcome.error().code, Errc::kExpired);
  EXPECT_FALSE(acts.acts[0].receipt.has_value());
  EXPECT_EQ(log_->size(), 1u);
}

TEST_F(AuditLogTest, AReceiptSaysWhatWasGrantedAndWhereItIsLogged) {
  Grow(6);
  auto receipt =
      log_->RecordOpening(GrantAt(kLogTime), NumberedEntry(6), kLogTime + 60, NothingElse);
  ASSERT_TRUE(receipt.ok()) << receipt.error().detail;
  EXPECT_EQ(receipt.value().log_index(), 6U);
  EXPECT_EQ(receipt.value().opening().slot, 77U);
  EXPECT_EQ(log_->EntryText(6).value(), NumberedEntry(6).text());
}

TEST_F(AuditLogTest, AGrantOlderThanAMinuteOpensNothingAndLogsNothing) {
  for (const UnixSeconds now : {kLogTime + 61, kLogTime + 86400, kLogTime - 61}) {
    auto receipt = log_->RecordOpening(GrantAt(kLogTime), NumberedEntry(0), now, NothingElse);
    ASSERT_FALSE(receipt.ok());
    EXPECT_EQ(receipt.error().code, Errc::kExpired);
  }
  EXPECT_EQ(Count("log_entry"), 0);
}

TEST_F(AuditLogTest, AFailedActYieldsNoPaper) {
  auto opening = log_->RecordOpening(GrantAt(kLogTime), NumberedEntry(0), kLogTime, Fail);
  ASSERT_FALSE(opening.ok());
  EXPECT_EQ(opening.error().code, Errc::kHeld);
  EXPECT_FALSE(log_->RecordRelease(LoanId(), 3, NumberedEntry(0), Fail).ok());
  EXPECT_FALSE(log_->RecordIntent({}, NumberedEntry(0), Fail).ok());
  EXPECT_EQ(Count("log_entry"), 0);
  EXPECT_EQ(log_->size(), 0U);
}

TEST_F(AuditLogTest, ReleaseAndIntentReceiptsNameExactlyWhatWasLogged) {
  const LoanId loan(ByteArray<16>{9, 8, 7});
  auto release = log_->RecordRelease(loan, 41, NumberedEntry(0), NothingElse);
  ASSERT_TRUE(release.ok());
  EXPECT_EQ(release.value().loan(), loan);
  EXPECT_EQ(release.value().slot(), 41U);
  auto intent =
      log_->RecordIntent({{5, EntryType::kLoan, AsObject(loan), 1}}, NumberedEntry(1), NothingElse);
  ASSERT_TRUE(intent.ok());
  ASSERT_EQ(intent.value().items().size(), 1U);
  EXPECT_EQ(intent.value().items()[0].slot, 5U);
  EXPECT_EQ(log_->size(), 2U);
}

TEST_F(AuditLogTest, FilesAreTheTilesOfTheSpecification) {
  Grow(515);
  EXPECT_EQ(log_->Files(),
            (std::vector<std::string>{"checkpoint", "vkey", "tile/entries/000", "tile/entries/001",
                                      "tile/entries/002.p/3", "tile/0/000", "tile/0/001",
                                      "tile/0/002.p/3", "tile/1/000.p/2"}));
  WireWriter entries;
  WireWriter leaves;
  for (std::uint64_t i = 512; i < 515; ++i) {
    const std::string text = NumberedEntry(i).text();
    entries.U16(static_cast<std::uint16_t>(text.size())).Text(text);
    leaves.Raw(HashLeaf(AsBytes(text)));
  }
  EXPECT_EQ(log_->File("tile/entries/002.p/3").value(), entries.bytes());
  EXPECT_EQ(log_->File("tile/0/002.p/3").value(), leaves.bytes());
  EXPECT_EQ(log_->File("tile/0/000").value().size(), 256U * 32U);
  MerkleEdge first_tile;
  for (std::uint64_t i = 0; i < 256; ++i) {
    (void)first_tile.Append(HashLeaf(AsBytes(NumberedEntry(i).text())));
  }
  const Bytes top = log_->File("tile/1/000.p/2").value();
  ASSERT_EQ(top.size(), 64U);
  EXPECT_EQ(ToBytes(ByteView(top).first(32)), ToBytes(first_tile.Root()));
  EXPECT_EQ(ToString(log_->File("vkey").value()), log_->VerifierKey() + "\n");
  EXPECT_EQ(ToString(log_->File("checkpoint").value()), log_->Checkpoint().value());
}

TEST_F(AuditLogTest, OldPartialTilesStayReadableAndFutureOnesAreAbsent) {
  Grow(260);
  EXPECT_EQ(log_->File("tile/0/000.p/7").value().size(), 7U * 32U);
  EXPECT_EQ(log_->File("tile/0/001.p/4").value().size(), 4U * 32U);
  for (const char* path : {"tile/0/001.p/5", "tile/0/001", "tile/0/002.p/1", "tile/1/000.p/2",
                           "tile/2/000.p/1", "tile/entries/001.p/5", "tile/0/0", "register.db",
                           "../register.db", "", "tile/0/x999/x999/x999/x999/x999/999"}) {
    auto file = log_->File(path);
    ASSERT_FALSE(file.ok()) << path;
    EXPECT_EQ(file.error().code, Errc::kNotFound) << path;
  }
}

TEST_F(AuditLogTest, OpenNoticesAChangedEntryOrHashOrALostRow) {
  Grow(515);
  const char* const kDamage[] = {
      "UPDATE log_entry SET entry = x'00' WHERE idx = 514",
      "UPDATE log_entry SET entry = x'00' WHERE idx = 512",
      "DELETE FROM log_entry WHERE idx = 514",
      "DELETE FROM log_entry WHERE idx = 513",
      "DELETE FROM log_hash WHERE level = 0 AND idx = 514",
      "DELETE FROM log_hash WHERE level = 1 AND idx = 256",
      "DELETE FROM log_hash WHERE level = 9 AND idx = 0",
      "UPDATE log_hash SET hash = zeroblob(32) WHERE level = 0 AND idx = 513",
      "UPDATE log_hash SET hash = zeroblob(32) WHERE level = 9 AND idx = 0",
      "UPDATE log_hash SET hash = zeroblob(31) WHERE level = 9 AND idx = 0",
      "UPDATE log_hash SET hash = zeroblob(32) WHERE level = 8 AND idx = 1",
      "INSERT INTO log_hash VALUES (0, 515, zeroblob(32))",
  };
  log_.reset();
  for (const char* damage : kDamage) {
    auto transaction = Transaction::Begin(*database_);
    ASSERT_TRUE(transaction.ok());
    ASSERT_TRUE(database_->Execute(damage).ok()) << damage;
    ASSERT_EQ(database_->Changes(), 1) << damage;
    auto log = AuditLog::Open(*database_, kLogOrigin, signer_);
    ASSERT_FALSE(log.ok()) << damage;
    EXPECT_EQ(log.error().code, Errc::kCorrupt) << damage;
  }
  OpenLog();
}

TEST_F(AuditLogTest, OpenRefusesANameThatACheckpointCannotCarry) {
  auto log = AuditLog::Open(*database_, "two words", signer_);
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error().code, Errc::kInvalid);
}

TEST_F(AuditLogTest, NoTableHoldsAnIndexBesideAnObjectOrAPerson) {
  Statement select = database_->Prepare(
      "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c "
      "WHERE t.type = 'table' AND t.name LIKE 'log%' ORDER BY t.name, c.cid");
  std::vector<std::string> columns;
  while (select.Step().value()) columns.push_back(select.Text(0) + "." + select.Text(1));
  EXPECT_EQ(columns, (std::vector<std::string>{"log_entry.idx", "log_entry.entry", "log_hash.level",
                                               "log_hash.idx", "log_hash.hash"}));
}

}  // namespace
}  // namespace vault
