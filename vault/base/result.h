// Results and errors: what the world can do wrong is a value, what only we can do wrong is a CHECK.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace vault {

// Errc is the whole list of kinds a caller may branch on; HTTP status and exit text follow from it.
enum class Errc {
  kInvalid,      // 400  the request or input is wrong
  kDenied,       // 403  the caller may know that it exists, and may not do this
  kNotFound,     // 404  absent, or not to be known
  kConflict,     // 409  the state forbids it
  kHeld,         // 409  a hold forbids it
  kExpired,      // 410  the caller once had it; its time is over
  kCorrupt,      // 500  stored bytes fail their check
  kUnavailable,  // 503  cannot be done now
};

// ErrcName is the word used in error lines and problem documents ("not-found").
std::string_view ErrcName(Errc code);
// ErrcFromName is the inverse of ErrcName.
std::optional<Errc> ErrcFromName(std::string_view name);

// Error carries the kind and a lower-case detail that holds no secret and no personal data.
struct Error {
  Errc code;
  std::string detail;
};

// Result is either a value or an Error.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_.has_value(); }
  const Error& error() const& { return *error_; }
  Error&& error() && { return *std::move(error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

inline Status Ok() { return {}; }
inline Error Invalid(std::string detail) { return {Errc::kInvalid, std::move(detail)}; }
inline Error Denied(std::string detail) { return {Errc::kDenied, std::move(detail)}; }
inline Error NotFound(std::string detail) { return {Errc::kNotFound, std::move(detail)}; }
inline Error Conflict(std::string detail) { return {Errc::kConflict, std::move(detail)}; }
inline Error Held(std::string detail) { return {Errc::kHeld, std::move(detail)}; }
inline Error Expired(std::string detail) { return {Errc::kExpired, std::move(detail)}; }
inline Error Corrupt(std::string detail) { return {Errc::kCorrupt, std::move(detail)}; }
inline Error Unavailable(std::string detail) { return {Errc::kUnavailable, std::move(detail)}; }

// CheckFailed prints file, line and expression (never a value) and ends the process.
[[noreturn]] void CheckFailed(const char* file, int line, const char* expression);

}  // namespace vault

#define STRONGROOM_CONCAT_(a, b) a##b
#define STRONGROOM_CONCAT(a, b) STRONGROOM_CONCAT_(a, b)

// CHECK is alive in every build: it guards what only we can do wrong.
#define CHECK(expression) \
  ((expression) ? void(0) : ::vault::CheckFailed(__FILE__, __LINE__, #expression))

// TRY(auto x, Call()) returns the error of Call to our caller, or declares x with its value.
// The counter keeps nested uses (a lambda inside the call) apart.
#define TRY(declaration, ...) STRONGROOM_TRY_(declaration, __COUNTER__, __VA_ARGS__)
#define STRONGROOM_TRY_(declaration, n, ...)                                                  \
  auto STRONGROOM_CONCAT(try_, n) = (__VA_ARGS__);                                            \
  if (!STRONGROOM_CONCAT(try_, n).ok()) return std::move(STRONGROOM_CONCAT(try_, n)).error(); \
  declaration = std::move(STRONGROOM_CONCAT(try_, n)).value()

// TRY_VOID(Call()) returns the error of Call to our caller.
#define TRY_VOID(...) STRONGROOM_TRY_VOID_(__COUNTER__, __VA_ARGS__)
#define STRONGROOM_TRY_VOID_(n, ...)                                                            \
  do {                                                                                          \
    auto STRONGROOM_CONCAT(try_, n) = (__VA_ARGS__);                                            \
    if (!STRONGROOM_CONCAT(try_, n).ok()) return std::move(STRONGROOM_CONCAT(try_, n)).error(); \
  } while (false)
