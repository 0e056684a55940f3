// Every fault on the way of Create, Fill and Shred, and every moment the power may fail.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "tests/support/child_process.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/keeper_world.h"
#include "tests/support/power_cut.h"

namespace vault {
namespace {

// FaultKind: a step that is lost, one that is reported lost but kept, and the end of everything.
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

class EpochFaults : public KeeperTest {
 protected:
  void SetUp() override {
    KeeperTest::SetUp();
    const ObjectId matter = NewObject();
    erased_ = FillDocument(matter);
    beside_ = FillDocument(matter);
    elsewhere_ = FillDocument(NewObject());
    truth_ = Loot();
    ASSERT_EQ(truth_.size(), 6u);
  }

  // Outcome is what one run with one fault came to.
  struct Outcome {
    ChildEnd end = ChildEnd::kBroken;
    bool struck = true;
    std::vector<RecordedStep> steps;
  };

  // RunWithFault lets the act meet the n-th step's fault, in a process of its own.
  Outcome RunWithFault(const FaultKind& kind, int n, const std::function<Status(Disk&)>& act) {
    const std::string record = folder_.At("record");
    const std::string untouched = folder_.At("untouched");
    std::filesystem::remove(record);
    std::filesystem::remove(untouched);
    Outcome outcome;
    outcome.end = RunInChild([&]() -> Status {
      const int descriptor = ::open(record.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      CHECK(descriptor >= 0);
      FaultyDisk faults(n, kind.verdict, kind.after);
      Recorder recorder(&faults, descriptor);
      Disk disk(&recorder);
      const Status status = act(disk);
      if (!faults.struck()) WriteFileBytes(untouched, "yes");
      return status;
    });
    outcome.struck = !std::filesystem::exists(untouched);
    outcome.steps = Recorder::FromRecord(AsBytes(ReadFileBytes(record)));
    return outcome;
  }

  KeeperPaths FreshRun() {
    KeeperPaths run{folder_.At("run"), paths_.cells};
    std::filesystem::remove_all(run.folder);
    paths_.CopyTo(run.folder);
    return run;
  }

  void ExpectTruth(const LootedKeys& loot, SlotNumber slot) {
    ASSERT_TRUE(loot.contains(slot));
    EXPECT_EQ(loot.at(slot), truth_.at(slot));
  }

  // SettleAndAttack starts again on a healthy disk, repeats the deletion if it was undone, and lets
  // the attacker loose on everything, this start included.
  void SettleAndAttack(const KeeperPaths& run, Attacker attacker, bool must_be_erased) {
    const FileImages start = run.TreeImages();
    Recorder recorder(nullptr);
    {
      Disk disk(&recorder);
      auto keeper = OpenKeeper(disk, random_, run, TestUnsealKey());
      ASSERT_TRUE(keeper.ok()) << keeper.error().detail;
      for (SlotNumber slot : {beside_, elsewhere_}) {
        ASSERT_EQ(keeper.value()->Look(slot).value().type, EntryType::kDocument);
      }
      const bool erased = IsSpent(*keeper.value(), erased_);
      EXPECT_EQ(keeper.value()->epoch(), erased ? 2u : 1u);
      if (must_be_erased) {
        EXPECT_TRUE(erased);
      }
      if (!erased) {
        ASSERT_TRUE(ShredSlots(*keeper.value(), {erased_}).ok());
      }
    }
    attacker.Watch(start, recorder.steps(), run.tree());
    const LootedKeys loot = attacker.Loot(run.CellBytes());
    EXPECT_FALSE(loot.contains(erased_));
    ExpectTruth(loot, beside_);
    ExpectTruth(loot, elsewhere_);
  }

  SlotNumber erased_ = 0;
  SlotNumber beside_ = 0;
  SlotNumber elsewhere_ = 0;
  LootedKeys truth_;
};

TEST_F(EpochFaults, ErasedStaysErasedAndLiveStaysLiveAfterEveryFault) {
  keeper_.reset();
  Attacker past(TestStore(), TestUnsealKey().view());
  past.Watch({}, recorder_.steps(), paths_.tree());
  for (const FaultKind& kind : kFaults) {
    int n = 1;
    for (;; n += kFaultStride) {
      SCOPED_TRACE(std::string(kind.name) + " at step " + std::to_string(n));
      const KeeperPaths run = FreshRun();
      const FileImages start = run.TreeImages();
      FakeRandom random(static_cast<std::uint64_t>(n) << 8);
      const Outcome outcome = RunWithFault(kind, n, [&](Disk& disk) -> Status {
        TRY(auto keeper, OpenKeeper(disk, random, run, TestUnsealKey()));
        TRY(EpochResult result, ShredSlots(*keeper, {erased_}));
        return Ok();
      });
      ASSERT_NE(outcome.end, ChildEnd::kBroken);
      Attacker attacker = past;
      attacker.Watch(start, outcome.steps, run.tree());
      SettleAndAttack(run, std::move(attacker), outcome.end == ChildEnd::kDone);
      if (HasFatalFailure() || !outcome.struck) break;
    }
    // Staging, the commit, moving it into the file, and the end of the old secret.
    EXPECT_GT(n, 40);
  }
}

TEST_F(EpochFaults, PowerMayFailAtAnyMoment) {
  ASSERT_TRUE(ShredSlots(*keeper_, {erased_}).ok());
  const std::vector<RecordedStep> steps = recorder_.steps();
  // The first step of the deletion is the staging in the slot of epoch 2.
  std::size_t from = steps.size();
  while (from > 0 &&
         !(steps[from - 1].action == DiskAction::kWrite && steps[from - 1].offset == 0 &&
           steps[from - 1].path == paths_.cell(0) && steps[from - 1].bytes.size() == 96)) {
    --from;
  }
  ASSERT_GT(from, 0u);
  keeper_.reset();
  // The attacker has even seen the future that did not come.
  Attacker past(TestStore(), TestUnsealKey().view());
  past.Watch({}, steps, paths_.tree());
  const KeeperPaths run{folder_.At("run"), 1};
  for (std::size_t back = 0; back <= steps.size() - (from - 1); back += kFaultStride) {
    const std::size_t count = steps.size() - back;
    const PowerCut cut(steps, count);
    for (Unsynced unsynced : {Unsynced::kGone, Unsynced::kKept, Unsynced::kHalf}) {
      SCOPED_TRACE("after step " + std::to_string(count) + " of " + std::to_string(steps.size()) +
                   ", unsynced " + std::to_string(static_cast<int>(unsynced)));
      std::filesystem::remove_all(run.folder);
      std::filesystem::create_directories(run.folder);
      cut.Write(paths_.folder, run.folder, unsynced, count);
      SettleAndAttack(run, past, count == steps.size());
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(EpochFaults, CreateIsWholeOrCanBeDoneAgain) {
  for (const FaultKind& kind : kFaults) {
    int n = 1;
    for (;; n += kFaultStride) {
      SCOPED_TRACE(std::string(kind.name) + " at step " + std::to_string(n));
      const KeeperPaths run{folder_.At("run"), 1};
      std::filesystem::remove_all(run.folder);
      std::filesystem::create_directories(run.folder);
      const Outcome outcome = RunWithFault(kind, n, [&](Disk& disk) -> Status {
        TRY(auto keeper, CreateKeeper(disk, random_, run));
        return Ok();
      });
      ASSERT_NE(outcome.end, ChildEnd::kBroken);
      Disk disk(nullptr);
      for (unsigned i = 0; i < run.cells; ++i) {
        // A cell whose very file was not finished is made anew: nothing depends on it yet.
        if (!OpenFileCell(disk, run.cell(i), random_).ok()) std::filesystem::remove(run.cell(i));
      }
      auto created = CreateKeeper(disk, random_, run);
      if (outcome.end == ChildEnd::kDone) {
        ASSERT_FALSE(created.ok());
      }
      if (!created.ok()) {
        ASSERT_EQ(created.error().code, Errc::kConflict) << created.error().detail;
      } else {
        created.value().reset();
      }
      auto opened = OpenKeeper(disk, random_, run, TestUnsealKey());
      ASSERT_TRUE(opened.ok()) << opened.error().detail;
      EXPECT_EQ(opened.value()->epoch(), 1u);
      if (!outcome.struck) break;
    }
    EXPECT_GT(n, 20);
  }
}

TEST_F(EpochFaults, FillIsWholeOrNothingAndNumbersAreNotGivenAgain) {
  keeper_.reset();
  const ObjectId matter = NewObject();
  const ObjectId one = NewObject();
  const ObjectId two = NewObject();
  for (const FaultKind& kind : kFaults) {
    int n = 1;
    for (;; n += kFaultStride) {
      SCOPED_TRACE(std::string(kind.name) + " at step " + std::to_string(n));
      const KeeperPaths run = FreshRun();
      const std::string numbers = folder_.At("numbers");
      std::filesystem::remove(numbers);
      const Outcome outcome = RunWithFault(kind, n, [&](Disk& disk) -> Status {
        TRY(auto keeper, OpenKeeper(disk, random_, run, TestUnsealKey()));
        TRY(SlotReservation first, keeper->Reserve(matter));
        TRY(SlotReservation second, keeper->Reserve(NewObject()));
        WriteFileBytes(numbers,
                       ToString(WireWriter().U32(first.slot()).U32(second.slot()).bytes()));
        const std::vector<KeyKeeper::Filling> fillings = {{&first, DocumentEntry(one, 1)},
                                                          {&second, DocumentEntry(two, 1)}};
        return keeper->Fill(fillings);
      });
      ASSERT_NE(outcome.end, ChildEnd::kBroken);
      Disk disk(nullptr);
      auto keeper = OpenKeeper(disk, random_, run, TestUnsealKey());
      ASSERT_TRUE(keeper.ok()) << keeper.error().detail;
      for (SlotNumber slot : {erased_, beside_, elsewhere_}) {
        ASSERT_EQ(keeper.value()->Look(slot).value().type, EntryType::kDocument);
      }
      const std::string given = ReadFileBytes(numbers);
      if (!given.empty()) {
        WireReader reader(AsBytes(given));
        const SlotNumber first = reader.U32();
        const SlotNumber second = reader.U32();
        const SlotEntry a = keeper.value()->Look(first).value();
        const SlotEntry b = keeper.value()->Look(second).value();
        const bool whole = a.object == one && b.object == two;
        const bool nothing = a.type == EntryType::kEmpty && b.type == EntryType::kEmpty;
        EXPECT_TRUE(whole || (nothing && outcome.end != ChildEnd::kDone));
        EXPECT_EQ(keeper.value()->inserts(), whole ? 5u : 3u);
        // And the two are told from the rest, by the commit that filled them.
        const auto lately = keeper.value()->FilledSince(3).value();
        ASSERT_TRUE(lately.has_value());
        EXPECT_EQ(lately->size(), whole ? 5u : 3u);
        for (const SlotNumber slot : {first, second}) {
          EXPECT_EQ(std::count(lately->begin(), lately->end(), slot), whole ? 1 : 0);
        }
        auto next = FillOne(*keeper.value(), matter, DocumentEntry(NewObject(), 1));
        ASSERT_TRUE(next.ok());
        EXPECT_NE(next.value(), first);
        EXPECT_NE(next.value(), second);
      }
      if (!outcome.struck) break;
    }
    EXPECT_GT(n, 20);
  }
}

}  // namespace
}  // namespace vault
