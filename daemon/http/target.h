// Target: request targets and form fields, taken apart without any leniency.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/message.h"
#include "vault/base/result.h"

namespace service {

// Target is the origin form of a request target.
//
//   target = path [ "?" query ]     path = 1*( "/" segment )     query = pair *( "&" pair )
//
// Invariants: segments are decoded UTF-8 without control characters and never "." or ".."; the
// path is cut before it is decoded, so an encoded slash stays inside its segment. An empty
// segment is kept: no route matches it, but "/" itself has exactly one.
struct Target {
  std::string path;
  std::vector<std::string> segments;
  std::vector<NamedValue> query;
};

// ParseTarget.
// Errors: kInvalid another form of target, a character that must be encoded, a bad percent code,
//         dot segments, control characters, a query name that occurs twice, more than 64 pairs.
// Source: RFC 3986 §3.3, §3.4; RFC 9112 §3.2.
vault::Result<Target> ParseTarget(std::string_view text);

// ParseForm reads application/x-www-form-urlencoded; names may repeat.
// Errors: kInvalid as above, more than 1024 pairs.
vault::Result<std::vector<NamedValue>> ParseForm(std::string_view text);

}  // namespace service
