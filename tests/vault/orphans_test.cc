// Orphans: what was filed after the backup that was restored is closed, recovered, or ended by two.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/backed_up.h"
#include "tests/support/child_process.h"
#include "tests/support/faulty_disk.h"
#include "vault/audit/certificate_file.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

TEST_F(BackedUp, ADocumentFiledAfterTheBackupIsClosedAndReportedAndNeverDestroyed) {
  BackUp();
  const DocumentId late = File(kHousing, "HSG", "filed after the backup");
  // Only the register is lost: the blob is still there.
  LoseTheRegister();
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
  LoseTheRegister();
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

// Two keys under one name could not be told apart: neither by a certificate, nor by who reads it.
TEST_F(BackedUp, ANewVersionNeverTakesTheNumberOfOneThatLostItsRow) {
  BackUp();
  const std::string lost = "second version, filed after the backup";
  ASSERT_EQ(File(kPolice, "POL", lost), police_form_);
  LoseTheRegister();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  ASSERT_EQ(File(kPolice, "POL", "filed again"), police_form_);
  const Actor officer = Officer();
  EXPECT_EQ(vault_->documents().Show(officer, police_form_).value().version, 3u);
  EXPECT_EQ(Read(kPolice, police_form_), "filed again");
  const std::vector<OrphanView> orphans = vault_->orphans().List(officer).value();
  ASSERT_EQ(orphans.size(), 1u);
  EXPECT_EQ(orphans[0].version, 2u);
  // It comes back under the number it had, and the newest stays the newest.
  const auto done =
      vault_->orphans().Recover(officer, {police_form_, 2, "FRM", {}, "Adult Alder", ""});
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(Read(kPolice, police_form_), "filed again");
  const auto second = vault_.Read(vault_.SignIn(kPolice), police_form_, 2);
  ASSERT_TRUE(second.ok()) << second.error().detail;
  EXPECT_EQ(second.value(), lost);
}

TEST_F(BackedUp, ACertificateNamesTheVersionsThatLostTheirRows) {
  vault_.AddPerson(Officer(), "igo@unit.example", "unit", {"IGO"});
  BackUp();
  ASSERT_EQ(File(kPolice, "POL", "second version, filed after the backup"), police_form_);
  LoseTheRegister();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  vault_.MoveTo("2026-04-09T12:31");
  Event("MEETING_CLOSED");
  vault_.MoveTo("2026-05-22T10:00");
  Event("REPORT_APPROVED");
  vault_.MoveTo("2027-05-25T09:00");
  ASSERT_TRUE(vault_->sweep().Run(std::nullopt, SweepMode::kAct).ok());
  std::vector<DisposalId> ids;
  const std::vector<DisposalView> listed = vault_->disposal().List().value();
  for (const DisposalView& view : listed) {
    if (view.state == "proposed") ids.push_back(view.id);
  }
  ASSERT_EQ(ids.size(), 1u);
  for (const std::string_view who : {TestVault::kOfficer, std::string_view("igo@unit.example")}) {
    const auto approved = vault_->proposals().Approve(vault_.SignIn(who), ids, std::nullopt);
    ASSERT_TRUE(approved.ok()) << approved.error().detail;
  }
  EXPECT_NE(Read(kPolice, police_form_), "form of the police");
  const auto file = vault_->disposal().Certificate(ids[0]);
  ASSERT_TRUE(file.ok()) << file.error().detail;
  EXPECT_NE(
      file.value().find("exception: 1 other version of these documents has a key without a row"),
      std::string::npos);
  // Nobody decided about that one: it is still there to be ended or recovered.
  EXPECT_EQ(vault_->orphans().List(Officer()).value().size(), 1u);
}

TEST_F(BackedUp, ARecoveredDocumentCountsFromTheLatestDayItCanBe) {
  BackUp();
  const DocumentId late = File(kHousing, "HSG", "filed after the backup");
  LoseTheRegister();
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
  LoseTheRegister();
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

// Its boxes were in the register, and its header names no matter.
TEST_F(BackedUp, AFileForNamedReadersThatLostItsRowIsEndedWithAllItsBlobs) {
  vault_.AddPerson(Officer(), "igo@unit.example", "unit", {"IGO"});
  BackUp();
  const std::size_t blobs = FilesIn(data() + "/blobs").size();
  DocumentId key;
  {
    const Actor officer = Officer();
    auto grant = vault_->access().DecideFiling(officer, Matter(), {"KEY", {}, {}});
    ASSERT_TRUE(grant.ok()) << grant.error().detail;
    auto stream = vault_->documents().Begin(std::move(grant).value(), "key.docx", "api");
    ASSERT_TRUE(stream.ok()) << stream.error().detail;
    ASSERT_TRUE(stream.value().Write(AsBytes("Alder is R. Name")).ok());
    FormOutcome form;
    form.state = "read";
    form.form = Plaintext::CopyOf(AsBytes("what the form says"));
    auto filed = stream.value().Finish(std::move(form));
    ASSERT_TRUE(filed.ok()) << filed.error().detail;
    key = filed.value().id;
  }
  EXPECT_EQ(FilesIn(data() + "/blobs").size(), blobs + 2);
  LoseTheRegister();
  Restore(std::nullopt);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  vault_.Unseal();
  Orphans& orphans = vault_->orphans();
  const Actor officer = Officer();
  const auto listed = orphans.List(officer);
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed.value().size(), 1u);
  EXPECT_FALSE(listed.value().at(0).recoverable);
  EXPECT_EQ(orphans.Recover(officer, {key, 1, "KEY", {}, "", ""}).error().code, Errc::kConflict);
  ASSERT_TRUE(orphans.End(officer, AsObject(key), {}).ok());
  const auto done = orphans.End(vault_.SignIn("igo@unit.example"), AsObject(key), {});
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_TRUE(done.value().disposal.has_value());
  EXPECT_TRUE(orphans.List(officer).value().empty());
  EXPECT_EQ(FilesIn(data() + "/blobs").size(), blobs);
}

// A hold is placed on rows, and an orphan has none: what runs in its matter keeps it.
TEST_F(BackedUp, AHoldInItsMatterKeepsAnOrphan) {
  vault_.AddPerson(Officer(), "igo@unit.example", "unit", {"IGO"});
  BackUp();
  const ObjectId object = AsObject(File(kHousing, "HSG", "filed after the backup"));
  LoseTheRegister();
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
  LoseTheRegister();
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

}  // namespace
}  // namespace vault
