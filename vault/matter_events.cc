// What happens in a matter, and what follows from it: loans opened, loans ended.

#include <algorithm>

#include "vault/agencies.h"
#include "vault/base/log.h"
#include "vault/base/text.h"
#include "vault/matters.h"
#include "vault/record_rows.h"

namespace vault {
namespace {

constexpr std::size_t kMostReason = 500;

}  // namespace

Result<EventOutcome> Matters::Record(const Actor& actor, const MatterRow& matter,
                                     std::string_view event, std::optional<UnixSeconds> at,
                                     std::string_view reason) {
  return Record(actor, matter, NewEvent{std::string(event), at, std::string(reason), ""});
}

Result<EventOutcome> Matters::Record(const Actor& actor, const MatterRow& matter,
                                     const NewEvent& wish) {
  const Core::Lock lock = core_.Locked();
  const std::string_view event = wish.name;
  const std::optional<UnixSeconds> at = wish.at;
  const std::string_view reason = wish.reason;
  TRY_VOID(rows_.MayKnow(actor, matter));
  TRY(const EventRule rule, matter.rules->Event(event));
  TRY_VOID(MayRecord(actor, matter, rule));
  std::optional<SubjectRow> subject;
  if (!wish.subject.empty()) {
    if (!matter.rules->HoldOf(event, LondonDay(core_.time->Now().low))) {
      return Invalid("this event places no hold: it is the whole matter's and names no subject");
    }
    TRY(subject, rows_.FindSubject(matter.id, wish.subject));
    if (actor.Excluded(subject->id)) return NotFound("no such subject in this matter");
  }
  TRY(const MatterFacts facts, rows_.Facts(matter));
  TRY_VOID(matter.rules->CheckEvent(facts, event));
  if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
  const TimeInterval now = core_.time->Now();
  // A person types minutes: the current one has begun.
  if (at && *at > now.high + 60) return Invalid("an event is recorded when it has happened");
  if (reason.size() > kMostReason || !IsUtf8(reason)) {
    return Invalid("a reason has at most 500 characters");
  }
  const UnixSeconds when = at.value_or(now.low);
  TRY(const MatterRecords records, LoadRecords(core_, matter.id));
  const std::optional<KeptFinding> rests = RestsOn(records.seen);
  // What ends reading is never put off.
  if (rests && rule.ends_loans.empty() && !(rule.opens_phase.empty() && rule.opens_loans.empty())) {
    return Conflict("the matter rests until this is cleared: " + rests->sentence + " (rule " +
                    rests->rule + ", hold)");
  }
  TRY(const std::vector<KeptFinding> missed,
      Admit(actor, matter.rules->CheckStep(facts, FactsOf(records.seen), event, when),
            Unseen(records, matter.rules->AskedAt(event)), reason));
  TRY(EventOutcome outcome,
      Happen(matter, rule, {when, reason, actor.person(), &missed, subject ? &*subject : nullptr}));
  for (const KeptFinding& finding : missed) outcome.warnings.push_back(finding.sentence);
  TRY([[maybe_unused]] const std::uint64_t made, PayDebt(actor, matter));
  return outcome;
}

// Events are the unit's to record, or those roles' that the template names.
Status Matters::MayRecord(const Actor& actor, const MatterRow& matter, const EventRule& rule) {
  bool named = false;
  for (const std::string& role : rule.recorded_by) named = named || actor.Has(role);
  if (rule.recorded_by.empty()) return RequireRole(actor, {"BUO"});
  if (!named) return Denied("your role may not record this event");
  if (actor.in_unit() && actor.Has("BUO")) return Ok();
  TRY(const std::optional<MemberRow> member, compartments_.Membership(actor.person(), matter.id));
  if (!member) return NotFound("no such matter");
  return Ok();
}

Result<std::optional<PlacedHold>> Matters::KeepForEvent(const MatterRow& matter,
                                                        const EventRule& rule,
                                                        const Happening& happening) {
  const std::optional<HoldRule> asked =
      matter.rules->HoldOf(rule.name, LondonDay(core_.time->Now().low));
  if (!asked) return std::optional<PlacedHold>();
  HoldWish wish;
  wish.scope = happening.subject != nullptr ? "subject" : "matter";
  wish.object =
      happening.subject != nullptr ? AsObject(happening.subject->id) : AsObject(matter.id);
  wish.reason = asked->reason;
  wish.authority = asked->authority;
  wish.review = asked->review;
  TRY(PlacedHold placed, KeepForHold(core_, matter, wish, happening.actor));
  placed.entry.Add("event", rule.name);
  return std::optional<PlacedHold>(std::move(placed));
}

Result<EventOutcome> Matters::Happen(const MatterRow& matter, const EventRule& rule,
                                     const Happening& happening) {
  const UnixSeconds at = happening.at;
  const std::string_view reason = happening.reason;
  const std::optional<PersonId>& actor = happening.actor;
  EventOutcome outcome;
  TRY(MatterFacts facts, rows_.Facts(matter));
  outcome.warnings = matter.rules->Warnings(facts, rule.name, at);
  outcome.event = {rule.name, at};
  const auto id = core_.random->NewId<ObjectId>();
  // The label is bound to the event's name: a renamed row is no other event.
  const std::string at_column = "at:" + rule.name;
  TRY(const Bytes at_label, core_.SealTime(MatterRows::EventPlace(matter, id, at_column), at));
  TRY(const Bytes reason_label,
      core_.SealLabel(MatterRows::EventPlace(matter, id, "reason"), reason));
  TRY(const std::string what, core_.Pseudonym(matter.id, matter.id.view()));
  LogEntry entry = core_.Entry("matter.event");
  std::optional<std::string> who;
  if (actor) {
    TRY(who, core_.Pseudonym(matter.id, actor->view()));
    entry.Person("actor", *who);
  }
  entry.Object("matter", what).Add("event", rule.name).Add("at", FormatMinute(at));
  constexpr std::size_t kMostLogged = 8;
  if (happening.missed != nullptr) {
    for (std::size_t i = 0; i < happening.missed->size() && i < kMostLogged; ++i) {
      entry.Add("missed", (*happening.missed)[i].rule);
    }
  }
  TRY(const std::optional<PlacedHold> hold, KeepForEvent(matter, rule, happening));
  // One commit and two lines: no request is on record without its hold.
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) -> Status {
    Database& database = transaction.database();
    if (hold) {
      TRY_VOID(InsertHold(database, core_, hold->row, matter.slot));
      TRY([[maybe_unused]] const std::uint64_t index, core_.log->Append(transaction, hold->entry));
    }
    return database
        .Prepare(
            "INSERT INTO matter_event(id, matter, sequence, name, day, at, reason) "
            "VALUES(?, ?, (SELECT coalesce(max(sequence), 0) + 1 FROM matter_event WHERE "
            "matter = ?2), ?, ?, ?, ?)")
        .Bind(id, matter.id, rule.name, LondonDay(at).number(), at_label, reason_label)
        .Run();
  }));
  if (hold) {
    outcome.hold = EventHold{
        hold->row.id, hold->row.scope,
        happening.subject != nullptr ? happening.subject->pseudonym : matter.ref, hold->row.review};
  }
  facts.events.push_back(outcome.event);
  TRY(outcome.ended,
      Effects(matter, rule, outcome.event, Mandate{actor ? "event" : "schedule", who}));
  outcome.phase = matter.rules->Phase(facts);
  return outcome;
}

Result<std::vector<DisposedItem>> Matters::Effects(const MatterRow& matter, const EventRule& rule,
                                                   const MatterEvent& event,
                                                   const Mandate& mandate) {
  // What opens with this event is made now; its boxes follow in the unit's next session.
  if (!rule.opens_loans.empty()) TRY_VOID(CompleteLoans(matter));
  TRY_VOID(loans_.Release(matter.id, rule.opens_loans));
  TRY(DisposalOutcome ended, loans_.End(matter.id, rule.ends_loans, event, mandate));
  return std::move(ended.destroyed);
}

Result<std::uint64_t> Matters::RunAutomatic() {
  const Core::Lock lock = core_.Locked();
  std::uint64_t count = 0;
  TRY(const std::vector<MatterRow> matters, rows_.All());
  for (const MatterRow& matter : matters) {
    TRY(const MatterFacts facts, rows_.Facts(matter));
    for (const MatterEvent& event : matter.rules->AutomaticEvents(facts)) {
      // Release lends; it waits until the moment is certainly here.
      if (core_.time->Now().low < event.at) continue;
      TRY(const EventRule rule, matter.rules->Event(event.name));
      std::vector<KeptFinding> missed;
      // What ends reading waits for nothing, and for no record to be read.
      if (rule.ends_loans.empty()) {
        TRY(const MatterRecords records, LoadRecords(core_, matter.id));
        if (Waits(matter, facts, rule, records.seen)) continue;
        // Nobody is there to be told: the log keeps that the checks did not look at everything.
        auto unseen = Unseen(records, matter.rules->AskedAt(event.name));
        if (unseen) missed.push_back(*std::move(unseen));
      }
      TRY([[maybe_unused]] const EventOutcome outcome,
          Happen(matter, rule, {event.at, "", std::nullopt, &missed}));
      ++count;
    }
  }
  return count;
}

// An event that nobody is there to excuse waits while the matter rests or a check refuses it.
bool Matters::Waits(const MatterRow& matter, const MatterFacts& facts, const EventRule& rule,
                    const std::vector<KeptRecord>& records) {
  if (RestsOn(records)) return true;
  const std::vector<Finding> findings =
      matter.rules->CheckStep(facts, FactsOf(records), rule.name, core_.time->Now().low);
  return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.severity == Severity::kRefuse || finding.severity == Severity::kException;
  });
}

Status Matters::FinishEffects() {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(loans_.FinishReleases());
  TRY(const std::vector<MatterRow> matters, rows_.All());
  for (const MatterRow& matter : matters) {
    const Status finished = FinishEffectsOf(matter);
    // One matter whose rows were tampered with does not keep the others shut.
    if (!finished.ok() && finished.error().code != Errc::kCorrupt) return finished;
    if (!finished.ok()) LogError("a matter is refused", finished.error());
  }
  return Ok();
}

Status Matters::FinishEffectsOf(const MatterRow& matter) {
  TRY(const MatterFacts facts, rows_.Facts(matter));
  if (facts.events.empty()) return Ok();
  // Only the last event can have been cut short: each is finished before the next is recorded.
  const MatterEvent& last = facts.events.back();
  TRY(const EventRule rule, matter.rules->Event(last.name));
  TRY([[maybe_unused]] const std::vector<DisposedItem> ended,
      Effects(matter, rule, last, Mandate{"event", std::nullopt}));
  return Ok();
}

// FindRow gives the newest row of an event that has happened.
Result<ObjectId> Matters::FindRow(const MatterRow& matter, std::string_view event) {
  auto query = core_.database
                   ->Prepare(
                       "SELECT id FROM matter_event WHERE matter = ? AND name = ? "
                       "ORDER BY sequence DESC LIMIT 1")
                   .Bind(matter.id, event);
  TRY(const bool found, query.Step());
  if (!found) return Conflict("the event has not been recorded");
  return query.IdAt<ObjectId>(0);
}

Result<EventOutcome> Matters::Correct(const Actor& actor, const MatterRow& matter,
                                      const Correction& correction) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(rows_.MayKnow(actor, matter));
  TRY(const EventRule rule, matter.rules->Event(correction.event));
  TRY_VOID(MayRecord(actor, matter, rule));
  if (correction.reason.empty() || correction.reason.size() > kMostReason ||
      !IsUtf8(correction.reason)) {
    return Invalid("putting an event right needs a reason of at most 500 characters");
  }
  if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
  if (correction.at && *correction.at > core_.time->Now().high + 60) {
    return Invalid("an event is recorded when it has happened");
  }
  TRY(const ObjectId old, FindRow(matter, rule.name));
  if (!correction.at && (!rule.opens_loans.empty() || !rule.ends_loans.empty())) {
    return Conflict("this event has fired: what it opened or ended cannot be taken back");
  }
  TRY(const MatterFacts facts, rows_.Facts(matter));
  const UnixSeconds was = facts.TimeOf(rule.name).value_or(0);
  EventOutcome outcome;
  outcome.event = {rule.name, correction.at.value_or(was)};
  const std::string earlier = std::string(kWas) + rule.name;
  const std::string earlier_column = "at:" + earlier;
  TRY(const Bytes was_label,
      core_.SealTime(MatterRows::EventPlace(matter, old, earlier_column), was));
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, matter.id.view()));
  LogEntry entry = core_.Entry("matter.corrected");
  entry.Person("actor", who)
      .Object("matter", what)
      .Add("event", rule.name)
      .Add("was", FormatMinute(was));
  if (correction.at) entry.Add("at", FormatMinute(*correction.at));
  const auto id = core_.random->NewId<ObjectId>();
  const std::string column = "at:" + rule.name;
  TRY(const Bytes at_label,
      core_.SealTime(MatterRows::EventPlace(matter, id, column), outcome.event.at));
  TRY(const Bytes reason,
      core_.SealLabel(MatterRows::EventPlace(matter, id, "reason"), correction.reason));
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) -> Status {
    Database& database = transaction.database();
    TRY_VOID(database.Prepare("UPDATE matter_event SET name = ?, at = ? WHERE id = ?")
                 .Bind(earlier, was_label, old)
                 .Run());
    if (!correction.at) {
      return rows_.InsertNote(transaction, matter,
                              {std::string(kTakenBack) + rule.name, was, correction.reason});
    }
    return database
        .Prepare(
            "INSERT INTO matter_event(id, matter, sequence, name, day, at, reason) "
            "VALUES(?, ?, (SELECT max(sequence) + 1 FROM matter_event WHERE matter = ?2), ?, ?, "
            "?, ?)")
        .Bind(id, matter.id, rule.name, LondonDay(outcome.event.at).number(), at_label, reason)
        .Run();
  }));
  TRY(const MatterFacts after, rows_.Facts(matter));
  if (correction.at) outcome.warnings = matter.rules->Warnings(after, rule.name, *correction.at);
  // Whoever asked may have asked all the same: nothing is destroyed because of a slip of the hand.
  if (!correction.at && matter.rules->HoldOf(rule.name, LondonDay(core_.time->Now().low))) {
    outcome.warnings.push_back("the hold that it placed stays until it is released");
  }
  if (!correction.at && rule.automatic) {
    outcome.warnings.push_back("it will happen by itself on its day");
  }
  outcome.phase = matter.rules->Phase(after);
  return outcome;
}

Result<Matters::MeetingOutcome> Matters::MoveMeeting(const Actor& actor, const MatterRow& matter,
                                                     std::optional<UnixSeconds> meeting,
                                                     std::string_view reason) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO"}));
  if (reason.empty() || reason.size() > kMostReason || !IsUtf8(reason))
    return Invalid("moving a meeting needs a reason");
  TRY(MatterFacts facts, rows_.Facts(matter));
  bool reading = false;
  for (const MatterEvent& event : facts.events) {
    TRY(const EventRule rule, matter.rules->Event(event.name));
    if (!rule.ends_loans.empty()) return Conflict("this meeting has been closed");
    reading = reading || std::find(rule.opens_loans.begin(), rule.opens_loans.end(),
                                   LoanKind::kPack) != rule.opens_loans.end();
  }
  MeetingOutcome outcome;
  outcome.before = facts.meeting;
  if (!meeting && !outcome.before) return Conflict("no meeting is set");
  const std::vector<DueItem> dues_before = matter.rules->Due(facts);
  facts.meeting = meeting;
  const std::vector<DueItem> dues_after = matter.rules->Due(facts);
  for (std::size_t i = 0; i < dues_before.size() && i < dues_after.size(); ++i) {
    if (dues_before[i].due == dues_after[i].due) continue;
    outcome.dates.push_back(
        {dues_after[i].id, dues_after[i].what, dues_before[i].due, dues_after[i].due});
  }
  const UnixSeconds now = core_.time->Now().low;
  std::optional<Bytes> label;
  if (meeting) {
    TRY(label, core_.SealTime(MatterRows::LabelPlace(matter, "meeting"), *meeting));
  }
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, matter.id.view()));
  LogEntry entry = core_.Entry("matter.meeting");
  entry.Person("actor", who).Object("matter", what);
  if (outcome.before) entry.Add("was", LondonDay(*outcome.before).ToText());
  if (meeting) {
    entry.Add("day", LondonDay(*meeting).ToText());
  } else {
    entry.Add("state", "cancelled");
  }
  const std::string was = outcome.before ? FormatMinute(*outcome.before) : "";
  const NoteRow note{std::string(meeting ? kMeetingSet : kMeetingCancelled),
                     meeting.value_or(outcome.before.value_or(0)),
                     was + "\n" + std::string(reason)};
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) -> Status {
    // Cancelling lends nobody a day longer.
    if (meeting) {
      TRY_VOID(loans_.MoveEnds(matter.id, matter.rules->LoanDeadline(facts, now)));
    }
    TRY_VOID(rows_.InsertNote(transaction, matter, note));
    return transaction.database()
        .Prepare("UPDATE matter SET meeting = ? WHERE id = ?")
        .Bind(label, matter.id)
        .Run();
  }));
  if (meeting && *meeting < now) outcome.warnings.push_back("this meeting lies in the past");
  if (reading) {
    outcome.warnings.push_back(meeting ? "the packs are open and stay open until it closes"
                                       : "the packs are open: record the meeting as closed to "
                                         "end the reading");
  }
  return outcome;
}

}  // namespace vault
