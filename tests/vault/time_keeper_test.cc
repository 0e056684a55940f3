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

TEST(TimeKeeper, APeriodCountsFromTheLatestDayItCanBe) {
  FakeClock clock(Noon());
  TimeKeeper time(clock, Noon() - 86400);
  // Without an anchor nobody knows: the later of what was seen and what the clock says.
  EXPECT_EQ(time.DayToCountFrom(), Today());
  EXPECT_EQ(TimeKeeper(clock, Noon() + 86400).DayToCountFrom(), LondonDay(Noon() + 86400));
  ASSERT_TRUE(time.Confirm(Today()).ok());
  EXPECT_EQ(time.DayToCountFrom(), Today());
  clock.SetRealtime(Noon() + UnixSeconds{3} * 86400);
  EXPECT_EQ(time.DayToCountFrom(), LondonDay(Noon() + UnixSeconds{3} * 86400));
  clock.SetRealtime(Noon() - UnixSeconds{3} * 86400);
  EXPECT_EQ(time.DayToCountFrom(), Today());
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

TEST(TimeKeeper, TheIntervalIsNeverNarrowerThanTheDrift) {
  FakeClock clock(Noon());
  TimeKeeper time(clock, 0);
  ASSERT_TRUE(time.Confirm(Today()).ok());
  for (const UnixSeconds seconds : {1, 1999, 2000, 2001, 86400}) {
    FakeClock fresh(Noon());
    TimeKeeper other(fresh, 0);
    ASSERT_TRUE(other.Confirm(Today()).ok());
    fresh.Pass(seconds);
    // 500 parts in a million, in whole seconds, never less.
    EXPECT_LE((other.Now().low - Noon()) * 2000, seconds * 1999) << seconds;
    EXPECT_GE((other.Now().high - Noon()) * 2000, seconds * 2001) << seconds;
    EXPECT_GE(other.Now().low, Noon() + seconds - seconds / 2000 - 1);
    EXPECT_LE(other.Now().high, Noon() + seconds + seconds / 2000 + 1);
  }
}

// No commit has moved the mark, and the program still knows what has passed.
TEST(TimeKeeper, ADayThatIsOverIsNotConfirmedAgainWhileItRuns) {
  FakeClock clock(Noon());
  TimeKeeper time(clock, 0);
  ASSERT_TRUE(time.Confirm(Today()).ok());
  clock.Pass(3 * 86400);
  const UnixSeconds low = time.Now().low;
  clock.SetRealtime(Noon() + 86400);
  EXPECT_FALSE(time.Confirm(Today().Plus(1)).ok());
  // The same day at an earlier hour is confirmed, and time still does not go back.
  clock.SetRealtime(Noon() + 3 * 86400 - 7200);
  ASSERT_TRUE(time.Confirm(Today().Plus(3)).ok());
  EXPECT_GE(time.Now().low, low);
}

TEST(TimeKeeper, ItIsKnownOnWhoseWordTheTimeRests) {
  const FakeClock clock(Noon());
  TimeKeeper time(clock, Noon() - 60);
  EXPECT_EQ(time.source(), TimeKeeper::Source::kNone);
  ASSERT_TRUE(time.TrustSystem().ok());
  EXPECT_EQ(time.source(), TimeKeeper::Source::kSystem);
  ASSERT_TRUE(time.Confirm(Today()).ok());
  EXPECT_EQ(time.source(), TimeKeeper::Source::kPerson);
}

TEST(TimeKeeper, TheOperatorIsToldWhereTheClockAndTheVaultDisagree) {
  FakeClock clock(Noon());
  TimeKeeper time(clock, 0);
  EXPECT_EQ(time.Warnings(), std::vector<std::string>{"the date has not been confirmed"});
  ASSERT_TRUE(time.Confirm(Today()).ok());
  clock.Pass(86400);
  EXPECT_TRUE(time.Warnings().empty());
  clock.SetRealtime(Noon() + kTenYears);
  ASSERT_EQ(time.Warnings().size(), 1u);
  EXPECT_NE(time.Warnings()[0].find("runs 3651 days ahead of the vault's time"), std::string::npos);
  clock.SetRealtime(Noon() - kTenYears);
  ASSERT_EQ(time.Warnings().size(), 1u);
  EXPECT_NE(time.Warnings()[0].find("3652 days behind the vault's time"), std::string::npos);
}

}  // namespace
}  // namespace vault
