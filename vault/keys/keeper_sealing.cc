// Sealing and opening with the keys of slots.
#include <utility>

#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/crypto/aead.h"
#include "vault/crypto/digest.h"
#include "vault/keys/keeper_state.h"
#include "vault/keys/key_keeper.h"
#include "vault/keys/sealing.h"

namespace vault {
namespace {

constexpr UnixSeconds kReceiptLife = 60;

// Both ways: a receipt from the future is as wrong as an old one.
Status CheckAge(const Opening& opening, UnixSeconds now) {
  const UnixSeconds age = now - opening.granted_at;
  if (age > kReceiptLife || age < -kReceiptLife)
    return Expired("the opening was granted too long ago");
  return Ok();
}

bool IsReadingLayer(OuterTag tag) {
  return tag == OuterTag::kLoanBox || tag == OuterTag::kNamedBox;
}

}  // namespace

Result<ErasureShare> KeyKeeper::State::KeyOf(const Wanted& wanted, KeyUse use) {
  if (auto found = reserved.find(wanted.slot); found != reserved.end()) {
    return found->second.key.Clone();
  }
  TRY(const Node* leaf, set.tree->Leaf(LeafOf(wanted.slot)));
  const SlotEntry entry = leaf == nullptr ? SlotEntry() : leaf->slot(IndexOf(wanted.slot));
  if (entry.type == EntryType::kEmpty || wanted.slot < kSystemSlots ||
      entry.object != wanted.object || entry.type != wanted.type.value_or(entry.type) ||
      entry.version != wanted.version.value_or(entry.version)) {
    return NotFound("the slot does not hold this object's key");
  }
  if (use == KeyUse::kOpening && (entry.flags & kFlagClosed) != 0) {
    return Denied("the slot is closed");
  }
  return ErasureShare::FromBytes(leaf->key(IndexOf(wanted.slot)));
}

Result<ErasureShare> KeyKeeper::State::NamingKeyOf(SlotNumber slot) {
  if (auto found = reserved.find(slot); found != reserved.end()) return found->second.key.Clone();
  TRY(const Node* leaf, set.tree->Leaf(LeafOf(slot)));
  const SlotEntry entry = leaf == nullptr ? SlotEntry() : leaf->slot(IndexOf(slot));
  if (slot < kSystemSlots ||
      (entry.type != EntryType::kPseudonym && entry.type != EntryType::kSystem)) {
    return NotFound("the slot holds no pseudonym or look-up key");
  }
  return ErasureShare::FromBytes(leaf->key(IndexOf(slot)));
}

const ColumnKey& KeyKeeper::State::LabelKeyOf(ErasureShare share, const ObjectId& object,
                                              std::uint32_t version) {
  const bool same = label_key.has_value() && label_key->object == object &&
                    label_key->version == version &&
                    EqualConstantTime(label_key->share.view(), share.view());
  if (!same) {
    ColumnKey key = DeriveLabelKey(share, object, version);
    label_key.emplace(LabelKey{std::move(share), object, version, std::move(key)});
  }
  return label_key->key;
}

const ErasureShare& KeyKeeper::State::ReservedKey(SlotNumber slot) const {
  const auto found = reserved.find(slot);
  CHECK(found != reserved.end());
  return found->second.key;
}

// ---- outer layers

Result<Bytes> KeyKeeper::SealOuter(const OuterPlace& place, ByteView inner) const {
  const std::lock_guard lock(state_->mutex);
  TRY(ErasureShare key,
      state_->KeyOf({place.slot, OuterSlotType(place.tag), place.slot_owner, std::nullopt},
                    KeyUse::kSealing));
  return SealAead(key.view(), inner, OuterData(place), state_->random);
}

Result<SecretBytes> KeyKeeper::OpenOuter(const OuterPlace& place, ByteView sealed) const {
  CHECK(!IsReadingLayer(place.tag));
  const std::lock_guard lock(state_->mutex);
  TRY(ErasureShare key,
      state_->KeyOf({place.slot, OuterSlotType(place.tag), place.slot_owner, std::nullopt},
                    KeyUse::kOpening));
  return OpenAeadSecret(key.view(), sealed, OuterData(place));
}

Result<Bytes> KeyKeeper::Reseal(const OuterPlace& from, ByteView sealed,
                                const OuterPlace& to) const {
  CHECK(from.tag == to.tag);
  if (from.slot_owner != to.slot_owner) return Invalid("a layer stays with its owner");
  const EntryType type = OuterSlotType(from.tag);
  const std::lock_guard lock(state_->mutex);
  // Closed or not: the inner bytes do not leave this function.
  TRY(ErasureShare old_key,
      state_->KeyOf({from.slot, type, from.slot_owner, std::nullopt}, KeyUse::kSealing));
  TRY(ErasureShare new_key,
      state_->KeyOf({to.slot, type, to.slot_owner, std::nullopt}, KeyUse::kSealing));
  TRY(SecretBytes inner, OpenAeadSecret(old_key.view(), sealed, OuterData(from)));
  return SealAead(new_key.view(), inner.view(), OuterData(to), state_->random);
}

// ---- labels

Result<Bytes> KeyKeeper::SealLabel(SlotNumber slot, const ObjectId& object, std::uint32_t version,
                                   const ColumnPlace& place, ByteView plaintext) const {
  const std::lock_guard lock(state_->mutex);
  TRY(ErasureShare key,
      state_->KeyOf({slot, std::nullopt, object, std::nullopt}, KeyUse::kSealing));
  return SealAead(state_->LabelKeyOf(std::move(key), object, version).view(), plaintext,
                  ColumnData(place), state_->random);
}

Result<Plaintext> KeyKeeper::OpenLabel(SlotNumber slot, const ObjectId& object,
                                       std::uint32_t version, const ColumnPlace& place,
                                       ByteView sealed) const {
  const std::lock_guard lock(state_->mutex);
  // A sealed hold keeps people from reading, not the server from working: without the names, dates
  // and events of a held matter no meeting could close, and its loans would live on.
  TRY(const SlotEntry entry, state_->EntryAt(slot));
  const bool matters_own = entry.type == EntryType::kMatter || entry.type == EntryType::kSubject;
  TRY(ErasureShare key, state_->KeyOf({slot, std::nullopt, object, std::nullopt},
                                      matters_own ? KeyUse::kSealing : KeyUse::kOpening));
  return OpenAead(state_->LabelKeyOf(std::move(key), object, version).view(), sealed,
                  ColumnData(place));
}

// ---- names

Result<std::string> KeyKeeper::Pseudonym(SlotNumber slot, ByteView id) const {
  const std::lock_guard lock(state_->mutex);
  TRY(ErasureShare key, state_->NamingKeyOf(slot));
  return EncodeBase64Url(Blake2b<16>(key.view(), id));
}

Result<ByteArray<32>> KeyKeeper::LookupHash(SlotNumber slot, std::string_view text) const {
  const std::lock_guard lock(state_->mutex);
  TRY(ErasureShare key, state_->NamingKeyOf(slot));
  return Blake2b<32>(key.view(), AsBytes(text));
}

// ---- links

Result<ByteArray<16>> KeyKeeper::LinkTag(SlotNumber slot, const ShareId& share,
                                         ByteView secret) const {
  const std::lock_guard lock(state_->mutex);
  TRY(ErasureShare key,
      state_->KeyOf({slot, EntryType::kShare, AsObject(share), std::nullopt}, KeyUse::kOpening));
  SecretBytes message(AsBytes("strongroom/v1/link-auth").size() + 16 + secret.size());
  const Bytes head = WireWriter().Text("strongroom/v1/link-auth").Raw(share.view()).bytes();
  std::copy(head.begin(), head.end(), message.mutable_view().begin());
  std::copy(secret.begin(), secret.end(), message.mutable_view().begin() + head.size());
  return Blake2b<16>(key.view(), message.view());
}

Result<SecretBytes> KeyKeeper::LinkKey(SlotNumber slot, const ShareId& share,
                                       ByteView secret_and_pin) const {
  const std::lock_guard lock(state_->mutex);
  TRY(ErasureShare key,
      state_->KeyOf({slot, EntryType::kShare, AsObject(share), std::nullopt}, KeyUse::kOpening));
  return DeriveLinkKey(key, share, secret_and_pin);
}

// ---- new objects

FileKey KeyKeeper::NewFileKey(SlotNumber reserved, const AccessShare& access,
                              const DocumentId& document, std::uint32_t version) const {
  const std::lock_guard lock(state_->mutex);
  return DeriveFileKey(state_->ReservedKey(reserved), access, AsObject(document), version);
}

FileKey KeyKeeper::NewDerivedKey(SlotNumber reserved, const AccessShare& access,
                                 const DocumentId& document, std::uint32_t version,
                                 std::string_view name) const {
  const std::lock_guard lock(state_->mutex);
  return DeriveDerivedKey(state_->ReservedKey(reserved), access, AsObject(document), version, name);
}

Bytes KeyKeeper::SealNewDetail(SlotNumber reserved, const AccessShare& access,
                               const ObjectId& object, std::uint32_t version,
                               const ColumnPlace& place, ByteView plaintext) const {
  const std::lock_guard lock(state_->mutex);
  const ColumnKey key = DeriveDetailKey(state_->ReservedKey(reserved), access, object, version);
  return SealAead(key.view(), plaintext, ColumnData(place), state_->random);
}

// ---- opening

Result<OpenedObject> KeyKeeper::Unwrap(OpeningReceipt receipt, const BoxPath& path,
                                       UnixSeconds now) const {
  const OpeningReceipt used = std::move(receipt);
  const Opening& opening = used.opening();
  CHECK(opening.route != OpeningRoute::kLink);
  CHECK(path.holder != nullptr);
  TRY_VOID(CheckAge(opening, now));

  const std::lock_guard lock(state_->mutex);
  if (state_->reserved.contains(opening.slot)) return NotFound("the object is not filed yet");
  TRY(ErasureShare erasure,
      state_->KeyOf({opening.slot, opening.type, opening.object, opening.version},
                    KeyUse::kOpening));

  std::optional<SecretBytes> inner;
  if (opening.route == OpeningRoute::kLoan || opening.route == OpeningRoute::kNamed) {
    const bool loan = opening.route == OpeningRoute::kLoan;
    // The receipt names the loan; a box of another one is not what was decided and logged.
    if (!path.outer.has_value() ||
        path.outer->tag != (loan ? OuterTag::kLoanBox : OuterTag::kNamedBox) ||
        (loan && (path.outer->slot != opening.loan_slot ||
                  path.outer->slot_owner != AsObject(opening.loan)))) {
      return Corrupt("the box is not the one of the opening");
    }
    if (state_->reserved.contains(path.outer->slot)) return Expired("the loan's key is not there");
    auto key = state_->KeyOf(
        {path.outer->slot, OuterSlotType(path.outer->tag), path.outer->slot_owner, std::nullopt},
        KeyUse::kOpening);
    if (!key.ok()) {
      if (key.error().code == Errc::kNotFound) return Expired("the key of the loan is destroyed");
      return std::move(key).error();
    }
    TRY(inner, OpenAeadSecret(key.value().view(), path.box, OuterData(*path.outer)));
  } else if (path.outer.has_value()) {
    return Corrupt("the box is not the one of the opening");
  }
  const ByteView box = inner.has_value() ? inner->view() : ByteView(path.box);
  TRY(AccessShare access, OpenAccessBox(opening.object, opening.version, box, *path.holder));
  return OpenedObject(opening, std::move(erasure), std::move(access));
}

Result<OpenedObject> KeyKeeper::UnwrapShared(OpeningReceipt receipt, AccessShare access,
                                             UnixSeconds now) const {
  const OpeningReceipt used = std::move(receipt);
  const Opening& opening = used.opening();
  CHECK(opening.route == OpeningRoute::kLink);
  TRY_VOID(CheckAge(opening, now));
  const std::lock_guard lock(state_->mutex);
  if (state_->reserved.contains(opening.slot)) return NotFound("the object is not filed yet");
  TRY(ErasureShare erasure,
      state_->KeyOf({opening.slot, opening.type, opening.object, opening.version},
                    KeyUse::kOpening));
  return OpenedObject(opening, std::move(erasure), std::move(access));
}

}  // namespace vault
