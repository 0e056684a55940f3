// OpenApi: the contract for programs, as it is served.
#pragma once

#include <string_view>

namespace service {

// OpenApiText is daemon/openapi.json, built into the program.
std::string_view OpenApiText();

}  // namespace service
