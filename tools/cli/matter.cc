// matter new, list, show, due, subject, involve, member, event and meeting.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/commands.h"

namespace tools {
namespace {

std::string MatterPath(const std::string& matter) {
  return "/api/v1/matters/" + PercentEncode(matter);
}

// An answer with warnings: what was done, then what a person should know.
std::string WithWarnings(const Json& answer, const Columns& columns) {
  std::string words = RecordText(answer, columns);
  for (const auto& warning : answer.Find("warnings").items()) {
    words += "Note: " + OneLine(warning.Text()) + "\n";
  }
  return words;
}

std::string MatterWords(const Json& matter) {
  std::string words = RecordText(matter, {{"ref", "Reference"},
                                          {"title", "Title"},
                                          {"template", "Template"},
                                          {"phase", "Phase"},
                                          {"group", "Group"},
                                          {"meeting", "Meeting"},
                                          {"box_debt", "Boxes still to make"},
                                          {"id", "Id"}});
  const std::pair<const char*, Columns> tables[] = {
      {"phases", {{"phase", "Phase"}, {"state", "State"}}},
      {"subjects",
       {{"pseudonym", "Subject"}, {"name", "Name"}, {"born", "Born"}, {"agencies", "Agencies"}}},
      {"events", {{"event", "Event"}, {"at", "At"}}},
      {"notes",
       {{"what", "Changed"},
        {"state", "State"},
        {"before", "Before"},
        {"at", "At"},
        {"reason", "Reason"}}},
      {"members", {{"email", "Member"}, {"compartment", "Compartment"}}},
      {"loans",
       {{"kind", "Loan"},
        {"subject", "Subject"},
        {"agency", "Agency"},
        {"state", "State"},
        {"ends", "Ends"}}}};
  for (const auto& [member, columns] : tables) {
    const Json& list = matter.Find(member);
    if (!list.items().empty()) words += "\n" + TableText(list, columns);
  }
  return words;
}

void AddReading(CLI::App& noun, Client& client) {
  CLI::App* command =
      AddCommand(noun, "list", "List the matters you may know of", "strongroom matter list");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintList(client.Get("/api/v1/matters"), {{"ref", "Reference"},
                                                              {"template", "Template"},
                                                              {"phase", "Phase"},
                                                              {"meeting", "Meeting"},
                                                              {"id", "Id"}});
    };
  });

  auto shown = std::make_shared<std::string>();
  command = AddCommand(noun, "show", "Show a matter: phases, subjects, events, loans",
                       "strongroom matter show MACFA-2026-1");
  command->add_option("M", *shown, "The matter's id or reference")->required();
  command->callback([&client, shown] {
    client.plan.run = [&client, shown] {
      return client.PrintWith(client.Get(MatterPath(*shown)), MatterWords);
    };
  });

  auto due = std::make_shared<std::string>();
  command = AddCommand(noun, "due", "What is due in a matter, and when",
                       "strongroom matter due MACFA-2026-1");
  command->add_option("M", *due, "The matter's id or reference")->required();
  command->callback([&client, due] {
    client.plan.run = [&client, due] {
      return client.PrintList(
          client.Get(MatterPath(*due) + "/due"),
          {{"due", "Due"}, {"state", "State"}, {"what", "What"}, {"basis", "Basis"}});
    };
  });
}

struct NewMatter {
  std::string template_id;
  std::string title;
  std::optional<std::string> meeting;
  std::vector<std::string> groups;
};

void AddNew(CLI::App& noun, Client& client) {
  auto matter = std::make_shared<NewMatter>();
  CLI::App* command =
      AddCommand(noun, "new", "Begin a matter",
                 "strongroom matter new --template macfa --title \"Neglect, spring\" "
                 "--meeting 2026-04-09T10:00");
  command->add_option("--template", matter->template_id, "Process template: macfa, …")->required();
  command->add_option("--title", matter->title, "Title")->required();
  command->add_option("--meeting", matter->meeting, "Planned meeting: YYYY-MM-DDThh:mm");
  command->add_option("--group", matter->groups, "Group or district; several for a joint one")
      ->allow_extra_args(false);
  command->callback([&client, matter] {
    client.plan.run = [&client, matter] {
      JsonObject body;
      body.Set("template", matter->template_id).Set("title", matter->title);
      body.Set("meeting", matter->meeting).Set("groups", matter->groups);
      return client.PrintWith(
          client.Post("/api/v1/matters", std::move(body)), [](const Json& answer) {
            return WithWarnings(answer, {{"ref", "Reference"}, {"phase", "Phase"}, {"id", "Id"}});
          });
    };
  });
}

struct NewSubject {
  std::string matter;
  std::string pseudonym;
  std::optional<std::string> name;
  std::optional<std::string> born;
};

struct Involvement {
  std::string matter;
  std::string subject;
  std::string agency;
};

struct Membership {
  std::string matter;
  std::string person;
  std::optional<std::string> compartment;
  bool attending = false;
  bool not_attending = false;
};

void AddPeopleOf(CLI::App& noun, Client& client) {
  auto subject = std::make_shared<NewSubject>();
  CLI::App* command = AddCommand(noun, "subject", "Add a subject to a matter",
                                 "strongroom matter subject MACFA-2026-1 S01 --born 2019-05-02");
  command->add_option("M", subject->matter, "The matter's id or reference")->required();
  command->add_option("PSEUDONYM", subject->pseudonym, "What lists call the subject")->required();
  command->add_option("--name", subject->name, "Name; opened only to those who may know it");
  command->add_option("--born", subject->born, "Date of birth: YYYY-MM-DD");
  command->callback([&client, subject] {
    client.plan.run = [&client, subject] {
      JsonObject body;
      body.Set("pseudonym", subject->pseudonym);
      body.Set("name", subject->name).Set("born", subject->born);
      return client.PrintWith(
          client.Post(MatterPath(subject->matter) + "/subjects", std::move(body)),
          [](const Json& answer) {
            return WithWarnings(answer, {{"pseudonym", "Subject"}, {"id", "Id"}});
          });
    };
  });

  auto involvement = std::make_shared<Involvement>();
  command = AddCommand(noun, "involve", "Say that an agency is involved with a subject",
                       "strongroom matter involve MACFA-2026-1 --subject S01 --agency police");
  command->add_option("M", involvement->matter, "The matter's id or reference")->required();
  command->add_option("--subject", involvement->subject, "The subject's pseudonym or id")
      ->required();
  command->add_option("--agency", involvement->agency, "The agency")->required();
  command->callback([&client, involvement] {
    client.plan.run = [&client, involvement] {
      JsonObject body;
      body.Set("subject", involvement->subject).Set("agency", involvement->agency);
      return client.PrintRecord(
          client.Post(MatterPath(involvement->matter) + "/involvements", std::move(body)),
          {{"subject", "Subject"}, {"agency", "Agency"}, {"id", "Id"}});
    };
  });

  auto member = std::make_shared<Membership>();
  command = AddCommand(noun, "member", "Let a person take part in a matter",
                       "strongroom matter member MACFA-2026-1 --person a.auditor@police.example");
  command->add_option("M", member->matter, "The matter's id or reference")->required();
  command->add_option("--person", member->person, "The person's e-mail address")->required();
  command->add_option("--compartment", member->compartment,
                      "An agency, chair, group, control or inspection (else their own agency)");
  CLI::Option* attending = command->add_flag(
      "--attending", member->attending, "Named for the meeting: auditors read packs only then");
  command->add_flag("--not-attending", member->not_attending, "No longer named for the meeting")
      ->excludes(attending);
  command->callback([&client, member] {
    client.plan.run = [&client, member] {
      JsonObject body;
      body.Set("email", member->person).Set("compartment", member->compartment);
      if (member->attending) body.SetFlag("attending", true);
      if (member->not_attending) body.SetFlag("attending", false);
      return client.PrintRecord(
          client.Post(MatterPath(member->matter) + "/members", std::move(body)),
          {{"email", "Member"}, {"compartment", "Compartment"}, {"id", "Id"}});
    };
  });
}

struct Happening {
  std::string matter;
  std::string event;
  std::optional<std::string> at;
  std::optional<std::string> reason;
  std::optional<std::string> subject;
};

// What was recorded, and the hold that came with it.
std::string EventWords(const Json& answer) {
  std::string words = WithWarnings(answer, {{"event", "Event"}, {"at", "At"}, {"phase", "Phase"}});
  const Json& hold = answer.Find("hold");
  if (!hold.members().empty()) {
    words += "\n" + RecordText(hold, {{"id", "Hold placed"},
                                      {"kind", "On a"},
                                      {"object", "Which"},
                                      {"review", "To be reviewed"}});
  }
  return words;
}

void AddEvents(CLI::App& noun, Client& client) {
  auto event = std::make_shared<Happening>();
  CLI::App* command = AddCommand(noun, "event", "Record what has happened",
                                 "strongroom matter event MACFA-2026-1 SUBJECT_ACCESS_RECEIVED "
                                 "--subject \"Adult Alder\"");
  command->add_option("M", event->matter, "The matter's id or reference")->required();
  command->add_option("EVENT", event->event, "FORMS_ISSUED, PACK_RELEASED, MEETING_CLOSED, …")
      ->required();
  command->add_option("--at", event->at, "When (else now): YYYY-MM-DD[Thh:mm]");
  command->add_option("--reason", event->reason, "Why, where it is not the usual course");
  command->add_option("--subject", event->subject,
                      "Whom the hold is on that the event places (else the whole matter)");
  command->callback([&client, event] {
    client.plan.run = [&client, event] {
      JsonObject body;
      body.Set("event", event->event).Set("at", event->at).Set("reason", event->reason);
      body.Set("subject", event->subject);
      return client.PrintWith(client.Post(MatterPath(event->matter) + "/events", std::move(body)),
                              EventWords);
    };
  });

  auto meeting = std::make_shared<Happening>();
  auto cancelled = std::make_shared<bool>(false);
  command = AddCommand(noun, "meeting", "Set, move or cancel the meeting",
                       "strongroom matter meeting MACFA-2026-1 --at 2026-04-16T10:00 "
                       "--reason \"chair unwell\"");
  command->add_option("M", meeting->matter, "The matter's id or reference")->required();
  CLI::Option* at = command->add_option("--at", meeting->at, "When: YYYY-MM-DDThh:mm");
  CLI::Option* cancel =
      command->add_flag("--cancel", *cancelled, "There is no meeting any more")->excludes(at);
  command->add_option("--reason", meeting->reason, "Why")->required();
  command->callback([&client, meeting, cancelled, at, cancel] {
    client.plan.check = [at, cancel]() -> vault::Status {
      if (at->count() + cancel->count() == 0) return vault::Invalid("give --at or --cancel");
      return vault::Ok();
    };
    client.plan.run = [&client, meeting, cancelled] {
      JsonObject body;
      body.Set("at", meeting->at).Set("reason", meeting->reason);
      if (*cancelled) body.SetFlag("cancelled", true);
      return client.PrintWith(
          client.Post(MatterPath(meeting->matter) + "/meeting", std::move(body)),
          [](const Json& answer) {
            std::string words =
                WithWarnings(answer, {{"before", "Before"}, {"meeting", "Meeting"}});
            if (!answer.Find("dates").items().empty()) {
              words +=
                  "\n" + TableText(answer.Find("dates"),
                                   {{"what", "Date"}, {"before", "Before"}, {"after", "After"}});
            }
            return words;
          });
    };
  });
}

}  // namespace

void AddMatterCommands(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "matter", "Matters: audits, enquiries, panel cases");
  AddNew(*noun, client);
  AddReading(*noun, client);
  AddPeopleOf(*noun, client);
  AddEvents(*noun, client);
  AddMatterPlanCommands(*noun, client);
}

}  // namespace tools
