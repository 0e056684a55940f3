// LogFolder: an exported audit log on disk, checked whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vault/audit/checkpoint.h"
#include "vault/audit/event.h"
#include "vault/base/result.h"

namespace tools {

// VerifiedLog is a whole log, and what it says of the rules it was written under.
struct VerifiedLog {
  struct Rules {
    std::uint64_t index = 0;
    vault::LogFields entry;  // policy.adopted, policy.dropped
  };
  vault::TreeHead head;
  std::vector<Rules> rules;  // oldest first
};

// VerifyLogFolder recomputes every hash from the entries and holds every file of the folder against
// them: checkpoint, vkey, tile/…, tile/entries/…, nothing missing and nothing more.
//
// since: an older checkpoint, as signed; its tree must be the beginning of this one.
// Errors: kNotFound there is no such folder; kCorrupt anything does not fit, with the file's path
// inside the folder.      Memory: flat, but for the entries about rules.
vault::Result<VerifiedLog> VerifyLogFolder(const std::string& folder, const vault::NoteKey& key,
                                           const std::optional<std::string>& since);

}  // namespace tools
