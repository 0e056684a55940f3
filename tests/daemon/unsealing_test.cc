// Shares brought to the daemon, together or by one person after the other.
#include <gtest/gtest.h>

#include "daemon/api/share_desk.h"
#include "tests/support/test_daemon.h"

namespace service {
namespace {

class SplitDaemon : public ::testing::Test {
 protected:
  void SetUp() override {
    daemon_.vault().SplitInto({2, 3});
    ASSERT_NO_FATAL_FAILURE(daemon_.Start());
  }
  Reply Give(const std::vector<std::string>& shares) const {
    return daemon_.Post(
        "unseal", "",
        Json::Object({{"shares", Json::Texts(shares)}, {"confirm_date", "2026-02-12"}}));
  }
  std::string Share(std::size_t i) { return daemon_.vault().share(i); }
  bool Sealed() const { return daemon_.Get("status", "").json.Flag("sealed").value(); }
  std::int64_t Given() const {
    return daemon_.Get("status", "").json.Integer("shares_given").value();
  }

  TestDaemon daemon_;
};

TEST_F(SplitDaemon, OpensWithEnoughSharesAtOnce) {
  const Reply status = daemon_.Get("status", "");
  EXPECT_EQ(status.Text("unseal"), "shares");
  EXPECT_EQ(status.json.Integer("shares_needed").value(), 2);
  const Reply opened = Give({Share(2), Share(0)});
  ASSERT_EQ(opened.status, 200) << opened.body;
  EXPECT_FALSE(opened.json.Flag("sealed").value());
  EXPECT_TRUE(opened.json.Flag("anchored").value());
  EXPECT_EQ(Give({Share(0), Share(1)}).kind(), "conflict");
}

TEST_F(SplitDaemon, TakesSharesFromOnePersonAfterTheOther) {
  const Reply first = Give({Share(1)});
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_TRUE(first.json.Flag("sealed").value());
  EXPECT_EQ(first.json.Integer("shares_given").value(), 1);
  // The same person again is not a second person.
  const Reply again = Give({Share(1)});
  EXPECT_EQ(again.kind(), "conflict");
  EXPECT_EQ(again.Text("detail"), "share 2 has been given already: another one is needed");
  EXPECT_EQ(Given(), 1);
  const Reply second = Give({Share(0)});
  ASSERT_EQ(second.status, 200) << second.body;
  EXPECT_FALSE(second.json.Flag("sealed").value());
  EXPECT_EQ(Given(), 0);
}

TEST_F(SplitDaemon, ForgetsSharesThatWereLeftLying) {
  ASSERT_EQ(Give({Share(0)}).status, 200);
  daemon_.clock().Pass(ShareDesk::kKeptFor);
  EXPECT_EQ(Given(), 1);
  daemon_.clock().Pass(1);
  EXPECT_EQ(Given(), 0);
  EXPECT_TRUE(Give({Share(1)}).json.Flag("sealed").value());
  EXPECT_FALSE(Give({Share(0)}).json.Flag("sealed").value());
}

TEST_F(SplitDaemon, AWrongShareIsRefusedAloneAndSpoilsNoOther) {
  ASSERT_EQ(Give({Share(0)}).status, 200);
  std::string mistyped = Share(1);
  mistyped.back() = mistyped.back() == '7' ? '8' : '7';
  EXPECT_EQ(Give({mistyped}).kind(), "invalid");
  EXPECT_EQ(daemon_.Post("unseal", "", Json::Object({{"passphrase", TestDaemon::kPassphrase}}))
                .Text("detail"),
            "this vault is unsealed with shares: 2 of 3");
  EXPECT_EQ(Given(), 1);
  // Of several in one call all are taken or none.
  EXPECT_EQ(Give({Share(2), mistyped}).kind(), "invalid");
  EXPECT_EQ(Given(), 1);
  EXPECT_TRUE(Sealed());
  EXPECT_FALSE(Give({Share(2)}).json.Flag("sealed").value());
}

TEST_F(SplitDaemon, AWrongDateCostsNobodyTheirShare) {
  ASSERT_EQ(Give({Share(0)}).status, 200);
  const Reply wrong = daemon_.Post(
      "unseal", "",
      Json::Object({{"shares", Json::Texts({Share(1)})}, {"confirm_date", "2036-02-12"}}));
  EXPECT_EQ(wrong.kind(), "invalid");
  EXPECT_EQ(Given(), 1);
  EXPECT_FALSE(Give({Share(1)}).json.Flag("sealed").value());
}

TEST_F(SplitDaemon, OneKindOfSecretAtATime) {
  EXPECT_EQ(daemon_
                .Post("unseal", "",
                      Json::Object({{"shares", Json::Texts({Share(0)})}, {"passphrase", "x"}}))
                .kind(),
            "invalid");
  EXPECT_EQ(Give({}).kind(), "invalid");
}

Json Secret(std::string_view passphrase) { return Json::Object({{"passphrase", passphrase}}); }

// A holder leaves: the officer hands new shares out, brings enough of them back, and the passphrase
// of before opens nothing.
TEST(UnsealKeyRoutes, ANewKeyIsHandedOutBroughtBackAndTheOldOneEnds) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const std::string igo = daemon.AddPerson("igo@unit.example", "unit", "IGO");
  Json wish = Secret(TestDaemon::kPassphrase);
  wish.Set("new_shares", 3).Set("new_threshold", 2);
  EXPECT_EQ(daemon.Post("unseal-key/prepare", igo, wish).kind(), "denied");
  EXPECT_EQ(daemon.Post("unseal-key/prepare", "", wish).status, 401);
  Json wrong = Secret("not the passphrase");
  wrong.Set("new_shares", 3).Set("new_threshold", 2);
  EXPECT_EQ(daemon.Post("unseal-key/prepare", daemon.officer(), wrong).kind(), "denied");
  EXPECT_EQ(
      daemon.Post("unseal-key/commit", daemon.officer(), Secret(TestDaemon::kPassphrase)).kind(),
      "conflict");
  const Reply issued = daemon.Post("unseal-key/prepare", daemon.officer(), wish);
  ASSERT_EQ(issued.status, 200) << issued.body;
  std::vector<std::string> enough = issued.json.TextList("shares").value();
  ASSERT_EQ(enough.size(), 3u);
  enough.pop_back();
  const Reply early = daemon.Post("unseal-key/commit", daemon.officer(),
                                  Json::Object({{"shares", Json::Texts({enough[0]})}}));
  EXPECT_EQ(early.kind(), "invalid");
  const Json brought = Json::Object({{"shares", Json::Texts(enough)}});
  const Reply done = daemon.Post("unseal-key/commit", daemon.officer(), brought);
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(done.Text("unseal"), "shares");
  ASSERT_EQ(daemon.Post("seal", daemon.officer(), Json::Object({})).status, 200);
  EXPECT_EQ(daemon.Post("unseal", "", Secret(TestDaemon::kPassphrase)).kind(), "invalid");
  const Reply opened = daemon.Post("unseal", "", brought);
  ASSERT_EQ(opened.status, 200) << opened.body;
  EXPECT_FALSE(opened.json.Flag("sealed").value());
}

}  // namespace
}  // namespace service
