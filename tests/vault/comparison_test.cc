// What a start looks at when the counters of tree and register are unequal.
#include "vault/comparison.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/disposal_world.h"
#include "vault/base/wire.h"
#include "vault/keys/filled_lately.h"
#include "vault/promote.h"

namespace vault {
namespace {

// More keys than the list of those filled lately holds.
constexpr std::size_t kMatters = kMostLately + 16;

class ComparisonTest : public DisposalWorld {
 protected:
  // Compared gives how many slots each comparison looked at, the first one first.
  std::vector<std::uint64_t> Compared() { return ComparedBy(*world); }
  static std::vector<std::uint64_t> ComparedBy(Vault& vault) {
    const auto lock = vault.Locked();
    std::vector<std::uint64_t> out;
    for (std::uint64_t i = 0; i < vault.log().size(); ++i) {
      const std::string entry = vault.log().EntryText(i).value();
      if (entry.find("type register.reconciled") == std::string::npos) continue;
      const std::string name = "\ncompared ";
      const std::size_t at = entry.find(name);
      EXPECT_NE(at, std::string::npos) << entry;
      out.push_back(std::stoull(entry.substr(at + name.size())));
    }
    return out;
  }
  // LeaveKey fills a slot, as an act does that is cut short before its rows, and seals the vault.
  void LeaveKey(const SlotEntry& entry) {
    Inside([&](KeyKeeper& keeper, Database&) {
      auto slot = keeper.Reserve(ObjectId());
      ASSERT_TRUE(slot.ok());
      const KeyKeeper::Filling filling{&slot.value(), entry};
      ASSERT_TRUE(keeper.Fill({&filling, 1}).ok());
    });
  }
  void LeaveDocument() {
    LeaveKey({EntryType::kDocument, 0, 1, kNoDeadline, world.world().random->NewId<ObjectId>()});
  }
  // SetBack makes the register's count of slots another one, and seals the vault.
  void SetBack(std::uint64_t inserts) {
    Inside([&](KeyKeeper&, Database& database) {
      ASSERT_TRUE(database.Prepare("UPDATE meta SET value = ? WHERE key = 'inserts'")
                      .Bind(WireWriter().U64(inserts).bytes())
                      .Run()
                      .ok());
    });
  }
  std::uint64_t OrphanCount() { return world->Describe().value().orphans; }
};

class ManyKeys : public ComparisonTest {
 protected:
  void SetUp() override {
    DisposalWorld::SetUp();
    const Actor officer = Officer();
    for (std::size_t i = 0; i < kMatters; ++i) {
      const NewMatter one{"macfa", "Theme " + std::to_string(i), At("2026-04-09T09:30"), ""};
      const auto made = world->matters().New(officer, one);
      ASSERT_TRUE(made.ok()) << made.error().detail;
    }
  }
};

TEST_F(ManyKeys, AfterACrashLooksAtWhatWasFilledLatelyAlone) {
  EXPECT_TRUE(Compared().empty());
  LeaveDocument();
  ASSERT_NO_FATAL_FAILURE(world.Unseal());
  EXPECT_EQ(OrphanCount(), 1u);
  ASSERT_EQ(Compared().size(), 1u);
  EXPECT_LE(Compared().back(), kMostLately);
  // Nothing is left to be compared at the next start.
  ASSERT_NO_FATAL_FAILURE(world.Unseal());
  EXPECT_EQ(Compared().size(), 1u);
  // An orphan that is known stays one, beside the next.
  LeaveDocument();
  ASSERT_NO_FATAL_FAILURE(world.Unseal());
  EXPECT_EQ(OrphanCount(), 2u);
  ASSERT_EQ(Compared().size(), 2u);
  EXPECT_LE(Compared().back(), kMostLately + 1);
  EXPECT_EQ(Debt(), 0u);
}

TEST_F(ManyKeys, ASecondKeyOfAPersonFoundSoIsShredded) {
  const ObjectId person = AsObject(world->people().Find(kCoordinator).value());
  LeaveKey({EntryType::kPerson, 0, 0, kNoDeadline, person});
  ASSERT_NO_FATAL_FAILURE(world.Unseal());
  ASSERT_EQ(Compared().size(), 1u);
  EXPECT_LE(Compared().back(), kMostLately);
  EXPECT_EQ(OrphanCount(), 0u);
  EXPECT_EQ(Debt(), 0u);
  EXPECT_TRUE(world.SignInWith(kCoordinator, TestVault::kPassword).ok());
  Inside([&](KeyKeeper& keeper, Database&) {
    std::size_t keys = 0;
    const Status scanned = keeper.Scan([&](SlotNumber, const SlotEntry& entry) -> Status {
      keys += entry.type == EntryType::kPerson && entry.object == person ? 1 : 0;
      return Ok();
    });
    ASSERT_TRUE(scanned.ok());
    EXPECT_EQ(keys, 1u);
  });
}

// Every kind of key that has its row is found again by it, one by one; so is an old one that waits
// to be destroyed.
TEST_F(ComparisonTest, NoKeyThatHasItsRowIsAnOrphan) {
  const Actor officer = Officer();
  ASSERT_TRUE(world->agencies().Add(officer, Agency("HSG"), "Housing").ok());
  world.AddPerson(officer, "housing@hsg.example", "HSG", {"AAC"});
  ASSERT_TRUE(world->matters().Involve(officer, matter, alder, Agency("HSG")).ok());
  ASSERT_TRUE(world->matters().AddMember(officer, matter, "housing@hsg.example", "").ok());
  const DocumentId form = File("FRM", alder.id, "police on Alder");
  ASSERT_TRUE(world->people().End(officer, kSecondIgo).ok());
  const std::string cell = world.place().data + ".cell";
  std::filesystem::rename(cell, cell + ".away");
  EXPECT_TRUE(world->people()
                  .ChangePassword(world.SignIn(kCoordinator), AsBytes(TestVault::kPassword),
                                  AsBytes("another long password"))
                  .ok());
  std::filesystem::rename(cell + ".away", cell);
  EXPECT_EQ(Debt(), 1u);
  SetBack(0);
  std::set<EntryType> kinds;
  Inside([&](KeyKeeper& keeper, Database&) {
    const auto slots = keeper.FilledSince(0).value();
    ASSERT_TRUE(slots.has_value());
    EXPECT_EQ(slots->size(), keeper.inserts());
    for (const SlotNumber slot : *slots) kinds.insert(keeper.Look(slot).value().type);
  });
  for (const EntryType type :
       {EntryType::kDocument, EntryType::kMatter, EntryType::kPseudonym, EntryType::kPerson,
        EntryType::kLoan, EntryType::kSystem, EntryType::kSubject}) {
    EXPECT_TRUE(kinds.contains(type)) << static_cast<int>(type);
  }
  ASSERT_NO_FATAL_FAILURE(world.Unseal());
  EXPECT_EQ(Compared().size(), 1u);
  EXPECT_EQ(OrphanCount(), 0u);
  EXPECT_EQ(Debt(), 0u);
  const Actor police = world.SignInWith(kCoordinator, "another long password").value();
  EXPECT_EQ(world.Read(police, form).value(), "police on Alder");
}

// The standby was lost between the two commits of a filing, and the primary after them.
TEST_F(ManyKeys, APromotedStandbyFindsTheKeyWhoseRowsItLacks) {
  VaultPlace place;
  place.data = world.folder() + "/standby";
  const Status added = world->custody().Add(std::nullopt, {place.data, {}});
  ASSERT_TRUE(added.ok()) << added.error().detail;
  {
    const Actor actor = world.SignIn(kCoordinator);
    auto grant = world->access().DecideFiling(actor, matter, {"LLI", Agency("POL"), std::nullopt});
    ASSERT_TRUE(grant.ok()) << grant.error().detail;
    auto stream = world->documents().Begin(std::move(grant).value(), "list.docx", "api");
    ASSERT_TRUE(stream.ok()) << stream.error().detail;
    faults.standby_register_away = true;
    EXPECT_FALSE(stream.value().Finish(FormOutcome()).ok());
  }
  world.Seal();
  faults.standby_register_away = false;
  PromoteWish wish;
  wish.passphrase = Plaintext::CopyOf(AsBytes(TestVault::kPassphrase));
  const auto promoted = PromoteStandby(world.world(), place, std::move(wish));
  ASSERT_TRUE(promoted.ok()) << promoted.error().detail;
  const auto sealed = SealedVault::At(world.world(), place);
  ASSERT_TRUE(sealed.ok());
  const auto opened = sealed.value().UnsealWithPassphrase(AsBytes(TestVault::kPassphrase),
                                                          LondonDay(world.clock().Realtime()));
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  EXPECT_EQ(opened.value()->Describe().value().orphans, 1u);
  ASSERT_EQ(ComparedBy(*opened.value()).size(), 1u);
  EXPECT_LE(ComparedBy(*opened.value()).back(), kMostLately);
}

TEST_F(ManyKeys, ARegisterThatIsFurtherBehindIsComparedWithTheWholeTree) {
  SetBack(0);
  ASSERT_NO_FATAL_FAILURE(world.Unseal());
  ASSERT_EQ(Compared().size(), 1u);
  EXPECT_GT(Compared().back(), kMatters);
  EXPECT_EQ(OrphanCount(), 0u);
}

TEST_F(ManyKeys, ATreeThatDoesNotKnowWhatWasFilledIsWalkedWhole) {
  LeaveDocument();
  {
    Disk disk(nullptr);
    auto tree =
        Database::Open(disk, world.place().data + "/keys.db", std::nullopt, DatabaseMode::kWriter);
    ASSERT_TRUE(tree.ok()) << tree.error().detail;
    ASSERT_TRUE(tree.value()->Execute("DELETE FROM meta WHERE key = 'lately'").ok());
  }
  ASSERT_NO_FATAL_FAILURE(world.Unseal());
  ASSERT_EQ(Compared().size(), 1u);
  EXPECT_GT(Compared().back(), kMatters);
  EXPECT_EQ(OrphanCount(), 1u);
}

}  // namespace
}  // namespace vault
