#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/client_bench.h"
#include "tests/support/client_parser.h"

namespace tools {
namespace {

// Every command of the parser, with its words from the start.
struct Leaf {
  std::vector<std::string> words;
  const CLI::App* command;
};

std::vector<Leaf> Leaves(const CLI::App& app) {
  std::vector<Leaf> open = {{{}, &app}};
  std::vector<Leaf> leaves;
  while (!open.empty()) {
    Leaf next = open.back();
    open.pop_back();
    const auto below = next.command->get_subcommands([](const CLI::App*) { return true; });
    std::size_t named = 0;
    for (const CLI::App* child : below) {
      if (child->get_name().empty()) continue;  // a group of options
      ++named;
      Leaf leaf = next;
      leaf.words.push_back(child->get_name());
      leaf.command = child;
      open.push_back(leaf);
    }
    if (named == 0) leaves.push_back(next);
  }
  return leaves;
}

TEST(Arguments, EveryCommandOfThisReleaseIsThere) {
  const ClientParser parser;
  std::string all;
  for (const auto& leaf : Leaves(parser.app())) {
    for (const auto& word : leaf.words) all += word + " ";
    all += "\n";
  }
  for (const char* command : {"unseal",
                              "anchor",
                              "seal",
                              "status",
                              "login",
                              "logout",
                              "whoami",
                              "password",
                              "agency add",
                              "agency list",
                              "agency succeed",
                              "reader name",
                              "document-event",
                              "person add",
                              "person list",
                              "person end",
                              "person reset",
                              "person import",
                              "person role give",
                              "person role end",
                              "token new",
                              "token list",
                              "token end",
                              "matter new",
                              "matter subject",
                              "matter involve",
                              "matter member",
                              "matter event",
                              "matter meeting",
                              "matter show",
                              "matter list",
                              "matter due",
                              "matter correct",
                              "matter missing",
                              "matter rank",
                              "matter agenda",
                              "matter assign",
                              "matter calendar",
                              "record kinds",
                              "record add",
                              "record list",
                              "record show",
                              "record set",
                              "table check",
                              "return",
                              "put-right",
                              "file",
                              "docs",
                              "show",
                              "get",
                              "form show",
                              "withdraw",
                              "share new",
                              "share list",
                              "share end",
                              "share open",
                              "hold place",
                              "hold release",
                              "hold list",
                              "sweep",
                              "disposal list",
                              "disposal show",
                              "disposal send-back",
                              "disposal extend",
                              "disposal debt",
                              "explain",
                              "disposal approve",
                              "disposal certificate",
                              "log checkpoint",
                              "log proof",
                              "log export",
                              "init",
                              "policy check",
                              "doctor"}) {
    EXPECT_NE(("\n" + all).find("\n" + std::string(command) + " \n"), std::string::npos) << command;
  }
}

TEST(Arguments, EveryCommandExplainsItselfWithAnExample) {
  const ClientParser parser;
  ClientBench bench;
  for (const auto& leaf : Leaves(parser.app())) {
    std::vector<std::string> words = leaf.words;
    words.push_back("--help");
    const auto outcome = bench.Run(words);
    EXPECT_EQ(outcome.exit, 0) << leaf.command->get_name();
    EXPECT_NE(outcome.out.find("Example:\n  strongroom " + leaf.words.front()), std::string::npos)
        << outcome.out;
    std::string usage = "Usage: strongroom";
    for (const auto& word : leaf.words) usage += " " + word;
    EXPECT_NE(outcome.out.find(usage + " "), std::string::npos) << outcome.out;
    EXPECT_EQ(outcome.err, "");
  }
}

TEST(Arguments, NoOptionTakesASecretAsItsValue) {
  const ClientParser parser;
  for (const auto& leaf : Leaves(parser.app())) {
    for (const CLI::Option* option : leaf.command->get_options()) {
      for (const auto& name : option->get_lnames()) {
        const bool secret =
            name.find("pass") != std::string::npos || name.find("pin") != std::string::npos ||
            name.find("secret") != std::string::npos || name.find("token") != std::string::npos;
        EXPECT_TRUE(!secret || name.ends_with("-file")) << leaf.command->get_name() << " " << name;
      }
    }
  }
}

TEST(Arguments, VersionAndHelpGoToTheOutputAndSucceed) {
  ClientBench bench;
  const auto version = bench.Run({"--version"});
  EXPECT_EQ(version.exit, 0);
  EXPECT_EQ(version.out, "strongroom 9.9.9\n");
  EXPECT_EQ(bench.Run({"--help"}).exit, 0);
}

TEST(Arguments, WrongUsageIsOneLineAndExitsWithTwo) {
  ClientBench bench;
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"matter"},
      {"nonsense"},
      {"matter", "new"},
      {"status", "--nonsense"},
      {"docs", "extra"},
      {"get", "0123@0"},
      {"get", "0123", "--range", "9-3", "-o", "x"},
      {"get", "0123@1", "--version", "2", "-o", "x"},
      {"get", "0123", "--json"},
      {"file", "-", "--matter", "M", "--class", "FRM"},
      {"file", "a", "b", "--name", "c", "--matter", "M", "--class", "FRM"},
      {"person", "add", "--agency", "unit", "--role", "BUO"},
      {"person", "add", "a@unit.example", "--agency", "unit"},
      {"hold", "place", "--reason", "r", "--review", "2026-01-01"},
      {"hold", "place", "--matter", "M", "--doc", "D", "--reason", "r", "--review", "2026-01-01"},
      {"share", "new", "--to", "a@b.example", "--until", "2026-01-01"},
      {"share", "open", "https://vault.example/s/short#short", "-o", "x"},
      {"unseal", "--passphrase-file", "a", "--credential", "b"},
  };
  for (const auto& words : wrong) {
    const auto outcome = bench.Run(words);
    std::string line;
    for (const auto& word : words) line += word + " ";
    EXPECT_EQ(outcome.exit, 2) << line;
    EXPECT_EQ(outcome.out, "") << line;
    EXPECT_TRUE(outcome.err.starts_with("strongroom: invalid: ")) << line << outcome.err;
    EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1) << line << outcome.err;
  }
}

TEST(Arguments, WithoutASignInTheCommandIsDeniedWithOne) {
  ClientBench bench;
  const auto outcome = bench.Run({"whoami"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_EQ(outcome.err, "strongroom: denied: nobody is signed in: use strongroom login\n");
}

TEST(Arguments, AServerIsHttpsOrNothing) {
  ClientBench bench;
  for (const char* server : {"http://localhost:1", "localhost:1", "https://", "https://a:0",
                             "https://a:99999", "https://a/b", "https://a b"}) {
    const auto outcome = bench.Run({"status", "--server", server});
    EXPECT_EQ(outcome.exit, 1) << server;
    EXPECT_EQ(outcome.err, "strongroom: invalid: a server is written https://host:port\n");
  }
}

TEST(Arguments, TheOptionWinsOverTheEnvironment) {
  ClientBench bench;
  bench.environment["STRONGROOM_SERVER"] = "nonsense";
  EXPECT_EQ(bench.Run({"status"}).err,
            "strongroom: invalid: a server is written https://host:port\n");
  bench.environment["STRONGROOM_CA"] = bench.At("absent.pem");
  const auto outcome = bench.Run({"status", "--server", "https://localhost:1"});
  EXPECT_EQ(outcome.err, "strongroom: not-found: the file given with --ca cannot be read\n");
}

}  // namespace
}  // namespace tools
