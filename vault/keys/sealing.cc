#include "vault/keys/sealing.h"

#include <algorithm>

#include "vault/base/wire.h"
#include "vault/crypto/aead.h"
#include "vault/crypto/digest.h"
#include "vault/crypto/hkdf.h"
#include "vault/crypto/sealed_box.h"

namespace vault {
namespace {

// Info is the label with its closing 00, then the object's id and version.
Bytes Info(std::string_view label, const ObjectId& object, std::uint32_t version) {
  return WireWriter().Text(label).U8(0).Raw(object.view()).U32(version).bytes();
}

std::string_view TagText(OuterTag tag) {
  switch (tag) {
    case OuterTag::kPassword:
      return "SPW1";
    case OuterTag::kLockbox:
      return "SLB1";
    case OuterTag::kNamedBox:
      return "SAB1";
    case OuterTag::kLoanBox:
      return "SLN1";
    case OuterTag::kShareBox:
      return "SSH1";
  }
  CHECK(false);
}

constexpr std::string_view kAccessBoxMagic = "SAB1";
constexpr std::size_t kAccessBoxHead = 4 + 16 + 4;

Bytes AccessBoxHead(const ObjectId& object, std::uint32_t version) {
  return WireWriter().Text(kAccessBoxMagic).Raw(object.view()).U32(version).bytes();
}

}  // namespace

FileKey DeriveFileKey(const ErasureShare& erasure, const AccessShare& access,
                      const ObjectId& object, std::uint32_t version) {
  return DeriveKey<FileKey>(erasure.view(), access.view(),
                            Info("strongroom/v1/file", object, version));
}

FileKey DeriveDerivedKey(const ErasureShare& erasure, const AccessShare& access,
                         const ObjectId& object, std::uint32_t version, std::string_view name) {
  WireWriter info;
  info.Raw(Info("strongroom/v1/derived", object, version)).Text(name);
  return DeriveKey<FileKey>(erasure.view(), access.view(), info.bytes());
}

ColumnKey DeriveDetailKey(const ErasureShare& erasure, const AccessShare& access,
                          const ObjectId& object, std::uint32_t version) {
  return DeriveKey<ColumnKey>(erasure.view(), access.view(),
                              Info("strongroom/v1/detail", object, version));
}

ColumnKey DeriveLabelKey(const ErasureShare& slot_key, const ObjectId& object,
                         std::uint32_t version) {
  return DeriveKey<ColumnKey>(slot_key.view(), {}, Info("strongroom/v1/label", object, version));
}

SecretBytes DeriveLinkKey(const ErasureShare& slot_key, const ShareId& share,
                          ByteView secret_and_pin) {
  WireWriter info;
  info.Text("strongroom/v1/link-wrap").U8(0).Raw(share.view());
  SecretBytes out(32);
  HkdfSha256(slot_key.view(), secret_and_pin, info.bytes(), out.mutable_view());
  return out;
}

Bytes ColumnData(const ColumnPlace& place) {
  CHECK(place.table.size() <= 255 && place.column.size() <= 255);
  WireWriter out;
  out.Text("SCL1").U8(static_cast<std::uint8_t>(place.table.size())).Text(place.table);
  out.U8(static_cast<std::uint8_t>(place.column.size())).Text(place.column);
  out.Raw(place.object.view()).U64(place.row_version);
  return std::move(out).Take();
}

Bytes OuterData(const OuterPlace& place) {
  WireWriter out;
  out.Text(TagText(place.tag)).Raw(place.slot_owner.view()).Raw(place.row.view());
  out.U32(place.version);
  return std::move(out).Take();
}

EntryType OuterSlotType(OuterTag tag) {
  switch (tag) {
    case OuterTag::kPassword:
    case OuterTag::kLockbox:
    case OuterTag::kNamedBox:
      return EntryType::kPerson;
    case OuterTag::kLoanBox:
      return EntryType::kLoan;
    case OuterTag::kShareBox:
      return EntryType::kShare;
  }
  CHECK(false);
}

Result<Bytes> SealAccessBox(const ObjectId& object, std::uint32_t version,
                            const AccessShare& access, const BoxPublicKey& recipient) {
  const Bytes head = AccessBoxHead(object, version);
  SecretBytes message(kAccessBoxHead + AccessShare::kSize);
  MutableByteView out = message.mutable_view();
  std::copy(head.begin(), head.end(), out.begin());
  std::copy(access.view().begin(), access.view().end(), out.begin() + kAccessBoxHead);
  return SealBox(recipient, message.view());
}

Result<AccessShare> OpenAccessBox(const ObjectId& object, std::uint32_t version, ByteView box,
                                  const BoxSecretKey& holder) {
  TRY(SecretBytes message, OpenBox(holder, box));
  const Bytes head = AccessBoxHead(object, version);
  if (message.size() != kAccessBoxHead + AccessShare::kSize ||
      !EqualConstantTime(message.view().first(kAccessBoxHead), head)) {
    return Corrupt("an access box is of another object");
  }
  return AccessShare::FromBytes(message.view().subspan(kAccessBoxHead));
}

// ---- OpenedObject

FileKey OpenedObject::file_key() const {
  return DeriveFileKey(erasure_, access_, opening_.object, opening_.version);
}

FileKey OpenedObject::derived_key(std::string_view name) const {
  return DeriveDerivedKey(erasure_, access_, opening_.object, opening_.version, name);
}

Result<Plaintext> OpenedObject::OpenDetail(const ColumnPlace& place, ByteView sealed) const {
  return OpenAead(DeriveDetailKey(erasure_, access_, opening_.object, opening_.version).view(),
                  sealed, ColumnData(place));
}

Bytes OpenedObject::SealDetail(const ColumnPlace& place, ByteView plaintext,
                               RandomSource& random) const {
  return SealAead(DeriveDetailKey(erasure_, access_, opening_.object, opening_.version).view(),
                  plaintext, ColumnData(place), random);
}

Result<Bytes> OpenedObject::AccessBoxFor(const BoxPublicKey& recipient) const {
  return SealAccessBox(opening_.object, opening_.version, access_, recipient);
}

}  // namespace vault
