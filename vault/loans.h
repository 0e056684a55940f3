// Loans: reading by another agency has a key of its own, and an end.
//
// A loan is created closed, opened by release (logged first), and ended by destroying its key. The
// boxes inside it are sealed to the borrower's compartment and wrapped under the loan's key.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/compartments.h"
#include "vault/core.h"
#include "vault/disposal.h"

namespace vault {

// A report outlives the meeting: its loans run for a year.
inline constexpr UnixSeconds kReportLoanLife = UnixSeconds{365} * 86400;
// A control task or an inspection has ninety days; whoever needs longer begins another.
inline constexpr UnixSeconds kTaskLoanLife = UnixSeconds{90} * 86400;

struct LoanRow {
  LoanId id;
  MatterId matter;
  std::optional<SubjectId> subject;
  PartyId party;
  SlotNumber slot = 0;
  LoanKind kind = LoanKind::kPack;
  std::string state;  // closed, open, shredding, ended
  UnixSeconds ends = 0;
  std::uint64_t row_version = 0;
};

// LoanBoxRow is one object in a loan.
struct LoanBoxRow {
  ObjectId id;  // of the row
  LoanId loan;
  ObjectId object;
  std::uint32_t version = 0;
  Bytes box;
  std::uint32_t box_version = 0;
};

// BoxDebt is an object that a running loan should carry and does not yet.
struct BoxDebt {
  LoanId loan;
  ObjectId object;
  EntryType type = EntryType::kDocument;
  std::uint32_t version = 0;
};

// GivesLoan says whether a template gives loans of a kind to parties of a kind. Where it gives an
// agency no pack, that of an involvement stays empty and closed.
bool GivesLoan(const ProcessRules& rules, LoanKind kind, std::string_view party_kind);

// LentObject is one document version that loans of its matter may carry.
struct LentObject {
  MatterId matter;
  std::optional<SubjectId> subject;
  PartyId owner;
  ObjectId object;
  std::uint32_t version = 0;
};

class Loans {
 public:
  Loans(Core& core, Compartments& compartments, Disposal& disposal)
      : core_(core), compartments_(compartments), disposal_(disposal) {}

  // Load checks mac and slot of a loan that has not ended. Errors: kExpired it has; kCorrupt.
  Result<LoanRow> Load(const LoanId& id);
  // Running lists the loans of a matter that have not ended, closed or open.
  Result<std::vector<LoanRow>> Running(const MatterId& matter);
  // All lists also the ended ones (state only: their rows name dead slots).
  Result<std::vector<LoanRow>> All(const MatterId& matter);
  // FindRunning gives the loan of this kind to a party, for a subject when the kind has one.
  Result<std::optional<LoanRow>> FindRunning(const MatterId& matter, const PartyId& party,
                                             LoanKind kind,
                                             const std::optional<SubjectId>& subject);

  // New fills a slot for a closed loan and gives the row to insert in the caller's next commit.
  Result<LoanRow> New(const MatterId& matter, const PartyId& party, LoanKind kind,
                      const std::optional<SubjectId>& subject, UnixSeconds ends);
  Status Insert(Transaction& transaction, const LoanRow& row);

  // AddBox seals an access share to the borrower inside the loan, closed or open, in the caller's
  // transaction. A box that is there already stays.
  Status AddBox(Transaction& transaction, const LoanRow& loan, const ObjectId& object,
                std::uint32_t version, const AccessShare& access);
  // Lend seals a new version to every running loan that the rules of its class give.
  Status Lend(Transaction& transaction, const ClassRule& rule, const LentObject& object,
              const AccessShare& access);
  Result<std::optional<LoanBoxRow>> FindBox(const LoanId& loan, const ObjectId& object,
                                            std::uint32_t version);
  static OuterPlace BoxPlace(const LoanRow& loan, const LoanBoxRow& box);

  // Release opens the closed loans of these kinds, one after another: log first, then the key.
  Status Release(const MatterId& matter, const std::vector<LoanKind>& kinds);
  // ReleaseOne opens one closed loan.
  Status ReleaseOne(const LoanRow& loan);
  // FinishReleases repeats what a crash left between the log and the key (at start).
  Status FinishReleases();

  // End destroys the keys of the loans of these kinds and of the links that rest on them, and
  // certifies it. `trigger` is the event.
  Result<DisposalOutcome> End(const MatterId& matter, const std::vector<LoanKind>& kinds,
                              const MatterEvent& trigger, const Mandate& mandate);

  // Withdraw takes one document version out of every running loan: each loan's key is re-made
  // without it. Gives how many loans changed.
  Result<std::uint64_t> Withdraw(const MatterId& matter, const ObjectId& document,
                                 std::uint32_t version, const LogEntry& entry);
  // MoveEnds recomputes the fail-safe ends of what is read for a meeting, after it moved.
  Status MoveEnds(const MatterId& matter, UnixSeconds ends);

  // Debt lists what running loans of a matter lack (all matters: count only).
  Result<std::vector<BoxDebt>> Debt(const MatterId& matter);
  Result<std::uint64_t> DebtCount();

  // InvolvementMac is the mac of the involvement row whose pack this is.
  ByteArray<32> InvolvementMac(const InvolvementId& id, const LoanRow& pack,
                               const SubjectId& subject, const PartyId& party,
                               std::uint64_t row_version) const;

 private:
  Result<const ProcessRules*> RulesOf(const MatterId& matter);
  Status RewriteInvolvement(Database& database, const LoanRow& loan);
  Core& core_;
  Compartments& compartments_;
  Disposal& disposal_;
};

}  // namespace vault
