// sweep; disposal list, approve and certificate.
#include <memory>
#include <string>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/transfer.h"

namespace tools {
namespace {

std::string SweepWords(const Json& sweep) {
  const Columns item = {
      {"kind", "Kind"}, {"matter", "Matter"}, {"rule", "Rule"}, {"trigger", "Trigger"},
      {"due", "Due"},   {"reason", "Reason"}, {"id", "Id"}};
  std::string words;
  for (const auto& [member, title] :
       {std::pair{"destroyed", "Destroyed"}, std::pair{"proposed", "Proposed for approval"},
        std::pair{"blocked", "Kept by a hold"}, std::pair{"failed", "Failed"}}) {
    const Json& list = sweep.Find(member);
    words += std::string(title) + ": " + std::to_string(list.items().size()) + "\n";
    if (!list.items().empty()) words += TableText(list, item) + "\n";
  }
  return words + RecordText(sweep, {{"budget", "Still allowed without a second person"}});
}

}  // namespace

void AddDisposalCommands(CLI::App& app, Client& client) {
  auto dry = std::make_shared<bool>(false);
  CLI::App* command = AddCommand(app, "sweep", "Destroy what is due, propose what needs approval",
                                 "strongroom sweep --dry-run");
  command->add_flag("--dry-run", *dry, "Only say what would happen");
  command->callback([&client, dry] {
    client.plan.run = [&client, dry] {
      JsonObject body;
      if (*dry) body.SetFlag("dry_run", true);
      return client.PrintWith(client.Post("/api/v1/sweep", std::move(body)), SweepWords);
    };
  });

  CLI::App* noun = AddNoun(app, "disposal", "Destructions: proposed, approved, done, proved");
  command = AddCommand(*noun, "list", "List the disposals", "strongroom disposal list");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintList(client.Get("/api/v1/disposals"), {{"id", "Disposal"},
                                                                {"state", "State"},
                                                                {"rule", "Rule"},
                                                                {"trigger", "Trigger"},
                                                                {"due", "Due"},
                                                                {"done", "Done"},
                                                                {"objects", "Objects"},
                                                                {"certificate", "Certificate"}});
    };
  });

  auto ids = std::make_shared<std::vector<std::string>>();
  command = AddCommand(*noun, "approve", "Approve proposed disposals; two people must",
                       "strongroom disposal approve 0123456789abcdef0123456789abcdef");
  command->add_option("ID", *ids, "Ids of disposals")->required();
  command->callback([&client, ids] {
    client.plan.run = [&client, ids] {
      JsonObject body;
      body.Set("ids", *ids);
      return client.PrintList(client.Post("/api/v1/disposals/approve", std::move(body)),
                              {{"id", "Disposal"}, {"state", "State"}, {"approvals", "Approvals"}});
    };
  });

  auto id = std::make_shared<std::string>();
  auto out = std::make_shared<std::string>();
  command = AddCommand(*noun, "certificate", "Write the certificate of a disposal to a file",
                       "strongroom disposal certificate 0123456789abcdef0123456789abcdef "
                       "-o certificate.txt");
  command->add_option("ID", *id, "The disposal's id")->required();
  command->add_option("-o,--output", *out, "The file to write")->required();
  command->callback([&client, id, out] {
    client.plan.run = [&client, id, out]() -> vault::Status {
      FileSink sink(client.console(), *out);
      HttpRequest request;
      request.target = "/api/v1/disposals/" + PercentEncode(*id) + "/certificate";
      TRY(HttpAnswer answer, client.Ask(std::move(request), SignIn::kRequired, &sink));
      TRY_VOID(sink.Finish());
      JsonObject printed;
      printed.Set("id", *id).Set("file", *out).SetNumber("bytes", sink.bytes());
      return client.PrintOwn(std::move(printed), "The certificate is in " + *out + ".\n");
    };
  });
}

}  // namespace tools
