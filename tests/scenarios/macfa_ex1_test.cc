// The audit MACFA-2026-01 of the worked example, day by day, through the API: what its expected
// results say, written down from the example and not from the program.
//
// clang-format off
// row of the expected results      asserted in
// forms expected                   Selection: 18 involvements; MissingForms: 18 after it
// forms window                     forms-issue-earliest, -latest; FORMS_ISSUED warns of nothing
// pack due, and clear days         pack-released; ClearDaysAndPacksForAll
// in the pack on 2 April           17 of 18, the hospital's awaited; on 7 April it joins the open pack
// late                             MissingForms on 27 March: Fenbrook on P03, the hospital on P01
// Fenbrook's co-ordinator in P4    Opens: P01 and P03; at `all`: PacksForAll, in the vault's
// the hospital in P4               Opens: P01 only
// fire and rescue on 10 April      Opens: its own three
// sweep on 26 February             rows and replies about the seven go, about the three they stay
//                                  with the forms; the seven's details go by two people, counted
// Alder-Neighbour                  a record for named readers: 404 for everybody else; no export yet
// sweep on 15 April, the order     nothing destroyed or proposed; what was lent had ended on 9 April
// PCN and ACU on 14 April          not built yet: attestations
// subject access clock             subject-access, -extension, -limit; extension and answer warn of nothing
// attestation                      deletion-attested, -escalated; who is late: not built yet
// impact sent and due back         impact-sent, -returned; overdue PCN, late ACU
// master forms P01, P03, P06       explain; the sweeps of 21 and 22 May 2027, with a hold and without
// report                           explain: 22 May 2032
// clang-format on
#include "tests/scenarios/macfa_ex1.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "policies/process_template.h"

namespace service::macfa_ex1 {
namespace {

TEST_F(MacfaEx1, EveryExpectedResultHolds) {
  ASSERT_NO_FATAL_FAILURE(Longlist());
  ASSERT_NO_FATAL_FAILURE(Selection());

  // Forms expected; the window; the sweep of the longlist.
  EXPECT_EQ(MissingForms().size(), 18u);
  EXPECT_EQ(DueOf("forms-issue-earliest"), "2026-02-26");
  EXPECT_EQ(DueOf("forms-issue-latest"), "2026-03-05");
  EXPECT_EQ(DueOf("pack-released"), "2026-04-02");
  MoveTo("2026-02-25T10:00");
  EXPECT_TRUE(In(Sweep(), "destroyed", "document").empty());
  EXPECT_EQ(Look("/records?kind=longlist").json.elements().size(), 10u);
  MoveTo("2026-02-26T10:00");
  // Seven people's rows and the 24 replies about them: no more than the clock alone may end.
  Json swept = Sweep();
  EXPECT_EQ(In(swept, "destroyed", "document").size(), 31u);
  EXPECT_EQ(SubjectsOf("longlist"), std::set<std::string>(kSelected.begin(), kSelected.end()));
  EXPECT_EQ(Look("/records?kind=longlist").json.elements().size(), 3u);
  EXPECT_EQ(SubjectsOf("contact-check"), std::set<std::string>(kSelected.begin(), kSelected.end()));
  EXPECT_EQ(Look("/records?kind=contact-check").json.elements().size(), 18u);
  // The details of the seven go with two people's names to it, and the count stays.
  swept = Sweep();
  const Reply disposals = daemon.Get("disposals", daemon.officer());
  std::vector<std::string> proposals;
  std::int64_t seven = 0;
  for (const Json& row : disposals.json.elements()) {
    if (Member(row, "rule") != "SUBJECT" || Member(row, "state") != "proposed") continue;
    proposals.push_back(Member(row, "id"));
    seven += row.Integer("objects").value();
  }
  EXPECT_EQ(seven, 7);
  for (const std::string& who : {daemon.officer(), Igo()}) {
    const Reply approved =
        daemon.Post("disposals/approve", who, Json::Object({{"ids", Json::Texts(proposals)}}));
    EXPECT_EQ(approved.status, 200) << approved.body;
  }
  Texts left;
  const Reply shown = Look("");
  for (const Json& subject : shown.json.Find("subjects")->elements()) {
    left.push_back(Member(subject, "pseudonym"));
  }
  EXPECT_EQ(left, kSelected);

  MoveTo("2026-02-27T10:00");
  EXPECT_EQ(Warnings(Event("FORMS_ISSUED")), Texts());  // inside the window
  ASSERT_NO_FATAL_FAILURE(Forms());

  // Late: Fenbrook on Beech and the hospital on Alder.
  MoveTo("2026-03-27T09:00");
  Sweep();
  EXPECT_EQ(DueOf("submission-deadline"), "2026-03-26");
  EXPECT_EQ(MissingForms(), (std::map<Pair, std::string>{{{"ACU", "Adult Alder"}, "late"},
                                                         {{"HSG", "Adult Beech"}, "late"}}));
  MoveTo("2026-03-30T09:00");
  File("HSG", "Adult Beech");

  // The neighbour who complained: to whom Fenbrook names, and to nobody else.
  const Reply neighbour = daemon.Post(
      "matters/" + id + "/records", As("HSG"),
      Json::Object({{"kind", "connected-person"},
                    {"fields", Json::Object({{"subject", "Adult Alder"},
                                             {"pseudonym", "Alder-Neighbour"},
                                             {"relationship", "neighbour and complainant"},
                                             {"third-party-risk", "yes"}})}}));
  ASSERT_EQ(neighbour.status, 200) << neighbour.body;
  const std::string neighbours = "matters/" + id + "/records/" + neighbour.Text("id");
  EXPECT_NE(daemon.Get(neighbours, As("HSG")).body.find("complainant"), std::string::npos);
  for (const std::string agency : {"ASC", "POL", "FRS"}) {
    EXPECT_EQ(daemon.Get(neighbours, As(agency)).status, 404) << agency;
  }
  EXPECT_EQ(daemon.Get(neighbours, Igo()).status, 404);

  // The pack on 2 April: seventeen of eighteen.
  MoveTo("2026-04-01T23:00");
  Sweep();
  EXPECT_EQ(Opens("HSG").size(), 2u);
  MoveTo("2026-04-02T09:00");
  Sweep();
  EXPECT_EQ(MissingForms(), (std::map<Pair, std::string>{{{"ACU", "Adult Alder"}, "late"}}));
  EXPECT_EQ(forms.size(), 17u);
  EXPECT_EQ(Opens("HSG"), FormsAbout({"Adult Alder", "Adult Beech"}));
  EXPECT_EQ(Opens("ACU"), FormsAbout({"Adult Alder"}));
  // The late form joins the pack that is open.
  MoveTo("2026-04-07T10:00");
  File("ACU", "Adult Alder");
  EXPECT_EQ(Opens("HSG"), FormsAbout({"Adult Alder", "Adult Beech"}));
  EXPECT_TRUE(MissingForms().empty());

  ASSERT_NO_FATAL_FAILURE(Meeting());
  EXPECT_EQ(DueOf("deletion-attested"), "2026-04-16");
  EXPECT_EQ(DueOf("deletion-escalated"), "2026-04-23");
  MoveTo("2026-04-10T09:00");
  EXPECT_EQ(Opens("FRS"),
            (std::set<Pair>{{"FRS", "Adult Alder"}, {"FRS", "Adult Beech"}, {"FRS", "Adult Elm"}}));
  // What was lent had ended on 9 April, before anybody asked for their data.
  std::size_t ended = 0;
  const Reply ends = daemon.Get("disposals", daemon.officer());
  for (const Json& row : ends.json.elements()) {
    if (Member(row, "trigger") != "MEETING_CLOSED") continue;
    EXPECT_EQ(Member(row, "rule"), "RC-01");
    EXPECT_EQ(Member(row, "done").substr(0, 10), "2026-04-09");
    ended += static_cast<std::size_t>(row.Integer("objects").value());
  }
  // Eighteen packs, seven briefs, and the chair's three packs.
  EXPECT_EQ(ended, 28u);

  // The subject access request.
  MoveTo("2026-04-14T10:00");
  const Reply received = Do(
      "/events", Json::Object({{"event", "SUBJECT_ACCESS_RECEIVED"}, {"subject", "Adult Alder"}}));
  EXPECT_EQ(Warnings(received), Texts());
  EXPECT_EQ(DueOf("subject-access"), "2026-05-14");
  EXPECT_EQ(DueOf("subject-access-extension"), "2026-05-14");
  // Nobody places the hold: it came with the request, on what concerns them alone.
  ASSERT_NE(received.json.Find("hold"), nullptr) << received.body;
  const Json& placed = *received.json.Find("hold");
  const std::string request = Member(placed, "id");
  EXPECT_EQ(Member(placed, "kind"), "subject");
  EXPECT_EQ(Member(placed, "object"), "Adult Alder");
  EXPECT_EQ(Member(placed, "review"), "2026-07-14");
  EXPECT_EQ(Explain(forms[{"MHT", "Adult Alder"}]).json.Find("holds")->elements().size(), 1u);
  EXPECT_EQ(Explain(forms[{"MHT", "Adult Beech"}]).json.Find("holds")->elements().size(), 0u);
  MoveTo("2026-04-15T10:00");
  swept = Sweep();
  EXPECT_TRUE(In(swept, "destroyed", "document").empty());
  EXPECT_TRUE(In(swept, "proposed", "document").empty());

  MoveTo("2026-05-02T10:00");
  const std::string death = Hold("Adult Elm", "safeguarding adults review, coroner");
  // Inside the month the person is told that it takes longer.
  MoveTo("2026-05-11T10:00");
  EXPECT_EQ(Warnings(Event("SUBJECT_ACCESS_EXTENDED")), Texts());
  EXPECT_EQ(DueOf("subject-access-limit"), "2026-07-14");
  MoveTo("2026-05-22T10:00");
  const Reply report =
      daemon.File("matter=" + id + "&class=REP&name=report.txt", daemon.officer(), "the report");
  ASSERT_EQ(report.status, 200) << report.body;
  Event("REPORT_APPROVED");
  // Each involved agency reads the report, and the other agencies' forms no more.
  EXPECT_EQ(daemon.Get("documents/" + report.Text("id") + "/content", As("FRS")).body,
            "the report");
  EXPECT_EQ(Opens("FRS").size(), 3u);
  MoveTo("2026-06-03T10:00");
  EXPECT_EQ(Warnings(Event("SUBJECT_ACCESS_ANSWERED")), Texts());
  // The answer releases nothing: a person does.
  EXPECT_EQ(Explain(forms[{"MHT", "Adult Alder"}]).json.Find("holds")->elements().size(), 1u);
  Release(request);
  EXPECT_EQ(Explain(forms[{"MHT", "Adult Alder"}]).json.Find("holds")->elements().size(), 0u);
  MoveTo("2026-06-11T10:00");
  Event("PRESENTED");

  // Impact: sent in time, and who owes an answer.
  EXPECT_EQ(DueOf("impact-sent"), "2026-07-09");
  MoveTo("2026-07-09T10:00");
  EXPECT_EQ(Warnings(Event("IMPACT_SENT")), Texts());
  EXPECT_EQ(DueOf("impact-returned"), "2026-07-30");
  const std::map<std::string, std::string> returned = {
      {"ASC", "2026-07-24"}, {"POL", "2026-07-28"}, {"PCN", ""},          {"MHT", "2026-07-30"},
      {"ACU", "2026-08-11"}, {"HSG", "2026-07-20"}, {"FRS", "2026-07-15"}};
  std::map<std::string, std::string> records;
  for (const auto& [agency, when] : returned) {
    records[agency] =
        Record("impact-return",
               Json::Object({{"agency", agency}, {"action", "A1"}, {"due", "2026-07-30"}}));
  }
  MoveTo("2026-07-31T10:00");
  for (const auto& [agency, when] : returned) {
    if (when.empty() || when > "2026-07-31") continue;
    SetField(records[agency], Json::Object({{"returned", when}}));
  }
  const auto in_state = [&](std::string_view state) {
    std::set<std::string> out;
    const Reply list = Look("/records?kind=impact-return");
    for (const Json& row : list.json.elements()) {
      if (Member(row, "state") == state) out.insert(Member(row, "agency"));
    }
    return out;
  };
  EXPECT_EQ(in_state("overdue"), (std::set<std::string>{"ACU", "PCN"}));
  MoveTo("2026-08-11T10:00");
  SetField(records["ACU"], Json::Object({{"returned", "2026-08-11"}}));
  EXPECT_EQ(in_state("overdue"), (std::set<std::string>{"PCN"}));
  EXPECT_EQ(in_state("late"), (std::set<std::string>{"ACU"}));

  // Master forms, the hold that ended and one that did not, the report.
  for (const std::string& person : kSelected) {
    const Reply plain = Explain(*FormIds(person).begin());
    EXPECT_EQ(plain.Text("due").substr(0, 10), "2027-05-22") << person << plain.body;
  }
  const Reply held = Explain(forms[{"MHT", "Adult Elm"}]);
  EXPECT_EQ(held.json.Find("holds")->elements().size(), 1u) << held.body;
  EXPECT_EQ(Explain(report.Text("id")).Text("due").substr(0, 10), "2032-05-22");
  MoveTo("2027-02-26T10:00");
  Release(death);
  MoveTo("2027-05-21T20:00");
  EXPECT_TRUE(In(Sweep(), "proposed", "document").empty());
  MoveTo("2027-05-22T10:00");  // a Saturday: retention does not roll
  const std::string inquest = Hold("Adult Elm", "inquest");
  swept = Sweep();
  const auto contains = [](const std::set<std::string>& all, const std::set<std::string>& part) {
    return std::includes(all.begin(), all.end(), part.begin(), part.end());
  };
  EXPECT_TRUE(contains(In(swept, "proposed", "document"), FormIds("Adult Alder")));
  EXPECT_TRUE(contains(In(swept, "proposed", "document"), FormIds("Adult Beech")));
  EXPECT_TRUE(contains(In(swept, "blocked", "document"), FormIds("Adult Elm")));
  EXPECT_TRUE(In(swept, "destroyed", "document").empty());
  Release(inquest);
  EXPECT_TRUE(contains(In(Sweep(), "proposed", "document"), FormIds("Adult Elm")));
}

// What an option of the template would change: three clear days, and every pack to everybody.
TEST(MacfaEx1Options, ClearDaysAndPacksForAll) {
  auto calendars = vault::ShippedRules();
  std::ifstream file(std::string(STRONGROOM_SOURCE_DIR) + "/policies/templates/macfa.xml");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto change = [&](const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  };
  change("count=\"exclude-event-day\"", "count=\"clear-days\"");
  change("pack-scope=\"inv\"", "pack-scope=\"all\"");
  auto parsed = policies::ProcessTemplate::Parse(text, calendars->calendars(), "");
  ASSERT_TRUE(parsed.ok());
  vault::MatterFacts facts;
  facts.meeting = vault::At("2026-04-09T09:30");
  const std::vector<vault::DueItem> items = parsed.value()->Due(facts);
  const auto pack = std::find_if(items.begin(), items.end(), [](const vault::DueItem& item) {
    return item.id == "pack-released";
  });
  ASSERT_NE(pack, items.end());
  EXPECT_EQ(pack->due->ToText(), "2026-04-01");
  facts.events = {{"PACK_RELEASED", vault::At("2026-04-01")}};
  vault::ReadingFacts housing{{"AAC"}, "FRM", vault::Relation::kUninvolved, true, true};
  EXPECT_EQ(parsed.value()->Read(facts, housing).code, vault::ReadingCode::kAll);
}

}  // namespace
}  // namespace service::macfa_ex1
