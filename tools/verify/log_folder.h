// LogFolder: an exported audit log on disk, checked whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "vault/audit/checkpoint.h"
#include "vault/base/result.h"

namespace tools {

// VerifyLogFolder recomputes every hash from the entries and holds every file of the folder against
// them: checkpoint, vkey, tile/…, tile/entries/…, nothing missing and nothing more.
//
// since: an older checkpoint, as signed; its tree must be the beginning of this one.
// Errors: kNotFound there is no such folder; kCorrupt anything does not fit, with the file's path
// inside the folder.      Memory: flat.
vault::Result<vault::TreeHead> VerifyLogFolder(const std::string& folder, const vault::NoteKey& key,
                                               const std::optional<std::string>& since);

}  // namespace tools
