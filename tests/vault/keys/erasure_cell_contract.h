// The contract of ErasureCell: promises that every kind of cell keeps. A test program includes this
// once and instantiates ErasureCellContract over its benches.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/keeper_world.h"
#include "vault/keys/cell_record.h"
#include "vault/keys/erasure_cell.h"
#include "vault/keys/root_secret.h"

namespace vault {

// CellBench holds the medium of one cell of one kind.
class CellBench {
 public:
  virtual ~CellBench() = default;
  virtual Result<std::unique_ptr<ErasureCell>> Create(Disk& disk, RandomSource& random) = 0;
  virtual Result<std::unique_ptr<ErasureCell>> Open(Disk& disk, RandomSource& random) = 0;
  // Medium is every byte that somebody finds who takes the medium away now.
  virtual std::string Medium() = 0;
  // Stored is how a record that stands in the cell lies on the medium: all of its slot's bytes.
  virtual std::string Stored(const CellRecord& record) = 0;
  // PutBack makes the medium hold these bytes; false: this medium cannot be written around its
  // cell.
  virtual bool PutBack(const std::string& medium) = 0;
  // Vanish takes the medium away.
  virtual void Vanish() = 0;
  virtual std::string expected_class() const = 0;
};

// NamedBench makes one bench for each test.
struct NamedBench {
  std::string name;
  std::function<std::unique_ptr<CellBench>()> make;
};
inline void PrintTo(const NamedBench& bench, std::ostream* out) { *out << bench.name; }
inline std::string NameOfBench(const ::testing::TestParamInfo<NamedBench>& info) {
  return info.param.name;
}

inline CellRecord ContractRecord(std::uint64_t epoch, std::uint8_t seed) {
  CellRecord record;
  record.cell_index = 0;
  record.cell_count = 1;
  record.store = TestStore();
  record.epoch = epoch;
  FakeRandom random(seed);
  random.Fill(record.secret.mutable_view());
  return record;
}

// PiecesLeft counts the 16-byte pieces of `old` that stand anywhere in `medium`.
inline std::size_t PiecesLeft(const std::string& medium, const std::string& old) {
  constexpr std::size_t kPiece = 16;
  // In a large medium a slot's pieces keep their alignment.
  const std::size_t step = medium.size() > 100'000 ? kPiece : 1;
  std::set<std::string_view> there;
  for (std::size_t at = 0; at + kPiece <= medium.size(); at += step) {
    there.insert(std::string_view(medium).substr(at, kPiece));
  }
  std::size_t left = 0;
  for (std::size_t at = 0; at + kPiece <= old.size(); at += kPiece) {
    left += there.contains(std::string_view(old).substr(at, kPiece)) ? 1 : 0;
  }
  return left;
}

class ErasureCellContract : public ::testing::TestWithParam<NamedBench> {
 protected:
  void SetUp() override {
    bench_ = GetParam().make();
    auto cell = bench_->Create(disk_, random_);
    ASSERT_TRUE(cell.ok()) << cell.error().detail;
    cell_ = std::move(cell).value();
  }
  void Reopen() {
    cell_.reset();
    auto cell = bench_->Open(disk_, random_);
    ASSERT_TRUE(cell.ok()) << cell.error().detail;
    cell_ = std::move(cell).value();
  }
  void Write(const CellRecord& record) {
    const Status written = cell_->Write(record);
    ASSERT_TRUE(written.ok()) << written.error().detail;
  }
  void Erase(unsigned slot) {
    const Status erased = cell_->Erase(slot);
    ASSERT_TRUE(erased.ok()) << erased.error().detail;
  }
  void ExpectEmpty(unsigned slot) {
    auto record = cell_->Read(slot);
    ASSERT_TRUE(record.ok()) << record.error().detail;
    EXPECT_FALSE(record.value().has_value()) << "slot " << slot;
  }
  void ExpectHolds(const CellRecord& wanted) {
    auto record = cell_->Read(wanted.epoch & 1);
    ASSERT_TRUE(record.ok()) << record.error().detail;
    ASSERT_TRUE(record.value().has_value()) << "epoch " << wanted.epoch;
    EXPECT_TRUE(EncodeCellRecord(*record.value()).EqualTo(EncodeCellRecord(wanted).view()));
  }
  // Secret is a root's secret over this cell alone; `store` is what it takes the cell for.
  std::unique_ptr<RootSecret> SecretOf(const StoreId& store) {
    std::vector<std::unique_ptr<ErasureCell>> cells;
    auto cell = bench_->Open(disk_, random_);
    CHECK(cell.ok());
    cells.push_back(std::move(cell).value());
    return std::make_unique<RootSecret>(random_, TestUnsealKey(), store, std::move(cells));
  }

  TempFolder folder_;
  FakeRandom random_{7};
  Disk disk_{nullptr};
  std::unique_ptr<CellBench> bench_;
  std::unique_ptr<ErasureCell> cell_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ErasureCellContract);

TEST_P(ErasureCellContract, SaysWhatItIsAndWhy) {
  EXPECT_EQ(cell_->cell_class().name, bench_->expected_class());
  EXPECT_FALSE(cell_->cell_class().reason.empty());
  Reopen();
  EXPECT_EQ(cell_->cell_class().name, bench_->expected_class());
}

TEST_P(ErasureCellContract, HoldsNothingWhenItIsNew) {
  ExpectEmpty(0);
  ExpectEmpty(1);
  Reopen();
  ExpectEmpty(0);
  ExpectEmpty(1);
}

TEST_P(ErasureCellContract, KeepsTwoEpochsInTheSlotsOfTheirParity) {
  Write(ContractRecord(6, 1));
  ExpectEmpty(1);
  Write(ContractRecord(7, 2));
  ExpectHolds(ContractRecord(6, 1));
  ExpectHolds(ContractRecord(7, 2));
}

TEST_P(ErasureCellContract, GivesBackStoreAndPlaceAsTheyWereWritten) {
  CellRecord record = ContractRecord(0x0102030405060708, 3);
  record.cell_index = 4;
  record.cell_count = 200;
  record.store = StoreId(ByteArray<16>{1, 2, 3});
  Write(record);
  ExpectHolds(record);
}

TEST_P(ErasureCellContract, ReopensWithWhatItHeld) {
  Write(ContractRecord(2, 1));
  Write(ContractRecord(3, 2));
  Erase(0);
  Reopen();
  ExpectEmpty(0);
  ExpectHolds(ContractRecord(3, 2));
}

TEST_P(ErasureCellContract, ANewEpochLeavesNothingOfTheOneItReplaces) {
  const CellRecord old = ContractRecord(2, 1);
  Write(old);
  const std::string stored = bench_->Stored(old);
  ASSERT_EQ(PiecesLeft(bench_->Medium(), stored), stored.size() / 16);
  const CellRecord next = ContractRecord(4, 2);
  Write(next);
  ExpectHolds(next);
  const std::string secret(AsText(old.secret.view()));
  EXPECT_EQ(bench_->Medium().find(secret), std::string::npos);
  EXPECT_EQ(bench_->Medium().find(secret.substr(0, 16)), std::string::npos);
}

TEST_P(ErasureCellContract, ErasedBytesAreGoneFromTheMedium) {
  const CellRecord even = ContractRecord(4, 1);
  const CellRecord odd = ContractRecord(5, 2);
  Write(even);
  Write(odd);
  const std::string stored = bench_->Stored(even);
  ASSERT_GE(stored.size(), kCellRecordSize);
  ASSERT_EQ(PiecesLeft(bench_->Medium(), stored), stored.size() / 16);
  Erase(0);
  ExpectEmpty(0);
  ExpectHolds(odd);
  const std::string after = bench_->Medium();
  EXPECT_EQ(after.find(std::string(AsText(even.secret.view().first(8)))), std::string::npos);
  // The other slot's record begins with the same words; nothing else may be the same.
  EXPECT_LE(PiecesLeft(after, stored), 1U);
}

TEST_P(ErasureCellContract, ErasingTwiceIsNoFault) {
  Write(ContractRecord(8, 1));
  Erase(0);
  Erase(0);
  Erase(1);
  ExpectEmpty(0);
  ExpectEmpty(1);
  Write(ContractRecord(8, 5));
  ExpectHolds(ContractRecord(8, 5));
}

TEST_P(ErasureCellContract, IsNotMadeOverAnother) {
  Write(ContractRecord(2, 1));
  auto again = bench_->Create(disk_, random_);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Errc::kConflict) << again.error().detail;
  ExpectHolds(ContractRecord(2, 1));
}

TEST_P(ErasureCellContract, ATornWriteIsNeverAnotherRecord) {
  const CellRecord old = ContractRecord(2, 1);
  const CellRecord next = ContractRecord(4, 2);
  Write(old);
  const std::string before = bench_->Medium();
  Write(next);
  const std::string after = bench_->Medium();
  ASSERT_EQ(before.size(), after.size());
  if (!bench_->PutBack(after)) return;  // a chip or a custodian writes a slot whole or says so
  std::size_t first = 0;
  while (first < after.size() && before[first] == after[first]) ++first;
  std::size_t last = after.size();
  while (last > first && before[last - 1] == after[last - 1]) --last;
  // Stopped at any byte of what was changed; in a large slot, at some.
  const std::size_t step = (last - first) / 97 + 1;
  for (std::size_t cut = first + 1; cut < last; cut += step) {
    ASSERT_TRUE(bench_->PutBack(after.substr(0, cut) + before.substr(cut)));
    ExpectEmpty(0);
  }
  ASSERT_TRUE(bench_->PutBack(before));
  ExpectHolds(old);
}

TEST_P(ErasureCellContract, AnotherStoresCellIsRefused) {
  Write(ContractRecord(2, 1));
  auto epochs = SecretOf(StoreId(ByteArray<16>{9, 9}))->Epochs();
  ASSERT_FALSE(epochs.ok());
  EXPECT_EQ(epochs.error().code, Errc::kConflict);
  auto own = SecretOf(TestStore())->Epochs();
  ASSERT_TRUE(own.ok());
  EXPECT_EQ(own.value(), std::vector<std::uint64_t>{2});
}

TEST_P(ErasureCellContract, ACellOfAnotherPlaceIsRefused) {
  CellRecord record = ContractRecord(2, 1);
  record.cell_index = 1;
  record.cell_count = 2;
  Write(record);
  auto epochs = SecretOf(TestStore())->Epochs();
  ASSERT_FALSE(epochs.ok());
  EXPECT_EQ(epochs.error().code, Errc::kConflict);
}

TEST_P(ErasureCellContract, CarriesAKeyTreeThroughItsEpochs) {
  KeyKeeperOptions options;
  options.tree_path = folder_.At("keys.db");
  options.cells.push_back(std::move(cell_));
  auto made = KeyKeeper::Create(disk_, random_, std::move(options), TestUnsealKey(), TestStore());
  ASSERT_TRUE(made.ok()) << made.error().detail;
  std::unique_ptr<KeyKeeper> keeper = std::move(made).value();
  EXPECT_EQ(keeper->cell_classes(), std::vector<std::string>{bench_->expected_class()});
  const auto group = random_.NewId<ObjectId>();
  auto first = FillOne(*keeper, group, DocumentEntry(random_.NewId<ObjectId>(), 1));
  auto second = FillOne(*keeper, group, DocumentEntry(random_.NewId<ObjectId>(), 1));
  ASSERT_TRUE(first.ok() && second.ok());
  auto shred = ShredSlots(*keeper, {first.value()});
  ASSERT_TRUE(shred.ok()) << shred.error().detail;
  EXPECT_EQ(shred.value().epoch, 2U);
  keeper.reset();
  auto cell = bench_->Open(disk_, random_);
  ASSERT_TRUE(cell.ok());
  KeyKeeperOptions again;
  again.tree_path = folder_.At("keys.db");
  again.cells.push_back(std::move(cell).value());
  auto opened = KeyKeeper::Open(disk_, random_, std::move(again), TestUnsealKey());
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  EXPECT_EQ(opened.value()->epoch(), 2U);
  EXPECT_TRUE(IsSpent(*opened.value(), first.value()));
  EXPECT_FALSE(IsSpent(*opened.value(), second.value()));
}

TEST_P(ErasureCellContract, WithoutItsMediumNothingSucceeds) {
  Write(ContractRecord(2, 1));
  bench_->Vanish();
  EXPECT_FALSE(cell_->Write(ContractRecord(3, 2)).ok());
  EXPECT_FALSE(cell_->Erase(0).ok());
  EXPECT_FALSE(cell_->Read(0).ok());
  EXPECT_FALSE(bench_->Open(disk_, random_).ok());
}

}  // namespace vault
