#include "vault/keys/node.h"

#include <gtest/gtest.h>

#include "tests/support/keeper_world.h"
#include "vault/base/text.h"
#include "vault/crypto/aead.h"

namespace vault {
namespace {

ObjectId CountingObject() {
  ByteArray<16> bytes;
  for (std::size_t i = 0; i < 16; ++i) bytes[i] = static_cast<std::uint8_t>(0x10 + i);
  return ObjectId(bytes);
}

TEST(KeyTreeNode, EntryHasExactlyTheBytesOfTheFormat) {
  Node node;
  const SlotEntry entry{EntryType::kLoan, kFlagClosed | kFlagNeedsApproval, 0x01020304,
                        0x1122334455667788, CountingObject()};
  node.SetSlot(5, entry, Bytes(32, 0xee));
  EXPECT_EQ(EncodeHex(node.entry(5)),
            "06060000"
            "01020304"
            "1122334455667788"
            "101112131415161718191a1b1c1d1e1f"
            "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
  EXPECT_EQ(node.slot(5).type, entry.type);
  EXPECT_EQ(node.slot(5).flags, entry.flags);
  EXPECT_EQ(node.slot(5).version, entry.version);
  EXPECT_EQ(node.slot(5).deadline, entry.deadline);
  EXPECT_EQ(node.slot(5).object, entry.object);
  EXPECT_EQ(ToBytes(node.key(5)), Bytes(32, 0xee));
}

TEST(KeyTreeNode, NoDeadlineIsAllOnes) {
  Node node;
  node.SetSlot(0, {EntryType::kDocument, 0, 1, kNoDeadline, CountingObject()}, Bytes(32, 1));
  EXPECT_EQ(EncodeHex(node.entry(0).subspan(8, 8)), "ffffffffffffffff");
  EXPECT_EQ(node.slot(0).deadline, kNoDeadline);
}

TEST(KeyTreeNode, SpentEntryIsZeroButForTheSpentBit) {
  Node node;
  node.SetSlot(255, {EntryType::kDocument, kFlagHold, 7, 99, CountingObject()}, Bytes(32, 1));
  EXPECT_TRUE(node.HasLiveSlot());
  node.Spend(255);
  EXPECT_EQ(EncodeHex(node.entry(255)), "0080" + std::string(124, '0'));
  EXPECT_FALSE(node.HasLiveSlot());
}

TEST(KeyTreeNode, ChildEntryIsItsLevelAndAKey) {
  Node node;
  FakeRandom random(3);
  node.AddChild(9, 2, random);
  EXPECT_EQ(EncodeHex(node.entry(9).first(32)), "82" + std::string(62, '0'));
  EXPECT_TRUE(node.HasChild(9, 2));
  EXPECT_FALSE(node.HasChild(9, 3));
  const Bytes before = ToBytes(node.key(9));
  node.RenewKey(9, random);
  EXPECT_NE(ToBytes(node.key(9)), before);
}

TEST(KeyTreeNode, RowIsLevelThenNumber) {
  EXPECT_EQ((NodeId{3, 0x123456}.row()), 0x300123456);
  EXPECT_EQ(NodeId::OnPathTo(0x123456, 1), (NodeId{1, 0x12}));
  EXPECT_EQ(NodeId::OnPathTo(0x123456, 2), (NodeId{2, 0x1234}));
  EXPECT_EQ(NodeId::OnPathTo(0x123456, 0), (NodeId{0, 0}));
  EXPECT_EQ(LeafOf(0x12345678), 0x123456u);
  EXPECT_EQ(IndexOf(0x12345678), 0x78u);
}

TEST(KeyTreeNode, IsSealedToExactlyItsPlace) {
  FakeRandom random(4);
  Node node;
  node.SetSlot(1, {EntryType::kMatter, 0, 0, 5, CountingObject()}, Bytes(32, 2));
  const Bytes key(32, 0x77);
  const NodePlace root{{0, 0}, TestStore(), 2, 0x0102};
  const Bytes sealed = node.Seal(key, root, random);
  EXPECT_EQ(sealed.size(), 24u + 16384 + 16);
  const std::string place_hex =
      "534b5431"
      "00020000"
      "00000000"
      "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
      "0000000000000102";
  auto opened = OpenAead(key, sealed, DecodeHex(place_hex).value());
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(ToBytes(opened.value().view().subspan(64, 64)), ToBytes(node.entry(1)));

  EXPECT_TRUE(Node::Open(key, root, sealed).ok());
  const auto other_store = random.NewId<StoreId>();
  for (const NodePlace& wrong :
       {NodePlace{{1, 0}, TestStore(), 2, 0x0102}, NodePlace{{0, 1}, TestStore(), 2, 0x0102},
        NodePlace{{0, 0}, other_store, 2, 0x0102}, NodePlace{{0, 0}, TestStore(), 3, 0x0102},
        NodePlace{{0, 0}, TestStore(), 2, 0x0103}}) {
    auto moved = Node::Open(key, wrong, sealed);
    ASSERT_FALSE(moved.ok());
    EXPECT_EQ(moved.error().code, Errc::kCorrupt);
  }
}

TEST(KeyTreeNode, BelowTheRootIsTheSameOnEveryCopyAndInEveryEpoch) {
  FakeRandom random(5);
  const Node node;
  const Bytes key(32, 0x77);
  const Bytes sealed = node.Seal(key, {{3, 0xabcdef}, TestStore(), 1, 8}, random);
  EXPECT_TRUE(Node::Open(key, {{3, 0xabcdef}, TestStore(), 0, 9}, sealed).ok());
  const std::string place_hex =
      "534b5431"
      "03000000"
      "00abcdef"
      "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
      "0000000000000000";
  EXPECT_TRUE(OpenAead(key, sealed, DecodeHex(place_hex).value()).ok());
}

}  // namespace
}  // namespace vault
