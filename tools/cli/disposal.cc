// sweep and its release; disposal: list, show, approve, put off, certificate, debt; explain.
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
        std::pair{"blocked", "Kept by a hold, or stopped"}, std::pair{"failed", "Failed"},
        std::pair{"soon", "Due within seven days"}}) {
    const Json& list = sweep.Find(member);
    words += std::string(title) + ": " + std::to_string(list.items().size()) + "\n";
    if (!list.items().empty()) words += TableText(list, item) + "\n";
  }
  return words + RecordText(sweep, {{"budget", "Records the clock alone may still end today"},
                                    {"debt", "Due, not yet destroyed"}});
}

const Columns kDecided = {{"id", "Disposal"},
                          {"state", "State"},
                          {"approvals", "Approvals"},
                          {"destroyed", "Destroyed"},
                          {"blocked", "Kept by a hold"}};

std::string SheetWords(const Json& sheet) {
  std::string words = RecordText(sheet, {{"id", "Disposal"},
                                         {"state", "State"},
                                         {"matter", "Matter"},
                                         {"rule", "Rule"},
                                         {"authority", "Authority"},
                                         {"trigger", "Trigger"},
                                         {"due", "Due"},
                                         {"proposed", "Proposed"},
                                         {"objects", "Objects"},
                                         {"digest", "Digest"},
                                         {"approvals", "Approvals"},
                                         {"decision", "Sent back because"}});
  words += "\nHow many of each class\n" +
           TableText(sheet.Find("classes"), {{"class", "Class"}, {"count", "Number"}});
  words +=
      "\nHolds in this matter\n" +
      TableText(sheet.Find("holds"), {{"scope", "On"}, {"placed", "Placed"}, {"review", "Review"}});
  return words + "\nItems\n" +
         TableText(sheet.Find("items"), {{"kind", "Kind"},
                                         {"class", "Class"},
                                         {"agency", "Agency"},
                                         {"filed", "Filed"},
                                         {"version", "Version"},
                                         {"id", "Id"}});
}

std::string DisposalPath(const std::string& id) { return "/api/v1/disposals/" + PercentEncode(id); }

// AddDecisions adds what people decide about one proposed disposal.
void AddDecisions(CLI::App& noun, Client& client) {
  auto id = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  auto until = std::make_shared<std::string>();
  CLI::App* command = AddCommand(noun, "show", "Show the review sheet of a disposal",
                                 "strongroom disposal show 0123456789abcdef0123456789abcdef");
  command->add_option("ID", *id, "The disposal's id")->required();
  command->callback([&client, id] {
    client.plan.run = [&client, id] {
      return client.PrintWith(client.Get(DisposalPath(*id)), SheetWords);
    };
  });
  command = AddCommand(noun, "send-back", "Take a first approval away, with a reason",
                       "strongroom disposal send-back 0123456789abcdef0123456789abcdef "
                       "--reason \"a claim is open\"");
  command->add_option("ID", *id, "The disposal's id")->required();
  command->add_option("--reason", *reason, "Why")->required();
  command->callback([&client, id, reason] {
    client.plan.run = [&client, id, reason] {
      JsonObject body;
      body.Set("reason", *reason);
      return client.PrintDone(client.Post(DisposalPath(*id) + "/send-back", std::move(body)),
                              "It needs two approvals again.");
    };
  });
  command = AddCommand(noun, "extend", "Put the records of a disposal off to a day, with a reason",
                       "strongroom disposal extend 0123456789abcdef0123456789abcdef "
                       "--until 2027-09-01 --reason \"a claim is open\"");
  command->add_option("ID", *id, "The disposal's id")->required();
  command->add_option("--until", *until, "The day, at most twelve months away")->required();
  command->add_option("--reason", *reason, "Why")->required();
  command->callback([&client, id, until, reason] {
    client.plan.run = [&client, id, until, reason] {
      JsonObject body;
      body.Set("until", *until).Set("reason", *reason);
      return client.PrintDone(client.Post(DisposalPath(*id) + "/extend", std::move(body)),
                              "Its records are kept until that day.");
    };
  });
  command = AddCommand(noun, "debt", "List what is due and not destroyed, with the reason",
                       "strongroom disposal debt");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintList(client.Get("/api/v1/debt"), {{"objects", "Objects"},
                                                           {"reason", "Why"},
                                                           {"rule", "Rule"},
                                                           {"due", "Due"},
                                                           {"failures", "Failures"},
                                                           {"id", "Disposal"}});
    };
  });
}

void AddExplain(CLI::App& app, Client& client) {
  auto id = std::make_shared<std::string>();
  CLI::App* command = AddCommand(app, "explain", "Say why a document is kept or due",
                                 "strongroom explain 0123456789abcdef0123456789abcdef");
  command->add_option("D", *id, "The document's id")->required();
  command->callback([&client, id] {
    client.plan.run = [&client, id] {
      return client.PrintWith(
          client.Get("/api/v1/documents/" + PercentEncode(*id) + "/explain"),
          [](const Json& why) { return PlainText(why.Find("text").Text()) + "\n"; });
    };
  });
}

}  // namespace

void AddDisposalCommands(CLI::App& app, Client& client) {
  auto dry = std::make_shared<bool>(false);
  CLI::App* command = AddCommand(app, "sweep", "Destroy what is due, propose what needs approval",
                                 "strongroom sweep --dry-run");
  command->add_flag("--dry-run", *dry, "Only say what would happen");
  auto action = std::make_shared<std::string>();
  command
      ->add_option("ACTION", *action, "release: let go what the breaker stopped; two people must")
      ->check(CLI::IsMember({"release"}));
  command->callback([&client, dry, action] {
    client.plan.check = [dry, action]() -> vault::Status {
      if (*dry && !action->empty()) return vault::Invalid("a release is not tried out");
      return vault::Ok();
    };
    client.plan.run = [&client, dry, action] {
      if (*action == "release") {
        return client.PrintList(client.Post("/api/v1/sweep/release", JsonObject()), kDecided);
      }
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
  auto digest = std::make_shared<std::optional<std::string>>();
  command->add_option("--digest", *digest, "Approve only the items of this digest (one disposal)");
  command->callback([&client, ids, digest] {
    client.plan.run = [&client, ids, digest] {
      JsonObject body;
      body.Set("ids", *ids).Set("digest", *digest);
      return client.PrintList(client.Post("/api/v1/disposals/approve", std::move(body)), kDecided);
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
  AddDecisions(*noun, client);
  AddExplain(app, client);
}

}  // namespace tools
