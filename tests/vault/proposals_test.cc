// Records go when two people have said so, of exactly these items, and nothing holds them.

#include "vault/proposals.h"

#include "tests/support/disposal_world.h"

namespace vault {
namespace {

class ProposalsTest : public DisposalWorld {
 protected:
  // ToDueForms brings the forms to their day: a year after the report.
  void ToDueForms() {
    form = File("FRM", alder.id, "a form of the police");
    world.MoveTo("2026-04-09T12:31");
    Event("MEETING_CLOSED", "2026-04-09T12:30");
    world.MoveTo("2026-05-22T10:00");
    Event("REPORT_APPROVED", "2026-05-22T09:00");
    world.MoveTo("2027-05-25T09:00");
    Sweep();
    ASSERT_EQ(InState("proposed").size(), 1u);
    id = InState("proposed")[0].id;
  }
  Errc ReadError() {
    Actor coordinator = world.SignIn(kCoordinator);
    auto read = world.Read(coordinator, form);
    return read.ok() ? Errc::kInvalid : read.error().code;
  }
  std::string ReadForm() {
    Actor coordinator = world.SignIn(kCoordinator);
    auto read = world.Read(coordinator, form);
    return read.ok() ? read.value() : "refused: " + read.error().detail;
  }

  DocumentId form;
  DisposalId id;
};

TEST_F(ProposalsTest, ARecordIsDestroyedByTwoPeopleAndThenItsDetailsAndItsMatter) {
  ToDueForms();
  EXPECT_EQ(ReadForm(), "a form of the police");
  EXPECT_EQ(Debt(DebtReason::kApproval), 1u);
  auto first = Approve(TestVault::kOfficer, {id});
  ASSERT_TRUE(first.ok()) << first.error().detail;
  EXPECT_EQ(first.value()[0].approvals, 1u);
  EXPECT_EQ(ReadForm(), "a form of the police");
  auto again = Approve(TestVault::kOfficer, {id});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Errc::kConflict);
  auto second = Approve(kIgo, {id});
  ASSERT_TRUE(second.ok()) << second.error().detail;
  EXPECT_EQ(second.value()[0].state, "done");
  EXPECT_NE(ReadError(), Errc::kInvalid);
  const std::string text = CertificateOf(id);
  EXPECT_NE(text.find("rule: RC-02\n"), std::string::npos);
  EXPECT_NE(text.find("approved by: BUO p:"), std::string::npos);
  EXPECT_NE(text.find("approved by: IGO p:"), std::string::npos);
  EXPECT_EQ(text.find('@'), std::string::npos);

  // Nothing is filed about the person any more: their details are next, then the matter's.
  Sweep();
  ASSERT_EQ(InState("proposed").size(), 1u);
  EXPECT_EQ(InState("proposed")[0].rule, "SUBJECT");
  ApproveAll();
  Sweep();
  ASSERT_EQ(InState("proposed").size(), 1u);
  EXPECT_EQ(InState("proposed")[0].rule, "MATTER");
  ApproveAll();
  EXPECT_EQ(Debt(), 0u);
  EXPECT_FALSE(world->matter_rows().Find(matter.ref).ok());
  EXPECT_TRUE(world->matter_rows().All().value().empty());
  Sweep();
  // The names in the log outlive the matter by six years.
  world.MoveTo("2033-06-10T09:00");
  const SweepReport names = Sweep();
  ASSERT_EQ(names.destroyed.size(), 1u);
  EXPECT_EQ(names.destroyed[0].kind, "pseudonym");
  Inside([&](KeyKeeper& keeper, Database& register_db) {
    for (const SlotNumber slot : {matter.slot, matter.pseudonym_slot, alder.slot}) {
      EXPECT_EQ(keeper.Look(slot).value().type, EntryType::kEmpty);
    }
    for (const std::string_view sql :
         {"SELECT count(*) FROM matter WHERE ref IS NOT NULL OR title IS NOT NULL",
          "SELECT count(*) FROM subject WHERE pseudonym IS NOT NULL OR details IS NOT NULL",
          "SELECT count(*) FROM matter_event WHERE at IS NOT NULL",
          "SELECT count(*) FROM object_box",
          "SELECT count(*) FROM compartment WHERE escrow NOTNULL",
          "SELECT count(*) FROM version WHERE name IS NOT NULL OR blob IS NOT NULL",
          "SELECT count(*) FROM member WHERE lockbox IS NOT NULL",
          "SELECT count(*) FROM disposal_item"}) {
      EXPECT_EQ(Number(register_db, sql), 0) << sql;
    }
  });
  world.Unseal();
}

TEST_F(ProposalsTest, TheLogsNamesCountFromTheLatestDayAMatterCanHaveEnded) {
  ToDueForms();
  for (const std::string_view rule : {"RC-02", "SUBJECT"}) {
    ASSERT_EQ(InState("proposed").size(), 1u);
    EXPECT_EQ(InState("proposed")[0].rule, rule);
    ApproveAll();
    Sweep();
  }
  const UnixSeconds now = world.clock().Realtime();
  world.clock().SetRealtime(now + UnixSeconds{3} * 86400);
  ApproveAll();
  Inside([&](KeyKeeper&, Database& register_db) {
    EXPECT_EQ(Number(register_db, "SELECT ended_day FROM matter WHERE state = 'destroyed'"),
              LondonDay(now).number() + 3);
  });
  world.Unseal();
}

TEST_F(ProposalsTest, OneOfTheTwoIsAnInformationGovernanceOfficer) {
  ToDueForms();
  Actor officer = Officer();
  world.AddPerson(officer, "second@unit.example", "unit", {"BUO"});
  ASSERT_TRUE(Approve(TestVault::kOfficer, {id}).ok());
  auto refused = Approve("second@unit.example", {id});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kDenied);
  auto coordinator = Approve(kCoordinator, {id});
  ASSERT_FALSE(coordinator.ok());
  EXPECT_EQ(coordinator.error().code, Errc::kDenied);
  EXPECT_EQ(ReadForm(), "a form of the police");
}

TEST_F(ProposalsTest, AHoldBetweenTwoApprovalsBlocksAndVoidsTheFirst) {
  ToDueForms();
  ASSERT_TRUE(Approve(TestVault::kOfficer, {id}).ok());
  Actor igo = Igo();
  NewHold hold;
  hold.document = form;
  hold.reason = "an inquiry asks for it";
  hold.review = LondonDay(At("2027-09-01"));
  auto placed = world->holds().Place(igo, hold);
  ASSERT_TRUE(placed.ok()) << placed.error().detail;
  auto refused = Approve(kIgo, {id});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kHeld);
  EXPECT_EQ(ReadForm(), "a form of the police");
  const SweepReport swept = Sweep();
  EXPECT_EQ(swept.blocked.size(), 1u);
  EXPECT_TRUE(InState("proposed").empty());
  EXPECT_EQ(Debt(), 0u);
  // Released, it is proposed anew, and needs both again.
  ASSERT_TRUE(world->holds().Release(igo, placed.value(), "the inquiry is over").ok());
  Sweep();
  ASSERT_EQ(InState("proposed").size(), 1u);
  EXPECT_EQ(InState("proposed")[0].approvals, 0u);
}

TEST_F(ProposalsTest, AnApprovalIsOfExactlyTheItemsThatStoodThere) {
  ToDueForms();
  ASSERT_TRUE(Approve(TestVault::kOfficer, {id}).ok());
  form = File("FRM", alder.id, "a late second version");
  Sweep();
  ASSERT_EQ(InState("proposed").size(), 1u);
  EXPECT_EQ(InState("proposed")[0].approvals, 0u);
  EXPECT_EQ(InState("proposed")[0].objects, 2u);
  EXPECT_EQ(Logged("type disposal.approval-void\n"), 1u);
  Actor igo = Igo();
  auto sheet = world->proposals().Sheet(igo, id);
  ASSERT_TRUE(sheet.ok()) << sheet.error().detail;
  EXPECT_EQ(sheet.value().classes.at("FRM"), 2u);
  auto other = world->proposals().Approve(igo, {id}, std::string(64, '0'));
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, Errc::kConflict);
  ASSERT_TRUE(world->proposals().Approve(igo, {id}, sheet.value().row.digest).ok());
}

TEST_F(ProposalsTest, ADecisionMaySendBackOrPutOffWithinLimits) {
  ToDueForms();
  Actor igo = Igo();
  EXPECT_EQ(world->proposals().SendBack(igo, id, "look again").error().code, Errc::kConflict);
  ASSERT_TRUE(Approve(TestVault::kOfficer, {id}).ok());
  ASSERT_TRUE(world->proposals().SendBack(igo, id, "press interest").ok());
  EXPECT_EQ(InState("proposed")[0].approvals, 0u);
  EXPECT_EQ(world->proposals().Sheet(igo, id).value().decision, "press interest");
  const Day today = LondonDay(At("2027-05-25"));
  EXPECT_EQ(world->proposals().Extend(igo, id, today, "r").error().code, Errc::kInvalid);
  EXPECT_EQ(world->proposals().Extend(igo, id, today.PlusMonths(13), "r").error().code,
            Errc::kInvalid);
  EXPECT_EQ(world->proposals().Extend(igo, id, today.PlusMonths(3), "").error().code,
            Errc::kInvalid);
  ASSERT_TRUE(world->proposals().Extend(igo, id, today.PlusMonths(3), "a claim is open").ok());
  EXPECT_TRUE(Sweep().proposed.empty());
  EXPECT_EQ(Debt(), 0u);
  EXPECT_EQ(Logged("type disposal.extended\n"), 1u);
  EXPECT_EQ(ReadForm(), "a form of the police");
  world.MoveTo("2027-08-27T09:00");
  EXPECT_EQ(Sweep().proposed.size(), 1u);
}

TEST_F(ProposalsTest, ADocumentIsExplainedInOneParagraph) {
  const DocumentId early = File("FRM", alder.id, "a form");
  auto why = world->explain().Document(early);
  ASSERT_TRUE(why.ok()) << why.error().detail;
  EXPECT_EQ(why.value().state, "live");
  EXPECT_EQ(why.value().verdict.rule, "RC-02");
  EXPECT_FALSE(why.value().verdict.due.has_value());
  EXPECT_NE(why.value().text.find("Its time counts from REPORT_APPROVED"), std::string::npos);
  ToDueForms();
  Actor igo = Igo();
  NewHold hold;
  hold.subject = alder.id;
  hold.reason = "a claim";
  hold.review = LondonDay(At("2027-09-01"));
  why = world->explain().Document(form);
  EXPECT_EQ(why.value().state, "proposed");
  EXPECT_NE(why.value().text.find("It falls due on 22 May 2027"), std::string::npos);
  EXPECT_NE(why.value().text.find("No hold stands on it"), std::string::npos);
  EXPECT_NE(why.value().text.find("No running loan carries it"), std::string::npos);
  ASSERT_TRUE(world->holds().Place(igo, hold).ok());
  why = world->explain().Document(form);
  EXPECT_EQ(why.value().state, "held");
  EXPECT_NE(why.value().text.find("on the subject, review 1 September 2027"), std::string::npos);
  EXPECT_EQ(world->explain().Document(DocumentId()).error().code, Errc::kNotFound);
}

TEST_F(ProposalsTest, SilenceEscalatesAndNeverDestroys) {
  ToDueForms();
  world.MoveTo("2027-06-15T09:00");
  Sweep();
  Sweep();
  EXPECT_EQ(Logged("type disposal.overdue\n"), 1u);
  world.MoveTo("2028-06-15T09:00");
  Sweep();
  EXPECT_EQ(ReadForm(), "a form of the police");
  EXPECT_EQ(Debt(DebtReason::kApproval), 1u);
  EXPECT_EQ(Logged("type disposal.overdue\n"), 2u);
}

}  // namespace
}  // namespace vault
