#include "vault/orphans.h"

#include "vault/agencies.h"
#include "vault/base/log.h"
#include "vault/base/text.h"
#include "vault/crypto/container.h"
#include "vault/crypto/padding.h"
#include "vault/document_rows.h"
#include "vault/hold_rows.h"

namespace vault {
namespace {

constexpr std::size_t kMostName = 255;

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

}  // namespace

// Found is an orphaned document with what its container says.
struct Orphans::Found {
  SlotNumber slot = 0;
  bool held = false;
  BlobName blob;
  std::optional<BlobName> form_blob;
  ContainerHeader header;
  MatterRow matter;
  CompartmentRow unit;
  Bytes unit_box;
  std::optional<CompartmentRow> owner;  // as the header names it
  Bytes owner_box;
};

Result<std::vector<OrphanView>> Orphans::List(const Actor& actor) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "IGO"}));
  struct Row {
    OrphanView view;
    bool document = false;
  };
  std::vector<Row> rows;
  {
    auto query = core_.database->Prepare(
        "SELECT type, object, version, found_day, ender IS NOT NULL FROM orphan ORDER BY slot");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      const auto type = static_cast<EntryType>(query.Int(0));
      OrphanView view;
      view.kind = KindName(type);
      view.object = query.IdAt<ObjectId>(1);
      view.version = query.U32(2);
      view.found = Day::FromNumber(static_cast<std::int32_t>(query.Int(3)));
      view.ending = query.Int(4) != 0;
      rows.push_back({std::move(view), type == EntryType::kDocument});
    }
  }
  std::vector<OrphanView> views;
  for (Row& row : rows) {
    if (row.document) {
      const auto found =
          Find({DocumentId(row.view.object.bytes()), row.view.version, "", {}, "", ""});
      row.view.recoverable = found.ok();
      if (found.ok()) {
        row.view.matter_ref = found.value().matter.ref;
        if (found.value().owner) row.view.agency = found.value().owner->agency;
      }
    }
    views.push_back(std::move(row.view));
  }
  return views;
}

Result<Orphans::Found> Orphans::Find(const Recovery& wish) {
  Found found;
  {
    auto query =
        core_.database
            ->Prepare(
                "SELECT slot, held, blob, form_blob FROM orphan WHERE type = ? AND "
                "object = ? AND version = ?")
            .Bind(static_cast<std::int64_t>(EntryType::kDocument), wish.document, wish.version);
    TRY(const bool known, query.Step());
    if (!known) return NotFound("no such document waits to be recovered");
    found.slot = query.U32(0);
    found.held = query.Int(1) != 0;
    if (query.IsNull(2)) return Conflict("the stored file of this document has not been found");
    found.blob = query.IdAt<BlobName>(2);
    if (!query.IsNull(3)) found.form_blob = query.IdAt<BlobName>(3);
  }
  TRY(const std::unique_ptr<RandomAccess> file, core_.blobs->Open(found.blob));
  TRY(found.header, ParseContainerHeader(*file));
  if (found.header.slot != found.slot || found.header.document != wish.document ||
      found.header.version != wish.version) {
    return Corrupt("a container is not the one expected");
  }
  if (found.header.boxes.empty()) {
    return Conflict("this was for named readers, and their keys were lost with its row");
  }
  auto matter = matters_.Load(found.header.boxes.front().matter);
  if (!matter.ok() && matter.error().code == Errc::kNotFound) {
    return Conflict(
        "the matter of this document is not in the register: it was made after the backup, and the "
        "keys of its parties were lost with it");
  }
  if (!matter.ok()) return matter.error();
  found.matter = std::move(matter).value();
  TRY(found.unit, compartments_.FindAgency(found.matter.id, core_.unit));
  for (const ContainerBox& box : found.header.boxes) {
    if (box.party == found.unit.party) {
      found.unit_box = box.box;
      if (found.header.boxes.size() > 1) continue;
    }
    auto owner = compartments_.Load(box.party);
    if (!owner.ok()) continue;
    found.owner = std::move(owner).value();
    found.owner_box = box.box;
  }
  if (found.unit_box.empty()) return Conflict("this document carries no box of the unit's");
  return found;
}

// A hold is placed on rows, and this key has none: one in the same matter may be meant to cover it.
Status Orphans::CheckHolds(const ShredItem& item) {
  MatterId matter(item.object.bytes());
  if (item.type == EntryType::kDocument) {
    BlobName blob;
    {
      auto query =
          core_.database->Prepare("SELECT blob FROM orphan WHERE slot = ?").Bind(item.slot);
      TRY(const bool found, query.Step());
      // Without its blob there is nothing that anybody could keep.
      if (!found || query.IsNull(0)) return Ok();
      blob = query.IdAt<BlobName>(0);
    }
    TRY(const std::unique_ptr<RandomAccess> file, core_.blobs->Open(blob));
    TRY(const ContainerHeader header, ParseContainerHeader(*file));
    // Of what was for named readers nothing is left that anybody could keep or read.
    if (header.boxes.empty()) return Ok();
    matter = header.boxes.front().matter;
  }
  TRY(const std::vector<HoldRow> holds, LoadHolds(core_));
  for (const HoldRow& hold : holds) {
    if (hold.state == "released") continue;
    if (hold.matter == matter || hold.object == item.object) {
      return Error{Errc::kHeld, "a hold runs in its matter, and may be meant for this too"};
    }
  }
  return Ok();
}

Result<OrphanEnd> Orphans::End(const Actor& actor, const ObjectId& object,
                               const std::optional<std::uint32_t>& version) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "IGO"}));
  ShredItem item;
  bool held = false;
  std::optional<PersonId> ender;
  std::string names;
  std::size_t found = 0;
  {
    auto query = core_.database
                     ->Prepare(
                         "SELECT slot, type, version, held, ender, ender_names FROM orphan WHERE "
                         "object = ?1 AND (?2 IS NULL OR version = ?2)")
                     .Bind(object, version);
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      ++found;
      item = {query.U32(0), static_cast<EntryType>(query.Int(1)), object, query.U32(2)};
      held = query.Int(3) != 0;
      if (!query.IsNull(4)) ender = query.IdAt<PersonId>(4);
      if (!query.IsNull(5)) names = query.Text(5);
    }
  }
  if (found == 0) return NotFound("no such key waits without a row");
  if (found > 1) return Conflict("several versions of this document wait: name one");
  if (held) {
    return Error{Errc::kHeld, "a hold stood on this when its row was lost: recover it instead"};
  }
  TRY_VOID(CheckHolds(item));
  if (ender == actor.person()) return Conflict("a second person confirms what you ended");
  if (ender && !names.starts_with("IGO ") && !actor.Has("IGO")) {
    return Denied("one of the two is an information governance officer");
  }
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  const std::string name = (actor.Has("IGO") ? "IGO p:" : "BUO p:") + who;
  if (!ender) {
    TRY(const std::string what, core_.VaultPseudonym(object.view()));
    LogEntry entry = core_.Entry("orphan.end-proposed");
    entry.Person("actor", who).Object("object", what).Add("version", item.version);
    TRY_VOID(core_.Record(entry, [&](Transaction& transaction) {
      return transaction.database()
          .Prepare("UPDATE orphan SET ender = ?, ender_names = ? WHERE slot = ?")
          .Bind(actor.person(), name, item.slot)
          .Run();
    }));
    return OrphanEnd{item.version, std::nullopt};
  }
  TRY(const DisposalId disposal,
      disposal_.EndOrphan(item, {"approved-by-two", who, {names, name}}));
  return OrphanEnd{item.version, disposal};
}

Status Orphans::Recover(const Actor& actor, const Recovery& wish) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO"}));
  if (wish.name.size() > kMostName || !IsUtf8(wish.name)) {
    return Invalid("a file name has at most 255 characters");
  }
  TRY(Found found, Find(wish));
  const SlotNumber slots[] = {found.slot};
  // A hold from before stays; what we closed when the row was missing is opened for this.
  TRY_VOID(core_.keeper->SetHold(
      slots, found.held ? KeyKeeper::HoldBit::kHold : KeyKeeper::HoldBit::kNone));
  const Status rebuilt = Rebuild(actor, wish, found);
  if (!rebuilt.ok()) TRY_VOID(core_.keeper->SetHold(slots, KeyKeeper::HoldBit::kSealedHold));
  if (!rebuilt.ok()) return rebuilt;
  for (const BlobName& blob : {found.blob, found.form_blob.value_or(found.blob)}) {
    const Status settled = core_.blobs->Settle(blob);
    if (!settled.ok()) LogError("a recovered blob stays in the new area", settled.error());
  }
  return Ok();
}

Status Orphans::Rebuild(const Actor& actor, const Recovery& wish, Found& found) {
  const MatterRow& matter = found.matter;
  DocumentRows documents(core_);
  auto existing = documents.Load(wish.document);
  if (!existing.ok() && existing.error().code != Errc::kNotFound) return existing.error();
  // A later version of a document that has its row stays of its class, owner and subject.
  std::string class_code = wish.class_code;
  std::optional<SubjectId> subject;
  std::optional<AgencyId> agency = wish.agency;
  if (found.owner) {
    if (agency && *agency != found.owner->agency) {
      return Invalid("this document was filed by another agency");
    }
    agency = found.owner->agency;
  }
  if (existing.ok()) {
    if (existing.value().matter != matter.id) return Corrupt("a document changed its matter");
    class_code = existing.value().class_code;
    subject = existing.value().subject;
    agency = existing.value().owner;
  } else {
    TRY(const ClassRule rule, matter.rules->Class(class_code));
    if (!wish.subject.empty()) {
      TRY(const SubjectRow row, matters_.FindSubject(matter.id, wish.subject));
      subject = row.id;
    }
    if (rule.per_subject != subject.has_value()) {
      return Invalid(rule.per_subject ? "this class names a subject" : "this class has no subject");
    }
  }
  if (!agency) return Invalid("the owner of this document is not known any more: name its agency");
  TRY(const CompartmentRow owner, compartments_.FindAgency(matter.id, *agency));

  TRY(AccessGrant grant,
      access_.DecideRecovery(actor, matter, {wish.document, wish.version, found.slot}));
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, wish.document.view()));
  LogEntry opening = core_.Entry("opening");
  opening.Person("actor", who)
      .Add("agency", actor.agency().text())
      .Add("kind", "document")
      .Object("object", what)
      .Add("version", wish.version)
      .Add("route", "recovery");
  TRY(OpeningReceipt receipt,
      core_.log->RecordOpening(std::move(grant), opening, core_.time->Now().low,
                               core_.WithMarks([](Transaction&) { return Ok(); })));
  TRY(const BoxSecretKey holder, compartments_.Unlock(actor, found.unit.party));
  TRY(const OpenedObject keys,
      core_.keeper->Unwrap(std::move(receipt), {found.unit_box, std::nullopt, &holder},
                           core_.time->Now().low));
  TRY(std::unique_ptr<RandomAccess> file, core_.blobs->Open(found.blob));
  TRY(const ContainerReader reader,
      ContainerReader::Open(keys.file_key(), found.header, std::move(file)));
  if (found.form_blob) {
    TRY(std::unique_ptr<RandomAccess> form, core_.blobs->Open(*found.form_blob));
    const auto opened =
        ContainerReader::Open(keys.derived_key("form"), found.header, std::move(form));
    if (!opened.ok()) found.form_blob.reset();
  }
  VersionRow row;
  row.document = wish.document;
  row.version = wish.version;
  row.slot = found.slot;
  row.day = core_.time->DayToCountFrom();
  row.padded_size = PaddedContentLength(reader.content_length());
  row.channel = "recovered";
  row.form = found.form_blob ? "read" : "none";
  row.blob = found.blob;
  row.form_blob = found.form_blob;
  const std::string name = wish.name.empty() ? "recovered document" : wish.name;
  row.name = keys.SealDetail(NamePlace(wish.document, wish.version), AsBytes(name), *core_.random);
  TRY(row.findings, core_.SealLabel(FindingsPlace(row), ""));
  std::vector<PartyBox> boxes{{found.unit.party, found.unit_box}};
  if (owner.party != found.unit.party) {
    // The owner may have a new compartment: the box in the header is for the one that was.
    Bytes owner_box = found.owner_box;
    if (!found.owner || found.owner->party != owner.party) {
      TRY(owner_box, keys.AccessBoxFor(owner.public_key));
    }
    boxes.push_back({owner.party, std::move(owner_box)});
  }
  const DocumentRow document{wish.document, matter.id,    subject, class_code,
                             *agency,       wish.version, "live",  ""};
  LogEntry entry = core_.Entry("document.recovered");
  entry.Person("actor", who)
      .Add("agency", agency->text())
      .Object("object", what)
      .Add("version", wish.version)
      .Add("class", class_code);
  return core_.Record(entry, [&](Transaction& transaction) -> Status {
    Database& database = transaction.database();
    TRY_VOID(existing.ok() ? DocumentRows::Continue(transaction, document)
                           : DocumentRows::Insert(transaction, document));
    TRY_VOID(DocumentRows::InsertVersion(transaction, row, boxes));
    // What fell due meanwhile has a row again, and is weighed by it.
    TRY_VOID(database.Prepare("DELETE FROM sweep_debt WHERE slot = ?").Bind(found.slot).Run());
    return database.Prepare("DELETE FROM orphan WHERE slot = ?").Bind(found.slot).Run();
  });
}

}  // namespace vault
