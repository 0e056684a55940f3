// Deadlines: when each thing falls due, by the rules, kept in two places that must agree: an index
// of days in the register, and the exact moment in the thing's own entry of the key tree.
//
// The register's index makes a sweep as cheap as what is due. The tree's deadlines make it possible
// without a register, and show when the register has lost or hidden a row.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vault/core.h"
#include "vault/deletion_debt.h"
#include "vault/document_rows.h"
#include "vault/matter_rows.h"

namespace vault {

// kNoDueDay stands for "weighed, and no day yet"; an empty column for "not weighed since".
inline constexpr std::int32_t kNoDueDay = INT32_MAX;

// OwnFacts is what the register knows of one document beside its rows.
struct OwnFacts {
  std::optional<Day> born;               // of its subject: the quarter's last day
  std::optional<UnixSeconds> misfiled;   // when it was said to be filed wrongly
  bool involved = false;                 // an agency is, or was, involved with its subject
  std::vector<MatterEvent> events = {};  // of this document alone
};

class Deadlines {
 public:
  Deadlines(Core& core, MatterRows& matters) : core_(core), matters_(matters) {}

  // Refresh weighs the matters in which something happened or was filed since they were weighed.
  // The tree's deadlines move before the register's.    Errors: kUnavailable.
  Status Refresh();
  // RefreshAll weighs every matter: rules may have changed, or a row may have been edited.
  Status RefreshAll();
  // Compare reads the whole tree and gives what is due there while no live row names its slot.
  Result<std::vector<DeletionDebt::Key>> Compare();

  // FactsOf is what the rules are told of one document version; held and approved are not set.
  // own: of the document alone (OwnFactsOf).
  static RetentionFacts FactsOf(const DocumentRow& document, const VersionRow& version,
                                const std::vector<VersionRow>& versions, const OwnFacts& own);
  // OwnFactsOf asks the register for what the rules are told of one document alone.
  static Result<OwnFacts> OwnFactsOf(MatterRows& matters, const MatterRow& matter,
                                     const DocumentRow& document);
  // DueOf is when the rules want it, or an extension if that is later; none: not yet known.
  static std::optional<UnixSeconds> DueOf(const RetentionVerdict& verdict,
                                          const std::optional<UnixSeconds>& kept_until);

 private:
  struct Weighed;
  Result<std::vector<MatterId>> Stale();
  Status WeighMatters(const std::vector<MatterId>& matters);
  Status WeighMatter(const MatterId& id, Weighed& out);
  Status WeighDetails(const MatterRow& matter, Weighed& out);
  Status Write(const Weighed& weighed);
  Core& core_;
  MatterRows& matters_;
};

}  // namespace vault
