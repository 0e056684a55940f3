// When a holder leaves: a new unseal key in another's hands, and the old one ends. Whatever stops
// the program on the way, the old secret or the new one opens the vault, and never neither.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/child_process.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/test_vault.h"
#include "vault/promote.h"
#include "vault/restore.h"

namespace vault {
namespace {

constexpr std::string_view kNewPassphrase = "another long passphrase";

UnsealSecret OfPassphrase(std::string_view text) {
  UnsealSecret secret;
  secret.passphrase = Plaintext::CopyOf(AsBytes(text));
  return secret;
}
UnsealSecret OfCredential(std::string_view text) {
  UnsealSecret secret;
  secret.credential = Plaintext::CopyOf(AsBytes(text));
  return secret;
}
UnsealSecret OfShares(const std::vector<std::string>& texts) {
  UnsealSecret secret;
  for (const std::string& text : texts) secret.shares.push_back(Plaintext::CopyOf(AsBytes(text)));
  return secret;
}
UnsealRenewal::Wish ForPassphrase(std::string_view text) {
  UnsealRenewal::Wish wish;
  wish.mode = UnsealMode::kPassphrase;
  wish.passphrase = Plaintext::CopyOf(AsBytes(text));
  return wish;
}
UnsealRenewal::Wish ForShares(ShareCount shares) {
  UnsealRenewal::Wish wish;
  wish.mode = UnsealMode::kShares;
  wish.shares = shares;
  return wish;
}
UnsealRenewal::Wish ForCredential() {
  UnsealRenewal::Wish wish;
  wish.mode = UnsealMode::kCredential;
  return wish;
}

// TryWith opens the vault with a secret and lets it go.
Status TryWith(const VaultWorld& world, const VaultPlace& place, const UnsealSecret& secret) {
  TRY(const SealedVault sealed, SealedVault::At(world, place));
  if (secret.passphrase.size() != 0) {
    TRY([[maybe_unused]] const auto opened,
        sealed.UnsealWithPassphrase(secret.passphrase.view(), std::nullopt));
    return Ok();
  }
  if (secret.credential.size() != 0) {
    TRY([[maybe_unused]] const auto opened,
        sealed.UnsealWithCredential(secret.credential.view(), std::nullopt));
    return Ok();
  }
  std::vector<UnsealShare> shares;
  for (const Plaintext& text : secret.shares) {
    TRY(UnsealShare share, sealed.ReadShare(text.view()));
    shares.push_back(std::move(share));
  }
  TRY([[maybe_unused]] const auto opened, sealed.UnsealWithShares(shares, std::nullopt));
  return Ok();
}

// PromoteWith makes a standby that lies somewhere the vault.
Status PromoteWith(const VaultWorld& world, const std::string& standby, std::string_view text) {
  VaultPlace place;
  place.data = standby;
  PromoteWish wish;
  wish.passphrase = Plaintext::CopyOf(AsBytes(text));
  TRY([[maybe_unused]] const PromoteResult done, PromoteStandby(world, place, std::move(wish)));
  return Ok();
}

std::string Contents(const std::string& path) {
  auto bytes = Disk(nullptr).ReadAll(path, 4096);
  return bytes.ok() ? ToString(bytes.value()) : "";
}

class UnsealRenewals : public ::testing::Test {
 protected:
  void SetUp() override {
    world.Init();
    world.Unseal();
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
  }
  Actor Officer() { return world.SignIn(TestVault::kOfficer); }
  // Renew goes through both steps and gives the new secret.
  UnsealSecret Renew(const UnsealSecret& present, UnsealRenewal::Wish wish) {
    const Actor officer = Officer();
    const std::string passphrase(wish.passphrase.text());
    const std::size_t threshold = wish.shares.threshold;
    auto issued = world->unseal_renewal().Prepare(officer, present, std::move(wish));
    EXPECT_TRUE(issued.ok()) << issued.error().detail;
    if (!issued.ok()) return {};
    UnsealSecret fresh;
    if (!passphrase.empty()) fresh = OfPassphrase(passphrase);
    if (issued.value().credential.size() != 0) {
      fresh = OfCredential(issued.value().credential.text());
    }
    std::vector<std::string> texts;
    for (const Plaintext& share : issued.value().shares) {
      if (texts.size() < threshold) texts.emplace_back(share.text());
    }
    if (!texts.empty()) fresh = OfShares(texts);
    const Status committed = world->unseal_renewal().Commit(officer, fresh);
    EXPECT_TRUE(committed.ok()) << committed.error().detail;
    return fresh;
  }
  Status Try(const UnsealSecret& secret) {
    world.Seal();
    return TryWith(world.world(), world.place(), secret);
  }
  std::string standby() const { return world.folder() + "/standby"; }
  void AddStandby() {
    const Status added = world->custody().Add(std::nullopt, {standby(), {}});
    ASSERT_TRUE(added.ok()) << added.error().detail;
  }
  void MoveStandby(const std::string& from, const std::string& to) {
    std::filesystem::rename(from, to);
    std::filesystem::rename(from + ".cell", to + ".cell");
  }
  // OpenWith leaves the vault open.
  void OpenWith(const UnsealSecret& secret) { ASSERT_TRUE(world.OpenWith(secret).ok()); }

  TestVault world;
};

TEST_F(UnsealRenewals, GoThroughEveryKindOfSecretAndTheOldOneEndsEachTime) {
  UnsealSecret present = OfPassphrase(TestVault::kPassphrase);
  for (int turn = 0; turn < 5; ++turn) {
    UnsealRenewal::Wish wish;
    switch (turn) {
      case 0:
        wish = ForShares({2, 3});
        break;
      case 1:
        wish = ForShares({3, 5});
        break;
      case 2:
        wish = ForCredential();
        break;
      case 3:
        wish = ForPassphrase(kNewPassphrase);
        break;
      default:
        wish = ForPassphrase("a third long passphrase");
        break;
    }
    const UnsealMode mode = wish.mode;
    UnsealSecret fresh = Renew(present, std::move(wish));
    ASSERT_FALSE(HasFailure()) << turn;
    EXPECT_FALSE(Try(present).ok()) << turn;
    const Status opened = Try(fresh);
    EXPECT_TRUE(opened.ok()) << turn << opened.error().detail;
    auto sealed = SealedVault::At(world.world(), world.place());
    EXPECT_EQ(sealed.value().Need().value().mode, mode) << turn;
    EXPECT_FALSE(std::filesystem::exists(world.place().data + "/unseal.next"));
    ASSERT_NO_FATAL_FAILURE(OpenWith(fresh));
    present = std::move(fresh);
  }
}

TEST_F(UnsealRenewals, NeedAnOfficerThePresentSecretAndTheNewOne) {
  const Actor officer = Officer();
  world.AddPerson(officer, "igo@unit.example", "unit", {"IGO"});
  const Actor other = world.SignIn("igo@unit.example");
  UnsealRenewal& renewal = world->unseal_renewal();
  const UnsealSecret present = OfPassphrase(TestVault::kPassphrase);
  EXPECT_EQ(renewal.Prepare(other, present, ForShares({2, 3})).error().code, Errc::kDenied);
  EXPECT_EQ(
      renewal.Prepare(officer, OfPassphrase("not the passphrase"), ForShares({2, 3})).error().code,
      Errc::kDenied);
  EXPECT_EQ(
      renewal.Prepare(officer, OfCredential(std::string(64, 'a')), ForShares({2, 3})).error().code,
      Errc::kDenied);
  EXPECT_EQ(renewal.Prepare(officer, present, ForShares({1, 3})).error().code, Errc::kInvalid);
  EXPECT_EQ(renewal.Prepare(officer, present, ForPassphrase("short")).error().code, Errc::kInvalid);
  EXPECT_EQ(renewal.Commit(officer, present).error().code, Errc::kConflict);
  auto issued = renewal.Prepare(officer, present, ForShares({2, 3}));
  ASSERT_TRUE(issued.ok());
  EXPECT_EQ(issued.value().shares.size(), 3u);
  // Prepared is not done: who does not bring the new shares does not have them.
  EXPECT_FALSE(renewal.Commit(officer, present).ok());
  EXPECT_FALSE(
      renewal.Commit(officer, OfShares({std::string(issued.value().shares[0].text())})).ok());
  EXPECT_TRUE(Try(present).ok());
  // And what was prepared ends with the program.
  ASSERT_NO_FATAL_FAILURE(OpenWith(present));
  const Actor again = Officer();
  EXPECT_EQ(world->unseal_renewal().Commit(again, present).error().code, Errc::kConflict);
}

TEST_F(UnsealRenewals, AreLogged) {
  Renew(OfPassphrase(TestVault::kPassphrase), ForPassphrase(kNewPassphrase));
  const auto lock = world->Locked();
  const std::uint64_t size = world->log().size();
  const std::string intent = world->log().EntryText(size - 2).value();
  const std::string done = world->log().EntryText(size - 1).value();
  EXPECT_NE(intent.find("type unseal.renewal\n"), std::string::npos) << intent;
  EXPECT_NE(intent.find("mode passphrase\n"), std::string::npos) << intent;
  EXPECT_NE(done.find("type unseal.renewed\n"), std::string::npos) << done;
}

TEST_F(UnsealRenewals, ReachTheStandbyWhichThenOpensWithTheNewSecretAlone) {
  ASSERT_NO_FATAL_FAILURE(AddStandby());
  const std::string before = Contents(standby() + "/unseal");
  ASSERT_EQ(before, Contents(world.place().data + "/unseal"));
  Renew(OfPassphrase(TestVault::kPassphrase), ForPassphrase(kNewPassphrase));
  EXPECT_NE(Contents(standby() + "/unseal"), before);
  EXPECT_EQ(Contents(standby() + "/unseal"), Contents(world.place().data + "/unseal"));
  EXPECT_FALSE(std::filesystem::exists(standby() + "/unseal.next"));
  world.Seal();
  EXPECT_EQ(PromoteWith(world.world(), standby(), TestVault::kPassphrase).error().code,
            Errc::kDenied);
  const Status promoted = PromoteWith(world.world(), standby(), kNewPassphrase);
  ASSERT_TRUE(promoted.ok()) << promoted.error().detail;
  VaultPlace place;
  place.data = standby();
  EXPECT_EQ(TryWith(world.world(), place, OfPassphrase(TestVault::kPassphrase)).error().code,
            Errc::kDenied);
  const Status opened = TryWith(world.world(), place, OfPassphrase(kNewPassphrase));
  EXPECT_TRUE(opened.ok()) << opened.error().detail;
}

TEST_F(UnsealRenewals, WaitForAStandbyThatIsAwayAndChangeNothing) {
  ASSERT_NO_FATAL_FAILURE(AddStandby());
  world.Seal();
  MoveStandby(standby(), standby() + ".away");
  world.Unseal();
  const Actor officer = Officer();
  const std::string before = Contents(world.place().data + "/unseal");
  ASSERT_TRUE(
      world->unseal_renewal()
          .Prepare(officer, OfPassphrase(TestVault::kPassphrase), ForPassphrase(kNewPassphrase))
          .ok());
  const Status refused = world->unseal_renewal().Commit(officer, OfPassphrase(kNewPassphrase));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kUnavailable);
  EXPECT_EQ(Contents(world.place().data + "/unseal"), before);
  EXPECT_FALSE(std::filesystem::exists(world.place().data + "/unseal.next"));
  MoveStandby(standby() + ".away", standby());
  ASSERT_TRUE(world->custody().Rejoin().ok());
  const Status done = world->unseal_renewal().Commit(officer, OfPassphrase(kNewPassphrase));
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(Contents(standby() + "/unseal"), Contents(world.place().data + "/unseal"));
  EXPECT_FALSE(Try(OfPassphrase(TestVault::kPassphrase)).ok());
  EXPECT_TRUE(Try(OfPassphrase(kNewPassphrase)).ok());
}

TEST_F(UnsealRenewals, AStandbyAddedAfterwardsHasTheNewFile) {
  Renew(OfPassphrase(TestVault::kPassphrase), ForShares({2, 3}));
  ASSERT_NO_FATAL_FAILURE(AddStandby());
  EXPECT_EQ(Contents(standby() + "/unseal"), Contents(world.place().data + "/unseal"));
  EXPECT_TRUE(Contents(standby() + "/unseal").starts_with("SUS1"));
}

// An old copy of the folder has the unseal file of its time; the current tree's comes with it.
TEST_F(UnsealRenewals, ARestoreTakesTheUnsealFileThatBelongsToTheTree) {
  namespace fs = std::filesystem;
  const std::string data = world.place().data;
  const std::string old = world.folder() + "/old";
  const std::string aside = world.folder() + "/aside";
  const std::string backup = world.folder() + "/backup";
  const auto quiet = [](const WorkProgress&) { return Ok(); };
  ASSERT_TRUE(world->backups().Make({backup, std::nullopt}, quiet).ok());
  world.Seal();
  fs::copy(data, old, fs::copy_options::recursive);
  world.Unseal();
  Renew(OfPassphrase(TestVault::kPassphrase), ForPassphrase(kNewPassphrase));
  const std::string renewed = Contents(data + "/unseal");
  world.Seal();
  for (const bool with_old_copy : {true, false}) {
    SCOPED_TRACE(with_old_copy);
    fs::remove_all(aside);
    fs::rename(data, aside);
    if (with_old_copy) fs::copy(old, data, fs::copy_options::recursive);
    const auto staged = StageRestore(world.world(), world.place(), {backup, aside, {}}, quiet);
    ASSERT_TRUE(staged.ok()) << staged.error().detail;
    EXPECT_FALSE(Try(OfPassphrase(TestVault::kPassphrase)).ok());
    const Status opened = Try(OfPassphrase(kNewPassphrase));
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    EXPECT_EQ(Contents(data + "/unseal"), renewed);
    EXPECT_FALSE(fs::exists(data + "/restore"));
    EXPECT_EQ(Try(OfPassphrase(TestVault::kPassphrase)).error().code, Errc::kDenied);
  }
}

// FaultAt varies with the step what becomes of it: lost, kept though reported failed, or the last
// thing the program did. A run plays one step in some, spread over all of them, for they take
// seconds.
FaultyDisk FaultAt(int step) {
  return FaultyDisk(step, step % 3 == 0 ? DiskVerdict::kFailButKeep : DiskVerdict::kLose,
                    step % 2 == 0 ? AfterFault::kContinue : AfterFault::kCrash);
}

// The program is stopped on its way through a renewal, from passphrase to passphrase, so that both
// unseal files are tried.
TEST(UnsealRenewalFaults, OneOfTheTwoSecretsOpensTheVaultAfterEveryFault) {
  TempFolder base;
  {
    TestVault world(nullptr, base.path());
    ASSERT_NO_FATAL_FAILURE(world.Init());
  }
  TempFolder scratch;
  const std::string run = scratch.At("run");
  int with_old = 0;
  int with_new = 0;
  bool struck = true;
  for (int n = 1; struck; n += 7) {
    ASSERT_LT(n, 300);
    SCOPED_TRACE("step " + std::to_string(n));
    std::filesystem::remove_all(run);
    std::filesystem::copy(base.path(), run, std::filesystem::copy_options::recursive);
    const ChildEnd end = RunInChild([&]() -> Status {
      bool armed = false;
      FaultyDisk faults = FaultAt(n);
      faults.CountOnly([&armed](const DiskStep&) { return armed; });
      TestVault world(&faults, run);
      TRY_VOID(world.TryUnseal());
      const Actor officer = world.SignIn(TestVault::kOfficer);
      UnsealRenewal& renewal = world->unseal_renewal();
      TRY([[maybe_unused]] const UnsealRenewal::Issued issued,
          renewal.Prepare(officer, OfPassphrase(TestVault::kPassphrase),
                          ForPassphrase(kNewPassphrase)));
      armed = true;
      const Status status = renewal.Commit(officer, OfPassphrase(kNewPassphrase));
      armed = false;
      if (!faults.struck()) std::filesystem::create_directory(run + "/untouched");
      return status;
    });
    ASSERT_NE(end, ChildEnd::kBroken);
    struck = !std::filesystem::exists(run + "/untouched");
    TestVault world(nullptr, run);
    const Status old = TryWith(world.world(), world.place(), OfPassphrase(TestVault::kPassphrase));
    const Status fresh = TryWith(world.world(), world.place(), OfPassphrase(kNewPassphrase));
    // Exactly one; and the new one where it was said to be done.
    EXPECT_NE(old.ok(), fresh.ok()) << (old.ok() ? "both" : "neither");
    EXPECT_TRUE(end != ChildEnd::kDone || fresh.ok());
    with_old += old.ok() ? 1 : 0;
    with_new += fresh.ok() ? 1 : 0;
    EXPECT_FALSE(std::filesystem::exists(run + "/data/unseal.next"));
  }
  EXPECT_GT(with_old, 0);
  EXPECT_GT(with_new, 1);
}

// The same with a standby, which is promoted as the fault left it: either copy alone opens with
// exactly one of the two, and afterwards the primary brings the standby to its own.
TEST(UnsealRenewalFaults, EitherCopyOpensWithOneOfTheTwoSecretsAfterEveryFault) {
  namespace fs = std::filesystem;
  TempFolder scratch;
  const std::string run = scratch.At("run");
  const std::string clean = scratch.At("clean");
  const std::string probe = scratch.At("probe");
  fs::create_directory(run);
  {
    TestVault world(nullptr, run);
    ASSERT_NO_FATAL_FAILURE(world.Init());
    world.Unseal();
    ASSERT_TRUE(world->custody().Add(std::nullopt, {run + "/standby", {}}).ok());
  }
  fs::rename(run, clean);
  int with_old = 0;
  int with_new = 0;
  bool struck = true;
  for (int n = 1; struck; n += 13) {
    ASSERT_LT(n, 300);
    SCOPED_TRACE("step " + std::to_string(n));
    fs::remove_all(run);
    fs::remove_all(probe);
    fs::copy(clean, run, fs::copy_options::recursive);
    const ChildEnd end = RunInChild([&]() -> Status {
      bool armed = false;
      FaultyDisk faults = FaultAt(n);
      faults.CountOnly([&armed](const DiskStep&) { return armed; });
      TestVault world(&faults, run);
      TRY_VOID(world.TryUnseal());
      const Actor officer = world.SignIn(TestVault::kOfficer);
      UnsealRenewal& renewal = world->unseal_renewal();
      TRY([[maybe_unused]] const UnsealRenewal::Issued issued,
          renewal.Prepare(officer, OfPassphrase(TestVault::kPassphrase),
                          ForPassphrase(kNewPassphrase)));
      armed = true;
      const Status status = renewal.Commit(officer, OfPassphrase(kNewPassphrase));
      armed = false;
      if (!faults.struck()) fs::create_directory(run + "/untouched");
      return status;
    });
    ASSERT_NE(end, ChildEnd::kBroken);
    struck = !fs::exists(run + "/untouched");
    fs::copy(run, probe, fs::copy_options::recursive);
    TestVault world(nullptr, run);
    const Status theirs_old =
        PromoteWith(world.world(), probe + "/standby", TestVault::kPassphrase);
    const Status theirs_new = PromoteWith(world.world(), probe + "/standby", kNewPassphrase);
    EXPECT_NE(theirs_old.ok(), theirs_new.ok())
        << (theirs_old.ok() ? "both" : theirs_old.error().detail + theirs_new.error().detail);
    const Status old = TryWith(world.world(), world.place(), OfPassphrase(TestVault::kPassphrase));
    const Status fresh = TryWith(world.world(), world.place(), OfPassphrase(kNewPassphrase));
    EXPECT_NE(old.ok(), fresh.ok()) << (old.ok() ? "both" : "neither");
    EXPECT_TRUE(end != ChildEnd::kDone || (fresh.ok() && theirs_new.ok()));
    with_old += old.ok() ? 1 : 0;
    with_new += fresh.ok() ? 1 : 0;
    EXPECT_EQ(Contents(run + "/standby/unseal"), Contents(run + "/data/unseal"));
    EXPECT_FALSE(fs::exists(run + "/standby/unseal.next"));
    const std::string right(fresh.ok() ? kNewPassphrase : TestVault::kPassphrase);
    EXPECT_TRUE(PromoteWith(world.world(), run + "/standby", right).ok());
  }
  EXPECT_GT(with_old, 0);
  EXPECT_GT(with_new, 1);
}

}  // namespace
}  // namespace vault
