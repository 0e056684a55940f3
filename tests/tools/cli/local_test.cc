// The commands that need no daemon: init, policy check, doctor.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/http/self_signed.h"
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

TEST(Init, PrintsEachShareOnceAndEnoughOfThemOpenTheVault) {
  ClientBench bench;
  bench.input = "correct horse battery\n";
  const std::vector<std::string> words = {"init",
                                          "--data",
                                          bench.At("data"),
                                          "--name",
                                          "Example partnership",
                                          "--officer",
                                          "officer@unit.example",
                                          "--shares",
                                          "3"};
  const auto made = bench.Run(With(words, {"--json"}));
  ASSERT_EQ(made.exit, 0) << made.err;
  auto answer = Json::Parse(made.out);
  ASSERT_TRUE(answer.ok());
  const std::vector<Json>& shares = answer.value().Find("shares").items();
  ASSERT_EQ(shares.size(), 3u);
  auto world = vault::RealWorld::Make();
  ASSERT_TRUE(world.ok());
  auto rules = policies::TemplateBook::FromTexts({}, {}, vault::Sha256Hex);
  ASSERT_TRUE(rules.ok());
  auto sealed =
      vault::SealedVault::At(world.value()->ForRules(*rules.value()), {bench.At("data"), {}});
  ASSERT_TRUE(sealed.ok()) << sealed.error().detail;
  std::vector<vault::UnsealShare> given;
  for (const std::size_t i : {2, 0}) {
    auto share = sealed.value().ReadShare(vault::AsBytes(shares[i].Text()));
    ASSERT_TRUE(share.ok()) << share.error().detail;
    given.push_back(std::move(share).value());
  }
  EXPECT_TRUE(sealed.value().UnsealWithShares(given, std::nullopt).ok());

  ClientBench other;
  other.input = bench.input;
  std::vector<std::string> printed_words = words;
  printed_words[2] = other.At("data");
  const auto printed = other.Run(printed_words);
  ASSERT_EQ(printed.exit, 0) << printed.err;
  EXPECT_NE(printed.out.find("any 2 of these"), std::string::npos) << printed.out;
  EXPECT_NE(printed.out.find("Share 3 of 3\n  SR1-"), std::string::npos) << printed.out;
}

// A vault whose secret is split is backed up and drilled by those who hold the shares, without a
// daemon.
TEST(Drill, OfASealedVaultIsPlayedWithSharesAndLeavesNothing) {
  ClientBench bench;
  bench.input = "correct horse battery\n";
  const auto made = bench.Run({"init", "--data", bench.At("data"), "--name", "Example partnership",
                               "--officer", "officer@unit.example", "--shares", "3", "--json"});
  ASSERT_EQ(made.exit, 0) << made.err;
  const auto answer = Json::Parse(made.out);
  ASSERT_TRUE(answer.ok());
  {
    std::ofstream shares(bench.At("shares"));
    for (const std::size_t i : {2, 0}) {
      shares << answer.value().Find("shares").items()[i].Text() << "\n\n";
    }
    std::ofstream(bench.At("password")) << bench.input;
  }
  const std::vector<std::string> here = {"--data", bench.At("data"), "--shares-file",
                                         bench.At("shares"), "--json"};
  const auto backed_up = bench.Run(With({"backup", bench.At("backup")}, here));
  ASSERT_EQ(backed_up.exit, 0) << backed_up.err;
  const std::vector<std::string> drill =
      With(With({"drill", bench.At("backup")}, here),
           {"--person", "officer@unit.example", "--password-file", bench.At("password")});
  const auto drilled = bench.Run(drill);
  ASSERT_EQ(drilled.exit, 0) << drilled.err << drilled.out;
  const auto report = Json::Parse(drilled.out);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report.value().Find("passed").Text(), "yes");
  EXPECT_EQ(report.value().Find("tried").Text(), "0");
  // People are told of what there was, and not of what there was none of.
  std::vector<std::string> in_words = drill;
  std::erase(in_words, "--json");
  const auto told = bench.Run(in_words);
  EXPECT_TRUE(told.out.starts_with("The drill passed: the backup can be restored.\n")) << told.out;
  EXPECT_TRUE(told.out.ends_with("; 0 encrypted files, every one whole.\n")) << told.out;
  EXPECT_FALSE(fs::exists(bench.At("data.drill")));
  EXPECT_FALSE(fs::exists(bench.At("data") + "/drill"));
  // On a sealed vault somebody has to be named who opens the sample.
  EXPECT_EQ(bench.Run(With({"drill", bench.At("backup")}, here)).exit, 2);
  fs::remove(bench.At("backup") + "/manifest");
  const auto refused = bench.Run(drill);
  EXPECT_EQ(refused.exit, 1);
  EXPECT_TRUE(refused.err.starts_with("strongroom: not-found: ")) << refused.err;
}

TEST(Init, RefusesANumberOfSharesThatCannotBe) {
  ClientBench bench;
  bench.input = "correct horse battery\n";
  std::vector<std::string> words = InitWords(bench);
  words.erase(words.begin() + 7, words.begin() + 9);
  EXPECT_EQ(bench.Run(words).exit, 2);
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"--shares", "1"},
        {"--shares", "17"},
        {"--shares", "300"},
        {"--shares", "3", "--threshold", "1"},
        {"--shares", "3", "--threshold", "4"},
        {"--threshold", "2"},
        {"--shares", "3", "--credential-out", bench.At("credential")}}) {
    EXPECT_EQ(bench.Run(With(words, wrong)).exit, 2) << wrong.back();
  }
  EXPECT_FALSE(fs::exists(bench.At("data")));
}

TEST(Init, RefusesBeforeAnythingIsMade) {
  ClientBench bench;
  bench.input = "eleven char";
  const auto weak = bench.Run(InitWords(bench));
  EXPECT_EQ(weak.exit, 1);
  EXPECT_EQ(weak.err, "strongroom: invalid: a password has at least 12 characters\n");
  bench.input = "correct horse battery";
  EXPECT_EQ(bench.Run(With(InitWords(bench), {"--passphrase-file", "x"})).exit, 2);
  EXPECT_EQ(bench.Run(With(InitWords(bench), {"--cell", "tpm:"})).exit, 2);
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

TEST(PolicyDiff, TellsWhoseVerdictChanges) {
  ClientBench bench;
  std::string text = Slurp(kTemplates + "macfa.xml");
  const std::string before = "<read role=\"CHR\" class=\"SEL\" phase=\"P1\" code=\"all\"/>";
  ASSERT_NE(text.find(before), std::string::npos);
  text.replace(text.find(before), before.size(),
               "<read role=\"CHR\" class=\"SEL\" phase=\"P1\" code=\"meta\"/>");
  const std::string changed = bench.Write("mine.xml", text);
  const auto told = bench.Run(
      {"policy", "diff", kTemplates + "macfa.xml", changed, "--calendars", kCalendars, "--json"});
  EXPECT_EQ(told.exit, 0) << told.err;
  auto changes = Json::Parse(told.out);
  ASSERT_TRUE(changes.ok()) << told.out;
  std::vector<std::string> seen;
  for (const auto& change : changes.value().items()) {
    seen.push_back(change.Find("what").Text() + " " + change.Find("name").Text() + " " +
                   change.Find("condition").Text() + " " + change.Find("before").Text() + " " +
                   change.Find("after").Text());
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"reading CHR SEL P1 own all meta",
                                            "reading CHR SEL P1 involved all meta",
                                            "reading CHR SEL P1 other all meta"}));
  EXPECT_EQ(bench.Run({"policy", "diff", changed, changed, "--calendars", kCalendars}).out,
            "Nothing changes.\n");
}

TEST(PolicyDiff, TakesAnOverlayWithTheTemplateItChanges) {
  ClientBench bench;
  const std::string overlay = bench.Write(
      "local.xml",
      "<overlay template='macfa' of-version='1' version='101' author='A' date='2026-11-22' "
      "reason='r'><set element='limit' name='subjects' attribute='value' value='4'/></overlay>");
  const auto told = bench.Run({"policy", "diff", kTemplates + "macfa.xml", overlay, "--base",
                               kTemplates + "macfa.xml", "--calendars", kCalendars});
  EXPECT_EQ(told.exit, 0) << told.err;
  EXPECT_EQ(told.out, "limit subjects: 3, warn -> 4, warn\n");
  const auto alone =
      bench.Run({"policy", "diff", kTemplates + "macfa.xml", overlay, "--calendars", kCalendars});
  EXPECT_EQ(alone.exit, 1);
  EXPECT_EQ(alone.err, "strongroom: invalid: an overlay needs --base, the template it changes\n");
  EXPECT_EQ(bench
                .Run({"policy", "check", overlay, "--base", kTemplates + "macfa.xml", "--calendars",
                      kCalendars})
                .out,
            "No fault.\n");
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
  EXPECT_EQ(outcome.exit, 0) << outcome.err << outcome.out;
  auto list = Json::Parse(outcome.out);
  ASSERT_TRUE(list.ok());
  std::set<std::string> checks;
  for (const auto& item : list.value().items()) {
    checks.insert(item.Find("check").Text());
    EXPECT_EQ(item.Find("ok").kind(), Json::Kind::kFlag);
    EXPECT_EQ(item.Find("must").kind(), Json::Kind::kFlag);
    EXPECT_FALSE(item.Find("detail").Text().empty());
  }
  for (const char* check :
       {"locked memory", "core dumps", "swap", "debuggers", "randomness", "boot clock", "clock",
        "open files", "data folder", "free space", "data file system", "direct reading",
        "cell file system", "encrypted database", "reader"}) {
    EXPECT_TRUE(checks.contains(check)) << check;
  }
  // The check of the folder leaves nothing in it.
  EXPECT_TRUE(fs::is_empty(bench.folder()));
}

// Found gives the finding of one check, "yes" or "no".
std::string Found(const std::string& json, std::string_view check) {
  auto list = Json::Parse(json);
  EXPECT_TRUE(list.ok()) << json;
  for (const auto& item : list.value().items()) {
    if (item.Find("check").Text() == check) return item.Find("ok").Text();
  }
  return "absent";
}

TEST(Doctor, ExitsWithOneWhenSomethingNeededIsMissing) {
  ClientBench bench;
  const std::string file = bench.Write("file", "no folder");
  const auto outcome = bench.Run({"doctor", "--data", file, "--json"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_EQ(Found(outcome.out, "data folder"), "no") << outcome.out;
  EXPECT_TRUE(outcome.err.starts_with("strongroom: unavailable: ")) << outcome.err;
}

TEST(Doctor, SeesAnOpenFolderAndACertificateThatEnded) {
  ClientBench bench;
  ASSERT_EQ(::chmod(bench.folder().c_str(), 0755), 0);
  service::SelfSigned wanted{bench.At("c.pem"), bench.At("k.pem"), {}, 0};
  wanted.not_before = 1'000'000'000;  // 2001: it ended long ago
  ASSERT_TRUE(service::MakeSelfSignedCertificate(wanted).ok());
  const auto outcome =
      bench.Run({"doctor", "--data", bench.folder(), "--certificate", bench.At("c.pem"), "--json"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_EQ(Found(outcome.out, "TLS certificate"), "no") << outcome.out;
  EXPECT_EQ(Found(outcome.out, "data folder"), "no") << outcome.out;
  wanted.not_before = std::time(nullptr) - 3600;
  wanted.certificate_path = bench.At("d.pem");
  wanted.key_path = bench.At("l.pem");
  ASSERT_TRUE(service::MakeSelfSignedCertificate(wanted).ok());
  const auto valid =
      bench.Run({"doctor", "--data", bench.folder(), "--certificate", bench.At("d.pem"), "--json"});
  EXPECT_EQ(Found(valid.out, "TLS certificate"), "yes") << valid.out;
  EXPECT_EQ(valid.exit, 0) << valid.err;
}

}  // namespace
}  // namespace tools
