// agency add and list; person add, list, end and reset.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/person_import.h"

namespace tools {
namespace {

struct Succession {
  std::string from;
  std::string to;
  std::vector<std::string> people;
  bool everybody = false;
  bool nobody = false;
  bool preview = false;
  std::optional<std::string> reason;
};

std::string SuccessionWords(const Json& answer) {
  std::string words = RecordText(answer, {{"id", "Agency"},
                                          {"successor", "Followed by"},
                                          {"going_over", "Go over"},
                                          {"ending", "Access ends"}});
  words += TableText(answer.Find("matters"), {{"ref", "Matter"},
                                              {"seat", "Seat"},
                                              {"documents", "Documents"},
                                              {"involvements", "People involved with"},
                                              {"loans", "Loans"},
                                              {"holds", "Holds"},
                                              {"keep", "Keep their part"},
                                              {"lose", "Lose it"}});
  return words + OwedWords(answer);
}

vault::Status CheckSuccession(const Succession& wish) {
  const int ways = (wish.people.empty() ? 0 : 1) + (wish.everybody ? 1 : 0) + (wish.nobody ? 1 : 0);
  if (ways != 1) return vault::Invalid("say who goes over: --person, --everybody or --nobody");
  if (!wish.preview && !wish.reason) return vault::Invalid("give the reason: --reason TEXT");
  return vault::Ok();
}

vault::Status RunSuccession(Client& client, const Succession& wish) {
  JsonObject body;
  body.Set("from", wish.from).Set("to", wish.to);
  if (!wish.people.empty()) body.Set("people", wish.people);
  if (wish.everybody) body.SetFlag("everybody", true);
  if (wish.preview) {
    return client.PrintWith(client.Post("/api/v1/agencies/succession/preview", std::move(body)),
                            SuccessionWords);
  }
  body.Set("reason", *wish.reason);
  return client.PrintWith(client.Post("/api/v1/agencies/succession", std::move(body)),
                          SuccessionWords);
}

void AddSuccession(CLI::App& agency, Client& client) {
  auto wish = std::make_shared<Succession>();
  CLI::App* command = AddCommand(
      agency, "succeed", "Let another agency follow this one: merged, renamed or replaced",
      "strongroom agency succeed health new-health --person c.lee@health.example "
      "--reason \"service handed over\" --preview");
  command->add_option("OLD", wish->from, "The agency that ends")->required();
  command->add_option("NEW", wish->to, "The agency that follows it")->required();
  command
      ->add_option("--person", wish->people,
                   "Somebody who goes over, repeatable; everybody else's access ends at once")
      ->allow_extra_args(false);
  command->add_flag("--everybody", wish->everybody, "Everybody goes over (a new name)");
  command->add_flag("--nobody", wish->nobody, "Nobody goes over");
  command->add_option("--reason", wish->reason, "Why, as it will be kept");
  command->add_flag("--preview", wish->preview, "Only show who would keep and lose what");
  command->callback([&client, wish] {
    client.plan.check = [wish] { return CheckSuccession(*wish); };
    client.plan.run = [&client, wish] { return RunSuccession(client, *wish); };
  });
}

void AddAgency(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "agency", "Agencies of the partnership");

  auto id = std::make_shared<std::string>();
  auto name = std::make_shared<std::string>();
  CLI::App* command = AddCommand(*noun, "add", "Add an agency",
                                 "strongroom agency add police \"Example Constabulary\"");
  command->add_option("ID", *id, "Short code: letters, digits and hyphens, at most 32")->required();
  command->add_option("NAME", *name, "Name as people write it")->required();
  command->callback([&client, id, name] {
    client.plan.run = [&client, id, name] {
      JsonObject body;
      body.Set("id", *id).Set("name", *name);
      return client.PrintRecord(client.Post("/api/v1/agencies", std::move(body)),
                                {{"id", "Agency"}, {"name", "Name"}});
    };
  });

  command = AddCommand(*noun, "list", "List the agencies", "strongroom agency list");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintList(client.Get("/api/v1/agencies"), {{"id", "Agency"},
                                                               {"name", "Name"},
                                                               {"unit", "Facilitating unit"},
                                                               {"successor", "Followed by"},
                                                               {"ended", "Ended"}});
    };
  });

  AddSuccession(*noun, client);
}

const Columns kPerson = {{"email", "Person"}, {"agency", "Agency"}, {"roles", "Roles"},
                         {"until", "Until"},  {"state", "State"},   {"id", "Id"}};

std::string PersonWords(const Json& person) {
  std::string words = RecordText(person, kPerson);
  if (person.Find("password").kind() == Json::Kind::kText) {
    words += "First password, shown this once: " + OneLine(person.Find("password").Text()) +
             "\nIt is good for choosing another, until " + Spoken(person.Find("invited_until")) +
             ".\n";
  }
  return words + OwedWords(person);
}

struct NewPerson {
  std::vector<std::string> emails;
  std::string agency;
  std::vector<std::string> roles;
  std::optional<std::string> until;
  std::optional<std::string> password_file;
};

// "--role BUO IGO officer@unit.example": a role never holds an @, an address always does.
vault::Status SortOutAddress(NewPerson& person) {
  for (auto it = person.roles.begin(); it != person.roles.end();) {
    if (it->find('@') == std::string::npos) {
      ++it;
      continue;
    }
    person.emails.push_back(*it);
    it = person.roles.erase(it);
  }
  if (person.emails.size() != 1) return vault::Invalid("name one e-mail address");
  if (person.roles.empty()) return vault::Invalid("name at least one role");
  return vault::Ok();
}

vault::Status RunAdd(Client& client, const NewPerson& person) {
  JsonObject body;
  body.Set("email", person.emails.front()).Set("agency", person.agency);
  body.Set("roles", person.roles).Set("until", person.until);
  if (person.password_file) {
    TRY(vault::Plaintext password, ReadSecretFile(*person.password_file));
    body.Set("password", password);
  }
  return client.PrintWith(client.Post("/api/v1/people", std::move(body)), PersonWords);
}

struct RoleChange {
  std::string email;
  std::string role;
  std::optional<std::string> until;
};

void AddRole(CLI::App& person, Client& client) {
  CLI::App* noun = AddNoun(person, "role", "What a person may do");

  auto given = std::make_shared<RoleChange>();
  CLI::App* command =
      AddCommand(*noun, "give", "Give a person a role",
                 "strongroom person role give a.auditor@police.example AAC --until 2026-12-31");
  command->add_option("EMAIL", given->email, "E-mail address")->required();
  command->add_option("ROLE", given->role, "The role")->required();
  command->add_option("--until", given->until, "The role's last day");
  command->callback([&client, given] {
    client.plan.run = [&client, given] {
      JsonObject body;
      body.Set("email", given->email).Set("role", given->role).Set("until", given->until);
      return client.PrintWith(client.Post("/api/v1/people/roles", std::move(body)), PersonWords);
    };
  });

  auto ended = std::make_shared<RoleChange>();
  command = AddCommand(*noun, "end", "Take a role from a person, at once",
                       "strongroom person role end a.auditor@police.example AAC");
  command->add_option("EMAIL", ended->email, "E-mail address")->required();
  command->add_option("ROLE", ended->role, "The role")->required();
  command->callback([&client, ended] {
    client.plan.run = [&client, ended] {
      JsonObject body;
      body.Set("email", ended->email).Set("role", ended->role);
      return client.PrintWith(client.Post("/api/v1/people/roles/end", std::move(body)),
                              PersonWords);
    };
  });
}

void AddImport(CLI::App& person, Client& client) {
  auto import = std::make_shared<PersonImport>();
  CLI::App* command = AddCommand(person, "import", "Add many people from a table",
                                 "strongroom person import people.csv -o first-passwords.csv");
  command
      ->add_option("FILE", import->table,
                   "CSV with the columns email, agency, roles (blank between them) and until")
      ->required();
  command->add_option("-o,--output", import->output, "File for the first passwords (mode 0600)")
      ->required();
  command->callback([&client, import] {
    client.plan.run = [&client, import] { return ImportPeople(client, *import); };
  });
}

void AddPerson(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "person", "People who may sign in");

  auto person = std::make_shared<NewPerson>();
  CLI::App* command =
      AddCommand(*noun, "add", "Add a person",
                 "strongroom person add a.auditor@police.example --agency police --role AUD");
  command->add_option("EMAIL", person->emails, "E-mail address");
  command->add_option("--agency", person->agency, "The person's agency")->required();
  command->add_option("--role", person->roles, "Role, repeatable: BUO IGO CHR AAC AUD PRT-D …")
      ->required()
      ->delimiter(',');
  command->add_option("--until", person->until, "The person's last day");
  command->add_option("--password-file", person->password_file,
                      "File with the first password (else one is made and shown once)");
  command->callback([&client, person] {
    client.plan.check = [person] { return SortOutAddress(*person); };
    client.plan.run = [&client, person] { return RunAdd(client, *person); };
  });

  AddRole(*noun, client);
  AddImport(*noun, client);

  command = AddCommand(*noun, "list", "List the people", "strongroom person list");
  command->callback([&client] {
    client.plan.run = [&client] { return client.PrintList(client.Get("/api/v1/people"), kPerson); };
  });

  auto email = std::make_shared<std::string>();
  command = AddCommand(*noun, "end", "End a person's access for good",
                       "strongroom person end a.auditor@police.example");
  command->add_option("EMAIL", *email, "E-mail address")->required();
  command->callback([&client, email] {
    client.plan.run = [&client, email] {
      JsonObject body;
      body.Set("email", *email);
      return client.PrintEnding(client.Post("/api/v1/people/end", std::move(body)),
                                "The person's access has ended.");
    };
  });

  auto reset = std::make_shared<std::string>();
  command = AddCommand(*noun, "reset", "Give a person who forgot it a new password",
                       "strongroom person reset a.auditor@police.example");
  command->add_option("EMAIL", *reset, "E-mail address")->required();
  command->callback([&client, reset] {
    client.plan.run = [&client, reset] {
      JsonObject body;
      body.Set("email", *reset);
      return client.PrintWith(client.Post("/api/v1/people/reset", std::move(body)), PersonWords);
    };
  });
}

}  // namespace

void AddPeopleCommands(CLI::App& app, Client& client) {
  AddAgency(app, client);
  AddPerson(app, client);
}

}  // namespace tools
