// NeedToKnow: the reading matrix, role by class by phase.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vault/base/facts.h"

namespace policies {

// ReadingRow is one <read> of a template (POLICY.md).
struct ReadingRow {
  std::string role;
  std::vector<std::string> classes;  // empty: every class
  std::vector<std::string> phases;   // empty: every phase
  vault::ReadingCode code = vault::ReadingCode::kNone;
  std::string until;  // an event after which the row gives nothing; empty: none
  bool attending = false;
  bool participating = false;
  bool control_task = false;
};

// PackScope says whose packs an agency reads.
enum class PackScope { kInvolved, kAll };

// ReadingStrength orders the codes: where roles give several, the strongest is the verdict.
int ReadingStrength(vault::ReadingCode code);

// NeedToKnow answers from the rows; what no row gives is nothing.
class NeedToKnow {
 public:
  struct Answer {
    vault::ReadingCode code = vault::ReadingCode::kNone;
    std::string role;  // that gave it; empty for nothing
  };

  NeedToKnow() = default;
  NeedToKnow(std::vector<ReadingRow> rows, PackScope scope);
  Answer Read(std::string_view phase, const vault::MatterFacts& matter,
              const vault::ReadingFacts& facts) const;

 private:
  vault::ReadingCode Given(const ReadingRow& row, const vault::ReadingFacts& facts) const;
  std::vector<ReadingRow> rows_;
  PackScope scope_ = PackScope::kInvolved;
};

}  // namespace policies
