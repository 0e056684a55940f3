// Two copies of the tree under every fault: what was answered is there, and what was certified is
// not.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "tests/support/child_process.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/power_cut.h"
#include "tests/support/two_places.h"

namespace vault {
namespace {

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
    for (;; n += kFaultStride) {
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
    EXPECT_GT(unavailable, 5 / kFaultStride);
  }
}

// The standby is promoted after a fault anywhere: what was answered is there and what was certified
// is not, whatever became of the primary.
TEST_F(CopiesFaults, AStandbyPromotedAfterAnyFaultHasAllThatWasAnswered) {
  keeper_.reset();
  const TwoPlaces run{folder_.At("run")};
  const ObjectId filed = random_.NewId<ObjectId>();
  for (const FaultKind& kind : kFaults) {
    for (int n = 1;; n += kFaultStride) {
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
      // What its register may lack is told from the rest there too.
      const auto lately = promoted.value()->FilledSince(0).value();
      ASSERT_TRUE(lately.has_value());
      EXPECT_EQ(lately->size(), promoted.value()->inserts());
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
  for (std::size_t back = 0; back <= steps.size() - from; back += kFaultStride) {
    const std::size_t count = steps.size() - back;
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
    for (;; n += kFaultStride) {
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

}  // namespace
}  // namespace vault
