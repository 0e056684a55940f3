// Parser: request headers, read more strictly than the standard asks.
//
// Two readers stand behind each other. The scanner takes bytes as they come and knows only lines:
// it applies the caps and refuses what makes servers disagree about where a request ends (a bare
// line feed, folded lines, control characters, blanks before a colon). The complete block then goes
// through Boost.Beast's parser, and what that read goes through our own rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/message.h"
#include "vault/base/bytes.h"

namespace service {

inline constexpr std::size_t kMaxRequestLine = std::size_t{8} << 10;
inline constexpr std::size_t kMaxHeader = std::size_t{16} << 10;  // request line included
inline constexpr std::size_t kMaxHeaderFields = 64;

// Refusal is an answer below the level of handlers; its text is ours and echoes nothing.
struct Refusal {
  int status = 400;
  std::string_view detail;
};

enum class Framing : std::uint8_t { kNone, kLength, kChunked };

// RequestHead is a header that kept every rule.
struct RequestHead {
  Method method = Method::kGet;
  std::string path;
  std::vector<std::string> segments;
  std::vector<NamedValue> query;
  Headers headers;
  Framing framing = Framing::kNone;
  std::uint64_t length = 0;  // kLength only; never 0
  bool close = false;
  bool expects_continue = false;
};

// RequestParser reads one header.
//
// Invariants: the outcome and the number of bytes taken do not depend on how the input was cut.
class RequestParser {
 public:
  // Feed takes bytes up to the end of the header or the first fault, and says how many.
  std::size_t Feed(vault::ByteView bytes);

  bool started() const { return !block_.empty(); }
  // head is there once the header is complete and kept the rules.
  const std::optional<RequestHead>& head() const { return head_; }
  // refusal is there once a rule is broken; nothing further is taken.
  const std::optional<Refusal>& refusal() const { return refusal_; }
  RequestHead TakeHead();
  // Reset makes ready for the next request.
  void Reset();

 private:
  enum class State : std::uint8_t {
    kRequestLine,
    kRequestLineEnd,
    kFieldStart,
    kFieldName,
    kFieldValue,
    kFieldEnd,
    kHeaderEnd,
    kFinished,
  };
  // Step takes one byte. Gives the rule it breaks, if any.
  std::optional<Refusal> Step(std::uint8_t byte);
  void Finish();

  State state_ = State::kRequestLine;
  std::string block_;
  std::size_t fields_ = 0;
  std::optional<RequestHead> head_;
  std::optional<Refusal> refusal_;
};

}  // namespace service
