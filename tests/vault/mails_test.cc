// Mails: who is written to, when, once; and what becomes of a letter nobody takes.
#include "vault/mails.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/policies/texts.h"
#include "tests/support/disposal_world.h"

namespace vault {
namespace {

class MailsTest : public DisposalWorld {
 protected:
  std::uint64_t Gather() {
    auto made = world->mails().Gather();
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().detail);
    return made.ok() ? made.value() : 0;
  }
  std::vector<Letter> Waiting() {
    auto letters = world->mails().Waiting(100);
    EXPECT_TRUE(letters.ok()) << (letters.ok() ? "" : letters.error().detail);
    return letters.ok() ? std::move(letters).value() : std::vector<Letter>();
  }
  std::size_t Count(MailKind kind) {
    const std::vector<Letter> letters = Waiting();
    return static_cast<std::size_t>(std::count_if(letters.begin(), letters.end(),
                                                  [&](const Letter& l) { return l.kind == kind; }));
  }
  std::size_t InQueue(std::string_view state) {
    const std::vector<MailView> all = world->mails().List(Officer()).value();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const MailView& v) { return v.state == state; }));
  }
};

TEST_F(MailsTest, ADayThatComesNearRemindsOnceAndOneThatPassedIsEscalatedAndDestroysNothing) {
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  Event("FORMS_ISSUED", "2026-02-12T08:00");
  world.MoveTo("2026-04-08T09:00");
  EXPECT_GT(Gather(), 0u);
  const std::vector<Letter> letters = Waiting();
  ASSERT_FALSE(letters.empty());
  for (const Letter& letter : letters) EXPECT_EQ(letter.reference, matter.ref);
  EXPECT_EQ(Gather(), 0u);
  world.Unseal();
  EXPECT_EQ(Gather(), 0u);
  world.MoveTo("2026-04-20T09:00");
  Gather();
  EXPECT_GT(Count(MailKind::kOverdue) + Count(MailKind::kEscalation), 0u);
  // Silence destroys nothing.
  EXPECT_TRUE(world.Read(Officer(), form).ok());
}

TEST_F(MailsTest, WhatWasDoneMeanwhileIsNotSent) {
  NewHold hold;
  hold.matter = matter.id;
  hold.reason = "an inquiry";
  hold.review = Day::Parse("2026-02-20").value();
  auto placed = world->holds().Place(Igo(), hold);
  ASSERT_TRUE(placed.ok());
  world.MoveTo("2026-02-21T09:00");
  Gather();
  EXPECT_EQ(Count(MailKind::kHoldReview), 2u);  // two information governance officers
  ASSERT_TRUE(world->holds().Release(Igo(), placed.value(), "over").ok());
  EXPECT_EQ(Count(MailKind::kHoldReview), 0u);
  EXPECT_EQ(InQueue("dropped"), 2u);
}

TEST_F(MailsTest, ALetterThatFailsIsTriedAgainLaterAndLaterAndThenGivenUp) {
  NewHold hold;
  hold.matter = matter.id;
  hold.reason = "an inquiry";
  hold.review = Day::Parse("2026-02-20").value();
  ASSERT_TRUE(world->holds().Place(Igo(), hold).ok());
  world.MoveTo("2026-02-21T09:00");
  Gather();
  auto letters = Waiting();
  ASSERT_EQ(letters.size(), 2u);
  const ObjectId id = letters[0].id;
  ASSERT_TRUE(world->mails().Sent(letters[1].id).ok());
  ASSERT_TRUE(world->mails().Failed(id, Mails::Failure::kForNow).ok());
  EXPECT_TRUE(Waiting().empty());
  world.clock().Pass(600);
  EXPECT_EQ(Waiting().size(), 1u);
  // The queue and the number of tries are on disk.
  world.Unseal();
  ASSERT_EQ(Waiting().size(), 1u);
  EXPECT_EQ(Waiting()[0].attempts, 1u);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(world->mails().Failed(id, Mails::Failure::kForNow).ok());
  }
  EXPECT_EQ(InQueue("failed"), 1u);
  EXPECT_EQ(InQueue("sent"), 1u);
  EXPECT_EQ(Logged("type mail.failed"), 1u);
  EXPECT_EQ(Logged("type mail.sent"), 1u);
}

TEST_F(MailsTest, AGuidancePastItsReviewDayIsRemindedOfEveryWeekUntilItIsReviewed) {
  const auto values = [](const char* status, const char* review) {
    return std::vector<FieldValue>{{"title", "Audit guidance"},
                                   {"completed", "2021-05-05"},
                                   {"status", status},
                                   {"approved", "2021-07-02"},
                                   {"approved-by", "The operational group"},
                                   {"review-due", review}};
  };
  const auto about = [&](std::string_view day) {
    std::vector<std::string> to;
    for (const Letter& letter : Waiting()) {
      if (letter.kind == MailKind::kOverdue && letter.day == Day::Parse(day).value()) {
        to.push_back(letter.to);
      }
    }
    return to;
  };
  const std::vector<std::string> officer = {std::string(TestVault::kOfficer)};
  auto kept = world->records().Add(
      Officer(), matter, {"document-control", values("approved", "2026-03-01"), std::nullopt, ""});
  ASSERT_TRUE(kept.ok()) << kept.error().detail;
  world.MoveTo("2026-03-01T09:00");
  Gather();
  EXPECT_TRUE(about("2026-03-01").empty()) << "the day itself is in time";
  world.MoveTo("2026-03-02T09:00");
  Gather();
  EXPECT_EQ(about("2026-03-01"), officer);
  EXPECT_EQ(about("2026-03-01"), officer) << "asking for letters sends none twice";
  // Who is no member of the matter is not written to, and a week later it is said again.
  world.MoveTo("2026-03-09T09:00");
  Gather();
  EXPECT_EQ(about("2026-03-01").size(), 2u);
  // It was reviewed: what still waits is not sent.
  ASSERT_TRUE(
      world->records()
          .Set(Officer(), matter, {kept.value().id, {{"review-due", "2026-03-12"}}, "reviewed"})
          .ok());
  EXPECT_TRUE(about("2026-03-01").empty());
  world.MoveTo("2026-03-13T09:00");
  Gather();
  EXPECT_EQ(about("2026-03-12"), officer);
  ASSERT_TRUE(world->records()
                  .Set(Officer(), matter, {kept.value().id, {{"status", "withdrawn"}}, "replaced"})
                  .ok());
  EXPECT_TRUE(about("2026-03-12").empty());
}

// A contact check is about a subject; under these rules one that is late is reminded of.
class ContactChecks : public MailsTest {
 protected:
  void SetUp() override {
    std::string text = policies::ShippedText("templates/macfa.xml");
    const std::string until = "due=\"due\" done=\"contact\"";
    const std::size_t at = text.find(until);
    ASSERT_NE(at, std::string::npos);
    text.insert(at + until.size(), " reminds=\"BUO\"");
    const std::vector<policies::SourceText> texts = {{"macfa.xml", text}};
    auto book =
        policies::TemplateBook::FromTexts(policies::ShippedCalendarTexts(), texts,
                                          [](ByteView read) { return EncodeHex(Sha256(read)); });
    ASSERT_TRUE(book.ok());
    world.UseRules(std::move(book).value());
    MailsTest::SetUp();
  }
};

TEST_F(ContactChecks, RemindNobodyFromWhomTheSubjectIsKept) {
  const std::vector<FieldValue> values = {
      {"person", "Adult Alder"}, {"agency", "POL"}, {"due", "2026-03-01"}};
  auto asked = world->records().Add(Officer(), matter, {"contact-check", values, std::nullopt, ""});
  ASSERT_TRUE(asked.ok()) << asked.error().detail;
  const auto waiting = [&] {
    const std::vector<Letter> letters = Waiting();
    return std::count_if(letters.begin(), letters.end(), [](const Letter& letter) {
      return letter.day == Day::Parse("2026-03-01").value();
    });
  };
  world.MoveTo("2026-03-02T09:00");
  Gather();
  EXPECT_EQ(waiting(), 1);
  // What was made before is not sent any more either.
  ASSERT_TRUE(
      world->people()
          .Exclude(Officer(), matter, alder, TestVault::kOfficer, "a neighbour of the family")
          .ok());
  EXPECT_EQ(waiting(), 0);
  world.MoveTo("2026-03-09T09:00");
  Gather();
  EXPECT_EQ(waiting(), 0);
}

// A second agency that is involved with the same person; two forms are awaited by 26 March.
class FormsTest : public MailsTest {
 protected:
  static constexpr std::string_view kHousing = "coordinator@hsg.example";
  static constexpr std::string_view kChair = "chair@unit.example";

  void SetUp() override {
    MailsTest::SetUp();
    ASSERT_FALSE(HasFatalFailure());
    const Actor officer = Officer();
    ASSERT_TRUE(world->agencies().Add(officer, Agency("HSG"), "Housing").ok());
    world.AddPerson(officer, kHousing, "HSG", {"AAC"});
    world.AddPerson(officer, kChair, "unit", {"CHR"});
    ASSERT_TRUE(world->matters().Involve(officer, matter, alder, Agency("HSG")).ok());
    ASSERT_TRUE(world->matters().AddMember(officer, matter, kHousing, "").ok());
    ASSERT_TRUE(world->matters().AddMember(officer, matter, kChair, "chair").ok());
    Event("FORMS_ISSUED", "2026-02-12T08:00");
    File("FRM", alder.id, "police on Alder");
  }
  // To lists who is written to for this reason about the forms.
  std::vector<std::string> To(MailKind kind) {
    std::vector<std::string> addresses;
    for (const Letter& letter : Waiting()) {
      if (letter.kind == kind && letter.day == Day::Parse("2026-03-26").value()) {
        addresses.push_back(letter.to);
      }
    }
    return addresses;
  }
  using Addresses = std::vector<std::string>;
};

TEST_F(FormsTest, WhoseFormIsMissingIsRemindedBeforeTheDayAndWhoHasFiledIsLeftAlone) {
  world.MoveTo("2026-03-18T09:00");
  Gather();
  EXPECT_EQ(To(MailKind::kReminder), Addresses{});
  world.MoveTo("2026-03-19T09:00");
  Gather();
  EXPECT_EQ(To(MailKind::kReminder), Addresses{std::string(kHousing)});
  // What is filed is not asked for any more.
  ASSERT_TRUE(
      world.File(world.SignIn(kHousing), matter, "FRM", "HSG", alder.id, "housing on Alder").ok());
  EXPECT_EQ(To(MailKind::kReminder), Addresses{});
  world.MoveTo("2026-03-27T09:00");
  Sweep();
  Gather();
  EXPECT_EQ(To(MailKind::kOverdue), Addresses{});
  EXPECT_EQ(To(MailKind::kMissing), Addresses{});
}

TEST_F(FormsTest, AFormThatIsReturnedToItsAuthorIsMissingAgain) {
  const DocumentId form = File("FRM", alder.id, "police on Alder, once more");
  world.MoveTo("2026-03-19T09:00");
  Gather();
  EXPECT_EQ(To(MailKind::kReminder), Addresses{std::string(kHousing)});
  ASSERT_TRUE(world->documents().Return(Officer(), form, "another agency's letter").ok());
  Gather();
  Addresses both = To(MailKind::kReminder);
  std::sort(both.begin(), both.end());
  EXPECT_EQ(both, (Addresses{std::string(kHousing), std::string(kCoordinator)}));
}

TEST_F(FormsTest, AfterTheDayTheUnitIsToldWhatIsMissingAndTheChairWhenNobodyAnswers) {
  // The deadline happens by itself, and that it passed says nothing of the forms.
  world.MoveTo("2026-03-27T09:00");
  Sweep();
  Gather();
  EXPECT_EQ(To(MailKind::kOverdue), Addresses{std::string(kHousing)});
  EXPECT_EQ(To(MailKind::kMissing), Addresses{std::string(TestVault::kOfficer)});
  EXPECT_EQ(To(MailKind::kEscalation), Addresses{});
  EXPECT_EQ(Gather(), 0u);
  world.MoveTo("2026-03-29T09:00");
  Gather();
  EXPECT_EQ(To(MailKind::kEscalation), Addresses{std::string(kChair)});
  EXPECT_EQ(To(MailKind::kMissing).size(), 1u);
  // Once the meeting has closed nobody reads a form any more, and none is asked for.
  world.MoveTo("2026-04-09T13:00");
  Event("MEETING_CLOSED", "2026-04-09T12:30");
  Gather();
  for (const MailKind kind : {MailKind::kOverdue, MailKind::kMissing, MailKind::kEscalation}) {
    EXPECT_EQ(To(kind), Addresses{}) << MailKindName(kind);
  }
}

}  // namespace
}  // namespace vault
