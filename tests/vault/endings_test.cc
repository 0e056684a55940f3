// Endings while an erasure cell is away: what stands is answered, and what is owed is told.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/disposal_world.h"
#include "vault/people.h"

namespace vault {
namespace {

constexpr std::string_view kColleague = "colleague@pol.example";
constexpr std::string_view kOwn = "a password of my own";

// CellAway takes the first erasure cell away for as long as it lives.
class CellAway {
 public:
  explicit CellAway(const TestVault& world) : cell_(world.place().data + ".cell") {
    std::filesystem::rename(cell_, cell_ + ".away");
  }
  ~CellAway() { std::filesystem::rename(cell_ + ".away", cell_); }
  CellAway(const CellAway&) = delete;
  CellAway& operator=(const CellAway&) = delete;

 private:
  std::string cell_;
};

class EndingsTest : public DisposalWorld {
 protected:
  void SetUp() override {
    DisposalWorld::SetUp();
    world.AddPerson(Officer(), kColleague, "POL", {"AUD", "PRT-M"});
  }
  bool SignsIn(std::string_view email, std::string_view password) {
    return world.SignInWith(email, password).ok();
  }
  // IsPaid sweeps, and says whether nothing is owed any more.
  bool IsPaid() {
    Sweep();
    return Debt() == 0;
  }
};

TEST_F(EndingsTest, AResetTellsThePasswordThatItMadeUpThoughTheOldKeyIsOwed) {
  const Actor officer = Officer();
  std::string password;
  {
    const CellAway away(world);
    const auto reset = world->people().Reset(officer, kCoordinator, Plaintext());
    ASSERT_TRUE(reset.ok()) << reset.error().detail;
    EXPECT_EQ(reset.value().destruction, People::Ending::kOwed);
    EXPECT_TRUE(reset.value().added.invited_until.has_value());
    password = reset.value().added.password.text();
    EXPECT_EQ(Debt(), 1u);
    EXPECT_FALSE(SignsIn(kCoordinator, TestVault::kPassword));
    EXPECT_TRUE(SignsIn(kCoordinator, password));
  }
  EXPECT_TRUE(IsPaid());
  EXPECT_TRUE(SignsIn(kCoordinator, password));
  const auto again = world->people().Reset(officer, kCoordinator, Plaintext());
  ASSERT_TRUE(again.ok()) << again.error().detail;
  EXPECT_EQ(again.value().destruction, People::Ending::kDone);
}

TEST_F(EndingsTest, AChangedPasswordIsInForceThoughTheOldKeyIsOwed) {
  const auto session = world->people().SignIn(kColleague, AsBytes(TestVault::kPassword));
  ASSERT_TRUE(session.ok());
  {
    const Actor colleague = world.SignIn(kColleague);
    const CellAway away(world);
    const auto changed =
        world->people().ChangePassword(colleague, AsBytes(TestVault::kPassword), AsBytes(kOwn));
    ASSERT_TRUE(changed.ok()) << changed.error().detail;
    EXPECT_EQ(changed.value(), People::Ending::kOwed);
    EXPECT_EQ(Debt(), 1u);
    EXPECT_FALSE(world->people().Resume(session.value().view()).ok());
    EXPECT_FALSE(SignsIn(kColleague, TestVault::kPassword));
    EXPECT_TRUE(SignsIn(kColleague, kOwn));
  }
  EXPECT_TRUE(IsPaid());
  EXPECT_TRUE(SignsIn(kColleague, kOwn));
}

TEST_F(EndingsTest, ARoleIsTakenAndGivenThoughTheOldKeyIsOwed) {
  const Actor officer = Officer();
  const std::string email(kColleague);
  {
    const CellAway away(world);
    const auto taken = world->people().TakeRole(officer, {email, "AUD", std::nullopt});
    ASSERT_TRUE(taken.ok()) << taken.error().detail;
    EXPECT_EQ(taken.value(), People::Ending::kOwed);
    EXPECT_FALSE(world.SignIn(kColleague).Has("AUD"));
    const auto given = world->people().GiveRole(officer, {email, "AAC", std::nullopt});
    ASSERT_TRUE(given.ok()) << given.error().detail;
    EXPECT_EQ(given.value(), People::Ending::kOwed);
    EXPECT_TRUE(world.SignIn(kColleague).Has("AAC"));
    // One key of before each.
    EXPECT_EQ(Debt(), 2u);
  }
  EXPECT_TRUE(IsPaid());
  EXPECT_TRUE(world.SignIn(kColleague).Has("AAC"));
  EXPECT_FALSE(world.SignIn(kColleague).Has("AUD"));
}

TEST_F(EndingsTest, ADeputyshipAndATokenEndThoughTheOldKeyIsOwed) {
  const Actor officer = Officer();
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  const auto named = world->people().NameDeputy(
      officer, {std::string(kCoordinator), std::string(kColleague), At("2026-03-01T00:00")});
  ASSERT_TRUE(named.ok()) << named.error().detail;
  Actor colleague = world.SignIn(kColleague);
  EXPECT_TRUE(world.Read(colleague, form).ok());
  const auto token =
      world->people().MakeToken(colleague, {"scanner", TokenScope::kRead, At("2026-05-01T00:00")});
  ASSERT_TRUE(token.ok()) << token.error().detail;
  {
    const CellAway away(world);
    const auto ended = world->people().EndDeputy(officer, named.value().id);
    ASSERT_TRUE(ended.ok()) << ended.error().detail;
    EXPECT_EQ(ended.value(), People::Ending::kOwed);
    Actor now = world.SignIn(kColleague);
    EXPECT_EQ(world.Read(now, form).error().code, Errc::kNotFound);
    EXPECT_TRUE(world->people().ResumeToken(token.value().secret.view()).ok());
    const auto over = world->people().EndToken(now, token.value().view.id);
    ASSERT_TRUE(over.ok()) << over.error().detail;
    EXPECT_EQ(over.value(), People::Ending::kOwed);
    EXPECT_FALSE(world->people().ResumeToken(token.value().secret.view()).ok());
    EXPECT_EQ(Debt(), 2u);
  }
  EXPECT_TRUE(IsPaid());
}

// An exclusion is one row with its reason, though the answer came late or not at all before.
TEST_F(EndingsTest, AnExclusionStandsAndEndsThoughTheOldKeyIsOwed) {
  const Actor officer = Officer();
  {
    const CellAway away(world);
    const auto excluded =
        world->people().Exclude(officer, matter, alder, kCoordinator, "a neighbour");
    ASSERT_TRUE(excluded.ok()) << excluded.error().detail;
    EXPECT_EQ(excluded.value().destruction, People::Ending::kOwed);
    EXPECT_TRUE(world.SignIn(kCoordinator).Excluded(alder.id));
    const auto back = world->people().Readmit(officer, excluded.value().id);
    ASSERT_TRUE(back.ok()) << back.error().detail;
    EXPECT_EQ(back.value(), People::Ending::kOwed);
    EXPECT_FALSE(world.SignIn(kCoordinator).Excluded(alder.id));
  }
  EXPECT_TRUE(IsPaid());
}

// One whose keys wait does not keep the others in past their day.
TEST_F(EndingsTest, EverybodyWhoseDayHasPassedIsOutThoughTheKeysOfAllAreOwed) {
  const Actor officer = Officer();
  for (const std::string_view email : {"first@pol.example", "second@pol.example"}) {
    NewPerson leaving;
    leaving.email = email;
    leaving.agency = Agency("POL");
    leaving.roles = {"AUD"};
    leaving.until = At("2026-03-01T00:00");
    leaving.password = Plaintext::CopyOf(AsBytes(TestVault::kPassword));
    ASSERT_TRUE(world->people().Add(officer, std::move(leaving)).ok());
  }
  NewPerson invited;
  invited.email = "invited@pol.example";
  invited.agency = Agency("POL");
  invited.roles = {"AUD"};
  ASSERT_TRUE(world->people().Add(officer, std::move(invited)).ok());
  ASSERT_TRUE(world->people()
                  .GiveRole(officer, {std::string(kColleague), "AAC", At("2026-03-01T00:00")})
                  .ok());
  const auto token =
      world->people().MakeToken(Igo(), {"scanner", TokenScope::kRead, At("2026-03-01T00:00")});
  ASSERT_TRUE(token.ok()) << token.error().detail;
  world.MoveTo("2026-03-10T09:00");
  {
    const CellAway away(world);
    const auto ended = world->people().EndExpired();
    ASSERT_TRUE(ended.ok()) << ended.error().detail;
    EXPECT_EQ(ended.value(), 2u);
    EXPECT_EQ(Logged("type person.ended"), 2u);
    EXPECT_EQ(Logged("type invitation.ended"), 1u);
    EXPECT_EQ(Logged("type role.ended"), 1u);
    EXPECT_EQ(Logged("type token.ended"), 1u);
    // Each of those who end with a look-up key, and the key of before of the three others.
    EXPECT_EQ(Debt(), 7u);
  }
  EXPECT_TRUE(IsPaid());
  EXPECT_EQ(world->people().EndExpired().value(), 0u);
  EXPECT_EQ(Logged("type person.ended"), 2u);
}

// What cannot be committed has not happened, and no password was made up.
TEST_F(EndingsTest, AResetThatCannotBeCommittedIsRefusedAndTheOldPasswordStays) {
  ASSERT_TRUE(world->custody().Add(std::nullopt, {world.folder() + "/standby", {}}).ok());
  const Actor officer = Officer();
  faults.standby_tree_away = true;
  const auto reset = world->people().Reset(officer, kCoordinator, Plaintext());
  faults.standby_tree_away = false;
  ASSERT_FALSE(reset.ok());
  EXPECT_EQ(reset.error().code, Errc::kUnavailable);
  ASSERT_TRUE(world->custody().Rejoin().ok());
  EXPECT_TRUE(SignsIn(kCoordinator, TestVault::kPassword));
  EXPECT_EQ(Debt(), 0u);
}

// The custodian is away for a minute: the rows of an ending stand, its keys wait for the next
// sweep, and everybody else still gets in.
TEST(Endings, ThatWaitForTheCellLockNobodyOut) {
  namespace fs = std::filesystem;
  constexpr std::string_view kLeaving = "leaving@unit.example";
  constexpr std::string_view kOther = "other@unit.example";
  TestVault world;
  ASSERT_NO_FATAL_FAILURE(world.Init());
  ASSERT_NO_FATAL_FAILURE(world.Unseal());
  const Actor officer = world.SignIn(TestVault::kOfficer);
  world.AddPerson(officer, kLeaving, "unit", {"DPO"});
  world.AddPerson(officer, kOther, "unit", {"DPO"});
  const SessionSecret session =
      world->people().SignIn(kLeaving, AsBytes(TestVault::kPassword)).value();
  const std::string cell = world.place().data + ".cell";
  fs::rename(cell, cell + ".away");
  const auto ended = world->people().End(officer, kLeaving);
  fs::rename(cell + ".away", cell);
  // What happened is answered: out, and the destruction is owed.
  ASSERT_TRUE(ended.ok()) << ended.error().detail;
  EXPECT_EQ(ended.value(), People::Ending::kOwed);
  // Their own key, and the look-up key that goes with everybody who ends.
  EXPECT_EQ(world->debt().Count().value(), 2u);
  EXPECT_FALSE(world->people().Resume(session.view()).ok());
  EXPECT_FALSE(world.SignInWith(kLeaving, TestVault::kPassword).ok());
  EXPECT_TRUE(world.SignInWith(TestVault::kOfficer, TestVault::kPassword).ok());
  EXPECT_TRUE(world.SignInWith(kOther, TestVault::kPassword).ok());
  const auto swept = world->sweep().Run(std::nullopt, SweepMode::kAct);
  ASSERT_TRUE(swept.ok()) << swept.error().detail;
  EXPECT_EQ(world->debt().Count().value(), 0u);
  ASSERT_NO_FATAL_FAILURE(world.Unseal());
  EXPECT_TRUE(world.SignInWith(kOther, TestVault::kPassword).ok());
  EXPECT_FALSE(world.SignInWith(kLeaving, TestVault::kPassword).ok());
}

}  // namespace
}  // namespace vault
