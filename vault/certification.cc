#include "vault/certification.h"

#include <algorithm>
#include <set>
#include <utility>

#include "vault/audit/certificate_file.h"
#include "vault/base/log.h"

namespace vault {
namespace {

std::string_view ClockWords(TimeKeeper::Source source) {
  switch (source) {
    case TimeKeeper::Source::kPerson:
      return "date confirmed by a person";
    case TimeKeeper::Source::kSystem:
      return "the system's clock, trusted by configuration";
    case TimeKeeper::Source::kNone:
      break;
  }
  return "no date was confirmed when this was written; it ended by an event, whatever the clock";
}

// LineOf finds what an earlier text of a certificate said under a name.
std::string LineOf(std::string_view text, std::string_view name) {
  const std::string begin = "\n" + std::string(name) + ": ";
  const std::size_t at = text.find(begin);
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + begin.size();
  return std::string(text.substr(from, text.find('\n', from) - from));
}

std::size_t ErasedOf(const std::vector<CopyFacts>& copies) {
  return static_cast<std::size_t>(
      std::count_if(copies.begin(), copies.end(),
                    [](const CopyFacts& copy) { return copy.state == CopyState::kErased; }));
}

// CaughtUp brings the copies of a destruction to what has become of them: one that was not reached
// has erased by now, or was given up.
bool CaughtUp(std::vector<CopyFacts>& copies, const std::vector<CopyRow>& rows, bool whole) {
  bool changed = false;
  for (CopyFacts& copy : copies) {
    if (copy.state != CopyState::kUnreachable) continue;
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const CopyRow& one) { return one.number == copy.number; });
    const bool known = row != rows.end();
    if (known && row->state == CopyStanding::kStandby && !whole) continue;
    // A copy that follows was read back from its device and had its old secret overwritten when it
    // was attached again; so had one that took over, when it was opened.
    const bool follows =
        known && (row->state == CopyStanding::kStandby || row->state == CopyStanding::kPrimary);
    copy.state = follows ? CopyState::kErased : CopyState::kEvicted;
    if (follows) copy.cell_classes = row->cell_classes;
    changed = true;
  }
  return changed;
}

}  // namespace

std::vector<CopyFacts> CopiesOf(const EpochResult& result, const std::vector<CopyRow>& rows) {
  std::vector<CopyFacts> copies;
  for (const CopyOutcome& copy : result.copies) {
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const CopyRow& one) { return CopyName(one) == copy.name; });
    CHECK(row != rows.end());
    CopyState state =
        row->state == CopyStanding::kStandby ? CopyState::kUnreachable : CopyState::kEvicted;
    if (copy.erased) state = CopyState::kErased;
    copies.push_back({state, copy.cell_classes, row->number});
  }
  return copies;
}

Status Certification::RecordAll(const std::vector<LogEntry>& lines, const AuditLog::Act& act) {
  return core_.Record(lines.front(), [&](Transaction& transaction) -> Status {
    TRY_VOID(act(transaction));
    for (std::size_t i = 1; i < lines.size(); ++i) {
      TRY([[maybe_unused]] const std::uint64_t index, core_.log->Append(transaction, lines[i]));
    }
    return Ok();
  });
}

// What a destruction leaves in the register is read from the device, not from our memory of it.
Status Certification::ReadBack(const std::vector<DisposalBatch>& batches) {
  TRY_VOID(core_.database->TruncateLog());
  const bool any = std::any_of(batches.begin(), batches.end(), [](const DisposalBatch& batch) {
    return batch.row.kind == kDisposalKind;
  });
  if (!any) return Ok();
  TRY(const std::unique_ptr<Database> device,
      core_.database->OpenPastCache(core_.keeper->RegisterDatabaseKey()));
  for (const DisposalBatch& batch : batches) {
    if (batch.row.kind != kDisposalKind) continue;
    for (const DisposalItem& item : batch.items) {
      TRY(const bool purged, DisposalRows::IsPurged(*device, item.key));
      if (!purged) return Corrupt("the register on the disk still holds what was destroyed");
    }
  }
  return Ok();
}

Result<std::string> Certification::TextOf(const DisposalBatch& batch) {
  CertificateFacts facts;
  facts.batch = batch.row.id;
  facts.store = core_.keeper->store().ToHex();
  facts.rule = batch.row.rule;
  facts.trigger = batch.row.trigger;
  facts.authority = batch.row.authority;
  facts.mandate = batch.row.mandate;
  for (const std::string& name : {batch.row.first_names, batch.row.second_names}) {
    if (!name.empty()) facts.approvers.push_back(name);
  }
  facts.due = batch.row.due;
  facts.done = batch.row.done.value_or(core_.time->Now().low);
  // A later text says how the date was known when it was destroyed, not when it was written anew.
  facts.clock = LineOf(batch.row.certificate, "clock");
  if (facts.clock.empty()) facts.clock = ClockWords(core_.time->source());
  facts.completed = batch.row.completed;
  TRY(facts.search, ReadSearch(batch.row.search));
  if (!batch.row.certificate.empty()) facts.replaces = CertificateDigest(batch.row.certificate);
  facts.epoch = batch.row.epoch;
  TRY(facts.copies, ReadCopies(batch.row.copies));
  facts.held_back = batch.row.held_back;
  TRY(const std::multiset<ObjectId> rowless, RowlessDocuments());
  std::set<ObjectId> counted;
  Statement channel =
      core_.database->Prepare("SELECT channel FROM version WHERE document = ? AND version = ?");
  for (const DisposalItem& item : batch.items) {
    facts.objects.push_back(item.label);
    if (item.key.type != EntryType::kDocument) continue;
    if (counted.insert(item.key.object).second) facts.rowless += rowless.count(item.key.object);
    TRY(const bool found, channel.Bind(item.key.object, item.key.version).Step());
    if (found) facts.channels.push_back(channel.Text(0));
  }
  return CertificateText(facts);
}

Result<std::multiset<ObjectId>> Certification::RowlessDocuments() {
  std::multiset<ObjectId> out;
  auto query = core_.database->Prepare("SELECT object FROM orphan WHERE type = ?")
                   .Bind(static_cast<std::int64_t>(EntryType::kDocument));
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return out;
    out.insert(query.IdAt<ObjectId>(0));
  }
}

// What the destroyed keys had sealed is looked for once more where no row shows it.
Status Certification::SearchLeftovers(std::vector<DisposalBatch>& batches,
                                      std::vector<LogEntry>& lines) {
  std::vector<DisposalId> wanted;
  for (const DisposalBatch& batch : batches) {
    // A rewritten text is of a search that was made.
    if (batch.row.search.empty()) wanted.push_back(batch.row.id);
  }
  TRY(auto found, leftovers_.Search(wanted));
  TRY(const auto first, MadeAnew(wanted, found));
  for (DisposalBatch& batch : batches) {
    const auto facts = found.find(batch.row.id);
    if (facts == found.end()) continue;
    batch.row.search = SearchLine(facts->second);
    batch.row.leftover = facts->second.left;
    const auto before = first.find(batch.row.id);
    if (before == first.end() && batch.row.leftover == 0) continue;
    const bool gone = batch.row.leftover == 0;
    LogEntry entry = core_.Entry(gone ? "register.rewritten" : "incident.leftover");
    entry.Add("batch", batch.row.id.ToHex())
        .Add("values", facts->second.values)
        .Add("left", gone ? before->second : batch.row.leftover);
    lines.push_back(std::move(entry));
    if (gone) continue;
    Log(LogLevel::kError, "sealed values were found in the register after their destruction");
  }
  return Ok();
}

// SQLite splits a page by copying rows, and does not always zero where they stood. A file made anew
// from its rows has no such places, so nobody has to wait for it, or to be told of an incident.
Result<std::map<DisposalId, std::uint64_t>> Certification::MadeAnew(
    const std::vector<DisposalId>& wanted, std::map<DisposalId, SearchFacts>& found) {
  std::map<DisposalId, std::uint64_t> first;
  for (const auto& [id, facts] : found) {
    if (facts.left != 0) first[id] = facts.left;
  }
  if (first.empty()) return first;
  const Status rewritten = leftovers_.Rewrite();
  if (!rewritten.ok()) {
    LogError("the register could not be made anew; the next sweep tries again", rewritten.error());
    return std::map<DisposalId, std::uint64_t>();
  }
  TRY(found, leftovers_.Search(wanted));
  for (const auto& [id, left] : first) {
    if (SearchFacts& facts = found[id]; facts.left == 0) facts.rewritten = core_.time->Now().low;
  }
  return first;
}

Status Certification::Certify(std::vector<DisposalBatch> batches) {
  TRY_VOID(ReadBack(batches));
  std::vector<LogEntry> lines;
  TRY_VOID(SearchLeftovers(batches, lines));
  std::vector<DisposalId> nothing_left;
  for (DisposalBatch& batch : batches) {
    batch.row.failures = 0;
    batch.row.failure.clear();
    batch.row.failed.reset();
    TRY(const std::vector<CopyFacts> copies, ReadCopies(batch.row.copies));
    batch.row.state = AllErased(copies) ? "done" : "provisional";
    if (batch.row.kind != kDisposalKind) continue;
    if (batch.items.empty()) {
      // Holds took everything out: nothing was destroyed, and nothing is certified.
      nothing_left.push_back(batch.row.id);
      continue;
    }
    TRY(batch.row.certificate, TextOf(batch));
    LogEntry entry = core_.Entry(kCertificateType);
    entry.Add("batch", batch.row.id.ToHex())
        .Add("kind", AllErased(copies) ? "final" : "provisional")
        .Add(kTextDigestField, CertificateDigest(batch.row.certificate));
    lines.push_back(std::move(entry));
  }
  const auto write = [&]() -> Status {
    for (const DisposalBatch& batch : batches) {
      TRY_VOID(rows_.Update(batch.row));
      // The list of objects has done its work; the certificate keeps what may be known.
      if (batch.row.state == "done" && batch.row.leftover == 0) {
        TRY_VOID(rows_.DropItems(batch.row.id));
      }
    }
    for (const DisposalId& id : nothing_left) TRY_VOID(rows_.Delete(id));
    return Ok();
  };
  if (lines.empty()) {
    TRY(Transaction transaction, Transaction::Begin(*core_.database));
    TRY_VOID(write());
    transaction.Commit();
  } else {
    TRY_VOID(RecordAll(lines, [&]([[maybe_unused]] Transaction& transaction) { return write(); }));
  }
  for (const DisposalBatch& batch : batches) {
    if (batch.row.leftover == 0) leftovers_.Forget(batch.row.id);
  }
  TRY_VOID(UnlinkBlobs());
  TRY_VOID(core_.database->TruncateLog());
  return core_.database->IncrementalVacuum();
}

// A certificate is final once the last copy has erased, and never before it was read back there.
Status Certification::FinishProvisional() {
  TRY(std::vector<DisposalBatch> batches, InState("provisional"));
  if (batches.empty()) return Ok();
  const std::vector<CopyRow> rows = core_.keeper->copies();
  const bool whole = core_.keeper->Whole().ok();
  std::vector<DisposalBatch> changed;
  for (DisposalBatch& batch : batches) {
    TRY(std::vector<CopyFacts> copies, ReadCopies(batch.row.copies));
    const std::size_t erased_before = ErasedOf(copies);
    if (!CaughtUp(copies, rows, whole)) continue;
    batch.row.copies = CopiesLine(copies);
    // Of one that was given up nothing was erased.
    if (ErasedOf(copies) != erased_before) batch.row.completed = core_.time->Now().low;
    changed.push_back(std::move(batch));
  }
  if (changed.empty()) return Ok();
  const Status certified = Certify(changed);
  return certified.ok() ? certified : Failed(changed, certified.error());
}

// Where something was found the file is made anew, and searched again while it is still remembered
// what for.
Status Certification::FinishLeftovers() {
  std::vector<DisposalBatch> batches;
  std::vector<DisposalId> ids;
  {
    TRY(std::vector<DisposalRow> rows, rows_.WithLeftovers());
    for (DisposalRow& row : rows) {
      TRY(std::vector<DisposalItem> items, rows_.Items(row.id));
      ids.push_back(row.id);
      batches.push_back({std::move(row), std::move(items)});
    }
  }
  if (batches.empty()) return Ok();
  const auto rewrite = [&]() -> Status {
    TRY_VOID(leftovers_.Rewrite());
    TRY(const auto found, leftovers_.Search(ids));
    for (DisposalBatch& batch : batches) {
      TRY(std::optional<SearchFacts> facts, ReadSearch(batch.row.search));
      if (!facts) return Corrupt("what a search came to cannot be read");
      const auto again = found.find(batch.row.id);
      // Nothing but rows is written into a new file, and the rows were read back.
      facts->left = again == found.end() ? 0 : again->second.left;
      if (facts->left != 0)
        return Corrupt("the register's new file still holds what was destroyed");
      facts->rewritten = core_.time->Now().low;
      batch.row.search = SearchLine(*facts);
      batch.row.leftover = 0;
    }
    return Certify(batches);
  };
  const Status rewritten = rewrite();
  return rewritten.ok() ? rewritten : Failed(batches, rewritten.error());
}

// A blob that cannot be unlinked is ciphertext without a key. It does not undo the destruction; it
// stays on the list, in debt, until it is gone.
Status Certification::UnlinkBlobs() {
  std::vector<BlobName> blobs;
  {
    auto query = core_.database->Prepare("SELECT blob FROM blob_debt ORDER BY since");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      blobs.push_back(query.IdAt<BlobName>(0));
    }
  }
  if (blobs.empty()) return Ok();
  const std::vector<BlobName> left = core_.blobs->RemoveMany(blobs);
  const std::set<BlobName> failed(left.begin(), left.end());
  TRY(Transaction transaction, Transaction::Begin(*core_.database));
  Statement drop = core_.database->Prepare("DELETE FROM blob_debt WHERE blob = ?");
  Statement count =
      core_.database->Prepare("UPDATE blob_debt SET attempts = attempts + 1 WHERE blob = ?");
  for (const BlobName& blob : blobs) {
    TRY_VOID((failed.contains(blob) ? count : drop).Bind(blob).Run());
  }
  transaction.Commit();
  if (!failed.empty()) {
    Log(LogLevel::kWarning, std::to_string(failed.size()) +
                                " files of destroyed documents could not be unlinked; the next "
                                "sweep tries again");
  }
  return Ok();
}

Status Certification::Failed(const std::vector<DisposalBatch>& batches, const Error& error) {
  LogError("a disposal failed and stays in debt", error);
  const UnixSeconds now = core_.time->Now().low;
  std::vector<LogEntry> incidents;
  std::vector<DisposalRow> rows;
  for (const DisposalBatch& batch : batches) {
    TRY(DisposalRow row, rows_.Load(batch.row.id));
    row.failures += 1;
    row.failure = ErrcName(error.code);
    if (!row.failed) {
      row.failed = now;
      row.reminders = 0;
    }
    const bool often = row.failures == kIncidentAfter;
    const bool long_ago = now - *row.failed >= kIncidentEvery * (row.reminders + 1);
    if (often || long_ago) {
      if (long_ago) row.reminders += 1;
      LogEntry entry = core_.Entry("incident.disposal");
      entry.Add("batch", row.id.ToHex())
          .Add("state", row.state)
          .Add("failures", row.failures)
          .Add("kind", row.failure);
      incidents.push_back(std::move(entry));
    }
    rows.push_back(std::move(row));
  }
  const auto write = [&]() -> Status {
    for (const DisposalRow& row : rows) TRY_VOID(rows_.Update(row));
    return Ok();
  };
  if (!incidents.empty()) {
    return RecordAll(incidents, [&]([[maybe_unused]] Transaction& transaction) { return write(); });
  }
  TRY(Transaction transaction, Transaction::Begin(*core_.database));
  TRY_VOID(write());
  transaction.Commit();
  return Ok();
}

Result<std::vector<DisposalBatch>> Certification::InState(std::string_view state) {
  std::vector<DisposalBatch> batches;
  TRY(std::vector<DisposalRow> rows, rows_.InState(state));
  for (DisposalRow& row : rows) {
    TRY(std::vector<DisposalItem> items, rows_.Items(row.id));
    batches.push_back({std::move(row), std::move(items)});
  }
  return batches;
}

}  // namespace vault
