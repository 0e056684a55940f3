// A vault with a standby: what is answered is on both, what is lost stops filing and destroying but
// not reading, and either copy can be the vault.
#include "vault/custody.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/child_process.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/power_cut.h"
#include "tests/support/recording_disk.h"
#include "tests/support/test_vault.h"
#include "vault/promote.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

class CustodyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.Init();
    world_.Unseal();
    ASSERT_FALSE(HasFatalFailure());
    const Actor officer = world_.SignIn(TestVault::kOfficer);
    auto made = world_->matters().New(officer, {"macfa", "Theme", At("2026-04-09T09:30"), ""});
    ASSERT_TRUE(made.ok()) << made.error().detail;
    matter_ = made.value().id;
    auto subject = world_->matters().AddSubject(officer, made.value(), {"Adult Alder", "", {}});
    ASSERT_TRUE(subject.ok());
    subject_ = subject.value().id;
    world_.AddPerson(officer, "second@unit.example", "unit", {"IGO"});
  }
  std::string standby() const { return world_.folder() + "/standby"; }

  void Add() {
    const Status added = world_->custody().Add(std::nullopt, {standby(), {}});
    ASSERT_TRUE(added.ok()) << added.error().detail;
  }
  Result<DocumentId> File(std::string_view content) {
    const Actor officer = world_.SignIn(TestVault::kOfficer);
    TRY(const MatterRow matter, world_->matter_rows().Load(matter_));
    TRY(const FiledDocument filed,
        world_.File(officer, matter, "REP", "unit", std::nullopt, content));
    return filed.id;
  }
  Result<std::string> Read(const DocumentId& document) {
    const Actor officer = world_.SignIn(TestVault::kOfficer);
    return world_.Read(officer, document);
  }
  // Away takes the standby's disk out, Back puts it in again.
  void Away() {
    fs::rename(standby(), standby() + ".away");
    fs::rename(standby() + ".cell", standby() + ".cell.away");
  }
  void Back() {
    fs::rename(standby() + ".away", standby());
    fs::rename(standby() + ".cell.away", standby() + ".cell");
  }
  Result<PromoteResult> Promote(const std::string& blobs) {
    VaultPlace place;
    place.data = standby();
    PromoteWish wish;
    wish.passphrase = Plaintext::CopyOf(AsBytes(TestVault::kPassphrase));
    wish.blobs = blobs;
    return PromoteStandby(world_.world(), place, std::move(wish));
  }
  Result<std::unique_ptr<Vault>> OpenAt(const std::string& data) {
    VaultPlace place;
    place.data = data;
    TRY(const SealedVault sealed, SealedVault::At(world_.world(), place));
    return sealed.UnsealWithPassphrase(AsBytes(TestVault::kPassphrase),
                                       LondonDay(world_.clock().Realtime()));
  }

  TestVault world_;
  MatterId matter_;
  SubjectId subject_;
};

TEST_F(CustodyTest, AStandbyHasAFolderOfItsOwn) {
  for (const std::string& folder :
       {world_.place().data, world_.place().data + "/standby", world_.folder()}) {
    const Status added = world_->custody().Add(std::nullopt, {folder, {}});
    ASSERT_FALSE(added.ok()) << folder;
    EXPECT_EQ(added.error().code, Errc::kInvalid) << folder;
  }
  fs::create_directories(standby() + "/something");
  EXPECT_EQ(world_->custody().Add(std::nullopt, {standby(), {}}).error().code, Errc::kConflict);
  EXPECT_EQ(world_->custody().List().value().size(), 1u);
  EXPECT_TRUE(File("filed all the same").ok());
}

TEST_F(CustodyTest, WhatIsAnsweredOpensOnThePromotedStandbyWithTheBlobs) {
  auto before = File("filed before the standby");
  ASSERT_TRUE(before.ok()) << before.error().detail;
  Add();
  ASSERT_FALSE(HasFatalFailure());
  auto after = File("filed with the standby");
  ASSERT_TRUE(after.ok()) << after.error().detail;
  const std::string key = world_->log().VerifierKey();
  const std::uint64_t size = world_->log().size();
  // The primary's disk is lost without a clean end; its blobs were on a shared disk.
  const std::string crash = world_.folder() + "/crash";
  fs::copy(standby(), crash);
  fs::copy(standby() + ".cell", crash + ".cell");
  const std::string blobs = world_.folder() + "/shared-blobs";
  fs::copy(world_.place().data + "/blobs", blobs, fs::copy_options::recursive);
  world_.Seal();
  fs::remove_all(world_.place().data);
  fs::remove_all(standby());
  fs::remove(crash + "/keys.db-shm");
  fs::rename(crash, standby());
  fs::rename(crash + ".cell", standby() + ".cell");

  // Nobody works in a standby by accident.
  EXPECT_EQ(OpenAt(standby()).error().code, Errc::kConflict);
  auto promoted = Promote(blobs);
  ASSERT_TRUE(promoted.ok()) << promoted.error().detail;
  EXPECT_EQ(promoted.value().copy, 1u);
  EXPECT_EQ(promoted.value().missing_blobs, 0u);
  EXPECT_NE(promoted.value().log_key, key);
  EXPECT_EQ(Promote(blobs).error().code, Errc::kConflict);

  auto opened = OpenAt(standby());
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  Vault& vault = *opened.value();
  EXPECT_GT(vault.log().size(), size);
  EXPECT_EQ(vault.log().VerifierKey(), promoted.value().log_key);
  const SessionSecret secret =
      vault.people().SignIn(TestVault::kOfficer, AsBytes(TestVault::kPassword)).value();
  const Actor officer = vault.people().Resume(secret.view()).value();
  for (const auto& [document, content] : {std::pair{before.value(), "filed before the standby"},
                                          std::pair{after.value(), "filed with the standby"}}) {
    auto stream = vault.documents().Open(officer, {document, std::nullopt, ""});
    ASSERT_TRUE(stream.ok()) << stream.error().detail;
    std::string text(stream.value().size(), '\0');
    ASSERT_TRUE(
        stream.value().Read(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}).ok());
    EXPECT_EQ(text, content);
  }
  const auto copies = vault.custody().List().value();
  ASSERT_EQ(copies.size(), 2u);
  EXPECT_EQ(copies[0].state, "left-behind");
  EXPECT_EQ(copies[1].state, "primary");
}

TEST(Custody, AStandbyThatWasAddedOutlivesTheLossOfPower) {
  Recorder recorder(nullptr);
  TempFolder folder;
  TestVault world(&recorder, folder.path());
  world.Init();
  world.Unseal();
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  const Status added = world->custody().Add(std::nullopt, {folder.At("standby"), {}});
  ASSERT_TRUE(added.ok()) << added.error().detail;
  // What no sync covered is gone.
  const std::vector<RecordedStep> steps = recorder.steps();
  TempFolder after;
  PowerCut(steps, steps.size()).Write(folder.path(), after.path(), Unsynced::kGone, 1);
  for (const char* file : {"/custody", "/keys.db", "/register.db", "/unseal"}) {
    EXPECT_TRUE(fs::exists(after.At("standby") + file)) << file;
  }
  EXPECT_TRUE(fs::exists(after.At("standby.cell")));
}

TEST_F(CustodyTest, WithoutItsStandbyTheVaultReadsAndFilesNothing) {
  Add();
  ASSERT_FALSE(HasFatalFailure());
  auto filed = File("there while the standby was");
  ASSERT_TRUE(filed.ok());
  world_.Seal();
  Away();
  world_.Unseal();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(Read(filed.value()).value(), "there while the standby was");
  auto refused = File("not while it is away");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kUnavailable);
  EXPECT_NE(refused.error().detail.find("standby"), std::string::npos);
  const VaultStatus status = world_->Describe().value();
  ASSERT_EQ(status.copies.size(), 2u);
  EXPECT_FALSE(status.copies[1].reached);
  EXPECT_EQ(world_->custody().Rejoin().error().code, Errc::kUnavailable);

  Back();
  const Status rejoined = world_->custody().Rejoin();
  ASSERT_TRUE(rejoined.ok()) << rejoined.error().detail;
  EXPECT_TRUE(File("once it is back").ok());
  EXPECT_TRUE(world_->Describe().value().copies[1].reached);
}

TEST_F(CustodyTest, AStandbyIsGivenUpByTwoPeopleWhenItCannotBeReached) {
  Add();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(world_->custody().Evict(world_.SignIn(TestVault::kOfficer)).error().code,
            Errc::kConflict);
  world_.Seal();
  Away();
  world_.Unseal();
  ASSERT_FALSE(HasFatalFailure());
  auto proposed = world_->custody().Evict(world_.SignIn(TestVault::kOfficer));
  ASSERT_TRUE(proposed.ok()) << proposed.error().detail;
  EXPECT_EQ(proposed.value(), Eviction::kProposed);
  EXPECT_EQ(world_->custody().Evict(world_.SignIn(TestVault::kOfficer)).error().code,
            Errc::kConflict);
  EXPECT_FALSE(File("not yet").ok());
  auto done = world_->custody().Evict(world_.SignIn("second@unit.example"));
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(done.value(), Eviction::kDone);
  EXPECT_TRUE(File("without it").ok());
  EXPECT_EQ(world_->custody().List().value()[1].state, "evicted");
  world_.Seal();
  Back();
  world_.Unseal();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(world_->custody().List().value()[1].state, "evicted");
  EXPECT_TRUE(File("it is not followed any more").ok());
}

// Secrets counts what a cell file holds that could open something.
int SecretsIn(const std::string& cell) {
  Disk disk(nullptr);
  FakeRandom random(7);
  if (!fs::exists(cell)) return 0;
  const auto opened = OpenFileCell(disk, cell, random);
  if (!opened.ok()) return 0;
  int secrets = 0;
  for (const unsigned slot : {0u, 1u}) {
    const auto record = opened.value()->Read(slot);
    secrets += record.ok() && record.value().has_value() ? 1 : 0;
  }
  return secrets;
}

// The power goes at every step of an adding, and the standby's disk stays away at first: a secret
// in its cell is always one of a copy on the list. When the disk is back, the copy follows, or the
// cell holds nothing.
TEST_F(CustodyTest, AnAddingCutShortAnywhereLeavesNoSecretThatNoListNames) {
  world_.Seal();
  TempFolder runs;
  const std::string run = runs.At("run");
  const std::string standby = run + "/standby";
  const std::string cell = standby + ".cell";
  int unfinished = 0;
  int followed = 0;
  bool struck = true;
  // Every fifth step, odd and even in turn: each takes three starts of the vault.
  for (int n = 1; struck; n += 5) {
    ASSERT_LT(n, 400);
    SCOPED_TRACE("step " + std::to_string(n));
    fs::remove_all(run);
    fs::copy(world_.folder(), run, fs::copy_options::recursive);
    const ChildEnd end = RunInChild([&]() -> Status {
      FaultyDisk faults(n, n % 2 == 0 ? DiskVerdict::kLose : DiskVerdict::kFailButKeep,
                        AfterFault::kCrash);
      bool armed = false;
      faults.CountOnly([&](const DiskStep& step) {
        return armed && (step.path.starts_with(standby) || step.path.ends_with("/keys.db") ||
                         step.path.ends_with("/keys.db-wal"));
      });
      TestVault world(&faults, run);
      TRY_VOID(world.TryUnseal());
      armed = true;
      const Status added = world->custody().Add(std::nullopt, {standby, {}});
      if (!faults.struck()) fs::create_directory(run + "/untouched");
      return added;
    });
    ASSERT_NE(end, ChildEnd::kBroken);
    struck = !fs::exists(run + "/untouched");
    if (fs::exists(cell)) fs::rename(cell, cell + ".away");
    TestVault world(nullptr, run);
    ASSERT_NO_FATAL_FAILURE(world.Unseal());
    std::vector<CopyView> copies = world->custody().List().value();
    if (SecretsIn(cell + ".away") != 0) {
      ASSERT_EQ(copies.size(), 2u) << "a secret that no list names";
    }
    if (copies.size() == 2 && copies[1].state == "unfinished") {
      ++unfinished;
      EXPECT_FALSE(copies[1].reached);
      EXPECT_EQ(copies[1].name, "standby 1 (unfinished)");
      const auto warnings = world->custody().Warnings().value();
      ASSERT_EQ(warnings.size(), 1u);
      EXPECT_NE(warnings[0].find("cut short"), std::string::npos);
      const Status another = world->custody().Add(std::nullopt, {run + "/other", {}});
      ASSERT_FALSE(another.ok());
      EXPECT_EQ(another.error().code, Errc::kUnavailable);
    }
    world.Seal();
    if (fs::exists(cell + ".away")) fs::rename(cell + ".away", cell);
    ASSERT_NO_FATAL_FAILURE(world.Unseal());
    copies = world->custody().List().value();
    if (copies.size() == 2) {
      ++followed;
      EXPECT_EQ(copies[1].state, "standby");
      EXPECT_TRUE(copies[1].reached);
    } else {
      EXPECT_EQ(SecretsIn(cell), 0);
      const Status another = world->custody().Add(std::nullopt, {run + "/other", {}});
      EXPECT_TRUE(another.ok()) << another.error().detail;
    }
  }
  EXPECT_GT(unfinished, 0);
  EXPECT_GT(followed, 0);
}

TEST_F(CustodyTest, AnOldPrimaryDoesNotOpenBesideItsPromotedStandby) {
  Add();
  ASSERT_FALSE(HasFatalFailure());
  world_.Seal();
  auto promoted = Promote("");
  ASSERT_TRUE(promoted.ok()) << promoted.error().detail;
  const Status opened = world_.TryUnseal();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Errc::kConflict);
  EXPECT_NE(opened.error().detail.find("promoted"), std::string::npos);
}

}  // namespace
}  // namespace vault
