#include "vault/document_rows.h"

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

}  // namespace vault
