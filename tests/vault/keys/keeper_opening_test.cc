// Opening: a receipt opens this one object, once, now, and only by the box that it names.
#include <gtest/gtest.h>

#include <functional>

#include "tests/support/sealing_keeper.h"
#include "vault/base/wire.h"

namespace vault {
namespace {

using KeeperOpening = SealingKeeper;

TEST_F(KeeperOpening, OwnerOpensWithItsBox) {
  auto opened =
      keeper_->Unwrap(AuditLog::Opened(OpeningOf(OpeningRoute::kOwner)), PathTo(AccessBox()), kNow);
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  EXPECT_EQ(opened.value().opening().object, document_);
  const auto other = NewBoxKeyPair(random_);
  auto box = opened.value().AccessBoxFor(other.public_key);
  ASSERT_TRUE(box.ok());
  BoxPath path{box.value(), std::nullopt, &other.secret_key};
  EXPECT_TRUE(keeper_->Unwrap(AuditLog::Opened(OpeningOf(OpeningRoute::kUnit)), path, kNow).ok());
}

TEST_F(KeeperOpening, ReceiptLastsSixtySeconds) {
  const BoxPath path = PathTo(AccessBox());
  Opening opening = OpeningOf(OpeningRoute::kOwner);
  opening.granted_at = kNow - 60;
  EXPECT_TRUE(keeper_->Unwrap(AuditLog::Opened(opening), path, kNow).ok());
  for (UnixSeconds wrong : {kNow - 61, kNow + 61, UnixSeconds{0}}) {
    opening.granted_at = wrong;
    EXPECT_EQ(UnwrapError(opening, path), Errc::kExpired);
  }
}

TEST_F(KeeperOpening, EntryMustBeExactlyTheReceipts) {
  const BoxPath path = PathTo(AccessBox());
  const SlotNumber same_document = Fill(DocumentEntry(document_, 4));
  auto reserved = keeper_->Reserve(matter_);
  ASSERT_TRUE(reserved.ok());
  const std::vector<std::function<void(Opening&)>> changes = {
      [](Opening& o) { o.version = 2; },
      [&](Opening& o) { o.object = matter_; },
      [](Opening& o) { o.type = EntryType::kMatter; },
      [&](Opening& o) { o.slot = same_document; },
      [&](Opening& o) { o.slot = reserved.value().slot(); },
      [](Opening& o) { o.slot = 0; },
      [](Opening& o) { o.slot = 0xffffffff; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Opening opening = OpeningOf(OpeningRoute::kOwner);
    changes[i](opening);
    EXPECT_EQ(UnwrapError(opening, path), Errc::kNotFound) << i;
  }
}

TEST_F(KeeperOpening, BoxMustBeExactlyTheObjects) {
  const Opening opening = OpeningOf(OpeningRoute::kOwner);
  auto other_version = SealAccessBox(document_, 2, access_, reader_.public_key);
  auto other_object = SealAccessBox(matter_, 3, access_, reader_.public_key);
  auto other_holder = SealAccessBox(document_, 3, access_, NewBoxKeyPair(random_).public_key);
  auto no_box = SealBox(reader_.public_key, Bytes(56, 0));
  auto longer = SealBox(reader_.public_key, Bytes(57, 0));
  for (const auto* box : {&other_version, &other_object, &other_holder, &no_box, &longer}) {
    ASSERT_TRUE(box->ok());
    EXPECT_EQ(UnwrapError(opening, PathTo(box->value())), Errc::kCorrupt);
  }
  EXPECT_EQ(UnwrapError(opening, PathTo({})), Errc::kCorrupt);
}

TEST_F(KeeperOpening, DestroyedDocumentIsNotFoundAndHeldClosedOneIsDenied) {
  const BoxPath path = PathTo(AccessBox());
  ASSERT_TRUE(keeper_->SetHold({&slot_, 1}, KeyKeeper::HoldBit::kSealedHold).ok());
  EXPECT_EQ(UnwrapError(OpeningOf(OpeningRoute::kOwner), path), Errc::kDenied);
  // A plain hold keeps a document and hinders nobody.
  ASSERT_TRUE(keeper_->SetHold({&slot_, 1}, KeyKeeper::HoldBit::kHold).ok());
  EXPECT_TRUE(keeper_->Unwrap(AuditLog::Opened(OpeningOf(OpeningRoute::kOwner)), path, kNow).ok());
  ASSERT_TRUE(keeper_->SetHold({&slot_, 1}, KeyKeeper::HoldBit::kNone).ok());
  ASSERT_TRUE(ShredSlots(*keeper_, {slot_}).ok());
  EXPECT_EQ(UnwrapError(OpeningOf(OpeningRoute::kOwner), path), Errc::kNotFound);
}

TEST_F(KeeperOpening, ClosedLoanDoesNotOpenEvenWhenAskedDirectly) {
  const Lent lent = Lend(kFlagClosed);
  EXPECT_EQ(UnwrapError(LoanOpening(lent), lent.path), Errc::kDenied);
  ASSERT_TRUE(keeper_->Release(AuditLog::Released(lent.loan, lent.slot)).ok());
  auto opened = keeper_->Unwrap(AuditLog::Opened(LoanOpening(lent)), lent.path, kNow);
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  EXPECT_EQ(ToBytes(opened.value().access_share().view()), ToBytes(access_.view()));
}

TEST_F(KeeperOpening, EndedLoanIsExpiredWhileTheOwnerReadsOn) {
  const Lent lent = Lend(0);
  EXPECT_TRUE(keeper_->Unwrap(AuditLog::Opened(LoanOpening(lent)), lent.path, kNow).ok());
  ASSERT_TRUE(ShredSlots(*keeper_, {lent.slot}).ok());
  EXPECT_EQ(UnwrapError(LoanOpening(lent), lent.path), Errc::kExpired);
  EXPECT_TRUE(
      keeper_->Unwrap(AuditLog::Opened(OpeningOf(OpeningRoute::kOwner)), PathTo(AccessBox()), kNow)
          .ok());
}

TEST_F(KeeperOpening, LoanOfTheReceiptIsTheOnlyOneThatServes) {
  const Lent lent = Lend(0);
  const Lent other = Lend(0);
  // Another loan's box under this receipt, and the other way round.
  EXPECT_EQ(UnwrapError(LoanOpening(lent), other.path), Errc::kCorrupt);
  Opening crossed = LoanOpening(lent);
  crossed.loan_slot = other.slot;
  EXPECT_EQ(UnwrapError(crossed, other.path), Errc::kCorrupt);
  EXPECT_EQ(UnwrapError(crossed, lent.path), Errc::kCorrupt);
  // The loan's id at a slot that is no loan's, or another's.
  for (SlotNumber wrong : {slot_, other.slot, SlotNumber{1}, other.slot + 50}) {
    Lent moved = lent;
    moved.slot = wrong;
    moved.path.outer->slot = wrong;
    EXPECT_EQ(UnwrapError(LoanOpening(moved), moved.path), Errc::kExpired);
  }
  // No layer, or a layer where none belongs.
  EXPECT_EQ(UnwrapError(LoanOpening(lent), PathTo(AccessBox())), Errc::kCorrupt);
  EXPECT_EQ(UnwrapError(OpeningOf(OpeningRoute::kOwner), lent.path), Errc::kCorrupt);
  BoxPath changed = lent.path;
  changed.box[30] ^= 1;
  EXPECT_EQ(UnwrapError(LoanOpening(lent), changed), Errc::kCorrupt);
  BoxPath other_row = lent.path;
  other_row.outer->row = NewObject();
  EXPECT_EQ(UnwrapError(LoanOpening(lent), other_row), Errc::kCorrupt);
}

TEST_F(KeeperOpening, NamedReaderOpensUntilTheirKeyEnds) {
  const ObjectId person = NewObject();
  const SlotNumber person_slot = Fill({EntryType::kPerson, 0, 0, kNoDeadline, person});
  const OuterPlace place{OuterTag::kNamedBox, person_slot, person, NewObject(), 3};
  auto layer = keeper_->SealOuter(place, AccessBox());
  ASSERT_TRUE(layer.ok());
  BoxPath path = PathTo(layer.value());
  path.outer = place;
  const Opening opening = OpeningOf(OpeningRoute::kNamed);
  EXPECT_TRUE(keeper_->Unwrap(AuditLog::Opened(opening), path, kNow).ok());
  EXPECT_EQ(UnwrapError(OpeningOf(OpeningRoute::kLoan), path), Errc::kCorrupt);
  ASSERT_TRUE(ShredSlots(*keeper_, {person_slot}).ok());
  EXPECT_EQ(UnwrapError(opening, path), Errc::kExpired);
}

TEST_F(KeeperOpening, LinkOpensOnlyAsALinkAndInTime) {
  const Opening opening = OpeningOf(OpeningRoute::kLink);
  auto opened = keeper_->UnwrapShared(AuditLog::Opened(opening), access_.Clone(), kNow);
  ASSERT_TRUE(opened.ok());
  auto direct =
      keeper_->Unwrap(AuditLog::Opened(OpeningOf(OpeningRoute::kOwner)), PathTo(AccessBox()), kNow);
  ASSERT_TRUE(direct.ok());
  EXPECT_EQ(ToBytes(opened.value().file_key().view()), ToBytes(direct.value().file_key().view()));
  auto late = keeper_->UnwrapShared(AuditLog::Opened(opening), access_.Clone(), kNow + 1);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, Errc::kExpired);
  EXPECT_DEATH((void)keeper_->UnwrapShared(AuditLog::Opened(OpeningOf(OpeningRoute::kOwner)),
                                           access_.Clone(), kNow),
               "kLink");
  ASSERT_TRUE(ShredSlots(*keeper_, {slot_}).ok());
  auto gone = keeper_->UnwrapShared(AuditLog::Opened(opening), access_.Clone(), kNow);
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace vault
