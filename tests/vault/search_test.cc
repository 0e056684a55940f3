// Search: by what is known of a matter, and by name without a name in the register.
#include "vault/search.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/disposal_world.h"

namespace vault {
namespace {

class SearchTest : public DisposalWorld {
 protected:
  void SetUp() override {
    DisposalWorld::SetUp();
    ASSERT_TRUE(world->matters()
                    .AddSubject(Officer(), matter, {"Adult Birch", "Mary O'Brien-Hill", {}})
                    .ok());
    form = File("FRM", alder.id, "police on Alder");
  }
  SearchAnswer Find(const SearchWish& wish) {
    auto answer = world->search().Find(Officer(), wish);
    EXPECT_TRUE(answer.ok()) << (answer.ok() ? "" : answer.error().detail);
    return answer.ok() ? std::move(answer).value() : SearchAnswer();
  }
  std::vector<std::string> Names(std::string_view name) {
    SearchWish wish;
    wish.name = name;
    std::vector<std::string> found;
    for (const SearchHit& hit : Find(wish).hits) found.push_back(hit.pseudonym);
    return found;
  }
  DocumentId form;
};

TEST_F(SearchTest, ANameIsFoundWordForWord) {
  using Found = std::vector<std::string>;
  EXPECT_EQ(Names("Real Name"), Found{"Adult Alder"});
  EXPECT_EQ(Names("name REAL"), Found{"Adult Alder"});
  EXPECT_EQ(Names("real"), Found{"Adult Alder"});
  EXPECT_EQ(Names("obrien"), Found{"Adult Birch"});
  EXPECT_EQ(Names("O'Brien"), Found{"Adult Birch"});
  EXPECT_EQ(Names("hill mary"), Found{"Adult Birch"});
  EXPECT_TRUE(Names("rea").empty());
  EXPECT_TRUE(Names("Real Hill").empty());
  EXPECT_EQ(world->search().Find(Officer(), {}).error().code, Errc::kInvalid);
  SearchWish nothing;
  nothing.name = "- ' -";
  EXPECT_EQ(world->search().Find(Officer(), nothing).error().code, Errc::kInvalid);
}

// People gives "reference pseudonym" of each subject, and a bar between people.
std::string People(const std::vector<std::vector<NamedSubject>>& repeated) {
  std::string text;
  for (const std::vector<NamedSubject>& person : repeated) {
    text += text.empty() ? "" : "| ";
    for (const NamedSubject& one : person) text += one.matter_ref + " " + one.pseudonym + " ";
  }
  return text;
}

TEST_F(SearchTest, APersonInSeveralMattersIsFoundByTheWordsOfTheirNameInAnyOrder) {
  Actor officer = Officer();
  const auto add = [&](const MatterRow& to, const char* pseudonym, const char* name,
                       const std::optional<Day>& born) {
    auto added = world->matters().AddSubject(officer, to, {pseudonym, name, born});
    EXPECT_TRUE(added.ok()) << (added.ok() ? "" : added.error().detail);
    return added.value().id;
  };
  const auto repeated = [&] { return People(world->search().Repeated(officer).value()); };
  EXPECT_EQ(repeated(), "");
  auto made = world->matters().New(officer, {"macfa", "Another", At("2026-05-07T09:30"), ""});
  ASSERT_TRUE(made.ok()) << made.error().detail;
  const MatterRow second = std::move(made).value();
  // A name with one word more is another name, and one without words is none.
  add(second, "Adult Cedar", "Real Second Name", std::nullopt);
  add(second, "Adult Damson", "", std::nullopt);
  add(matter, "Adult Elder", "", std::nullopt);
  // Twice in one matter is a longlist's business.
  add(second, "Adult Fir", "Real Second Name", std::nullopt);
  EXPECT_EQ(repeated(), "");
  const SubjectId same = add(second, "Adult Gorse", "NAME, real", std::nullopt);
  EXPECT_EQ(repeated(), "MACFA-2026-01 Adult Alder MACFA-2026-02 Adult Gorse ");
  EXPECT_EQ(world->search().AlsoIn(officer, same).value(),
            std::vector<std::string>{"MACFA-2026-01"});
  EXPECT_EQ(world->search().AlsoIn(officer, alder.id).value(),
            std::vector<std::string>{"MACFA-2026-02"});
  EXPECT_EQ(world->search().Repeated(world.SignIn(kCoordinator)).error().code, Errc::kDenied);
  EXPECT_EQ(world->search().AlsoIn(world.SignIn(kCoordinator), same).error().code, Errc::kDenied);
}

// A matter and its subjects go by decisions of their own: one that waits still stops no report.
TEST_F(SearchTest, ASubjectWhoseMatterIsGoneIsInNoList) {
  Actor officer = Officer();
  std::vector<MatterRow> others;
  for (int i = 0; i < 2; ++i) {
    auto made = world->matters().New(officer, {"macfa", "Another", At("2026-05-07T09:30"), ""});
    ASSERT_TRUE(made.ok()) << made.error().detail;
    others.push_back(std::move(made).value());
    ASSERT_TRUE(
        world->matters().AddSubject(officer, others.back(), {"Adult Gorse", "Real Name", {}}).ok());
  }
  Inside([&](KeyKeeper&, Database& database) {
    ASSERT_TRUE(database.Prepare("UPDATE matter SET state = 'destroyed' WHERE id = ?")
                    .Bind(others[0].id)
                    .Run()
                    .ok());
  });
  ASSERT_NO_FATAL_FAILURE(world.Unseal());
  const auto repeated = world->search().Repeated(Officer());
  ASSERT_TRUE(repeated.ok()) << repeated.error().detail;
  EXPECT_EQ(People(repeated.value()), "MACFA-2026-01 Adult Alder MACFA-2026-03 Adult Gorse ");
  EXPECT_EQ(world->search().AlsoIn(Officer(), alder.id).value(),
            std::vector<std::string>{"MACFA-2026-03"});
}

// Whether it was added first or last: it may be either of two who cannot be one.
TEST_F(SearchTest, ASubjectOfUnknownBirthIsListedWithEveryPersonItMayBe) {
  Actor officer = Officer();
  const auto add = [&](const MatterRow& to, const char* pseudonym, const std::optional<Day>& born) {
    auto added = world->matters().AddSubject(officer, to, {pseudonym, "Sam Example", born});
    EXPECT_TRUE(added.ok()) << (added.ok() ? "" : added.error().detail);
  };
  auto made = world->matters().New(officer, {"macfa", "Another", At("2026-05-07T09:30"), ""});
  ASSERT_TRUE(made.ok()) << made.error().detail;
  const MatterRow second = std::move(made).value();
  add(matter, "Adult Cedar", Day::Parse("1951-03-14").value());
  add(matter, "Adult Damson", std::nullopt);
  add(second, "Adult Elder", Day::Parse("1980-03-14").value());
  EXPECT_EQ(People(world->search().Repeated(officer).value()),
            "MACFA-2026-01 Adult Damson MACFA-2026-02 Adult Elder ");
  add(second, "Adult Fir", std::nullopt);
  // Two lists: whoever was born in 1951, and whoever was born in 1980, each with both unknown.
  EXPECT_EQ(People(world->search().Repeated(officer).value()),
            "MACFA-2026-01 Adult Cedar MACFA-2026-01 Adult Damson MACFA-2026-02 Adult Fir "
            "| MACFA-2026-01 Adult Damson MACFA-2026-02 Adult Elder MACFA-2026-02 Adult Fir ");
}

TEST_F(SearchTest, TwoQuartersOfBirthAreTwoPeople) {
  Actor officer = Officer();
  const auto add = [&](const MatterRow& to, const char* pseudonym, const char* born) {
    auto added = world->matters().AddSubject(officer, to,
                                             {pseudonym, "Sam Example", Day::Parse(born).value()});
    EXPECT_TRUE(added.ok()) << (added.ok() ? "" : added.error().detail);
    return added.value().id;
  };
  auto made = world->matters().New(officer, {"macfa", "Another", At("2026-05-07T09:30"), ""});
  ASSERT_TRUE(made.ok()) << made.error().detail;
  const MatterRow second = std::move(made).value();
  add(matter, "Adult Cedar", "1951-03-14");
  const SubjectId other = add(second, "Adult Damson", "1980-03-14");
  EXPECT_EQ(People(world->search().Repeated(officer).value()), "");
  EXPECT_TRUE(world->search().AlsoIn(officer, other).value().empty());
  add(second, "Adult Elder", "1951-01-02");  // the same quarter
  EXPECT_EQ(People(world->search().Repeated(officer).value()),
            "MACFA-2026-01 Adult Cedar MACFA-2026-02 Adult Elder ");
}

TEST_F(SearchTest, OtherThingsAreFoundAndEachNarrows) {
  SearchWish wish;
  wish.reference = "macfa-2026-01";
  ASSERT_EQ(Find(wish).hits.size(), 1u);
  EXPECT_EQ(Find(wish).hits[0].kind, "matter");
  EXPECT_EQ(Find(wish).hits[0].id, AsObject(matter.id));
  wish.class_code = "FRM";
  ASSERT_EQ(Find(wish).hits.size(), 1u);
  EXPECT_EQ(Find(wish).hits[0].id, AsObject(form));
  EXPECT_EQ(Find(wish).hits[0].pseudonym, "Adult Alder");
  wish.pseudonym = "adult birch";
  EXPECT_TRUE(Find(wish).hits.empty());
  wish.pseudonym = "adult alder";
  wish.agency = Agency("POL");
  wish.from = Day::Parse("2026-02-12").value();
  wish.until = Day::Parse("2026-02-12").value();
  EXPECT_EQ(Find(wish).hits.size(), 1u);
  wish.until = Day::Parse("2026-02-11").value();
  wish.from = std::nullopt;
  EXPECT_TRUE(Find(wish).hits.empty());
  EXPECT_EQ(Logged("type search"), 9u);
  EXPECT_EQ(Logged("by reference+pseudonym+agency+class+day\nhits 1"), 1u);
}

TEST_F(SearchTest, OnlyTheUnitAndInformationGovernanceSearchAndNobodyFindsWhomTheyAreKeptFrom) {
  SearchWish wish;
  wish.name = "Real";
  EXPECT_EQ(world->search().Find(world.SignIn(kCoordinator), wish).error().code, Errc::kDenied);
  EXPECT_EQ(world->search().Find(Igo(), wish).value().hits.size(), 1u);
  ASSERT_TRUE(world->people().Exclude(Officer(), matter, alder, kIgo, "knows the family").ok());
  EXPECT_TRUE(world->search().Find(Igo(), wish).value().hits.empty());
  SearchWish forms;
  forms.class_code = "FRM";
  EXPECT_TRUE(world->search().Find(Igo(), forms).value().hits.empty());
  EXPECT_EQ(Find(forms).hits.size(), 1u);
}

TEST_F(SearchTest, WhatIsDestroyedIsNotFoundAndItsWordsAreGoneFromTheRegister) {
  EXPECT_EQ(Names("real").size(), 1u);
  // Two people with two and three words to their names, in one matter.
  EXPECT_EQ(world->search().Size(), (Search::IndexSize{2, 5, 2, 1}));
  world.MoveTo("2026-04-09T12:31");
  Event("MEETING_CLOSED", "2026-04-09T12:30");
  world.MoveTo("2026-05-22T10:00");
  Event("REPORT_APPROVED", "2026-05-22T09:00");
  // The form a year later, then the details of whom nothing is filed about any more.
  for (const std::string_view day : {"2027-05-25T09:00", "2045-01-01T09:00", "2045-01-02T09:00"}) {
    world.MoveTo(day);
    Sweep();
    if (!InState("proposed").empty()) ApproveAll();
  }
  // Nobody has searched since: the destructions themselves emptied the index.
  EXPECT_EQ(world->search().Size(), Search::IndexSize());
  EXPECT_TRUE(Names("real").empty());
  EXPECT_EQ(world->search().Size(), Search::IndexSize());
  Inside([this](KeyKeeper&, Database& database) {
    EXPECT_EQ(Number(database, "SELECT count(*) FROM subject WHERE words IS NOT NULL"), 0);
  });
}

TEST_F(SearchTest, AnotherStartFindsTheSame) {
  world.Unseal();
  EXPECT_EQ(Names("real").size(), 1u);
}

}  // namespace
}  // namespace vault
