#include "vault/document_rows.h"

#include <algorithm>

namespace vault {
namespace {

constexpr std::string_view kSelectDocument =
    "SELECT id, matter, subject, class, owner, latest, state, kind FROM document ";
constexpr std::string_view kSelectVersion =
    "SELECT document, version, slot, state, day, padded_size, channel, form, blob, form_blob, "
    "name, findings FROM version ";

Result<DocumentRow> ReadDocument(Statement& query) {
  DocumentRow row;
  row.id = query.IdAt<DocumentId>(0);
  row.matter = query.IdAt<MatterId>(1);
  if (!query.IsNull(2)) row.subject = query.IdAt<SubjectId>(2);
  row.class_code = query.Text(3);
  TRY(row.owner, AgencyId::Parse(query.Text(4)));
  row.latest = query.U32(5);
  row.state = query.Text(6);
  if (!query.IsNull(7)) row.kind = query.Text(7);
  return row;
}

VersionRow ReadVersion(Statement& query) {
  VersionRow row;
  row.document = query.IdAt<DocumentId>(0);
  row.version = query.U32(1);
  row.slot = query.U32(2);
  row.state = query.Text(3);
  row.day = Day::FromNumber(static_cast<std::int32_t>(query.Int(4)));
  row.padded_size = static_cast<std::uint64_t>(query.Int(5));
  row.channel = query.Text(6);
  row.form = query.Text(7);
  if (!query.IsNull(8)) row.blob = query.IdAt<BlobName>(8);
  if (!query.IsNull(9)) row.form_blob = query.IdAt<BlobName>(9);
  row.name = query.Blob(10);
  row.findings = query.Blob(11);
  return row;
}

}  // namespace

ColumnPlace NamePlace(const DocumentId& document, std::uint32_t version) {
  return {"version", "name", AsObject(document), version};
}

Core::Place FindingsPlace(const VersionRow& row) {
  return {row.slot, AsObject(row.document), "version", "findings", row.version};
}

Result<std::vector<PartyBox>> SealPartyBoxes(const VersionRow& row, const AccessShare& access,
                                             const CompartmentRow& owner,
                                             const CompartmentRow& unit) {
  std::vector<PartyBox> boxes;
  for (const CompartmentRow* party : {&owner, &unit}) {
    if (party == &unit && unit.party == owner.party) continue;
    TRY(Bytes box, SealAccessBox(AsObject(row.document), row.version, access, party->public_key));
    boxes.push_back({party->party, std::move(box)});
  }
  return boxes;
}

Result<DocumentRow> DocumentRows::Load(const DocumentId& id) {
  auto query = core_.database->Prepare(std::string(kSelectDocument) + "WHERE id = ?").Bind(id);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such document");
  return ReadDocument(query);
}

Result<VersionRow> DocumentRows::LoadVersion(const DocumentId& id, std::uint32_t version) {
  auto query =
      core_.database->Prepare(std::string(kSelectVersion) + "WHERE document = ? AND version = ?")
          .Bind(id, version);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such document");
  return ReadVersion(query);
}

Result<std::vector<VersionRow>> DocumentRows::Versions(const DocumentId& id) {
  std::vector<VersionRow> rows;
  auto query =
      core_.database->Prepare(std::string(kSelectVersion) + "WHERE document = ? ORDER BY version")
          .Bind(id);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    rows.push_back(ReadVersion(query));
  }
}

Result<std::vector<DocumentRow>> DocumentRows::OfMatter(const MatterId& matter) {
  std::vector<DocumentRow> rows;
  auto query =
      core_.database
          ->Prepare(std::string(kSelectDocument) + "WHERE matter = ? ORDER BY class, owner, id")
          .Bind(matter);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    TRY(DocumentRow row, ReadDocument(query));
    rows.push_back(std::move(row));
  }
}

Result<std::optional<DocumentRow>> DocumentRows::FindOne(const MatterId& matter,
                                                         const std::optional<SubjectId>& subject,
                                                         std::string_view class_code,
                                                         const AgencyId& owner) {
  auto query = core_.database
                   ->Prepare(std::string(kSelectDocument) +
                             "WHERE matter = ? AND subject IS ? AND class = ? AND owner = ? "
                             "AND state = 'live' AND kind IS NULL")
                   .Bind(matter, subject, class_code, owner);
  TRY(const bool found, query.Step());
  if (!found) return std::optional<DocumentRow>();
  TRY(DocumentRow row, ReadDocument(query));
  return std::optional<DocumentRow>(std::move(row));
}

Result<std::uint32_t> DocumentRows::NextVersion(const DocumentRow& document) {
  auto query =
      core_.database
          ->Prepare("SELECT coalesce(max(version), 0) FROM orphan WHERE type = ? AND object = ?")
          .Bind(static_cast<std::int64_t>(EntryType::kDocument), document.id);
  TRY([[maybe_unused]] const bool row, query.Step());
  return std::max(document.latest, query.U32(0)) + 1;
}

Status DocumentRows::Insert(Transaction& transaction, const DocumentRow& document) {
  std::optional<std::string> kind;
  if (!document.kind.empty()) kind = document.kind;
  return transaction.database()
      .Prepare(
          "INSERT INTO document(id, matter, subject, class, owner, latest, state, kind) "
          "VALUES(?, ?, ?, ?, ?, ?, 'live', ?)")
      .Bind(document.id, document.matter, document.subject, document.class_code, document.owner,
            document.latest, kind)
      .Run();
}

// A version that is recovered may be older than those that have their rows.
Status DocumentRows::Continue(Transaction& transaction, const DocumentRow& document) {
  return transaction.database()
      .Prepare("UPDATE document SET latest = max(latest, ?), state = 'live' WHERE id = ?")
      .Bind(document.latest, document.id)
      .Run();
}

Status DocumentRows::InsertVersion(Transaction& transaction, const VersionRow& row,
                                   const std::vector<PartyBox>& boxes) {
  Database& database = transaction.database();
  TRY_VOID(database
               .Prepare("INSERT INTO version(document, version, slot, state, day, padded_size, "
                        "channel, form, blob, form_blob, name, findings) "
                        "VALUES(?, ?, ?, 'live', ?, ?, ?, ?, ?, ?, ?, ?)")
               .Bind(row.document, row.version, row.slot, row.day.number(), row.padded_size,
                     row.channel, row.form, row.blob, row.form_blob, row.name, row.findings)
               .Run());
  for (const PartyBox& box : boxes) {
    TRY_VOID(
        database.Prepare("INSERT INTO object_box(object, version, party, box) VALUES(?, ?, ?, ?)")
            .Bind(row.document, row.version, box.party, box.box)
            .Run());
  }
  return Ok();
}

// Asked of the holds themselves: the document may have no row yet.
Result<SlotEntry> DocumentRows::EntryOf(const DocumentRow& document) {
  auto query = core_.database
                   ->Prepare(
                       "SELECT 1 FROM hold WHERE state = 'running' AND "
                       "(object = ? OR object = ? OR object = ?)")
                   .Bind(document.matter, document.subject, document.id);
  TRY(const bool held, query.Step());
  const auto flags =
      static_cast<std::uint8_t>(kFlagNeedsApproval | (held ? kFlagHold : std::uint8_t{0}));
  return SlotEntry{EntryType::kDocument, flags, document.latest, kNoDeadline,
                   AsObject(document.id)};
}

}  // namespace vault
