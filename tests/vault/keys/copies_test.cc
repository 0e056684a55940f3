// A standby copy of the tree: what it holds after every commit and every loss.
#include <gtest/gtest.h>

#include "tests/support/two_places.h"

namespace vault {
namespace {

TEST_F(CopiesTest, AStandbyHasTheSameTreeUnderASecretOfItsOwn) {
  EXPECT_EQ(ReadFileBytes(places_.standby().tree()), ReadFileBytes(places_.primary().tree()));
  EXPECT_EQ(ReadFileBytes(places_.standby().tree() + "-wal"),
            ReadFileBytes(places_.primary().tree() + "-wal"));
  EXPECT_NE(places_.standby().CellBytes(), places_.primary().CellBytes());
  EXPECT_EQ(keeper_->epoch(), 2u);
  EXPECT_EQ(StatesOf(*keeper_),
            (std::vector<CopyStanding>{CopyStanding::kPrimary, CopyStanding::kStandby}));
  // Either cell opens everything, and neither folder opens without its own.
  const auto steps = recorder_.steps();
  const LootedKeys by_primary = Loot(steps, places_.primary());
  EXPECT_EQ(by_primary.size(), 6u);
  EXPECT_EQ(Loot(steps, places_.standby()), by_primary);
}

TEST_F(CopiesTest, ADestructionIsProvedOnBothCopies) {
  auto result = ShredSlots(*keeper_, {erased_});
  ASSERT_TRUE(result.ok()) << result.error().detail;
  EXPECT_EQ(result.value().epoch, 3u);
  EXPECT_EQ(result.value().copies_erased, 2u);
  EXPECT_EQ(result.value().copies_known, 2u);
  ASSERT_EQ(result.value().copies.size(), 2u);
  EXPECT_EQ(result.value().copies[0].name, "primary");
  EXPECT_EQ(result.value().copies[1].name, "standby 1");
  EXPECT_EQ(result.value().copies[1].cell_classes, std::vector<std::string>{"file"});
  for (const KeeperPaths& cells : {places_.primary(), places_.standby()}) {
    const LootedKeys loot = Loot(recorder_.steps(), cells);
    EXPECT_FALSE(loot.contains(erased_));
    EXPECT_TRUE(loot.contains(beside_));
    EXPECT_TRUE(loot.contains(elsewhere_));
  }
}

// The attacker is no straw man: one cell that was not erased opens what was destroyed.
TEST_F(CopiesTest, TheStandbysOldCellWouldOpenWhatWasDestroyed) {
  const std::vector<Bytes> before = places_.standby().CellBytes();
  ASSERT_TRUE(ShredSlots(*keeper_, {erased_}).ok());
  Attacker attacker(TestStore(), TestUnsealKey().view());
  attacker.Watch({}, recorder_.steps(), places_.standby().tree());
  EXPECT_TRUE(attacker.Loot(before).contains(erased_));
  EXPECT_FALSE(attacker.Loot(places_.standby().CellBytes()).contains(erased_));
}

TEST_F(CopiesTest, BothSurviveARestartAndGoOnTogether) {
  Reopen();
  ASSERT_TRUE(ShredSlots(*keeper_, {erased_}).ok());
  Reopen();
  FillDocument(*keeper_);
  EXPECT_TRUE(IsSpent(*keeper_, erased_));
  EXPECT_EQ(ReadFileBytes(places_.standby().tree()), ReadFileBytes(places_.primary().tree()));
}

TEST_F(CopiesTest, WithoutItsStandbyAVaultIsReadAndNothingIsFiledChangedOrDestroyed) {
  keeper_.reset();
  auto opened = OpenKeeper(disk_, random_, places_.primary(), TestUnsealKey());
  ASSERT_TRUE(opened.ok());
  KeyKeeper& keeper = *opened.value();
  const std::string tree = ReadFileBytes(places_.primary().tree());
  EXPECT_EQ(keeper.Look(erased_).value().type, EntryType::kDocument);
  EXPECT_EQ(keeper.Whole().error().code, Errc::kUnavailable);
  EXPECT_EQ(keeper.Reserve(matter_).error().code, Errc::kUnavailable);
  EXPECT_EQ(
      keeper.SetHold(std::vector<SlotNumber>{erased_}, KeyKeeper::HoldBit::kHold).error().code,
      Errc::kUnavailable);
  EXPECT_EQ(ShredSlots(keeper, {erased_}).error().code, Errc::kUnavailable);
  EXPECT_EQ(keeper.epoch(), 2u);
  EXPECT_EQ(ReadFileBytes(places_.primary().tree()), tree);
}

TEST_F(CopiesTest, AStandbyThatWasAwayIsBroughtUpAgain) {
  keeper_.reset();
  const TwoPlaces old{folder_.At("old")};
  places_.CopyTo(old);
  {
    auto keeper = OpenBoth(disk_, random_, places_);
    ASSERT_TRUE(keeper.ok());
    FillDocument(*keeper.value());
  }
  // An older state of the standby's folder; its cell is as it is.
  std::filesystem::copy_file(old.standby().tree(), places_.standby().tree(),
                             std::filesystem::copy_options::overwrite_existing);
  Reopen();
  EXPECT_EQ(ReadFileBytes(places_.standby().tree()), ReadFileBytes(places_.primary().tree()));
  // A tree that was lost altogether.
  keeper_.reset();
  std::filesystem::remove(places_.standby().tree());
  Reopen();
  EXPECT_EQ(ReadFileBytes(places_.standby().tree()), ReadFileBytes(places_.primary().tree()));
}

TEST_F(CopiesTest, AnOldCellOfTheStandbyIsNotAttached) {
  keeper_.reset();
  const std::string cell = ReadFileBytes(places_.standby().cell(0));
  Reopen();
  ASSERT_TRUE(ShredSlots(*keeper_, {erased_}).ok());
  keeper_.reset();
  WriteFileBytes(places_.standby().cell(0), cell);
  const std::string tree = ReadFileBytes(places_.standby().tree());
  auto opened = OpenBoth(disk_, random_, places_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Errc::kUnavailable);
  EXPECT_NE(opened.error().detail.find("older"), std::string::npos);
  EXPECT_EQ(ReadFileBytes(places_.standby().tree()), tree);
}

// The whole primary put back, tree and cell, is what no primary can notice by itself.
TEST_F(CopiesTest, AnOldPrimaryIsFoundOutByItsStandbyAndDestroysNothingThere) {
  keeper_.reset();
  const TwoPlaces old{folder_.At("old")};
  places_.CopyTo(old);
  Reopen();
  ASSERT_TRUE(ShredSlots(*keeper_, {erased_}).ok());
  keeper_.reset();
  std::filesystem::remove_all(places_.primary().folder);
  old.primary().CopyTo(places_.primary().folder);
  const std::string tree = ReadFileBytes(places_.standby().tree());
  auto opened = OpenBoth(disk_, random_, places_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Errc::kConflict);
  EXPECT_NE(opened.error().detail.find("older than its standby"), std::string::npos);
  EXPECT_EQ(ReadFileBytes(places_.standby().tree()), tree);
  auto promoted = PromoteStandby(disk_, random_, places_, 1);
  ASSERT_TRUE(promoted.ok()) << promoted.error().detail;
  EXPECT_TRUE(IsSpent(*promoted.value(), erased_));
}

TEST_F(CopiesTest, APromotedStandbyIsAVaultAndTheOldPrimarysCellOpensItNoMore) {
  ASSERT_TRUE(ShredSlots(*keeper_, {erased_}).ok());
  keeper_.reset();
  // The standby is no primary before.
  {
    KeyKeeperOptions options;
    options.tree_path = places_.standby().tree();
    options.copy = 1;
    options.cells.push_back(OpenFileCell(disk_, places_.standby().cell(0), random_).value());
    auto opened = KeyKeeper::Open(disk_, random_, std::move(options), TestUnsealKey());
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Errc::kConflict);
  }
  for (int time = 0; time < 2; ++time) {
    auto promoted = PromoteStandby(disk_, random_, places_, 1);
    ASSERT_TRUE(promoted.ok()) << promoted.error().detail;
    EXPECT_EQ(promoted.value()->epoch(), 4u);
    EXPECT_EQ(StatesOf(*promoted.value()),
              (std::vector<CopyStanding>{CopyStanding::kLeftBehind, CopyStanding::kPrimary}));
  }
  // The old primary comes back beside it.
  auto old = OpenBoth(disk_, random_, places_);
  ASSERT_FALSE(old.ok());
  EXPECT_EQ(old.error().code, Errc::kConflict);

  auto promoted = PromoteStandby(disk_, random_, places_, 1);
  ASSERT_TRUE(promoted.ok());
  auto result = ShredSlots(*promoted.value(), {beside_});
  ASSERT_TRUE(result.ok()) << result.error().detail;
  // What the old primary's cell still opens is said.
  EXPECT_EQ(result.value().copies_erased, 1u);
  EXPECT_EQ(result.value().copies_known, 2u);
  ASSERT_EQ(result.value().copies.size(), 2u);
  EXPECT_EQ(result.value().copies[0].name, "primary");
  EXPECT_TRUE(result.value().copies[0].erased);
  EXPECT_EQ(result.value().copies[1].name, "copy 0 (the primary before a promotion)");
  EXPECT_FALSE(result.value().copies[1].erased);
  const SlotNumber later = FillDocument(*promoted.value());
  promoted.value().reset();
  const LootedKeys loot = Loot(recorder_.steps(), places_.standby());
  EXPECT_FALSE(loot.contains(beside_));
  EXPECT_TRUE(loot.contains(later));
  const LootedKeys by_old = Loot(recorder_.steps(), places_.primary());
  EXPECT_TRUE(by_old.contains(beside_));
  EXPECT_FALSE(by_old.contains(later));
}

TEST_F(CopiesTest, AnEvictedStandbyIsNamedByEveryLaterDestruction) {
  EXPECT_EQ(keeper_->EvictStandby().error().code, Errc::kConflict);
  keeper_.reset();
  auto opened = OpenKeeper(disk_, random_, places_.primary(), TestUnsealKey());
  ASSERT_TRUE(opened.ok());
  keeper_ = std::move(opened).value();
  ASSERT_TRUE(keeper_->EvictStandby().ok());
  EXPECT_TRUE(keeper_->Whole().ok());
  auto result = ShredSlots(*keeper_, {erased_});
  ASSERT_TRUE(result.ok()) << result.error().detail;
  EXPECT_EQ(result.value().copies_erased, 1u);
  EXPECT_EQ(result.value().copies_known, 2u);
  EXPECT_EQ(result.value().copies[1].name, "standby 1 (evicted)");
  EXPECT_FALSE(result.value().copies[1].erased);
  // It keeps what it had, and gets nothing any more.
  const SlotNumber later = FillDocument(*keeper_);
  const LootedKeys loot = Loot(recorder_.steps(), places_.standby());
  EXPECT_TRUE(loot.contains(erased_));
  EXPECT_FALSE(loot.contains(later));
  // Another one can be added, with a number of its own.
  auto place = PlaceOf(disk_, random_, {folder_.At("third"), 1});
  ASSERT_FALSE(place.ok());
  std::filesystem::create_directories(folder_.At("third"));
  place = PlaceOf(disk_, random_, {folder_.At("third"), 1});
  ASSERT_TRUE(place.ok());
  ASSERT_TRUE(keeper_->AddStandby(disk_, std::move(place).value()).ok());
  ASSERT_EQ(keeper_->copies().size(), 3u);
  EXPECT_EQ(keeper_->copies()[2].number, 2);
  EXPECT_EQ(keeper_->copies()[2].folder, folder_.At("third"));
}

// No leaf is touched, and none has an entry that could be looked at: the new roots stand alone.
TEST_F(CopiesTest, ACopyIsGivenUpAndAddedWhereNoKeyLives) {
  ASSERT_TRUE(ShredSlots(*keeper_, {erased_, beside_, elsewhere_}).ok());
  keeper_.reset();
  auto opened = OpenKeeper(disk_, random_, places_.primary(), TestUnsealKey());
  ASSERT_TRUE(opened.ok());
  keeper_ = std::move(opened).value();
  ASSERT_TRUE(keeper_->EvictStandby().ok());
  std::filesystem::create_directories(folder_.At("third"));
  auto place = PlaceOf(disk_, random_, {folder_.At("third"), 1});
  ASSERT_TRUE(place.ok());
  const Status added = keeper_->AddStandby(disk_, std::move(place).value());
  ASSERT_TRUE(added.ok()) << added.error().detail;
  EXPECT_TRUE(keeper_->Whole().ok());
  for (const SlotNumber slot : {erased_, beside_, elsewhere_}) {
    EXPECT_TRUE(IsSpent(*keeper_, slot));
  }
}

TEST_F(CopiesTest, AListOfCopiesThatWasChangedOrPutBackStopsTheStart) {
  const auto list = [&](const std::optional<Bytes>& put) {
    keeper_.reset();
    Disk disk(nullptr);
    auto database =
        Database::Open(disk, places_.primary().tree(), std::nullopt, DatabaseMode::kWriter);
    CHECK(database.ok());
    Bytes before;
    {
      Statement read = database.value()->Prepare("SELECT value FROM meta WHERE key='copies'");
      CHECK(read.Step().value());
      before = read.Blob(0);
    }
    if (put.has_value()) {
      CHECK(database.value()
                ->Prepare("UPDATE meta SET value=? WHERE key='copies'")
                .Bind(*put)
                .Run()
                .ok());
    }
    return before;
  };
  const Bytes old = list(std::nullopt);
  Reopen();
  ASSERT_TRUE(ShredSlots(*keeper_, {erased_}).ok());
  const Bytes now = list(old);
  EXPECT_EQ(OpenKeeper(disk_, random_, places_.primary(), TestUnsealKey()).error().code,
            Errc::kCorrupt);
  Bytes changed = now;
  changed[1] ^= 1;
  list(changed);
  EXPECT_EQ(OpenKeeper(disk_, random_, places_.primary(), TestUnsealKey()).error().code,
            Errc::kCorrupt);
  list(now);
  Reopen();
}

}  // namespace
}  // namespace vault
