#include "vault/keys/node.h"

#include <algorithm>
#include <cstring>

#include "vault/base/wire.h"
#include "vault/crypto/aead.h"

namespace vault {
namespace {

constexpr std::size_t kNonceSize = 24;
constexpr std::size_t kKeyOffset = 32;
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kDeadlineOffset = 8;
constexpr std::uint8_t kChildType = 0x80;
constexpr std::uint64_t kWireNoDeadline = UINT64_MAX;

Bytes PlaceData(const NodePlace& place) {
  const bool root = place.id.level == 0;
  WireWriter out;
  out.Text("SKT1").U8(place.id.level).U8(root ? place.copy : 0).Zeros(2).U32(place.id.number);
  out.Raw(place.store.view()).U64(root ? place.epoch : 0);
  return std::move(out).Take();
}

std::uint64_t WireDeadline(UnixSeconds deadline) {
  CHECK(deadline >= 0);
  return deadline == kNoDeadline ? kWireNoDeadline : static_cast<std::uint64_t>(deadline);
}

}  // namespace

SealMark MarkOf(ByteView sealed) {
  SealMark mark{};
  if (sealed.size() < mark.size()) return mark;
  std::copy(sealed.begin(), sealed.begin() + kNonceSize, mark.begin());
  std::copy(sealed.end() - (kAeadOverhead - kNonceSize), sealed.end(), mark.begin() + kNonceSize);
  return mark;
}

Node Node::Clone() const { return Node(Plaintext::CopyOf(bytes_.view())); }

Bytes Node::Seal(ByteView key, const NodePlace& place, RandomSource& random) const {
  return SealAead(key, bytes_.view(), PlaceData(place), random);
}

Result<Node> Node::Open(ByteView key, const NodePlace& place, ByteView sealed) {
  if (sealed.size() != kNodeSize + kAeadOverhead)
    return Corrupt("a key tree node has a wrong size");
  TRY(Plaintext bytes, OpenAead(key, sealed, PlaceData(place)));
  return Node(std::move(bytes));
}

SlotEntry Node::slot(unsigned index) const {
  WireReader reader(entry(index).first(kKeyOffset));
  SlotEntry out;
  out.type = static_cast<EntryType>(reader.U8());
  out.flags = reader.U8();
  reader.U16();
  out.version = reader.U32();
  const std::uint64_t deadline = reader.U64();
  // An empty entry is zeros on disk; nothing falls due there.
  const bool none = out.type == EntryType::kEmpty || deadline > std::uint64_t{INT64_MAX};
  out.deadline = none ? kNoDeadline : static_cast<UnixSeconds>(deadline);
  out.object = ObjectId(reader.Array<16>());
  return out;
}

void Node::SetSlot(unsigned index, const SlotEntry& entry, ByteView key) {
  CHECK(key.size() == kKeySize);
  WireWriter head;
  head.U8(static_cast<std::uint8_t>(entry.type)).U8(entry.flags).U16(0).U32(entry.version);
  head.U64(WireDeadline(entry.deadline)).Raw(entry.object.view());
  CHECK(head.bytes().size() == kKeyOffset);
  MutableByteView out = MutableEntry(index);
  std::copy(head.bytes().begin(), head.bytes().end(), out.begin());
  std::copy(key.begin(), key.end(), out.begin() + kKeyOffset);
}

void Node::SetFlags(unsigned index, std::uint8_t flags) { MutableEntry(index)[1] = flags; }

void Node::SetDeadline(unsigned index, UnixSeconds deadline) {
  const Bytes field = WireWriter().U64(WireDeadline(deadline)).bytes();
  std::copy(field.begin(), field.end(), MutableEntry(index).begin() + kDeadlineOffset);
}

void Node::Spend(unsigned index) {
  MutableByteView out = MutableEntry(index);
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  out[1] = kFlagSpent;
}

bool Node::HasLiveSlot() const {
  for (unsigned i = 0; i < kNodeEntries; ++i) {
    if (entry(i)[0] != 0) return true;
  }
  return false;
}

bool Node::HasChild(unsigned index, unsigned child_level) const {
  return entry(index)[0] == (kChildType | child_level);
}

void Node::AddChild(unsigned index, unsigned child_level, RandomSource& random) {
  MutableByteView out = MutableEntry(index);
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  out[0] = static_cast<std::uint8_t>(kChildType | child_level);
  RenewKey(index, random);
}

void Node::RenewKey(unsigned index, RandomSource& random) {
  random.Fill(MutableEntry(index).subspan(kKeyOffset, kKeySize));
}

ByteView Node::key(unsigned index) const { return entry(index).subspan(kKeyOffset, kKeySize); }

ByteView Node::entry(unsigned index) const {
  CHECK(index < kNodeEntries);
  return bytes_.view().subspan(index * kEntrySize, kEntrySize);
}

MutableByteView Node::MutableEntry(unsigned index) {
  CHECK(index < kNodeEntries);
  return bytes_.mutable_view().subspan(index * kEntrySize, kEntrySize);
}

}  // namespace vault
