// A copy of the tree that opens with a secret in memory alone, and the epochs that wait for it.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/keeper_world.h"

namespace vault {
namespace {

class ScratchCopy : public KeeperTest {
 protected:
  std::string path() const { return folder_.At("scratch.db"); }
  Result<std::unique_ptr<KeyKeeper>> OpenCopy(ScratchTree& copy) {
    return KeyKeeper::Open(disk_, random_, std::move(copy.options), std::move(copy.unseal));
  }
};

TEST_F(ScratchCopy, HasEveryKeyAndGoesItsOwnWay) {
  const SlotNumber slot = FillDocument(NewObject());
  auto copy = keeper_->CopyToScratch(disk_, path());
  ASSERT_TRUE(copy.ok()) << copy.error().detail;
  {
    const auto opened = OpenCopy(copy.value());
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    EXPECT_EQ(opened.value()->inserts(), keeper_->inserts());
    EXPECT_EQ(opened.value()->Look(slot).value().object, keeper_->Look(slot).value().object);
    // What is destroyed in it lives on in the vault.
    ASSERT_TRUE(opened.value()->Shred(AuditLog::Intent({ItemAt(*opened.value(), slot)})).ok());
    EXPECT_EQ(opened.value()->Look(slot).value().type, EntryType::kEmpty);
  }
  EXPECT_EQ(keeper_->Look(slot).value().type, EntryType::kDocument);
  Reopen();
  EXPECT_EQ(keeper_->Look(slot).value().type, EntryType::kDocument);
}

TEST_F(ScratchCopy, OpensWithNothingOnceItsSecretHasGone) {
  FillDocument(NewObject());
  {
    auto copy = keeper_->CopyToScratch(disk_, path());
    ASSERT_TRUE(copy.ok()) << copy.error().detail;
  }
  KeyKeeperOptions options;
  options.tree_path = path();
  for (unsigned i = 0; i < paths_.cells; ++i) {
    auto cell = OpenFileCell(disk_, paths_.cell(i), random_);
    ASSERT_TRUE(cell.ok());
    options.cells.push_back(std::move(cell).value());
  }
  const auto opened = KeyKeeper::Open(disk_, random_, std::move(options), TestUnsealKey());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Errc::kCorrupt);
}

TEST_F(ScratchCopy, NothingIsDestroyedWhileItCanBeOpened) {
  const SlotNumber slot = FillDocument(NewObject());
  const ShredItem item = ItemAt(*keeper_, slot);
  const std::vector<Bytes> before = paths_.CellBytes();
  auto copy = keeper_->CopyToScratch(disk_, path());
  ASSERT_TRUE(copy.ok()) << copy.error().detail;
  EXPECT_FALSE(copy.value().lease->wanted());
  std::atomic<bool> destroyed = false;
  std::thread destroying([&] {
    EXPECT_TRUE(keeper_->Shred(AuditLog::Intent({item})).ok());
    destroyed = true;
  });
  while (!copy.value().lease->wanted()) std::this_thread::yield();
  // It waits before its first step: no cell has changed, and the copy still opens.
  EXPECT_FALSE(destroyed);
  EXPECT_EQ(paths_.CellBytes(), before);
  {
    const auto opened = OpenCopy(copy.value());
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    EXPECT_EQ(opened.value()->Look(slot).value().type, EntryType::kDocument);
  }
  copy.value().lease.reset();
  destroying.join();
  EXPECT_TRUE(destroyed);
  EXPECT_EQ(keeper_->Look(slot).value().type, EntryType::kEmpty);
}

TEST_F(ScratchCopy, ACopyThatIsCalledOffIsToldAtOnceAndTheNextOneIsNot) {
  // Nobody has one: nothing is remembered.
  keeper_->CallOffScratch();
  auto copy = keeper_->CopyToScratch(disk_, path());
  ASSERT_TRUE(copy.ok()) << copy.error().detail;
  EXPECT_FALSE(copy.value().lease->wanted());
  keeper_->CallOffScratch();
  EXPECT_TRUE(copy.value().lease->wanted());
  copy.value().lease.reset();
  auto next = keeper_->CopyToScratch(disk_, folder_.At("next.db"));
  ASSERT_TRUE(next.ok()) << next.error().detail;
  EXPECT_FALSE(next.value().lease->wanted());
}

}  // namespace
}  // namespace vault
