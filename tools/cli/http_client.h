// HttpClient: the connection to the daemon, TLS 1.3 with the server's name checked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tools/cli/http_exchange.h"
#include "vault/base/result.h"

namespace tools {

// ServerAddress is where a daemon answers.
struct ServerAddress {
  std::string host;
  std::uint16_t port = 443;

  // Parse reads https://host[:port][/]. Errors: kInvalid anything else.
  static vault::Result<ServerAddress> Parse(std::string_view url);
  // host_header is the value of the Host header.
  std::string host_header() const;
};

// HttpClient makes requests one after the other and keeps the connection between reading ones.
class HttpClient {
 public:
  // Open prepares the connection. authority: a PEM file with an authority or the server's own
  // self-signed certificate; without it the system's authorities count.
  // Errors: kNotFound no such file; kInvalid it holds no certificate.
  static vault::Result<std::unique_ptr<HttpClient>> Open(
      ServerAddress address, const std::optional<std::string>& authority);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Ask makes one request. A problem document of the server becomes our Error.
  // Errors: as Exchange; kUnavailable no connection, or the server is not who it should be.
  vault::Result<HttpAnswer> Ask(const HttpRequest& request, BodySink* sink);

 private:
  struct State;
  explicit HttpClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// ProblemOf reads the error out of an answer that is no success: its problem document, or else its
// status.
vault::Error ProblemOf(const HttpAnswer& answer);

}  // namespace tools
