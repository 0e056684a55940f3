// PolicyDiff: whose verdict changes between two versions of a process.
#pragma once

#include <string>
#include <vector>

#include "policies/process_template.h"

namespace policies {

// PolicyChange is one difference. what: "reading", "retention", "loan", "due", "limit", "check",
// "class", "record", "event", "phase" or "role".
struct PolicyChange {
  std::string what;
  std::string name;       // "AAC FRM P4", "FRM", "pack", …
  std::string condition;  // reading: whose documents and under which conditions; else empty
  std::string before;     // empty: it was not there
  std::string after;      // empty: it is gone
  std::string ToText() const;
};

// Compare gives every difference, readings first. A reading is weighed for every role, class and
// phase of either version, for documents of one's own agency, of one involved and of any other, and
// under every set of conditions; the plainest set that differs is told.
std::vector<PolicyChange> Compare(const ProcessTemplate& before, const ProcessTemplate& after);

}  // namespace policies
