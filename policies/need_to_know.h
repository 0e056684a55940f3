// NeedToKnow: the reading matrix, role by class by phase.
#pragma once

#include <cstdint>
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
  bool assigned = false;  // the role was given to them for this matter
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
    std::string_view role = {};  // that gave it; empty for nothing; lives as long as the facts
  };

  NeedToKnow() = default;
  // named_classes are sealed to people by name: nobody else reads one, whatever a row says.
  NeedToKnow(std::vector<ReadingRow> rows, std::vector<std::string> named_classes, PackScope scope);
  PackScope scope() const { return scope_; }
  Answer Read(std::string_view phase, const vault::MatterFacts& matter,
              const vault::ReadingFacts& facts) const;
  const std::vector<ReadingRow>& rows() const { return rows_; }

 private:
  using Indexes = std::vector<std::uint16_t>;
  vault::ReadingCode Given(const ReadingRow& row, const vault::ReadingFacts& facts) const;
  std::vector<ReadingRow> rows_;
  std::vector<std::string> named_classes_;
  PackScope scope_ = PackScope::kInvolved;
  std::vector<std::pair<std::string, Indexes>> rows_of_role_;  // by role, in order of the names
};

}  // namespace policies
