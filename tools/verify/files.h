// Files: small files read whole, with the two answers a checker gives.
#pragma once

#include <cstdint>
#include <string>

#include "vault/base/result.h"

namespace tools {

// ReadSmallFile reads a regular file of at most `limit` bytes.
// Errors: kNotFound; kInvalid larger, or no regular file; kUnavailable it cannot be read.
vault::Result<std::string> ReadSmallFile(const std::string& path, std::uint64_t limit);

}  // namespace tools
