// The vault's time: a wrong clock locks documents, and never destroys or revives one.

#include "vault/time_keeper.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace vault {
namespace {

constexpr UnixSeconds kTenYears = UnixSeconds{3652} * 86400;
UnixSeconds Noon() { return ParseWhen("2026-04-02T12:00").value(); }
Day Today() { return Day::Parse("2026-04-02").value(); }

TEST(TimeKeeper, WithoutAConfirmedDateNothingIsOpenAndNothingIsDue) {
  const FakeClock clock(Noon());
  const TimeKeeper time(clock, Noon() - 3600);
  EXPECT_FALSE(time.anchored());
  EXPECT_EQ(time.Now().low, Noon() - 3600);
  EXPECT_GT(time.Now().high, Noon() + kTenYears);
}

TEST(TimeKeeper, ADateIsConfirmedOnlyWhenTheClockShowsIt) {
  FakeClock clock(Noon());
  TimeKeeper time(clock, Noon() - 3600);
  EXPECT_FALSE(time.Confirm(Today().Plus(1)).ok());
  EXPECT_FALSE(time.Confirm(Today().Plus(-1)).ok());
  EXPECT_FALSE(time.anchored());
  ASSERT_TRUE(time.Confirm(Today()).ok());
  EXPECT_EQ(time.Now().low, Noon());
  EXPECT_EQ(time.Now().high, Noon());
}

TEST(TimeKeeper, ADateBeforeTheNewestEverSeenIsRefused) {
  const FakeClock clock(Noon());
  TimeKeeper time(clock, Noon() + 86400);
  EXPECT_FALSE(time.Confirm(Today()).ok());
}

TEST(TimeKeeper, AForwardJumpLocksAndDestroysNothing) {
  FakeClock clock(Noon());
  TimeKeeper time(clock, 0);
  ASSERT_TRUE(time.Confirm(Today()).ok());
  clock.SetRealtime(Noon() + kTenYears);
  EXPECT_EQ(time.Now().low, Noon());
  EXPECT_EQ(time.Now().high, Noon() + kTenYears);
}

TEST(TimeKeeper, ARollbackRevivesNothing) {
  FakeClock clock(Noon());
  TimeKeeper time(clock, 0);
  ASSERT_TRUE(time.Confirm(Today()).ok());
  clock.Pass(7200);
  clock.SetRealtime(Noon() - kTenYears);
  EXPECT_GE(time.Now().high, Noon() + 7200);
  EXPECT_GE(time.Now().low, Noon() + 7200 - 4);
}

TEST(TimeKeeper, TheMarkIsStoredAndKeptAcrossRestartsAndDrift) {
  FakeClock clock(Noon());
  TimeKeeper first(clock, 0);
  EXPECT_EQ(first.Mark(), 0);
  ASSERT_TRUE(first.Confirm(Today()).ok());
  clock.Pass(20000);
  const UnixSeconds mark = first.Mark();
  EXPECT_EQ(mark, Noon() + 20000 - 10);  // 500 parts in a million
  clock.Restart();
  const TimeKeeper second(clock, mark);
  EXPECT_EQ(second.Now().low, mark);
}

TEST(TimeKeeper, TheSystemClockIsTrustedOnlyNearTheMark) {
  FakeClock clock(Noon());
  EXPECT_TRUE(TimeKeeper(clock, Noon() - UnixSeconds{29} * 86400).TrustSystem().ok());
  EXPECT_FALSE(TimeKeeper(clock, Noon() - UnixSeconds{31} * 86400).TrustSystem().ok());
  EXPECT_TRUE(TimeKeeper(clock, Noon() + 599).TrustSystem().ok());
  EXPECT_FALSE(TimeKeeper(clock, Noon() + 601).TrustSystem().ok());
}

}  // namespace
}  // namespace vault
