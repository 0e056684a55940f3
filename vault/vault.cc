#include "vault/vault.h"

#include "vault/base/day_words.h"
#include "vault/base/log.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/space.h"
#include "vault/vault_parts.h"

namespace vault {

Vault::Vault(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Vault::~Vault() = default;

Agencies& Vault::agencies() { return parts_->agencies; }
People& Vault::people() { return parts_->people; }
MatterRows& Vault::matter_rows() { return parts_->rows; }
Matters& Vault::matters() { return parts_->matters; }
Access& Vault::access() { return parts_->access; }
Loans& Vault::loans() { return parts_->loans; }
Documents& Vault::documents() { return parts_->documents; }
Records& Vault::records() { return parts_->records; }
Assignments& Vault::assignments() { return parts_->assignments; }
Shares& Vault::shares() { return parts_->shares; }
Holds& Vault::holds() { return parts_->holds; }
Figures& Vault::figures() { return parts_->figures; }
Readers& Vault::readers() { return parts_->readers; }
PackReaders& Vault::pack_readers() { return parts_->pack_readers; }
Succession& Vault::succession() { return parts_->succession; }
Search& Vault::search() { return parts_->search; }
Samples& Vault::samples() { return parts_->samples; }
Mails& Vault::mails() { return parts_->mails; }
Disposal& Vault::disposal() { return parts_->disposal; }
DeletionDebt& Vault::debt() { return parts_->debt; }
Proposals& Vault::proposals() { return parts_->proposals; }
Explain& Vault::explain() { return parts_->explain; }
Sweep& Vault::sweep() { return parts_->sweep; }
Custody& Vault::custody() { return parts_->custody; }
Backups& Vault::backups() { return parts_->backups; }
Drills& Vault::drills() { return parts_->drills; }
Orphans& Vault::orphans() { return parts_->orphans; }
const std::optional<RestoreOutcome>& Vault::restored() const {
  return parts_->reconciliation.restored();
}
UnsealRenewal& Vault::unseal_renewal() { return parts_->unseal_renewal; }
PastLogs& Vault::past_logs() { return parts_->past_logs; }
AuditLog& Vault::log() { return *parts_->core.log; }
Compartments& Vault::compartments() { return parts_->compartments; }
std::unique_lock<RegisterMutex> Vault::Locked() { return parts_->core.Locked(); }
TimeInterval Vault::Now() {
  const Core::Lock lock = parts_->core.Locked();
  return parts_->core.time->Now();
}

Status Vault::Anchor(const std::optional<Actor>& actor, Day date) {
  Core& core = parts_->core;
  const Core::Lock lock = core.Locked();
  TRY_VOID(core.time->Confirm(date));
  LogEntry entry = core.Entry("clock.confirmed");
  if (actor) {
    TRY(const std::string who, core.VaultPseudonym(actor->person().view()));
    entry.Person("actor", who);
  }
  entry.Add("day", date.ToText());
  return core.Record(entry, [](Transaction&) { return Ok(); });
}

Status Vault::TrustSystemClock() {
  Core& core = parts_->core;
  const Core::Lock lock = core.Locked();
  TRY_VOID(core.time->TrustSystem());
  LogEntry entry = core.Entry("clock.trusted");
  return core.Record(entry, [](Transaction&) { return Ok(); });
}

Status Vault::KeepMark() {
  Core& core = parts_->core;
  const Core::Lock lock = core.Locked();
  constexpr UnixSeconds kDay = 86400;
  // Given up when the disk was full, and taken again when there is room.
  if (core.disk->Exists(core.data_folder + "/reserve")) Space(*core.disk, core.data_folder).Keep();
  if (!core.time->anchored() || core.time->Unmarked() < kDay) return Ok();
  LogEntry entry = core.Entry("clock.kept");
  return core.Record(entry, [](Transaction&) { return Ok(); });
}

Result<VaultStatus> Vault::Describe() {
  Core& core = parts_->core;
  const Core::Lock lock = core.Locked();
  VaultStatus status;
  status.vault = core.keeper->store().ToHex();
  status.epoch = core.keeper->epoch();
  status.log_size = core.log->size();
  status.anchored = core.time->anchored();
  status.cells = core.keeper->cells();
  TRY(status.deletion_debt, parts_->debt.Count());
  TRY(status.warnings, parts_->debt.Warnings());
  TRY(status.box_debt, parts_->loans.DebtCount());
  TRY(const std::vector<PersonRow> people, LoadPeople(core));
  std::size_t officers = 0;
  for (const PersonRow& row : people) officers += row.agency == core.unit ? 1 : 0;
  if (officers < 2) {
    status.warnings.push_back(
        "the unit has fewer than two people: a lost password could lock its matters");
  }
  for (std::string& warning : core.time->Warnings()) status.warnings.push_back(std::move(warning));
  for (std::string& warning : Space(*core.disk, core.data_folder).Warnings()) {
    status.warnings.push_back(std::move(warning));
  }
  for (const CellClass& cell : status.cells) {
    if (cell.name != "file") continue;
    status.warnings.push_back(
        "an erasure cell counts as an ordinary file: keep it out of every snapshot and backup");
    break;
  }
  TRY(status.copies, parts_->custody.List());
  TRY(const std::vector<std::string> about_copies, parts_->custody.Warnings());
  status.warnings.insert(status.warnings.end(), about_copies.begin(), about_copies.end());
  TRY_VOID(DescribeBackup(status));
  TRY(status.orphans, parts_->reconciliation.OrphanCount());
  if (status.orphans != 0) {
    status.warnings.push_back(std::to_string(status.orphans) +
                              " keys without a row are closed: a filing was interrupted, or a "
                              "restore brought an older register");
  }
  return status;
}

// A backup that is missing or old is said, with what hangs on it.
Status Vault::DescribeBackup(VaultStatus& status) {
  TRY(const BackupAge age, parts_->backups.Age());
  status.backup = age.time;
  if (!age.time) {
    if (age.documents != 0) status.warnings.push_back("no backup was ever made");
    return Ok();
  }
  if (parts_->core.time->Now().low - *age.time < parts_->backup_warn_after) return Ok();
  std::string words = "the last backup was made on " + DayWords(LondonDay(*age.time));
  if (age.documents + age.matters + age.people != 0) {
    words += "; since then " + std::to_string(age.documents) + " filings, " +
             std::to_string(age.matters) + " new matters and " + std::to_string(age.people) +
             " new people or passwords";
  }
  status.warnings.push_back(std::move(words));
  return Ok();
}

Result<std::string> Vault::PseudonymOf(const Actor& actor) {
  const Core::Lock lock = parts_->core.Locked();
  return parts_->core.VaultPseudonym(actor.person().view());
}

Status Vault::LogReport(const Actor& actor, std::string_view name) {
  Core& core = parts_->core;
  const Core::Lock lock = core.Locked();
  TRY(const std::string who, core.VaultPseudonym(actor.person().view()));
  LogEntry entry = core.Entry("report");
  entry.Person("actor", who).Add("name", name);
  return core.Record(entry, [](Transaction&) { return Ok(); });
}

Status Vault::LogSealing(const Actor& actor) {
  Core& core = parts_->core;
  const Core::Lock lock = core.Locked();
  TRY(const std::string who, core.VaultPseudonym(actor.person().view()));
  LogEntry entry = core.Entry("vault.sealed");
  entry.Person("actor", who);
  parts_->people.DropSessions();
  parts_->shares.DropReservations();
  return core.Record(entry, [](Transaction&) { return Ok(); });
}

}  // namespace vault
