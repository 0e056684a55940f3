// A standby copy of the tree: what it holds after every commit, every fault and every loss.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/child_process.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/keeper_world.h"
#include "tests/support/power_cut.h"
#include "vault/store/mirror.h"

namespace vault {
namespace {

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

Result<StandbyPlace> PlaceOf(Disk& disk, RandomSource& random, const KeeperPaths& paths) {
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
Result<std::unique_ptr<KeyKeeper>> OpenBoth(Disk& disk, RandomSource& random,
                                            const TwoPlaces& places) {
  TRY(auto keeper, OpenKeeper(disk, random, places.primary(), TestUnsealKey()));
  TRY(StandbyPlace place, PlaceOf(disk, random, places.standby()));
  TRY_VOID(keeper->AttachStandby(disk, std::move(place)));
  return keeper;
}

// OpenStandby opens the standby as a promotion does, without the primary.
Result<std::unique_ptr<KeyKeeper>> PromoteStandby(Disk& disk, RandomSource& random,
                                                  const TwoPlaces& places, std::uint8_t number) {
  KeyKeeperOptions options;
  options.tree_path = places.standby().tree();
  options.copy = number;
  TRY(auto cell, OpenFileCell(disk, places.standby().cell(0), random));
  options.cells.push_back(std::move(cell));
  return KeyKeeper::Promote(disk, random, std::move(options), TestUnsealKey());
}

std::vector<CopyStanding> StatesOf(const KeyKeeper& keeper) {
  std::vector<CopyStanding> out;
  for (const CopyRow& row : keeper.copies()) out.push_back(row.state);
  return out;
}

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

// ---- faults

struct FaultKind {
  const char* name;
  DiskVerdict verdict;
  AfterFault after;
};
constexpr FaultKind kFaults[] = {
    {"lost", DiskVerdict::kLose, AfterFault::kContinue},
    {"failed but kept", DiskVerdict::kFailButKeep, AfterFault::kContinue},
    {"crash", DiskVerdict::kLose, AfterFault::kCrash},
};

class CopiesFaults : public CopiesTest {
 protected:
  // Settle starts both copies again on a healthy disk and repeats the deletion; then no cell opens
  // what was destroyed, and each opens what lives.
  // An attack takes as long as ten runs, so some go without: what they wrote is much the same.
  enum class Attack { kYes, kNo };
  void Settle(const TwoPlaces& run, Attacker attacker, bool must_be_erased, Attack attack) {
    const FileImages images[] = {run.primary().TreeImages(), run.standby().TreeImages()};
    Recorder recorder(nullptr);
    {
      Disk disk(&recorder);
      auto keeper = OpenBoth(disk, random_, run);
      ASSERT_TRUE(keeper.ok()) << keeper.error().detail;
      const bool erased = IsSpent(*keeper.value(), erased_);
      EXPECT_EQ(keeper.value()->epoch(), erased ? 3u : 2u);
      if (must_be_erased) {
        EXPECT_TRUE(erased);
      }
      if (!erased) {
        ASSERT_TRUE(ShredSlots(*keeper.value(), {erased_}).ok());
      }
      EXPECT_EQ(keeper.value()->Look(beside_).value().type, EntryType::kDocument);
    }
    EXPECT_EQ(ReadFileBytes(run.standby().tree()), ReadFileBytes(run.primary().tree()));
    if (attack == Attack::kNo) return;
    attacker.Watch(images[0], recorder.steps(), run.primary().tree());
    attacker.Watch(images[1], recorder.steps(), run.standby().tree());
    for (const KeeperPaths& cells : {run.primary(), run.standby()}) {
      const LootedKeys loot = attacker.Loot(cells.CellBytes());
      EXPECT_FALSE(loot.contains(erased_));
      EXPECT_TRUE(loot.contains(beside_));
      EXPECT_TRUE(loot.contains(elsewhere_));
    }
  }
  Attacker Past() const {
    Attacker past(TestStore(), TestUnsealKey().view());
    past.Watch({}, recorder_.steps(), places_.primary().tree());
    return past;
  }
};

TEST_F(CopiesFaults, ErasedStaysErasedOnBothAndLiveStaysLiveAfterEveryFault) {
  keeper_.reset();
  const Attacker past = Past();
  const TwoPlaces run{folder_.At("run")};
  for (const FaultKind& kind : kFaults) {
    int n = 1;
    int unavailable = 0;
    for (;; ++n) {
      SCOPED_TRACE(std::string(kind.name) + " at step " + std::to_string(n));
      places_.CopyTo(run);
      const FileImages images[] = {run.primary().TreeImages(), run.standby().TreeImages()};
      const std::string record = folder_.At("record");
      const std::string untouched = folder_.At("untouched");
      const std::string certified = folder_.At("certified");
      for (const std::string& path : {record, untouched, certified}) std::filesystem::remove(path);
      const ChildEnd end = RunInChild([&]() -> Status {
        const int descriptor = ::open(record.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        CHECK(descriptor >= 0);
        FaultyDisk faults(n, kind.verdict, kind.after);
        Recorder recorder(&faults, descriptor);
        Disk disk(&recorder);
        FakeRandom random(static_cast<std::uint64_t>(n) << 8);
        Status status = [&]() -> Status {
          TRY(auto keeper, OpenBoth(disk, random, run));
          TRY(const EpochResult result, ShredSlots(*keeper, {erased_}));
          CHECK(result.copies_known == 2);
          // Done on the primary alone is provisional: nothing is proved.
          if (result.copies_erased != 2) return Unavailable("the standby was lost on the way");
          WriteFileBytes(certified, "yes");
          return Ok();
        }();
        if (!faults.struck()) WriteFileBytes(untouched, "yes");
        return status;
      });
      ASSERT_NE(end, ChildEnd::kBroken);
      unavailable += end == ChildEnd::kError ? 1 : 0;
      const bool answered = std::filesystem::exists(certified);
      const bool attacked = answered || (n + (&kind - kFaults)) % 3 == 0;
      Attacker attacker(TestStore(), TestUnsealKey().view());
      if (attacked) attacker = past;
      const auto steps = Recorder::FromRecord(AsBytes(ReadFileBytes(record)));
      if (attacked) {
        attacker.Watch(images[0], steps, run.primary().tree());
        attacker.Watch(images[1], steps, run.standby().tree());
      }
      if (answered) {
        // Certified means now, before anything is repaired.
        for (const KeeperPaths& cells : {run.primary(), run.standby()}) {
          EXPECT_FALSE(attacker.Loot(cells.CellBytes()).contains(erased_));
        }
      }
      Settle(run, std::move(attacker), answered, attacked ? Attack::kYes : Attack::kNo);
      if (HasFatalFailure()) return;
      if (std::filesystem::exists(untouched)) break;
    }
    EXPECT_GT(n, 60);
    // The standby's faults do not stop the primary.
    EXPECT_GT(unavailable, 5);
  }
}

// The standby is promoted after a fault anywhere: what was answered is there and what was certified
// is not, whatever became of the primary.
TEST_F(CopiesFaults, AStandbyPromotedAfterAnyFaultHasAllThatWasAnswered) {
  keeper_.reset();
  const TwoPlaces run{folder_.At("run")};
  const ObjectId filed = random_.NewId<ObjectId>();
  for (const FaultKind& kind : kFaults) {
    for (int n = 1;; ++n) {
      SCOPED_TRACE(std::string(kind.name) + " at step " + std::to_string(n));
      places_.CopyTo(run);
      const std::string untouched = folder_.At("untouched");
      const std::string certified = folder_.At("certified");
      const std::string answered = folder_.At("answered");
      for (const std::string& path : {answered, untouched, certified}) {
        std::filesystem::remove(path);
      }
      const ChildEnd end = RunInChild([&]() -> Status {
        FaultyDisk faults(n, kind.verdict, kind.after);
        Disk disk(&faults);
        FakeRandom random(static_cast<std::uint64_t>(n) << 8);
        Status status = [&]() -> Status {
          TRY(auto keeper, OpenBoth(disk, random, run));
          TRY(const SlotNumber slot, FillOne(*keeper, matter_, DocumentEntry(filed, 1)));
          WriteFileBytes(answered, ToString(WireWriter().U32(slot).bytes()));
          TRY(const EpochResult result, ShredSlots(*keeper, {erased_}));
          if (result.copies_erased != 2) return Unavailable("the standby was lost on the way");
          WriteFileBytes(certified, "yes");
          return Ok();
        }();
        if (!faults.struck()) WriteFileBytes(untouched, "yes");
        return status;
      });
      ASSERT_NE(end, ChildEnd::kBroken);
      std::filesystem::remove_all(run.primary().folder);
      Disk disk(nullptr);
      auto promoted = PromoteStandby(disk, random_, run, 1);
      ASSERT_TRUE(promoted.ok()) << promoted.error().detail;
      if (std::filesystem::exists(answered)) {
        const std::string bytes = ReadFileBytes(answered);
        WireReader slot(AsBytes(bytes));
        EXPECT_EQ(promoted.value()->Look(slot.U32()).value().object, filed);
      }
      if (std::filesystem::exists(certified)) {
        EXPECT_TRUE(IsSpent(*promoted.value(), erased_));
      }
      EXPECT_EQ(promoted.value()->Look(beside_).value().type, EntryType::kDocument);
      EXPECT_TRUE(
          FillOne(*promoted.value(), matter_, DocumentEntry(random_.NewId<ObjectId>(), 1)).ok());
      if (std::filesystem::exists(untouched)) break;
    }
  }
}

// Both machines lose their power at any moment of a destruction, each keeping what it likes of what
// no sync had covered.
TEST_F(CopiesFaults, PowerMayFailAtAnyMomentOnBoth) {
  const std::size_t from = recorder_.steps().size();
  ASSERT_TRUE(ShredSlots(*keeper_, {erased_}).ok());
  const std::vector<RecordedStep> steps = recorder_.steps();
  keeper_.reset();
  Attacker past(TestStore(), TestUnsealKey().view());
  past.Watch({}, steps, places_.primary().tree());
  const TwoPlaces run{folder_.At("run")};
  struct Pair {
    Unsynced first;
    Unsynced second;
  };
  constexpr Pair kPairs[] = {{Unsynced::kGone, Unsynced::kGone},
                             {Unsynced::kKept, Unsynced::kGone},
                             {Unsynced::kGone, Unsynced::kKept},
                             {Unsynced::kHalf, Unsynced::kHalf}};
  for (std::size_t count = from; count <= steps.size(); ++count) {
    const PowerCut cut(steps, count);
    for (std::size_t pair = 0; pair < std::size(kPairs); ++pair) {
      SCOPED_TRACE("after step " + std::to_string(count) + " of " + std::to_string(steps.size()) +
                   ", unsynced as in pair " + std::to_string(pair));
      std::filesystem::remove_all(run.folder);
      run.Make();
      cut.Write(places_.primary().folder, run.primary().folder, kPairs[pair].first, count);
      cut.Write(places_.standby().folder, run.standby().folder, kPairs[pair].second, count + 1000);
      const bool attacked = count == steps.size() || (count + pair) % 4 == 0;
      Settle(run, past, count == steps.size(), attacked ? Attack::kYes : Attack::kNo);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(CopiesFaults, APromotionStoppedAnywhereIsDoneAgain) {
  ASSERT_TRUE(ShredSlots(*keeper_, {erased_}).ok());
  keeper_.reset();
  const TwoPlaces run{folder_.At("run")};
  for (const FaultKind& kind : kFaults) {
    int n = 1;
    for (;; ++n) {
      SCOPED_TRACE(std::string(kind.name) + " at step " + std::to_string(n));
      places_.CopyTo(run);
      const std::string untouched = folder_.At("untouched");
      std::filesystem::remove(untouched);
      const ChildEnd end = RunInChild([&]() -> Status {
        FaultyDisk faults(n, kind.verdict, kind.after);
        Disk disk(&faults);
        FakeRandom random(static_cast<std::uint64_t>(n) << 8);
        auto promoted = PromoteStandby(disk, random, run, 1);
        if (!faults.struck()) WriteFileBytes(untouched, "yes");
        if (!promoted.ok()) return std::move(promoted).error();
        return Ok();
      });
      ASSERT_NE(end, ChildEnd::kBroken);
      Disk disk(nullptr);
      auto promoted = PromoteStandby(disk, random_, run, 1);
      ASSERT_TRUE(promoted.ok()) << promoted.error().detail;
      EXPECT_EQ(promoted.value()->epoch(), 4u);
      EXPECT_TRUE(IsSpent(*promoted.value(), erased_));
      EXPECT_EQ(promoted.value()->Look(beside_).value().type, EntryType::kDocument);
      if (std::filesystem::exists(untouched)) break;
    }
    EXPECT_GT(n, 30);
  }
}

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
