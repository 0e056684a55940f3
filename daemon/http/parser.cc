#include "daemon/http/parser.h"

#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "daemon/http/target.h"
#include "vault/base/text.h"

namespace service {
namespace {

namespace beast = boost::beast;

bool IsPrintable(std::uint8_t byte) { return byte >= 0x20 && byte <= 0x7E; }

bool IsTokenByte(std::uint8_t byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= 'a' && byte <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(byte)) !=
             std::string_view::npos;
}

// CheckRequestLine decides what Beast cannot tell apart: an unknown version from a malformed one,
// and an unknown method from a forbidden one.
std::optional<Refusal> CheckRequestLine(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return Refusal{400, "the request line does not have three parts"};
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (target.find(' ') != std::string_view::npos) {
    return Refusal{400, "the request line does not have three parts"};
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7])) {
    return Refusal{400, "the version is malformed"};
  }
  if (version != "HTTP/1.1") return Refusal{505, "only version 1.1 is spoken here"};
  for (char c : method) {
    if (!IsTokenByte(static_cast<std::uint8_t>(c))) return Refusal{400, "the method is malformed"};
  }
  if (method.empty()) return Refusal{400, "the method is malformed"};
  if (!MethodFromName(method).has_value()) return Refusal{501, "the method is not known"};
  return std::nullopt;
}

// IsHost: host [":" port], a name or an address, as RFC 3986 has it.
bool IsHost(std::string_view host) {
  if (host.empty() || host.size() > 262) return false;
  std::string_view rest = host;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos || end == 1) return false;
    for (char c : rest.substr(1, end - 1)) {
      if (std::string_view("0123456789abcdefABCDEF:.").find(c) == std::string_view::npos) {
        return false;
      }
    }
    rest.remove_prefix(end + 1);
  } else {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (end == 0) return false;
    for (char c : rest.substr(0, end)) {
      const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                         (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
      if (!plain) return false;
    }
    rest.remove_prefix(end);
  }
  if (rest.empty()) return true;
  if (!rest.starts_with(':')) return false;
  rest.remove_prefix(1);
  return !rest.empty() && rest.size() <= 5 &&
         std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Headers that change what a request means may stand there once.
constexpr std::string_view kOnce[] = {
    "Host",   "Content-Length", "Transfer-Encoding", "Content-Type",  "Authorization", "Range",
    "Expect", "Cookie",         "If-Range",          "If-None-Match",
};

std::optional<Refusal> CheckFraming(RequestHead& head) {
  const auto length = head.headers.Find("Content-Length");
  const auto coding = head.headers.Find("Transfer-Encoding");
  if (length.has_value() && coding.has_value()) {
    return Refusal{400, "a length and a transfer coding exclude each other"};
  }
  if (coding.has_value()) {
    if (!SameName(*coding, "chunked")) {
      return Refusal{501, "chunked is the only transfer coding spoken here"};
    }
    head.framing = Framing::kChunked;
  }
  if (length.has_value()) {
    const auto value = vault::ParseDecimal(*length);
    if (!value.ok()) return Refusal{400, "the length is malformed"};
    head.length = value.value();
    head.framing = head.length == 0 ? Framing::kNone : Framing::kLength;
  }
  return std::nullopt;
}

std::optional<Refusal> CheckHeaders(RequestHead& head) {
  if (head.headers.Count("Host") == 0) return Refusal{400, "the host is missing"};
  for (std::string_view name : kOnce) {
    if (head.headers.Count(name) > 1) return Refusal{400, "a header stands there twice"};
  }
  if (!IsHost(*head.headers.Find("Host"))) return Refusal{400, "the host is malformed"};
  if (const auto expect = head.headers.Find("Expect")) {
    if (!SameName(*expect, "100-continue")) return Refusal{417, "the expectation is not known"};
    head.expects_continue = true;
  }
  return CheckFraming(head);
}

}  // namespace

std::optional<Refusal> RequestParser::Step(std::uint8_t byte) {
  switch (state_) {
    case State::kRequestLine:
      if (byte == '\r') {
        state_ = State::kRequestLineEnd;
      } else if (!IsPrintable(byte)) {
        return Refusal{400, "the request line has a byte that does not belong there"};
      } else if (block_.size() == kMaxRequestLine) {
        return Refusal{414, "the request line is too long"};
      }
      return std::nullopt;
    case State::kRequestLineEnd:
    case State::kFieldEnd:
      if (byte != '\n') return Refusal{400, "a line does not end with both its characters"};
      if (state_ == State::kRequestLineEnd) {
        if (auto refusal =
                CheckRequestLine(std::string_view(block_).substr(0, block_.size() - 1))) {
          return refusal;
        }
      }
      state_ = State::kFieldStart;
      return std::nullopt;
    case State::kFieldStart:
      if (byte == '\r') {
        state_ = State::kHeaderEnd;
        return std::nullopt;
      }
      if (byte == ' ' || byte == '\t') return Refusal{400, "a header is folded"};
      if (!IsTokenByte(byte)) return Refusal{400, "a header's name is malformed"};
      if (++fields_ > kMaxHeaderFields) return Refusal{431, "there are too many headers"};
      state_ = State::kFieldName;
      return std::nullopt;
    case State::kFieldName:
      if (byte == ':') {
        state_ = State::kFieldValue;
      } else if (!IsTokenByte(byte)) {
        return Refusal{400, "a header's name is malformed"};
      }
      return std::nullopt;
    case State::kFieldValue:
      if (byte == '\r') {
        state_ = State::kFieldEnd;
      } else if (byte != '\t' && !IsPrintable(byte)) {
        return Refusal{400, "a header's value has a byte that does not belong there"};
      }
      return std::nullopt;
    case State::kHeaderEnd:
      if (byte != '\n') return Refusal{400, "a line does not end with both its characters"};
      state_ = State::kFinished;
      return std::nullopt;
    case State::kFinished:
      break;
  }
  return Refusal{400, "the header is over"};
}

std::size_t RequestParser::Feed(vault::ByteView bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && state_ != State::kFinished && !refusal_.has_value()) {
    const std::uint8_t byte = bytes[taken++];
    refusal_ = Step(byte);
    if (!refusal_.has_value() && block_.size() == kMaxHeader) {
      refusal_ = Refusal{431, "the header is too large"};
    }
    block_ += static_cast<char>(byte);
  }
  if (state_ == State::kFinished && !refusal_.has_value() && !head_.has_value()) Finish();
  return taken;
}

void RequestParser::Finish() {
  beast::http::request_parser<beast::http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(kMaxHeader + 1));
  parser.body_limit(boost::none);
  beast::error_code ec;
  RequestHead head;
  // Beast itself reports by error code, but its containers may throw.
  try {
    const std::size_t used = parser.put(boost::asio::buffer(block_), ec);
    if (ec || used != block_.size() || !parser.is_header_done()) {
      refusal_ = Refusal{400, "the header is malformed"};
      return;
    }
    for (const auto& field : parser.get()) {
      const auto name = field.name_string();
      const auto value = field.value();
      head.headers.Add({name.data(), name.size()}, {value.data(), value.size()});
    }
    const auto target_text = parser.get().target();
    const auto method_text = parser.get().method_string();
    const auto method = MethodFromName({method_text.data(), method_text.size()});
    CHECK(method.has_value());  // CheckRequestLine has seen it
    head.method = *method;
    head.close = !parser.keep_alive();
    auto target = ParseTarget({target_text.data(), target_text.size()});
    if (!target.ok()) {
      refusal_ = Refusal{400, "the target is malformed"};
      return;
    }
    head.path = std::move(target.value().path);
    head.segments = std::move(target.value().segments);
    head.query = std::move(target.value().query);
  } catch (const std::exception&) {
    refusal_ = Refusal{400, "the header is malformed"};
    return;
  }
  refusal_ = CheckHeaders(head);
  if (!refusal_.has_value()) head_ = std::move(head);
}

RequestHead RequestParser::TakeHead() {
  CHECK(head_.has_value());
  RequestHead head = *std::move(head_);
  head_.reset();
  return head;
}

void RequestParser::Reset() { *this = RequestParser(); }

}  // namespace service
