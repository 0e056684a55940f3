// A sample through the route: of the enquiries a measure counts, the same under the same seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/support/test_daemon.h"

namespace service {
namespace {

class SamplesRoute : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(daemon_.StartUnsealed());
    for (const char* disagreement : {"yes", "yes", "no", "yes"}) {
      const Reply matter =
          daemon_.Post("matters", daemon_.officer(),
                       Json::Object({{"template", "mash"}, {"title", "An enquiry"}}));
      ASSERT_EQ(matter.status, 200) << matter.body;
      for (const char* decided : {"2026-02-10T10:00", "2026-02-11T10:00"}) {
        const Reply added = daemon_.Post(
            "matters/" + matter.Text("id") + "/records", daemon_.officer(),
            Json::Object({{"kind", "decision"},
                          {"fields", Json::Object({{"outcome", "assessment"},
                                                   {"decided", decided},
                                                   {"reason", "a reason"},
                                                   {"disagreement", disagreement},
                                                   {"escalated-under", "version 3"}})}}));
        ASSERT_EQ(added.status, 200) << added.body;
      }
      if (std::string(disagreement) == "yes") disputed_.insert(matter.Text("ref"));
    }
  }
  static Json WishOf(std::string_view measure, int size) {
    return Json::Object({{"process", "mash"}, {"measure", std::string(measure)}, {"size", size}});
  }
  static Json Wish(int size) { return WishOf("disagreements", size); }
  static std::vector<std::string> Drawn(const Reply& reply) {
    std::vector<std::string> drawn;
    for (const Json& one : reply.json.Find("drawn")->elements()) {
      drawn.push_back(one.AsText().value());
    }
    return drawn;
  }
  TestDaemon daemon_;
  std::set<std::string> disputed_;
};

TEST_F(SamplesRoute, DrawsEachDisputedEnquiryOnceAndTheSameUnderTheSameSeed) {
  const Reply all = daemon_.Post("samples", daemon_.officer(), Wish(10));
  ASSERT_EQ(all.status, 200) << all.body;
  EXPECT_EQ(all.json.Integer("candidates").value(), 3);
  const std::vector<std::string> every = Drawn(all);
  EXPECT_EQ(every.size(), 3u);
  EXPECT_EQ(std::set<std::string>(every.begin(), every.end()), disputed_);
  Json again = Wish(2);
  again.Set("seed", all.Text("seed"));
  const Reply fewer = daemon_.Post("samples", daemon_.officer(), again);
  ASSERT_EQ(fewer.status, 200) << fewer.body;
  EXPECT_EQ(fewer.Text("seed"), all.Text("seed"));
  EXPECT_EQ(Drawn(fewer), std::vector<std::string>(every.begin(), every.begin() + 2));
}

TEST_F(SamplesRoute, CountsTheDaysOfTheMeasureAndTakesNoOtherOne) {
  Json later = Wish(3);
  later.Set("from", "2026-02-12");
  const Reply none = daemon_.Post("samples", daemon_.officer(), later);
  ASSERT_EQ(none.status, 200) << none.body;
  EXPECT_EQ(none.json.Integer("candidates").value(), 0);
  EXPECT_TRUE(Drawn(none).empty());
  EXPECT_EQ(daemon_.Post("samples", daemon_.officer(), WishOf("sunshine", 3)).status, 404);
  EXPECT_EQ(daemon_.Post("samples", daemon_.officer(), Wish(0)).status, 400);
  Json spoken = Wish(3);
  spoken.Set("seed", "two words");
  EXPECT_EQ(daemon_.Post("samples", daemon_.officer(), spoken).status, 400);
}

TEST_F(SamplesRoute, IsForTheUnitAndInformationGovernance) {
  const std::string police = daemon_.AddPerson("co@pol.example", "POL", "AAC");
  EXPECT_EQ(daemon_.Post("samples", police, Wish(3)).status, 403);
  const std::string igo = daemon_.AddPerson("igo@unit.example", "unit", "IGO");
  EXPECT_EQ(daemon_.Post("samples", igo, Wish(3)).status, 200);
}

}  // namespace
}  // namespace service
