// Acts that share a commit: who comes along, who goes alone, and the vault under eight clients.
#include "vault/group_commit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/test_vault.h"

namespace vault {
namespace {

struct Numbered : GroupCommit::Turn {
  explicit Numbered(int n) : number(n) {}
  int number;
};

// Groups is a queue whose commits are remembered, and wait until the test lets them go.
class Groups {
 public:
  std::vector<std::vector<int>> commits;
  std::atomic<int> started = 0;
  std::promise<void> let_go;
  RegisterMutex mutex;
  GroupCommit queue{mutex, [this](auto turns) { Commit(turns); }};

  void UntilWaiting(std::size_t count) const {
    while (queue.waiting() < count) std::this_thread::yield();
  }
  void UntilStarted() const {
    while (started == 0) std::this_thread::yield();
  }

 private:
  void Commit(std::span<GroupCommit::Turn* const> turns) {
    EXPECT_TRUE(mutex.HeldHere());
    commits.emplace_back();
    for (GroupCommit::Turn* turn : turns) {
      commits.back().push_back(static_cast<Numbered*>(turn)->number);
    }
    if (started++ == 0) go_.wait();
  }
  std::shared_future<void> go_ = let_go.get_future().share();
};

TEST(GroupCommit, AloneAnActIsCommittedAtOnce) {
  Groups groups;
  groups.let_go.set_value();
  for (int i = 0; i < 3; ++i) {
    Numbered turn(i);
    groups.queue.Take(turn);
  }
  EXPECT_EQ(groups.commits, (std::vector<std::vector<int>>{{0}, {1}, {2}}));
}

TEST(GroupCommit, ActsThatComeDuringACommitShareTheNextInTheirOrder) {
  Groups groups;
  std::vector<std::thread> threads;
  const auto start = [&](int number) {
    threads.emplace_back([&groups, number] {
      Numbered turn(number);
      groups.queue.Take(turn);
    });
  };
  start(0);
  groups.UntilStarted();
  for (int i = 1; i <= 5; ++i) {
    start(i);
    groups.UntilWaiting(static_cast<std::size_t>(i));
  }
  groups.let_go.set_value();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(groups.commits, (std::vector<std::vector<int>>{{0}, {1, 2, 3, 4, 5}}));
}

TEST(GroupCommit, WhoComesWhileAGroupWaitsForTheLockComesAlong) {
  Groups groups;
  groups.let_go.set_value();
  std::unique_lock held(groups.mutex);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&groups, i] {
      Numbered turn(i);
      groups.queue.Take(turn);
    });
    groups.UntilWaiting(static_cast<std::size_t>(i) + 1);
  }
  held.unlock();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(groups.commits, (std::vector<std::vector<int>>{{0, 1, 2}}));
}

TEST(GroupCommit, AThreadThatHasTheLockIsServedAloneAndWaitsForNobody) {
  Groups groups;
  groups.let_go.set_value();
  std::unique_lock held(groups.mutex);
  std::thread other([&groups] {
    Numbered turn(1);
    groups.queue.Take(turn);
  });
  groups.UntilWaiting(1);
  Numbered turn(2);
  groups.queue.Take(turn);
  EXPECT_EQ(groups.commits, (std::vector<std::vector<int>>{{2}}));
  held.unlock();
  other.join();
  EXPECT_EQ(groups.commits, (std::vector<std::vector<int>>{{2}, {1}}));
}

TEST(GroupCommit, AGroupHasALargestSize) {
  Groups groups;
  groups.let_go.set_value();
  std::unique_lock held(groups.mutex);
  std::vector<std::thread> threads;
  const int count = static_cast<int>(GroupCommit::kMost) + 1;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&groups, i] {
      Numbered turn(i);
      groups.queue.Take(turn);
    });
  }
  groups.UntilWaiting(static_cast<std::size_t>(count));
  held.unlock();
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(groups.commits.size(), 2u);
  EXPECT_EQ(groups.commits[0].size(), GroupCommit::kMost);
  EXPECT_EQ(groups.commits[1].size(), 1u);
}

TEST(SharedCommits, EightClientsFileAndReadAndEveryActHasItsLine) {
  constexpr int kClients = 8;
  constexpr int kEach = 6;
  TestVault world;
  world.Init();
  world.Unseal();
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  const Actor officer = world.SignIn(TestVault::kOfficer);
  auto made = world->matters().New(officer, {"macfa", "An audit", At("2026-04-09T09:30"), ""});
  ASSERT_TRUE(made.ok()) << made.error().detail;
  const MatterRow& matter = made.value();
  const auto size_before = world->log().size();
  std::vector<std::vector<DocumentId>> filed(kClients);
  std::vector<std::string> faults(kClients);
  std::vector<std::thread> threads;
  for (int client = 0; client < kClients; ++client) {
    threads.emplace_back([&, client] {
      const Actor actor = world.SignIn(TestVault::kOfficer);
      for (int i = 0; i < kEach; ++i) {
        const std::string text = "text " + std::to_string(client) + "." + std::to_string(i);
        const auto one = world.File(actor, matter, "REP", "unit", std::nullopt, text);
        if (!one.ok()) {
          faults[client] = one.error().detail;
          return;
        }
        filed[client].push_back(one.value().id);
        const auto read = world.Read(actor, one.value().id);
        if (!read.ok() || read.value() != text) faults[client] = "read: " + text;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& fault : faults) EXPECT_EQ(fault, "");
  // A sign-in, six filings and six openings each.
  EXPECT_EQ(world->log().size() - size_before, kClients * (1u + 2 * kEach));
  world.Unseal();
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  const Actor later = world.SignIn(TestVault::kOfficer);
  for (int client = 0; client < kClients; ++client) {
    for (int i = 0; i < kEach; ++i) {
      const auto read = world.Read(later, filed[client][i]);
      ASSERT_TRUE(read.ok()) << read.error().detail;
      EXPECT_EQ(read.value(), "text " + std::to_string(client) + "." + std::to_string(i));
    }
  }
}

// Two versions of one form at once: whichever comes second must not destroy the first.
TEST(SharedCommits, OfTwoWhoFileTheSameFormAtOnceOneIsToldAndLeavesNothing) {
  TestVault world;
  world.Init();
  world.Unseal();
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  const Actor officer = world.SignIn(TestVault::kOfficer);
  auto made = world->matters().New(officer, {"macfa", "An audit", At("2026-04-09T09:30"), ""});
  ASSERT_TRUE(made.ok()) << made.error().detail;
  const MatterRow& matter = made.value();
  ASSERT_TRUE(world->matters().AddSubject(officer, matter, {"Adult Alder", "", {}}).ok());
  const SubjectRow subject = world->matter_rows().FindSubject(matter.id, "Adult Alder").value();
  std::vector<FilingStream> streams;
  for (int i = 0; i < 2; ++i) {
    auto grant = world->access().DecideFiling(officer, matter, {"FRM", Agency("unit"), subject.id});
    ASSERT_TRUE(grant.ok()) << grant.error().detail;
    auto stream = world->documents().Begin(std::move(grant).value(), "form.docx", "api");
    ASSERT_TRUE(stream.ok()) << stream.error().detail;
    ASSERT_TRUE(stream.value().Write(AsBytes("form " + std::to_string(i))).ok());
    streams.push_back(std::move(stream).value());
  }
  std::vector<std::optional<Result<FiledDocument>>> ends(2);
  std::thread other([&] { ends[1] = streams[1].Finish(FormOutcome()); });
  ends[0] = streams[0].Finish(FormOutcome());
  other.join();
  ASSERT_NE(ends[0]->ok(), ends[1]->ok());
  const int winner = ends[0]->ok() ? 0 : 1;
  EXPECT_EQ(ends[1 - winner]->error().code, Errc::kConflict);
  EXPECT_EQ(world.Read(officer, ends[winner]->value().id).value(),
            "form " + std::to_string(winner));
  const auto shown = world->documents().Show(officer, ends[winner]->value().id);
  ASSERT_TRUE(shown.ok());
  EXPECT_EQ(shown.value().versions.size(), 1u);
}

}  // namespace
}  // namespace vault
