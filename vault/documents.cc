#include "vault/documents.h"

#include "vault/agencies.h"
#include "vault/base/text.h"
#include "vault/hold_rows.h"

namespace vault {
namespace {

constexpr std::size_t kMostReason = 500;

Error UnknownDocument() { return NotFound("no such document"); }

}  // namespace

Result<std::size_t> DocumentStream::Read(std::uint64_t offset, MutableByteView out) {
  if (ticket_->cancelled) return Expired("this document's reading time has ended");
  return reader_.Read(offset, out);
}

Result<Documents::Decided> Documents::DecideOpening(const Actor& actor, const Wish& wish) {
  const Core::Lock lock = core_.Locked();
  TRY(const DocumentRow document, rows_.Load(wish.document));
  TRY(const MatterRow matter, matters_.Load(document.matter));
  auto version = rows_.LoadVersion(document.id, wish.version.value_or(document.latest));
  if (!version.ok()) return UnknownDocument();
  TRY(AccessGrant grant,
      openings_.access().Decide(actor, matter, document, version.value(), wish.reason));
  // The reader's own key too: a role that ends, an exclusion or a reset stops what they read.
  std::vector<SlotNumber> slots{grant.opening().slot, actor.slot()};
  if (grant.opening().route == OpeningRoute::kLoan) slots.push_back(grant.opening().loan_slot);
  auto ticket = core_.streams.Enter(slots);
  return Decided{std::move(grant), std::move(version).value(), std::move(ticket)};
}

Result<Documents::Opened> Documents::OpenKeys(const Actor& actor, const Wish& wish) {
  TRY(Decided decided, DecideOpening(actor, wish));
  const Opening opening = decided.grant.opening();
  Core::SharedAct act;
  act.line = [&](Transaction&) -> Result<AuditLog::GroupLine> {
    TRY(LogEntry entry, openings_.Line(actor, opening));
    return AuditLog::GroupLine{std::move(entry), std::move(decided.grant)};
  };
  TRY_VOID(core_.Share(act));
  TRY(OpenedObject keys, openings_.Unwrap(actor, opening, *std::move(act.receipt)));
  // What ended since the decision has no key any more and was refused just now; what is about to
  // end has cancelled its streams.
  if (decided.ticket->cancelled) return Expired("this document's reading time has ended");
  return Opened{std::move(keys), std::move(decided.version), std::move(decided.ticket)};
}

Result<DocumentStream> Documents::Open(const Actor& actor, const Wish& wish) {
  TRY(const Opened opened, OpenKeys(actor, wish));
  return Stream(opened.keys, opened.version, opened.ticket);
}

Result<DocumentStream> Documents::StreamOf(const OpenedObject& opened,
                                           std::vector<SlotNumber> rests_on) {
  const Core::Lock lock = core_.Locked();
  const Opening& opening = opened.opening();
  TRY(const VersionRow row, rows_.LoadVersion(DocumentId(opening.object.bytes()), opening.version));
  rests_on.push_back(row.slot);
  return Stream(opened, row, core_.streams.Enter(rests_on));
}

Result<DocumentStream> Documents::Stream(const OpenedObject& keys, const VersionRow& row,
                                         std::shared_ptr<StreamTicket> ticket) {
  if (!row.blob && row.channel == "record") return Conflict("this is a record: show it as one");
  if (!row.blob) return Corrupt("a document has no stored bytes");
  TRY(const Plaintext name, keys.OpenDetail(NamePlace(row.document, row.version), row.name));
  TRY(std::unique_ptr<RandomAccess> file, core_.blobs->Open(*row.blob));
  TRY(ContainerReader reader,
      ContainerReader::Open(keys.file_key(), {row.slot, row.document, row.version, {}},
                            std::move(file)));
  return DocumentStream(std::move(reader), std::move(ticket), std::string(name.text()),
                        row.version);
}

Result<Plaintext> Documents::OpenForm(const Actor& actor, const Wish& wish) {
  TRY(Opened opened, OpenKeys(actor, wish));
  const VersionRow& row = opened.version;
  if (!row.form_blob) return Conflict("no form could be read from this document");
  TRY(std::unique_ptr<RandomAccess> file, core_.blobs->Open(*row.form_blob));
  TRY(ContainerReader reader,
      ContainerReader::Open(opened.keys.derived_key("form"),
                            {row.slot, row.document, row.version, {}}, std::move(file)));
  Plaintext form(reader.content_length());
  std::size_t done = 0;
  while (done < form.size()) {
    TRY(const std::size_t more, reader.Read(done, form.mutable_view().subspan(done)));
    if (more == 0) return Corrupt("a form ends too early");
    done += more;
  }
  return form;
}

Result<std::optional<DocumentView>> Documents::View(const Actor& actor, const MatterRow& matter,
                                                    const DocumentRow& document) {
  TRY(const std::vector<VersionRow> versions, rows_.Versions(document.id));
  if (versions.empty()) return Corrupt("a document has no version");
  TRY(const AccessView access, openings_.access().View(actor, matter, document, versions.back()));
  if (!access.may_know) return std::optional<DocumentView>();
  DocumentView view;
  view.id = document.id;
  view.matter = matter.id;
  view.matter_ref = matter.ref;
  view.class_code = document.class_code;
  view.owner = document.owner;
  if (document.subject) {
    auto subject = matters_.FindSubject(matter.id, document.subject->ToHex());
    if (subject.ok()) view.subject = subject.value().pseudonym;
  }
  view.state = versions.back().state == "live" ? "filed" : versions.back().state;
  view.may_open = access.may_open;
  view.reason_required = access.verdict.reason_required;
  view.rule = access.verdict.rule;
  view.version = document.latest;
  view.filed = versions.back().day;
  TRY(view.held, IsHeld(core_, EntryType::kDocument, AsObject(document.id)));
  for (const VersionRow& row : versions) {
    std::string state = row.state == "live" ? "filed" : row.state;
    if (row.state == "live") {
      TRY(const bool returned, matters_.HasNote(matter.id, ReturnedNote(document.id, row.version)));
      TRY(const bool misfiled, matters_.HasNote(matter.id, MisfiledNote(document.id)));
      if (returned) state = "returned";
      if (misfiled) state = "misfiled";
    }
    if (row.version == versions.back().version) view.state = state;
    view.versions.push_back({row.version, row.day, row.padded_size, state});
  }
  return std::optional<DocumentView>(std::move(view));
}

Result<std::vector<DocumentView>> Documents::List(const Actor& actor,
                                                  const std::optional<MatterId>& matter,
                                                  std::string_view class_code) {
  const Core::Lock lock = core_.Locked();
  std::vector<MatterRow> matters;
  if (matter) {
    TRY(MatterRow row, matters_.Load(*matter));
    TRY_VOID(matters_.MayKnow(actor, row));
    matters.push_back(std::move(row));
  } else {
    TRY(matters, matters_.All());
  }
  std::vector<DocumentView> views;
  for (const MatterRow& row : matters) {
    if (!matters_.MayKnow(actor, row).ok()) continue;
    TRY(const std::vector<DocumentRow> documents, rows_.OfMatter(row.id));
    for (const DocumentRow& document : documents) {
      // Records have a list of their own.
      if (!document.kind.empty()) continue;
      if (!class_code.empty() && document.class_code != class_code) continue;
      TRY(std::optional<DocumentView> view, View(actor, row, document));
      if (view) views.push_back(*std::move(view));
    }
  }
  return views;
}

Result<DocumentView> Documents::Show(const Actor& actor, const DocumentId& id) {
  const Core::Lock lock = core_.Locked();
  TRY(const DocumentRow document, rows_.Load(id));
  TRY(const MatterRow matter, matters_.Load(document.matter));
  TRY(std::optional<DocumentView> view, View(actor, matter, document));
  if (view) return *std::move(view);
  TRY(const VersionRow version, rows_.LoadVersion(id, document.latest));
  TRY(const AccessView access, openings_.access().View(actor, matter, document, version));
  if (access.ended) return Expired("this loan has ended");
  return UnknownDocument();
}

Result<std::vector<DocumentRow>> Documents::LiveFilesOf(const MatterRow& matter) {
  const Core::Lock lock = core_.Locked();
  TRY(std::vector<DocumentRow> documents, rows_.OfMatter(matter.id));
  std::vector<DocumentRow> live;
  for (DocumentRow& document : documents) {
    if (!document.kind.empty()) continue;
    TRY(const VersionRow version, rows_.LoadVersion(document.id, document.latest));
    if (version.state != "live") continue;
    TRY(const bool returned,
        matters_.HasNote(matter.id, ReturnedNote(document.id, document.latest)));
    TRY(const bool misfiled, matters_.HasNote(matter.id, MisfiledNote(document.id)));
    if (!returned && !misfiled) live.push_back(std::move(document));
  }
  return live;
}

Result<std::uint64_t> Documents::TakeBack(const Actor& actor, const DocumentRow& document,
                                          std::string_view note, std::string_view reason) {
  if (reason.empty() || reason.size() > kMostReason || !IsUtf8(reason)) {
    return Invalid("a reason has 1 to 500 characters");
  }
  if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
  TRY(const MatterRow matter, matters_.Load(document.matter));
  TRY(const bool noted, matters_.HasNote(matter.id, note));
  if (noted) return Conflict("this has been done already");
  TRY(const std::uint64_t loans, Withdraw(actor, {document.id, std::nullopt, ""}));
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, document.id.view()));
  const bool returned = note.starts_with("returned:");
  LogEntry entry = core_.Entry(returned ? "document.returned" : "document.misfiled");
  entry.Person("actor", who).Object("object", what).Add("version", document.latest);
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) {
    return matters_.InsertNote(transaction, matter,
                               {std::string(note), core_.time->Now().low, std::string(reason)});
  }));
  return loans;
}

Result<std::uint64_t> Documents::Return(const Actor& actor, const DocumentId& id,
                                        std::string_view reason) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO"}));
  TRY(const DocumentRow document, rows_.Load(id));
  return TakeBack(actor, document, ReturnedNote(id, document.latest), reason);
}

Result<std::uint64_t> Documents::PutRight(const Actor& actor, const Misfiling& misfiling) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO"}));
  TRY(const DocumentRow wrong, rows_.Load(misfiling.wrong));
  TRY(const DocumentRow anew, rows_.Load(misfiling.anew));
  const auto version = rows_.LoadVersion(anew.id, anew.latest);
  if (wrong.id == anew.id || anew.matter != wrong.matter || !version.ok() ||
      version.value().state != "live") {
    return Invalid("it has to be filed anew in this matter first");
  }
  return TakeBack(actor, wrong, MisfiledNote(wrong.id), misfiling.reason);
}

Status Documents::RecordEvent(const Actor& actor, const DocumentId& id, std::string_view event,
                              std::optional<UnixSeconds> at) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO"}));
  if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
  TRY(const DocumentRow document, rows_.Load(id));
  if (document.state != "live") return UnknownDocument();
  TRY(const MatterRow matter, matters_.Load(document.matter));
  const auto rule = matter.rules->Event(event);
  if (!rule.ok()) return Invalid("the template has no such event");
  if (!rule.value().opens_phase.empty() || !rule.value().opens_loans.empty() ||
      !rule.value().ends_loans.empty()) {
    return Invalid("this event is the whole matter's");
  }
  // A hold that nobody sees placed would be missed: the matter's event places it.
  if (matter.rules->HoldOf(event, LondonDay(core_.time->Now().low))) {
    return Invalid("this event places a hold: record it for the matter, or for a subject of it");
  }
  // Nothing but a period hangs on it: without a time it is the latest that it can be.
  const UnixSeconds latest = core_.time->Now().high;
  const UnixSeconds when = at.value_or(latest);
  if (when > latest) return Invalid("this lies in the future");
  const std::string note = DocumentEventNote(id, event);
  TRY(const bool noted, matters_.HasNote(matter.id, note));
  if (noted) return Conflict("this has been recorded already");
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, id.view()));
  LogEntry entry = core_.Entry("document.event");
  entry.Person("actor", who).Object("object", what).Add("event", event);
  return core_.Record(entry, [&](Transaction& transaction) {
    return matters_.InsertNote(transaction, matter, {note, when, ""});
  });
}

Status Documents::NameReaders(const Actor& actor, const DocumentId& id,
                              const std::vector<PersonId>& readers) {
  const Core::Lock lock = core_.Locked();
  TRY(const DocumentRow document, rows_.Load(id));
  TRY(const MatterRow matter, matters_.Load(document.matter));
  TRY(const VersionRow newest, rows_.LoadVersion(id, document.latest));
  TRY(const AccessView view, openings_.access().View(actor, matter, document, newest));
  if (!view.may_know) return UnknownDocument();
  TRY(const ClassRule rule, matter.rules->Class(document.class_code));
  if (!rule.named_readers) return Invalid("this document is not for named readers");
  for (const PersonId& reader : readers) {
    TRY_VOID(named_.MayBeNamed(matter, {AsObject(id), 0, document.subject}, reader));
  }
  TRY(const std::vector<VersionRow> versions, rows_.Versions(id));
  for (const VersionRow& version : versions) {
    if (version.state != "live") continue;
    TRY(AccessGrant grant,
        openings_.access().Decide(actor, matter, document, version, "to name a reader"));
    TRY(const OpenedObject opened, openings_.Open(actor, std::move(grant)));
    TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
    TRY(const std::string what, core_.Pseudonym(matter.id, id.view()));
    LogEntry entry = core_.Entry("reader.named");
    entry.Person("actor", who);
    for (const PersonId& reader : readers) {
      TRY(const std::string whom, core_.Pseudonym(matter.id, reader.view()));
      entry.Person("reader", whom);
    }
    entry.Object("object", what).Add("version", version.version);
    TRY_VOID(core_.Record(entry, [&](Transaction& transaction) {
      return named_.Seal(transaction, {AsObject(id), version.version, document.subject},
                         opened.access_share(), readers);
    }));
  }
  return Ok();
}

Result<std::uint64_t> Documents::Withdraw(const Actor& actor, const Wish& wish) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO"}));
  TRY(const DocumentRow document, rows_.Load(wish.document));
  TRY(const std::vector<VersionRow> versions, rows_.Versions(document.id));
  TRY(const std::string who, core_.Pseudonym(document.matter, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(document.matter, document.id.view()));
  std::uint64_t changed = 0;
  for (const VersionRow& version : versions) {
    if (version.state != "live" || (wish.version && *wish.version != version.version)) continue;
    LogEntry entry = core_.Entry("document.withdrawn");
    entry.Person("actor", who).Object("object", what).Add("version", version.version);
    TRY(const std::uint64_t loans,
        loans_.Withdraw(document.matter, AsObject(document.id), version.version, entry));
    changed += loans;
  }
  return changed;
}

}  // namespace vault
