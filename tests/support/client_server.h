// TheClient: the client against a server of our own kind that says what the test wants, over real
// TLS.
#pragma once

#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/http/router.h"
#include "daemon/http/self_signed.h"
#include "daemon/http/server.h"
#include "tests/support/client_bench.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace tools {

// Authority is a certificate that the tests of this program trust; made once, it costs a key.
class Authority {
 public:
  explicit Authority(std::vector<std::string> names) {
    service::SelfSigned wanted{folder_.At("cert.pem"), folder_.At("key.pem"), std::move(names), 0};
    // The TLS library compares with the machine's clock and takes no other.
    wanted.not_before = std::time(nullptr) - 3600;
    CHECK(service::MakeSelfSignedCertificate(wanted).ok());
  }
  std::string certificate() const { return folder_.At("cert.pem"); }
  std::string key() const { return folder_.At("key.pem"); }

 private:
  vault::TempFolder folder_;
};

// TheClient is the client beside a server that answers what the test says and keeps what was asked.
class TheClient : public testing::Test {
 protected:
  static inline const std::string kToken =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ";  // 43 characters
  static inline const std::string kId = std::string(32, 'a');
  static inline const std::string kLink = "AAAAAAAAAAAAAAAAAAAAAA";
  static inline const std::string kSecret = "BBBBBBBBBBBBBBBBBBBBBA";

  static void SetUpTestSuite() {
    authority = std::make_unique<Authority>(std::vector<std::string>());
  }
  static void TearDownTestSuite() { authority.reset(); }

  static std::string Slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // Answer adds a route; what was asked is kept.
  void Answer(service::Verb verb, std::string_view pattern, service::Handler handler) {
    const bool reads = verb == service::Verb::kGet || verb == service::Verb::kGetOnly;
    router_.Add({verb, std::string(pattern),
                 reads ? service::NoBody() : service::StreamedBody(1 << 30),
                 [this, handler](service::Request& request) { return Note(request, handler); }});
  }
  void AnswerJson(service::Verb verb, std::string_view pattern, const std::string& json) {
    Answer(verb, pattern,
           [json](service::Request&) { return service::Response::OfJson(200, json); });
  }
  void AnswerBytes(service::Verb verb, std::string_view pattern, const std::string& bytes) {
    Answer(verb, pattern, [bytes](service::Request&) {
      return service::Response::Of(200, "application/octet-stream", bytes);
    });
  }

  void Start() { StartWith(*authority); }
  void StartWith(const Authority& shown) {
    service::ServerOptions options;
    options.host = host;
    options.port = 0;
    options.certificate_path = shown.certificate();
    options.key_path = shown.key();
    options.clock = &clock_;
    options.threads = 2;
    auto server = service::Server::Start(options, router_);
    ASSERT_TRUE(server.ok()) << server.error().detail;
    server_ = std::move(server).value();
    url_ = "https://" + (host == "127.0.0.1" ? "localhost" : host) + ":" +
           std::to_string(server_->port());
    bench.environment["STRONGROOM_SERVER"] = url_;
    bench.environment["STRONGROOM_CA"] = shown.certificate();
    bench.environment["STRONGROOM_TOKEN_FILE"] = bench.Write("token", kToken + "\n");
  }

  struct Asked {
    std::string path;
    std::map<std::string, std::string> query;
    std::string authorization;
    std::string range;
    std::string length;
    std::string body;
  };
  const std::vector<Asked>& asked() const { return asked_; }
  const std::string& url() const { return url_; }

  ClientBench bench;
  std::string host = "127.0.0.1";
  static inline std::unique_ptr<Authority> authority;

 private:
  vault::Result<service::Response> Note(service::Request& request,
                                        const service::Handler& handler) {
    Asked asked;
    asked.path = request.path;
    for (const auto& pair : request.query) asked.query[pair.name] = pair.value;
    asked.authorization = request.headers.Find("authorization").value_or("");
    asked.range = request.headers.Find("range").value_or("");
    asked.length = request.headers.Find("content-length").value_or("");
    if (request.method == service::Method::kPost) {
      TRY(vault::Plaintext body, service::ReadAll(*request.body, 1 << 30));
      asked.body = body.text();
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    asked_.push_back(asked);
    return handler(request);
  }

  vault::FakeClock clock_{1'700'000'000};
  service::Router router_;
  std::mutex mutex_;
  std::vector<Asked> asked_;
  std::unique_ptr<service::Server> server_;
  std::string url_;
};

}  // namespace tools
