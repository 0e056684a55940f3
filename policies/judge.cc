#include "policies/judge.h"

#include <algorithm>
#include <utility>

namespace policies {

using vault::EntryType;
using vault::MatterFacts;
using vault::RetentionFacts;
using vault::RetentionState;
using vault::RetentionVerdict;
using vault::TimeInterval;

namespace {

constexpr std::string_view kOwnEnd = "OWN_END";
// What happened to a document that was filed wrongly and is there again as another.
constexpr std::string_view kFiledAnew = "FILED_ANEW";

RetentionVerdict Keep(RetentionVerdict verdict, std::string reason) {
  verdict.state = RetentionState::kKeep;
  verdict.reason = std::move(reason);
  return verdict;
}

RetentionVerdict Destroy(RetentionVerdict verdict, std::string reason) {
  verdict.state = RetentionState::kDestroy;
  verdict.reason = std::move(reason);
  return verdict;
}

// What has an end of its own and no event to wait for: links, people's keys, fail-safe ends.
RetentionVerdict AtItsEnd(RetentionVerdict verdict, const RetentionFacts& facts, TimeInterval now) {
  if (!facts.end) return Keep(std::move(verdict), "it has no end yet");
  verdict.trigger = kOwnEnd;
  verdict.due = facts.end;
  if (now.low < *facts.end) return Keep(std::move(verdict), "its end has not come");
  return Destroy(std::move(verdict), "its end has come");
}

// OwnRule names the rule of what follows other things and stands in no template.
RetentionVerdict OwnRule(EntryType type) {
  RetentionVerdict verdict;
  switch (type) {
    case EntryType::kMatter:
      verdict.rule = "MATTER";
      verdict.authority = "a matter's details are kept as long as the last of what is filed in it";
      break;
    case EntryType::kSubject:
      verdict.rule = "SUBJECT";
      verdict.authority =
          "a person's details are kept as long as the last of what is filed about them";
      break;
    case EntryType::kPseudonym:
      verdict.rule = "NAMES";
      verdict.authority =
          "accountability: the names in the log outlive their matter by a set time (UK GDPR, "
          "Article 5(2))";
      break;
    default:
      verdict.rule = "PERSON";
      verdict.authority = "access ends with the person's part in the partnership";
      break;
  }
  return verdict;
}

// What happened to the object alone goes before what happened in its matter.
std::optional<vault::UnixSeconds> TimeOf(std::string_view trigger, const MatterFacts& matter,
                                         const RetentionFacts& facts) {
  for (auto it = facts.own_events.rbegin(); it != facts.own_events.rend(); ++it) {
    if (it->name == trigger) return it->at;
  }
  return matter.TimeOf(trigger);
}

bool AnyOf(const std::vector<std::string>& events, const MatterFacts& matter) {
  return std::any_of(events.begin(), events.end(),
                     [&matter](const std::string& event) { return matter.Has(event); });
}

std::string Awaited(const RetentionRule& rule) {
  std::string names;
  for (const RetentionStart& start : rule.starts) {
    if (names.find(start.trigger) != std::string::npos) continue;
    names += (names.empty() ? "" : " or ") + start.trigger;
  }
  return names + " has not been recorded";
}

// What was filed wrongly and is there anew goes at once, once two people have said so: whatever its
// class is kept for, the other one is kept for it.
RetentionVerdict Misfiled(const RetentionFacts& facts, vault::UnixSeconds at, TimeInterval now) {
  RetentionVerdict verdict;
  verdict.rule = "MISFILED";
  verdict.trigger = kFiledAnew;
  verdict.authority = "it was filed wrongly and is there anew (UK GDPR, Article 5(1)(d))";
  verdict.due = at;
  if (now.low < at) return Keep(std::move(verdict), "its end has not come");
  if (facts.held) {
    verdict.state = RetentionState::kBlocked;
    verdict.reason = "a hold keeps it";
    return verdict;
  }
  if (!facts.approved) {
    verdict.state = RetentionState::kProposed;
    verdict.reason = "it waits for two people";
    return verdict;
  }
  return Destroy(std::move(verdict), "it was filed wrongly and is there anew");
}

}  // namespace

vault::Judgement Judge::Weigh(const MatterFacts& matter, const RetentionFacts& facts,
                              TimeInterval now) const {
  RetentionVerdict verdict;
  switch (facts.type) {
    case EntryType::kDocument:
      verdict = WeighDocument(matter, facts, now);
      break;
    case EntryType::kLoan:
      verdict = WeighLoan(matter, facts, now);
      break;
    case EntryType::kShare:
      verdict = WeighShare(facts, now);
      break;
    case EntryType::kMatter:
    case EntryType::kSubject:
    case EntryType::kPseudonym:
    case EntryType::kPerson:
      verdict = WeighByOwnEnd(facts, now);
      break;
    case EntryType::kEmpty:
    case EntryType::kSystem:
      verdict = Keep({}, "no rule ends it");
      break;
  }
  vault::Judgement judgement{std::move(verdict), std::nullopt};
  if (judgement.verdict.state == RetentionState::kDestroy) {
    judgement.order = vault::DisposalOrder(facts, judgement.verdict);
  }
  return judgement;
}

RetentionVerdict Judge::WeighDocument(const MatterFacts& matter, const RetentionFacts& facts,
                                      TimeInterval now) const {
  RetentionVerdict verdict;
  for (const vault::MatterEvent& own : facts.own_events) {
    if (own.name != kFiledAnew) continue;
    return Misfiled(facts, own.at, now);
  }
  const RetentionRule* rule = table_->Of(facts.class_code);
  if (rule == nullptr) return Keep(std::move(verdict), "the template does not know this class");
  verdict.rule = rule->id;
  verdict.authority = rule->authority;
  const RetentionStart* start = nullptr;
  for (const RetentionStart& candidate : rule->starts) {
    if (candidate.action == RetentionAction::kKeep) {
      return Keep(std::move(verdict), "it is kept for ever");
    }
    if (candidate.uninvolved && facts.involved) continue;
    auto triggered = TimeOf(candidate.trigger, matter, facts);
    if (!triggered || AnyOf(candidate.unless, matter)) continue;
    auto due = candidate.DueFrom(*triggered, facts.born, *table_->calendar);
    // Without a birth to count from, a later start of the rule may count.
    if (!due.ok() && due.error().code == vault::Errc::kNotFound) continue;
    verdict.trigger = candidate.trigger;
    if (!due.ok()) return Keep(std::move(verdict), due.error().detail);
    verdict.due = due.value();
    start = &candidate;
    break;
  }
  if (start == nullptr) {
    verdict.trigger = rule->starts.front().trigger;
    return Keep(std::move(verdict), Awaited(*rule));
  }
  if (now.low < *verdict.due) return Keep(std::move(verdict), "its time has not come");
  if (facts.held && rule->holds == HoldEffect::kBlocks) {
    verdict.state = RetentionState::kBlocked;
    verdict.reason = "it is due, and a hold keeps it";
    return verdict;
  }
  if (start->review == Review::kRequired && !facts.approved) {
    verdict.state = RetentionState::kProposed;
    verdict.reason = start->action == RetentionAction::kReview
                         ? "it is due for review: destroy, keep, or offer to an archive"
                         : "it is due, and two people must approve";
    return verdict;
  }
  return Destroy(std::move(verdict), "its time has come");
}

RetentionVerdict Judge::WeighLoan(const MatterFacts& matter, const RetentionFacts& facts,
                                  TimeInterval now) const {
  RetentionVerdict verdict;
  const vault::LendingRule* loan = facts.loan ? table_->Loan(*facts.loan) : nullptr;
  if (loan != nullptr) {
    auto rule = table_->rules.find(loan->retention);
    CHECK(rule != table_->rules.end());
    verdict.rule = rule->second.id;
    verdict.authority = rule->second.authority;
  }
  // What a person reported is believed at once: the earliest ending event is the one on record.
  std::vector<vault::MatterEvent> endings = facts.ended_by;
  if (loan != nullptr) {
    for (const std::string& event : loan->ends_on) {
      if (auto at = matter.TimeOf(event)) endings.push_back({event, *at});
    }
  }
  auto first = std::min_element(endings.begin(), endings.end(),
                                [](const auto& a, const auto& b) { return a.at < b.at; });
  if (first != endings.end()) {
    verdict.trigger = first->name;
    verdict.due = first->at;
    return Destroy(std::move(verdict), "the loan has ended");
  }
  return AtItsEnd(std::move(verdict), facts, now);
}

RetentionVerdict Judge::WeighShare(const RetentionFacts& facts, TimeInterval now) const {
  RetentionVerdict verdict;
  auto rule = table_->rules.find(table_->rule_of_shares);
  if (rule != table_->rules.end()) {
    verdict.rule = rule->second.id;
    verdict.authority = rule->second.authority;
  }
  if (!facts.ended_by.empty()) {
    verdict.trigger = facts.ended_by.front().name;
    verdict.due = facts.ended_by.front().at;
    return Destroy(std::move(verdict), "what the link rests on has ended");
  }
  return AtItsEnd(std::move(verdict), facts, now);
}

RetentionVerdict Judge::WeighByOwnEnd(const RetentionFacts& facts, TimeInterval now) const {
  RetentionVerdict verdict = AtItsEnd(OwnRule(facts.type), facts, now);
  // A person's key is access, not information: no hold keeps a login alive.
  if (verdict.state != RetentionState::kDestroy || facts.type == EntryType::kPerson) {
    return verdict;
  }
  if (facts.held) {
    verdict.state = RetentionState::kBlocked;
    verdict.reason = "it is due, and a hold keeps it";
  } else if (facts.type != EntryType::kPseudonym && !facts.approved) {
    verdict.state = RetentionState::kProposed;
    verdict.reason = "it is due, and two people must approve";
  }
  return verdict;
}

}  // namespace policies
