// RetentionRule: how long a class of things is kept, and on whose authority.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/calendar.h"
#include "policies/due_rule.h"
#include "vault/base/facts.h"

namespace policies {

// RetentionAction is what happens when the time has come.
enum class RetentionAction {
  kDestroy,
  kReview,  // a named person chooses: destroy, keep, or offer to an archive
  kKeep,    // for ever
};

// Review says whether two people must approve before destruction.
enum class Review { kNone, kRequired };

// HoldEffect: a hold keeps information, never access.
enum class HoldEffect { kBlocks, kIgnored };

// RetentionStart is one way a rule's clock starts.
struct RetentionStart {
  std::string trigger;              // an event, or FILED; empty for kKeep
  std::vector<std::string> unless;  // events that take this start away
  bool uninvolved = false;          // only for what is about nobody an agency is involved with
  std::optional<Period> period;     // none: at once
  int birthday = 0;                 // keep until this birthday of the subject; 0: by the period
  int other_birthday = 0;           // this one instead, of a subject aged other_age at the trigger
  int other_age = 0;
  RetentionAction action = RetentionAction::kDestroy;
  Review review = Review::kRequired;

  // DueFrom gives the moment of destruction when the trigger happened at a moment: that moment
  // itself when there is no period, else 00:00 in London of the day reached. It does not roll.
  // A day that comes from a birth is put to the end of its quarter, so that it does not tell the
  // birth; born may itself be the end of the quarter of the birth.
  // Errors: kInvalid the date leaves the calendar's years; kNotFound the birth is needed.
  vault::Result<vault::UnixSeconds> DueFrom(vault::UnixSeconds triggered,
                                            std::optional<vault::Day> born,
                                            const Calendar& calendar) const;
};

// RetentionRule is one <retention> of a template (POLICY.md).
struct RetentionRule {
  std::string id;                      // "RC-02"
  std::vector<RetentionStart> starts;  // the first whose trigger has happened counts
  HoldEffect holds = HoldEffect::kBlocks;
  std::string basis;
  std::string authority;
};

// QuarterEnd is the last day of the day's quarter.
vault::Day QuarterEnd(vault::Day day);

// RetentionTable is everything a template says about endings.
struct RetentionTable {
  std::map<std::string, RetentionRule, std::less<>> rules;
  std::map<std::string, std::string, std::less<>> rule_of_class;
  std::vector<vault::LendingRule> loans;
  std::string rule_of_shares;
  std::shared_ptr<const Calendar> calendar;

  // Of gives the rule of a class; null for a class the template does not know.
  const RetentionRule* Of(std::string_view class_code) const;
  // Loan gives the rule of a kind of loan; null when the template lends nothing by it.
  const vault::LendingRule* Loan(vault::LoanKind kind) const;
};

}  // namespace policies
