// TwoPlaces: a key tree and its standby, each with a cell of its own, for tests of the copies.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/keeper_world.h"
#include "vault/store/mirror.h"

namespace vault {

// TwoPlaces are the files of a tree with its standby, below one folder.
struct TwoPlaces {
  std::string folder;

  KeeperPaths primary() const { return {folder + "/primary", 1}; }
  KeeperPaths standby() const { return {folder + "/standby", 1}; }
  void Make() const {
    std::filesystem::create_directories(primary().folder);
    std::filesystem::create_directories(standby().folder);
  }
  void CopyTo(const TwoPlaces& to) const {
    std::filesystem::remove_all(to.folder);
    to.Make();
    primary().CopyTo(to.primary().folder);
    standby().CopyTo(to.standby().folder);
  }
};

inline Result<StandbyPlace> PlaceOf(Disk& disk, RandomSource& random, const KeeperPaths& paths) {
  StandbyPlace place;
  place.tree_path = paths.tree();
  place.folder = paths.folder;
  place.cell_names = {"file:" + paths.cell(0)};
  place.link = std::make_shared<MirrorLink>();
  TRY(auto cell, disk.Exists(paths.cell(0)) ? OpenFileCell(disk, paths.cell(0), random)
                                            : CreateFileCell(disk, paths.cell(0), random));
  place.cells.push_back(std::move(cell));
  return place;
}

// OpenBoth is a start with the standby attached.
inline Result<std::unique_ptr<KeyKeeper>> OpenBoth(Disk& disk, RandomSource& random,
                                                   const TwoPlaces& places) {
  TRY(auto keeper, OpenKeeper(disk, random, places.primary(), TestUnsealKey()));
  TRY(StandbyPlace place, PlaceOf(disk, random, places.standby()));
  TRY_VOID(keeper->AttachStandby(disk, std::move(place)));
  return keeper;
}

// PromoteStandby opens the standby as a promotion does, without the primary.
inline Result<std::unique_ptr<KeyKeeper>> PromoteStandby(Disk& disk, RandomSource& random,
                                                         const TwoPlaces& places,
                                                         std::uint8_t number) {
  KeyKeeperOptions options;
  options.tree_path = places.standby().tree();
  options.copy = number;
  TRY(auto cell, OpenFileCell(disk, places.standby().cell(0), random));
  options.cells.push_back(std::move(cell));
  return KeyKeeper::Promote(disk, random, std::move(options), TestUnsealKey());
}

inline std::vector<CopyStanding> StatesOf(const KeyKeeper& keeper) {
  std::vector<CopyStanding> out;
  for (const CopyRow& row : keeper.copies()) out.push_back(row.state);
  return out;
}

// CopiesTest is a tree with a standby that follows it, both watched.
class CopiesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    places_.Make();
    auto keeper = CreateKeeper(disk_, random_, places_.primary());
    ASSERT_TRUE(keeper.ok()) << keeper.error().detail;
    keeper_ = std::move(keeper).value();
    matter_ = random_.NewId<ObjectId>();
    erased_ = FillDocument(*keeper_);
    beside_ = FillDocument(*keeper_);
    auto place = PlaceOf(disk_, random_, places_.standby());
    ASSERT_TRUE(place.ok());
    const Status added = keeper_->AddStandby(disk_, std::move(place).value());
    ASSERT_TRUE(added.ok()) << added.error().detail;
    elsewhere_ = FillDocument(*keeper_);
  }

  SlotNumber FillDocument(KeyKeeper& keeper) {
    auto slot = FillOne(keeper, matter_, DocumentEntry(random_.NewId<ObjectId>(), 1));
    CHECK(slot.ok());
    return slot.value();
  }
  void Reopen() {
    keeper_.reset();
    auto keeper = OpenBoth(disk_, random_, places_);
    ASSERT_TRUE(keeper.ok()) << keeper.error().detail;
    keeper_ = std::move(keeper).value();
  }
  // Loot is what the attacker has who watched both folders, with these cells.
  LootedKeys Loot(const std::vector<RecordedStep>& steps, const KeeperPaths& cells) const {
    Attacker attacker(TestStore(), TestUnsealKey().view());
    attacker.Watch({}, steps, places_.primary().tree());
    attacker.Watch({}, steps, places_.standby().tree());
    return attacker.Loot(cells.CellBytes());
  }

  TempFolder folder_;
  FakeRandom random_{20260710};
  Recorder recorder_{nullptr};
  Disk disk_{&recorder_};
  TwoPlaces places_{folder_.At("vault")};
  std::unique_ptr<KeyKeeper> keeper_;
  ObjectId matter_;
  SlotNumber erased_ = 0;
  SlotNumber beside_ = 0;
  SlotNumber elsewhere_ = 0;
};

}  // namespace vault
