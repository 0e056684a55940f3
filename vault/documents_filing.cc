// Filing: a document on its way in, and the one commit that gives it a row and a key.
#include "vault/base/log.h"
#include "vault/base/text.h"
#include "vault/crypto/padding.h"
#include "vault/documents.h"
#include "vault/space.h"

namespace vault {
namespace {

constexpr std::size_t kMostName = 255;

}  // namespace

// State is everything a filing holds between Begin and Finish.
struct FilingStream::State {
  Documents* documents = nullptr;
  FilingGrant grant;
  std::string name;
  bool next_version = false;
  VersionRow row;  // as far as it is known before the end
  SlotReservation slot;
  AccessShare access;
  PartyId owner_party;
  std::vector<PartyBox> boxes;
  std::unique_ptr<BlobWriter> blob;
  std::optional<ContainerWriter> writer;
};

FilingStream::FilingStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
FilingStream::FilingStream(FilingStream&&) noexcept = default;
FilingStream& FilingStream::operator=(FilingStream&&) noexcept = default;
FilingStream::~FilingStream() = default;

// Asked all along: the length is not known before the end, and others file at the same time.
Status FilingStream::Write(ByteView content) {
  const Core& core = state_->documents->core_;
  TRY_VOID(Space(*core.disk, core.data_folder).Admit(content.size()));
  return state_->writer->Write(content);
}

Result<FiledDocument> FilingStream::Finish(FormOutcome form) {
  return state_->documents->Commit(*state_, std::move(form));
}

Result<FilingStream> Documents::Begin(FilingGrant grant, std::string_view name,
                                      std::string_view channel) {
  if (name.size() > kMostName || !IsUtf8(name)) {
    return Invalid("a file name has at most 255 characters");
  }
  CompartmentRow owner;
  CompartmentRow unit;
  std::optional<SlotReservation> slot;
  VersionRow row;
  row.document = core_.random->NewId<DocumentId>();
  row.version = 1;
  row.channel = channel;
  bool next_version = false;
  bool named = false;
  {
    const Core::Lock lock = core_.Locked();
    TRY(const MatterRow matter, matters_.Load(grant.matter()));
    TRY(const ClassRule rule, matter.rules->Class(grant.class_code()));
    named = rule.named_readers;
    TRY(owner, compartments_.FindAgency(matter.id, grant.owner()));
    TRY(unit, compartments_.FindAgency(matter.id, core_.unit));
    TRY(slot, core_.keeper->Reserve(AsObject(matter.id)));
    if (rule.one_per_agency_and_subject) {
      TRY(const std::optional<DocumentRow> existing,
          rows_.FindOne(matter.id, grant.subject(), grant.class_code(), grant.owner()));
      if (existing) {
        row.document = existing->id;
        TRY(row.version, rows_.NextVersion(*existing));
        next_version = true;
      }
    }
  }
  row.slot = slot->slot();
  // Sealing needs no lock: others go on meanwhile, and WriteRows judges once more.
  AccessShare access = AccessShare::Random(*core_.random);
  ContainerHeader header{row.slot, row.document, row.version, {}};
  // What is for named readers has no box that a compartment opens: not in the file either.
  std::vector<PartyBox> boxes;
  if (!named) {
    TRY(boxes, SealPartyBoxes(row, access, owner, unit));
  }
  for (const PartyBox& box : boxes) header.boxes.push_back({grant.matter(), box.party, box.box});
  const FileKey key = core_.keeper->NewFileKey(row.slot, access, row.document, row.version);
  TRY(std::unique_ptr<BlobWriter> blob, core_.blobs->Create());
  BlobWriter* sink = blob.get();
  TRY(ContainerWriter writer,
      ContainerWriter::Start(key, header, *core_.random,
                             [sink](ByteView bytes) { return sink->Write(bytes); }));
  return FilingStream(std::unique_ptr<FilingStream::State>(new FilingStream::State{
      this, std::move(grant), std::string(name), next_version, std::move(row), *std::move(slot),
      std::move(access), owner.party, std::move(boxes), std::move(blob), std::move(writer)}));
}

Result<FiledDocument> Documents::Commit(FilingStream::State& state, FormOutcome form) {
  TRY(const std::vector<BlobName> blobs, CommitRows(state, std::move(form)));
  // Answered only when the standby has both commits as well.
  TRY_VOID(core_.Answerable());
  // It is filed. Moving the blobs out of the new area needs no lock, and where it fails, or a crash
  // comes first, the next start does it.
  for (const BlobName& blob : blobs) {
    const Status settled = core_.blobs->SettleSoon(blob);
    if (!settled.ok()) LogError("filed blobs stay in the new area", settled.error());
  }
  return FiledDocument{state.row.document, state.row.version, state.grant.class_code()};
}

Result<std::vector<BlobName>> Documents::CommitRows(FilingStream::State& state, FormOutcome form) {
  TRY(const std::uint64_t length, state.writer->Finish());
  TRY_VOID(state.blob->Commit());
  std::unique_ptr<BlobWriter> form_blob;
  if (form.form.size() != 0) {
    const VersionRow& row = state.row;
    const FileKey key =
        core_.keeper->NewDerivedKey(row.slot, state.access, row.document, row.version, "form");
    TRY(form_blob, core_.blobs->Create());
    TRY(ContainerWriter writer,
        ContainerWriter::Start(key, {row.slot, row.document, row.version, {}}, *core_.random,
                               [&](ByteView bytes) { return form_blob->Write(bytes); }));
    TRY_VOID(writer.Write(form.form.view()));
    TRY([[maybe_unused]] const std::uint64_t form_length, writer.Finish());
    TRY_VOID(form_blob->Commit());
  }

  Core::SharedAct act;
  const Filed filed{form, length,
                    form_blob ? std::optional<BlobName>(form_blob->name()) : std::nullopt};
  act.line = [&](Transaction& transaction) -> Result<AuditLog::GroupLine> {
    TRY(act.filling, WriteRows(transaction, state, filed));
    TRY(LogEntry entry, FilingLine(state));
    return AuditLog::GroupLine{std::move(entry), std::nullopt};
  };
  TRY_VOID(core_.Share(act));
  std::vector<BlobName> blobs{state.blob->name()};
  if (form_blob) blobs.push_back(form_blob->name());
  return blobs;
}

// WriteRows judges once more, now that nobody can come between, and writes what is filed. The slot
// it gives is filled before the rows are committed.
Result<KeyKeeper::Filling> Documents::WriteRows(Transaction& transaction,
                                                FilingStream::State& state, const Filed& filed) {
  const FilingGrant& grant = state.grant;
  TRY(const MatterRow matter, matters_.Load(grant.matter()));
  TRY(const ClassRule rule, matter.rules->Class(grant.class_code()));
  // Its agency may have been followed by another one meanwhile.
  const auto owner = compartments_.FindAgency(matter.id, grant.owner());
  if (!owner.ok() || owner.value().party != state.owner_party) {
    return Conflict("the agency it is filed for was followed by another one: file it again");
  }
  if (rule.one_per_agency_and_subject) {
    // Somebody may have filed the same form while this one was on its way.
    TRY(const std::optional<DocumentRow> existing,
        rows_.FindOne(matter.id, grant.subject(), grant.class_code(), grant.owner()));
    bool same = existing.has_value() == state.next_version;
    if (same && existing) {
      TRY(const std::uint32_t next, rows_.NextVersion(*existing));
      same = existing->id == state.row.document && next == state.row.version;
    }
    if (!same) return Conflict("this form was filed by somebody else at the same time");
  }
  VersionRow row = state.row;
  row.day = core_.time->DayToCountFrom();
  row.padded_size = PaddedContentLength(filed.length);
  row.form = filed.form.state;
  row.blob = state.blob->name();
  row.form_blob = filed.form_blob;
  const ObjectId object = AsObject(row.document);
  row.name = core_.keeper->SealNewDetail(row.slot, state.access, object, row.version,
                                         NamePlace(row.document, row.version), AsBytes(state.name));
  TRY(row.findings, core_.SealLabel(FindingsPlace(row), filed.form.findings));
  const DocumentRow document{row.document,  matter.id,   grant.subject(), grant.class_code(),
                             grant.owner(), row.version, "live",          ""};
  TRY_VOID(state.next_version ? DocumentRows::Continue(transaction, document)
                              : DocumentRows::Insert(transaction, document));
  TRY_VOID(DocumentRows::InsertVersion(transaction, row, state.boxes));
  if (rule.named_readers) {
    const NamedObject named{object, row.version, grant.subject()};
    TRY(const std::vector<PersonId> readers,
        named_.FirstReaders(matter, rule, grant.filed_by(), named));
    TRY_VOID(named_.Seal(transaction, named, state.access, readers));
  }
  TRY_VOID(loans_.Lend(transaction, rule,
                       {matter.id, grant.subject(), state.owner_party, object, row.version},
                       state.access));
  TRY(const SlotEntry entry, rows_.EntryOf(document));
  return KeyKeeper::Filling{&state.slot, entry};
}

Result<LogEntry> Documents::FilingLine(const FilingStream::State& state) {
  const FilingGrant& grant = state.grant;
  TRY(const std::string what, core_.Pseudonym(grant.matter(), state.row.document.view()));
  LogEntry entry = core_.Entry("document.filed");
  if (grant.filed_by()) {
    TRY(const std::string who, core_.Pseudonym(grant.matter(), grant.filed_by()->view()));
    entry.Person("actor", who);
  }
  for (const PersonId& absent : grant.acting_for()) {
    TRY(const std::string whom, core_.Pseudonym(grant.matter(), absent.view()));
    entry.Person("for", whom);
  }
  entry.Add("agency", grant.owner().text())
      .Object("object", what)
      .Add("version", state.row.version)
      .Add("class", grant.class_code())
      .Add("channel", state.row.channel);
  return entry;
}

}  // namespace vault
