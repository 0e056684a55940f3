// People: first passwords, roles and tokens.
#include "vault/people.h"

#include <gtest/gtest.h>

#include "tests/support/disposal_world.h"

namespace vault {
namespace {

constexpr std::string_view kAuditor = "auditor@pol.example";
constexpr std::string_view kOwn = "a password of my own";

class PeopleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world.Init();
    world.Unseal();
    const Actor officer = world.SignIn(TestVault::kOfficer);
    ASSERT_TRUE(world->agencies().Add(officer, Agency("POL"), "Police").ok());
  }
  People::Added Invite() {
    const Actor officer = world.SignIn(TestVault::kOfficer);
    NewPerson person;
    person.email = kAuditor;
    person.agency = Agency("POL");
    person.roles = {"AUD"};
    auto added = world->people().Add(officer, std::move(person));
    EXPECT_TRUE(added.ok()) << added.error().detail;
    return std::move(added).value();
  }
  Errc SignInError(std::string_view password) {
    auto actor = world.SignInWith(kAuditor, password);
    EXPECT_FALSE(actor.ok());
    return actor.ok() ? Errc::kInvalid : actor.error().code;
  }
  std::vector<std::string> RolesOf(std::string_view email) {
    return world->people().RunningRoles(world->people().Find(email).value()).value();
  }
  void Sweep() {
    auto swept = world->sweep().Run(std::nullopt, SweepMode::kAct);
    ASSERT_TRUE(swept.ok()) << swept.error().detail;
  }
  People::MadeToken MakeToken(const Actor& actor, TokenScope scope) {
    auto made = world->people().MakeToken(actor, {"scanner", scope, At("2026-06-01T00:00")});
    EXPECT_TRUE(made.ok()) << made.error().detail;
    return std::move(made).value();
  }
  bool Works(const TokenSecret& token) { return world->people().ResumeToken(token.view()).ok(); }
  TestVault world;
};

TEST_F(PeopleTest, AFirstPasswordOpensNothingOnceItsOwnerChoseAnother) {
  const People::Added invited = Invite();
  ASSERT_TRUE(invited.invited_until.has_value());
  EXPECT_EQ(*invited.invited_until, At("2026-02-26T09:00"));
  {
    const Actor auditor = world.SignInWith(kAuditor, invited.password.text()).value();
    EXPECT_TRUE(world->people().MustChoosePassword(auditor.person()).value());
    const auto changed =
        world->people().ChangePassword(auditor, invited.password.view(), AsBytes(kOwn));
    ASSERT_TRUE(changed.ok()) << changed.error().detail;
    EXPECT_FALSE(world->people().MustChoosePassword(auditor.person()).value());
  }
  EXPECT_EQ(SignInError(invited.password.text()), Errc::kDenied);
  EXPECT_TRUE(world.SignInWith(kAuditor, kOwn).ok());
  // What was chosen has no end: it works when the first one would have ended.
  world.MoveTo("2026-03-10T09:00");
  Sweep();
  EXPECT_TRUE(world.SignInWith(kAuditor, kOwn).ok());
}

TEST_F(PeopleTest, AFirstPasswordNobodyReplacedEndsByItself) {
  const People::Added invited = Invite();
  world.MoveTo("2026-02-26T09:01");
  EXPECT_EQ(SignInError(invited.password.text()), Errc::kExpired);
  // The sweep is sure of the time a little later: it destroys nothing early.
  world.MoveTo("2026-02-27T09:00");
  Sweep();
  // Its layer is gone with the key, and a wrong password is all it is now.
  EXPECT_EQ(SignInError(invited.password.text()), Errc::kDenied);
  const Actor officer = world.SignIn(TestVault::kOfficer);
  auto again = world->people().Reset(officer, kAuditor, Plaintext());
  ASSERT_TRUE(again.ok()) << again.error().detail;
  EXPECT_TRUE(world.SignInWith(kAuditor, again.value().added.password.text()).ok());
}

// What such a person made still ends, and stops no sweep on the way.
TEST_F(PeopleTest, ATokenOfSomebodyWhoseFirstPasswordEndedEndsAsWell) {
  const People::Added invited = Invite();
  const Actor auditor = world.SignInWith(kAuditor, invited.password.text()).value();
  const People::MadeToken made = MakeToken(auditor, TokenScope::kRead);
  world.MoveTo("2026-02-27T09:00");
  Sweep();
  EXPECT_TRUE(Works(made.secret));
  const Actor officer = world.SignIn(TestVault::kOfficer);
  const auto given =
      world->people().GiveRole(officer, {std::string(kAuditor), "PRT-M", std::nullopt});
  EXPECT_TRUE(given.ok()) << given.error().detail;
  world.MoveTo("2026-06-03T09:00");
  Sweep();
  EXPECT_FALSE(Works(made.secret));
}

TEST_F(PeopleTest, APasswordIsNotReplacedByItself) {
  const People::Added invited = Invite();
  const Actor auditor = world.SignInWith(kAuditor, invited.password.text()).value();
  const auto same =
      world->people().ChangePassword(auditor, invited.password.view(), invited.password.view());
  ASSERT_FALSE(same.ok());
  EXPECT_EQ(same.error().code, Errc::kInvalid);
  EXPECT_TRUE(world->people().MustChoosePassword(auditor.person()).value());
}

TEST_F(PeopleTest, ARoleIsGivenAndTakenAtOnceAndThePasswordStays) {
  const Actor officer = world.SignIn(TestVault::kOfficer);
  world.AddPerson(officer, kAuditor, "POL", {"AUD"});
  const std::string email(kAuditor);
  ASSERT_TRUE(world->people().GiveRole(officer, {email, "AAC", std::nullopt}).ok());
  EXPECT_EQ(RolesOf(kAuditor), (std::vector<std::string>{"AAC", "AUD"}));
  EXPECT_EQ(world->people().GiveRole(officer, {email, "AAC", std::nullopt}).error().code,
            Errc::kConflict);
  EXPECT_EQ(world->people().GiveRole(officer, {email, "BUO", std::nullopt}).error().code,
            Errc::kInvalid);
  EXPECT_EQ(world->people().GiveRole(officer, {email, "KING", std::nullopt}).error().code,
            Errc::kInvalid);
  EXPECT_TRUE(world.SignInWith(kAuditor, TestVault::kPassword).ok());
  ASSERT_TRUE(world->people().TakeRole(officer, {email, "AUD", std::nullopt}).ok());
  EXPECT_EQ(RolesOf(kAuditor), std::vector<std::string>{"AAC"});
  EXPECT_EQ(world->people().TakeRole(officer, {email, "AUD", std::nullopt}).error().code,
            Errc::kNotFound);
  EXPECT_EQ(world->people().TakeRole(officer, {email, "AAC", std::nullopt}).error().code,
            Errc::kConflict);
  EXPECT_TRUE(world.SignInWith(kAuditor, TestVault::kPassword).ok());
}

TEST_F(PeopleTest, ARoleWithALastDayStopsOnItAndMayBeGivenAgain) {
  const Actor officer = world.SignIn(TestVault::kOfficer);
  world.AddPerson(officer, kAuditor, "POL", {"AUD"});
  const std::string email(kAuditor);
  ASSERT_TRUE(world->people().GiveRole(officer, {email, "AAC", At("2026-03-01T00:00")}).ok());
  world.MoveTo("2026-03-01T00:01");
  EXPECT_EQ(RolesOf(kAuditor), std::vector<std::string>{"AUD"});
  const Actor later = world.SignIn(TestVault::kOfficer);
  ASSERT_TRUE(world->people().GiveRole(later, {email, "AAC", std::nullopt}).ok());
  EXPECT_EQ(RolesOf(kAuditor), (std::vector<std::string>{"AAC", "AUD"}));
}

TEST_F(PeopleTest, TheUnitKeepsAnOfficer) {
  const Actor officer = world.SignIn(TestVault::kOfficer);
  const std::string email(TestVault::kOfficer);
  ASSERT_TRUE(world->people().GiveRole(officer, {email, "IGO", std::nullopt}).ok());
  const auto taken = world->people().TakeRole(officer, {email, "BUO", std::nullopt});
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().code, Errc::kConflict);
  EXPECT_EQ(RolesOf(TestVault::kOfficer), (std::vector<std::string>{"BUO", "IGO"}));
}

TEST_F(PeopleTest, ATokenIsAWayInUntilItEnds) {
  const Actor officer = world.SignIn(TestVault::kOfficer);
  const People::MadeToken made = MakeToken(officer, TokenScope::kFile);
  {
    auto program = world->people().ResumeToken(made.secret.view());
    ASSERT_TRUE(program.ok()) << program.error().detail;
    EXPECT_EQ(program.value().actor.person(), officer.person());
    EXPECT_EQ(program.value().scope, TokenScope::kFile);
  }
  auto wrong = TokenSecret::Random(*world.world().random);
  EXPECT_FALSE(Works(wrong));
  // It stays when the password changes or a role comes, and a restart.
  ASSERT_TRUE(
      world->people().ChangePassword(officer, AsBytes(TestVault::kPassword), AsBytes(kOwn)).ok());
  EXPECT_TRUE(Works(made.secret));
  world.Unseal();
  EXPECT_TRUE(Works(made.secret));
  world.MoveTo("2026-06-01T00:01");
  EXPECT_FALSE(Works(made.secret));
  world.MoveTo("2026-06-02T00:01");
  Sweep();
  const Actor later = world.SignInWith(TestVault::kOfficer, kOwn).value();
  EXPECT_TRUE(world->people().Tokens(later).value().empty());
}

TEST_F(PeopleTest, AnEndedTokenOpensNothingAndTheOthersStay) {
  const Actor officer = world.SignIn(TestVault::kOfficer);
  const People::MadeToken made = MakeToken(officer, TokenScope::kRead);
  auto other =
      world->people().MakeToken(officer, {"reports", TokenScope::kAct, At("2026-05-01T00:00")});
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(world->people()
                .MakeToken(officer, {"reports", TokenScope::kRead, At("2026-05-01T00:00")})
                .error()
                .code,
            Errc::kConflict);
  ASSERT_TRUE(world->people().EndToken(officer, made.view.id).ok());
  EXPECT_FALSE(Works(made.secret));
  EXPECT_TRUE(Works(other.value().secret));
  const Actor again = world.SignIn(TestVault::kOfficer);
  const auto left = world->people().Tokens(again).value();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left.front().name, "reports");
  EXPECT_EQ(world->people().EndToken(again, made.view.id).error().code, Errc::kNotFound);
}

TEST_F(PeopleTest, AResetAndAnEndTakeTheTokensWithThem) {
  const Actor officer = world.SignIn(TestVault::kOfficer);
  world.AddPerson(officer, kAuditor, "POL", {"AUD"});
  const People::MadeToken first = MakeToken(world.SignIn(kAuditor), TokenScope::kRead);
  ASSERT_TRUE(world->people().Reset(officer, kAuditor, Plaintext::CopyOf(AsBytes(kOwn))).ok());
  EXPECT_FALSE(Works(first.secret));
  const Actor auditor = world.SignInWith(kAuditor, kOwn).value();
  const People::MadeToken second = MakeToken(auditor, TokenScope::kRead);
  EXPECT_TRUE(Works(second.secret));
  ASSERT_TRUE(world->people().End(officer, kAuditor).ok());
  EXPECT_FALSE(Works(second.secret));
}

TEST_F(PeopleTest, ATokenHasANameAndAnEndWithinAYear) {
  const Actor officer = world.SignIn(TestVault::kOfficer);
  const auto error = [&](std::string name, std::string_view until) {
    return world->people()
        .MakeToken(officer, {std::move(name), TokenScope::kRead, At(until)})
        .error()
        .code;
  };
  EXPECT_EQ(error("", "2026-03-01T00:00"), Errc::kInvalid);
  EXPECT_EQ(error("scanner", "2026-02-12T08:59"), Errc::kInvalid);
  EXPECT_EQ(error("scanner", "2027-03-01T00:00"), Errc::kInvalid);
}

// The standby is lost in the very commit that fills the new key: the password is not changed, and
// the second key is found and shredded when the standby is back, whatever was logged in between.
class StrayTest : public DisposalWorld {};

TEST_F(StrayTest, AKeyOfAnActThatFailedIsShreddedThoughTheVaultRanOn) {
  const Status added = world->custody().Add(std::nullopt, {world.folder() + "/standby", {}});
  ASSERT_TRUE(added.ok()) << added.error().detail;
  const DocumentId document = File("LLI", std::nullopt, "a longlist");
  const PersonId person = world->people().Find(kCoordinator).value();
  const Actor coordinator = world.SignIn(kCoordinator);
  faults.standby_tree_away = true;
  const auto changed = world->people().ChangePassword(coordinator, AsBytes(TestVault::kPassword),
                                                      AsBytes("quite another password"));
  ASSERT_FALSE(changed.ok());
  EXPECT_EQ(changed.error().code, Errc::kUnavailable);
  // The opening is logged: a commit of the register.
  EXPECT_EQ(world.Read(coordinator, document).value(), "a longlist");
  faults.standby_tree_away = false;
  const Status rejoined = world->custody().Rejoin();
  ASSERT_TRUE(rejoined.ok()) << rejoined.error().detail;
  EXPECT_TRUE(world.SignInWith(kCoordinator, TestVault::kPassword).ok());
  EXPECT_EQ(Debt(), 0u);
  Inside([&](KeyKeeper& keeper, Database&) {
    std::size_t keys = 0;
    const Status scanned = keeper.Scan([&](SlotNumber, const SlotEntry& entry) -> Status {
      keys += entry.type == EntryType::kPerson && entry.object == AsObject(person) ? 1 : 0;
      return Ok();
    });
    ASSERT_TRUE(scanned.ok());
    EXPECT_EQ(keys, 1u);
  });
}

}  // namespace
}  // namespace vault
