#include "daemon/http/limits.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace service {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const SteadyTime kStart = SteadyTime() + std::chrono::hours(1000);

TEST(AddressGroup, IsWhatOnePartyHolds) {
  EXPECT_EQ(AddressGroup("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(AddressGroup("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(AddressGroup("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(AddressGroup("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  EXPECT_EQ(AddressGroup("fe80::1%eth0"), "fe80::/64");
  EXPECT_EQ(AddressGroup("nonsense"), "nonsense");
}

TEST(AddressLimiter, CountsOpenConnections) {
  AddressLimiter limiter({2, 10, 1});
  EXPECT_TRUE(limiter.Enter("a", kStart));
  EXPECT_TRUE(limiter.Enter("a", kStart));
  EXPECT_FALSE(limiter.Enter("a", kStart));
  EXPECT_TRUE(limiter.Enter("b", kStart));
  limiter.Leave("a");
  EXPECT_TRUE(limiter.Enter("a", kStart));
}

TEST(AddressLimiter, RefillsRequestsWithTime) {
  AddressLimiter limiter({2, 3, 2});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.TakeRequest("a", kStart));
  EXPECT_FALSE(limiter.TakeRequest("a", kStart));
  EXPECT_TRUE(limiter.TakeRequest("b", kStart));
  EXPECT_TRUE(limiter.TakeRequest("a", kStart + std::chrono::milliseconds(500)));
  EXPECT_FALSE(limiter.TakeRequest("a", kStart + std::chrono::milliseconds(500)));
  // Never more than the burst, however long the pause.
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.TakeRequest("a", kStart + minutes(60)));
  EXPECT_FALSE(limiter.TakeRequest("a", kStart + minutes(60)));
}

TEST(AddressLimiter, ForgetsNobodyWhoStillOwes) {
  AddressLimiter limiter({2, 1, 1});
  EXPECT_TRUE(limiter.TakeRequest("guest", kStart));
  EXPECT_TRUE(limiter.Enter("stays", kStart));
  EXPECT_TRUE(limiter.Enter("stays", kStart));
  for (int i = 0; i < 10'000; ++i) {
    const std::string group = std::to_string(i);
    EXPECT_TRUE(limiter.Enter(group, kStart));
    limiter.Leave(group);
  }
  EXPECT_FALSE(limiter.TakeRequest("guest", kStart));
  EXPECT_FALSE(limiter.Enter("stays", kStart));
}

TEST(FailureLimiter, CountsFailuresOnly) {
  FailureLimiter limiter({10, minutes(15), 100});
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(limiter.Begin("a", kStart), std::nullopt);
    limiter.Succeeded("a");
  }
  for (int i = 0; i < 10; ++i) EXPECT_EQ(limiter.Begin("a", kStart + seconds(i)), std::nullopt);
  EXPECT_EQ(limiter.Begin("a", kStart + seconds(10)), seconds(890));
  EXPECT_EQ(limiter.Begin("b", kStart + seconds(10)), std::nullopt);
}

TEST(FailureLimiter, ASuccessDoesNotForgiveEarlierFailures) {
  FailureLimiter limiter({3, minutes(15), 100});
  EXPECT_EQ(limiter.Begin("a", kStart), std::nullopt);
  EXPECT_EQ(limiter.Begin("a", kStart), std::nullopt);
  EXPECT_EQ(limiter.Begin("a", kStart), std::nullopt);
  limiter.Succeeded("a");
  EXPECT_EQ(limiter.Begin("a", kStart), std::nullopt);
  EXPECT_NE(limiter.Begin("a", kStart), std::nullopt);
}

TEST(FailureLimiter, LetsAgainWhenTheWindowIsOver) {
  FailureLimiter limiter({2, minutes(15), 100});
  EXPECT_EQ(limiter.Begin("a", kStart), std::nullopt);
  EXPECT_EQ(limiter.Begin("a", kStart + minutes(14)), std::nullopt);
  EXPECT_EQ(limiter.Begin("a", kStart + minutes(15) - seconds(1)), seconds(1));
  EXPECT_EQ(limiter.Begin("a", kStart + minutes(15)), std::nullopt);
}

TEST(FailureLimiter, ManyTriesAtOnceDoNotPassTogether) {
  FailureLimiter limiter({10, minutes(15), 100});
  std::atomic<int> passed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 20; ++k) passed += limiter.Begin("a", kStart).has_value() ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(passed, 10);
}

TEST(FailureLimiter, RemembersSoManyAtMost) {
  FailureLimiter limiter({1, minutes(15), 3});
  EXPECT_EQ(limiter.Begin("a", kStart), std::nullopt);
  EXPECT_EQ(limiter.Begin("b", kStart + seconds(1)), std::nullopt);
  EXPECT_EQ(limiter.Begin("c", kStart + seconds(2)), std::nullopt);
  EXPECT_EQ(limiter.Begin("d", kStart + seconds(3)), std::nullopt);  // a is given up
  EXPECT_NE(limiter.Begin("b", kStart + seconds(4)), std::nullopt);
  EXPECT_NE(limiter.Begin("c", kStart + seconds(4)), std::nullopt);
  EXPECT_NE(limiter.Begin("d", kStart + seconds(4)), std::nullopt);
}

}  // namespace
}  // namespace service
