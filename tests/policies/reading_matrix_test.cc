// The whole reading matrix of every shipped template, against tables written down from what each
// process requires and not from the templates' texts.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/policies/shipped.h"

namespace policies {
namespace {

using vault::MatterFacts;
using vault::ReadingCode;
using vault::ReadingFacts;
using vault::Relation;

// One column a phase: the events that have happened in it.
using Moments = std::vector<std::vector<std::string>>;

// A row is: role, classes, then the line for documents of one's own agency, of a subject one's
// agency is involved with, and of any other; "=" repeats the line before. Letters: o own, i inv,
// a all, d adm, c ctl, m meta, g agg, - nothing. "*" stands for every class the role's other rows
// do not name. What no row names is nothing. Every condition holds.
//
// A need is: role, classes, the letter that goes, and the conditions, each of which it needs. An
// end is: event, role, classes, the letter that is left once the event happened, whatever the
// phase.
struct Expected {
  const char* name;
  Moments moments;
  const char* rows;
  const char* needs;
  const char* ends;
};

std::vector<std::string> Before(std::vector<std::string> events, std::size_t count) {
  events.resize(count);
  return events;
}

const Expected& Macfa() {
  static const std::vector<std::string> kAll = {
      "LONGLIST_RECEIVED", "FORMS_ISSUED",    "SUBMISSION_DEADLINE",
      "PACK_RELEASED",     "MEETING_STARTED", "MEETING_CLOSED",
      "REPORT_APPROVED",   "IMPACT_SENT",     "IMPACT_CLOSED"};
  static const Expected kExpected = {
      "macfa",
      {Before(kAll, 0), Before(kAll, 1), Before(kAll, 2), Before(kAll, 3), Before(kAll, 4),
       Before(kAll, 5), Before(kAll, 6), Before(kAll, 7), Before(kAll, 8), Before(kAll, 9)},
      R"(
      BUO FRM          dddddddmmm = =
      BUO PAK          ----da---m = =
      BUO SCH          oooooooooo a----a---m =
      BUO LLI,SEL      oooooooooo -a---a---m =
      BUO KEY          -a---a---m = =
      BUO TOR,AGD,ATT,DRM,MTG,LRN,GOV,EML oooooooooo -----a---m =
      BUO DEL          oooooooooo -----am--m =
      BUO REP          oooooooooo -----aaa-m =
      BUO PLN          oooooooooo -----aaaam =
      BUO DIS          oooooooooo -----a-aam =
      BUO IMP          oooooooooo -----a--am =
      CHR SCH          a--------- = =
      CHR SEL          -a-------- = =
      CHR LLI          -m-------- = =
      CHR FRM          --mmaa---- = =
      CHR PAK          ----aa---- = =
      CHR REP          ------aaaa = =
      CHR PLN          ------aa-- = =
      CHR IMP          --------a- = =
      AAC SCH          a--------- = =
      AAC TOR          --a------- = =
      AAC FRM          oooooooooo ----ii---- ----------
      AAC PAK          ----ii---- = ----------
      AAC LLI,PLN,IMP,DIS,DEL oooooooooo ---------- =
      AAC REP          -------aaa = =
      AUD TOR          --a------- = =
      AUD FRM          oooooooooo ----ii---- ----------
      AUD PAK          ----ii---- = ----------
      AUD PLN,IMP      oooooooooo ---------- =
      PRT-D FRM,PAK    ----ii---- = ----------
      PRT-D LRN        -------a-- = =
      PRT-D IMP        oooooooooo ---------- =
      PRT-M FRM,PAK    ----ii---- = ----------
      PRT-M LRN        -------a-- = =
      PRT-M IMP        oooooooooo ---------- =
      PRT-X FRM,PAK    ----ii---- = ----------
      PRT-X LRN        -------a-- = =
      PRT-X IMP        oooooooooo ---------- =
      PRT-S REP        -------a-- = =
      PRT-S IMP        oooooooooo ---------- =
      GRP SCH          a--------- = =
      GRP LLI,SEL      -g-------- = =
      GRP FRM          --gg--g--- = =
      GRP DEL          ------g--- = =
      GRP REP          -------aaa = =
      GRP PLN          -------a-- = =
      GRP IMP          --------g- = =
      PTN SCH          a--------- = =
      PTN LRN          -------a-a = =
      IGO GOV          oooooooooo acccc-cccc =
      IGO DEL          -cccc-accc = =
      IGO *            -cccc-cccc = =
      INS REP,PLN      -------aaa = =
      )",
      R"(
      AAC REP                     a participating
      AUD,PRT-D,PRT-M,PRT-X FRM,PAK i attending
      PRT-S REP                   a participating
      IGO *                       c control-task
      )",
      R"()"};
  return kExpected;
}

std::vector<std::string> CaseAuditEvents() {
  return {"SCHEDULED",      "COMPLETION_STARTED", "PACK_RELEASED", "MEETING_STARTED",
          "MEETING_CLOSED", "REPORT_ISSUED",      "DISSEMINATED",  "UPDATE_ISSUED"};
}

// Nomination, preparation, completion, reading, meeting, sharing (reports not yet issued), impact,
// retention.
Moments CaseAuditMoments() {
  const auto all = CaseAuditEvents();
  return {Before(all, 0), Before(all, 1), Before(all, 2), Before(all, 3),
          Before(all, 4), Before(all, 5), Before(all, 7), Before(all, 8)};
}

const Expected& Maca() {
  static const Expected kExpected = {"maca", CaseAuditMoments(), R"(
      BUO NOM,SCH,TOR,LOE,AGD,ATT,DRM,MTG,REP,OVR,PLN,LRN,DIS,UPD,FBK,DEL,GOV,EML oooooooo aaaaaaam =
      BUO KEY          aaaaaaam = =
      BUO FRM          ddddddmm = =
      BUO PAK          ---dd--- = =
      CHR SCH,TOR      -a------ = =
      CHR FRM          --maa--- = =
      CHR PAK,AGD,LOE  ---aa--- = =
      CHR REP,OVR      -----aaa = =
      CHR PLN          -----aa- = =
      CHR UPD          ------aa = =
      AAC SCH,TOR      -aaaa--- = =
      AAC NOM,DIS,FBK,DEL oooooooo -------- =
      AAC FRM          oooooooo ---ii--- --------
      AAC PAK          ---ii--- = --------
      AAC LOE          ----a--- = =
      AAC REP,OVR      -----aaa = =
      AAC PLN          oooooooo -----aa- =
      AAC UPD          oooooooo ------aa =
      AUD TOR          --a----- = =
      AUD NOM,FBK      oooooooo -------- =
      AUD FRM          oooooooo ---ii--- --------
      AUD PAK          ---ii--- = --------
      AUD LOE          ----a--- = =
      AUD OVR          -----aa- = =
      PRT-D NOM,FBK    oooooooo -------- =
      PRT-D FRM,PAK    ---ii--- = --------
      PRT-D LOE        ----a--- = =
      PRT-D OVR,LRN    -----aa- = =
      PRT-M NOM,FBK    oooooooo -------- =
      PRT-M FRM,PAK    ---ii--- = --------
      PRT-M LOE        ----a--- = =
      PRT-M OVR,LRN    -----aa- = =
      PRT-X NOM,FBK    oooooooo -------- =
      PRT-X FRM,PAK    ---ii--- = --------
      PRT-X LOE        ----a--- = =
      PRT-X OVR,LRN    -----aa- = =
      PRT-S NOM,FBK    oooooooo -------- =
      PRT-S OVR,LRN    -----aa- = =
      GRP SCH          -a------ = =
      GRP FRM          --g----- = =
      GRP LRN          -----aaa = =
      GRP UPD          ------aa = =
      PTN NOM          oooooooo -------- =
      PTN SCH          -a------ = =
      PTN LRN          -----aaa = =
      IGO GOV          oooooooo cccc-ccc =
      IGO DEL          cccc-acc = =
      IGO *            cccc-ccc = =
      INS REP,OVR,PLN,UPD -----aaa = =
      )",
                                     R"(
      AAC,AUD,PRT-D,PRT-M,PRT-X LOE     a attending
      AAC,AUD,PRT-D,PRT-M,PRT-X,PRT-S OVR a attending
      AUD,PRT-D,PRT-M,PRT-X FRM,PAK     i attending
      AAC REP,PLN,UPD                   a participating
      IGO *                             c control-task
      )",
                                     R"(
      DISPOSED AAC REP,OVR -
      )"};
  return kExpected;
}

const Expected& Mata() {
  static const Expected kExpected = {"mata", CaseAuditMoments(), R"(
      BUO NOM,SCH,TOR,LOE,AGD,ATT,DRM,MTG,OVR,PLN,LRN,DIS,UPD,FBK,DEL,GOV,EML oooooooo aaaaaaam =
      BUO KEY          aaaaaaam = =
      BUO FRM,ACT      ddddddmm = =
      BUO OVF          aaaaaaaa = =
      BUO PAK          ---dd--- = =
      CHR SCH,TOR      -a------ = =
      CHR FRM          --maa--- = =
      CHR PAK,AGD,LOE,OVF ---aa--- = =
      CHR OVR          -----aaa = =
      CHR PLN          -----aa- = =
      CHR UPD          ------aa = =
      AAC SCH,TOR      -aaaa--- = =
      AAC NOM,DIS,FBK,DEL,ACT oooooooo -------- =
      AAC FRM          oooooooo ---ii--- --------
      AAC PAK          ---ii--- = --------
      AAC OVF          oooooooo ---aa--- =
      AAC LOE          ----a--- = =
      AAC OVR          -----aaa = =
      AAC PLN          oooooooo -----aa- =
      AAC UPD          oooooooo ------aa =
      AUD TOR          --a----- = =
      AUD NOM,FBK,ACT  oooooooo -------- =
      AUD FRM          oooooooo ---ii--- --------
      AUD PAK          ---ii--- = --------
      AUD OVF          ---aa--- = =
      AUD LOE          ----a--- = =
      AUD OVR          -----aa- = =
      PRT-D NOM,FBK    oooooooo -------- =
      PRT-D FRM,PAK    ---ii--- = --------
      PRT-D OVF        ---aa--- = =
      PRT-D LOE        ----a--- = =
      PRT-D OVR,LRN    -----aa- = =
      PRT-M NOM,FBK    oooooooo -------- =
      PRT-M FRM,PAK    ---ii--- = --------
      PRT-M OVF        ---aa--- = =
      PRT-M LOE        ----a--- = =
      PRT-M OVR,LRN    -----aa- = =
      PRT-X NOM,FBK    oooooooo -------- =
      PRT-X FRM,PAK    ---ii--- = --------
      PRT-X OVF        ---aa--- = =
      PRT-X LOE        ----a--- = =
      PRT-X OVR,LRN    -----aa- = =
      PRT-S NOM,FBK    oooooooo -------- =
      PRT-S OVR,LRN    -----aa- = =
      GRP SCH          -a------ = =
      GRP FRM          --g----- = =
      GRP LRN          -----aaa = =
      GRP UPD          ------aa = =
      PTN NOM          oooooooo -------- =
      PTN SCH          -a------ = =
      PTN LRN          -----aaa = =
      IGO GOV          oooooooo cccc-ccc =
      IGO DEL          cccc-acc = =
      IGO *            cccc-ccc = =
      INS OVR,PLN,UPD  -----aaa = =
      )",
                                     R"(
      AAC,AUD,PRT-D,PRT-M,PRT-X LOE     a attending
      AAC,AUD,PRT-D,PRT-M,PRT-X,PRT-S OVR a attending
      AUD,PRT-D,PRT-M,PRT-X FRM,PAK     i attending
      AUD,PRT-D,PRT-M,PRT-X OVF         a attending,participating
      AAC OVF,PLN,UPD                   a participating
      IGO *                             c control-task
      )",
                                     R"(
      DISPOSED AAC OVR -
      )"};
  return kExpected;
}

// Request, triage, panel, allocation (papers not yet withdrawn), team, chase, review, closed,
// report.
const Expected& Maag() {
  static const std::vector<std::string> kAll = {
      "CAF_RECEIVED",     "TRIAGED_TO_PANEL", "PAPERS_OUT", "PACKAGE_ALLOCATED",
      "PAPERS_WITHDRAWN", "TAC_HELD",         "CHASE_1",    "ACTION_PLAN_RETURNED",
      "CASE_CLOSED",      "QUARTER_END"};
  static const Expected kExpected = {
      "maag",
      {Before(kAll, 1), Before(kAll, 2), Before(kAll, 3), Before(kAll, 4), Before(kAll, 6),
       Before(kAll, 7), Before(kAll, 8), Before(kAll, 9), Before(kAll, 10)},
      R"(
      BUO CAF,PPR,MPO,TAP,TRV,CHS,AGD,ATT,STA,CST,TOR,GOV,EML aaaaaaaaa = =
      PNL CAF          ooooooooo --aa----- =
      PNL PPR          --aa----- = =
      PNL AGD          -aa------ = =
      PNL MPO          ---iiii-- = ---------
      PNL STA          ggggggggg = =
      PRT-D CAF        ooooooooo ---iiii-- ---------
      PRT-D MPO,TAP,TRV ---iiii-- = ---------
      PRT-D CHS        ooooooooo --------- =
      LP CAF,TAP,TRV   ooooooooo ---aaaa-- =
      LP MPO,CHS       ---aaaa-- = =
      PTN CAF          ooooooooo --------- =
      GRP STA          ggggggggg = =
      PRT-S CAF,PPR,MPO,TAP,TRV,ATT mmmmmmmmm = =
      PRT-S CHS        mmmmmammm = =
      PRT-S STA        aaaaaaaaa = =
      IGO STA          aaaaaaaaa = =
      IGO GOV          ooooooooo ccccccccc =
      IGO *            ccccccccc = =
      INS STA,CST      --------a = =
      )",
      R"(
      LP CAF,MPO,TAP,TRV,CHS a assigned
      IGO *                  c control-task
      )",
      R"(
      PAPERS_WITHDRAWN PNL CAF,PPR -
      )"};
  return kExpected;
}

const Expected& Mash() {
  static const std::vector<std::string> kAll = {
      "REFERRAL_RECEIVED", "REQUEST_SENT",         "DECIDED",
      "STRATEGY_CONVENED", "FILED_TO_CASE_RECORD", "SCRUTINY_STARTED"};
  static const Expected kExpected = {"mash",
                                     {Before(kAll, 1), Before(kAll, 2), Before(kAll, 3),
                                      Before(kAll, 4), Before(kAll, 5), Before(kAll, 6)},
                                     R"(
      BUO RFL,IRQ,IRS,DEC,TRF,OUT,DRM,STM,TRI dddddd = =
      BUO IRX          mmmmmm = =
      BUO SCR,PLN,LRN,TOR,GOV,EML aaaaaa = =
      HUB-MGR RFL,IRQ,IRS,IRX,DEC,TRF,OUT,DRM,STM aaaaa- = =
      HUB-MGR TRI      iiiii- = ------
      HUB-MGR LRN,TOR  aaaaaa = =
      HUB RFL,IRQ,IRS  oooooo -iii-- ------
      HUB DEC          -iii-- = ------
      HUB IRX,TRI      oooooo ------ =
      HUB STM          ---i-- = ------
      HUB LRN,TOR      aaaaaa = =
      PRT-M TRF,DEC,STM --iii- = ------
      PRT-M IRX        --mmm- = =
      PRT-D RFL        oooooo ------ =
      PRT-D OUT        --iii- = ------
      MIN DRM,STM      ---o-- ------ =
      PRT-X TRI        oooooo ------ =
      GRP RFL,IRQ,IRS,DEC,STM,TRI gggggg = =
      GRP SCR          aaaaaa = =
      PTN LRN          aaaaaa = =
      IGO GOV          oooooo cccccc =
      IGO *            cccccc = =
      INS SCR          -----a = =
      )",
                                     R"(
      HUB-MGR RFL,IRQ,IRS,IRX,DEC,TRF,OUT,DRM,STM a assigned
      HUB-MGR TRI                                 i assigned
      HUB STM                                     i attending
      IGO *                                       c control-task
      )",
                                     R"(
      DISPOSED BUO RFL,IRQ,IRS,DEC,TRF,OUT,DRM,STM,TRI -
      MINUTES_APPROVED MIN DRM,STM -
      )"};
  return kExpected;
}

std::vector<const Expected*> Everything() { return {&Macfa(), &Maca(), &Mata(), &Maag(), &Mash()}; }

constexpr Relation kRelations[] = {Relation::kOwn, Relation::kInvolved, Relation::kUninvolved};
using Lines = std::map<std::string, std::string>;  // "role class relation" to one letter a phase

std::vector<std::string> SplitAt(const std::string& text, char mark) {
  std::vector<std::string> out;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, mark);) out.push_back(part);
  return out;
}

Lines ExpectedLines(const Expected& expected, const ProcessTemplate& rules) {
  Lines lines;
  std::map<std::string, std::set<std::string>> named;
  std::vector<std::pair<std::string, std::vector<std::string>>> rest;
  std::stringstream rows(expected.rows);
  std::string role, classes, line;
  const auto put = [&lines](const std::string& role_code, const std::string& class_code,
                            const std::vector<std::string>& three) {
    for (std::size_t i = 0; i < 3; ++i) {
      lines[role_code + " " + class_code + " " + std::to_string(i)] = three[i];
    }
  };
  while (rows >> role >> classes) {
    std::vector<std::string> three;
    for (int i = 0; i < 3; ++i) {
      rows >> line;
      three.push_back(line == "=" ? three.back() : line);
      EXPECT_EQ(three.back().size(), expected.moments.size()) << role << classes;
    }
    if (classes == "*") {
      rest.emplace_back(role, three);
      continue;
    }
    for (const auto& code : SplitAt(classes, ',')) {
      EXPECT_TRUE(rules.Class(code).ok()) << code;
      EXPECT_TRUE(named[role].insert(code).second) << role << code;
      put(role, code, three);
    }
  }
  const std::string nothing(expected.moments.size(), '-');
  for (const auto& each : rules.Roles()) {
    for (const auto& rule : rules.Classes()) {
      if (!named[each.code].contains(rule.code)) {
        put(each.code, rule.code, {nothing, nothing, nothing});
      }
    }
  }
  for (const auto& [code, three] : rest) {
    for (const auto& rule : rules.Classes()) {
      if (!named[code].contains(rule.code)) put(code, rule.code, three);
    }
  }
  return lines;
}

bool Lists(const std::string& list, const std::string& word) {
  const auto words = SplitAt(list, ',');
  return list == "*" || std::find(words.begin(), words.end(), word) != words.end();
}

// What the table says without one condition: the letters that need it are nothing.
Lines ExpectedWithout(const Expected& expected, Lines lines, const std::string& condition) {
  std::stringstream rows(expected.needs);
  std::string roles, classes, letter, conditions;
  while (rows >> roles >> classes >> letter >> conditions) {
    EXPECT_EQ(letter.size(), 1u);
    if (!Lists(conditions, condition)) continue;
    for (auto& [cell, line] : lines) {
      const auto words = SplitAt(cell, ' ');
      if (!Lists(roles, words[0]) || !Lists(classes, words[1])) continue;
      std::replace(line.begin(), line.end(), letter[0], '-');
    }
  }
  return lines;
}

// The events after which something ends within a phase, and what is left then.
std::map<std::string, Lines> ExpectedEnds(const Expected& expected, const Lines& wanted) {
  std::map<std::string, Lines> ends;
  std::stringstream rows(expected.ends);
  std::string event, roles, classes, left;
  while (rows >> event >> roles >> classes >> left) {
    Lines& lines = ends.try_emplace(event, wanted).first->second;
    for (auto& [cell, line] : lines) {
      const auto words = SplitAt(cell, ' ');
      if (!Lists(roles, words[0]) || !Lists(classes, words[1])) continue;
      for (char& letter : line) {
        // What one's own agency filed stays open, but for what the table says is written only.
        if (letter != 'o' || words[0] == "MIN") letter = left[0];
      }
    }
  }
  return ends;
}

char Letter(ReadingCode code) {
  switch (code) {
    case ReadingCode::kNone:
      return '-';
    case ReadingCode::kMeta:
      return 'm';
    case ReadingCode::kAgg:
      return 'g';
    case ReadingCode::kOwn:
      return 'o';
    case ReadingCode::kInv:
      return 'i';
    case ReadingCode::kAll:
      return 'a';
    case ReadingCode::kAdm:
      return 'd';
    case ReadingCode::kCtl:
      return 'c';
  }
  return '?';
}

ReadingFacts FactsOf(const std::string& role, const std::string& class_code, Relation relation) {
  ReadingFacts facts{{role}, class_code, relation, true, true, true, true};
  facts.named = true;
  facts.assigned = {role};
  return facts;
}

const std::vector<std::string>& Conditions() {
  static const std::vector<std::string> kAll = {"attending", "participating", "control-task",
                                                "assigned"};
  return kAll;
}

ReadingFacts Without(ReadingFacts facts, const std::string& condition) {
  if (condition == "attending") facts.attending = false;
  if (condition == "participating") facts.participating = false;
  if (condition == "control-task") facts.control_task = false;
  if (condition == "assigned") facts.assigned = {"nobody"};
  return facts;
}

// Seen is how a matrix is looked at: for one role or all of them, without one condition or with all
// of them, and after one more event than the phase needs or none.
struct Seen {
  std::string only = {};
  std::string without = {};
  std::string then = {};
};

Lines RealLines(const ProcessTemplate& rules, const Moments& moments, const Seen& seen) {
  std::vector<MatterFacts> matters;
  for (auto events : moments) {
    if (!seen.then.empty()) events.push_back(seen.then);
    matters.push_back(After(events));
  }
  Lines lines;
  for (const auto& role : rules.Roles()) {
    if (!seen.only.empty() && role.code != seen.only) continue;
    for (const auto& rule : rules.Classes()) {
      for (std::size_t i = 0; i < 3; ++i) {
        std::string& line = lines[role.code + " " + rule.code + " " + std::to_string(i)];
        const ReadingFacts facts =
            Without(FactsOf(role.code, rule.code, kRelations[i]), seen.without);
        for (const auto& matter : matters) line += Letter(rules.Read(matter, facts).code);
      }
    }
  }
  return lines;
}

TEST(ReadingMatrix, EveryMomentIsAPhaseOfItsOwn) {
  for (const Expected* expected : Everything()) {
    const ProcessTemplate& rules = Shipped(expected->name);
    ASSERT_EQ(rules.Phases().size(), expected->moments.size());
    for (std::size_t i = 0; i < expected->moments.size(); ++i) {
      EXPECT_EQ(rules.Phase(After(expected->moments[i])), rules.Phases()[i]) << expected->name << i;
    }
  }
}

TEST(ReadingMatrix, EveryCellOfEveryTemplateIsAsWrittenDown) {
  for (const Expected* expected : Everything()) {
    const ProcessTemplate& rules = Shipped(expected->name);
    const Lines wanted = ExpectedLines(*expected, rules);
    const Lines real = RealLines(rules, expected->moments, {});
    ASSERT_EQ(wanted.size(), real.size());
    EXPECT_EQ(real.size(), rules.Roles().size() * rules.Classes().size() * 3);
    for (const auto& [cell, line] : wanted) {
      EXPECT_EQ(real.at(cell), line) << expected->name << " " << cell;
    }
  }
}

// Table is what is written down of a matrix, looked at in one way.
struct Table {
  Lines wanted;
  Seen seen;
};

// With every condition, without each of them, and after each event that ends something.
std::vector<Table> TablesOf(const Expected& expected) {
  const Lines wanted = ExpectedLines(expected, Shipped(expected.name));
  std::vector<Table> tables = {{wanted, {}}};
  for (const auto& condition : Conditions()) {
    tables.push_back({ExpectedWithout(expected, wanted, condition), {"", condition, ""}});
  }
  for (const auto& [event, lines] : ExpectedEnds(expected, wanted)) {
    tables.push_back({lines, {"", "", event}});
  }
  return tables;
}

// Difference tells the first cell of a matrix, or of one role in it, that is not as written down.
std::string Difference(const std::vector<Table>& tables, const ProcessTemplate& rules,
                       const Moments& moments, const std::string& only) {
  for (const Table& table : tables) {
    Seen seen = table.seen;
    seen.only = only;
    for (const auto& [cell, line] : RealLines(rules, moments, seen)) {
      if (table.wanted.at(cell) == line) continue;
      return cell + " " + seen.without + seen.then + ": " + line + ", not " + table.wanted.at(cell);
    }
  }
  return "";
}

TEST(ReadingMatrix, EveryConditionAndEveryEndIsAsWrittenDown) {
  for (const Expected* expected : Everything()) {
    EXPECT_EQ(Difference(TablesOf(*expected), Shipped(expected->name), expected->moments, ""), "")
        << expected->name;
  }
}

// One attribute of one row of a template's text, where it stands.
struct Attribute {
  std::size_t at = std::string::npos;  // of its value
  std::string value;
};

Attribute Find(const std::string& text, std::size_t row, const std::string& name) {
  const std::size_t end = text.find("/>", row);
  const std::size_t at = text.find(" " + name + "=\"", row);
  if (at == std::string::npos || at > end) return {};
  const std::size_t value = at + name.size() + 3;
  return {value, text.substr(value, text.find('"', value) - value)};
}

// Every row of every template is changed in turn, and loses its conditions and its end in turn; the
// tables have to notice each.
TEST(ReadingMatrix, OneChangedRowIsNoticed) {
  for (const Expected* expected : Everything()) {
    const std::string text = ShippedText(std::string("templates/") + expected->name + ".xml");
    const std::vector<Table> tables = TablesOf(*expected);
    int changes = 0;
    const auto noticed = [&](const std::string& changed, std::size_t row) {
      auto rules = ProcessTemplate::Parse(changed, ShippedCalendars(), "");
      ASSERT_TRUE(rules.ok()) << expected->name << text.substr(row, 90);
      EXPECT_NE(
          Difference(tables, *rules.value(), expected->moments, Find(text, row, "role").value), "")
          << expected->name << ": " << text.substr(row, text.find("/>", row) - row);
      ++changes;
    };
    for (std::size_t row = text.find("<read "); row != std::string::npos;
         row = text.find("<read ", row + 1)) {
      const Attribute code = Find(text, row, "code");
      std::string changed = text;
      changed.replace(code.at, code.value.size(), code.value == "agg" ? "meta" : "agg");
      noticed(changed, row);
      for (const std::string name : {"if", "until"}) {
        const Attribute attribute = Find(text, row, name);
        // Reading for a task needs the task by itself.
        if (attribute.at == std::string::npos || code.value == "ctl") continue;
        for (const auto& word : SplitAt(attribute.value, ' ')) {
          std::string left = attribute.value;
          left.erase(left.find(word), word.size());
          while (!left.empty() && left.front() == ' ') left.erase(0, 1);
          changed = text;
          if (left.empty()) {
            const std::size_t from = attribute.at - name.size() - 3;
            changed.erase(from, attribute.at + attribute.value.size() + 1 - from);
          } else {
            changed.replace(attribute.at, attribute.value.size(), left);
          }
          noticed(changed, row);
        }
      }
    }
    EXPECT_GT(changes, 15) << expected->name;
  }
}

// One cell at a time, every role by class by phase: what is in it is taken out, and everything is
// given in its place. The table has to notice both.
TEST(ReadingMatrix, OneFlippedCellIsNoticed) {
  for (const Expected* expected : Everything()) {
    const ProcessTemplate& shipped = Shipped(expected->name);
    const Lines wanted = ExpectedLines(*expected, shipped);
    const auto phases = shipped.Phases();
    std::vector<std::string> named;
    for (const auto& rule : shipped.Classes()) {
      if (rule.named_readers) named.push_back(rule.code);
    }
    const auto letters = [&](const std::vector<ReadingRow>& rows, const std::string& role,
                             const std::string& class_code, std::size_t phase) {
      const NeedToKnow matrix(rows, named, PackScope::kInvolved);
      const MatterFacts matter = After(expected->moments[phase]);
      std::string out;
      for (const Relation relation : kRelations) {
        out += Letter(matrix.Read(phases[phase], matter, FactsOf(role, class_code, relation)).code);
      }
      return out;
    };
    const auto& all = shipped.Data().reading.rows();
    int flipped = 0;
    for (const auto& role : shipped.Roles()) {
      std::vector<ReadingRow> rows;
      std::copy_if(all.begin(), all.end(), std::back_inserter(rows),
                   [&](const ReadingRow& row) { return row.role == role.code; });
      for (const auto& rule : shipped.Classes()) {
        for (std::size_t phase = 0; phase < phases.size(); ++phase) {
          std::string cell;
          for (std::size_t i = 0; i < 3; ++i) {
            cell += wanted.at(role.code + " " + rule.code + " " + std::to_string(i))[phase];
          }
          ASSERT_EQ(letters(rows, role.code, rule.code, phase), cell) << role.code << rule.code;
          auto given = rows;
          for (const ReadingCode code : {ReadingCode::kOwn, ReadingCode::kAll}) {
            ReadingRow row;
            row.role = role.code;
            row.classes = {rule.code};
            row.phases = {phases[phase]};
            row.code = code;
            given.push_back(row);
          }
          if (cell != "oaa") {
            EXPECT_NE(letters(given, role.code, rule.code, phase), cell);
            ++flipped;
          }
          std::vector<ReadingRow> taken;
          for (const ReadingRow& row : rows) {
            const auto has = [](const std::vector<std::string>& list, const std::string& word) {
              return list.empty() || std::find(list.begin(), list.end(), word) != list.end();
            };
            if (!has(row.classes, rule.code) || !has(row.phases, phases[phase])) {
              taken.push_back(row);
            }
          }
          if (cell != "---") {
            EXPECT_NE(letters(taken, role.code, rule.code, phase), cell);
            ++flipped;
          }
        }
      }
    }
    EXPECT_GT(flipped, 300) << expected->name;
  }
}

TEST(ReadingMatrix, WhoIsExcludedOrNoMemberReadsNothing) {
  for (const Expected* expected : Everything()) {
    const ProcessTemplate& rules = Shipped(expected->name);
    for (const auto& role : rules.Roles()) {
      for (const auto& rule : rules.Classes()) {
        for (const auto& events : expected->moments) {
          ReadingFacts facts = FactsOf(role.code, rule.code, Relation::kInvolved);
          facts.excluded = true;
          EXPECT_EQ(rules.Read(After(events), facts).code, ReadingCode::kNone);
          facts.excluded = false;
          facts.member = false;
          const ReadingCode code = rules.Read(After(events), facts).code;
          if (role.code == "BUO") {
            EXPECT_TRUE(code == ReadingCode::kMeta || code == ReadingCode::kNone);
          } else {
            EXPECT_EQ(code, ReadingCode::kNone) << expected->name << role.code << rule.code;
          }
        }
      }
    }
  }
}

TEST(ReadingMatrix, NamedClassesOpenToTheirNamedReadersAlone) {
  int named = 0;
  for (const Expected* expected : Everything()) {
    const ProcessTemplate& rules = Shipped(expected->name);
    for (const auto& rule : rules.Classes()) {
      EXPECT_EQ(rule.named_readers, rule.sensitivity == 4) << rule.code;
      if (!rule.named_readers) continue;
      ++named;
      EXPECT_TRUE(rule.lent_by.empty()) << rule.code;
      for (const auto& role : rules.Roles()) {
        for (const auto& events : expected->moments) {
          ReadingFacts facts = FactsOf(role.code, rule.code, Relation::kOwn);
          facts.named = false;
          EXPECT_LE(ReadingStrength(rules.Read(After(events), facts).code),
                    ReadingStrength(ReadingCode::kMeta));
        }
      }
    }
  }
  EXPECT_EQ(named, 4);
}

TEST(ReadingMatrix, ConditionsThatDoNotHoldOpenNothing) {
  const auto read = [](const char* name, const Moments& moments, std::size_t phase,
                       const ReadingFacts& facts) {
    return Shipped(name).Read(After(moments[phase]), facts).code;
  };
  ReadingFacts attends = FactsOf("PRT-D", "PAK", Relation::kInvolved);
  EXPECT_EQ(read("maca", Maca().moments, 3, attends), ReadingCode::kInv);
  attends.attending = false;
  EXPECT_EQ(read("maca", Maca().moments, 3, attends), ReadingCode::kNone);

  ReadingFacts lead = FactsOf("LP", "CAF", Relation::kInvolved);
  EXPECT_EQ(read("maag", Maag().moments, 4, lead), ReadingCode::kAll);
  lead.assigned = {"HUB-MGR"};
  EXPECT_EQ(read("maag", Maag().moments, 4, lead), ReadingCode::kNone);

  ReadingFacts manager = FactsOf("HUB-MGR", "RFL", Relation::kUninvolved);
  EXPECT_EQ(read("mash", Mash().moments, 1, manager), ReadingCode::kAll);
  manager.assigned.clear();
  EXPECT_EQ(read("mash", Mash().moments, 1, manager), ReadingCode::kNone);

  ReadingFacts report = FactsOf("AAC", "REP", Relation::kUninvolved);
  EXPECT_EQ(read("macfa", Macfa().moments, 8, report), ReadingCode::kAll);
  report.participating = false;
  EXPECT_EQ(read("macfa", Macfa().moments, 8, report), ReadingCode::kNone);

  ReadingFacts control = FactsOf("IGO", "CAF", Relation::kUninvolved);
  control.control_task = false;
  EXPECT_EQ(read("maag", Maag().moments, 4, control), ReadingCode::kNone);
}

TEST(ReadingMatrix, PanelPapersGoWhenTheyAreWithdrawnAlsoInTheSamePhase) {
  ReadingFacts member = FactsOf("PNL", "CAF", Relation::kUninvolved);
  MatterFacts matter = After({"TRIAGED_TO_PANEL", "PAPERS_OUT", "PACKAGE_ALLOCATED"});
  EXPECT_EQ(Shipped("maag").Phase(matter), "P4");
  EXPECT_EQ(Shipped("maag").Read(matter, member).code, ReadingCode::kAll);
  matter.events.push_back({"PAPERS_WITHDRAWN", matter.events.back().at + 60});
  EXPECT_EQ(Shipped("maag").Phase(matter), "P4");
  EXPECT_EQ(Shipped("maag").Read(matter, member).code, ReadingCode::kNone);
}

}  // namespace
}  // namespace policies
