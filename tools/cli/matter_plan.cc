// matter correct, missing, rank, agenda, assign and calendar: what was put right, what is awaited,
// and what the rules make of a matter's records and of a process's year.
#include <memory>
#include <optional>
#include <string>

#include "tools/cli/commands.h"

namespace tools {
namespace {

std::string MatterPath(const std::string& matter) {
  return "/api/v1/matters/" + PercentEncode(matter);
}

std::string NotesOf(const Json& answer) {
  std::string words;
  for (const Json& warning : answer.Find("warnings").items()) {
    words += "Note: " + OneLine(warning.Text()) + "\n";
  }
  return words;
}

struct Correction {
  std::string matter;
  std::string event;
  std::optional<std::string> at;
  bool taken_back = false;
  std::string reason;
};

void AddCorrect(CLI::App& noun, Client& client) {
  auto wish = std::make_shared<Correction>();
  CLI::App* command = AddCommand(noun, "correct", "Put the time of an event right, or take it back",
                                 "strongroom matter correct MACFA-2026-01 REPORT_APPROVED "
                                 "--at 2026-05-22 --reason \"typed the wrong month\"");
  command->add_option("M", wish->matter, "The matter's id or reference")->required();
  command->add_option("EVENT", wish->event, "The event")->required();
  CLI::Option* at = command->add_option("--at", wish->at, "When it was: YYYY-MM-DD[Thh:mm]");
  CLI::Option* back =
      command->add_flag("--taken-back", wish->taken_back, "It did not happen")->excludes(at);
  command->add_option("--reason", wish->reason, "Why")->required();
  command->callback([&client, wish, at, back] {
    client.plan.check = [at, back]() -> vault::Status {
      if (at->count() + back->count() == 0) return vault::Invalid("give --at or --taken-back");
      return vault::Ok();
    };
    client.plan.run = [&client, wish] {
      JsonObject body;
      body.Set("event", wish->event).Set("at", wish->at).Set("reason", wish->reason);
      return client.PrintWith(
          client.Post(MatterPath(wish->matter) + "/corrections", std::move(body)),
          [](const Json& answer) {
            return RecordText(answer, {{"event", "Event"}, {"at", "At"}, {"phase", "Phase"}}) +
                   NotesOf(answer);
          });
    };
  });
}

void AddReading(CLI::App& noun, Client& client) {
  auto missing = std::make_shared<std::string>();
  CLI::App* command = AddCommand(noun, "missing", "Who has not filed what the process awaits",
                                 "strongroom matter missing MACFA-2026-01");
  command->add_option("M", *missing, "The matter's id or reference")->required();
  command->callback([&client, missing] {
    client.plan.run = [&client, missing] {
      return client.PrintWith(
          client.Get(MatterPath(*missing) + "/missing"), [](const Json& answer) {
            return RecordText(answer, {{"expected", "Expected"}, {"filed", "Filed"}}) +
                   TableText(answer.Find("missing"), {{"class", "Class"},
                                                      {"agency", "Agency"},
                                                      {"subject", "Subject"},
                                                      {"due", "Due"},
                                                      {"state", "State"}});
          });
    };
  });

  auto agenda = std::make_shared<std::string>();
  command = AddCommand(noun, "agenda", "The meeting's agenda, a slot for each subject",
                       "strongroom matter agenda MACFA-2026-01");
  command->add_option("M", *agenda, "The matter's id or reference")->required();
  command->callback([&client, agenda] {
    client.plan.run = [&client, agenda] {
      return client.PrintList(client.Get(MatterPath(*agenda) + "/agenda"),
                              {{"from", "From"}, {"to", "To"}, {"what", "What"}});
    };
  });

  auto matter = std::make_shared<std::string>();
  auto ranking = std::make_shared<std::string>();
  command = AddCommand(noun, "rank", "Rank subjects by the records (each opening is logged)",
                       "strongroom matter rank MACFA-2026-01 widest-involvement");
  command->add_option("M", *matter, "The matter's id or reference")->required();
  command->add_option("RANKING", *ranking, "The ranking's id in the template")->required();
  command->callback([&client, matter, ranking] {
    client.plan.run = [&client, matter, ranking] {
      return client.PrintWith(
          client.Get(MatterPath(*matter) + "/rankings/" + PercentEncode(*ranking)),
          [](const Json& answer) {
            std::string words = TableText(answer.Find("list"), {{"subject", "Subject"},
                                                                {"count", "Count"},
                                                                {"latest", "Latest"},
                                                                {"chosen", "Chosen"}});
            if (!answer.Find("tied").items().empty()) {
              words += "Tied across the cut: " + OneLine(answer.Find("tied").Text()) + "\n";
            }
            if (answer.Find("settled").Text() == "no") {
              words += "Nothing tells them apart: a person decides, and records why.\n";
            }
            return words;
          });
    };
  });
}

struct Assignment {
  std::string matter;
  std::optional<std::string> person;
  std::optional<std::string> role;
  bool ended = false;
};

void AddAssign(CLI::App& noun, Client& client) {
  auto wish = std::make_shared<Assignment>();
  CLI::App* command = AddCommand(noun, "assign", "Say whose role this matter is; without, list",
                                 "strongroom matter assign MAAG-2026-07 --person l.p@asc.example "
                                 "--role LP");
  command->add_option("M", wish->matter, "The matter's id or reference")->required();
  CLI::Option* person = command->add_option("--person", wish->person, "E-mail address");
  CLI::Option* role = command->add_option("--role", wish->role, "LP, HUB-MGR, …");
  command->add_flag("--ended", wish->ended, "It is theirs no longer")->needs(person);
  person->needs(role);
  role->needs(person);
  command->callback([&client, wish] {
    client.plan.run = [&client, wish] {
      const std::string path = MatterPath(wish->matter) + "/assignments";
      const Columns columns = {{"email", "Person"}, {"role", "Role"}};
      if (!wish->person) return client.PrintList(client.Get(path), columns);
      JsonObject body;
      body.Set("email", wish->person).Set("role", wish->role);
      if (wish->ended) body.SetFlag("ended", true);
      return client.PrintRecord(client.Post(path, std::move(body)), columns);
    };
  });
}

struct Calendar {
  std::string process;
  std::optional<std::string> from;
  std::optional<std::string> until;
};

void AddCalendar(CLI::App& noun, Client& client) {
  auto wish = std::make_shared<Calendar>();
  CLI::App* command =
      AddCommand(noun, "calendar", "The meetings that a process holds again and again",
                 "strongroom matter calendar maag --from 2026-09-01 --until 2026-12-31");
  command->add_option("PROCESS", wish->process, "Its template: maag, mash, …")->required();
  command->add_option("--from", wish->from, "From this day (else today): YYYY-MM-DD");
  command->add_option("--until", wish->until, "Until this day (else three months): YYYY-MM-DD");
  command->callback([&client, wish] {
    client.plan.run = [&client, wish] {
      return client.PrintList(
          client.Get("/api/v1/processes/" + PercentEncode(wish->process) + "/meetings" +
                     Query({{"from", wish->from}, {"until", wish->until}})),
          {{"from", "On, or from"},
           {"until", "Until"},
           {"what", "Meeting"},
           {"per", "One for each"},
           {"moved", "Moved by a holiday"}});
    };
  });
}

}  // namespace

void AddMatterPlanCommands(CLI::App& noun, Client& client) {
  AddCorrect(noun, client);
  AddReading(noun, client);
  AddAssign(noun, client);
  AddCalendar(noun, client);
}

}  // namespace tools
