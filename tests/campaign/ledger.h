// Ledger: what the people of a history were told, and what they would have to hear if it were not
// so. The judge holds the disk against it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/campaign/standing.h"
#include "tests/support/attack_vault.h"
#include "vault/base/civil.h"

namespace vault {

// kNamedClass is the class whose records and files are sealed to people by name.
inline constexpr std::string_view kNamedClass = "KEY";

struct Ledger {
  struct Person {
    std::string id;  // hex, once it is known
    std::string agency;
    std::string role;
    std::string password;               // the one that works
    std::set<std::string> retired;      // that no longer may
    std::optional<std::string> coming;  // given in an act whose outcome nobody was told yet
    std::set<std::string> tried;        // given in acts that came to nothing
    bool live = true;
    bool maybe = false;   // an act to add the person was cut short
    bool ending = false;  // an act to end the person was cut short
    bool reset = false;   // what is coming comes with a key pair of its own
    // A first password that was made up ends by itself, and is good for choosing another.
    std::optional<std::int64_t> invited_until;
    bool doubtful = false;      // after a restore: what is true of them is to be found out
    bool locked = false;        // without a password, until somebody gives one
    std::uint64_t touched = 0;  // how often the key may have been re-made
    // Secrets by which programs act for the person, with their ends; those that ended; and those
    // whose end was cut short.
    std::map<Bytes, std::int64_t> tokens;
    std::set<Bytes> ended_tokens, doubtful_tokens;
  };
  struct Document {
    std::string digest;  // SHA-256 of the content, hex
    std::string class_code;
    std::string matter;
    std::string subject;  // hex, or empty
    std::int64_t filed = 0;
    std::string kind = {};   // of a record; empty: a file
    std::string words = {};  // that a record says
  };
  // Succession is one agency taking another one's place.
  struct Succession {
    std::string from, to;
    std::vector<std::string> going_over, ending;  // addresses
    std::set<std::string> renamed;                // matters where the seat becomes the heir's
  };
  struct Link {
    std::string id;  // hex
    AttackSecrets::Link secret;
    std::string link, fragment;
    bool lost = false;  // made after the backup that a restore brought
  };
  struct Matter {
    std::vector<std::pair<std::string, std::string>> subjects;  // id in hex, pseudonym
    std::set<std::string> events;
    std::int64_t meeting = 0;
    std::set<std::string> agencies;
  };

  static Person NewPerson(std::string_view agency, std::string_view role,
                          const std::string& password) {
    Person person;
    person.agency = agency;
    person.role = role;
    person.password = password;
    return person;
  }

  std::map<std::string, Person> people;   // by address
  std::map<std::string, Matter> matters;  // by id in hex
  std::map<VersionName, Document> filed;  // acknowledged
  std::set<std::string> offered;          // digests of contents whose filing was cut short
  std::vector<Link> links;
  std::set<std::pair<std::string, std::string>> members;  // matter, address: acknowledged
  // In whose seat a member sits; several: an act was cut short that might have changed it.
  std::map<std::pair<std::string, std::string>, std::set<std::string>> seats;
  std::set<std::string> agencies;                         // that run, the unit apart
  std::map<std::string, std::string> heirs;               // of agencies that ended
  std::optional<Succession> succession = {};              // whose outcome nobody was told yet
  std::set<std::pair<std::string, std::string>> renamed;  // matter, agency that is there no more
  std::map<std::string, std::string> holds;               // id → object, acknowledged and running
  std::map<std::string, std::set<VersionName>>
      gone_before;  // by hold: destroyed when it was placed
  // Placed after the backup that a restore brought: some hold on the object has to run.
  std::set<std::string> found_holds;
  std::map<std::string, std::string> agencies_of_lost;  // address → agency, of people who were lost
  std::vector<AttackSecrets::Password> lost_passwords;  // theirs, which may open what lives
  std::vector<AttackSecrets::Password> lost_retired;    // and these, which may not
  std::map<VersionName, Document> lost;                 // filed after that backup: to be recovered
  // What two people approved, or began to: object in hex.
  std::set<std::string> approved;

  // What was reported ended or destroyed, and never opens again.
  std::set<std::string> dead_loans;
  std::set<std::string> dead_links;
  std::set<VersionName> dead_versions;
  std::set<VersionName> weighed_versions;  // of them, those whose destruction was judged
  std::set<std::string> dead_details;      // of subjects and matters
  std::set<LoanName> dead_boxes;
  std::set<NamedName> dead_named;       // of readers who ended, or who got a new key pair
  std::set<VersionName> ended_orphans;  // or begun to be: by two people, without a row

  // What is sealed to people by name, as far as anybody was told; what was, in a register that was
  // lost; and everybody who was ever to be named: ids in hex. The unit's officers are named by the
  // class.
  std::set<NamedName> named, lost_named;
  std::set<std::string> readers;
  std::set<std::string> said;  // words of records, offered

  std::int64_t now = 0;  // the true time

  // When an event may have happened first, whether or not anybody was told: matter or document,
  // event.
  std::map<std::pair<std::string, std::string>, std::int64_t> event_at;

  // MayGo says whether a version's time can have come, under the rules of the template: longlists
  // (ours are about nobody who was selected), draft minutes and transport mail go by the clock
  // alone, forms and what is for named readers when two people approved, and so does a longlist
  // where nobody decided a selection. What happened to a document alone counts as if it were the
  // matter's.
  bool MayGo(const VersionName& name, const std::string& class_code,
             const std::string& matter) const {
    if (ended_orphans.contains(name)) return true;
    const auto since = [&](const char* event, const auto& end) {
      for (const std::string& whose : {matter, name.first}) {
        const auto at = event_at.find({whose, event});
        if (at != event_at.end() && now >= end(at->second)) return true;
      }
      return false;
    };
    const auto year = [](std::int64_t at) { return LondonMidnight(LondonDay(at).PlusMonths(12)); };
    const auto at_once = [](std::int64_t at) { return at; };
    const auto ten_days = [](std::int64_t at) { return AfterWorkingDays(at, 10); };
    const bool by_people = approved.contains(name.first) && since("REPORT_APPROVED", year);
    if (class_code == "LLI") return by_people || since("SELECTION_DECIDED", ten_days);
    if (class_code == "DRM") return since("MINUTES_APPROVED", at_once);
    if (class_code == "FRM" || class_code == kNamedClass) return by_people;
    if (class_code != "EML") return false;
    // Whoever was not told of a filing does not know its day.
    const auto document = filed.find(name);
    return document == filed.end() || now >= AfterWorkingDays(document->second.filed, 5);
  }

  // AfterWorkingDays is the first moment of the day that comes so many working days later. The day
  // that it counts from is day 0, whichever it is (POLICY.md, "Due days"), so that five of them are
  // a week from a Friday and not five days from a Sunday. Bank holidays only make it later.
  static std::int64_t AfterWorkingDays(std::int64_t from, int count) {
    Day day = LondonDay(from);
    while (count > 0) {
      day = day.Plus(1);
      constexpr unsigned kSunday = 0;
      constexpr unsigned kSaturday = 6;
      if (day.weekday() != kSunday && day.weekday() != kSaturday) --count;
    }
    return LondonMidnight(day);
  }
};

}  // namespace vault
