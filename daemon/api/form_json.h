// FormJson: a form that was read, as the contract shows it.
#pragma once

#include <string_view>

#include "daemon/http/json.h"
#include "ingest/form.h"

namespace service {

// kFormCode names the one form this release reads.
inline constexpr std::string_view kFormCode = "macfa-single-agency/1";

// AddFormMembers adds grades, answers and gaps to an object.
void AddFormMembers(Json& json, const ingest::Form& form);

}  // namespace service
