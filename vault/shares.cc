#include "vault/shares.h"

#include <algorithm>

#include "vault/agencies.h"
#include "vault/base/day_words.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/crypto/aead.h"
#include "vault/crypto/digest.h"
#include "vault/crypto/password.h"

namespace vault {
namespace {

constexpr std::size_t kSecretBytes = 16;
constexpr std::size_t kPinDigits = 8;
constexpr std::uint32_t kMostFailures = 5;
constexpr std::uint32_t kMostUses = 100;
constexpr UnixSeconds kReservationLife = 30 * 60;
constexpr std::string_view kShareTag = "SSH1";

Error UnknownLink() { return NotFound("no such link"); }

Bytes ContentAd(const ShareId& id) { return WireWriter().Text(kShareTag).Raw(id.view()).bytes(); }

OuterPlace BoxPlaceOf(const ShareId& id, SlotNumber slot) {
  return {OuterTag::kShareBox, slot, AsObject(id), AsObject(id), 1};
}

bool IsPin(ByteView pin) {
  return pin.size() == kPinDigits &&
         std::all_of(pin.begin(), pin.end(), [](std::uint8_t c) { return c >= '0' && c <= '9'; });
}

// NewPin draws eight digits without bias.
Plaintext NewPin(RandomSource& random) {
  Plaintext pin(kPinDigits);
  std::size_t i = 0;
  while (i < kPinDigits) {
    ByteArray<1> byte;
    random.Fill(byte);
    if (byte[0] >= 250) continue;
    pin.mutable_view()[i++] = static_cast<std::uint8_t>('0' + byte[0] % 10);
  }
  return pin;
}

SecretBytes Joined(ByteView a, ByteView b) {
  SecretBytes out(a.size() + b.size());
  std::copy(a.begin(), a.end(), out.mutable_view().begin());
  std::copy(b.begin(), b.end(), out.mutable_view().begin() + static_cast<std::ptrdiff_t>(a.size()));
  return out;
}

ByteArray<16> ReservationName(ByteView token) {
  return Blake2b<16>(token, AsBytes("strongroom/v1/reservation-id"));
}
ByteArray<32> ReservationKey(ByteView token) {
  return Blake2b<32>(token, AsBytes("strongroom/v1/reservation"));
}

}  // namespace

struct Shares::Row {
  ShareId id;
  MatterId matter;
  SlotNumber slot = 0;
  PersonId maker;
  std::string basis;
  std::string state;
  UnixSeconds ends = 0;
  std::uint32_t uses = 0;
  std::uint32_t used = 0;
  std::uint32_t reserved = 0;
  std::uint32_t failed = 0;
  Bytes tag;
  Bytes box;
};

Result<Shares::Row> Shares::LoadById(const ShareId& id) {
  auto query = core_.database
                   ->Prepare(
                       "SELECT id, matter, slot, maker, basis, state, ends, uses, used, "
                       "reserved, failed, tag, box FROM share WHERE id = ?")
                   .Bind(id);
  TRY(const bool found, query.Step());
  if (!found) return UnknownLink();
  return Row{query.IdAt<ShareId>(0), query.IdAt<MatterId>(1),
             query.U32(2),           query.IdAt<PersonId>(3),
             query.Text(4),          query.Text(5),
             query.Int(6),           query.U32(7),
             query.U32(8),           query.U32(9),
             query.U32(10),          query.Blob(11),
             query.Blob(12)};
}

// Load finds a link and proves the secret. An ended link has no key to prove it with: whoever has
// its 128-bit id once had the link, and is told that it has ended.
Result<Shares::Row> Shares::Load(std::string_view link, std::string_view secret) {
  const auto name = DecodeBase64Url(link);
  const auto secret_bytes = DecodeBase64Url(secret);
  if (!name.ok() || !secret_bytes.ok() || secret_bytes.value().size() != kSecretBytes) {
    return UnknownLink();
  }
  const auto id = ShareId::FromBytes(name.value());
  if (!id.ok()) return UnknownLink();
  TRY(Row row, LoadById(id.value()));
  if (row.state != "running") return Expired("this link has ended");
  TRY(const ByteArray<16> tag, core_.keeper->LinkTag(row.slot, row.id, secret_bytes.value()));
  if (!EqualConstantTime(tag, row.tag)) return UnknownLink();
  if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
  if (core_.time->Now().high >= row.ends) return Expired("this link's time is over");
  return row;
}

Result<MadeShare> Shares::Make(const Actor& actor, const NewShare& share) {
  if (share.uses == 0 || share.uses > kMostUses) return Invalid("a link has 1 to 100 uses");
  if (share.recipient.empty() || share.recipient.size() > 254 || !IsUtf8(share.recipient)) {
    return Invalid("a link needs to say whom it is for");
  }
  const Core::Lock lock = core_.Locked();
  if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
  if (share.until <= core_.time->Now().high) return Invalid("a link's end lies in the future");

  std::vector<DocumentRow> documents;
  for (const DocumentId& id : share.documents) {
    TRY(DocumentRow row, rows_.Load(id));
    documents.push_back(std::move(row));
  }
  if (documents.empty()) {
    if (!share.matter || !share.subject) return Invalid("a link needs documents or a pack");
    TRY(const MatterRow matter, matters_.Load(*share.matter));
    TRY_VOID(matters_.MayKnow(actor, matter));
    TRY(const std::vector<DocumentRow> rows, rows_.OfMatter(matter.id));
    for (const DocumentRow& row : rows) {
      if (row.subject != share.subject || row.state != "live") continue;
      TRY(const ClassRule rule, matter.rules->Class(row.class_code));
      const bool packed = std::find(rule.lent_by.begin(), rule.lent_by.end(), LoanKind::kPack) !=
                          rule.lent_by.end();
      if (packed) documents.push_back(row);
    }
    if (documents.empty()) return NotFound("this subject's pack holds no document");
  }
  if (documents.size() > 1000) return Invalid("a link carries at most 1000 documents");
  TRY(const MatterRow matter, matters_.Load(documents.front().matter));
  TRY(const MatterFacts facts, matters_.Facts(matter));

  // What is lent in packs is shared no longer than packs are lent.
  std::string basis;
  for (const DocumentRow& row : documents) {
    if (row.matter != matter.id) return Invalid("a link carries documents of one matter");
    TRY(const ClassRule rule, matter.rules->Class(row.class_code));
    if (!rule.lent_by.empty()) basis = std::string(LoanKindName(rule.lent_by.front()));
  }
  const UnixSeconds now = core_.time->Now().low;
  // A report is lent for a year from its approval; packs and briefs until after the meeting.
  const UnixSeconds latest = basis == LoanKindName(LoanKind::kReport)
                                 ? now + kReportLoanLife
                                 : matter.rules->LoanDeadline(facts, now);
  if (!basis.empty()) {
    for (const MatterEvent& event : facts.events) {
      TRY(const EventRule rule, matter.rules->Event(event.name));
      for (const LoanKind kind : rule.ends_loans) {
        if (LoanKindName(kind) == basis) return Conflict("the meeting this rests on is closed");
      }
    }
    if (share.until > latest) {
      return Invalid("this link ends at the latest on " + TimeWords(latest));
    }
  }

  MadeShare made;
  made.id = core_.random->NewId<ShareId>();
  made.until = share.until;
  made.uses = share.uses;
  made.link = EncodeBase64Url(made.id.view());
  Key<struct LinkSecretUse, kSecretBytes> secret =
      Key<struct LinkSecretUse, kSecretBytes>::Random(*core_.random);
  made.secret = Plaintext::CopyOf(AsBytes(EncodeBase64Url(secret.view())));
  made.pin = NewPin(*core_.random);
  TRY(const SecretBytes stretched,
      StretchPassword(made.pin.view(), made.id.view(), core_.costs.pin));

  SecretBytes plain(2 + documents.size() * 52);
  MutableByteView cursor = plain.mutable_view();
  const auto put = [&cursor](ByteView bytes) {
    std::copy(bytes.begin(), bytes.end(), cursor.begin());
    cursor = cursor.subspan(bytes.size());
  };
  put(WireWriter().U16(static_cast<std::uint16_t>(documents.size())).bytes());
  std::string listing;
  for (const DocumentRow& row : documents) {
    TRY(const VersionRow version, rows_.LoadVersion(row.id, row.latest));
    TRY(AccessGrant grant,
        openings_.access().Decide(actor, matter, row, version, "to make a link"));
    if (grant.opening().route == OpeningRoute::kNamed) {
      return Invalid("what is for named readers is not given away by a link");
    }
    TRY(const OpenedObject opened, openings_.Open(actor, std::move(grant)));
    put(WireWriter().Raw(row.id.view()).U32(version.version).bytes());
    put(opened.access_share().view());
    listing += row.id.ToHex();
  }
  TRY(SlotReservation slot, core_.keeper->Reserve(AsObject(matter.id)));
  const SecretBytes proof = Joined(secret.view(), stretched.view());
  TRY(const SecretBytes key, core_.keeper->LinkKey(slot.slot(), made.id, proof.view()));
  const Bytes inner = SealAead(key.view(), plain.view(), ContentAd(made.id), *core_.random);
  TRY(const Bytes box, core_.keeper->SealOuter(BoxPlaceOf(made.id, slot.slot()), inner));
  TRY(const ByteArray<16> tag, core_.keeper->LinkTag(slot.slot(), made.id, secret.view()));
  const Core::Place recipient_place{slot.slot(), AsObject(made.id), "share", "recipient"};
  const Core::Place contents_place{slot.slot(), AsObject(made.id), "share", "contents"};
  TRY(const Bytes recipient, core_.SealLabel(recipient_place, share.recipient));
  TRY(const Bytes contents, core_.SealLabel(contents_place, listing));
  const KeyKeeper::Filling filling{&slot,
                                   {EntryType::kShare, 0, 0, share.until, AsObject(made.id)}};
  TRY_VOID(core_.keeper->Fill({&filling, 1}));
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, made.id.view()));
  LogEntry entry = core_.Entry("share.made");
  entry.Person("actor", who)
      .Object("share", what)
      .Add("documents", documents.size())
      .Add("until", FormatMinute(share.until))
      .Add("uses", share.uses);
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) {
    return transaction.database()
        .Prepare(
            "INSERT INTO share(id, matter, slot, maker, basis, state, ends, uses, used, "
            "reserved, failed, tag, box, recipient, contents) "
            "VALUES(?, ?, ?, ?, ?, 'running', ?, ?, 0, 0, 0, ?, ?, ?, ?)")
        .Bind(made.id, matter.id, slot.slot(), actor.person(), basis, share.until, share.uses, tag,
              box, recipient, contents)
        .Run();
  }));
  return made;
}

Result<std::vector<ShareView>> Shares::List(const Actor& actor) {
  const Core::Lock lock = core_.Locked();
  std::vector<ShareId> ids;
  auto query = core_.database->Prepare("SELECT id FROM share ORDER BY ends DESC, id");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) break;
    ids.push_back(query.IdAt<ShareId>(0));
  }
  std::vector<ShareView> views;
  for (const ShareId& id : ids) {
    TRY(const Row row, LoadById(id));
    if (!(actor.in_unit() && actor.Has("BUO")) && row.maker != actor.person()) continue;
    ShareView view;
    view.id = id;
    view.until = row.ends;
    view.uses = row.uses;
    view.used = row.used;
    view.failures = row.failed;
    view.state = row.failed >= kMostFailures ? "burned"
                 : row.state == "running"    ? "running"
                                             : "ended";
    if (row.state == "running") {
      if (core_.time->Now().high >= row.ends) view.state = "expired";
      if (row.used >= row.uses) view.state = "used";
      auto labels =
          core_.database->Prepare("SELECT recipient, contents FROM share WHERE id = ?").Bind(id);
      TRY(const bool found, labels.Step());
      if (!found) return UnknownLink();
      TRY(view.recipient,
          core_.OpenLabel({row.slot, AsObject(id), "share", "recipient"}, labels.Blob(0)));
      TRY(const std::string listing,
          core_.OpenLabel({row.slot, AsObject(id), "share", "contents"}, labels.Blob(1)));
      for (std::size_t at = 0; at + 32 <= listing.size(); at += 32) {
        TRY(const DocumentId document, DocumentId::Parse(listing.substr(at, 32)));
        view.documents.push_back(document);
      }
    }
    views.push_back(std::move(view));
  }
  return views;
}

Status Shares::EndNow(const ShareId& id, std::string_view trigger,
                      const std::optional<std::string>& actor) {
  TRY(const Row row, LoadById(id));
  if (row.state != "running") return Conflict("this link has ended already");
  TRY(const MatterRow matter, matters_.Load(row.matter));
  TRY(const MatterFacts facts, matters_.Facts(matter));
  RetentionFacts object;
  object.type = EntryType::kShare;
  object.object = AsObject(id);
  object.matter = row.matter;
  object.slot = row.slot;
  object.end = row.ends;
  object.ended_by.push_back({std::string(trigger), core_.time->Now().low});
  Judgement judgement = matter.rules->Weigh(facts, object, core_.time->Now());
  if (!judgement.order) return Unavailable("this link cannot be ended now");
  std::vector<DisposalOrder> orders;
  orders.push_back(*std::move(judgement.order));
  TRY([[maybe_unused]] const DisposalOutcome outcome,
      disposal_.Dispose(std::move(orders), Mandate{"event", actor}));
  std::erase_if(reservations_, [&](const auto& entry) { return entry.second.share == id; });
  return Ok();
}

Status Shares::End(const Actor& actor, const ShareId& id) {
  const Core::Lock lock = core_.Locked();
  TRY(const Row row, LoadById(id));
  if (!(actor.in_unit() && actor.Has("BUO")) && row.maker != actor.person()) return UnknownLink();
  TRY(const std::string who, core_.Pseudonym(row.matter, actor.person().view()));
  return EndNow(id, "LINK_REVOKED", who);
}

Result<OpenedObject> Shares::Unwrap(const Row& row, const Content& content) {
  TRY(const DocumentRow document, rows_.Load(content.document));
  TRY(const VersionRow version, rows_.LoadVersion(content.document, content.version));
  if (version.state != "live") return Expired("this document has been destroyed");
  Opening opening;
  opening.type = EntryType::kDocument;
  opening.object = AsObject(content.document);
  opening.version = content.version;
  opening.slot = version.slot;
  opening.matter = document.matter;
  opening.route = OpeningRoute::kLink;
  opening.share = row.id;
  opening.granted_at = core_.time->Now().low;
  opening.rule = "link";
  TRY(const std::string share, core_.Pseudonym(row.matter, row.id.view()));
  TRY(const std::string what, core_.Pseudonym(row.matter, content.document.view()));
  LogEntry entry = core_.Entry("opening");
  entry.Object("share", share)
      .Add("kind", "document")
      .Object("object", what)
      .Add("version", content.version)
      .Add("route", "link");
  TRY(OpeningReceipt receipt,
      core_.log->RecordOpening(AccessGrant(std::move(opening)), entry, core_.time->Now().low,
                               core_.WithMarks([](Transaction&) { return Ok(); })));
  return core_.keeper->UnwrapShared(std::move(receipt), content.access.Clone(),
                                    core_.time->Now().low);
}

Result<std::vector<Shares::Content>> Shares::Contents(const SecretBytes& plain) {
  WireReader reader(plain.view());
  const std::uint16_t count = reader.U16();
  std::vector<Content> contents;
  for (std::uint16_t i = 0; i < count && !reader.failed(); ++i) {
    Content content;
    content.document = DocumentId(reader.Array<16>());
    content.version = reader.U32();
    const ByteView access = reader.Raw(32);
    if (reader.failed()) break;
    TRY(content.access, AccessShare::FromBytes(access));
    contents.push_back(std::move(content));
  }
  TRY_VOID(reader.Finish());
  return contents;
}

Result<Reservation> Shares::Redeem(std::string_view link, std::string_view secret, ByteView pin) {
  ShareId id;
  {
    const Core::Lock lock = core_.Locked();
    TRY(const Row row, Load(link, secret));
    id = row.id;
    if (!IsPin(pin)) return UnknownLink();
    if (row.used >= row.uses) return Expired("this link has been used");
    if (row.failed >= kMostFailures) return Expired("this link was closed after five wrong PINs");
    // The try is counted before the expensive work, so that many at once cannot all guess.
    if (row.reserved + row.failed >= kMostFailures) {
      return Unavailable("too many tries are being checked; try again in a minute");
    }
    TRY_VOID(core_.database->Prepare("UPDATE share SET reserved = reserved + 1 WHERE id = ?")
                 .Bind(id)
                 .Run());
  }
  auto stretched = StretchPassword(pin, id.view(), core_.costs.pin);
  const Core::Lock lock = core_.Locked();
  TRY_VOID(core_.database->Prepare("UPDATE share SET reserved = max(reserved - 1, 0) WHERE id = ?")
               .Bind(id)
               .Run());
  if (!stretched.ok()) return stretched.error();
  TRY(const Row row, Load(link, secret));
  TRY(const Bytes secret_bytes, DecodeBase64Url(secret));
  const SecretBytes proof = Joined(secret_bytes, stretched.value().view());
  TRY(const SecretBytes key, core_.keeper->LinkKey(row.slot, id, proof.view()));
  TRY(const SecretBytes inner, core_.keeper->OpenOuter(BoxPlaceOf(id, row.slot), row.box));
  auto plain = OpenAeadSecret(key.view(), inner.view(), ContentAd(id));
  TRY(const std::string share, core_.Pseudonym(row.matter, id.view()));
  if (!plain.ok()) {
    LogEntry entry = core_.Entry("share.refused");
    entry.Object("share", share).Add("failures", row.failed + 1);
    TRY_VOID(core_.Record(entry, [&](Transaction& transaction) {
      return transaction.database()
          .Prepare("UPDATE share SET failed = failed + 1 WHERE id = ?")
          .Bind(id)
          .Run();
    }));
    // Guesses never interrupt a download that is under way: then the sweep ends the link.
    if (row.failed + 1 >= kMostFailures && !HasReservation(id)) {
      TRY_VOID(EndNow(id, "LINK_BURNED", std::nullopt));
    }
    return Denied("the PIN is wrong");
  }
  // One atomic UPDATE counts the use before the first byte.
  LogEntry entry = core_.Entry("share.used");
  entry.Object("share", share).Add("use", row.used + 1);
  bool counted = false;
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) -> Status {
    TRY_VOID(transaction.database()
                 .Prepare("UPDATE share SET used = used + 1 WHERE id = ? AND used < uses AND "
                          "state = 'running'")
                 .Bind(id)
                 .Run());
    counted = transaction.database().Changes() == 1;
    return counted ? Ok() : Status(Expired("this link has been used"));
  }));
  Reservation reservation;
  TRY(const std::vector<Content> contents, Contents(plain.value()));
  for (const Content& content : contents) {
    TRY(const OpenedObject opened, Unwrap(row, content));
    TRY(const DocumentStream stream, documents_.StreamOf(opened, {row.slot}));
    reservation.documents.push_back({static_cast<std::uint32_t>(reservation.documents.size() + 1),
                                     stream.name(), stream.size()});
  }
  Key<struct ReservationUse> token = Key<struct ReservationUse>::Random(*core_.random);
  reservation.token = Plaintext::CopyOf(AsBytes(EncodeBase64Url(token.view())));
  const ByteArray<32> held_key = ReservationKey(token.view());
  const UnixSeconds until = core_.clock->Boottime() + kReservationLife;
  reservations_[ReservationName(token.view())] =
      Held{id, SealAead(held_key, plain.value().view(), id.view(), *core_.random), until};
  reservation.until = std::min(core_.time->Now().low + kReservationLife, row.ends);
  return reservation;
}

Result<DocumentStream> Shares::Open(std::string_view link, std::string_view secret,
                                    std::string_view reservation, std::uint32_t number) {
  const Core::Lock lock = core_.Locked();
  TRY(const Row row, Load(link, secret));
  const auto token = DecodeBase64Url(reservation);
  if (!token.ok() || token.value().size() != 32) return NotFound("no such reservation");
  const auto it = reservations_.find(ReservationName(token.value()));
  if (it == reservations_.end() || it->second.share != row.id) {
    return NotFound("no such reservation");
  }
  if (core_.clock->Boottime() >= it->second.until_boottime) {
    reservations_.erase(it);
    return Expired("this reservation's 30 minutes are over");
  }
  const ByteArray<32> key = ReservationKey(token.value());
  TRY(const SecretBytes plain, OpenAeadSecret(key, it->second.sealed, row.id.view()));
  TRY(const std::vector<Content> contents, Contents(plain));
  if (number == 0 || number > contents.size()) return NotFound("no such document");
  TRY(const OpenedObject opened, Unwrap(row, contents[number - 1]));
  return documents_.StreamOf(opened, {row.slot});
}

Result<std::vector<RetentionFacts>> Shares::Due() {
  const Core::Lock lock = core_.Locked();
  std::erase_if(reservations_, [&](const auto& entry) {
    return core_.clock->Boottime() >= entry.second.until_boottime;
  });
  std::vector<RetentionFacts> due;
  auto query = core_.database->Prepare(
      "SELECT id, slot, ends, uses, used, failed, matter FROM share WHERE state = 'running'");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return due;
    RetentionFacts facts;
    facts.type = EntryType::kShare;
    facts.object = query.IdAt<ObjectId>(0);
    facts.slot = query.U32(1);
    facts.end = query.Int(2);
    facts.matter = query.IdAt<MatterId>(6);
    if (!HasReservation(ShareId(facts.object.bytes()))) {
      const UnixSeconds now = core_.time->Now().low;
      if (query.U32(4) >= query.U32(3)) facts.ended_by.push_back({"LINK_USED", now});
      if (query.U32(5) >= kMostFailures) facts.ended_by.push_back({"LINK_BURNED", now});
    }
    if (core_.time->Now().low >= *facts.end || !facts.ended_by.empty()) due.push_back(facts);
  }
}

bool Shares::HasReservation(const ShareId& id) const {
  return std::any_of(reservations_.begin(), reservations_.end(),
                     [&](const auto& entry) { return entry.second.share == id; });
}

Status Shares::ForgetTries() {
  const Core::Lock lock = core_.Locked();
  return core_.database->Prepare("UPDATE share SET reserved = 0").Bind().Run();
}

void Shares::DropReservations() {
  const Core::Lock lock = core_.Locked();
  reservations_.clear();
}

}  // namespace vault
