// A new U: the old one opens nothing from then on, whatever was kept of the past.
#include <gtest/gtest.h>

#include "tests/support/keeper_world.h"
#include "vault/base/wire.h"

namespace vault {
namespace {

UnsealKey OtherUnsealKey() {
  UnsealKey key;
  for (std::size_t i = 0; i < 32; ++i) key.mutable_view()[i] = static_cast<std::uint8_t>(0x80 + i);
  return key;
}

class Renewal : public KeeperTest {
 protected:
  void SetUp() override {
    KeeperTest::SetUp();
    first_ = FillDocument(NewObject());
    second_ = FillDocument(NewObject());
  }
  LootedKeys LootUnder(const UnsealKey& unseal) const {
    Attacker attacker(TestStore(), unseal.view());
    attacker.Watch({}, recorder_.steps(), paths_.tree());
    return attacker.Loot(paths_.CellBytes());
  }
  Errc OpenError(UnsealKey unseal) {
    keeper_.reset();
    auto keeper = OpenKeeper(disk_, random_, paths_, std::move(unseal));
    EXPECT_FALSE(keeper.ok());
    return keeper.ok() ? Errc::kInvalid : keeper.error().code;
  }

  SlotNumber first_ = 0;
  SlotNumber second_ = 0;
};

TEST_F(Renewal, OldUOpensNothingOfAllThatWasEverWritten) {
  // The control: until then it opens everything.
  const LootedKeys before = LootUnder(TestUnsealKey());
  ASSERT_TRUE(before.contains(first_) && before.contains(second_));
  EXPECT_TRUE(LootUnder(OtherUnsealKey()).empty());
  const std::uint64_t epoch = keeper_->epoch();
  auto renewed = keeper_->RenewUnsealKey(OtherUnsealKey());
  ASSERT_TRUE(renewed.ok()) << renewed.error().detail;
  EXPECT_EQ(renewed.value(), epoch + 1);
  EXPECT_EQ(keeper_->epoch(), epoch + 1);
  // Every byte ever written, today's cells and the old U.
  EXPECT_TRUE(LootUnder(TestUnsealKey()).empty());
  const LootedKeys after = LootUnder(OtherUnsealKey());
  EXPECT_EQ(after.at(first_), before.at(first_));
  EXPECT_EQ(after.at(second_), before.at(second_));
}

TEST_F(Renewal, KeeperGoesOnAndOnlyTheNewUStartsItAgain) {
  ASSERT_TRUE(keeper_->RenewUnsealKey(OtherUnsealKey()).ok());
  EXPECT_TRUE(keeper_->IsUnsealKey(OtherUnsealKey()));
  EXPECT_FALSE(keeper_->IsUnsealKey(TestUnsealKey()));
  const SlotNumber third = FillDocument(NewObject());
  ASSERT_TRUE(ShredSlots(*keeper_, {first_}).ok());
  EXPECT_EQ(OpenError(TestUnsealKey()), Errc::kDenied);
  auto keeper = OpenKeeper(disk_, random_, paths_, OtherUnsealKey());
  ASSERT_TRUE(keeper.ok()) << keeper.error().detail;
  EXPECT_TRUE(IsSpent(*keeper.value(), first_));
  EXPECT_EQ(keeper.value()->Look(second_).value().type, EntryType::kDocument);
  EXPECT_EQ(keeper.value()->Look(third).value().type, EntryType::kDocument);
}

TEST_F(Renewal, WithSeveralCellsAllOfThemTurn) {
  Start(3);
  first_ = FillDocument(NewObject());
  ASSERT_TRUE(keeper_->RenewUnsealKey(OtherUnsealKey()).ok());
  EXPECT_TRUE(LootUnder(TestUnsealKey()).empty());
  EXPECT_TRUE(LootUnder(OtherUnsealKey()).contains(first_));
  EXPECT_EQ(OpenError(TestUnsealKey()), Errc::kDenied);
}

// A copy of the folder from before, under the cells of today.
TEST_F(Renewal, OldBackupUnderTodaysCellOpensWithNeither) {
  const KeeperPaths backup{folder_.At("backup"), paths_.cells};
  keeper_.reset();
  paths_.CopyTo(backup.folder);
  auto keeper = OpenKeeper(disk_, random_, paths_, TestUnsealKey());
  ASSERT_TRUE(keeper.ok());
  ASSERT_TRUE(keeper.value()->RenewUnsealKey(OtherUnsealKey()).ok());
  keeper.value().reset();
  WriteFileBytes(backup.cell(0), ReadFileBytes(paths_.cell(0)));
  Disk disk(nullptr);
  EXPECT_EQ(OpenKeeper(disk, random_, backup, TestUnsealKey()).error().code, Errc::kConflict);
  EXPECT_EQ(OpenKeeper(disk, random_, backup, OtherUnsealKey()).error().code, Errc::kDenied);
}

}  // namespace
}  // namespace vault
