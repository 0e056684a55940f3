#include "vault/base/result.h"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace vault {
namespace {
constexpr std::array<std::pair<Errc, std::string_view>, 8> kNames = {{
    {Errc::kInvalid, "invalid"},
    {Errc::kDenied, "denied"},
    {Errc::kNotFound, "not-found"},
    {Errc::kConflict, "conflict"},
    {Errc::kHeld, "held"},
    {Errc::kExpired, "expired"},
    {Errc::kCorrupt, "corrupt"},
    {Errc::kUnavailable, "unavailable"},
}};
}  // namespace

std::string_view ErrcName(Errc code) {
  for (const auto& [value, name] : kNames) {
    if (value == code) return name;
  }
  CHECK(false && "unknown error code");
  return {};
}

std::optional<Errc> ErrcFromName(std::string_view name) {
  for (const auto& [value, text] : kNames) {
    if (text == name) return value;
  }
  return std::nullopt;
}

void CheckFailed(const char* file, int line, const char* expression) {
  std::fprintf(stderr, "strongroom: check failed: %s:%d: %s\n", file, line, expression);
  std::abort();
}

}  // namespace vault
