// unseal, anchor, seal, status.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/commands.h"

namespace tools {
namespace {

std::string StatusWords(const Json& status) {
  const bool sealed = status.Find("sealed").Text() == "yes";
  std::string words = sealed ? "Sealed.\n" : "Unsealed.\n";
  const std::string given = status.Find("shares_given").Text();
  if (sealed && status.Find("unseal").Text() == "shares") {
    words += "Shares given: " + given + " of the " + status.Find("shares_needed").Text() +
             " that are needed.\n";
  }
  words += RecordText(status, {{"version", "Version"},
                               {"vault", "Vault"},
                               {"epoch", "Epoch"},
                               {"log_size", "Log entries"},
                               {"anchored", "Date confirmed"},
                               {"clock_trust", "Clock trusted"},
                               {"unseal", "Unsealed with"},
                               {"cell_classes", "Erasure cells"},
                               {"deletion_debt", "Due, not yet destroyed"},
                               {"box_debt", "Boxes still to make"},
                               {"orphans", "Keys without a row"},
                               {"backup", "Last backup"}});
  for (const auto& cell : status.Find("cells").items()) {
    words += "Erasure cell: " + OneLine(cell.Find("class").Text()) + " (" +
             OneLine(cell.Find("reason").Text()) + ")\n";
  }
  for (const auto& warning : status.Find("warnings").items()) {
    words += "Note: " + OneLine(warning.Text()) + "\n";
  }
  return words;
}

struct Unseal {
  std::optional<std::string> passphrase_file;
  std::optional<std::string> credential;
  std::optional<std::string> shares_file;
  bool share = false;
  std::optional<std::string> date;
};

// One share a line; blank lines are passed over.
std::vector<vault::Plaintext> Lines(const vault::Plaintext& text) {
  std::vector<vault::Plaintext> lines;
  std::string_view rest = text.text();
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    lines.push_back(vault::Plaintext::CopyOf(vault::AsBytes(line)));
  }
  return lines;
}

vault::Status RunUnseal(Client& client, const Unseal& options) {
  JsonObject body;
  if (options.credential) {
    TRY(vault::Plaintext credential, ReadSecretFile(*options.credential));
    body.Set("credential", credential);
  } else if (options.shares_file || options.share) {
    TRY(const vault::Plaintext text,
        ReadSecret(client.console(), "Unseal share", options.shares_file));
    body.SetList("shares", Lines(text));
  } else {
    TRY(vault::Plaintext passphrase,
        ReadSecret(client.console(), "Unseal passphrase", options.passphrase_file));
    body.Set("passphrase", passphrase);
  }
  body.Set("confirm_date", options.date);
  const vault::Plaintext text = std::move(body).Take();
  HttpRequest request;
  request.method = "POST";
  request.target = "/api/v1/unseal";
  request.json = &text;
  TRY(HttpAnswer answer, client.Ask(std::move(request), SignIn::kNone, nullptr));
  return client.PrintWith(std::string(answer.body.text()), StatusWords);
}

}  // namespace

void AddVaultCommands(CLI::App& app, Client& client) {
  auto unseal = std::make_shared<Unseal>();
  CLI::App* command = AddCommand(app, "unseal", "Open the vault after a start",
                                 "strongroom unseal --confirm-date 2026-04-09");
  auto* file = command->add_option("--passphrase-file", unseal->passphrase_file,
                                   "File with the passphrase (else a prompt or standard input)");
  auto* credential =
      command->add_option("--credential", unseal->credential, "File with the unseal credential")
          ->excludes(file);
  auto* shares =
      command->add_option("--shares-file", unseal->shares_file, "File with shares, one a line")
          ->excludes(file)
          ->excludes(credential);
  command
      ->add_flag("--share", unseal->share,
                 "Give shares at a prompt or on standard input; the others may follow")
      ->excludes(file)
      ->excludes(credential)
      ->excludes(shares);
  command->add_option("--confirm-date", unseal->date, "Today's date, as you know it: YYYY-MM-DD");
  command->callback([&client, unseal] {
    client.plan.run = [&client, unseal] { return RunUnseal(client, *unseal); };
  });

  auto date = std::make_shared<std::string>();
  command = AddCommand(app, "anchor", "Confirm today's date, so that documents may be opened",
                       "strongroom anchor --confirm-date 2026-04-09");
  command->add_option("--confirm-date", *date, "Today's date: YYYY-MM-DD")->required();
  command->callback([&client, date] {
    client.plan.run = [&client, date] {
      JsonObject body;
      body.Set("confirm_date", *date);
      return client.PrintWith(client.Post("/api/v1/anchor", std::move(body)), StatusWords);
    };
  });

  command = AddCommand(app, "seal", "Close the vault; nobody reads until it is unsealed",
                       "strongroom seal");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintWith(client.Post("/api/v1/seal", {}), StatusWords);
    };
  });

  command = AddCommand(app, "status", "Say how the vault is; needs no sign-in",
                       "strongroom status --json");
  command->callback([&client] {
    client.plan.run = [&client]() -> vault::Status {
      HttpRequest request;
      request.target = "/api/v1/status";
      TRY(HttpAnswer answer, client.Ask(std::move(request), SignIn::kNone, nullptr));
      return client.PrintWith(std::string(answer.body.text()), StatusWords);
    };
  });
}

}  // namespace tools
