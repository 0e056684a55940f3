// Judge: weighs one object against the retention rules and writes the order to destroy it.
#pragma once

#include "policies/retention_rule.h"
#include "vault/base/rules.h"

namespace policies {

// Judge is the only writer of DisposalOrder; it writes one exactly when its verdict is kDestroy.
//
// Invariants: a record under a hold is never ordered destroyed; a record whose rule asks for review
//             is never ordered destroyed unapproved; nothing is ordered destroyed by the clock
//             before now.low has reached its due time; a loan that an event ended is destroyed at
//             once, whatever the clock and whatever holds there are.
class Judge {
 public:
  // table must outlive the judge.
  explicit Judge(const RetentionTable* table) : table_(table) {}
  vault::Judgement Weigh(const vault::MatterFacts& matter, const vault::RetentionFacts& facts,
                         vault::TimeInterval now) const;

 private:
  vault::RetentionVerdict WeighDocument(const vault::MatterFacts& matter,
                                        const vault::RetentionFacts& facts,
                                        vault::TimeInterval now) const;
  vault::RetentionVerdict WeighLoan(const vault::MatterFacts& matter,
                                    const vault::RetentionFacts& facts,
                                    vault::TimeInterval now) const;
  vault::RetentionVerdict WeighShare(const vault::RetentionFacts& facts,
                                     vault::TimeInterval now) const;
  vault::RetentionVerdict WeighByOwnEnd(const vault::RetentionFacts& facts,
                                        vault::TimeInterval now) const;
  const RetentionTable* table_;
};

}  // namespace policies
