// Awaited: what a process expects to be filed in a matter, and what of it is not there.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vault/base/rules.h"
#include "vault/document_rows.h"

namespace vault {

// InvolvedAgency is one agency's involvement with one subject of a matter.
struct InvolvedAgency {
  PartyId party;
  std::string agency;  // what its documents are filed under
  SubjectId subject;
};

// AwaitedFile is one document that is expected and not there.
struct AwaitedFile {
  std::string class_code;
  std::optional<PartyId> party;  // who owes it; none: the matter as a whole
  std::string agency;            // of that party; empty: none
  std::optional<SubjectId> subject;
  std::string due_item;  // the template's name of the day it is awaited by; empty: no day
};

struct AwaitedFiles {
  std::uint64_t expected = 0;
  std::uint64_t filed = 0;
  std::vector<AwaitedFile> missing;  // class by class, as the template lists them
};

// FindAwaited compares a template's classes with what is there. live: the matter's files, without
// those returned to their author or filed wrongly.
AwaitedFiles FindAwaited(const ProcessRules& rules, std::span<const InvolvedAgency> involved,
                         std::span<const DocumentRow> live);
// IsOwedByAgencies says whether a class is awaited from each agency, of whatever number.
bool IsOwedByAgencies(const ClassRule& rule);
// IsOver says whether nobody is to read a class any more because the event that ends its loans has
// happened: what is missing then is missed by nobody.
bool IsOver(const ProcessRules& rules, const MatterFacts& facts, const ClassRule& rule);

}  // namespace vault
