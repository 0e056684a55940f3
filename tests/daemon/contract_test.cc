// The contract for programs: every route is in it and no other, and the routes answer as it says.
#include "tests/support/contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "daemon/api/openapi.h"
#include "daemon/api/routes.h"
#include "tests/support/test_daemon.h"

namespace service {
namespace {

TEST(ContractTest, HasEveryRouteAndNoOther) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  Router router;
  AddRoutes(router, daemon.app().context());
  std::set<std::string> routes;
  for (const std::string& route : router.Patterns()) routes.insert(route);
  const std::vector<std::string> written = Contract().Routes();
  EXPECT_THAT(written, ::testing::UnorderedElementsAreArray(routes));
  EXPECT_EQ(daemon.Ask("GET", "/api/v1/openapi.json", {}, "").body, OpenApiText());
}

TEST(ContractTest, IsWhatTheRoutesAnswer) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const Reply filed = daemon.File(audit.Query(""), audit.police, "police on Adult A");
  ASSERT_EQ(filed.status, 200) << filed.body;
  const std::string document = "documents/" + filed.Text("id");
  const std::string matter = "matters/" + audit.id;
  const Contract contract;
  for (const std::string& path : {std::string("status"),
                                  std::string("whoami"),
                                  std::string("agencies"),
                                  std::string("people"),
                                  std::string("people/deputies"),
                                  std::string("tokens"),
                                  std::string("matters"),
                                  matter,
                                  matter + "/due",
                                  matter + "/exclusions",
                                  std::string("documents"),
                                  document,
                                  document + "/who",
                                  document + "/explain",
                                  std::string("shares"),
                                  std::string("holds"),
                                  std::string("disposals"),
                                  std::string("debt"),
                                  std::string("mails"),
                                  std::string("reports"),
                                  std::string("reports/holds"),
                                  std::string("orphans"),
                                  std::string("custody"),
                                  std::string("backup")}) {
    const Reply reply = daemon.Get(path, daemon.officer());
    EXPECT_EQ(reply.status, 200) << path << ": " << reply.body;
    EXPECT_EQ(contract.Fault("GET", "/api/v1/" + path, reply.status, &reply.json), "")
        << path << ": " << reply.body;
  }
}

TEST(ContractTest, TellsAnAnswerThatIsNotAsPromised) {
  const Contract contract;
  const auto fault = [&](int status, const Json& body) {
    return contract.Fault("GET", "/api/v1/agencies", status, &body);
  };
  const Json agency = Json::Object({{"id", "POL"}, {"name", "Police"}, {"unit", false}});
  Json list = Json::Array();
  list.Add(agency);
  EXPECT_EQ(fault(200, list), "");
  EXPECT_EQ(fault(204, list), "status 204 is not promised");
  EXPECT_EQ(fault(200, agency), "answer is object");
  Json more = Json::Array();
  more.Add(Json::Object({{"id", "POL"}, {"name", "Police"}, {"unit", false}, {"town", "Marl"}}));
  EXPECT_EQ(fault(200, more), "answer[].town is not promised");
  Json less = Json::Array();
  less.Add(Json::Object({{"id", "POL"}, {"name", "Police"}}));
  EXPECT_EQ(fault(200, less), "answer[].unit is missing");
  Json other = Json::Array();
  other.Add(Json::Object({{"id", 7}, {"name", "Police"}, {"unit", false}}));
  EXPECT_EQ(fault(200, other), "answer[].id is integer");
  EXPECT_EQ(contract.Fault("GET", "/api/v1/documents/7/content", 418, nullptr),
            "status 418 is not promised");
}

}  // namespace
}  // namespace service
