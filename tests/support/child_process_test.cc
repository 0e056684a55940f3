// RunInChild: how an act ended is told apart, and a fork beside another thread is refused.
#include "tests/support/child_process.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "vault/base/log.h"

namespace vault {
namespace {

TEST(RunInChild, TellsHowTheActEnded) {
  EXPECT_EQ(RunInChild([] { return Ok(); }), ChildEnd::kDone);
  EXPECT_EQ(RunInChild([]() -> Status { return Unavailable("the disk"); }), ChildEnd::kError);
  EXPECT_EQ(RunInChild([]() -> Status { Fatal("the state is unknown"); }), ChildEnd::kStopped);
  EXPECT_EQ(RunInChild([]() -> Status { ::_exit(7); }), ChildEnd::kBroken);
}

#ifndef STRONGROOM_UNDER_THREAD_SANITIZER
// A death test forks by itself, and only this thread would be there: the other begins in it.
void ForkBesideAnother() {
  std::promise<void> over;
  std::thread other([&] { over.get_future().wait(); });
  [[maybe_unused]] const ChildEnd end = RunInChild([] { return Ok(); });
  over.set_value();
  other.join();
}

TEST(RunInChildDeathTest, IsRefusedBesideAnotherThread) {
  EXPECT_DEATH(ForkBesideAnother(), "check failed");
}
#endif

}  // namespace
}  // namespace vault
