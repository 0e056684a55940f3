// Ledger: what the people of a history were told, and what they would have to hear if it were not
// so. The judge holds the disk against it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/campaign/standing.h"
#include "tests/support/attack_vault.h"

namespace vault {

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
  };
  struct Document {
    std::string digest;  // SHA-256 of the content, hex
    std::string class_code;
    std::string matter;
  };
  struct Link {
    std::string id;  // hex
    AttackSecrets::Link secret;
    std::string link, fragment;
    VersionName document;
    bool ended = false;
  };
  struct Matter {
    std::vector<std::pair<std::string, std::string>> subjects;  // id in hex, pseudonym
    std::set<std::string> events;
    std::map<std::string, std::int64_t> event_at;
    std::int64_t meeting = 0;
    std::set<std::string> agencies;
  };

  std::map<std::string, Person> people;   // by address
  std::map<std::string, Matter> matters;  // by id in hex
  std::map<VersionName, Document> filed;  // acknowledged
  std::set<std::string> offered;          // digests of contents whose filing was cut short
  std::vector<Link> links;
  std::set<std::pair<std::string, std::string>> members;  // matter, address: acknowledged
  std::map<std::string, std::string> holds;               // id → object, acknowledged and running

  // What was reported ended or destroyed, and never opens again.
  std::set<std::string> dead_loans;
  std::set<std::string> dead_links;
  std::set<VersionName> dead_versions;
  std::set<LoanName> dead_boxes;

  std::int64_t now = 0;  // the true time

  // MayGo says whether a version's time can have come: only longlists go by the clock alone, ten
  // working days after the selection was decided.
  bool MayGo(const std::string& class_code, const std::string& matter) const {
    const auto row = matters.find(matter);
    if (class_code != "LLI" || row == matters.end()) return false;
    const auto at = row->second.event_at.find("SELECTION_DECIDED");
    return at != row->second.event_at.end() && now >= at->second + 12 * 86400;
  }
};

}  // namespace vault
