#include "vault/sweep.h"

#include <algorithm>
#include <utility>

#include "vault/base/log.h"
#include "vault/base/wire.h"

namespace vault {
namespace {

// SurelyNow is asked between two epochs too, when others have the lock.
UnixSeconds SurelyNow(const Core& core) {
  const Core::Lock lock = core.Locked();
  return core.time->Now().low;
}

constexpr UnixSeconds kDay = 86400;
constexpr std::string_view kComparedAt = "deadlines_compared";
// So many keys go into one epoch: the register's lock is given back in between.
constexpr std::size_t kKeysTogether = 4096;

SweptItem ItemFor(const RetentionFacts& facts, const RetentionVerdict& verdict,
                  std::string_view ref) {
  SweptItem item;
  item.id = facts.object.ToHex();
  item.kind = EntryTypeName(facts.type);
  if (facts.type == EntryType::kDocument) item.version = facts.version;
  item.matter_ref = ref;
  item.rule = verdict.rule;
  item.authority = verdict.authority;
  item.trigger = verdict.trigger;
  item.due = verdict.due;
  item.reason = verdict.reason;
  return item;
}

bool IsAccess(EntryType type) {
  return type == EntryType::kLoan || type == EntryType::kShare || type == EntryType::kPerson;
}

}  // namespace

std::uint64_t RecordBudget(std::uint64_t live_records, std::uint64_t busiest_day) {
  return std::max({std::uint64_t{50}, live_records / 20, 3 * busiest_day});
}

// Group is what one certificate or one proposal covers: one rule, one trigger, one matter.
struct Sweep::Group {
  MatterId matter;
  std::string ref;
  RetentionVerdict verdict;
  std::vector<DisposedItem> planned;
  std::vector<DisposalOrder> orders;
  std::optional<DisposalId> stored;
};

// Plan is everything a sweep found, before anything is done. The keys of the maps put what belongs
// to one matter side by side.
struct Sweep::Plan {
  std::map<std::string, Group> access;    // loans and links: no budget, no approval
  std::map<std::string, Group> records;   // by the clock alone
  std::map<std::string, Group> proposed;  // waits for two people
  std::vector<SweptItem> blocked;
  std::vector<SweptItem> soon;
};

std::optional<UnixSeconds> Sweep::LastRun() const {
  const Core::Lock lock = core_.Locked();
  return last_run_;
}

Status Sweep::Weighed(WeighedItem item, Plan& plan) {
  const RetentionVerdict& verdict = item.judgement.verdict;
  std::map<std::string, Group>* groups = nullptr;
  switch (verdict.state) {
    case RetentionState::kKeep:
      return Ok();
    case RetentionState::kBlocked:
      plan.blocked.push_back(ItemFor(item.facts, verdict, item.matter_ref));
      return Ok();
    case RetentionState::kProposed:
      groups = &plan.proposed;
      break;
    case RetentionState::kDestroy:
      if (!item.judgement.order) return Ok();
      groups = IsAccess(item.facts.type) ? &plan.access : &plan.records;
      break;
  }
  Group& group =
      (*groups)[item.facts.matter.ToHex() + "\n" + verdict.rule + "\n" + verdict.trigger];
  if (group.planned.empty()) {
    group.matter = item.facts.matter;
    group.ref = item.matter_ref;
    group.verdict = verdict;
  }
  group.planned.push_back({item.facts, verdict});
  if (item.judgement.order) group.orders.push_back(*std::move(item.judgement.order));
  return Ok();
}

Result<Sweep::Plan> Sweep::Collect() {
  Plan plan;
  const Day today = LondonDay(core_.time->Now().low);
  std::vector<ShredItem> items;
  TRY(items, due_.RunningLoans());
  TRY(const std::vector<ShredItem> due, due_.On(today));
  items.insert(items.end(), due.begin(), due.end());
  for (const ShredItem& item : items) {
    auto weighed = due_.Weigh(item, Approval::kNone);
    // One row that was tampered with keeps no other; what the tree says of it is compared daily.
    if (!weighed.ok() && weighed.error().code != Errc::kCorrupt &&
        weighed.error().code != Errc::kNotFound) {
      return weighed.error();
    }
    if (!weighed.ok()) {
      LogError("something due cannot be weighed", weighed.error());
      continue;
    }
    TRY_VOID(Weighed(std::move(weighed).value(), plan));
  }
  TRY(const std::vector<RetentionFacts> links, parts_.shares.Due());
  for (const RetentionFacts& link : links) {
    TRY(WeighedItem weighed, due_.WeighFacts(link.matter, link));
    TRY_VOID(Weighed(std::move(weighed), plan));
  }
  TRY(const std::vector<ShredItem> soon, due_.Between(today, today.Plus(kQuarantineDays)));
  for (const ShredItem& item : soon) {
    auto weighed = due_.Weigh(item, Approval::kNone);
    if (!weighed.ok()) continue;
    plan.soon.push_back(ItemFor(weighed.value().facts, weighed.value().judgement.verdict,
                                weighed.value().matter_ref));
  }
  return plan;
}

// Remaining is what is left of the budget of the last 24 hours.
Result<std::uint64_t> Sweep::Remaining() {
  const UnixSeconds now = core_.time->Now().low;
  const auto number = [&](Statement query) -> Result<std::uint64_t> {
    TRY(const bool found, query.Step());
    return found ? static_cast<std::uint64_t>(query.Int(0)) : 0;
  };
  TRY(const std::uint64_t live,
      number(core_.database->Prepare("SELECT count(*) FROM version WHERE state = 'live'")));
  // What two people released does not make the next flood look ordinary.
  TRY(const std::uint64_t busiest,
      number(core_.database
                 ->Prepare("SELECT coalesce(max(records), 0) FROM (SELECT sum(records) AS records "
                           "FROM disposal WHERE mandate = 'schedule' AND done > ? AND done <= ? "
                           "GROUP BY done / 86400)")
                 .Bind(now - 30 * kDay, now - kDay)));
  TRY(const std::uint64_t used,
      number(core_.database
                 ->Prepare("SELECT coalesce(sum(records), 0) FROM disposal WHERE "
                           "mandate = 'schedule' AND done > ?")
                 .Bind(now - kDay)));
  const std::uint64_t budget = RecordBudget(live, busiest);
  return used < budget ? budget - used : 0;
}

// The deadlines of the tree and of the register must agree. The whole tree is read once a day.
Status Sweep::CompareDaily() {
  const UnixSeconds now = SurelyNow(core_);
  {
    const Core::Lock lock = core_.Locked();
    const auto stored = core_.Meta(kComparedAt);
    if (stored.ok()) {
      WireReader reader(stored.value());
      const auto at = static_cast<UnixSeconds>(reader.U64());
      if (!reader.failed() && at <= now && now - at < kDay) return Ok();
    } else if (stored.error().code != Errc::kNotFound) {
      return stored.error();
    }
  }
  TRY_VOID(parts_.deadlines.RefreshAll());
  const Core::Lock lock = core_.Locked();
  TRY(const std::vector<DeletionDebt::Key> lost, parts_.deadlines.Compare());
  const auto write = [&]() -> Status {
    for (const DeletionDebt::Key& key : lost) TRY_VOID(parts_.debt.Note(key, now));
    TRY_VOID(parts_.debt.Forget(DebtReason::kNoRow, now));
    return core_.SetMeta(kComparedAt, WireWriter().U64(static_cast<std::uint64_t>(now)).bytes());
  };
  if (!lost.empty()) {
    LogEntry entry = core_.Entry("incident.deadlines");
    entry.Add("keys", lost.size());
    return core_.Record(entry, [&]([[maybe_unused]] Transaction& transaction) { return write(); });
  }
  TRY(Transaction transaction, Transaction::Begin(*core_.database));
  TRY_VOID(write());
  transaction.Commit();
  return Ok();
}

Status Sweep::Prepare(SweepMode mode) {
  {
    const Core::Lock lock = core_.Locked();
    if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
    if (mode == SweepMode::kAct) {
      // A step that failed in an earlier run stays on the list until it is done.
      const bool strays = !core_.reconciled && core_.keeper->Whole().ok();
      TRY_VOID(strays ? parts_.finish_interrupted() : parts_.disposal.Resume());
      TRY([[maybe_unused]] const std::uint64_t ended, parts_.people.EndExpired());
      TRY([[maybe_unused]] const std::uint64_t events, parts_.matters.RunAutomatic());
    }
  }
  TRY_VOID(CompareDaily());
  return parts_.deadlines.Refresh();
}

Status Sweep::Propose(const Plan& plan, const std::optional<PersonId>& actor) {
  std::vector<Proposal> found;
  for (const auto& [key, group] : plan.proposed) {
    Proposal proposal{group.matter, group.verdict, {}};
    for (const DisposedItem& item : group.planned) {
      const RetentionFacts& facts = item.object;
      proposal.items.push_back({facts.slot, facts.type, facts.object, facts.version});
      proposal.verdict.due = std::min(proposal.verdict.due, item.verdict.due);
    }
    found.push_back(std::move(proposal));
  }
  return parts_.proposals.Keep(Proposals::Kind::kProposed, found, actor);
}

// Stop is the breaker: more records at once than the clock alone may end wait for two people. All
// of them wait: half a mistake is one too.
Status Sweep::Stop(Plan& plan, const std::optional<PersonId>& actor, SweepReport& report,
                   SweepMode mode) {
  TRY(report.budget, Remaining());
  std::uint64_t records = 0;
  for (const auto& [key, group] : plan.records) {
    records += static_cast<std::uint64_t>(std::count_if(
        group.orders.begin(), group.orders.end(),
        [](const DisposalOrder& order) { return order.object().type == EntryType::kDocument; }));
  }
  std::vector<Proposal> stopped;
  if (records > report.budget) {
    for (auto& [key, group] : plan.records) {
      Proposal proposal{group.matter, group.verdict, {}};
      for (DisposedItem& item : group.planned) {
        const RetentionFacts& facts = item.object;
        proposal.items.push_back({facts.slot, facts.type, facts.object, facts.version});
        item.verdict.reason =
            "more is due at once than the clock alone may end: two people must "
            "release the sweep";
        report.blocked.push_back(ItemFor(facts, item.verdict, group.ref));
      }
      stopped.push_back(std::move(proposal));
    }
    plan.records.clear();
  }
  if (mode == SweepMode::kDryRun) return Ok();
  return parts_.proposals.Keep(Proposals::Kind::kWaiting, stopped, actor);
}

Status Sweep::DestroyTogether(std::vector<Group*> groups, const std::optional<PersonId>& actor,
                              SweepReport& report) {
  std::optional<std::string> who;
  if (actor) {
    const Core::Lock lock = core_.Locked();
    TRY(who, core_.VaultPseudonym(actor->view()));
  }
  std::vector<DisposalGroup> work;
  for (Group* group : groups) {
    work.push_back({group->stored, std::move(group->orders), Mandate{"schedule", who}});
  }
  auto outcomes = parts_.disposal.DisposeAll(std::move(work));
  if (!outcomes.ok()) {
    LogError("a disposal failed and stays due", outcomes.error());
    std::vector<DeletionDebt::Key> keys;
    for (const Group* group : groups) {
      for (const DisposedItem& item : group->planned) {
        const RetentionFacts& facts = item.object;
        report.failed.push_back(ItemFor(facts, item.verdict, group->ref));
        report.failed.back().reason = ErrcName(outcomes.error().code);
        keys.push_back({DebtReason::kFailed, facts.slot, facts.type, facts.object, facts.version,
                        item.verdict.rule, item.verdict.trigger,
                        item.verdict.due.value_or(SurelyNow(core_))});
      }
    }
    return NoteFailures(report, keys);
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const DisposedItem& item : outcomes.value()[i].destroyed) {
      report.destroyed.push_back(ItemFor(item.object, item.verdict, groups[i]->ref));
    }
    for (const DisposedItem& item : outcomes.value()[i].blocked) {
      report.blocked.push_back(ItemFor(item.object, item.verdict, groups[i]->ref));
      report.blocked.back().reason = "a hold keeps it";
    }
  }
  return Ok();
}

Status Sweep::NoteFailures(const SweepReport& report, const std::vector<DeletionDebt::Key>& keys) {
  const Core::Lock lock = core_.Locked();
  const UnixSeconds now = core_.time->Now().low;
  bool incident = false;
  TRY(Transaction transaction, Transaction::Begin(*core_.database));
  Statement attempts = core_.database->Prepare("SELECT attempts FROM sweep_debt WHERE slot = ?");
  for (const DeletionDebt::Key& key : keys) {
    TRY_VOID(parts_.debt.Note(key, now));
    failed_.insert(key.slot);
    TRY(const bool found, attempts.Bind(key.slot).Step());
    incident = incident || (found && attempts.U32(0) == kIncidentAfter);
  }
  transaction.Commit();
  if (!incident) return Ok();
  LogEntry entry = core_.Entry("incident.disposal");
  entry.Add("state", "due").Add("failures", kIncidentAfter).Add("items", report.failed.size());
  return core_.Record(entry, [](Transaction&) { return Ok(); });
}

Status Sweep::Destroy(Plan& plan, const std::optional<PersonId>& actor, SweepReport& report) {
  std::vector<Group*> together;
  std::size_t keys = 0;
  for (std::map<std::string, Group>* groups : {&plan.access, &plan.records}) {
    for (auto& [key, group] : *groups) {
      together.push_back(&group);
      keys += group.orders.size();
      if (keys < kKeysTogether) continue;
      TRY_VOID(DestroyTogether(std::exchange(together, {}), actor, report));
      keys = 0;
    }
  }
  if (together.empty()) return Ok();
  return DestroyTogether(std::move(together), actor, report);
}

Result<SweepReport> Sweep::Run(const std::optional<PersonId>& actor, SweepMode mode) {
  TRY_VOID(Prepare(mode));
  SweepReport report;
  Plan plan;
  failed_.clear();
  {
    const Core::Lock lock = core_.Locked();
    TRY(plan, Collect());
    report.blocked = std::move(plan.blocked);
    report.soon = std::move(plan.soon);
    for (const auto& [key, group] : plan.proposed) {
      for (const DisposedItem& item : group.planned) {
        report.proposed.push_back(ItemFor(item.object, item.verdict, group.ref));
      }
    }
    TRY_VOID(Stop(plan, actor, report, mode));
    if (mode == SweepMode::kAct) TRY_VOID(Propose(plan, actor));
  }
  if (mode == SweepMode::kDryRun) {
    for (std::map<std::string, Group>* groups : {&plan.access, &plan.records}) {
      for (const auto& [key, group] : *groups) {
        for (const DisposedItem& item : group.planned) {
          report.destroyed.push_back(ItemFor(item.object, item.verdict, group.ref));
        }
      }
    }
  } else {
    TRY_VOID(Destroy(plan, actor, report));
  }
  const Core::Lock lock = core_.Locked();
  if (mode == SweepMode::kAct) {
    TRY_VOID(parts_.debt.Settle(failed_));
    last_run_ = core_.time->Now().low;
  }
  TRY(report.budget, Remaining());
  TRY(report.debt, parts_.debt.Count());
  return report;
}

}  // namespace vault
