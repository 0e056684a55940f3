// Room on the disk that is kept for the log and for disposals.
#include "vault/space.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/temp_folder.h"

namespace vault {
namespace {

std::uint64_t Occupied(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? static_cast<std::uint64_t>(about.st_blocks) * 512 : 0;
}

TEST(SpaceReserve, OccupiesRoomAndACopyOfItTakesNone) {
  TempFolder folder;
  Disk disk(nullptr);
  Space space(disk, folder.path());
  space.Keep();
  const std::string path = folder.At("reserve");
  struct stat about {};
  ASSERT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_size, 0);
  const std::uint64_t kept = Occupied(path);
  EXPECT_GT(kept, 0u);
  EXPECT_TRUE(space.Admit(1).ok());
  EXPECT_TRUE(space.Warnings().empty());
  // There is room, so it stays; the next run takes it over.
  EXPECT_TRUE(space.MakeRoom().ok());
  EXPECT_EQ(Occupied(path), kept);
  Space(disk, folder.path()).Keep();
  EXPECT_EQ(Occupied(path), kept);
  const std::string copy = folder.At("copy");
  std::filesystem::copy_file(path, copy);
  EXPECT_EQ(Occupied(copy), 0u);
}

TEST(SpaceReserve, NoMoreIsAdmittedThanThereIs) {
  TempFolder folder;
  Disk disk(nullptr);
  const Space space(disk, folder.path());
  const Status refused = space.Admit(UINT64_MAX / 2);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kUnavailable);
  EXPECT_EQ(refused.error().detail, "the disk is full: nothing can be filed until space is freed");
}

// A folder that cannot be asked is refused, not taken for an empty disk.
TEST(SpaceReserve, WhatCannotBeAskedIsRefused) {
  TempFolder folder;
  Disk disk(nullptr);
  Space space(disk, folder.At("absent"));
  EXPECT_EQ(space.Admit(0).error().code, Errc::kUnavailable);
  EXPECT_EQ(space.MakeRoom().error().code, Errc::kUnavailable);
}

}  // namespace
}  // namespace vault
