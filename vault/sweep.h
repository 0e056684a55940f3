// Sweep: what has fallen due by the clock: events, people, loans, links, and records to propose.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "vault/deadlines.h"
#include "vault/deletion_debt.h"
#include "vault/disposal.h"
#include "vault/due_items.h"
#include "vault/loans.h"
#include "vault/matters.h"
#include "vault/people.h"
#include "vault/proposals.h"
#include "vault/shares.h"

namespace vault {

struct SweptItem {
  std::string id;
  std::string kind;  // document, subject, matter, pseudonym, loan, share
  std::optional<std::uint32_t> version;
  std::string matter_ref;
  std::string rule;
  std::string authority;
  std::string trigger;
  std::optional<UnixSeconds> due;
  std::string reason;
};
struct SweepReport {
  std::vector<SweptItem> destroyed;
  std::vector<SweptItem> proposed;
  std::vector<SweptItem> blocked;  // kept by a hold, or stopped by the breaker
  std::vector<SweptItem> failed;
  std::vector<SweptItem> soon;  // in quarantine: records that fall due within seven days
  std::uint64_t budget = 0;     // records the clock alone may still end today
  std::uint64_t debt = 0;
};
enum class SweepMode : std::uint8_t { kDryRun, kAct };

// Records are named for so many days before they go, and never kept a day after.
inline constexpr std::int32_t kQuarantineDays = 7;

// RecordBudget is how many records the clock alone may end within 24 hours: the most of 50, one in
// twenty of the live records, and three times the busiest day of the thirty before.
std::uint64_t RecordBudget(std::uint64_t live_records, std::uint64_t busiest_day);

// SweepParts is what a sweep asks.
struct SweepParts {
  MatterRows& rows;
  Matters& matters;
  Shares& shares;
  People& people;
  Disposal& disposal;
  Proposals& proposals;
  Deadlines& deadlines;
  DeletionDebt& debt;
  std::function<Status()> finish_interrupted;  // what a crash or a failed act left
};

class Sweep {
 public:
  Sweep(Core& core, const SweepParts& parts)
      : core_(core), parts_(parts), due_(core, parts.rows), documents_(core) {}

  // Run does, or with kDryRun only lists, what is due now. The actor is empty for the schedule.
  // Both bring the deadlines up to date first.
  //
  // Errors: kUnavailable the date is not confirmed: nothing falls due on a clock nobody trusts.
  // Threads: one sweep at a time; between two epochs others get their turn.
  Result<SweepReport> Run(const std::optional<PersonId>& actor, SweepMode mode);

  // LastRun is when a sweep last went through to its end; none since the start.
  std::optional<UnixSeconds> LastRun() const;

 private:
  struct Group;
  struct Plan;
  Status Prepare(SweepMode mode);
  Result<Plan> Collect();
  Status Weighed(WeighedItem item, Plan& plan);
  Result<std::uint64_t> Remaining();
  Status Stop(Plan& plan, const std::optional<PersonId>& actor, SweepReport& report,
              SweepMode mode);
  Status Propose(const Plan& plan, const std::optional<PersonId>& actor);
  Status Destroy(Plan& plan, const std::optional<PersonId>& actor, SweepReport& report);
  Status DestroyTogether(std::vector<Group*> groups, const std::optional<PersonId>& actor,
                         SweepReport& report);
  Status NoteFailures(const SweepReport& report, const std::vector<DeletionDebt::Key>& keys);
  Status CompareDaily();
  Core& core_;
  SweepParts parts_;
  DueItems due_;
  DocumentRows documents_;
  std::optional<UnixSeconds> last_run_;
  std::set<SlotNumber> failed_;  // of the run under way
};

}  // namespace vault
