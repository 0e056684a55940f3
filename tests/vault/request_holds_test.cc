// Holds that an event of the template places: with the request that it records, and until somebody
// releases them.
#include <gtest/gtest.h>

#include <regex>

#include "tests/policies/texts.h"
#include "tests/support/disposal_world.h"

namespace vault {
namespace {

using Ids = std::vector<std::string>;

constexpr const char* kRequest = "SUBJECT_ACCESS_RECEIVED";

class RequestHolds : public DisposalWorld {
 protected:
  Result<EventOutcome> Try(std::string_view event, std::string_view subject) {
    Actor officer = Officer();
    return world->matters().Record(
        officer, matter, NewEvent{std::string(event), std::nullopt, "", std::string(subject)});
  }
  EventHold Ask(std::string_view event, std::string_view subject) {
    auto outcome = Try(event, subject);
    EXPECT_TRUE(outcome.ok()) << (outcome.ok() ? "" : outcome.error().detail);
    if (!outcome.ok() || !outcome.value().hold) {
      ADD_FAILURE() << event << " placed no hold";
      return {};
    }
    return *outcome.value().hold;
  }
  std::vector<HoldView> Running() {
    std::vector<HoldView> all = world->holds().List(Igo()).value();
    std::erase_if(all, [](const HoldView& view) { return view.state != "running"; });
    return all;
  }
  // Loans come to their end meanwhile: a hold keeps information, not access.
  static std::vector<std::string> Documents(const std::vector<SweptItem>& items) {
    std::vector<std::string> ids;
    for (const SweptItem& item : items) {
      if (item.kind == "document") ids.push_back(item.id);
    }
    return ids;
  }
  bool Held(const DocumentId& document) {
    return world->documents().Show(world.SignIn(kCoordinator), document).value().held;
  }
  bool Happened(std::string_view event) {
    const auto lock = world->Locked();
    return world->matter_rows().Facts(matter).value().Has(event);
  }
};

TEST_F(RequestHolds, ARequestPlacesAnOrdinaryHoldWithTheReasonOfTheTemplate) {
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  const EventHold placed = Ask(kRequest, "");
  EXPECT_EQ(placed.kind, "matter");
  EXPECT_EQ(placed.object, matter.ref);
  const std::vector<HoldView> running = Running();
  ASSERT_EQ(running.size(), 1u);
  EXPECT_EQ(running[0].id, placed.id);
  EXPECT_EQ(running[0].kind, "matter");
  EXPECT_EQ(running[0].object, matter.ref);
  EXPECT_EQ(running[0].reason, "a subject access request came in");
  EXPECT_EQ(running[0].authority, "Data Protection Act 2018, section 173");
  EXPECT_EQ(running[0].placed.PlusMonths(3), running[0].review);
  EXPECT_EQ(running[0].review, placed.review);
  EXPECT_FALSE(running[0].sealed);
  EXPECT_TRUE(Held(form));
  EXPECT_TRUE(world.Read(world.SignIn(kCoordinator), form).ok());
  // What comes in later is held too.
  EXPECT_TRUE(Held(File("LLI", std::nullopt, "a longlist")));
  // It is the information governance officer's to move and to release, as any other.
  const Day later = running[0].review.Plus(90);
  ASSERT_TRUE(world->holds().Review(Igo(), placed.id, later, "not answered yet").ok());
  EXPECT_EQ(world->holds().Release(Officer(), placed.id, "over").error().code, Errc::kDenied);
  ASSERT_TRUE(world->holds().Release(Igo(), placed.id, "answered").ok());
  EXPECT_FALSE(Held(form));
}

TEST_F(RequestHolds, EventAndHoldAreTwoLinesNextToEachOther) {
  // Signing in writes lines of its own.
  Actor officer = Officer();
  const auto lock = world->Locked();
  const std::uint64_t before = world->log().size();
  ASSERT_TRUE(world->matters().Record(officer, matter, kRequest, std::nullopt, "").ok());
  ASSERT_GE(world->log().size(), before + 2);
  const std::string hold = world->log().EntryText(before).value();
  const std::string event = world->log().EntryText(before + 1).value();
  EXPECT_NE(hold.find("type hold.placed\n"), std::string::npos) << hold;
  EXPECT_NE(hold.find("event SUBJECT_ACCESS_RECEIVED\n"), std::string::npos) << hold;
  EXPECT_NE(hold.find("scope matter\n"), std::string::npos) << hold;
  EXPECT_NE(event.find("type matter.event\n"), std::string::npos) << event;
}

TEST_F(RequestHolds, OnTheDueDayNothingOfTheMatterGoes) {
  const DocumentId longlist = File("LLI", std::nullopt, "a longlist");
  Event("SELECTION_DECIDED", "2026-02-12T09:00");
  const EventHold placed = Ask(kRequest, "");
  world.MoveTo("2026-02-26T09:00");
  const SweepReport swept = Sweep();
  EXPECT_EQ(Documents(swept.destroyed), Ids());
  EXPECT_EQ(Documents(swept.blocked), Ids{longlist.ToHex()});
  EXPECT_EQ(Running().at(0).id, placed.id);
  EXPECT_TRUE(world.Read(world.SignIn(kCoordinator), longlist).ok());
  // The answer releases nothing, and neither does the day of the review.
  Ask("FOI_RECEIVED", "");
  ASSERT_TRUE(Try("SUBJECT_ACCESS_ANSWERED", "").ok());
  ASSERT_TRUE(Try("FOI_ANSWERED", "").ok());
  world.MoveTo("2026-06-01T09:00");
  EXPECT_EQ(Documents(Sweep().destroyed), Ids());
  const std::vector<HoldView> running = Running();
  ASSERT_EQ(running.size(), 2u);
  EXPECT_TRUE(running[0].overdue);
  EXPECT_TRUE(running[1].overdue);
  for (const HoldView& hold : running) {
    ASSERT_TRUE(world->holds().Release(Igo(), hold.id, "answered").ok());
  }
  EXPECT_EQ(Documents(Sweep().destroyed), Ids{longlist.ToHex()});
}

TEST_F(RequestHolds, OneThatNamesASubjectHoldsWhatIsTheirsAlone) {
  ASSERT_TRUE(world->matters().AddSubject(Officer(), matter, {"Adult Birch", "Other", {}}).ok());
  const SubjectRow birch = world->matter_rows().FindSubject(matter.id, "Adult Birch").value();
  ASSERT_TRUE(world->matters().Involve(Officer(), matter, birch, Agency("POL")).ok());
  const DocumentId of_alder = File("FRM", alder.id, "police on Alder");
  const DocumentId of_birch = File("FRM", birch.id, "police on Birch");
  const DocumentId longlist = File("LLI", std::nullopt, "a longlist");
  Event("SELECTION_DECIDED", "2026-02-12T09:00");
  const EventHold placed = Ask(kRequest, alder.id.ToHex());
  EXPECT_EQ(placed.kind, "subject");
  EXPECT_EQ(placed.object, "Adult Alder");
  EXPECT_TRUE(Held(of_alder));
  EXPECT_FALSE(Held(of_birch));
  EXPECT_FALSE(Held(longlist));
  world.MoveTo("2026-02-26T09:00");
  EXPECT_EQ(Documents(Sweep().destroyed), Ids{longlist.ToHex()});
}

TEST_F(RequestHolds, EachRequestHasAHoldOfItsOwnAndTheLastOneKeeps) {
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  const EventHold first = Ask(kRequest, "Adult Alder");
  const EventHold second = Ask(kRequest, "Adult Alder");
  EXPECT_NE(first.id, second.id);
  EXPECT_EQ(Running().size(), 2u);
  ASSERT_TRUE(world->holds().Release(Igo(), first.id, "answered").ok());
  EXPECT_TRUE(Held(form));
  ASSERT_TRUE(world->holds().Release(Igo(), second.id, "answered").ok());
  EXPECT_FALSE(Held(form));
}

TEST_F(RequestHolds, OneThatIsTakenBackLeavesItsHoldToAPerson) {
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  const EventHold placed = Ask(kRequest, "Adult Alder");
  Actor officer = Officer();
  // Another time is no other request.
  auto moved = world->matters().Correct(officer, matter,
                                        {kRequest, At("2026-02-11T10:00"), "it came a day before"});
  ASSERT_TRUE(moved.ok()) << moved.error().detail;
  EXPECT_EQ(Running().size(), 1u);
  auto taken = world->matters().Correct(officer, matter, {kRequest, std::nullopt, "not here"});
  ASSERT_TRUE(taken.ok()) << taken.error().detail;
  EXPECT_EQ(taken.value().warnings,
            std::vector<std::string>{"the hold that it placed stays until it is released"});
  EXPECT_FALSE(Happened(kRequest));
  ASSERT_EQ(Running().size(), 1u);
  EXPECT_EQ(Running()[0].id, placed.id);
  EXPECT_TRUE(Held(form));
}

TEST_F(RequestHolds, WhatIsRefusedPlacesNothing) {
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  EXPECT_EQ(Try("THEME_AGREED", "Adult Alder").error().code, Errc::kInvalid);
  EXPECT_EQ(Try(kRequest, "Adult Nobody").error().code, Errc::kNotFound);
  Actor coordinator = world.SignIn(kCoordinator);
  EXPECT_EQ(world->matters()
                .Record(coordinator, matter, NewEvent{kRequest, std::nullopt, "", "Adult Alder"})
                .error()
                .code,
            Errc::kDenied);
  // A document's own event would place none, so it is not taken.
  EXPECT_EQ(world->documents().RecordEvent(Officer(), form, kRequest, std::nullopt).error().code,
            Errc::kInvalid);
  auto agreed = Try("THEME_AGREED", "");
  ASSERT_TRUE(agreed.ok());
  EXPECT_FALSE(agreed.value().hold.has_value());
  EXPECT_FALSE(Happened(kRequest));
  EXPECT_TRUE(Running().empty());
  EXPECT_FALSE(Held(form));
  EXPECT_EQ(Logged("type hold.placed"), 0u);
}

// Nobody learns by a request who is kept from them; it can be recorded for the whole matter.
TEST_F(RequestHolds, ASubjectThatIsKeptFromWhoRecordsItIsNotThere) {
  ASSERT_TRUE(
      world->people()
          .Exclude(Officer(), matter, alder, TestVault::kOfficer, "a neighbour of the family")
          .ok());
  const Error nobody = Try(kRequest, "Adult Nobody").error();
  for (const std::string& name : {std::string("Adult Alder"), alder.id.ToHex()}) {
    const auto named = Try(kRequest, name);
    ASSERT_FALSE(named.ok()) << name;
    EXPECT_EQ(named.error().code, Errc::kNotFound);
    EXPECT_EQ(named.error().detail, nobody.detail);
  }
  EXPECT_FALSE(Happened(kRequest));
  EXPECT_TRUE(Running().empty());
  EXPECT_EQ(Ask(kRequest, "").kind, "matter");
}

std::unique_ptr<policies::TemplateBook> Book(const std::vector<policies::SourceText>& texts) {
  auto book =
      policies::TemplateBook::FromTexts(policies::ShippedCalendarTexts(), texts,
                                        [](ByteView text) { return EncodeHex(Sha256(text)); });
  CHECK(book.ok());
  return std::move(book).value();
}

TEST(RequestHoldsOfVersions, AMatterUnderATemplateWithoutThemGoesOnWithoutThem) {
  const std::string anew = policies::ShippedText("templates/macfa.xml");
  const std::string old = std::regex_replace(
      anew, std::regex("\\s+places-hold=\"[^\"]*\" hold-authority=\"[^\"]*\" hold-review=\"3 M\""),
      "");
  ASSERT_EQ(old.find("places-hold"), std::string::npos);
  const std::string second = std::regex_replace(anew, std::regex("id=\"macfa\" version=\"1\""),
                                                "id=\"macfa\" version=\"2\"");
  ASSERT_NE(second, anew);
  TestVault world;
  world.UseRules(Book({{"old.xml", old}}));
  world.Init();
  world.Unseal();
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  const auto begin = [&] {
    Actor officer = world.SignIn(TestVault::kOfficer);
    return world->matters().New(officer, {"macfa", "Theme", At("2026-04-09T09:30"), ""}).value();
  };
  const MatterId before = begin().id;
  world.Seal();
  world.UseRules(Book({{"old.xml", old}, {"new.xml", second}}));
  world.Unseal();
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  const MatterRow after = begin();
  EXPECT_EQ(after.template_version, 2u);
  Actor officer = world.SignIn(TestVault::kOfficer);
  const MatterRow first = world->matter_rows().Load(before).value();
  EXPECT_EQ(first.template_version, 1u);
  auto without = world->matters().Record(officer, first, kRequest, std::nullopt, "");
  ASSERT_TRUE(without.ok()) << without.error().detail;
  EXPECT_FALSE(without.value().hold.has_value());
  EXPECT_TRUE(world->holds().List(officer).value().empty());
  auto with = world->matters().Record(officer, after, kRequest, std::nullopt, "");
  ASSERT_TRUE(with.ok()) << with.error().detail;
  EXPECT_TRUE(with.value().hold.has_value());
  EXPECT_EQ(world->holds().List(officer).value().size(), 1u);
}

}  // namespace
}  // namespace vault
