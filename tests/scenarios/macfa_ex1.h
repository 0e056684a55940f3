// The people, days and acts of the audit MACFA-2026-01 of the worked example, through the API.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/test_daemon.h"

namespace service::macfa_ex1 {

using Texts = std::vector<std::string>;
using Pair = std::pair<std::string, std::string>;  // agency, person

struct Person {
  const char* pseudonym;
  const char* internal;
  const char* born;
  const char* contact;  // one figure an agency: ASC POL PCN MHT ACU HSG FRS
  const char* last_contact;
};
inline const Texts kAgencies = {"ASC", "POL", "PCN", "MHT", "ACU", "HSG", "FRS"};
inline constexpr Person kLonglist[] = {
    {"Adult Alder", "P01", "1951-03-01", "1111111", ""},
    {"Adult Aspen", "P02", "1963-11-01", "1010010", ""},
    {"Adult Beech", "P03", "1947-07-01", "1111011", ""},
    {"Adult Birch", "P04", "1958-01-01", "1010100", ""},
    {"Adult Cedar", "P05", "1970-09-01", "1110110", "2025-11-18"},
    {"Adult Elm", "P06", "1955-05-01", "1111001", "2026-01-20"},
    {"Adult Hazel", "P07", "1980-12-01", "1000010", ""},
    {"Adult Larch", "P08", "1966-02-01", "1011000", ""},
    {"Adult Oak", "P09", "1949-10-01", "1110010", ""},
    {"Adult Rowan", "P10", "1961-06-01", "1010110", ""},
};
inline const Texts kSelected = {"Adult Alder", "Adult Beech", "Adult Elm"};
// Day, agency, person, in the order of days; ACU follows after the release.
struct Filing {
  const char *day, *agency, *person;
};
inline constexpr Filing kFilings[] = {
    {"2026-03-18", "PCN", "Adult Elm"},   {"2026-03-19", "FRS", "Adult Alder"},
    {"2026-03-19", "FRS", "Adult Beech"}, {"2026-03-19", "FRS", "Adult Elm"},
    {"2026-03-20", "POL", "Adult Alder"}, {"2026-03-20", "POL", "Adult Beech"},
    {"2026-03-20", "POL", "Adult Elm"},   {"2026-03-23", "HSG", "Adult Alder"},
    {"2026-03-24", "ASC", "Adult Alder"}, {"2026-03-24", "ASC", "Adult Beech"},
    {"2026-03-24", "ASC", "Adult Elm"},   {"2026-03-25", "MHT", "Adult Alder"},
    {"2026-03-25", "MHT", "Adult Beech"}, {"2026-03-25", "MHT", "Adult Elm"},
    {"2026-03-26", "PCN", "Adult Alder"}, {"2026-03-26", "PCN", "Adult Beech"},
};

inline std::string Escape(std::string text) {
  for (std::size_t at = text.find(' '); at != std::string::npos; at = text.find(' ')) {
    text.replace(at, 1, "%20");
  }
  return text;
}

class MacfaEx1 : public ::testing::Test {
 protected:
  void SetUp() override {
    daemon.clock().Pass(vault::At("2026-01-15T09:00") - daemon.clock().Realtime());
    daemon.StartUnsealed();
    ASSERT_FALSE(HasFatalFailure());
    daemon.AddPerson("igo@unit.example", "unit", "IGO");
    daemon.AddPerson("c.adeyemi@chair.marlshire.example", "unit", "CHR");
    for (const std::string& agency : kAgencies) {
      daemon.AddPerson(Coordinator(agency), agency, "AAC");
    }
  }

  // ---- time and people
  static std::string Coordinator(const std::string& agency) { return "co@" + agency + ".example"; }
  void MoveTo(const std::string& when) {
    daemon.clock().Pass(vault::At(when) - daemon.clock().Realtime());
    daemon.SignInOfficer();
    const std::string today = vault::LondonDay(daemon.clock().Realtime()).ToText();
    const Reply anchored =
        daemon.Post("anchor", daemon.officer(), Json::Object({{"confirm_date", today}}));
    ASSERT_EQ(anchored.status, 200) << anchored.body;
  }
  std::string As(const std::string& agency) { return daemon.SignIn(Coordinator(agency)); }
  std::string Igo() { return daemon.SignIn("igo@unit.example"); }

  // ---- the matter
  Reply Do(const std::string& path, const Json& body) {
    const Reply reply = daemon.Post("matters/" + id + path, daemon.officer(), body);
    EXPECT_EQ(reply.status, 200) << path << ": " << reply.body;
    return reply;
  }
  Texts Warnings(const Reply& reply) {
    const Json* list = reply.json.Find("warnings");
    return list == nullptr ? Texts() : list->AsTexts().value();
  }
  Reply Event(const std::string& name) { return Do("/events", Json::Object({{"event", name}})); }
  std::string Record(const std::string& kind, const Json& fields) {
    return Do("/records", Json::Object({{"kind", kind}, {"fields", fields}})).Text("id");
  }
  void SetField(const std::string& record, const Json& fields) {
    Do("/records/" + record, Json::Object({{"fields", fields}}));
  }
  Reply Look(const std::string& path) {
    const Reply reply = daemon.Get("matters/" + id + path, daemon.officer());
    EXPECT_EQ(reply.status, 200) << path << ": " << reply.body;
    return reply;
  }
  static std::string Member(const Json& object, std::string_view name) {
    const Json* value = object.Find(name);
    if (value == nullptr) return "";
    const auto text = value->AsText();
    return text.ok() ? text.value() : "";
  }
  std::string DueOf(const std::string& due) {
    const Reply reply = Look("/due");
    for (const Json& item : reply.json.elements()) {
      if (Member(item, "id") == due) return Member(item, "due");
    }
    return "no such due day";
  }
  // Missing gives the forms that are awaited, and in which state.
  std::map<Pair, std::string> MissingForms() {
    std::map<Pair, std::string> out;
    const Reply reply = Look("/missing");
    const Json* list = reply.json.Find("missing");
    if (list == nullptr) return out;
    for (const Json& item : list->elements()) {
      if (Member(item, "class") != "FRM") continue;
      out[{Member(item, "agency"), Member(item, "subject")}] = Member(item, "state");
    }
    return out;
  }
  std::string File(const std::string& agency, const std::string& person) {
    const Reply filed =
        daemon.File("matter=" + id + "&class=FRM&subject=" + Escape(person) + "&name=form.txt",
                    As(agency), "form of " + agency + " on " + person);
    EXPECT_EQ(filed.status, 200) << agency << " " << person << ": " << filed.body;
    forms[{agency, person}] = filed.Text("id");
    return filed.Text("id");
  }
  // Opens gives the forms whose content a co-ordinator gets now.
  std::set<Pair> Opens(const std::string& agency) {
    const std::string session = As(agency);
    std::set<Pair> out;
    for (const auto& [pair, form] : forms) {
      const Reply reply = daemon.Get("documents/" + form + "/content", session);
      if (reply.status != 200) continue;
      EXPECT_EQ(reply.body, "form of " + pair.first + " on " + pair.second);
      out.insert(pair);
    }
    return out;
  }
  std::set<Pair> FormsAbout(const Texts& people) {
    std::set<Pair> out;
    for (const auto& [pair, form] : forms) {
      if (std::find(people.begin(), people.end(), pair.second) != people.end()) out.insert(pair);
    }
    return out;
  }
  Json Sweep() {
    const Reply swept = daemon.Post("sweep", daemon.officer(), Json::Object());
    EXPECT_EQ(swept.status, 200) << swept.body;
    return swept.json;
  }
  // Ids of the documents in one list of a sweep.
  static std::set<std::string> In(const Json& sweep, std::string_view list, std::string_view kind) {
    std::set<std::string> out;
    const Json* items = sweep.Find(list);
    if (items == nullptr) return out;
    for (const Json& item : items->elements()) {
      if (Member(item, "kind") == kind) out.insert(Member(item, "id"));
    }
    return out;
  }
  Reply Explain(const std::string& document) {
    const Reply reply = daemon.Get("documents/" + document + "/explain", daemon.officer());
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply;
  }
  std::string Hold(const std::string& person, const std::string& reason) {
    const Reply placed = daemon.Post(
        "holds", Igo(),
        Json::Object({{"subject", person}, {"reason", reason}, {"review", "2027-12-01"}}));
    EXPECT_EQ(placed.status, 200) << placed.body;
    return placed.Text("id");
  }
  void Release(const std::string& hold) {
    const Reply released = daemon.Post("holds/" + hold + "/release", Igo(),
                                       Json::Object({{"reason", "answered and closed"}}));
    EXPECT_EQ(released.status, 200) << released.body;
  }
  // SubjectsOf gives whom the records of a kind are about.
  std::set<std::string> SubjectsOf(const std::string& kind) {
    std::set<std::string> out;
    const Reply list = Look("/records?kind=" + kind);
    for (const Json& row : list.json.elements()) out.insert(Member(row, "subject"));
    return out;
  }
  std::set<std::string> FormIds(const std::string& person) {
    std::set<std::string> out;
    for (const auto& [pair, form] : forms) {
      if (pair.second == person) out.insert(form);
    }
    return out;
  }

  // ---- the parts of the story
  void Longlist();
  void Selection();
  void Forms();
  void Meeting();

  TestDaemon daemon;
  std::string id;
  std::map<Pair, std::string> forms;
};

inline void MacfaEx1::Longlist() {
  const Reply matter = daemon.Post(
      "matters", daemon.officer(),
      Json::Object({{"template", "macfa"},
                    {"title", "Self-neglect and hoarding"},
                    {"meeting", "2026-04-09T09:30"},
                    {"group", "Adult Safeguarding and Protection Practice Oversight"}}));
  ASSERT_EQ(matter.status, 200) << matter.body;
  id = matter.Text("id");
  EXPECT_EQ(matter.Text("ref"), "MACFA-2026-01");
  Event("THEME_AGREED");
  Record("theme", Json::Object({{"group", "Adult Safeguarding and Protection Practice Oversight"},
                                {"financial-year", "2026/27"},
                                {"theme", "Self-neglect and hoarding"},
                                {"need", "BP-A3 Reduce repeat self-neglect concerns"}}));
  for (const std::string& agency : kAgencies) {
    Do("/members", Json::Object({{"email", Coordinator(agency)}}));
  }
  Do("/members",
     Json::Object({{"email", "c.adeyemi@chair.marlshire.example"}, {"compartment", "chair"}}));

  MoveTo("2026-01-22T10:00");
  Event("LONGLIST_RECEIVED");
  for (const Person& person : kLonglist) {
    Do("/subjects", Json::Object({{"pseudonym", person.pseudonym}, {"born", person.born}}));
    Record("longlist", Json::Object({{"person", person.pseudonym}, {"agency", "ASC"}}));
  }
  // Ten is the most there may be.
  const Reply eleventh = daemon.Post("matters/" + id + "/subjects", daemon.officer(),
                                     Json::Object({{"pseudonym", "Adult Yew"}}));
  EXPECT_EQ(eleventh.status, 409) << eleventh.body;
}

inline void MacfaEx1::Selection() {
  MoveTo("2026-01-26T10:00");
  Event("CONTACT_CHECK_SENT");
  EXPECT_EQ(DueOf("contact-check-reply"), "2026-02-09");
  for (const Person& person : kLonglist) {
    for (std::size_t i = 0; i < kAgencies.size(); ++i) {
      if (person.contact[i] != '1') continue;
      Json fields = Json::Object({{"person", person.pseudonym},
                                  {"agency", kAgencies[i]},
                                  {"due", "2026-02-09"},
                                  {"contact", "yes"}});
      if (*person.last_contact != '\0') fields.Set("last-contact", person.last_contact);
      Record("contact-check", fields);
    }
  }
  MoveTo("2026-02-12T10:00");
  const Reply ranking = Look("/rankings/widest-involvement");
  Texts order;
  Texts chosen;
  for (const Json& row : ranking.json.Find("list")->elements()) {
    order.push_back(Member(row, "subject"));
    if (row.Flag("chosen").value()) chosen.push_back(order.back());
  }
  ASSERT_GE(order.size(), 4u);
  order.resize(4);
  EXPECT_EQ(order, (Texts{"Adult Alder", "Adult Beech", "Adult Elm", "Adult Cedar"}));
  EXPECT_EQ(chosen, kSelected);
  Texts tied = ranking.json.TextList("tied").value();
  std::sort(tied.begin(), tied.end());
  EXPECT_EQ(tied, (Texts{"Adult Cedar", "Adult Elm"}));
  EXPECT_TRUE(ranking.json.Flag("settled").value());
  int rank = 1;
  for (const std::string& person : order) {
    // Who was not selected is not named in what is kept.
    if (std::find(chosen.begin(), chosen.end(), person) == chosen.end()) continue;
    Json fields = Json::Object({{"person", person},
                                {"rank", std::to_string(rank)},
                                {"agencies", rank == 1   ? "7"
                                             : rank == 2 ? "6"
                                                         : "5"},
                                {"selected", "yes"},
                                {"decided-by", "c.adeyemi@chair.marlshire.example"}});
    if (rank >= 3) fields.Set("tie-break", "most recent contact");
    Record("selection", fields);
    ++rank;
  }
  EXPECT_EQ(Warnings(Event("SELECTION_DECIDED")), Texts());
  std::size_t expected = 0;
  for (const Person& person : kLonglist) {
    if (std::find(kSelected.begin(), kSelected.end(), person.pseudonym) == kSelected.end()) {
      continue;
    }
    for (std::size_t i = 0; i < kAgencies.size(); ++i) {
      if (person.contact[i] != '1') continue;
      Do("/involvements", Json::Object({{"subject", person.pseudonym}, {"agency", kAgencies[i]}}));
      ++expected;
    }
  }
  EXPECT_EQ(expected, 18u);
}

inline void MacfaEx1::Forms() {
  std::string day;
  for (const Filing& filing : kFilings) {
    if (day != filing.day) {
      day = filing.day;
      MoveTo(day + "T11:00");
      if (day == "2026-03-19") {
        const Reply back =
            daemon.Post("documents/" + forms[{"PCN", "Adult Elm"}] + "/return", daemon.officer(),
                        Json::Object({{"reason", "contains a letter of another agency"}}));
        EXPECT_EQ(back.status, 200) << back.body;
        EXPECT_EQ(MissingForms().count({"PCN", "Adult Elm"}), 1u);
      }
      if (day == "2026-03-23") {
        const std::string first = forms[{"PCN", "Adult Elm"}];
        EXPECT_EQ(File("PCN", "Adult Elm"), first);
        EXPECT_EQ(MissingForms().count({"PCN", "Adult Elm"}), 0u);
      }
    }
    File(filing.agency, filing.person);
  }
}

inline void MacfaEx1::Meeting() {
  MoveTo("2026-04-09T09:30");
  Event("MEETING_STARTED");
  const Reply agenda = Look("/agenda");
  Texts slots;
  for (const Json& item : agenda.json.elements()) {
    slots.push_back(Member(item, "from").substr(11, 5) + " " + Member(item, "what"));
  }
  EXPECT_EQ(slots, (Texts{"09:30 opening", "09:45 Adult Alder", "10:30 Adult Beech", "11:15 break",
                          "11:30 Adult Elm", "12:15 closing"}));
  for (const std::string& agency : kAgencies) {
    Record("attendance", Json::Object({{"agency", agency},
                                       {"name", Coordinator(agency)},
                                       {"as", agency == "ACU" ? "apologies" : "present"}}));
  }
  MoveTo("2026-04-09T12:30");
  EXPECT_EQ(Warnings(Event("MEETING_CLOSED")), Texts());
}

}  // namespace service::macfa_ex1
