#include "vault/keys/key_keeper.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/keeper_world.h"
#include "vault/crypto/digest.h"
#include "vault/crypto/sign.h"

namespace vault {
namespace {

class KeyKeeperTest : public KeeperTest {
 protected:
  SlotNumber FillEntry(const SlotEntry& entry) {
    auto slot = FillOne(*keeper_, ObjectId(), entry);
    CHECK(slot.ok());
    return slot.value();
  }
  Errc FillError(const SlotEntry& entry) {
    auto slot = FillOne(*keeper_, ObjectId(), entry);
    CHECK(!slot.ok());
    return slot.error().code;
  }
  SlotEntry Look(SlotNumber slot) {
    auto entry = keeper_->Look(slot);
    CHECK(entry.ok());
    return entry.value();
  }
  SlotNumber LastOf(const ObjectId& group, int count) {
    SlotNumber last = 0;
    for (int i = 0; i < count; ++i) {
      auto slot = keeper_->Reserve(group);
      CHECK(slot.ok());
      last = slot.value().slot();
    }
    return last;
  }
};

// ---- start

TEST_F(KeyKeeperTest, SystemKeysOutliveARestart) {
  const DatabaseKey key = keeper_->RegisterDatabaseKey();
  const SigningPublicKey log_key = keeper_->LogPublicKey();
  const auto mac = keeper_->RowMac(AsBytes("row"));
  EXPECT_EQ(key.salt, Blake2b<16>(key.key.view(), AsBytes("strongroom/v1/register-salt")));
  EXPECT_TRUE(VerifySignature(log_key, AsBytes("head"), keeper_->SignLog(AsBytes("head"))));
  Reopen();
  EXPECT_EQ(ToBytes(keeper_->RegisterDatabaseKey().key.view()), ToBytes(key.key.view()));
  EXPECT_EQ(keeper_->RegisterDatabaseKey().salt, key.salt);
  EXPECT_EQ(keeper_->LogPublicKey(), log_key);
  EXPECT_EQ(keeper_->RowMac(AsBytes("row")), mac);
}

TEST_F(KeyKeeperTest, SystemKeysAreSlotsZeroToTwo) {
  const LootedKeys keys = Loot();
  ASSERT_EQ(keys.size(), 3u);
  EXPECT_EQ(*keys.at(0).begin(), ToBytes(keeper_->RegisterDatabaseKey().key.view()));
  auto seed = SigningSeed::FromBytes(*keys.at(1).begin());
  ASSERT_TRUE(seed.ok());
  EXPECT_EQ(SigningPublicKeyOf(seed.value()), keeper_->LogPublicKey());
  EXPECT_EQ(Blake2b<32>(*keys.at(2).begin(), AsBytes("x")), keeper_->RowMac(AsBytes("x")));
}

TEST_F(KeyKeeperTest, BeginsAtEpochOneAndSaysWhatItIs) {
  EXPECT_EQ(keeper_->epoch(), 1u);
  EXPECT_EQ(keeper_->inserts(), 0u);
  EXPECT_EQ(keeper_->store(), TestStore());
  EXPECT_EQ(keeper_->cell_classes(), std::vector<std::string>{"file"});
  keeper_.reset();
  auto store = KeyKeeper::ReadStoreId(disk_, paths_.tree());
  ASSERT_TRUE(store.ok());
  EXPECT_EQ(store.value(), TestStore());
}

TEST_F(KeyKeeperTest, StoreIdIsReadWithoutAKeyAlsoAfterACrash) {
  // A tree whose last changes are in the log alone, as after a crash or in a copy.
  KeeperPaths copy{folder_.At("copy"), 1};
  paths_.CopyTo(copy.folder);
  ASSERT_GT(std::filesystem::file_size(copy.tree() + "-wal"), 0u);
  auto store = KeyKeeper::ReadStoreId(disk_, copy.tree());
  ASSERT_TRUE(store.ok()) << store.error().detail;
  EXPECT_EQ(store.value(), TestStore());
  auto absent = KeyKeeper::ReadStoreId(disk_, folder_.At("absent"));
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code, Errc::kNotFound);
}

TEST_F(KeyKeeperTest, AStartMakesDurableWhatItFinds) {
  FillEntry({EntryType::kDocument, 0, 1, kNoDeadline, NewObject()});
  // As a process leaves it that died: with a log, of which nobody knows what was synced.
  KeeperPaths left = paths_;
  left.folder = folder_.At("left");
  paths_.CopyTo(left.folder);
  ASSERT_GT(std::filesystem::file_size(left.tree() + "-wal"), 0u);
  Recorder recorder(nullptr);
  Disk disk(&recorder);
  const auto keeper = OpenKeeper(disk, random_, left, TestUnsealKey());
  ASSERT_TRUE(keeper.ok()) << keeper.error().detail;
  bool log_synced = false;
  bool file_synced = false;
  for (const RecordedStep& step : recorder.steps()) {
    if (step.action != DiskAction::kSync) continue;
    log_synced = log_synced || step.path == left.tree() + "-wal";
    file_synced = file_synced || (log_synced && step.path == left.tree());
  }
  EXPECT_TRUE(file_synced);
  EXPECT_EQ(std::filesystem::file_size(left.tree() + "-wal"), 0u);
}

TEST_F(KeyKeeperTest, WrongUnsealKeyIsDeniedAndChangesNothing) {
  keeper_.reset();
  const auto cells = paths_.CellBytes();
  UnsealKey wrong = TestUnsealKey();
  wrong.mutable_view()[31] ^= 1;
  auto keeper = OpenKeeper(disk_, random_, paths_, std::move(wrong));
  ASSERT_FALSE(keeper.ok());
  EXPECT_EQ(keeper.error().code, Errc::kDenied);
  EXPECT_EQ(paths_.CellBytes(), cells);
  Reopen();
}

TEST_F(KeyKeeperTest, CopyOfTheFolderUnderANewerCellIsRefusedAndSaysWhy) {
  const SlotNumber slot = FillDocument(NewObject());
  KeeperPaths old{folder_.At("old"), 1};
  paths_.CopyTo(old.folder);
  ASSERT_TRUE(ShredSlots(*keeper_, {slot}).ok());
  keeper_.reset();
  // The old tree is put back; the cell, which is no part of any copy, is today's.
  WriteFileBytes(old.cell(0), ReadFileBytes(paths_.cell(0)));
  auto keeper = OpenKeeper(disk_, random_, old, TestUnsealKey());
  ASSERT_FALSE(keeper.ok());
  EXPECT_EQ(keeper.error().code, Errc::kConflict);
  EXPECT_NE(keeper.error().detail.find("a copy of the data was put back"), std::string::npos);
}

TEST_F(KeyKeeperTest, OldCellUnderANewerTreeIsRefused) {
  const std::string old_cell = ReadFileBytes(paths_.cell(0));
  ASSERT_TRUE(ShredSlots(*keeper_, {FillDocument(NewObject())}).ok());
  keeper_.reset();
  WriteFileBytes(paths_.cell(0), old_cell);
  auto keeper = OpenKeeper(disk_, random_, paths_, TestUnsealKey());
  ASSERT_FALSE(keeper.ok());
  EXPECT_EQ(keeper.error().code, Errc::kConflict);
}

TEST_F(KeyKeeperTest, LostCellIsReportedNotReplaced) {
  keeper_.reset();
  WriteFileBytes(paths_.cell(0), std::string(8192, 'x'));
  auto keeper = OpenKeeper(disk_, random_, paths_, TestUnsealKey());
  ASSERT_FALSE(keeper.ok());
  EXPECT_EQ(keeper.error().code, Errc::kCorrupt);
  EXPECT_EQ(ReadFileBytes(paths_.cell(0)), std::string(8192, 'x'));
}

TEST_F(KeyKeeperTest, NeedsAllItsCellsInTheirOrder) {
  Start(3);
  keeper_.reset();
  Reopen();
  keeper_.reset();
  const std::string first = ReadFileBytes(paths_.cell(0));
  WriteFileBytes(paths_.cell(0), ReadFileBytes(paths_.cell(1)));
  WriteFileBytes(paths_.cell(1), first);
  auto swapped = OpenKeeper(disk_, random_, paths_, TestUnsealKey());
  ASSERT_FALSE(swapped.ok());
  EXPECT_EQ(swapped.error().code, Errc::kConflict);
  KeeperPaths fewer = paths_;
  fewer.cells = 1;
  auto missing = OpenKeeper(disk_, random_, fewer, TestUnsealKey());
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, Errc::kConflict);
}

TEST_F(KeyKeeperTest, CreateRefusesATreeThatIsThere) {
  keeper_.reset();
  const auto cells = paths_.CellBytes();
  auto again = CreateKeeper(disk_, random_, paths_);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Errc::kConflict);
  EXPECT_EQ(paths_.CellBytes(), cells);
  Reopen();
}

TEST_F(KeyKeeperTest, CreateNeverOverwritesAnotherStoresCell) {
  keeper_.reset();
  KeyKeeperOptions options;
  options.tree_path = folder_.At("other.db");
  auto cell = OpenFileCell(disk_, paths_.cell(0), random_);
  ASSERT_TRUE(cell.ok());
  options.cells.push_back(std::move(cell).value());
  auto keeper = KeyKeeper::Create(disk_, random_, std::move(options), TestUnsealKey(),
                                  random_.NewId<StoreId>());
  ASSERT_FALSE(keeper.ok());
  EXPECT_EQ(keeper.error().code, Errc::kConflict);
  Reopen();
}

TEST_F(KeyKeeperTest, OpenWithoutATreeFindsNothingAndMakesNothing) {
  KeeperPaths none{folder_.At("none"), 1};
  std::filesystem::create_directories(none.folder);
  ASSERT_TRUE(CreateFileCell(disk_, none.cell(0), random_).ok());
  auto keeper = OpenKeeper(disk_, random_, none, TestUnsealKey());
  ASSERT_FALSE(keeper.ok());
  EXPECT_EQ(keeper.error().code, Errc::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(none.tree()));
}

// ---- slots

TEST_F(KeyKeeperTest, AnOwnersSlotsLieInOneLeafInOrder) {
  const ObjectId matter = NewObject();
  const SlotNumber first = FillDocument(matter);
  EXPECT_EQ(first & 0xff, 0u);
  EXPECT_NE(first >> 8, 0u);
  const SlotNumber other = FillDocument(NewObject());
  EXPECT_NE(other >> 8, first >> 8);
  for (SlotNumber i = 1; i < 256; ++i) ASSERT_EQ(FillDocument(matter), first + i);
  // The leaf is full: a new one.
  const SlotNumber next = FillDocument(matter);
  EXPECT_EQ(next & 0xff, 0u);
  EXPECT_NE(next >> 8, first >> 8);
  EXPECT_NE(next >> 8, other >> 8);
}

TEST_F(KeyKeeperTest, NoNumberIsEverGivenTwice) {
  const ObjectId matter = NewObject();
  std::set<SlotNumber> given;
  for (int run = 0; run < 5; ++run) {
    for (int i = 0; i < 100; ++i) {
      // Some are filled, most are dropped, and the program ends at some odd moment.
      auto slot = keeper_->Reserve(i % 3 == 0 ? ObjectId() : matter);
      ASSERT_TRUE(slot.ok());
      ASSERT_TRUE(given.insert(slot.value().slot()).second) << "run " << run << " number " << i;
      if (i % 5 != 0) continue;
      const KeyKeeper::Filling filling{&slot.value(), DocumentEntry(NewObject(), 1)};
      ASSERT_TRUE(keeper_->Fill({&filling, 1}).ok());
    }
    Reopen();
  }
}

TEST_F(KeyKeeperTest, RestartLeavesOutFewNumbers) {
  const ObjectId matter = NewObject();
  const SlotNumber before = FillDocument(matter);
  Reopen();
  const SlotNumber after = FillDocument(matter);
  EXPECT_GT(after, before);
  EXPECT_LE(after - before, 17u);
}

TEST_F(KeyKeeperTest, AReservationLeavesNoTraceInTheSlots) {
  SlotNumber slot = 0;
  {
    auto reserved = keeper_->Reserve(NewObject());
    ASSERT_TRUE(reserved.ok());
    slot = reserved.value().slot();
    EXPECT_EQ(Look(slot).type, EntryType::kEmpty);
  }
  EXPECT_EQ(Look(slot).type, EntryType::kEmpty);
  EXPECT_EQ(Look(slot).flags, 0);
  Reopen();
  EXPECT_EQ(Look(slot).flags, 0);
  EXPECT_FALSE(Loot().contains(slot));
}

TEST_F(KeyKeeperTest, FilledEntriesComeBackAsTheyWere) {
  const std::vector<SlotEntry> entries = {
      {EntryType::kDocument, kFlagHold | kFlagNeedsApproval, 3, kNoDeadline, NewObject()},
      {EntryType::kMatter, 0, 0, 1800000000, NewObject()},
      {EntryType::kShare, 0, 0, 1700000000, NewObject()},
      {EntryType::kPseudonym, 0, 0, kNoDeadline, NewObject()},
      {EntryType::kPerson, 0, 2, kNoDeadline, NewObject()},
      {EntryType::kLoan, kFlagClosed, 0, 1750000000, NewObject()},
      {EntryType::kSystem, 0, 0, kNoDeadline, NewObject()},
      {EntryType::kSubject, kFlagHold | kFlagClosed, 0, 1, NewObject()},
  };
  std::vector<SlotNumber> slots;
  for (const auto& entry : entries) slots.push_back(FillEntry(entry));
  Reopen();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const SlotEntry found = Look(slots[i]);
    EXPECT_EQ(found.type, entries[i].type);
    EXPECT_EQ(found.flags, entries[i].flags);
    EXPECT_EQ(found.version, entries[i].version);
    EXPECT_EQ(found.deadline, entries[i].deadline);
    EXPECT_EQ(found.object, entries[i].object);
  }
  EXPECT_EQ(keeper_->inserts(), entries.size());
}

TEST_F(KeyKeeperTest, FillIsAllOrNone) {
  auto good = keeper_->Reserve(NewObject());
  auto bad = keeper_->Reserve(NewObject());
  ASSERT_TRUE(good.ok() && bad.ok());
  SlotEntry wrong = DocumentEntry(NewObject(), 1);
  wrong.flags = kFlagSpent;
  const std::vector<KeyKeeper::Filling> fillings = {{&good.value(), DocumentEntry(NewObject(), 1)},
                                                    {&bad.value(), wrong}};
  const Status filled = keeper_->Fill(fillings);
  ASSERT_FALSE(filled.ok());
  EXPECT_EQ(filled.error().code, Errc::kInvalid);
  EXPECT_EQ(Look(good.value().slot()).type, EntryType::kEmpty);
  EXPECT_EQ(keeper_->inserts(), 0u);
  // The reservations still stand.
  EXPECT_TRUE(keeper_->Fill({fillings.data(), 1}).ok());
  EXPECT_EQ(keeper_->inserts(), 1u);
}

TEST_F(KeyKeeperTest, ASlotIsFilledOnce) {
  auto slot = keeper_->Reserve(NewObject());
  ASSERT_TRUE(slot.ok());
  const KeyKeeper::Filling filling{&slot.value(), DocumentEntry(NewObject(), 1)};
  ASSERT_TRUE(keeper_->Fill({&filling, 1}).ok());
  EXPECT_DEATH((void)keeper_->Fill({&filling, 1}), "keeper_ == this");
}

TEST_F(KeyKeeperTest, AccessAlwaysHasAnEndAndIsNeverHeld) {
  for (EntryType type : {EntryType::kLoan, EntryType::kShare}) {
    EXPECT_EQ(FillError({type, 0, 0, kNoDeadline, NewObject()}), Errc::kInvalid);
    EXPECT_EQ(FillError({type, kFlagHold, 0, 1700000000, NewObject()}), Errc::kInvalid);
    const ObjectId object = NewObject();
    const SlotNumber slot = FillEntry({type, 0, 0, 1700000000, object});
    const Status endless = keeper_->SetDeadline(slot, object, kNoDeadline);
    ASSERT_FALSE(endless.ok());
    EXPECT_EQ(endless.error().code, Errc::kInvalid);
    const Status held = keeper_->SetHold({&slot, 1}, KeyKeeper::HoldBit::kHold);
    ASSERT_FALSE(held.ok());
    EXPECT_EQ(held.error().code, Errc::kInvalid);
    EXPECT_EQ(Look(slot).flags, 0);
    EXPECT_EQ(Look(slot).deadline, 1700000000);
  }
  EXPECT_EQ(FillError({EntryType::kPerson, kFlagHold, 0, kNoDeadline, NewObject()}),
            Errc::kInvalid);
  EXPECT_EQ(FillError({EntryType::kEmpty, 0, 0, kNoDeadline, NewObject()}), Errc::kInvalid);
}

TEST_F(KeyKeeperTest, HoldIsSetSealedAndTakenAwayWithoutTouchingOtherBits) {
  const ObjectId matter = NewObject();
  SlotEntry record = DocumentEntry(NewObject(), 1);
  record.flags = kFlagNeedsApproval;
  const auto first = FillOne(*keeper_, matter, record);
  const SlotNumber second = FillDocument(matter);
  ASSERT_TRUE(first.ok());
  const std::vector<SlotNumber> slots = {second, first.value()};
  using Bit = KeyKeeper::HoldBit;
  ASSERT_TRUE(keeper_->SetHold(slots, Bit::kHold).ok());
  EXPECT_EQ(Look(slots[1]).flags, kFlagNeedsApproval | kFlagHold);
  EXPECT_EQ(Look(slots[0]).flags, kFlagHold);
  ASSERT_TRUE(keeper_->SetHold(slots, Bit::kSealedHold).ok());
  Reopen();
  EXPECT_EQ(Look(slots[1]).flags, kFlagNeedsApproval | kFlagHold | kFlagClosed);
  ASSERT_TRUE(keeper_->SetHold({slots.data(), 1}, Bit::kNone).ok());
  EXPECT_EQ(Look(slots[0]).flags, 0);
  EXPECT_EQ(Look(slots[1]).flags, kFlagNeedsApproval | kFlagHold | kFlagClosed);
}

TEST_F(KeyKeeperTest, HoldOnADestroyedKeyHasNothingToKeep) {
  const SlotNumber gone = FillDocument(NewObject());
  const SlotNumber live = FillDocument(NewObject());
  ASSERT_TRUE(ShredSlots(*keeper_, {gone}).ok());
  const std::vector<SlotNumber> slots = {gone, live};
  EXPECT_TRUE(keeper_->SetHold(slots, KeyKeeper::HoldBit::kHold).ok());
  EXPECT_TRUE(IsSpent(*keeper_, gone));
  EXPECT_EQ(Look(live).flags, kFlagHold);
  const SlotNumber never = live + 100;
  const Status held = keeper_->SetHold({&never, 1}, KeyKeeper::HoldBit::kHold);
  ASSERT_FALSE(held.ok());
  EXPECT_EQ(held.error().code, Errc::kNotFound);
}

TEST_F(KeyKeeperTest, DeadlineMovesOnlyForTheObjectThatIsNamed) {
  const SlotEntry entry{EntryType::kLoan, kFlagClosed, 0, 1700000000, NewObject()};
  const SlotNumber slot = FillEntry(entry);
  const Status other = keeper_->SetDeadline(slot, NewObject(), 5);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, Errc::kNotFound);
  ASSERT_TRUE(keeper_->SetDeadline(slot, entry.object, 1800000000).ok());
  Reopen();
  EXPECT_EQ(Look(slot).deadline, 1800000000);
  EXPECT_EQ(Look(slot).flags, kFlagClosed);
  ASSERT_TRUE(ShredSlots(*keeper_, {slot}).ok());
  EXPECT_FALSE(keeper_->SetDeadline(slot, entry.object, 9).ok());
  EXPECT_TRUE(IsSpent(*keeper_, slot));
}

TEST_F(KeyKeeperTest, ManyDeadlinesMoveTogetherOrNotAtAll) {
  std::vector<KeyKeeper::Ending> endings;
  for (int i = 0; i < 600; ++i) {
    const SlotEntry entry{EntryType::kDocument, kFlagNeedsApproval, 1, kNoDeadline, NewObject()};
    endings.push_back({FillEntry(entry), entry.object, 1800000000 + i});
  }
  std::vector<KeyKeeper::Ending> wrong = endings;
  wrong.back().object = NewObject();
  EXPECT_EQ(keeper_->SetDeadlines(wrong).error().code, Errc::kNotFound);
  EXPECT_EQ(Look(endings.front().slot).deadline, kNoDeadline);
  ASSERT_TRUE(ShredSlots(*keeper_, {endings[7].slot}).ok());
  ASSERT_TRUE(keeper_->SetDeadlines(endings).ok());
  Reopen();
  EXPECT_TRUE(IsSpent(*keeper_, endings[7].slot));
  for (std::size_t i = 8; i < endings.size(); ++i) {
    EXPECT_EQ(Look(endings[i].slot).deadline, endings[i].deadline);
    EXPECT_EQ(Look(endings[i].slot).flags, kFlagNeedsApproval);
  }
}

TEST_F(KeyKeeperTest, ReleaseOpensExactlyTheReceiptsLoan) {
  const auto mine = random_.NewId<LoanId>();
  const auto other = random_.NewId<LoanId>();
  const SlotNumber a = FillEntry({EntryType::kLoan, kFlagClosed, 0, 1700000000, AsObject(mine)});
  const SlotNumber b = FillEntry({EntryType::kLoan, kFlagClosed, 0, 1700000000, AsObject(other)});
  const SlotNumber held =
      FillEntry({EntryType::kDocument, kFlagHold | kFlagClosed, 1, kNoDeadline, AsObject(mine)});
  for (SlotNumber wrong : {b, held, SlotNumber{0}, b + 200}) {
    const Status status = keeper_->Release(AuditLog::Released(mine, wrong));
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Errc::kConflict);
  }
  ASSERT_TRUE(keeper_->Release(AuditLog::Released(mine, a)).ok());
  // Done twice is done.
  ASSERT_TRUE(keeper_->Release(AuditLog::Released(mine, a)).ok());
  Reopen();
  EXPECT_EQ(Look(a).flags, 0);
  EXPECT_EQ(Look(b).flags, kFlagClosed);
  EXPECT_EQ(Look(held).flags, kFlagHold | kFlagClosed);
}

TEST_F(KeyKeeperTest, ClosesAgainExactlyTheLoansNamed) {
  const auto fill = [this](EntryType type) {
    return FillEntry({type, 0, 1, 1700000000, random_.NewId<ObjectId>()});
  };
  const SlotNumber first = fill(EntryType::kLoan);
  const SlotNumber second = fill(EntryType::kLoan);
  const SlotNumber document = fill(EntryType::kDocument);
  ASSERT_TRUE(keeper_->CloseLoans(std::vector<SlotNumber>{second}).ok());
  const Status refused = keeper_->CloseLoans(std::vector<SlotNumber>{first, document});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kConflict);
  Reopen();
  EXPECT_EQ(Look(first).flags, 0);
  EXPECT_EQ(Look(second).flags, kFlagClosed);
  EXPECT_EQ(Look(document).flags, 0);
}

TEST_F(KeyKeeperTest, ScanGoesThroughEverySlotInOrder) {
  std::set<SlotNumber> filled = {0, 1, 2};
  std::vector<ObjectId> matters;
  for (int i = 0; i < 5; ++i) matters.push_back(NewObject());
  for (int i = 0; i < 300; ++i) filled.insert(FillDocument(matters[static_cast<unsigned>(i) % 5]));
  const SlotNumber gone = *std::next(filled.begin(), 100);
  ASSERT_TRUE(ShredSlots(*keeper_, {gone}).ok());
  std::vector<SlotNumber> seen;
  const Status scanned = keeper_->Scan([&](SlotNumber slot, const SlotEntry& entry) -> Status {
    seen.push_back(slot);
    EXPECT_EQ(entry.type == EntryType::kEmpty, slot == gone);
    EXPECT_EQ(entry.flags, slot == gone ? kFlagSpent : 0);
    // A visitor may ask the keeper itself.
    EXPECT_EQ(Look(slot).object, entry.object);
    return Ok();
  });
  ASSERT_TRUE(scanned.ok());
  EXPECT_EQ(seen, std::vector<SlotNumber>(filled.begin(), filled.end()));
}

TEST_F(KeyKeeperTest, ScanStopsWithTheVisitorsError) {
  int visits = 0;
  const Status scanned = keeper_->Scan([&](SlotNumber, const SlotEntry&) -> Status {
    ++visits;
    return Unavailable("enough");
  });
  ASSERT_FALSE(scanned.ok());
  EXPECT_EQ(scanned.error().detail, "enough");
  EXPECT_EQ(visits, 1);
}

TEST_F(KeyKeeperTest, ManyMoreLeavesThanMemoryHoldsAreAllReadRight) {
  std::map<SlotNumber, ObjectId> filled;
  for (int i = 0; i < 700; ++i) {
    const ObjectId object = NewObject();
    auto slot = FillOne(*keeper_, NewObject(), DocumentEntry(object, 1));
    ASSERT_TRUE(slot.ok());
    filled[slot.value()] = object;
  }
  EXPECT_EQ(filled.rbegin()->first >> 8, 700u);
  for (const auto& [slot, object] : filled) ASSERT_EQ(Look(slot).object, object);
  Reopen();
  for (const auto& [slot, object] : filled) ASSERT_EQ(Look(slot).object, object);
}

}  // namespace
}  // namespace vault
