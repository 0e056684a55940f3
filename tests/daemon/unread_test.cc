// The report of who has not read the pack: people and counts, and no paper by name.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/test_daemon.h"

namespace service {
namespace {

class UnreadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(daemon_.StartUnsealed());
    audit_ = Audit::In(daemon_);
    police_form_ = File(audit_.police, "police on Adult A");
  }
  std::string File(const std::string& session, std::string_view text) {
    const Reply filed = daemon_.File(audit_.Query(""), session, text);
    EXPECT_EQ(filed.status, 200) << filed.body;
    return filed.Text("id");
  }
  void Event(std::string_view name) {
    const Reply reply = daemon_.Post("matters/" + audit_.id + "/events", daemon_.officer(),
                                     Json::Object({{"event", name}}));
    EXPECT_EQ(reply.status, 200) << reply.body;
  }
  int Open(const std::string& form, const std::string& session) {
    return daemon_.Get("documents/" + form + "/content", session).status;
  }
  // Rows as "agency person unread/lent".
  std::vector<std::string> Rows(const std::string& session, const std::string& query) {
    const Reply report = daemon_.Get("reports/unread" + query, session);
    EXPECT_EQ(report.status, 200) << report.body;
    std::vector<std::string> rows;
    for (const Json& row : report.json.elements()) {
      EXPECT_EQ(row.Text("matter").value(), audit_.ref);
      rows.push_back(row.Text("agency").value() + " " + row.Text("person").value() + " " +
                     std::to_string(row.Integer("unread").value()) + "/" +
                     std::to_string(row.Integer("lent").value()));
    }
    // Nothing tells which papers there are.
    EXPECT_EQ(report.body.find(police_form_), std::string::npos);
    EXPECT_EQ(report.body.find("FRM"), std::string::npos);
    return rows;
  }
  using Lines = std::vector<std::string>;
  TestDaemon daemon_;
  Audit audit_;
  std::string police_form_;
};

TEST_F(UnreadTest, NamesWhoHasNotOpenedWhatAnOpenPackLendsAndLetsGoOfWhoHas) {
  EXPECT_EQ(Rows(daemon_.officer(), ""), Lines()) << "nothing is lent before the release";
  Event("PACK_RELEASED");
  // The police filed the form: it is not lent to them.
  EXPECT_EQ(Rows(daemon_.officer(), ""), Lines{"HSG co@hsg.example 1/1"});
  const std::string housing_form = File(audit_.housing, "housing on Adult A");
  EXPECT_EQ(Rows(daemon_.officer(), ""),
            (Lines{"HSG co@hsg.example 1/1", "POL co@pol.example 1/1"}));
  EXPECT_EQ(Open(police_form_, audit_.housing), 200);
  EXPECT_EQ(Rows(daemon_.officer(), ""), Lines{"POL co@pol.example 1/1"});
  // Reading one's own is reading nothing that was lent.
  EXPECT_EQ(Open(police_form_, audit_.police), 200);
  EXPECT_EQ(Rows(daemon_.officer(), ""), Lines{"POL co@pol.example 1/1"});
  EXPECT_EQ(Open(housing_form, audit_.police), 200);
  EXPECT_EQ(Rows(daemon_.officer(), ""), Lines());
}

TEST_F(UnreadTest, ANewerVersionIsReadByNobodyYet) {
  Event("PACK_RELEASED");
  EXPECT_EQ(Open(police_form_, audit_.housing), 200);
  EXPECT_EQ(Rows(daemon_.officer(), ""), Lines());
  EXPECT_EQ(File(audit_.police, "police on Adult A, corrected"), police_form_);
  EXPECT_EQ(Rows(daemon_.officer(), ""), Lines{"HSG co@hsg.example 1/1"});
}

TEST_F(UnreadTest, ACoordinatorSeesTheirOwnAgencyAndAnybodyElseNothing) {
  Event("PACK_RELEASED");
  File(audit_.housing, "housing on Adult A");
  EXPECT_EQ(Rows(audit_.housing, ""), Lines{"HSG co@hsg.example 1/1"});
  EXPECT_EQ(Rows(audit_.police, ""), Lines{"POL co@pol.example 1/1"});
  EXPECT_EQ(Rows(audit_.outsider, ""), Lines());
  const std::string author = daemon_.AddPerson("au@hsg.example", "HSG", "AUD");
  EXPECT_EQ(daemon_.Get("reports/unread", author).status, 403);
  EXPECT_EQ(Rows(daemon_.officer(), "?agency=POL"), Lines{"POL co@pol.example 1/1"});
  EXPECT_EQ(Rows(daemon_.officer(), "?process=maag"), Lines());
  EXPECT_EQ(Rows(daemon_.officer(), "?until=2026-04-08"), Lines());
  EXPECT_EQ(Rows(daemon_.officer(), "?from=2026-04-09").size(), 2u);
}

TEST_F(UnreadTest, ADeputyReadsForWhomTheyStandForAndOwesNoReading) {
  daemon_.AddPerson("stand.in@hsg.example", "HSG", "AUD");
  const Reply named = daemon_.Post("people/deputies", daemon_.officer(),
                                   Json::Object({{"for", "co@hsg.example"},
                                                 {"deputy", "stand.in@hsg.example"},
                                                 {"until", "2026-03-01"}}));
  ASSERT_EQ(named.status, 200) << named.body;
  Event("PACK_RELEASED");
  EXPECT_EQ(Rows(daemon_.officer(), ""), Lines{"HSG co@hsg.example 1/1"});
  EXPECT_EQ(Open(police_form_, daemon_.SignIn("stand.in@hsg.example")), 200);
  EXPECT_EQ(Rows(daemon_.officer(), ""), Lines());
}

TEST_F(UnreadTest, WhoIsKeptFromASubjectIsNotToldOfWhatOthersAreLentAboutIt) {
  daemon_.AddPerson("second@hsg.example", "HSG", "AAC");
  const Reply joined = daemon_.Post("matters/" + audit_.id + "/members", daemon_.officer(),
                                    Json::Object({{"email", "second@hsg.example"}}));
  ASSERT_EQ(joined.status, 200) << joined.body;
  Event("PACK_RELEASED");
  EXPECT_EQ(Rows(audit_.housing, ""),
            (Lines{"HSG co@hsg.example 1/1", "HSG second@hsg.example 1/1"}));
  const Reply excluded = daemon_.Post(
      "matters/" + audit_.id + "/exclusions", daemon_.officer(),
      Json::Object(
          {{"subject", "Adult A"}, {"email", "co@hsg.example"}, {"reason", "a neighbour"}}));
  ASSERT_EQ(excluded.status, 200) << excluded.body;
  EXPECT_EQ(Rows(daemon_.SignIn("co@hsg.example"), ""), Lines());
  EXPECT_EQ(Rows(daemon_.officer(), ""), Lines{"HSG second@hsg.example 1/1"});
}

TEST_F(UnreadTest, APackThatHasEndedIsReadByNobodyAndAskedOfNobody) {
  Event("PACK_RELEASED");
  EXPECT_EQ(Rows(daemon_.officer(), "").size(), 1u);
  Event("MEETING_CLOSED");
  EXPECT_EQ(Rows(daemon_.officer(), ""), Lines());
}

}  // namespace
}  // namespace service
