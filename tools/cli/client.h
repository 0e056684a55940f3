// Client: what every command shares: global options, the sign-in, questions to the daemon, answers
// to the person.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cli/console.h"
#include "tools/cli/http_client.h"
#include "tools/cli/json.h"
#include "tools/cli/print.h"
#include "tools/cli/token_file.h"
#include "vault/base/result.h"

namespace tools {

// GlobalOptions may stand anywhere on the line.
struct GlobalOptions {
  std::optional<std::string> server;
  std::optional<std::string> authority;
  std::optional<std::string> token_file;
  bool json = false;
};

// Plan is what the chosen command will do: check finds wrong usage (exit 2) before anything is
// asked or read, run does the work (exit 1 when it fails).
struct Plan {
  std::function<vault::Status()> check;
  std::function<vault::Status()> run;
};

// SignIn says whether a request carries the person's token.
enum class SignIn { kRequired, kNone };

// Client serves one command line.
class Client {
 public:
  Client(Console console, Variables variables, std::string version)
      : console_(console), variables_(std::move(variables)), version_(std::move(version)) {}

  GlobalOptions options;
  Plan plan;
  // Where the rules are that an installed program uses, for work on a vault without a daemon.
  std::string policy_folder;

  const Console& console() const { return console_; }
  const std::string& version() const { return version_; }
  // variable reads the environment.
  std::optional<std::string> variable(std::string_view name) const { return variables_(name); }

  // TokenFile is the path in force. Errors: kInvalid none can be named.
  vault::Result<std::string> TokenFile() const;
  // Get and Post ask the daemon for JSON, with the person's token.
  vault::Result<std::string> Get(const std::string& target);
  vault::Result<std::string> Post(const std::string& target, JsonObject body);
  // Ask makes any request; the token is added where required.
  vault::Result<HttpAnswer> Ask(HttpRequest request, SignIn sign_in, BodySink* sink);
  // AskAt asks another server than the one configured (a link names its own).
  vault::Result<HttpAnswer> AskAt(const std::string& server, HttpRequest request, BodySink* sink);

  // PrintRecord prints an object, PrintList a list: the JSON text as it came, or in plain words.
  // Errors: those of the answer; kInvalid it is no JSON.
  vault::Status PrintRecord(vault::Result<std::string> answer, const Columns& columns);
  vault::Status PrintList(vault::Result<std::string> answer, const Columns& columns);
  // PrintDone prints an answer that has nothing to tell a person but the sentence.
  vault::Status PrintDone(vault::Result<std::string> answer, std::string_view sentence);
  // PrintEnding is PrintDone for what ends a key: it says too whether that is destroyed.
  vault::Status PrintEnding(vault::Result<std::string> answer, std::string_view sentence);
  // PrintWith lets the command say it in its own words.
  using Words = std::function<std::string(const Json&)>;
  vault::Status PrintWith(vault::Result<std::string> answer, const Words& words);
  // PrintJson prints an object that the command made itself, or with words what a person reads.
  vault::Status PrintOwn(JsonObject object, std::string_view words);
  vault::Status PrintRaw(std::string_view text);

 private:
  vault::Result<HttpAnswer> AskThrough(HttpClient& http, HttpRequest request, SignIn sign_in,
                                       BodySink* sink);
  vault::Result<std::unique_ptr<HttpClient>> Connect(const std::string& server) const;

  Console console_;
  Variables variables_;
  std::string version_;
  std::unique_ptr<HttpClient> http_;
};

// Query builds "?a=b&c=d" from the pairs that have a value; empty when none has.
std::string Query(
    const std::vector<std::pair<std::string_view, std::optional<std::string>>>& pairs);

// RunClient reads the arguments (without the program's name), does what they say and gives the exit
// code: 0 done, 1 refused or failed, 2 wrong usage.
int RunClient(const std::vector<std::string>& arguments, Client& client);

}  // namespace tools
