#include "vault/store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/faulty_disk.h"
#include "tests/support/power_cut.h"
#include "tests/support/recording_disk.h"
#include "tests/support/temp_folder.h"
#include "vault/store/posix_file.h"

namespace vault {
namespace {

Bytes Pattern(std::size_t size) {
  FakeRandom random(size);
  Bytes out(size);
  random.Fill(out);
  return out;
}

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return info.st_mode & 07777;
}

Bytes ReadBack(const std::string& path) {
  auto bytes = Disk(nullptr).ReadAll(path, 1 << 20);
  EXPECT_TRUE(bytes.ok());
  return bytes.ok() ? bytes.value() : Bytes();
}

TEST(Disk, FilesAndFoldersArePrivateWhateverTheUmask) {
  TempFolder folder;
  Disk disk(nullptr);
  const mode_t before = ::umask(0);
  ASSERT_TRUE(disk.CreateFile(folder.At("file")).ok());
  ASSERT_TRUE(disk.MakeFolder(folder.At("folder")).ok());
  ASSERT_TRUE(disk.WriteWhole(folder.At("whole"), AsBytes("x")).ok());
  ::umask(before);
  EXPECT_EQ(ModeOf(folder.At("file")), 0600u);
  EXPECT_EQ(ModeOf(folder.At("whole")), 0600u);
  EXPECT_EQ(ModeOf(folder.At("folder")), 0700u);
}

TEST(Disk, SymbolicLinksAreNotFollowed) {
  TempFolder folder;
  Disk disk(nullptr);
  ASSERT_TRUE(disk.WriteWhole(folder.At("real"), AsBytes("kept")).ok());
  ASSERT_EQ(::symlink(folder.At("real").c_str(), folder.At("link").c_str()), 0);
  EXPECT_EQ(disk.OpenFile(folder.At("link")).error().code, Errc::kUnavailable);
  EXPECT_EQ(disk.OpenForReading(folder.At("link")).error().code, Errc::kUnavailable);
  EXPECT_EQ(disk.ReadAll(folder.At("link"), 10).error().code, Errc::kUnavailable);
  EXPECT_EQ(disk.ReadPastCache(folder.At("link"), 0, 1).error().code, Errc::kUnavailable);
  EXPECT_EQ(disk.CreateFile(folder.At("link")).error().code, Errc::kConflict);
  // Writing replaces the link and leaves what it named alone.
  ASSERT_TRUE(disk.WriteWhole(folder.At("link"), AsBytes("new")).ok());
  EXPECT_EQ(ReadBack(folder.At("real")), ToBytes(AsBytes("kept")));
  EXPECT_EQ(ReadBack(folder.At("link")), ToBytes(AsBytes("new")));
}

TEST(Disk, ErrorsSayWhatIsWrongAndNameNoFile) {
  TempFolder folder;
  Disk disk(nullptr);
  const std::string secret = folder.At("secret-name");
  auto absent = disk.OpenForReading(secret);
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code, Errc::kNotFound);
  EXPECT_EQ(absent.error().detail.find("secret-name"), std::string::npos);
  EXPECT_EQ(disk.OpenFile(secret).error().code, Errc::kNotFound);
  EXPECT_EQ(disk.ReadPastCache(secret, 0, 1).error().code, Errc::kNotFound);
  EXPECT_EQ(disk.CreateFile(folder.At("no/such/folder")).error().code, Errc::kUnavailable);
  ASSERT_TRUE(disk.CreateFile(secret).ok());
  EXPECT_EQ(disk.CreateFile(secret).error().code, Errc::kConflict);
  EXPECT_EQ(disk.MakeFolder(secret).error().code, Errc::kConflict);
  EXPECT_EQ(disk.OpenForReading(folder.path()).error().code, Errc::kUnavailable);
}

TEST(Disk, AFullDiskIsNamed) {
  EXPECT_EQ(ErrnoStatus("a file cannot be written", ENOSPC).code, Errc::kUnavailable);
  EXPECT_EQ(ErrnoStatus("a file cannot be written", ENOSPC).detail,
            "a file cannot be written: the disk is full");
  TempFolder folder;
  auto file = Disk(nullptr).CreateFile(folder.At("file"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file.value()->Reserve(std::uint64_t{1} << 52).error().code, Errc::kUnavailable);
}

TEST(Disk, ReservedRoomDoesNotChangeTheContent) {
  TempFolder folder;
  auto file = Disk(nullptr).CreateFile(folder.At("file"));
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file.value()->Reserve(1 << 20).ok());
  ASSERT_TRUE(file.value()->WriteAt(0, AsBytes("abc")).ok());
  EXPECT_EQ(ReadBack(folder.At("file")), ToBytes(AsBytes("abc")));
}

TEST(Disk, AFileIsOverwrittenInPlace) {
  TempFolder folder;
  Disk disk(nullptr);
  ASSERT_TRUE(disk.WriteWhole(folder.At("cell"), Pattern(8192)).ok());
  struct stat before {};
  ASSERT_EQ(::stat(folder.At("cell").c_str(), &before), 0);
  auto file = disk.OpenFile(folder.At("cell"));
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file.value()->WriteAt(4096, AsBytes("over")).ok());
  ASSERT_TRUE(file.value()->Sync().ok());
  struct stat after {};
  ASSERT_EQ(::stat(folder.At("cell").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  Bytes expected = Pattern(8192);
  const ByteView over = AsBytes("over");
  std::copy(over.begin(), over.end(), expected.begin() + 4096);
  EXPECT_EQ(ReadBack(folder.At("cell")), expected);
  auto device = disk.ReadPastCache(folder.At("cell"), 0, 8192);
  ASSERT_TRUE(device.ok());
  EXPECT_EQ(device.value(), expected);
}

TEST(Disk, ReadingPastTheCacheGivesAnyRange) {
  TempFolder folder;
  Disk disk(nullptr);
  const Bytes content = Pattern(700001);
  ASSERT_TRUE(disk.WriteWhole(folder.At("file"), content).ok());
  for (const auto& [offset, size] : std::vector<std::pair<std::uint64_t, std::size_t>>{
           {0, 1}, {0, 4096}, {4095, 2}, {1, 700000}, {262143, 262146}, {700000, 1}, {5, 0}}) {
    auto read = disk.ReadPastCache(folder.At("file"), offset, size);
    ASSERT_TRUE(read.ok()) << offset;
    EXPECT_EQ(read.value(), Bytes(content.begin() + static_cast<long>(offset),
                                  content.begin() + static_cast<long>(offset + size)));
  }
  EXPECT_EQ(disk.ReadPastCache(folder.At("file"), 700000, 2).error().code, Errc::kCorrupt);
}

TEST(Disk, ReadersAreHeldToTheFilesEnd) {
  TempFolder folder;
  Disk disk(nullptr);
  ASSERT_TRUE(disk.WriteWhole(folder.At("file"), Pattern(100)).ok());
  auto file = disk.OpenForReading(folder.At("file"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file.value()->size(), 100u);
  Bytes out(10);
  EXPECT_TRUE(file.value()->ReadAt(90, out).ok());
  EXPECT_EQ(file.value()->ReadAt(91, out).error().code, Errc::kCorrupt);
  EXPECT_EQ(file.value()->ReadAt(~std::uint64_t{0}, out).error().code, Errc::kCorrupt);
  EXPECT_EQ(disk.ReadAll(folder.At("file"), 99).error().code, Errc::kInvalid);
  EXPECT_EQ(disk.ReadAll(folder.At("file"), 100).value(), Pattern(100));
}

TEST(Disk, EveryDurableStepIsShownInOrder) {
  TempFolder folder;
  Recorder recorder(nullptr);
  Disk disk(&recorder);
  ASSERT_TRUE(disk.WriteWhole(folder.At("a"), AsBytes("bytes")).ok());
  ASSERT_TRUE(disk.Unlink(folder.At("a")).ok());
  ASSERT_TRUE(disk.Unlink(folder.At("a")).ok());  // absent: no step
  const std::vector<RecordedStep> steps = recorder.steps();
  std::vector<DiskAction> actions;
  for (const RecordedStep& step : steps) actions.push_back(step.action);
  EXPECT_EQ(actions, (std::vector<DiskAction>{DiskAction::kCreate, DiskAction::kWrite,
                                              DiskAction::kSync, DiskAction::kRename,
                                              DiskAction::kSyncFolder, DiskAction::kUnlink}));
  EXPECT_EQ(steps[1].bytes, ToBytes(AsBytes("bytes")));
  EXPECT_EQ(steps[3].target, folder.At("a"));
  EXPECT_EQ(steps[4].path, folder.path());
}

TEST(Disk, ALostStepIsNotTakenAndAKeptOneIsTakenThoughBothFail) {
  TempFolder folder;
  FaultyDisk lose(1, DiskVerdict::kLose, AfterFault::kContinue);
  EXPECT_EQ(Disk(&lose).CreateFile(folder.At("lost")).error().code, Errc::kUnavailable);
  EXPECT_FALSE(Disk(nullptr).Exists(folder.At("lost")));
  FaultyDisk keep(1, DiskVerdict::kFailButKeep, AfterFault::kContinue);
  EXPECT_EQ(Disk(&keep).CreateFile(folder.At("kept")).error().code, Errc::kUnavailable);
  EXPECT_TRUE(Disk(nullptr).Exists(folder.At("kept")));
}

TEST(Disk, WriteWholeLeavesTheOldOrTheNewContentUnderEveryFault) {
  const Bytes old_content = Pattern(5000);
  const Bytes new_content = Pattern(7000);
  int most = 0;
  for (const DiskVerdict fault : {DiskVerdict::kLose, DiskVerdict::kFailButKeep}) {
    for (const AfterFault after : {AfterFault::kContinue, AfterFault::kCrash}) {
      for (int n = 1;; ++n) {
        TempFolder folder;
        const std::string path = folder.At("file");
        ASSERT_TRUE(Disk(nullptr).WriteWhole(path, old_content).ok());
        FaultyDisk faults(n, fault, after);
        Disk disk(&faults);
        const Status written = disk.WriteWhole(path, new_content);
        EXPECT_EQ(written.ok(), !faults.struck());
        const Bytes found = ReadBack(path);
        EXPECT_TRUE(found == new_content || (!written.ok() && found == old_content)) << n;
        // Whatever was left behind is in nobody's way.
        EXPECT_TRUE(Disk(nullptr).WriteWhole(path, new_content).ok());
        EXPECT_EQ(Disk(nullptr).ListFolder(folder.path()).value(),
                  std::vector<std::string>{"file"});
        if (!faults.struck()) break;
        most = std::max(most, n);
      }
    }
  }
  EXPECT_EQ(most, 5);
}

TEST(Disk, WriteWholeSurvivesAPowerCutAtEveryStep) {
  TempFolder folder;
  Recorder recorder(nullptr);
  Disk disk(&recorder);
  std::vector<std::size_t> acknowledged;
  for (std::size_t size = 1000; size <= 3000; size += 1000) {
    ASSERT_TRUE(disk.WriteWhole(folder.At("file"), Pattern(size)).ok());
    acknowledged.push_back(recorder.size());
  }
  const std::vector<RecordedStep> steps = recorder.steps();
  for (std::size_t count = acknowledged[0]; count <= steps.size(); ++count) {
    for (const Unsynced unsynced : {Unsynced::kGone, Unsynced::kKept, Unsynced::kHalf}) {
      TempFolder after;
      PowerCut(steps, count).Write(folder.path(), after.path(), unsynced, count);
      const Bytes found = ReadBack(after.At("file"));
      std::size_t least = 0;
      for (const std::size_t at : acknowledged) least += at <= count ? 1000 : 0;
      EXPECT_GE(found.size(), least) << count;
      EXPECT_EQ(found, Pattern(found.size())) << count;
    }
  }
}

TEST(Disk, FoldersAreListedInOrder) {
  TempFolder folder;
  Disk disk(nullptr);
  for (const char* name : {"b", "c", "a"}) {
    ASSERT_TRUE(disk.CreateFile(folder.At(name)).ok());
  }
  EXPECT_EQ(disk.ListFolder(folder.path()).value(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(disk.ListFolder(folder.At("none")).error().code, Errc::kNotFound);
  EXPECT_TRUE(disk.MakeFolder(folder.At("d")).ok());
  EXPECT_TRUE(disk.MakeFolder(folder.At("d")).ok());
  EXPECT_EQ(disk.SyncFolder(folder.At("none")).error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace vault
