// LogExport: the whole log as files, for checking offline.
#pragma once

#include <cstdint>
#include <string>

#include "tools/cli/client.h"

namespace tools {

struct LogExport {
  std::uint64_t entries = 0;
  std::uint64_t files = 0;
};

// ExportLog writes the log below a folder: checkpoint, vkey and tiles of one size.
// Errors: kConflict the folder holds other files than an export; those of the daemon and the disk.
vault::Result<LogExport> ExportLog(Client& client, const std::string& where);

}  // namespace tools
