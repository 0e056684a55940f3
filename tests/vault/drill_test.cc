// Drills: what a restored copy proves, that the vault goes on untouched, and that nothing of the
// copy is left, whatever happened on the way.
#include "vault/drill.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "tests/support/disposal_world.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

Status Unwatched(const WorkProgress&) { return Ok(); }

std::set<std::string> FilesIn(const std::string& folder) {
  std::set<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.insert(entry.path().string().substr(folder.size() + 1));
  }
  return files;
}

class DrillTest : public DisposalWorld {
 protected:
  void SetUp() override {
    DisposalWorld::SetUp();
    ASSERT_FALSE(HasFatalFailure());
    form = File("FRM", alder.id, "form of the police");
  }
  const std::string& data() const { return world.place().data; }
  std::string backup() const { return folders.At("backup"); }
  std::string scratch() const { return folders.At("scratch"); }
  void BackUp() {
    const auto made = world->backups().Make({backup(), std::nullopt}, Unwatched);
    ASSERT_TRUE(made.ok()) << made.error().detail;
  }
  Result<DrillReport> Drill() {
    return world->drills().Run(Officer(), {backup(), scratch()}, Unwatched);
  }
  // OneDue files a longlist, backs it up and moves to the day on which it goes.
  DocumentId OneDue() {
    const DocumentId list = File("LLI", std::nullopt, "a longlist");
    Event("SELECTION_DECIDED", "2026-02-12T09:00");
    BackUp();
    world.MoveTo("2026-02-27T09:00");
    return list;
  }
  // The tree is copied when all else is laid out, and goes with the folder.
  bool CopyIsOpen() const { return fs::exists(scratch() + "/data/keys.db"); }
  std::string LastLine() {
    const auto lock = world->Locked();
    return world->log().EntryText(world->log().size() - 1).value();
  }

  TempFolder folders;
  DocumentId form;
};

TEST_F(DrillTest, OpensASampleAndLeavesNothing) {
  const DocumentId list = File("LLI", std::nullopt, "a longlist");
  BackUp();
  const auto blobs = FilesIn(data() + "/blobs");
  const Actor officer = Officer();
  const std::uint64_t size = world->log().size();
  const ByteArray<32> root = world->log().root();
  const std::uint64_t epoch = world->Describe().value().epoch;
  auto drill = world->drills().Run(officer, {backup(), scratch()}, Unwatched);
  ASSERT_TRUE(drill.ok()) << drill.error().detail;
  EXPECT_TRUE(drill.value().passed);
  EXPECT_EQ(drill.value().blobs, 2u);
  // The longlist is not for the officer to read.
  EXPECT_EQ(drill.value().tried, 1u);
  EXPECT_EQ(drill.value().failed, 0u);
  EXPECT_EQ(drill.value().newer, 0u);
  EXPECT_EQ(drill.value().orphans, 0u);
  EXPECT_FALSE(fs::exists(scratch()));
  EXPECT_FALSE(fs::exists(data() + "/drill"));
  EXPECT_EQ(FilesIn(data() + "/blobs"), blobs);
  EXPECT_EQ(world->Describe().value().epoch, epoch);
  // Nothing was opened in the vault: its log goes on with the drill's own two entries.
  ASSERT_EQ(world->log().size(), size + 2);
  EXPECT_EQ(world->log().RootAt(size).value(), root);
  EXPECT_TRUE(world->log().EntryText(size).value().find("result begun\n") != std::string::npos);
  EXPECT_NE(LastLine().find("type backup.drill\n"), std::string::npos);
  EXPECT_NE(LastLine().find("result passed\n"), std::string::npos);
  // What is filed after the backup is told, and is no failure.
  File("FRM", alder.id, "a later form of the police");
  drill = world->drills().Run(officer, {backup(), ""}, Unwatched);
  ASSERT_TRUE(drill.ok()) << drill.error().detail;
  EXPECT_TRUE(drill.value().passed);
  EXPECT_EQ(drill.value().tried, 1u);
  EXPECT_EQ(drill.value().newer, 1u);
  EXPECT_GT(drill.value().orphans, 0u);
  EXPECT_FALSE(fs::exists(data() + ".drill"));
  EXPECT_EQ(world.Read(world.SignIn(kCoordinator), list).value(), "a longlist");
  // A start finds nothing of it.
  world.Unseal();
  EXPECT_FALSE(world->restored().has_value());
  EXPECT_EQ(world->Describe().value().orphans, 0u);
}

// The backup still tells the destroyed one as living, and has its bytes.
TEST_F(DrillTest, TriesWhatWasDestroyedSince) {
  OneDue();
  ASSERT_EQ(Sweep().destroyed.size(), 1u);
  const auto drill = Drill();
  ASSERT_TRUE(drill.ok()) << drill.error().detail;
  EXPECT_TRUE(drill.value().passed);
  EXPECT_EQ(drill.value().blobs, 2u);
  EXPECT_EQ(drill.value().tried, 1u);
  EXPECT_EQ(drill.value().destroyed, 1u);
  EXPECT_EQ(drill.value().revived, 0u);
  EXPECT_EQ(drill.value().ended, 1u);
}

TEST_F(DrillTest, FindsADamagedBackupAndSaysSo) {
  BackUp();
  std::string blob;
  for (const std::string& file : FilesIn(backup())) {
    if (file.starts_with("blobs/")) blob = backup() + "/" + file;
  }
  {
    std::fstream file(blob, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(fs::file_size(blob) / 2));
    file.put('\x5a').put('\xa5');
  }
  const auto drill = Drill();
  ASSERT_FALSE(drill.ok());
  EXPECT_EQ(drill.error().code, Errc::kCorrupt);
  EXPECT_FALSE(fs::exists(scratch()));
  EXPECT_NE(LastLine().find("result failed\nkind corrupt\n"), std::string::npos) << LastLine();
}

TEST_F(DrillTest, NeedsAnOfficerAndAFolderOfItsOwn) {
  BackUp();
  EXPECT_EQ(world->drills().Run(world.SignIn(kCoordinator), {backup(), ""}, Unwatched).error().code,
            Errc::kDenied);
  fs::create_directory_symlink(data(), folders.At("link"));
  for (const std::string& folder : {data() + "/drill", backup() + "/drill", data(), backup(),
                                    folders.At("link") + "/drill", backup() + "/../backup/drill"}) {
    const auto refused = world->drills().Run(Officer(), {backup(), folder}, Unwatched);
    ASSERT_FALSE(refused.ok()) << folder;
    EXPECT_EQ(refused.error().code, Errc::kInvalid) << folder;
  }
  fs::create_directory(folders.At("somebody"));
  std::ofstream(folders.At("somebody") + "/letter") << "a letter";
  EXPECT_EQ(
      world->drills().Run(Officer(), {backup(), folders.At("somebody")}, Unwatched).error().code,
      Errc::kConflict);
  EXPECT_TRUE(fs::exists(folders.At("somebody") + "/letter"));
}

TEST_F(DrillTest, TellsAnOfficerWhoIsNewerThanTheBackup) {
  BackUp();
  ASSERT_TRUE(world->people()
                  .ChangePassword(Officer(), AsBytes(TestVault::kPassword),
                                  AsBytes("another long password"))
                  .ok());
  const Actor officer = world.SignInWith(TestVault::kOfficer, "another long password").value();
  const auto drill = world->drills().Run(officer, {backup(), scratch()}, Unwatched);
  ASSERT_FALSE(drill.ok());
  EXPECT_EQ(drill.error().code, Errc::kConflict);
  EXPECT_NE(drill.error().detail.find("could not sign in"), std::string::npos);
  EXPECT_FALSE(fs::exists(scratch()));
}

// What a drill leaves on the disk opens with nothing: its root's secret was in memory alone.
TEST_F(DrillTest, WhatIsLeftBehindOpensWithNothing) {
  BackUp();
  const std::string left = folders.At("left");
  const auto copying = [&](const WorkProgress&) {
    if (!CopyIsOpen()) return Ok();
    fs::remove_all(left);
    fs::copy(scratch(), left, fs::copy_options::recursive);
    return Ok();
  };
  ASSERT_TRUE(world->drills().Run(Officer(), {backup(), scratch()}, copying).ok());
  ASSERT_TRUE(fs::exists(left + "/data/keys.db"));
  world.Seal();
  fs::copy(data() + "/unseal", left + "/data/unseal");
  fs::copy(data() + ".cell", left + "/data.cell");
  fs::copy_file(data() + "/register.db", left + "/data/register.db",
                fs::copy_options::overwrite_existing);
  VaultPlace place;
  place.data = left + "/data";
  fs::remove_all(place.data + "/restore");
  const auto sealed = SealedVault::At(world.world(), place);
  ASSERT_TRUE(sealed.ok()) << sealed.error().detail;
  const auto opened =
      sealed.value().UnsealWithPassphrase(AsBytes(TestVault::kPassphrase), std::nullopt);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Errc::kCorrupt);
  EXPECT_NE(opened.error().detail.find("root of the key tree"), std::string::npos);
}

// A drill is killed while it lays out the backup, and while its copy is open.
TEST_F(DrillTest, KilledIsTakenAwayByTheNextStart) {
  BackUp();
  world.Seal();
  for (const bool late : {false, true}) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      TestVault own(nullptr, fs::path(data()).parent_path().string());
      if (!own.TryUnseal().ok()) ::_exit(3);
      const auto dying = [&](const WorkProgress&) {
        if (fs::exists(scratch() + "/data/keys.db") == late) ::raise(SIGKILL);
        return Ok();
      };
      const auto done =
          own->drills().Run(own.SignIn(TestVault::kOfficer), {backup(), scratch()}, dying);
      ::_exit(done.ok() ? 0 : 4);
    }
    int state = 0;
    ASSERT_EQ(::waitpid(child, &state, 0), child);
    ASSERT_TRUE(WIFSIGNALED(state)) << state;
    ASSERT_TRUE(fs::exists(scratch() + "/data")) << late;
    world.Unseal();
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_FALSE(fs::exists(scratch())) << late;
    EXPECT_FALSE(fs::exists(data() + "/drill"));
    EXPECT_EQ(world.Read(world.SignIn(kCoordinator), form).value(), "form of the police");
    world.Seal();
  }
}

// Before the marker has its name, the folder is empty or holds the marker's beginning.
TEST_F(DrillTest, KilledBeforeItsMarkerIsTakenAwayTooAndNothingOfOthersIs) {
  for (const char* there : {"", "strongroom-drill.new", "a file of somebody's"}) {
    world.Seal();
    fs::create_directory(scratch());
    if (*there != '\0') std::ofstream(scratch() + "/" + there) << "a drill";
    std::ofstream(data() + "/drill") << scratch() << "\n";
    world.Unseal();
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_EQ(fs::exists(scratch()), std::string_view(there) == "a file of somebody's") << there;
    EXPECT_FALSE(fs::exists(data() + "/drill")) << there;
  }
}

// A destruction that falls due while the copy is open comes first: from its intent on the drill
// does no further step.
TEST_F(DrillTest, ADestructionWhileTheCopyIsOpenEndsIt) {
  const DocumentId list = OneDue();
  const Actor coordinator = world.SignIn(kCoordinator);
  auto reading = world->documents().Open(coordinator, {list, std::nullopt, ""});
  ASSERT_TRUE(reading.ok()) << reading.error().detail;
  const Actor officer = Officer();
  std::thread sweeping;
  int steps = 0;
  const auto watching = [&](const WorkProgress&) {
    if (!CopyIsOpen()) return Ok();
    ++steps;
    if (sweeping.joinable()) return Ok();
    sweeping = std::thread([&] { EXPECT_EQ(Sweep().destroyed.size(), 1u); });
    // What is being read is cut off once the intent is in the log.
    Bytes out(8);
    while (reading.value().Read(0, out).ok()) std::this_thread::yield();
    return Ok();
  };
  const auto drill = world->drills().Run(officer, {backup(), scratch()}, watching);
  ASSERT_TRUE(sweeping.joinable());
  sweeping.join();
  EXPECT_EQ(steps, 1);
  ASSERT_FALSE(drill.ok());
  EXPECT_EQ(drill.error().code, Errc::kUnavailable);
  EXPECT_NE(drill.error().detail.find("goes first"), std::string::npos) << drill.error().detail;
  EXPECT_FALSE(fs::exists(scratch()));
  EXPECT_EQ(InState("done").size(), 1u);
  EXPECT_EQ(Logged("result failed\nkind unavailable\n"), 1u);
  const auto again = Drill();
  ASSERT_TRUE(again.ok()) << again.error().detail;
  EXPECT_EQ(again.value().ended, 1u);
}

TEST_F(DrillTest, ADestructionBeforeTheCopyIsTriedAndOneAfterItDoesNotStopIt) {
  OneDue();
  const Actor officer = Officer();
  // The copy is closed when the note that a drill is at work goes.
  std::size_t destroyed = 0;
  faults.heard = [&](const DiskStep& step) {
    if (step.action != DiskAction::kUnlink || step.path != data() + "/drill") return;
    EXPECT_FALSE(CopyIsOpen());
    destroyed += Sweep().destroyed.size();
  };
  const auto after = world->drills().Run(officer, {backup(), scratch()}, Unwatched);
  faults.heard = nullptr;
  ASSERT_TRUE(after.ok()) << after.error().detail;
  EXPECT_EQ(destroyed, 1u);
  EXPECT_TRUE(after.value().passed);
  EXPECT_EQ(after.value().destroyed, 0u);
  EXPECT_EQ(after.value().ended, 0u);

  File("LLI", std::nullopt, "another longlist");
  BackUp();
  world.MoveTo("2026-03-20T09:00");
  const auto before = [&](const WorkProgress&) {
    if (!CopyIsOpen()) destroyed += Sweep().destroyed.size();
    return Ok();
  };
  const auto drill = world->drills().Run(Officer(), {backup(), scratch()}, before);
  ASSERT_TRUE(drill.ok()) << drill.error().detail;
  EXPECT_EQ(destroyed, 2u);
  EXPECT_TRUE(drill.value().passed);
  EXPECT_EQ(drill.value().destroyed, 2u);
  EXPECT_EQ(drill.value().revived, 0u);
  EXPECT_EQ(drill.value().ended, 1u);
}

}  // namespace
}  // namespace vault
