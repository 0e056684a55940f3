// Documents and records for named readers: to whom they open, and what everybody else is told.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/disposal_world.h"
#include "vault/readers.h"
#include "vault/search.h"
#include "vault/shares.h"

namespace vault {
namespace {

constexpr std::string_view kAuthor = "author@pol.example";
constexpr std::string_view kColleague = "colleague@pol.example";

class NamedReadersTest : public DisposalWorld {
 protected:
  void SetUp() override {
    DisposalWorld::SetUp();
    Actor officer = Officer();
    for (const std::string_view email : {kAuthor, kColleague}) {
      world.AddPerson(officer, email, "POL", {"AUD"});
      ASSERT_TRUE(world->matters().AddMember(officer, matter, email, "").ok());
    }
    Actor author = world.SignIn(kAuthor);
    auto written = world->records().Add(author, matter, Neighbour({}));
    ASSERT_TRUE(written.ok()) << written.error().detail;
    record = written.value().id;
  }
  static NewRecord Neighbour(std::vector<PersonId> readers) {
    NewRecord wish;
    wish.kind = "connected-person";
    wish.values = {{"subject", "Adult Alder"},
                   {"pseudonym", "Alder-Neighbour"},
                   {"relationship", "neighbour and complainant"},
                   {"third-party-risk", "yes"}};
    wish.readers = std::move(readers);
    return wish;
  }
  Result<RecordView> Show(std::string_view email) {
    Actor actor = world.SignIn(email);
    return world->records().Show(actor, matter, record, "");
  }
  std::string Relationship(std::string_view email) {
    auto view = Show(email);
    if (!view.ok()) return std::string(ErrcName(view.error().code));
    for (const FieldValue& value : view.value().values) {
      if (value.name == "relationship") return value.value;
    }
    return "";
  }
  Status Name(std::string_view by, std::string_view whom) {
    Actor actor = world.SignIn(by);
    return world->documents().NameReaders(actor, record, {world->people().Find(whom).value()});
  }
  std::vector<std::string> Who() {
    Actor officer = Officer();
    std::vector<std::string> open;
    auto readers = world->readers().Of(officer, record);
    EXPECT_TRUE(readers.ok());
    for (const ReaderView& view : readers.value()) {
      if (view.now.may_open) open.push_back(view.email);
    }
    return open;
  }
  DocumentId record;
};

TEST_F(NamedReadersTest, OnlyTheNamedReadAndEverybodyElseGetsTheAnswerOfNothing) {
  const std::string_view words = "neighbour and complainant";
  const std::size_t before = Logged("\nroute named\n");
  EXPECT_EQ(Relationship(kAuthor), words);
  EXPECT_EQ(Logged("\nroute named\n"), before + 1);
  // The unit's officer is named by the class.
  EXPECT_EQ(Relationship(TestVault::kOfficer), words);
  EXPECT_EQ(Logged("\nroute named\n"), before + 2);
  EXPECT_EQ(Who(),
            (std::vector<std::string>{std::string(kAuthor), std::string(TestVault::kOfficer)}));

  // A colleague of the same agency and their co-ordinator: as of a record that is not there.
  Actor colleague = world.SignIn(kColleague);
  auto nothing = world->records().Show(colleague, matter, DocumentId(alder.id.bytes()), "");
  ASSERT_FALSE(nothing.ok());
  for (const std::string_view email : {kColleague, kCoordinator}) {
    Actor actor = world.SignIn(email);
    auto shown = world->records().Show(actor, matter, record, "");
    ASSERT_FALSE(shown.ok());
    EXPECT_EQ(shown.error().code, nothing.error().code);
    EXPECT_EQ(shown.error().detail, nothing.error().detail);
    EXPECT_TRUE(world->records().List(actor, matter, "connected-person").value().empty());
    auto set = world->records().Set(actor, matter, {record, {{"third-party-risk", "no"}}, ""});
    ASSERT_FALSE(set.ok());
    EXPECT_EQ(set.error().detail, nothing.error().detail);
    EXPECT_EQ(Name(email, kColleague).error().code, Errc::kNotFound);
    EXPECT_EQ(world->documents().Show(actor, record).error().code, Errc::kNotFound);
  }
  // Nobody's list shows a value, and the server's own label holds none.
  const auto list = world->records().List(world.SignIn(kAuthor), matter, "connected-person");
  ASSERT_EQ(list.value().size(), 1u);
  EXPECT_TRUE(list.value().front().values.empty());
  EXPECT_TRUE(list.value().front().may_open);
}

TEST_F(NamedReadersTest, WhoIsNamedReadsEveryVersionAndWhoHasNoPartCannotBe) {
  Actor author = world.SignIn(kAuthor);
  ASSERT_TRUE(
      world->records().Set(author, matter, {record, {{"relationship", "a neighbour"}}, ""}).ok());
  // Those who were named stay so.
  EXPECT_EQ(Relationship(TestVault::kOfficer), "a neighbour");
  EXPECT_EQ(Relationship(kColleague), "not-found");
  ASSERT_TRUE(Name(kAuthor, kColleague).ok());
  EXPECT_EQ(Logged("type reader.named"), 2u);  // both versions
  EXPECT_EQ(Relationship(kColleague), "a neighbour");
  EXPECT_EQ(Relationship(kCoordinator), "not-found");
  // The one who was named may change it, and it stays with its readers.
  Actor colleague = world.SignIn(kColleague);
  ASSERT_TRUE(
      world->records().Set(colleague, matter, {record, {{"relationship", "gone"}}, ""}).ok());
  EXPECT_EQ(Relationship(kAuthor), "gone");
  EXPECT_EQ(Name(kAuthor, kIgo).error().code, Errc::kInvalid);
  // Named from the start.
  NewRecord other = Neighbour({world->people().Find(kCoordinator).value()});
  other.values[1].value = "Alder-Brother";
  Actor again = world.SignIn(kAuthor);
  auto written = world->records().Add(again, matter, other);
  ASSERT_TRUE(written.ok()) << written.error().detail;
  Actor coordinator = world.SignIn(kCoordinator);
  EXPECT_TRUE(world->records().Show(coordinator, matter, written.value().id, "").ok());
  NewRecord plain;
  plain.kind = "action";
  plain.values = {{"text", "x"}, {"owner", "POL"}, {"due", "2026-07-31"}, {"status", "open"}};
  plain.readers = {coordinator.person()};
  EXPECT_EQ(world->records().Add(Officer(), matter, plain).error().code, Errc::kInvalid);
}

TEST_F(NamedReadersTest, ANameSurvivesANewPasswordAndEndsWithAResetOrThePerson) {
  const std::string_view words = "neighbour and complainant";
  {
    Actor author = world.SignIn(kAuthor);
    ASSERT_TRUE(
        world->people()
            .ChangePassword(author, AsBytes(TestVault::kPassword), AsBytes("another long password"))
            .ok());
    Actor anew = world.SignInWith(kAuthor, "another long password").value();
    EXPECT_TRUE(world->records().Show(anew, matter, record, "").ok());
  }
  ASSERT_TRUE(world->people()
                  .Reset(Officer(), kAuthor, Plaintext::CopyOf(AsBytes(TestVault::kPassword)))
                  .ok());
  EXPECT_EQ(Relationship(kAuthor), "not-found");
  ASSERT_TRUE(Name(TestVault::kOfficer, kAuthor).ok());
  EXPECT_EQ(Relationship(kAuthor), words);
  ASSERT_TRUE(world->people().End(Officer(), kAuthor).ok());
  EXPECT_EQ(Who(), std::vector<std::string>{std::string(TestVault::kOfficer)});
  Inside([&](KeyKeeper&, Database& database) {
    EXPECT_EQ(Number(database, "SELECT count(*) FROM named_box"), 1);
    EXPECT_EQ(Number(database,
                     "SELECT count(*) FROM object_box JOIN document ON document.id = "
                     "object_box.object WHERE document.class = 'KEY'"),
              0);
  });
}

TEST_F(NamedReadersTest, AFileForNamedReadersHasNoBoxForACompartment) {
  Actor officer = Officer();
  auto filed = world.File(officer, matter, "KEY", "unit", std::nullopt, "Alder is R. Name");
  ASSERT_TRUE(filed.ok()) << filed.error().detail;
  EXPECT_EQ(world.Read(Officer(), filed.value().id).value(), "Alder is R. Name");
  // An information governance officer with a task reads it no more than a colleague.
  Event("FORMS_ISSUED", "2026-02-12T08:00");
  ASSERT_TRUE(world->matters().AddMember(Officer(), matter, kIgo, "control").ok());
  Actor igo = Igo();
  auto read = world->documents().Open(igo, {filed.value().id, std::nullopt, "request"});
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Errc::kNotFound);
  // Another officer who was named later reads it.
  world.AddPerson(Officer(), "second@unit.example", "unit", {"BUO"});
  officer = Officer();
  const PersonId second = world->people().Find("second@unit.example").value();
  ASSERT_TRUE(world->matters().HandOver(officer, second).ok());
  EXPECT_FALSE(world.Read(world.SignIn("second@unit.example"), filed.value().id).ok());
  ASSERT_TRUE(world->documents().NameReaders(officer, filed.value().id, {second}).ok());
  EXPECT_EQ(world.Read(world.SignIn("second@unit.example"), filed.value().id).value(),
            "Alder is R. Name");
}

TEST_F(NamedReadersTest, ALinkAndASearchGiveNothingAway) {
  Actor officer = Officer();
  auto filed = world.File(officer, matter, "KEY", "unit", std::nullopt, "Alder is R. Name");
  ASSERT_TRUE(filed.ok());
  NewShare share;
  share.documents = {filed.value().id};
  share.recipient = "somebody@court.example";
  share.until = At("2026-03-01T00:00");
  share.uses = 1;
  EXPECT_EQ(world->shares().Make(officer, share).error().code, Errc::kInvalid);
  SearchWish wish;
  wish.class_code = "KEY";
  EXPECT_EQ(world->search().Find(officer, wish).value().hits.size(), 2u);
  Actor igo = Igo();
  EXPECT_TRUE(world->search().Find(igo, wish).value().hits.empty());
  // An excluded member is not named, whatever their role.
  ASSERT_TRUE(world->people().Exclude(officer, matter, alder, kColleague, "a neighbour").ok());
  EXPECT_EQ(Name(kAuthor, kColleague).error().code, Errc::kInvalid);
}

}  // namespace
}  // namespace vault
