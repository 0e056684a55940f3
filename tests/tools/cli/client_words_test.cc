// The client's words for people: days and times as they are written here.
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/client_parser.h"
#include "tests/support/client_server.h"
#include "tests/support/promised_answers.h"

namespace tools {
namespace {

using service::Request;
using service::Response;

// Words splits the first command of an example as a shell would.
std::vector<std::string> Words(std::string_view example) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool begun = false;
  for (const char c : example) {
    if (quote == 0 && (c == '\n' || c == ' ')) {
      if (begun) words.push_back(std::move(word));
      word.clear();
      begun = false;
      if (c == '\n') break;
      continue;
    }
    begun = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else {
      word += c;
    }
  }
  if (begun) words.push_back(std::move(word));
  return words;
}

TEST_F(TheClient, ShowsPeopleNoDayAndNoTimeAsProgramsWriteThem) {
  for (const PromisedAnswers::Route& route : PromisedAnswers().Routes()) {
    const auto verb = route.method == "get" ? service::Verb::kGet : service::Verb::kPost;
    AnswerJson(verb, route.path, route.answer);
  }
  Start();
  // These work without a daemon, on files that are not there, or hand bytes on as they are.
  const std::vector<std::string> others = {"init",
                                           "custody promote",
                                           "share open",
                                           "evidence",
                                           "log checkpoint",
                                           "log proof",
                                           "log export",
                                           "policy check",
                                           "policy diff",
                                           "backup",
                                           "restore",
                                           "drill",
                                           "doctor",
                                           "person import",
                                           "file",
                                           "get",
                                           "disposal certificate",
                                           "report",
                                           "table check",
                                           "unseal-key renew"};
  const std::regex machine("[0-9]{4}-[0-9]{2}-[0-9]{2}");
  std::vector<const CLI::App*> open = {nullptr};
  const ClientParser parser;
  open.front() = &parser.app();
  std::size_t run = 0;
  std::size_t dated = 0;
  while (!open.empty()) {
    const CLI::App* command = open.back();
    open.pop_back();
    for (const CLI::App* below :
         command->get_subcommands([](const CLI::App* each) { return !each->get_name().empty(); })) {
      open.push_back(below);
    }
    const std::string footer = command->get_footer();
    const std::string_view head = "Example:\n  strongroom ";
    if (!footer.starts_with(head)) continue;
    const std::string_view example = std::string_view(footer).substr(head.size());
    if (std::any_of(others.begin(), others.end(),
                    [line = std::string(example) + " "](const std::string& other) {
                      return line.starts_with(other + " ");
                    })) {
      continue;
    }
    std::vector<std::string> words = Words(example);
    words.erase(std::remove(words.begin(), words.end(), "--json"), words.end());
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i - 1].ends_with("-file")) words[i] = bench.Write(words[i], "a good password\n");
      if (words[i - 1] == "-o") words[i] = bench.At("written-" + std::to_string(run));
    }
    bench.Write("token", kToken + "\n");
    bench.input = "typed in\nsecond line\n";
    const auto outcome = bench.Run(words);
    EXPECT_EQ(outcome.exit, 0) << example << outcome.err;
    EXPECT_FALSE(std::regex_search(outcome.out, machine)) << example << "\n" << outcome.out;
    ++run;
    dated += outcome.out.find("9 July 2026") == std::string::npos ? 0 : 1;
  }
  EXPECT_GT(run, 60u);
  EXPECT_GT(dated, 20u);
}

}  // namespace
}  // namespace tools
