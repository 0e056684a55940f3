// Deputies, exclusions, who may read, holds, search and reports through the routes.
#include <gtest/gtest.h>

#include "daemon/api/table.h"
#include "tests/support/test_daemon.h"

namespace service {
namespace {

class PeopleAsTheyAre : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(daemon_.StartUnsealed());
    audit_ = Audit::In(daemon_);
    const Reply filed = daemon_.File(audit_.Query(""), audit_.police, "police on Adult A");
    ASSERT_EQ(filed.status, 200) << filed.body;
    form_ = filed.Text("id");
    igo_ = daemon_.AddPerson("igo@unit.example", "unit", "IGO");
  }
  Reply Report(std::string_view query) {
    return daemon_.Get("reports/" + std::string(query), igo_);
  }
  TestDaemon daemon_;
  Audit audit_;
  std::string form_;
  std::string igo_;
};

TEST_F(PeopleAsTheyAre, ADeputyIsNamedListedSeenByThemselvesAndEnded) {
  daemon_.AddPerson("stand.in@pol.example", "POL", "AUD");
  const Json wish = Json::Object(
      {{"for", "co@pol.example"}, {"deputy", "stand.in@pol.example"}, {"until", "2026-03-01"}});
  const Reply named = daemon_.Post("people/deputies", daemon_.officer(), wish);
  ASSERT_EQ(named.status, 200) << named.body;
  EXPECT_EQ(named.Text("until"), "2026-03-01T00:00:00+00:00");
  EXPECT_EQ(daemon_.Post("people/deputies", daemon_.officer(), wish).status, 409);
  const std::string deputy = daemon_.SignIn("stand.in@pol.example");
  const Reply who = daemon_.Get("whoami", deputy);
  EXPECT_NE(who.body.find(R"("acting_for":["co@pol.example"])"), std::string::npos) << who.body;
  EXPECT_EQ(daemon_.Get("documents/" + form_ + "/content", deputy).body, "police on Adult A");
  EXPECT_EQ(daemon_.Get("people/deputies", deputy).json.elements().size(), 1u);
  EXPECT_EQ(daemon_.Get("people/deputies", audit_.housing).json.elements().size(), 0u);
  const std::string path = "people/deputies/" + named.Text("id") + "/end";
  EXPECT_EQ(daemon_.Post(path, audit_.housing, Json::Object()).status, 404);
  EXPECT_EQ(daemon_.Post(path, daemon_.officer(), Json::Object()).status, 200);
  // The session is over at once.
  EXPECT_EQ(daemon_.Get("documents/" + form_ + "/content", deputy).status, 401);
}

TEST_F(PeopleAsTheyAre, AnExclusionClosesTheSubjectEverywhereAndWhoSaysWhy) {
  const std::string path = "matters/" + audit_.id + "/exclusions";
  const Json wish = Json::Object(
      {{"subject", "Adult A"}, {"email", "co@pol.example"}, {"reason", "a neighbour"}});
  EXPECT_EQ(daemon_.Post(path, audit_.housing, wish).status, 403);
  const Reply excluded = daemon_.Post(path, daemon_.officer(), wish);
  ASSERT_EQ(excluded.status, 200) << excluded.body;
  EXPECT_EQ(daemon_.Get("documents/" + form_, audit_.police).status, 401);
  const std::string police = daemon_.SignIn("co@pol.example");
  EXPECT_EQ(daemon_.Get("documents/" + form_, police).status, 404);
  EXPECT_EQ(daemon_.Get("documents/" + form_ + "/content", police).status, 404);
  EXPECT_EQ(daemon_.Get("documents", police).json.elements().size(), 0u);
  EXPECT_EQ(daemon_.Get("matters/" + audit_.id, police).body.find("Adult A"), std::string::npos);
  EXPECT_EQ(daemon_.File(audit_.Query(""), police, "more").status, 404);
  const Reply list = daemon_.Get(path, daemon_.officer());
  ASSERT_EQ(list.json.elements().size(), 1u) << list.body;
  EXPECT_NE(list.body.find("a neighbour"), std::string::npos);
  const Reply who = daemon_.Get("documents/" + form_ + "/who", igo_);
  ASSERT_EQ(who.status, 200) << who.body;
  EXPECT_NE(who.body.find("kept away for a conflict of interest"), std::string::npos) << who.body;
  EXPECT_EQ(daemon_.Get("documents/" + form_ + "/who", police).status, 403);
  const std::string end = "exclusions/" + excluded.Text("id") + "/end";
  EXPECT_EQ(daemon_.Post(end, police, Json::Object()).status, 403);
  EXPECT_EQ(daemon_.Post(end, daemon_.officer(), Json::Object()).status, 200);
  EXPECT_EQ(daemon_.Get("documents/" + form_, daemon_.SignIn("co@pol.example")).status, 200);
}

TEST_F(PeopleAsTheyAre, AHoldIsPreviewedPlacedWithItsAuthorityAndReviewed) {
  const Reply preview = daemon_.Post("holds/preview", igo_, Json::Object({{"matter", audit_.ref}}));
  ASSERT_EQ(preview.status, 200) << preview.body;
  EXPECT_NE(preview.body.find(R"("classes":[{"class":"FRM","count":1}])"), std::string::npos);
  const Reply placed = daemon_.Post("holds", igo_,
                                    Json::Object({{"matter", audit_.ref},
                                                  {"reason", "an inquiry"},
                                                  {"authority", "its letter"},
                                                  {"review", "2026-02-20"}}));
  ASSERT_EQ(placed.status, 200) << placed.body;
  EXPECT_EQ(daemon_.Get("holds?overdue=true", igo_).json.elements().size(), 0u);
  daemon_.clock().Pass(10 * 86400);
  igo_ = daemon_.SignIn("igo@unit.example");
  const Reply overdue = daemon_.Get("holds?overdue=true", igo_);
  ASSERT_EQ(overdue.json.elements().size(), 1u) << overdue.body;
  EXPECT_EQ(overdue.json.elements()[0].Text("authority").value(), "its letter");
  const std::string path = "holds/" + placed.Text("id") + "/review";
  EXPECT_EQ(
      daemon_.Post(path, igo_, Json::Object({{"review", "2026-09-01"}, {"note", "it goes on"}}))
          .status,
      200);
  EXPECT_EQ(daemon_.Get("holds?overdue=true", igo_).json.elements().size(), 0u);
  EXPECT_EQ(daemon_.Get("holds?overdue=no", igo_).status, 400);
}

TEST_F(PeopleAsTheyAre, ASearchFindsByNameAndIsTheUnitsAlone) {
  const Json wish = Json::Object({{"name", "example alice"}});
  const Reply found = daemon_.Post("search", daemon_.officer(), wish);
  ASSERT_EQ(found.status, 200) << found.body;
  const Json* hits = found.json.Find("hits");
  ASSERT_NE(hits, nullptr);
  ASSERT_EQ(hits->elements().size(), 1u) << found.body;
  EXPECT_EQ(hits->elements()[0].Text("subject").value(), "Adult A");
  EXPECT_EQ(daemon_.Post("search", audit_.police, wish).status, 403);
  EXPECT_EQ(daemon_.Post("search", igo_, Json::Object()).status, 400);
}

TEST_F(PeopleAsTheyAre, WhoAddsASubjectIsToldOfTheSameNameElsewhere) {
  EXPECT_EQ(Report("duplicates").json.elements().size(), 0u);
  const Reply matter = daemon_.Post("matters", daemon_.officer(),
                                    Json::Object({{"template", "maag"}, {"title", "A case"}}));
  ASSERT_EQ(matter.status, 200) << matter.body;
  const auto add = [&](const char* pseudonym, const char* name) {
    return daemon_.Post("matters/" + matter.Text("id") + "/subjects", daemon_.officer(),
                        Json::Object({{"pseudonym", pseudonym}, {"name", name}}));
  };
  const std::string sentence = "the same name stands in " + audit_.ref;
  EXPECT_EQ(add("Child B", "Bob Example").body.find(sentence), std::string::npos);
  const Reply same = add("Child A", "Example, Alice");
  ASSERT_EQ(same.status, 200) << same.body;
  EXPECT_NE(same.body.find(sentence), std::string::npos) << same.body;
  const Reply report = Report("duplicates");
  ASSERT_EQ(report.json.elements().size(), 2u) << report.body;
  EXPECT_EQ(report.json.elements()[0].Integer("person").value(), 1);
  EXPECT_EQ(report.json.elements()[1].Integer("person").value(), 1);
  EXPECT_EQ(report.body.find("Example"), std::string::npos) << "a report tells no name";
  EXPECT_EQ(Report("duplicates?process=maag").json.elements().size(), 2u);
  EXPECT_EQ(Report("duplicates?process=mash").json.elements().size(), 0u);
}

TEST_F(PeopleAsTheyAre, EveryReportComesAsCsvAndAsJson) {
  daemon_.Get("documents/" + form_ + "/content", audit_.police);
  const Reply list = daemon_.Get("reports", igo_);
  for (const Json& report : list.json.elements()) {
    const std::string name = report.Text("id").value();
    const Reply json = Report(name);
    EXPECT_EQ(json.status, 200) << name << json.body;
    EXPECT_TRUE(json.json.is_array()) << name << json.body;
    const Reply csv = Report(name + "?format=csv");
    EXPECT_EQ(csv.Header("Content-Type"), "text/csv; charset=utf-8");
    EXPECT_NE(csv.body.find("\r\n"), std::string::npos) << name;
    // One heading, and one line a row: nothing in these rows has a line break.
    std::size_t lines = 0;
    for (const char c : csv.body) lines += c == '\n' ? 1 : 0;
    EXPECT_GE(lines, json.json.elements().size() + 1) << name;
    // What each may see of these is asked row by row.
    const bool by_row = name == "recommendations" || name == "unread";
    EXPECT_EQ(daemon_.Get("reports/" + name, audit_.police).status, by_row ? 200 : 403) << name;
  }
  EXPECT_EQ(Report("weather").status, 404);
  EXPECT_EQ(Report("holds?format=xml").status, 400);
  const Reply police = Report("access-log?agency=POL");
  ASSERT_FALSE(police.json.elements().empty()) << police.body;
  for (const Json& row : police.json.elements()) EXPECT_EQ(row.Text("agency").value(), "POL");
  EXPECT_EQ(Report("access-log?from=2027-01-01").json.elements().size(), 0u);
  // The rules that run are the record, class by class, with what is kept now.
  const Reply processing = Report("processing");
  bool forms = false;
  for (const Json& row : processing.json.elements()) {
    if (row.Text("process").value() != "macfa" || row.Text("class").value() != "FRM") continue;
    forms = true;
    EXPECT_EQ(row.Integer("kept").value(), 1);
    EXPECT_FALSE(row.Text("rule").value().empty());
  }
  EXPECT_TRUE(forms);
}

TEST_F(PeopleAsTheyAre, StatisticsHideWhatIsSmall) {
  const Reply all = Report("statistics");
  ASSERT_FALSE(all.json.elements().empty());
  for (const Json& row : all.json.elements()) {
    EXPECT_TRUE(row.Flag("suppressed").value()) << all.body;
    EXPECT_EQ(row.Find("numerator"), nullptr);
    EXPECT_EQ(row.Find("percent"), nullptr);
  }
}

TEST(CsvCellTest, IsWrittenAsRfc4180HasItAndRunsInNoSpreadsheet) {
  EXPECT_EQ(CsvCell("plain"), "plain");
  EXPECT_EQ(CsvCell("a,b"), "\"a,b\"");
  EXPECT_EQ(CsvCell("say \"so\""), "\"say \"\"so\"\"\"");
  EXPECT_EQ(CsvCell("two\r\nlines"), "\"two\r\nlines\"");
  EXPECT_EQ(CsvCell("=1+1"), "\"'=1+1\"");
  EXPECT_EQ(CsvCell("@SUM(A1)"), "\"'@SUM(A1)\"");
  EXPECT_EQ(CsvCell("-2+3"), "\"'-2+3\"");
  EXPECT_EQ(CsvCell("  +cmd"), "\"'  +cmd\"");
  EXPECT_EQ(CsvCell("\t=1"), "\"'\t=1\"");
  EXPECT_EQ(CsvCell(Json(-5)), "-5");
  EXPECT_EQ(CsvCell(Json()), "");
  EXPECT_EQ(CsvCell(Json(true)), "true");
}

TEST_F(PeopleAsTheyAre, AnAgencyIsFollowedByAnotherAndThePreviewSaysWhatThatMeans) {
  daemon_.AddPerson("heir@new.example", "NEW", "AAC");
  Json wish =
      Json::Object({{"from", "POL"}, {"to", "NEW"}, {"people", Json::Texts({"co@pol.example"})}});
  EXPECT_EQ(daemon_.Post("agencies/succession/preview", daemon_.officer(), wish).status, 403);
  const Reply preview = daemon_.Post("agencies/succession/preview", igo_, wish);
  ASSERT_EQ(preview.status, 200) << preview.body;
  const Json& seat = preview.json.Find("matters")->elements().front();
  EXPECT_EQ(seat.Text("ref").value(), audit_.ref);
  EXPECT_EQ(seat.Text("seat").value(), "goes-over");
  EXPECT_EQ(seat.Integer("documents").value(), 1);
  EXPECT_EQ(daemon_.Post("agencies/succession", igo_, wish).status, 400);  // no reason
  wish.Set("reason", "the forces were merged");
  const Reply done = daemon_.Post("agencies/succession", igo_, wish);
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(done.json.Find("matters")->elements().size(), 1u);
  EXPECT_EQ(done.Text("destruction"), "done");
  EXPECT_EQ(daemon_.Get("documents/" + form_, audit_.police).status, 401);
  const std::string police = daemon_.SignIn("co@pol.example");
  EXPECT_EQ(daemon_.Get("whoami", police).Text("agency"), "NEW");
  EXPECT_EQ(daemon_.Get("documents/" + form_ + "/content", police).body, "police on Adult A");
  EXPECT_EQ(daemon_.Get("documents/" + form_, daemon_.officer()).Text("agency"), "NEW");
  const Reply agencies = daemon_.Get("agencies", police);
  for (const Json& agency : agencies.json.elements()) {
    if (agency.Text("id").value() != "POL") continue;
    EXPECT_EQ(agency.Text("successor").value(), "NEW");
    EXPECT_EQ(agency.Text("reason").value(), "the forces were merged");
  }
  EXPECT_EQ(daemon_.Post("agencies/succession", igo_, wish).status, 409);
}

TEST_F(PeopleAsTheyAre, ARecordForNamedReadersIsNothingToEverybodyElse) {
  daemon_.AddPerson("auditor@pol.example", "POL", "AUD");
  daemon_.Post("matters/" + audit_.id + "/members", daemon_.officer(),
               Json::Object({{"email", "auditor@pol.example"}}));
  Json body =
      Json::Object({{"kind", "connected-person"},
                    {"fields", Json::Object({{"subject", "Adult A"},
                                             {"pseudonym", "A-Neighbour"},
                                             {"relationship", "neighbour and complainant"}})}});
  const std::string records = "matters/" + audit_.id + "/records";
  const Reply added = daemon_.Post(records, audit_.police, body);
  ASSERT_EQ(added.status, 200) << added.body;
  const std::string record = records + "/" + added.Text("id");
  const std::string auditor = daemon_.SignIn("auditor@pol.example");
  const Reply hidden = daemon_.Get(record, auditor);
  const Reply absent = daemon_.Get(records + "/" + std::string(32, '7'), auditor);
  EXPECT_EQ(hidden.status, 404);
  EXPECT_EQ(hidden.body, absent.body);
  EXPECT_EQ(daemon_.Get(records, auditor).json.elements().size(), 0u);
  EXPECT_NE(daemon_.Get(record, audit_.police).body.find("complainant"), std::string::npos);
  const std::string readers = "documents/" + added.Text("id") + "/readers";
  const Json name = Json::Object({{"email", "auditor@pol.example"}});
  EXPECT_EQ(daemon_.Post(readers, audit_.housing, name).status, 404);
  EXPECT_EQ(daemon_.Post(readers, audit_.police, name).status, 200);
  EXPECT_NE(daemon_.Get(record, auditor).body.find("complainant"), std::string::npos);
  EXPECT_EQ(
      daemon_.Post(readers, audit_.police, Json::Object({{"email", "co@frs.example"}})).status,
      400);
  body.Set("readers", Json::Texts({"nobody@pol.example"}));
  EXPECT_EQ(daemon_.Post(records, audit_.police, body).status, 400);
  const Reply who = daemon_.Get("documents/" + added.Text("id") + "/who", igo_);
  EXPECT_NE(who.body.find("auditor@pol.example"), std::string::npos) << who.body;
}

}  // namespace
}  // namespace service
