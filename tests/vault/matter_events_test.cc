// Events put right before they fire, meetings that move, forms that come back, and limits that only
// the vault can count.
#include <algorithm>
#include <future>

#include "tests/support/disposal_world.h"

namespace vault {
namespace {

class MatterEvents : public DisposalWorld {
 protected:
  Result<EventOutcome> Correct(std::string_view event, const char* at) {
    Actor officer = Officer();
    Matters::Correction correction{std::string(event), std::nullopt, "typed wrongly"};
    if (at != nullptr) correction.at = At(at);
    return world->matters().Correct(officer, matter, correction);
  }
  Result<Matters::MeetingOutcome> Move(const char* at) {
    Actor officer = Officer();
    std::optional<UnixSeconds> when;
    if (at != nullptr) when = At(at);
    // The row in hand is older than the last move.
    matter = world->matter_rows().Load(matter.id).value();
    return world->matters().MoveMeeting(officer, matter, when, "chair unwell");
  }
  MatterFacts Facts() {
    const auto lock = world->Locked();
    return world->matter_rows().Facts(world->matter_rows().Load(matter.id).value()).value();
  }
  std::vector<NoteRow> Notes() {
    const auto lock = world->Locked();
    return world->matter_rows().Notes(matter).value();
  }
};

TEST_F(MatterEvents, ATimeThatWasPutRightCountsAndTheOldOneStaysOnRecord) {
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  Event("REPORT_APPROVED", "2026-02-01");
  ASSERT_TRUE(world->sweep().Run(std::nullopt, SweepMode::kDryRun).ok());
  const auto due = [&] { return world->explain().Document(form).value().verdict.due; };
  EXPECT_EQ(LondonDay(due().value()).ToText(), "2027-02-01");
  auto corrected = Correct("REPORT_APPROVED", "2026-02-10");
  ASSERT_TRUE(corrected.ok()) << corrected.error().detail;
  EXPECT_EQ(corrected.value().phase, "P7");
  EXPECT_EQ(LondonDay(due().value()).ToText(), "2027-02-10");
  EXPECT_EQ(Facts().events.size(), 1u);
  const std::vector<NoteRow> notes = Notes();
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].name, "was:REPORT_APPROVED");
  EXPECT_EQ(notes[0].at, At("2026-02-01"));
  EXPECT_EQ(Logged("type matter.corrected"), 1u);
}

TEST_F(MatterEvents, WhatFiredIsNotTakenBackAndWhatDidNotIs) {
  Event("THEME_AGREED", "2026-02-01");
  EXPECT_EQ(Correct("PRESENTED", nullptr).error().code, Errc::kConflict);
  EXPECT_EQ(Correct("THEME_AGREED", "2030-01-01").error().code, Errc::kInvalid);
  ASSERT_TRUE(Correct("THEME_AGREED", nullptr).ok());
  EXPECT_TRUE(Facts().events.empty());
  Event("THEME_AGREED", "2026-02-02");  // it may happen again
  Event("PACK_RELEASED", "2026-02-12T08:00");
  EXPECT_EQ(Correct("PACK_RELEASED", nullptr).error().code, Errc::kConflict);
  EXPECT_TRUE(Correct("PACK_RELEASED", "2026-02-12T07:00").ok());
  Event("MEETING_CLOSED", "2026-02-12T08:30");
  EXPECT_EQ(Correct("MEETING_CLOSED", nullptr).error().code, Errc::kConflict);
}

TEST_F(MatterEvents, AMovedMeetingShowsEveryDateBeforeAndAfter) {
  auto moved = Move("2026-04-16T10:00");
  ASSERT_TRUE(moved.ok()) << moved.error().detail;
  EXPECT_EQ(moved.value().before, At("2026-04-09T09:30"));
  const auto find = [&](std::string_view id) {
    for (const Matters::DateShift& shift : moved.value().dates) {
      if (shift.id == id) return shift.before->ToText() + " " + shift.after->ToText();
    }
    return std::string("unmoved");
  };
  EXPECT_EQ(find("pack-released"), "2026-04-02 2026-04-13");
  EXPECT_EQ(find("forms-issue-earliest"), "2026-02-26 2026-03-05");
  EXPECT_EQ(find("contact-check-reply"), "unmoved");
  auto cancelled = Move(nullptr);
  ASSERT_TRUE(cancelled.ok()) << cancelled.error().detail;
  EXPECT_FALSE(Facts().meeting.has_value());
  EXPECT_EQ(Move(nullptr).error().code, Errc::kConflict);
  // Without a meeting nothing happens by itself.
  world.MoveTo("2026-04-20T09:00");
  Sweep();
  EXPECT_TRUE(Facts().events.empty());
  ASSERT_TRUE(Move("2026-05-20T10:00").ok());
  const std::vector<NoteRow> notes = Notes();
  ASSERT_EQ(notes.size(), 3u);
  EXPECT_EQ(notes[0].text, "2026-04-09T09:30+01:00\nchair unwell");
  EXPECT_EQ(notes[1].name, "meeting:cancelled");
  EXPECT_EQ(notes[2].text, "\nchair unwell");
}

TEST_F(MatterEvents, AnAdjournedMeetingStaysOpenAndMayBeAdjournedAgain) {
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  Event("PACK_RELEASED", "2026-02-12T07:00");
  Event("MEETING_STARTED", "2026-02-12T08:00");
  Event("ADJOURNED", "2026-02-12T08:30");
  Event("ADJOURNED", "2026-02-12T08:40");
  EXPECT_EQ(matter.rules->Phase(Facts()), "P5");
  EXPECT_TRUE(world.Read(world.SignIn(kCoordinator), form).ok());
  auto moved = Move("2026-02-20T10:00");
  ASSERT_TRUE(moved.ok());
  EXPECT_EQ(moved.value().warnings,
            std::vector<std::string>{"the packs are open and stay open until it closes"});
}

TEST_F(MatterEvents, ANoteInTheRegisterThatWasRenamedIsRefused) {
  Event("MEETING_CLOSED", "2026-02-12T08:30");
  Inside([&](KeyKeeper&, Database& database) {
    ASSERT_TRUE(database.Execute("UPDATE matter_event SET name = 'was:MEETING_CLOSED'").ok());
  });
  world.Unseal();
  Actor officer = Officer();
  const auto lock = world->Locked();
  EXPECT_EQ(world->matter_rows().Notes(matter).error().code, Errc::kCorrupt);
}

TEST_F(MatterEvents, AFormThatWasReturnedLeavesThePackAndItsNextVersionJoinsIt) {
  Actor officer = Officer();
  ASSERT_TRUE(world->agencies().Add(officer, Agency("HSG"), "Housing").ok());
  world.AddPerson(officer, "co@hsg.example", "HSG", {"AAC"});
  ASSERT_TRUE(world->matters().Involve(officer, matter, alder, Agency("HSG")).ok());
  ASSERT_TRUE(world->matters().AddMember(officer, matter, "co@hsg.example", "").ok());
  const DocumentId form = File("FRM", alder.id, "with another's letter");
  Event("PACK_RELEASED", "2026-02-12T07:00");
  EXPECT_TRUE(world.Read(world.SignIn("co@hsg.example"), form).ok());
  EXPECT_EQ(world->documents().Return(officer, form, "").error().code, Errc::kInvalid);
  auto returned = world->documents().Return(officer, form, "contains a letter of another agency");
  ASSERT_TRUE(returned.ok()) << returned.error().detail;
  EXPECT_EQ(returned.value(), 1u);
  EXPECT_EQ(world->documents().Return(officer, form, "again").error().code, Errc::kConflict);
  EXPECT_FALSE(world.Read(world.SignIn("co@hsg.example"), form).ok());
  EXPECT_TRUE(world.Read(world.SignIn(kCoordinator), form).ok());
  EXPECT_TRUE(world->documents().LiveFilesOf(matter).value().empty());
  EXPECT_EQ(File("FRM", alder.id, "put right"), form);
  EXPECT_EQ(world->documents().LiveFilesOf(matter).value().size(), 1u);
  EXPECT_EQ(world.Read(world.SignIn("co@hsg.example"), form).value(), "put right");
}

TEST_F(MatterEvents, AFormUnderTheWrongSubjectIsFiledAnewAndTheFirstIsDestroyedByTwoPeople) {
  Actor officer = Officer();
  ASSERT_TRUE(world->matters().AddSubject(officer, matter, {"Adult Beech", "", {}}).ok());
  const SubjectRow beech = world->matter_rows().FindSubject(matter.id, "Adult Beech").value();
  ASSERT_TRUE(world->matters().Involve(officer, matter, beech, Agency("POL")).ok());
  const DocumentId wrong = File("FRM", alder.id, "about Beech");
  EXPECT_EQ(world->documents().PutRight(officer, {wrong, wrong, "wrong subject"}).error().code,
            Errc::kInvalid);
  const DocumentId anew = File("FRM", beech.id, "about Beech");
  ASSERT_TRUE(world->documents().PutRight(officer, {wrong, anew, "wrong subject"}).ok());
  EXPECT_TRUE(Sweep().destroyed.empty());
  const auto proposed = InState("proposed");
  ASSERT_EQ(proposed.size(), 1u);
  EXPECT_EQ(proposed[0].rule, "MISFILED");
  ApproveAll();
  EXPECT_FALSE(world.Read(world.SignIn(kCoordinator), wrong).ok());
  EXPECT_EQ(world.Read(world.SignIn(kCoordinator), anew).value(), "about Beech");
}

TEST_F(MatterEvents, AGroupsThirdMatterOfAYearWarnsAndAJointOneCountsForEach) {
  Actor officer = Officer();
  const auto begin = [&](const char* meeting, const char* group) {
    auto made = world->matters().New(officer, {"macfa", "Theme", At(meeting), group});
    EXPECT_TRUE(made.ok());
    return world->matters().YearFindings(made.value()).value().size();
  };
  EXPECT_EQ(begin("2026-04-09T09:30", "Adults"), 0u);
  EXPECT_EQ(begin("2026-06-09T09:30", "Adults\nChildren"), 0u);
  EXPECT_EQ(begin("2026-03-31T09:30", "Adults"), 0u);  // the year before
  EXPECT_EQ(begin("2027-03-31T09:30", "Adults"), 1u);
  EXPECT_EQ(begin("2026-09-09T09:30", "Children"), 0u);
  EXPECT_EQ(begin("2026-10-09T09:30", "Children\nHousing"), 1u);
}

TEST_F(MatterEvents, RolesThatTheTemplateNamesMayRecordAndOthersNot) {
  Actor officer = Officer();
  world.AddPerson(officer, "lead@pol.example", "POL", {"LP"});
  auto made = world->matters().New(officer, {"maag", "Case", std::nullopt, ""});
  ASSERT_TRUE(made.ok());
  matter = made.value();
  Actor lead = world.SignIn("lead@pol.example");
  EXPECT_EQ(world->matters().Record(lead, matter, "TAC_HELD", std::nullopt, "").error().code,
            Errc::kNotFound);
  ASSERT_TRUE(world->matters().AddMember(officer, matter, "lead@pol.example", "").ok());
  EXPECT_EQ(world->matters().Record(lead, matter, "CASE_CLOSED", std::nullopt, "").error().code,
            Errc::kDenied);
  auto held = world->matters().Record(lead, matter, "TAC_HELD", std::nullopt, "");
  EXPECT_TRUE(held.ok()) << held.error().detail;
}

// Reports list the matters first and take them one by one, others in between: a list is one moment
// of the register, and no reading beside a change.
TEST_F(MatterEvents, TheListOfMattersWaitsForWhoeverHoldsTheRegister) {
  const Actor officer = Officer();
  std::promise<void> begun;
  std::future<std::size_t> listed;
  {
    const auto lock = world->Locked();
    listed = std::async(std::launch::async, [&] {
      begun.set_value();
      const auto all = world->matter_rows().All();
      return all.ok() ? all.value().size() : 0;
    });
    begun.get_future().wait();
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(world->matters().New(officer, {"macfa", "Another", {}, ""}).ok());
    }
  }
  EXPECT_EQ(listed.get(), 21u);
}

}  // namespace
}  // namespace vault
