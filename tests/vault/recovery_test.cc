// A vault that is stopped at any step of a filing or of a meeting's end: nothing acknowledged is
// lost, nothing destroyed comes back, and every start finds its way.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/child_process.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/test_vault.h"
#include "vault/keys/unseal.h"

namespace vault {
namespace {

constexpr std::string_view kMarker = "MARKER-7f3a-the-only-copy-of-these-words";

struct FaultKind {
  const char* name;
  DiskVerdict verdict;
  AfterFault after;
};
constexpr FaultKind kFaults[] = {
    {"lost", DiskVerdict::kLose, AfterFault::kContinue},
    {"failed but kept", DiskVerdict::kFailButKeep, AfterFault::kContinue},
    {"crash", DiskVerdict::kLose, AfterFault::kCrash},
};

std::size_t CountInFolder(const std::string& folder, std::string_view marker) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    const std::string bytes = text.str();
    for (auto at = bytes.find(marker); at != bytes.npos; at = bytes.find(marker, at + 1)) ++count;
  }
  return count;
}

class Recovery : public ::testing::Test {
 protected:
  void SetUp() override {
    TestVault world(nullptr, base_.path());
    world.Init();
    world.Unseal();
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    Actor officer = world.SignIn(TestVault::kOfficer);
    auto made = world->matters().New(officer, {"macfa", "Theme", At("2026-04-09T09:30"), ""});
    ASSERT_TRUE(made.ok()) << made.error().detail;
    matter_ = made.value().id;
    auto subject = world->matters().AddSubject(officer, made.value(), {"Adult Alder", "", {}});
    ASSERT_TRUE(subject.ok());
    subject_ = subject.value().id;
    const SubjectRow row = world->matter_rows().FindSubject(matter_, "Adult Alder").value();
    for (const char* agency : {"POL", "HSG"}) {
      ASSERT_TRUE(world->agencies().Add(officer, Agency(agency), agency).ok());
      const std::string address = std::string(agency) + "@police.example";
      world.AddPerson(officer, address, agency, {"AAC"});
      ASSERT_TRUE(world->matters().Involve(officer, made.value(), row, Agency(agency)).ok());
      ASSERT_TRUE(world->matters().AddMember(officer, made.value(), address, "").ok());
    }
    Actor police = world.SignIn("POL@police.example");
    auto filed = world.File(police, made.value(), "FRM", "POL", subject_, "acknowledged form");
    ASSERT_TRUE(filed.ok()) << filed.error().detail;
    form_ = filed.value().id;
    auto released = world->matters().Record(officer, made.value(), "PACK_RELEASED",
                                            At("2026-02-12T09:00"), "early, for the test");
    ASSERT_TRUE(released.ok()) << released.error().detail;
  }

  // Run lets an act meet the n-th fault after unsealing, in a process of its own.
  ChildEnd Run(const FaultKind& kind, int n, bool& struck,
               const std::function<Status(TestVault&)>& act) {
    std::filesystem::remove_all(run_);
    std::filesystem::copy(base_.path(), run_, std::filesystem::copy_options::recursive);
    const std::string untouched = flags_.At("untouched");
    std::filesystem::remove(untouched);
    const ChildEnd end = RunInChild([&]() -> Status {
      bool armed = false;
      FaultyDisk faults(n, kind.verdict, kind.after);
      faults.CountOnly([&armed](const DiskStep&) { return armed; });
      TestVault world(&faults, run_);
      TRY_VOID(world.TryUnseal());
      armed = true;
      const Status status = act(world);
      if (!faults.struck()) std::ofstream(untouched) << "yes";
      return status;
    });
    struck = !std::filesystem::exists(untouched);
    return end;
  }

  TempFolder base_;
  TempFolder scratch_;
  TempFolder flags_;
  const std::string run_ = scratch_.At("run");
  MatterId matter_;
  SubjectId subject_;
  DocumentId form_;
};

TEST_F(Recovery, AFilingStoppedAtAnyStepIsWholeOrNotThere) {
  for (const FaultKind& kind : kFaults) {
    bool struck = true;
    int whole = 0;
    for (int n = 1; struck; n += kFaultStride) {
      const ChildEnd end = Run(kind, n, struck, [&](TestVault& world) -> Status {
        Actor housing = world.SignIn("HSG@police.example");
        TRY(const MatterRow matter, world->matter_rows().Load(matter_));
        TRY([[maybe_unused]] const FiledDocument filed,
            world.File(housing, matter, "FRM", "HSG", subject_, kMarker));
        return Ok();
      });
      SCOPED_TRACE(std::string(kind.name) + " at step " + std::to_string(n));
      ASSERT_NE(end, ChildEnd::kBroken);
      EXPECT_EQ(CountInFolder(run_, kMarker), 0u);
      TestVault world(nullptr, run_);
      world.Unseal();
      ASSERT_FALSE(::testing::Test::HasFatalFailure());
      // No start leaves dust behind.
      std::size_t fresh = 0;
      for ([[maybe_unused]] const auto& file :
           std::filesystem::directory_iterator(run_ + "/data/blobs/new")) {
        ++fresh;
      }
      Actor police = world.SignIn("POL@police.example");
      EXPECT_EQ(world.Read(police, form_).value(), "acknowledged form");
      Actor housing = world.SignIn("HSG@police.example");
      auto list = world->documents().List(housing, matter_, "FRM");
      ASSERT_TRUE(list.ok()) << list.error().detail;
      bool found = false;
      for (const DocumentView& view : list.value()) {
        if (view.owner.text() != "HSG") continue;
        found = true;
        ++whole;
        EXPECT_EQ(world.Read(housing, view.id).value(), kMarker);
        EXPECT_EQ(world.Read(police, view.id).value(), kMarker);
      }
      EXPECT_TRUE(found || end != ChildEnd::kDone) << "an acknowledged form is lost";
      // What was interrupted can be done again.
      if (!found) {
        const MatterRow matter = world->matter_rows().Load(matter_).value();
        auto again = world.File(housing, matter, "FRM", "HSG", subject_, "again");
        ASSERT_TRUE(again.ok()) << again.error().detail;
        EXPECT_EQ(world.Read(housing, again.value().id).value(), "again");
      }
      auto status = world->Describe();
      ASSERT_TRUE(status.ok());
      bool orphan = false;
      for (const std::string& warning : status.value().warnings) {
        orphan = orphan || warning.find("without a row") != std::string::npos;
      }
      EXPECT_TRUE(orphan || fresh == 0u) << fresh;
      ASSERT_LT(n, 500);
    }
    EXPECT_GT(whole, 0) << kind.name;
  }
}

TEST_F(Recovery, ARequestStoppedAtAnyStepIsNeverOnRecordWithoutItsHold) {
  for (const FaultKind& kind : kFaults) {
    bool struck = true;
    int whole = 0;
    for (int n = 1; struck; n += kFaultStride) {
      const ChildEnd end = Run(kind, n, struck, [&](TestVault& world) -> Status {
        Actor officer = world.SignIn(TestVault::kOfficer);
        TRY(const MatterRow matter, world->matter_rows().Load(matter_));
        const NewEvent request{"SUBJECT_ACCESS_RECEIVED", std::nullopt, "", "Adult Alder"};
        TRY([[maybe_unused]] const EventOutcome outcome,
            world->matters().Record(officer, matter, request));
        return Ok();
      });
      SCOPED_TRACE(std::string(kind.name) + " at step " + std::to_string(n));
      ASSERT_NE(end, ChildEnd::kBroken);
      TestVault world(nullptr, run_);
      world.Unseal();
      ASSERT_FALSE(::testing::Test::HasFatalFailure());
      Actor officer = world.SignIn(TestVault::kOfficer);
      bool recorded = false;
      {
        const auto lock = world->Locked();
        const MatterRow matter = world->matter_rows().Load(matter_).value();
        recorded = world->matter_rows().Facts(matter).value().Has("SUBJECT_ACCESS_RECEIVED");
      }
      const std::vector<HoldView> holds = world->holds().List(officer).value();
      EXPECT_EQ(holds.size(), recorded ? 1u : 0u);
      EXPECT_EQ(world->documents().Show(officer, form_).value().held, recorded);
      EXPECT_TRUE(recorded || end != ChildEnd::kDone) << "an acknowledged request is lost";
      whole += recorded ? 1 : 0;
      ASSERT_LT(n, 500);
    }
    EXPECT_GT(whole, 0) << kind.name;
  }
}

TEST_F(Recovery, AMeetingClosedAtAnyStepEndsItsLoansWholeOrLeavesThemRunning) {
  for (const FaultKind& kind : kFaults) {
    bool struck = true;
    for (int n = 1; struck; n += kFaultStride) {
      const ChildEnd end = Run(kind, n, struck, [&](TestVault& world) -> Status {
        Actor officer = world.SignIn(TestVault::kOfficer);
        TRY(const MatterRow matter, world->matter_rows().Load(matter_));
        TRY([[maybe_unused]] const EventOutcome outcome,
            world->matters().Record(officer, matter, "MEETING_CLOSED", std::nullopt, ""));
        return Ok();
      });
      SCOPED_TRACE(std::string(kind.name) + " at step " + std::to_string(n));
      ASSERT_NE(end, ChildEnd::kBroken);
      TestVault world(nullptr, run_);
      world.Unseal();
      ASSERT_FALSE(::testing::Test::HasFatalFailure());
      const MatterRow matter = world->matter_rows().Load(matter_).value();
      const bool closed = world->matter_rows().Facts(matter).value().Has("MEETING_CLOSED");
      EXPECT_TRUE(closed || end != ChildEnd::kDone);
      Actor police = world.SignIn("POL@police.example");
      EXPECT_EQ(world.Read(police, form_).value(), "acknowledged form");
      Actor housing = world.SignIn("HSG@police.example");
      auto read = world.Read(housing, form_);
      auto list = world->disposal().List();
      ASSERT_TRUE(list.ok());
      if (closed) {
        // A start finishes what the event began: ended, and certified.
        ASSERT_FALSE(read.ok());
        EXPECT_EQ(read.error().code, Errc::kExpired);
        ASSERT_EQ(list.value().size(), 1u);
        EXPECT_EQ(list.value()[0].state, "done");
        EXPECT_EQ(list.value()[0].objects, 4u);
        auto certificate = world->disposal().Certificate(list.value()[0].id);
        EXPECT_TRUE(certificate.ok());
      } else {
        ASSERT_TRUE(read.ok()) << read.error().detail;
        EXPECT_EQ(read.value(), "acknowledged form");
        EXPECT_TRUE(list.value().empty());
      }
      EXPECT_EQ(world->debt().Count().value(), 0u);
      ASSERT_LT(n, 1000);
    }
  }
}

// A re-make that was cut short leaves a second key of the same person, and the layers under it
// stand in the register's log: it must not outlive the start.
TEST_F(Recovery, APasswordChangeStoppedAtAnyStepLeavesThePersonOneKey) {
  const auto keys_of = [this](const ObjectId& person) {
    Disk disk(nullptr);
    FakeRandom random(7);
    KeyKeeperOptions options;
    options.tree_path = run_ + "/data/keys.db";
    options.cells.push_back(OpenFileCell(disk, run_ + "/data.cell", random).value());
    const StoreId store = KeyKeeper::ReadStoreId(disk, options.tree_path).value();
    const Bytes wrapped = disk.ReadAll(run_ + "/data/unseal", 4096).value();
    auto unseal = UnwrapUnsealKey(wrapped, AsBytes(TestVault::kPassphrase), store, {1, 8});
    auto keeper = KeyKeeper::Open(disk, random, std::move(options), std::move(unseal).value());
    CHECK(keeper.ok());
    std::size_t keys = 0;
    const Status scanned = keeper.value()->Scan([&](SlotNumber, const SlotEntry& entry) -> Status {
      keys += entry.type == EntryType::kPerson && entry.object == person ? 1 : 0;
      return Ok();
    });
    CHECK(scanned.ok());
    return keys;
  };
  constexpr std::string_view kPolice = "POL@police.example";
  constexpr std::string_view kFresh = "quite another password";
  bool struck = true;
  for (int n = 1; struck; n += kFaultStride) {
    const ChildEnd end = Run(kFaults[2], n, struck, [&](TestVault& world) -> Status {
      const Actor police = world.SignIn(kPolice);
      TRY_VOID(
          world->people().ChangePassword(police, AsBytes(TestVault::kPassword), AsBytes(kFresh)));
      return Ok();
    });
    SCOPED_TRACE("step " + std::to_string(n));
    ASSERT_NE(end, ChildEnd::kBroken);
    TestVault world(nullptr, run_);
    world.Unseal();
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    const ObjectId person = AsObject(world->people().Find(kPolice).value());
    const bool before = world.SignInWith(kPolice, TestVault::kPassword).ok();
    EXPECT_NE(before, world.SignInWith(kPolice, kFresh).ok());
    EXPECT_EQ(world->Describe().value().orphans, 0u);
    world.Seal();
    EXPECT_EQ(keys_of(person), 1u);
    ASSERT_LT(n, 300);
  }
}

// A hold that was never placed locks nobody out, one that was released neither, and one that runs
// is there whole.
TEST_F(Recovery, ASealedHoldStoppedAtAnyStepIsPlacedOrNotAndReleasedOrNot) {
  {
    TestVault world(nullptr, base_.path());
    world.Unseal();
    Actor officer = world.SignIn(TestVault::kOfficer);
    world.AddPerson(officer, "igo@unit.example", "unit", {"IGO"});
  }
  const auto wish = [this] {
    NewHold hold;
    hold.document = form_;
    hold.reason = "inquiry";
    hold.review = LondonDay(At("2026-07-01"));
    hold.sealed = true;
    return hold;
  };
  for (const bool placed_before : {false, true}) {
    if (placed_before) {
      TestVault world(nullptr, base_.path());
      world.Unseal();
      Actor igo = world.SignIn("igo@unit.example");
      ASSERT_TRUE(world->holds().Place(igo, wish()).ok());
    }
    bool struck = true;
    for (int n = 1; struck; n += kFaultStride) {
      const ChildEnd end = Run(kFaults[2], n, struck, [&](TestVault& world) -> Status {
        Actor igo = world.SignIn("igo@unit.example");
        if (!placed_before) return world->holds().Place(igo, wish()).ok() ? Ok() : Invalid("");
        TRY(const std::vector<HoldView> holds, world->holds().List(igo));
        return world->holds().Release(igo, holds.at(0).id, "over");
      });
      SCOPED_TRACE(std::string(placed_before ? "release" : "place") + " at " + std::to_string(n));
      ASSERT_NE(end, ChildEnd::kBroken);
      TestVault world(nullptr, run_);
      world.Unseal();
      ASSERT_FALSE(::testing::Test::HasFatalFailure());
      Actor igo = world.SignIn("igo@unit.example");
      const auto holds = world->holds().List(igo);
      ASSERT_TRUE(holds.ok());
      const bool runs = !holds.value().empty() && holds.value()[0].state == "running";
      Actor police = world.SignIn("POL@police.example");
      EXPECT_EQ(world.Read(police, form_).ok(), !runs);
      ASSERT_LT(n, 200);
    }
  }
}

TEST_F(Recovery, AnOldCopyOfTheFolderUnderANewerCellDoesNotStartAndSaysWhy) {
  const std::string copy = flags_.At("copy");
  std::filesystem::copy(base_.path() + "/data", copy, std::filesystem::copy_options::recursive);
  {
    TestVault world(nullptr, base_.path());
    world.Unseal();
    Actor officer = world.SignIn(TestVault::kOfficer);
    const MatterRow matter = world->matter_rows().Load(matter_).value();
    ASSERT_TRUE(world->matters().Record(officer, matter, "MEETING_CLOSED", std::nullopt, "").ok());
  }
  std::filesystem::remove_all(base_.path() + "/data");
  std::filesystem::copy(copy, base_.path() + "/data", std::filesystem::copy_options::recursive);
  TestVault world(nullptr, base_.path());
  const Status opened = world.TryUnseal();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Errc::kConflict);
  EXPECT_NE(opened.error().detail.find("copy"), std::string::npos) << opened.error().detail;
}

TEST(InitVaultTest, WhatIsRefusedLeavesNothingBehind) {
  TestVault world;
  const auto refused = [&](const std::function<void(InitOptions&, VaultPlace&)>& spoil) {
    InitOptions options;
    options.name = "Partnership";
    options.unit = Agency("unit");
    options.officer.email = TestVault::kOfficer;
    options.officer.password = Plaintext::CopyOf(AsBytes(TestVault::kPassword));
    options.passphrase = Plaintext::CopyOf(AsBytes(TestVault::kPassphrase));
    VaultPlace place = world.place();
    spoil(options, place);
    auto made = InitVault(world.world(), place, std::move(options));
    EXPECT_FALSE(made.ok());
    EXPECT_TRUE(std::filesystem::is_empty(world.folder()));
    return made.ok() ? Errc::kNotFound : made.error().code;
  };
  EXPECT_EQ(refused([](InitOptions& o, VaultPlace&) {
              o.officer.password = Plaintext::CopyOf(AsBytes("too short"));
            }),
            Errc::kInvalid);
  EXPECT_EQ(refused([](InitOptions& o, VaultPlace&) { o.officer.email = "nobody"; }),
            Errc::kInvalid);
  EXPECT_EQ(refused([](InitOptions&, VaultPlace& p) { p.cells = {"file:" + p.data + "/cell"}; }),
            Errc::kInvalid);
  EXPECT_EQ(refused([](InitOptions& o, VaultPlace& p) {
              o.passphrase = Plaintext();
              o.credential_path = p.data + "/credential";
            }),
            Errc::kInvalid);
  EXPECT_EQ(refused([](InitOptions&, VaultPlace& p) { p.cells = {"tpm:/dev/tpm0"}; }),
            Errc::kInvalid);
}

TEST_F(Recovery, TwoProcessesNeverWorkInOneFolder) {
  TestVault first(nullptr, base_.path());
  first.Unseal();
  TestVault second(nullptr, base_.path());
  const Status refused = second.TryUnseal();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kConflict);
  first.Seal();
  EXPECT_TRUE(second.TryUnseal().ok());
}

TEST_F(Recovery, AWrongPassphraseOrDateOpensNothing) {
  TestVault world(nullptr, base_.path());
  auto sealed = SealedVault::At(world.world(), world.place());
  ASSERT_TRUE(sealed.ok());
  auto wrong = sealed.value().UnsealWithPassphrase(AsBytes("not the passphrase"), std::nullopt);
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, Errc::kDenied);
  auto dated = sealed.value().UnsealWithPassphrase(AsBytes(TestVault::kPassphrase),
                                                   Day::Parse("2026-02-13").value());
  ASSERT_FALSE(dated.ok());
  EXPECT_EQ(dated.error().code, Errc::kInvalid);
}

TEST_F(Recovery, WithoutAConfirmedDateNothingOpensAndNothingFallsDue) {
  TestVault world(nullptr, base_.path());
  auto sealed = SealedVault::At(world.world(), world.place());
  ASSERT_TRUE(sealed.ok());
  auto opened = sealed.value().UnsealWithPassphrase(AsBytes(TestVault::kPassphrase), std::nullopt);
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  Vault& vault = *opened.value();
  auto secret = vault.people().SignIn("POL@police.example", AsBytes(TestVault::kPassword));
  ASSERT_TRUE(secret.ok());
  auto police = vault.people().Resume(secret.value().view());
  ASSERT_TRUE(police.ok());
  auto read = vault.documents().Open(police.value(), {form_, std::nullopt, ""});
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Errc::kUnavailable);
  auto sweep = vault.sweep().Run(std::nullopt, SweepMode::kAct);
  ASSERT_FALSE(sweep.ok());
  EXPECT_EQ(sweep.error().code, Errc::kUnavailable);
  ASSERT_TRUE(vault.Anchor(std::nullopt, Day::Parse("2026-02-12").value()).ok());
  EXPECT_TRUE(vault.documents().Open(police.value(), {form_, std::nullopt, ""}).ok());
}

}  // namespace
}  // namespace vault
