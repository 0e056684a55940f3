// Signing in, roles, and the order in which requests are refused.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/test_daemon.h"

namespace service {
namespace {

TEST(SealedDaemon, AnswersStatusAndHealthAndNothingElse) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.Start());
  EXPECT_EQ(daemon.Ask("GET", "/health", {}, "").body, "{}");
  const Reply status = daemon.Get("status", "");
  ASSERT_EQ(status.status, 200);
  EXPECT_TRUE(status.json.Flag("sealed").value());
  EXPECT_FALSE(status.json.Flag("anchored").value());
  EXPECT_EQ(status.json.Integer("deletion_debt").value(), 0);
  EXPECT_EQ(status.json.TextList("cell_classes").value(), std::vector<std::string>{"file"});
  EXPECT_NE(status.body.find("\"reason\""), std::string::npos);
  for (const std::string_view path : {"whoami", "matters", "documents", "agencies", "disposals"}) {
    const Reply refused = daemon.Get(path, "");
    EXPECT_EQ(refused.status, 503) << path;
    EXPECT_EQ(refused.kind(), "unavailable") << path;
  }
  // The link's page says the same whether there is a vault behind it or not.
  EXPECT_EQ(daemon.Ask("GET", "/s/AAAAAAAAAAAAAAAAAAAAAA", {}, "").status, 200);
}

TEST(SealedDaemon, UnsealsWithTheRightSecretAndDateOnly) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.Start());
  const auto unseal = [&](std::string_view passphrase, std::string_view date) {
    return daemon.Post("unseal", "",
                       Json::Object({{"passphrase", passphrase}, {"confirm_date", date}}));
  };
  EXPECT_EQ(unseal("not the passphrase", "2026-02-12").kind(), "denied");
  EXPECT_EQ(unseal(TestDaemon::kPassphrase, "2026-02-13").kind(), "invalid");
  EXPECT_TRUE(daemon.Get("status", "").json.Flag("sealed").value());
  const Reply neither = daemon.Post("unseal", "", Json::Object());
  EXPECT_EQ(neither.kind(), "invalid");
  const Reply opened = unseal(TestDaemon::kPassphrase, "2026-02-12");
  ASSERT_EQ(opened.status, 200) << opened.body;
  EXPECT_FALSE(opened.json.Flag("sealed").value());
  EXPECT_TRUE(opened.json.Flag("anchored").value());
  EXPECT_EQ(unseal(TestDaemon::kPassphrase, "2026-02-12").kind(), "conflict");
}

TEST(UnanchoredDaemon, LetsPeopleSignInAndConfirmTheDateBeforeAnythingElse) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.Start());
  ASSERT_EQ(
      daemon.Post("unseal", "", Json::Object({{"passphrase", TestDaemon::kPassphrase}})).status,
      200);
  const std::string officer = daemon.SignIn(TestDaemon::kOfficer);
  EXPECT_EQ(daemon.Get("whoami", officer).status, 200);
  const Reply early = daemon.Get("matters", officer);
  EXPECT_EQ(early.status, 503);
  EXPECT_EQ(early.Text("detail"), "the date has not been confirmed");
  ASSERT_EQ(daemon.Post("anchor", officer, Json::Object({{"confirm_date", "2026-02-12"}})).status,
            200);
  EXPECT_EQ(daemon.Get("matters", officer).body, "[]");
}

TEST(Sealing, EndsEverySessionAndIsLogged) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const std::string officer = daemon.officer();
  const std::int64_t before = daemon.Get("status", "").json.Integer("log_size").value();
  const Reply sealed = daemon.Post("seal", officer, Json::Object());
  ASSERT_EQ(sealed.status, 200) << sealed.body;
  EXPECT_TRUE(sealed.json.Flag("sealed").value());
  EXPECT_EQ(daemon.Get("whoami", officer).status, 503);
  ASSERT_NO_FATAL_FAILURE(daemon.Unseal());
  const Reply ended = daemon.Get("whoami", officer);
  EXPECT_EQ(ended.status, 401);
  EXPECT_EQ(ended.Header("WWW-Authenticate"), "Bearer");
  // The sealing and the unsealing.
  EXPECT_EQ(daemon.Get("status", "").json.Integer("log_size").value(), before + 2);
}

TEST(Status, WarnsOfAProcessWhoseGuidanceWasDueForReview) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Reply status = daemon.Get("status", "");
  ASSERT_EQ(status.status, 200);
  const std::vector<std::string> warnings = status.json.TextList("warnings").value();
  std::vector<std::string> about;
  for (const std::string& warning : warnings) {
    if (warning.find("guidance") != std::string::npos) about.push_back(warning);
  }
  EXPECT_EQ(about, std::vector<std::string>{
                       "the guidance that macfa version 1 is based on was due for review on "
                       "31 March 2025: look for a newer one"});
}

TEST(Login, AnswersWrongNameAndWrongPasswordAlike) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const auto try_in = [&](std::string_view email, std::string_view password) {
    return daemon.Post("login", "", Json::Object({{"email", email}, {"password", password}}));
  };
  const Reply wrong_name = try_in("nobody@unit.example", TestDaemon::kPassword);
  const Reply wrong_password = try_in(TestDaemon::kOfficer, "something else entirely");
  EXPECT_EQ(wrong_name.status, 403);
  EXPECT_EQ(wrong_name.body, wrong_password.body);
}

TEST(Login, GivesTokenCallerAndCookie) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Reply reply = daemon.Post(
      "login", "",
      Json::Object({{"email", TestDaemon::kOfficer}, {"password", TestDaemon::kPassword}}));
  EXPECT_EQ(reply.Text("token").size(), 43u);
  EXPECT_EQ(reply.Text("email"), TestDaemon::kOfficer);
  EXPECT_EQ(reply.Text("expires"), "2026-02-12T21:00:00+00:00");
  EXPECT_EQ(reply.json.TextList("roles").value(), std::vector<std::string>{"BUO"});
  EXPECT_EQ(reply.Header("Set-Cookie"), "__Host-strongroom=" + reply.Text("token") +
                                            "; Path=/; Secure; HttpOnly; SameSite=Strict");
  EXPECT_EQ(reply.Header("Cache-Control"), "no-store");
}

TEST(Login, StopsAnsweringAfterTooManyFailuresForExistingAndOtherAccountsAlike) {
  TestDaemon daemon;
  AppOptions options;
  options.api.failures = {3, std::chrono::minutes(15), 1000};
  ASSERT_NO_FATAL_FAILURE(daemon.StartWith(std::move(options)));
  ASSERT_NO_FATAL_FAILURE(daemon.Unseal());
  const auto try_in = [&](std::string_view email) {
    return daemon.Post("login", "",
                       Json::Object({{"email", email}, {"password", "a wrong password"}}));
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(try_in("nobody@unit.example").status, 403);
  const Reply stranger = try_in("nobody@unit.example");
  const Reply officer = try_in(TestDaemon::kOfficer);
  EXPECT_EQ(stranger.status, 429);
  EXPECT_EQ(stranger.kind(), "unavailable");
  EXPECT_FALSE(stranger.Header("Retry-After").empty());
  EXPECT_EQ(stranger.body, officer.body);
}

TEST(Sessions, TakeACookieForReadingOnly) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const std::string cookie = "Cookie: __Host-strongroom=" + daemon.officer();
  EXPECT_EQ(daemon.Ask("GET", "/api/v1/whoami", {cookie}, "").status, 200);
  const Reply changed =
      daemon.Ask("POST", "/api/v1/agencies", {cookie, "Content-Type: application/json"},
                 R"({"id":"POL","name":"Police"})");
  EXPECT_EQ(changed.status, 401);
  EXPECT_EQ(daemon.Get("agencies", daemon.officer()).json.elements().size(), 1u);
}

TEST(Sessions, EndAtLogoutAndAfterAnHourWithoutARequest) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const std::string second = daemon.SignIn(TestDaemon::kOfficer);
  EXPECT_EQ(daemon.Post("logout", second, Json::Object()).body, "{}");
  EXPECT_EQ(daemon.Get("whoami", second).status, 401);
  daemon.clock().Pass(3599);
  EXPECT_EQ(daemon.Get("whoami", daemon.officer()).status, 200);
  daemon.clock().Pass(3601);
  EXPECT_EQ(daemon.Get("whoami", daemon.officer()).status, 401);
}

TEST(Sessions, EndWhenThePasswordChanges) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const auto change = [&](std::string_view from, std::string_view to) {
    return daemon.Post("password", daemon.officer(), Json::Object({{"old", from}, {"new", to}}));
  };
  EXPECT_EQ(change("not the password", "another long password").kind(), "denied");
  EXPECT_EQ(change(TestDaemon::kPassword, "short").kind(), "invalid");
  EXPECT_EQ(change(TestDaemon::kPassword, "another long password").status, 200);
  EXPECT_EQ(daemon.Get("whoami", daemon.officer()).status, 401);
  EXPECT_EQ(daemon
                .Post("login", "",
                      Json::Object(
                          {{"email", TestDaemon::kOfficer}, {"password", "another long password"}}))
                .status,
            200);
}

TEST(Requests, WithAMemberNobodyNamedAreInvalid) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Reply member =
      daemon.Post("agencies", daemon.officer(),
                  Json::Object({{"id", "POL"}, {"name", "Police"}, {"nmae", "x"}}));
  EXPECT_EQ(member.status, 400);
  EXPECT_EQ(member.kind(), "invalid");
  EXPECT_EQ(daemon.Get("documents?mater=x", daemon.officer()).kind(), "invalid");
  const Reply no_json = daemon.Ask("POST", "/api/v1/agencies", TestDaemon::Bearer(daemon.officer()),
                                   R"({"id":"POL","name":"Police"})");
  EXPECT_EQ(no_json.status, 415);
  // Syntax comes before the session.
  EXPECT_EQ(daemon.Post("agencies", "", Json::Object({{"nmae", "x"}})).status, 400);
  EXPECT_EQ(daemon.Post("agencies", "", Json::Object({{"id", "P"}, {"name", "x"}})).status, 401);
}

TEST(Roles, AreAskedBeforeAnythingIsLookedUp) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const std::string worker = daemon.AddPerson("worker@pol.example", "POL", "AUD");
  const Json subject = Json::Object({{"pseudonym", "Adult A"}});
  EXPECT_EQ(daemon.Post("matters/none/subjects", worker, subject).status, 403);
  EXPECT_EQ(daemon.Post("matters/none/subjects", daemon.officer(), subject).status, 404);
  // Whose role it is to record an event the matter says: one that is not theirs is not there.
  const Audit audit = Audit::In(daemon);
  const std::string stranger = daemon.AddPerson("stranger@pol.example", "POL", "AUD");
  for (const std::string& matter : {std::string("none"), audit.id}) {
    EXPECT_EQ(daemon
                  .Post("matters/" + matter + "/events", stranger,
                        Json::Object({{"event", "FORMS_ISSUED"}}))
                  .status,
              404)
        << matter;
  }
  for (const std::string_view path : {"people", "holds", "disposals"}) {
    EXPECT_EQ(daemon.Get(path, worker).kind(), "denied") << path;
  }
  EXPECT_EQ(daemon.Ask("GET", "/log/checkpoint", TestDaemon::Bearer(worker), "").kind(), "denied");
  EXPECT_EQ(daemon.Post("sweep", worker, Json::Object()).kind(), "denied");
  EXPECT_EQ(daemon.Post("seal", worker, Json::Object()).kind(), "denied");
}

TEST(People, AreAddedListedResetAndEnded) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const std::string co_ordinator = daemon.AddPerson("co@pol.example", "POL", "AAC");
  const Reply made = daemon.Post(
      "people", daemon.officer(),
      Json::Object(
          {{"email", "Aud@POL.example"}, {"agency", "POL"}, {"roles", Json::Texts({"AUD"})}}));
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.Text("email"), "aud@pol.example");
  EXPECT_EQ(made.Text("state"), "invited");
  EXPECT_GE(made.Text("password").size(), 20u);
  const auto add = [&](Json body) { return daemon.Post("people", daemon.officer(), body); };
  EXPECT_EQ(
      add(Json::Object(
              {{"email", "aud@pol.example"}, {"agency", "POL"}, {"roles", Json::Texts({"AUD"})}}))
          .kind(),
      "conflict");
  EXPECT_EQ(
      add(Json::Object(
              {{"email", "x@pol.example"}, {"agency", "NONE"}, {"roles", Json::Texts({"AUD"})}}))
          .kind(),
      "not-found");
  EXPECT_EQ(
      add(Json::Object(
              {{"email", "x@pol.example"}, {"agency", "POL"}, {"roles", Json::Texts({"KING"})}}))
          .kind(),
      "invalid");
  EXPECT_EQ(add(Json::Object({{"email", "x@pol.example"},
                              {"agency", "POL"},
                              {"until", "2020-01-01"},
                              {"roles", Json::Texts({"AUD"})}}))
                .kind(),
            "invalid");
  EXPECT_EQ(daemon.Get("people", daemon.officer()).json.elements().size(), 3u);
  EXPECT_EQ(daemon.Get("people", co_ordinator).json.elements().size(), 2u);

  const Reply reset =
      daemon.Post("people/reset", daemon.officer(), Json::Object({{"email", "co@pol.example"}}));
  ASSERT_EQ(reset.status, 200) << reset.body;
  EXPECT_EQ(daemon.Get("whoami", co_ordinator).status, 401);
  const Json login =
      Json::Object({{"email", "co@pol.example"}, {"password", reset.Text("password")}});
  EXPECT_EQ(daemon.Post("login", "", login).status, 200);
  const Json co = Json::Object({{"email", "co@pol.example"}});
  const Reply ended = daemon.Post("people/end", daemon.officer(), co);
  EXPECT_EQ(ended.status, 200);
  EXPECT_EQ(ended.Text("destruction"), "done");
  EXPECT_EQ(daemon.Post("login", "", login).status, 403);
  EXPECT_EQ(daemon.Post("people/end", daemon.officer(), co).kind(), "not-found");
  const Reply last =
      daemon.Post("people/end", daemon.officer(), Json::Object({{"email", TestDaemon::kOfficer}}));
  EXPECT_EQ(last.kind(), "conflict");
}

TEST(People, ReachNothingWithAFirstPasswordButTheirOwn) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  daemon.AddPerson("co@pol.example", "POL", "AAC");
  const Reply reset =
      daemon.Post("people/reset", daemon.officer(), Json::Object({{"email", "co@pol.example"}}));
  const std::string first = reset.Text("password");
  const Reply login =
      daemon.Post("login", "", Json::Object({{"email", "co@pol.example"}, {"password", first}}));
  ASSERT_EQ(login.status, 200) << login.body;
  EXPECT_TRUE(login.json.Flag("must_choose_password").value());
  const std::string session = login.Text("token");
  EXPECT_EQ(daemon.Get("matters", session).kind(), "denied");
  EXPECT_EQ(daemon.Get("people", session).kind(), "denied");
  EXPECT_EQ(daemon.Get("documents", session).kind(), "denied");
  EXPECT_EQ(daemon.Get("whoami", session).status, 200);
  const Json change = Json::Object({{"old", first}, {"new", "a password of my own"}});
  ASSERT_EQ(daemon.Post("password", session, change).status, 200);
  const Reply own = daemon.Post(
      "login", "",
      Json::Object({{"email", "co@pol.example"}, {"password", "a password of my own"}}));
  EXPECT_FALSE(own.json.Flag("must_choose_password").value());
  EXPECT_EQ(daemon.Get("people", own.Text("token")).status, 200);
}

TEST(People, AreGivenAndDeniedRoles) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const std::string co = daemon.AddPerson("co@pol.example", "POL", "AAC");
  const Json role = Json::Object({{"email", "co@pol.example"}, {"role", "AUD"}});
  EXPECT_EQ(daemon.Post("people/roles", co, role).kind(), "denied");
  const Reply given = daemon.Post("people/roles", daemon.officer(), role);
  ASSERT_EQ(given.status, 200) << given.body;
  EXPECT_EQ(given.json.Find("roles")->ToText(), R"(["AAC","AUD"])");
  // What rested on the roles before has ended with them.
  EXPECT_EQ(daemon.Get("whoami", co).status, 401);
  const Reply ended = daemon.Post("people/roles/end", daemon.officer(), role);
  EXPECT_EQ(ended.json.Find("roles")->ToText(), R"(["AAC"])");
  EXPECT_EQ(daemon.Post("people/roles/end", daemon.officer(), role).kind(), "not-found");
}

// Refused, a reset would keep the password that it made up to itself.
TEST(People, GetTheirAnswerWhileACellIsAwayAndAreToldWhatIsOwed) {
  namespace fs = std::filesystem;
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  std::string co = daemon.AddPerson("co@pol.example", "POL", "AAC");
  const std::string cell = daemon.folder() + "/data.cell";
  fs::rename(cell, cell + ".away");
  const Reply given = daemon.Post("people/roles", daemon.officer(),
                                  Json::Object({{"email", "co@pol.example"}, {"role", "AUD"}}));
  EXPECT_EQ(given.Text("destruction"), "owed") << given.body;
  co = daemon.SignIn("co@pol.example");
  const Reply changed = daemon.Post(
      "password", co,
      Json::Object({{"old", TestDaemon::kPassword}, {"new", "a password of their own"}}));
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(changed.Text("destruction"), "owed");
  const Reply reset =
      daemon.Post("people/reset", daemon.officer(), Json::Object({{"email", "co@pol.example"}}));
  ASSERT_EQ(reset.status, 200) << reset.body;
  EXPECT_EQ(reset.Text("destruction"), "owed");
  const Json login =
      Json::Object({{"email", "co@pol.example"}, {"password", reset.Text("password")}});
  EXPECT_EQ(daemon.Post("login", "", login).status, 200);
  const Reply ended =
      daemon.Post("people/end", daemon.officer(), Json::Object({{"email", "co@pol.example"}}));
  EXPECT_EQ(ended.Text("destruction"), "owed") << ended.body;
  fs::rename(cell + ".away", cell);
  EXPECT_EQ(daemon.Post("sweep", daemon.officer(), Json::Object()).status, 200);
  const std::string other = daemon.AddPerson("other@pol.example", "POL", "AAC");
  const Reply role = daemon.Post("people/roles", daemon.officer(),
                                 Json::Object({{"email", "other@pol.example"}, {"role", "AUD"}}));
  EXPECT_EQ(role.Text("destruction"), "done") << role.body;
}

TEST(Tokens, ReachAsFarAsTheirScopeAndNeverPeople) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const auto make = [&](std::string_view may) {
    const Reply made =
        daemon.Post("tokens", daemon.officer(),
                    Json::Object({{"name", may}, {"until", "2026-05-01"}, {"may", may}}));
    EXPECT_EQ(made.status, 200) << made.body;
    return made.Text("token");
  };
  const std::string read = make("read");
  const std::string act = make("act");
  const Json agency = Json::Object({{"id", "POL"}, {"name", "Police"}});
  EXPECT_EQ(daemon.Get("agencies", read).status, 200);
  EXPECT_EQ(daemon.Post("agencies", read, agency).kind(), "denied");
  EXPECT_EQ(daemon.Post("agencies", make("file"), agency).kind(), "denied");
  EXPECT_EQ(daemon.Post("agencies", act, agency).status, 200);
  EXPECT_EQ(daemon.Get("whoami", read).json.Find("expires"), nullptr);
  const Json person = Json::Object(
      {{"email", "x@pol.example"}, {"agency", "POL"}, {"roles", Json::Texts({"AUD"})}});
  EXPECT_EQ(daemon.Post("people", act, person).kind(), "denied");
  EXPECT_EQ(daemon.Post("seal", act, Json::Object()).kind(), "denied");
  EXPECT_EQ(daemon.Get("tokens", act).kind(), "denied");
  EXPECT_EQ(daemon
                .Post("password", act,
                      Json::Object({{"old", TestDaemon::kPassword}, {"new", "another password"}}))
                .kind(),
            "denied");
  const Reply list = daemon.Get("tokens", daemon.officer());
  ASSERT_EQ(list.json.elements().size(), 3u);
  EXPECT_EQ(list.body.find(read), std::string::npos);
  for (const Json& token : list.json.elements()) {
    const std::string path = "tokens/" + token.Text("id").value() + "/end";
    ASSERT_EQ(daemon.Post(path, daemon.officer(), Json::Object()).status, 200);
    // A token's end re-makes what every session rests on.
    ASSERT_NO_FATAL_FAILURE(daemon.SignInOfficer());
  }
  EXPECT_EQ(daemon.Get("agencies", read).status, 401);
}

}  // namespace
}  // namespace service
