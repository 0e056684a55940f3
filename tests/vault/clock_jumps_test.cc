// A clock that jumps ten years, in either direction, running and across a restart: nothing is
// destroyed early, nothing is readable late, and what was locked by mistake opens again.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/test_vault.h"

namespace vault {
namespace {

constexpr UnixSeconds kTenYears = UnixSeconds{3652} * 86400;

// A form of POL, lent to HSG in a pack until the meeting closes; a link to it that ends on 8 April.
class ClockJumps : public ::testing::Test {
 protected:
  void SetUp() override {
    world.Init();
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    world.Unseal();
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    Actor officer = world.SignIn(TestVault::kOfficer);
    for (const auto& [agency, email] :
         {std::pair{"POL", "co@pol.example"}, {"HSG", "co@hsg.example"}}) {
      ASSERT_TRUE(world->agencies().Add(officer, Agency(agency), agency).ok());
      world.AddPerson(officer, email, agency, {"AAC"});
    }
    auto made =
        world->matters().New(officer, {"macfa", "Self-neglect", At("2026-04-09T09:30"), ""});
    ASSERT_TRUE(made.ok()) << made.error().detail;
    matter = std::move(made).value();
    ASSERT_TRUE(world->matters().AddSubject(officer, matter, {"Adult Alder", "", {}}).ok());
    alder = world->matter_rows().FindSubject(matter.id, "Adult Alder").value();
    for (const auto& [agency, email] :
         {std::pair{"POL", "co@pol.example"}, {"HSG", "co@hsg.example"}}) {
      ASSERT_TRUE(world->matters().Involve(officer, matter, alder, Agency(agency)).ok());
      ASSERT_TRUE(world->matters().AddMember(officer, matter, email, "").ok());
    }
    world.MoveTo("2026-02-27T10:00");
    ASSERT_TRUE(
        world->matters().Record(officer, matter, "FORMS_ISSUED", At("2026-02-27T09:00"), "").ok());
    world.MoveTo("2026-03-20T10:00");
    Actor police = world.SignIn("co@pol.example");
    auto filed = world.File(police, matter, "FRM", "POL", alder.id, "police on Alder");
    ASSERT_TRUE(filed.ok()) << filed.error().detail;
    document = filed.value().id;
    world.MoveTo("2026-04-02T08:00");
    ASSERT_TRUE(Sweep().ok());
    ASSERT_EQ(Read("co@hsg.example"), "police on Alder");
    started = world.clock().Realtime();
  }

  Status Sweep() {
    TRY([[maybe_unused]] const SweepReport report,
        world->sweep().Run(std::nullopt, SweepMode::kAct));
    return Ok();
  }
  // Read gives the text, or the kind of refusal.
  std::string Read(std::string_view email) {
    auto actor = world.SignInWith(email, TestVault::kPassword);
    if (!actor.ok()) return std::string(ErrcName(actor.error().code));
    auto text = world.Read(actor.value(), document);
    return text.ok() ? text.value() : std::string(ErrcName(text.error().code));
  }
  // Destroyed counts the keys that certificates name.
  std::uint64_t Destroyed() {
    auto list = world->disposal().List();
    EXPECT_TRUE(list.ok());
    std::uint64_t objects = 0;
    for (const auto& batch : list.value()) objects += batch.objects;
    return objects;
  }
  // Restart stops the machine for an hour, sets its clock, and unseals with this date, or none.
  Status Restart(UnixSeconds clock, const std::optional<Day>& date) {
    world.Seal();
    world.clock().SetRealtime(clock);
    world.clock().Restart();
    return world.TryUnsealOn(date);
  }
  static bool Warns(const VaultStatus& status, std::string_view words) {
    return std::any_of(status.warnings.begin(), status.warnings.end(),
                       [&](const std::string& w) { return w.find(words) != std::string::npos; });
  }
  static Day TrueDay() { return Day::Parse("2026-04-02").value(); }

  TestVault world;
  MatterRow matter;
  SubjectRow alder;
  DocumentId document;
  UnixSeconds started = 0;
};

TEST_F(ClockJumps, ForwardWhileRunningLocksTheLoanDestroysNothingAndOpensAgainWhenPutRight) {
  const std::uint64_t destroyed = Destroyed();
  world.clock().SetRealtime(started + kTenYears);
  EXPECT_EQ(Read("co@hsg.example"), "expired");
  EXPECT_EQ(Read("co@pol.example"), "police on Alder");
  ASSERT_TRUE(Sweep().ok());
  EXPECT_EQ(Destroyed(), destroyed);
  auto status = world->Describe();
  ASSERT_TRUE(status.ok());
  EXPECT_TRUE(Warns(status.value(), "ahead of the vault's time")) << "no warning";
  world.clock().SetRealtime(started);
  EXPECT_EQ(Read("co@hsg.example"), "police on Alder");
}

TEST_F(ClockJumps, APeriodOfWhatIsFiledCountsFromTheLatestDay) {
  world.clock().SetRealtime(started + UnixSeconds{3} * 86400);
  Actor police = world.SignIn("co@pol.example");
  const auto filed = world.File(police, matter, "LLI", "POL", std::nullopt, "a longlist");
  ASSERT_TRUE(filed.ok()) << filed.error().detail;
  EXPECT_EQ(world->documents().Show(police, filed.value().id).value().filed.ToText(), "2026-04-05");
}

TEST_F(ClockJumps, BackWhileRunningRevivesNothing) {
  world.MoveTo("2026-04-09T12:31");
  Actor officer = world.SignIn(TestVault::kOfficer);
  ASSERT_TRUE(
      world->matters().Record(officer, matter, "MEETING_CLOSED", At("2026-04-09T12:30"), "").ok());
  EXPECT_EQ(Read("co@hsg.example"), "expired");
  world.clock().SetRealtime(started - kTenYears);
  EXPECT_EQ(Read("co@hsg.example"), "expired");
  ASSERT_TRUE(Sweep().ok());
  EXPECT_EQ(Read("co@pol.example"), "police on Alder");
  // Nor does confirming a day that has been: the vault knows better while it runs.
  EXPECT_EQ(world->Anchor(std::nullopt, LondonDay(world.clock().Realtime())).error().code,
            Errc::kInvalid);
  auto status = world->Describe();
  ASSERT_TRUE(status.ok());
  EXPECT_TRUE(Warns(status.value(), "behind the vault's time"));
}

// Without any event, the loan ends by its own time; only the count of seconds passed tells so.
TEST_F(ClockJumps, BackWhileRunningDoesNotOutliveALoansOwnEnd) {
  world.clock().Pass(UnixSeconds{60} * 86400);
  world.clock().SetRealtime(started);
  EXPECT_EQ(Read("co@hsg.example"), "expired");
  EXPECT_EQ(world->Anchor(std::nullopt, TrueDay()).error().code, Errc::kInvalid);
  EXPECT_EQ(Read("co@hsg.example"), "expired");
}

TEST_F(ClockJumps, ForwardAcrossARestartOpensNothingUntilTheTrueDateIsConfirmed) {
  const std::uint64_t destroyed = Destroyed();
  // A person who knows the date is refused while the clock shows another.
  EXPECT_EQ(Restart(started + kTenYears, TrueDay()).error().code, Errc::kInvalid);
  // Unattended: neither trusted nor anchored.
  ASSERT_TRUE(Restart(started + kTenYears, std::nullopt).ok());
  EXPECT_EQ(world->TrustSystemClock().error().code, Errc::kInvalid);
  EXPECT_EQ(Read("co@hsg.example"), "unavailable");
  EXPECT_EQ(Read("co@pol.example"), "unavailable");
  EXPECT_EQ(Sweep().error().code, Errc::kUnavailable);
  EXPECT_EQ(Destroyed(), destroyed);
  // The clock is put right, and everything is as it was.
  world.clock().SetRealtime(started + 3600);
  ASSERT_TRUE(world->Anchor(std::nullopt, TrueDay()).ok());
  ASSERT_TRUE(Sweep().ok());
  EXPECT_EQ(Destroyed(), destroyed);
  EXPECT_EQ(Read("co@hsg.example"), "police on Alder");
}

TEST_F(ClockJumps, BackAcrossARestartOpensNothingAndRevivesNothing) {
  world.MoveTo("2026-05-20T10:00");
  ASSERT_TRUE(Sweep().ok());
  EXPECT_EQ(Read("co@hsg.example"), "expired");
  const std::uint64_t destroyed = Destroyed();
  for (const UnixSeconds back : {kTenYears, UnixSeconds{48} * 86400}) {
    const UnixSeconds clock = At("2026-05-20T10:00") - back;
    // Whoever confirms what the clock shows is refused: the vault has seen a later day.
    EXPECT_EQ(Restart(clock, LondonDay(clock)).error().code, Errc::kInvalid);
    ASSERT_TRUE(Restart(clock, std::nullopt).ok());
    EXPECT_EQ(world->TrustSystemClock().error().code, Errc::kInvalid);
    EXPECT_EQ(Read("co@hsg.example"), "unavailable");
    EXPECT_EQ(Sweep().error().code, Errc::kUnavailable);
  }
  ASSERT_TRUE(Restart(At("2026-05-20T11:00"), Day::Parse("2026-05-20").value()).ok());
  EXPECT_EQ(Read("co@hsg.example"), "expired");
  EXPECT_EQ(Read("co@pol.example"), "police on Alder");
  EXPECT_EQ(Destroyed(), destroyed);
}

// The clock stops at the day before a loan's end and the vault is idle: the seconds since the start
// end it all the same, and the daily mark remembers it for the next start.
TEST_F(ClockJumps, AnIdleVaultRemembersEachDayThatPassed) {
  auto size = [&] { return world->Describe().value().log_size; };
  const std::uint64_t before = size();
  ASSERT_TRUE(world->KeepMark().ok());
  EXPECT_EQ(size(), before);
  world.clock().Pass(2 * 86400);
  ASSERT_TRUE(world->KeepMark().ok());
  EXPECT_EQ(size(), before + 1);
  ASSERT_TRUE(world->KeepMark().ok());
  EXPECT_EQ(size(), before + 1);
  EXPECT_EQ(Restart(started, TrueDay()).error().code, Errc::kInvalid);
  ASSERT_TRUE(Restart(started, std::nullopt).ok());
  EXPECT_EQ(world->TrustSystemClock().error().code, Errc::kInvalid);
}

TEST_F(ClockJumps, ACertificateSaysWhoseWordTheDateWas) {
  ASSERT_TRUE(Restart(started + 3600, std::nullopt).ok());
  ASSERT_TRUE(world->TrustSystemClock().ok());
  Actor officer = world.SignIn(TestVault::kOfficer);
  world.MoveTo("2026-04-09T12:31");
  ASSERT_TRUE(
      world->matters().Record(officer, matter, "MEETING_CLOSED", At("2026-04-09T12:30"), "").ok());
  auto list = world->disposal().List();
  ASSERT_TRUE(list.ok());
  ASSERT_FALSE(list.value().empty());
  auto file = world->disposal().Certificate(list.value()[0].id);
  ASSERT_TRUE(file.ok()) << file.error().detail;
  EXPECT_NE(file.value().find("clock: the system's clock, trusted by configuration"),
            std::string::npos);
}

}  // namespace
}  // namespace vault
