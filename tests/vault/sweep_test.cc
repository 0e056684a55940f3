// The sweep: what falls due, what waits for two people, what a hold keeps, and what is owed.

#include "vault/sweep.h"

#include "tests/support/disposal_world.h"
#include "vault/base/wire.h"

namespace vault {
namespace {

class SweepTest : public DisposalWorld {
 protected:
  // FileLonglist files records that end ten working days after the selection, by the clock alone.
  std::vector<DocumentId> FileLonglist(int count) {
    std::vector<DocumentId> ids;
    for (int i = 0; i < count; ++i) {
      ids.push_back(File("LLI", std::nullopt, "longlist " + std::to_string(i)));
    }
    return ids;
  }
};

TEST_F(SweepTest, RecordsWithoutApprovalGoOnTheirDayAndNotBefore) {
  const std::vector<DocumentId> longlist = FileLonglist(2);
  Event("SELECTION_DECIDED", "2026-02-12T09:00");
  SweepReport before = Sweep();
  EXPECT_TRUE(before.destroyed.empty());
  EXPECT_TRUE(before.soon.empty());
  // Ten working days later is the 26th; from seven days before they are named.
  world.MoveTo("2026-02-20T09:00");
  before = Sweep();
  EXPECT_TRUE(before.destroyed.empty());
  ASSERT_EQ(before.soon.size(), 2u);
  EXPECT_EQ(before.soon[0].rule, "RC-03");
  world.MoveTo("2026-02-26T09:00");
  const SweepReport dry = Swept(std::nullopt, SweepMode::kDryRun);
  ASSERT_EQ(dry.destroyed.size(), 2u);
  EXPECT_TRUE(InState("done").empty());
  const SweepReport swept = Sweep();
  ASSERT_EQ(swept.destroyed.size(), 2u);
  EXPECT_EQ(swept.destroyed[0].trigger, "SELECTION_DECIDED");
  EXPECT_FALSE(swept.destroyed[0].authority.empty());
  EXPECT_EQ(Debt(), 0u);
  const std::vector<DisposalView> done = InState("done");
  ASSERT_EQ(done.size(), 1u);
  const std::string text = CertificateOf(done[0].id);
  EXPECT_NE(text.find("kind: final\n"), std::string::npos);
  EXPECT_NE(text.find("class LLI of agency POL"), std::string::npos);
  EXPECT_NE(text.find("clock: date confirmed by a person\n"), std::string::npos);
  EXPECT_EQ(text.find('@'), std::string::npos);
  EXPECT_EQ(text.find("Alder"), std::string::npos);
  EXPECT_EQ(text.find(matter.ref), std::string::npos);
}

TEST_F(SweepTest, DeadlinesStandInTheTreeAndInTheRegister) {
  FileLonglist(1);
  File("FRM", alder.id, "a form");
  Event("SELECTION_DECIDED", "2026-02-12T09:00");
  Sweep();
  Inside([&](KeyKeeper& keeper, Database& register_db) {
    const auto slot = static_cast<SlotNumber>(
        Number(register_db, "SELECT slot FROM version WHERE due_day < 100000"));
    EXPECT_EQ(keeper.Look(slot).value().deadline, At("2026-02-26T00:00"));
    EXPECT_EQ(Number(register_db, "SELECT min(due_day) FROM version"),
              LondonDay(At("2026-02-26")).number());
    // The form's trigger has not happened: no deadline, and none for the matter.
    const auto form = static_cast<SlotNumber>(
        Number(register_db, "SELECT slot FROM version WHERE due_day > 100000"));
    EXPECT_EQ(keeper.Look(form).value().deadline, kNoDeadline);
    EXPECT_EQ(keeper.Look(matter.slot).value().deadline, kNoDeadline);
  });
}

TEST_F(SweepTest, ALateItemIsReachedByAnEarlierEvent) {
  Event("SELECTION_DECIDED", "2026-02-12T09:00");
  Sweep();
  world.MoveTo("2026-02-20T09:00");
  FileLonglist(1);
  EXPECT_EQ(Sweep().soon.size(), 1u);
}

TEST_F(SweepTest, MoreThanTheBudgetWaitsForTwoPeople) {
  const std::vector<DocumentId> longlist = FileLonglist(51);
  Event("SELECTION_DECIDED", "2026-02-12T09:00");
  world.MoveTo("2026-02-27T09:00");
  const SweepReport stopped = Swept(Officer().person(), SweepMode::kAct);
  EXPECT_EQ(stopped.budget, 50u);
  EXPECT_TRUE(stopped.destroyed.empty());
  EXPECT_EQ(stopped.blocked.size(), 51u);
  EXPECT_EQ(Debt(DebtReason::kBreaker), 51u);
  EXPECT_EQ(Logged("type sweep.stopped\n"), 1u);
  // A second sweep stops the same set and says so once.
  Sweep();
  EXPECT_EQ(Logged("type sweep.stopped\n"), 1u);
  // The one who was told is not the second person.
  Actor officer = Officer();
  auto alone = world->proposals().Release(officer);
  ASSERT_FALSE(alone.ok());
  EXPECT_EQ(alone.error().code, Errc::kConflict);
  Actor coordinator = world.SignIn(kCoordinator);
  EXPECT_EQ(world->proposals().Release(coordinator).error().code, Errc::kDenied);
  Actor igo = Igo();
  auto released = world->proposals().Release(igo);
  ASSERT_TRUE(released.ok()) << released.error().detail;
  ASSERT_EQ(released.value().size(), 1u);
  EXPECT_EQ(released.value()[0].outcome.destroyed.size(), 51u);
  EXPECT_EQ(Debt(), 0u);
  EXPECT_NE(CertificateOf(released.value()[0].id).find("released by two people"),
            std::string::npos);
  // What was released is no measure of an ordinary day.
  EXPECT_EQ(Sweep().budget, 50u);
}

TEST_F(SweepTest, AStoppedSetThatChangesNeedsTwoPeopleAgain) {
  FileLonglist(51);
  Event("SELECTION_DECIDED", "2026-02-12T09:00");
  world.MoveTo("2026-02-27T09:00");
  Swept(Officer().person(), SweepMode::kAct);
  FileLonglist(1);
  Sweep();
  Actor igo = Igo();
  auto first = world->proposals().Release(igo);
  ASSERT_TRUE(first.ok()) << first.error().detail;
  EXPECT_EQ(first.value()[0].approvals, 1u);
  EXPECT_EQ(Debt(DebtReason::kBreaker), 52u);
  Actor officer = Officer();
  auto second = world->proposals().Release(officer);
  ASSERT_TRUE(second.ok()) << second.error().detail;
  EXPECT_EQ(second.value()[0].outcome.destroyed.size(), 52u);
}

TEST_F(SweepTest, TheBudgetIsTheMostOfItsThreeMeasures) {
  EXPECT_EQ(RecordBudget(0, 0), 50u);
  EXPECT_EQ(RecordBudget(2000, 20), 100u);
  EXPECT_EQ(RecordBudget(2000, 40), 120u);
}

TEST_F(SweepTest, ARowThatIsGoneWhileItsKeyFellDueIsDebtAndAnIncident) {
  FileLonglist(1);
  Event("SELECTION_DECIDED", "2026-02-12T09:00");
  Sweep();
  Inside([&](KeyKeeper&, Database& register_db) {
    ASSERT_TRUE(register_db
                    .Execute("DELETE FROM object_box WHERE object IN (SELECT id FROM document);"
                             "DELETE FROM loan_box; DELETE FROM version; DELETE FROM document;")
                    .ok());
  });
  world.MoveTo("2026-03-02T09:00");
  world.Unseal();
  Sweep();
  EXPECT_EQ(Debt(DebtReason::kNoRow), 1u);
  EXPECT_EQ(Logged("type incident.deadlines\n"), 1u);
}

TEST_F(SweepTest, APeriodCountsFromTheLatestDayOfItsFiling) {
  // After a month it may be ten to twelve at night, or past it: Thursday or Friday.
  world.MoveTo("2026-03-12T23:50");
  const TimeInterval now = world->Now();
  ASSERT_EQ(LondonDay(now.low).ToText(), "2026-03-12");
  ASSERT_EQ(LondonDay(now.high).ToText(), "2026-03-13");
  auto filed = world.File(Officer(), matter, "EML", "unit", std::nullopt, "a letter");
  ASSERT_TRUE(filed.ok()) << filed.error().detail;
  // Five working days later.
  world.MoveTo("2026-03-19T12:00");
  EXPECT_TRUE(Sweep().destroyed.empty());
  world.MoveTo("2026-03-20T12:00");
  EXPECT_EQ(Sweep().destroyed.size(), 1u);
}

TEST_F(SweepTest, AFailureThatIsOverIsNoDebtThoughNoSecondHasPassed) {
  FileLonglist(1);
  Event("SELECTION_DECIDED", "2026-02-12T09:00");
  world.MoveTo("2026-02-27T09:00");
  // The custodian is away for a moment.
  const std::string cell = world.place().data + ".cell";
  std::filesystem::rename(cell, cell + ".away");
  EXPECT_EQ(Sweep().failed.size(), 1u);
  EXPECT_EQ(Debt(DebtReason::kFailed), 1u);
  Sweep();
  EXPECT_GT(Debt(), 0u);
  std::filesystem::rename(cell + ".away", cell);
  EXPECT_EQ(Sweep().debt, 0u);
  EXPECT_EQ(InState("done").size(), 1u);
}

// Keys that give access and that no row names are what an act left that was cut short: they go with
// the next comparison, and what is gone is owed no more.
TEST_F(SweepTest, ALoanThatNoRowEverNamedIsShreddedAndOwedNoMore) {
  Inside([&](KeyKeeper&, Database& register_db) {
    ASSERT_TRUE(
        register_db.Execute("DELETE FROM loan_box; DELETE FROM involvement; DELETE FROM loan;")
            .ok());
  });
  world.MoveTo("2026-06-01T09:00");
  world.Unseal();
  Sweep();
  EXPECT_GT(Debt(DebtReason::kNoRow), 0u);
  Inside([&](KeyKeeper&, Database& register_db) {
    // A counter that is behind: there is something to look for.
    const Bytes behind = WireWriter().U64(1).bytes();
    ASSERT_TRUE(register_db.Prepare("UPDATE meta SET value = ? WHERE key = 'inserts'")
                    .Bind(behind)
                    .Run()
                    .ok());
  });
  world.Unseal();
  EXPECT_EQ(world->Describe().value().orphans, 0u);
  Sweep();
  EXPECT_EQ(Debt(), 0u);
  Inside([&](KeyKeeper& keeper, Database&) {
    std::size_t loans = 0;
    const Status scanned = keeper.Scan([&](SlotNumber, const SlotEntry& entry) -> Status {
      loans += entry.type == EntryType::kLoan ? 1 : 0;
      return Ok();
    });
    ASSERT_TRUE(scanned.ok());
    EXPECT_EQ(loans, 0u);
  });
}

TEST_F(SweepTest, AFileThatCannotBeUnlinkedStaysInDebtUntilItIsGone) {
  FileLonglist(1);
  Event("SELECTION_DECIDED", "2026-02-12T09:00");
  world.MoveTo("2026-02-27T09:00");
  faults.on = true;
  const SweepReport swept = Sweep();
  // The keys are gone and that is certified; the ciphertext is still to go.
  EXPECT_EQ(swept.destroyed.size(), 1u);
  ASSERT_EQ(InState("done").size(), 1u);
  EXPECT_EQ(Debt(DebtReason::kFile), 1u);
  Sweep();
  EXPECT_EQ(Debt(DebtReason::kFile), 1u);
  faults.on = false;
  Sweep();
  EXPECT_EQ(Debt(), 0u);
}

}  // namespace
}  // namespace vault
