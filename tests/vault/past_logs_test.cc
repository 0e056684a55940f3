// The log across a restore: it is never forked, and what an earlier one proved stays provable.
#include <gtest/gtest.h>

#include "tests/support/backed_up.h"
#include "vault/audit/certificate_file.h"

namespace vault {
namespace {

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

}  // namespace
}  // namespace vault
