// ReadingTables: who reads what in which phase of every shipped process, written down from what
// each process requires and not from the templates' texts.
#pragma once

#include <string>
#include <vector>

namespace policies::reading_tables {

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

inline std::vector<std::string> Before(std::vector<std::string> events, std::size_t count) {
  events.resize(count);
  return events;
}

inline const Expected& Macfa() {
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

inline std::vector<std::string> CaseAuditEvents() {
  return {"SCHEDULED",      "COMPLETION_STARTED", "PACK_RELEASED", "MEETING_STARTED",
          "MEETING_CLOSED", "REPORT_ISSUED",      "DISSEMINATED",  "UPDATE_ISSUED"};
}

// Nomination, preparation, completion, reading, meeting, sharing (reports not yet issued), impact,
// retention.
inline Moments CaseAuditMoments() {
  const auto all = CaseAuditEvents();
  return {Before(all, 0), Before(all, 1), Before(all, 2), Before(all, 3),
          Before(all, 4), Before(all, 5), Before(all, 7), Before(all, 8)};
}

inline const Expected& Maca() {
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

inline const Expected& Mata() {
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
inline const Expected& Maag() {
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

inline const Expected& Mash() {
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

inline std::vector<const Expected*> Everything() {
  return {&Macfa(), &Maca(), &Mata(), &Maag(), &Mash()};
}

}  // namespace policies::reading_tables
