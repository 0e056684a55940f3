// FileCopy: whole files copied durably, and read back from the device before they count.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "vault/crypto/bulk.h"
#include "vault/store/disk.h"

namespace vault {

// FileFacts names the bytes of a file.
struct FileFacts {
  std::uint64_t size = 0;
  Sha256Digest sha256{};
  bool operator==(const FileFacts&) const = default;
};

// CopyStep hears of bytes as they are done; its error ends the work.
using CopyStep = std::function<Status(std::uint64_t bytes)>;

// CopyFile writes what `from` holds to `path`: a temporary file beside it, synced, read back from
// the device, renamed. The folder is still to be synced, once for all files in it.
// Errors: kCorrupt the device gives other bytes back; kUnavailable; those of `step`.
Result<FileFacts> CopyFile(Disk& disk, RandomAccess& from, const std::string& path,
                           const CopyStep& step);
// HashFile reads a whole file. Errors: kUnavailable; those of `step`.
Result<FileFacts> HashFile(RandomAccess& file, const CopyStep& step);
// kTemporarySuffix ends the name of a file that is not finished.
inline constexpr std::string_view kTemporarySuffix = ".new";

}  // namespace vault
