// The documents against the program: the commands, tests and files they name are there.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/client_parser.h"

namespace tools {
namespace {

const std::vector<std::string>& Documents() {
  static const std::vector<std::string> kAll = {
      "README.md",       "SECURITY.md",        "daemon/API.md",  "daemon/custody/CUSTODY.md",
      "vault/FORMAT.md", "policies/POLICY.md", "ingest/FORMS.md"};
  return kAll;
}

std::string SourceOf(const std::string& path) {
  std::ifstream file(std::string(STRONGROOM_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// Words splits a command line as a shell does, as far as examples need it.
std::vector<std::string> Words(const std::string& line) {
  std::vector<std::string> words;
  bool open = false;
  char quote = '\0';
  for (const char c : line) {
    if (quote != '\0' ? c == quote : c == '"' || c == '\'') {
      quote = quote == '\0' ? c : '\0';
      if (!open) words.emplace_back();
      open = true;
    } else if (quote == '\0' && (c == ' ' || c == '\n')) {
      open = false;
    } else {
      if (!open) words.emplace_back();
      open = true;
      words.back() += c;
    }
  }
  return words;
}

// CommandLines gives the lines of a text that begin with our name, without what a person adds: the
// next command, a remark.
std::vector<std::vector<std::string>> CommandLines(std::string text) {
  // A line that goes on ends with a backslash.
  for (std::size_t at = text.find("\\\n"); at != std::string::npos; at = text.find("\\\n")) {
    text.replace(at, 2, " ");
  }
  std::vector<std::vector<std::string>> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    std::string line = text.substr(from, end - from);
    from = end + 1;
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    if (!line.starts_with("strongroom ")) continue;
    for (const std::string rest : {" && ", " #", "    ("}) line = line.substr(0, line.find(rest));
    lines.push_back(Words(line));
    lines.back().erase(lines.back().begin());
  }
  return lines;
}

void Gather(const CLI::App& app, const std::string& before,
            std::map<std::string, std::string>& all) {
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (child->get_name().empty()) continue;
    const std::string name = before + (before.empty() ? "" : " ") + child->get_name();
    const std::string below = child->get_footer();
    all[name] = below.starts_with("Example:") ? below : "";  // a noun has its program's
    Gather(*child, name, all);
  }
}

// Commands gives every command and noun, "matter new", with what stands below its help.
std::map<std::string, std::string> Commands() {
  const ClientParser parser;
  std::map<std::string, std::string> all;
  Gather(parser.app(), "", all);
  return all;
}

bool IsCommand(const std::map<std::string, std::string>& commands, const std::string& text) {
  const auto words = Words(text);
  std::string name;
  std::size_t known = 0;
  for (const std::string& word : words) {
    name += (name.empty() ? "" : " ") + word;
    if (!commands.contains(name)) break;
    ++known;
  }
  if (known == 0) return false;
  // A noun alone is none, and what follows a noun must be one of its commands.
  std::string found;
  for (std::size_t i = 0; i < known; ++i) found += (i == 0 ? "" : " ") + words[i];
  return !commands.at(found).empty();
}

TEST(Examples, EveryOneParsesWithAndWithoutJson) {
  int parsed = 0;
  ClientParser parser;
  for (const auto& [name, footer] : Commands()) {
    if (footer.empty()) continue;  // a noun
    ASSERT_TRUE(footer.starts_with("Example:\n  strongroom ")) << name;
    for (std::vector<std::string> words : CommandLines(footer)) {
      EXPECT_EQ(parser.Parse(words), "") << footer;
      words.push_back("--json");
      EXPECT_EQ(parser.Parse(words), "") << footer;
    }
    ++parsed;
  }
  EXPECT_GT(parsed, 80);
}

TEST(Examples, WhatIsNoCommandIsToldFromOne) {
  const auto commands = Commands();
  EXPECT_TRUE(IsCommand(commands, "matter new --template macfa"));
  EXPECT_TRUE(IsCommand(commands, "status"));
  EXPECT_FALSE(IsCommand(commands, "matter"));
  EXPECT_FALSE(IsCommand(commands, "matter burn MACFA-2026-01"));
  EXPECT_FALSE(IsCommand(commands, "burn"));
  EXPECT_NE(ClientParser().Parse({"matter", "new", "--nonsense"}), "");
}

// Code blocks hold whole commands; text holds them in backticks, by their first words at least.
TEST(Documents, EveryCommandThatIsWrittenDownIsThere) {
  const auto commands = Commands();
  ClientParser parser;
  int seen = 0;
  for (const std::string& path : Documents()) {
    const std::string text = SourceOf(path);
    std::string outside;
    bool block = false;
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t end = std::min(text.find("```", from), text.size());
      const std::string part = text.substr(from, end - from);
      from = end + 3;
      if (!block) outside += part;
      for (const auto& words : block ? CommandLines(part) : CommandLines("")) {
        EXPECT_EQ(parser.Parse(words), "") << path << ": " << words.front();
        ++seen;
      }
      block = !block;
    }
    static const std::regex kQuoted("`strongroom ([^`]+)`");
    for (auto it = std::sregex_iterator(outside.begin(), outside.end(), kQuoted);
         it != std::sregex_iterator(); ++it) {
      const std::string quoted = (*it)[1];
      if (quoted.starts_with("--") || quoted.starts_with("<")) continue;
      EXPECT_TRUE(IsCommand(commands, quoted)) << path << ": strongroom " << quoted;
      ++seen;
    }
  }
  EXPECT_GT(seen, 20);
}

// The contract names the command beside each route.
TEST(Documents, EveryCommandBesideARouteIsThere) {
  const auto commands = Commands();
  const std::string text = SourceOf("daemon/API.md");
  static const std::regex kRow("\\| `(GET|POST) (/[^`]*)` \\|([^|]*)\\|");
  static const std::regex kQuoted("`([^`]+)`");
  int seen = 0;
  for (auto row = std::sregex_iterator(text.begin(), text.end(), kRow);
       row != std::sregex_iterator(); ++row) {
    const std::string column = (*row)[3];
    for (auto it = std::sregex_iterator(column.begin(), column.end(), kQuoted);
         it != std::sregex_iterator(); ++it) {
      EXPECT_TRUE(IsCommand(commands, (*it)[1])) << (*row)[2] << ": " << (*it)[1];
      ++seen;
    }
  }
  EXPECT_GT(seen, 60);
}

// Tests gives "Suite.Name" of every test in the tree.
std::set<std::string> Tests() {
  static const std::regex kTest("TEST(?:_F|_P)?\\(\\s*(\\w+),\\s*(\\w+)\\s*\\)");
  std::set<std::string> tests;
  const std::filesystem::path root = std::filesystem::path(STRONGROOM_SOURCE_DIR) / "tests";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".cc" && entry.path().extension() != ".h") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (auto it = std::sregex_iterator(text.begin(), text.end(), kTest);
         it != std::sregex_iterator(); ++it) {
      tests.insert(std::string((*it)[1]) + "." + std::string((*it)[2]));
    }
  }
  return tests;
}

TEST(Documents, EveryTestThatIsNamedIsThere) {
  const std::set<std::string> tests = Tests();
  ASSERT_GT(tests.size(), 1000u);
  static const std::regex kNamed("`([A-Z]\\w+\\.[A-Z]\\w{10,})`");
  int seen = 0;
  for (const std::string& path : Documents()) {
    const std::string text = SourceOf(path);
    for (auto it = std::sregex_iterator(text.begin(), text.end(), kNamed);
         it != std::sregex_iterator(); ++it) {
      EXPECT_TRUE(tests.contains((*it)[1])) << path << ": " << (*it)[1];
      ++seen;
    }
  }
  EXPECT_GT(seen, 25);
}

TEST(Documents, EveryFileThatIsNamedIsThere) {
  static const std::regex kPath(
      "`((?:vault|policies|ingest|daemon|tools|tests)/[A-Za-z0-9_./-]+)`");
  int seen = 0;
  for (const std::string& path : Documents()) {
    const std::string text = SourceOf(path);
    for (auto it = std::sregex_iterator(text.begin(), text.end(), kPath);
         it != std::sregex_iterator(); ++it) {
      const std::string named = std::string(STRONGROOM_SOURCE_DIR) + "/" + std::string((*it)[1]);
      // A module is named by its header and source together.
      EXPECT_TRUE(std::filesystem::exists(named) || std::filesystem::exists(named + ".h"))
          << path << ": " << (*it)[1];
      ++seen;
    }
  }
  EXPECT_GT(seen, 20);
}

}  // namespace
}  // namespace tools
