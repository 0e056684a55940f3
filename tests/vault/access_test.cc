// Access: what one look at the register found serves the next one only while it is still so.
#include "vault/access.h"

#include <functional>
#include <ostream>
#include <string>

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
  std::uint64_t Looks() {
    const auto lock = world->Locked();
    return world->access().looks();
  }
  DocumentRow form;
  VersionRow version;
};

TEST_F(AccessTest, LooksAtTheRegisterOnceForAListAndAgainAfterAChange) {
  const Actor police = world.SignIn(kCoordinator);
  const Actor housing = world.SignIn(kHousing);
  const Actor officer = Officer();
  const std::uint64_t before = Looks();
  for (int i = 0; i < 5; ++i) View(police);
  EXPECT_EQ(Looks(), before + 1);
  for (int i = 0; i < 5; ++i) View(housing);
  EXPECT_EQ(Looks(), before + 2);
  View(police);
  EXPECT_EQ(Looks(), before + 2);
  ASSERT_TRUE(world->matters().Involve(officer, matter, alder, Agency("HSG")).ok());
  // What changed the register may have weighed somebody itself.
  const std::uint64_t changed = Looks();
  View(police);
  View(police);
  EXPECT_EQ(Looks(), changed + 1);
}

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

// Change is one that matters: who is decided about before and after it, and what must come out.
struct Change;
class AccessChanges : public AccessTest, public ::testing::WithParamInterface<const Change*> {
 public:
  using AccessTest::alder;
  using AccessTest::Event;
  using AccessTest::form;
  using AccessTest::kCoordinator;
  using AccessTest::matter;
  using AccessTest::Officer;
  using AccessTest::world;

  void NameDeputy() {
    auto named = world->people().NameDeputy(
        Officer(), {std::string(kCoordinator), std::string(kColleague), At("2026-03-01T00:00")});
    ASSERT_TRUE(named.ok()) << named.error().detail;
    deputy = named.value().id;
  }
  void Exclude() {
    auto excluded = world->people().Exclude(Officer(), matter, alder, kCoordinator,
                                            "a neighbour of the family");
    ASSERT_TRUE(excluded.ok()) << excluded.error().detail;
    exclusion = excluded.value().id;
  }
  void InvolveHousing() {
    ASSERT_TRUE(world->matters().Involve(Officer(), matter, alder, Agency("HSG")).ok());
  }
  // AddWorker gives the police somebody whose own role reads nothing here, with another one.
  void AddWorker(std::optional<UnixSeconds> until) {
    world.AddPerson(Officer(), kWorker, "POL", {"LP"});
    ASSERT_TRUE(world->people().GiveRole(Officer(), {std::string(kWorker), "AAC", until}).ok());
    ASSERT_TRUE(world->matters().AddMember(Officer(), matter, kWorker, "").ok());
  }
  static constexpr std::string_view kWorker = "worker@pol.example";
  DeputyId deputy;
  ExclusionId exclusion;

 protected:
  bool Opens(const Actor& actor) {
    const bool may = View(actor).may_open;
    const bool reads = world.Read(actor, form.id).ok();
    EXPECT_TRUE(may || !reads);
    return may && reads;
  }
};

struct Change {
  const char* name;
  std::string_view who;
  // Roles and exclusions are read anew with every request: the person comes in again.
  bool comes_again;
  std::function<void(AccessChanges&)> before;
  std::function<void(AccessChanges&)> change;
  bool opened;
  bool opens;
};
void PrintTo(const Change* change, std::ostream* out) { *out << change->name; }

const Change kChanges[] = {
    {"MemberAdded", kColleague, false, [](AccessChanges&) {},
     [](AccessChanges& a) {
       ASSERT_TRUE(a.world->matters().AddMember(a.Officer(), a.matter, kColleague, "").ok());
     },
     false, true},
    {"LoanOpened", kHousing, false, [](AccessChanges& a) { a.InvolveHousing(); },
     [](AccessChanges& a) { a.Event("PACK_RELEASED", "2026-02-12T08:00"); }, false, true},
    {"LoanClosed", kHousing, false,
     [](AccessChanges& a) {
       a.InvolveHousing();
       a.Event("PACK_RELEASED", "2026-02-12T08:00");
     },
     [](AccessChanges& a) { a.Event("MEETING_CLOSED", "2026-02-12T08:30"); }, true, false},
    {"DeputyNamed", kColleague, true, [](AccessChanges&) {},
     [](AccessChanges& a) { a.NameDeputy(); }, false, true},
    {"DeputyEnded", kColleague, false, [](AccessChanges& a) { a.NameDeputy(); },
     [](AccessChanges& a) { ASSERT_TRUE(a.world->people().EndDeputy(a.Officer(), a.deputy).ok()); },
     true, false},
    {"DeputysDayCame", kColleague, false, [](AccessChanges& a) { a.NameDeputy(); },
     [](AccessChanges& a) { a.world.MoveTo("2026-03-01T00:01"); }, true, false},
    {"SubjectKeptFrom", AccessChanges::kCoordinator, true, [](AccessChanges&) {},
     [](AccessChanges& a) { a.Exclude(); }, true, false},
    {"SubjectNoLongerKeptFrom", AccessChanges::kCoordinator, true,
     [](AccessChanges& a) { a.Exclude(); },
     [](AccessChanges& a) {
       ASSERT_TRUE(a.world->people().Readmit(a.Officer(), a.exclusion).ok());
     },
     false, true},
    {"PersonEnded", AccessChanges::kCoordinator, false, [](AccessChanges&) {},
     [](AccessChanges& a) {
       ASSERT_TRUE(a.world->people().End(a.Officer(), AccessChanges::kCoordinator).ok());
     },
     true, false},
    {"RoleTaken", AccessChanges::kWorker, true, [](AccessChanges& a) { a.AddWorker(std::nullopt); },
     [](AccessChanges& a) {
       const RoleChange role{std::string(AccessChanges::kWorker), "AAC", std::nullopt};
       ASSERT_TRUE(a.world->people().TakeRole(a.Officer(), role).ok());
     },
     true, false},
    {"RolesDayCame", AccessChanges::kWorker, true,
     [](AccessChanges& a) { a.AddWorker(At("2026-03-01T00:00")); },
     [](AccessChanges& a) { a.world.MoveTo("2026-03-01T00:01"); }, true, false},
    {"SealedHoldPlaced", AccessChanges::kCoordinator, false, [](AccessChanges&) {},
     [](AccessChanges& a) {
       NewHold hold;
       hold.document = a.form.id;
       hold.sealed = true;
       hold.reason = "an inquiry";
       hold.review = Day::Parse("2026-06-01").value();
       ASSERT_TRUE(a.world->holds().Place(a.world.SignIn("igo@unit.example"), hold).ok());
     },
     true, false},
};
std::vector<const Change*> EveryChange() {
  std::vector<const Change*> all;
  for (const Change& change : kChanges) all.push_back(&change);
  return all;
}

TEST_P(AccessChanges, IsSeenByTheVeryNextDecision) {
  const Change& change = *GetParam();
  change.before(*this);
  ASSERT_FALSE(HasFatalFailure());
  const Actor actor = world.SignIn(change.who);
  EXPECT_EQ(Opens(actor), change.opened);
  // Two decisions on end: the second is served from what the first one found.
  View(actor);
  const std::uint64_t looks = Looks();
  View(actor);
  EXPECT_EQ(Looks(), looks);
  change.change(*this);
  ASSERT_FALSE(HasFatalFailure());
  if (change.comes_again) {
    EXPECT_EQ(Opens(world.SignIn(change.who)), change.opens);
  } else {
    EXPECT_EQ(Opens(actor), change.opens);
  }
}

INSTANTIATE_TEST_SUITE_P(Every, AccessChanges, ::testing::ValuesIn(EveryChange()),
                         [](const ::testing::TestParamInfo<const Change*>& change) {
                           return std::string(change.param->name);
                         });

}  // namespace
}  // namespace vault
