#include "vault/disposal_rows.h"

#include <algorithm>

#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/crypto/bulk.h"
#include "vault/sealed_places.h"

namespace vault {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, kind, state, matter, rule, trigger, authority, due, mandate, objects, records, "
    "digest, proposed, reminders, first_approver, first_names, second_names, decision, done, "
    "epoch, held_back, copies, certificate, failures, failure, failed, completed, search, "
    "leftover FROM disposal ";

DisposalRow ReadRow(const Statement& query) {
  const auto count = [&](int column) { return static_cast<std::uint64_t>(query.Int(column)); };
  const auto time = [&](int column) {
    return query.IsNull(column) ? std::nullopt : std::optional<UnixSeconds>(query.Int(column));
  };
  DisposalRow row;
  row.id = query.IdAt<DisposalId>(0);
  row.kind = query.Text(1);
  row.state = query.Text(2);
  if (!query.IsNull(3)) row.matter = query.IdAt<MatterId>(3);
  row.rule = query.Text(4);
  row.trigger = query.Text(5);
  row.authority = query.Text(6);
  row.due = query.Int(7);
  row.mandate = query.Text(8);
  row.objects = count(9);
  row.records = count(10);
  row.digest = query.Text(11);
  row.proposed = time(12);
  row.reminders = query.U32(13);
  if (!query.IsNull(14)) row.first_approver = query.IdAt<PersonId>(14);
  row.first_names = query.Text(15);
  row.second_names = query.Text(16);
  row.decision = query.Blob(17);
  row.done = time(18);
  row.epoch = count(19);
  row.held_back = count(20);
  row.copies = query.Text(21);
  row.certificate = query.Text(22);
  row.failures = query.U32(23);
  row.failure = query.Text(24);
  row.failed = time(25);
  row.completed = time(26);
  row.search = query.Text(27);
  row.leftover = count(28);
  return row;
}

std::optional<std::string> OrNull(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

}  // namespace

std::string_view EntryTypeName(EntryType type) {
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

std::string ItemsDigest(std::vector<ShredItem> items) {
  std::sort(items.begin(), items.end(),
            [](const ShredItem& a, const ShredItem& b) { return a.slot < b.slot; });
  WireWriter writer;
  for (const ShredItem& item : items) {
    writer.U32(item.slot).U8(static_cast<std::uint8_t>(item.type)).Raw(item.object.view());
    writer.U32(item.version);
  }
  return EncodeHex(Sha256(writer.bytes()));
}

Result<DisposalRow> DisposalRows::Load(const DisposalId& id) {
  auto query = core_.database->Prepare(std::string(kSelect) + "WHERE id = ?").Bind(id);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such disposal");
  return ReadRow(query);
}

Result<std::vector<DisposalRow>> DisposalRows::InState(std::string_view state) {
  std::vector<DisposalRow> rows;
  auto query = core_.database->Prepare(std::string(kSelect) + "WHERE state = ? ORDER BY sequence")
                   .Bind(state);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    rows.push_back(ReadRow(query));
  }
}

Result<std::vector<DisposalRow>> DisposalRows::WithLeftovers() {
  std::vector<DisposalRow> rows;
  auto query = core_.database->Prepare(std::string(kSelect) +
                                       "WHERE leftover != 0 AND state IN ('done', 'provisional') "
                                       "ORDER BY sequence");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    rows.push_back(ReadRow(query));
  }
}

Status DisposalRows::Insert(const DisposalRow& row) {
  TRY_VOID(
      core_.database
          ->Prepare("INSERT INTO disposal(id, sequence, kind, state, matter, rule, trigger, "
                    "authority, due, mandate, objects, records, digest, proposed, reminders, "
                    "held_back, failures, leftover) VALUES(?, (SELECT coalesce(max(sequence), 0) "
                    "+ 1 FROM disposal), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0)")
          .Bind(row.id, row.kind, row.state, row.matter, row.rule, row.trigger, row.authority,
                row.due, row.mandate, row.objects, row.records, row.digest, row.proposed)
          .Run());
  return Update(row);
}

Status DisposalRows::Update(const DisposalRow& row) {
  const std::optional<Bytes> decision =
      row.decision.empty() ? std::nullopt : std::optional<Bytes>(row.decision);
  return core_.database
      ->Prepare(
          "UPDATE disposal SET state = ?, due = ?, mandate = ?, objects = ?, records = ?, "
          "digest = ?, proposed = ?, reminders = ?, first_approver = ?, first_names = ?, "
          "second_names = ?, decision = ?, done = ?, epoch = ?, held_back = ?, copies = ?, "
          "certificate = ?, failures = ?, failure = ?, failed = ?, completed = ?, search = ?, "
          "leftover = ? WHERE id = ?")
      .Bind(row.state, row.due, row.mandate, row.objects, row.records, row.digest, row.proposed,
            row.reminders, row.first_approver, OrNull(row.first_names), OrNull(row.second_names),
            decision, row.done, row.epoch, row.held_back, OrNull(row.copies),
            OrNull(row.certificate), row.failures, OrNull(row.failure), row.failed, row.completed,
            OrNull(row.search), row.leftover, row.id)
      .Run();
}

Status DisposalRows::Delete(const DisposalId& id) {
  TRY_VOID(DropItems(id));
  return core_.database->Prepare("DELETE FROM disposal WHERE id = ?").Bind(id).Run();
}

Result<std::vector<DisposalItem>> DisposalRows::Items(const DisposalId& id) {
  std::vector<DisposalItem> items;
  auto query = core_.database
                   ->Prepare(
                       "SELECT slot, type, object, version, label FROM disposal_item "
                       "WHERE disposal = ? ORDER BY slot")
                   .Bind(id);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return items;
    items.push_back({{query.U32(0), static_cast<EntryType>(query.Int(1)), query.IdAt<ObjectId>(2),
                      query.U32(3)},
                     query.Text(4)});
  }
}

Status DisposalRows::ReplaceItems(const DisposalId& id, const std::vector<DisposalItem>& items) {
  TRY_VOID(DropItems(id));
  Statement insert = core_.database->Prepare(
      "INSERT INTO disposal_item(disposal, slot, type, object, version, label) "
      "VALUES(?, ?, ?, ?, ?, ?)");
  for (const DisposalItem& item : items) {
    TRY_VOID(insert
                 .Bind(id, item.key.slot, static_cast<std::int64_t>(item.key.type), item.key.object,
                       item.key.version, item.label)
                 .Run());
  }
  return Ok();
}

Status DisposalRows::DropItems(const DisposalId& id) {
  return core_.database->Prepare("DELETE FROM disposal_item WHERE disposal = ?").Bind(id).Run();
}

Result<std::string> DisposalRows::Describe(const ShredItem& item) {
  switch (item.type) {
    case EntryType::kLoan: {
      auto query = core_.database
                       ->Prepare(
                           "SELECT loan.kind, loan.matter, compartment.kind, "
                           "compartment.agency FROM loan JOIN compartment "
                           "ON compartment.party = loan.party WHERE loan.id = ?")
                       .Bind(item.object);
      TRY(const bool found, query.Step());
      if (!found) return NotFound("no such loan");
      TRY(const std::string name, core_.Pseudonym(query.IdAt<MatterId>(1), item.object.view()));
      const std::string agency = query.Text(3);
      return query.Text(0) + " loan o:" + name + " to " +
             (agency.empty() ? query.Text(2) : "agency " + agency);
    }
    case EntryType::kDocument: {
      auto query = core_.database
                       ->Prepare(
                           "SELECT document.class, document.matter, document.owner, "
                           "version.channel FROM document JOIN version ON version.document = "
                           "document.id WHERE document.id = ? AND version.version = ?")
                       .Bind(item.object, item.version);
      TRY(const bool found, query.Step());
      if (!found) return NotFound("no such document");
      TRY(const std::string name, core_.Pseudonym(query.IdAt<MatterId>(1), item.object.view()));
      return "document o:" + name + " version " + std::to_string(item.version) + " class " +
             query.Text(0) + " of agency " + query.Text(2) + " taken in by " + query.Text(3);
    }
    case EntryType::kShare: {
      auto query =
          core_.database->Prepare("SELECT matter FROM share WHERE id = ?").Bind(item.object);
      TRY(const bool found, query.Step());
      if (!found) return NotFound("no such link");
      TRY(const std::string name, core_.Pseudonym(query.IdAt<MatterId>(0), item.object.view()));
      return "link o:" + name;
    }
    case EntryType::kSubject: {
      auto query =
          core_.database->Prepare("SELECT matter FROM subject WHERE id = ?").Bind(item.object);
      TRY(const bool found, query.Step());
      if (!found) return NotFound("no such subject");
      TRY(const std::string name, core_.Pseudonym(query.IdAt<MatterId>(0), item.object.view()));
      return "details of subject o:" + name;
    }
    case EntryType::kMatter: {
      TRY(const std::string name,
          core_.Pseudonym(MatterId(item.object.bytes()), item.object.view()));
      return "details of matter o:" + name;
    }
    case EntryType::kPseudonym: {
      TRY(const std::string name, core_.VaultPseudonym(item.object.view()));
      return "names of a matter in the log, key o:" + name;
    }
    default: {
      TRY(const std::string name, core_.VaultPseudonym(item.object.view()));
      return "key o:" + name;
    }
  }
}

Result<bool> DisposalRows::IsCurrent(const ShredItem& item) {
  Database& database = *core_.database;
  switch (item.type) {
    case EntryType::kLoan:
      return database
          .Prepare("SELECT 1 FROM loan WHERE id = ? AND slot = ? AND state IN ('closed', 'open')")
          .Bind(item.object, item.slot)
          .Step();
    case EntryType::kDocument:
      return database
          .Prepare(
              "SELECT 1 FROM version WHERE document = ? AND version = ? AND slot = ? AND "
              "state = 'live'")
          .Bind(item.object, item.version, item.slot)
          .Step();
    case EntryType::kShare:
      return database.Prepare("SELECT 1 FROM share WHERE id = ? AND slot = ? AND state = 'running'")
          .Bind(item.object, item.slot)
          .Step();
    case EntryType::kSubject:
      return database.Prepare("SELECT 1 FROM subject WHERE id = ? AND slot = ? AND state = 'live'")
          .Bind(item.object, item.slot)
          .Step();
    case EntryType::kMatter:
      return database.Prepare("SELECT 1 FROM matter WHERE id = ? AND slot = ? AND state = 'live'")
          .Bind(item.object, item.slot)
          .Step();
    case EntryType::kPseudonym:
      return database
          .Prepare("SELECT 1 FROM matter WHERE pseudonym_slot = ? AND state = 'destroyed'")
          .Bind(item.slot)
          .Step();
    default:
      return true;
  }
}

Result<bool> DisposalRows::IsOrphan(const ShredItem& item) {
  return core_.database
      ->Prepare("SELECT 1 FROM orphan WHERE slot = ? AND type = ? AND object = ? AND version = ?")
      .Bind(item.slot, static_cast<std::int64_t>(item.type), item.object, item.version)
      .Step();
}

Status DisposalRows::MarkShredding(const ShredItem& item) {
  Database& database = *core_.database;
  switch (item.type) {
    case EntryType::kLoan:
      return database.Prepare("UPDATE loan SET state = 'shredding' WHERE id = ?")
          .Bind(item.object)
          .Run();
    case EntryType::kDocument:
      return database
          .Prepare("UPDATE version SET state = 'shredding' WHERE document = ? AND version = ?")
          .Bind(item.object, item.version)
          .Run();
    case EntryType::kShare:
      return database.Prepare("UPDATE share SET state = 'shredding' WHERE id = ?")
          .Bind(item.object)
          .Run();
    case EntryType::kSubject:
      return database.Prepare("UPDATE subject SET state = 'shredding' WHERE id = ?")
          .Bind(item.object)
          .Run();
    case EntryType::kMatter:
      return database.Prepare("UPDATE matter SET state = 'shredding' WHERE id = ?")
          .Bind(item.object)
          .Run();
    default:
      return Ok();
  }
}

Status DisposalRows::MarkLive(const ShredItem& item) {
  Database& database = *core_.database;
  switch (item.type) {
    case EntryType::kDocument:
      return database
          .Prepare("UPDATE version SET state = 'live' WHERE document = ? AND version = ?")
          .Bind(item.object, item.version)
          .Run();
    case EntryType::kSubject:
      return database.Prepare("UPDATE subject SET state = 'live' WHERE id = ?")
          .Bind(item.object)
          .Run();
    case EntryType::kMatter:
      return database.Prepare("UPDATE matter SET state = 'live' WHERE id = ?")
          .Bind(item.object)
          .Run();
    default:
      // Loans, links and people are never held.
      return Ok();
  }
}

// A key without a row has only its place among the orphans, and the blobs that were found for it.
Status DisposalRows::PurgeOrphan(const DisposalId& batch, const ShredItem& item) {
  Database& database = *core_.database;
  TRY_VOID(database
               .Prepare("INSERT OR IGNORE INTO blob_debt(blob, disposal, since, attempts) "
                        "SELECT blob, ?1, ?3, 0 FROM orphan WHERE slot = ?2 AND blob IS NOT NULL "
                        "UNION SELECT form_blob, ?1, ?3, 0 FROM orphan WHERE slot = ?2 AND "
                        "form_blob IS NOT NULL")
               .Bind(batch, item.slot, core_.time->Now().low)
               .Run());
  return database.Prepare("DELETE FROM orphan WHERE slot = ?").Bind(item.slot).Run();
}

// What goes with a document besides what its key sealed: its blobs, and the document with its last
// version.
Status DisposalRows::OweBlobs(const DisposalId& batch, const ShredItem& item) {
  return core_.database
      ->Prepare(
          "INSERT OR IGNORE INTO blob_debt(blob, disposal, since, attempts) "
          "SELECT blob, ?1, ?4, 0 FROM version WHERE document = ?2 AND version = ?3 "
          "AND blob IS NOT NULL UNION SELECT form_blob, ?1, ?4, 0 FROM version "
          "WHERE document = ?2 AND version = ?3 AND form_blob IS NOT NULL")
      .Bind(batch, item.object, item.version, core_.time->Now().low)
      .Run();
}

Status DisposalRows::MarkDestroyed(const DisposalId& batch, const ShredItem& item) {
  Database& database = *core_.database;
  TRY(const bool orphan, IsOrphan(item));
  if (orphan) return PurgeOrphan(batch, item);
  if (item.type == EntryType::kDocument) TRY_VOID(OweBlobs(batch, item));
  for (const SealedPlace& place : SealedPlaces()) {
    if (place.type != item.type) continue;
    Statement erase = database.Prepare(EraseSql(place));
    BindItem(erase, item);
    TRY_VOID(erase.Run());
  }
  switch (item.type) {
    case EntryType::kDocument:
      return database
          .Prepare(
              "UPDATE document SET state = 'destroyed' WHERE id = ?1 AND NOT EXISTS("
              "SELECT 1 FROM version WHERE document = ?1 AND state != 'destroyed')")
          .Bind(item.object)
          .Run();
    case EntryType::kMatter:
      // The log's names are kept so many years from this day on.
      return database.Prepare("UPDATE matter SET ended_day = ? WHERE id = ?")
          .Bind(core_.time->DayToCountFrom().number(), item.object)
          .Run();
    case EntryType::kPseudonym:
      return database
          .Prepare(
              "UPDATE matter SET state = 'forgotten' WHERE pseudonym_slot = ? AND "
              "state = 'destroyed'")
          .Bind(item.slot)
          .Run();
    default:
      return Ok();
  }
}

Result<bool> DisposalRows::IsPurged(Database& database, const ShredItem& item) {
  {
    auto orphan = database.Prepare("SELECT 1 FROM orphan WHERE slot = ?").Bind(item.slot);
    TRY(const bool found, orphan.Step());
    if (found) return false;
  }
  for (const SealedPlace& place : SealedPlaces()) {
    if (place.type != item.type) continue;
    const std::string sql = LeftSql(place);
    if (sql.empty()) continue;
    Statement left = database.Prepare(sql);
    BindItem(left, item);
    TRY(const bool found, left.Step());
    if (found) return false;
  }
  return true;
}

}  // namespace vault
