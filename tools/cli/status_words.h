// StatusWords: the daemon's status as a person reads it.
#pragma once

#include <string>

#include "tools/cli/json.h"

namespace tools {

std::string StatusWords(const Json& status);

}  // namespace tools
