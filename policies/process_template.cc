#include "policies/process_template.h"

#include <algorithm>
#include <utility>

#include "vault/base/day_words.h"

namespace policies {

using vault::Day;
using vault::MatterEvent;
using vault::MatterFacts;
using vault::ReadingCode;
using vault::UnixSeconds;

namespace {

constexpr UnixSeconds kDaySeconds = 86400;
constexpr UnixSeconds kLoanDaysAfterMeeting = 30;
// No template says how long the log must be readable; six years is the period of access logs.
constexpr std::int32_t kAccountabilityMonths = 6 * 12;
constexpr UnixSeconds kLoanDaysWithoutMeeting = 365;

// Superseded says that the template forbids the event by now.
const std::string* Superseded(const TemplateEvent& event, const MatterFacts& matter) {
  for (const std::string& later : event.not_after) {
    if (matter.Has(later)) return &later;
  }
  return nullptr;
}

void AddOnce(std::vector<std::string>& words, const std::string& word) {
  if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
}

}  // namespace

Checked<std::unique_ptr<ProcessTemplate>> ProcessTemplate::Parse(std::string_view text,
                                                                 const CalendarBook& calendars,
                                                                 std::string text_hash) {
  return Parse(text, calendars, std::move(text_hash), {});
}

Checked<std::unique_ptr<ProcessTemplate>> ProcessTemplate::Parse(
    std::string_view text, const CalendarBook& calendars, std::string text_hash,
    std::vector<std::string> amendments) {
  auto data = ReadTemplate(text, calendars);
  if (!data.ok()) return std::move(data).faults();
  data.value().amendments = std::move(amendments);
  return std::unique_ptr<ProcessTemplate>(
      new ProcessTemplate(std::move(data).value(), std::move(text_hash)));
}

int ProcessTemplate::Limit(std::string_view id) const {
  auto found = data_.limits.find(id);
  return found == data_.limits.end() ? 0 : found->second.value;
}

std::optional<vault::Finding> ProcessTemplate::CheckLimit(std::string_view limit,
                                                          std::int64_t count) const {
  auto found = data_.limits.find(limit);
  if (found == data_.limits.end()) return std::nullopt;
  return found->second.Check(limit, count);
}

bool ProcessTemplate::InForceOn(Day day) const {
  return (!data_.valid_from || *data_.valid_from <= day) &&
         (!data_.valid_to || day <= *data_.valid_to);
}

vault::Result<vault::RecordKind> ProcessTemplate::Record(std::string_view kind) const {
  const vault::RecordKind* found = FindRecord(kind);
  if (found == nullptr) return vault::Invalid("the template knows no such record");
  return *found;
}

const vault::RecordKind* ProcessTemplate::FindRecord(std::string_view kind) const {
  for (const vault::RecordKind& record : data_.records) {
    if (record.name == kind) return &record;
  }
  return nullptr;
}

std::vector<vault::Finding> ProcessTemplate::CheckRecord(const MatterFacts& matter,
                                                         std::span<const vault::RecordFacts> others,
                                                         const vault::RecordFacts& record,
                                                         UnixSeconds now) const {
  const vault::RecordKind* kind = FindRecord(record.kind);
  if (kind == nullptr) {
    return {{"kind", vault::Severity::kRefuse, "the template knows no such record", "", {}}};
  }
  std::vector<vault::Finding> findings = CheckFields(*kind, others, record);
  // Rules about values mean nothing while a value is none.
  if (!findings.empty()) return findings;
  std::vector<vault::RecordFacts> all(others.begin(), others.end());
  all.push_back(record);
  const CheckScene scene{all, [&](std::string_view event) { return MomentOf(event, matter); }, now,
                         *data_.retention.calendar};
  for (const CheckRule& check : data_.checks) {
    if (check.on_record != record.kind) continue;
    if (auto finding = check.Judge(scene, record)) findings.push_back(std::move(*finding));
  }
  for (vault::Finding& finding : CheckAreas(data_.dimensions, record)) {
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::vector<vault::Finding> ProcessTemplate::CheckStep(const MatterFacts& matter,
                                                       std::span<const vault::RecordFacts> records,
                                                       std::string_view event,
                                                       UnixSeconds at) const {
  std::vector<vault::Finding> findings;
  const CheckScene scene{records, [&](std::string_view name) { return MomentOf(name, matter); }, at,
                         *data_.retention.calendar};
  for (const CheckRule& check : data_.checks) {
    if (std::find(check.on_events.begin(), check.on_events.end(), event) == check.on_events.end()) {
      continue;
    }
    if (auto finding = check.Judge(scene)) findings.push_back(std::move(*finding));
  }
  return findings;
}

std::vector<std::string> ProcessTemplate::ComparedWith(std::string_view kind) const {
  std::vector<std::string> kinds;
  const vault::RecordKind* written = FindRecord(kind);
  if (written != nullptr && !written->unique.empty()) AddOnce(kinds, written->name);
  for (const CheckRule& check : data_.checks) {
    // What is no count is asked of the new record alone.
    const bool counts =
        check.test == CheckTest::kCountAtLeast || check.test == CheckTest::kCountAtMost;
    if (check.on_record == kind && counts) AddOnce(kinds, check.of);
  }
  return kinds;
}

std::vector<std::string> ProcessTemplate::AskedAt(std::string_view event) const {
  std::vector<std::string> kinds;
  const TemplateEvent* recorded = FindEvent(event);
  const bool opens = recorded != nullptr &&
                     !(recorded->rule.opens_phase.empty() && recorded->rule.opens_loans.empty());
  for (const CheckRule& check : data_.checks) {
    const bool asked =
        std::find(check.on_events.begin(), check.on_events.end(), event) != check.on_events.end();
    if (asked) AddOnce(kinds, check.of);
    // A record that missed such a check lets the matter rest, which is asked before it goes on.
    if (opens && check.severity == vault::Severity::kHold && !check.on_record.empty()) {
      AddOnce(kinds, check.on_record);
    }
  }
  return kinds;
}

vault::Result<Ranking> ProcessTemplate::Rank(std::string_view id,
                                             std::span<const vault::RecordFacts> records) const {
  for (const RankingRule& rule : data_.rankings) {
    if (rule.id == id) return policies::Rank(rule, records);
  }
  return vault::Invalid("the template knows no such ranking");
}

std::optional<UnixSeconds> ProcessTemplate::MomentOf(std::string_view event,
                                                     const MatterFacts& matter) const {
  return event == kMeeting ? matter.meeting : matter.TimeOf(event);
}

std::uint32_t ProcessTemplate::SubjectLimit() const {
  return static_cast<std::uint32_t>(Limit("subjects"));
}

const TemplateEvent* ProcessTemplate::FindEvent(std::string_view name) const {
  auto found = event_at_.find(name);
  return found == event_at_.end() ? nullptr : &data_.events[found->second];
}

const DueRule* ProcessTemplate::FindDue(std::string_view id) const {
  for (const DueRule& due : data_.dues) {
    if (due.id == id) return &due;
  }
  return nullptr;
}

std::vector<std::string> ProcessTemplate::Phases() const {
  std::vector<std::string> out;
  for (const TemplatePhase& phase : data_.phases) out.push_back(phase.id);
  return out;
}

std::vector<vault::EventRule> ProcessTemplate::Events() const {
  std::vector<vault::EventRule> out;
  for (const TemplateEvent& event : data_.events) out.push_back(event.rule);
  return out;
}

std::string ProcessTemplate::Phase(const MatterFacts& matter) const {
  std::string phase = data_.phases.front().id;
  std::optional<UnixSeconds> latest;
  for (const MatterEvent& happened : matter.events) {
    const TemplateEvent* event = FindEvent(happened.name);
    if (event == nullptr || event->rule.opens_phase.empty()) continue;
    // An ending that was recorded with an earlier time must not leave the ended phase open.
    if (Superseded(*event, matter) != nullptr) continue;
    if (latest && happened.at < *latest) continue;
    latest = happened.at;
    phase = event->rule.opens_phase;
  }
  return phase;
}

vault::ReadingVerdict ProcessTemplate::Read(const MatterFacts& matter,
                                            const vault::ReadingFacts& facts) const {
  const std::string phase = Phase(matter);
  NeedToKnow::Answer answer = data_.reading.Read(phase, matter, facts);
  vault::ReadingVerdict verdict;
  verdict.code = answer.code;
  verdict.reason_required = answer.code == ReadingCode::kCtl;
  const std::string_view role = answer.role.empty() ? "none" : answer.role;
  verdict.rule.reserve(reading_.size() + role.size() + facts.class_code.size() + phase.size() + 2);
  verdict.rule.append(reading_).append(role).append(" ");
  verdict.rule.append(facts.class_code).append(" ").append(phase);
  return verdict;
}

vault::Judgement ProcessTemplate::Weigh(const MatterFacts& matter,
                                        const vault::RetentionFacts& facts,
                                        vault::TimeInterval now) const {
  return judge_.Weigh(matter, facts, now);
}

vault::Result<vault::EventRule> ProcessTemplate::Event(std::string_view name) const {
  const TemplateEvent* event = FindEvent(name);
  if (event == nullptr) return vault::Invalid("the template knows no such event");
  return event->rule;
}

std::optional<vault::HoldRule> ProcessTemplate::HoldOf(std::string_view event,
                                                       vault::Day placed) const {
  const TemplateEvent* found = FindEvent(event);
  if (found == nullptr || !found->hold) return std::nullopt;
  // Its units are those that count on any calendar and in any year.
  const auto review = AddPeriod(placed, found->hold->review, *data_.retention.calendar);
  CHECK(review.ok());
  return vault::HoldRule{found->hold->reason, found->hold->authority, review.value()};
}

vault::Status ProcessTemplate::CheckEvent(const MatterFacts& matter, std::string_view name) const {
  const TemplateEvent* event = FindEvent(name);
  if (event == nullptr) return vault::Invalid("the template knows no such event");
  if (!event->rule.repeatable && matter.Has(name))
    return vault::Conflict("the event has been recorded already");
  if (const std::string* later = Superseded(*event, matter)) {
    return vault::Conflict("the event cannot happen any more after " + *later);
  }
  return vault::Ok();
}

std::vector<std::string> ProcessTemplate::Warnings(const MatterFacts& matter,
                                                   std::string_view event, UnixSeconds at) const {
  std::vector<std::string> warnings;
  const Day day = vault::LondonDay(at);
  for (const DueRule& due : data_.dues) {
    if (due.event != event) continue;
    auto limit = DueDay(due, matter);
    if (!limit) continue;
    std::string place = vault::DayWords(*limit) + " (" + due.what + ", basis: " + due.basis + ")";
    auto moment = DueMoment(due, matter);
    const bool missed = moment ? at > *moment : day > *limit;
    if (due.bound == Bound::kLatest && missed) {
      warnings.push_back(vault::DayWords(day) + " is after the latest day " + place);
    }
    if (due.bound == Bound::kEarliest && day < *limit) {
      warnings.push_back(vault::DayWords(day) + " is before the earliest day " + place);
    }
  }
  return warnings;
}

vault::Result<vault::ClassRule> ProcessTemplate::Class(std::string_view code) const {
  for (const vault::ClassRule& rule : data_.classes) {
    if (rule.code == code) return rule;
  }
  return vault::Invalid("the template knows no such class");
}

// DayOf: when it happened, else, for what happens by itself, when it will.
std::optional<Day> ProcessTemplate::DayOf(std::string_view event, const MatterFacts& matter) const {
  if (auto at = MomentOf(event, matter)) return vault::LondonDay(*at);
  const TemplateEvent* rule = FindEvent(event);
  if (rule == nullptr || !rule->rule.automatic || !matter.meeting) return std::nullopt;
  const DueRule* due = FindDue(rule->automatic_due);
  CHECK(due != nullptr);
  auto day = due->DueFrom(vault::LondonDay(*matter.meeting), *data_.retention.calendar);
  if (!day.ok()) return std::nullopt;
  return day.value();
}

// Of several events a rule may count from, the latest counts.
std::optional<Day> ProcessTemplate::CountedFrom(const DueRule& due,
                                                const MatterFacts& matter) const {
  std::optional<Day> latest;
  for (const std::string& event : due.from) {
    auto day = DayOf(event, matter);
    if (day && (!latest || *latest < *day)) latest = day;
  }
  return latest;
}

std::optional<UnixSeconds> ProcessTemplate::DueMoment(const DueRule& due,
                                                      const MatterFacts& matter) const {
  std::optional<UnixSeconds> latest;
  for (const std::string& event : due.from) {
    auto at = MomentOf(event, matter);
    if (at && (!latest || *latest < *at)) latest = at;
  }
  return latest ? due.MomentFrom(*latest) : std::nullopt;
}

// A pause counts from the day of the one event to that of the other, as often as there is one after
// what the rule counts from. Of two beginnings, or two ends, the first counts.
ProcessTemplate::Pause ProcessTemplate::PauseOf(const DueRule& due, Day from,
                                                const MatterFacts& matter) {
  Pause pause;
  if (due.paused_by.empty()) return pause;
  std::vector<MatterEvent> events = matter.events;
  std::stable_sort(events.begin(), events.end(),
                   [](const MatterEvent& a, const MatterEvent& b) { return a.at < b.at; });
  for (const MatterEvent& event : events) {
    const Day day = vault::LondonDay(event.at);
    if (day < from) continue;
    if (event.name == due.paused_by && !pause.since) pause.since = day;
    // What is done is waited for no more, whatever was not recorded.
    const bool resumed = event.name == due.resumed_by || event.name == due.event;
    if (resumed && pause.since) {
      pause.days += day.number() - pause.since->number();
      pause.since = std::nullopt;
    }
  }
  return pause;
}

// What happens more than once spares a rule only after what the rule counts from: that an earlier
// request was extended says nothing of the next one.
bool ProcessTemplate::IsSpared(const DueRule& due, const MatterFacts& matter) const {
  return std::any_of(due.unless.begin(), due.unless.end(), [&](const std::string& name) {
    const auto at = matter.TimeOf(name);
    const TemplateEvent* event = FindEvent(name);
    if (!at || event == nullptr || !event->rule.repeatable) return at.has_value();
    return std::none_of(due.from.begin(), due.from.end(), [&](const std::string& from) {
      const auto counted = matter.TimeOf(from);
      return counted && *at < *counted;
    });
  });
}

std::optional<Day> ProcessTemplate::DueDay(const DueRule& due, const MatterFacts& matter) const {
  if (IsSpared(due, matter)) return std::nullopt;
  if (due.offset.unit == Unit::kHours) {
    auto moment = DueMoment(due, matter);
    if (!moment) return std::nullopt;
    return vault::LondonDay(*moment);
  }
  auto happened = CountedFrom(due, matter);
  if (!happened) return std::nullopt;
  const Pause pause = PauseOf(due, *happened, matter);
  // While it stands still there is no day: it depends on how long that lasts.
  if (pause.since) return std::nullopt;
  auto day = due.PausedDueFrom(*happened, pause.days, *data_.retention.calendar);
  if (!day.ok()) return std::nullopt;
  return day.value();
}

std::optional<Day> ProcessTemplate::PausedSince(const DueRule& due,
                                                const MatterFacts& matter) const {
  if (IsSpared(due, matter)) return std::nullopt;
  const auto happened = due.paused_by.empty() ? std::nullopt : CountedFrom(due, matter);
  if (!happened) return std::nullopt;
  return PauseOf(due, *happened, matter).since;
}

// What happens more than once fulfils a rule only after what the rule counts from.
std::optional<UnixSeconds> ProcessTemplate::FulfilledAt(const DueRule& due,
                                                        const MatterFacts& matter) const {
  const TemplateEvent* event = FindEvent(due.event);
  if (event == nullptr) return std::nullopt;
  auto at = matter.TimeOf(due.event);
  if (!at || !event->rule.repeatable) return at;
  for (const std::string& from : due.from) {
    auto counted = MomentOf(from, matter);
    if (counted && (*at < *counted || from == due.event)) return std::nullopt;
  }
  return at;
}

std::vector<MatterEvent> ProcessTemplate::AutomaticEvents(const MatterFacts& matter) const {
  std::vector<MatterEvent> out;
  for (const TemplateEvent& event : data_.events) {
    if (!event.rule.automatic || !CheckEvent(matter, event.rule.name).ok()) continue;
    auto day = DayOf(event.rule.name, matter);
    if (day) out.push_back({event.rule.name, vault::LondonMidnight(*day)});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const MatterEvent& a, const MatterEvent& b) { return a.at < b.at; });
  return out;
}

std::vector<vault::DueItem> ProcessTemplate::Due(const MatterFacts& matter) const {
  std::vector<vault::DueItem> out;
  for (const DueRule& due : data_.dues) {
    vault::DueItem item;
    item.id = due.id;
    item.what = due.what;
    item.due = DueDay(due, matter);
    item.basis = due.basis;
    item.event = due.event;
    if (const auto since = PausedSince(due, matter)) {
      item.what += ", paused since " + vault::DayWords(*since);
    }
    if (item.due) {
      item.moment = DueMoment(due, matter);
      item.warn_from = due.WarnFrom(*item.due, *data_.retention.calendar);
    }
    item.fulfilled = FulfilledAt(due, matter);
    item.owed_by = due.owed_by;
    item.escalates_to = due.escalates_to;
    out.push_back(std::move(item));
  }
  return out;
}

UnixSeconds ProcessTemplate::LoanDeadline(const MatterFacts& matter, UnixSeconds now) const {
  if (matter.meeting) return *matter.meeting + kLoanDaysAfterMeeting * kDaySeconds;
  return now + kLoanDaysWithoutMeeting * kDaySeconds;
}

UnixSeconds ProcessTemplate::NamesEnd(UnixSeconds matter_destroyed) const {
  const vault::Day ended = vault::LondonDay(matter_destroyed);
  return vault::LondonMidnight(ended.PlusMonths(kAccountabilityMonths));
}

}  // namespace policies
