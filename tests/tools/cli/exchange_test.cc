#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "tools/cli/http_client.h"
#include "tools/cli/http_exchange.h"

namespace tools {
namespace {

using vault::Result;
using vault::Status;

// Plays the server's side; after `accepts` bytes it takes no more.
class ScriptedStream final : public ByteStream {
 public:
  explicit ScriptedStream(std::string answer) : answer_(std::move(answer)) {}

  Result<std::size_t> Read(vault::MutableByteView buffer) override {
    // Small steps, so that every boundary is met.
    const std::size_t n = std::min({buffer.size(), std::size_t{3}, answer_.size() - at_});
    std::copy_n(answer_.begin() + static_cast<std::ptrdiff_t>(at_), n, buffer.begin());
    at_ += n;
    return n;
  }
  Status Write(vault::ByteView bytes) override {
    if (asked.size() + bytes.size() > accepts) return vault::Unavailable("the connection broke");
    asked += vault::AsText(bytes);
    return vault::Ok();
  }

  std::string asked;
  std::size_t accepts = std::string::npos;

 private:
  std::string answer_;
  std::size_t at_ = 0;
};

class Collecting final : public BodySink {
 public:
  Status Begin(const HttpHead&, std::optional<std::uint64_t> announced) override {
    size = announced;
    return vault::Ok();
  }
  Status Write(vault::ByteView bytes) override {
    text += vault::AsText(bytes);
    return vault::Ok();
  }
  std::optional<std::uint64_t> size;
  std::string text;
};

class TextSource final : public BodySource {
 public:
  TextSource(std::string text, std::optional<std::uint64_t> size)
      : text_(std::move(text)), size_(size) {}
  Result<std::size_t> Read(vault::MutableByteView buffer) override {
    const std::size_t n = std::min({buffer.size(), std::size_t{10}, text_.size() - at_});
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), n, buffer.begin());
    at_ += n;
    return n;
  }
  std::optional<std::uint64_t> size() const override { return size_; }

 private:
  std::string text_;
  std::optional<std::uint64_t> size_;
  std::size_t at_ = 0;
};

Result<Exchanged> Get(const std::string& answer) {
  ScriptedStream stream(answer);
  HttpRequest request;
  request.target = "/x";
  return Exchange(stream, "vault.example", request, nullptr);
}

TEST(Exchange, ReadsABodyByItsLength) {
  auto done = Get("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Name:  a b \r\n\r\nhello");
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done.value().answer.head.status, 200);
  EXPECT_EQ(done.value().answer.head.Header("x-name"), "a b");
  EXPECT_EQ(done.value().answer.body.text(), "hello");
  EXPECT_EQ(done.value().end, ExchangeEnd::kReusable);
}

TEST(Exchange, ReadsABodyInChunksAndSkipsInterimAnswers) {
  auto done =
      Get("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "5;x=y\r\nhello\r\nA\r\n, vault…\r\n0\r\nTrailer: t\r\n\r\n");
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(done.value().answer.body.text(), "hello, vault…");
}

TEST(Exchange, AnAnswerThatEndsEarlyIsNeverWhole) {
  for (const char* answer :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"}) {
    auto done = Get(answer);
    ASSERT_FALSE(done.ok()) << answer;
    EXPECT_EQ(done.error().code, vault::Errc::kUnavailable) << answer;
  }
}

TEST(Exchange, AnAnswerOfDoubtfulLengthIsRefused) {
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "junk\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"}) {
    auto done = Get(answer);
    ASSERT_FALSE(done.ok()) << answer;
    EXPECT_EQ(done.error().code, vault::Errc::kInvalid) << answer;
  }
}

TEST(Exchange, ASinkTakesOnlyWhatSucceeded) {
  Collecting sink;
  HttpRequest request;
  ScriptedStream good("HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\nabc");
  ASSERT_TRUE(Exchange(good, "h", request, &sink).ok());
  EXPECT_EQ(sink.text, "abc");
  EXPECT_EQ(sink.size, 3U);
  ScriptedStream bad("HTTP/1.1 404 Not found\r\nContent-Length: 2\r\n\r\nno");
  auto done = Exchange(bad, "h", request, &sink);
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(sink.text, "abc");
  EXPECT_EQ(done.value().answer.body.text(), "no");
}

constexpr const char* kDone = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

TEST(Exchange, AnUploadOfKnownSizeIsSentAsItIs) {
  ScriptedStream stream(kDone);
  TextSource source("0123456789abc", 13);
  HttpRequest request;
  request.method = "POST";
  request.target = "/d";
  request.upload = &source;
  ASSERT_TRUE(Exchange(stream, "vault.example:8443", request, nullptr).ok());
  EXPECT_TRUE(stream.asked.starts_with("POST /d HTTP/1.1\r\nHost: vault.example:8443\r\n"));
  EXPECT_NE(stream.asked.find("\r\nContent-Length: 13\r\n"), std::string::npos);
  EXPECT_TRUE(stream.asked.ends_with("\r\n\r\n0123456789abc"));
}

TEST(Exchange, AnUploadOfUnknownSizeIsChunked) {
  ScriptedStream stream(kDone);
  TextSource source("0123456789abc", std::nullopt);
  HttpRequest request;
  request.method = "POST";
  request.upload = &source;
  ASSERT_TRUE(Exchange(stream, "h", request, nullptr).ok());
  EXPECT_NE(stream.asked.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_TRUE(stream.asked.ends_with("\r\n\r\na\r\n0123456789\r\n3\r\nabc\r\n0\r\n\r\n"));
}

TEST(Exchange, AFileThatChangesUnderTheUploadIsNotFiled) {
  for (const std::uint64_t size : {12U, 14U}) {
    ScriptedStream stream(kDone);
    TextSource source("0123456789abc", size);
    HttpRequest request;
    request.method = "POST";
    request.upload = &source;
    auto done = Exchange(stream, "h", request, nullptr);
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, vault::Errc::kConflict);
  }
}

TEST(Exchange, ARefusalDuringTheUploadIsHeard) {
  ScriptedStream stream(
      "HTTP/1.1 403 Denied\r\nContent-Type: application/problem+json\r\nContent-Length: 46\r\n\r\n"
      R"({"kind":"denied","detail":"may not file this"})");
  stream.accepts = 250;
  TextSource source(std::string(1000, 'x'), 1000);
  HttpRequest request;
  request.method = "POST";
  request.upload = &source;
  auto done = Exchange(stream, "h", request, nullptr);
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(done.value().end, ExchangeEnd::kFinished);
  const auto error = ProblemOf(done.value().answer);
  EXPECT_EQ(error.code, vault::Errc::kDenied);
  EXPECT_EQ(error.detail, "may not file this");
}

TEST(Exchange, AnswersWithoutAProblemDocumentSpeakByTheirStatus) {
  HttpAnswer answer;
  const std::pair<int, vault::Errc> cases[] = {
      {400, vault::Errc::kInvalid},    {401, vault::Errc::kDenied},
      {403, vault::Errc::kDenied},     {404, vault::Errc::kNotFound},
      {409, vault::Errc::kConflict},   {410, vault::Errc::kExpired},
      {413, vault::Errc::kInvalid},    {429, vault::Errc::kUnavailable},
      {500, vault::Errc::kUnavailable}};
  for (const auto& [status, code] : cases) {
    answer.head.status = status;
    EXPECT_EQ(ProblemOf(answer).code, code) << status;
  }
}

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(PercentEncode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(PercentEncode("a/b c&d=é\n"), "a%2Fb%20c%26d%3D%C3%A9%0A");
}

TEST(ServerAddress, ReadsHostsPortsAndAddresses) {
  auto plain = ServerAddress::Parse("https://vault.example/");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain.value().host_header(), "vault.example");
  auto port = ServerAddress::Parse("https://[::1]:8443");
  ASSERT_TRUE(port.ok());
  EXPECT_EQ(port.value().host, "::1");
  EXPECT_EQ(port.value().host_header(), "[::1]:8443");
}

}  // namespace
}  // namespace tools
