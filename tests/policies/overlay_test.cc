#include "policies/overlay.h"

#include <gtest/gtest.h>

#include "policies/policy_diff.h"
#include "policies/rule_book.h"
#include "tests/policies/shipped.h"

namespace policies {
namespace {

using Lines = std::vector<std::string>;

std::string Overlaid(const std::string& sets) {
  return "<overlay template='macfa' of-version='1' version='101' author='A. Officer' "
         "date='2026-11-22' reason='local practice'>\n" +
         sets + "\n</overlay>\n";
}

std::string Set(const std::string& element, const std::string& name, const std::string& attribute,
                const std::string& value) {
  return "<set element='" + element + "' name='" + name + "' attribute='" + attribute +
         "' value='" + value + "'/>\n";
}

std::string LengthAsHash(vault::ByteView bytes) { return "h" + std::to_string(bytes.size()); }

Checked<std::unique_ptr<TemplateBook>> Book(const std::string& overlay) {
  return TemplateBook::FromTexts(
      ShippedCalendarTexts(),
      {{"macfa.xml", ShippedText("templates/macfa.xml")}, {"local.xml", overlay}}, LengthAsHash);
}

Lines FaultsOf(const std::string& sets) {
  auto book = Book(Overlaid(sets));
  return book.ok() ? Lines() : Texts(book.faults());
}

TEST(Overlay, MakesANewVersionAndLeavesTheOldOneAlone) {
  auto book = Book(Overlaid(Set("due", "submission-deadline", "offset", "-10 WD") +
                            Set("retention", "RC-02", "period", "18 M") +
                            Set("phase", "P3", "name", "Sorting &amp; \"reading\" &lt;ours&gt;") +
                            Set("due", "draft-report", "warn", "-5 WD")));
  if (!book.ok()) {
    for (const auto& text : Texts(book.faults())) ADD_FAILURE() << text;
    return;
  }
  const auto templates = book.value()->Templates();
  ASSERT_EQ(templates.size(), 2u);
  const ProcessTemplate& before = *templates[0];
  const ProcessTemplate& after = *templates[1];
  EXPECT_EQ(before.template_version(), 1u);
  EXPECT_EQ(after.template_version(), 101u);
  EXPECT_EQ(book.value()->Latest("macfa").value(), &after);
  EXPECT_EQ(book.value()->Find("macfa", 1).value(), &before);

  vault::MatterFacts matter;
  matter.meeting = When("2026-04-09T09:30");
  const auto deadline = [&matter](const ProcessTemplate& rules) {
    for (const auto& item : rules.Due(matter)) {
      if (item.id == "submission-deadline") return item.due->ToText();
    }
    return std::string("?");
  };
  EXPECT_EQ(deadline(before), "2026-03-26");
  EXPECT_EQ(deadline(after), "2026-03-24");
  EXPECT_EQ(after.Data().phases[3].name, "Sorting & \"reading\" <ours>");
  EXPECT_TRUE(before.Data().amendments.empty());
  ASSERT_EQ(after.Data().amendments.size(), 4u);
  EXPECT_EQ(after.Data().amendments[0],
            "due submission-deadline, offset: -10 WD (A. Officer, 2026-11-22: local practice)");
  EXPECT_NE(before.text_hash(), after.text_hash());
  EXPECT_FALSE(after.text_hash().empty());
}

TEST(Overlay, APartnershipMayPlaceMoreHoldsAndNeverFewer) {
  const std::string more = Set("event", "SUPERSEDED", "places-hold", "kept for the archive") +
                           Set("event", "SUPERSEDED", "hold-authority", "the board") +
                           Set("event", "SUPERSEDED", "hold-review", "1 Y");
  auto book = Book(Overlaid(more + Set("event", "FOI_RECEIVED", "hold-review", "4 M")));
  if (!book.ok()) {
    for (const auto& text : Texts(book.faults())) ADD_FAILURE() << text;
    return;
  }
  const vault::Day day = vault::Day::Parse("2026-04-14").value();
  const auto templates = book.value()->Templates();
  EXPECT_FALSE(templates[0]->HoldOf("SUPERSEDED", day).has_value());
  ASSERT_TRUE(templates[1]->HoldOf("SUPERSEDED", day).has_value());
  EXPECT_EQ(templates[1]->HoldOf("SUPERSEDED", day)->review.ToText(), "2027-04-14");
  EXPECT_EQ(templates[1]->HoldOf("FOI_RECEIVED", day)->review.ToText(), "2026-08-14");
  Lines changes;
  for (const auto& change : Compare(*templates[0], *templates[1])) {
    changes.push_back(change.ToText());
  }
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_NE(changes[1].find("places a hold (kept for the archive; the board), reviewed after 1 Y"),
            std::string::npos)
      << changes[1];
  EXPECT_EQ(FaultsOf(Set("event", "FOI_RECEIVED", "places-hold", "")).size(), 1u);
}

TEST(Overlay, NobodyReadsMoreByALocalChange) {
  auto book = Book(Overlaid(Set("due", "submission-deadline", "offset", "-10 WD")));
  ASSERT_TRUE(book.ok());
  const auto templates = book.value()->Templates();
  Lines changes;
  for (const auto& change : Compare(*templates[0], *templates[1])) {
    changes.push_back(change.ToText());
  }
  EXPECT_EQ(changes, Lines{"due submission-deadline: -8 WD from MEETING, rolled earlier -> -10 WD "
                           "from MEETING, rolled earlier"});
  EXPECT_EQ(FaultsOf(Set("read", "AAC", "code", "all")),
            Lines{"local.xml: line 2, column 1: <set> read AAC code cannot be changed locally"});
  EXPECT_EQ(
      FaultsOf(Set("class", "FRM", "retention", "RC-04")),
      Lines{"local.xml: line 2, column 1: <set> class FRM retention cannot be changed locally"});
  EXPECT_EQ(FaultsOf(Set("event", "PACK_RELEASED", "not-after", "DISPOSED")).size(), 1u);
  EXPECT_EQ(FaultsOf(Set("retention", "RC-01", "locked", "fixed")).size(), 1u);
}

TEST(Overlay, LockedRulesAreTightenedNeverLoosened) {
  const auto fault = [](const std::string& set) {
    const Lines faults = FaultsOf(set);
    return faults.empty() ? std::string() : faults[0].substr(faults[0].find("is locked"));
  };
  // At most ten on the longlist: fewer, never more; refused, never only warned of.
  EXPECT_EQ(fault(Set("limit", "longlist", "value", "8")), "");
  EXPECT_EQ(fault(Set("limit", "longlist", "value", "12")),
            "is locked: it can become smaller and not larger");
  EXPECT_EQ(fault(Set("limit", "longlist", "severity", "warn")),
            "is locked: it cannot become less serious");
  // Copies go at once: no period is shorter.
  EXPECT_EQ(fault(Set("retention", "RC-01", "period", "1 D")),
            "is locked: it can become smaller and not larger");
  // The pack comes no later: earlier it may.
  EXPECT_EQ(fault(Set("due", "pack-released", "offset", "-4 WD")), "");
  EXPECT_EQ(fault(Set("due", "pack-released", "offset", "-2 WD")),
            "is locked: it can become smaller and not larger");
  EXPECT_EQ(fault(Set("due", "pack-released", "offset", "-3 D")),
            "is locked: it can become smaller and not larger");  // cannot be told: refused
  EXPECT_EQ(fault(Set("due", "shares-end", "offset", "1 D")), "is locked: it cannot be changed");
  EXPECT_EQ(fault(Set("due", "shares-end", "what", "links end")), "");
  // What is not locked may go either way.
  EXPECT_EQ(FaultsOf(Set("limit", "subjects", "value", "5")), Lines());
}

TEST(Overlay, EverythingWrongIsToldAtOnceWithItsPlace) {
  EXPECT_EQ(FaultsOf(Set("due", "no-such", "offset", "1 D") +
                     Set("limit", "longlist", "value", "11") + Set("colour", "x", "hue", "y")),
            (Lines{"local.xml: line 2, column 1: <set> due no-such offset is not in the template",
                   "local.xml: line 3, column 1: <set> limit longlist value is locked: it can "
                   "become smaller and not larger",
                   "local.xml: line 4, column 1: <set> colour x hue cannot be changed locally"}));
  // A value that makes no sense is a fault of the text it was put into.
  const Lines bad = FaultsOf(Set("due", "draft-report", "offset", "soon"));
  ASSERT_EQ(bad.size(), 1u);
  EXPECT_NE(bad[0].find("local.xml over macfa.xml: line "), std::string::npos) << bad[0];
  EXPECT_NE(bad[0].find("<due> offset must be a number"), std::string::npos);

  auto nothing = Book(
      "<overlay template='macfa' of-version='7' version='8' author='a' "
      "date='2026-01-01' reason='r'><set element='due' name='x' attribute='offset' "
      "value='1 D'/></overlay>");
  EXPECT_EQ(Texts(nothing.faults()),
            Lines{"local.xml: line 1, column 1: there is no template macfa of version 7"});
  auto unsigned_one = Book("<overlay template='macfa' of-version='1' version='1'/>");
  EXPECT_EQ(Texts(unsigned_one.faults()),
            (Lines{"local.xml: line 1, column 1: <overlay> author is missing",
                   "local.xml: line 1, column 1: <overlay> date is missing",
                   "local.xml: line 1, column 1: <overlay> reason is missing",
                   "local.xml: line 1, column 1: <overlay> needs a <set>",
                   "local.xml: line 1, column 42: <overlay> version must be larger than "
                   "of-version"}));
}

std::unique_ptr<ProcessTemplate> Changed(const std::string& from, const std::string& to) {
  std::string text = ShippedText("templates/macfa.xml");
  const std::size_t at = text.find(from);
  CHECK(at != std::string::npos);
  text.replace(at, from.size(), to);
  auto parsed = ProcessTemplate::Parse(text, ShippedCalendars(), "");
  CHECK(parsed.ok());
  return std::move(parsed).value();
}

Lines Differences(const std::string& from, const std::string& to) {
  Lines lines;
  for (const auto& change : Compare(Shipped("macfa"), *Changed(from, to))) {
    lines.push_back(change.ToText());
  }
  return lines;
}

TEST(PolicyDiff, TellsWhoseReadingChangesAndWhen) {
  EXPECT_EQ(Differences("<read role=\"GRP\" class=\"SCH\" phase=\"P0\"",
                        "<read role=\"GRP\" class=\"SCH\" phase=\"P0 P1\""),
            (Lines{"reading GRP SCH P1 (own): - -> all", "reading GRP SCH P1 (involved): - -> all",
                   "reading GRP SCH P1 (other): - -> all"}));
  EXPECT_EQ(Differences("class=\"FRM PAK\" phase=\"P4 P5\" code=\"inv\"/>",
                        "class=\"PAK\" phase=\"P4 P5\" code=\"inv\"/>"),
            (Lines{"reading AAC FRM P4 (involved): inv -> -",
                   "reading AAC FRM P5 (involved): inv -> -"}));
  // A condition taken away changes nothing for those for whom it held.
  EXPECT_EQ(Differences("class=\"REP\" phase=\"P7\" code=\"all\" if=\"participating\"",
                        "class=\"REP\" phase=\"P7\" code=\"all\""),
            (Lines{"reading PRT-S REP P7 (own, not participating): - -> all",
                   "reading PRT-S REP P7 (involved, not participating): - -> all",
                   "reading PRT-S REP P7 (other, not participating): - -> all"}));
  // So does an end that comes later, for when it has come.
  const Lines later =
      Differences("code=\"adm\" until=\"REPORT_APPROVED\"", "code=\"adm\" until=\"DISPOSED\"");
  EXPECT_TRUE(later.empty() || later[0].find("later") != std::string::npos);
  EXPECT_TRUE(Compare(Shipped("macfa"), Shipped("macfa")).empty());
}

TEST(PolicyDiff, TellsPeriodsLimitsAndWhatIsNew) {
  EXPECT_EQ(Differences("trigger=\"REPORT_APPROVED\" period=\"12 M\"",
                        "trigger=\"REPORT_APPROVED\" period=\"24 M\""),
            (Lines{"retention FRM: RC-02: destroyed 12 M after REPORT_APPROVED, approved by two -> "
                   "RC-02: destroyed 24 M after REPORT_APPROVED, approved by two",
                   "retention KEY: RC-02: destroyed 12 M after REPORT_APPROVED, approved by two -> "
                   "RC-02: destroyed 24 M after REPORT_APPROVED, approved by two"}));
  EXPECT_EQ(Differences("id=\"audits-per-group-and-year\" value=\"2\"",
                        "id=\"audits-per-group-and-year\" value=\"3\""),
            Lines{"limit audits-per-group-and-year: 2, warn -> 3, warn"});
  EXPECT_EQ(
      Differences("<phase id=\"P9\"", "<phase id=\"P8B\" name=\"b\"/><phase id=\"P9\"").back(),
      "phase P8B: new: b");
}

TEST(PolicyDiff, TellsWhoIsRemindedOfARecord) {
  const Lines changed = Differences("done-when=\"withdrawn\" reminds=\"BUO IGO\"",
                                    "done-when=\"withdrawn\" reminds=\"BUO\"");
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].rfind("record document-control: ", 0), 0u) << changed[0];
  EXPECT_NE(changed[0].find(", reminds BUO IGO:"), std::string::npos) << changed[0];
  EXPECT_NE(changed[0].find(", reminds BUO:"), std::string::npos) << changed[0];
}

// A process nobody shipped, with words of its own: nothing but a text is needed.
constexpr const char* kInvented = R"(
<process id="reading-room" version="1" name="Reading room request" noun="request" ref-prefix="RR"
         calendar="scotland" valid-from="2026-01-01" valid-to="2026-12-31">
  <limits><limit id="visits" value="2" severity="refuse" basis="assumption"/></limits>
  <phases><phase id="ASKED" name="a"/><phase id="OPEN" name="b"/><phase id="SHUT" name="c"/></phases>
  <roles><role code="BUO" name="Librarian"/><role code="SCHOLAR" name="Scholar"/></roles>
  <events>
    <event name="ADMITTED" what="let in" opens-phase="OPEN" repeatable="yes" recorded-by="BUO SCHOLAR"/>
    <event name="LEFT" what="left" opens-phase="SHUT"/>
  </events>
  <dues><due id="stay" what="leave" from="ADMITTED" offset="5 H" basis="assumption" fulfilled-by="LEFT"/></dues>
  <retentions><retention id="SLIPS" applies-to="slips" trigger="LEFT" period="2 WD" review="no" action="destroy" basis="assumption" authority="the house"/></retentions>
  <loans><loan kind="pack" opens-on="ADMITTED" ends-on="LEFT" retention="SLIPS"/><shares retention="SLIPS"/></loans>
  <classes><class code="BOX" name="Box of papers" level="S2" retention="SLIPS" filed-by="BUO" lent-by="pack"/></classes>
  <records><record kind="visit" what="Visit" class="BOX" written-by="BUO"><field name="seat" what="Seat" type="number" required="yes"/></record></records>
  <checks><check id="window" says="window seats are taken" on-record="visit" field="seat" at-least="10" severity="refuse" basis="assumption"/></checks>
  <reading>
    <read role="BUO" class="BOX" phase="*" code="own"/>
    <read role="SCHOLAR" class="BOX" phase="OPEN" code="inv"/>
  </reading>
</process>)";

TEST(Processes, ASixthOneNeedsNothingButItsText) {
  auto book = TemplateBook::FromTexts({{"scotland.xml", ShippedText("calendars/scotland.xml")}},
                                      {{"invented.xml", kInvented}}, LengthAsHash);
  if (!book.ok()) {
    for (const auto& text : Texts(book.faults())) ADD_FAILURE() << text;
    return;
  }
  const vault::ProcessRules& rules = *book.value()->Latest("reading-room").value();
  vault::ReadingFacts scholar;
  scholar.roles = {"SCHOLAR"};
  scholar.class_code = "BOX";
  scholar.relation = vault::Relation::kInvolved;
  scholar.member = true;
  EXPECT_EQ(rules.Read(After({}), scholar).code, vault::ReadingCode::kNone);
  EXPECT_EQ(rules.Read(After({"ADMITTED"}), scholar).code, vault::ReadingCode::kInv);
  EXPECT_EQ(rules.Read(After({"ADMITTED", "LEFT"}), scholar).code, vault::ReadingCode::kNone);
  EXPECT_EQ(rules.Read(After({"ADMITTED"}), scholar).rule,
            "reading-room/1 reading SCHOLAR BOX OPEN");
  // Once more is allowed; the clock counts from the last time.
  vault::MatterFacts twice;
  twice.events = {{"ADMITTED", When("2026-11-27T09:00")}, {"ADMITTED", When("2026-11-27T20:00")}};
  EXPECT_TRUE(rules.CheckEvent(twice, "ADMITTED").ok());
  EXPECT_EQ(rules.Due(twice)[0].moment, When("2026-11-28T01:00"));
  EXPECT_EQ(rules.Event("ADMITTED").value().recorded_by, (Lines{"BUO", "SCHOLAR"}));
  // St Andrew's Day is no working day where this calendar counts.
  twice.events.push_back({"LEFT", When("2026-11-27T21:00")});
  vault::RetentionFacts box;
  box.class_code = "BOX";
  EXPECT_EQ(vault::FormatTime(*rules.Weigh(twice, box, {0, 0}).verdict.due),
            "2026-12-02T00:00:00+00:00");
  EXPECT_EQ(Brief(rules.CheckRecord({}, {}, Record("visit", {{"seat", "9"}}), 0)),
            Lines{"window refuse"});
  EXPECT_TRUE(rules.CheckRecord({}, {}, Record("visit", {{"seat", "10"}}), 0).empty());
  EXPECT_EQ(rules.CheckLimit("visits", 3)->severity, vault::Severity::kRefuse);
  EXPECT_EQ(rules.LoanDeadline({}, 0), 365 * 86400);
}

TEST(TemplateBook, ARetiredTemplateGovernsItsOldMattersAndBeginsNoNewOne) {
  std::string next = kInvented;
  next.replace(next.find("version=\"1\""), 11, "version=\"2\"");
  next.replace(next.find("valid-from=\"2026-01-01\" valid-to=\"2026-12-31\""), 45,
               "valid-from=\"2026-07-01\" valid-to=\"2027-06-30\"");
  auto book = TemplateBook::FromTexts({{"scotland.xml", ShippedText("calendars/scotland.xml")}},
                                      {{"a.xml", kInvented}, {"b.xml", next}}, LengthAsHash);
  ASSERT_TRUE(book.ok());
  const auto version = [&book](const char* day) {
    auto found = book.value()->Starting("reading-room", vault::Day::Parse(day).value());
    return found.ok() ? static_cast<int>(found.value()->template_version())
                      : -static_cast<int>(found.error().code == vault::Errc::kConflict);
  };
  EXPECT_EQ(version("2025-12-31"), -1);
  EXPECT_EQ(version("2026-01-01"), 1);
  EXPECT_EQ(version("2026-06-30"), 1);
  EXPECT_EQ(version("2026-07-01"), 2);
  EXPECT_EQ(version("2027-06-30"), 2);
  EXPECT_EQ(version("2027-07-01"), -1);
  EXPECT_TRUE(book.value()->Find("reading-room", 1).ok());
  EXPECT_EQ(book.value()->Starting("nothing", vault::Day::Parse("2026-01-01").value()).error().code,
            vault::Errc::kNotFound);
}

}  // namespace
}  // namespace policies
