// An agency that another one follows: who reads what before and after, in bytes.
#include "vault/succession.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/disposal_world.h"
#include "tests/support/power_cut.h"
#include "tests/support/recording_disk.h"

namespace vault {
namespace {

constexpr std::string_view kPolice = "coordinator@pol.example";
constexpr std::string_view kLeaver = "leaver@pol.example";
constexpr std::string_view kHousing = "housing@hsg.example";
constexpr std::string_view kHeir = "heir@new.example";
using Texts = std::vector<std::string>;

class SuccessionTest : public DisposalWorld {
 protected:
  void SetUp() override {
    DisposalWorld::SetUp();
    Actor officer = Officer();
    ASSERT_TRUE(world->agencies().Add(officer, Agency("HSG"), "Housing").ok());
    ASSERT_TRUE(world->agencies().Add(officer, Agency("NEW"), "New Constabulary").ok());
    world.AddPerson(officer, kLeaver, "POL", {"AUD"});
    world.AddPerson(officer, kHousing, "HSG", {"AAC"});
    world.AddPerson(officer, kHeir, "NEW", {"AAC"});
    ASSERT_TRUE(world->matters().Involve(officer, matter, alder, Agency("HSG")).ok());
    for (const std::string_view email : {kLeaver, kHousing}) {
      ASSERT_TRUE(world->matters().AddMember(officer, matter, email, "").ok());
    }
    police = File("FRM", alder.id, "police on Alder");
    Actor housing_worker = world.SignIn(kHousing);
    auto filed = world.File(housing_worker, matter, "FRM", "HSG", alder.id, "housing on Alder");
    ASSERT_TRUE(filed.ok()) << filed.error().detail;
    housing = filed.value().id;
  }
  static SuccessionWish Wish(Texts people) {
    return {Agency("POL"), Agency("NEW"), std::move(people), false, "the forces were merged"};
  }
  Result<SuccessionView> Carry(const SuccessionWish& wish) {
    Actor igo = Igo();
    return world->succession().Carry(igo, wish);
  }
  std::string Reads(std::string_view email, const DocumentId& document) {
    auto actor = world.SignInWith(email, TestVault::kPassword);
    if (!actor.ok()) return "no way in";
    auto text = world.Read(actor.value(), document);
    return text.ok() ? text.value() : std::string(ErrcName(text.error().code));
  }
  void SeatHeir(std::string_view party) {
    Actor officer = Officer();
    auto seated = world->matters().AddMember(officer, matter, kHeir, party);
    ASSERT_TRUE(seated.ok()) << seated.error().detail;
  }
  DocumentId police;
  DocumentId housing;
};

TEST_F(SuccessionTest, WhatTheOldAgencyHadIsTheNewOnesAndWhoDoesNotGoOverIsOut) {
  ASSERT_TRUE(world->matters()
                  .Record(Officer(), matter, "PACK_RELEASED", At("2026-02-12T08:00"), "early")
                  .ok());
  EXPECT_EQ(Reads(kPolice, police), "police on Alder");
  EXPECT_EQ(Reads(kPolice, housing), "housing on Alder");
  EXPECT_EQ(Reads(kLeaver, police), "police on Alder");
  EXPECT_EQ(Reads(kHeir, police), "not-found");
  Actor leaver = world.SignIn(kLeaver);
  auto running = world->documents().Open(leaver, {police, std::nullopt, ""});
  ASSERT_TRUE(running.ok());
  auto session = world->people().SignIn(kPolice, AsBytes(TestVault::kPassword));
  ASSERT_TRUE(session.ok());

  auto done = Carry(Wish({std::string(kPolice)}));
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(done.value().destruction, People::Ending::kDone);
  // Nobody comes in for the old agency, and what ran has stopped.
  Bytes out(8);
  EXPECT_EQ(running.value().Read(0, out).error().code, Errc::kExpired);
  EXPECT_FALSE(world->people().Resume(session.value().view()).ok());
  EXPECT_EQ(Reads(kLeaver, police), "no way in");
  // Who went over reads as before: their own form and, by the loan, the others'.
  EXPECT_EQ(world.SignIn(kPolice).agency(), Agency("NEW"));
  EXPECT_EQ(Reads(kPolice, police), "police on Alder");
  EXPECT_EQ(Reads(kPolice, housing), "housing on Alder");
  // What the old agency lent is still lent, and the borrower reads it.
  EXPECT_EQ(Reads(kHousing, police), "police on Alder");
  // The new agency's people read once they are members, and not before.
  EXPECT_EQ(Reads(kHeir, police), "not-found");
  SeatHeir("NEW");
  EXPECT_EQ(Reads(kHeir, police), "police on Alder");
  EXPECT_EQ(Reads(kHeir, housing), "housing on Alder");
  // The next version of the form is the same document's.
  Actor heir = world.SignIn(kHeir);
  auto next = world.File(heir, matter, "FRM", "NEW", alder.id, "police on Alder, corrected");
  ASSERT_TRUE(next.ok()) << next.error().detail;
  EXPECT_EQ(next.value().id, police);
  EXPECT_EQ(next.value().version, 2u);
  EXPECT_EQ(Reads(kHousing, police), "police on Alder, corrected");

  EXPECT_EQ(world->documents().Show(Officer(), police).value().owner, Agency("NEW"));
  EXPECT_EQ(Logged("type agency.succeeded"), 1u);
  const AgencyView old = world->agencies().Find(Agency("POL")).value();
  EXPECT_EQ(old.successor, Agency("NEW"));
  EXPECT_EQ(old.reason, "the forces were merged");
  // Its loans end with the meeting like everybody's.
  Event("MEETING_CLOSED", "2026-02-12T08:50");
  EXPECT_EQ(Reads(kHeir, housing), "expired");
  EXPECT_EQ(Reads(kHeir, police), "police on Alder, corrected");
  EXPECT_EQ(Reads(kHousing, police), "expired");
}

TEST_F(SuccessionTest, ThePreviewSaysWhoKeepsAndLosesWhatAndChangesNothing) {
  Actor igo = Igo();
  auto view = world->succession().Preview(igo, Wish({std::string(kPolice)}));
  ASSERT_TRUE(view.ok()) << view.error().detail;
  EXPECT_EQ(view.value().going_over, Texts{std::string(kPolice)});
  EXPECT_EQ(view.value().ending, Texts{std::string(kLeaver)});
  ASSERT_EQ(view.value().seats.size(), 1u);
  const SuccessionSeat& seat = view.value().seats.front();
  EXPECT_EQ(seat.ref, matter.ref);
  EXPECT_FALSE(seat.apart);
  EXPECT_EQ(seat.documents, 1u);
  EXPECT_EQ(seat.involvements, 1u);
  EXPECT_EQ(seat.loans, 2u);  // pack and brief
  EXPECT_EQ(seat.keep, Texts{std::string(kPolice)});
  EXPECT_EQ(seat.lose, Texts{std::string(kLeaver)});
  EXPECT_EQ(Reads(kLeaver, police), "police on Alder");
  EXPECT_FALSE(world->agencies().Find(Agency("POL")).value().successor.has_value());
  EXPECT_EQ(Logged("agency.succeeded"), 0u);
}

TEST_F(SuccessionTest, WhereBothHadAPartEachKeepsItsSeatAndNobodyReadsMore) {
  Actor officer = Officer();
  ASSERT_TRUE(world->matters().Involve(officer, matter, alder, Agency("NEW")).ok());
  SeatHeir("");
  Actor heir = world.SignIn(kHeir);
  auto filed = world.File(heir, matter, "FRM", "NEW", alder.id, "the heir on Alder");
  ASSERT_TRUE(filed.ok()) << filed.error().detail;
  SuccessionWish wish = Wish({});
  wish.everybody = true;
  auto done = Carry(wish);
  ASSERT_TRUE(done.ok()) << done.error().detail;
  ASSERT_EQ(done.value().seats.size(), 1u);
  EXPECT_TRUE(done.value().seats.front().apart);
  EXPECT_TRUE(done.value().ending.empty());

  EXPECT_EQ(Reads(kPolice, police), "police on Alder");
  EXPECT_EQ(Reads(kHeir, filed.value().id), "the heir on Alder");
  EXPECT_EQ(Reads(kHeir, police), "not-found");
  EXPECT_EQ(Reads(kPolice, filed.value().id), "not-found");
  // Who sits in the old seat files for it.
  Actor moved = world.SignIn(kPolice);
  auto grant = world->access().DecideFiling(moved, matter, {"FRM", std::nullopt, alder.id});
  ASSERT_TRUE(grant.ok()) << grant.error().detail;
  EXPECT_EQ(grant.value().owner(), Agency("POL"));
  EXPECT_EQ(
      world->access().DecideFiling(moved, matter, {"FRM", Agency("NEW"), alder.id}).error().code,
      Errc::kDenied);
  // The unit may seat more of the successor's people there, and nobody else's.
  officer = Officer();
  world.AddPerson(officer, "second@new.example", "NEW", {"AUD"});
  auto seated = world->matters().AddMember(officer, matter, "second@new.example", "POL");
  ASSERT_TRUE(seated.ok()) << seated.error().detail;
  EXPECT_EQ(Reads("second@new.example", police), "police on Alder");
  world.AddPerson(officer, "second@hsg.example", "HSG", {"AUD"});
  EXPECT_EQ(world->matters().AddMember(officer, matter, "second@hsg.example", "POL").error().code,
            Errc::kInvalid);
  // A second succession follows the first: the old seat is the last heir's.
  ASSERT_TRUE(world->agencies().Add(officer, Agency("LAST"), "Last Constabulary").ok());
  SuccessionWish again{Agency("NEW"), Agency("LAST"), {}, true, "renamed"};
  ASSERT_TRUE(Carry(again).ok());
  EXPECT_EQ(Reads(kPolice, police), "police on Alder");
  EXPECT_EQ(Reads(kHeir, filed.value().id), "the heir on Alder");
  EXPECT_EQ(world->agencies().HeirOf(Agency("POL")).value(), Agency("LAST"));
}

TEST_F(SuccessionTest, HoldsDaysAndRecordsAreWhatTheyWere) {
  Actor igo = Igo();
  NewHold hold;
  hold.document = police;
  hold.reason = "inquest";
  hold.review = Day::Parse("2027-01-01").value();
  auto held = world->holds().Place(igo, hold);
  ASSERT_TRUE(held.ok()) << held.error().detail;
  Actor officer = Officer();
  NewRecord record;
  record.kind = "action";
  record.values = {
      {"text", "a pathway"}, {"owner", "POL"}, {"due", "2026-07-31"}, {"status", "open"}};
  auto written = world->records().Add(officer, matter, record);
  ASSERT_TRUE(written.ok()) << written.error().detail;
  ASSERT_TRUE(Carry(Wish({std::string(kPolice)})).ok());
  EXPECT_TRUE(world->documents().Show(Officer(), police).value().held);
  // The open action is the successor's; what it says is its author's word.
  Actor moved = world.SignIn(kPolice);
  const RecordView view = world->records().Show(moved, matter, written.value().id, "").value();
  EXPECT_EQ(view.owner, Agency("NEW"));
  EXPECT_EQ(view.state, "open");
  EXPECT_EQ(view.due, Day::Parse("2026-07-31").value());
}

TEST_F(SuccessionTest, ItIsTheGovernanceOfficersAndAsksForTwoRunningAgencies) {
  const auto error = [&](const SuccessionWish& wish) {
    auto done = Carry(wish);
    return done.ok() ? std::string("done") : std::string(ErrcName(done.error().code));
  };
  Actor officer = Officer();
  EXPECT_EQ(world->succession().Carry(officer, Wish({})).error().code, Errc::kDenied);
  EXPECT_EQ(error({Agency("POL"), Agency("unit"), {}, false, "x"}), "invalid");
  EXPECT_EQ(error({Agency("unit"), Agency("POL"), {}, false, "x"}), "invalid");
  EXPECT_EQ(error({Agency("POL"), Agency("POL"), {}, false, "x"}), "invalid");
  EXPECT_EQ(error({Agency("POL"), Agency("NEW"), {}, false, ""}), "invalid");
  EXPECT_EQ(error({Agency("POL"), Agency("none"), {}, false, "x"}), "not-found");
  EXPECT_EQ(error(Wish({std::string(kHousing)})), "not-found");
  EXPECT_EQ(error(Wish({"nobody@pol.example"})), "not-found");
  EXPECT_EQ(error(Wish({})), "done");
  // An agency that ended is followed once, and gets nothing any more.
  EXPECT_EQ(error(Wish({})), "conflict");
  EXPECT_EQ(error({Agency("HSG"), Agency("POL"), {}, false, "x"}), "conflict");
  NewPerson late;
  late.email = "late@pol.example";
  late.agency = Agency("POL");
  late.roles = {"AUD"};
  EXPECT_EQ(world->people().Add(officer, std::move(late)).error().code, Errc::kConflict);
  EXPECT_EQ(world->matters().Involve(officer, matter, alder, Agency("POL")).error().code,
            Errc::kConflict);
  // The document is there for whoever the unit names of the successor.
  SeatHeir("");
  EXPECT_EQ(Reads(kHeir, police), "police on Alder");
}

TEST_F(SuccessionTest, ADeputyOfSomebodyWhoEndsActsForThemNoMore) {
  Actor officer = Officer();
  world.AddPerson(officer, "deputy@pol.example", "POL", {"AUD"});
  ASSERT_TRUE(
      world->people()
          .NameDeputy(officer, {std::string(kLeaver), "deputy@pol.example", At("2026-06-01T00:00")})
          .ok());
  EXPECT_EQ(Reads("deputy@pol.example", police), "police on Alder");
  ASSERT_TRUE(Carry(Wish({"deputy@pol.example"})).ok());
  EXPECT_EQ(Reads("deputy@pol.example", police), "not-found");
  EXPECT_TRUE(world->people().Deputies(Officer()).value().empty());
}

// An erasure cell is away for a minute: what stands is answered, and what is owed is told.
TEST_F(SuccessionTest, WithoutTheCellEverybodyHasMovedAndTheDestructionIsOwed) {
  auto session = world->people().SignIn(kLeaver, AsBytes(TestVault::kPassword));
  ASSERT_TRUE(session.ok());
  Actor igo = Igo();
  const std::string cell = world.place().data + ".cell";
  std::filesystem::rename(cell, cell + ".away");
  auto done = world->succession().Carry(igo, Wish({std::string(kPolice)}));
  std::filesystem::rename(cell + ".away", cell);
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(done.value().destruction, People::Ending::kOwed);
  // The keys of who goes over and of who ends, and the look-up key.
  EXPECT_EQ(world->debt().Count().value(), 3u);
  EXPECT_FALSE(world->people().Resume(session.value().view()).ok());
  EXPECT_EQ(Reads(kLeaver, police), "no way in");
  EXPECT_EQ(world.SignIn(kPolice).agency(), Agency("NEW"));
  EXPECT_EQ(Reads(kPolice, police), "police on Alder");
  Sweep();
  EXPECT_EQ(world->debt().Count().value(), 0u);
}

TEST(SuccessionCrash, ACrashAtAnyStepLeavesOneOwner) {
  Recorder recorder(nullptr);
  TempFolder folder;
  DocumentId form;
  std::size_t before = 0;
  std::vector<RecordedStep> steps;
  {
    TestVault world(&recorder, folder.path());
    world.Init();
    world.Unseal();
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    Actor officer = world.SignIn(TestVault::kOfficer);
    world.AddPerson(officer, "igo@unit.example", "unit", {"IGO"});
    for (const char* id : {"POL", "NEW"}) {
      ASSERT_TRUE(world->agencies().Add(officer, Agency(id), id).ok());
    }
    world.AddPerson(officer, kPolice, "POL", {"AAC"});
    world.AddPerson(officer, kLeaver, "POL", {"AAC"});
    auto matter = world->matters().New(officer, {"macfa", "Theme", At("2026-04-09T09:30"), ""});
    ASSERT_TRUE(matter.ok());
    ASSERT_TRUE(world->matters().AddSubject(officer, matter.value(), {"Adult A", "", {}}).ok());
    const SubjectRow subject =
        world->matter_rows().FindSubject(matter.value().id, "Adult A").value();
    ASSERT_TRUE(world->matters().Involve(officer, matter.value(), subject, Agency("POL")).ok());
    for (const std::string_view email : {kPolice, kLeaver}) {
      ASSERT_TRUE(world->matters().AddMember(officer, matter.value(), email, "").ok());
    }
    Actor police = world.SignIn(kPolice);
    auto filed = world.File(police, matter.value(), "FRM", "POL", subject.id, "police on A");
    ASSERT_TRUE(filed.ok()) << filed.error().detail;
    form = filed.value().id;
    Actor igo = world.SignIn("igo@unit.example");
    before = recorder.size();
    auto done = world->succession().Carry(
        igo, {Agency("POL"), Agency("NEW"), {std::string(kPolice)}, false, "merged"});
    ASSERT_TRUE(done.ok()) << done.error().detail;
    steps = recorder.steps();
  }
  int old_owner = 0;
  int new_owner = 0;
  // A handful of moments, the first and the last among them: each is a start of the vault.
  const std::size_t stride = (steps.size() - before) / 12 + 1;
  for (std::size_t count = before; count <= steps.size(); count += stride) {
    SCOPED_TRACE(count);
    TempFolder after;
    PowerCut(steps, count).Write(folder.path(), after.path(), Unsynced::kHalf, count);
    TestVault world(nullptr, after.path());
    world.Unseal();
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    Actor police = world.SignIn(kPolice);
    auto text = world.Read(police, form);
    ASSERT_TRUE(text.ok()) << text.error().detail;
    EXPECT_EQ(text.value(), "police on A");
    const bool over = police.agency() == Agency("NEW");
    ++(over ? new_owner : old_owner);
    EXPECT_EQ(world->agencies().Find(Agency("POL")).value().successor.has_value(), over);
    EXPECT_EQ(world.SignInWith(kLeaver, TestVault::kPassword).ok(), !over);
    Actor officer = world.SignIn(TestVault::kOfficer);
    EXPECT_EQ(world->documents().Show(officer, form).value().owner.text(), over ? "NEW" : "POL");
  }
  EXPECT_GT(old_owner, 0);
  EXPECT_GT(new_owner, 0);
}

}  // namespace
}  // namespace vault
