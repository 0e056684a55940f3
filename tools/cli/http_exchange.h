// HttpExchange: one HTTP/1.1 request and its answer over any byte stream, strict about lengths.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/base/wiped.h"

namespace tools {

// ByteStream is a connection.
// Errors: kUnavailable it broke or took too long.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Read gives 1..size bytes, or 0 at the end.
  virtual vault::Result<std::size_t> Read(vault::MutableByteView buffer) = 0;
  virtual vault::Status Write(vault::ByteView bytes) = 0;
};

// BodySource is pulled for the bytes of an upload.
class BodySource {
 public:
  virtual ~BodySource() = default;
  // Read gives 1..size bytes, or 0 at the end.
  virtual vault::Result<std::size_t> Read(vault::MutableByteView buffer) = 0;
  // size: known in advance, or not (then the upload is chunked).
  virtual std::optional<std::uint64_t> size() const = 0;
};

// HttpHead is the first part of an answer; header names are lower case.
struct HttpHead {
  int status = 0;
  std::map<std::string, std::string, std::less<>> headers;
  std::string Header(std::string_view name) const;
};

// BodySink takes the bytes of a successful answer.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // Begin comes once, before any byte; size is absent for a chunked answer.
  virtual vault::Status Begin(const HttpHead& head, std::optional<std::uint64_t> size) = 0;
  virtual vault::Status Write(vault::ByteView bytes) = 0;
};

// HttpRequest is what is asked. The pointers are not owned and may be null.
struct HttpRequest {
  std::string method = "GET";
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  const vault::Plaintext* bearer = nullptr;  // the session's token
  const vault::Plaintext* json = nullptr;    // a JSON body
  BodySource* upload = nullptr;              // or a streamed one
};

// HttpAnswer is what came. body holds all of an answer that no sink took.
struct HttpAnswer {
  HttpHead head;
  vault::Plaintext body;
};

// ExchangeEnd says whether the connection can carry another request.
enum class ExchangeEnd { kReusable, kFinished };

// Exchange writes the request and reads the answer. A sink takes the body of a 2xx answer; any
// other body is kept, up to 16 MiB. When the server answers before it took the whole upload, that
// answer is given. Errors: kUnavailable the connection broke or an answer ended early; kInvalid the
// answer is no HTTP/1.1 or too large; whatever source and sink return.
struct Exchanged {
  HttpAnswer answer;
  ExchangeEnd end = ExchangeEnd::kFinished;
};
vault::Result<Exchanged> Exchange(ByteStream& stream, std::string_view host,
                                  const HttpRequest& request, BodySink* sink);

// PercentEncode writes everything but unreserved characters as %XX (RFC 3986 §2.3).
std::string PercentEncode(std::string_view text);

}  // namespace tools
