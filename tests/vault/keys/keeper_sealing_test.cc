// Sealing: every derivation and layer is that of the format, and opens at its own place only.
#include <gtest/gtest.h>

#include <functional>

#include "tests/support/guarded_memory.h"
#include "tests/support/sealing_keeper.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/crypto/aead.h"
#include "vault/crypto/digest.h"
#include "vault/crypto/hkdf.h"
#include "vault/crypto/sealed_box.h"
#include "vault/keys/key_keeper.h"

namespace vault {
namespace {

constexpr std::string_view kInfoFile{"strongroom/v1/file\0", 19};
constexpr std::string_view kInfoDerived{"strongroom/v1/derived\0", 22};
constexpr std::string_view kInfoDetail{"strongroom/v1/detail\0", 21};
constexpr std::string_view kInfoLabel{"strongroom/v1/label\0", 20};
constexpr std::string_view kInfoLink{"strongroom/v1/link-wrap\0", 24};

// The derivations once more, from the specification.
Bytes Hkdf(ByteView salt, ByteView input_key, const Bytes& info, std::size_t size) {
  Bytes out(size);
  HkdfSha256(salt, input_key, info, out);
  return out;
}
Bytes InfoOf(std::string_view label, const ObjectId& object, std::uint32_t version) {
  return WireWriter().Text(label).Raw(object.view()).U32(version).bytes();
}

using KeeperSealing = SealingKeeper;

// ---- derivations

TEST_F(KeeperSealing, NewAndOpenedKeysAreThoseOfTheFormat) {
  const auto document = random_.NewId<DocumentId>();
  const ColumnPlace place{"document", "title", AsObject(document), 9};
  auto slot = keeper_->Reserve(matter_);
  ASSERT_TRUE(slot.ok());
  const SlotNumber number = slot.value().slot();
  const FileKey new_file = keeper_->NewFileKey(number, access_, document, 7);
  const FileKey new_form = keeper_->NewDerivedKey(number, access_, document, 7, "form");
  const Bytes detail = keeper_->SealNewDetail(number, access_, AsObject(document), 7, place,
                                              AsBytes("a title as typed"));
  const KeyKeeper::Filling filling{&slot.value(), DocumentEntry(AsObject(document), 7)};
  ASSERT_TRUE(keeper_->Fill({&filling, 1}).ok());

  const Bytes erasure = KeyOf(number);
  const Bytes file = Hkdf(erasure, access_.view(), InfoOf(kInfoFile, AsObject(document), 7), 16);
  Bytes form_info = InfoOf(kInfoDerived, AsObject(document), 7);
  for (char c : std::string_view("form")) form_info.push_back(static_cast<std::uint8_t>(c));
  const Bytes form = Hkdf(erasure, access_.view(), form_info, 16);
  EXPECT_EQ(ToBytes(new_file.view()), file);
  EXPECT_EQ(ToBytes(new_form.view()), form);

  Opening opening = OpeningOf(OpeningRoute::kOwner);
  opening.object = AsObject(document);
  opening.version = 7;
  opening.slot = number;
  auto box = SealAccessBox(AsObject(document), 7, access_, reader_.public_key);
  ASSERT_TRUE(box.ok());
  auto opened = keeper_->Unwrap(AuditLog::Opened(opening), PathTo(box.value()), kNow);
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  EXPECT_EQ(ToBytes(opened.value().file_key().view()), file);
  EXPECT_EQ(ToBytes(opened.value().derived_key("form").view()), form);
  EXPECT_NE(ToBytes(opened.value().derived_key("text").view()), form);
  EXPECT_EQ(ToBytes(opened.value().access_share().view()), ToBytes(access_.view()));
  auto title = opened.value().OpenDetail(place, detail);
  ASSERT_TRUE(title.ok());
  EXPECT_EQ(title.value().text(), "a title as typed");

  // The column's bytes, taken apart by hand.
  const Bytes detail_key =
      Hkdf(erasure, access_.view(), InfoOf(kInfoDetail, AsObject(document), 7), 32);
  WireWriter data;
  data.Text("SCL1").U8(8).Text("document").U8(5).Text("title").Raw(document.view()).U64(9);
  auto by_hand = OpenAead(detail_key, detail, data.bytes());
  ASSERT_TRUE(by_hand.ok());
  EXPECT_EQ(by_hand.value().text(), "a title as typed");
  auto again = opened.value().OpenDetail(
      place, opened.value().SealDetail(place, AsBytes("another"), random_));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again.value().text(), "another");
}

TEST_F(KeeperSealing, KeysOfANewObjectAreForReservationsOnly) {
  const DocumentId document(document_.bytes());
  EXPECT_DEATH((void)keeper_->NewFileKey(slot_, access_, document, 3), "found != reserved.end");
  EXPECT_DEATH((void)keeper_->NewDerivedKey(slot_, access_, document, 3, "form"),
               "found != reserved.end");
  EXPECT_DEATH((void)keeper_->SealNewDetail(slot_, access_, document_, 3,
                                            {"document", "title", document_, 1}, {}),
               "found != reserved.end");
}

TEST_F(KeeperSealing, AccessBoxIsExactlyThatOfTheFormat) {
  const Bytes box = AccessBox();
  EXPECT_EQ(box.size(), 104u);
  auto message = OpenBox(reader_.secret_key, box);
  ASSERT_TRUE(message.ok());
  const Bytes expected =
      WireWriter().Text("SAB1").Raw(document_.view()).U32(3).Raw(access_.view()).bytes();
  EXPECT_EQ(ToBytes(message.value().view()), expected);
}

TEST_F(KeeperSealing, LinkTagAndKeyAreThoseOfTheFormat) {
  const auto share = random_.NewId<ShareId>();
  const SlotNumber slot = Fill({EntryType::kShare, 0, 0, kNow + 9, AsObject(share)});
  const Bytes secret(16, 0x5c);
  const Bytes secret_and_pin(48, 0x5d);
  auto tag = keeper_->LinkTag(slot, share, secret);
  auto key = keeper_->LinkKey(slot, share, secret_and_pin);
  ASSERT_TRUE(tag.ok() && key.ok());
  const Bytes slot_key = KeyOf(slot);
  EXPECT_EQ(
      tag.value(),
      Blake2b<16>(
          slot_key,
          WireWriter().Text("strongroom/v1/link-auth").Raw(share.view()).Raw(secret).bytes()));
  EXPECT_EQ(
      ToBytes(key.value().view()),
      Hkdf(slot_key, secret_and_pin, WireWriter().Text(kInfoLink).Raw(share.view()).bytes(), 32));
  const auto other = random_.NewId<ShareId>();
  EXPECT_EQ(keeper_->LinkTag(slot, other, secret).error().code, Errc::kNotFound);
  EXPECT_EQ(keeper_->LinkKey(slot_, ShareId(document_.bytes()), secret).error().code,
            Errc::kNotFound);
  ASSERT_TRUE(ShredSlots(*keeper_, {slot}).ok());
  EXPECT_EQ(keeper_->LinkTag(slot, share, secret).error().code, Errc::kNotFound);
}

TEST_F(KeeperSealing, NamesAreKeyedAndOnlyByNamingSlots) {
  const SlotNumber names = Fill({EntryType::kPseudonym, 0, 0, kNoDeadline, matter_});
  const SlotNumber lookup = Fill({EntryType::kSystem, 0, 0, kNoDeadline, NewObject()});
  auto name = keeper_->Pseudonym(names, document_.view());
  auto hash = keeper_->LookupHash(lookup, "avery@agency.example");
  ASSERT_TRUE(name.ok() && hash.ok());
  EXPECT_EQ(name.value(), EncodeBase64Url(Blake2b<16>(KeyOf(names), document_.view())));
  EXPECT_EQ(hash.value(), Blake2b<32>(KeyOf(lookup), AsBytes("avery@agency.example")));
  // Keys with another use do not serve as naming keys: not the register's, not a document's.
  for (SlotNumber wrong : {SlotNumber{0}, SlotNumber{2}, slot_, lookup + 100}) {
    EXPECT_EQ(keeper_->Pseudonym(wrong, document_.view()).error().code, Errc::kNotFound);
    EXPECT_EQ(keeper_->LookupHash(wrong, "x").error().code, Errc::kNotFound);
  }
  // A sealed hold keeps the log able to name the matter.
  ASSERT_TRUE(keeper_->SetHold({&names, 1}, KeyKeeper::HoldBit::kSealedHold).ok());
  EXPECT_EQ(keeper_->Pseudonym(names, document_.view()).value(), name.value());
}

// ---- labels

TEST_F(KeeperSealing, LabelIsThatOfTheFormatAndDiesWithItsSlot) {
  const ColumnPlace place{"matter", "ref", document_, 4};
  auto sealed = keeper_->SealLabel(slot_, document_, 3, place, AsBytes("MACFA-2026-014"));
  ASSERT_TRUE(sealed.ok());
  auto label = keeper_->OpenLabel(slot_, document_, 3, place, sealed.value());
  ASSERT_TRUE(label.ok());
  EXPECT_EQ(label.value().text(), "MACFA-2026-014");
  const Bytes key = Hkdf(KeyOf(slot_), {}, InfoOf(kInfoLabel, document_, 3), 32);
  WireWriter data;
  data.Text("SCL1").U8(6).Text("matter").U8(3).Text("ref").Raw(document_.view()).U64(4);
  EXPECT_TRUE(OpenAead(key, sealed.value(), data.bytes()).ok());

  ASSERT_TRUE(ShredSlots(*keeper_, {slot_}).ok());
  EXPECT_EQ(keeper_->OpenLabel(slot_, document_, 3, place, sealed.value()).error().code,
            Errc::kNotFound);
  EXPECT_EQ(keeper_->SealLabel(slot_, document_, 3, place, {}).error().code, Errc::kNotFound);
}

// Memory is looked into, for nothing else would tell: a label never opens with a key that is not
// its slot's today.
TEST_F(KeeperSealing, TheLabelKeyThatIsKeptIsGoneFromMemoryWithTheNextEpoch) {
  const ColumnPlace place{"matter", "ref", document_, 4};
  const SlotNumber neighbour = Fill(DocumentEntry(NewObject(), 1));
  const Bytes share = KeyOf(slot_);
  const Bytes key = Hkdf(share, {}, InfoOf(kInfoLabel, document_, 3), 32);
  const struct {
    std::string_view name;
    std::function<bool()> change;
  } kEpochs[] = {
      {"another key of its leaf goes", [&] { return ShredSlots(*keeper_, {neighbour}).ok(); }},
      {"U is renewed", [&] { return keeper_->RenewUnsealKey(UnsealKey::Random(random_)).ok(); }},
      {"its own key goes", [&] { return ShredSlots(*keeper_, {slot_}).ok(); }}};
  for (const auto& epoch : kEpochs) {
    SCOPED_TRACE(epoch.name);
    ASSERT_TRUE(keeper_->SealLabel(slot_, document_, 3, place, AsBytes("x")).ok());
    // It is there until then, or what follows would prove nothing.
    EXPECT_EQ(CountInGuardedMemory(share), 1u);
    EXPECT_EQ(CountInGuardedMemory(key), 1u);
    ASSERT_TRUE(epoch.change());
    EXPECT_EQ(CountInGuardedMemory(share), 0u);
    EXPECT_EQ(CountInGuardedMemory(key), 0u);
  }
}

TEST_F(KeeperSealing, LabelMovedToAnotherPlaceDoesNotOpen) {
  const ColumnPlace place{"matter", "ref", document_, 4};
  auto sealed = keeper_->SealLabel(slot_, document_, 3, place, AsBytes("x"));
  ASSERT_TRUE(sealed.ok());
  for (const ColumnPlace& moved :
       {ColumnPlace{"matter", "title", document_, 4}, ColumnPlace{"subject", "ref", document_, 4},
        ColumnPlace{"matter", "ref", matter_, 4}, ColumnPlace{"matter", "ref", document_, 5},
        ColumnPlace{"matterr", "ef", document_, 4}}) {
    auto opened = keeper_->OpenLabel(slot_, document_, 3, moved, sealed.value());
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Errc::kCorrupt);
  }
  EXPECT_EQ(keeper_->OpenLabel(slot_, document_, 2, place, sealed.value()).error().code,
            Errc::kCorrupt);
  EXPECT_EQ(keeper_->OpenLabel(slot_, matter_, 3, place, sealed.value()).error().code,
            Errc::kNotFound);
  const SlotNumber other = Fill(DocumentEntry(document_, 3));
  EXPECT_EQ(keeper_->OpenLabel(other, document_, 3, place, sealed.value()).error().code,
            Errc::kCorrupt);
}

TEST_F(KeeperSealing, ClosedSlotSealsAndOpensNothing) {
  const ColumnPlace place{"document", "code", document_, 1};
  ASSERT_TRUE(keeper_->SetHold({&slot_, 1}, KeyKeeper::HoldBit::kSealedHold).ok());
  auto sealed = keeper_->SealLabel(slot_, document_, 3, place, AsBytes("x"));
  ASSERT_TRUE(sealed.ok());
  EXPECT_EQ(keeper_->OpenLabel(slot_, document_, 3, place, sealed.value()).error().code,
            Errc::kDenied);
  ASSERT_TRUE(keeper_->SetHold({&slot_, 1}, KeyKeeper::HoldBit::kNone).ok());
  EXPECT_TRUE(keeper_->OpenLabel(slot_, document_, 3, place, sealed.value()).ok());
}

TEST_F(KeeperSealing, ClosedMatterOrSubjectStillTellsTheServerItsLabels) {
  for (const EntryType type : {EntryType::kMatter, EntryType::kSubject}) {
    const ObjectId object = NewObject();
    const SlotNumber slot = Fill({type, 0, 0, kNoDeadline, object});
    const ColumnPlace place{"matter", "ref", object, 0};
    auto sealed = keeper_->SealLabel(slot, object, 0, place, AsBytes("x"));
    ASSERT_TRUE(sealed.ok());
    ASSERT_TRUE(keeper_->SetHold({&slot, 1}, KeyKeeper::HoldBit::kSealedHold).ok());
    auto opened = keeper_->OpenLabel(slot, object, 0, place, sealed.value());
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    EXPECT_EQ(opened.value().text(), "x");
  }
}

// ---- outer layers

TEST_F(KeeperSealing, OuterLayerIsThatOfTheFormatAndOpensAtItsPlaceOnly) {
  const ObjectId person = NewObject();
  const ObjectId share = NewObject();
  const SlotNumber person_slot = Fill({EntryType::kPerson, 0, 0, kNoDeadline, person});
  const SlotNumber share_slot = Fill({EntryType::kShare, 0, 0, kNow, share});
  const struct {
    OuterTag tag;
    std::string_view text;
    SlotNumber slot;
    ObjectId owner;
  } kLayers[] = {{OuterTag::kPassword, "SPW1", person_slot, person},
                 {OuterTag::kLockbox, "SLB1", person_slot, person},
                 {OuterTag::kShareBox, "SSH1", share_slot, share}};
  const Bytes inner = {1, 2, 3};
  for (const auto& layer : kLayers) {
    const OuterPlace place{layer.tag, layer.slot, layer.owner, NewObject(), 5};
    auto sealed = keeper_->SealOuter(place, inner);
    ASSERT_TRUE(sealed.ok());
    auto opened = keeper_->OpenOuter(place, sealed.value());
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(ToBytes(opened.value().view()), inner);
    const Bytes data =
        WireWriter().Text(layer.text).Raw(layer.owner.view()).Raw(place.row.view()).U32(5).bytes();
    EXPECT_TRUE(OpenAead(KeyOf(layer.slot), sealed.value(), data).ok());

    OuterPlace other_row = place;
    other_row.row = NewObject();
    OuterPlace other_version = place;
    other_version.version = 6;
    for (const OuterPlace& moved : {other_row, other_version}) {
      EXPECT_EQ(keeper_->OpenOuter(moved, sealed.value()).error().code, Errc::kCorrupt);
    }
    OuterPlace other_owner = place;
    other_owner.slot_owner = NewObject();
    OuterPlace other_slot = place;
    other_slot.slot = slot_;
    for (const OuterPlace& moved : {other_owner, other_slot}) {
      EXPECT_EQ(keeper_->OpenOuter(moved, sealed.value()).error().code, Errc::kNotFound);
    }
  }
  // A password layer is no lockbox, although both stand under the person's key.
  OuterPlace place{OuterTag::kPassword, person_slot, person, NewObject(), 5};
  auto sealed = keeper_->SealOuter(place, inner);
  place.tag = OuterTag::kLockbox;
  EXPECT_EQ(keeper_->OpenOuter(place, sealed.value()).error().code, Errc::kCorrupt);
}

TEST_F(KeeperSealing, LayersThatLeadToADocumentOpenOnlyThroughUnwrap) {
  const Lent lent = Lend(0);
  EXPECT_DEATH((void)keeper_->OpenOuter(*lent.path.outer, lent.path.box), "IsReadingLayer");
  OuterPlace named = *lent.path.outer;
  named.tag = OuterTag::kNamedBox;
  EXPECT_DEATH((void)keeper_->OpenOuter(named, lent.path.box), "IsReadingLayer");
}

TEST_F(KeeperSealing, RemakeMovesALayerAndTheOldSlotCanGo) {
  Lent lent = Lend(kFlagClosed);
  auto fresh = keeper_->Reserve(matter_);
  ASSERT_TRUE(fresh.ok());
  OuterPlace to = *lent.path.outer;
  to.slot = fresh.value().slot();
  to.version = 4;
  auto moved = keeper_->Reseal(*lent.path.outer, lent.path.box, to);
  ASSERT_TRUE(moved.ok()) << moved.error().detail;
  const KeyKeeper::Filling filling{&fresh.value(),
                                   {EntryType::kLoan, 0, 0, kNow + 9, AsObject(lent.loan)}};
  ASSERT_TRUE(keeper_->Fill({&filling, 1}).ok());
  ASSERT_TRUE(ShredSlots(*keeper_, {lent.slot}).ok());

  EXPECT_EQ(UnwrapError(LoanOpening(lent), lent.path), Errc::kExpired);
  lent.slot = to.slot;
  lent.path.box = moved.value();
  lent.path.outer = to;
  auto opened = keeper_->Unwrap(AuditLog::Opened(LoanOpening(lent)), lent.path, kNow);
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  EXPECT_EQ(ToBytes(opened.value().access_share().view()), ToBytes(access_.view()));
}

TEST_F(KeeperSealing, RemakeNeverHandsALayerToAnotherOwner) {
  const Lent lent = Lend(0);
  const Lent other = Lend(0);
  auto moved = keeper_->Reseal(*lent.path.outer, lent.path.box, *other.path.outer);
  ASSERT_FALSE(moved.ok());
  EXPECT_EQ(moved.error().code, Errc::kInvalid);
}

}  // namespace
}  // namespace vault
