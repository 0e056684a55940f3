// Filing, reading, lending and ending, through the whole service.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/test_daemon.h"
#include "tests/support/word_form.h"

namespace service {
namespace {

std::string Content(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 131 + i / 251) & 0xFF);
  return text;
}

TEST(Documents, ComeBackByteForByteAndInRanges) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const std::string content = Content(300'001);
  const Reply filed = daemon.File(audit.Query("&name=form%20%C3%A9.docx"), audit.police, content);
  ASSERT_EQ(filed.status, 200) << filed.body;
  EXPECT_EQ(filed.Text("state"), "filed");
  const std::string path = "/api/v1/documents/" + filed.Text("id") + "/content";
  const auto get = [&](const std::vector<std::string>& more) {
    std::vector<std::string> headers = TestDaemon::Bearer(audit.police);
    headers.insert(headers.end(), more.begin(), more.end());
    return daemon.Ask("GET", path, headers, "");
  };
  const Reply whole = get({});
  EXPECT_EQ(whole.status, 200);
  EXPECT_TRUE(whole.body == content);
  EXPECT_EQ(whole.Header("Content-Disposition"), "attachment; filename*=UTF-8''form%20%C3%A9.docx");
  EXPECT_EQ(whole.Header("ETag"), "\"" + filed.Text("id") + "-1\"");
  EXPECT_EQ(whole.Header("Strongroom-Version"), "1");
  EXPECT_EQ(whole.Header("Accept-Ranges"), "bytes");

  const Reply middle = get({"Range: bytes=65530-131080"});
  EXPECT_EQ(middle.status, 206);
  EXPECT_TRUE(middle.body == content.substr(65530, 131081 - 65530));
  EXPECT_EQ(middle.Header("Content-Range"), "bytes 65530-131080/300001");
  EXPECT_TRUE(get({"Range: bytes=-7"}).body == content.substr(content.size() - 7));
  EXPECT_TRUE(get({"Range: bytes=300000-"}).body == content.substr(300'000));
  const Reply outside = get({"Range: bytes=300001-"});
  EXPECT_EQ(outside.status, 416);
  EXPECT_EQ(outside.kind(), "invalid");
  EXPECT_EQ(outside.Header("Content-Range"), "bytes */300001");
  EXPECT_EQ(get({"Range: bytes=0-1,5-6"}).status, 200);
  EXPECT_EQ(get({"Range: bytes=0-1", "If-Range: \"another\""}).status, 200);
  EXPECT_EQ(daemon.Ask("HEAD", path, TestDaemon::Bearer(audit.police), "").status, 405);
}

// ClearIn counts files below a folder that hold these words in clear.
std::size_t ClearIn(const std::string& folder, const std::string& words) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream),
                            std::istreambuf_iterator<char>()};
    count += bytes.find(words) != std::string::npos ? 1 : 0;
  }
  return count;
}

TEST(Documents, ThatAreNoReadableFormAreKeptWithTheReasonAndNeverInClear) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const std::string content = "MARKER-5c1e refused as a form, kept as a document";
  const Reply filed = daemon.File(audit.Query(""), audit.police, content);
  ASSERT_EQ(filed.status, 200) << filed.body;
  EXPECT_EQ(filed.Text("state"), "filed");
  ASSERT_EQ(filed.json.Find("findings")->elements().size(), 1u);
  const std::string path = "documents/" + filed.Text("id");
  EXPECT_EQ(daemon.Get(path + "/form", audit.police).kind(), "conflict");
  EXPECT_EQ(daemon.Get(path + "/content", audit.police).body, content);
  EXPECT_EQ(ClearIn(daemon.folder(), "MARKER-5c1e"), 0u);
}

TEST(Documents, OfOneAgencyAndSubjectBecomeVersions) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const Reply first = daemon.File(audit.Query(""), audit.police, "first");
  const Reply second = daemon.File(audit.Query(""), audit.police, "second");
  ASSERT_EQ(second.status, 200) << second.body;
  EXPECT_EQ(second.Text("id"), first.Text("id"));
  EXPECT_EQ(second.Text("state"), "replaced");
  EXPECT_EQ(second.json.Integer("version").value(), 2);
  const std::string path = "documents/" + first.Text("id") + "/content";
  EXPECT_EQ(daemon.Get(path, audit.police).body, "second");
  EXPECT_EQ(daemon.Get(path + "?version=1", audit.police).body, "first");
  EXPECT_EQ(daemon.Get(path + "?version=3", audit.police).kind(), "not-found");
  EXPECT_EQ(daemon.Get(path + "?version=0", audit.police).kind(), "invalid");
}

TEST(Documents, ThatMayNotBeKnownLookExactlyLikeOnesThatAreNot) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const Reply filed = daemon.File(audit.Query(""), audit.police, "a form");
  const std::string known = filed.Text("id");
  const std::string unknown(32, '7');
  for (const std::string part : {"", "/content", "/form"}) {
    const Reply hidden = daemon.Get("documents/" + known + part, audit.outsider);
    const Reply absent = daemon.Get("documents/" + unknown + part, audit.outsider);
    const Reply no_id = daemon.Get("documents/no-id" + part, audit.outsider);
    EXPECT_EQ(hidden.status, 404) << part << hidden.body;
    EXPECT_EQ(hidden.body, absent.body) << part;
    EXPECT_EQ(hidden.body, no_id.body) << part;
  }
  EXPECT_EQ(daemon.Get("documents", audit.outsider).body, "[]");
  EXPECT_EQ(daemon.Get("matters", audit.outsider).body, "[]");
  const Reply hidden_matter = daemon.Get("matters/" + audit.id, audit.outsider);
  EXPECT_EQ(hidden_matter.status, 404);
  EXPECT_EQ(hidden_matter.body, daemon.Get("matters/" + unknown, audit.outsider).body);
  EXPECT_EQ(daemon.File(audit.Query(""), audit.outsider, "x").body, hidden_matter.body);
  EXPECT_EQ(
      daemon.File("matter=" + audit.id + "&class=FRM&subject=Adult%20Z", audit.police, "x").kind(),
      "not-found");
}

TEST(Documents, AreFiledByThoseWhoMay) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  EXPECT_EQ(daemon.File("matter=" + audit.ref + "&class=REP", audit.police, "x").kind(), "denied");
  EXPECT_EQ(daemon.File("matter=" + audit.ref + "&class=FRM", audit.police, "x").kind(), "invalid");
  EXPECT_EQ(daemon.File("matter=" + audit.ref + "&class=NONE", audit.police, "x").kind(),
            "invalid");
  EXPECT_EQ(daemon.File("matter=" + audit.ref, audit.police, "x").kind(), "invalid");
  EXPECT_EQ(daemon.File(audit.Query("&agency=HSG"), audit.police, "x").kind(), "denied");
  EXPECT_EQ(daemon
                .File("matter=" + audit.ref + "&class=FRM&subject=Adult%20A&agency=POL",
                      daemon.officer(), "for them")
                .status,
            200);
  // The unit files for itself where it names no agency.
  const Reply report =
      daemon.File("matter=" + audit.ref + "&class=REP", daemon.officer(), "report");
  ASSERT_EQ(report.status, 200) << report.body;
  EXPECT_EQ(daemon.Get("documents/" + report.Text("id"), daemon.officer()).Text("agency"), "unit");
}

TEST(Documents, OverTheLimitOrBrokenOffFileNothing) {
  TestDaemon daemon;
  AppOptions options;
  options.api.document_limit = 1000;
  ASSERT_NO_FATAL_FAILURE(daemon.StartWith(std::move(options)));
  ASSERT_NO_FATAL_FAILURE(daemon.Unseal());
  const std::string officer = daemon.SignIn(TestDaemon::kOfficer);
  const Reply matter =
      daemon.Post("matters", officer, Json::Object({{"template", "macfa"}, {"title", "Theme"}}));
  const std::string query = "matter=" + matter.Text("id") + "&class=REP";
  EXPECT_EQ(daemon.File(query, officer, std::string(1001, 'x')).status, 413);
  {
    TlsClient client(daemon.app().port());
    ASSERT_TRUE(client.Send("POST /api/v1/documents?" + query +
                            " HTTP/1.1\r\nHost: vault.example\r\nAuthorization: Bearer " + officer +
                            "\r\nContent-Length: 500\r\n\r\nonly this"));
    client.Close();
  }
  EXPECT_EQ(daemon.File(query, officer, std::string(1000, 'x')).status, 200);
  EXPECT_EQ(daemon.Get("documents", officer).json.elements().size(), 1u);
}

TEST(Loans, OpenAtReleaseServeLateJoinersAndEndWithTheMeeting) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const std::string id = daemon.File(audit.Query(""), audit.police, "the police form").Text("id");
  const std::string path = "documents/" + id + "/content";
  const auto event = [&](std::string_view name) {
    const Reply reply = daemon.Post("matters/" + audit.id + "/events", daemon.officer(),
                                    Json::Object({{"event", name}}));
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply;
  };
  // Before the release another agency does not even know.
  EXPECT_EQ(daemon.Get(path, audit.housing).status, 404);
  EXPECT_EQ(event("PACK_RELEASED").Text("phase"), "P4");
  EXPECT_EQ(daemon.Get(path, audit.housing).body, "the police form");

  // An agency that joins now reads what the others read.
  const std::string late = daemon.AddPerson("co@ace.example", "ACE", "AAC");
  for (const Json& body : {Json::Object({{"subject", "Adult A"}, {"agency", "ACE"}})}) {
    EXPECT_EQ(daemon.Post("matters/" + audit.id + "/involvements", daemon.officer(), body).status,
              200);
    EXPECT_EQ(daemon.Post("matters/" + audit.id + "/involvements", daemon.officer(), body).kind(),
              "conflict");
  }
  EXPECT_EQ(daemon
                .Post("matters/" + audit.id + "/members", daemon.officer(),
                      Json::Object({{"email", "co@ace.example"}}))
                .status,
            200);
  EXPECT_EQ(daemon.Get(path, late).body, "the police form");
  const Reply shown = daemon.Get("matters/" + audit.id, late);
  ASSERT_EQ(shown.status, 200) << shown.body;
  EXPECT_EQ(shown.Text("title"), "Self-neglect and hoarding");
  const Json& subject = shown.json.Find("subjects")->elements().at(0);
  EXPECT_EQ(subject.Text("name").value(), "Alice Example");
  EXPECT_EQ(subject.TextList("agencies").value(), std::vector<std::string>{"ACE"});

  event("MEETING_STARTED");
  EXPECT_EQ(event("MEETING_CLOSED").Text("phase"), "P6");
  for (const std::string& reader : {audit.housing, late}) {
    const Reply over = daemon.Get(path, reader);
    EXPECT_EQ(over.status, 410);
    EXPECT_EQ(over.kind(), "expired");
    EXPECT_EQ(daemon.Get("matters/" + audit.id, reader).kind(), "expired");
  }
  // Their own copy lives on under their own rule.
  EXPECT_EQ(daemon.Get(path, audit.police).body, "the police form");
  EXPECT_EQ(daemon
                .Post("matters/" + audit.id + "/events", daemon.officer(),
                      Json::Object({{"event", "MEETING_CLOSED"}}))
                .kind(),
            "conflict");

  const Reply disposals = daemon.Get("disposals", daemon.officer());
  ASSERT_FALSE(disposals.json.elements().empty());
  const Json& done = disposals.json.elements().front();
  EXPECT_EQ(done.Text("state").value(), "done");
  EXPECT_EQ(done.Text("trigger").value(), "MEETING_CLOSED");
  const Reply certificate =
      daemon.Get("disposals/" + done.Text("id").value() + "/certificate", daemon.officer());
  EXPECT_EQ(certificate.body.rfind("strongroom-certificate/v1\n", 0), 0u);
  EXPECT_EQ(daemon.Get("status", "").json.Integer("deletion_debt").value(), 0);
}

TEST(Matters, ShowEachCallerWhatIsTheirs) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const Reply unit = daemon.Get("matters/" + audit.ref, daemon.officer());
  ASSERT_EQ(unit.status, 200) << unit.body;
  EXPECT_EQ(unit.Text("ref"), audit.ref);
  EXPECT_EQ(unit.Text("meeting"), "2026-04-09T09:30:00+01:00");
  EXPECT_EQ(unit.json.Find("members")->elements().size(), 3u);
  EXPECT_EQ(unit.json.Find("subjects")->elements().at(0).TextList("agencies").value(),
            (std::vector<std::string>{"HSG", "POL"}));
  EXPECT_EQ(unit.json.Find("loans")->elements().size(), 4u);
  EXPECT_EQ(unit.json.Integer("box_debt").value(), 0);
  const auto phase = [&](std::size_t n) { return unit.json.Find("phases")->elements().at(n); };
  EXPECT_EQ(phase(0).Text("state").value(), "done");
  EXPECT_EQ(phase(1).Text("state").value(), "not recorded");
  EXPECT_EQ(phase(2).Text("phase").value(), "P2");
  EXPECT_EQ(phase(2).Text("state").value(), "current");
  EXPECT_EQ(phase(3).Text("state").value(), "to come");

  const Reply police = daemon.Get("matters/" + audit.id, audit.police);
  EXPECT_EQ(police.json.Find("members")->elements().size(), 1u);
  EXPECT_EQ(police.json.Find("loans")->elements().size(), 2u);
  for (const Json& loan : police.json.Find("loans")->elements()) {
    EXPECT_EQ(loan.Text("agency").value(), "POL");
  }
  EXPECT_EQ(daemon.Get("matters", audit.police).json.elements().size(), 1u);
  EXPECT_EQ(daemon.Get("matters/" + audit.id, daemon.AddPerson("igo@unit.example", "unit", "IGO"))
                .Text("ref"),
            audit.ref);

  const Reply due = daemon.Get("matters/" + audit.id + "/due", audit.police);
  ASSERT_EQ(due.status, 200);
  std::string last = "0000-00-00";
  bool undated = false;
  for (const Json& item : due.json.elements()) {
    const auto day = item.FindText("due").value();
    EXPECT_FALSE(day && undated) << "a day stands behind what has none";
    if (!day) {
      undated = true;
      EXPECT_NE(item.Text("state").value(), "late");
      continue;
    }
    EXPECT_LE(last, *day);
    last = *day;
  }
}

TEST(Matters, NameNoPersonOfAnotherAgencyToACoordinator) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const auto member = [&](const std::string& who, std::string_view email) {
    return daemon.Post("matters/" + audit.id + "/members", who, Json::Object({{"email", email}}));
  };
  const Reply elsewhere = member(audit.police, "co@frs.example");
  const Reply nobody = member(audit.police, "nobody@frs.example");
  EXPECT_EQ(elsewhere.status, 404);
  EXPECT_EQ(elsewhere.body, nobody.body);
  const std::string colleague = daemon.AddPerson("second@pol.example", "POL", "AUD");
  const Reply added = member(audit.police, "second@pol.example");
  ASSERT_EQ(added.status, 200) << added.body;
  EXPECT_EQ(added.Text("compartment"), "POL");
  EXPECT_EQ(member(audit.police, "second@pol.example").kind(), "conflict");
  EXPECT_EQ(daemon.Get("matters", colleague).json.elements().size(), 1u);
}

TEST(Forms, AreReadOutOfWhatIsFiled) {
  TestDaemon daemon;
  AppOptions options;
  options.reader_path = STRONGROOM_BIN_DIR "/strongroom-reader";
  ASSERT_NO_FATAL_FAILURE(daemon.StartWith(std::move(options)));
  ASSERT_NO_FATAL_FAILURE(daemon.Unseal());
  ASSERT_NO_FATAL_FAILURE(daemon.SignInOfficer());
  const Audit audit = Audit::In(daemon);
  ingest::WordForm form = ingest::GradedForm("Marl Constabulary", "Adult A",
                                             {"G", "RI", "G", "O", "G", "I", "NA", "G"});
  form.sections[2].rationale.clear();
  const vault::Bytes file = ingest::WordFormFile(form);
  const Reply filed =
      daemon.File(audit.Query("&name=form.docx"), audit.police, vault::AsText(file));
  ASSERT_EQ(filed.status, 200) << filed.body;
  EXPECT_EQ(filed.Text("form"), "macfa-single-agency/1");
  EXPECT_FALSE(filed.json.TextList("findings").value().empty());
  const Reply read = daemon.Get("documents/" + filed.Text("id") + "/form", audit.police);
  ASSERT_EQ(read.status, 200) << read.body;
  const auto& grades = read.json.Find("grades")->elements();
  ASSERT_EQ(grades.size(), 8u);
  EXPECT_EQ(grades[0].Text("grade").value(), "Good");
  EXPECT_EQ(grades[5].Text("grade").value(), "Inadequate");
  bool gap = false;
  for (const Json& item : read.json.Find("gaps")->elements()) {
    gap = gap || (item.Text("question").value() == "grade-without-rationale" &&
                  item.Text("section").value() == "2");
  }
  EXPECT_TRUE(gap) << read.body;

  // What is no form is filed all the same, and says so.
  const Reply other = daemon.File(audit.Query(""), audit.housing, "plain words");
  ASSERT_EQ(other.status, 200);
  EXPECT_EQ(other.json.Find("form"), nullptr);
  EXPECT_EQ(other.json.TextList("findings").value().size(), 1u);
  EXPECT_EQ(daemon.Get("documents/" + other.Text("id") + "/form", audit.housing).kind(),
            "conflict");
}

}  // namespace
}  // namespace service
