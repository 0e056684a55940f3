// Records: what a template lets a matter keep, held against its checks, sealed and destroyed like a
// document of its class.
#include <algorithm>
#include <map>

#include "tests/support/disposal_world.h"

namespace vault {
namespace {

class RecordsTest : public DisposalWorld {
 protected:
  Result<WrittenRecord> Add(std::string_view who, std::string_view kind,
                            std::vector<FieldValue> values, std::string_view reason) {
    Actor actor = world.SignIn(who);
    return world->records().Add(
        actor, matter, {std::string(kind), std::move(values), std::nullopt, std::string(reason)});
  }
  Result<WrittenRecord> Add(std::string_view kind, std::vector<FieldValue> values) {
    return Add(TestVault::kOfficer, kind, std::move(values), "");
  }
  Result<WrittenRecord> Set(std::string_view who, const DocumentId& id,
                            std::vector<FieldValue> values) {
    Actor actor = world.SignIn(who);
    return world->records().Set(actor, matter, {id, std::move(values), ""});
  }
  std::vector<RecordView> List(std::string_view who, std::string_view kind) {
    Actor actor = world.SignIn(who);
    auto list = world->records().List(actor, matter, kind);
    EXPECT_TRUE(list.ok()) << list.error().detail;
    return list.ok() ? std::move(list).value() : std::vector<RecordView>();
  }
  Result<HoldId> CloseBySealedHold(const DocumentId& document) {
    NewHold hold;
    hold.document = document;
    hold.sealed = true;
    hold.reason = "an inquiry";
    hold.review = Day::Parse("2026-06-01").value();
    return world->holds().Place(Igo(), hold);
  }
  static std::string Value(const RecordView& view, std::string_view field) {
    for (const FieldValue& value : view.values) {
      if (value.name == field) return value.value;
    }
    return "";
  }
  static std::vector<FieldValue> Attendance(const char* name, const char* as) {
    return {{"agency", "POL"}, {"name", name}, {"as", as}};
  }
  static std::vector<FieldValue> Action(const char* owner, const char* due) {
    return {
        {"text", "Report if not attending"}, {"owner", owner}, {"due", due}, {"status", "open"}};
  }
};

TEST_F(RecordsTest, OneThatASealedHoldClosesStopsNoOther) {
  const auto first = Add("action", Action("unit", "2026-05-01"));
  const auto second = Add("action", Action("unit", "2026-05-02"));
  ASSERT_TRUE(first.ok() && second.ok());
  const auto placed = CloseBySealedHold(first.value().id);
  ASSERT_TRUE(placed.ok()) << placed.error().detail;
  ASSERT_EQ(List(TestVault::kOfficer, "action").size(), 1u);
  EXPECT_EQ(Value(List(TestVault::kOfficer, "action")[0], "due"), "2026-05-02");
  EXPECT_EQ(Set(TestVault::kOfficer, first.value().id, {{"status", "closed"}}).error().code,
            Errc::kNotFound);
  ASSERT_TRUE(Add("action", Action("unit", "2026-05-03")).ok());
  EXPECT_EQ(List(TestVault::kOfficer, "action").size(), 2u);
  Event("FORMS_ISSUED", "2026-02-12T08:30");
  ASSERT_TRUE(world->holds().Release(Igo(), placed.value(), "over").ok());
  EXPECT_EQ(List(TestVault::kOfficer, "action").size(), 3u);
}

TEST_F(RecordsTest, AWriterIsToldThatACheckCouldNotLookAtEveryEntry) {
  const auto first = Add("attendance", Attendance("A. Person", "present"));
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first.value().findings.empty());
  const auto placed = CloseBySealedHold(first.value().id);
  ASSERT_TRUE(placed.ok()) << placed.error().detail;
  // Allowed once only; the check cannot see that it is the second.
  const auto again = Add("attendance", Attendance("A. Person", "present"));
  ASSERT_TRUE(again.ok()) << again.error().detail;
  ASSERT_EQ(again.value().findings.size(), 1u);
  EXPECT_EQ(again.value().findings[0].rule, "unseen");
  EXPECT_EQ(again.value().findings[0].severity, "warn");
  EXPECT_EQ(again.value().findings[0].sentence.find("hold"), std::string::npos);
  EXPECT_EQ(again.value().findings[0].sentence.find("sealed"), std::string::npos);
  EXPECT_EQ(Logged("\nmissed unseen\n"), 1u);
  // No check of an action looks at what else there is.
  const auto action = Add("action", Action("unit", "2026-05-03"));
  ASSERT_TRUE(action.ok()) << action.error().detail;
  EXPECT_TRUE(action.value().findings.empty());
  ASSERT_TRUE(world->holds().Release(Igo(), placed.value(), "over").ok());
  const auto whole = Add("attendance", Attendance("B. Person", "present"));
  ASSERT_TRUE(whole.ok()) << whole.error().detail;
  EXPECT_TRUE(whole.value().findings.empty());
}

TEST_F(RecordsTest, AStepIsToldThatItsChecksCouldNotLookAtEveryEntry) {
  const auto attended = Add("attendance", Attendance("A. Person", "present"));
  ASSERT_TRUE(attended.ok());
  ASSERT_TRUE(CloseBySealedHold(attended.value().id).ok());
  Actor officer = Officer();
  auto closed = world->matters().Record(officer, matter, "MEETING_CLOSED", std::nullopt, "");
  ASSERT_TRUE(closed.ok()) << closed.error().detail;
  const std::vector<std::string>& warnings = closed.value().warnings;
  EXPECT_TRUE(std::any_of(warnings.begin(), warnings.end(), [](const std::string& warning) {
    return warning.find("not every earlier entry can be looked at") != std::string::npos;
  }));
  EXPECT_EQ(Logged("\nmissed unseen\n"), 1u);
}

// Whoever may not know of holds cannot tell the one from the other.
TEST_F(RecordsTest, WhatWasDestroyedIsToldOfInTheWordsForWhatIsClosed) {
  ASSERT_TRUE(world->matters().AddSubject(Officer(), matter, {"Adult Oak", "", {}}).ok());
  const auto listed = Add("longlist", {{"person", "Adult Oak"}, {"agency", "POL"}});
  const auto attended = Add("attendance", Attendance("A. Person", "present"));
  ASSERT_TRUE(listed.ok() && attended.ok());
  ASSERT_TRUE(CloseBySealedHold(attended.value().id).ok());
  Event("SELECTION_DECIDED", "2026-02-12T08:00");
  world.MoveTo("2026-02-26T09:00");
  ASSERT_EQ(Sweep().destroyed.size(), 1u);
  const auto closed = Add("attendance", Attendance("B. Person", "present"));
  const auto destroyed = Add("longlist", {{"person", "Adult Alder"}, {"agency", "POL"}});
  ASSERT_TRUE(closed.ok() && destroyed.ok());
  ASSERT_EQ(closed.value().findings.size(), 1u);
  ASSERT_EQ(destroyed.value().findings.size(), 1u);
  EXPECT_EQ(closed.value().findings[0].rule, destroyed.value().findings[0].rule);
  EXPECT_EQ(closed.value().findings[0].sentence, destroyed.value().findings[0].sentence);
}

TEST_F(RecordsTest, AValueOfTheWrongTypeIsRefusedWithTheRuleAndItsSeverity) {
  auto added =
      Add("action", {{"text", "x"}, {"owner", "POL"}, {"due", "tomorrow"}, {"status", "open"}});
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().code, Errc::kConflict);
  EXPECT_NE(added.error().detail.find("YYYY-MM-DD"), std::string::npos);
  EXPECT_NE(added.error().detail.find("(rule field, refuse)"), std::string::npos);
  EXPECT_EQ(Add("no-such-kind", {}).error().code, Errc::kInvalid);
  EXPECT_EQ(Add("longlist", {{"person", "Nobody"}, {"agency", "POL"}}).error().code,
            Errc::kNotFound);
}

TEST_F(RecordsTest, AnotherRoleMayNotWriteIt) {
  EXPECT_EQ(Add(kCoordinator, "attendance", Attendance("A. Person", "present"), "").error().code,
            Errc::kDenied);
  EXPECT_EQ(Logged("type record.added"), 0u);
}

TEST_F(RecordsTest, AWarningGoesAheadAndIsKeptWithTheRecordAndInTheLog) {
  auto added =
      Add("action", {{"text", "x"}, {"owner", "POL"}, {"due", "2026-06-30"}, {"status", "done"}});
  ASSERT_TRUE(added.ok()) << added.error().detail;
  ASSERT_EQ(added.value().findings.size(), 1u);
  EXPECT_EQ(added.value().findings[0].rule, "done-with-evidence");
  EXPECT_EQ(added.value().findings[0].severity, "warn");
  EXPECT_EQ(Logged("\nmissed done-with-evidence\n"), 1u);
  // With evidence the newest version misses nothing.
  auto changed = Set(kCoordinator, added.value().id, {{"evidence", "EV-114"}});
  ASSERT_TRUE(changed.ok()) << changed.error().detail;
  EXPECT_EQ(changed.value().version, 2u);
  EXPECT_TRUE(changed.value().findings.empty());
}

TEST_F(RecordsTest, ACheckThatRefusesKeepsNothing) {
  auto added = Add("attendance", Attendance("T. Rainee", "observer"));
  ASSERT_TRUE(added.ok());  // nothing is said of the statement: only a "no" is wrong
  auto unsigned_one = Attendance("S. Econd", "observer");
  unsigned_one.push_back({"confidentiality-signed", "no"});
  auto refused = Add("attendance", unsigned_one);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().detail.find("(rule observers-signed, refuse)"), std::string::npos);
  EXPECT_EQ(List(TestVault::kOfficer, "attendance").size(), 1u);
}

TEST_F(RecordsTest, APersonalFieldIsUniqueThoughNobodyReadsIt) {
  ASSERT_TRUE(Add("attendance", Attendance("A. Person", "present")).ok());
  auto again = Add("attendance", Attendance("A. Person", "apologies"));
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.error().detail.find("there is one already"), std::string::npos);
  EXPECT_TRUE(Add("attendance", Attendance("B. Person", "present")).ok());
}

TEST_F(RecordsTest, AnExceptionNeedsSomebodyWhoMayMakeItAndAReason) {
  Actor officer = Officer();
  world.AddPerson(officer, "chair@unit.example", "unit", {"CHR", "BUO"});
  ASSERT_TRUE(world->matters().AddMember(officer, matter, "chair@unit.example", "").ok() || true);
  for (const char* name : {"B", "C", "D"}) {
    ASSERT_TRUE(world->matters().AddSubject(officer, matter, {name, "", {}}).ok());
  }
  const auto selection = [](const char* person, const char* rank) {
    return std::vector<FieldValue>{{"person", person},
                                   {"rank", rank},
                                   {"agencies", "5"},
                                   {"selected", "yes"},
                                   {"decided-by", "chair@unit.example"}};
  };
  ASSERT_TRUE(Add("selection", selection("Adult Alder", "1")).ok());
  ASSERT_TRUE(Add("selection", selection("B", "2")).ok());
  ASSERT_TRUE(Add("selection", selection("C", "3")).ok());
  auto fourth = Add("selection", selection("D", "4"));
  ASSERT_FALSE(fourth.ok());
  EXPECT_EQ(fourth.error().code, Errc::kDenied);
  EXPECT_NE(fourth.error().detail.find("(rule select-three, exception): CHR"), std::string::npos);
  EXPECT_EQ(Add("chair@unit.example", "selection", selection("D", "4"), "").error().code,
            Errc::kConflict);
  auto allowed = Add("chair@unit.example", "selection", selection("D", "4"), "two of one family");
  ASSERT_TRUE(allowed.ok()) << allowed.error().detail;
  Actor again = Officer();
  auto shown = world->records().Show(again, matter, allowed.value().id, "");
  ASSERT_TRUE(shown.ok()) << shown.error().detail;
  EXPECT_EQ(shown.value().reason, "two of one family");
}

TEST_F(RecordsTest, ThePersonalPartIsOpenedOnlyWithAReceipt) {
  auto added = Add("attendance", Attendance("A. Person", "present"));
  ASSERT_TRUE(added.ok());
  const std::size_t openings = Logged("type opening\n");
  const auto list = List(TestVault::kOfficer, "attendance");
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(Value(list[0], "as"), "present");
  EXPECT_EQ(Value(list[0], "name"), "");
  EXPECT_EQ(list[0].personal, std::vector<std::string>{"name"});
  EXPECT_EQ(Logged("type opening\n"), openings);
  Actor officer = Officer();
  auto shown = world->records().Show(officer, matter, added.value().id, "");
  ASSERT_TRUE(shown.ok()) << shown.error().detail;
  EXPECT_EQ(Value(shown.value(), "name"), "A. Person");
  EXPECT_EQ(Logged("type opening\n"), openings + 1);
}

TEST_F(RecordsTest, WhoeverOwesAnActionAnswersInItAndOthersSeeNothing) {
  Actor officer = Officer();
  ASSERT_TRUE(world->agencies().Add(officer, Agency("HSG"), "Housing").ok());
  world.AddPerson(officer, "co@hsg.example", "HSG", {"AAC"});
  ASSERT_TRUE(world->matters().Involve(officer, matter, alder, Agency("HSG")).ok());
  ASSERT_TRUE(world->matters().AddMember(officer, matter, "co@hsg.example", "").ok());
  auto added = Add("action", Action("POL", "2026-06-30"));
  ASSERT_TRUE(added.ok()) << added.error().detail;
  ASSERT_EQ(List(kCoordinator, "action").size(), 1u);
  EXPECT_EQ(List(kCoordinator, "action")[0].owner, Agency("POL"));
  EXPECT_TRUE(List("co@hsg.example", "action").empty());
  EXPECT_FALSE(Set("co@hsg.example", added.value().id, {{"status", "done"}}).ok());
  world.MoveTo("2026-07-01T09:00");
  EXPECT_EQ(List(kCoordinator, "action")[0].state, "overdue");
  ASSERT_TRUE(Set(kCoordinator, added.value().id, {{"status", "done"}, {"evidence", "EV-1"}}).ok());
  EXPECT_EQ(List(kCoordinator, "action")[0].state, "done");
}

TEST_F(RecordsTest, ARecordCountsFromTheLatestDayItCanBe) {
  const Day today = LondonDay(world.clock().Realtime());
  world.clock().SetRealtime(world.clock().Realtime() + UnixSeconds{3} * 86400);
  ASSERT_TRUE(Add("attendance", Attendance("A. Person", "present")).ok());
  const auto kept = List(TestVault::kOfficer, "attendance");
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].day, Day::FromNumber(today.number() + 3));
}

TEST_F(RecordsTest, AReturnAfterItsDayIsLate) {
  auto added = Add(kCoordinator, "impact-return",
                   {{"agency", "POL"}, {"action", "A1"}, {"due", "2026-07-30"}}, "");
  ASSERT_TRUE(added.ok()) << added.error().detail;
  EXPECT_EQ(List(kCoordinator, "impact-return")[0].state, "open");
  ASSERT_TRUE(Set(kCoordinator, added.value().id, {{"returned", "2026-08-11"}}).ok());
  EXPECT_EQ(List(kCoordinator, "impact-return")[0].state, "late");
}

TEST_F(RecordsTest, AnEventIsHeldAgainstTheRecords) {
  Actor officer = Officer();
  auto closed = world->matters().Record(officer, matter, "MEETING_CLOSED", std::nullopt, "");
  ASSERT_TRUE(closed.ok());
  EXPECT_NE(std::find(closed.value().warnings.begin(), closed.value().warnings.end(),
                      "nobody is on the attendance register"),
            closed.value().warnings.end());
  EXPECT_EQ(Logged("\nmissed attendance-kept\n"), 1u);
}

TEST_F(RecordsTest, RecordsAreNoFilesAndAFormFiledBesideOneIsItsOwnDocument) {
  auto added = Add(kCoordinator, "concern",
                   {{"agency", "POL"},
                    {"subject", "Adult Alder"},
                    {"raised", "2026-02-11T15:10"},
                    {"text", "blocked exit"},
                    {"told", "duty"}},
                   "");
  ASSERT_TRUE(added.ok()) << added.error().detail;
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  EXPECT_NE(form, added.value().id);
  Actor coordinator = world.SignIn(kCoordinator);
  auto files = world->documents().List(coordinator, matter.id, "");
  ASSERT_TRUE(files.ok());
  ASSERT_EQ(files.value().size(), 1u);
  EXPECT_EQ(files.value()[0].version, 1u);
  EXPECT_EQ(world->documents().Open(coordinator, {added.value().id, std::nullopt, ""}).error().code,
            Errc::kConflict);
}

TEST_F(RecordsTest, ARecordIsDestroyedByTheRuleOfItsClassWithAllItSaid) {
  // Of somebody who was not selected: no agency is involved with them.
  ASSERT_TRUE(world->matters().AddSubject(Officer(), matter, {"Adult Oak", "", {}}).ok());
  auto added = Add("longlist", {{"person", "Adult Oak"}, {"agency", "POL"}, {"why", "secret why"}});
  ASSERT_TRUE(added.ok()) << added.error().detail;
  Event("SELECTION_DECIDED", "2026-02-12T08:00");
  world.MoveTo("2026-02-25T23:00");
  EXPECT_EQ(Sweep().destroyed.size(), 0u);
  world.MoveTo("2026-02-26T09:00");
  EXPECT_EQ(Sweep().destroyed.size(), 1u);
  EXPECT_TRUE(List(TestVault::kOfficer, "longlist").empty());
  Inside([&](KeyKeeper&, Database& database) {
    EXPECT_EQ(Number(database,
                     "SELECT count(*) FROM version WHERE channel = 'record' AND "
                     "(name IS NOT NULL OR findings IS NOT NULL)"),
              0);
  });
}

TEST(RecordText, SaysTheSameAfterItWasWrittenDown) {
  RecordText text;
  text.values = {{"a", "one\ttwo\nthree\\four"}, {"b", ""}};
  text.digests = {{"c", "x"}};
  text.findings = {{"rule", "warn", "a sentence"}};
  text.reason = "because\\n";
  auto read = RecordText::Decode(text.Encode());
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read.value().values.size(), 2u);
  EXPECT_EQ(read.value().values[0].value, text.values[0].value);
  EXPECT_EQ(read.value().digests[0].value, "x");
  EXPECT_EQ(read.value().findings[0].sentence, "a sentence");
  EXPECT_EQ(read.value().reason, text.reason);
  EXPECT_EQ(RecordText::Decode("z\tno").error().code, Errc::kCorrupt);
  EXPECT_EQ(RecordText::Decode("v\ta\tb\\").error().code, Errc::kCorrupt);
}

}  // namespace
}  // namespace vault
