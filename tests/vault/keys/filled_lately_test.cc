#include "vault/keys/filled_lately.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "tests/support/keeper_world.h"
#include "vault/base/wire.h"
#include "vault/store/database.h"

namespace vault {
namespace {

class FilledLately : public KeeperTest {
 protected:
  std::optional<std::vector<SlotNumber>> Since(std::uint64_t inserts) {
    auto slots = keeper_->FilledSince(inserts);
    CHECK(slots.ok());
    return std::move(slots).value();
  }
  bool Lists(std::uint64_t inserts, SlotNumber slot) {
    const auto slots = Since(inserts);
    return slots && std::find(slots->begin(), slots->end(), slot) != slots->end();
  }
  // FillTogether fills one slot of each of so many groups, in one commit.
  void FillTogether(std::size_t groups) {
    std::vector<SlotReservation> slots;
    for (std::size_t i = 0; i < groups; ++i) {
      auto slot = keeper_->Reserve(NewObject());
      ASSERT_TRUE(slot.ok());
      slots.push_back(std::move(slot).value());
    }
    std::vector<KeyKeeper::Filling> fillings;
    for (SlotReservation& slot : slots) {
      fillings.push_back({&slot, DocumentEntry(NewObject(), 1)});
    }
    ASSERT_TRUE(keeper_->Fill(fillings).ok());
  }
  // Stored gives the bytes of the list, and Store puts others in their place, while nobody has the
  // tree open.
  Bytes Stored() {
    keeper_.reset();
    auto database = Database::Open(disk_, paths_.tree(), std::nullopt, DatabaseMode::kReader);
    CHECK(database.ok());
    Statement query = database.value()->Prepare("SELECT value FROM meta WHERE key='lately'");
    CHECK(query.Step().value());
    return query.Blob(0);
  }
  void Store(const Bytes& bytes) {
    keeper_.reset();
    auto database = Database::Open(disk_, paths_.tree(), std::nullopt, DatabaseMode::kWriter);
    CHECK(database.ok());
    CHECK(database.value()
              ->Prepare("UPDATE meta SET value=? WHERE key='lately'")
              .Bind(bytes)
              .Run()
              .ok());
  }
};

TEST_F(FilledLately, ListsEverySlotSinceACountThatIsNotLongAgo) {
  const ObjectId matter = NewObject();
  for (std::uint64_t i = 0; i < kMostLately + 6; ++i) {
    const SlotNumber slot = FillDocument(matter);
    ASSERT_TRUE(Lists(i, slot)) << i;
    ASSERT_LE(Since(i)->size(), kMostLately);
  }
  EXPECT_FALSE(Since(0).has_value());
  EXPECT_TRUE(Since(keeper_->inserts()).has_value());
  Reopen();
  EXPECT_FALSE(Since(0).has_value());
  EXPECT_EQ(Since(keeper_->inserts() - 1)->size(), 6u);
}

TEST_F(FilledLately, ListsTheWholeOfALargeFilling) {
  FillDocument(NewObject());
  FillTogether(kMostLately + 10);
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_FALSE(Since(0).has_value());
  EXPECT_EQ(Since(1)->size(), kMostLately + 10);
  const SlotNumber next = FillDocument(NewObject());
  EXPECT_EQ(Since(keeper_->inserts() - 1), std::vector<SlotNumber>{next});
}

TEST_F(FilledLately, DoesNotTellInWhichOrderTheyWereFilled) {
  auto first = keeper_->Reserve(NewObject());
  auto second = keeper_->Reserve(NewObject());
  ASSERT_TRUE(first.ok() && second.ok());
  const SlotNumber low = first.value().slot();
  const SlotNumber high = second.value().slot();
  ASSERT_LT(low, high);
  for (SlotReservation* slot : {&second.value(), &first.value()}) {
    const KeyKeeper::Filling filling{slot, DocumentEntry(NewObject(), 1)};
    ASSERT_TRUE(keeper_->Fill({&filling, 1}).ok());
  }
  EXPECT_EQ(Stored(), WireWriter().U64(0).U32(low).U32(high).bytes());
}

TEST_F(FilledLately, IsBelievedOnlyAsFarAsItFitsTheCount) {
  const ObjectId matter = NewObject();
  FillDocument(matter);
  FillDocument(matter);
  const Bytes whole = Stored();
  const Bytes shorter(whole.begin(), whole.end() - 4);
  const Bytes torn(whole.begin(), whole.end() - 1);
  Bytes longer = whole;
  longer.insert(longer.end(), 4, 0);
  for (const Bytes& wrong : {shorter, torn, longer, Bytes(3, 0)}) {
    Store(wrong);
    Reopen();
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_FALSE(Since(2).has_value()) << wrong.size();
  }
  // It begins anew with what is filled next.
  const SlotNumber slot = FillDocument(matter);
  EXPECT_EQ(Since(2), std::vector<SlotNumber>{slot});
  EXPECT_FALSE(Since(1).has_value());
}

TEST_F(FilledLately, StaysWhenKeysAreDestroyed) {
  const ObjectId matter = NewObject();
  const SlotNumber erased = FillDocument(matter);
  const SlotNumber live = FillDocument(matter);
  ASSERT_TRUE(ShredSlots(*keeper_, {erased}).ok());
  Reopen();
  EXPECT_EQ(Since(0), (std::vector<SlotNumber>{erased, live}));
}

// A leaf for each matter: what a start has to read is told by what was filled since, not by how
// much there is.
TEST_F(FilledLately, IsLookedAtWithAHandfulOfNodesHoweverLargeTheTreeIs) {
  constexpr std::size_t kMatters = 150;
  FillTogether(kMatters);
  ASSERT_FALSE(HasFatalFailure());
  FillDocument(NewObject());
  Reopen();
  const std::uint64_t before = keeper_->nodes_read();
  const auto slots = Since(kMatters);
  ASSERT_TRUE(slots.has_value());
  for (const SlotNumber slot : *slots) {
    EXPECT_EQ(keeper_->Look(slot).value().type, EntryType::kDocument);
  }
  EXPECT_LE(keeper_->nodes_read() - before, 4u);
  const std::uint64_t looked = keeper_->nodes_read();
  ASSERT_TRUE(keeper_->Scan([](SlotNumber, const SlotEntry&) { return Ok(); }).ok());
  EXPECT_GE(keeper_->nodes_read() - looked, kMatters);
}

}  // namespace
}  // namespace vault
