// Conformance: what is sent against what is answered. Behind every case stands a clean request on
// the same connection, so each line also says whether the server still knew where it was.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "tests/support/https_server.h"
#include "tests/support/tls_client.h"

namespace service {
namespace {

constexpr std::string_view kLast = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

std::string Repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

struct Case {
  std::string name;
  std::string bytes;
  std::vector<int> statuses;  // of all answers before the server ends the connection
};

const std::string kHost = "Host: a\r\n";
const std::string kGet = "GET /ok HTTP/1.1\r\n" + kHost;
const std::string kUpload = "POST /upload HTTP/1.1\r\n" + kHost;
const std::string kChunked = kUpload + "Transfer-Encoding: chunked\r\n\r\n";
const std::string kSmuggled = "POST /destroy HTTP/1.1\r\nHost: a\r\n\r\n";

std::vector<Case> Cases() {
  return {
      // What is right.
      {"a plain request", kGet + "\r\n", {200, 200}},
      {"two requests in one breath", kGet + "\r\n" + kGet + "\r\n", {200, 200, 200}},
      {"a body with a length", kUpload + "Content-Length: 5\r\n\r\nhello", {200, 200}},
      {"a body of no bytes", kUpload + "Content-Length: 0\r\n\r\n", {200, 200}},
      {"a chunked body", kChunked + "5\r\nhello\r\n0\r\n\r\n", {200, 200}},
      {"a chunked body in pieces", kChunked + "1\r\nh\r\nA\r\n0123456789\r\n0\r\n\r\n", {200, 200}},
      {"a chunk with an extension", kChunked + "5;a=b\r\nhello\r\n0\r\n\r\n", {200, 200}},
      {"a trailer", kChunked + "5\r\nhello\r\n0\r\nX-A: b\r\n\r\n", {200, 200}},
      {"chunked in capitals", kUpload + "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", {200, 200}},
      {"header names in any case", "GET /ok HTTP/1.1\r\nhOsT: a\r\n\r\n", {200, 200}},
      {"a value without a blank before it", "GET /ok HTTP/1.1\r\nHost:a\r\n\r\n", {200, 200}},
      {"a host with a port", "GET /ok HTTP/1.1\r\nHost: a.example:8443\r\n\r\n", {200, 200}},
      {"a host that is an address", "GET /ok HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", {200, 200}},
      {"a small body",
       "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
       {200, 200}},
      {"an encoded path", "GET /items/a%20b%2Fc HTTP/1.1\r\nHost: a\r\n\r\n", {200, 200}},
      {"64 headers", kGet + Repeat("X: y\r\n", 63) + "\r\n", {200, 200}},
      {"the client wants the end", kGet + "Connection: close\r\n\r\n", {200}},
      {"an unknown path", "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", {404, 200}},
      {"a method of another route", "DELETE /ok HTTP/1.1\r\nHost: a\r\n\r\n", {405, 200}},
      {"an unread body that is small",
       "POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n" + kSmuggled,
       {403, 200}},
      {"continue is said before a body is read",
       kUpload + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
       {200, 200}},

      // Where one request ends and the next begins.
      {"a length and chunked",
       kUpload + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kSmuggled,
       {400}},
      {"chunked and a length",
       kUpload + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + kSmuggled,
       {400}},
      {"two equal lengths", kUpload + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", {400}},
      {"two different lengths",
       kUpload + "Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello",
       {400}},
      {"a list of lengths", kUpload + "Content-Length: 5, 5\r\n\r\nhello", {400}},
      {"a signed length", kUpload + "Content-Length: +5\r\n\r\nhello", {400}},
      {"a negative length", kUpload + "Content-Length: -5\r\n\r\nhello", {400}},
      {"a length in hex", kUpload + "Content-Length: 0x5\r\n\r\nhello", {400}},
      {"a length with a leading zero", kUpload + "Content-Length: 05\r\n\r\nhello", {400}},
      {"an empty length", kUpload + "Content-Length:\r\n\r\nhello", {400}},
      {"a length beyond counting", kUpload + "Content-Length: 99999999999999999999\r\n\r\n", {400}},
      {"another transfer coding", kUpload + "Transfer-Encoding: gzip\r\n\r\n" + kSmuggled, {501}},
      {"chunked behind another coding",
       kUpload + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
       {501}},
      {"chunked twice", kUpload + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", {501}},
      {"two transfer codings",
       kUpload + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       {400}},
      {"a disguised coding",
       kUpload + "Transfer-Encoding: \x0b"
                 "chunked\r\n\r\n0\r\n\r\n",
       {400}},
      {"a coding that is almost chunked", kUpload + "Transfer-Encoding: xchunked\r\n\r\n", {501}},
      {"a blank before the colon", kUpload + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", {400}},
      {"a bare line feed after the request line", "GET /ok HTTP/1.1\nHost: a\r\n\r\n", {400}},
      {"a bare line feed after a header", "GET /ok HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", {400}},
      {"a header of one letter and a line feed", kGet + "X\n\r\n", {400}},
      {"a header without a colon", kGet + "X\r\n\r\n", {400}},
      {"a bare carriage return", kGet + "X: a\rY: b\r\n\r\n", {400}},
      {"a folded header", kGet + "X: a\r\n b\r\n\r\n", {400}},
      {"a folded first header", "GET /ok HTTP/1.1\r\n Host: a\r\n\r\n", {400}},
      {"a zero in a value", kGet + "X: a" + std::string(1, '\0') + "b\r\n\r\n", {400}},
      {"a control character in a value",
       kGet + "X: a\x01"
              "b\r\n\r\n",
       {400}},
      {"a byte above ascii in a value", kGet + "X: \xC3\xA9\r\n\r\n", {400}},
      {"an empty header name", kGet + ": a\r\n\r\n", {400}},
      {"a header name that is no token", kGet + "X(: a\r\n\r\n", {400}},
      {"an empty line first", "\r\n" + kGet + "\r\n", {400}},
      {"an unread body that is large",
       "POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n" + kSmuggled,
       {403}},
      {"an unread chunked body",
       "POST /refuse HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n23\r\n" + kSmuggled +
           "\r\n0\r\n\r\n",
       {403}},
      {"a refused expectation",
       "POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n"
       "Expect: 100-continue\r\n\r\n" +
           kSmuggled,
       {403}},
      {"a body where none belongs",
       "GET /ok HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n" + kSmuggled,
       {413, 200}},
      {"a chunked body where none belongs",
       "GET /ok HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       {413}},

      // Chunks.
      {"a chunk that is no number", kChunked + "x\r\nhello\r\n0\r\n\r\n", {400}},
      {"a chunk without a size", kChunked + "\r\nhello\r\n0\r\n\r\n", {400}},
      {"a signed chunk", kChunked + "+5\r\nhello\r\n0\r\n\r\n", {400}},
      {"a chunk in 0x", kChunked + "0x5\r\nhello\r\n0\r\n\r\n", {400}},
      {"a chunk beyond counting", kChunked + "10000000000000005\r\nhello\r\n0\r\n\r\n", {400}},
      {"a chunk with a blank", kChunked + "5 \r\nhello\r\n0\r\n\r\n", {400}},
      {"a chunk longer than its size", kChunked + "3\r\nhello\r\n0\r\n\r\n", {400}},
      {"a chunk line with a bare line feed", kChunked + "5\nhello\r\n0\r\n\r\n", {400}},
      {"chunk data with a bare line feed", kChunked + "5\r\nhello\n0\r\n\r\n", {400}},
      {"a trailer with a bare line feed", kChunked + "0\r\nX: y\n\r\n", {400}},
      {"a folded trailer", kChunked + "0\r\n X: y\r\n\r\n", {400}},
      {"an endless extension",
       kChunked + "5;" + std::string(5000, 'a') + "\r\nhello\r\n0\r\n\r\n",
       {400}},
      {"endless trailers", kChunked + "0\r\n" + Repeat("X: y\r\n", 2000) + "\r\n", {400}},
      {"a chunked body over the limit",
       "POST /tiny HTTP/1.1\r\nHost: a\r\n"
       "Transfer-Encoding: chunked\r\n\r\nB\r\n01234567890\r\n0\r\n\r\n",
       {413}},
      {"a chunked body for a small route",
       "POST /small HTTP/1.1\r\nHost: a\r\n"
       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       {411}},

      // The request line.
      {"version 1.0", "GET /ok HTTP/1.0\r\nHost: a\r\n\r\n", {505}},
      {"version 1.2", "GET /ok HTTP/1.2\r\nHost: a\r\n\r\n", {505}},
      {"version 2 by its preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {505}},
      {"version 0.9", "GET /ok\r\n\r\n", {400}},
      {"a version in small letters", "GET /ok http/1.1\r\nHost: a\r\n\r\n", {400}},
      {"a version with more digits", "GET /ok HTTP/1.10\r\nHost: a\r\n\r\n", {400}},
      {"two blanks", "GET  /ok HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"a tabulator for a blank", "GET\t/ok HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"a blank at the end", "GET /ok HTTP/1.1 \r\nHost: a\r\n\r\n", {400}},
      {"a blank in the target", "GET /o k HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"an unknown method", "BREW /ok HTTP/1.1\r\nHost: a\r\n\r\n", {501}},
      {"a method in small letters", "get /ok HTTP/1.1\r\nHost: a\r\n\r\n", {501}},
      {"TRACE", "TRACE /ok HTTP/1.1\r\nHost: a\r\n\r\n", {501}},
      {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", {501}},
      {"a method that is no token", "G(T /ok HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"an absolute target", "GET https://a/ok HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"the asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"a fragment", "GET /ok#x HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"dot segments", "GET /items/../ok HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"encoded dot segments", "GET /items/%2e%2E/ok HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"an encoded zero", "GET /items/a%00 HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"an encoded line end", "GET /items/a%0d%0a HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"a cut percent code", "GET /items/a%2 HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"a percent code of no digits", "GET /items/%zz HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"a path that is not utf-8", "GET /items/%c0%af HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"a backslash", "GET /items\\a HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"bytes above ascii in the target", "GET /\xC3\xA9 HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"a query parameter twice", "GET /ok?a=1&a=2 HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"a request line of 8 KiB and a byte",
       "GET /" + std::string(8192 - 13, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
       {414}},
      {"a request line of 8 KiB",
       "GET /" + std::string(8192 - 14, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
       {404, 200}},

      // Hosts and the rest of the header.
      {"no host", "GET /ok HTTP/1.1\r\n\r\n", {400}},
      {"two hosts", "GET /ok HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", {400}},
      {"an empty host", "GET /ok HTTP/1.1\r\nHost:\r\n\r\n", {400}},
      {"a host with a user", "GET /ok HTTP/1.1\r\nHost: u@a\r\n\r\n", {400}},
      {"a host with a path", "GET /ok HTTP/1.1\r\nHost: a/b\r\n\r\n", {400}},
      {"a host with a bad port", "GET /ok HTTP/1.1\r\nHost: a:b\r\n\r\n", {400}},
      {"65 headers", kGet + Repeat("X: y\r\n", 64) + "\r\n", {431}},
      {"a header above 16 KiB", kGet + "X: " + std::string(17000, 'a') + "\r\n\r\n", {431}},
      {"a header without end", kGet + Repeat("X: " + std::string(1000, 'a') + "\r\n", 40), {431}},
      {"two content types", kUpload + "Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n", {400}},
      {"two authorizations",
       kGet + "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
       {400}},
      {"an unknown expectation",
       kUpload + "Expect: wonders\r\nContent-Length: 5\r\n\r\nhello",
       {417}},
      {"a body over the route's limit",
       "POST /tiny HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n01234567890",
       {413, 200}},
      {"a body far over the route's limit",
       "POST /tiny HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + kSmuggled,
       {413}},
      {"no http at all", std::string("\x16\x03\x01\x02", 4), {400}},
  };
}

class Conformance : public ::testing::Test {
 protected:
  Conformance() {
    const auto ok = [](Request&) -> vault::Result<Response> { return Response::OfJson(200, "{}"); };
    const auto read = [](Request& request) -> vault::Result<Response> {
      TRY(const vault::Plaintext body, ReadAll(*request.body, 1 << 20));
      return Response::Of(200, "text/plain", body.text());
    };
    router_.Add({Verb::kGet, "/ok", NoBody(), ok});
    router_.Add({Verb::kGet, "/last", NoBody(), ok});
    router_.Add({Verb::kGet, "/items/{name}", NoBody(), ok});
    router_.Add({Verb::kPost, "/upload", StreamedBody(1 << 20), read});
    router_.Add({Verb::kPost, "/tiny", StreamedBody(10), read});
    router_.Add({Verb::kPost, "/small", SmallBody(1 << 10), read});
    router_.Add({Verb::kPost, "/refuse", StreamedBody(1 << 20),
                 [](Request&) -> vault::Result<Response> { return vault::Denied("not you"); }});
    router_.Add({Verb::kPost, "/destroy", NoBody(), [this](Request&) -> vault::Result<Response> {
                   ++destroyed_;
                   return Response::Empty(204);
                 }});
    ServerOptions options;
    options.threads = 4;
    options.per_address = {64, 100'000, 100'000};
    server_.emplace(options, router_);
  }

  Router router_;
  std::atomic<int> destroyed_{0};
  std::optional<HttpsServer> server_;
};

TEST_F(Conformance, EveryRequestIsAnsweredByTheBookAndNothingUnreadIsExecuted) {
  ASSERT_EQ(kSmuggled.size(), 35U);  // as the cases say
  const std::vector<Case> cases = Cases();
  ASSERT_GE(cases.size(), 100U);
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    TlsClient client(server_->port());
    ASSERT_TRUE(client.connected());
    client.Send(one.bytes + std::string(kLast));
    std::vector<int> statuses;
    for (const Answer& answer : client.ReceiveAll()) {
      EXPECT_TRUE(answer.complete);
      if (answer.status != 100) statuses.push_back(answer.status);
    }
    EXPECT_EQ(statuses, one.statuses);
    EXPECT_TRUE(client.clean_end());
    EXPECT_EQ(destroyed_, 0);

    TlsClient next(server_->port());
    next.Send(kLast);
    const auto answer = next.Receive();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 200);
  }
}

TEST_F(Conformance, TheOutcomeDoesNotDependOnHowTheBytesArrive) {
  for (const Case& one : Cases()) {
    if (one.bytes.size() > 2000) continue;  // one write a byte is enough for the short ones
    SCOPED_TRACE(one.name);
    TlsClient client(server_->port());
    ASSERT_TRUE(client.connected());
    for (char byte : one.bytes + std::string(kLast)) {
      if (!client.Send(std::string_view(&byte, 1))) break;
    }
    std::vector<int> statuses;
    for (const Answer& answer : client.ReceiveAll()) {
      if (answer.status != 100) statuses.push_back(answer.status);
    }
    EXPECT_EQ(statuses, one.statuses);
    EXPECT_EQ(destroyed_, 0);
  }
}

TEST_F(Conformance, ErrorsEchoNothingOfTheRequest) {
  const std::string secret = "Zx81secretZx81";
  for (const std::string& bytes :
       {"GET /" + secret + " HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /ok?" + secret + "=1&" + secret + "=2 HTTP/1.1\r\nHost: a\r\n\r\n",
        secret + " /ok HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /ok HTTP/1.1\r\nHost: " + secret + "/\r\n\r\n",
        "GET /ok HTTP/1.1\r\nHost: a\r\n" + secret + "\r\n\r\n",
        kUpload + "Content-Length: " + secret + "\r\n\r\n", kChunked + secret + "\r\n",
        "PUT /ok HTTP/1.1\r\nHost: a\r\nX: " + secret + "\r\n\r\n"}) {
    TlsClient client(server_->port());
    client.Send(bytes + std::string(kLast));
    const auto answer = client.Receive();
    ASSERT_TRUE(answer.has_value());
    EXPECT_GE(answer->status, 400);
    EXPECT_EQ(answer->Header("Content-Type"), "application/problem+json");
    EXPECT_EQ((answer->head + answer->body).find(secret), std::string::npos);
  }
}

}  // namespace
}  // namespace service
