// What holds for the shipped processes alike: periods, records, and what is kept for how long.
#include <gtest/gtest.h>

#include "tests/policies/asked.h"

namespace policies {
namespace {

using vault::MatterFacts;
using vault::RecordFacts;
using vault::RetentionFacts;
using vault::RetentionState;

TEST(Processes, EveryPeriodSaysWhatItRestsOn) {
  for (const auto& name : ShippedNames()) {
    const TemplateData& data = Shipped(name).Data();
    const auto based = [&name](const std::string& basis, const std::string& what) {
      EXPECT_TRUE(basis == "seed" || basis == "assumption" || basis.size() > 12) << name << what;
    };
    for (const auto& due : data.dues) based(due.basis, due.id);
    for (const auto& [id, rule] : data.retention.rules) {
      based(rule.basis, id);
      EXPECT_FALSE(rule.authority.empty()) << name << id;
    }
    for (const auto& [id, limit] : data.limits) based(limit.basis, id);
    for (const auto& check : data.checks) based(check.basis, check.id);
    for (const auto& recurrence : data.recurrences) based(recurrence.basis, recurrence.id);
    for (const auto& form : data.forms) based(form.basis, form.id);
    EXPECT_FALSE(data.source.empty()) << name;
  }
}

TEST(Processes, InformationRequestsHaveTheirStatutoryClocksInEveryProcess) {
  for (const auto& name : ShippedNames()) {
    const auto due = [&](const char* event, const char* at, const char* id) {
      MatterFacts matter;
      matter.events = {{event, When(at)}};
      for (const auto& item : Shipped(name).Due(matter)) {
        if (item.id == id && item.due) return item.due->ToText();
      }
      return std::string("none");
    };
    // A month, to the corresponding day or the next working day.
    for (const auto& [received, answer] :
         {std::pair{"2026-04-14T10:00", "2026-05-14"}, std::pair{"2026-09-03T10:00", "2026-10-05"},
          std::pair{"2026-01-31T10:00", "2026-03-02"}, std::pair{"2026-11-25T10:00", "2026-12-29"},
          std::pair{"2027-02-26T10:00", "2027-03-30"}}) {
      EXPECT_EQ(due("SUBJECT_ACCESS_RECEIVED", received, "subject-access"), answer) << name;
    }
    EXPECT_EQ(due("SUBJECT_ACCESS_RECEIVED", "2026-04-14T10:00", "subject-access-limit"),
              "2026-07-14")
        << name;
    // Twenty working days, on which no part of the United Kingdom has a bank holiday.
    EXPECT_EQ(due("FOI_RECEIVED", "2026-03-02T10:00", "freedom-of-information"), "2026-03-31")
        << name;
    EXPECT_EQ(due("FOI_RECEIVED", "2026-07-16T10:00", "freedom-of-information"), "2026-08-14")
        << name;
    EXPECT_EQ(Shipped(name).Event("SUBJECT_ACCESS_RECEIVED").value().recorded_by,
              (std::vector<std::string>{"BUO", "IGO"}))
        << name;
  }
}

TEST(Processes, InformationRequestsPlaceAHoldInEveryProcessAndTheirAnswersDoNot) {
  const vault::Day day = vault::Day::Parse("2026-04-14").value();
  for (const auto& name : ShippedNames()) {
    const auto access = Shipped(name).HoldOf("SUBJECT_ACCESS_RECEIVED", day);
    const auto information = Shipped(name).HoldOf("FOI_RECEIVED", day);
    ASSERT_TRUE(access && information) << name;
    EXPECT_EQ(access->reason, "a subject access request came in") << name;
    EXPECT_EQ(access->authority, "Data Protection Act 2018, section 173") << name;
    EXPECT_EQ(access->review.ToText(), "2026-07-14") << name;
    EXPECT_EQ(information->authority, "Freedom of Information Act 2000, section 77") << name;
    std::size_t placing = 0;
    for (const auto& event : Shipped(name).Events()) {
      placing += Shipped(name).HoldOf(event.name, day).has_value() ? 1 : 0;
    }
    EXPECT_EQ(placing, 2u) << name;
  }
}

TEST(Processes, TheSubjectAccessClockStandsStillWhileThePersonIsAsked) {
  for (const auto& name : ShippedNames()) {
    MatterFacts matter;
    const auto add = [&](const char* event, const char* at) {
      matter.events.push_back({std::string("SUBJECT_ACCESS_") + event, When(at)});
    };
    const auto item = [&](const char* id) {
      for (const auto& one : Shipped(name).Due(matter)) {
        if (one.id == id) return one;
      }
      ADD_FAILURE() << name << " " << id;
      return vault::DueItem();
    };
    const auto due = [&](const char* id) {
      const auto day = item(id).due;
      return day ? day->ToText() : std::string("none");
    };
    // What another request was asked is not this one's.
    add("PAUSED", "2026-04-01T10:00");
    add("RESUMED", "2026-04-08T10:00");
    add("RECEIVED", "2026-04-14T10:00");
    EXPECT_EQ(due("subject-access"), "2026-05-14") << name;
    add("PAUSED", "2026-04-16T10:00");
    EXPECT_EQ(due("subject-access"), "none") << name;
    EXPECT_EQ(due("subject-access-limit"), "none") << name;
    EXPECT_FALSE(item("subject-access").warn_from.has_value());
    EXPECT_NE(item("subject-access").what.find("paused since 16 April 2026"), std::string::npos)
        << item("subject-access").what;
    EXPECT_TRUE(Shipped(name)
                    .Warnings(matter, "SUBJECT_ACCESS_ANSWERED", When("2026-09-01T10:00"))
                    .empty());
    add("PAUSED", "2026-04-17T10:00");  // asked again meanwhile
    add("RESUMED", "2026-04-20T10:00");
    add("RESUMED", "2026-04-22T10:00");
    // Four days: to Monday the 18th of May.
    EXPECT_EQ(due("subject-access"), "2026-05-18") << name;
    EXPECT_EQ(due("subject-access-extension"), "2026-05-18") << name;
    EXPECT_EQ(due("subject-access-limit"), "2026-07-20") << name << ", as 18 July is a Saturday";
    EXPECT_EQ(item("subject-access").what.find("paused"), std::string::npos);
    // A second pause adds to it, and the day rolls once, after both.
    add("PAUSED", "2026-05-05T10:00");
    add("RESUMED", "2026-05-10T10:00");
    EXPECT_EQ(due("subject-access"), "2026-05-26") << name << ", as 23 May begins a long weekend";
    // A request that is answered is paused no more, whatever was not recorded.
    add("PAUSED", "2026-05-12T10:00");
    add("ANSWERED", "2026-05-20T10:00");
    EXPECT_EQ(due("subject-access"), "2026-06-01") << name;
    EXPECT_EQ(item("subject-access").what.find("paused"), std::string::npos) << name;
  }
}

TEST(Processes, TheNextSubjectAccessRequestHasAMonthOfItsOwnWhateverBecameOfTheLastOne) {
  for (const auto& name : ShippedNames()) {
    MatterFacts matter;
    const auto add = [&](const char* event, const char* at) {
      matter.events.push_back({std::string("SUBJECT_ACCESS_") + event, When(at)});
    };
    const auto due = [&](const char* id) {
      for (const auto& one : Shipped(name).Due(matter)) {
        if (one.id == id && one.due) return one.due->ToText();
      }
      return std::string("none");
    };
    add("RECEIVED", "2026-02-03T10:00");
    add("EXTENDED", "2026-02-27T10:00");
    add("ANSWERED", "2026-04-01T10:00");
    EXPECT_EQ(due("subject-access"), "none") << name;
    EXPECT_EQ(due("subject-access-extension"), "none") << name;
    add("RECEIVED", "2026-04-14T10:00");
    EXPECT_EQ(due("subject-access"), "2026-05-14") << name;
    EXPECT_EQ(due("subject-access-extension"), "2026-05-14") << name;
    EXPECT_EQ(due("subject-access-limit"), "2026-07-14") << name;
    add("EXTENDED", "2026-05-11T10:00");
    EXPECT_EQ(due("subject-access"), "none") << name;
    add("ANSWERED", "2026-07-01T10:00");
    EXPECT_EQ(due("subject-access-extension"), "none") << name;
  }
}

TEST(Processes, EveryRecordIsReadLikeAClassAndWrittenBySomebody) {
  for (const auto& name : ShippedNames()) {
    EXPECT_GT(Shipped(name).RecordKinds().size(), 10u) << name;
    for (const auto& kind : Shipped(name).RecordKinds()) {
      EXPECT_TRUE(Shipped(name).Class(kind.class_code).ok()) << name << kind.name;
      EXPECT_FALSE(kind.written_by.empty()) << name << kind.name;
      EXPECT_TRUE(Shipped(name).Record(kind.name).ok());
    }
    EXPECT_FALSE(Shipped(name).Record("nonsense").ok());
  }
}

TEST(Records, FieldsAreHeldToTheirKind) {
  const RecordFacts action = Record(
      "action", {{"text", "t"}, {"owner", "ASC"}, {"due", "2026-07-31"}, {"status", "open"}});
  EXPECT_EQ(OnRecord("macfa", action, {}, {}), Lines());
  const auto broken = [&](const std::string& field, const std::string& value) {
    RecordFacts changed = action;
    for (auto& each : changed.values) {
      if (each.name == field) each.value = value;
    }
    const auto findings = Shipped("macfa").CheckRecord({}, {}, changed, kNow);
    return findings.size() == 1 && findings[0].severity == vault::Severity::kRefuse
               ? findings[0].sentence
               : "?";
  };
  EXPECT_EQ(broken("text", ""), "\"Action\" is missing");
  EXPECT_EQ(broken("due", "31.7.2026"), "\"Due\" must be a date written YYYY-MM-DD");
  EXPECT_EQ(broken("status", "shut"),
            "\"Status\" must be one of: open, done, not-possible, superseded");
  RecordFacts twice = action;
  twice.values.push_back({"due", "2026-08-01"});
  EXPECT_EQ(Shipped("macfa").CheckRecord({}, {}, twice, kNow)[0].sentence,
            "\"Due\" may be given once");
  RecordFacts unknown = action;
  unknown.values.push_back({"mood", "good"});
  EXPECT_EQ(Shipped("macfa").CheckRecord({}, {}, unknown, kNow)[0].sentence,
            "\"mood\" is no field of action");
  EXPECT_EQ(OnRecord("macfa", Record("rumour", {}), {}, {}), Lines{"kind refuse"});
}

TEST(Records, WhatMayOccurOnceOccursOnce) {
  const RecordFacts row = Record("longlist", {{"person", "P01"}, {"agency", "ASC"}});
  EXPECT_EQ(OnRecord("macfa", row, {row}, {}), Lines{"field refuse"});
  EXPECT_EQ(
      OnRecord("macfa", row, {Record("longlist", {{"person", "P02"}, {"agency", "ASC"}})}, {}),
      Lines());
}

TEST(Processes, TransportMailGoesFiveWorkingDaysAfterItCame) {
  for (const auto& name : ShippedNames()) {
    RetentionFacts mail;
    mail.own_events = {{"FILED", When("2026-04-01T15:00")}};
    EXPECT_EQ(State(name.c_str(), "EML", {}, "2026-04-09", mail), RetentionState::kKeep);
    EXPECT_EQ(State(name.c_str(), "EML", {}, "2026-04-10", mail), RetentionState::kDestroy);
    EXPECT_EQ(State(name.c_str(), "EML", {}, "2099-04-10", {}), RetentionState::kKeep);
  }
}

TEST(Processes, WhatHappenedToOneDocumentGoesBeforeItsMatter) {
  RetentionFacts guidance;
  guidance.own_events = {{"SUPERSEDED", When("2026-01-01")}};
  EXPECT_EQ(State("macfa", "TOR", {}, "2031-12-31", guidance), RetentionState::kKeep);
  EXPECT_EQ(State("macfa", "TOR", {}, "2032-01-01", guidance), RetentionState::kProposed);
  EXPECT_EQ(State("macfa", "TOR", {}, "2032-01-01", {}), RetentionState::kKeep);
}

TEST(Processes, DraftMinutesGoWhenTheMinutesAreApproved) {
  MatterFacts matter;
  matter.events = {{"MINUTES_APPROVED", kNow}};
  for (const char* name : {"macfa", "maca", "mata", "mash"}) {
    EXPECT_EQ(State(name, "DRM", matter, "2026-06-01T10:00", {}), RetentionState::kDestroy) << name;
  }
}

TEST(Processes, ChecksTellWhichOtherRecordsCount) {
  const auto& macfa = Shipped("macfa");
  // It occurs once, and so do its like.
  EXPECT_EQ(macfa.ComparedWith("attendance"), Lines{"attendance"});
  EXPECT_EQ(macfa.ComparedWith("longlist"), Lines{"longlist"});
  EXPECT_TRUE(macfa.ComparedWith("action").empty());
  EXPECT_TRUE(macfa.ComparedWith("no-such-kind").empty());
  EXPECT_EQ(macfa.AskedAt("SELECTION_DECIDED"), Lines{"selection"});
  EXPECT_EQ(Shipped("mash").AskedAt("REQUEST_SENT"), Lines{"information-request"});
  EXPECT_TRUE(macfa.AskedAt("NO_SUCH_EVENT").empty());
  // One that opens something goes on only where no record lets the matter rest.
  EXPECT_EQ(Shipped("maca").AskedAt("COMPLETION_STARTED"), Lines{"nomination"});
}

TEST(Processes, LoansNameTheirParties) {
  const auto parties = [](const char* name, vault::LoanKind kind) {
    for (const auto& loan : Shipped(name).Lending()) {
      if (loan.kind == kind) return loan.to;
    }
    return Lines{"?"};
  };
  EXPECT_EQ(parties("macfa", vault::LoanKind::kReport),
            (Lines{"agency", "chair", "group", "inspection"}));
  EXPECT_EQ(parties("macfa", vault::LoanKind::kPack), (Lines{"agency", "chair"}));
  EXPECT_EQ(parties("maag", vault::LoanKind::kPack), Lines{"group"});
  EXPECT_EQ(parties("maca", vault::LoanKind::kControl), Lines{"control"});
}

TEST(Processes, RecurringMeetingsAreData) {
  const auto& week = Shipped("maag").Data().recurrences.front();
  EXPECT_EQ(week.every + " " + week.per, "week district");
  Lines mash;
  for (const auto& each : Shipped("mash").Data().recurrences) {
    mash.push_back(each.every + " " + std::to_string(each.weekday));
  }
  EXPECT_EQ(mash, (Lines{"day 7", "day 7", "week 1", "quarter 7"}));
}

}  // namespace
}  // namespace policies
