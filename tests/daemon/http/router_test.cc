#include "daemon/http/router.h"

#include <gtest/gtest.h>

#include "daemon/http/target.h"

namespace service {
namespace {

vault::Result<Response> Nothing(Request&) { return Response::Empty(204); }

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    router_.Add({Verb::kGet, "/", NoBody(), Nothing});
    router_.Add({Verb::kGet, "/people/{id}", NoBody(), Nothing});
    router_.Add({Verb::kPost, "/people/{id}", NoBody(), Nothing});
    router_.Add({Verb::kPost, "/people/end", NoBody(), Nothing});
    router_.Add({Verb::kGetOnly, "/documents/{D}/content", NoBody(), Nothing});
    router_.Add({Verb::kGet, "/log/tile/{rest...}", NoBody(), Nothing});
    router_.Add({Verb::kGet, "/log/tile/entries/{rest...}", NoBody(), Nothing});
  }

  // Find writes down what the table says.
  std::string Find(Method method, std::string_view path) {
    const auto outcome = router_.Find(method, ParseTarget(path).value().segments);
    if (std::holds_alternative<Router::NoSuchPath>(outcome)) return "404";
    if (const auto* others = std::get_if<Router::OtherMethods>(&outcome)) {
      return "405 " + others->allow;
    }
    const auto& match = std::get<Router::Match>(outcome);
    std::string out(match.route->pattern);
    for (const auto& [name, value] : match.captures) out += " " + name + "=" + value;
    return out;
  }

  Router router_;
};

TEST_F(RouterTest, FindsTheRouteAndItsCaptures) {
  EXPECT_EQ(Find(Method::kGet, "/"), "/");
  EXPECT_EQ(Find(Method::kGet, "/people/7"), "/people/{id} id=7");
  EXPECT_EQ(Find(Method::kGet, "/people/a%2Fb"), "/people/{id} id=a/b");
  EXPECT_EQ(Find(Method::kGet, "/log/tile/0/x001/234.p/7"),
            "/log/tile/{rest...} rest=0/x001/234.p/7");
}

// A pattern may be put together where the route is added: the router keeps it, not a view of it.
TEST_F(RouterTest, KeepsAPatternThatWasMadeInPassing) {
  const std::string long_enough(64, 'x');
  for (const std::string kind : {"first", "second"}) {
    router_.Add({Verb::kGet, "/" + long_enough + "/" + kind + "/{id}", NoBody(), Nothing});
  }
  // Whatever is made of the freed memory, the table still says what it was told.
  const std::string other(long_enough.size() + 16, 'y');
  EXPECT_EQ(Find(Method::kGet, "/" + long_enough + "/first/7"),
            "/" + long_enough + "/first/{id} id=7");
  EXPECT_EQ(router_.Patterns().back(), "GET /" + long_enough + "/second/{id}");
  EXPECT_EQ(Find(Method::kGet, "/" + other + "/first/7"), "404");
}

TEST_F(RouterTest, PrefersLiteralsToCaptures) {
  EXPECT_EQ(Find(Method::kPost, "/people/end"), "/people/end");
  EXPECT_EQ(Find(Method::kPost, "/people/ended"), "/people/{id} id=ended");
  EXPECT_EQ(Find(Method::kGet, "/log/tile/entries/7"), "/log/tile/entries/{rest...} rest=7");
}

TEST_F(RouterTest, TellsAbsentPathsFromOtherMethods) {
  EXPECT_EQ(Find(Method::kGet, "/nothing"), "404");
  EXPECT_EQ(Find(Method::kGet, "/people"), "404");
  EXPECT_EQ(Find(Method::kGet, "/people/"), "404");
  EXPECT_EQ(Find(Method::kGet, "/people/7/"), "404");
  EXPECT_EQ(Find(Method::kGet, "//people/7"), "404");
  EXPECT_EQ(Find(Method::kGet, "/log/tile/"), "404");
  EXPECT_EQ(Find(Method::kGet, "/log/tile/a%2Fb"), "404");
  EXPECT_EQ(Find(Method::kGet, "/log/tile/a//b"), "404");
  EXPECT_EQ(Find(Method::kDelete, "/people/7"), "405 GET, HEAD, POST");
  EXPECT_EQ(Find(Method::kGet, "/people/end"), "405 POST");
}

TEST_F(RouterTest, GivesHeadOnlyWhereItCountsAsNothing) {
  EXPECT_EQ(Find(Method::kHead, "/people/7"), "/people/{id} id=7");
  EXPECT_EQ(Find(Method::kHead, "/documents/7/content"), "405 GET");
  EXPECT_EQ(Find(Method::kGet, "/documents/7/content"), "/documents/{D}/content D=7");
}

TEST_F(RouterTest, ListsItsRoutes) {
  ASSERT_EQ(router_.Patterns().size(), 7U);
  EXPECT_EQ(router_.Patterns()[2], "POST /people/{id}");
}

TEST(RouterDeathTest, RefusesTablesThatAreWrong) {
  Router router;
  router.Add({Verb::kGet, "/a", NoBody(), Nothing});
  EXPECT_DEATH(router.Add({Verb::kGetOnly, "/a", NoBody(), Nothing}), "check failed");
  EXPECT_DEATH(router.Add({Verb::kGet, "a", NoBody(), Nothing}), "check failed");
  EXPECT_DEATH(router.Add({Verb::kGet, "/{a", NoBody(), Nothing}), "check failed");
  EXPECT_DEATH(router.Add({Verb::kGet, "/{a...}/b", NoBody(), Nothing}), "check failed");
  EXPECT_DEATH(router.Add({Verb::kGet, "/b", NoBody(), nullptr}), "check failed");
}

}  // namespace
}  // namespace service
