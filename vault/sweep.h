// Sweep: what has fallen due by the clock: events, people, loans, links, and records to propose.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/disposal.h"
#include "vault/document_rows.h"
#include "vault/loans.h"
#include "vault/matters.h"
#include "vault/people.h"
#include "vault/shares.h"

namespace vault {

struct SweptItem {
  std::string id;
  std::string kind;  // document, loan, share
  std::optional<std::uint32_t> version;
  std::string matter_ref;
  std::string rule;
  std::string trigger;
  std::optional<UnixSeconds> due;
  std::string reason;
};
struct SweepReport {
  std::vector<SweptItem> destroyed;
  std::vector<SweptItem> proposed;
  std::vector<SweptItem> blocked;
  std::vector<SweptItem> failed;
  std::uint64_t budget = 0;
};
enum class SweepMode : std::uint8_t { kDryRun, kAct };

class Sweep {
 public:
  Sweep(Core& core, MatterRows& rows, Matters& matters, Loans& loans, Shares& shares,
        People& people, Disposal& disposal)
      : core_(core),
        rows_(rows),
        matters_(matters),
        loans_(loans),
        shares_(shares),
        people_(people),
        disposal_(disposal),
        documents_(core) {}

  // Run does, or with kDryRun only lists, what is due now. The actor is empty for the schedule.
  // Errors: kUnavailable the date is not confirmed: nothing falls due on a clock nobody trusts.
  Result<SweepReport> Run(const std::optional<std::string>& actor_pseudonym, SweepMode mode);

 private:
  Core& core_;
  MatterRows& rows_;
  Matters& matters_;
  Loans& loans_;
  Shares& shares_;
  People& people_;
  Disposal& disposal_;
  DocumentRows documents_;
};

}  // namespace vault
