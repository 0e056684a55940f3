// What falls due, as people see it: the breaker, debt, and why a document is still there.
#include <gtest/gtest.h>

#include "tests/support/test_daemon.h"

namespace service {
namespace {

class Disposals : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(daemon_.StartUnsealed());
    audit_ = Audit::In(daemon_);
    igo_ = daemon_.AddPerson("igo@unit.example", "unit", "IGO");
    officer_ = daemon_.officer();
  }
  void MoveTo(std::string_view when) {
    daemon_.clock().Pass(vault::At(when) - daemon_.clock().Realtime());
    officer_ = daemon_.SignIn(TestDaemon::kOfficer);
    igo_ = daemon_.SignIn("igo@unit.example");
  }
  std::string File(std::string_view query, std::string_view content) {
    const Reply filed = daemon_.File(query, audit_.police, content);
    EXPECT_EQ(filed.status, 200) << filed.body;
    return filed.Text("id");
  }
  void Event(std::string_view name, std::string_view at) {
    const Reply done = daemon_.Post("matters/" + audit_.id + "/events", officer_,
                                    Json::Object({{"event", name}, {"at", at}}));
    ASSERT_EQ(done.status, 200) << done.body;
  }
  Reply Sweep(const std::string& who) { return daemon_.Post("sweep", who, Json::Object()); }

  TestDaemon daemon_;
  Audit audit_;
  std::string officer_;
  std::string igo_;
  std::string form_;
};

TEST_F(Disposals, AreExplainedWithLoansAndLinks) {
  form_ = File(audit_.Query(""), "a form of the police");
  const Reply made = daemon_.Post("shares", officer_,
                                  Json::Object({{"documents", Json::Texts({form_})},
                                                {"to", "reader@elsewhere.example"},
                                                {"until", "2026-03-01T12:00"},
                                                {"uses", 2}}));
  ASSERT_EQ(made.status, 200) << made.body;
  const Reply why = daemon_.Get("documents/" + form_ + "/explain", officer_);
  ASSERT_EQ(why.status, 200) << why.body;
  EXPECT_EQ(why.Text("state"), "live");
  EXPECT_EQ(why.Text("verdict"), "keep");
  EXPECT_EQ(why.Text("rule"), "RC-02");
  EXPECT_FALSE(why.json.Find("loans")->elements().empty());
  ASSERT_EQ(why.json.Find("links")->elements().size(), 1u) << why.body;
  const Json& link = why.json.Find("links")->elements()[0];
  EXPECT_EQ(link.Text("id").value(), made.Text("id"));
  EXPECT_EQ(link.Text("ends").value(), "2026-03-01T12:00:00+00:00");
  EXPECT_EQ(link.Integer("uses").value(), 2);
  EXPECT_EQ(link.Integer("used").value(), 0);
  EXPECT_EQ(why.body.find("elsewhere"), std::string::npos);
  // Whoever may not know of the document learns nothing of its reasons either.
  EXPECT_EQ(daemon_.Get("documents/" + form_ + "/explain", audit_.outsider).kind(), "not-found");
}

TEST_F(Disposals, StoppedByTheBreakerWaitForTwoPeopleAndNoProgram) {
  const std::string act =
      daemon_
          .Post("tokens", officer_,
                Json::Object({{"name", "nightly"}, {"until", "2026-12-01"}, {"may", "act"}}))
          .Text("token");
  for (int i = 0; i < 51; ++i) {
    File("matter=" + audit_.id + "&class=LLI", "longlist " + std::to_string(i));
  }
  Event("SELECTION_DECIDED", "2026-02-12T09:00");
  MoveTo("2026-02-27T09:00");
  EXPECT_EQ(daemon_.Post("sweep/release", igo_, Json::Object()).kind(), "conflict");
  // The program's sweep tells nobody, so its owner is not the first of the two.
  const Reply swept = Sweep(act);
  ASSERT_EQ(swept.status, 200) << swept.body;
  EXPECT_EQ(swept.json.Find("blocked")->elements().size(), 51u);
  EXPECT_EQ(swept.json.Integer("budget").value(), 50);
  EXPECT_EQ(swept.json.Integer("debt").value(), 51);
  const Reply debt = daemon_.Get("debt", officer_);
  EXPECT_EQ(debt.json.elements().at(0).Text("kind").value(), "breaker");
  EXPECT_EQ(daemon_.Post("sweep/release", act, Json::Object()).kind(), "denied");
  const Reply first = daemon_.Post("sweep/release", igo_, Json::Object());
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(first.json.elements().at(0).Integer("approvals").value(), 1);
  EXPECT_EQ(daemon_.Post("sweep/release", igo_, Json::Object()).kind(), "conflict");
  const Reply second = daemon_.Post("sweep/release", officer_, Json::Object());
  ASSERT_EQ(second.status, 200) << second.body;
  EXPECT_EQ(second.json.elements().at(0).Integer("destroyed").value(), 51);
  EXPECT_EQ(second.json.elements().at(0).Text("state").value(), "done");
  EXPECT_EQ(daemon_.Get("debt", officer_).body, "[]");
}

}  // namespace
}  // namespace service
