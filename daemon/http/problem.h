// Problem: errors as problem documents. What a peer sent is never in them.
#pragma once

#include <string_view>

#include "daemon/http/message.h"
#include "vault/base/result.h"

namespace service {

// StatusOf is the status of a kind of error.
int StatusOf(vault::Errc code);

// Problem is the answer for an error of a handler. Its detail goes out, except that of kCorrupt,
// which is for the operator.    Source: RFC 9457.
Response Problem(const vault::Error& error);

// ProblemWithStatus is for statuses that no kind has (401, 413, 429, ...).
Response ProblemWithStatus(int status, vault::Errc kind, std::string_view detail);

}  // namespace service
