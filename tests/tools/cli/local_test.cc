// The commands that need no daemon: init, policy check, doctor.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "policies/rule_book.h"
#include "tests/support/client_bench.h"
#include "tools/cli/json.h"
#include "vault/world.h"

namespace tools {
namespace {

namespace fs = std::filesystem;

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> InitWords(const ClientBench& bench) {
  return {"init",
          "--data",
          bench.At("data"),
          "--name",
          "Example partnership",
          "--officer",
          "officer@unit.example",
          "--credential-out",
          bench.At("credential"),
          "--json"};
}

std::vector<std::string> With(std::vector<std::string> words,
                              const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(Init, MakesAVaultThatItsCredentialOpens) {
  ClientBench bench;
  bench.input = "correct horse battery\n";
  const auto made =
      bench.Run(With(InitWords(bench), {"--origin", "vault.example/log", "--agency", "hub"}));
  ASSERT_EQ(made.exit, 0) << made.err;
  auto answer = Json::Parse(made.out);
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer.value().Find("log_vkey").Text().starts_with("vault.example/log+"));
  EXPECT_EQ(answer.value().Find("shares").kind(), Json::Kind::kList);
  EXPECT_TRUE(fs::exists(bench.At("data.cell")));
  struct stat there {};
  ASSERT_EQ(::stat(bench.At("credential").c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777, 0600U);

  auto world = vault::RealWorld::Make();
  ASSERT_TRUE(world.ok());
  auto rules = policies::TemplateBook::FromTexts({}, {}, vault::Sha256Hex);
  ASSERT_TRUE(rules.ok());
  auto sealed =
      vault::SealedVault::At(world.value()->ForRules(*rules.value()), {bench.At("data"), {}});
  ASSERT_TRUE(sealed.ok()) << sealed.error().detail;
  EXPECT_EQ(sealed.value().store().ToHex(), answer.value().Find("vault").Text());
  const std::string credential = Slurp(bench.At("credential"));
  auto opened = sealed.value().UnsealWithCredential(vault::AsBytes(credential), std::nullopt);
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  EXPECT_TRUE(opened.value()
                  ->people()
                  .SignIn("officer@unit.example", vault::AsBytes("correct horse battery"))
                  .ok());

  const auto again = bench.Run(InitWords(bench));
  EXPECT_EQ(again.exit, 1);
  EXPECT_TRUE(again.err.starts_with("strongroom: conflict: ")) << again.err;
}

TEST(Init, RefusesBeforeAnythingIsMade) {
  ClientBench bench;
  bench.input = "eleven char";
  const auto weak = bench.Run(InitWords(bench));
  EXPECT_EQ(weak.exit, 1);
  EXPECT_EQ(weak.err, "strongroom: invalid: a password has at least 12 characters\n");
  bench.input = "correct horse battery";
  EXPECT_EQ(bench.Run(With(InitWords(bench), {"--passphrase-file", "x"})).exit, 2);
  EXPECT_EQ(bench.Run(With(InitWords(bench), {"--cell", "tpm:0"})).exit, 2);
  EXPECT_EQ(bench.Run(With(InitWords(bench), {"--agency", "no blanks"})).exit, 2);
  EXPECT_FALSE(fs::exists(bench.At("data")));
}

TEST(Init, KeepsTheErasureSecretAndTheCredentialOutOfTheDataFolder) {
  ClientBench bench;
  bench.input = "correct horse battery";
  const auto cell =
      bench.Run(With(InitWords(bench), {"--cell", "file:" + bench.At("data/inside.cell")}));
  EXPECT_EQ(cell.exit, 1);
  EXPECT_TRUE(cell.err.starts_with("strongroom: invalid: ")) << cell.err;

  std::vector<std::string> words = InitWords(bench);
  words[8] = bench.At("data/credential");
  const auto credential = bench.Run(words);
  EXPECT_EQ(credential.exit, 1);
  EXPECT_TRUE(credential.err.starts_with("strongroom: invalid: ")) << credential.err;
}

const std::string kTemplates = std::string(STRONGROOM_SOURCE_DIR) + "/policies/templates/";
const std::string kCalendars = std::string(STRONGROOM_SOURCE_DIR) + "/policies/calendars";

TEST(PolicyCheck, FindsNoFaultInWhatIsShipped) {
  ClientBench bench;
  for (const std::string& folder : {kTemplates, kCalendars}) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      const auto outcome = bench.Run({"policy", "check", entry.path().string()});
      EXPECT_EQ(outcome.exit, 0) << entry.path() << outcome.out;
      EXPECT_EQ(outcome.out, "No fault.\n");
    }
  }
  EXPECT_EQ(bench.Run({"policy", "check", kTemplates + "macfa.xml", "--json"}).out, "[]\n");
}

TEST(PolicyCheck, NamesTheLineOfEveryFault) {
  ClientBench bench;
  std::string text = Slurp(kTemplates + "macfa.xml");
  const std::size_t place = text.find("<limit id=\"subjects\"");
  ASSERT_NE(place, std::string::npos);
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(place), '\n');
  text.replace(place, 6, "<limot");
  const auto outcome = bench.Run(
      {"policy", "check", bench.Write("mine.xml", text), "--calendars", kCalendars, "--json"});
  EXPECT_EQ(outcome.exit, 1);
  auto faults = Json::Parse(outcome.out);
  ASSERT_TRUE(faults.ok()) << outcome.out;
  std::set<std::int64_t> lines;
  for (const auto& fault : faults.value().items()) {
    EXPECT_EQ(fault.Find("file").Text(), "mine.xml");
    EXPECT_FALSE(fault.Find("fault").Text().empty());
    lines.insert(fault.Find("line").Number().value());
  }
  EXPECT_TRUE(lines.contains(line)) << outcome.out;
  EXPECT_TRUE(outcome.err.starts_with("strongroom: invalid: the file has ")) << outcome.err;
}

TEST(Doctor, SaysOfEachThingWhetherItIsInOrder) {
  ClientBench bench;
  const auto outcome = bench.Run({"doctor", "--data", bench.folder(), "--json"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  auto list = Json::Parse(outcome.out);
  ASSERT_TRUE(list.ok());
  std::set<std::string> checks;
  for (const auto& item : list.value().items()) {
    checks.insert(item.Find("check").Text());
    EXPECT_EQ(item.Find("ok").kind(), Json::Kind::kFlag);
    EXPECT_FALSE(item.Find("detail").Text().empty());
  }
  for (const char* check : {"locked memory", "swap", "core dumps", "encrypted database",
                            "direct reading", "reader", "clock"}) {
    EXPECT_TRUE(checks.contains(check)) << check;
  }
  // The check of the folder leaves nothing in it.
  EXPECT_TRUE(fs::is_empty(bench.folder()));
  const auto nowhere = bench.Run({"doctor", "--data", bench.At("absent"), "--json"});
  EXPECT_NE(nowhere.out.find("\"check\":\"data folder\",\"ok\":false"), std::string::npos);
}

}  // namespace
}  // namespace tools
