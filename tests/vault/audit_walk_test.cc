// One audit from longlist to deletion, at the vault's own surface: who reads what, and when.

#include <gtest/gtest.h>

#include "tests/support/test_vault.h"
#include "vault/audit/certificate_file.h"
#include "vault/audit/checkpoint.h"

namespace vault {
namespace {

class AuditWalk : public ::testing::Test {
 protected:
  void SetUp() override {
    world.Init();
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    world.Unseal();
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    Actor officer = world.SignIn(TestVault::kOfficer);
    for (const char* agency : {"POL", "HSG", "FRS"}) {
      ASSERT_TRUE(world->agencies().Add(officer, Agency(agency), agency).ok());
      std::string low = agency;
      for (char& c : low) c = static_cast<char>(c - 'A' + 'a');
      world.AddPerson(officer, "coordinator@" + low + ".example", agency, {"AAC"});
    }
    NewMatter wanted{"macfa", "Self-neglect and hoarding", At("2026-04-09T09:30"), ""};
    auto made = world->matters().New(officer, wanted);
    ASSERT_TRUE(made.ok()) << made.error().detail;
    matter = std::move(made).value();
    alder = AddSubject(officer, "Adult Alder");
    elm = AddSubject(officer, "Adult Elm");
    Involve(officer, alder, "POL");
    Involve(officer, alder, "HSG");
    Involve(officer, alder, "FRS");
    Involve(officer, elm, "POL");
    Involve(officer, elm, "FRS");
    for (const char* agency : {"pol", "hsg", "frs"}) {
      auto added = world->matters().AddMember(
          officer, matter, "coordinator@" + std::string(agency) + ".example", "");
      ASSERT_TRUE(added.ok()) << added.error().detail;
    }
  }
  SubjectRow AddSubject(const Actor& officer, std::string_view pseudonym) {
    auto added =
        world->matters().AddSubject(officer, matter, {std::string(pseudonym), "Someone Real", {}});
    CHECK(added.ok());
    return world->matter_rows().FindSubject(matter.id, pseudonym).value();
  }
  void Involve(const Actor& officer, const SubjectRow& subject, std::string_view agency) {
    auto done = world->matters().Involve(officer, matter, subject, Agency(agency));
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  Actor Coordinator(std::string_view agency) {
    return world.SignIn("coordinator@" + std::string(agency) + ".example");
  }
  void Event(std::string_view name, std::string_view at) {
    Actor officer = world.SignIn(TestVault::kOfficer);
    auto outcome = world->matters().Record(officer, matter, name, At(at), "");
    ASSERT_TRUE(outcome.ok()) << outcome.error().detail;
  }
  Errc ReadError(std::string_view agency, const DocumentId& document) {
    Actor actor = Coordinator(agency);
    auto text = world.Read(actor, document);
    EXPECT_FALSE(text.ok());
    return text.ok() ? Errc::kInvalid : text.error().code;
  }
  std::string ReadAs(std::string_view agency, const DocumentId& document) {
    Actor actor = Coordinator(agency);
    auto text = world.Read(actor, document);
    EXPECT_TRUE(text.ok()) << text.error().detail;
    return text.ok() ? text.value() : "";
  }
  DocumentId FileAs(std::string_view agency, std::string_view owner, const SubjectRow& subject,
                    std::string_view content) {
    Actor actor = Coordinator(agency);
    auto filed = world.File(actor, matter, "FRM", owner, subject.id, content);
    EXPECT_TRUE(filed.ok()) << filed.error().detail;
    return filed.ok() ? filed.value().id : DocumentId();
  }

  TestVault world;
  MatterRow matter;
  SubjectRow alder;
  SubjectRow elm;
};

TEST_F(AuditWalk, FormsArePrivateThenLentThenGone) {
  world.MoveTo("2026-02-27T10:00");
  Event("FORMS_ISSUED", "2026-02-27T09:00");
  world.MoveTo("2026-03-20T10:00");
  const DocumentId police_alder = FileAs("pol", "POL", alder, "police on Alder");
  const DocumentId police_elm = FileAs("pol", "POL", elm, "police on Elm");
  const DocumentId fire_alder = FileAs("frs", "FRS", alder, "fire on Alder");

  // Before the pack date everybody reads their own and nobody another's.
  EXPECT_EQ(ReadAs("pol", police_alder), "police on Alder");
  EXPECT_EQ(ReadError("hsg", police_alder), Errc::kNotFound);
  EXPECT_EQ(ReadError("frs", police_elm), Errc::kNotFound);

  // The pack is released by the calendar, with nobody signed in.
  world.MoveTo("2026-04-02T08:00");
  auto swept = world->sweep().Run(std::nullopt, SweepMode::kAct);
  ASSERT_TRUE(swept.ok()) << swept.error().detail;
  EXPECT_EQ(ReadAs("hsg", police_alder), "police on Alder");
  EXPECT_EQ(ReadError("hsg", police_elm), Errc::kNotFound);
  EXPECT_EQ(ReadAs("frs", police_elm), "police on Elm");

  // A late form joins the running loans.
  world.MoveTo("2026-04-07T10:00");
  const DocumentId housing_alder = FileAs("hsg", "HSG", alder, "housing on Alder, late");
  EXPECT_EQ(ReadAs("frs", housing_alder), "housing on Alder, late");

  // The meeting closes: every pack and brief ends at once.
  world.MoveTo("2026-04-09T12:31");
  Event("MEETING_CLOSED", "2026-04-09T12:30");
  EXPECT_EQ(ReadError("hsg", police_alder), Errc::kExpired);
  EXPECT_EQ(ReadError("frs", housing_alder), Errc::kExpired);
  EXPECT_EQ(ReadError("hsg", police_elm), Errc::kNotFound);
  EXPECT_EQ(ReadAs("frs", fire_alder), "fire on Alder");

  Actor fire = Coordinator("frs");
  auto list = world->documents().List(fire, matter.id, "FRM");
  ASSERT_TRUE(list.ok()) << list.error().detail;
  ASSERT_EQ(list.value().size(), 1u);
  EXPECT_EQ(list.value()[0].id, fire_alder);
}

TEST_F(AuditWalk, TheCertificateOfAClosedMeetingVerifiesOfflineAndNotWhenChanged) {
  world.MoveTo("2026-04-02T08:00");
  Event("PACK_RELEASED", "2026-04-02T08:00");
  world.MoveTo("2026-04-09T12:31");
  Event("MEETING_CLOSED", "2026-04-09T12:30");
  auto list = world->disposal().List();
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list.value().size(), 1u);
  EXPECT_EQ(list.value()[0].state, "done");
  EXPECT_EQ(list.value()[0].trigger, "MEETING_CLOSED");
  EXPECT_EQ(list.value()[0].objects, 5u + 3u);  // five packs, three briefs
  auto file = world->disposal().Certificate(list.value()[0].id);
  ASSERT_TRUE(file.ok()) << file.error().detail;
  auto key = NoteKey::Parse(world.log_key());
  ASSERT_TRUE(key.ok()) << key.error().detail;
  auto verified = VerifyCertificate(file.value(), key.value());
  ASSERT_TRUE(verified.ok()) << verified.error().detail;
  EXPECT_NE(verified.value().text.find("pack loan o:"), std::string::npos);
  EXPECT_EQ(verified.value().text.find("Alder"), std::string::npos);
  for (std::size_t i = 0; i < file.value().size(); i += 7) {
    std::string changed = file.value();
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(VerifyCertificate(changed, key.value()).ok()) << "byte " << i;
  }
}

TEST_F(AuditWalk, AHoldKeepsTheFormAndNotTheLoan) {
  Actor officer = world.SignIn(TestVault::kOfficer);
  world.AddPerson(officer, "igo@unit.example", "unit", {"IGO"});
  const DocumentId form = FileAs("pol", "POL", alder, "police on Alder");
  world.MoveTo("2026-04-02T08:00");
  Event("PACK_RELEASED", "2026-04-02T08:00");
  Actor igo = world.SignIn("igo@unit.example");
  NewHold hold;
  hold.subject = alder.id;
  hold.reason = "subject access request";
  hold.review = LondonDay(At("2026-07-01"));
  auto placed = world->holds().Place(igo, hold);
  ASSERT_TRUE(placed.ok()) << placed.error().detail;
  EXPECT_EQ(ReadAs("hsg", form), "police on Alder");
  world.MoveTo("2026-04-09T12:31");
  Event("MEETING_CLOSED", "2026-04-09T12:30");
  EXPECT_EQ(ReadError("hsg", form), Errc::kExpired);
  EXPECT_EQ(ReadAs("pol", form), "police on Alder");
}

TEST_F(AuditWalk, ASealedHoldOnAMatterClosesItsDocumentsAndNeitherTheVaultNorTheMeeting) {
  Actor officer = world.SignIn(TestVault::kOfficer);
  world.AddPerson(officer, "igo@unit.example", "unit", {"IGO"});
  const DocumentId form = FileAs("pol", "POL", alder, "police on Alder");
  world.MoveTo("2026-04-02T08:00");
  Event("PACK_RELEASED", "2026-04-02T08:00");
  NewHold hold;
  hold.matter = matter.id;
  hold.reason = "inquiry";
  hold.review = LondonDay(At("2026-07-01"));
  hold.sealed = true;
  Actor igo = world.SignIn("igo@unit.example");
  auto placed = world->holds().Place(igo, hold);
  ASSERT_TRUE(placed.ok()) << placed.error().detail;
  EXPECT_EQ(ReadError("pol", form), Errc::kDenied);
  EXPECT_EQ(ReadError("hsg", form), Errc::kDenied);
  // A second hold, not sealed, opens nothing that the first has closed.
  NewHold second = hold;
  second.matter.reset();
  second.document = form;
  second.sealed = false;
  ASSERT_TRUE(world->holds().Place(igo, second).ok());
  EXPECT_EQ(ReadError("pol", form), Errc::kDenied);
  // Nobody reads the title either, and the server still knows the matter and its days.
  Actor unit = world.SignIn(TestVault::kOfficer);
  EXPECT_FALSE(world->matters().Title(unit, matter).ok());
  world.Seal();
  world.Unseal();
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  world.MoveTo("2026-04-09T12:31");
  auto swept = world->sweep().Run(std::nullopt, SweepMode::kAct);
  EXPECT_TRUE(swept.ok()) << swept.error().detail;
  Event("MEETING_CLOSED", "2026-04-09T12:30");
  EXPECT_EQ(world->disposal().List().value().size(), 1u);
  Actor again = world.SignIn("igo@unit.example");
  ASSERT_TRUE(world->holds().Release(again, placed.value(), "over").ok());
  EXPECT_EQ(ReadAs("pol", form), "police on Alder");
  EXPECT_EQ(ReadError("hsg", form), Errc::kExpired);
}

TEST_F(AuditWalk, ALinkOpensWithItsPinUntilItsTimeAndAsOftenAsAllowed) {
  const DocumentId form = FileAs("pol", "POL", alder, "police on Alder");
  Actor officer = world.SignIn(TestVault::kOfficer);
  NewShare wanted;
  wanted.documents = {form};
  wanted.recipient = "solicitor@law.example";
  wanted.until = At("2026-02-20T12:00");
  wanted.uses = 2;
  auto made = world->shares().Make(officer, wanted);
  ASSERT_TRUE(made.ok()) << made.error().detail;
  const std::string secret(made.value().secret.text());
  const auto pin = made.value().pin.view();
  auto wrong = world->shares().Redeem(made.value().link, secret, AsBytes("00000000"));
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, Errc::kDenied);
  auto right = world->shares().Redeem(made.value().link, secret, pin);
  ASSERT_TRUE(right.ok()) << right.error().detail;
  ASSERT_EQ(right.value().documents.size(), 1u);
  EXPECT_EQ(right.value().documents[0].name, "form.docx");
  auto stream = world->shares().Open(made.value().link, secret, right.value().token.text(), 1);
  ASSERT_TRUE(stream.ok()) << stream.error().detail;
  std::string text(stream.value().size(), '\0');
  auto got = stream.value().Read(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(text, "police on Alder");
  EXPECT_TRUE(world->shares().Redeem(made.value().link, secret, pin).ok());
  auto used = world->shares().Redeem(made.value().link, secret, pin);
  ASSERT_FALSE(used.ok());
  EXPECT_EQ(used.error().code, Errc::kExpired);
  world.MoveTo("2026-02-20T12:00");
  auto late = world->shares().Redeem(made.value().link, secret, pin);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, Errc::kExpired);
}

TEST_F(AuditWalk, FiveWrongPinsEndTheLink) {
  const DocumentId form = FileAs("pol", "POL", alder, "police on Alder");
  Actor officer = world.SignIn(TestVault::kOfficer);
  NewShare wanted;
  wanted.documents = {form};
  wanted.recipient = "solicitor@law.example";
  wanted.until = At("2026-02-20T12:00");
  auto made = world->shares().Make(officer, wanted);
  ASSERT_TRUE(made.ok()) << made.error().detail;
  const std::string secret(made.value().secret.text());
  const std::string pin(made.value().pin.text());
  std::string wrong = pin;
  wrong[0] = wrong[0] == '9' ? '0' : static_cast<char>(wrong[0] + 1);
  for (int i = 0; i < 5; ++i) {
    auto denied = world->shares().Redeem(made.value().link, secret, AsBytes(wrong));
    ASSERT_FALSE(denied.ok());
    EXPECT_EQ(denied.error().code, Errc::kDenied) << i;
  }
  auto right = world->shares().Redeem(made.value().link, secret, AsBytes(pin));
  ASSERT_FALSE(right.ok());
  EXPECT_EQ(right.error().code, Errc::kExpired);
}

TEST_F(AuditWalk, AWithdrawnDocumentLeavesTheRunningPackAndTheOthersStay) {
  const DocumentId police = FileAs("pol", "POL", alder, "police on Alder");
  const DocumentId fire = FileAs("frs", "FRS", alder, "fire on Alder");
  world.MoveTo("2026-04-02T08:00");
  Event("PACK_RELEASED", "2026-04-02T08:00");
  EXPECT_EQ(ReadAs("hsg", police), "police on Alder");
  Actor officer = world.SignIn(TestVault::kOfficer);
  auto changed = world->documents().Withdraw(officer, {police, std::nullopt, "wrong subject"});
  ASSERT_TRUE(changed.ok()) << changed.error().detail;
  EXPECT_EQ(changed.value(), 2u);
  Actor housing = Coordinator("hsg");
  EXPECT_FALSE(world.Read(housing, police).ok());
  EXPECT_EQ(ReadAs("hsg", fire), "fire on Alder");
  EXPECT_EQ(ReadAs("pol", police), "police on Alder");
}

TEST_F(AuditWalk, EverythingIsThereAgainAfterARestart) {
  const DocumentId form = FileAs("pol", "POL", alder, "police on Alder");
  world.MoveTo("2026-04-02T08:00");
  Event("PACK_RELEASED", "2026-04-02T08:00");
  world.Seal();
  world.clock().Restart();
  world.Unseal();
  EXPECT_EQ(ReadAs("hsg", form), "police on Alder");
  world.MoveTo("2026-04-09T12:31");
  Event("MEETING_CLOSED", "2026-04-09T12:30");
  world.Seal();
  world.Unseal();
  EXPECT_EQ(ReadError("hsg", form), Errc::kExpired);
  EXPECT_EQ(ReadAs("pol", form), "police on Alder");
}

TEST_F(AuditWalk, AChangedPasswordAndAnEndedPersonOpenNothing) {
  Actor police = Coordinator("pol");
  ASSERT_TRUE(
      world->people()
          .ChangePassword(police, AsBytes(TestVault::kPassword), AsBytes("another long password"))
          .ok());
  EXPECT_FALSE(world.SignInWith("coordinator@pol.example", TestVault::kPassword).ok());
  auto again = world.SignInWith("coordinator@pol.example", "another long password");
  ASSERT_TRUE(again.ok());
  auto filed = world.File(again.value(), matter, "FRM", "POL", alder.id, "police on Alder");
  ASSERT_TRUE(filed.ok()) << filed.error().detail;
  EXPECT_EQ(world.Read(again.value(), filed.value().id).value(), "police on Alder");
  Actor officer = world.SignIn(TestVault::kOfficer);
  ASSERT_TRUE(world->people().End(officer, "coordinator@pol.example").ok());
  EXPECT_FALSE(world.SignInWith("coordinator@pol.example", "another long password").ok());
  // The agency's record outlives the person, and the others can still be found and sign in.
  EXPECT_EQ(world.Read(officer, filed.value().id).value(), "police on Alder");
  EXPECT_TRUE(world.SignInWith("coordinator@frs.example", TestVault::kPassword).ok());
  auto last = world->people().End(officer, TestVault::kOfficer);
  ASSERT_FALSE(last.ok());
  EXPECT_EQ(last.error().code, Errc::kConflict);
}

TEST_F(AuditWalk, AForgottenPasswordIsResetAndTheMatterIsHandedOverAnew) {
  const DocumentId form = FileAs("pol", "POL", alder, "police on Alder");
  Actor officer = world.SignIn(TestVault::kOfficer);
  auto reset = world->people().Reset(officer, "coordinator@pol.example", Plaintext());
  ASSERT_TRUE(reset.ok()) << reset.error().detail;
  EXPECT_FALSE(world.SignInWith("coordinator@pol.example", TestVault::kPassword).ok());
  auto police = world.SignInWith("coordinator@pol.example", reset.value().added.password.text());
  ASSERT_TRUE(police.ok());
  EXPECT_EQ(world.Read(police.value(), form).value(), "police on Alder");
}

TEST_F(AuditWalk, AnAgencyThatJoinsAfterTheReleaseReadsThePackAtOnce) {
  const DocumentId form = FileAs("pol", "POL", alder, "police on Alder");
  world.MoveTo("2026-04-02T08:00");
  Event("PACK_RELEASED", "2026-04-02T08:00");
  Actor officer = world.SignIn(TestVault::kOfficer);
  ASSERT_TRUE(world->agencies().Add(officer, Agency("ACU"), "Hospitals").ok());
  world.AddPerson(officer, "coordinator@acu.example", "ACU", {"AAC"});
  Involve(officer, alder, "ACU");
  ASSERT_TRUE(world->matters().AddMember(officer, matter, "coordinator@acu.example", "").ok());
  EXPECT_EQ(ReadAs("acu", form), "police on Alder");
  EXPECT_EQ(world->loans().DebtCount().value(), 0u);
}

TEST_F(AuditWalk, AnAuditorReadsThePackOnlyWhenNamedForTheMeeting) {
  const DocumentId form = FileAs("pol", "POL", alder, "police on Alder");
  Actor officer = world.SignIn(TestVault::kOfficer);
  world.AddPerson(officer, "auditor@hsg.example", "HSG", {"AUD"});
  ASSERT_TRUE(world->matters().AddMember(officer, matter, "auditor@hsg.example", "").ok());
  world.MoveTo("2026-04-02T08:00");
  Event("PACK_RELEASED", "2026-04-02T08:00");
  Actor auditor = world.SignIn("auditor@hsg.example");
  auto before = world.Read(auditor, form);
  ASSERT_FALSE(before.ok());
  EXPECT_EQ(before.error().code, Errc::kNotFound);
  Actor housing = Coordinator("hsg");
  ASSERT_TRUE(world->matters().SetAttending(housing, matter, "auditor@hsg.example", true).ok());
  auto named = world.Read(auditor, form);
  ASSERT_TRUE(named.ok()) << named.error().detail;
  EXPECT_EQ(named.value(), "police on Alder");
  ASSERT_TRUE(world->matters().SetAttending(housing, matter, "auditor@hsg.example", false).ok());
  EXPECT_FALSE(world.Read(auditor, form).ok());
}

TEST_F(AuditWalk, NobodyOutsideTheUnitIsItsOfficer) {
  Actor officer = world.SignIn(TestVault::kOfficer);
  NewPerson person;
  person.email = "other@pol.example";
  person.agency = Agency("POL");
  person.roles = {"BUO"};
  person.password = Plaintext::CopyOf(AsBytes(TestVault::kPassword));
  auto added = world->people().Add(officer, std::move(person));
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().code, Errc::kInvalid);
}

TEST_F(AuditWalk, ASecondFilingOfTheSameFormIsTheNextVersion) {
  const DocumentId first = FileAs("pol", "POL", alder, "first");
  const DocumentId second = FileAs("pol", "POL", alder, "second");
  EXPECT_EQ(first, second);
  EXPECT_EQ(ReadAs("pol", first), "second");
  Actor police = Coordinator("pol");
  auto stream = world->documents().Open(police, {first, 1, ""});
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ(stream.value().size(), 5u);
}

}  // namespace
}  // namespace vault
