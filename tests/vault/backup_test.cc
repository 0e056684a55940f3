// Backups and restores: what a backup holds, that it is whole or not there, that nothing destroyed
// opens from it, and that a restore loses no live document and never forks the log.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/support/attack_vault.h"
#include "tests/support/child_process.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/test_vault.h"
#include "vault/audit/certificate_file.h"
#include "vault/keys/unseal.h"
#include "vault/restore.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPolice = "co@pol.example";
constexpr std::string_view kHousing = "co@hsg.example";

Status Unwatched(const WorkProgress&) { return Ok(); }

// BackedUp is a vault with an audit under way, and a folder for backups.
class BackedUp : public ::testing::Test {
 protected:
  void SetUp() override {
    vault_.Init();
    vault_.Unseal();
    const Actor officer = Officer();
    for (const auto& [agency, email] : {std::pair("POL", kPolice), std::pair("HSG", kHousing)}) {
      ASSERT_TRUE(vault_->agencies().Add(officer, Agency(agency), agency).ok());
      vault_.AddPerson(officer, email, agency, {"AAC"});
    }
    auto made = vault_->matters().New(officer, {"macfa", "Theme", At("2026-04-09T09:30"), ""});
    ASSERT_TRUE(made.ok()) << made.error().detail;
    matter_ = made.value().id;
    auto subject = vault_->matters().AddSubject(officer, Matter(), {"Adult Alder", "", {}});
    ASSERT_TRUE(subject.ok());
    subject_ = subject.value().id;
    for (const auto& [agency, email] : {std::pair("POL", kPolice), std::pair("HSG", kHousing)}) {
      const SubjectRow row = vault_->matter_rows().FindSubject(matter_, "Adult Alder").value();
      ASSERT_TRUE(vault_->matters().Involve(officer, Matter(), row, Agency(agency)).ok());
      ASSERT_TRUE(vault_->matters().AddMember(officer, Matter(), std::string(email), "").ok());
    }
    police_form_ = File(kPolice, "POL", "form of the police");
  }

  Actor Officer() { return vault_.SignIn(TestVault::kOfficer); }
  MatterRow Matter() { return vault_->matter_rows().Load(matter_).value(); }
  DocumentId File(std::string_view email, std::string_view agency, std::string_view content) {
    const Actor actor = vault_.SignIn(email);
    auto filed = vault_.File(actor, Matter(), "FRM", agency, subject_, content);
    EXPECT_TRUE(filed.ok()) << filed.error().detail;
    return filed.value().id;
  }
  void Event(std::string_view event) {
    auto happened = vault_->matters().Record(Officer(), Matter(), event, std::nullopt, "planned");
    ASSERT_TRUE(happened.ok()) << happened.error().detail;
  }
  std::string Read(std::string_view email, const DocumentId& document) {
    auto read = vault_.Read(vault_.SignIn(email), document);
    if (read.ok()) return read.value();
    return "(" + std::string(ErrcName(read.error().code)) + ")";
  }

  const std::string& data() const { return vault_.place().data; }
  std::string backup() const { return backups_.At("b"); }
  BackupReport BackUp() {
    auto made = vault_->backups().Make({backup(), std::nullopt}, Unwatched);
    EXPECT_TRUE(made.ok()) << made.error().detail;
    return made.ok() ? made.value() : BackupReport();
  }
  Status Stage(std::optional<std::string> tree, std::vector<std::string> checkpoints) {
    RestoreWish wish{backup(), std::move(tree), std::move(checkpoints)};
    TRY([[maybe_unused]] const StagedRestore staged,
        StageRestore(vault_.world(), vault_.place(), wish, Unwatched));
    return Ok();
  }
  void Restore(std::optional<std::string> tree) {
    vault_.Seal();
    const Status staged = Stage(std::move(tree), {});
    ASSERT_TRUE(staged.ok()) << staged.error().detail;
    vault_.Unseal();
  }
  // CountKeys counts the live keys of a kind in the key tree of the sealed vault.
  struct Count {
    std::size_t open = 0;
    std::size_t closed = 0;
  };
  Count CountKeys(EntryType type) {
    Disk disk(nullptr);
    FakeRandom random(7);
    KeyKeeperOptions options;
    options.tree_path = data() + "/keys.db";
    options.cells.push_back(OpenFileCell(disk, data() + ".cell", random).value());
    const StoreId store = KeyKeeper::ReadStoreId(disk, options.tree_path).value();
    const Bytes wrapped = disk.ReadAll(data() + "/unseal", 4096).value();
    auto unseal = UnwrapUnsealKey(wrapped, AsBytes(TestVault::kPassphrase), store, {1, 8});
    auto keeper = KeyKeeper::Open(disk, random, std::move(options), std::move(unseal).value());
    CHECK(keeper.ok());
    Count count;
    const Status scanned = keeper.value()->Scan([&](SlotNumber, const SlotEntry& entry) -> Status {
      if (entry.type == type) ++((entry.flags & kFlagClosed) != 0 ? count.closed : count.open);
      return Ok();
    });
    CHECK(scanned.ok());
    return count;
  }
  // LoseAllButTheTree leaves what is replicated: keys.db, the unseal file, and the cell beside.
  void LoseAllButTheTree() {
    vault_.Seal();
    for (const auto& entry : fs::directory_iterator(data())) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("keys.db") || name == "unseal") continue;
      lost_.push_back(name);
    }
    for (const std::string& name : lost_) fs::remove_all(data() + "/" + name);
  }

  TestVault vault_;
  TempFolder backups_;
  MatterId matter_;
  SubjectId subject_;
  DocumentId police_form_;
  std::vector<std::string> lost_;
};

std::set<std::string> FilesIn(const std::string& folder) {
  std::set<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.insert(entry.path().string().substr(folder.size() + 1));
  }
  return files;
}

std::string Contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

TEST_F(BackedUp, ABackupHoldsCiphertextAndNoKey) {
  const BackupReport report = BackUp();
  EXPECT_EQ(report.blobs, 1u);
  EXPECT_EQ(report.missing, 0u);
  for (const std::string& file : FilesIn(backup())) {
    EXPECT_EQ(file.find("keys"), file.npos) << file;
    EXPECT_EQ(file.find("cell"), file.npos) << file;
    EXPECT_EQ(file.find("unseal"), file.npos) << file;
    EXPECT_FALSE(file.ends_with(".new")) << file;
    const std::string bytes = Contents(backup() + "/" + file);
    EXPECT_EQ(bytes.find("form of the police"), bytes.npos) << file;
    EXPECT_EQ(bytes.find("Adult Alder"), bytes.npos) << file;
    EXPECT_FALSE(bytes.starts_with("SQLite format")) << file;
  }
}

TEST_F(BackedUp, ALaterBackupCopiesWhatIsNewAndDropsWhatIsGone) {
  EXPECT_EQ(BackUp().copied, 1u);
  EXPECT_EQ(BackUp().copied, 0u);
  File(kHousing, "HSG", "form of housing");
  const BackupReport third = BackUp();
  EXPECT_EQ(third.copied, 1u);
  EXPECT_EQ(third.blobs, 2u);
  std::size_t registers = 0;
  for (const std::string& file : FilesIn(backup())) registers += file.starts_with("register-");
  EXPECT_EQ(registers, 1u);
}

TEST_F(BackedUp, AFolderOfSomethingElseIsRefused) {
  std::ofstream(backups_.At("file")) << "a document of somebody";
  auto other = vault_->backups().Make({backups_.path(), std::nullopt}, Unwatched);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, Errc::kConflict);
  for (const std::string& inside : {data() + "/backup", data(), std::string("relative")}) {
    auto refused = vault_->backups().Make({inside, std::nullopt}, Unwatched);
    ASSERT_FALSE(refused.ok()) << inside;
    EXPECT_EQ(refused.error().code, Errc::kInvalid);
  }
  BackUp();
  TestVault stranger;
  // The tests' random bytes begin alike everywhere.
  stranger.world().random->NewId<ObjectId>();
  stranger.Init();
  stranger.Unseal();
  auto foreign = stranger->backups().Make({backup(), std::nullopt}, Unwatched);
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().code, Errc::kConflict);
}

TEST_F(BackedUp, ALostDataFolderComesBackWithTheTreeThatIsLeft) {
  BackUp();
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
  ASSERT_TRUE(vault_->restored().has_value());
  EXPECT_EQ(vault_->restored()->documents, 0u);
  EXPECT_EQ(vault_->restored()->orphans, 0u);
}

TEST_F(BackedUp, WhatWasDestroyedSinceTheBackupStaysDestroyed) {
  Event("PACK_RELEASED");
  ASSERT_EQ(Read(kHousing, police_form_), "form of the police");
  BackUp();
  Event("MEETING_CLOSED");
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(Read(kHousing, police_form_), "(expired)");
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
  EXPECT_GT(vault_->restored()->loans, 0u);
}

// Re-made since the backup, a loan and a person have other keys than the register knows.
TEST_F(BackedUp, WhatARestoreEndsIsNotKeptAliveByALaterKey) {
  Event("PACK_RELEASED");
  BackUp();
  ASSERT_TRUE(vault_->documents().Withdraw(Officer(), {police_form_, 1, "withdrawn"}).ok());
  const Status changed = vault_->people().ChangePassword(
      vault_.SignIn(kPolice), AsBytes(TestVault::kPassword), AsBytes("quite another password"));
  ASSERT_TRUE(changed.ok()) << changed.error().detail;
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(vault_->restored()->loans, 1u);
  EXPECT_EQ(vault_->restored()->people, 1u);
  EXPECT_EQ(vault_->restored()->orphans, 0u);
  EXPECT_TRUE(vault_->orphans().List(Officer()).value().empty());
  EXPECT_EQ(vault_->debt().Count().value(), 0u);
  vault_.Seal();
  // The pack of the police and the two briefs, not yet open.
  EXPECT_EQ(CountKeys(EntryType::kLoan).open, 1u);
  EXPECT_EQ(CountKeys(EntryType::kLoan).closed, 2u);
  EXPECT_EQ(CountKeys(EntryType::kPerson).open, 2u);
}

TEST_F(BackedUp, ALoanReleasedAfterTheBackupIsClosedAgainUntilItsReleaseIsRecordedAgain) {
  BackUp();
  Event("PACK_RELEASED");
  ASSERT_EQ(Read(kHousing, police_form_), "form of the police");
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(Read(kHousing, police_form_), "(not-found)");
  vault_.Seal();
  // Not by the register's word alone: in the key tree nothing opens a closed loan.
  EXPECT_EQ(CountKeys(EntryType::kLoan).closed, 4u);
  EXPECT_EQ(CountKeys(EntryType::kLoan).open, 0u);
  vault_.Unseal();
  Event("PACK_RELEASED");
  EXPECT_EQ(Read(kHousing, police_form_), "form of the police");
}

TEST_F(BackedUp, AnOldCopyOfTheFolderIsReplacedByTheOneKeptAside) {
  BackUp();
  vault_.Seal();
  const std::string old = backups_.At("old");
  fs::copy(data(), old, fs::copy_options::recursive);
  vault_.Unseal();
  const DocumentId late = File(kHousing, "HSG", "filed after the copy");
  Event("MEETING_CLOSED");
  const std::uint64_t size = vault_->log().size();
  const std::string origin = vault_->log().origin();
  const ByteArray<32> root = vault_->log().root();
  vault_.Seal();
  const std::string aside = backups_.At("aside");
  fs::rename(data(), aside);
  fs::copy(old, data(), fs::copy_options::recursive);

  const Status refused = vault_.TryUnseal();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kConflict);
  // Without the current tree there is no way, and the words say so.
  ASSERT_TRUE(Stage(std::nullopt, {}).ok());
  const Status still = vault_.TryUnseal();
  ASSERT_FALSE(still.ok());
  EXPECT_EQ(still.error().code, Errc::kConflict);
  EXPECT_NE(still.error().detail.find("older than its erasure cells"), std::string::npos);

  Restore(aside);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(Read(kHousing, late), "filed after the copy");
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
  // The register beside the tree was the newest: its log goes on.
  EXPECT_EQ(vault_->log().origin(), origin);
  EXPECT_GT(vault_->log().size(), size);
  EXPECT_EQ(vault_->log().RootAt(size).value(), root);
  EXPECT_FALSE(fs::exists(data() + "/restore"));
}

TEST_F(BackedUp, ALogThatIsBehindBeginsANewOriginThatQuotesTheOld) {
  BackUp();
  const std::string origin = vault_->log().origin();
  Event("PACK_RELEASED");
  const std::string checkpoint = vault_->log().Checkpoint().value();
  const std::uint64_t newest = vault_->log().size();
  LoseAllButTheTree();
  const Status staged = Stage(std::nullopt, {checkpoint});
  ASSERT_TRUE(staged.ok()) << staged.error().detail;
  vault_.Unseal();
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_NE(vault_->log().origin(), origin);
  EXPECT_TRUE(vault_->log().origin().starts_with(origin + "/"));
  const std::string first = vault_->log().EntryText(0).value();
  EXPECT_NE(first.find("type vault.restored\n"), first.npos);
  EXPECT_NE(first.find("old-origin " + origin + "\n"), first.npos);
  EXPECT_NE(first.find("newest-size " + std::to_string(newest) + "\n"), first.npos) << first;
}

// A certificate from before a restore names a log that is over: it is proved by that one.
TEST_F(BackedUp, CertificatesAndFilesOfAPastLogStayProvable) {
  Event("PACK_RELEASED");
  Event("MEETING_CLOSED");
  std::vector<DisposalId> done;
  const std::vector<DisposalView> disposals = vault_->disposal().List().value();
  for (const DisposalView& view : disposals) {
    if (view.state == "done") done.push_back(view.id);
  }
  ASSERT_FALSE(done.empty());
  const std::string first_key = vault_->log().VerifierKey();
  BackUp();
  std::vector<std::string> keys = {first_key};
  // Twice: each restore puts one log aside.
  for (std::uint32_t turn = 1; turn <= 2; ++turn) {
    SCOPED_TRACE(turn);
    File(kHousing, "HSG", "filed after the backup");
    LoseAllButTheTree();
    Restore(std::nullopt);
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    const std::string new_key = vault_->log().VerifierKey();
    ASSERT_NE(new_key, keys.back());
    const NoteKey now = NoteKey::Parse(new_key).value();
    const NoteKey then = NoteKey::Parse(first_key).value();
    for (const DisposalId& id : done) {
      const auto file = vault_->disposal().Certificate(id);
      ASSERT_TRUE(file.ok()) << file.error().detail;
      const auto verified = VerifyCertificate(file.value(), then);
      ASSERT_TRUE(verified.ok()) << verified.error().detail;
      EXPECT_EQ(verified.value().head.origin, then.name());
      EXPECT_FALSE(VerifyCertificate(file.value(), now).ok());
    }
    const auto lock = vault_->Locked();
    const auto logs = vault_->past_logs().List().value();
    ASSERT_EQ(logs.size(), 1u);
    EXPECT_EQ(logs[0].log_key, first_key);
    const auto past = vault_->past_logs().Open(logs[0].number).value();
    EXPECT_EQ(past->size(), logs[0].size);
    EXPECT_EQ(OpenCheckpoint(past->Checkpoint().value(), then).value().size, past->size());
    for (const std::string& path : past->Files()) EXPECT_TRUE(past->File(path).ok()) << path;
    // The new log begins with size and root of the old one.
    const std::string line = vault_->log().EntryText(0).value();
    EXPECT_NE(line.find("old-size " + std::to_string(past->size()) + "\n"), line.npos);
    EXPECT_NE(line.find("old-root " + EncodeBase64(past->root()) + "\n"), line.npos);
    EXPECT_EQ(vault_->past_logs().Open(7).error().code, Errc::kNotFound);
    keys.push_back(new_key);
  }
}

TEST_F(BackedUp, ADocumentFiledAfterTheBackupIsClosedAndReportedAndNeverDestroyed) {
  BackUp();
  const DocumentId late = File(kHousing, "HSG", "filed after the backup");
  vault_.Seal();
  // Only the register is lost: the blob is still there.
  for (const std::string name : {"register.db", "register.db-wal", "register.db-shm"}) {
    fs::remove(data() + "/" + name);
  }
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(vault_->restored()->orphans, 1u);
  EXPECT_EQ(Read(kHousing, late), "(not-found)");
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
  std::size_t blobs = 0;
  for (const std::string& file : FilesIn(data() + "/blobs")) blobs += !file.empty();
  EXPECT_EQ(blobs, 2u);
  // And so it stays over further starts.
  vault_.Unseal();
  EXPECT_FALSE(vault_->restored().has_value());
  bool said = false;
  const VaultStatus status = vault_->Describe().value();
  for (const std::string& warning : status.warnings) {
    said = said || warning.find("keys without a row") != warning.npos;
  }
  EXPECT_TRUE(said);
}

TEST_F(BackedUp, TheUnitRecoversADocumentFromItsOwnHeader) {
  BackUp();
  const DocumentId late = File(kHousing, "HSG", "filed after the backup");
  vault_.Seal();
  for (const std::string name : {"register.db", "register.db-wal", "register.db-shm"}) {
    fs::remove(data() + "/" + name);
  }
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  const Actor officer = Officer();
  const std::vector<OrphanView> orphans = vault_->orphans().List(officer).value();
  ASSERT_EQ(orphans.size(), 1u);
  EXPECT_EQ(orphans[0].object, AsObject(late));
  EXPECT_TRUE(orphans[0].recoverable);
  ASSERT_TRUE(orphans[0].agency.has_value());
  EXPECT_EQ(orphans[0].agency->text(), "HSG");
  // The header says whose it is: nobody can make it another's.
  const auto wrong =
      vault_->orphans().Recover(officer, {late, 1, "FRM", Agency("POL"), "Adult Alder", ""});
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, Errc::kInvalid);
  const Actor police = vault_.SignIn(kPolice);
  EXPECT_EQ(vault_->orphans().Recover(police, {late, 1, "FRM", {}, "Adult Alder", ""}).error().code,
            Errc::kDenied);
  const auto done = vault_->orphans().Recover(officer, {late, 1, "FRM", {}, "Adult Alder", ""});
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(Read(kHousing, late), "filed after the backup");
  EXPECT_EQ(vault_.Read(officer, late).value(), "filed after the backup");
  vault_.Unseal();
  EXPECT_EQ(Read(kHousing, late), "filed after the backup");
  EXPECT_TRUE(vault_->orphans().List(Officer()).value().empty());
}

TEST_F(BackedUp, ARecoveredDocumentCountsFromTheLatestDayItCanBe) {
  BackUp();
  const DocumentId late = File(kHousing, "HSG", "filed after the backup");
  vault_.Seal();
  for (const std::string name : {"register.db", "register.db-wal", "register.db-shm"}) {
    fs::remove(data() + "/" + name);
  }
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  const Actor officer = Officer();
  const Day today = LondonDay(vault_.clock().Realtime());
  vault_.clock().SetRealtime(vault_.clock().Realtime() + UnixSeconds{3} * 86400);
  const auto done = vault_->orphans().Recover(officer, {late, 1, "FRM", {}, "Adult Alder", ""});
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(vault_->documents().Show(officer, late).value().filed,
            Day::FromNumber(today.number() + 3));
}

// Two people end what nobody can recover: it is destroyed like everything else, with a certificate.
TEST_F(BackedUp, TwoPeopleEndAnOrphanWithACertificate) {
  vault_.AddPerson(Officer(), "igo@unit.example", "unit", {"IGO"});
  vault_.AddPerson(Officer(), "second@unit.example", "unit", {"BUO"});
  BackUp();
  const DocumentId late = File(kHousing, "HSG", "filed after the backup");
  const std::size_t blobs = FilesIn(data() + "/blobs").size();
  vault_.Seal();
  for (const std::string name : {"register.db", "register.db-wal", "register.db-shm"}) {
    fs::remove(data() + "/" + name);
  }
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  const ObjectId object = AsObject(late);
  Orphans& orphans = vault_->orphans();
  const Actor officer = Officer();
  const Actor governance = vault_.SignIn("igo@unit.example");
  EXPECT_EQ(orphans.End(vault_.SignIn(kPolice), object, {}).error().code, Errc::kDenied);
  EXPECT_EQ(orphans.End(officer, AsObject(police_form_), {}).error().code, Errc::kNotFound);
  const auto first = orphans.End(officer, object, {});
  ASSERT_TRUE(first.ok()) << first.error().detail;
  EXPECT_FALSE(first.value().disposal.has_value());
  EXPECT_TRUE(orphans.List(officer).value().at(0).ending);
  EXPECT_EQ(orphans.End(officer, object, 1).error().code, Errc::kConflict);
  EXPECT_EQ(orphans.End(vault_.SignIn("second@unit.example"), object, 1).error().code,
            Errc::kDenied);
  EXPECT_EQ(FilesIn(data() + "/blobs").size(), blobs);
  const auto done = orphans.End(governance, object, 1);
  ASSERT_TRUE(done.ok()) << done.error().detail;
  ASSERT_TRUE(done.value().disposal.has_value());
  EXPECT_TRUE(orphans.List(officer).value().empty());
  EXPECT_EQ(FilesIn(data() + "/blobs").size(), blobs - 1);
  const auto file = vault_->disposal().Certificate(*done.value().disposal);
  ASSERT_TRUE(file.ok()) << file.error().detail;
  const NoteKey key = NoteKey::Parse(vault_->log().VerifierKey()).value();
  const auto verified = VerifyCertificate(file.value(), key);
  ASSERT_TRUE(verified.ok()) << verified.error().detail;
  EXPECT_NE(verified.value().text.find("without a row in the register"), std::string::npos);
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
  // Over a start nothing of it comes back.
  vault_.Unseal();
  EXPECT_TRUE(vault_->orphans().List(Officer()).value().empty());
  EXPECT_EQ(vault_->Describe().value().orphans, 0u);
}

// A hold is placed on rows, and an orphan has none: what runs in its matter keeps it.
TEST_F(BackedUp, AHoldInItsMatterKeepsAnOrphan) {
  vault_.AddPerson(Officer(), "igo@unit.example", "unit", {"IGO"});
  BackUp();
  const ObjectId object = AsObject(File(kHousing, "HSG", "filed after the backup"));
  vault_.Seal();
  for (const std::string name : {"register.db", "register.db-wal", "register.db-shm"}) {
    fs::remove(data() + "/" + name);
  }
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  Orphans& orphans = vault_->orphans();
  ASSERT_TRUE(orphans.End(Officer(), object, {}).ok());
  const Actor governance = vault_.SignIn("igo@unit.example");
  NewHold hold;
  hold.subject = subject_;
  hold.reason = "an inquiry";
  hold.review = Day::Parse("2026-05-01").value();
  const auto held = vault_->holds().Place(governance, hold);
  ASSERT_TRUE(held.ok()) << held.error().detail;
  const auto kept = orphans.End(governance, object, {});
  ASSERT_FALSE(kept.ok());
  EXPECT_EQ(kept.error().code, Errc::kHeld);
  EXPECT_EQ(orphans.List(governance).value().size(), 1u);
  ASSERT_TRUE(vault_->holds().Release(governance, held.value(), "it is over").ok());
  const auto ended = orphans.End(governance, object, {});
  ASSERT_TRUE(ended.ok()) << ended.error().detail;
  EXPECT_TRUE(ended.value().disposal.has_value());
}

// The ending is cut at every step: afterwards the key is an orphan as before, or destroyed.
TEST_F(BackedUp, AnEndingStoppedAtAnyStepIsDoneOrNotBegun) {
  vault_.AddPerson(Officer(), "igo@unit.example", "unit", {"IGO"});
  BackUp();
  const ObjectId object = AsObject(File(kHousing, "HSG", "filed after the backup"));
  vault_.Seal();
  for (const std::string name : {"register.db", "register.db-wal", "register.db-shm"}) {
    fs::remove(data() + "/" + name);
  }
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  ASSERT_TRUE(vault_->orphans().End(Officer(), object, {}).ok());
  vault_.Seal();
  TempFolder scratch;
  const std::string run = scratch.At("run");
  int kept = 0;
  int ended = 0;
  bool struck = true;
  // One step in seventeen: each takes a start of the vault.
  for (int n = 1; struck; n += 17) {
    ASSERT_LT(n, 400);
    SCOPED_TRACE("step " + std::to_string(n));
    fs::remove_all(run);
    fs::copy(vault_.folder(), run, fs::copy_options::recursive);
    const ChildEnd end = RunInChild([&]() -> Status {
      bool armed = false;
      FaultyDisk faults(n, n % 2 == 0 ? DiskVerdict::kLose : DiskVerdict::kFailButKeep,
                        AfterFault::kCrash);
      faults.CountOnly([&armed](const DiskStep&) { return armed; });
      TestVault world(&faults, run);
      TRY_VOID(world.TryUnseal());
      const Actor governance = world.SignIn("igo@unit.example");
      armed = true;
      const auto done = world->orphans().End(governance, object, {});
      armed = false;
      if (!faults.struck()) fs::create_directory(run + "/untouched");
      return done.ok() ? Ok() : Status(done.error());
    });
    ASSERT_NE(end, ChildEnd::kBroken);
    struck = !fs::exists(run + "/untouched");
    TestVault world(nullptr, run);
    ASSERT_NO_FATAL_FAILURE(world.Unseal());
    const Actor officer = world.SignIn(TestVault::kOfficer);
    const auto orphans = world->orphans().List(officer).value();
    EXPECT_TRUE(end != ChildEnd::kDone || orphans.empty());
    (orphans.empty() ? ended : kept) += 1;
    EXPECT_EQ(world->debt().Count().value(), 0u);
    std::size_t certificates = 0;
    const std::vector<DisposalView> disposals = world->disposal().List().value();
    for (const DisposalView& view : disposals) {
      certificates += view.rule == "orphan" && view.certificate ? 1 : 0;
    }
    EXPECT_EQ(certificates, orphans.empty() ? 1u : 0u);
  }
  EXPECT_GT(kept, 0);
  EXPECT_GT(ended, 0);
}

TEST_F(BackedUp, TheAgeOfABackupThatIsAWarningIsTheOperators) {
  BackUp();
  vault_.MoveTo("2026-02-14T09:00");
  const auto warned = [this] {
    const VaultStatus status = vault_->Describe().value();
    for (const std::string& words : status.warnings) {
      if (words.starts_with("the last backup was made on")) return true;
    }
    return false;
  };
  EXPECT_TRUE(warned());
  VaultPlace place = vault_.place();
  place.backup_warn_after = 72 * 3600;
  vault_.Seal();
  const auto sealed = SealedVault::At(vault_.world(), place);
  ASSERT_TRUE(sealed.ok());
  const auto opened = sealed.value().UnsealWithPassphrase(AsBytes(TestVault::kPassphrase),
                                                          LondonDay(vault_.clock().Realtime()));
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  const VaultStatus status = opened.value()->Describe().value();
  for (const std::string& words : status.warnings) {
    EXPECT_FALSE(words.starts_with("the last backup was made on")) << words;
  }
}

TEST_F(BackedUp, AnOlderRegisterNeverClearsAHold) {
  BackUp();
  {
    const Actor officer = Officer();
    vault_.AddPerson(officer, "igo@unit.example", "unit", {"IGO"});
    const Actor governance = vault_.SignIn("igo@unit.example");
    NewHold hold;
    hold.document = police_form_;
    hold.reason = "an inquiry";
    hold.review = Day::Parse("2026-12-01").value();
    ASSERT_TRUE(vault_->holds().Place(governance, hold).ok());
  }
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(vault_->restored()->holds, 1u);
  const Actor officer = Officer();
  auto shown = vault_->documents().Show(officer, police_form_);
  ASSERT_TRUE(shown.ok());
  EXPECT_TRUE(shown.value().held);
  EXPECT_EQ(vault_->holds().List(officer).value().size(), 1u);
}

// A hold inside a matter says nothing of one on the whole of it, nor an open one of a sealed one.
TEST_F(BackedUp, AHoldOnTheWholeMatterIsFoundAgainBesideOneOnADocument) {
  vault_.AddPerson(Officer(), "igo@unit.example", "unit", {"IGO"});
  NewHold hold;
  hold.document = police_form_;
  hold.reason = "an inquiry";
  hold.review = Day::Parse("2026-12-01").value();
  ASSERT_TRUE(vault_->holds().Place(vault_.SignIn("igo@unit.example"), hold).ok());
  BackUp();
  hold.document.reset();
  hold.matter = matter_;
  hold.sealed = true;
  ASSERT_TRUE(vault_->holds().Place(vault_.SignIn("igo@unit.example"), hold).ok());
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(vault_->restored()->holds, 1u);
  const std::vector<HoldView> holds = vault_->holds().List(Officer()).value();
  ASSERT_EQ(holds.size(), 2u);
  EXPECT_TRUE(std::any_of(holds.begin(), holds.end(), [](const HoldView& one) {
    return one.kind == "matter" && one.sealed && one.state == "running";
  }));
}

TEST_F(BackedUp, WhoeverChangedTheirPasswordSinceIsEndedAndTheOthersSignIn) {
  BackUp();
  {
    const Actor police = vault_.SignIn(kPolice);
    const Status changed = vault_->people().ChangePassword(police, AsBytes(TestVault::kPassword),
                                                           AsBytes("quite another password"));
    ASSERT_TRUE(changed.ok()) << changed.error().detail;
  }
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(vault_->restored()->people, 1u);
  EXPECT_FALSE(vault_.SignInWith(kPolice, TestVault::kPassword).ok());
  EXPECT_FALSE(vault_.SignInWith(kPolice, "quite another password").ok());
  EXPECT_TRUE(vault_.SignInWith(kHousing, TestVault::kPassword).ok());
  const Actor officer = Officer();
  EXPECT_EQ(vault_.Read(officer, police_form_).value(), "form of the police");
}

TEST_F(BackedUp, ANamedReaderWhoIsEndedLeavesTheOthersTheirRecord) {
  NewRecord neighbour;
  neighbour.kind = "connected-person";
  neighbour.values = {{"subject", "Adult Alder"},
                      {"pseudonym", "Alder-Neighbour"},
                      {"relationship", "neighbour and complainant"}};
  const auto written = vault_->records().Add(vault_.SignIn(kPolice), Matter(), neighbour);
  ASSERT_TRUE(written.ok()) << written.error().detail;
  const DocumentId record = written.value().id;
  BackUp();
  const Status renewed = vault_->people().ChangePassword(
      vault_.SignIn(kPolice), AsBytes(TestVault::kPassword), AsBytes("quite another password"));
  ASSERT_TRUE(renewed.ok()) << renewed.error().detail;
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(vault_->restored()->people, 1u);
  const Actor officer = Officer();
  EXPECT_TRUE(vault_->records().Show(officer, Matter(), record, "").ok());
  const auto set =
      vault_->records().Set(officer, Matter(), {record, {{"relationship", "a neighbour"}}, ""});
  ASSERT_TRUE(set.ok()) << set.error().detail;
  EXPECT_EQ(set.value().version, 2u);
}

TEST_F(BackedUp, ANewLookUpKeyTakesThePlaceOfOneThatDied) {
  BackUp();
  ASSERT_TRUE(vault_->people().End(Officer(), kHousing).ok());
  LoseAllButTheTree();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_FALSE(vault_.SignInWith(kHousing, TestVault::kPassword).ok());
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
  EXPECT_TRUE(vault_.TryUnseal().ok());
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
}

TEST_F(BackedUp, TheTimeNeverGoesBack) {
  vault_.MoveTo("2026-03-01T09:00");
  BackUp();
  LoseAllButTheTree();
  ASSERT_TRUE(Stage(std::nullopt, {}).ok());
  auto sealed = SealedVault::At(vault_.world(), vault_.place());
  ASSERT_TRUE(sealed.ok());
  auto early = sealed.value().UnsealWithPassphrase(AsBytes(TestVault::kPassphrase), std::nullopt);
  ASSERT_TRUE(early.ok()) << early.error().detail;
  EXPECT_EQ(LondonDay(early.value()->Now().low).ToText(), "2026-03-01");
}

TEST_F(BackedUp, AnOlderTreeOfTheSameEpochIsRefused) {
  vault_.Seal();
  fs::copy(data() + "/keys.db", backups_.At("keys.db"));
  vault_.Unseal();
  File(kHousing, "HSG", "filed under a key that the old tree has not");
  vault_.Seal();
  fs::copy(backups_.At("keys.db"), data() + "/keys.db", fs::copy_options::overwrite_existing);
  const Status refused = vault_.TryUnseal();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kConflict);
  EXPECT_NE(refused.error().detail.find("older than the register"), std::string::npos);
}

TEST_F(BackedUp, NothingInABackupOpensAfterDestruction) {
  // An attacker with every backup ever made, the unseal key, today's tree and cell, and everybody's
  // password.
  const auto thief_with = [&](const std::vector<std::string>& folders) {
    const StoreId store = KeyKeeper::ReadStoreId(*vault_.world().disk, data() + "/keys.db").value();
    const Bytes file = vault_.world().disk->ReadAll(data() + "/unseal", 4096).value();
    const UnsealKey unseal =
        UnwrapUnsealKey(file, AsBytes(TestVault::kPassphrase), store, {1, 8}).value();
    VaultAttacker thief(store, unseal.view(), {1, 8});
    for (const std::string& folder : folders) thief.AddCopy(folder);
    return thief;
  };
  const auto cell = [&] {
    return std::vector<Bytes>{vault_.world().disk->ReadAll(data() + ".cell", 8192).value()};
  };
  AttackSecrets borrower;
  borrower.passwords.push_back({std::string(kHousing), std::string(TestVault::kPassword)});
  // A backup as the attacker reads one: its register and blobs beside the tree of the day.
  const auto take = [&](const std::string& name) {
    const std::string folder = backups_.At(name);
    fs::create_directory(folder);
    for (const std::string& part : FilesIn(backup())) {
      if (part.starts_with("register-")) fs::copy(backup() + "/" + part, folder + "/register.db");
    }
    fs::copy(backup() + "/blobs", folder + "/blobs", fs::copy_options::recursive);
    fs::copy(data() + "/keys.db", folder + "/keys.db");
    if (fs::exists(data() + "/keys.db-wal")) {
      fs::copy(data() + "/keys.db-wal", folder + "/keys.db-wal");
    }
    return folder;
  };
  Event("PACK_RELEASED");
  BackUp();
  const std::string before = take("before");
  const AttackLoot control = thief_with({before}).Attack(cell(), borrower);
  EXPECT_FALSE(control.loans.empty()) << "control: while the loan runs, it opens";
  EXPECT_EQ(control.content.size(), 1u);
  Event("MEETING_CLOSED");
  BackUp();
  const std::string after = take("after");
  const AttackLoot loot = thief_with({before, after}).Attack(cell(), borrower);
  EXPECT_TRUE(loot.loans.empty());
  EXPECT_TRUE(loot.content.empty());
  EXPECT_EQ(loot.people, 1u) << "control: the password is right";
}

TEST_F(BackedUp, ABackupStoppedAtAnyStepLeavesTheEarlierOneWhole) {
  BackUp();
  File(kHousing, "HSG", "filed after the first backup");
  vault_.Seal();
  TempFolder runs;
  const std::string run = runs.At("run");
  for (const auto verdict : {DiskVerdict::kLose, DiskVerdict::kFailButKeep}) {
    bool struck = true;
    // Every seventh step: those of one file are alike.
    for (int n = 1; struck; n += 7) {
      fs::remove_all(run);
      fs::create_directory(run);
      fs::copy(data(), run + "/data", fs::copy_options::recursive);
      fs::copy(data() + ".cell", run + "/data.cell");
      fs::copy(backup(), run + "/b", fs::copy_options::recursive);
      struck = false;
      FaultyDisk faults(n, verdict, AfterFault::kContinue);
      faults.CountOnly([&](const DiskStep& step) { return step.path.starts_with(run + "/b"); });
      {
        TestVault world(&faults, run);
        world.Unseal();
        ASSERT_FALSE(::testing::Test::HasFatalFailure());
        auto made = world->backups().Make({run + "/b", std::nullopt}, Unwatched);
        struck = faults.struck();
        // A fault is heard of, unless it struck what is only tidied.
        if (!struck) {
          ASSERT_TRUE(made.ok()) << made.error().detail;
        }
      }
      SCOPED_TRACE("step " + std::to_string(n));
      // Whatever is there restores: the first backup, or the second.
      fs::remove(run + "/data/register.db");
      fs::remove_all(run + "/data/blobs");
      TestVault world(nullptr, run);
      auto staged =
          StageRestore(world.world(), world.place(), {run + "/b", std::nullopt, {}}, Unwatched);
      ASSERT_TRUE(staged.ok()) << staged.error().detail;
      world.Unseal();
      ASSERT_FALSE(::testing::Test::HasFatalFailure());
      EXPECT_EQ(world.Read(world.SignIn(kPolice), police_form_).value(), "form of the police");
      ASSERT_LT(n, 1000);
    }
  }
}

TEST_F(BackedUp, ARestoreStoppedAtAnyStepIsFinishedByTheNextStart) {
  Event("PACK_RELEASED");
  BackUp();
  Event("MEETING_CLOSED");
  LoseAllButTheTree();
  ASSERT_TRUE(Stage(std::nullopt, {}).ok());
  TempFolder runs;
  const std::string run = runs.At("run");
  bool struck = true;
  for (int n = 1; struck; n += 4) {
    fs::remove_all(run);
    fs::create_directory(run);
    fs::copy(data(), run + "/data", fs::copy_options::recursive);
    fs::copy(data() + ".cell", run + "/data.cell");
    const std::string untouched = runs.At("untouched");
    fs::remove(untouched);
    const ChildEnd end = RunInChild([&]() -> Status {
      FaultyDisk faults(n, DiskVerdict::kLose, AfterFault::kCrash);
      TestVault world(&faults, run);
      const Status opened = world.TryUnseal();
      if (!faults.struck()) std::ofstream(untouched) << "yes";
      return opened;
    });
    struck = !fs::exists(untouched);
    SCOPED_TRACE("step " + std::to_string(n));
    ASSERT_NE(end, ChildEnd::kBroken);
    TestVault world(nullptr, run);
    world.Unseal();
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    EXPECT_EQ(world.Read(world.SignIn(kPolice), police_form_).value(), "form of the police");
    EXPECT_FALSE(world.Read(world.SignIn(kHousing), police_form_).ok());
    EXPECT_FALSE(fs::exists(run + "/data/restore"));
    ASSERT_LT(n, 2000);
  }
}

TEST_F(BackedUp, AForeignCheckpointOrManifestIsRefused) {
  BackUp();
  LoseAllButTheTree();
  ASSERT_TRUE(Stage(std::nullopt, {"somebody else\n3\nAAAA\n\n- x\n"}).ok());
  const Status refused = vault_.TryUnseal();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kInvalid);
  TestVault stranger;
  // The tests' random bytes begin alike everywhere.
  stranger.world().random->NewId<ObjectId>();
  stranger.Init();
  stranger.Unseal();
  TempFolder other;
  ASSERT_TRUE(stranger->backups().Make({other.At("b"), std::nullopt}, Unwatched).ok());
  const auto foreign =
      StageRestore(vault_.world(), vault_.place(), {other.At("b"), std::nullopt, {}}, Unwatched);
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().code, Errc::kConflict);
}

TEST_F(BackedUp, AChangedFileOfABackupIsCorrupt) {
  BackUp();
  LoseAllButTheTree();
  for (const std::string& file : FilesIn(backup())) {
    if (file.starts_with("log-") || file == kBackupMarker) continue;
    const std::string path = backup() + "/" + file;
    const std::string good = Contents(path);
    for (const std::string& bad :
         {good.substr(0, good.size() - 1), good + "x",
          good.substr(0, good.size() / 2) + static_cast<char>(good[good.size() / 2] ^ 1) +
              good.substr(good.size() / 2 + 1)}) {
      std::ofstream(path, std::ios::binary | std::ios::trunc) << bad;
      Status restored = Stage(std::nullopt, {});
      if (restored.ok()) restored = vault_.TryUnseal();
      ASSERT_FALSE(restored.ok()) << file;
      EXPECT_EQ(restored.error().code, Errc::kCorrupt) << file << ": " << restored.error().detail;
    }
    std::ofstream(path, std::ios::binary | std::ios::trunc) << good;
  }
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  EXPECT_EQ(Read(kPolice, police_form_), "form of the police");
}

}  // namespace
}  // namespace vault
