// Loans as the template lends them to each kind of party, tasks, and roles given for one matter.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/disposal_world.h"

namespace vault {
namespace {

class Lending : public DisposalWorld {
 protected:
  void SetUp() override {
    DisposalWorld::SetUp();
    Actor officer = Officer();
    world.AddPerson(officer, "chair@unit.example", "unit", {"CHR"});
    world.AddPerson(officer, "group@pol.example", "POL", {"GRP"});
    world.AddPerson(officer, "inspector@pol.example", "POL", {"INS"});
  }
  void Join(std::string_view email, std::string_view party) {
    Actor officer = Officer();
    auto joined = world->matters().AddMember(officer, matter, email, party);
    ASSERT_TRUE(joined.ok()) << joined.error().detail;
    EXPECT_EQ(joined.value(), party);
  }
  // States gives "kind party state" of every loan there is, in order.
  std::vector<std::string> States() {
    const auto lock = world->Locked();
    std::vector<std::string> out;
    const std::vector<LoanRow> loans = world->loans().All(matter.id).value();
    for (const LoanRow& loan : loans) {
      const CompartmentRow party = world->compartments().Load(loan.party).value();
      out.push_back(std::string(LoanKindName(loan.kind)) + " " +
                    (party.kind == "agency" ? party.agency.text() : party.kind) + " " + loan.state);
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  DocumentId FileReport() {
    Actor officer = Officer();
    auto filed = world.File(officer, matter, "REP", "unit", std::nullopt, "the report");
    EXPECT_TRUE(filed.ok()) << filed.error().detail;
    return filed.ok() ? filed.value().id : DocumentId();
  }
};

TEST_F(Lending, TheChairReadsThePackThroughALoanOfItsOwn) {
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  Join("chair@unit.example", "chair");
  EXPECT_EQ(States(),
            (std::vector<std::string>{"brief POL closed", "pack POL closed", "pack chair closed"}));
  EXPECT_FALSE(world.Read(world.SignIn("chair@unit.example"), form).ok());
  Event("PACK_RELEASED", "2026-02-12T08:00");
  auto read = world.Read(world.SignIn("chair@unit.example"), form);
  ASSERT_TRUE(read.ok()) << read.error().detail;
  EXPECT_EQ(read.value(), "police on Alder");
  Event("MEETING_CLOSED", "2026-02-12T08:30");
  auto after = world.Read(world.SignIn("chair@unit.example"), form);
  ASSERT_FALSE(after.ok());
  EXPECT_EQ(after.error().code, Errc::kExpired);
}

TEST_F(Lending, AChairWhoJoinsAfterTheReleaseFindsThePackOpen) {
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  Event("PACK_RELEASED", "2026-02-12T08:00");
  Join("chair@unit.example", "chair");
  EXPECT_TRUE(world.Read(world.SignIn("chair@unit.example"), form).ok());
}

TEST_F(Lending, TheReportGoesToEveryPartyTheTemplateNamesAndToNobodyElse) {
  Join("chair@unit.example", "chair");
  Join("group@pol.example", "group");
  Join("inspector@pol.example", "inspection");
  const DocumentId report = FileReport();
  EXPECT_FALSE(world.Read(world.SignIn("group@pol.example"), report).ok());
  Event("MEETING_CLOSED", "2026-02-12T08:00");
  Event("REPORT_APPROVED", "2026-02-12T08:30");
  for (const char* who : {"chair@unit.example", "group@pol.example", "inspector@pol.example"}) {
    auto read = world.Read(world.SignIn(who), report);
    EXPECT_TRUE(read.ok()) << who << ": " << (read.ok() ? "" : read.error().detail);
  }
  // The group reads what comes of it and no form, before or after.
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  EXPECT_FALSE(world.Read(world.SignIn("group@pol.example"), form).ok());
  Event("DISPOSED", "2026-02-12T08:50");
  EXPECT_FALSE(world.Read(world.SignIn("group@pol.example"), report).ok());
}

TEST_F(Lending, APartyThatIsNamedAfterTheReportWasApprovedGetsIt) {
  const DocumentId report = FileReport();
  Event("MEETING_CLOSED", "2026-02-12T08:00");
  Event("REPORT_APPROVED", "2026-02-12T08:30");
  Join("group@pol.example", "group");
  EXPECT_TRUE(world.Read(world.SignIn("group@pol.example"), report).ok());
}

TEST_F(Lending, AControlTaskReadsWithAReasonUntilItsNinetyDaysAreOver) {
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  Event("FORMS_ISSUED", "2026-02-12T08:00");
  Join(kIgo, "control");
  const auto open = [&](std::string_view reason) {
    Actor igo = Igo();
    return world->documents().Open(igo, {form, std::nullopt, std::string(reason)});
  };
  EXPECT_EQ(open("").error().code, Errc::kInvalid);
  EXPECT_TRUE(open("subject access request").ok());
  world.MoveTo("2026-05-20T09:00");
  EXPECT_FALSE(open("subject access request").ok());
  // Another task begins when they are named again.
  Join(kIgo, "control");
  EXPECT_TRUE(open("subject access request, extended").ok());
}

TEST_F(Lending, AnOfficersMemberOfAnAgencyBringsItIntoTheMatterWithoutALoan) {
  Actor officer = Officer();
  ASSERT_TRUE(world->agencies().Add(officer, Agency("HSG"), "Housing").ok());
  world.AddPerson(officer, "co@hsg.example", "HSG", {"AAC"});
  Join("co@hsg.example", "HSG");
  EXPECT_EQ(States(), (std::vector<std::string>{"brief POL closed", "pack POL closed"}));
  Event("REPORT_APPROVED", "2026-02-12T08:30");
  const std::vector<std::string> after = States();
  EXPECT_EQ(std::count(after.begin(), after.end(), "report POL open"), 1);
  EXPECT_EQ(std::count(after.begin(), after.end(), "report HSG open"), 0);
}

TEST_F(Lending, AMovedMeetingDoesNotShortenTheReportsLoan) {
  Event("REPORT_APPROVED", "2026-02-12T08:30");
  Actor officer = Officer();
  ASSERT_TRUE(world->matters().MoveMeeting(officer, matter, At("2026-04-20T09:30"), "later").ok());
  const auto lock = world->Locked();
  const std::vector<LoanRow> loans = world->loans().All(matter.id).value();
  for (const LoanRow& loan : loans) {
    const bool report = loan.kind == LoanKind::kReport;
    EXPECT_EQ(LondonDay(loan.ends).ToText(), report ? "2027-02-12" : "2026-05-20");
  }
}

TEST_F(Lending, ARoleForOneMatterIsToldToTheRulesAndItsRowIsBelievedOnlyUnderItsMac) {
  Actor officer = Officer();
  const Assignments::Wish wish{"chair@unit.example", "CHR"};
  EXPECT_EQ(world->assignments().Give(officer, matter, {"chair@unit.example", "AUD"}).error().code,
            Errc::kInvalid);
  EXPECT_EQ(world->assignments().Give(officer, matter, {"chair@unit.example", "LP"}).error().code,
            Errc::kInvalid);
  ASSERT_TRUE(world->assignments().Give(officer, matter, wish).ok());
  EXPECT_EQ(world->assignments().Give(officer, matter, wish).error().code, Errc::kConflict);
  auto listed = world->assignments().List(officer, matter);
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed.value().size(), 1u);
  EXPECT_EQ(listed.value()[0].email, "chair@unit.example");
  EXPECT_EQ(Logged("type member.assigned"), 1u);
  ASSERT_TRUE(world->assignments().End(officer, matter, wish).ok());
  EXPECT_EQ(world->assignments().End(officer, matter, wish).error().code, Errc::kConflict);
  EXPECT_TRUE(world->assignments().List(officer, matter).value().empty());
  Inside([&](KeyKeeper&, Database& database) {
    ASSERT_TRUE(database.Execute("UPDATE assignment SET state = 'live'").ok());
  });
  world.Unseal();
  Actor again = Officer();
  EXPECT_EQ(world->assignments().List(again, matter).error().code, Errc::kCorrupt);
}

// A case in which the rules ask who the Lead Professional of this very case is.
TEST_F(Lending, OnlyTheLeadProfessionalOfThisCaseReadsAsOne) {
  Actor officer = Officer();
  world.AddPerson(officer, "lead@pol.example", "POL", {"LP"});
  auto made = world->matters().New(officer, {"maag", "Case", std::nullopt, ""});
  ASSERT_TRUE(made.ok()) << made.error().detail;
  matter = made.value();
  auto added = world->matters().AddSubject(officer, matter, {"Family One", "", {}});
  ASSERT_TRUE(added.ok());
  alder = world->matter_rows().FindSubject(matter.id, "Family One").value();
  ASSERT_TRUE(world->matters().Involve(officer, matter, alder, Agency("POL")).ok());
  Join("lead@pol.example", "POL");
  auto filed = world.File(officer, matter, "CAF", "unit", alder.id, "assessment");
  ASSERT_TRUE(filed.ok()) << filed.error().detail;
  for (const char* agency : {"POL", "unit"}) {
    ASSERT_TRUE(world->records()
                    .Add(officer, matter,
                         {"resource",
                          {{"agency", agency}, {"type", std::string("support of ") + agency}},
                          std::nullopt,
                          ""})
                    .ok());
  }
  Event("PACKAGE_ALLOCATED", "2026-02-12T08:00");
  EXPECT_FALSE(world.Read(world.SignIn("lead@pol.example"), filed.value().id).ok());
  Actor again = Officer();
  ASSERT_TRUE(world->assignments().Give(again, matter, {"lead@pol.example", "LP"}).ok());
  auto read = world.Read(world.SignIn("lead@pol.example"), filed.value().id);
  ASSERT_TRUE(read.ok()) << read.error().detail;
  EXPECT_EQ(read.value(), "assessment");
  // The panel's pack is for the panel: the agency's own stays closed and empty.
  const std::vector<std::string> states = States();
  EXPECT_EQ(std::count(states.begin(), states.end(), "pack POL closed"), 1);
  ASSERT_TRUE(world->assignments().End(again, matter, {"lead@pol.example", "LP"}).ok());
  EXPECT_FALSE(world.Read(world.SignIn("lead@pol.example"), filed.value().id).ok());
}

// PacksForAllRules are the shipped ones, but that every agency reads every pack.
std::unique_ptr<policies::TemplateBook> PacksForAllRules(const std::string& folder) {
  namespace fs = std::filesystem;
  fs::copy(std::string(STRONGROOM_SOURCE_DIR) + "/policies", folder, fs::copy_options::recursive);
  const std::string path = folder + "/templates/macfa.xml";
  std::ifstream in(path);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::string from = "pack-scope=\"inv\"";
  text.replace(text.find(from), from.size(), "pack-scope=\"all\"");
  std::ofstream(path, std::ios::trunc) << text;
  auto book = policies::TemplateBook::LoadFolder(
      folder, [](ByteView bytes) { return EncodeHex(Sha256(bytes)); });
  CHECK(book.ok());
  return std::move(book).value();
}

class PacksForAll : public Lending {
 protected:
  void SetUp() override {
    world.UseRules(PacksForAllRules(rules_.At("policies")));
    Lending::SetUp();
  }
  TempFolder rules_;
};

TEST_F(PacksForAll, AnAgencyWithAPartReadsThePackOfAPersonItDoesNotKnow) {
  Actor officer = Officer();
  ASSERT_TRUE(world->agencies().Add(officer, Agency("HSG"), "Housing").ok());
  ASSERT_TRUE(world->agencies().Add(officer, Agency("FRS"), "Fire").ok());
  world.AddPerson(officer, "co@hsg.example", "HSG", {"AAC"});
  world.AddPerson(officer, "co@frs.example", "FRS", {"AAC"});
  ASSERT_TRUE(world->matters().AddSubject(officer, matter, {"Adult Elm", "", {}}).ok());
  const SubjectRow elm = world->matter_rows().FindSubject(matter.id, "Adult Elm").value();
  ASSERT_TRUE(world->matters().Involve(officer, matter, elm, Agency("HSG")).ok());
  for (const char* email : {"co@hsg.example", "co@frs.example"}) {
    ASSERT_TRUE(world->matters().AddMember(officer, matter, email, "").ok());
  }
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  EXPECT_FALSE(world.Read(world.SignIn("co@hsg.example"), form).ok());
  Event("PACK_RELEASED", "2026-02-12T08:00");
  // Involved with Elm alone, housing reads what the police say of Alder; fire has no part at all.
  EXPECT_EQ(world.Read(world.SignIn("co@hsg.example"), form).value(), "police on Alder");
  EXPECT_EQ(world.Read(world.SignIn("co@frs.example"), form).error().code, Errc::kNotFound);
  Event("MEETING_CLOSED", "2026-02-12T08:30");
  EXPECT_EQ(world.Read(world.SignIn("co@hsg.example"), form).error().code, Errc::kExpired);
}

// What happened to one document alone starts its own period.
TEST_F(Lending, ADocumentThatIsPublishedAloneCountsFromThen) {
  const auto learning = [&](std::string_view content) {
    Actor officer = Officer();
    return world.File(officer, matter, "LRN", "unit", std::nullopt, content).value().id;
  };
  const DocumentId briefing = learning("a briefing");
  const DocumentId video = learning("a video");
  ASSERT_TRUE(world->documents()
                  .RecordEvent(Officer(), briefing, "PUBLISHED", At("2026-02-12T08:00"))
                  .ok());
  const auto due = [&](const DocumentId& id) {
    return world->explain().Document(id).value().verdict.due;
  };
  ASSERT_TRUE(due(briefing).has_value());
  EXPECT_EQ(LondonDay(*due(briefing)).ToText(), "2028-02-12");
  EXPECT_FALSE(due(video).has_value());
  const auto error = [&](std::string_view event, std::string_view at) {
    return world->documents().RecordEvent(Officer(), video, event, At(at)).error().code;
  };
  EXPECT_EQ(error("MEETING_CLOSED", "2026-02-12T08:00"), Errc::kInvalid);
  EXPECT_EQ(error("NO_SUCH", "2026-02-12T08:00"), Errc::kInvalid);
  EXPECT_EQ(error("PUBLISHED", "2027-02-12T08:00"), Errc::kInvalid);
  EXPECT_EQ(
      world->documents().RecordEvent(Officer(), briefing, "PUBLISHED", std::nullopt).error().code,
      Errc::kConflict);
}

TEST_F(Lending, ADocumentsOwnEventCountsFromTheLatestDayItCanBe) {
  const DocumentId briefing =
      world.File(Officer(), matter, "LRN", "unit", std::nullopt, "a briefing").value().id;
  const UnixSeconds now = world.clock().Realtime();
  const Day latest = LondonDay(now + UnixSeconds{3} * 86400);
  world.clock().SetRealtime(now + UnixSeconds{3} * 86400);
  ASSERT_TRUE(world->documents().RecordEvent(Officer(), briefing, "PUBLISHED", std::nullopt).ok());
  world.clock().SetRealtime(now);
  const auto due = world->explain().Document(briefing).value().verdict.due;
  ASSERT_TRUE(due.has_value());
  EXPECT_EQ(LondonDay(*due).ToText(),
            std::to_string(latest.year() + 2) + latest.ToText().substr(4));
}

}  // namespace
}  // namespace vault
