#include "vault/keys/epoch.h"

#include <gtest/gtest.h>

#include "tests/support/keeper_world.h"

namespace vault {
namespace {

using EpochTest = KeeperTest;

TEST_F(EpochTest, TheAttackerHasNoErasedKeyAndEveryLiveOne) {
  const ObjectId matter = NewObject();
  const SlotNumber erased = FillDocument(matter);
  const SlotNumber beside = FillDocument(matter);
  const SlotNumber elsewhere = FillDocument(NewObject());
  const LootedKeys before = Loot();
  // The control: an attacker who could not read a live key would prove nothing.
  ASSERT_EQ(before.at(erased).size(), 1u);
  ASSERT_EQ(before.at(beside).size(), 1u);

  auto result = ShredSlots(*keeper_, {erased});
  ASSERT_TRUE(result.ok()) << result.error().detail;
  EXPECT_EQ(result.value().epoch, 2u);
  ASSERT_EQ(result.value().erased.size(), 1u);
  EXPECT_EQ(result.value().erased[0].slot, erased);

  const LootedKeys after = Loot();
  EXPECT_FALSE(after.contains(erased));
  EXPECT_EQ(after.at(beside), before.at(beside));
  EXPECT_EQ(after.at(elsewhere), before.at(elsewhere));
  EXPECT_TRUE(IsSpent(*keeper_, erased));
}

}  // namespace
}  // namespace vault
