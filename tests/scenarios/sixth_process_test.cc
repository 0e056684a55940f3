// A process that nobody had thought of, brought in by its text alone: the service files, lends,
// meets, ends and destroys under it, and no line of the program knows a word of it.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "tests/support/test_daemon.h"

namespace service {
namespace {

using Texts = std::vector<std::string>;

class SixthProcess : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(std::string(STRONGROOM_SOURCE_DIR) + "/tests/scenarios/data/boats.xml");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    ASSERT_FALSE(text.empty());
    ASSERT_NO_FATAL_FAILURE(daemon.Know("boats.xml", text));
    ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
    daemon.AddPerson("igo@unit.example", "unit", "IGO");
    for (const std::string crew : {"HERON", "WREN", "SWAN"}) {
      daemon.AddPerson("skipper@" + crew + ".example", crew, "AAC");
    }
  }

  void MoveTo(const std::string& when) {
    daemon.clock().Pass(vault::At(when) - daemon.clock().Realtime());
    daemon.SignInOfficer();
    const std::string today = vault::LondonDay(daemon.clock().Realtime()).ToText();
    const Reply anchored =
        daemon.Post("anchor", daemon.officer(), Json::Object({{"confirm_date", today}}));
    ASSERT_EQ(anchored.status, 200) << anchored.body;
  }
  std::string As(const std::string& crew) { return daemon.SignIn("skipper@" + crew + ".example"); }
  std::string Igo() { return daemon.SignIn("igo@unit.example"); }
  Reply Do(const std::string& path, const Json& body) {
    const Reply reply = daemon.Post("matters/" + id + path, daemon.officer(), body);
    EXPECT_EQ(reply.status, 200) << path << ": " << reply.body;
    return reply;
  }
  Reply Event(const std::string& name) {
    return daemon.Post("matters/" + id + "/events", daemon.officer(),
                       Json::Object({{"event", name}}));
  }
  std::string Logbook(const std::string& crew, const std::string& boat) {
    const Reply filed =
        daemon.File("matter=" + id + "&class=LOGBOOK&subject=" + boat + "&name=logbook.txt",
                    As(crew), "logbook of " + crew + " on " + boat);
    EXPECT_EQ(filed.status, 200) << filed.body;
    return filed.Text("id");
  }
  Reply Open(const std::string& crew, const std::string& document) {
    return daemon.Get("documents/" + document + "/content", As(crew));
  }
  std::string Phase() { return daemon.Get("matters/" + id, daemon.officer()).Text("phase"); }
  Json Sweep() {
    const Reply swept = daemon.Post("sweep", daemon.officer(), Json::Object());
    EXPECT_EQ(swept.status, 200) << swept.body;
    return swept.json;
  }
  // The ids of the documents in one list of a sweep.
  static Texts In(const Json& sweep, std::string_view list) {
    Texts out;
    for (const Json& item : sweep.Find(list)->elements()) {
      if (item.Text("kind").value() == "document") out.push_back(item.Text("id").value());
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  TestDaemon daemon;
  std::string id;
};

TEST_F(SixthProcess, IsFiledLentHeardEndedAndDestroyedByItsTextAlone) {
  // ---- it begins, in its own words
  const Reply matter = daemon.Post("matters", daemon.officer(),
                                   Json::Object({{"template", "boats"},
                                                 {"title", "Two boats and a buoy"},
                                                 {"meeting", "2026-04-09T09:30"}}));
  ASSERT_EQ(matter.status, 200) << matter.body;
  id = matter.Text("id");
  EXPECT_EQ(matter.Text("ref"), "BOAT-2026-01");
  EXPECT_EQ(matter.Text("phase"), "ashore");
  EXPECT_EQ(daemon.Get("matters/" + id, daemon.officer()).Text("noun"), "inquest");
  for (const std::string boat : {"Heron", "Wren"}) {
    Do("/subjects", Json::Object({{"pseudonym", boat}}));
  }
  const Reply third = daemon.Post("matters/" + id + "/subjects", daemon.officer(),
                                  Json::Object({{"pseudonym", "Swan"}}));
  EXPECT_EQ(third.status, 409) << third.body;
  for (const std::string crew : {"HERON", "WREN"}) {
    Do("/involvements", Json::Object({{"subject", "Heron"}, {"agency", crew}}));
    Do("/members", Json::Object({{"email", "skipper@" + crew + ".example"}}));
  }
  Do("/involvements", Json::Object({{"subject", "Wren"}, {"agency", "WREN"}}));
  const Reply begun = Event("WHISTLE");
  ASSERT_EQ(begun.status, 200) << begun.body;
  EXPECT_EQ(begun.Text("phase"), "asking");
  EXPECT_EQ(Event("MEETING_CLOSED").status, 400);

  // ---- filed, and awaited where it is not
  const std::string heron = Logbook("HERON", "Heron");
  const std::string wren = Logbook("WREN", "Heron");
  const Reply missing = daemon.Get("matters/" + id + "/missing", daemon.officer());
  ASSERT_EQ(missing.json.Find("missing")->elements().size(), 1u) << missing.body;
  EXPECT_EQ(missing.json.Find("missing")->elements()[0].Text("subject").value(), "Wren");
  const std::string other = Logbook("WREN", "Wren");
  const Reply report = daemon.File("matter=" + id + "&class=REP&name=a.txt", daemon.officer(), "a");
  EXPECT_EQ(report.status, 400) << report.body;  // a class of other processes
  EXPECT_EQ(Open("WREN", heron).status, 404);
  EXPECT_EQ(Open("HERON", heron).body, "logbook of HERON on Heron");

  // ---- lent, by itself, three working days before: Easter Monday is worked in Scotland
  MoveTo("2026-04-05T23:00");
  Sweep();
  EXPECT_EQ(Phase(), "asking");
  MoveTo("2026-04-06T09:00");
  Sweep();
  EXPECT_EQ(Phase(), "sharing");
  EXPECT_EQ(Open("WREN", heron).body, "logbook of HERON on Heron");
  EXPECT_EQ(Open("HERON", wren).body, "logbook of WREN on Heron");
  EXPECT_EQ(Open("HERON", other).status, 404);  // not involved with that boat
  EXPECT_EQ(Open("SWAN", heron).status, 404);

  // ---- met: the template's own check, and its record
  MoveTo("2026-04-09T12:00");
  const Reply refused = Event("ALL_ASHORE");
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("a hearing does not end without a pledge"), std::string::npos)
      << refused.body;
  EXPECT_EQ(Open("WREN", heron).status, 200);
  const Reply pledge = Do("/records", Json::Object({{"kind", "pledge"},
                                                    {"fields", Json::Object({{"crew", "WREN"},
                                                                             {"words", "lights"},
                                                                             {"by", "2026-05-01"},
                                                                             {"kept", "no"}})}}));
  // ---- ended, at once
  const Reply over = Event("ALL_ASHORE");
  ASSERT_EQ(over.status, 200) << over.body;
  EXPECT_EQ(over.Text("phase"), "moored");
  EXPECT_EQ(Open("WREN", heron).status, 410);
  EXPECT_EQ(Open("HERON", wren).status, 410);
  EXPECT_EQ(Open("HERON", heron).status, 200);

  // ---- told
  MoveTo("2026-04-20T10:00");
  const Reply finding =
      daemon.File("matter=" + id + "&class=FINDING&name=f.txt", daemon.officer(), "too fast");
  ASSERT_EQ(finding.status, 200) << finding.body;
  ASSERT_EQ(Event("FINDING_TOLD").status, 200);
  EXPECT_EQ(Open("WREN", finding.Text("id")).body, "too fast");
  EXPECT_EQ(Open("SWAN", finding.Text("id")).status, 404);
  const Reply why = daemon.Get("documents/" + heron + "/explain", daemon.officer());
  EXPECT_EQ(why.Text("rule"), "tide");
  EXPECT_EQ(why.Text("trigger"), "FINDING_TOLD");
  EXPECT_EQ(why.Text("due").substr(0, 10), "2026-04-30");
  EXPECT_NE(why.Text("text").find("An assumption of this example"), std::string::npos);

  // ---- destroyed: copies of a crew by the clock, what is reviewed by two people
  MoveTo("2026-04-29T22:00");
  EXPECT_EQ(In(Sweep(), "destroyed"), Texts());
  MoveTo("2026-04-30T09:00");
  Texts logbooks = {heron, wren, other};
  std::sort(logbooks.begin(), logbooks.end());
  EXPECT_EQ(In(Sweep(), "destroyed"), logbooks);
  EXPECT_EQ(Open("HERON", heron).status, 410);
  EXPECT_EQ(Open("WREN", finding.Text("id")).status, 200);
  MoveTo("2027-04-20T09:00");
  const Json yearly = Sweep();
  EXPECT_EQ(In(yearly, "destroyed"), Texts());
  Texts reviewed = {finding.Text("id"), pledge.Text("id")};
  std::sort(reviewed.begin(), reviewed.end());
  EXPECT_EQ(In(yearly, "proposed"), reviewed);
  Texts batches;
  const Reply disposals = daemon.Get("disposals", daemon.officer());
  for (const Json& row : disposals.json.elements()) {
    if (row.Text("state").value() != "proposed" || row.Text("rule").value() != "deep") continue;
    batches.push_back(row.Text("id").value());
  }
  ASSERT_FALSE(batches.empty()) << disposals.body;
  for (const std::string& who : {daemon.officer(), Igo()}) {
    const Reply approved =
        daemon.Post("disposals/approve", who, Json::Object({{"ids", Json::Texts(batches)}}));
    EXPECT_EQ(approved.status, 200) << approved.body;
  }
  EXPECT_EQ(Open("WREN", finding.Text("id")).status, 410);
  const Reply gone = daemon.Get("documents/" + finding.Text("id") + "/content", daemon.officer());
  EXPECT_EQ(gone.status, 410) << gone.body;
}

TEST_F(SixthProcess, StandsInTheRecordOfProcessingBesideTheShippedOnes) {
  const Reply report = daemon.Get("reports/processing", daemon.officer());
  std::map<std::string, int> classes;
  for (const Json& row : report.json.elements()) ++classes[row.Text("process").value()];
  EXPECT_EQ(classes["boats"], 2);
  EXPECT_EQ(classes.size(), 6u);
}

}  // namespace
}  // namespace service
