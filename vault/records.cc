#include "vault/records.h"

#include <algorithm>
#include <set>

#include "vault/base/text.h"
#include "vault/crypto/padding.h"

namespace vault {
namespace {

constexpr std::size_t kMostValues = 100;
constexpr std::size_t kMostValue = 8000;
constexpr std::size_t kMostReason = 500;
// An entry of the log is short; what else was missed stands in the record.
constexpr std::size_t kMostLogged = 8;

const FieldRule* FieldOf(const RecordKind& kind, std::string_view name) {
  for (const FieldRule& field : kind.fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

bool IsPersonal(const RecordKind& kind, std::string_view name) {
  const FieldRule* field = FieldOf(kind, name);
  return field != nullptr && field->personal;
}

Status CheckShape(const std::vector<FieldValue>& values, std::string_view reason) {
  if (values.size() > kMostValues) return Invalid("a record has at most 100 values");
  for (const FieldValue& value : values) {
    if (value.value.size() > kMostValue || !IsUtf8(value.value) || !IsUtf8(value.name)) {
      return Invalid("a value of a record is text of at most 8000 bytes");
    }
  }
  if (reason.size() > kMostReason || !IsUtf8(reason)) {
    return Invalid("a reason has at most 500 characters");
  }
  return Ok();
}

}  // namespace

// Draft is a record on its way into the register.
struct Records::Draft {
  RecordKind kind;
  std::vector<FieldValue> values;
  std::string reason;
  std::optional<AgencyId> agency;
  std::optional<SubjectId> subject;
  DocumentId id;
  std::uint32_t version = 1;
  std::vector<PersonId> readers;
};

Result<WrittenRecord> Records::Add(const Actor& actor, const MatterRow& matter,
                                   const NewRecord& record) {
  const Core::Lock lock = core_.Locked();
  Draft draft;
  TRY(draft.kind, matter.rules->Record(record.kind));
  draft.values = record.values;
  draft.reason = record.reason;
  draft.agency = record.agency;
  draft.readers = record.readers;
  draft.id = core_.random->NewId<DocumentId>();
  return Write(actor, matter, std::move(draft));
}

Result<WrittenRecord> Records::Set(const Actor& actor, const MatterRow& matter,
                                   const RecordChange& change) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(matters_.MayKnow(actor, matter));
  TRY(const KeptRecord old, Find(matter, change.id));
  Draft draft;
  TRY(draft.kind, matter.rules->Record(old.document.kind));
  draft.values = old.text.values;
  if (!old.text.digests.empty()) {
    TRY(const RecordText whole, Open(actor, matter, old, change.reason));
    draft.values = whole.values;
  }
  std::set<std::string> named;
  for (const FieldValue& value : change.values) named.insert(value.name);
  std::erase_if(draft.values, [&](const FieldValue& value) { return named.contains(value.name); });
  for (const FieldValue& value : change.values) {
    if (!value.value.empty()) draft.values.push_back(value);
  }
  draft.reason = change.reason;
  draft.agency = old.document.owner;
  draft.subject = old.document.subject;
  draft.id = old.document.id;
  TRY(draft.version, rows_.NextVersion(old.document));
  TRY(const ClassRule rule, matter.rules->Class(old.document.class_code));
  if (rule.named_readers) {
    TRY(const std::vector<NamedBoxRow> boxes,
        NamedBoxesOf(core_, AsObject(draft.id), old.document.latest));
    for (const NamedBoxRow& box : boxes) draft.readers.push_back(box.person);
  }
  return Write(actor, matter, std::move(draft));
}

// Place finds out whose a record is and whom it is about, from what it says.
Status Records::Place(const Actor& actor, const MatterRow& matter, Draft& draft) {
  std::optional<SubjectId> about;
  for (const FieldRule& field : draft.kind.fields) {
    if (field.type != FieldType::kSubject) continue;
    for (FieldValue& value : draft.values) {
      if (value.name != field.name || value.value.empty()) continue;
      TRY(const SubjectRow subject, matters_.FindSubject(matter.id, value.value));
      value.value = subject.pseudonym;
      if (!about && !field.many) about = subject.id;
    }
  }
  if (draft.version > 1) {
    if (about != draft.subject) return Invalid("whom a record is about does not change");
    return Ok();
  }
  draft.subject = about;
  if (draft.agency) return Ok();
  // Whoever owes it reads it and answers in it, once they have a part in the matter.
  const RecordFacts facts{draft.kind.name, draft.values};
  const auto owner = AgencyId::Parse(facts.First(draft.kind.owner_field));
  const bool officer = actor.in_unit() && actor.Has("BUO");
  if (draft.kind.owner_field.empty() || !owner.ok() || !officer) return Ok();
  if (compartments_.FindAgency(matter.id, owner.value()).ok()) draft.agency = owner.value();
  return Ok();
}

// ReadersOf are those to whom a record is sealed by name; nobody for other classes.
Result<std::vector<PersonId>> Records::ReadersOf(const MatterRow& matter, const ClassRule& rule,
                                                 const FilingGrant& grant, const Draft& draft,
                                                 const NamedObject& object) {
  std::vector<PersonId> readers;
  if (!rule.named_readers) return readers;
  TRY(readers, named_.FirstReaders(matter, rule, grant.filed_by(), object));
  for (const PersonId& reader : draft.readers) {
    const Status may = named_.MayBeNamed(matter, object, reader);
    // Who left since the last version is not named anew.
    if (!may.ok() && draft.version > 1) continue;
    TRY_VOID(may);
    readers.push_back(reader);
  }
  return readers;
}

Result<WrittenRecord> Records::Write(const Actor& actor, const MatterRow& matter, Draft draft) {
  TRY_VOID(CheckShape(draft.values, draft.reason));
  if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
  TRY_VOID(Place(actor, matter, draft));
  TRY(const FilingGrant grant,
      openings_.access().DecideRecord(actor, matter, draft.kind, {draft.agency, draft.subject}));

  TRY(const ClassRule rule, matter.rules->Class(grant.class_code()));
  if (!rule.named_readers && !draft.readers.empty()) {
    return Invalid("this record is not for named readers");
  }
  const NamedObject sealed_to{AsObject(draft.id), draft.version, grant.subject()};
  TRY(const std::vector<PersonId> readers, ReadersOf(matter, rule, grant, draft, sealed_to));
  // Of what is for named readers the server itself is told nothing but that equal is equal.
  const auto hidden = [&](std::string_view field) {
    return rule.named_readers || IsPersonal(draft.kind, field);
  };

  RecordText text;
  RecordText label;
  for (const FieldValue& value : draft.values) {
    if (value.value.empty()) continue;
    text.values.push_back(value);
    if (!hidden(value.name)) {
      label.values.push_back(value);
      continue;
    }
    TRY(std::string digest, ValueDigest(core_, matter.id, value.name, value.value));
    label.digests.push_back({value.name, std::move(digest)});
  }
  TRY(const MatterRecords kept, LoadRecords(core_, matter.id));
  std::vector<RecordFacts> others;
  for (const KeptRecord& other : kept.seen) {
    if (other.document.id == draft.id) continue;
    RecordFacts facts = other.Facts();
    // A personal value that is the same is told to the rules as it is; others stay digests.
    for (FieldValue& value : facts.values) {
      if (other.document.kind != draft.kind.name || !hidden(value.name)) continue;
      for (const FieldValue& own : text.values) {
        if (own.name != value.name) continue;
        TRY(const std::string digest, ValueDigest(core_, matter.id, own.name, own.value));
        if (digest == value.value) value.value = own.value;
      }
    }
    others.push_back(std::move(facts));
  }
  TRY(const MatterFacts events, matters_.Facts(matter));
  const UnixSeconds now = core_.time->Now().low;
  const std::vector<Finding> findings =
      matter.rules->CheckRecord(events, others, {draft.kind.name, text.values}, now);
  const auto unseen = Unseen(kept, matter.rules->ComparedWith(draft.kind.name));
  TRY(label.findings, Admit(actor, findings, unseen, draft.reason));
  text.reason = draft.reason;

  TRY(const CompartmentRow owner, compartments_.FindAgency(matter.id, grant.owner()));
  TRY(const CompartmentRow unit, compartments_.FindAgency(matter.id, core_.unit));
  TRY(SlotReservation slot, core_.keeper->Reserve(AsObject(matter.id)));
  const AccessShare access = AccessShare::Random(*core_.random);
  const ObjectId object = AsObject(draft.id);
  const std::string content = text.Encode();
  VersionRow row;
  row.document = draft.id;
  row.version = draft.version;
  row.slot = slot.slot();
  row.day = core_.time->DayToCountFrom();
  row.padded_size = PaddedContentLength(content.size());
  row.channel = "record";
  row.form = "none";
  row.name = core_.keeper->SealNewDetail(row.slot, access, object, row.version,
                                         NamePlace(row.document, row.version), AsBytes(content));
  TRY(row.findings, core_.SealLabel(FindingsPlace(row), label.Encode()));
  std::vector<PartyBox> boxes;
  if (!rule.named_readers) {
    TRY(boxes, SealPartyBoxes(row, access, owner, unit));
  }
  const DocumentRow document{draft.id,      matter.id,     grant.subject(), grant.class_code(),
                             grant.owner(), draft.version, "live",          draft.kind.name};
  TRY(const SlotEntry slot_entry, rows_.EntryOf(document));
  const KeyKeeper::Filling filling{&slot, slot_entry};
  TRY_VOID(core_.keeper->Fill({&filling, 1}));

  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, draft.id.view()));
  LogEntry entry = core_.Entry(draft.version == 1 ? "record.added" : "record.changed");
  entry.Person("actor", who);
  for (const PersonId& absent : grant.acting_for()) {
    TRY(const std::string whom, core_.Pseudonym(matter.id, absent.view()));
    entry.Person("for", whom);
  }
  entry.Add("agency", grant.owner().text())
      .Object("object", what)
      .Add("version", draft.version)
      .Add("kind", draft.kind.name)
      .Add("class", grant.class_code());
  for (std::size_t i = 0; i < label.findings.size() && i < kMostLogged; ++i) {
    entry.Add("missed", label.findings[i].rule);
  }
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) -> Status {
    TRY_VOID(draft.version > 1 ? DocumentRows::Continue(transaction, document)
                               : DocumentRows::Insert(transaction, document));
    TRY_VOID(DocumentRows::InsertVersion(transaction, row, boxes));
    if (rule.named_readers) return named_.Seal(transaction, sealed_to, access, readers);
    return loans_.Lend(transaction, rule,
                       {matter.id, grant.subject(), owner.party, object, draft.version}, access);
  }));
  return WrittenRecord{draft.id, draft.version, std::move(label.findings)};
}

Result<KeptRecord> Records::Find(const MatterRow& matter, const DocumentId& id) {
  TRY(MatterRecords records, LoadRecords(core_, matter.id));
  for (KeptRecord& record : records.seen) {
    if (record.document.id == id) return std::move(record);
  }
  return NotFound("no such record");
}

Result<RecordText> Records::Open(const Actor& actor, const MatterRow& matter,
                                 const KeptRecord& record, std::string_view reason) {
  auto grant = openings_.access().Decide(actor, matter, record.document, record.version, reason);
  if (!grant.ok() && grant.error().code == Errc::kNotFound) return NotFound("no such record");
  if (!grant.ok()) return grant.error();
  TRY(const OpenedObject opened, openings_.Open(actor, std::move(grant).value()));
  TRY(const Plaintext text, opened.OpenDetail(NamePlace(record.document.id, record.version.version),
                                              record.version.name));
  return RecordText::Decode(text.text());
}

Result<std::optional<RecordView>> Records::View(const Actor& actor, const MatterRow& matter,
                                                const KeptRecord& record) {
  TRY(const AccessView access,
      openings_.access().View(actor, matter, record.document, record.version));
  if (!access.may_know) return std::optional<RecordView>();
  TRY(const RecordKind kind, matter.rules->Record(record.document.kind));
  RecordView view;
  view.id = record.document.id;
  view.kind = record.document.kind;
  view.class_code = record.document.class_code;
  view.owner = record.document.owner;
  view.version = record.version.version;
  view.day = record.version.day;
  view.may_open = access.may_open;
  const RecordFacts facts = record.Facts();
  view.due = RecordDue(kind, facts);
  view.state = RecordState(kind, facts, view.due, LondonDay(core_.time->Now().low));
  if (!access.may_open) return std::optional<RecordView>(std::move(view));
  if (record.document.subject) {
    const auto subject = matters_.FindSubject(matter.id, record.document.subject->ToHex());
    if (subject.ok()) view.subject = subject.value().pseudonym;
  }
  // What needs a reason to be opened, or is for named readers, is not told in passing.
  if (access.verdict.reason_required || access.route == OpeningRoute::kNamed)
    return std::optional<RecordView>(std::move(view));
  view.values = record.text.values;
  view.findings = record.text.findings;
  for (const FieldValue& digest : record.text.digests) view.personal.push_back(digest.name);
  return std::optional<RecordView>(std::move(view));
}

Result<std::vector<RecordView>> Records::List(const Actor& actor, const MatterRow& matter,
                                              std::string_view kind) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(matters_.MayKnow(actor, matter));
  if (!kind.empty()) {
    TRY([[maybe_unused]] const RecordKind known, matter.rules->Record(kind));
  }
  TRY(const MatterRecords records, LoadRecords(core_, matter.id));
  std::vector<RecordView> views;
  for (const KeptRecord& record : records.seen) {
    if (!kind.empty() && record.document.kind != kind) continue;
    TRY(std::optional<RecordView> view, View(actor, matter, record));
    if (view) views.push_back(*std::move(view));
  }
  return views;
}

Result<RecordView> Records::Show(const Actor& actor, const MatterRow& matter, const DocumentId& id,
                                 std::string_view reason) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(matters_.MayKnow(actor, matter));
  TRY(const KeptRecord record, Find(matter, id));
  TRY(RecordText text, Open(actor, matter, record, reason));
  TRY(std::optional<RecordView> view, View(actor, matter, record));
  if (!view) return NotFound("no such record");
  view->values = std::move(text.values);
  view->personal.clear();
  view->findings = record.text.findings;
  view->reason = std::move(text.reason);
  return *std::move(view);
}

Result<std::vector<Records::CountedRecord>> Records::Counted(const Actor& actor,
                                                             const MatterRow& matter) {
  const Core::Lock lock = core_.Locked();
  if (!(actor.in_unit() && actor.Has("BUO")) && !actor.Has("IGO")) {
    return Denied("your role does not allow this");
  }
  TRY_VOID(matters_.MayKnow(actor, matter));
  TRY(const MatterRecords records, LoadRecords(core_, matter.id));
  std::vector<CountedRecord> out;
  for (const KeptRecord& record : records.seen) {
    const DocumentRow& document = record.document;
    if (document.subject && actor.Excluded(*document.subject)) continue;
    TRY(const ClassRule rule, matter.rules->Class(document.class_code));
    if (!rule.named_readers) out.push_back({record.Facts(), record.version.day});
  }
  return out;
}

Result<std::vector<RecordFacts>> Records::Opened(const Actor& actor, const MatterRow& matter,
                                                 std::string_view kind, std::string_view field) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(matters_.MayKnow(actor, matter));
  TRY(const MatterRecords records, LoadRecords(core_, matter.id));
  std::vector<RecordFacts> out;
  for (const KeptRecord& record : records.seen) {
    if (record.document.kind != kind) continue;
    RecordFacts facts = record.Facts();
    const bool sealed = std::any_of(record.text.digests.begin(), record.text.digests.end(),
                                    [&](const FieldValue& value) { return value.name == field; });
    if (sealed) {
      TRY(RecordText text, Open(actor, matter, record, ""));
      facts.values = std::move(text.values);
    } else {
      // The rest of what it says is no secret from whoever may open it.
      TRY(const AccessView access,
          openings_.access().View(actor, matter, record.document, record.version));
      if (!access.may_open) return Denied("this needs records that are not open to you now");
    }
    out.push_back(std::move(facts));
  }
  return out;
}

}  // namespace vault
