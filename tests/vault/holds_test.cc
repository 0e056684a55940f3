// Holds: several at once, with their authority and review, and what one would keep.
#include <gtest/gtest.h>

#include "tests/support/disposal_world.h"
#include "tests/support/edit_register.h"

namespace vault {
namespace {

class HoldsTest : public DisposalWorld {
 protected:
  void SetUp() override {
    DisposalWorld::SetUp();
    form = File("FRM", alder.id, "police on Alder");
  }
  HoldId Place(NewHold hold) {
    hold.reason = "an inquiry asks for it";
    if (hold.review == Day()) hold.review = Day::Parse("2026-06-01").value();
    auto placed = world->holds().Place(Igo(), hold);
    EXPECT_TRUE(placed.ok()) << (placed.ok() ? "" : placed.error().detail);
    return placed.ok() ? placed.value() : HoldId();
  }
  HoldView View(const HoldId& id) {
    std::vector<HoldView> all = world->holds().List(Igo()).value();
    for (HoldView& view : all) {
      if (view.id == id) return std::move(view);
    }
    return {};
  }
  NewHold OfSubject() {
    NewHold hold;
    hold.subject = alder.id;
    return hold;
  }
  DocumentId form;
};

TEST_F(HoldsTest, AHoldSaysOnWhoseWordAndIsListedOnceItsReviewIsOverdue) {
  NewHold wish = OfSubject();
  wish.authority = "letter of the inquiry, 3 February";
  const HoldId id = Place(wish);
  EXPECT_EQ(View(id).authority, "letter of the inquiry, 3 February");
  EXPECT_FALSE(View(id).overdue);
  world.MoveTo("2026-06-02T09:00");
  EXPECT_TRUE(View(id).overdue);
  const Day next = Day::Parse("2026-12-01").value();
  EXPECT_EQ(world->holds().Review(Officer(), id, next, "it goes on").error().code, Errc::kDenied);
  EXPECT_EQ(world->holds().Review(Igo(), id, Day::Parse("2026-06-02").value(), "on").error().code,
            Errc::kInvalid);
  ASSERT_TRUE(world->holds().Review(Igo(), id, next, "the inquiry goes on").ok());
  EXPECT_FALSE(View(id).overdue);
  EXPECT_EQ(View(id).note, "the inquiry goes on");
  EXPECT_EQ(Logged("type hold.reviewed"), 1u);
  ASSERT_TRUE(world->holds().Release(Igo(), id, "over").ok());
  EXPECT_EQ(world->holds().Review(Igo(), id, next, "again").error().code, Errc::kConflict);
}

// For whoever has a conflict of interest a subject is not there, nor is a hold on it.
TEST_F(HoldsTest, OfAnExcludedSubjectThereIsNoHoldToSeePlaceReviewOrEnd) {
  NewHold document;
  document.document = form;
  const HoldId on_document = Place(document);
  const HoldId on_subject = Place(OfSubject());
  NewHold whole;
  whole.matter = matter.id;
  const HoldId on_matter = Place(whole);
  ASSERT_EQ(world->holds().List(Igo()).value().size(), 3u);
  const auto excluded =
      world->people().Exclude(Officer(), matter, alder, kIgo, "a relation of the person");
  ASSERT_TRUE(excluded.ok()) << excluded.error().detail;
  const std::vector<HoldView> seen = world->holds().List(Igo()).value();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].id, on_matter);
  EXPECT_EQ(world->holds().List(Officer()).value().size(), 3u);
  for (NewHold hold : {document, OfSubject()}) {
    hold.reason = "an inquiry asks for it";
    hold.review = Day::Parse("2026-06-01").value();
    EXPECT_EQ(world->holds().Place(Igo(), hold).error().code, Errc::kNotFound);
    EXPECT_EQ(world->holds().Preview(Igo(), hold).error().code, Errc::kNotFound);
  }
  const Day next = Day::Parse("2026-12-01").value();
  for (const HoldId& id : {on_document, on_subject}) {
    EXPECT_EQ(world->holds().Review(Igo(), id, next, "it goes on").error().code, Errc::kNotFound);
    EXPECT_EQ(world->holds().Release(Igo(), id, "over").error().code, Errc::kNotFound);
  }
  EXPECT_EQ(world->holds().List(Officer()).value().size(), 3u);
}

TEST_F(HoldsTest, SeveralHoldsStandAtOnceAndTheLastOneKeeps) {
  NewHold document;
  document.document = form;
  const HoldId first = Place(document);
  const HoldId second = Place(OfSubject());
  NewHold whole;
  whole.matter = matter.id;
  whole.sealed = true;
  const HoldId third = Place(whole);
  EXPECT_EQ(world.Read(Officer(), form).error().code, Errc::kDenied);
  ASSERT_TRUE(world->holds().Release(Igo(), third, "over").ok());
  EXPECT_TRUE(world.Read(Officer(), form).ok());
  ASSERT_TRUE(world->holds().Release(Igo(), first, "over").ok());
  EXPECT_TRUE(world->documents().Show(Officer(), form).value().held);
  ASSERT_TRUE(world->holds().Release(Igo(), second, "over").ok());
  EXPECT_FALSE(world->documents().Show(Officer(), form).value().held);
}

TEST_F(HoldsTest, APreviewCountsWhatAHoldWouldKeepAndChangesNothing) {
  File("FRM", alder.id, "police on Alder, again");
  NewHold whole;
  whole.matter = matter.id;
  auto scope = world->holds().Preview(Igo(), whole);
  ASSERT_TRUE(scope.ok()) << scope.error().detail;
  EXPECT_EQ(scope.value().matters, 1u);
  EXPECT_EQ(scope.value().subjects, 1u);
  EXPECT_EQ(scope.value().versions, 2u);
  ASSERT_EQ(scope.value().classes.size(), 1u);
  EXPECT_EQ(scope.value().classes[0].first, "FRM");
  EXPECT_EQ(scope.value().held_already, 0u);
  EXPECT_TRUE(world->holds().List(Igo()).value().empty());
  Place(OfSubject());
  EXPECT_EQ(world->holds().Preview(Igo(), whole).value().held_already, 3u);
  EXPECT_EQ(world->holds().Preview(world.SignIn(kCoordinator), whole).error().code, Errc::kDenied);
}

TEST_F(HoldsTest, AHoldThatCollidesWithAProposalSaysSoAndKeeps) {
  world.MoveTo("2026-04-09T12:31");
  Event("MEETING_CLOSED", "2026-04-09T12:30");
  world.MoveTo("2026-05-22T10:00");
  Event("REPORT_APPROVED", "2026-05-22T09:00");
  world.MoveTo("2027-05-25T09:00");
  Sweep();
  ASSERT_EQ(InState("proposed").size(), 1u);
  auto scope = world->holds().Preview(Igo(), OfSubject());
  ASSERT_TRUE(scope.ok());
  ASSERT_FALSE(scope.value().collisions.empty());
  EXPECT_EQ(scope.value().collisions[0].state, "proposed");
  NewHold wish = OfSubject();
  wish.review = Day::Parse("2027-12-01").value();
  const HoldId id = Place(wish);
  EXPECT_GT(View(id).collisions, 0u);
}

TEST_F(HoldsTest, AnEditedHoldIsToldAndReleasesNothing) {
  const HoldId id = Place(OfSubject());
  world.Seal();
  EditRegister(world.place(), world.world().unseal_cost,
               "UPDATE hold SET review_day = review_day + 1000");
  const Status opened = world.TryUnseal();
  if (opened.ok()) {
    EXPECT_EQ(world->holds().List(Igo()).error().code, Errc::kCorrupt);
    EXPECT_EQ(world->holds().Release(Igo(), id, "over").error().code, Errc::kCorrupt);
    EXPECT_TRUE(world->documents().Show(Officer(), form).value().held);
  } else {
    EXPECT_EQ(opened.error().code, Errc::kCorrupt);
  }
}

}  // namespace
}  // namespace vault
