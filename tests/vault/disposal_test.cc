// What becomes of a destruction that does not go through at once: a copy that has still to erase,
// sealed bytes that were left, steps that fail, and a service that stops in between.
#include "vault/disposal.h"

#include "tests/support/disposal_world.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

bool Says(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

class DisposalTest : public DisposalWorld {
 protected:
  // OneDue files a record that the clock alone ends, and moves to its day.
  void OneDue() {
    record = File("LLI", std::nullopt, "a longlist");
    Event("SELECTION_DECIDED", "2026-02-12T09:00");
    world.MoveTo("2026-02-27T09:00");
  }
  DisposalId Only(std::string_view state) {
    const std::vector<DisposalView> views = InState(state);
    EXPECT_EQ(views.size(), 1u) << state;
    return views.empty() ? DisposalId() : views[0].id;
  }
  // Interrupt leaves the destroyed record as a service that stopped before its certificate.
  void Interrupt(std::string_view also) {
    Inside([&](KeyKeeper&, Database& database) {
      ASSERT_TRUE(
          database
              .Execute("UPDATE disposal SET state = 'tidying', certificate = NULL, search = NULL;"
                       "INSERT INTO disposal_item SELECT disposal.id, version.slot, 1, "
                       "version.document, version.version, 'document o:x version 1' FROM disposal, "
                       "version WHERE version.state = 'destroyed'")
              .ok());
      ASSERT_TRUE(database.Execute(also).ok());
    });
  }
  DocumentId record;
};

class ProvisionalTest : public DisposalTest {
 protected:
  void SetUp() override {
    DisposalTest::SetUp();
    ASSERT_FALSE(HasFatalFailure());
    const Status added = world->custody().Add(std::nullopt, {standby(), {}});
    ASSERT_TRUE(added.ok()) << added.error().detail;
    OneDue();
    ASSERT_FALSE(HasFatalFailure());
    faults.standby_lost_once_staged = true;
    EXPECT_EQ(Sweep().destroyed.size(), 1u);
    id = Only("provisional");
    auto file = world->disposal().Certificate(id);
    ASSERT_TRUE(file.ok());
    first_file = file.value();
    first = CertificateOf(id);
  }
  std::string standby() const { return world.folder() + "/standby"; }
  // Present lets the standby's tree take what is written again.
  void Present() {
    faults.standby_lost_once_staged = false;
    faults.standby_tree_away = false;
  }
  // SecretsInCell counts the secrets that the standby's cell still holds.
  int SecretsInCell() const {
    std::ifstream in(standby() + ".cell", std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    const std::string bytes = all.str();
    int count = 0;
    for (std::size_t at = bytes.find("SEC1"); at != std::string::npos;
         at = bytes.find("SEC1", at + 1)) {
      ++count;
    }
    return count;
  }
  DisposalId id;
  std::string first;
  std::string first_file;
};

TEST_F(ProvisionalTest, ACopyLostOnTheWayIsSaidUntilItHasErased) {
  EXPECT_TRUE(Says(first, "kind: provisional: a copy of the key tree has still to erase\n"));
  EXPECT_TRUE(Says(first, "copies: 1 of 2 copies of the key tree"));
  EXPECT_TRUE(Says(first, "copy 2: cells file; not reached"));
  EXPECT_EQ(Debt(DebtReason::kProvisional), 1u);
  EXPECT_EQ(Logged("type disposal.certificate\n"), Logged("kind provisional\n"));
  // The old secret of the standby is there, beside the one that was staged.
  EXPECT_EQ(SecretsInCell(), 2);
  Actor coordinator = world.SignIn(kCoordinator);
  EXPECT_FALSE(world.Read(coordinator, record).ok());

  // Nothing is final while it is away, however often somebody asks.
  ASSERT_TRUE(world->disposal().Resume().ok());
  EXPECT_FALSE(world->custody().Rejoin().ok());
  EXPECT_EQ(Only("provisional"), id);
  // Nor when it is back and its old secret cannot be overwritten.
  Present();
  faults.standby_cell_away = true;
  EXPECT_FALSE(world->custody().Rejoin().ok());
  ASSERT_TRUE(world->disposal().Resume().ok());
  EXPECT_EQ(Only("provisional"), id);
  EXPECT_EQ(Logged("kind final\n"), 0u);

  faults.standby_cell_away = false;
  world.MoveTo("2026-03-02T10:15");
  const Status rejoined = world->custody().Rejoin();
  ASSERT_TRUE(rejoined.ok()) << rejoined.error().detail;
  EXPECT_EQ(SecretsInCell(), 1);
  EXPECT_EQ(Only("done"), id);
  EXPECT_EQ(Debt(), 0u);
  EXPECT_EQ(Logged("kind final\n"), 1u);
  const std::string last = CertificateOf(id);
  EXPECT_TRUE(Says(last, "kind: final\n"));
  EXPECT_TRUE(Says(last, "copies: 2 of 2 copies of the key tree"));
  EXPECT_TRUE(Says(last, "destroyed: 2026-02-27T"));
  EXPECT_TRUE(Says(last, "last copy erased: 2026-03-02T"));
  EXPECT_TRUE(Says(last, "SHA-256 " + CertificateDigest(first) + "\n"));
  EXPECT_TRUE(Says(last, "class LLI of agency POL"));
  // Once is enough.
  ASSERT_TRUE(world->disposal().Resume().ok());
  EXPECT_EQ(Logged("kind final\n"), 1u);
  // What was given out before verifies as what it was.
  auto key = NoteKey::Parse(world.log_key());
  auto older = VerifyCertificate(first_file, key.value());
  ASSERT_TRUE(older.ok()) << older.error().detail;
  EXPECT_EQ(older.value().text, first);
}

TEST_F(ProvisionalTest, AStartFinishesItToo) {
  world.Seal();
  Present();
  world.Unseal();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(Only("done"), id);
  EXPECT_EQ(SecretsInCell(), 1);
  // How the date was known when it was destroyed, not when it was written anew.
  EXPECT_TRUE(Says(CertificateOf(id), "clock: date confirmed by a person\n"));
}

TEST_F(ProvisionalTest, ACopyThatIsGivenUpStaysAnException) {
  ASSERT_EQ(world->custody().Evict(Officer()).value(), Eviction::kProposed);
  EXPECT_EQ(Only("provisional"), id);
  auto done = world->custody().Evict(Igo());
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(done.value(), Eviction::kDone);
  EXPECT_EQ(Only("done"), id);
  const std::string last = CertificateOf(id);
  EXPECT_TRUE(Says(last, "kind: final\n"));
  EXPECT_TRUE(Says(last, "copies: 1 of 1 copies"));
  EXPECT_TRUE(Says(last, "copy 2: cells file; given up by two people"));
  EXPECT_FALSE(Says(last, "last copy erased"));
  EXPECT_EQ(SecretsInCell(), 2);
}

class LeftoverTest : public DisposalTest {
 protected:
  // Seed leaves the record's sealed name on a free page, as a library that zeroes nothing would.
  void Seed() {
    Inside([](KeyKeeper&, Database& database) {
      // On many pages: what is written until the search takes some of them.
      ASSERT_TRUE(database
                      .Execute("PRAGMA secure_delete = OFF; CREATE TABLE stray(x BLOB) STRICT; "
                               "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                               "WHERE i < 2000) INSERT INTO stray SELECT name FROM version, n; "
                               "DROP TABLE stray")
                      .ok());
      ASSERT_TRUE(database.TruncateLog().ok());
    });
    world.Unseal();
  }
  // Refuse lets no register of this size be made anew: its log would become as long as the file.
  void Refuse() {
    Inside([](KeyKeeper&, Database& database) {
      ASSERT_TRUE(database
                      .Execute("CREATE TABLE filler(x BLOB) STRICT; "
                               "INSERT INTO filler VALUES(zeroblob(3000000))")
                      .ok());
      ASSERT_TRUE(database.TruncateLog().ok());
    });
    faults.no_long_log = true;
    world.Unseal();
  }
};

TEST_F(LeftoverTest, OfAnOrdinaryDestructionThereAreNone) {
  OneDue();
  Sweep();
  const std::string text = CertificateOf(Only("done"));
  EXPECT_TRUE(Says(text, "searched: every page of the register on its device"));
  EXPECT_TRUE(Says(text, " sealed values is left\n"));
  EXPECT_FALSE(Says(text, "exception"));
  EXPECT_EQ(Logged("type incident.leftover\n"), 0u);
}

TEST_F(LeftoverTest, IsGoneBeforeTheCertificateIsWritten) {
  OneDue();
  Seed();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(Sweep().destroyed.size(), 1u);
  const std::string text = CertificateOf(Only("done"));
  EXPECT_TRUE(Says(text,
                   "sealed values is left; what page splits had left of them was found, and "
                   "the file made anew 2026-02-27T09:00"));
  EXPECT_FALSE(Says(text, "exception"));
  EXPECT_EQ(Logged("type register.rewritten\n"), 1u);
  EXPECT_EQ(Logged("type incident.leftover\n"), 0u);
  EXPECT_EQ(Debt(), 0u);
}

TEST_F(LeftoverTest, InAFileThatCannotBeMadeAnewIsAnIncidentADebtAndAnException) {
  OneDue();
  Refuse();
  Seed();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(Sweep().destroyed.size(), 1u);
  const DisposalId id = Only("done");
  const std::string first = CertificateOf(id);
  EXPECT_TRUE(Says(first, "exception: 1 of "));
  EXPECT_TRUE(Says(first, "still found in the register's file; their key is destroyed\n"));
  EXPECT_FALSE(Says(first, "searched:"));
  EXPECT_EQ(Logged("type incident.leftover\n"), 1u);
  EXPECT_EQ(Debt(DebtReason::kLeftover), 1u);
  const auto warnings = world->debt().Warnings().value();
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(Says(warnings[0], "still found in the register's file"));
  // A sweep that cannot either leaves it in debt.
  Sweep();
  EXPECT_EQ(Debt(DebtReason::kLeftover), 1u);
  // Nor does a service that forgot meanwhile what it looked for.
  world.Seal();
  world.Unseal();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(Debt(DebtReason::kLeftover), 1u);
  faults.no_long_log = false;
  Sweep();
  EXPECT_EQ(Debt(), 0u);
  const std::string last = CertificateOf(id);
  EXPECT_TRUE(Says(last, "the file made anew 2026-02-27T09:00"));
  EXPECT_TRUE(Says(last, "SHA-256 " + CertificateDigest(first)));
  EXPECT_EQ(Logged("type incident.leftover\n"), 1u);
  EXPECT_EQ(Logged("type disposal.certificate\n"), 2u);
}

TEST_F(LeftoverTest, ThatCouldNotBeSearchedForIsAnExceptionToo) {
  OneDue();
  Sweep();
  Interrupt("UPDATE version SET findings = NULL");
  world.Unseal();
  ASSERT_FALSE(HasFatalFailure());
  const std::string text = CertificateOf(Only("done"));
  EXPECT_TRUE(Says(text, "exception: the register's pages were not searched"));
  EXPECT_FALSE(Says(text, "searched:"));
  EXPECT_EQ(Debt(), 0u);
}

TEST_F(DisposalTest, AStepThatFailsIsTriedAgainEscalatedAndNeverDropped) {
  OneDue();
  Sweep();
  // A row that says what is destroyed: no certificate is written over it.
  Interrupt("UPDATE version SET name = X'00' WHERE state = 'destroyed'");
  world.Unseal();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(Debt(DebtReason::kUnproved), 1u);
  const auto failures = [&] { return world->disposal().List().value()[0].failures; };
  EXPECT_EQ(failures(), 1u);
  EXPECT_EQ(Logged("type incident.disposal\n"), 0u);
  EXPECT_EQ(Sweep().debt, 1u);
  EXPECT_EQ(Sweep().debt, 1u);
  EXPECT_EQ(failures(), 3u);
  EXPECT_EQ(Logged("type incident.disposal\n"), 1u);
  Sweep();
  EXPECT_EQ(Logged("type incident.disposal\n"), 1u);
  // A day later it is said again.
  world.MoveTo("2026-02-28T10:00");
  Sweep();
  EXPECT_EQ(Logged("type incident.disposal\n"), 2u);
  auto none = world->disposal().Certificate(world->disposal().List().value()[0].id);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, Errc::kConflict);
  // Put right, it goes through by itself.
  Inside([](KeyKeeper&, Database& database) {
    ASSERT_TRUE(database.Execute("UPDATE version SET name = NULL").ok());
  });
  world.Unseal();
  EXPECT_EQ(Debt(), 0u);
  Only("done");
}

TEST_F(DisposalTest, ALinkIsToldBesideTheLoansAndEndsUnderItsMatter) {
  const DocumentId form = File("FRM", alder.id, "a form");
  Actor officer = Officer();
  NewShare wish;
  wish.recipient = "reader@elsewhere.example";
  wish.documents = {form};
  wish.until = At("2026-03-01T12:00");
  wish.uses = 3;
  auto made = world->shares().Make(officer, wish);
  ASSERT_TRUE(made.ok()) << made.error().detail;
  auto why = world->explain().Document(form);
  ASSERT_TRUE(why.ok()) << why.error().detail;
  ASSERT_EQ(why.value().links.size(), 1u);
  EXPECT_EQ(why.value().links[0].id, made.value().id.ToHex());
  EXPECT_EQ(why.value().links[0].ends, At("2026-03-01T12:00"));
  EXPECT_EQ(why.value().links[0].uses, 3u);
  EXPECT_TRUE(Says(why.value().text, "1 running link carries it (until 1 March 2026, used 0 of 3"));
  EXPECT_FALSE(Says(why.value().text, "elsewhere"));
  const DocumentId third = File("LLI", std::nullopt, "without a link");
  EXPECT_TRUE(Says(world->explain().Document(third).value().text, "No running link carries it"));
  ASSERT_TRUE(world->shares().End(officer, made.value().id).ok());
  EXPECT_TRUE(world->explain().Document(form).value().links.empty());
  const std::string text = CertificateOf(Only("done"));
  EXPECT_TRUE(Says(text, "object: link o:"));
  Inside([&](KeyKeeper&, Database& database) {
    EXPECT_EQ(Number(database,
                     "SELECT count(*) FROM disposal WHERE kind = 'disposal' AND "
                     "matter IS (SELECT id FROM matter)"),
              1);
  });
}

}  // namespace
}  // namespace vault
