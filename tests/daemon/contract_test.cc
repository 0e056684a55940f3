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
                                  std::string("backup"),
                                  std::string("drill")}) {
    const Reply reply = daemon.Get(path, daemon.officer());
    EXPECT_EQ(reply.status, 200) << path << ": " << reply.body;
    EXPECT_EQ(contract.Fault("GET", "/api/v1/" + path, reply.status, &reply.json), "")
        << path << ": " << reply.body;
  }
}

TEST(ContractTest, EverySchemaSaysWhatItHolds) {
  EXPECT_EQ(Contract().Empty(), std::vector<std::string>());
}

TEST(ContractTest, TellsWordsFormsAndMembersThatAreNotPromised) {
  const Contract contract;
  const auto fault = [&](const std::string& path, const char* text) {
    const Json body = Json::Parse(text).value();
    return contract.Fault("GET", "/api/v1/" + path, 200, &body);
  };
  constexpr std::string_view kRecord =
      R"([{"id":"0123456789abcdef0123456789abcdef","kind":"action","class":"PLN","agency":"unit",
      "subject":null,"version":1,"day":"2026-04-09","may_open":true,"due":null,"state":"open",
      "fields":{"what":"a","more":["b","c"]},"personal":[],"findings":[],"reason":null}])";
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text(kRecord);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return fault("matters/M/records", text.replace(at, from.size(), to).c_str());
  };
  EXPECT_EQ(changed("open", "open"), "");
  EXPECT_EQ(changed("\"open\"", "\"opened\""),
            "answer[].state is \"opened\", which is none of its words");
  EXPECT_EQ(changed("2026-04-09", "9 April"),
            "answer[].day is \"9 April\", which is not of its form");
  EXPECT_EQ(changed("0123456789abcdef0", "X"),
            "answer[].id is \"X123456789abcdef\", which is not of its form");
  EXPECT_EQ(changed("[\"b\",\"c\"]", "7"), "answer[].fields.more is integer");
  EXPECT_EQ(changed("\"reason\":null", "\"reason\":null,\"name\":\"a\""),
            "answer[].name is not promised");
  EXPECT_EQ(fault("reports/holds", R"([{"process":"maag","period":"2026","measure":"TRIAGED",
      "numerator":null,"denominator":null,"percent":null,"suppressed":true,"by":null,
      "area":null,"check":null}])"),
            "");
  EXPECT_NE(fault("reports/holds", R"([{"process":"maag","period":"2026","measure":"received",
      "numerator":7,"denominator":null,"percent":null,"suppressed":false,"by":"district",
      "area":"Harlow","check":"doubtful"}])"),
            "");
  EXPECT_NE(fault("reports/holds", R"([{"process":"maag"}])"), "");
  const Json wrong = Json::Object({{"confirm_date", "9 April"}});
  EXPECT_EQ(contract.RequestFault("POST", "/api/v1/anchor", wrong),
            "request.confirm_date is \"9 April\", which is not of its form");
  const Json more = Json::Object({{"confirm_date", "2026-04-09"}, {"name", "a"}});
  EXPECT_EQ(contract.RequestFault("POST", "/api/v1/anchor", more), "request.name is not promised");
}

TEST(ContractTest, TellsAnAnswerThatIsNotAsPromised) {
  const Contract contract;
  const auto fault = [&](int status, const Json& body) {
    return contract.Fault("GET", "/api/v1/agencies", status, &body);
  };
  const auto agency = [](const Json& id, std::string_view unit) {
    return Json::Object({{"id", id},
                         {"name", "Police"},
                         {unit, false},
                         {"successor", Json()},
                         {"ended", Json()},
                         {"reason", Json()}});
  };
  const auto list = [](const Json& one) {
    Json out = Json::Array();
    out.Add(one);
    return out;
  };
  EXPECT_EQ(fault(200, list(agency("POL", "unit"))), "");
  EXPECT_EQ(fault(204, list(agency("POL", "unit"))), "status 204 is not promised");
  EXPECT_EQ(fault(200, agency("POL", "unit")), "answer is object");
  Json more = agency("POL", "unit");
  more.Set("town", "Marl");
  EXPECT_EQ(fault(200, list(more)), "answer[].town is not promised");
  EXPECT_NE(fault(200, list(agency("POL", "units"))), "");
  EXPECT_EQ(fault(200, list(Json::Object({{"id", "POL"}, {"name", "Police"}}))),
            "answer[].unit is missing");
  EXPECT_EQ(fault(200, list(agency(7, "unit"))), "answer[].id is integer");
  EXPECT_EQ(contract.Fault("GET", "/api/v1/documents/7/content", 418, nullptr),
            "status 418 is not promised");
}

}  // namespace
}  // namespace service
