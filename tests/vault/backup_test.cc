// Backups: what one holds, that it is whole or not there, and that nothing destroyed opens from it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/attack_vault.h"
#include "tests/support/backed_up.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/recording_disk.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

TEST_F(BackedUp, ABackupHoldsCiphertextAndNoKey) {
  const BackupReport report = BackUp();
  EXPECT_EQ(report.blobs, 1u);
  EXPECT_EQ(report.missing, 0u);
  for (const std::string& file : FilesIn(backup())) {
    EXPECT_EQ(file.find("keys"), file.npos) << file;
    EXPECT_EQ(file.find("cell"), file.npos) << file;
    EXPECT_EQ(file.find("unseal"), file.npos) << file;
    EXPECT_FALSE(file.ends_with(".new")) << file;
    const std::string bytes = Contents(backup() + "/" + file);
    EXPECT_EQ(bytes.find("form of the police"), bytes.npos) << file;
    EXPECT_EQ(bytes.find("Adult Alder"), bytes.npos) << file;
    EXPECT_FALSE(bytes.starts_with("SQLite format")) << file;
  }
}

TEST_F(BackedUp, ALaterBackupCopiesWhatIsNewAndDropsWhatIsGone) {
  EXPECT_EQ(BackUp().copied, 1u);
  EXPECT_EQ(BackUp().copied, 0u);
  File(kHousing, "HSG", "form of housing");
  const BackupReport third = BackUp();
  EXPECT_EQ(third.copied, 1u);
  EXPECT_EQ(third.blobs, 2u);
  std::size_t registers = 0;
  for (const std::string& file : FilesIn(backup())) registers += file.starts_with("register-");
  EXPECT_EQ(registers, 1u);
}

TEST_F(BackedUp, AFolderOfSomethingElseIsRefused) {
  std::ofstream(backups_.At("file")) << "a document of somebody";
  auto other = vault_->backups().Make({backups_.path(), std::nullopt}, Unwatched);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, Errc::kConflict);
  for (const std::string& inside : {data() + "/backup", data(), std::string("relative")}) {
    auto refused = vault_->backups().Make({inside, std::nullopt}, Unwatched);
    ASSERT_FALSE(refused.ok()) << inside;
    EXPECT_EQ(refused.error().code, Errc::kInvalid);
  }
  BackUp();
  TestVault stranger;
  // The tests' random bytes begin alike everywhere.
  stranger.world().random->NewId<ObjectId>();
  stranger.Init();
  stranger.Unseal();
  auto foreign = stranger->backups().Make({backup(), std::nullopt}, Unwatched);
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().code, Errc::kConflict);
}

TEST_F(BackedUp, TheAgeOfABackupThatIsAWarningIsTheOperators) {
  BackUp();
  vault_.MoveTo("2026-02-14T09:00");
  const auto warned = [this] {
    const VaultStatus status = vault_->Describe().value();
    for (const std::string& words : status.warnings) {
      if (words.starts_with("the last backup was made on")) return true;
    }
    return false;
  };
  EXPECT_TRUE(warned());
  VaultPlace place = vault_.place();
  place.backup_warn_after = 72 * 3600;
  vault_.Seal();
  const auto sealed = SealedVault::At(vault_.world(), place);
  ASSERT_TRUE(sealed.ok());
  const auto opened = sealed.value().UnsealWithPassphrase(AsBytes(TestVault::kPassphrase),
                                                          LondonDay(vault_.clock().Realtime()));
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  const VaultStatus status = opened.value()->Describe().value();
  for (const std::string& words : status.warnings) {
    EXPECT_FALSE(words.starts_with("the last backup was made on")) << words;
  }
}

TEST_F(BackedUp, NothingInABackupOpensAfterDestruction) {
  // An attacker with every backup ever made, the unseal key, today's tree and cell, and everybody's
  // password.
  const auto thief_with = [&](const std::vector<std::string>& folders) {
    const StoreId store = KeyKeeper::ReadStoreId(*vault_.world().disk, data() + "/keys.db").value();
    const Bytes file = vault_.world().disk->ReadAll(data() + "/unseal", 4096).value();
    const UnsealKey unseal =
        UnwrapUnsealKey(file, AsBytes(TestVault::kPassphrase), store, {1, 8}).value();
    VaultAttacker thief(store, unseal.view(), {1, 8});
    for (const std::string& folder : folders) thief.AddCopy(folder);
    return thief;
  };
  const auto cell = [&] {
    return std::vector<Bytes>{vault_.world().disk->ReadAll(data() + ".cell", 8192).value()};
  };
  AttackSecrets borrower;
  borrower.passwords.push_back({std::string(kHousing), std::string(TestVault::kPassword)});
  // A backup as the attacker reads one: its register and blobs beside the tree of the day.
  const auto take = [&](const std::string& name) {
    const std::string folder = backups_.At(name);
    fs::create_directory(folder);
    for (const std::string& part : FilesIn(backup())) {
      if (part.starts_with("register-")) fs::copy(backup() + "/" + part, folder + "/register.db");
    }
    fs::copy(backup() + "/blobs", folder + "/blobs", fs::copy_options::recursive);
    fs::copy(data() + "/keys.db", folder + "/keys.db");
    if (fs::exists(data() + "/keys.db-wal")) {
      fs::copy(data() + "/keys.db-wal", folder + "/keys.db-wal");
    }
    return folder;
  };
  Event("PACK_RELEASED");
  BackUp();
  const std::string before = take("before");
  const AttackLoot control = thief_with({before}).Attack(cell(), borrower);
  EXPECT_FALSE(control.loans.empty()) << "control: while the loan runs, it opens";
  EXPECT_EQ(control.content.size(), 1u);
  Event("MEETING_CLOSED");
  BackUp();
  const std::string after = take("after");
  const AttackLoot loot = thief_with({before, after}).Attack(cell(), borrower);
  EXPECT_TRUE(loot.loans.empty());
  EXPECT_TRUE(loot.content.empty());
  EXPECT_EQ(loot.people, 1u) << "control: the password is right";
}

TEST_F(BackedUp, ABackupStoppedAtAnyStepLeavesTheEarlierOneWhole) {
  BackUp();
  File(kHousing, "HSG", "filed after the first backup");
  vault_.Seal();
  TempFolder runs;
  const std::string run = runs.At("run");
  for (const auto verdict : {DiskVerdict::kLose, DiskVerdict::kFailButKeep}) {
    bool struck = true;
    // Every seventh step: those of one file are alike.
    for (int n = 1; struck; n += 7) {
      fs::remove_all(run);
      fs::create_directory(run);
      fs::copy(data(), run + "/data", fs::copy_options::recursive);
      fs::copy(data() + ".cell", run + "/data.cell");
      fs::copy(backup(), run + "/b", fs::copy_options::recursive);
      struck = false;
      FaultyDisk faults(n, verdict, AfterFault::kContinue);
      faults.CountOnly([&](const DiskStep& step) { return step.path.starts_with(run + "/b"); });
      {
        TestVault world(&faults, run);
        world.Unseal();
        ASSERT_FALSE(::testing::Test::HasFatalFailure());
        auto made = world->backups().Make({run + "/b", std::nullopt}, Unwatched);
        struck = faults.struck();
        // A fault is heard of, unless it struck what is only tidied.
        if (!struck) {
          ASSERT_TRUE(made.ok()) << made.error().detail;
        }
      }
      SCOPED_TRACE("step " + std::to_string(n));
      // Whatever is there restores: the first backup, or the second.
      fs::remove(run + "/data/register.db");
      fs::remove_all(run + "/data/blobs");
      TestVault world(nullptr, run);
      auto staged =
          StageRestore(world.world(), world.place(), {run + "/b", std::nullopt, {}}, Unwatched);
      ASSERT_TRUE(staged.ok()) << staged.error().detail;
      world.Unseal();
      ASSERT_FALSE(::testing::Test::HasFatalFailure());
      EXPECT_EQ(world.Read(world.SignIn(kPolice), police_form_).value(), "form of the police");
      ASSERT_LT(n, 1000);
    }
  }
}

// What an earlier one left is found by the next: no name may stand unsynced when the manifest says
// that it is there.
TEST_F(BackedUp, ABackupThatWasBegunAgainHasSyncedEveryFolderOfTheLogThatItFound) {
  vault_.Seal();
  Recorder recorder(nullptr);
  TestVault world(&recorder, vault_.folder());
  world.Unseal();
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  // The log is copied before the first byte of a document.
  const auto ends_at_the_first_document = [](const WorkProgress& work) -> Status {
    return work.done != 0 ? Status(Unavailable("somebody ends it")) : Ok();
  };
  const Backups::Wish wish{backup(), std::nullopt};
  ASSERT_FALSE(world->backups().Make(wish, ends_at_the_first_document).ok());
  std::set<std::string> folders;
  std::size_t tiles = 0;
  for (const std::string& file : FilesIn(backup())) {
    if (!file.starts_with("log-")) continue;
    tiles += file.find("/tile/") != file.npos ? 1 : 0;
    for (fs::path at = fs::path(backup()) / file; at.string().size() > backup().size();) {
      at = at.parent_path();
      folders.insert(at.string());
    }
  }
  ASSERT_GE(tiles, 1u);
  const std::size_t begun = recorder.steps().size();
  const auto made = world->backups().Make(wish, Unwatched);
  ASSERT_TRUE(made.ok()) << made.error().detail;
  const std::vector<RecordedStep>& steps = recorder.steps();
  bool published = false;
  for (std::size_t i = begun; i < steps.size() && !published; ++i) {
    const RecordedStep& step = steps[i];
    if (step.action == DiskAction::kSyncFolder) folders.erase(step.path);
    published = step.action == DiskAction::kRename &&
                step.target == backup() + "/" + std::string(kBackupManifest);
    // A tile that was there is not written again.
    EXPECT_TRUE(step.action != DiskAction::kRename ||
                step.target.find("/tile/") == std::string::npos);
  }
  EXPECT_TRUE(published);
  EXPECT_TRUE(folders.empty()) << *folders.begin();
}

TEST_F(BackedUp, AForeignCheckpointOrManifestIsRefused) {
  BackUp();
  LoseAllButTheTree();
  ASSERT_TRUE(Stage(std::nullopt, {"somebody else\n3\nAAAA\n\n- x\n"}).ok());
  const Status refused = vault_.TryUnseal();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kInvalid);
  TestVault stranger;
  // The tests' random bytes begin alike everywhere.
  stranger.world().random->NewId<ObjectId>();
  stranger.Init();
  stranger.Unseal();
  TempFolder other;
  ASSERT_TRUE(stranger->backups().Make({other.At("b"), std::nullopt}, Unwatched).ok());
  const auto foreign =
      StageRestore(vault_.world(), vault_.place(), {other.At("b"), std::nullopt, {}}, Unwatched);
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().code, Errc::kConflict);
}

TEST_F(BackedUp, AChangedFileOfABackupIsCorrupt) {
  BackUp();
  LoseAllButTheTree();
  for (const std::string& file : FilesIn(backup())) {
    if (file.starts_with("log-") || file == kBackupMarker) continue;
    const std::string path = backup() + "/" + file;
    const std::string good = Contents(path);
    for (const std::string& bad :
         {good.substr(0, good.size() - 1), good + "x",
          good.substr(0, good.size() / 2) + static_cast<char>(good[good.size() / 2] ^ 1) +
              good.substr(good.size() / 2 + 1)}) {
      std::ofstream(path, std::ios::binary | std::ios::trunc) << bad;
      Status restored = Stage(std::nullopt, {});
      if (restored.ok()) restored = vault_.TryUnseal();
      ASSERT_FALSE(restored.ok()) << file;
      EXPECT_EQ(restored.error().code, Errc::kCorrupt) << file << ": " << restored.error().detail;
    }
    std::ofstream(path, std::ios::binary | std::ios::trunc) << good;
  }
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
}

}  // namespace
}  // namespace vault
