#include "daemon/http/problem.h"

#include <string>

#include "daemon/http/json.h"

namespace service {
namespace {

// A detail is ours, so this is the second lock: one short line of plain characters.
std::string PlainDetail(std::string_view detail) {
  constexpr std::size_t kLongest = 300;
  std::string out;
  for (char c : detail.substr(0, kLongest)) out += c >= 0x20 && c <= 0x7E ? c : '?';
  return out;
}

}  // namespace

int StatusOf(vault::Errc code) {
  switch (code) {
    case vault::Errc::kInvalid:
      return 400;
    case vault::Errc::kDenied:
      return 403;
    case vault::Errc::kNotFound:
      return 404;
    case vault::Errc::kConflict:
    case vault::Errc::kHeld:
      return 409;
    case vault::Errc::kExpired:
      return 410;
    case vault::Errc::kCorrupt:
      return 500;
    case vault::Errc::kUnavailable:
      return 503;
  }
  return 500;
}

Response Problem(const vault::Error& error) {
  return ProblemWithStatus(StatusOf(error.code), error.code,
                           error.code == vault::Errc::kCorrupt
                               ? "stored bytes fail their check; the operator's log says more"
                               : error.detail);
}

Response ProblemWithStatus(int status, vault::Errc kind, std::string_view detail) {
  const Json json = Json::Object({{"type", "about:blank"},
                                  {"title", StatusPhrase(status)},
                                  {"status", status},
                                  {"kind", vault::ErrcName(kind)},
                                  {"detail", PlainDetail(detail)}});
  return Response::Of(status, "application/problem+json", json.ToText());
}

}  // namespace service
