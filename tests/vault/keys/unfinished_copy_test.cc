// A copy whose adding was cut short: it is named until its cells are erased, or it is given up.
#include <gtest/gtest.h>

#include "tests/support/two_places.h"

namespace vault {
namespace {

// GoesAway is a cell that answers so often, and then no more.
class GoesAway final : public ErasureCell {
 public:
  GoesAway(std::unique_ptr<ErasureCell> cell, int answers)
      : cell_(std::move(cell)), answers_(answers) {}
  const CellClass& cell_class() const override { return cell_->cell_class(); }
  Status Write(const CellRecord& record) override {
    if (--answers_ < 0) return Unavailable("away");
    return cell_->Write(record);
  }
  Result<std::optional<CellRecord>> Read(unsigned slot) override {
    if (--answers_ < 0) return Unavailable("away");
    return cell_->Read(slot);
  }
  Status Erase(unsigned slot) override {
    if (--answers_ < 0) return Unavailable("away");
    return cell_->Erase(slot);
  }

 private:
  const std::unique_ptr<ErasureCell> cell_;
  int answers_;
};

class UnfinishedCopy : public KeeperTest {
 protected:
  // Add is an adding whose cell is lost on the way.
  void Add(const KeeperPaths& standby) {
    std::filesystem::create_directories(standby.folder);
    auto place = PlaceOf(disk_, random_, standby);
    ASSERT_TRUE(place.ok()) << place.error().detail;
    // Both slots are asked whether they are free.
    auto cell = std::make_unique<GoesAway>(std::move(place.value().cells[0]), 2);
    place.value().cells[0] = std::move(cell);
    ASSERT_FALSE(keeper_->AddStandby(disk_, std::move(place).value()).ok());
    EXPECT_EQ(StatesOf(*keeper_),
              (std::vector<CopyStanding>{CopyStanding::kPrimary, CopyStanding::kUnfinished}));
  }
  std::vector<std::unique_ptr<ErasureCell>> CellsOf(const KeeperPaths& standby) {
    std::vector<std::unique_ptr<ErasureCell>> cells;
    cells.push_back(OpenFileCell(disk_, standby.cell(0), random_).value());
    return cells;
  }
};

TEST_F(UnfinishedCopy, IsNamedUntilItsCellsAreErasedOrItIsGivenUp) {
  const SlotNumber first = FillDocument(NewObject());
  const SlotNumber second = FillDocument(NewObject());
  const KeeperPaths standby = {folder_.At("standby"), 1};
  Add(standby);
  ASSERT_FALSE(HasFatalFailure());
  // The vault goes on, and says of what it destroys that this copy may still have it.
  auto result = ShredSlots(*keeper_, {first});
  ASSERT_TRUE(result.ok()) << result.error().detail;
  ASSERT_EQ(result.value().copies.size(), 2u);
  EXPECT_EQ(result.value().copies[1].name, "standby 1 (unfinished)");
  EXPECT_FALSE(result.value().copies[1].erased);
  Reopen();
  EXPECT_EQ(keeper_->copies().back().state, CopyStanding::kUnfinished);
  // Another store's cell is not touched.
  const KeeperPaths other = {folder_.At("other"), 1};
  std::filesystem::create_directories(other.folder);
  std::vector<std::unique_ptr<ErasureCell>> foreign;
  foreign.push_back(CreateFileCell(disk_, other.cell(0), random_).value());
  CellRecord record;
  record.cell_count = 1;
  record.store = StoreId(ByteArray<16>{1, 2, 3});
  record.epoch = 7;
  record.secret = EpochSecret::Random(random_);
  ASSERT_TRUE(foreign[0]->Write(record).ok());
  const std::vector<Bytes> before = other.CellBytes();
  EXPECT_EQ(keeper_->UndoUnfinished(std::move(foreign)).error().code, Errc::kConflict);
  EXPECT_EQ(other.CellBytes(), before);
  ASSERT_TRUE(keeper_->UndoUnfinished(CellsOf(standby)).ok());
  EXPECT_EQ(StatesOf(*keeper_), (std::vector<CopyStanding>{CopyStanding::kPrimary}));
  // Given up, it is named for ever.
  const KeeperPaths lost = {folder_.At("lost"), 1};
  Add(lost);
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_TRUE(keeper_->GiveUpUnfinished().ok());
  EXPECT_FALSE(keeper_->GiveUpUnfinished().ok());
  result = ShredSlots(*keeper_, {second});
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result.value().copies.size(), 2u);
  EXPECT_EQ(result.value().copies[1].name, "standby 1 (evicted)");
}

}  // namespace
}  // namespace vault
