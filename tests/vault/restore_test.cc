// Restores: no live document is lost, nothing that was ended comes back, and the key tree's word
// counts before the register's.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/backed_up.h"
#include "tests/support/child_process.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/recording_disk.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

TEST_F(BackedUp, ALostDataFolderComesBackWithTheTreeThatIsLeft) {
  BackUp();
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
  ASSERT_TRUE(vault_->restored().has_value());
  EXPECT_EQ(vault_->restored()->documents, 0u);
  EXPECT_EQ(vault_->restored()->orphans, 0u);
}

TEST_F(BackedUp, WhatWasDestroyedSinceTheBackupStaysDestroyed) {
  Event("PACK_RELEASED");
  ASSERT_EQ(Read(kHousing, police_form_), "form of the police");
  BackUp();
  Event("MEETING_CLOSED");
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(Read(kHousing, police_form_), "(expired)");
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
  EXPECT_GT(vault_->restored()->loans, 0u);
}

// Re-made since the backup, a loan and a person have other keys than the register knows.
TEST_F(BackedUp, WhatARestoreEndsIsNotKeptAliveByALaterKey) {
  Event("PACK_RELEASED");
  BackUp();
  ASSERT_TRUE(vault_->documents().Withdraw(Officer(), {police_form_, 1, "withdrawn"}).ok());
  const auto changed = vault_->people().ChangePassword(
      vault_.SignIn(kPolice), AsBytes(TestVault::kPassword), AsBytes("quite another password"));
  ASSERT_TRUE(changed.ok()) << changed.error().detail;
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(vault_->restored()->loans, 1u);
  EXPECT_EQ(vault_->restored()->people, 1u);
  EXPECT_EQ(vault_->restored()->orphans, 0u);
  EXPECT_TRUE(vault_->orphans().List(Officer()).value().empty());
  EXPECT_EQ(vault_->debt().Count().value(), 0u);
  vault_.Seal();
  // The pack of the police and the two briefs, not yet open.
  EXPECT_EQ(CountKeys(EntryType::kLoan).open, 1u);
  EXPECT_EQ(CountKeys(EntryType::kLoan).closed, 2u);
  EXPECT_EQ(CountKeys(EntryType::kPerson).open, 2u);
}

TEST_F(BackedUp, ALoanReleasedAfterTheBackupIsClosedAgainUntilItsReleaseIsRecordedAgain) {
  BackUp();
  Event("PACK_RELEASED");
  ASSERT_EQ(Read(kHousing, police_form_), "form of the police");
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(Read(kHousing, police_form_), "(not-found)");
  vault_.Seal();
  // Not by the register's word alone: in the key tree nothing opens a closed loan.
  EXPECT_EQ(CountKeys(EntryType::kLoan).closed, 4u);
  EXPECT_EQ(CountKeys(EntryType::kLoan).open, 0u);
  vault_.Unseal();
  Event("PACK_RELEASED");
  EXPECT_EQ(Read(kHousing, police_form_), "form of the police");
}

TEST_F(BackedUp, AnOldCopyOfTheFolderIsReplacedByTheOneKeptAside) {
  BackUp();
  const std::string old = CopyFolder();
  const DocumentId late = File(kHousing, "HSG", "filed after the copy");
  Event("MEETING_CLOSED");
  const std::uint64_t size = vault_->log().size();
  const std::string origin = vault_->log().origin();
  const ByteArray<32> root = vault_->log().root();
  const std::string aside = PutBack(old);

  const Status refused = vault_.TryUnseal();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kConflict);
  // Without the current tree there is no way, and the words say so.
  ASSERT_TRUE(Stage(std::nullopt, {}).ok());
  const Status still = vault_.TryUnseal();
  ASSERT_FALSE(still.ok());
  EXPECT_EQ(still.error().code, Errc::kConflict);
  EXPECT_NE(still.error().detail.find("older than its erasure cells"), std::string::npos);

  Restore(aside);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(Read(kHousing, late), "filed after the copy");
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
  // The register beside the tree was the newest: its log goes on.
  EXPECT_EQ(vault_->log().origin(), origin);
  EXPECT_GT(vault_->log().size(), size);
  EXPECT_EQ(vault_->log().RootAt(size).value(), root);
  EXPECT_FALSE(fs::exists(data() + "/restore"));
}

// A disk that fails for a moment is no damaged register: what only the newest one knows would be
// lost for good.
TEST_F(BackedUp, ARegisterThatCannotBeReadJustNowIsWaitedFor) {
  BackUp();
  const std::string old = CopyFolder();
  const DocumentId late = File(kHousing, "HSG", "filed after the copy");
  const std::string aside = PutBack(old);
  ASSERT_TRUE(Stage(aside, {}).ok());
  TempFolder runs;
  const std::string run = runs.At("run");
  // Each register's log, each time it is to be made beside it; of the trees the one that is there.
  const auto log_is_made = [](const DiskStep& step) {
    return step.action == DiskAction::kCreate && step.path.ends_with("-wal");
  };
  bool struck = true;
  int waited = 0;
  for (int n = 1; struck; ++n) {
    SCOPED_TRACE("log " + std::to_string(n));
    fs::remove_all(run);
    fs::create_directory(run);
    fs::copy(data(), run + "/data", fs::copy_options::recursive);
    fs::copy(data() + ".cell", run + "/data.cell");
    FaultyDisk faults(n, DiskVerdict::kLose, AfterFault::kContinue);
    faults.CountOnly(log_is_made);
    TestVault world(&faults, run);
    const Status first = world.TryUnseal();
    struck = faults.struck();
    if (!first.ok()) {
      ASSERT_TRUE(struck) << first.error().detail;
      EXPECT_EQ(first.error().code, Errc::kUnavailable) << first.error().detail;
      ++waited;
      world.Unseal();
      ASSERT_FALSE(::testing::Test::HasFatalFailure());
    }
    EXPECT_EQ(world.Read(world.SignIn(kHousing), late).value(), "filed after the copy");
    ASSERT_LT(n, 100);
  }
  EXPECT_GE(waited, 4) << "the two trees, the register beside the tree, the one in the data folder";
}

// What the log says of a restore tells that a register was damaged, and where.
TEST_F(BackedUp, ADamagedRegisterIsLeftOutAndTheLogSaysSo) {
  BackUp();
  vault_.Seal();
  std::ofstream(data() + "/register.db", std::ios::in | std::ios::out | std::ios::binary)
      << "no database begins like this, and none goes on like this either";
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
  bool said = false;
  for (std::uint64_t i = 0; i < vault_->log().size(); ++i) {
    const std::string entry = vault_->log().EntryText(i).value();
    if (entry.find("vault.restored") == std::string::npos) continue;
    said = said || entry.find("damaged data-folder") != std::string::npos;
  }
  EXPECT_TRUE(said);
}

TEST_F(BackedUp, AnOlderRegisterNeverClearsAHold) {
  BackUp();
  {
    const Actor officer = Officer();
    vault_.AddPerson(officer, "igo@unit.example", "unit", {"IGO"});
    const Actor governance = vault_.SignIn("igo@unit.example");
    NewHold hold;
    hold.document = police_form_;
    hold.reason = "an inquiry";
    hold.review = Day::Parse("2026-12-01").value();
    ASSERT_TRUE(vault_->holds().Place(governance, hold).ok());
  }
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(vault_->restored()->holds, 1u);
  const Actor officer = Officer();
  auto shown = vault_->documents().Show(officer, police_form_);
  ASSERT_TRUE(shown.ok());
  EXPECT_TRUE(shown.value().held);
  EXPECT_EQ(vault_->holds().List(officer).value().size(), 1u);
}

// A hold inside a matter says nothing of one on the whole of it, nor an open one of a sealed one.
TEST_F(BackedUp, AHoldOnTheWholeMatterIsFoundAgainBesideOneOnADocument) {
  vault_.AddPerson(Officer(), "igo@unit.example", "unit", {"IGO"});
  NewHold hold;
  hold.document = police_form_;
  hold.reason = "an inquiry";
  hold.review = Day::Parse("2026-12-01").value();
  ASSERT_TRUE(vault_->holds().Place(vault_.SignIn("igo@unit.example"), hold).ok());
  BackUp();
  hold.document.reset();
  hold.matter = matter_;
  hold.sealed = true;
  ASSERT_TRUE(vault_->holds().Place(vault_.SignIn("igo@unit.example"), hold).ok());
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(vault_->restored()->holds, 1u);
  const std::vector<HoldView> holds = vault_->holds().List(Officer()).value();
  ASSERT_EQ(holds.size(), 2u);
  EXPECT_TRUE(std::any_of(holds.begin(), holds.end(), [](const HoldView& one) {
    return one.kind == "matter" && one.sealed && one.state == "running";
  }));
}

// The tree has one bit for both: only people know whether there was a second hold.
TEST_F(BackedUp, AHoldThatMayCoverALostOneIsToBeLookedAtSoon) {
  vault_.AddPerson(Officer(), "igo@unit.example", "unit", {"IGO"});
  const auto place = [&](bool whole) {
    NewHold hold;
    hold.reason = "an inquiry";
    hold.review = Day::Parse("2027-12-01").value();
    if (whole) hold.matter = matter_;
    if (!whole) hold.document = police_form_;
    return vault_->holds().Place(vault_.SignIn("igo@unit.example"), hold).value();
  };
  const HoldId wide = place(true);
  ASSERT_TRUE(vault_->holds()
                  .Review(vault_.SignIn("igo@unit.example"), wide, Day::Parse("2027-12-02").value(),
                          "the inquiry goes on")
                  .ok());
  BackUp();
  place(false);
  for (int restores = 0; restores < 2; ++restores) {
    LoseTheRegister();
    Restore(std::nullopt);
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    const std::vector<HoldView> holds = vault_->holds().List(Officer()).value();
    ASSERT_EQ(holds.size(), 1u);
    EXPECT_EQ(holds[0].id, wide);
    EXPECT_EQ(holds[0].state, "running");
    EXPECT_LE(holds[0].review, LondonDay(vault_.clock().Realtime()).Plus(30));
    EXPECT_EQ(holds[0].note,
              "the inquiry goes on; restored from a backup: another hold that was placed since, on "
              "the same or on something under it, cannot be told from this one. look before this "
              "one is released");
  }
  EXPECT_TRUE(vault_->documents().Show(Officer(), police_form_).value().held);
}

// Its words went with the matter's key: there is nothing to write a note under.
TEST_F(BackedUp, AHoldOnWhatWasDestroyedSinceDoesNotStopARestore) {
  vault_.AddPerson(Officer(), "igo@unit.example", "unit", {"IGO"});
  NewHold hold;
  hold.matter = matter_;
  hold.reason = "an inquiry";
  hold.review = Day::Parse("2027-12-01").value();
  const HoldId id = vault_->holds().Place(vault_.SignIn("igo@unit.example"), hold).value();
  BackUp();
  ASSERT_TRUE(vault_->holds().Release(vault_.SignIn("igo@unit.example"), id, "over").ok());
  vault_.MoveTo("2026-04-09T12:31");
  Event("MEETING_CLOSED");
  vault_.MoveTo("2026-05-22T10:00");
  Event("REPORT_APPROVED");
  vault_.MoveTo("2027-05-25T09:00");
  // The forms, then the subject's details, then the matter's.
  for (int rounds = 0; rounds < 3; ++rounds) {
    ASSERT_TRUE(vault_->sweep().Run(std::nullopt, SweepMode::kAct).ok());
    std::vector<DisposalId> ids;
    const std::vector<DisposalView> listed = vault_->disposal().List().value();
    for (const DisposalView& view : listed) {
      if (view.state == "proposed") ids.push_back(view.id);
    }
    for (const std::string_view who : {TestVault::kOfficer, std::string_view("igo@unit.example")}) {
      const auto approved = vault_->proposals().Approve(vault_.SignIn(who), ids, std::nullopt);
      ASSERT_TRUE(approved.ok()) << approved.error().detail;
    }
  }
  ASSERT_TRUE(vault_->matter_rows().All().value().empty());
  LoseTheRegister();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_TRUE(vault_->matter_rows().All().value().empty());
  const std::vector<HoldView> holds = vault_->holds().List(Officer()).value();
  for (const HoldView& view : holds) EXPECT_EQ(view.note, "");
}

TEST_F(BackedUp, WhoeverChangedTheirPasswordSinceIsEndedAndTheOthersSignIn) {
  BackUp();
  {
    const Actor police = vault_.SignIn(kPolice);
    const auto changed = vault_->people().ChangePassword(police, AsBytes(TestVault::kPassword),
                                                         AsBytes("quite another password"));
    ASSERT_TRUE(changed.ok()) << changed.error().detail;
  }
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(vault_->restored()->people, 1u);
  EXPECT_FALSE(vault_.SignInWith(kPolice, TestVault::kPassword).ok());
  EXPECT_FALSE(vault_.SignInWith(kPolice, "quite another password").ok());
  EXPECT_TRUE(vault_.SignInWith(kHousing, TestVault::kPassword).ok());
  const Actor officer = Officer();
  EXPECT_EQ(vault_.Read(officer, police_form_).value(), "form of the police");
}

TEST_F(BackedUp, ANamedReaderWhoIsEndedLeavesTheOthersTheirRecord) {
  NewRecord neighbour;
  neighbour.kind = "connected-person";
  neighbour.values = {{"subject", "Adult Alder"},
                      {"pseudonym", "Alder-Neighbour"},
                      {"relationship", "neighbour and complainant"}};
  const auto written = vault_->records().Add(vault_.SignIn(kPolice), Matter(), neighbour);
  ASSERT_TRUE(written.ok()) << written.error().detail;
  const DocumentId record = written.value().id;
  BackUp();
  const auto renewed = vault_->people().ChangePassword(
      vault_.SignIn(kPolice), AsBytes(TestVault::kPassword), AsBytes("quite another password"));
  ASSERT_TRUE(renewed.ok()) << renewed.error().detail;
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(vault_->restored()->people, 1u);
  const Actor officer = Officer();
  EXPECT_TRUE(vault_->records().Show(officer, Matter(), record, "").ok());
  const auto set =
      vault_->records().Set(officer, Matter(), {record, {{"relationship", "a neighbour"}}, ""});
  ASSERT_TRUE(set.ok()) << set.error().detail;
  EXPECT_EQ(set.value().version, 2u);
}

TEST_F(BackedUp, ANewLookUpKeyTakesThePlaceOfOneThatDied) {
  BackUp();
  ASSERT_TRUE(vault_->people().End(Officer(), kHousing).ok());
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_FALSE(vault_.SignInWith(kHousing, TestVault::kPassword).ok());
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
  EXPECT_TRUE(vault_.TryUnseal().ok());
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
}

TEST_F(BackedUp, TheTimeNeverGoesBack) {
  vault_.MoveTo("2026-03-01T09:00");
  BackUp();
  LoseAllButTheTree();
  ASSERT_TRUE(Stage(std::nullopt, {}).ok());
  auto sealed = SealedVault::At(vault_.world(), vault_.place());
  ASSERT_TRUE(sealed.ok());
  auto early = sealed.value().UnsealWithPassphrase(AsBytes(TestVault::kPassphrase), std::nullopt);
  ASSERT_TRUE(early.ok()) << early.error().detail;
  EXPECT_EQ(LondonDay(early.value()->Now().low).ToText(), "2026-03-01");
}

TEST_F(BackedUp, AnOlderTreeOfTheSameEpochIsRefused) {
  vault_.Seal();
  fs::copy(data() + "/keys.db", backups_.At("keys.db"));
  vault_.Unseal();
  File(kHousing, "HSG", "filed under a key that the old tree has not");
  vault_.Seal();
  fs::copy(backups_.At("keys.db"), data() + "/keys.db", fs::copy_options::overwrite_existing);
  const Status refused = vault_.TryUnseal();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kConflict);
  EXPECT_NE(refused.error().detail.find("older than the register"), std::string::npos);
}

// What the first staging left is found by the second: no name may stand unsynced when the plan
// does, or a power cut takes the blob after whoever kept the folder aside was told that it may go.
TEST_F(BackedUp, AStagingThatWasBegunAgainHasSyncedEveryNameItFound) {
  File(kHousing, "HSG", "form of housing");
  BackUp();
  LoseAllButTheTree();
  Recorder recorder(nullptr);
  Disk disk(&recorder);
  VaultWorld world = vault_.world();
  world.disk = &disk;
  const RestoreWish wish{backup(), std::nullopt, {}};
  const auto ends_before_the_last = [](const WorkProgress& work) -> Status {
    return work.done == work.total ? Status(Unavailable("somebody ends it")) : Ok();
  };
  ASSERT_FALSE(StageRestore(world, vault_.place(), wish, ends_before_the_last).ok());
  ASSERT_TRUE(StageRestore(world, vault_.place(), wish, Unwatched).ok());
  std::set<std::string> unsynced;
  std::size_t taken = 0;
  for (const RecordedStep& step : recorder.steps()) {
    if (step.action == DiskAction::kSyncFolder) unsynced.erase(step.path);
    const bool folder = step.action == DiskAction::kCreate && step.path.ends_with('/');
    if (!folder && step.action != DiskAction::kRename) continue;
    const std::string name = folder ? step.path.substr(0, step.path.size() - 1) : step.target;
    if (!name.starts_with(data() + "/blobs")) continue;
    unsynced.insert(fs::path(name).parent_path().string());
    taken += folder ? 0 : 1;
  }
  EXPECT_EQ(taken, 2u);
  EXPECT_TRUE(unsynced.empty()) << *unsynced.begin();
}

TEST_F(BackedUp, ARestoreStoppedAtAnyStepIsFinishedByTheNextStart) {
  Event("PACK_RELEASED");
  BackUp();
  Event("MEETING_CLOSED");
  LoseAllButTheTree();
  ASSERT_TRUE(Stage(std::nullopt, {}).ok());
  TempFolder runs;
  const std::string run = runs.At("run");
  bool struck = true;
  for (int n = 1; struck; n += 4) {
    fs::remove_all(run);
    fs::create_directory(run);
    fs::copy(data(), run + "/data", fs::copy_options::recursive);
    fs::copy(data() + ".cell", run + "/data.cell");
    const std::string untouched = runs.At("untouched");
    fs::remove(untouched);
    const ChildEnd end = RunInChild([&]() -> Status {
      FaultyDisk faults(n, DiskVerdict::kLose, AfterFault::kCrash);
      TestVault world(&faults, run);
      const Status opened = world.TryUnseal();
      if (!faults.struck()) std::ofstream(untouched) << "yes";
      return opened;
    });
    struck = !fs::exists(untouched);
    SCOPED_TRACE("step " + std::to_string(n));
    ASSERT_NE(end, ChildEnd::kBroken);
    TestVault world(nullptr, run);
    world.Unseal();
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    EXPECT_EQ(world.Read(world.SignIn(kPolice), police_form_).value(), "form of the police");
    EXPECT_FALSE(world.Read(world.SignIn(kHousing), police_form_).ok());
    EXPECT_FALSE(fs::exists(run + "/data/restore"));
    ASSERT_LT(n, 2000);
  }
}

}  // namespace
}  // namespace vault
