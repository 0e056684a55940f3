// Access: what one look at the register found serves the next one only while it is still so.
#include "vault/access.h"

#include "tests/support/disposal_world.h"

namespace vault {
namespace {

constexpr std::string_view kColleague = "colleague@pol.example";
constexpr std::string_view kHousing = "housing@hsg.example";

class AccessTest : public DisposalWorld {
 protected:
  void SetUp() override {
    DisposalWorld::SetUp();
    const Actor officer = Officer();
    world.AddPerson(officer, kColleague, "POL", {"AUD"});
    ASSERT_TRUE(world->agencies().Add(officer, Agency("HSG"), "Housing").ok());
    world.AddPerson(officer, kHousing, "HSG", {"AAC"});
    ASSERT_TRUE(world->matters().AddMember(officer, matter, kHousing, "").ok());
    File("FRM", alder.id, "police on Alder");
    const auto lock = world->Locked();
    form = world->documents().LiveFilesOf(matter).value().at(0);
    version.document = form.id;
    version.version = form.latest;
    version.state = "live";
  }
  AccessView View(const Actor& actor) {
    const auto lock = world->Locked();
    auto view = world->access().View(actor, matter, form, version);
    EXPECT_TRUE(view.ok()) << (view.ok() ? "" : view.error().detail);
    return view.ok() ? std::move(view).value() : AccessView();
  }
  // Views gives the decision twice, the second time from what the first one found.
  std::string Views(const Actor& actor) {
    const AccessView first = View(actor);
    const AccessView again = View(actor);
    EXPECT_EQ(first.may_open, again.may_open);
    EXPECT_EQ(first.may_know, again.may_know);
    EXPECT_EQ(first.ended, again.ended);
    EXPECT_EQ(first.verdict.rule, again.verdict.rule);
    if (again.may_open) return "open";
    return again.ended ? "ended" : again.may_know ? "known" : "unknown";
  }
  DocumentRow form;
  VersionRow version;
};

TEST_F(AccessTest, FollowsEveryChangeOfTheRegisterAtOnce) {
  const Actor officer = Officer();
  const Actor housing = world.SignIn(kHousing);
  EXPECT_EQ(Views(housing), "unknown");
  ASSERT_TRUE(world->matters().Involve(officer, matter, alder, Agency("HSG")).ok());
  EXPECT_EQ(Views(housing), "unknown");
  Event("PACK_RELEASED", "2026-02-12T08:00");
  EXPECT_EQ(Views(housing), "open");
  Event("MEETING_CLOSED", "2026-02-12T08:30");
  EXPECT_EQ(Views(housing), "ended");
  const Actor police = world.SignIn(kCoordinator);
  EXPECT_EQ(Views(police), "open");
  ASSERT_TRUE(world->people().End(officer, kCoordinator).ok());
  EXPECT_NE(Views(police), "open");
}

TEST_F(AccessTest, KeepsWhatItFoundForOnePersonFromTheOthers) {
  const Actor police = world.SignIn(kCoordinator);
  const Actor housing = world.SignIn(kHousing);
  for (int turn = 0; turn < 2; ++turn) {
    EXPECT_EQ(Views(police), "open");
    EXPECT_EQ(Views(housing), "unknown");
  }
}

// A deputy's part ends by the clock, without a change of any row.
TEST_F(AccessTest, EndsADeputysPartWithTheClockAlone) {
  ASSERT_TRUE(world->people()
                  .NameDeputy(Officer(), {std::string(kCoordinator), std::string(kColleague),
                                          At("2026-03-01T00:00")})
                  .ok());
  const Actor deputy = world.SignIn(kColleague);
  EXPECT_EQ(Views(deputy), "open");
  world.MoveTo("2026-02-28T23:00");
  EXPECT_EQ(Views(deputy), "open");
  world.MoveTo("2026-03-01T00:01");
  EXPECT_EQ(Views(deputy), "unknown");
}

}  // namespace
}  // namespace vault
