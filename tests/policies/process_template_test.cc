#include "policies/process_template.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/policies/texts.h"

namespace policies {
namespace {

using vault::MatterFacts;
using vault::ReadingCode;
using vault::ReadingFacts;

// A whole template, one line a fault below can name.
std::string Small() {
  return "<process id='t' version='1' name='T' noun='run' ref-prefix='T' "
         "calendar='england-and-wales'>\n"
         "<phases><phase id='A' name='a'/><phase id='B' name='b'/></phases>\n"
         "<roles><role code='AAC' name='r'/></roles>\n"
         "<events><event name='START' what='w' opens-phase='B'/></events>\n"
         "<dues><due id='d' what='w' from='MEETING' offset='-3 WD' basis='seed'/></dues>\n"
         "<retentions><retention id='R' applies-to='x' trigger='START' period='1 M' review='no' "
         "basis='seed' authority='z'/></retentions>\n"
         "<loans><loan kind='pack' opens-on='START' retention='R'/><shares "
         "retention='R'/></loans>\n"
         "<classes><class code='FRM' name='f' level='S3' retention='R' filed-by='AAC' "
         "lent-by='pack'/></classes>\n"
         "<reading><read role='AAC' class='FRM' phase='B' code='own'/></reading>\n"
         "</process>\n";
}

std::string With(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::vector<std::string> FaultsOf(const std::string& text) {
  auto parsed = ProcessTemplate::Parse(text, ShippedCalendars(), "");
  return parsed.ok() ? std::vector<std::string>{} : Texts(parsed.faults());
}

using Lines = std::vector<std::string>;

// The fault expected where a piece of the text stands; the last one when it stands there twice.
std::string Fault(const std::string& text, const std::string& piece, const std::string& sentence) {
  const std::size_t at = text.rfind(piece);
  EXPECT_NE(at, std::string::npos) << piece;
  const std::string before = text.substr(0, at);
  const std::size_t line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
  return vault::XmlFaultText({line + 1, at - start + 1}, sentence);
}

TEST(ProcessTemplate, ReadsASmallTemplateWhole) {
  auto parsed = ProcessTemplate::Parse(Small(), ShippedCalendars(), "c0ffee");
  ASSERT_TRUE(parsed.ok());
  const ProcessTemplate& rules = *parsed.value();
  EXPECT_EQ(rules.template_id(), "t");
  EXPECT_EQ(rules.template_version(), 1u);
  EXPECT_EQ(rules.text_hash(), "c0ffee");
  EXPECT_EQ(rules.noun(), "run");
  EXPECT_EQ(rules.ref_prefix(), "T");
  EXPECT_EQ(rules.Phases(), (Lines{"A", "B"}));
  EXPECT_EQ(rules.SubjectLimit(), 0u);
  EXPECT_EQ(rules.Events().size(), 1u);
}

TEST(ProcessTemplate, ATextThatIsNotXmlIsOneFault) {
  EXPECT_EQ(FaultsOf("<process>\n<a></process>"),
            Lines{"line 2, column 14: the text ends inside an element"});
  EXPECT_EQ(FaultsOf("<!DOCTYPE x><process/>"),
            Lines{"line 1, column 1: a document type declaration is not allowed"});
  EXPECT_EQ(FaultsOf("<matter/>"), Lines{"line 1, column 1: the root element must be <process>"});
}

TEST(ProcessTemplate, UnknownElementsAndAttributesAreFaultsWhereTheyStand) {
  std::string text = With(Small(), "<phase id='A' name='a'/>", "<phase id='A' name='a' hue='x'/>");
  text = With(text, "<roles>", "<roles><rolle/>");
  text = With(text, "</process>", "words<extra/></process>");
  text = With(text, "ref-prefix='T'", "ref-prefix='T' speed='1'");
  EXPECT_EQ(FaultsOf(text), (Lines{Fault(text, "speed='1'", "<process> has no attribute speed"),
                                   Fault(text, "hue='x'", "<phase> has no attribute hue"),
                                   Fault(text, "<rolle/>", "<rolle> is not known in <roles>"),
                                   Fault(text, "\nwords", "text is not expected in <process>"),
                                   Fault(text, "<extra/>", "<extra> is not known in <process>")}));
}

TEST(ProcessTemplate, NamesGivenTwiceAreFaultsAtTheirSecondPlace) {
  std::string text =
      With(Small(), "<phase id='B' name='b'/>", "<phase id='B' name='b'/><phase id='A' name='c'/>");
  text = With(text, "</roles>", "<role code='AAC' name='q'/></roles>");
  text = With(text, "</events>", "<event name='START' what='v'/></events>");
  text = With(text, "</reading>", "<read role='AAC' class='*' phase='*' code='own'/></reading>");
  text = With(text, "<shares retention='R'/>", "<shares retention='R'/><shares retention='R'/>");
  EXPECT_EQ(FaultsOf(text),
            (Lines{Fault(text, "id='A' name='c'", "<phase> id is given twice"),
                   Fault(text, "code='AAC' name='q'", "<role> code is given twice"),
                   Fault(text, "name='START' what='v'", "<event> name is given twice"),
                   Fault(text, "<shares", "<shares> is given twice"),
                   Fault(text, "code='own'", "<read> code is given already for AAC FRM B")}));
}

TEST(ProcessTemplate, DanglingReferencesAreFaultsAllAtOnce) {
  std::string text = With(Small(), "opens-phase='B'", "opens-phase='Q' not-after='NO START'");
  text = With(text, "from='MEETING'", "from='NEVER'");
  text = With(text, "trigger='START'", "trigger='STOP'");
  text = With(text, "opens-on='START' retention='R'", "opens-on='GO' retention='S'");
  text = With(text, "filed-by='AAC'", "filed-by='AUD'");
  text = With(text, "lent-by='pack'", "lent-by='brief'");
  text = With(text, "<read role='AAC' class='FRM' phase='B'",
              "<read role='AUD' class='REP' phase='B C' until='END' if='sober'");
  text = With(text, "calendar='england-and-wales'", "calendar='mars'");
  EXPECT_EQ(FaultsOf(text),
            (Lines{Fault(text, "calendar='mars'", "<process> calendar names no known calendar"),
                   Fault(text, "opens-phase='Q'", "<event> opens-phase names no known \"Q\""),
                   Fault(text, "not-after=", "<event> not-after names no known \"NO\""),
                   Fault(text, "not-after=", "<event> not-after names the event itself"),
                   Fault(text, "from='NEVER'", "<due> from names no known \"NEVER\""),
                   Fault(text, "trigger='STOP'", "<retention> trigger names no known \"STOP\""),
                   Fault(text, "opens-on='GO'", "<loan> opens-on names no known \"GO\""),
                   Fault(text, "retention='S'", "<loan> retention names no known \"S\""),
                   Fault(text, "filed-by='AUD'", "<class> filed-by names no known \"AUD\""),
                   Fault(text, "lent-by='brief'", "<class> lent-by names no known \"brief\""),
                   Fault(text, "role='AUD'", "<read> role names no known \"AUD\""),
                   Fault(text, "class='REP'", "<read> class names no known \"REP\""),
                   Fault(text, "phase='B C'", "<read> phase names no known \"C\""),
                   Fault(text, "until=", "<read> until names no known \"END\""),
                   Fault(text, "if='sober'", "<read> if names no known \"sober\"")}));
}

TEST(ProcessTemplate, ValuesThatMakeNoSenseAreFaults) {
  std::string text = With(Small(), "version='1'", "version='0'");
  text = With(text, "offset='-3 WD'", "offset='3 days' roll='up' count='clear-days'");
  text = With(text, "period='1 M' review='no'", "period='-1 M' action='review' review='no'");
  text = With(text, "level='S3'", "level='S9' one-per-agency-and-subject='yes' parsed='maybe'");
  text = With(text, "code='own'/>", "/>");
  text = With(text, "what='w' opens-phase", "what=' ' opens-phase");
  EXPECT_EQ(
      FaultsOf(text),
      (Lines{
          Fault(text, "version='0'", "<process> version must be a whole number from 1 to 1000000"),
          Fault(text, "what=' '", "<event> what must not be blank"),
          Fault(text, "offset='3 days'",
                "<due> offset must be a number, a blank and WD, D, W, M, Y or H"),
          Fault(text, "roll='up'", "<due> roll must be one of: none, earlier, later"),
          Fault(text, "count=", "<due> count needs an offset other than 0"),
          Fault(text, "period='-1 M'", "<retention> period must not be negative"),
          Fault(text, "review='no'", "<retention> review cannot be no when the action is review"),
          Fault(text, "level='S9'", "<class> level must be one of: S4, S3, S2, S1, S0"),
          Fault(text, "one-per", "<class> one-per-agency-and-subject needs per-subject=\"yes\""),
          Fault(text, "parsed='maybe'", "<class> parsed must be one of: no, yes"),
          Fault(text, "<read", "<read> code is missing")}));
}

TEST(ProcessTemplate, MissingPartsAreNamed) {
  EXPECT_EQ(
      FaultsOf("<process id='t' version='1' name='T' noun='run' ref-prefix='T' "
               "calendar='england-and-wales'><phases/><loans/></process>"),
      (Lines{
          "line 1, column 1: <process> needs <roles>", "line 1, column 1: <process> needs <events>",
          "line 1, column 1: <process> needs <dues>", "line 1, column 1: <process> needs <classes>",
          "line 1, column 1: <process> needs <retentions>",
          "line 1, column 1: <process> needs <reading>",
          "line 1, column 93: <phases> needs a <phase>",
          "line 1, column 102: <loans> needs <shares>"}));
}

TEST(ProcessTemplate, WhatHappensByItselfCountsFromTheMeeting) {
  std::string text = With(Small(), "from='MEETING'", "from='START'");
  text = With(text, "opens-phase='B'", "opens-phase='B' automatic='d'");
  EXPECT_EQ(FaultsOf(text),
            Lines{"line 4, column 54: <event> automatic must name a due day counted from MEETING"});
}

TEST(ProcessTemplate, ALimitWarnsOrRefusesAndIsNeverExcused) {
  for (const char* severity : {"exception", "hold"}) {
    const std::string limit = "<limits>\n<limit id='subjects' value='3' basis='seed' severity='" +
                              std::string(severity) + "'/></limits></process>";
    const std::string text = With(Small(), "</process>", limit);
    EXPECT_EQ(FaultsOf(text),
              Lines{Fault(text, "severity='" + std::string(severity),
                          "<limit> severity must be warn or refuse: nobody excuses a count")});
  }
}

TEST(ProcessTemplate, RecordsAndChecksAreHeldToEachOther) {
  std::string text = With(Small(), "</process>",
                          "<records><record kind='k' what='w' class='FRM' written-by='AAC' "
                          "due='n' done-when='x'>\n"
                          "<field name='n' what='w' type='number'/>\n"
                          "<field name='c' what='w' type='choice'/></record></records>\n"
                          "<checks><check id='a' says='s' on-record='k' field='n' one-of='x' "
                          "at-most='3' basis='seed'/>\n"
                          "<check id='b' says='s' on-record='k' field='z' present='yes' "
                          "severity='exception' basis='seed'/>\n"
                          "<check id='d' says='s' on-event='START' of='k' where='n' "
                          "age-at-most='5' field='n' basis='seed' locked='tight'/>\n"
                          "</checks></process>");
  EXPECT_EQ(
      FaultsOf(text),
      (Lines{Fault(text, "due='n'", "<record> due must name a date or a time"),
             Fault(text, "done-when", "<record> done-when needs done"),
             Fault(text, "<field name='c'", "<field> choices is missing"),
             Fault(text, "<check id='a'",
                   "<check> needs exactly one of: present, one-of, at-least, at-most, not-before, "
                   "not-after, age-at-most, count-at-least, count-at-most"),
             Fault(text, "<check id='b'", "<check> approver is missing"),
             Fault(text, "field='z'", "<check> field names no known \"z\""),
             Fault(text, "where='n'",
                   "<check> where must be written field=value or "
                   "field=value|value"),
             Fault(text, "age-at-most='5'",
                   "<check> age-at-most does not go with a field of type number"),
             Fault(text, "locked='tight'",
                   "<check> locked must be one of: at-most, no-later, at-least, no-earlier, "
                   "fixed")}));
}

TEST(ProcessTemplate, AGroupGivenTwiceIsAFault) {
  EXPECT_EQ(FaultsOf(With(Small(), "</process>", "<roles/></process>")),
            Lines{"line 10, column 1: <roles> is given twice"});
}

// A template with anything changed is refused with places, or it answers every question.
TEST(ProcessTemplate, AChangedTextIsRefusedWithPlacesOrAnswersEverything) {
  const std::string shipped = ShippedText("templates/macfa.xml");
  const CalendarBook calendars = ShippedCalendars();
  std::uint32_t state = 99;
  auto next = [&state](std::size_t below) {
    state = state * 1664525U + 1013904223U;
    return static_cast<std::size_t>(state >> 8) % below;
  };
  int refused = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string text = shipped;
    // Whole attributes are taken out as well as single letters: most such texts are still XML.
    const std::size_t at = next(text.size());
    if (round % 3 == 0) {
      const std::size_t from = text.find(' ', at);
      const std::size_t to = text.find('"', std::min(text.find('"', at), text.size() - 1) + 1);
      if (from == std::string::npos || to == std::string::npos || to < from) continue;
      text.erase(from, to + 1 - from);
    } else if (round % 3 == 1) {
      text.erase(at, 1);
    } else {
      text[at] = text[next(text.size())];
    }
    auto parsed = ProcessTemplate::Parse(text, calendars, "");
    if (!parsed.ok()) {
      ++refused;
      ASSERT_FALSE(parsed.faults().empty());
      for (const auto& fault : parsed.faults()) {
        ASSERT_GE(fault.position.line, 1u);
        ASSERT_FALSE(fault.sentence.empty());
      }
      continue;
    }
    const ProcessTemplate& rules = *parsed.value();
    MatterFacts matter;
    matter.meeting = 1'775'734'200;
    for (const auto& event : rules.Events()) {
      matter.events.push_back({event.name, *matter.meeting});
      ASSERT_FALSE(rules.Phase(matter).empty());
    }
    for (const auto& rule : rules.Classes()) {
      vault::RetentionFacts facts;
      facts.class_code = rule.code;
      auto judgement = rules.Weigh(matter, facts, {0, 0});
      ASSERT_FALSE(judgement.order.has_value());
    }
    ASSERT_FALSE(rules.Due(matter).empty());
  }
  EXPECT_GT(refused, 500);
}

ReadingRow Everywhere(ReadingCode code) {
  ReadingRow row;
  row.role = "X";
  row.code = code;
  return row;
}

TEST(NeedToKnow, TheStrongestCodeWinsInTheDocumentedOrder) {
  const ReadingCode order[] = {ReadingCode::kNone, ReadingCode::kAgg, ReadingCode::kMeta,
                               ReadingCode::kCtl,  ReadingCode::kAdm, ReadingCode::kInv,
                               ReadingCode::kAll,  ReadingCode::kOwn};
  for (std::size_t i = 1; i < std::size(order); ++i) {
    EXPECT_GT(ReadingStrength(order[i]), ReadingStrength(order[i - 1]));
  }
  ReadingFacts facts{{"X"}, "FRM", vault::Relation::kOwn, true, true, true, true};
  for (std::size_t weak = 1; weak < std::size(order); ++weak) {
    for (std::size_t strong = weak; strong < std::size(order); ++strong) {
      NeedToKnow rules({Everywhere(order[weak]), Everywhere(order[strong])}, {},
                       PackScope::kInvolved);
      EXPECT_EQ(rules.Read("P", MatterFacts(), facts).code, order[strong]);
      NeedToKnow turned({Everywhere(order[strong]), Everywhere(order[weak])}, {},
                        PackScope::kInvolved);
      EXPECT_EQ(turned.Read("P", MatterFacts(), facts).code, order[strong]);
    }
  }
}

TEST(ProcessTemplate, APauseHasABeginningAndAnEndAndCountsInDays) {
  const std::string two = With(Small(), "</events>", "<event name='HALT' what='w'/></events>");
  const auto faults = [&](const std::string& offset, const std::string& pauses) {
    return FaultsOf(With(two, "offset='-3 WD'", "offset='" + offset + "' " + pauses)).size();
  };
  const std::string both = "paused-by='HALT' resumed-by='START'";
  EXPECT_EQ(faults("1 M", both), 0u);
  EXPECT_EQ(faults("2 W", both), 0u);
  EXPECT_EQ(faults("3 WD", both), 1u);
  EXPECT_EQ(faults("3 H", both), 1u);
  EXPECT_EQ(faults("1 M", "paused-by='HALT'"), 1u);
  EXPECT_EQ(faults("1 M", "resumed-by='START'"), 1u);
  EXPECT_EQ(faults("1 M", "paused-by='HALT' resumed-by='HALT'"), 1u);
  EXPECT_EQ(faults("1 M", "paused-by='NEVER' resumed-by='START'"), 1u);
}

TEST(ProcessTemplate, AnEventSaysWhichHoldItPlacesAndWhenSomebodyLooksAtIt) {
  const auto hold = [](const std::string& attributes, const char* placed) {
    auto parsed = ProcessTemplate::Parse(
        With(Small(), "opens-phase='B'", "opens-phase='B' " + attributes), ShippedCalendars(), "");
    EXPECT_TRUE(parsed.ok()) << attributes;
    return parsed.ok() ? parsed.value()->HoldOf("START", vault::Day::Parse(placed).value())
                       : std::nullopt;
  };
  const std::string words = "places-hold='asked for' hold-authority='an Act' hold-review=";
  const auto month = hold(words + "'1 M'", "2026-01-31");
  ASSERT_TRUE(month.has_value());
  EXPECT_EQ(month->reason, "asked for");
  EXPECT_EQ(month->authority, "an Act");
  EXPECT_EQ(month->review.ToText(), "2026-02-28");
  EXPECT_EQ(hold(words + "'10 D'", "2026-02-20")->review.ToText(), "2026-03-02");
  EXPECT_EQ(hold(words + "'2 W'", "2026-12-24")->review.ToText(), "2027-01-07");
  // Far beyond any calendar it is placed all the same.
  EXPECT_EQ(hold(words + "'3 Y'", "2099-12-31")->review.ToText(), "2102-12-31");
  EXPECT_FALSE(hold("", "2026-01-31").has_value());
  auto parsed = ProcessTemplate::Parse(Small(), ShippedCalendars(), "");
  ASSERT_TRUE(parsed.ok());
  EXPECT_FALSE(parsed.value()->HoldOf("NEVER", vault::Day()).has_value());
}

TEST(ProcessTemplate, AHoldThatIsNotSaidInFullIsAFaultWhereItStands) {
  const auto faults = [](const std::string& attributes) {
    const std::string text = With(Small(), "opens-phase='B'", "opens-phase='B' " + attributes);
    return std::pair{text, FaultsOf(text)};
  };
  {
    const auto [text, found] = faults("places-hold='x'");
    EXPECT_EQ(found, (Lines{Fault(text, "<event ", "<event> hold-authority is missing"),
                            Fault(text, "<event ", "<event> hold-review is missing")}));
  }
  {
    const auto [text, found] = faults("hold-review='3 M' hold-authority='z'");
    EXPECT_EQ(found, (Lines{Fault(text, "hold-review=",
                                  "<event> hold-review has no meaning without places-hold"),
                            Fault(text, "hold-authority=",
                                  "<event> hold-authority has no meaning without places-hold")}));
  }
  {
    const auto [text, found] = faults("places-hold=' ' hold-authority='' hold-review='3 M'");
    EXPECT_EQ(found,
              (Lines{Fault(text, "places-hold=", "<event> places-hold must not be blank"),
                     Fault(text, "hold-authority=", "<event> hold-authority must not be blank")}));
  }
  for (const std::string review :
       {"", "soon", "0 M", "-3 M", "5 WD", "24 H", "37 M", "4 Y", "1099 D", "157 W"}) {
    const auto [text, found] =
        faults("places-hold='x' hold-authority='z' hold-review='" + review + "'");
    EXPECT_EQ(found,
              Lines{Fault(text, "hold-review=",
                          "<event> hold-review must be D, W, M or Y ahead, and at most three "
                          "years")})
        << review;
  }
  {
    const auto [text, found] = faults("hold-review='3 M' places-hold='" + std::string(1001, 'x') +
                                      "' hold-authority='" + std::string(1001, 'z') + "'");
    EXPECT_EQ(
        found,
        (Lines{
            Fault(text, "places-hold=", "<event> places-hold has at most 1000 characters"),
            Fault(text, "hold-authority=", "<event> hold-authority has at most 1000 characters")}));
  }
  {
    const auto [text, found] =
        faults("automatic='d' places-hold='x' hold-authority='z' hold-review='3 M'");
    EXPECT_EQ(found,
              Lines{Fault(text, "places-hold=",
                          "<event> places-hold does not go with automatic: a request comes from "
                          "somebody")});
  }
}

TEST(ProcessTemplate, OnlyARecordThatCanBeOverdueReminds) {
  const auto faults = [](const std::string& attributes) {
    return FaultsOf(With(Small(), "<reading>",
                         "<records><record kind='k' what='w' class='FRM' written-by='AAC' " +
                             attributes +
                             "><field name='by' what='w' type='date'/><field name='over' "
                             "what='w'/><field name='sealed' what='w' type='date' "
                             "personal='yes'/></record></records>\n<reading>"))
        .size();
  };
  EXPECT_EQ(faults("due='by' done='over' reminds='AAC'"), 0u);
  EXPECT_EQ(faults("due='by' reminds='AAC'"), 1u);
  EXPECT_EQ(faults("done='over' reminds='AAC'"), 1u);
  EXPECT_EQ(faults("due='by' done='over' reminds='BUO'"), 1u);
  EXPECT_EQ(faults("due='sealed' done='over'"), 0u);
  EXPECT_EQ(faults("due='sealed' done='over' reminds='AAC'"), 1u);
}

TEST(ProcessTemplate, NoRecordForNamedReadersReminds) {
  const auto faults = [](const std::string& attributes) {
    const std::string small =
        With(Small(), "</classes>",
             "<class code='NAM' name='n' level='S4' retention='R' filed-by='AAC' "
             "named-readers='yes'/></classes>");
    return FaultsOf(With(small, "<reading>",
                         "<records><record kind='k' what='w' class='NAM' written-by='AAC' due='by' "
                         "done='over'" +
                             attributes +
                             "><field name='by' what='w' type='date'/><field name='over' "
                             "what='w'/></record></records>\n<reading>"));
  };
  const Lines before = faults("");
  const Lines after = faults(" reminds='AAC'");
  ASSERT_EQ(after.size(), before.size() + 1);
  EXPECT_TRUE(std::any_of(after.begin(), after.end(), [](const std::string& fault) {
    return fault.find("<record> reminds does not go with a class for named readers") !=
           std::string::npos;
  }));
}

}  // namespace
}  // namespace policies
