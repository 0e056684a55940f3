// The client against a server of our own kind that says what the test wants, over real TLS.
#include "tools/cli/client.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <regex>
#include <string>
#include <vector>

#include "daemon/http/problem.h"
#include "daemon/http/range.h"
#include "daemon/http/router.h"
#include "daemon/http/self_signed.h"
#include "daemon/http/server.h"
#include "tests/support/client_bench.h"
#include "tests/support/client_parser.h"
#include "tests/support/fake_clock.h"
#include "tests/support/promised_answers.h"
#include "tools/cli/json.h"
#include "vault/world.h"

namespace tools {
namespace {

using service::Request;
using service::Response;

const std::string kToken = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ";  // 43 characters
const std::string kId(32, 'a');
const std::string kLink = "AAAAAAAAAAAAAAAAAAAAAA";
const std::string kSecret = "BBBBBBBBBBBBBBBBBBBBBA";

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Certificate that every test of this program trusts; made once, it costs a key.
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

class TheClient : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    authority = std::make_unique<Authority>(std::vector<std::string>());
  }
  static void TearDownTestSuite() { authority.reset(); }

  // Answer adds a route; what was asked is kept.
  void Answer(service::Verb verb, std::string_view pattern, service::Handler handler) {
    const bool reads = verb == service::Verb::kGet || verb == service::Verb::kGetOnly;
    router_.Add({verb, std::string(pattern),
                 reads ? service::NoBody() : service::StreamedBody(1 << 30),
                 [this, handler](Request& request) { return Note(request, handler); }});
  }
  void AnswerJson(service::Verb verb, std::string_view pattern, const std::string& json) {
    Answer(verb, pattern, [json](Request&) { return Response::OfJson(200, json); });
  }
  void AnswerBytes(service::Verb verb, std::string_view pattern, const std::string& bytes) {
    Answer(verb, pattern,
           [bytes](Request&) { return Response::Of(200, "application/octet-stream", bytes); });
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
  static std::unique_ptr<Authority> authority;

 private:
  vault::Result<Response> Note(Request& request, const service::Handler& handler) {
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

std::unique_ptr<Authority> TheClient::authority;

TEST_F(TheClient, SignsInAndKeepsTheTokenForTheNextCommand) {
  AnswerJson(service::Verb::kPost, "/api/v1/login",
             R"({"token":")" + kToken +
                 R"(","id":"1","email":"o@unit.example","agency":"unit","roles":["BUO"],)"
                 R"("expires":"2026-04-09T22:00:00+01:00"})");
  AnswerJson(service::Verb::kGet, "/api/v1/whoami", R"({"id":"1","email":"o@unit.example"})");
  Start();
  bench.environment["STRONGROOM_TOKEN_FILE"] = bench.At("new/token");
  bench.input = "correct horse battery\n";
  const auto login = bench.Run({"login", "o@unit.example", "--json"});
  EXPECT_EQ(login.exit, 0) << login.err;
  EXPECT_EQ(login.out,
            R"({"id":"1","email":"o@unit.example","agency":"unit",)"
            R"("expires":"2026-04-09T22:00:00+01:00","roles":["BUO"],"must_choose_password":false})"
            "\n");
  EXPECT_EQ(asked().at(0).body, R"({"email":"o@unit.example","password":"correct horse battery"})");
  EXPECT_EQ(asked().at(0).authorization, "");
  struct stat there {};
  ASSERT_EQ(::stat(bench.At("new/token").c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777, 0600U);

  EXPECT_EQ(bench.Run({"whoami", "--json"}).exit, 0);
  EXPECT_EQ(asked().at(1).authorization, "Bearer " + kToken);
}

TEST_F(TheClient, SignsOutHereWhateverTheServerSays) {
  Answer(service::Verb::kPost, "/api/v1/logout", [](Request&) {
    return service::ProblemWithStatus(401, vault::Errc::kDenied, "the session has ended");
  });
  Start();
  const auto logout = bench.Run({"logout", "--json"});
  EXPECT_EQ(logout.exit, 0) << logout.err;
  EXPECT_EQ(logout.out, "{}\n");
  EXPECT_FALSE(std::filesystem::exists(bench.At("token")));
}

TEST_F(TheClient, ForgetsASignInThatEndedWithItsPassword) {
  std::atomic<int> count{0};
  Answer(service::Verb::kPost, "/api/v1/password", [&](Request&) -> vault::Result<Response> {
    if (++count == 1) return vault::Denied("the old password is wrong");
    return Response::OfJson(200, R"({"id":"1"})");
  });
  Start();
  bench.input = "the old password\nthe new password\n";
  EXPECT_EQ(bench.Run({"password"}).exit, 1);
  EXPECT_TRUE(std::filesystem::exists(bench.At("token")));
  const auto changed = bench.Run({"password", "--json"});
  EXPECT_EQ(changed.exit, 0) << changed.err;
  EXPECT_EQ(changed.out, "{\"id\":\"1\"}\n");
  EXPECT_FALSE(std::filesystem::exists(bench.At("token")));
}

TEST_F(TheClient, PrintsTheServersRefusalAsOneLine) {
  Answer(service::Verb::kGet, "/api/v1/matters/{m}",
         [](Request&) -> vault::Result<Response> { return vault::Expired("the brief has ended"); });
  Start();
  const auto show = bench.Run({"matter", "show", "MACFA 2026/1", "--json"});
  EXPECT_EQ(show.exit, 1);
  EXPECT_EQ(show.out, "");
  EXPECT_EQ(show.err, "strongroom: expired: the brief has ended\n");
  EXPECT_EQ(asked().at(0).path, "/api/v1/matters/MACFA%202026%2F1");
}

TEST_F(TheClient, TakesGlobalOptionsAnywhereOnTheLine) {
  AnswerJson(service::Verb::kGet, "/api/v1/matters", R"([{"id":"1","ref":"MACFA-2026-1"}])");
  Start();
  const std::string expected = "[{\"id\":\"1\",\"ref\":\"MACFA-2026-1\"}]\n";
  EXPECT_EQ(bench.Run({"--json", "matter", "list"}).out, expected);
  EXPECT_EQ(bench.Run({"matter", "--json", "list"}).out, expected);
  EXPECT_EQ(bench.Run({"matter", "list", "--json", "--server", url()}).out, expected);
  EXPECT_EQ(
      bench.Run({"matter", "list"}).out,
      "Reference     Template  Phase  Meeting  Id\nMACFA-2026-1  –         –      –        1\n");
}

TEST_F(TheClient, ImportsATableOfPeopleOrSaysWhatIsWrongWithEveryRow) {
  AnswerJson(service::Verb::kPost, "/api/v1/people",
             R"({"password":"abcde-fghjk","invited_until":"2026-03-01T09:00:00+00:00"})");
  Start();
  const std::string out = bench.At("first.csv");
  bench.Write("wrong.csv",
              "email,agency,roles,until\na@x.example,POL,AUD,\nnobody,POL,,\n"
              "A@x.example,,AUD,\n");
  const auto wrong = bench.Run({"person", "import", bench.At("wrong.csv"), "-o", out});
  EXPECT_EQ(wrong.exit, 1);
  EXPECT_EQ(wrong.err,
            "strongroom: invalid: line 3: no e-mail address; line 3: no role; line 4: no agency; "
            "line 4: the address of line 2 again\n");
  EXPECT_TRUE(asked().empty());
  bench.Write("people.csv",
              "agency,email,roles,until,remark\nPOL,a@x.example,AAC AUD,,new\n"
              "FRS,b@x.example,AUD,2026-12-31,\n");
  const auto done = bench.Run({"person", "import", bench.At("people.csv"), "-o", out, "--json"});
  EXPECT_EQ(done.exit, 0) << done.err;
  ASSERT_EQ(asked().size(), 2u);
  EXPECT_EQ(asked()[0].body, R"({"email":"a@x.example","agency":"POL","roles":["AAC","AUD"]})");
  EXPECT_EQ(asked()[1].body,
            R"({"email":"b@x.example","agency":"FRS","roles":["AUD"],"until":"2026-12-31"})");
  EXPECT_EQ(bench.Read("first.csv"),
            "email,first_password,until\r\n"
            "a@x.example,abcde-fghjk,2026-03-01T09:00:00+00:00\r\n"
            "b@x.example,abcde-fghjk,2026-03-01T09:00:00+00:00\r\n");
}

TEST_F(TheClient, WritesATokenToItsFileAndNowhereElse) {
  AnswerJson(service::Verb::kPost, "/api/v1/tokens",
             R"({"id":"7f","name":"scanner","may":"file","until":"2026-05-01T00:00:00+01:00",)"
             R"("token":"the-secret-of-the-token"})");
  Start();
  const auto made = bench.Run({"token", "new", "--name", "scanner", "--until", "2026-05-01",
                               "--may", "file", "-o", bench.At("scanner.token"), "--json"});
  EXPECT_EQ(made.exit, 0) << made.err;
  EXPECT_EQ(asked().at(0).body, R"({"name":"scanner","until":"2026-05-01","may":"file"})");
  EXPECT_EQ(bench.Read("scanner.token"), "the-secret-of-the-token\n");
  EXPECT_EQ(made.out.find("the-secret"), std::string::npos);
  EXPECT_NE(made.out.find("\"id\":\"7f\""), std::string::npos);
}

TEST_F(TheClient, HandsANewUnsealKeyOutBeforeItBringsItBack) {
  AnswerJson(service::Verb::kPost, "/api/v1/unseal-key/prepare",
             R"({"shares":["SR1-AAAA","SR1-BBBB","SR1-CCCC"],"credential":null})");
  AnswerJson(service::Verb::kPost, "/api/v1/unseal-key/commit", "{}");
  Start();
  bench.Write("passphrase", "a passphrase of before\n");
  const auto renewed = bench.Run({"unseal-key", "renew", "--passphrase-file",
                                  bench.At("passphrase"), "--new-shares", "3", "--json"});
  ASSERT_EQ(renewed.exit, 0) << renewed.err;
  ASSERT_EQ(asked().size(), 2u);
  EXPECT_EQ(asked()[0].body,
            R"({"passphrase":"a passphrase of before","new_shares":3,"new_threshold":2})");
  EXPECT_EQ(asked()[1].body, R"({"shares":["SR1-AAAA","SR1-BBBB"]})");
  EXPECT_EQ(Json::Parse(renewed.out).value().Find("shares").items().size(), 3u);
  EXPECT_EQ(
      bench.Run({"unseal-key", "renew", "--new-shares", "3", "--new-credential-out", "x"}).exit, 2);
  EXPECT_EQ(bench.Run({"unseal-key", "renew"}).exit, 2);
  EXPECT_EQ(asked().size(), 2u);
}

TEST_F(TheClient, ReadsAPastLogByItsName) {
  AnswerJson(service::Verb::kGet, "/log/list",
             R"([{"number":1,"origin":"old","size":3,"current":false,"vkey":"old+1+x"},)"
             R"({"number":null,"origin":"new","size":2,"current":true,"vkey":"new+1+x"}])");
  AnswerJson(service::Verb::kGet, "/log/past/1/proof/2", R"("of the past")");
  AnswerJson(service::Verb::kGet, "/log/proof/1", R"("of today")");
  Start();
  EXPECT_EQ(bench.Run({"log", "proof", "2", "--origin", "old"}).out, "\"of the past\"");
  EXPECT_EQ(bench.Run({"log", "proof", "1", "--origin", "new"}).out, "\"of today\"");
  EXPECT_NE(bench.Run({"log", "proof", "1", "--origin", "none"}).exit, 0);
  const auto listed = bench.Run({"log", "list"});
  EXPECT_NE(listed.out.find("old+1+x"), std::string::npos);
}

TEST_F(TheClient, SendsWhatTheOptionsSay) {
  const std::map<std::string_view, std::string> done = {{"/api/v1/unseal", "{}"},
                                                        {"/api/v1/people", "{}"},
                                                        {"/api/v1/matters", "{}"},
                                                        {"/api/v1/matters/{m}/events", "{}"},
                                                        {"/api/v1/shares", "{}"},
                                                        {"/api/v1/holds", "{}"},
                                                        {"/api/v1/sweep", "{}"},
                                                        {"/api/v1/disposals/approve", "[]"},
                                                        {"/api/v1/sweep/release", "[]"},
                                                        {"/api/v1/disposals/{id}/extend", "{}"},
                                                        {"/api/v1/disposals/{id}/send-back", "{}"},
                                                        {"/api/v1/password", "{}"},
                                                        {"/api/v1/matters/{m}/members", "{}"}};
  for (const auto& [pattern, json] : done) AnswerJson(service::Verb::kPost, pattern, json);
  Start();
  bench.Write("first", "a first password\n");
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"unseal", "--confirm-date", "2026-04-09"},
       R"({"passphrase":"typed in\nsecond line","confirm_date":"2026-04-09"})"},
      {{"unseal", "--credential", bench.Write("credential", "00ff\n")}, R"({"credential":"00ff"})"},
      {{"unseal", "--shares-file", bench.Write("shares", "SR1-AAAA\r\n\n SR1-BBBB \n")},
       "{\"shares\":[\"SR1-AAAA\\u000d\",\" SR1-BBBB \"]}"},
      {{"unseal", "--share"}, R"({"shares":["typed in","second line"]})"},
      {{"person", "add", "--role", "BUO", "IGO", "o@unit.example", "--agency", "unit",
        "--password-file", bench.At("first")},
       R"({"email":"o@unit.example","agency":"unit","roles":["BUO","IGO"],)"
       R"("password":"a first password"})"},
      {{"matter", "new", "--template", "macfa", "--title", "Say \"hello\"", "--meeting",
        "2026-04-09T10:00"},
       R"({"template":"macfa","title":"Say \"hello\"","meeting":"2026-04-09T10:00"})"},
      {{"matter", "event", "M", "MEETING_CLOSED", "--reason", "early"},
       R"({"event":"MEETING_CLOSED","reason":"early"})"},
      {{"matter", "member", "M", "--person", "a@police.example"},
       R"({"email":"a@police.example"})"},
      {{"matter", "member", "M", "--person", "a@police.example", "--attending"},
       R"({"email":"a@police.example","attending":true})"},
      {{"share", "new", "--doc", "D1", "--doc", "D2", "--to", "x@y.example", "--until",
        "2026-04-09", "--uses", "3"},
       R"({"documents":["D1","D2"],"to":"x@y.example","until":"2026-04-09","uses":3})"},
      {{"share", "new", "--pack", "M", "--subject", "S01", "--to", "x@y.example", "--until",
        "2026-04-09"},
       R"({"matter":"M","subject":"S01","to":"x@y.example","until":"2026-04-09"})"},
      {{"hold", "place", "--doc", "D1", "--reason", "inquiry", "--review", "2026-10-01",
        "--sealed"},
       R"({"document":"D1","reason":"inquiry","review":"2026-10-01","sealed":true})"},
      {{"sweep"}, "{}"},
      {{"sweep", "--dry-run"}, R"({"dry_run":true})"},
      {{"disposal", "approve", "I1", "I2"}, R"({"ids":["I1","I2"]})"},
      {{"disposal", "approve", "I1", "--digest", "00ff"}, R"({"ids":["I1"],"digest":"00ff"})"},
      {{"sweep", "release"}, "{}"},
      {{"disposal", "extend", "I1", "--until", "2027-09-01", "--reason", "a claim"},
       R"({"until":"2027-09-01","reason":"a claim"})"},
      {{"disposal", "send-back", "I1", "--reason", "a claim"}, R"({"reason":"a claim"})"},
      {{"password"}, R"({"old":"typed in","new":"second line"})"},
  };
  bench.input = "typed in\nsecond line\n";
  for (const auto& [words, body] : cases) {
    const auto outcome = bench.Run(words);
    EXPECT_EQ(outcome.exit, 0) << outcome.err;
    const std::string sent = asked().empty() ? std::string() : asked().back().body;
    if (words[0] == "unseal" && words[1] == "--confirm-date") {
      EXPECT_EQ(Json::Parse(sent).value().Find("passphrase").Text(), "typed in\nsecond line");
      EXPECT_EQ(Json::Parse(sent).value().Find("confirm_date").Text(), "2026-04-09");
    } else {
      EXPECT_EQ(sent, body);
    }
  }
}

std::string Pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 131 >> 3);
  return text;
}

TEST_F(TheClient, FilesSeveralDocumentsByteForByte) {
  std::atomic<int> count{0};
  Answer(service::Verb::kPost, "/api/v1/documents", [&](Request&) {
    return Response::OfJson(200, R"({"id":")" + std::to_string(++count) + R"(","version":1})");
  });
  Start();
  const std::string large = Pattern(3'000'000);
  const auto outcome =
      bench.Run({"file", bench.Write("a b.docx", large), bench.Write("empty.txt", ""), "--matter",
                 "MACFA-2026-1", "--class", "FRM", "--subject", "S01", "--json"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "[{\"id\":\"1\",\"version\":1},{\"id\":\"2\",\"version\":1}]\n");
  ASSERT_EQ(asked().size(), 2U);
  EXPECT_EQ(asked()[0].query.at("name"), "a b.docx");
  EXPECT_EQ(asked()[0].query.at("subject"), "S01");
  EXPECT_EQ(asked()[0].query.count("agency"), 0U);
  EXPECT_TRUE(asked()[0].body == large);
  EXPECT_EQ(asked()[0].length, "3000000");
  EXPECT_EQ(asked()[1].length, "0");
}

TEST_F(TheClient, FilesStandardInputWithoutKnowingItsSize) {
  AnswerJson(service::Verb::kPost, "/api/v1/documents", R"({"id":"1"})");
  Start();
  bench.input = Pattern(700'000);
  const auto outcome =
      bench.Run({"file", "-", "--name", "scan.pdf", "--matter", "M", "--class", "REP"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(asked().at(0).length, "");
  EXPECT_TRUE(asked().at(0).body == bench.input);
}

TEST_F(TheClient, TellsWhatWasFiledBeforeAFileFailed) {
  AnswerJson(service::Verb::kPost, "/api/v1/documents", R"({"id":"1"})");
  Start();
  const auto outcome = bench.Run({"file", bench.Write("a", "x"), bench.At("absent"), "--matter",
                                  "M", "--class", "FRM", "--json"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_EQ(outcome.out, "[{\"id\":\"1\"}]\n");
  EXPECT_EQ(outcome.err, "strongroom: not-found: no such file (file 2 of 2)\n");
}

TEST_F(TheClient, OpensADocumentIntoAFile) {
  const std::string bytes = Pattern(1'000'000);
  Answer(service::Verb::kGetOnly, "/api/v1/documents/{d}/content", [&](Request&) {
    Response response = Response::Of(200, "application/octet-stream", bytes);
    response.Add("Strongroom-Version", "2");
    return response;
  });
  Start();
  const auto outcome =
      bench.Run({"get", kId + "@2", "-o", bench.At("out"), "--reason", "access request", "--json"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_TRUE(Slurp(bench.At("out")) == bytes);
  EXPECT_EQ(outcome.out, R"({"id":")" + kId + R"(","file":")" + bench.At("out") +
                             R"(","bytes":1000000,"version":2})" + "\n");
  EXPECT_EQ(asked().at(0).query.at("version"), "2");
  EXPECT_EQ(asked().at(0).query.at("reason"), "access request");
  EXPECT_EQ(bench.Run({"get", kId}).out, bytes);
}

TEST_F(TheClient, ARangeThatIsNotGivenIsNoSuccess) {
  AnswerBytes(service::Verb::kGetOnly, "/api/v1/documents/{d}/content", "whole");
  Start();
  const auto outcome = bench.Run({"get", kId, "--range", "0-1", "-o", bench.At("out")});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_EQ(asked().at(0).range, "bytes=0-1");
  EXPECT_FALSE(std::filesystem::exists(bench.At("out")));
}

TEST_F(TheClient, ADownloadThatBreaksLeavesNoFile) {
  // Promises ten bytes and breaks after four.
  class Breaking : public service::BodyReader {
   public:
    vault::Result<std::size_t> Read(vault::MutableByteView out) override {
      if (done_) return vault::Corrupt("a chunk fails");
      done_ = true;
      std::fill_n(out.begin(), 4, std::uint8_t{'x'});
      return std::size_t{4};
    }

   private:
    bool done_ = false;
  };
  Answer(service::Verb::kGetOnly, "/api/v1/documents/{d}/content", [](Request&) {
    return Response::Streaming(200, "application/octet-stream", {std::make_unique<Breaking>(), 10});
  });
  Start();
  const auto outcome = bench.Run({"get", kId, "-o", bench.At("out")});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_TRUE(outcome.err.starts_with("strongroom: unavailable: ")) << outcome.err;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(bench.folder())) {
    EXPECT_EQ(entry.path().filename(), "token");
    ++files;
  }
  EXPECT_EQ(files, 1U);
}

TEST_F(TheClient, OpensALinkAtTheServerThatItNames) {
  AnswerJson(service::Verb::kPost, "/api/v1/links/{l}/open",
             R"({"reservation":"R","documents":[{"n":1,"name":"form.docx","size":5}],)"
             R"("until":"2026-04-09T12:00:00+01:00"})");
  AnswerBytes(service::Verb::kPost, "/api/v1/links/{l}/documents/{n}", "bytes");
  Start();
  const std::string link = url() + "/s/" + kLink + "#" + kSecret;
  bench.environment["STRONGROOM_SERVER"] = "https://localhost:1";
  const auto outcome = bench.Run({"share", "open", link, "--pin-file",
                                  bench.Write("pin", "12345678\n"), "-o", bench.At("out")});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(Slurp(bench.At("out")), "bytes");
  EXPECT_EQ(asked().at(0).path, "/api/v1/links/" + kLink + "/open");
  EXPECT_EQ(asked().at(0).body, R"({"secret":")" + kSecret + R"(","pin":"12345678"})");
  EXPECT_EQ(asked().at(0).authorization, "");
  EXPECT_EQ(asked().at(1).body, R"({"secret":")" + kSecret + R"(","reservation":"R"})");
}

TEST_F(TheClient, PutsSeveralDocumentsOfALinkIntoAFolder) {
  AnswerJson(service::Verb::kPost, "/api/v1/links/{l}/open",
             R"({"reservation":"R","documents":[{"n":1,"name":"../form.docx","size":1},)"
             R"({"n":2,"name":"form.docx","size":1}],"until":"2026-04-09T12:00:00+01:00"})");
  Answer(service::Verb::kPost, "/api/v1/links/{l}/documents/{n}", [](Request& request) {
    return Response::Of(200, "application/octet-stream", request.Capture("n"));
  });
  Start();
  const auto outcome =
      bench.Run({"share", "open", url() + "/s/" + kLink + "#" + kSecret, "--pin-file",
                 bench.Write("pin", "12345678"), "-o", bench.Write("out", "in the way"), "--json"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(Slurp(bench.At("out")), "in the way");
  EXPECT_EQ(Slurp(bench.At("out.documents/form.docx")), "1");
  EXPECT_EQ(Slurp(bench.At("out.documents/2-form.docx")), "2");
}

TEST_F(TheClient, ExportsTheLogAndDropsWhatIsNoPartOfItAnyMore) {
  AnswerBytes(service::Verb::kGet, "/log/checkpoint", "vault.example/log\n257\nroot=\n\n— x y\n");
  AnswerBytes(service::Verb::kGet, "/log/vkey", "vault.example/log+00000000+AAAA\n");
  Answer(service::Verb::kGet, "/log/tile/{path...}",
         [](Request& request) -> vault::Result<Response> {
           // The partial tile has grown past one meanwhile: only the full name answers.
           if (request.Capture("path") == "1/000.p/1") return vault::NotFound("no such tile");
           const std::string bytes =
               request.Capture("path") == "1/000" ? std::string(64, 'h') : request.Capture("path");
           return Response::Of(200, "application/octet-stream", bytes);
         });
  Start();
  std::filesystem::create_directories(bench.At("log/tile/0/000.p"));
  bench.Write("log/tile/0/000.p/7", "old");
  bench.Write("log/checkpoint", "old");
  const auto outcome = bench.Run({"log", "export", bench.At("log"), "--json"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(Slurp(bench.At("log/checkpoint")), "vault.example/log\n257\nroot=\n\n— x y\n");
  EXPECT_EQ(Slurp(bench.At("log/vkey")), "vault.example/log+00000000+AAAA\n");
  EXPECT_EQ(Slurp(bench.At("log/tile/0/000")), "0/000");
  EXPECT_EQ(Slurp(bench.At("log/tile/0/001.p/1")), "0/001.p/1");
  EXPECT_EQ(Slurp(bench.At("log/tile/1/000.p/1")), std::string(32, 'h'));
  EXPECT_EQ(Slurp(bench.At("log/tile/entries/000")), "entries/000");
  EXPECT_EQ(Slurp(bench.At("log/tile/entries/001.p/1")), "entries/001.p/1");
  EXPECT_FALSE(std::filesystem::exists(bench.At("log/tile/0/000.p")));

  bench.Write("log/mine.txt", "x");
  EXPECT_EQ(bench.Run({"log", "export", bench.At("log")}).exit, 1);
  EXPECT_EQ(Slurp(bench.At("log/mine.txt")), "x");
}

TEST_F(TheClient, PutsEverythingAnInspectorAsksForIntoOneFolder) {
  AnswerJson(service::Verb::kGet, "/api/v1/reports", R"([{"id":"holds"},{"id":"overdue"}])");
  Answer(service::Verb::kGet, "/api/v1/reports/{name}",
         [](Request& request) -> vault::Result<Response> {
           return Response::Of(200, "text/csv", "report\r\n" + request.Capture("name") + "\r\n");
         });
  AnswerJson(service::Verb::kGet, "/api/v1/disposals",
             R"([{"id":")" + kId + R"(","certificate":true},{"id":"b","certificate":false}])");
  AnswerBytes(service::Verb::kGet, "/api/v1/disposals/{id}/certificate", "a certificate");
  AnswerBytes(service::Verb::kGet, "/log/checkpoint", "vault.example/log\n1\nroot=\n\n— x y\n");
  AnswerBytes(service::Verb::kGet, "/log/vkey", "vault.example/log+00000000+AAAA\n");
  Answer(service::Verb::kGet, "/log/tile/{path...}",
         [](Request& request) -> vault::Result<Response> {
           return Response::Of(200, "application/octet-stream", request.Capture("path"));
         });
  Start();
  const auto outcome =
      bench.Run({"evidence", "-o", bench.At("pack"), "--from", "2026-01-01", "--json"});
  ASSERT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(Slurp(bench.At("pack/reports/holds.csv")), "report\r\nholds\r\n");
  EXPECT_EQ(Slurp(bench.At("pack/certificates/" + kId + ".txt")), "a certificate");
  EXPECT_FALSE(std::filesystem::exists(bench.At("pack/certificates/b.txt")));
  EXPECT_EQ(Slurp(bench.At("pack/log/tile/0/000.p/1")), "0/000.p/1");
  EXPECT_EQ(asked().at(1).query.at("from"), "2026-01-01");
  EXPECT_EQ(asked().at(1).query.at("format"), "csv");
  // The manifest names every other file, with the digest of what is in it.
  const std::string manifest = Slurp(bench.At("pack/manifest.txt"));
  EXPECT_NE(manifest.find("  README.txt\n"), std::string::npos);
  EXPECT_NE(manifest.find(vault::Sha256Hex(vault::AsBytes("a certificate")) + "  certificates/" +
                          kId + ".txt\n"),
            std::string::npos)
      << manifest;
  EXPECT_EQ(std::count(manifest.begin(), manifest.end(), '\n'), 8);
  // Nothing is mixed into what is there.
  EXPECT_EQ(bench.Run({"evidence", "-o", bench.At("pack")}).exit, 1);
}

TEST_F(TheClient, PrintsAReportAsItComesOrPutsItIntoAFile) {
  AnswerBytes(service::Verb::kGet, "/api/v1/reports/{name}", "a,b\r\n1,2\r\n");
  Start();
  EXPECT_EQ(bench.Run({"report", "holds"}).out, "a,b\r\n1,2\r\n");
  EXPECT_EQ(bench.Run({"report", "holds", "-o", bench.At("holds.csv")}).exit, 0);
  EXPECT_EQ(Slurp(bench.At("holds.csv")), "a,b\r\n1,2\r\n");
}

TEST_F(TheClient, SendsANameInTheBodyOfASearchAndInNoAddress) {
  AnswerJson(service::Verb::kPost, "/api/v1/search",
             R"({"hits":[{"id":"1","kind":"subject","matter":"MACFA-2026-01","subject":"Adult A",)"
             R"("class":null,"agency":null,"filed":null}],"more":false})");
  Start();
  const auto outcome = bench.Run({"search", "--name", "alice example"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("Adult A"), std::string::npos) << outcome.out;
  ASSERT_EQ(asked().size(), 1u);
  EXPECT_EQ(asked()[0].body, R"({"name":"alice example"})");
  EXPECT_TRUE(asked()[0].query.empty());
}

// Words splits the first command of an example as a shell would.
std::vector<std::string> Words(std::string_view example) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool begun = false;
  for (const char c : example) {
    if (quote == 0 && (c == '\n' || c == ' ')) {
      if (begun) words.push_back(std::move(word));
      word.clear();
      begun = false;
      if (c == '\n') break;
      continue;
    }
    begun = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else {
      word += c;
    }
  }
  if (begun) words.push_back(std::move(word));
  return words;
}

TEST_F(TheClient, ShowsPeopleNoDayAndNoTimeAsProgramsWriteThem) {
  for (const PromisedAnswers::Route& route : PromisedAnswers().Routes()) {
    const auto verb = route.method == "get" ? service::Verb::kGet : service::Verb::kPost;
    AnswerJson(verb, route.path, route.answer);
  }
  Start();
  // These work without a daemon, on files that are not there, or hand bytes on as they are.
  const std::vector<std::string> others = {"init",
                                           "custody promote",
                                           "share open",
                                           "evidence",
                                           "log checkpoint",
                                           "log proof",
                                           "log export",
                                           "policy check",
                                           "policy diff",
                                           "backup",
                                           "restore",
                                           "drill",
                                           "doctor",
                                           "person import",
                                           "file",
                                           "get",
                                           "disposal certificate",
                                           "report",
                                           "table check",
                                           "unseal-key renew"};
  const std::regex machine("[0-9]{4}-[0-9]{2}-[0-9]{2}");
  std::vector<const CLI::App*> open = {nullptr};
  const ClientParser parser;
  open.front() = &parser.app();
  std::size_t run = 0;
  std::size_t dated = 0;
  while (!open.empty()) {
    const CLI::App* command = open.back();
    open.pop_back();
    for (const CLI::App* below :
         command->get_subcommands([](const CLI::App* each) { return !each->get_name().empty(); })) {
      open.push_back(below);
    }
    const std::string footer = command->get_footer();
    const std::string_view head = "Example:\n  strongroom ";
    if (!footer.starts_with(head)) continue;
    const std::string_view example = std::string_view(footer).substr(head.size());
    if (std::any_of(others.begin(), others.end(),
                    [line = std::string(example) + " "](const std::string& other) {
                      return line.starts_with(other + " ");
                    })) {
      continue;
    }
    std::vector<std::string> words = Words(example);
    words.erase(std::remove(words.begin(), words.end(), "--json"), words.end());
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i - 1].ends_with("-file")) words[i] = bench.Write(words[i], "a good password\n");
      if (words[i - 1] == "-o") words[i] = bench.At("written-" + std::to_string(run));
    }
    bench.Write("token", kToken + "\n");
    bench.input = "typed in\nsecond line\n";
    const auto outcome = bench.Run(words);
    EXPECT_EQ(outcome.exit, 0) << example << outcome.err;
    EXPECT_FALSE(std::regex_search(outcome.out, machine)) << example << "\n" << outcome.out;
    ++run;
    dated += outcome.out.find("9 July 2026") == std::string::npos ? 0 : 1;
  }
  EXPECT_GT(run, 60u);
  EXPECT_GT(dated, 20u);
}

TEST_F(TheClient, WaitsWhereTheServerAsksForPatience) {
  std::atomic<int> count{0};
  Answer(service::Verb::kGet, "/log/checkpoint", [&](Request&) {
    if (++count < 3) {
      return service::ProblemWithStatus(429, vault::Errc::kUnavailable, "too many requests")
          .Add("Retry-After", "0");
    }
    return Response::Of(200, "text/plain", "vault.example/log\n1\nroot=\n\n— x y\n");
  });
  Start();
  const auto outcome = bench.Run({"log", "checkpoint"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "vault.example/log\n1\nroot=\n\n— x y\n");
  EXPECT_EQ(count, 3);
}

TEST_F(TheClient, TrustsOnlyTheCertificateItWasGiven) {
  AnswerJson(service::Verb::kGet, "/api/v1/status", R"({"sealed":true})");
  Start();
  EXPECT_EQ(bench.Run({"status"}).exit, 0);
  const Authority other({});
  const auto outcome = bench.Run({"status", "--ca", other.certificate()});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_NE(outcome.err.find("certificate"), std::string::npos) << outcome.err;
  EXPECT_EQ(asked().size(), 1U);
}

TEST_F(TheClient, TrustsACertificateOnlyForItsOwnNames) {
  AnswerJson(service::Verb::kGet, "/api/v1/status", R"({"sealed":true})");
  host = "127.0.0.2";
  Start();
  const auto outcome = bench.Run({"status"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_NE(outcome.err.find("certificate"), std::string::npos) << outcome.err;
  EXPECT_TRUE(asked().empty());
}

TEST_F(TheClient, TrustsACertificateForEachOfItsNames) {
  const Authority named({"127.0.0.2"});
  AnswerJson(service::Verb::kGet, "/api/v1/status", R"({"sealed":true})");
  host = "127.0.0.2";
  StartWith(named);
  EXPECT_EQ(bench.Run({"status"}).exit, 0);
}

}  // namespace
}  // namespace tools
