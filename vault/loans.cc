#include "vault/loans.h"

#include <algorithm>
#include <map>

#include "vault/base/log.h"
#include "vault/register.h"

namespace vault {
namespace {

constexpr std::string_view kSelectLoan =
    "SELECT id, matter, subject, party, slot, kind, state, ends, row_version, mac FROM loan ";

RowImage LoanImage(const LoanRow& row) {
  RowImage image("loan", AsObject(row.id), row.slot, row.row_version);
  image.Column(row.matter.view());
  if (row.subject) {
    image.Column(row.subject->view());
  } else {
    image.Absent();
  }
  image.Column(row.party.view()).Column(LoanKindName(row.kind)).Column(row.state).Column(row.ends);
  return image;
}

// Only closed and open loans have a mac: an ended loan's row names a dead slot, and what the
// register says of it only chooses between words.
Result<LoanRow> ReadLoan(Statement& query) {
  LoanRow row;
  row.id = query.IdAt<LoanId>(0);
  row.matter = query.IdAt<MatterId>(1);
  if (!query.IsNull(2)) row.subject = query.IdAt<SubjectId>(2);
  row.party = query.IdAt<PartyId>(3);
  row.slot = query.U32(4);
  const auto kind = LoanKindFromName(query.Text(5));
  if (!kind) return Corrupt("a loan of no known kind");
  row.kind = *kind;
  row.state = query.Text(6);
  row.ends = query.Int(7);
  row.row_version = static_cast<std::uint64_t>(query.Int(8));
  return row;
}

Status CheckLoan(const Core& core, const LoanRow& row, ByteView mac) {
  TRY_VOID(LoanImage(row).Check(*core.keeper, mac));
  return CheckLiveSlot(*core.keeper, row.slot, EntryType::kLoan, AsObject(row.id));
}

Status UpdateLoan(Database& database, const Core& core, const LoanRow& row) {
  return database
      .Prepare(
          "UPDATE loan SET slot = ?, state = ?, ends = ?, row_version = ?, mac = ? "
          "WHERE id = ?")
      .Bind(row.slot, row.state, row.ends, row.row_version, LoanImage(row).Mac(*core.keeper),
            row.id)
      .Run();
}

}  // namespace

bool GivesLoan(const ProcessRules& rules, LoanKind kind, std::string_view party_kind) {
  for (const LendingRule& rule : rules.Lending()) {
    if (rule.kind != kind) continue;
    return std::find(rule.to.begin(), rule.to.end(), party_kind) != rule.to.end();
  }
  return false;
}

Result<LoanRow> Loans::Load(const LoanId& id) {
  auto query = core_.database->Prepare(std::string(kSelectLoan) + "WHERE id = ?").Bind(id);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such loan");
  TRY(LoanRow row, ReadLoan(query));
  if (row.state == "ended" || row.state == "shredding") return Expired("this loan has ended");
  TRY_VOID(CheckLoan(core_, row, query.Blob(9)));
  return row;
}

Result<std::vector<LoanRow>> Loans::Running(const MatterId& matter) {
  std::vector<LoanRow> rows;
  auto query = core_.database
                   ->Prepare(std::string(kSelectLoan) +
                             "WHERE matter = ? AND state IN ('closed', 'open') ORDER BY slot")
                   .Bind(matter);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    TRY(LoanRow row, ReadLoan(query));
    TRY_VOID(CheckLoan(core_, row, query.Blob(9)));
    rows.push_back(std::move(row));
  }
}

Result<std::vector<LoanRow>> Loans::All(const MatterId& matter) {
  std::vector<LoanRow> rows;
  auto query = core_.database->Prepare(std::string(kSelectLoan) + "WHERE matter = ? ORDER BY slot")
                   .Bind(matter);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    TRY(LoanRow row, ReadLoan(query));
    if (row.state == "closed" || row.state == "open") {
      TRY_VOID(CheckLoan(core_, row, query.Blob(9)));
    }
    rows.push_back(std::move(row));
  }
}

Result<std::optional<LoanRow>> Loans::FindRunning(const MatterId& matter, const PartyId& party,
                                                  LoanKind kind,
                                                  const std::optional<SubjectId>& subject) {
  TRY(std::vector<LoanRow> rows, Running(matter));
  for (LoanRow& row : rows) {
    if (row.party == party && row.kind == kind && row.subject == subject) {
      return std::optional<LoanRow>(std::move(row));
    }
  }
  return std::optional<LoanRow>();
}

Result<LoanRow> Loans::New(const MatterId& matter, const PartyId& party, LoanKind kind,
                           const std::optional<SubjectId>& subject, UnixSeconds ends) {
  TRY(SlotReservation slot, core_.keeper->Reserve(AsObject(matter)));
  LoanRow row;
  row.id = core_.random->NewId<LoanId>();
  row.matter = matter;
  row.subject = subject;
  row.party = party;
  row.slot = slot.slot();
  row.kind = kind;
  row.state = "closed";
  row.ends = ends;
  row.row_version = 1;
  const SlotEntry entry{EntryType::kLoan, kFlagClosed, 0, ends, AsObject(row.id)};
  const KeyKeeper::Filling filling{&slot, entry};
  TRY_VOID(core_.keeper->Fill({&filling, 1}));
  return row;
}

Status Loans::Insert(Transaction& transaction, const LoanRow& row) {
  return transaction.database()
      .Prepare(
          "INSERT INTO loan(id, matter, subject, party, slot, kind, state, ends, "
          "row_version, mac) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .Bind(row.id, row.matter, row.subject, row.party, row.slot, LoanKindName(row.kind), row.state,
            row.ends, row.row_version, LoanImage(row).Mac(*core_.keeper))
      .Run();
}

OuterPlace Loans::BoxPlace(const LoanRow& loan, const LoanBoxRow& box) {
  return {OuterTag::kLoanBox, loan.slot, AsObject(loan.id), box.id, box.box_version};
}

Result<std::optional<LoanBoxRow>> Loans::FindBox(const LoanId& loan, const ObjectId& object,
                                                 std::uint32_t version) {
  auto query = core_.database
                   ->Prepare(
                       "SELECT id, box, box_version FROM loan_box WHERE loan = ? AND "
                       "object = ? AND version = ? AND state = 'live'")
                   .Bind(loan, object, version);
  TRY(const bool found, query.Step());
  if (!found) return std::optional<LoanBoxRow>();
  return std::optional<LoanBoxRow>(
      LoanBoxRow{query.IdAt<ObjectId>(0), loan, object, version, query.Blob(1), query.U32(2)});
}

Status Loans::AddBox(Transaction& transaction, const LoanRow& loan, const ObjectId& object,
                     std::uint32_t version, const AccessShare& access) {
  auto present = core_.database
                     ->Prepare(
                         "SELECT 1 FROM loan_box WHERE loan = ? AND object = ? AND "
                         "version = ?")
                     .Bind(loan.id, object, version);
  TRY(const bool there, present.Step());
  if (there) return Ok();
  TRY(const CompartmentRow borrower, compartments_.Load(loan.party));
  LoanBoxRow box{core_.random->NewId<ObjectId>(), loan.id, object, version, {}, 1};
  TRY(const Bytes inner, SealAccessBox(object, version, access, borrower.public_key));
  TRY(box.box, core_.keeper->SealOuter(BoxPlace(loan, box), inner));
  return transaction.database()
      .Prepare(
          "INSERT INTO loan_box(id, loan, object, version, box, box_version, state) "
          "VALUES(?, ?, ?, ?, ?, ?, 'live')")
      .Bind(box.id, loan.id, object, version, box.box, box.box_version)
      .Run();
}

Status Loans::Lend(Transaction& transaction, const ClassRule& rule, const LentObject& object,
                   const AccessShare& access) {
  TRY(const ProcessRules* rules, RulesOf(object.matter));
  TRY(const std::vector<LoanRow> rows, Running(object.matter));
  for (const LoanRow& loan : rows) {
    const bool lends =
        std::find(rule.lent_by.begin(), rule.lent_by.end(), loan.kind) != rule.lent_by.end();
    if (!lends || loan.party == object.owner) continue;
    if (loan.subject && loan.subject != object.subject) continue;
    TRY(const CompartmentRow borrower, compartments_.Load(loan.party));
    if (!GivesLoan(*rules, loan.kind, borrower.kind)) continue;
    TRY_VOID(AddBox(transaction, loan, object.object, object.version, access));
  }
  return Ok();
}

Status Loans::Release(const MatterId& matter, const std::vector<LoanKind>& kinds) {
  TRY(const ProcessRules* rules, RulesOf(matter));
  TRY(const std::vector<LoanRow> rows, Running(matter));
  for (const LoanRow& row : rows) {
    if (row.state != "closed" || std::find(kinds.begin(), kinds.end(), row.kind) == kinds.end()) {
      continue;
    }
    TRY(const CompartmentRow borrower, compartments_.Load(row.party));
    if (!GivesLoan(*rules, row.kind, borrower.kind)) continue;
    TRY_VOID(ReleaseOne(row));
  }
  return Ok();
}

Status Loans::ReleaseOne(const LoanRow& loan) {
  TRY(const std::string name, core_.Pseudonym(loan.matter, loan.id.view()));
  LogEntry entry = core_.Entry("loan.released");
  entry.Object("loan", name).Add("kind", LoanKindName(loan.kind));
  LoanRow open = loan;
  open.state = "open";
  open.row_version += 1;
  TRY(ReleaseReceipt receipt,
      core_.log->RecordRelease(loan.id, loan.slot, entry,
                               core_.WithMarks([&](Transaction& transaction) {
                                 return UpdateLoan(transaction.database(), core_, open);
                               })));
  return core_.keeper->Release(std::move(receipt));
}

Status Loans::FinishReleases() {
  std::vector<LoanRow> rows;
  {
    auto query = core_.database->Prepare(std::string(kSelectLoan) + "WHERE state = 'open'");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      TRY(LoanRow row, ReadLoan(query));
      // A row that somebody else made "open" opens nothing.
      const Status checked = CheckLoan(core_, row, query.Blob(9));
      if (!checked.ok()) {
        LogError("a loan's row is refused", checked.error());
        continue;
      }
      rows.push_back(std::move(row));
    }
  }
  for (const LoanRow& row : rows) {
    TRY(const SlotEntry entry, core_.keeper->Look(row.slot));
    if ((entry.flags & kFlagClosed) != 0) TRY_VOID(ReleaseOne(row));
  }
  return Ok();
}

Result<const ProcessRules*> Loans::RulesOf(const MatterId& matter) {
  auto query = core_.database->Prepare("SELECT template, template_version FROM matter WHERE id = ?")
                   .Bind(matter);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such matter");
  return core_.rules->Find(query.Text(0), query.U32(1));
}

Result<DisposalOutcome> Loans::End(const MatterId& matter, const std::vector<LoanKind>& kinds,
                                   const MatterEvent& trigger, const Mandate& mandate) {
  DisposalOutcome empty;
  if (kinds.empty()) return empty;
  TRY(const ProcessRules* rules, RulesOf(matter));
  MatterFacts facts;
  facts.events.push_back(trigger);
  std::vector<DisposalOrder> orders;
  const auto judge = [&](RetentionFacts object) {
    object.ended_by.push_back(trigger);
    Judgement judgement = rules->Weigh(facts, object, core_.time->Now());
    if (judgement.order) orders.push_back(*std::move(judgement.order));
  };
  TRY(const std::vector<LoanRow> rows, Running(matter));
  for (const LoanRow& row : rows) {
    if (std::find(kinds.begin(), kinds.end(), row.kind) == kinds.end()) continue;
    RetentionFacts object;
    object.type = EntryType::kLoan;
    object.matter = matter;
    object.object = AsObject(row.id);
    object.slot = row.slot;
    object.loan = row.kind;
    object.end = row.ends;
    judge(std::move(object));
  }
  auto links = core_.database
                   ->Prepare(
                       "SELECT id, slot, basis, ends FROM share WHERE matter = ? AND "
                       "state = 'running'")
                   .Bind(matter);
  while (true) {
    TRY(const bool more, links.Step());
    if (!more) break;
    const auto basis = LoanKindFromName(links.Text(2));
    if (!basis || std::find(kinds.begin(), kinds.end(), *basis) == kinds.end()) continue;
    RetentionFacts object;
    object.type = EntryType::kShare;
    object.matter = matter;
    object.object = links.IdAt<ObjectId>(0);
    object.slot = links.U32(1);
    object.end = links.Int(3);
    judge(std::move(object));
  }
  return disposal_.Dispose(std::move(orders), mandate);
}

Result<std::uint64_t> Loans::Withdraw(const MatterId& matter, const ObjectId& document,
                                      std::uint32_t version, const LogEntry& entry) {
  struct Remade {
    LoanRow old;
    LoanRow fresh;
    std::vector<LoanBoxRow> kept;
    std::optional<ObjectId> dropped;
  };
  std::vector<Remade> remade;
  std::vector<SlotReservation> slots;
  TRY(const std::vector<LoanRow> rows, Running(matter));
  for (const LoanRow& row : rows) {
    TRY(const std::optional<LoanBoxRow> box, FindBox(row.id, document, version));
    if (!box || box->box.empty()) continue;
    TRY(SlotReservation slot, core_.keeper->Reserve(AsObject(matter)));
    Remade next{row, row, {}, box->id};
    next.fresh.slot = slot.slot();
    next.fresh.row_version += 1;
    auto boxes = core_.database
                     ->Prepare(
                         "SELECT id, object, version, box, box_version FROM loan_box "
                         "WHERE loan = ? AND state = 'live' AND id != ?")
                     .Bind(row.id, box->id);
    while (true) {
      TRY(const bool more, boxes.Step());
      if (!more) break;
      LoanBoxRow kept{boxes.IdAt<ObjectId>(0), row.id,      boxes.IdAt<ObjectId>(1), boxes.U32(2),
                      boxes.Blob(3),           boxes.U32(4)};
      const OuterPlace from = BoxPlace(row, kept);
      kept.box_version += 1;
      TRY(kept.box, core_.keeper->Reseal(from, kept.box, BoxPlace(next.fresh, kept)));
      next.kept.push_back(std::move(kept));
    }
    slots.push_back(std::move(slot));
    remade.push_back(std::move(next));
  }
  if (remade.empty()) return std::uint64_t{0};
  std::vector<KeyKeeper::Filling> fillings;
  for (std::size_t i = 0; i < remade.size(); ++i) {
    TRY(const SlotEntry old, core_.keeper->Look(remade[i].old.slot));
    fillings.push_back(
        {&slots[i],
         {EntryType::kLoan, old.flags, 0, remade[i].fresh.ends, AsObject(remade[i].fresh.id)}});
  }
  TRY_VOID(core_.keeper->Fill(fillings));
  std::vector<RemakeOrder> orders;
  for (const Remade& next : remade) {
    orders.push_back(RemakeOrder(EntryType::kLoan, AsObject(next.old.id), next.old.slot));
  }
  TRY_VOID(disposal_.Remake(std::move(orders), entry, [&](Transaction& transaction) -> Status {
    Database& database = transaction.database();
    for (const Remade& next : remade) {
      TRY_VOID(UpdateLoan(database, core_, next.fresh));
      TRY_VOID(database.Prepare("UPDATE loan_box SET state = 'withdrawn', box = NULL WHERE id = ?")
                   .Bind(*next.dropped)
                   .Run());
      for (const LoanBoxRow& kept : next.kept) {
        TRY_VOID(database.Prepare("UPDATE loan_box SET box = ?, box_version = ? WHERE id = ?")
                     .Bind(kept.box, kept.box_version, kept.id)
                     .Run());
      }
      TRY_VOID(RewriteInvolvement(database, next.fresh));
    }
    return Ok();
  }));
  return static_cast<std::uint64_t>(remade.size());
}

Status Loans::RewriteInvolvement(Database& database, const LoanRow& loan) {
  auto query = database
                   .Prepare(
                       "SELECT id, subject, party, row_version FROM involvement "
                       "WHERE loan = ?")
                   .Bind(loan.id);
  TRY(const bool found, query.Step());
  if (!found) return Ok();
  const auto id = query.IdAt<InvolvementId>(0);
  const auto version = static_cast<std::uint64_t>(query.Int(3)) + 1;
  const ByteArray<32> mac =
      InvolvementMac(id, loan, query.IdAt<SubjectId>(1), query.IdAt<PartyId>(2), version);
  return database.Prepare("UPDATE involvement SET slot = ?, row_version = ?, mac = ? WHERE id = ?")
      .Bind(loan.slot, version, mac, id)
      .Run();
}

ByteArray<32> Loans::InvolvementMac(const InvolvementId& id, const LoanRow& pack,
                                    const SubjectId& subject, const PartyId& party,
                                    std::uint64_t row_version) const {
  RowImage image("involvement", AsObject(id), pack.slot, row_version);
  image.Column(pack.matter.view())
      .Column(subject.view())
      .Column(party.view())
      .Column(pack.id.view());
  return image.Mac(*core_.keeper);
}

Status Loans::MoveEnds(const MatterId& matter, UnixSeconds ends) {
  TRY(const std::vector<LoanRow> rows, Running(matter));
  for (LoanRow row : rows) {
    if (row.kind != LoanKind::kBrief && row.kind != LoanKind::kPack) continue;
    row.ends = ends;
    row.row_version += 1;
    TRY_VOID(core_.keeper->SetDeadline(row.slot, AsObject(row.id), ends));
    TRY_VOID(UpdateLoan(*core_.database, core_, row));
  }
  return Ok();
}

Result<std::vector<BoxDebt>> Loans::Debt(const MatterId& matter) {
  std::vector<BoxDebt> debts;
  TRY(const ProcessRules* rules, RulesOf(matter));
  std::map<std::string, std::vector<LoanKind>> lent_by;
  for (const ClassRule& rule : rules->Classes()) lent_by[rule.code] = rule.lent_by;
  TRY(const std::vector<LoanRow> rows, Running(matter));
  for (const LoanRow& loan : rows) {
    TRY(const CompartmentRow borrower, compartments_.Load(loan.party));
    if (!GivesLoan(*rules, loan.kind, borrower.kind)) continue;
    auto documents = core_.database
                         ->Prepare(
                             "SELECT document.id, version.version, document.class, "
                             "document.owner, document.subject FROM document JOIN version "
                             "ON version.document = document.id WHERE document.matter = ?1 "
                             "AND version.state = 'live' AND NOT EXISTS(SELECT 1 FROM "
                             "loan_box WHERE loan = ?2 AND object = document.id AND "
                             "loan_box.version = version.version)")
                         .Bind(matter, loan.id);
    while (true) {
      TRY(const bool more, documents.Step());
      if (!more) break;
      const std::vector<LoanKind>& kinds = lent_by[documents.Text(2)];
      if (std::find(kinds.begin(), kinds.end(), loan.kind) == kinds.end()) continue;
      if (documents.Text(3) == borrower.agency.text()) continue;
      if (loan.subject && (documents.IsNull(4) || documents.IdAt<SubjectId>(4) != *loan.subject)) {
        continue;
      }
      debts.push_back(
          {loan.id, documents.IdAt<ObjectId>(0), EntryType::kDocument, documents.U32(1)});
    }
    if (loan.kind != LoanKind::kBrief) continue;
    auto details = core_.database
                       ->Prepare(
                           "SELECT id, 2 FROM matter WHERE id = ?1 UNION ALL "
                           "SELECT involvement.subject, 8 FROM involvement WHERE "
                           "involvement.matter = ?1 AND involvement.party = ?2 AND "
                           "involvement.state = 'live'")
                       .Bind(matter, loan.party);
    while (true) {
      TRY(const bool more, details.Step());
      if (!more) break;
      const auto object = details.IdAt<ObjectId>(0);
      TRY(const auto box, FindBox(loan.id, object, 0));
      if (!box) debts.push_back({loan.id, object, static_cast<EntryType>(details.Int(1)), 0});
    }
  }
  return debts;
}

Result<std::uint64_t> Loans::DebtCount() {
  std::vector<MatterId> matters;
  auto query =
      core_.database->Prepare("SELECT DISTINCT matter FROM loan WHERE state IN ('closed', 'open')");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) break;
    matters.push_back(query.IdAt<MatterId>(0));
  }
  std::uint64_t count = 0;
  for (const MatterId& matter : matters) {
    TRY(const std::vector<BoxDebt> debts, Debt(matter));
    count += debts.size();
  }
  return count;
}

}  // namespace vault
