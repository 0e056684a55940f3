// What falls due, as people see it: review, approval, sending back, putting off, the breaker, debt,
// certificates, and why a document is still there.
#include <gtest/gtest.h>

#include "tests/support/test_daemon.h"
#include "vault/audit/certificate_file.h"

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
  // ToDueForm brings a form to its day, a year after the report, and gives the proposal's id.
  std::string ToDueForm() {
    form_ = File(audit_.Query(""), "a form of the police");
    MoveTo("2026-04-09T12:31");
    Event("MEETING_CLOSED", "2026-04-09T12:30");
    MoveTo("2026-05-22T10:00");
    Event("REPORT_APPROVED", "2026-05-22T09:00");
    MoveTo("2027-05-25T09:00");
    const Reply swept = Sweep(officer_);
    EXPECT_EQ(swept.json.Find("proposed")->elements().size(), 1u) << swept.body;
    EXPECT_EQ(swept.json.Integer("debt").value(), 1);
    const Reply disposals = daemon_.Get("disposals", igo_);
    for (const Json& disposal : disposals.json.elements()) {
      if (disposal.Text("state").value() == "proposed") return disposal.Text("id").value();
    }
    ADD_FAILURE() << "nothing was proposed";
    return "";
  }
  Reply Approve(const std::string& who, const std::string& id) {
    return daemon_.Post("disposals/approve", who, Json::Object({{"ids", Json::Texts({id})}}));
  }
  std::string StateOf(const std::string& id) {
    return daemon_.Get("disposals/" + id, igo_).Text("state");
  }

  TestDaemon daemon_;
  Audit audit_;
  std::string officer_;
  std::string igo_;
  std::string form_;
};

TEST_F(Disposals, AreReviewedApprovedByTwoAndCertified) {
  const std::string id = ToDueForm();
  const Reply sheet = daemon_.Get("disposals/" + id, igo_);
  ASSERT_EQ(sheet.status, 200) << sheet.body;
  EXPECT_EQ(sheet.Text("state"), "proposed");
  EXPECT_EQ(sheet.Text("matter"), audit_.ref);
  EXPECT_EQ(sheet.Text("rule"), "RC-02");
  EXPECT_EQ(sheet.Text("trigger"), "REPORT_APPROVED");
  EXPECT_EQ(sheet.Text("digest").size(), 64u);
  EXPECT_EQ(sheet.json.Integer("approvals").value(), 0);
  EXPECT_EQ(sheet.json.Find("classes")->ToText(), R"([{"class":"FRM","count":1}])");
  ASSERT_EQ(sheet.json.Find("items")->elements().size(), 1u);
  const Json& item = sheet.json.Find("items")->elements()[0];
  EXPECT_EQ(item.Text("id").value(), form_);
  EXPECT_EQ(item.Text("agency").value(), "POL");
  EXPECT_EQ(item.Text("filed").value(), "2026-02-12");
  // A co-ordinator neither looks nor decides, and no certificate is there yet.
  const std::string police = daemon_.SignIn("co@pol.example");
  EXPECT_EQ(daemon_.Get("disposals/" + id, police).kind(), "denied");
  EXPECT_EQ(Approve(police, id).kind(), "denied");
  EXPECT_EQ(daemon_.Get("disposals/" + id + "/certificate", igo_).kind(), "conflict");

  const Reply first = Approve(officer_, id);
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(first.json.elements()[0].Integer("approvals").value(), 1);
  EXPECT_EQ(first.json.elements()[0].Integer("destroyed").value(), 0);
  EXPECT_EQ(Approve(officer_, id).kind(), "conflict");
  const auto with_digest = [&](const std::string& digest) {
    return daemon_.Post("disposals/approve", igo_,
                        Json::Object({{"ids", Json::Texts({id})}, {"digest", digest}}));
  };
  EXPECT_EQ(with_digest(std::string(64, '0')).kind(), "conflict");
  const Reply second = with_digest(sheet.Text("digest"));
  ASSERT_EQ(second.status, 200) << second.body;
  EXPECT_EQ(second.json.elements()[0].Text("state").value(), "done");
  EXPECT_EQ(second.json.elements()[0].Integer("destroyed").value(), 1);

  const Reply certificate = daemon_.Get("disposals/" + id + "/certificate", officer_);
  ASSERT_EQ(certificate.status, 200) << certificate.body;
  const std::string key = daemon_.Ask("GET", "/log/vkey", TestDaemon::Bearer(officer_), "").body;
  auto note = vault::NoteKey::Parse(std::string_view(key).substr(0, key.find('\n')));
  ASSERT_TRUE(note.ok());
  auto verified = vault::VerifyCertificate(certificate.body, note.value());
  ASSERT_TRUE(verified.ok()) << verified.error().detail;
  const std::string& text = verified.value().text;
  EXPECT_NE(text.find("kind: final\n"), std::string::npos);
  EXPECT_NE(text.find("searched: every page of the register"), std::string::npos);
  EXPECT_EQ(text.find('@'), std::string::npos);
  EXPECT_EQ(text.find(audit_.ref), std::string::npos);
  EXPECT_EQ(daemon_.Get("documents/" + form_ + "/content", police).kind(), "expired");
  EXPECT_EQ(daemon_.Get("disposals/" + std::string(32, '0'), igo_).kind(), "not-found");
  EXPECT_EQ(daemon_.Get("disposals/no-id/certificate", igo_).kind(), "not-found");
}

TEST_F(Disposals, AreSentBackAndPutOff) {
  const std::string id = ToDueForm();
  const auto send_back = [&] {
    return daemon_.Post("disposals/" + id + "/send-back", igo_,
                        Json::Object({{"reason", "press interest"}}));
  };
  EXPECT_EQ(send_back().kind(), "conflict");
  ASSERT_EQ(Approve(officer_, id).status, 200);
  const Reply sent = send_back();
  ASSERT_EQ(sent.status, 200) << sent.body;
  EXPECT_EQ(sent.Text("state"), "proposed");
  EXPECT_EQ(sent.json.Integer("approvals").value(), 0);
  EXPECT_EQ(daemon_.Get("disposals/" + id, igo_).Text("decision"), "press interest");
  // What was taken back does not count: one more is the first again.
  EXPECT_EQ(Approve(igo_, id).json.elements()[0].Integer("approvals").value(), 1);

  const auto extend = [&](std::string_view until, std::string_view reason) {
    return daemon_.Post("disposals/" + id + "/extend", igo_,
                        Json::Object({{"until", until}, {"reason", reason}}));
  };
  EXPECT_EQ(extend("2028-06-30", "a claim").kind(), "invalid");
  EXPECT_EQ(extend("2027-05-25", "a claim").kind(), "invalid");
  EXPECT_EQ(extend("2027-09-01", "").kind(), "invalid");
  const Reply extended = extend("2027-09-01", "a claim is open");
  ASSERT_EQ(extended.status, 200) << extended.body;
  EXPECT_EQ(extended.Text("state"), "extended");
  EXPECT_EQ(extended.Text("until"), "2027-09-01");
  EXPECT_EQ(Sweep(officer_).json.Integer("debt").value(), 0);
  EXPECT_EQ(daemon_.Get("debt", officer_).body, "[]");
  EXPECT_EQ(Approve(officer_, id).kind(), "conflict");
  EXPECT_EQ(daemon_.Get("documents/" + form_, officer_).Text("state"), "filed");
}

TEST_F(Disposals, AHoldStopsAnApprovalAndTheDebtSaysWhy) {
  const std::string id = ToDueForm();
  const Reply debt = daemon_.Get("debt", igo_);
  ASSERT_EQ(debt.json.elements().size(), 1u) << debt.body;
  const Json& row = debt.json.elements()[0];
  EXPECT_EQ(row.Text("id").value(), id);
  EXPECT_EQ(row.Text("kind").value(), "approval");
  EXPECT_EQ(row.Integer("objects").value(), 1);
  EXPECT_EQ(row.Integer("failures").value(), 0);
  EXPECT_EQ(row.Text("due").value(), "2027-05-22T00:00:00+01:00");
  EXPECT_EQ(daemon_.Get("status", "").json.Integer("deletion_debt").value(), 1);
  EXPECT_EQ(daemon_.Get("debt", daemon_.SignIn("co@pol.example")).kind(), "denied");

  ASSERT_EQ(Approve(officer_, id).status, 200);
  const Reply hold = daemon_.Post(
      "holds", igo_,
      Json::Object({{"document", form_}, {"reason", "an inquiry"}, {"review", "2027-09-01"}}));
  ASSERT_EQ(hold.status, 200) << hold.body;
  EXPECT_EQ(Approve(igo_, id).kind(), "held");
  const Reply why = daemon_.Get("documents/" + form_ + "/explain", officer_);
  EXPECT_EQ(why.Text("state"), "held");
  ASSERT_EQ(why.json.Find("holds")->elements().size(), 1u);
  EXPECT_EQ(why.json.Find("holds")->elements()[0].Text("review").value(), "2027-09-01");
  // What a hold keeps is no debt.
  EXPECT_EQ(Sweep(officer_).json.Integer("debt").value(), 0);
  EXPECT_EQ(StateOf(id), "");
}

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
