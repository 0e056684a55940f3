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
struct Expected {
  const char* name;
  Moments moments;
  const char* rows;
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
      BUO REP,PLN      oooooooooo -----aaa-m =
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
      )"};
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

// roles: all of them, or one.
Lines RealLines(const ProcessTemplate& rules, const Moments& moments, const std::string& only) {
  std::vector<MatterFacts> matters;
  for (const auto& events : moments) matters.push_back(After(events));
  Lines lines;
  for (const auto& role : rules.Roles()) {
    if (!only.empty() && role.code != only) continue;
    for (const auto& rule : rules.Classes()) {
      for (std::size_t i = 0; i < 3; ++i) {
        std::string& line = lines[role.code + " " + rule.code + " " + std::to_string(i)];
        const ReadingFacts facts = FactsOf(role.code, rule.code, kRelations[i]);
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
    const Lines real = RealLines(rules, expected->moments, "");
    ASSERT_EQ(wanted.size(), real.size());
    EXPECT_EQ(real.size(), rules.Roles().size() * rules.Classes().size() * 3);
    for (const auto& [cell, line] : wanted) {
      EXPECT_EQ(real.at(cell), line) << expected->name << " " << cell;
    }
  }
}

// Every row of every template is changed in turn; the table has to notice each.
TEST(ReadingMatrix, OneFlippedRowIsNoticed) {
  for (const Expected* expected : Everything()) {
    const std::string text = ShippedText(std::string("templates/") + expected->name + ".xml");
    const Lines wanted = ExpectedLines(*expected, Shipped(expected->name));
    int flipped = 0;
    for (std::size_t at = text.find("<read "); at != std::string::npos;
         at = text.find("<read ", at + 1)) {
      const std::size_t role_at = text.find("role=\"", at) + 6;
      const std::string role = text.substr(role_at, text.find('"', role_at) - role_at);
      std::size_t code_at = text.find(" code=\"", at) + 7;
      const std::size_t code_end = text.find('"', code_at);
      const std::string code = text.substr(code_at, code_end - code_at);
      std::string changed = text;
      changed.replace(code_at, code_end - code_at, code == "agg" ? "meta" : "agg");
      auto rules = ProcessTemplate::Parse(changed, ShippedCalendars(), "");
      ASSERT_TRUE(rules.ok()) << expected->name << role << code;
      const Lines real = RealLines(*rules.value(), expected->moments, role);
      const bool same = std::all_of(real.begin(), real.end(), [&wanted](const auto& line) {
        return wanted.at(line.first) == line.second;
      });
      EXPECT_FALSE(same) << expected->name << ": " << text.substr(at, text.find("/>", at) - at);
      ++flipped;
    }
    EXPECT_GT(flipped, 15) << expected->name;
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
