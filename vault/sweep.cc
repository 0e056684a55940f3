#include "vault/sweep.h"

#include <algorithm>
#include <map>

#include "vault/base/log.h"
#include "vault/hold_rows.h"

namespace vault {
namespace {

std::string_view KindName(EntryType type) {
  switch (type) {
    case EntryType::kDocument:
      return "document";
    case EntryType::kMatter:
      return "matter";
    case EntryType::kSubject:
      return "subject";
    case EntryType::kLoan:
      return "loan";
    case EntryType::kShare:
      return "share";
    case EntryType::kPerson:
      return "person";
    case EntryType::kPseudonym:
      return "pseudonym";
    default:
      return "key";
  }
}

SweptItem ItemFor(const RetentionFacts& facts, const RetentionVerdict& verdict,
                  std::string_view ref) {
  SweptItem item;
  item.id = facts.object.ToHex();
  item.kind = KindName(facts.type);
  if (facts.type == EntryType::kDocument) item.version = facts.version;
  item.matter_ref = ref;
  item.rule = verdict.rule;
  item.trigger = verdict.trigger;
  item.due = verdict.due;
  item.reason = verdict.reason;
  return item;
}

// Group is what one epoch and one certificate cover: one rule, one trigger, one matter.
struct Group {
  std::string ref;
  std::vector<DisposalOrder> orders;
};

}  // namespace

Result<SweepReport> Sweep::Run(const std::optional<std::string>& actor_pseudonym, SweepMode mode) {
  const Core::Lock lock = core_.Locked();
  if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
  const bool act = mode == SweepMode::kAct;
  SweepReport report;
  if (act) {
    // A step that failed in an earlier run stays on the list until it is done.
    TRY_VOID(disposal_.Resume());
    TRY([[maybe_unused]] const std::uint64_t ended, people_.EndExpired());
    TRY([[maybe_unused]] const std::uint64_t events, matters_.RunAutomatic());
  }
  std::map<std::string, Group> groups;
  const auto weigh = [&](const MatterRow& matter, const MatterFacts& events,
                         const RetentionFacts& facts) {
    Judgement judgement = matter.rules->Weigh(events, facts, core_.time->Now());
    switch (judgement.verdict.state) {
      case RetentionState::kKeep:
        break;
      case RetentionState::kProposed:
        report.proposed.push_back(ItemFor(facts, judgement.verdict, matter.ref));
        break;
      case RetentionState::kBlocked:
        report.blocked.push_back(ItemFor(facts, judgement.verdict, matter.ref));
        break;
      case RetentionState::kDestroy: {
        if (!judgement.order) break;
        Group& group = groups[judgement.verdict.rule + "\n" + judgement.verdict.trigger + "\n" +
                              matter.id.ToHex()];
        group.ref = matter.ref;
        group.orders.push_back(*std::move(judgement.order));
        break;
      }
    }
  };

  TRY(const std::vector<RetentionFacts> links, shares_.Due());
  std::uint64_t live_records = 0;
  TRY(const std::vector<MatterRow> matters, rows_.All());
  for (const MatterRow& matter : matters) {
    TRY(const MatterFacts events, rows_.Facts(matter));
    TRY(const std::vector<LoanRow> loans, loans_.Running(matter.id));
    for (const LoanRow& loan : loans) {
      RetentionFacts facts;
      facts.type = EntryType::kLoan;
      facts.object = AsObject(loan.id);
      facts.slot = loan.slot;
      facts.loan = loan.kind;
      facts.end = loan.ends;
      weigh(matter, events, facts);
    }
    for (const RetentionFacts& link : links) {
      auto owner = core_.database->Prepare("SELECT 1 FROM share WHERE id = ? AND matter = ?")
                       .Bind(link.object, matter.id);
      TRY(const bool here, owner.Step());
      if (here) weigh(matter, events, link);
    }
    TRY(const std::vector<DocumentRow> documents, documents_.OfMatter(matter.id));
    for (const DocumentRow& document : documents) {
      TRY(const std::vector<VersionRow> versions, documents_.Versions(document.id));
      for (const VersionRow& version : versions) {
        if (version.state != "live") continue;
        ++live_records;
        RetentionFacts facts;
        facts.type = EntryType::kDocument;
        facts.object = AsObject(document.id);
        facts.version = version.version;
        facts.slot = version.slot;
        facts.class_code = document.class_code;
        TRY(facts.held, IsHeld(core_, EntryType::kDocument, facts.object));
        weigh(matter, events, facts);
      }
    }
  }
  // The breaker's budget: records the clock alone may end without a second person.
  report.budget = std::max<std::uint64_t>(50, live_records / 20);

  for (auto& [key, group] : groups) {
    std::vector<DisposedItem> planned;
    for (const DisposalOrder& order : group.orders) {
      planned.push_back({order.object(), order.verdict()});
    }
    if (!act) {
      for (const DisposedItem& item : planned) {
        report.destroyed.push_back(ItemFor(item.object, item.verdict, group.ref));
      }
      continue;
    }
    auto outcome = disposal_.Dispose(std::move(group.orders), Mandate{"schedule", actor_pseudonym});
    if (!outcome.ok()) {
      LogError("a disposal failed and stays due", outcome.error());
      for (const DisposedItem& item : planned) {
        report.failed.push_back(ItemFor(item.object, item.verdict, group.ref));
      }
      continue;
    }
    for (const DisposedItem& item : outcome.value().destroyed) {
      report.destroyed.push_back(ItemFor(item.object, item.verdict, group.ref));
    }
    for (const DisposedItem& item : outcome.value().blocked) {
      report.blocked.push_back(ItemFor(item.object, item.verdict, group.ref));
    }
  }
  return report;
}

}  // namespace vault
