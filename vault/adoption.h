// Adoption: the log says which texts of the rules a vault runs under, and since when.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "vault/base/result.h"

namespace vault {

struct Core;

// RuleText names one version of a process and the digest of its text, or of the two texts that a
// local change is made of.
struct RuleText {
  std::string template_id;
  std::uint32_t version = 0;
  std::string sha256;
};

// LogAdoption writes a log entry for every text that this log has not seen: `policy.adopted`, with
// the digest it had before where the text of a version was changed in place; and for every one that
// is there no more: `policy.dropped`. No texts at all say nothing.
//
// Order:  what is remembered changes in the commit of its entry, so a stop in between repeats none.
// Errors: kCorrupt what is remembered cannot be read; those of the log.
Status LogAdoption(Core& core, std::span<const RuleText> texts);

}  // namespace vault
