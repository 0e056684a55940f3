// hold place, release and list.
#include <memory>
#include <optional>
#include <string>

#include "tools/cli/commands.h"

namespace tools {
namespace {

struct NewHold {
  std::optional<std::string> matter;
  std::optional<std::string> subject;
  std::optional<std::string> document;
  std::string reason;
  std::string review;
  bool sealed = false;
};

vault::Status RunPlace(Client& client, const NewHold& hold) {
  JsonObject body;
  body.Set("matter", hold.matter).Set("subject", hold.subject).Set("document", hold.document);
  body.Set("reason", hold.reason).Set("review", hold.review);
  if (hold.sealed) body.SetFlag("sealed", true);
  return client.PrintRecord(client.Post("/api/v1/holds", std::move(body)), {{"id", "Hold"}});
}

}  // namespace

void AddHoldCommands(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "hold", "Holds: what must not be destroyed for now");

  auto hold = std::make_shared<NewHold>();
  CLI::App* command = AddCommand(*noun, "place", "Keep a matter, subject or document",
                                 "strongroom hold place --matter MACFA-2026-1 "
                                 "--reason \"inquiry 2026/7\" --review 2026-10-01");
  CLI::Option_group* what = command->add_option_group("What");
  what->add_option("--matter", hold->matter, "The matter's id or reference");
  what->add_option("--subject", hold->subject, "The subject's pseudonym or id");
  what->add_option("--doc", hold->document, "The document's id");
  what->require_option(1);
  command->add_option("--reason", hold->reason, "Why")->required();
  command->add_option("--review", hold->review, "When to look again: YYYY-MM-DD")->required();
  command->add_flag("--sealed", hold->sealed, "Also let nobody open it");
  command->callback(
      [&client, hold] { client.plan.run = [&client, hold] { return RunPlace(client, *hold); }; });

  auto id = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  command = AddCommand(*noun, "release", "End a hold",
                       "strongroom hold release 0123456789abcdef0123456789abcdef "
                       "--reason \"inquiry closed\"");
  command->add_option("ID", *id, "The hold's id")->required();
  command->add_option("--reason", *reason, "Why")->required();
  command->callback([&client, id, reason] {
    client.plan.run = [&client, id, reason] {
      JsonObject body;
      body.Set("reason", *reason);
      return client.PrintDone(
          client.Post("/api/v1/holds/" + PercentEncode(*id) + "/release", std::move(body)),
          "The hold is released.");
    };
  });

  command = AddCommand(*noun, "list", "List the holds", "strongroom hold list");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintList(client.Get("/api/v1/holds"), {{"id", "Hold"},
                                                            {"kind", "Of"},
                                                            {"object", "What"},
                                                            {"placed", "Placed"},
                                                            {"review", "Review"},
                                                            {"sealed", "Sealed"},
                                                            {"state", "State"},
                                                            {"reason", "Reason"}});
    };
  });
}

}  // namespace tools
