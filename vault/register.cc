#include "vault/register.h"

#include "vault/audit/audit_log.h"
#include "vault/crypto/digest.h"

namespace vault {
namespace {

// Migration 1. In clear stand only random ids, states, class codes, agency ids, days, padded
// sizes, public keys and boxes; everything personal is a sealed column (FORMAT.md §3).
constexpr std::string_view kMigration1 = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE agency(
  id TEXT PRIMARY KEY, name TEXT NOT NULL, is_unit INTEGER NOT NULL,
  successor TEXT REFERENCES agency(id), ended_day INTEGER, reason TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE person(
  id BLOB PRIMARY KEY, slot INTEGER NOT NULL, agency TEXT NOT NULL REFERENCES agency(id),
  state TEXT NOT NULL, until INTEGER, lookup BLOB UNIQUE, email BLOB, public_key BLOB NOT NULL,
  password BLOB, invited_until INTEGER, excluded BLOB, row_version INTEGER NOT NULL, mac BLOB)
  STRICT, WITHOUT ROWID;
CREATE TABLE role(
  id BLOB PRIMARY KEY, person BLOB NOT NULL REFERENCES person(id), slot INTEGER NOT NULL,
  code TEXT NOT NULL, until INTEGER, row_version INTEGER NOT NULL, mac BLOB NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE INDEX role_person ON role(person);
CREATE TABLE token(
  id BLOB PRIMARY KEY, person BLOB NOT NULL REFERENCES person(id), slot INTEGER NOT NULL,
  scope TEXT NOT NULL, until INTEGER NOT NULL, name BLOB NOT NULL, secret BLOB NOT NULL,
  row_version INTEGER NOT NULL, mac BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX token_person ON token(person);
CREATE TABLE deputy(
  id BLOB PRIMARY KEY, person BLOB NOT NULL REFERENCES person(id), slot INTEGER NOT NULL,
  stands_for BLOB NOT NULL REFERENCES person(id), until INTEGER NOT NULL,
  row_version INTEGER NOT NULL, mac BLOB NOT NULL, UNIQUE(person, stands_for))
  STRICT, WITHOUT ROWID;
CREATE INDEX deputy_stands_for ON deputy(stands_for);
CREATE TABLE matter(
  id BLOB PRIMARY KEY, slot INTEGER NOT NULL, pseudonym_slot INTEGER NOT NULL,
  template TEXT NOT NULL, template_version INTEGER NOT NULL, state TEXT NOT NULL,
  created_day INTEGER NOT NULL, ref BLOB, meeting BLOB, title BLOB, owner_group BLOB,
  row_version INTEGER NOT NULL, weighed TEXT, due_day INTEGER, ended_day INTEGER)
  STRICT, WITHOUT ROWID;
CREATE INDEX matter_due ON matter(due_day) WHERE state = 'live';
CREATE TABLE matter_event(
  id BLOB PRIMARY KEY, matter BLOB NOT NULL REFERENCES matter(id), sequence INTEGER NOT NULL,
  name TEXT NOT NULL, day INTEGER NOT NULL, at BLOB, reason BLOB,
  UNIQUE(matter, sequence)) STRICT, WITHOUT ROWID;
CREATE TABLE subject(
  id BLOB PRIMARY KEY, matter BLOB NOT NULL REFERENCES matter(id), slot INTEGER NOT NULL,
  state TEXT NOT NULL, pseudonym BLOB, details BLOB, words BLOB, due_day INTEGER, born BLOB)
  STRICT, WITHOUT ROWID;
CREATE INDEX subject_matter ON subject(matter);
CREATE INDEX subject_due ON subject(due_day) WHERE state = 'live';
CREATE TABLE exclusion(
  id BLOB PRIMARY KEY, matter BLOB NOT NULL REFERENCES matter(id), subject BLOB NOT NULL,
  person BLOB NOT NULL REFERENCES person(id), since_day INTEGER NOT NULL, reason BLOB,
  mac BLOB NOT NULL, UNIQUE(person, subject)) STRICT, WITHOUT ROWID;
CREATE INDEX exclusion_matter ON exclusion(matter);
CREATE INDEX exclusion_subject ON exclusion(subject);
CREATE TABLE compartment(
  party BLOB PRIMARY KEY, matter BLOB NOT NULL REFERENCES matter(id), slot INTEGER NOT NULL,
  kind TEXT NOT NULL, agency TEXT NOT NULL, public_key BLOB NOT NULL, escrow BLOB,
  row_version INTEGER NOT NULL, mac BLOB NOT NULL, UNIQUE(matter, kind, agency))
  STRICT, WITHOUT ROWID;
CREATE TABLE member(
  id BLOB PRIMARY KEY, matter BLOB NOT NULL REFERENCES matter(id), party BLOB NOT NULL,
  person BLOB NOT NULL REFERENCES person(id), slot INTEGER NOT NULL, attending INTEGER NOT NULL,
  state TEXT NOT NULL, stands_for BLOB, until INTEGER, lockbox BLOB,
  row_version INTEGER NOT NULL, mac BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX member_owed ON member(matter) WHERE state = 'live' AND length(lockbox) = 0;
CREATE UNIQUE INDEX member_once ON member(matter, person) WHERE state = 'live';
CREATE INDEX member_person ON member(person);
CREATE TABLE assignment(
  id BLOB PRIMARY KEY, matter BLOB NOT NULL REFERENCES matter(id), slot INTEGER NOT NULL,
  person BLOB NOT NULL REFERENCES person(id), role TEXT NOT NULL, state TEXT NOT NULL,
  row_version INTEGER NOT NULL, mac BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX assignment_person ON assignment(matter, person);
CREATE TABLE object_box(
  object BLOB NOT NULL, version INTEGER NOT NULL, party BLOB NOT NULL, box BLOB NOT NULL,
  PRIMARY KEY(object, version, party)) STRICT, WITHOUT ROWID;
CREATE TABLE named_box(
  id BLOB PRIMARY KEY, object BLOB NOT NULL, version INTEGER NOT NULL,
  person BLOB NOT NULL REFERENCES person(id), slot INTEGER NOT NULL, box BLOB NOT NULL,
  row_version INTEGER NOT NULL, mac BLOB NOT NULL, UNIQUE(object, version, person))
  STRICT, WITHOUT ROWID;
CREATE INDEX named_box_person ON named_box(person);
CREATE TABLE loan(
  id BLOB PRIMARY KEY, matter BLOB NOT NULL REFERENCES matter(id), subject BLOB,
  party BLOB NOT NULL REFERENCES compartment(party), slot INTEGER NOT NULL, kind TEXT NOT NULL,
  state TEXT NOT NULL, ends INTEGER NOT NULL, row_version INTEGER NOT NULL, mac BLOB NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE INDEX loan_matter ON loan(matter);
CREATE INDEX loan_running ON loan(matter, party) WHERE state IN ('closed', 'open');
CREATE TABLE loan_box(
  id BLOB PRIMARY KEY, loan BLOB NOT NULL REFERENCES loan(id), object BLOB NOT NULL,
  version INTEGER NOT NULL, box BLOB, box_version INTEGER NOT NULL, state TEXT NOT NULL,
  UNIQUE(loan, object, version)) STRICT, WITHOUT ROWID;
CREATE INDEX loan_box_object ON loan_box(object, version);
CREATE TABLE involvement(
  id BLOB PRIMARY KEY, matter BLOB NOT NULL REFERENCES matter(id), subject BLOB NOT NULL,
  party BLOB NOT NULL, loan BLOB NOT NULL, slot INTEGER NOT NULL, state TEXT NOT NULL,
  row_version INTEGER NOT NULL, mac BLOB NOT NULL, UNIQUE(subject, party)) STRICT, WITHOUT ROWID;
CREATE INDEX involvement_matter ON involvement(matter, party);
CREATE TABLE document(
  id BLOB PRIMARY KEY, matter BLOB NOT NULL REFERENCES matter(id), subject BLOB,
  class TEXT NOT NULL, owner TEXT NOT NULL, latest INTEGER NOT NULL, state TEXT NOT NULL,
  kind TEXT) STRICT, WITHOUT ROWID;
CREATE INDEX document_matter ON document(matter);
CREATE INDEX document_class ON document(class, owner);
CREATE INDEX document_owner ON document(owner);
CREATE INDEX document_subject ON document(subject) WHERE subject IS NOT NULL;
CREATE TABLE version(
  document BLOB NOT NULL REFERENCES document(id), version INTEGER NOT NULL,
  slot INTEGER NOT NULL, state TEXT NOT NULL, day INTEGER NOT NULL, padded_size INTEGER NOT NULL,
  channel TEXT NOT NULL, form TEXT NOT NULL, blob BLOB, form_blob BLOB, name BLOB, findings BLOB,
  due_day INTEGER, kept_until INTEGER, PRIMARY KEY(document, version)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX version_slot ON version(slot);
CREATE INDEX version_day ON version(day);
CREATE INDEX version_due ON version(due_day) WHERE state = 'live';
CREATE TABLE hold(
  id BLOB PRIMARY KEY, matter BLOB NOT NULL, scope TEXT NOT NULL, object BLOB NOT NULL,
  sealed INTEGER NOT NULL, state TEXT NOT NULL, placed_day INTEGER NOT NULL,
  review_day INTEGER NOT NULL, released_day INTEGER, slot INTEGER NOT NULL, reason BLOB,
  authority BLOB, note BLOB, release_reason BLOB, mac BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX hold_matter ON hold(matter);
CREATE TABLE mail(
  id BLOB PRIMARY KEY, person BLOB NOT NULL, matter BLOB, kind TEXT NOT NULL, item TEXT NOT NULL,
  day INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, next INTEGER NOT NULL,
  made INTEGER NOT NULL, mac BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX mail_next ON mail(next) WHERE state = 'queued';
CREATE TABLE share(
  id BLOB PRIMARY KEY, matter BLOB NOT NULL, slot INTEGER NOT NULL, maker BLOB NOT NULL,
  basis TEXT NOT NULL, state TEXT NOT NULL, ends INTEGER NOT NULL, uses INTEGER NOT NULL,
  used INTEGER NOT NULL, reserved INTEGER NOT NULL, failed INTEGER NOT NULL, tag BLOB, box BLOB,
  recipient BLOB, last_used BLOB, contents BLOB) STRICT, WITHOUT ROWID;
CREATE INDEX share_matter ON share(matter);
CREATE TABLE disposal(
  id BLOB PRIMARY KEY, sequence INTEGER NOT NULL UNIQUE, kind TEXT NOT NULL, state TEXT NOT NULL,
  matter BLOB, rule TEXT NOT NULL, trigger TEXT NOT NULL, authority TEXT NOT NULL,
  due INTEGER NOT NULL, mandate TEXT NOT NULL, objects INTEGER NOT NULL,
  records INTEGER NOT NULL, digest TEXT NOT NULL, proposed INTEGER, reminders INTEGER NOT NULL,
  first_approver BLOB, first_names TEXT, second_names TEXT, decision BLOB,
  done INTEGER, epoch INTEGER, held_back INTEGER NOT NULL, copies TEXT, certificate TEXT,
  failures INTEGER NOT NULL, failure TEXT, failed INTEGER,
  completed INTEGER, search TEXT, leftover INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX disposal_open ON disposal(state);
CREATE INDEX disposal_leftover ON disposal(leftover) WHERE leftover != 0;
CREATE TABLE disposal_item(
  disposal BLOB NOT NULL REFERENCES disposal(id), slot INTEGER NOT NULL, type INTEGER NOT NULL,
  object BLOB NOT NULL, version INTEGER NOT NULL, label TEXT NOT NULL,
  PRIMARY KEY(disposal, slot)) STRICT, WITHOUT ROWID;
CREATE INDEX disposal_item_object ON disposal_item(object);
CREATE TABLE blob_debt(
  blob BLOB PRIMARY KEY, disposal BLOB NOT NULL, since INTEGER NOT NULL, attempts INTEGER NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE TABLE sweep_debt(
  slot INTEGER PRIMARY KEY, kind TEXT NOT NULL, object BLOB NOT NULL, version INTEGER NOT NULL,
  rule TEXT NOT NULL, trigger TEXT NOT NULL, due INTEGER NOT NULL, reason TEXT NOT NULL,
  since INTEGER NOT NULL, attempts INTEGER NOT NULL, seen INTEGER NOT NULL) STRICT;
CREATE TABLE orphan(
  slot INTEGER PRIMARY KEY, type INTEGER NOT NULL, object BLOB NOT NULL, version INTEGER NOT NULL,
  held INTEGER NOT NULL, found_day INTEGER NOT NULL, blob BLOB, form_blob BLOB,
  ender BLOB, ender_names TEXT) STRICT;
)sql";

Status SetSchemaVersion(Database& database, std::int64_t version) {
  return database
      .Prepare(
          "INSERT INTO meta(key, value) VALUES('schema', ?) "
          "ON CONFLICT(key) DO UPDATE SET value = excluded.value")
      .Bind(ByteView(WireWriter().U64(static_cast<std::uint64_t>(version)).bytes()))
      .Run();
}

Result<std::int64_t> SchemaVersion(Database& database) {
  auto exists = database.Prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'");
  TRY(const bool has_meta, exists.Step());
  if (!has_meta) return std::int64_t{0};
  auto query = database.Prepare("SELECT value FROM meta WHERE key = 'schema'");
  TRY(const bool found, query.Step());
  if (!found) return Corrupt("the register has no schema version");
  const Bytes value = query.Blob(0);
  WireReader reader(value);
  const auto version = static_cast<std::int64_t>(reader.U64());
  TRY_VOID(reader.Finish());
  return version;
}

}  // namespace

Status MigrateRegister(Database& database) {
  TRY(const std::int64_t version, SchemaVersion(database));
  if (version > 1) return Conflict("the register was written by a newer program");
  if (version == 1) return Ok();
  TRY(Transaction transaction, Transaction::Begin(database));
  TRY_VOID(database.Execute(kMigration1));
  TRY_VOID(AuditLog::CreateTables(database));
  TRY_VOID(SetSchemaVersion(database, 1));
  transaction.Commit();
  return Ok();
}

RowImage::RowImage(std::string_view table, const ObjectId& row, SlotNumber slot,
                   std::uint64_t row_version) {
  image_.Text(table).Raw(row.view()).U32(slot).U64(row_version);
}

RowImage& RowImage::Column(ByteView value) {
  image_.U32(static_cast<std::uint32_t>(value.size())).Raw(value);
  return *this;
}

RowImage& RowImage::Column(std::int64_t value) {
  image_.U32(8).U64(static_cast<std::uint64_t>(value));
  return *this;
}

RowImage& RowImage::Absent() {
  image_.U32(0xFFFFFFFF);
  return *this;
}

Status RowImage::Check(const KeyKeeper& keeper, ByteView mac) const {
  if (!EqualConstantTime(Mac(keeper), mac)) return Corrupt("a row of the register was changed");
  return Ok();
}

Status CheckLiveSlot(const KeyKeeper& keeper, SlotNumber slot, EntryType type,
                     const ObjectId& object) {
  TRY(const SlotEntry entry, keeper.Look(slot));
  if (entry.type != type || entry.object != object) return NotFound("its key is destroyed");
  return Ok();
}

}  // namespace vault
