// The deletion campaign as a test: random histories hold, and each seeded fault is found.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include "tests/support/sanitizers.h"

namespace vault {
namespace {

struct Ending {
  int code = -1;
  std::string last_line;
  std::string all;
};

// RunProgram runs a program of the build and waits for it.
Ending RunProgram(const std::string& program, const std::string& arguments) {
  Ending ending;
  const std::string command = STRONGROOM_BIN_DIR "/" + program + " " + arguments + " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return ending;
  std::array<char, 4096> buffer;
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    ending.all.append(buffer.data(), got);
  }
  const int state = ::pclose(pipe);
  if (WIFEXITED(state)) ending.code = WEXITSTATUS(state);
  std::string text = ending.all;
  while (text.ends_with('\n')) text.pop_back();
  ending.last_line = text.substr(text.rfind('\n') + 1);
  return ending;
}

// A sanitizer makes a history several times as long; it looks at the same code, not at more luck.
constexpr int kHistories = vault::kUnderSanitizer ? 12 : 300;

TEST(DeletionCampaign, RandomHistoriesHold) {
  const std::string histories = std::to_string(kHistories);
  const Ending ending =
      RunProgram("deletion_campaign", "--histories " + histories + " --seed 20261122");
  EXPECT_EQ(ending.code, 0) << ending.all;
  EXPECT_EQ(ending.last_line, histories + " histories, 0 violations");
}

TEST(DeletionCampaign, RefusesWrongUsage) {
  for (const char* wrong : {"", "--histories", "--histories 3", "--histories x --seed 1",
                            "--histories 3 --seed 1 --seed 2", "--histories 3 --seed 1 --what 4",
                            "--histories 3 --seed 1 --first"}) {
    EXPECT_EQ(RunProgram("deletion_campaign", wrong).code, 2) << wrong;
  }
}

// A sanitizer's build has no faults: whether they are found does not depend on it.
#if !defined(STRONGROOM_UNDER_ADDRESS_SANITIZER) && !defined(STRONGROOM_UNDER_THREAD_SANITIZER)
// Each program is the campaign with one fault built into the vault (campaign/faults).
class SeededFault : public ::testing::TestWithParam<const char*> {};

TEST_P(SeededFault, IsFound) {
  const std::string program = std::string("campaign_fault_") + GetParam();
  const Ending ending = RunProgram(program, "--histories 200 --seed 20261122 --enough 1 --jobs 1");
  EXPECT_EQ(ending.code, 1) << ending.all;
  EXPECT_TRUE(ending.last_line.ends_with(" violations")) << ending.last_line;
  // A program that cannot play a history at all has found nothing.
  EXPECT_EQ(ending.all.find("did not come to its end"), std::string::npos) << ending.all;
  // Nor has one whose find is not the fault's: the same history, played by the program without it,
  // shows nothing.
  constexpr std::string_view kNamed = "seed 20261122 history ";
  const std::size_t named = ending.all.find(kNamed);
  ASSERT_NE(named, std::string::npos) << ending.all;
  const std::size_t from = named + kNamed.size();
  const std::string history = ending.all.substr(from, ending.all.find(':', from) - from);
  const Ending without = RunProgram("deletion_campaign", "--seed 20261122 --only " + history);
  EXPECT_EQ(without.code, 0) << without.all;
  EXPECT_EQ(without.last_line, "1 histories, 0 violations") << without.all;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, SeededFault,
    ::testing::Values("leaf_key_not_renewed", "certificate_before_erase", "staged_secret_reused",
                      "erase_before_commit", "outer_layer_not_remade", "old_password_not_remade",
                      "loan_opened_while_closed", "dust_without_a_row", "restore_not_reconciled",
                      "restore_loses_holds", "standby_secret_kept", "backup_keeps_the_cell",
                      "evicted_copy_counted_as_erased", "named_record_boxed_for_its_agency",
                      "ended_reader_keeps_the_key"),
    [](const auto& fault) { return std::string(fault.param); });
#endif

}  // namespace
}  // namespace vault
