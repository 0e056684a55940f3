// Rows that decide who receives a key: edited, planted and older ones are refused, and nothing
// personal stands in the register in clear.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/edit_register.h"
#include "tests/support/test_vault.h"

namespace vault {
namespace {

class Rows : public ::testing::Test {
 protected:
  void SetUp() override {
    world.Init();
    world.Unseal();
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    Actor officer = world.SignIn(TestVault::kOfficer);
    ASSERT_TRUE(world->agencies().Add(officer, Agency("POL"), "Marl Constabulary").ok());
    ASSERT_TRUE(world->agencies().Add(officer, Agency("HSG"), "Fenbrook").ok());
    world.AddPerson(officer, "coordinator@pol.example", "POL", {"AAC"});
    world.AddPerson(officer, "coordinator@hsg.example", "HSG", {"AAC"});
    auto made =
        world->matters().New(officer, {"macfa", "Secret title words", At("2026-04-09T09:30"), ""});
    ASSERT_TRUE(made.ok()) << made.error().detail;
    matter = std::move(made).value();
    auto subject =
        world->matters().AddSubject(officer, matter, {"Adult Alder", "Alice Realname", {}});
    ASSERT_TRUE(subject.ok());
    const SubjectRow row = world->matter_rows().FindSubject(matter.id, "Adult Alder").value();
    for (const char* agency : {"POL", "HSG"}) {
      ASSERT_TRUE(world->matters().Involve(officer, matter, row, Agency(agency)).ok());
    }
    ASSERT_TRUE(world->matters().AddMember(officer, matter, "coordinator@pol.example", "").ok());
    ASSERT_TRUE(world->matters().AddMember(officer, matter, "coordinator@hsg.example", "").ok());
    auto filed = world.File(world.SignIn("coordinator@pol.example"), matter, "FRM", "POL", row.id,
                            "police on Alder");
    ASSERT_TRUE(filed.ok()) << filed.error().detail;
    form = filed.value().id;
    subject_row = row;
  }

  // Edit runs SQL on the register behind the vault's back, as whoever could write the file would.
  void Edit(std::string_view sql) {
    world.Seal();
    EditSealed(sql);
    world.Unseal();
  }
  void EditSealed(std::string_view sql) {
    EditRegister(world.place(), world.world().unseal_cost, sql);
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
  Errc ReadError(std::string_view email) {
    auto actor = world.SignInWith(email, TestVault::kPassword);
    if (!actor.ok()) return actor.error().code;
    auto text = world.Read(actor.value(), form);
    EXPECT_FALSE(text.ok());
    return text.ok() ? Errc::kInvalid : text.error().code;
  }

  TestVault world;
  MatterRow matter;
  SubjectRow subject_row;
  DocumentId form;
};

TEST_F(Rows, AnEditedRoleIsRefused) {
  Edit("UPDATE role SET code = 'BUO' WHERE code = 'AAC'");
  auto actor = world.SignInWith("coordinator@hsg.example", TestVault::kPassword);
  ASSERT_FALSE(actor.ok());
  EXPECT_EQ(actor.error().code, Errc::kCorrupt);
}

TEST_F(Rows, AMemberMovedToAnotherPartyIsRefused) {
  Edit(
      "UPDATE member SET party = (SELECT party FROM compartment WHERE agency = 'POL') "
      "WHERE party = (SELECT party FROM compartment WHERE agency = 'HSG')");
  EXPECT_EQ(ReadError("coordinator@hsg.example"), Errc::kCorrupt);
}

TEST_F(Rows, ASwappedCompartmentKeyIsRefused) {
  Edit(
      "UPDATE compartment SET public_key = (SELECT public_key FROM compartment WHERE "
      "agency = 'HSG') WHERE agency = 'POL'");
  EXPECT_EQ(ReadError("coordinator@pol.example"), Errc::kCorrupt);
}

TEST_F(Rows, ALoanThatSomebodyElseMadeOpenStaysClosed) {
  Edit("UPDATE loan SET state = 'open' WHERE kind = 'pack'");
  EXPECT_EQ(ReadError("coordinator@hsg.example"), Errc::kNotFound);
  EXPECT_EQ(Logged("type loan.released\n"), 0u);
  Edit("UPDATE loan SET ends = 4000000000 WHERE kind = 'pack'");
  EXPECT_EQ(ReadError("coordinator@hsg.example"), Errc::kNotFound);
  // The owner's own key does not hang on any loan.
  auto police = world.SignInWith("coordinator@pol.example", TestVault::kPassword);
  ASSERT_TRUE(police.ok());
  EXPECT_EQ(world.Read(police.value(), form).value(), "police on Alder");
}

TEST_F(Rows, ARenamedEventIsNoOtherEvent) {
  Actor officer = world.SignIn(TestVault::kOfficer);
  ASSERT_TRUE(world->matters().Record(officer, matter, "FORMS_ISSUED", std::nullopt, "early").ok());
  Edit("UPDATE matter_event SET name = 'PACK_RELEASED'");
  EXPECT_EQ(ReadError("coordinator@hsg.example"), Errc::kCorrupt);
  // Two briefs were opened by the real event, and no pack by the false one.
  EXPECT_EQ(Logged("type loan.released\n"), 2u);
  EXPECT_EQ(Logged("kind pack\n"), 0u);
}

TEST_F(Rows, AnOlderRowOfAPersonNamesADeadKeyAndIsRefused) {
  Edit(
      "CREATE TABLE old_person AS SELECT * FROM person; "
      "CREATE TABLE old_role AS SELECT * FROM role; "
      "CREATE TABLE old_member AS SELECT * FROM member;");
  Actor police = world.SignIn("coordinator@pol.example");
  ASSERT_TRUE(
      world->people()
          .ChangePassword(police, AsBytes(TestVault::kPassword), AsBytes("another long password"))
          .ok());
  Edit(
      "DELETE FROM member; DELETE FROM role; "
      "UPDATE person SET slot = (SELECT slot FROM old_person o WHERE o.id = person.id), "
      "email = (SELECT email FROM old_person o WHERE o.id = person.id), "
      "password = (SELECT password FROM old_person o WHERE o.id = person.id), "
      "row_version = (SELECT row_version FROM old_person o WHERE o.id = person.id), "
      "mac = (SELECT mac FROM old_person o WHERE o.id = person.id); "
      "INSERT INTO role SELECT * FROM old_role; INSERT INTO member SELECT * FROM old_member; "
      "DROP TABLE old_person; DROP TABLE old_role; DROP TABLE old_member;");
  EXPECT_FALSE(world.SignInWith("coordinator@pol.example", TestVault::kPassword).ok());
}

TEST_F(Rows, ASwappedBlobIsCorrupt) {
  Actor housing = world.SignIn("coordinator@hsg.example");
  auto other = world.File(housing, matter, "FRM", "HSG", subject_row.id, "housing on Alder");
  ASSERT_TRUE(other.ok());
  Edit(
      "UPDATE version SET blob = (SELECT blob FROM version v WHERE v.document != "
      "version.document LIMIT 1) WHERE document = x'" +
      form.ToHex() + "'");
  auto police = world.SignInWith("coordinator@pol.example", TestVault::kPassword);
  ASSERT_TRUE(police.ok());
  auto text = world.Read(police.value(), form);
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().code, Errc::kCorrupt);
}

TEST_F(Rows, NothingPersonalStandsInAnyFileInClear) {
  world.Seal();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(world.folder())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    std::ostringstream bytes;
    bytes << stream.rdbuf();
    for (const char* word : {"Secret title", "Alice Realname", "Adult Alder", "police on Alder",
                             "coordinator@", "form.docx", "MACFA-2026"}) {
      EXPECT_EQ(bytes.str().find(word), std::string::npos)
          << word << " in " << entry.path().filename();
    }
  }
}

TEST_F(Rows, BoxesHaveTheSizesOfTheFormat) {
  world.Seal();
  Edit(
      "CREATE TABLE sizes AS SELECT (SELECT max(length(escrow)) FROM compartment) AS escrow, "
      "(SELECT min(length(lockbox)) FROM member) AS lockbox, "
      "(SELECT max(length(box)) FROM object_box) AS box, "
      "(SELECT max(length(box)) FROM loan_box) AS loan_box;"
      "CREATE TABLE right_sizes(ok INTEGER NOT NULL CHECK(ok = 1));"
      "INSERT INTO right_sizes SELECT escrow = 144 AND lockbox = 144 + 40 AND box = 104 AND "
      "loan_box = 104 + 40 FROM sizes;"
      "DROP TABLE sizes; DROP TABLE right_sizes;");
}

}  // namespace
}  // namespace vault
