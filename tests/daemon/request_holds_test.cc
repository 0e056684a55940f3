// A request for information as a program records it: the answer names the hold that came with it,
// and people release it like any other.
#include <gtest/gtest.h>

#include "tests/support/test_daemon.h"

namespace service {
namespace {

class RequestHolds : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(daemon_.StartUnsealed());
    audit_ = Audit::In(daemon_);
    igo_ = daemon_.AddPerson("igo@unit.example", "unit", "IGO");
  }
  Reply Record(const std::string& who, const Json& body) {
    return daemon_.Post("matters/" + audit_.id + "/events", who, body);
  }
  // Holds gives those that stand in the list, whatever their state.
  Json Holds() {
    const Reply reply = daemon_.Get("holds", igo_);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.json;
  }

  TestDaemon daemon_;
  Audit audit_;
  std::string igo_;
};

TEST_F(RequestHolds, TheAnswerNamesTheHoldAndTheListHasIt) {
  const Reply done =
      Record(daemon_.officer(),
             Json::Object({{"event", "SUBJECT_ACCESS_RECEIVED"}, {"subject", "Adult A"}}));
  ASSERT_EQ(done.status, 200) << done.body;
  const Json& hold = *done.json.Find("hold");
  ASSERT_TRUE(hold.is_object()) << done.body;
  EXPECT_EQ(hold.Text("kind").value(), "subject");
  EXPECT_EQ(hold.Text("object").value(), "Adult A");
  EXPECT_EQ(hold.Text("review").value(), "2026-05-12");
  const Json list = Holds();
  ASSERT_EQ(list.elements().size(), 1u);
  const Json& listed = list.elements()[0];
  EXPECT_EQ(listed.Text("id").value(), hold.Text("id").value());
  EXPECT_EQ(listed.Text("object").value(), "Adult A");
  EXPECT_EQ(listed.Text("reason").value(), "a subject access request came in");
  EXPECT_EQ(listed.Text("state").value(), "running");
  const std::string path = "holds/" + hold.Text("id").value() + "/release";
  const Json why = Json::Object({{"reason", "answered, and nobody complained"}});
  EXPECT_EQ(daemon_.Post(path, daemon_.officer(), why).kind(), "denied");
  EXPECT_EQ(daemon_.Post(path, igo_, why).status, 200);
  EXPECT_EQ(Holds().elements()[0].Text("state").value(), "released");
}

TEST_F(RequestHolds, WithoutASubjectTheWholeMatterIsHeldAndOtherEventsHoldNothing) {
  const Reply whole = Record(daemon_.officer(), Json::Object({{"event", "FOI_RECEIVED"}}));
  ASSERT_EQ(whole.status, 200) << whole.body;
  EXPECT_EQ(whole.json.Find("hold")->Text("kind").value(), "matter");
  EXPECT_EQ(whole.json.Find("hold")->Text("object").value(), audit_.ref);
  const Reply answered = Record(daemon_.officer(), Json::Object({{"event", "FOI_ANSWERED"}}));
  ASSERT_EQ(answered.status, 200) << answered.body;
  EXPECT_NE(answered.body.find("\"hold\":null"), std::string::npos) << answered.body;
  ASSERT_EQ(Holds().elements().size(), 1u);
  EXPECT_EQ(Holds().elements()[0].Text("state").value(), "running");
  const Reply taken = daemon_.Post("matters/" + audit_.id + "/corrections", daemon_.officer(),
                                   Json::Object({{"event", "FOI_RECEIVED"}, {"reason", "a slip"}}));
  ASSERT_EQ(taken.status, 200) << taken.body;
  EXPECT_NE(taken.body.find("stays until it is released"), std::string::npos) << taken.body;
  EXPECT_EQ(Holds().elements()[0].Text("state").value(), "running");
}

TEST_F(RequestHolds, ASubjectIsRefusedWhereNoHoldIsPlacedOrNobodyIsCalledSo) {
  const auto of = [&](const char* event, const char* subject) {
    return Record(daemon_.officer(), Json::Object({{"event", event}, {"subject", subject}})).kind();
  };
  EXPECT_EQ(of("PRESENTED", "Adult A"), "invalid");
  EXPECT_EQ(of("SUBJECT_ACCESS_RECEIVED", ""), "invalid");
  EXPECT_EQ(of("SUBJECT_ACCESS_RECEIVED", "Adult Nobody"), "not-found");
  EXPECT_EQ(Record(audit_.police, Json::Object({{"event", "SUBJECT_ACCESS_RECEIVED"},
                                                {"subject", "Adult Nobody"}}))
                .kind(),
            "denied");
  EXPECT_TRUE(Holds().elements().empty());
}

}  // namespace
}  // namespace service
