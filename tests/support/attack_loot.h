// AttackSecrets and AttackLoot: what VaultAttacker is given, and what it comes back with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/attack_register.h"
#include "vault/base/bytes.h"

namespace vault {

// AttackSecrets are what people gave away: knowingly or not.
struct AttackSecrets {
  struct Password {
    std::string email;  // empty: tried on everybody
    std::string password;
  };
  struct Link {
    std::string url;
    std::string pin;
  };
  std::vector<Password> passwords;
  std::vector<Link> links;
  std::vector<Bytes> tokens;  // their secrets
};

// AttackLoot is what the attacker read in clear.
struct AttackLoot {
  using DocumentName = std::pair<std::string, std::uint32_t>;
  std::size_t keys = 0;                         // slots of the tree whose key was found
  std::size_t people = 0;                       // private keys of people
  std::set<LoanName> boxes;                     // in loans
  std::set<std::string> loans;                  // with at least one box opened
  std::set<std::string> links;                  // whose contents opened
  std::map<DocumentName, std::string> content;  // documents, with the SHA-256 of their bytes
  std::set<DocumentName> forms;                 // read out of documents
  std::set<std::string> details;                // of matters and subjects
  std::set<DocumentName> names;                 // files whose name was read, and records
  std::map<DocumentName, std::string> texts;    // those names, and what the records say
  std::set<NamedName> named;                    // opened as somebody's who was named
  std::set<DocumentName> unnamed;               // opened as a party's, a borrower's or a link's
  std::set<std::string> who;                    // the people whose private key was found
  std::set<std::string> tokens;                 // that opened somebody's private key
};

}  // namespace vault
