// token new, list and end: a way in for programs.
#include <memory>
#include <optional>
#include <string>

#include "tools/cli/commands.h"
#include "tools/cli/output_file.h"

namespace tools {
namespace {

const Columns kToken = {{"name", "Token"}, {"may", "May"}, {"until", "Until"}, {"id", "Id"}};

struct NewToken {
  std::string name;
  std::string until;
  std::optional<std::string> may;
  std::string output;
};

vault::Status RunNew(Client& client, const NewToken& token) {
  // Before the server is asked: a token nobody could keep would be a way in that nobody watches.
  TRY(OutputFile file, OutputFile::Create(token.output));
  JsonObject body;
  body.Set("name", token.name).Set("until", token.until).Set("may", token.may);
  TRY(const std::string answer, client.Post("/api/v1/tokens", std::move(body)));
  TRY(const Json made, Json::Parse(answer));
  const Json& secret = made.Find("token");
  if (secret.kind() != Json::Kind::kText) return vault::Invalid("the server gave no token");
  const vault::Plaintext text = vault::Plaintext::CopyOf(vault::AsBytes(secret.Text() + "\n"));
  TRY_VOID(file.Write(text.view()));
  TRY_VOID(std::move(file).Finish());
  JsonObject printed;
  for (const char* name : {"id", "name", "may", "until"}) {
    printed.Set(name, made.Find(name).Text());
  }
  return client.PrintOwn(std::move(printed), RecordText(made, kToken) + "Its secret is in " +
                                                 token.output + ", and nowhere else.\n");
}

}  // namespace

void AddTokenCommands(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "token", "Ways in for programs that act for you");

  auto token = std::make_shared<NewToken>();
  CLI::App* command = AddCommand(*noun, "new", "Make a token for a program",
                                 "strongroom token new --name scanner --until 2026-12-31 "
                                 "--may file -o scanner.token");
  command->add_option("--name", token->name, "What the token is for")->required();
  command->add_option("--until", token->until, "When it ends, within a year")->required();
  command->add_option(
      "--may", token->may,
      "read (the default), file (read and file), or act (all but people, passwords, "
      "approvals)");
  command->add_option("-o,--output", token->output, "File the secret is written to (mode 0600)")
      ->required();
  command->callback(
      [&client, token] { client.plan.run = [&client, token] { return RunNew(client, *token); }; });

  command = AddCommand(*noun, "list", "List your tokens", "strongroom token list");
  command->callback([&client] {
    client.plan.run = [&client] { return client.PrintList(client.Get("/api/v1/tokens"), kToken); };
  });

  auto id = std::make_shared<std::string>();
  command = AddCommand(*noun, "end", "End a token at once",
                       "strongroom token end 7f0c12ab34cd56ef7f0c12ab34cd56ef");
  command->add_option("ID", *id, "The token's id")->required();
  command->callback([&client, id] {
    client.plan.run = [&client, id] {
      return client.PrintEnding(client.Post("/api/v1/tokens/" + *id + "/end", {}),
                                "The token has ended: it opens nothing any more.");
    };
  });
}

}  // namespace tools
