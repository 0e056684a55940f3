// What a template lends to each kind of party of a matter (POLICY.md, Loans).

#include <algorithm>
#include <set>

#include "vault/agencies.h"
#include "vault/matters.h"

namespace vault {
namespace {

bool HasAny(const MatterFacts& facts, const std::vector<std::string>& events) {
  return std::any_of(events.begin(), events.end(),
                     [&](const std::string& event) { return facts.Has(event); });
}

}  // namespace

bool IsOpenAfter(const ProcessRules& rules, const MatterFacts& facts, LoanKind kind) {
  for (const LendingRule& rule : rules.Lending()) {
    if (rule.kind != kind) continue;
    return HasAny(facts, rule.opens_on) && !HasAny(facts, rule.ends_on);
  }
  return false;
}

Result<CompartmentRow> Matters::EnsureParty(const Actor& actor, const MatterRow& matter,
                                            std::string_view kind, const AgencyId& agency) {
  auto party = compartments_.Find(matter.id, kind, agency);
  if (party.ok() || party.error().code != Errc::kNotFound) return party;
  if (!actor.in_unit() || !actor.Has("BUO")) return party.error();
  if (kind == "agency") TRY_VOID(Agencies(core_).Find(agency));
  LogEntry entry = core_.Entry("party.added");
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  entry.Person("actor", who);
  if (kind == "agency") {
    entry.Add("agency", agency.text());
  } else {
    entry.Add("party", kind);
  }
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) -> Status {
    TRY([[maybe_unused]] const Compartments::Created created,
        compartments_.Create(transaction, matter.id, matter.slot, kind, agency));
    return Ok();
  }));
  return compartments_.Find(matter.id, kind, agency);
}

Result<LoanRow> Matters::MakeLoan(const MatterRow& matter, const LoanWish& wish) {
  TRY(LoanRow loan, loans_.New(matter.id, wish.party, wish.kind, wish.subject, wish.ends));
  LogEntry entry = core_.Entry("loan.created");
  TRY(const std::string name, core_.Pseudonym(matter.id, loan.id.view()));
  entry.Object("loan", name).Add("kind", LoanKindName(loan.kind));
  TRY_VOID(core_.Record(
      entry, [&](Transaction& transaction) { return loans_.Insert(transaction, loan); }));
  return loan;
}

// An agency gets its pack and its brief when it is involved, in one commit with the involvement;
// everything else is made here. A report's loan is made when it opens: its life runs from then.
Status Matters::CompleteLoans(const MatterRow& matter) {
  TRY(const MatterFacts facts, rows_.Facts(matter));
  TRY(const std::vector<CompartmentRow> parties, compartments_.OfMatter(matter.id));
  TRY(const std::vector<InvolvementRow> involvements, rows_.Involvements(matter.id));
  TRY(const std::vector<LoanRow> all, loans_.All(matter.id));
  std::set<PartyId> involved;
  std::set<SubjectId> subjects;
  for (const InvolvementRow& row : involvements) {
    involved.insert(row.party);
    subjects.insert(row.subject);
  }
  const UnixSeconds now = core_.time->Now().low;
  for (const LendingRule& rule : matter.rules->Lending()) {
    const bool task = rule.kind == LoanKind::kControl || rule.kind == LoanKind::kInspection;
    if (task || HasAny(facts, rule.ends_on)) continue;
    const bool open = HasAny(facts, rule.opens_on);
    const bool report = rule.kind == LoanKind::kReport;
    if (report && !open) continue;
    for (const CompartmentRow& party : parties) {
      const bool agency = party.kind == "agency";
      const bool all_packs = rule.kind == LoanKind::kPack && matter.rules->PacksForAll();
      const bool here = report || all_packs;
      if (!GivesLoan(*matter.rules, rule.kind, party.kind) ||
          (agency && (!here || !involved.contains(party.party)))) {
        continue;
      }
      std::vector<std::optional<SubjectId>> wanted;
      if (rule.kind == LoanKind::kPack) {
        for (const SubjectId& subject : subjects) wanted.emplace_back(subject);
      } else {
        wanted.emplace_back(std::nullopt);
      }
      for (const std::optional<SubjectId>& subject : wanted) {
        const bool made = std::any_of(all.begin(), all.end(), [&](const LoanRow& loan) {
          return loan.party == party.party && loan.kind == rule.kind && loan.subject == subject;
        });
        if (made) continue;
        const UnixSeconds ends =
            report ? now + kReportLoanLife : matter.rules->LoanDeadline(facts, now);
        TRY(const LoanRow loan, MakeLoan(matter, {party.party, rule.kind, subject, ends}));
        if (open) TRY_VOID(loans_.ReleaseOne(loan));
      }
    }
  }
  return Ok();
}

Status Matters::BeginTask(const Actor& actor, const MatterRow& matter,
                          const CompartmentRow& party) {
  for (const LendingRule& rule : matter.rules->Lending()) {
    const bool task = rule.kind == LoanKind::kControl || rule.kind == LoanKind::kInspection;
    if (!task || !GivesLoan(*matter.rules, rule.kind, party.kind)) continue;
    TRY(const std::optional<LoanRow> running,
        loans_.FindRunning(matter.id, party.party, rule.kind, std::nullopt));
    const TimeInterval now = core_.time->Now();
    if (running && now.high < running->ends) continue;
    TRY(const LoanRow loan,
        MakeLoan(matter, {party.party, rule.kind, std::nullopt, now.low + kTaskLoanLife}));
    TRY_VOID(loans_.ReleaseOne(loan));
  }
  TRY([[maybe_unused]] const std::uint64_t made, PayDebt(actor, matter));
  return Ok();
}

}  // namespace vault
