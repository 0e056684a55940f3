// Answers while the standby is lost: nothing is called done that it lacks, and nothing undone that
// stands here.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/disposal_world.h"

namespace vault {
namespace {

class AnswersTest : public DisposalWorld {
 protected:
  void SetUp() override {
    DisposalWorld::SetUp();
    const Status added = world->custody().Add(std::nullopt, {world.folder() + "/standby", {}});
    ASSERT_TRUE(added.ok()) << added.error().detail;
  }
  void Rejoin() {
    faults.standby_register_away = false;
    faults.standby_tree_away = false;
    const Status rejoined = world->custody().Rejoin();
    ASSERT_TRUE(rejoined.ok()) << rejoined.error().detail;
  }
  static bool SaysThatItStands(const Error& error) {
    return error.code == Errc::kUnavailable &&
           error.detail.find("recorded here") != std::string::npos &&
           error.detail.find("standby") != std::string::npos;
  }
  Result<FiledDocument> FileLonglist(std::string_view words) {
    const Actor actor = world.SignIn(kCoordinator);
    return world.File(actor, matter, "LLI", "POL", std::nullopt, words);
  }
  std::size_t Longlists() {
    const Actor actor = world.SignIn(kCoordinator);
    const auto list = world->documents().List(actor, matter.id, "LLI");
    EXPECT_TRUE(list.ok());
    return list.ok() ? list.value().size() : 0;
  }
};

TEST_F(AnswersTest, AreGivenOnlyWhenTheStandbyHasWhatTheySay) {
  const Actor officer = Officer();
  faults.standby_register_away = true;
  // Nothing of the key tree changes with it: the register alone would lose it with the primary.
  const auto happened =
      world->matters().Record(officer, matter, "SELECTION_DECIDED", At("2026-02-12T09:00"), "");
  ASSERT_FALSE(happened.ok());
  EXPECT_TRUE(SaysThatItStands(happened.error())) << happened.error().detail;
  ASSERT_NO_FATAL_FAILURE(Rejoin());
  // It stood here, and stands there now.
  const auto again =
      world->matters().Record(officer, matter, "SELECTION_DECIDED", At("2026-02-12T09:00"), "");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Errc::kConflict);
}

TEST_F(AnswersTest, OfAFilingWhoseRowsTheStandbyLacksSaysThatItIsThere) {
  // Signing in and the like is over before the standby is lost.
  const Actor actor = world.SignIn(kCoordinator);
  auto grant = world->access().DecideFiling(actor, matter, {"LLI", Agency("POL"), std::nullopt});
  ASSERT_TRUE(grant.ok()) << grant.error().detail;
  auto stream = world->documents().Begin(std::move(grant).value(), "list.docx", "api");
  ASSERT_TRUE(stream.ok()) << stream.error().detail;
  ASSERT_TRUE(stream.value().Write(AsBytes("a longlist")).ok());
  faults.standby_register_away = true;
  const auto filed = stream.value().Finish(FormOutcome());
  ASSERT_FALSE(filed.ok());
  EXPECT_TRUE(SaysThatItStands(filed.error())) << filed.error().detail;
  EXPECT_EQ(Longlists(), 1u);
  ASSERT_NO_FATAL_FAILURE(Rejoin());
  EXPECT_EQ(Longlists(), 1u);
}

// Refused before anything was committed, it says nothing of the kind.
TEST_F(AnswersTest, OfWhatDidNotHappenSaysSo) {
  faults.standby_tree_away = true;
  const auto filed = FileLonglist("a longlist");
  ASSERT_FALSE(filed.ok());
  EXPECT_EQ(filed.error().code, Errc::kUnavailable);
  EXPECT_FALSE(SaysThatItStands(filed.error())) << filed.error().detail;
  EXPECT_EQ(Longlists(), 0u);
  // And so is the next one, which is not begun.
  const auto next = FileLonglist("another longlist");
  ASSERT_FALSE(next.ok());
  EXPECT_FALSE(SaysThatItStands(next.error())) << next.error().detail;
  ASSERT_NO_FATAL_FAILURE(Rejoin());
  EXPECT_EQ(Longlists(), 0u);
  EXPECT_TRUE(FileLonglist("a longlist").ok());
}

}  // namespace
}  // namespace vault
