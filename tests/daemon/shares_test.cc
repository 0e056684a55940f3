// Links, holds, the sweep and the log, through the whole service.
#include <gtest/gtest.h>

#include "tests/support/test_daemon.h"
#include "vault/audit/checkpoint.h"

namespace service {
namespace {

struct Link {
  std::string id;
  std::string name;
  std::string secret;
  std::string pin;
};

Link MakeLink(TestDaemon& daemon, const std::string& document, std::int64_t uses) {
  const Reply made = daemon.Post("shares", daemon.officer(),
                                 Json::Object({{"documents", Json::Texts({document})},
                                               {"to", "reader@elsewhere.example"},
                                               {"until", "2026-03-01T12:00"},
                                               {"uses", uses}}));
  EXPECT_EQ(made.status, 200) << made.body;
  const std::string url = made.Text("url");
  const std::string prefix = "https://vault.example/s/";
  EXPECT_EQ(url.rfind(prefix, 0), 0u) << url;
  EXPECT_EQ(url.size(), prefix.size() + 22 + 1 + 22);
  return {made.Text("id"), url.substr(prefix.size(), 22), url.substr(prefix.size() + 23),
          made.Text("pin")};
}

Reply OpenLink(TestDaemon& daemon, const Link& link, const std::string& pin) {
  return daemon.Post("links/" + link.name + "/open", "",
                     Json::Object({{"secret", link.secret}, {"pin", pin}}));
}

std::string WrongPin(const Link& link) {
  std::string pin = link.pin;
  pin[0] = pin[0] == '0' ? '1' : '0';
  return pin;
}

TEST(Links, OpenWithThePinAndServeRangesUnderOneReservation) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const Reply filed = daemon.File(audit.Query("&name=form.docx"), audit.police, "0123456789");
  const Link link = MakeLink(daemon, filed.Text("id"), 1);
  const Reply opened = OpenLink(daemon, link, link.pin);
  ASSERT_EQ(opened.status, 200) << opened.body;
  const Json& document = opened.json.Find("documents")->elements().at(0);
  EXPECT_EQ(document.Integer("n").value(), 1);
  EXPECT_EQ(document.Text("name").value(), "form.docx");
  EXPECT_EQ(document.Integer("size").value(), 10);
  const Json proof =
      Json::Object({{"secret", link.secret}, {"reservation", opened.Text("reservation")}});
  const std::string path = "links/" + link.name + "/documents/";
  EXPECT_EQ(daemon.Post(path + "1", "", proof).body, "0123456789");
  const Reply part =
      daemon.Ask("POST", "/api/v1/" + path + "1",
                 {"Content-Type: application/json", "Range: bytes=3-5"}, proof.ToText());
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "345");
  EXPECT_EQ(daemon.Post(path + "2", "", proof).kind(), "not-found");
  // One use was agreed, and it is used.
  EXPECT_EQ(OpenLink(daemon, link, link.pin).kind(), "expired");
  EXPECT_EQ(daemon.Get("shares", daemon.officer()).json.elements().at(0).Text("state").value(),
            "used");
  daemon.clock().Pass(30 * 60);
  EXPECT_EQ(daemon.Post(path + "1", "", proof).kind(), "expired");
}

TEST(Links, EndAfterFiveWrongPinsAndCountNoMalformedOne) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const Reply filed = daemon.File(audit.Query(""), audit.police, "a form");
  const Link link = MakeLink(daemon, filed.Text("id"), 1);
  EXPECT_EQ(OpenLink(daemon, link, "1234").kind(), "invalid");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(OpenLink(daemon, link, WrongPin(link)).kind(), "denied");
  EXPECT_EQ(OpenLink(daemon, link, link.pin).kind(), "expired");
  EXPECT_EQ(daemon.Get("shares", daemon.officer()).json.elements().at(0).Text("state").value(),
            "burned");
}

TEST(Links, ThatAreNotLookLikeOnesWithAWrongSecret) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const Reply filed = daemon.File(audit.Query(""), audit.police, "a form");
  const Link link = MakeLink(daemon, filed.Text("id"), 1);
  Link wrong = link;
  wrong.secret = std::string(22, 'A');
  Link absent = wrong;
  absent.name = std::string(22, 'A');
  const Reply wrong_secret = OpenLink(daemon, wrong, link.pin);
  const Reply no_link = OpenLink(daemon, absent, link.pin);
  EXPECT_EQ(wrong_secret.status, 404);
  EXPECT_EQ(wrong_secret.body, no_link.body);
  const Reply page = daemon.Ask("GET", "/s/" + link.name, {}, "");
  EXPECT_EQ(page.body, daemon.Ask("GET", "/s/" + absent.name, {}, "").body);
  EXPECT_NE(page.body.find("<html lang=\"en-GB\">"), std::string::npos);
  EXPECT_NE(page.body.find("<title>"), std::string::npos);
  EXPECT_EQ(page.body.find("script"), std::string::npos);
  // The officer ends it; then it has ended, and twice is once too many.
  EXPECT_EQ(daemon.Post("shares/" + link.id + "/end", audit.housing, Json::Object()).kind(),
            "not-found");
  EXPECT_EQ(daemon.Post("shares/" + link.id + "/end", daemon.officer(), Json::Object()).status,
            200);
  EXPECT_EQ(OpenLink(daemon, link, link.pin).kind(), "expired");
  EXPECT_EQ(daemon.Post("shares/" + link.id + "/end", daemon.officer(), Json::Object()).kind(),
            "conflict");
}

TEST(Shares, AreRefusedToThoseWhoCannotOpenWhatTheyCarry) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const Reply filed = daemon.File(audit.Query(""), audit.police, "a form");
  const auto share = [&](const std::string& who, std::string_view until) {
    return daemon.Post("shares", who,
                       Json::Object({{"documents", Json::Texts({filed.Text("id")})},
                                     {"to", "x@elsewhere.example"},
                                     {"until", until}}));
  };
  EXPECT_EQ(share(audit.outsider, "2026-03-01").kind(), "not-found");
  EXPECT_EQ(share(daemon.officer(), "2026-01-01").kind(), "invalid");
  EXPECT_EQ(share(daemon.officer(), "2030-01-01").kind(), "invalid");
  const Reply both =
      daemon.Post("shares", daemon.officer(), Json::Object({{"to", "x"}, {"until", "2026-03-01"}}));
  EXPECT_EQ(both.kind(), "invalid");
}

TEST(Holds, ArePlacedReleasedAndListedByTheirOfficer) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const std::string igo = daemon.AddPerson("igo@unit.example", "unit", "IGO");
  const auto place = [&](const std::string& who, std::string_view what, std::string_view name,
                         std::string_view review) {
    return daemon.Post("holds", who,
                       Json::Object({{what, name}, {"reason", "an inquiry"}, {"review", review}}));
  };
  EXPECT_EQ(place(daemon.officer(), "matter", audit.ref, "2026-08-01").kind(), "denied");
  EXPECT_EQ(place(igo, "matter", audit.ref, "2025-08-01").kind(), "invalid");
  EXPECT_EQ(place(igo, "subject", "Adult Z", "2026-08-01").kind(), "not-found");
  const Reply hold = place(igo, "subject", "Adult A", "2026-08-01");
  ASSERT_EQ(hold.status, 200) << hold.body;
  const Reply list = daemon.Get("holds", daemon.officer());
  const Json& row = list.json.elements().at(0);
  EXPECT_EQ(row.Text("object").value(), "Adult A");
  EXPECT_EQ(row.Text("reason").value(), "an inquiry");
  EXPECT_EQ(row.Text("state").value(), "running");
  EXPECT_EQ(row.Text("review").value(), "2026-08-01");
  const std::string release = "holds/" + hold.Text("id") + "/release";
  EXPECT_EQ(daemon.Post(release, igo, Json::Object({{"reason", "closed"}})).status, 200);
  EXPECT_EQ(daemon.Post(release, igo, Json::Object({{"reason", "closed"}})).kind(), "conflict");
  EXPECT_EQ(daemon
                .Post("holds/" + std::string(32, '0') + "/release", igo,
                      Json::Object({{"reason", "closed"}}))
                .kind(),
            "not-found");
}

TEST(Sweep, EndsLinksWhoseTimeIsOverAndADryRunOnlyTells) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const Reply filed = daemon.File(audit.Query(""), audit.police, "a form");
  MakeLink(daemon, filed.Text("id"), 1);
  daemon.clock().Pass(20 * 86400);
  const std::string officer = daemon.SignIn(TestDaemon::kOfficer);
  const Reply told = daemon.Post("sweep", officer, Json::Object({{"dry_run", true}}));
  ASSERT_EQ(told.status, 200) << told.body;
  ASSERT_EQ(told.json.Find("destroyed")->elements().size(), 1u) << told.body;
  EXPECT_EQ(told.json.Find("destroyed")->elements().at(0).Text("kind").value(), "share");
  EXPECT_GE(told.json.Integer("budget").value(), 50);
  EXPECT_EQ(daemon.Get("disposals", officer).body, "[]");
  const Reply swept = daemon.Post("sweep", officer, Json::Object());
  EXPECT_EQ(swept.json.Find("destroyed")->elements().size(), 1u) << swept.body;
  const Reply disposals = daemon.Get("disposals", officer);
  ASSERT_EQ(disposals.json.elements().size(), 1u);
  const std::string id = disposals.json.elements().at(0).Text("id").value();
  EXPECT_EQ(
      daemon.Post("disposals/approve", officer, Json::Object({{"ids", Json::Texts({id})}})).kind(),
      "conflict");
  EXPECT_EQ(daemon
                .Post("disposals/approve", officer,
                      Json::Object({{"ids", Json::Texts({std::string(32, '0')})}}))
                .kind(),
            "not-found");
}

TEST(SweepJob, DoesTheSameWithNobodySignedIn) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const Reply filed = daemon.File(audit.Query(""), audit.police, "a form");
  MakeLink(daemon, filed.Text("id"), 1);
  daemon.clock().Pass(20 * 86400);
  const vault::Status swept = SweepJob::RunOnce(daemon.app().context());
  ASSERT_TRUE(swept.ok()) << swept.error().detail;
  const std::string officer = daemon.SignIn(TestDaemon::kOfficer);
  EXPECT_EQ(daemon.Get("disposals", officer).json.elements().size(), 1u);
  EXPECT_EQ(daemon.Get("shares", officer).json.elements().at(0).Text("state").value(), "ended");
}

TEST(SweepJob, LeavesASealedVaultAlone) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.Start());
  const vault::Status swept = SweepJob::RunOnce(daemon.app().context());
  ASSERT_FALSE(swept.ok());
  EXPECT_EQ(swept.error().code, vault::Errc::kUnavailable);
}

TEST(LogRoutes, GiveWhatAnInspectorNeeds) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const std::string dpo = daemon.AddPerson("dpo@unit.example", "unit", "DPO");
  const auto get = [&](const std::string& path) {
    return daemon.Ask("GET", "/log/" + path, TestDaemon::Bearer(dpo), "");
  };
  const Reply vkey = get("vkey");
  EXPECT_EQ(vkey.body, daemon.vault().log_key() + "\n");
  const auto key = vault::NoteKey::Parse(daemon.vault().log_key());
  ASSERT_TRUE(key.ok());
  const Reply checkpoint = get("checkpoint");
  const auto head = vault::OpenCheckpoint(checkpoint.body, key.value());
  ASSERT_TRUE(head.ok()) << checkpoint.body;
  const std::string width = std::to_string(head.value().size);
  EXPECT_EQ(get("tile/0/000.p/" + width).body.size(), head.value().size * 32);
  EXPECT_EQ(get("tile/entries/000.p/" + width).status, 200);
  EXPECT_EQ(get("tile/0/999").status, 404);
  EXPECT_EQ(get("proof/0").body.rfind("c2sp.org/tlog-proof@v1\n", 0), 0u);
  EXPECT_EQ(get("proof/" + std::to_string(head.value().size + 50)).kind(), "not-found");
  EXPECT_EQ(daemon.Ask("GET", "/log/checkpoint", {}, "").status, 401);
}

}  // namespace
}  // namespace service
