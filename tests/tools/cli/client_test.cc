// The client: sign-in, refusals, and what each command sends.
#include "tools/cli/client.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "daemon/http/problem.h"
#include "tests/support/client_server.h"
#include "tools/cli/json.h"

namespace tools {
namespace {

using service::Request;
using service::Response;

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

TEST_F(TheClient, SaysWhatIsStillToBeDestroyedAndTheNewPasswordAllTheSame) {
  const std::string reset =
      R"({"id":"1","password":"made-up-here","invited_until":"2026-02-26T09:00:00+00:00",)"
      R"("destruction":"owed"})";
  AnswerJson(service::Verb::kPost, "/api/v1/people/reset", reset);
  AnswerJson(service::Verb::kPost, "/api/v1/people/end", R"({"id":"1","destruction":"done"})");
  AnswerJson(service::Verb::kPost, "/api/v1/tokens/{id}/end", R"({"id":"1","destruction":"owed"})");
  AnswerJson(service::Verb::kPost, "/api/v1/people/deputies/{id}/end",
             R"({"id":"1","destruction":"owed"})");
  Start();
  constexpr std::string_view kOwed = "could not be destroyed just now";
  const auto words = bench.Run({"person", "reset", "a@pol.example"});
  EXPECT_EQ(words.exit, 0) << words.err;
  EXPECT_NE(words.out.find("made-up-here"), std::string::npos) << words.out;
  EXPECT_NE(words.out.find(kOwed), std::string::npos) << words.out;
  EXPECT_EQ(bench.Run({"person", "reset", "a@pol.example", "--json"}).out, reset + "\n");
  const auto done = bench.Run({"person", "end", "a@pol.example"});
  EXPECT_EQ(done.out, "The person's access has ended.\n");
  EXPECT_NE(bench.Run({"token", "end", "1"}).out.find(kOwed), std::string::npos);
  EXPECT_NE(bench.Run({"person", "deputy", "end", "1"}).out.find(kOwed), std::string::npos);
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

TEST_F(TheClient, TellsOfTheHoldThatAnEventPlaced) {
  AnswerJson(service::Verb::kPost, "/api/v1/matters/{m}/events",
             R"({"id":"1","event":"SUBJECT_ACCESS_RECEIVED","at":"2026-04-14T10:00:00+01:00",)"
             R"("phase":"P6","warnings":[],"hold":{"id":"77","kind":"subject",)"
             R"("object":"Adult Alder","review":"2026-07-14"}})");
  Start();
  const auto told =
      bench.Run({"matter", "event", "M", "SUBJECT_ACCESS_RECEIVED", "--subject", "Adult Alder"});
  EXPECT_EQ(told.exit, 0) << told.err;
  EXPECT_NE(told.out.find("Hold placed"), std::string::npos) << told.out;
  for (const std::string_view word : {"77", "subject", "Adult Alder", "14 July 2026"}) {
    EXPECT_NE(told.out.find(word), std::string::npos) << word << "\n" << told.out;
  }
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
      {{"matter", "event", "M", "SUBJECT_ACCESS_RECEIVED", "--subject", "Adult Alder"},
       R"({"event":"SUBJECT_ACCESS_RECEIVED","subject":"Adult Alder"})"},
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

}  // namespace
}  // namespace tools
