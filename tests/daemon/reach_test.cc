// How far a token reaches: every route, and each scope against it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/routes.h"
#include "tests/support/test_daemon.h"

namespace service {
namespace {

// Least is the least that a caller has to come in with.
enum class Least : std::uint8_t { kNothing, kAnyToken, kRead, kFile, kAct, kPerson };

// RouteReach is one decision. The body is as the route takes it, so that the request gets to the
// door; what it names does not exist, so that nothing much happens behind it.
struct RouteReach {
  std::string_view route;
  Least least;
  std::string_view body;
};

// A token may do what a program does for its owner, and it may not do what needs a second person,
// decides what is kept, or gives anybody a way in that lasts longer than the token does.
constexpr std::string_view kNobody = R"({"email":"nobody@unit.example"})";
constexpr std::string_view kRole = R"({"email":"nobody@unit.example","role":"AUD"})";
constexpr RouteReach kRoutes[] = {
    {"GET /health", Least::kNothing, ""},
    {"GET /api/v1/openapi.json", Least::kNothing, ""},
    {"GET /api/v1/status", Least::kNothing, ""},
    {"POST /api/v1/unseal", Least::kNothing, R"({"passphrase":"wrong"})"},
    {"POST /api/v1/unseal-key/prepare", Least::kPerson,
     R"({"passphrase":"wrong","new_credential":true})"},
    {"POST /api/v1/unseal-key/commit", Least::kPerson, R"({"passphrase":"wrong"})"},
    {"POST /api/v1/anchor", Least::kPerson, R"({"confirm_date":"2026-02-12"})"},
    {"POST /api/v1/seal", Least::kPerson, "{}"},
    {"GET /api/v1/custody", Least::kRead, ""},
    {"POST /api/v1/custody/standby", Least::kPerson, R"({"folder":"/none","cells":[]})"},
    {"POST /api/v1/custody/rejoin", Least::kPerson, "{}"},
    {"POST /api/v1/custody/evict", Least::kPerson, "{}"},
    {"POST /api/v1/login", Least::kNothing, R"({"email":"n@unit.example","password":"wrong"})"},
    {"POST /api/v1/logout", Least::kAnyToken, "{}"},
    {"GET /api/v1/whoami", Least::kAnyToken, ""},
    {"POST /api/v1/password", Least::kPerson, R"({"old":"wrong","new":"a new password"})"},
    {"POST /api/v1/agencies", Least::kAct, R"({"id":"NEW","name":"A new agency"})"},
    {"GET /api/v1/agencies", Least::kRead, ""},
    {"POST /api/v1/agencies/succession/preview", Least::kPerson, R"({"from":"X","to":"Y"})"},
    {"POST /api/v1/agencies/succession", Least::kPerson,
     R"({"from":"X","to":"Y","reason":"merged"})"},
    {"POST /api/v1/people", Least::kPerson,
     R"({"email":"n@unit.example","agency":"none","roles":["AUD"]})"},
    {"GET /api/v1/people", Least::kRead, ""},
    {"POST /api/v1/people/end", Least::kPerson, kNobody},
    {"POST /api/v1/people/reset", Least::kPerson, kNobody},
    {"POST /api/v1/people/roles", Least::kPerson, kRole},
    {"POST /api/v1/people/roles/end", Least::kPerson, kRole},
    {"POST /api/v1/documents/{D}/readers", Least::kPerson, kNobody},
    {"POST /api/v1/people/deputies", Least::kPerson,
     R"({"for":"a@unit.example","deputy":"b@unit.example","until":"2026-05-01"})"},
    {"GET /api/v1/people/deputies", Least::kRead, ""},
    {"POST /api/v1/people/deputies/{id}/end", Least::kPerson, "{}"},
    {"POST /api/v1/matters/{M}/exclusions", Least::kPerson,
     R"({"subject":"Adult A","email":"a@unit.example","reason":"a reason"})"},
    {"GET /api/v1/matters/{M}/exclusions", Least::kRead, ""},
    {"POST /api/v1/exclusions/{id}/end", Least::kPerson, "{}"},
    {"GET /api/v1/documents/{D}/who", Least::kRead, ""},
    {"POST /api/v1/search", Least::kAct, R"({"name":"nobody"})"},
    {"GET /api/v1/mails", Least::kRead, ""},
    {"GET /api/v1/reports", Least::kRead, ""},
    {"GET /api/v1/reports/{name}", Least::kRead, ""},
    {"POST /api/v1/samples", Least::kAct, R"({"process":"none","measure":"none","size":1})"},
    {"POST /api/v1/tokens", Least::kPerson, R"({"name":"more","until":"2026-05-01"})"},
    {"GET /api/v1/tokens", Least::kPerson, ""},
    {"POST /api/v1/tokens/{id}/end", Least::kPerson, "{}"},
    {"POST /api/v1/matters", Least::kAct, R"({"template":"none","title":"Theme"})"},
    {"GET /api/v1/matters", Least::kRead, ""},
    {"GET /api/v1/matters/{M}", Least::kRead, ""},
    {"GET /api/v1/matters/{M}/due", Least::kRead, ""},
    {"GET /api/v1/matters/{M}/missing", Least::kRead, ""},
    {"GET /api/v1/matters/{M}/agenda", Least::kRead, ""},
    {"GET /api/v1/matters/{M}/rankings/{K}", Least::kRead, ""},
    {"GET /api/v1/matters/{M}/record-kinds", Least::kRead, ""},
    {"GET /api/v1/matters/{M}/records", Least::kRead, ""},
    {"GET /api/v1/matters/{M}/records/{R}", Least::kRead, ""},
    {"POST /api/v1/matters/{M}/records", Least::kAct, R"({"kind":"action","fields":{"text":"x"}})"},
    {"POST /api/v1/matters/{M}/records/{R}", Least::kAct, R"({"fields":{"text":"x"}})"},
    {"GET /api/v1/matters/{M}/assignments", Least::kRead, ""},
    {"POST /api/v1/matters/{M}/assignments", Least::kAct,
     R"({"email":"nobody@unit.example","role":"LP"})"},
    {"POST /api/v1/matters/{M}/corrections", Least::kAct,
     R"({"event":"THEME_AGREED","reason":"typed wrongly"})"},
    {"GET /api/v1/processes/{P}/meetings", Least::kRead, ""},
    {"POST /api/v1/tables", Least::kAct, R"({"template":"none","table":"none","text":"x"})"},
    {"POST /api/v1/documents/{D}/return", Least::kAct, R"({"reason":"to be filed again"})"},
    {"POST /api/v1/documents/{D}/events", Least::kAct, R"({"event":"PUBLISHED"})"},
    {"POST /api/v1/documents/{D}/put-right", Least::kAct,
     R"({"anew":"0123456789abcdef0123456789abcdef","reason":"wrong subject"})"},
    {"POST /api/v1/matters/{M}/subjects", Least::kAct, R"({"pseudonym":"Adult A"})"},
    {"POST /api/v1/matters/{M}/involvements", Least::kAct,
     R"({"subject":"Adult A","agency":"POL"})"},
    {"POST /api/v1/matters/{M}/members", Least::kPerson, kNobody},
    {"POST /api/v1/matters/{M}/events", Least::kAct, R"({"event":"FORMS_ISSUED"})"},
    {"POST /api/v1/matters/{M}/meeting", Least::kAct,
     R"({"at":"2026-04-10T09:30","reason":"a reason"})"},
    {"GET /api/v1/documents", Least::kRead, ""},
    {"GET /api/v1/documents/{D}", Least::kRead, ""},
    {"GET /api/v1/documents/{D}/content", Least::kRead, ""},
    {"GET /api/v1/documents/{D}/form", Least::kRead, ""},
    {"POST /api/v1/documents/{D}/withdraw", Least::kAct, "{}"},
    {"POST /api/v1/documents", Least::kFile, "bytes"},
    {"POST /api/v1/shares", Least::kPerson,
     R"({"documents":["none"],"to":"n@else.example","until":"2026-03-01"})"},
    {"GET /api/v1/shares", Least::kRead, ""},
    {"POST /api/v1/shares/{id}/end", Least::kAct, "{}"},
    {"GET /s/{link}", Least::kNothing, ""},
    {"POST /api/v1/links/{link}/open", Least::kNothing, R"({"secret":"none","pin":"12345678"})"},
    {"POST /api/v1/links/{link}/documents/{n}", Least::kNothing,
     R"({"secret":"none","reservation":"none"})"},
    {"POST /api/v1/holds", Least::kPerson,
     R"({"matter":"none","reason":"a reason","review":"2026-05-01"})"},
    {"POST /api/v1/holds/{id}/release", Least::kPerson, R"({"reason":"a reason"})"},
    {"POST /api/v1/holds/preview", Least::kAct, R"({"matter":"none"})"},
    {"POST /api/v1/holds/{id}/review", Least::kPerson,
     R"({"review":"2026-05-01","note":"a note"})"},
    {"GET /api/v1/holds", Least::kRead, ""},
    {"POST /api/v1/sweep", Least::kAct, R"({"dry_run":true})"},
    {"GET /api/v1/disposals", Least::kRead, ""},
    {"POST /api/v1/disposals/approve", Least::kPerson, R"({"ids":["none"]})"},
    {"POST /api/v1/sweep/release", Least::kPerson, "{}"},
    {"GET /api/v1/debt", Least::kRead, ""},
    {"GET /api/v1/disposals/{id}", Least::kRead, ""},
    {"POST /api/v1/disposals/{id}/send-back", Least::kPerson, R"({"reason":"a reason"})"},
    {"POST /api/v1/disposals/{id}/extend", Least::kPerson,
     R"({"until":"2026-12-01","reason":"a reason"})"},
    {"GET /api/v1/documents/{D}/explain", Least::kRead, ""},
    {"GET /api/v1/disposals/{id}/certificate", Least::kRead, ""},
    {"POST /api/v1/backup", Least::kAct, R"({"folder":"not absolute"})"},
    {"GET /api/v1/backup", Least::kRead, ""},
    {"GET /api/v1/orphans", Least::kRead, ""},
    {"POST /api/v1/orphans/{D}/recover", Least::kAct, R"({"class":"FRM"})"},
    {"POST /api/v1/orphans/{D}/end", Least::kPerson, "{}"},
    {"POST /api/v1/drill", Least::kPerson, R"({"folder":"not absolute"})"},
    {"GET /api/v1/drill", Least::kRead, ""},
    {"GET /log/checkpoint", Least::kRead, ""},
    {"GET /log/vkey", Least::kRead, ""},
    {"GET /log/tile/{path...}", Least::kRead, ""},
    {"GET /log/proof/{index}", Least::kRead, ""},
    {"GET /log/list", Least::kRead, ""},
    {"GET /log/past/{number}/checkpoint", Least::kRead, ""},
    {"GET /log/past/{number}/vkey", Least::kRead, ""},
    {"GET /log/past/{number}/tile/{path...}", Least::kRead, ""},
    {"GET /log/past/{number}/proof/{index}", Least::kRead, ""},
};

// Filled puts something that does not exist in the place of every capture.
std::string Filled(std::string_view pattern) {
  std::string out;
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{');
    out += pattern.substr(0, open);
    if (open == std::string_view::npos) break;
    out += "7";
    pattern.remove_prefix(pattern.find('}') + 1);
  }
  return out;
}

class Reach : public ::testing::Test {
 protected:
  void SetUp() override {
    AppOptions options;
    options.api.failures.failures = 1000;
    ASSERT_NO_FATAL_FAILURE(daemon_.StartWith(std::move(options)));
    ASSERT_NO_FATAL_FAILURE(daemon_.Unseal());
    ASSERT_NO_FATAL_FAILURE(daemon_.SignInOfficer());
  }
  std::string Token(std::string_view may) {
    const Reply made =
        daemon_.Post("tokens", daemon_.officer(),
                     Json::Object({{"name", may}, {"until", "2026-05-01"}, {"may", may}}));
    EXPECT_EQ(made.status, 200) << made.body;
    return made.Text("token");
  }
  Reply Ask(const RouteReach& route, const std::string& token) {
    const std::size_t blank = route.route.find(' ');
    std::string target = Filled(route.route.substr(blank + 1));
    std::vector<std::string> headers = TestDaemon::Bearer(token);
    if (route.body == "bytes") {
      target += "?matter=none&class=FRM";
    } else if (!route.body.empty()) {
      headers.emplace_back("Content-Type: application/json");
    }
    return daemon_.Ask(route.route.substr(0, blank), target, headers, route.body);
  }
  TestDaemon daemon_;
};

std::vector<std::string> OnlyIn(const std::set<std::string>& one,
                                const std::set<std::string>& other) {
  std::vector<std::string> only;
  std::set_difference(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(only));
  return only;
}

bool TurnedAway(const Reply& reply) {
  return reply.status == 403 && reply.Text("detail") == "this token does not reach so far";
}

TEST_F(Reach, OfEveryRouteIsDecided) {
  Router router;
  AddRoutes(router, daemon_.app().context());
  std::set<std::string> decided;
  for (const RouteReach& route : kRoutes) EXPECT_TRUE(decided.emplace(route.route).second);
  const std::vector<std::string> patterns = router.Patterns();
  const std::set<std::string> routes(patterns.begin(), patterns.end());
  EXPECT_THAT(OnlyIn(routes, decided), ::testing::IsEmpty()) << "are not decided";
  EXPECT_THAT(OnlyIn(decided, routes), ::testing::IsEmpty()) << "are no routes";
}

TEST_F(Reach, OfATokenEndsAtItsScopeAndBeforeWhatPeopleDecide) {
  const struct {
    std::string token;
    Least most;
  } tokens[] = {
      {Token("read"), Least::kRead}, {Token("file"), Least::kFile}, {Token("act"), Least::kAct}};
  for (const RouteReach& route : kRoutes) {
    for (const auto& token : tokens) {
      const Reply reply = Ask(route, token.token);
      EXPECT_EQ(TurnedAway(reply), route.least > token.most)
          << route.route << " with a token that may " << int(token.most) << ": " << reply.status
          << " " << reply.body;
      // The request got as far as the door: nothing else answered before it.
      EXPECT_NE(reply.status, 401) << route.route;
      EXPECT_NE(reply.status, 429) << route.route;
    }
    // Without a way in, nothing but what needs none.
    const Reply stranger = Ask(route, "");
    EXPECT_EQ(stranger.status == 401, route.least != Least::kNothing)
        << route.route << ": " << stranger.status << " " << stranger.body;
  }
}

}  // namespace
}  // namespace service
