// Message: what a handler is given and what it gives back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/http/body.h"
#include "vault/base/result.h"

namespace service {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };

// MethodName is the token of the method; MethodFromName its inverse, exact in case.
std::string_view MethodName(Method method);
std::optional<Method> MethodFromName(std::string_view name);

struct Header {
  std::string name;
  std::string value;
};

// Headers keeps order; names compare without case.
class Headers {
 public:
  void Add(std::string_view name, std::string_view value);
  // Set replaces every header of that name.
  void Set(std::string_view name, std::string_view value);
  // Find gives the first value of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  std::size_t Count(std::string_view name) const;
  const std::vector<Header>& all() const { return all_; }

 private:
  std::vector<Header> all_;
};

// SameName compares header names: ASCII letters without case.
bool SameName(std::string_view a, std::string_view b);

struct NamedValue {
  std::string name;
  std::string value;
};

// Request is one request whose header kept every rule of the parser.
struct Request {
  Method method = Method::kGet;
  std::string path;                  // as sent, still percent-encoded
  std::vector<NamedValue> captures;  // of the route's pattern, decoded
  std::vector<NamedValue> query;     // decoded; no name occurs twice
  Headers headers;
  std::string peer;  // numeric address of the other end
  BodyReader* body = nullptr;

  // Capture gives what stands for {name} in the route; the route has such a capture.
  const std::string& Capture(std::string_view name) const;
  // Query gives the value of a query parameter.
  std::optional<std::string_view> Query(std::string_view name) const;
  // OnlyQuery refuses parameters that are not named. Errors: kInvalid.
  vault::Status OnlyQuery(std::initializer_list<std::string_view> names) const;
  // Cookie gives the value of one cookie; nothing when it is absent or stands there twice.
  std::optional<std::string_view> Cookie(std::string_view name) const;
};

// Response is an answer. Invariants, checked when it is written: header names are tokens, header
// values printable ASCII; Content-Length, Transfer-Encoding, Connection and Date are
// the server's.
class Response {
 public:
  // Streamed body: with a length it must give exactly that many bytes; without, it goes chunked.
  struct Stream {
    std::unique_ptr<BodyReader> source;
    std::optional<std::uint64_t> length;
  };

  // Of makes an answer with a whole body.
  static Response Of(int status, std::string_view content_type, std::string_view body);
  // OfJson makes an answer of application/json.
  static Response OfJson(int status, std::string_view json);
  // Streaming makes an answer whose body is pulled while it is sent.
  static Response Streaming(int status, std::string_view content_type, Stream stream);
  // Empty makes an answer without a body (204, 303, ...).
  static Response Empty(int status);

  int status() const { return status_; }
  const Headers& headers() const { return headers_; }
  Response& Add(std::string_view name, std::string_view value) &;
  Response&& Add(std::string_view name, std::string_view value) &&;
  Response& Set(std::string_view name, std::string_view value) &;

  // whole is the body unless it streams.
  const vault::Plaintext* whole() const { return std::get_if<vault::Plaintext>(&content_); }
  Stream* stream() { return std::get_if<Stream>(&content_); }

 private:
  explicit Response(int status) : status_(status) {}
  int status_;
  Headers headers_;
  std::variant<vault::Plaintext, Stream> content_;
};

// Handler answers one request. An Error becomes a problem document of its kind.
using Handler = std::function<vault::Result<Response>(Request&)>;

// StatusPhrase is the reason phrase of a status ("Not found").
std::string_view StatusPhrase(int status);

// AttachmentDisposition writes a Content-Disposition for a download under any name.
// Source: RFC 6266, RFC 8187.
std::string AttachmentDisposition(std::string_view file_name);

// ResponseHead is the bytes before the body.
struct HeadFacts {
  std::string_view date;  // IMF-fixdate
  bool close = false;
  bool without_body = false;  // HEAD
};
std::string ResponseHead(Response& response, const HeadFacts& facts);

// HttpDate writes a moment as IMF-fixdate.    Units: seconds since 1970.
std::string HttpDate(std::int64_t unix_seconds);

}  // namespace service
