#include "vault/keys/epoch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>

#include "tests/support/child_process.h"
#include "tests/support/keeper_world.h"

namespace vault {
namespace {

// ScriptedRandom is a source in which single draws of 32 bytes, counted from 1, come out as a test
// wants: the two mistakes below are made with it, in the real code.
class ScriptedRandom final : public RandomSource {
 public:
  explicit ScriptedRandom(RandomSource& random) : random_(random) {}
  void Say(int draw, Bytes bytes) { script_[draw + draws_] = std::move(bytes); }

  void Fill(MutableByteView out) override {
    random_.Fill(out);
    if (out.size() != 32) return;
    const auto found = script_.find(++draws_);
    if (found != script_.end()) std::copy(found->second.begin(), found->second.end(), out.begin());
  }

 private:
  RandomSource& random_;
  int draws_ = 0;
  std::map<int, Bytes> script_;
};

class EpochTest : public KeeperTest {
 protected:
  std::string NodeBytes(std::int64_t row) {
    auto database = Database::Open(disk_, paths_.tree(), std::nullopt, DatabaseMode::kReader);
    CHECK(database.ok());
    auto sealed = KeyTree::ReadSealed(*database.value(), row);
    CHECK(sealed.ok());
    return ToString(sealed.value());
  }
  std::int64_t CountOpenLeaves() {
    auto database = Database::Open(disk_, paths_.tree(), std::nullopt, DatabaseMode::kReader);
    CHECK(database.ok());
    Statement count = database.value()->Prepare("SELECT COUNT(*) FROM open_leaf");
    CHECK(count.Step().ok());
    return count.Int(0);
  }
};

TEST_F(EpochTest, SaysOnWhichCopiesTheDestructionWasProved) {
  const SlotNumber slot = FillDocument(NewObject());
  const ShredItem item = ItemAt(*keeper_, slot);
  for (int time = 0; time < 2; ++time) {
    auto result = keeper_->Shred(AuditLog::Intent({item}));
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result.value().copies_erased, 1u);
    EXPECT_EQ(result.value().copies_known, 1u);
    ASSERT_EQ(result.value().copies.size(), 1u);
    EXPECT_EQ(result.value().copies[0].name, "primary");
    EXPECT_EQ(result.value().copies[0].cell_classes, std::vector<std::string>{"file"});
    EXPECT_TRUE(result.value().copies[0].erased);
  }
}

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

TEST_F(EpochTest, OnlyTheErasedCellStandsBetweenTheAttackerAndTheKey) {
  const SlotNumber erased = FillDocument(NewObject());
  const auto old_cells = paths_.CellBytes();
  ASSERT_TRUE(ShredSlots(*keeper_, {erased}).ok());
  EXPECT_FALSE(Loot().contains(erased));
  EXPECT_TRUE(LootWith(old_cells).contains(erased));
}

TEST_F(EpochTest, OneErasedCellOfSeveralIsEnough) {
  Start(3);
  const SlotNumber erased = FillDocument(NewObject());
  const auto old_cells = paths_.CellBytes();
  ASSERT_TRUE(ShredSlots(*keeper_, {erased}).ok());
  EXPECT_TRUE(LootWith(old_cells).contains(erased));
  for (unsigned honest = 0; honest < 3; ++honest) {
    auto cells = old_cells;
    cells[honest] = paths_.CellBytes()[honest];
    EXPECT_FALSE(LootWith(cells).contains(erased)) << "cell " << honest;
  }
  Reopen();
  EXPECT_TRUE(IsSpent(*keeper_, erased));
}

TEST_F(EpochTest, ManyEpochsInARowLeaveNothingBehind) {
  std::deque<SlotNumber> live;
  std::vector<SlotNumber> erased;
  const std::vector<ObjectId> matters = {NewObject(), NewObject(), NewObject()};
  for (unsigned round = 0; round < 7; ++round) {
    for (unsigned i = 0; i < 4; ++i) live.push_back(FillDocument(matters[i % 3]));
    std::vector<SlotNumber> batch = {live[0], live[round % 3 + 1]};
    ASSERT_TRUE(ShredSlots(*keeper_, batch).ok());
    for (SlotNumber slot : batch) {
      live.erase(std::find(live.begin(), live.end(), slot));
      erased.push_back(slot);
    }
    if (round == 3) Reopen();
  }
  EXPECT_EQ(keeper_->epoch(), 8u);
  const LootedKeys loot = Loot();
  for (SlotNumber slot : erased) {
    EXPECT_FALSE(loot.contains(slot));
    EXPECT_TRUE(IsSpent(*keeper_, slot));
  }
  for (SlotNumber slot : live) EXPECT_EQ(loot.at(slot).size(), 1u);
}

TEST_F(EpochTest, EveryNodeOnATouchedPathGetsNewBytesAndNoOther) {
  const SlotNumber erased = FillDocument(NewObject());
  const SlotNumber other = FillDocument(NewObject());
  const std::int64_t leaf = std::int64_t{3} << 32 | erased >> 8;
  const std::int64_t other_leaf = std::int64_t{3} << 32 | other >> 8;
  const std::vector<std::int64_t> path = {0, std::int64_t{1} << 32, std::int64_t{2} << 32, leaf};
  std::vector<std::string> before;
  for (std::int64_t row : path) before.push_back(NodeBytes(row));
  const std::string other_before = NodeBytes(other_leaf);
  ASSERT_TRUE(ShredSlots(*keeper_, {erased}).ok());
  for (std::size_t i = 0; i < path.size(); ++i) EXPECT_NE(NodeBytes(path[i]), before[i]);
  EXPECT_EQ(NodeBytes(other_leaf), other_before);
}

TEST_F(EpochTest, CellHoldsOneRecordAfterwardsAndTheOtherSlotIsNoise) {
  ASSERT_TRUE(ShredSlots(*keeper_, {FillDocument(NewObject())}).ok());
  const std::string cell = ReadFileBytes(paths_.cell(0));
  EXPECT_EQ(cell.substr(0, 4), "SEC1");
  EXPECT_EQ(cell.substr(24, 8), std::string("\0\0\0\0\0\0\0\2", 8));
  EXPECT_EQ(cell.find("SEC1", 4), std::string::npos);
}

TEST_F(EpochTest, HeldKeyIsTakenOutOfTheBatch) {
  const SlotNumber free = FillDocument(NewObject());
  const SlotNumber held = FillDocument(NewObject());
  ASSERT_TRUE(keeper_->SetHold({&held, 1}, KeyKeeper::HoldBit::kHold).ok());
  auto result = ShredSlots(*keeper_, {free, held});
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result.value().held.size(), 1u);
  EXPECT_EQ(result.value().held[0].slot, held);
  ASSERT_EQ(result.value().erased.size(), 1u);
  EXPECT_EQ(result.value().erased[0].slot, free);
  EXPECT_TRUE(Loot().contains(held));
  // A batch of held keys alone changes nothing.
  auto nothing = ShredSlots(*keeper_, {held});
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(nothing.value().epoch, 2u);
  EXPECT_EQ(keeper_->epoch(), 2u);
}

TEST_F(EpochTest, BatchDoneTwiceIsGoneAndCostsNoEpoch) {
  const SlotNumber slot = FillDocument(NewObject());
  const ShredItem item = ItemAt(*keeper_, slot);
  ASSERT_TRUE(keeper_->Shred(AuditLog::Intent({item, item})).ok());
  const auto cells = paths_.CellBytes();
  auto again = keeper_->Shred(AuditLog::Intent({item}));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again.value().epoch, 2u);
  ASSERT_EQ(again.value().gone.size(), 1u);
  EXPECT_TRUE(again.value().erased.empty());
  EXPECT_EQ(paths_.CellBytes(), cells);
}

TEST_F(EpochTest, ItemThatIsNotWhatStandsThereDestroysNothing) {
  const SlotNumber good = FillDocument(NewObject());
  const SlotNumber slot = FillDocument(NewObject());
  ShredItem other_object = ItemAt(*keeper_, slot);
  other_object.object = NewObject();
  ShredItem other_version = ItemAt(*keeper_, slot);
  other_version.version = 2;
  ShredItem other_type = ItemAt(*keeper_, slot);
  other_type.type = EntryType::kLoan;
  for (const ShredItem& wrong : {other_object, other_version, other_type}) {
    auto result = keeper_->Shred(AuditLog::Intent({ItemAt(*keeper_, good), wrong}));
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, Errc::kConflict);
  }
  for (SlotNumber system : {0u, 1u, 2u}) {
    auto result = ShredSlots(*keeper_, {good, system});
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, Errc::kInvalid);
  }
  EXPECT_EQ(keeper_->epoch(), 1u);
  EXPECT_TRUE(Loot().contains(good));
}

TEST_F(EpochTest, OwnersRowGoesWithItsLastKey) {
  const ObjectId matter = NewObject();
  const SlotNumber first = FillDocument(matter);
  const SlotNumber second = FillDocument(matter);
  FillDocument(NewObject());
  ASSERT_EQ(CountOpenLeaves(), 2);
  ASSERT_TRUE(ShredSlots(*keeper_, {first}).ok());
  EXPECT_EQ(CountOpenLeaves(), 2);
  ASSERT_TRUE(ShredSlots(*keeper_, {second}).ok());
  EXPECT_EQ(CountOpenLeaves(), 1);
  // The id is not in the file any more, and the owner may come back, in another leaf.
  keeper_.reset();
  EXPECT_EQ(ReadFileBytes(paths_.tree()).find(AsText(matter.view())), std::string::npos);
  Reopen();
  EXPECT_NE(FillDocument(matter) >> 8, first >> 8);
}

TEST_F(EpochTest, ReservationOutlivesAnEpoch) {
  const ObjectId matter = NewObject();
  const SlotNumber erased = FillDocument(matter);
  auto reserved = keeper_->Reserve(matter);
  ASSERT_TRUE(reserved.ok());
  ASSERT_TRUE(ShredSlots(*keeper_, {erased}).ok());
  const KeyKeeper::Filling filling{&reserved.value(), DocumentEntry(NewObject(), 1)};
  const SlotNumber slot = reserved.value().slot();
  ASSERT_TRUE(keeper_->Fill({&filling, 1}).ok());
  Reopen();
  EXPECT_EQ(keeper_->Look(slot).value().type, EntryType::kDocument);
  EXPECT_TRUE(IsSpent(*keeper_, erased));
}

TEST_F(EpochTest, BatchOverManyLeavesIsOneEpoch) {
  std::vector<SlotNumber> batch;
  std::vector<SlotNumber> live;
  std::vector<SlotReservation> reservations;
  std::vector<KeyKeeper::Filling> fillings;
  reservations.reserve(1200);
  for (int group = 0; group < 600; ++group) {
    const ObjectId matter = NewObject();
    for (std::vector<SlotNumber>* kind : {&batch, &live}) {
      auto slot = keeper_->Reserve(matter);
      ASSERT_TRUE(slot.ok());
      kind->push_back(slot.value().slot());
      reservations.push_back(std::move(slot).value());
      fillings.push_back({&reservations.back(), DocumentEntry(NewObject(), 1)});
    }
  }
  ASSERT_TRUE(keeper_->Fill(fillings).ok());
  auto result = ShredSlots(*keeper_, batch);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.value().erased.size(), batch.size());
  EXPECT_EQ(keeper_->epoch(), 2u);
  for (SlotNumber slot : batch) ASSERT_TRUE(IsSpent(*keeper_, slot));
  Reopen();
  for (SlotNumber slot : batch) ASSERT_TRUE(IsSpent(*keeper_, slot));
  for (SlotNumber slot : live) {
    ASSERT_EQ(keeper_->Look(slot).value().type, EntryType::kDocument);
  }
}

// ---- mistakes the checks must see

TEST_F(EpochTest, AttackerCatchesALeafKeyThatWasNotRenewed) {
  keeper_.reset();
  ScriptedRandom random(random_);
  auto keeper = OpenKeeper(disk_, random, paths_, TestUnsealKey());
  ASSERT_TRUE(keeper.ok());
  keeper_ = std::move(keeper).value();
  const SlotNumber erased = FillDocument(NewObject());
  const SlotNumber control = FillDocument(NewObject());
  ASSERT_TRUE(ShredSlots(*keeper_, {control}).ok());
  ASSERT_FALSE(Loot().contains(control));

  // Draw 1 is E′, draw 2 the fresh key of the leaf: here it is the old one.
  Attacker attacker(TestStore(), TestUnsealKey().view());
  attacker.Watch({}, recorder_.steps(), paths_.tree());
  const auto keys = attacker.LootAll({paths_.CellBytes()}).nodes;
  const auto& leaf_keys = keys.at(std::int64_t{3} << 32 | erased >> 8);
  ASSERT_EQ(leaf_keys.size(), 1u);
  random.Say(2, *leaf_keys.begin());
  ASSERT_TRUE(ShredSlots(*keeper_, {erased}).ok());
  EXPECT_TRUE(Loot().contains(erased)) << "the attacker does not see the mistake";
  keeper_.reset();
}

TEST_F(EpochTest, InterruptedChangeIsFinishedOnlyIfTheWholeTreeIsOnTheDisk) {
  const SlotNumber erased = FillDocument(NewObject());
  const SlotNumber live = FillDocument(NewObject());
  keeper_.reset();
  const std::string old_cell = ReadFileBytes(paths_.cell(0));
  Reopen();
  ASSERT_TRUE(ShredSlots(*keeper_, {erased}).ok());
  const std::string live_leaf = NodeBytes(std::int64_t{3} << 32 | live >> 8);
  keeper_.reset();
  // The machine stopped between P2 and P4: both secrets are in the cell.
  const std::string cell = ReadFileBytes(paths_.cell(0)).substr(0, 4096) + old_cell.substr(4096);
  const std::string tree = ReadFileBytes(paths_.tree());
  const std::size_t at = tree.find(live_leaf.substr(0, 64));
  ASSERT_NE(at, std::string::npos);
  std::string damaged = tree;
  damaged[at] = static_cast<char>(damaged[at] ^ 1);
  WriteFileBytes(paths_.tree(), damaged);
  WriteFileBytes(paths_.cell(0), cell);
  auto keeper = OpenKeeper(disk_, random_, paths_, TestUnsealKey());
  ASSERT_FALSE(keeper.ok());
  EXPECT_EQ(keeper.error().code, Errc::kCorrupt);
  EXPECT_EQ(ReadFileBytes(paths_.cell(0)), cell);

  WriteFileBytes(paths_.tree(), tree);
  Reopen();
  EXPECT_EQ(keeper_->epoch(), 2u);
  const std::string finished = ReadFileBytes(paths_.cell(0));
  EXPECT_EQ(finished.substr(0, 96), cell.substr(0, 96));
  EXPECT_EQ(finished.find(old_cell.substr(4096 + 32, 32)), std::string::npos);
}

// LostFlush is the situation after a commit that the disk said was durable and was not: the first
// attempt's root was seen by the attacker, the tree is at e again, and E′ is staged in the cell.
class LostFlush : public EpochTest {
 protected:
  void SetUp() override {
    EpochTest::SetUp();
    first_ = FillDocument(NewObject());
    second_ = FillDocument(NewObject());
    keeper_.reset();
    KeeperPaths before{folder_.At("before"), 1};
    paths_.CopyTo(before.folder);
    Reopen();
    ASSERT_TRUE(ShredSlots(*keeper_, {first_}).ok());
    keeper_.reset();
    const std::string staged = ReadFileBytes(paths_.cell(0)).substr(0, 4096);
    for (const char* tail : {"", "-wal", "-shm"}) std::filesystem::remove(paths_.tree() + tail);
    seen_ = recorder_.steps();
    before.CopyTo(paths_.folder);
    WriteFileBytes(paths_.cell(0), staged + ReadFileBytes(before.cell(0)).substr(4096));
    for (char c : staged.substr(32, 32)) staged_secret_.push_back(static_cast<std::uint8_t>(c));
  }

  LootedKeys LootBothTimes(const std::vector<RecordedStep>& since, FileImages start) const {
    Attacker attacker(TestStore(), TestUnsealKey().view());
    attacker.Watch({}, seen_, paths_.tree());
    attacker.Watch(std::move(start), since, paths_.tree());
    return attacker.Loot(paths_.CellBytes());
  }

  SlotNumber first_ = 0;
  SlotNumber second_ = 0;
  std::vector<RecordedStep> seen_;
  Bytes staged_secret_;
};

TEST_F(LostFlush, StagedSecretIsOverwrittenAtTheNextStartAndNeverUsedAgain) {
  const FileImages start = paths_.TreeImages();
  Recorder recorder(nullptr);
  Disk disk(&recorder);
  auto keeper = OpenKeeper(disk, random_, paths_, TestUnsealKey());
  ASSERT_TRUE(keeper.ok()) << keeper.error().detail;
  EXPECT_EQ(keeper.value()->epoch(), 1u);
  EXPECT_EQ(ReadFileBytes(paths_.cell(0)).find(ToString(staged_secret_)), std::string::npos);
  EXPECT_FALSE(IsSpent(*keeper.value(), first_));
  // This time another key goes. The first attempt's tree had it alive, under E′.
  ASSERT_TRUE(ShredSlots(*keeper.value(), {second_}).ok());
  const LootedKeys loot = LootBothTimes(recorder.steps(), start);
  EXPECT_FALSE(loot.contains(second_));
  EXPECT_TRUE(loot.contains(first_));
}

TEST_F(LostFlush, AttackerCatchesAStagedSecretUsedAgain) {
  const FileImages start = paths_.TreeImages();
  Recorder recorder(nullptr);
  Disk disk(&recorder);
  ScriptedRandom random(random_);
  auto keeper = OpenKeeper(disk, random, paths_, TestUnsealKey());
  ASSERT_TRUE(keeper.ok()) << keeper.error().detail;
  random.Say(1, staged_secret_);
  ASSERT_TRUE(ShredSlots(*keeper.value(), {second_}).ok());
  EXPECT_TRUE(LootBothTimes(recorder.steps(), start).contains(second_))
      << "the attacker does not see the mistake";
}

// LyingDisk says that a page of the tree's file was written and synced, and puts the old bytes
// back.
class LyingDisk final : public DiskObserver {
 public:
  LyingDisk(std::string path, int page) : path_(std::move(path)), page_(page) {}
  DiskVerdict OnStep(const DiskStep& step) override {
    if (step.path != path_) return DiskVerdict::kProceed;
    if (step.action == DiskAction::kWrite && armed_ && ++count_ == page_) {
      offset_ = step.offset;
      old_ = ReadFileBytes(path_).substr(step.offset, step.bytes.size());
      old_.resize(step.bytes.size());
    }
    if (step.action == DiskAction::kSync && !old_.empty()) {
      std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(static_cast<std::streamoff>(offset_));
      file << old_;
      old_.clear();
      lied_ = true;
    }
    return DiskVerdict::kProceed;
  }
  void Arm() { armed_ = true; }
  bool lied() const { return lied_; }

 private:
  std::string path_;
  int page_;
  bool armed_ = false;
  bool lied_ = false;
  int count_ = 0;
  std::uint64_t offset_ = 0;
  std::string old_;
};

TEST_F(EpochTest, ACellThatDoesNotAnswerEndsTheAttemptAndNotTheProcess) {
  const SlotNumber slot = FillDocument(NewObject());
  const std::string away = folder_.At("away");
  std::filesystem::rename(paths_.cell(0), away);
  const std::size_t steps = recorder_.size();
  auto refused = ShredSlots(*keeper_, {slot});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kUnavailable);
  EXPECT_EQ(recorder_.size(), steps);
  EXPECT_FALSE(IsSpent(*keeper_, slot));
  std::filesystem::rename(away, paths_.cell(0));
  auto shred = ShredSlots(*keeper_, {slot});
  ASSERT_TRUE(shred.ok()) << shred.error().detail;
  EXPECT_EQ(shred.value().epoch, 2U);
  EXPECT_TRUE(IsSpent(*keeper_, slot));
}

TEST_F(EpochTest, LyingFlushIsFoundBeforeTheOldSecretIsDestroyed) {
  const ObjectId matter = NewObject();
  const SlotNumber erased = FillDocument(matter);
  const SlotNumber live = FillDocument(matter);
  keeper_.reset();
  const std::string secret = paths_.folder + "/cell0";
  const std::string old_slot = ReadFileBytes(secret).substr(4096, 96);
  int found = 0;
  for (int page = 1;; ++page) {
    KeeperPaths run{folder_.At("run"), 1};
    std::filesystem::remove_all(run.folder);
    paths_.CopyTo(run.folder);
    const std::string truth = folder_.At("truth");
    std::filesystem::remove(truth);
    const ChildEnd end = RunInChild([&]() -> Status {
      LyingDisk lying(run.tree(), page);
      Disk disk(&lying);
      TRY(auto keeper, OpenKeeper(disk, random_, run, TestUnsealKey()));
      lying.Arm();
      TRY(EpochResult result, ShredSlots(*keeper, {erased}));
      if (!lying.lied()) WriteFileBytes(truth, "no lie");
      return Ok();
    });
    if (std::filesystem::exists(truth)) break;
    if (end == ChildEnd::kStopped) {
      ++found;
      EXPECT_EQ(ReadFileBytes(run.cell(0)).substr(4096, 96), old_slot) << "page " << page;
      continue;
    }
    // A lie about a page without nodes (the counters) is none about keys.
    ASSERT_EQ(end, ChildEnd::kDone) << "page " << page;
    Disk disk(nullptr);
    auto keeper = OpenKeeper(disk, random_, run, TestUnsealKey());
    ASSERT_TRUE(keeper.ok()) << keeper.error().detail;
    EXPECT_TRUE(IsSpent(*keeper.value(), erased));
    EXPECT_EQ(keeper.value()->Look(live).value().type, EntryType::kDocument);
  }
  // Four nodes of 16 KiB: at least four pages each.
  EXPECT_GE(found, 16);
}

}  // namespace
}  // namespace vault
