// Ranking: who is chosen from a list, by how much is known of them, and what was a tie.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policies/check.h"
#include "vault/base/facts.h"

namespace policies {

// RankingRule is one <ranking> of a template: it ranks the values of `subject` by how many
// different values of `distinct` there are among the records that pass `where`.
struct RankingRule {
  std::string id;
  std::string of;        // the kind of record
  std::string subject;   // the field whose values are ranked
  std::string distinct;  // the field whose different values count
  std::vector<Guard> where;
  int take = 1;           // how many are chosen
  std::string tie_break;  // a field: among equals the one with the latest day; empty: none
  std::string basis;
};

// Ranked is one line of the list, the widest first.
struct Ranked {
  std::string subject;
  int count = 0;
  std::string latest;  // the latest value of the tie-break field, empty when there is none
  bool chosen = false;
};

// Ranking is the list and what has to be recorded about it.
struct Ranking {
  std::vector<Ranked> list;
  std::vector<std::string> tied;  // equals on both sides of the cut: the choice was the tie-break's
  bool settled = true;            // false: the tie-break did not tell them apart, a person decides
};

Ranking Rank(const RankingRule& rule, std::span<const vault::RecordFacts> records);

}  // namespace policies
