// Outcome: what reading a file gave: a form, or the reason why there is none. A file without a
// form is still kept; an outcome is never an error of the filing.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>

#include "ingest/form.h"
#include "vault/base/result.h"

namespace ingest {

// Unreadable says why no form was read. The number is the wire's.
enum class Unreadable : std::uint8_t {
  kEmpty = 1,
  kTooLarge = 2,
  kDamaged = 3,
  kNotAForm = 4,
  kOldWord = 5,
  kPasswordProtected = 6,
  kMacros = 7,
  kOpenDocument = 8,
  kOtherOffice = 9,
  kPdf = 10,
  kRichText = 11,
  kPlainText = 12,
  kArchive = 13,
  kArchiveBomb = 14,
  kEncryptedArchive = 15,
  kUnsafeNames = 16,
  kTooManyParts = 17,
  kTooComplex = 18,
  kUnknownFormat = 19,
  // These three are said by the caller's side of the pipe alone.
  kReaderStopped = 20,
  kReaderTooSlow = 21,
  kReaderUnavailable = 22,
};
inline constexpr std::uint8_t kLastUnreadable = 22;
// kLastUnreadableFromReader: what the reader process itself may say.
inline constexpr std::uint8_t kLastUnreadableFromReader = 19;

std::string_view UnreadableCode(Unreadable reason);  // "old-word"
std::string_view UnreadableText(Unreadable reason);  // one plain sentence

// ReadOutcome is one of the two.
class ReadOutcome {
 public:
  ReadOutcome(Form form) : state_(std::move(form)) {}  // NOLINT(google-explicit-constructor)
  ReadOutcome(Unreadable reason) : state_(reason) {}   // NOLINT(google-explicit-constructor)

  bool readable() const { return std::holds_alternative<Form>(state_); }
  // form: only when readable.
  const Form& form() const& {
    CHECK(readable());
    return std::get<Form>(state_);
  }
  Form&& form() && {
    CHECK(readable());
    return std::get<Form>(std::move(state_));
  }
  // reason: only when not readable.
  Unreadable reason() const {
    CHECK(!readable());
    return std::get<Unreadable>(state_);
  }
  bool operator==(const ReadOutcome&) const = default;

 private:
  std::variant<Form, Unreadable> state_;
};

// Parsed is a value on the way to a form, or the reason why there will be none.
template <class T>
class [[nodiscard]] Parsed {
 public:
  Parsed(T value) : state_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Parsed(Unreadable reason) : state_(reason) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  Unreadable reason() const { return std::get<1>(state_); }

 private:
  std::variant<T, Unreadable> state_;
};

}  // namespace ingest
