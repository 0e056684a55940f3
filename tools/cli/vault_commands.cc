// anchor, seal, status.
#include <memory>
#include <string>

#include "tools/cli/commands.h"
#include "tools/cli/status_words.h"

namespace tools {

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

void AddVaultCommands(CLI::App& app, Client& client) {
  auto date = std::make_shared<std::string>();
  CLI::App* command =
      AddCommand(app, "anchor", "Confirm today's date, so that documents may be opened",
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
