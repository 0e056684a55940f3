#include "vault/awaited.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace vault {
namespace {

constexpr std::string_view kPerMatter = "matter";
constexpr std::string_view kPerAgency = "agency";
constexpr std::string_view kPerAgencyAndSubject = "agency-and-subject";

// Filed knows what is there by class, agency and subject, and by fewer of them.
class Filed {
 public:
  explicit Filed(std::span<const DocumentRow> live) {
    for (const DocumentRow& row : live) {
      there_.insert({row.class_code, row.owner.text(), row.subject});
      there_.insert({row.class_code, row.owner.text(), std::nullopt});
      there_.insert({row.class_code, "", std::nullopt});
    }
  }
  bool Has(const AwaitedFile& file) const {
    return there_.contains({file.class_code, file.agency, file.subject});
  }

 private:
  std::set<std::tuple<std::string, std::string, std::optional<SubjectId>>> there_;
};

}  // namespace

AwaitedFiles FindAwaited(const ProcessRules& rules, std::span<const InvolvedAgency> involved,
                         std::span<const DocumentRow> live) {
  AwaitedFiles out;
  const Filed filed(live);
  const auto await = [&](AwaitedFile file) {
    ++out.expected;
    if (filed.Has(file)) {
      ++out.filed;
    } else {
      out.missing.push_back(std::move(file));
    }
  };
  std::map<std::string, PartyId> agencies;
  for (const InvolvedAgency& one : involved) agencies.emplace(one.agency, one.party);
  for (const ClassRule& rule : rules.Classes()) {
    if (rule.expected_per == kPerMatter) {
      await({rule.code, std::nullopt, "", std::nullopt, rule.expected_by});
    }
    if (rule.expected_per == kPerAgencyAndSubject) {
      for (const InvolvedAgency& one : involved) {
        await({rule.code, one.party, one.agency, one.subject, rule.expected_by});
      }
    }
    if (rule.expected_per == kPerAgency) {
      for (const auto& [agency, party] : agencies) {
        await({rule.code, party, agency, std::nullopt, rule.expected_by});
      }
    }
  }
  return out;
}

bool IsOwedByAgencies(const ClassRule& rule) {
  return rule.expected_per == kPerAgency || rule.expected_per == kPerAgencyAndSubject;
}

bool IsOver(const ProcessRules& rules, const MatterFacts& facts, const ClassRule& rule) {
  for (const LendingRule& loan : rules.Lending()) {
    if (std::find(rule.lent_by.begin(), rule.lent_by.end(), loan.kind) == rule.lent_by.end()) {
      continue;
    }
    for (const std::string& event : loan.ends_on) {
      if (facts.Has(event)) return true;
    }
  }
  return false;
}

}  // namespace vault
