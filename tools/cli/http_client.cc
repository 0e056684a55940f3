#include "tools/cli/http_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/HostEntry.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Timespan.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "tools/cli/json.h"
#include "vault/base/text.h"

namespace tools {
namespace {

using vault::Error;
using vault::Result;
using vault::Status;

constexpr int kConnectSeconds = 10;
// Unsealing and sweeps take their time before the first byte of an answer.
constexpr int kAnswerSeconds = 600;
// An export asks for more files than one address may at once.
constexpr int kPatientTries = 20;
constexpr std::uint64_t kPatientSeconds = 30;

class TlsStream final : public ByteStream {
 public:
  explicit TlsStream(Poco::Net::SecureStreamSocket socket) : socket_(std::move(socket)) {}

  Result<std::size_t> Read(vault::MutableByteView buffer) override {
    try {
      const int n = socket_.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
      return static_cast<std::size_t>(std::max(n, 0));
    } catch (const Poco::TimeoutException&) {
      return vault::Unavailable("the server does not answer");
    } catch (const Poco::Exception&) {
      return vault::Unavailable("the connection broke");
    }
  }

  Status Write(vault::ByteView bytes) override {
    try {
      while (!bytes.empty()) {
        const std::size_t step = std::min<std::size_t>(bytes.size(), 1 << 20);
        const int n = socket_.sendBytes(bytes.data(), static_cast<int>(step));
        if (n <= 0) return vault::Unavailable("the connection broke");
        bytes = bytes.subspan(static_cast<std::size_t>(n));
      }
      return vault::Ok();
    } catch (const Poco::Exception&) {
      return vault::Unavailable("the connection broke");
    }
  }

 private:
  Poco::Net::SecureStreamSocket socket_;
};

Poco::Net::Context::Ptr MakeContext(const std::optional<std::string>& authority) {
  Poco::Net::Context::Params params;
  params.verificationMode = Poco::Net::Context::VERIFY_STRICT;
  params.verificationDepth = 9;
  params.loadDefaultCAs = !authority.has_value();
  if (authority) params.caLocation = *authority;
  Poco::Net::Context::Ptr context =
      new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, params);
  context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_3);
  context->enableExtendedCertificateVerification(true);
  return context;
}

vault::Errc CodeOfStatus(int status) {
  switch (status) {
    case 401:
    case 403:
      return vault::Errc::kDenied;
    case 404:
      return vault::Errc::kNotFound;
    case 409:
      return vault::Errc::kConflict;
    case 410:
      return vault::Errc::kExpired;
    case 408:
    case 429:
      return vault::Errc::kUnavailable;
    default:
      break;
  }
  return status >= 400 && status < 500 ? vault::Errc::kInvalid : vault::Errc::kUnavailable;
}

}  // namespace

Result<ServerAddress> ServerAddress::Parse(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  const Error wrong = vault::Invalid("a server is written https://host:port");
  if (!url.starts_with(kScheme)) return wrong;
  url.remove_prefix(kScheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  ServerAddress address;
  std::string_view rest;
  if (url.starts_with('[')) {  // an IPv6 address
    const std::size_t close = url.find(']');
    if (close == std::string_view::npos) return wrong;
    address.host = url.substr(1, close - 1);
    rest = url.substr(close + 1);
  } else {
    const std::size_t colon = url.find(':');
    address.host = url.substr(0, colon);
    if (colon != std::string_view::npos) rest = url.substr(colon);
  }
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:";
  if (address.host.empty() || address.host.find_first_not_of(kAllowed) != std::string::npos) {
    return wrong;
  }
  if (!rest.empty()) {
    if (rest.front() != ':') return wrong;
    auto port = vault::ParseDecimal(rest.substr(1));
    if (!port.ok() || port.value() == 0 || port.value() > 65535) return wrong;
    address.port = static_cast<std::uint16_t>(port.value());
  }
  return address;
}

std::string ServerAddress::host_header() const {
  std::string header = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == 443 ? header : header + ":" + std::to_string(port);
}

struct HttpClient::State {
  ServerAddress address;
  Poco::Net::Context::Ptr context;
  std::unique_ptr<TlsStream> stream;

  Result<std::unique_ptr<TlsStream>> Connect() const {
    try {
      std::vector<Poco::Net::IPAddress> places;
      Poco::Net::IPAddress literal;
      if (Poco::Net::IPAddress::tryParse(address.host, literal)) {
        places.push_back(literal);
      } else {
        places = Poco::Net::DNS::hostByName(address.host).addresses();
      }
      // A name may stand for several places, of which not all listen.
      for (const auto& place : places) {
        Poco::Net::SecureStreamSocket socket(context);
        socket.setPeerHostName(address.host);
        try {
          socket.connect(Poco::Net::SocketAddress(place, address.port),
                         Poco::Timespan(kConnectSeconds, 0));
        } catch (const Poco::Net::SSLException&) {
          throw;
        } catch (const Poco::Exception&) {
          continue;
        }
        socket.setReceiveTimeout(Poco::Timespan(kAnswerSeconds, 0));
        socket.setSendTimeout(Poco::Timespan(kAnswerSeconds, 0));
        socket.completeHandshake();
        socket.verifyPeerCertificate(address.host);
        socket.setNoDelay(true);
        return std::make_unique<TlsStream>(std::move(socket));
      }
      return vault::Unavailable("the server cannot be reached");
    } catch (const Poco::Net::CertificateValidationException&) {
      return vault::Unavailable("the server's certificate is not for this name or not trusted");
    } catch (const Poco::Net::SSLException&) {
      return vault::Unavailable(
          "no secure connection: the server's certificate is not trusted (name its file with "
          "--ca), or the server does not speak TLS 1.3");
    } catch (const Poco::Net::HostNotFoundException&) {
      return vault::Unavailable("the server's name is not known");
    } catch (const Poco::Exception&) {
      return vault::Unavailable("the server cannot be reached");
    }
  }
};

HttpClient::HttpClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpClient::~HttpClient() = default;

Result<std::unique_ptr<HttpClient>> HttpClient::Open(ServerAddress address,
                                                     const std::optional<std::string>& authority) {
  if (authority && ::access(authority->c_str(), R_OK) != 0) {
    return vault::NotFound("the file given with --ca cannot be read");
  }
  auto state = std::make_unique<State>();
  state->address = std::move(address);
  try {
    state->context = MakeContext(authority);
  } catch (const Poco::Exception&) {
    return vault::Invalid("the file given with --ca holds no certificate");
  }
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(state)));
}

Result<HttpAnswer> HttpClient::Ask(const HttpRequest& request, BodySink* sink) {
  // A kept connection may have been closed by the other side; only reading is repeated.
  const bool repeatable = request.method == "GET" && sink == nullptr;
  std::unique_ptr<TlsStream> kept = std::move(state_->stream);
  if (!repeatable) kept.reset();
  for (int patience = repeatable ? kPatientTries : 0;;) {
    const bool fresh = kept == nullptr;
    if (fresh) {
      TRY(kept, state_->Connect());
    }
    auto done = Exchange(*kept, state_->address.host_header(), request, sink);
    if (!done.ok()) {
      kept.reset();
      if (!fresh && done.error().code == vault::Errc::kUnavailable) continue;
      return std::move(done).error();
    }
    if (done.value().end == ExchangeEnd::kReusable) state_->stream = std::move(kept);
    HttpAnswer& answer = done.value().answer;
    const auto wait = vault::ParseDecimal(answer.head.Header("retry-after"));
    if (answer.head.status == 429 && wait.ok() && wait.value() <= kPatientSeconds &&
        patience-- > 0) {
      ::sleep(static_cast<unsigned>(wait.value()));
      kept = std::move(state_->stream);
      continue;
    }
    if (answer.head.status / 100 != 2) return ProblemOf(answer);
    return std::move(answer);
  }
}

Error ProblemOf(const HttpAnswer& answer) {
  Error error{CodeOfStatus(answer.head.status),
              "the server answers with status " + std::to_string(answer.head.status)};
  if (!answer.head.Header("content-type").starts_with("application/problem+json")) return error;
  auto problem = Json::Parse(answer.body.text());
  if (!problem.ok()) return error;
  const Json& kind = problem.value().Find("kind");
  if (auto code = vault::ErrcFromName(kind.Text())) error.code = *code;
  for (const char* name : {"title", "detail"}) {
    const Json& text = problem.value().Find(name);
    if (text.kind() == Json::Kind::kText && !text.Text().empty()) error.detail = text.Text();
  }
  return error;
}

}  // namespace tools
