// People as they are: deputies, exclusions, role ends, boxes owed, and who may read a document.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/disposal_world.h"
#include "tests/support/edit_register.h"
#include "vault/readers.h"

namespace vault {
namespace {

constexpr std::string_view kColleague = "colleague@pol.example";
constexpr std::string_view kHousing = "housing@hsg.example";

class DeputiesTest : public DisposalWorld {
 protected:
  void SetUp() override {
    DisposalWorld::SetUp();
    Actor officer = Officer();
    world.AddPerson(officer, kColleague, "POL", {"AUD"});
    form = File("FRM", alder.id, "police on Alder");
  }
  Result<DeputyView> Name(std::string_view by, std::string_view until) {
    Actor actor = world.SignIn(by);
    return world->people().NameDeputy(
        actor, {std::string(kCoordinator), std::string(kColleague), At(until)});
  }
  Errc ReadError(std::string_view email) {
    Actor actor = world.SignIn(email);
    auto text = world.Read(actor, form);
    return text.ok() ? Errc::kInvalid : text.error().code;
  }
  bool Reads(std::string_view email) {
    Actor actor = world.SignIn(email);
    auto text = world.Read(actor, form);
    return text.ok() && text.value() == "police on Alder";
  }
  Result<People::Excluded> Exclude(std::string_view by, std::string_view whom) {
    Actor actor = world.SignIn(by);
    return world->people().Exclude(actor, matter, alder, whom, "a neighbour of the family");
  }
  ReaderView Reader(std::string_view email) {
    Actor officer = Officer();
    auto readers = world->readers().Of(officer, form);
    EXPECT_TRUE(readers.ok()) << (readers.ok() ? "" : readers.error().detail);
    for (ReaderView& view : readers.value()) {
      if (view.email == email) return std::move(view);
    }
    return {};
  }
  DocumentId form;
};

TEST_F(DeputiesTest, ADeputyReadsAndFilesInTheOthersRolesUntilTheEndAndTheLogSaysForWhom) {
  EXPECT_EQ(ReadError(kColleague), Errc::kNotFound);
  auto named = Name(TestVault::kOfficer, "2026-03-01T00:00");
  ASSERT_TRUE(named.ok()) << named.error().detail;
  {
    const Actor deputy = world.SignIn(kColleague);
    EXPECT_TRUE(deputy.Has("AAC"));
    EXPECT_TRUE(deputy.Has("AUD"));
    ASSERT_EQ(deputy.acting_for().size(), 1u);
  }
  const std::size_t before = Logged("\nfor p:");
  EXPECT_TRUE(Reads(kColleague));
  EXPECT_GT(Logged("\nfor p:"), before);
  // The other goes on as before, and nobody else gained anything.
  EXPECT_TRUE(Reads(kCoordinator));
  world.MoveTo("2026-03-01T00:01");
  // No sweep has run: it ends by itself.
  EXPECT_EQ(ReadError(kColleague), Errc::kNotFound);
  EXPECT_FALSE(world.SignIn(kColleague).Has("AAC"));
  world.MoveTo("2026-03-02T09:00");
  Sweep();
  EXPECT_EQ(Logged("type deputy.ended"), 1u);
  EXPECT_TRUE(Reads(kCoordinator));
}

TEST_F(DeputiesTest, ADeputyIsNamedByTheUnitOrByWhomTheyStandFor) {
  EXPECT_EQ(Name(kIgo, "2026-03-01T00:00").error().code, Errc::kDenied);
  EXPECT_EQ(Name(kColleague, "2026-03-01T00:00").error().code, Errc::kDenied);
  ASSERT_TRUE(Name(kCoordinator, "2026-03-01T00:00").ok());
  EXPECT_TRUE(Reads(kColleague));
  EXPECT_EQ(Name(kCoordinator, "2026-03-01T00:00").error().code, Errc::kConflict);
  const Actor officer = Officer();
  const auto error = [&](std::string_view stands_for, std::string_view deputy) {
    return world->people()
        .NameDeputy(officer, {std::string(stands_for), std::string(deputy), At("2026-03-01")})
        .error()
        .code;
  };
  EXPECT_EQ(error(kCoordinator, kIgo), Errc::kInvalid);
  EXPECT_EQ(error(kCoordinator, kCoordinator), Errc::kInvalid);
  EXPECT_EQ(error(kCoordinator, "nobody@pol.example"), Errc::kNotFound);
  EXPECT_EQ(Name(TestVault::kOfficer, "2028-03-01T00:00").error().code, Errc::kInvalid);
}

TEST_F(DeputiesTest, AnEndedDeputyAndOneWhoseColleagueLeftReadNothing) {
  auto named = Name(TestVault::kOfficer, "2026-03-01T00:00");
  ASSERT_TRUE(named.ok());
  ASSERT_TRUE(world->people().EndDeputy(Officer(), named.value().id).ok());
  EXPECT_EQ(ReadError(kColleague), Errc::kNotFound);
  ASSERT_TRUE(Name(TestVault::kOfficer, "2026-03-01T00:00").ok());
  EXPECT_TRUE(Reads(kColleague));
  ASSERT_TRUE(world->people().End(Officer(), kCoordinator).ok());
  EXPECT_EQ(ReadError(kColleague), Errc::kNotFound);
  EXPECT_TRUE(world->people().Deputies(Officer()).value().empty());
}

// An erasure cell is away for a minute: who leaves is out with everybody who acted for them, and
// the next start destroys what is owed.
TEST_F(DeputiesTest, WhoLeavesWhileTheCellIsAwayIsOutAtOnceWithAllTheirDeputies) {
  constexpr std::string_view kSecond = "second@pol.example";
  world.AddPerson(Officer(), kSecond, "POL", {"AUD"});
  ASSERT_TRUE(Name(TestVault::kOfficer, "2026-03-01T00:00").ok());
  ASSERT_TRUE(world->people()
                  .NameDeputy(Officer(), {std::string(kCoordinator), std::string(kSecond),
                                          At("2026-03-01T00:00")})
                  .ok());
  Actor deputy = world.SignIn(kColleague);
  auto running = world->documents().Open(deputy, {form, std::nullopt, ""});
  ASSERT_TRUE(running.ok()) << running.error().detail;
  std::vector<SessionSecret> sessions;
  for (const std::string_view email : {kCoordinator, kColleague, kSecond}) {
    EXPECT_TRUE(Reads(email)) << email;
    auto session = world->people().SignIn(email, AsBytes(TestVault::kPassword));
    ASSERT_TRUE(session.ok());
    sessions.push_back(std::move(session).value());
  }
  const Actor officer = Officer();
  const std::string cell = world.place().data + ".cell";
  std::filesystem::rename(cell, cell + ".away");
  const auto ended = world->people().End(officer, kCoordinator);
  ASSERT_TRUE(ended.ok()) << ended.error().detail;
  EXPECT_EQ(ended.value(), People::Ending::kOwed);
  // All of it holds while the cell is still away.
  for (const SessionSecret& session : sessions) {
    EXPECT_FALSE(world->people().Resume(session.view()).ok());
  }
  Bytes out(8);
  EXPECT_EQ(running.value().Read(0, out).error().code, Errc::kExpired);
  EXPECT_FALSE(world.SignInWith(kCoordinator, TestVault::kPassword).ok());
  for (const std::string_view email : {kColleague, kSecond}) {
    EXPECT_EQ(ReadError(email), Errc::kNotFound) << email;
    EXPECT_TRUE(world.SignIn(email).acting_for().empty()) << email;
  }
  EXPECT_TRUE(world->people().Deputies(officer).value().empty());
  EXPECT_EQ(Logged("type deputy.ended"), 2u);
  // The keys of who ends and of both deputies, and the look-up key.
  EXPECT_EQ(Debt(), 4u);
  std::filesystem::rename(cell + ".away", cell);
  world.Unseal();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(Debt(), 0u);
  EXPECT_EQ(ReadError(kColleague), Errc::kNotFound);
  EXPECT_FALSE(world.SignInWith(kCoordinator, TestVault::kPassword).ok());
}

// What cannot be committed has not happened: nobody is half out.
TEST_F(DeputiesTest, AnEndingThatIsRefusedLeavesThePersonAndTheirDeputyIn) {
  ASSERT_TRUE(world->custody().Add(std::nullopt, {world.folder() + "/standby", {}}).ok());
  ASSERT_TRUE(Name(TestVault::kOfficer, "2026-03-01T00:00").ok());
  const Actor officer = Officer();
  faults.standby_tree_away = true;
  const auto ended = world->people().End(officer, kCoordinator);
  faults.standby_tree_away = false;
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, Errc::kUnavailable);
  ASSERT_TRUE(world->custody().Rejoin().ok());
  EXPECT_EQ(Logged("type deputy.ended"), 0u);
  EXPECT_TRUE(Reads(kCoordinator));
  EXPECT_TRUE(Reads(kColleague));
  EXPECT_EQ(Debt(), 0u);
}

TEST_F(DeputiesTest, ADeputyPlantedInTheRegisterIsRefused) {
  ASSERT_TRUE(Name(TestVault::kOfficer, "2026-03-01T00:00").ok());
  world.Seal();
  EditRegister(world.place(), world.world().unseal_cost,
               "UPDATE deputy SET until = until + 999999");
  world.Unseal();
  auto actor = world.SignInWith(kColleague, TestVault::kPassword);
  ASSERT_FALSE(actor.ok());
  EXPECT_EQ(actor.error().code, Errc::kCorrupt);
}

TEST_F(DeputiesTest, AnExclusionClosesTheSubjectAtOnceWhateverTheAgencyMayRead) {
  Actor before = world.SignIn(kCoordinator);
  auto stream = world->documents().Open(before, {form, std::nullopt, ""});
  ASSERT_TRUE(stream.ok());
  auto session = world->people().SignIn(kCoordinator, AsBytes(TestVault::kPassword));
  ASSERT_TRUE(session.ok());
  auto excluded = Exclude(TestVault::kOfficer, kCoordinator);
  ASSERT_TRUE(excluded.ok()) << excluded.error().detail;
  // The running download and the session end with it.
  Bytes out(8);
  EXPECT_EQ(stream.value().Read(0, out).error().code, Errc::kExpired);
  EXPECT_FALSE(world->people().Resume(session.value().view()).ok());
  EXPECT_EQ(ReadError(kCoordinator), Errc::kNotFound);
  const Actor actor = world.SignIn(kCoordinator);
  EXPECT_TRUE(world->documents().List(actor, matter.id, "").value().empty());
  EXPECT_FALSE(world->matters().Details(actor, matter, alder).value().has_value());
  EXPECT_EQ(
      world->access().DecideFiling(actor, matter, {"FRM", Agency("POL"), alder.id}).error().code,
      Errc::kNotFound);
  EXPECT_TRUE(Reads(TestVault::kOfficer));
  // It holds through a restart, and ends only by the unit's word.
  world.Unseal();
  EXPECT_EQ(ReadError(kCoordinator), Errc::kNotFound);
  EXPECT_EQ(world->people().Readmit(Igo(), excluded.value().id).error().code, Errc::kDenied);
  ASSERT_TRUE(world->people().Readmit(Officer(), excluded.value().id).ok());
  EXPECT_TRUE(Reads(kCoordinator));
}

TEST_F(DeputiesTest, AnOfficerOfTheUnitIsKeptAwayToo) {
  Actor first = Officer();
  world.AddPerson(first, "second@unit.example", "unit", {"BUO"});
  ASSERT_TRUE(
      world->matters().HandOver(first, world->people().Find("second@unit.example").value()).ok());
  EXPECT_TRUE(Reads("second@unit.example"));
  auto excluded = Exclude(TestVault::kOfficer, "second@unit.example");
  ASSERT_TRUE(excluded.ok());
  EXPECT_EQ(ReadError("second@unit.example"), Errc::kNotFound);
  const Actor second = world.SignIn("second@unit.example");
  EXPECT_EQ(world->people().Readmit(second, excluded.value().id).error().code, Errc::kDenied);
  EXPECT_TRUE(world->people().Exclusions(second, matter).value().empty());
  EXPECT_EQ(world->people().Exclusions(Officer(), matter).value().size(), 1u);
}

TEST_F(DeputiesTest, AnExclusionTakenOutOfTheRegisterStaysInThePersonsOwnRow) {
  ASSERT_TRUE(Exclude(kCoordinator, kCoordinator).ok());  // one's own conflict of interest
  world.Seal();
  EditRegister(world.place(), world.world().unseal_cost,
               "DELETE FROM exclusion; UPDATE person SET excluded = x''");
  world.Unseal();
  // Without the list nothing changes; with an edited row nobody comes in at all.
  auto actor = world.SignInWith(kCoordinator, TestVault::kPassword);
  EXPECT_FALSE(actor.ok());
}

TEST_F(DeputiesTest, WhoMayReadIsToldForNowAndForAfterTheReleaseWithTheReason) {
  Actor officer = Officer();
  ASSERT_TRUE(world->agencies().Add(officer, Agency("HSG"), "Housing").ok());
  world.AddPerson(officer, kHousing, "HSG", {"AAC"});
  ASSERT_TRUE(world->matters().Involve(officer, matter, alder, Agency("HSG")).ok());
  ASSERT_TRUE(world->matters().AddMember(officer, matter, kHousing, "").ok());
  Event("FORMS_ISSUED", "2026-02-12T08:00");
  const ReaderView owner = Reader(kCoordinator);
  EXPECT_TRUE(owner.now.may_open);
  EXPECT_EQ(owner.now.reason, "their agency filed it");
  const ReaderView housing = Reader(kHousing);
  EXPECT_FALSE(housing.now.may_open);
  EXPECT_TRUE(housing.released.may_open) << housing.released.reason;
  EXPECT_NE(housing.released.reason.find("pack carries it until"), std::string::npos);
  EXPECT_TRUE(Reader(TestVault::kOfficer).now.may_open);
  EXPECT_TRUE(Reader(kColleague).email.empty());
  // The answer is what really happens.
  EXPECT_FALSE(Reads(kHousing));
  Event("PACK_RELEASED", "2026-02-12T08:30");
  EXPECT_TRUE(Reads(kHousing));
  EXPECT_TRUE(Reader(kHousing).now.may_open);
  ASSERT_TRUE(Exclude(TestVault::kOfficer, kHousing).ok());
  EXPECT_FALSE(Reader(kHousing).released.may_open);
  EXPECT_EQ(Reader(kHousing).now.reason, "kept away for a conflict of interest");
  EXPECT_EQ(world->readers().Of(world.SignIn(kCoordinator), form).error().code, Errc::kDenied);
}

TEST_F(DeputiesTest, TheLastInformationGovernanceOfficerStays) {
  Actor officer = Officer();
  ASSERT_TRUE(world->people().End(officer, kSecondIgo).ok());
  EXPECT_EQ(world->people().End(officer, kIgo).error().code, Errc::kConflict);
  EXPECT_EQ(
      world->people().TakeRole(officer, {std::string(kIgo), "IGO", std::nullopt}).error().code,
      Errc::kConflict);
  EXPECT_EQ(world->people().End(officer, TestVault::kOfficer).error().code, Errc::kConflict);
}

TEST_F(DeputiesTest, ARoleThatEndsStopsADownloadThatRuns) {
  Actor officer = Officer();
  ASSERT_TRUE(world->people()
                  .GiveRole(officer, {std::string(kColleague), "AAC", At("2026-03-01T00:00")})
                  .ok());
  ASSERT_TRUE(world->matters().AddMember(officer, matter, kColleague, "").ok());
  Actor colleague = world.SignIn(kColleague);
  auto stream = world->documents().Open(colleague, {form, std::nullopt, ""});
  ASSERT_TRUE(stream.ok()) << stream.error().detail;
  Bytes out(4);
  EXPECT_TRUE(stream.value().Read(0, out).ok());
  world.MoveTo("2026-03-02T09:00");
  Sweep();
  EXPECT_EQ(stream.value().Read(4, out).error().code, Errc::kExpired);
  EXPECT_EQ(Logged("type role.ended"), 1u);
}

TEST_F(DeputiesTest, AResetOwesTheKeysAndAColleagueWhoHasThemHandsThemOver) {
  Actor officer = Officer();
  world.AddPerson(officer, "second@unit.example", "unit", {"BUO"});
  // The second officer was never handed the matter, so a reset of theirs leaves it owed.
  {
    Actor second = world.SignIn("second@unit.example");
    ASSERT_TRUE(world->people()
                    .Reset(second, kCoordinator, Plaintext::CopyOf(AsBytes(TestVault::kPassword)))
                    .ok());
  }
  EXPECT_EQ(ReadError(kCoordinator), Errc::kUnavailable);
  {
    Actor second = world.SignIn("second@unit.example");
    EXPECT_EQ(world->people().HandOverOwed(second).value(), 0u);
  }
  EXPECT_EQ(world->people().HandOverOwed(Officer()).value(), 1u);
  EXPECT_TRUE(Reads(kCoordinator));
  EXPECT_EQ(world->people().HandOverOwed(Officer()).value(), 0u);
}

}  // namespace
}  // namespace vault
