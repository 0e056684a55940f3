// person deputy, exclude and readmit; who; search; mail list.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tools/cli/commands.h"

namespace tools {
namespace {

const Columns kDeputy = {
    {"deputy", "Deputy"}, {"for", "Acts for"}, {"until", "Until"}, {"id", "Id"}};

struct NewDeputy {
  std::string deputy;
  std::string stands_for;
  std::string until;
};

void AddDeputy(CLI::App& person, Client& client) {
  CLI::App* noun = AddNoun(person, "deputy", "Who acts for a colleague for a time");
  auto wish = std::make_shared<NewDeputy>();
  CLI::App* command = AddCommand(*noun, "name", "Let a person act for a colleague of their agency",
                                 "strongroom person deputy name b.second@police.example "
                                 "--for a.first@police.example --until 2026-08-31");
  command->add_option("EMAIL", wish->deputy, "Who acts")->required();
  command->add_option("--for", wish->stands_for, "For whom")->required();
  command->add_option("--until", wish->until, "When it ends by itself")->required();
  command->callback([&client, wish] {
    client.plan.run = [&client, wish] {
      JsonObject body;
      body.Set("deputy", wish->deputy).Set("for", wish->stands_for).Set("until", wish->until);
      return client.PrintRecord(client.Post("/api/v1/people/deputies", std::move(body)), kDeputy);
    };
  });

  command = AddCommand(*noun, "list", "List the deputies", "strongroom person deputy list");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintList(client.Get("/api/v1/people/deputies"), kDeputy);
    };
  });

  auto id = std::make_shared<std::string>();
  command = AddCommand(*noun, "end", "End it now",
                       "strongroom person deputy end 0123456789abcdef0123456789abcdef");
  command->add_option("ID", *id, "The deputyship's id")->required();
  command->callback([&client, id] {
    client.plan.run = [&client, id] {
      return client.PrintEnding(
          client.Post("/api/v1/people/deputies/" + PercentEncode(*id) + "/end", JsonObject()),
          "They act for nobody in this place any more.");
    };
  });
}

struct NewExclusion {
  std::string email;
  std::string matter;
  std::string subject;
  std::string reason;
};

void AddExclusions(CLI::App& person, Client& client) {
  auto wish = std::make_shared<NewExclusion>();
  CLI::App* command =
      AddCommand(person, "exclude", "Keep a person away from a subject for a conflict of interest",
                 "strongroom person exclude a.auditor@police.example "
                 "--matter MACFA-2026-01 --subject \"Adult A\" "
                 "--reason \"a relative\"");
  command->add_option("EMAIL", wish->email, "Whom")->required();
  command->add_option("--matter", wish->matter, "The matter's id or reference")->required();
  command->add_option("--subject", wish->subject, "The subject's pseudonym or id")->required();
  command->add_option("--reason", wish->reason, "Why")->required();
  command->callback([&client, wish] {
    client.plan.run = [&client, wish] {
      JsonObject body;
      body.Set("email", wish->email).Set("subject", wish->subject).Set("reason", wish->reason);
      return client.PrintWith(
          client.Post("/api/v1/matters/" + PercentEncode(wish->matter) + "/exclusions",
                      std::move(body)),
          [](const Json& done) {
            return RecordText(done, {{"email", "Person"}, {"subject", "Kept from"}, {"id", "Id"}}) +
                   OwedWords(done);
          });
    };
  });

  auto matter = std::make_shared<std::string>();
  command = AddCommand(person, "excluded", "List who is kept away in a matter",
                       "strongroom person excluded MACFA-2026-01");
  command->add_option("M", *matter, "The matter's id or reference")->required();
  command->callback([&client, matter] {
    client.plan.run = [&client, matter] {
      return client.PrintList(
          client.Get("/api/v1/matters/" + PercentEncode(*matter) + "/exclusions"),
          {{"email", "Person"},
           {"subject", "Kept from"},
           {"since", "Since"},
           {"reason", "Reason"},
           {"id", "Id"}});
    };
  });

  auto id = std::make_shared<std::string>();
  command = AddCommand(person, "readmit", "End an exclusion",
                       "strongroom person readmit 0123456789abcdef0123456789abcdef");
  command->add_option("ID", *id, "The exclusion's id")->required();
  command->callback([&client, id] {
    client.plan.run = [&client, id] {
      return client.PrintEnding(
          client.Post("/api/v1/exclusions/" + PercentEncode(*id) + "/end", JsonObject()),
          "The exclusion has ended.");
    };
  });
}

std::string ReaderWords(const Json& readers) {
  std::string words;
  for (const Json& reader : readers.items()) {
    const auto line = [&](const char* moment, const char* title) {
      const Json& standing = reader.Find(moment);
      const std::string may = standing.Find("may_open").Text() == "yes"   ? "may open it"
                              : standing.Find("may_know").Text() == "yes" ? "may know of it"
                                                                          : "may not";
      words += "  " + std::string(title) + ": " + may + ": " +
               OneLine(standing.Find("reason").Text()) + "\n";
    };
    words += OneLine(reader.Find("email").Text()) + " (" + OneLine(reader.Find("agency").Text()) +
             ", " + OneLine(reader.Find("roles").Text()) + ")\n";
    line("now", "now");
    line("released", "after release");
  }
  return words.empty() ? "Nobody.\n" : words;
}

struct SearchWish {
  std::optional<std::string> reference;
  std::optional<std::string> pseudonym;
  std::optional<std::string> name;
  std::optional<std::string> agency;
  std::optional<std::string> code;
  std::optional<std::string> from;
  std::optional<std::string> until;
};

std::string HitWords(const Json& answer) {
  std::string words = TableText(answer.Find("hits"), {{"kind", "What"},
                                                      {"matter", "Matter"},
                                                      {"subject", "Subject"},
                                                      {"class", "Class"},
                                                      {"agency", "Agency"},
                                                      {"filed", "Filed"},
                                                      {"id", "Id"}});
  if (answer.Find("more").Text() == "yes") words += "There is more: narrow the search.\n";
  return words;
}

void AddSearch(CLI::App& app, Client& client) {
  auto wish = std::make_shared<SearchWish>();
  CLI::App* command = AddCommand(app, "search", "Find matters, subjects and documents",
                                 "strongroom search --name \"alice example\"");
  command->add_option("--ref", wish->reference, "A matter's reference");
  command->add_option("--pseudonym", wish->pseudonym, "A subject's pseudonym, whole");
  command->add_option("--name", wish->name, "A subject's name: every word of it, whole words");
  command->add_option("--agency", wish->agency, "Documents of this agency");
  command->add_option("--class", wish->code, "Documents of this class");
  command->add_option("--from", wish->from, "Documents filed on this day or later");
  command->add_option("--until", wish->until, "Documents filed on this day or earlier");
  command->callback([&client, wish] {
    client.plan.run = [&client, wish] {
      JsonObject body;
      body.Set("reference", wish->reference).Set("pseudonym", wish->pseudonym);
      body.Set("name", wish->name).Set("agency", wish->agency).Set("class", wish->code);
      body.Set("from", wish->from).Set("until", wish->until);
      return client.PrintWith(client.Post("/api/v1/search", std::move(body)), HitWords);
    };
  });
}

}  // namespace

void AddDeputyCommands(CLI::App& app, Client& client) {
  CLI::App& person = *app.get_subcommand("person");
  AddDeputy(person, client);
  AddExclusions(person, client);
  AddSearch(app, client);

  auto document = std::make_shared<std::string>();
  CLI::App* command = AddCommand(app, "who", "Who may read a document, now and after release",
                                 "strongroom who 0123456789abcdef0123456789abcdef");
  command->add_option("D", *document, "The document's id")->required();
  command->callback([&client, document] {
    client.plan.run = [&client, document] {
      return client.PrintWith(client.Get("/api/v1/documents/" + PercentEncode(*document) + "/who"),
                              ReaderWords);
    };
  });

  CLI::App* noun = AddNoun(app, "reader", "Readers of what is for named readers");
  auto named = std::make_shared<std::pair<std::string, std::string>>();
  command = AddCommand(*noun, "name", "Name one more reader of a document or record",
                       "strongroom reader name 0123456789abcdef0123456789abcdef "
                       "manager@hub.example");
  command->add_option("D", named->first, "The document's or record's id")->required();
  command->add_option("EMAIL", named->second, "Somebody with a part in the matter")->required();
  command->callback([&client, named] {
    client.plan.run = [&client, named] {
      JsonObject body;
      body.Set("email", named->second);
      return client.PrintDone(
          client.Post("/api/v1/documents/" + PercentEncode(named->first) + "/readers",
                      std::move(body)),
          "They may read it now.");
    };
  });

  noun = AddNoun(app, "mail", "Reminders");
  command =
      AddCommand(*noun, "list", "List the letters that were sent or wait", "strongroom mail list");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintList(client.Get("/api/v1/mails"), {{"to", "To"},
                                                            {"kind", "Kind"},
                                                            {"matter", "Matter"},
                                                            {"day", "Day"},
                                                            {"state", "State"},
                                                            {"attempts", "Tries"},
                                                            {"next", "Next try"}});
    };
  });
}

}  // namespace tools
