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
  std::optional<std::string> authority;
  std::string review;
  bool sealed = false;
};

vault::Status RunPlace(Client& client, const NewHold& hold) {
  JsonObject body;
  body.Set("matter", hold.matter).Set("subject", hold.subject).Set("document", hold.document);
  body.Set("reason", hold.reason).Set("authority", hold.authority).Set("review", hold.review);
  if (hold.sealed) body.SetFlag("sealed", true);
  return client.PrintRecord(client.Post("/api/v1/holds", std::move(body)), {{"id", "Hold"}});
}

const Columns kCollision = {
    {"kind", "What"}, {"class", "Class"}, {"due", "Due"}, {"state", "State"}, {"id", "Id"}};

std::string ScopeWords(const Json& scope) {
  std::string words = RecordText(scope, {{"matters", "Matters"},
                                         {"subjects", "Subjects"},
                                         {"versions", "Documents and versions"},
                                         {"held_already", "Keys held already"}});
  for (const Json& one : scope.Find("classes").items()) {
    words += "  " + OneLine(one.Find("class").Text()) + "  " + one.Find("count").Text() + "\n";
  }
  if (scope.Find("collisions").items().empty()) return words + "Nothing of it is due.\n";
  return words + "\nDue, or soon to be:\n" + TableText(scope.Find("collisions"), kCollision);
}

// AddWhat adds the three ways to name what a hold is on.
void AddWhat(CLI::App& command, const std::shared_ptr<NewHold>& hold) {
  CLI::Option_group* what = command.add_option_group("What");
  what->add_option("--matter", hold->matter, "The matter's id or reference");
  what->add_option("--subject", hold->subject, "The subject's pseudonym or id");
  what->add_option("--doc", hold->document, "The document's id");
  what->require_option(1);
}

void AddPreview(CLI::App& noun, Client& client) {
  auto hold = std::make_shared<NewHold>();
  CLI::App* command = AddCommand(noun, "preview", "Say what a hold would keep, and place none",
                                 "strongroom hold preview --matter MACFA-2026-01");
  AddWhat(*command, hold);
  command->callback([&client, hold] {
    client.plan.run = [&client, hold] {
      JsonObject body;
      body.Set("matter", hold->matter).Set("subject", hold->subject);
      body.Set("document", hold->document);
      return client.PrintWith(client.Post("/api/v1/holds/preview", std::move(body)), ScopeWords);
    };
  });
}

struct NextReview {
  std::string id;
  std::string review;
  std::string note;
};

void AddReview(CLI::App& noun, Client& client) {
  auto next = std::make_shared<NextReview>();
  CLI::App* command = AddCommand(noun, "review", "Say that a hold still stands, and until when",
                                 "strongroom hold review 0123456789abcdef0123456789abcdef "
                                 "--review 2027-01-15 --note \"the inquiry goes on\"");
  command->add_option("ID", next->id, "The hold's id")->required();
  command->add_option("--review", next->review, "When to look again: YYYY-MM-DD")->required();
  command->add_option("--note", next->note, "Why it still stands")->required();
  command->callback([&client, next] {
    client.plan.run = [&client, next] {
      JsonObject body;
      body.Set("review", next->review).Set("note", next->note);
      return client.PrintDone(
          client.Post("/api/v1/holds/" + PercentEncode(next->id) + "/review", std::move(body)),
          "The hold stands, and its review is moved.");
    };
  });
}

}  // namespace

void AddHoldCommands(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "hold", "Holds: what must not be destroyed for now");

  auto hold = std::make_shared<NewHold>();
  CLI::App* command = AddCommand(*noun, "place", "Keep a matter, subject or document",
                                 "strongroom hold place --matter MACFA-2026-1 "
                                 "--reason \"inquiry 2026/7\" --review 2026-10-01");
  AddWhat(*command, hold);
  command->add_option("--reason", hold->reason, "Why")->required();
  command->add_option("--authority", hold->authority, "On whose word: an order, a letter");
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

  AddPreview(*noun, client);
  AddReview(*noun, client);

  auto overdue = std::make_shared<bool>(false);
  command = AddCommand(*noun, "list", "List the holds", "strongroom hold list --overdue");
  command->add_flag("--overdue", *overdue, "Only those whose review has passed");
  command->callback([&client, overdue] {
    client.plan.run = [&client, overdue] {
      const std::string target = *overdue ? "/api/v1/holds?overdue=true" : "/api/v1/holds";
      return client.PrintList(client.Get(target), {{"id", "Hold"},
                                                   {"kind", "Of"},
                                                   {"object", "What"},
                                                   {"placed", "Placed"},
                                                   {"review", "Review"},
                                                   {"overdue", "Overdue"},
                                                   {"sealed", "Sealed"},
                                                   {"collisions", "Due under it"},
                                                   {"state", "State"},
                                                   {"authority", "Authority"},
                                                   {"reason", "Reason"}});
    };
  });
}

}  // namespace tools
