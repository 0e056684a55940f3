#include "daemon/http/server.h"

#include <Poco/Net/StreamSocket.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/https_server.h"
#include "tests/support/tls_client.h"

namespace service {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kPlain = "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n";

ServerOptions Options() {
  ServerOptions options;
  options.threads = 4;
  options.per_address = {256, 100'000, 100'000};
  return options;
}

vault::Result<Response> AnswerOk(Request&) { return Response::OfJson(200, "{}"); }

// Gate lets a test hold a handler in the middle of a request.
class Gate {
 public:
  void Enter() {
    entered_.set_value();
    open_.get_future().wait();
  }
  void AwaitEntry() { entered_.get_future().wait(); }
  void Open() { open_.set_value(); }

 private:
  std::promise<void> entered_;
  std::promise<void> open_;
};

TEST(Server, SpeaksNothingBelowTls13) {
  Router router;
  router.Add({Verb::kGet, "/ok", NoBody(), AnswerOk});
  HttpsServer server(Options(), router);
  EXPECT_FALSE(TlsClient(server.port(), Protocol::kTls12).connected());
  TlsClient good(server.port());
  ASSERT_TRUE(good.Send(kPlain));
  EXPECT_EQ(good.Receive()->status, 200);
}

TEST(Server, GivesHandlersTheRequestDecoded) {
  Router router;
  std::string seen;
  router.Add({Verb::kPost, "/matters/{M}/files/{rest...}", SmallBody(100),
              [&](Request& request) -> vault::Result<Response> {
                TRY(const vault::Plaintext body, ReadAll(*request.body, 100));
                seen = std::string(MethodName(request.method)) + "|" + request.path + "|" +
                       request.Capture("M") + "|" + request.Capture("rest") + "|" +
                       std::string(request.Query("class").value_or("-")) + "|" +
                       std::string(request.Query("agency").value_or("-")) + "|" +
                       std::string(request.headers.Find("x-note").value_or("-")) + "|" +
                       std::string(request.Cookie("b").value_or("-")) + "|" + request.peer + "|" +
                       std::string(body.text());
                return Response::Empty(204);
              }});
  HttpsServer server(Options(), router);
  TlsClient client(server.port());
  client.Send(
      "POST /matters/MACFA%2F7/files/a/b%20c?class=F%2BR+M HTTP/1.1\r\nHost: a\r\nX-Note:  two "
      "words "
      "\r\nCookie: a=1; b=2\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(client.Receive()->status, 204);
  EXPECT_EQ(
      seen,
      "POST|/matters/MACFA%2F7/files/a/b%20c|MACFA/7|a/b c|F+R M|-|two words|2|127.0.0.1|body");
}

TEST(Server, EveryAnswerCarriesTheSecurityHeaders) {
  Router router;
  router.Add({Verb::kGet, "/ok", NoBody(), AnswerOk});
  router.Add({Verb::kGet, "/page", NoBody(), [](Request&) -> vault::Result<Response> {
                Response page = Response::Of(200, "text/html; charset=utf-8", "<p>");
                page.Set("Content-Security-Policy", "default-src 'self'");
                page.Set("Cache-Control", "private");
                return page;
              }});
  HttpsServer server(Options(), router);
  TlsClient client(server.port());
  for (const std::string path : {"/ok", "/none", "/page", "/bad%"}) {
    client.Send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto answer = client.Receive();
    ASSERT_TRUE(answer.has_value()) << path;
    EXPECT_EQ(answer->Header("Date"), "Thu, 09 Jul 2026 11:00:00 GMT");
    EXPECT_EQ(answer->Header("Strict-Transport-Security"), "max-age=31536000");
    EXPECT_EQ(answer->Header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer->Header("Referrer-Policy"), "no-referrer");
    const bool page = path == "/page";
    EXPECT_EQ(answer->Header("Cache-Control"), page ? "private" : "no-store");
    EXPECT_EQ(answer->Header("Content-Security-Policy"),
              page ? "default-src 'self'" : "default-src 'none'; frame-ancestors 'none'");
  }
}

TEST(Server, HeadIsGetWithoutTheBodyWhereTheRouteAllowsIt) {
  Router router;
  router.Add({Verb::kGet, "/page", NoBody(),
              [](Request&) { return Response::Of(200, "text/plain", "twelve bytes"); }});
  router.Add({Verb::kGetOnly, "/content", NoBody(), AnswerOk});
  HttpsServer server(Options(), router);
  TlsClient client(server.port());
  client.Send(
      "HEAD /page HTTP/1.1\r\nHost: a\r\n\r\n"
      "HEAD /content HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::string all;
  char buffer[4096];
  while (const std::size_t n = client.Pull(buffer, sizeof(buffer))) all.append(buffer, n);
  // The second answer begins where the first one's header ends.
  const std::size_t first = all.find("\r\n\r\n");
  EXPECT_NE(all.substr(0, first).find("Content-Length: 12"), std::string::npos);
  EXPECT_EQ(all.substr(first + 4, 12), "HTTP/1.1 405");
  EXPECT_NE(all.find("Allow: GET\r\n"), std::string::npos);
  EXPECT_TRUE(all.ends_with("\r\n\r\ntwelve bytes"));
}

TEST(Server, ErrorsOfHandlersBecomeProblemsOfTheirKind) {
  Router router;
  router.Add({Verb::kGet, "/held", NoBody(), [](Request&) -> vault::Result<Response> {
                return vault::Held("a hold forbids it");
              }});
  router.Add({Verb::kGet, "/corrupt", NoBody(), [](Request&) -> vault::Result<Response> {
                return vault::Corrupt("blob 17 fails its tag");
              }});
  HttpsServer server(Options(), router);
  TlsClient client(server.port());
  client.Send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto held = client.Receive();
  EXPECT_EQ(held->status, 409);
  EXPECT_EQ(held->body, R"({"type":"about:blank","title":"Conflict","status":409,"kind":"held",)"
                        R"("detail":"a hold forbids it"})");
  client.Send("GET /corrupt HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto corrupt = client.Receive();
  EXPECT_EQ(corrupt->status, 500);
  EXPECT_EQ(corrupt->body.find("blob"), std::string::npos);
}

TEST(Server, ATruncatedUploadIsAnErrorForTheHandler) {
  Router router;
  std::promise<std::string> outcome;
  router.Add({Verb::kPost, "/upload", StreamedBody(1 << 20),
              [&](Request& request) -> vault::Result<Response> {
                const auto body = ReadAll(*request.body, 1 << 20);
                std::string text(body.ok() ? "whole" : vault::ErrcName(body.error().code));
                // It stays an error, whoever asks again.
                vault::Plaintext more(16);
                if (request.body->Read(more.mutable_view()).ok()) text += " and goes on";
                outcome.set_value(text);
                return Response::OfJson(200, "{}");
              }});
  HttpsServer server(Options(), router);
  for (const std::string bytes :
       {"Content-Length: 1000\r\n\r\nonly this", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"}) {
    outcome = std::promise<std::string>();
    auto future = outcome.get_future();
    TlsClient client(server.port());
    client.Send("POST /upload HTTP/1.1\r\nHost: a\r\n" + bytes);
    client.Close();
    EXPECT_EQ(future.get(), "invalid") << bytes;
  }
}

TEST(Server, AnAnswerIsNeverGoodWhenTheBodyWasNot) {
  Router router;
  router.Add({Verb::kPost, "/upload", StreamedBody(1 << 20), [](Request& request) {
                [[maybe_unused]] const auto ignored = ReadAll(*request.body, 1 << 20);
                return vault::Result<Response>(Response::OfJson(200, "{}"));
              }});
  HttpsServer server(Options(), router);
  TlsClient client(server.port());
  client.Send("POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n");
  const auto answers = client.ReceiveAll();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, 400);
}

TEST(Server, SaysContinueOnlyWhenTheBodyIsWanted) {
  Router router;
  router.Add(
      {Verb::kPost, "/upload", StreamedBody(100), [](Request& request) -> vault::Result<Response> {
         TRY(const vault::Plaintext body, ReadAll(*request.body, 100));
         return Response::Of(200, "text/plain", body.text());
       }});
  router.Add({Verb::kPost, "/refuse", StreamedBody(100),
              [](Request&) -> vault::Result<Response> { return vault::Denied("no"); }});
  HttpsServer server(Options(), router);
  const std::string rest =
      " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
  TlsClient wanted(server.port());
  wanted.Send("POST /upload" + rest);
  EXPECT_EQ(wanted.Receive()->status, 100);
  wanted.Send("hello");
  EXPECT_EQ(wanted.Receive()->body, "hello");

  TlsClient unwanted(server.port());
  unwanted.Send("POST /refuse" + rest);
  const auto answers = unwanted.ReceiveAll();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, 403);
  EXPECT_EQ(answers[0].Header("Connection"), "close");
}

TEST(Server, AHeaderHasAnAbsoluteDeadlineHoweverItDrips) {
  Router router;
  router.Add({Verb::kGet, "/ok", NoBody(), AnswerOk});
  ServerOptions options = Options();
  options.patience.header = milliseconds(200);
  HttpsServer server(options, router);
  TlsClient client(server.port());
  // A byte every 10 ms for as long as the server listens: no pause is ever long.
  int sent = 0;
  ASSERT_TRUE(client.Send("GET /"));
  while (sent < 2000 && !client.Readable(10)) {
    if (!client.Send("a")) break;
    ++sent;
  }
  EXPECT_LT(sent, 500);
  const auto answers = client.ReceiveAll();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, 408);
  EXPECT_TRUE(client.clean_end());
}

TEST(Server, SeventySlowPeersDoNotStopAGoodOne) {
  Router router;
  router.Add({Verb::kGet, "/ok", NoBody(), AnswerOk});
  router.Add({Verb::kPost, "/login", SmallBody(1000), AnswerOk});
  ServerOptions options = Options();
  options.threads = 8;
  options.patience.header = seconds(2);
  options.patience.small_body = seconds(2);
  HttpsServer server(options, router);
  std::vector<std::unique_ptr<TlsClient>> slow;
  for (int i = 0; i < 70; ++i) {
    slow.push_back(std::make_unique<TlsClient>(server.port()));
    ASSERT_TRUE(slow.back()->connected());
    slow.back()->Send(i % 2 == 0
                          ? "GET /ok HTT"
                          : "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n{\"em");
  }
  const auto before = std::chrono::steady_clock::now();
  TlsClient good(server.port());
  good.Send(kPlain);
  EXPECT_EQ(good.Receive()->status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - before, options.patience.header);
  for (auto& client : slow) {
    const auto answers = client->ReceiveAll();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].status, 408);
  }
}

TEST(Server, AStreamedBodyThatStallsIsGivenUp) {
  Router router;
  std::promise<vault::Errc> outcome;
  router.Add({Verb::kPost, "/upload", StreamedBody(1 << 20),
              [&](Request& request) -> vault::Result<Response> {
                auto body = ReadAll(*request.body, 1 << 20);
                outcome.set_value(body.ok() ? vault::Errc::kConflict : body.error().code);
                return Response::OfJson(200, "{}");
              }});
  ServerOptions options = Options();
  options.patience.rate_window = milliseconds(200);
  HttpsServer server(options, router);
  TlsClient client(server.port());
  client.Send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc");
  const auto answers = client.ReceiveAll();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, 408);
  EXPECT_EQ(outcome.get_future().get(), vault::Errc::kInvalid);
}

TEST(Server, APeerThatDoesNotReadItsAnswerIsReset) {
  Router router;
  std::promise<void> gone;
  // Endless gives bytes until somebody stops asking.
  class Endless : public BodyReader {
   public:
    explicit Endless(std::promise<void>& gone) : gone_(gone) {}
    ~Endless() override { gone_.set_value(); }
    vault::Result<std::size_t> Read(vault::MutableByteView out) override { return out.size(); }

   private:
    std::promise<void>& gone_;
  };
  router.Add({Verb::kGet, "/endless", NoBody(), [&](Request&) -> vault::Result<Response> {
                return Response::Streaming(200, "application/octet-stream",
                                           {std::make_unique<Endless>(gone), std::nullopt});
              }});
  ServerOptions options = Options();
  options.patience.rate_window = milliseconds(200);
  HttpsServer server(options, router);
  TlsClient client(server.port());
  client.Send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  gone.get_future().wait();
  std::vector<char> buffer(1 << 18);
  while (client.Pull(buffer.data(), buffer.size()) != 0) continue;
  EXPECT_FALSE(client.clean_end());
}

TEST(Server, ConnectionsThatSayNothingAreClosed) {
  Router router;
  router.Add({Verb::kGet, "/ok", NoBody(), AnswerOk});
  ServerOptions options = Options();
  options.patience.handshake = milliseconds(100);
  options.patience.idle = milliseconds(100);
  HttpsServer server(options, router);

  Poco::Net::StreamSocket mute(Poco::Net::SocketAddress("127.0.0.1", server.port()));
  mute.setReceiveTimeout(Poco::Timespan(20, 0));
  char byte = 0;
  EXPECT_EQ(mute.receiveBytes(&byte, 1), 0);

  TlsClient idle(server.port());
  idle.Send(kPlain);
  EXPECT_EQ(idle.ReceiveAll().size(), 1U);
  EXPECT_TRUE(idle.ended());
}

TEST(Server, LimitsConnectionsAndRequestsOfOneAddress) {
  Router router;
  router.Add({Verb::kGet, "/ok", NoBody(), AnswerOk});
  ServerOptions options = Options();
  options.per_address = {2, 3, 0};
  HttpsServer server(options, router);
  TlsClient first(server.port());
  TlsClient second(server.port());
  EXPECT_TRUE(first.connected());
  EXPECT_TRUE(second.connected());
  EXPECT_FALSE(TlsClient(server.port()).connected());
  for (int i = 0; i < 3; ++i) {
    first.Send(kPlain);
    EXPECT_EQ(first.Receive()->status, 200);
  }
  second.Send(kPlain);
  const auto refused = second.Receive();
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->Header("Retry-After"), "1");
}

TEST(Server, StopFinishesTheRunningRequestAndClosesTheRest) {
  Router router;
  Gate gate;
  router.Add({Verb::kGet, "/slow", NoBody(), [&](Request&) -> vault::Result<Response> {
                gate.Enter();
                return Response::Of(200, "text/plain", "finished");
              }});
  HttpsServer server(Options(), router);
  TlsClient idle(server.port());
  TlsClient busy(server.port());
  busy.Send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  gate.AwaitEntry();
  const std::uint16_t port = server.port();
  auto stopping = std::async(std::launch::async, [&] { server->Stop(); });
  char byte = 0;
  EXPECT_EQ(idle.Pull(&byte, 1), 0U);  // the stop has begun
  EXPECT_FALSE(TlsClient(port).connected());
  gate.Open();
  const auto answers = busy.ReceiveAll();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].body, "finished");
  EXPECT_EQ(answers[0].Header("Connection"), "close");
  EXPECT_TRUE(busy.clean_end());
  stopping.get();
}

TEST(Server, StopDoesNotWaitForeverForAnUpload) {
  Router router;
  std::promise<void> entered;
  std::promise<bool> whole;
  router.Add({Verb::kPost, "/upload", StreamedBody(1 << 20),
              [&](Request& request) -> vault::Result<Response> {
                entered.set_value();
                whole.set_value(ReadAll(*request.body, 1 << 20).ok());
                return Response::Empty(204);
              }});
  ServerOptions options = Options();
  options.stop_grace = milliseconds(100);
  HttpsServer server(options, router);
  TlsClient client(server.port());
  client.Send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc");
  entered.get_future().wait();
  server->Stop();
  EXPECT_FALSE(whole.get_future().get());
}

TEST(Server, AHandlerLeftByAnExceptionCostsOneRequest) {
  Router router;
  router.Add({Verb::kGet, "/throws", NoBody(),
              [](Request&) -> vault::Result<Response> { throw std::bad_alloc(); }});
  router.Add({Verb::kGet, "/ok", NoBody(), AnswerOk});
  HttpsServer server(Options(), router);
  TlsClient client(server.port());
  client.Send("GET /throws HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.Receive()->status, 503);
  client.Send(kPlain);
  EXPECT_EQ(client.Receive()->status, 200);
}

TEST(Server, TakesCertificatesOnlyWithTheirKey) {
  vault::TempFolder folder;
  vault::FakeClock clock(kServerTime);
  ASSERT_TRUE(MakeSelfSignedCertificate({folder.At("a.pem"), folder.At("a.key"), {}, 0}).ok());
  ASSERT_TRUE(MakeSelfSignedCertificate({folder.At("b.pem"), folder.At("b.key"), {}, 0}).ok());
  Router router;
  ServerOptions options = Options();
  options.port = 0;
  options.clock = &clock;
  for (const std::string key : {"b.key", "none", "a.pem"}) {
    options.certificate_path = folder.At("a.pem");
    options.key_path = folder.At(key);
    const auto server = Server::Start(options, router);
    ASSERT_FALSE(server.ok()) << key;
    EXPECT_EQ(server.error().code, vault::Errc::kInvalid);
  }
}

TEST(Server, SaysWhenItsAddressIsTaken) {
  Router router;
  HttpsServer server(Options(), router);
  vault::TempFolder folder;
  vault::FakeClock clock(kServerTime);
  ServerOptions options = Options();
  options.clock = &clock;
  options.port = server.port();
  options.certificate_path = folder.At("c.pem");
  options.key_path = folder.At("k.pem");
  ASSERT_TRUE(MakeSelfSignedCertificate({options.certificate_path, options.key_path, {}, 0}).ok());
  const auto second = Server::Start(options, router);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, vault::Errc::kUnavailable);
}

}  // namespace
}  // namespace service
