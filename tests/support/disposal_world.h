// DisposalWorld: a vault with a matter, a subject, two agencies and the two people who decide.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/test_vault.h"
#include "vault/audit/certificate_file.h"
#include "vault/keys/unseal.h"

namespace vault {

// UnlinkFaults loses every unlink of a blob while it is switched on, and everything that is written
// to the standby's tree, register or cell while these are away, or to the register's log beyond a
// mebibyte. `heard`, set while nothing else runs, is told of every step before it is taken.
class UnlinkFaults final : public DiskObserver {
 public:
  DiskVerdict OnStep(const DiskStep& step) override {
    if (heard) heard(step);
    const auto in = [&](std::string_view part) {
      return step.path.find(part) != std::string_view::npos;
    };
    if (standby_lost_once_staged && in("/standby.cell")) standby_tree_away = true;
    const bool lost = (on && in("/blobs/") && step.action == DiskAction::kUnlink) ||
                      (no_long_log && step.action == DiskAction::kWrite && in("/register.db-wal") &&
                       step.offset >= std::uint64_t{1} << 20) ||
                      (standby_tree_away && in("/standby/keys.db")) ||
                      (standby_register_away && in("/standby/register.db")) ||
                      (standby_cell_away && in("/standby.cell"));
    return lost ? DiskVerdict::kLose : DiskVerdict::kProceed;
  }
  std::function<void(const DiskStep&)> heard;
  bool on = false;
  // The standby is lost in the middle of an epoch: after its cell took the new secret.
  bool standby_lost_once_staged = false;
  bool standby_tree_away = false;
  bool standby_register_away = false;
  bool standby_cell_away = false;
  bool no_long_log = false;
};

class DisposalWorld : public ::testing::Test {
 protected:
  static constexpr std::string_view kIgo = "igo@unit.example";
  static constexpr std::string_view kSecondIgo = "igo2@unit.example";
  static constexpr std::string_view kCoordinator = "coordinator@pol.example";

  void SetUp() override {
    world.Init();
    ASSERT_FALSE(HasFatalFailure());
    world.Unseal();
    ASSERT_FALSE(HasFatalFailure());
    Actor officer = Officer();
    world.AddPerson(officer, kIgo, "unit", {"IGO"});
    world.AddPerson(officer, kSecondIgo, "unit", {"IGO"});
    ASSERT_TRUE(world->agencies().Add(officer, Agency("POL"), "Police").ok());
    world.AddPerson(officer, kCoordinator, "POL", {"AAC"});
    auto made = world->matters().New(officer, {"macfa", "Theme", At("2026-04-09T09:30"), ""});
    ASSERT_TRUE(made.ok()) << made.error().detail;
    matter = std::move(made).value();
    auto added = world->matters().AddSubject(officer, matter, {"Adult Alder", "Real Name", {}});
    ASSERT_TRUE(added.ok());
    alder = world->matter_rows().FindSubject(matter.id, "Adult Alder").value();
    ASSERT_TRUE(world->matters().Involve(officer, matter, alder, Agency("POL")).ok());
    ASSERT_TRUE(world->matters().AddMember(officer, matter, kCoordinator, "").ok());
  }

  Actor Officer() { return world.SignIn(TestVault::kOfficer); }
  Actor Igo() { return world.SignIn(kIgo); }
  DocumentId File(std::string_view code, const std::optional<SubjectId>& subject,
                  std::string_view content) {
    Actor actor = world.SignIn(kCoordinator);
    auto filed = world.File(actor, matter, code, "POL", subject, content);
    EXPECT_TRUE(filed.ok()) << filed.error().detail;
    return filed.ok() ? filed.value().id : DocumentId();
  }
  void Event(std::string_view name, std::string_view at) {
    Actor officer = Officer();
    auto outcome = world->matters().Record(officer, matter, name, At(at), "");
    ASSERT_TRUE(outcome.ok()) << outcome.error().detail;
  }
  SweepReport Swept(const std::optional<PersonId>& who, SweepMode mode) {
    auto report = world->sweep().Run(who, mode);
    EXPECT_TRUE(report.ok()) << report.error().detail;
    return report.ok() ? std::move(report).value() : SweepReport();
  }
  SweepReport Sweep() { return Swept(std::nullopt, SweepMode::kAct); }
  std::vector<DisposalView> InState(std::string_view state) {
    std::vector<DisposalView> out;
    auto all = world->disposal().List();
    EXPECT_TRUE(all.ok());
    for (DisposalView& view : all.value()) {
      if (view.state == state) out.push_back(std::move(view));
    }
    return out;
  }
  std::uint64_t Debt() { return world->debt().Count().value(); }
  std::uint64_t Debt(DebtReason reason) { return world->debt().ByReason().value()[reason]; }
  // Approved gives an approval and its first answer.
  Result<std::vector<Decided>> Approve(std::string_view who, const std::vector<DisposalId>& ids) {
    Actor actor = world.SignIn(who);
    return world->proposals().Approve(actor, ids, std::nullopt);
  }
  // ApproveAll lets the officer and the information governance officer approve what is proposed.
  void ApproveAll() {
    std::vector<DisposalId> ids;
    for (const DisposalView& view : InState("proposed")) ids.push_back(view.id);
    ASSERT_FALSE(ids.empty());
    for (const std::string_view who : {TestVault::kOfficer, kIgo}) {
      auto done = Approve(who, ids);
      ASSERT_TRUE(done.ok()) << done.error().detail;
    }
  }
  std::string CertificateOf(const DisposalId& id) {
    auto file = world->disposal().Certificate(id);
    EXPECT_TRUE(file.ok()) << (file.ok() ? "" : file.error().detail);
    auto key = NoteKey::Parse(world.log_key());
    auto verified = VerifyCertificate(file.value(), key.value());
    EXPECT_TRUE(verified.ok()) << (verified.ok() ? "" : verified.error().detail);
    return verified.ok() ? verified.value().text : "";
  }
  // Logged counts the entries of the audit log that hold these words.
  std::size_t Logged(std::string_view words) {
    const auto lock = world->Locked();
    std::size_t count = 0;
    for (std::uint64_t i = 0; i < world->log().size(); ++i) {
      count += world->log().EntryText(i).value().find(words) != std::string::npos ? 1 : 0;
    }
    return count;
  }
  // Inside opens register and tree of the sealed vault, as somebody with every key could.
  void Inside(const std::function<void(KeyKeeper&, Database&)>& look) {
    world.Seal();
    Disk disk(nullptr);
    FakeRandom random(9);
    const std::string data = world.place().data;
    auto file = disk.ReadAll(data + "/unseal", 4096);
    ASSERT_TRUE(file.ok());
    const StoreId store = KeyKeeper::ReadStoreId(disk, data + "/keys.db").value();
    auto unseal = UnwrapUnsealKey(file.value(), AsBytes(TestVault::kPassphrase), store,
                                  world.world().unseal_cost);
    ASSERT_TRUE(unseal.ok());
    KeyKeeperOptions options;
    options.tree_path = data + "/keys.db";
    options.cells.push_back(OpenFileCell(disk, data + ".cell", random).value());
    auto keeper = KeyKeeper::Open(disk, random, std::move(options), std::move(unseal).value());
    ASSERT_TRUE(keeper.ok()) << keeper.error().detail;
    auto database = Database::Open(disk, data + "/register.db",
                                   keeper.value()->RegisterDatabaseKey(), DatabaseMode::kWriter);
    ASSERT_TRUE(database.ok()) << database.error().detail;
    look(*keeper.value(), *database.value());
  }
  std::int64_t Number(Database& database, std::string_view sql) {
    auto query = database.Prepare(sql);
    auto found = query.Step();
    EXPECT_TRUE(found.ok() && found.value()) << sql;
    return query.Int(0);
  }

  UnlinkFaults faults;
  TestVault world{&faults};
  MatterRow matter;
  SubjectRow alder;
};

}  // namespace vault
