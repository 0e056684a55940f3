// record kinds, add, list, show and set; table check.
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/commands.h"

namespace tools {
namespace {

constexpr std::size_t kMostFile = 256 * 1024;

std::string RecordPath(const std::string& matter) {
  return "/api/v1/matters/" + PercentEncode(matter) + "/records";
}

// ReadInput reads a file, or standard input when it is called "-".
vault::Result<std::string> ReadInput(const Client& client, const std::string& path) {
  std::string text;
  if (path != "-") {
    std::ifstream file(path, std::ios::binary);
    if (!file) return vault::NotFound("the file " + path + " cannot be read");
    text.assign(std::istreambuf_iterator<char>(file), {});
  } else {
    char buffer[4096];
    while (true) {
      const ssize_t got = read(client.console().in, buffer, sizeof buffer);
      if (got < 0) return vault::Unavailable("standard input cannot be read");
      if (got == 0) break;
      text.append(buffer, static_cast<std::size_t>(got));
      if (text.size() > kMostFile) break;
    }
  }
  if (text.size() > kMostFile) return vault::Invalid("the file is larger than 256 KiB");
  return text;
}

struct Entry {
  std::string matter;
  std::string what;  // kind, or the record's id
  std::string file;
  std::vector<std::string> fields;
  std::optional<std::string> agency;
  std::optional<std::string> reason;
  std::vector<std::string> readers;
};

// FieldsOf gives the fields as one JSON object: of the file, or of NAME=VALUE words.
vault::Result<vault::Plaintext> FieldsOf(const Client& client, const Entry& entry) {
  if (!entry.file.empty()) {
    TRY(const std::string text, ReadInput(client, entry.file));
    TRY(const Json json, Json::Parse(text));
    if (json.kind() != Json::Kind::kObject) {
      return vault::Invalid("the file holds no JSON object of fields");
    }
    return vault::Plaintext::CopyOf(vault::AsBytes(text));
  }
  JsonObject fields;
  std::vector<std::string> done;
  for (const std::string& field : entry.fields) {
    const std::string name = field.substr(0, field.find('='));
    if (std::find(done.begin(), done.end(), name) != done.end()) continue;
    done.push_back(name);
    std::vector<std::string> values;
    for (const std::string& other : entry.fields) {
      if (other.substr(0, other.find('=')) == name) values.push_back(other.substr(name.size() + 1));
    }
    if (values.size() == 1) {
      fields.Set(name, values[0]);
    } else {
      fields.SetList(name, values);
    }
  }
  return std::move(fields).Take();
}

vault::Status CheckEntry(const Entry& entry) {
  if (entry.file.empty() == entry.fields.empty()) {
    return vault::Invalid("give a file with the fields, or --field NAME=VALUE");
  }
  for (const std::string& field : entry.fields) {
    if (field.find('=') == std::string::npos || field.front() == '=') {
      return vault::Invalid("a field is written NAME=VALUE");
    }
  }
  return vault::Ok();
}

void AddEntryOptions(CLI::App& command, Entry& entry) {
  command.add_option("FILE", entry.file, "JSON object of fields; - for standard input");
  command.add_option("--field", entry.fields, "NAME=VALUE, several times; NAME= takes it away")
      ->allow_extra_args(false);
  command.add_option("--reason", entry.reason, "Why an exception is made");
}

std::string WrittenWords(const Json& answer) {
  std::string words = RecordText(answer, {{"id", "Record"}, {"version", "Version"}});
  for (const Json& finding : answer.Find("findings").items()) {
    words += "Note: " + OneLine(finding.Find("sentence").Text()) + " (" +
             OneLine(finding.Find("rule").Text()) + ", " +
             OneLine(finding.Find("severity").Text()) + ")\n";
  }
  return words;
}

// A text of several lines stays one.
std::string FieldWords(const Json& value) {
  const bool lines = value.Text().find('\n') != std::string::npos;
  return lines ? PlainText(value.Text()) : Spoken(value);
}

std::string ShownWords(const Json& record) {
  std::string words = RecordText(record, {{"kind", "Kind"},
                                          {"subject", "Subject"},
                                          {"agency", "Agency"},
                                          {"state", "State"},
                                          {"due", "Due"},
                                          {"version", "Version"},
                                          {"day", "Written"},
                                          {"reason", "Exception because"},
                                          {"id", "Id"}});
  for (const auto& [name, value] : record.Find("fields").members()) {
    words += OneLine(name) + ": " + FieldWords(value) + "\n";
  }
  for (const Json& finding : record.Find("findings").items()) {
    words += "Note: " + OneLine(finding.Find("sentence").Text()) + "\n";
  }
  return words;
}

std::string ListWords(const Json& list) {
  if (list.items().empty()) return "None.\n";
  std::string words;
  for (const Json& record : list.items()) {
    words += OneLine(record.Find("kind").Text()) + "  " + OneLine(record.Find("id").Text());
    for (const char* member : {"agency", "subject", "state"}) {
      const Json& value = record.Find(member);
      if (value.kind() != Json::Kind::kNull) words += "  " + OneLine(value.Text());
    }
    words += "\n";
    for (const auto& [name, value] : record.Find("fields").members()) {
      words += "    " + OneLine(name) + ": " + Spoken(value) + "\n";
    }
    for (const Json& name : record.Find("personal").items()) {
      words += "    " + OneLine(name.Text()) + ": (shown by record show)\n";
    }
  }
  return words;
}

std::string KindWords(const Json& list) {
  std::string words;
  for (const Json& kind : list.items()) {
    words += OneLine(kind.Find("kind").Text()) + ": " + OneLine(kind.Find("what").Text()) +
             " (written by " + OneLine(kind.Find("written_by").Text()) + ")\n";
    for (const Json& field : kind.Find("fields").items()) {
      words +=
          "    " + OneLine(field.Find("name").Text()) + ", " + OneLine(field.Find("type").Text());
      if (field.Find("required").Text() == "yes") words += ", required";
      if (field.Find("many").Text() == "yes") words += ", several times";
      if (field.Find("personal").Text() == "yes") words += ", personal";
      if (!field.Find("choices").items().empty()) {
        words += ": " + OneLine(field.Find("choices").Text());
      }
      words += "\n";
    }
  }
  return words.empty() ? "None.\n" : words;
}

void AddWriting(CLI::App& noun, Client& client) {
  auto added = std::make_shared<Entry>();
  CLI::App* command = AddCommand(noun, "add", "Keep a record in a matter",
                                 "strongroom record add MACFA-2026-01 action "
                                 "--field text=\"One pathway\" --field owner=ASC "
                                 "--field due=2026-07-31 --field status=open");
  command->add_option("M", added->matter, "The matter's id or reference")->required();
  command->add_option("KIND", added->what, "A kind of record kinds M")->required();
  AddEntryOptions(*command, *added);
  command->add_option("--agency", added->agency, "Whose record it is, if not the one it names");
  command
      ->add_option("--reader", added->readers,
                   "One more named reader, where the kind asks for names; several times")
      ->allow_extra_args(false);
  command->callback([&client, added] {
    client.plan.check = [added] { return CheckEntry(*added); };
    client.plan.run = [&client, added]() -> vault::Status {
      TRY(const vault::Plaintext fields, FieldsOf(client, *added));
      JsonObject body;
      body.Set("kind", added->what).SetRaw("fields", fields.text());
      body.Set("agency", added->agency).Set("reason", added->reason);
      if (!added->readers.empty()) body.Set("readers", added->readers);
      return client.PrintWith(client.Post(RecordPath(added->matter), std::move(body)),
                              WrittenWords);
    };
  });

  auto changed = std::make_shared<Entry>();
  command = AddCommand(noun, "set", "Change a record: its next version",
                       "strongroom record set MACFA-2026-01 0123456789abcdef0123456789abcdef "
                       "--field status=done --field evidence=EV-114");
  command->add_option("M", changed->matter, "The matter's id or reference")->required();
  command->add_option("ID", changed->what, "The record's id")->required();
  AddEntryOptions(*command, *changed);
  command->callback([&client, changed] {
    client.plan.check = [changed] { return CheckEntry(*changed); };
    client.plan.run = [&client, changed]() -> vault::Status {
      TRY(const vault::Plaintext fields, FieldsOf(client, *changed));
      JsonObject body;
      body.SetRaw("fields", fields.text()).Set("reason", changed->reason);
      return client.PrintWith(
          client.Post(RecordPath(changed->matter) + "/" + PercentEncode(changed->what),
                      std::move(body)),
          WrittenWords);
    };
  });
}

void AddReading(CLI::App& noun, Client& client) {
  auto kinds = std::make_shared<std::string>();
  CLI::App* command = AddCommand(noun, "kinds", "What kinds of record a matter keeps",
                                 "strongroom record kinds MACFA-2026-01");
  command->add_option("M", *kinds, "The matter's id or reference")->required();
  command->callback([&client, kinds] {
    client.plan.run = [&client, kinds] {
      return client.PrintWith(
          client.Get("/api/v1/matters/" + PercentEncode(*kinds) + "/record-kinds"), KindWords);
    };
  });

  auto listed = std::make_shared<Entry>();
  command = AddCommand(noun, "list", "List the records of a matter",
                       "strongroom record list MACFA-2026-01 action");
  command->add_option("M", listed->matter, "The matter's id or reference")->required();
  command->add_option("KIND", listed->what, "Only of this kind");
  command->callback([&client, listed] {
    client.plan.run = [&client, listed] {
      const auto kind = listed->what.empty() ? std::nullopt : std::optional(listed->what);
      return client.PrintWith(client.Get(RecordPath(listed->matter) + Query({{"kind", kind}})),
                              ListWords);
    };
  });

  auto shown = std::make_shared<Entry>();
  command = AddCommand(noun, "show", "Open one record",
                       "strongroom record show MACFA-2026-01 0123456789abcdef0123456789abcdef");
  command->add_option("M", shown->matter, "The matter's id or reference")->required();
  command->add_option("ID", shown->what, "The record's id")->required();
  command->add_option("--reason", shown->reason, "Why, where the rules ask for it");
  command->callback([&client, shown] {
    client.plan.run = [&client, shown] {
      return client.PrintWith(
          client.Get(RecordPath(shown->matter) + "/" + PercentEncode(shown->what) +
                     Query({{"reason", shown->reason}})),
          ShownWords);
    };
  });
}

std::string TableWords(const Json& answer) {
  std::string words;
  for (const Json& finding : answer.Find("findings").items()) {
    words += OneLine(finding.Find("fault").Text()) + ": " +
             OneLine(finding.Find("sentence").Text()) + "\n";
  }
  if (words.empty()) words = "Nothing is wrong with this table.\n";
  for (const Json& rate : answer.Find("rates").items()) {
    const auto tenths = rate.Find("tenths_of_percent").Number();
    words += OneLine(rate.Find("area").Text()) + "  " + OneLine(rate.Find("id").Text()) + "  " +
             OneLine(rate.Find("numerator").Text()) + " of " +
             OneLine(rate.Find("denominator").Text());
    if (tenths.ok()) {
      words += "  " + std::to_string(tenths.value() / 10) + "." +
               std::to_string(tenths.value() % 10) + " %";
    }
    words += "\n";
  }
  return words;
}

struct Table {
  std::string process;
  std::string table;
  std::string file;
};

}  // namespace

void AddRecordCommands(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "record", "Records: actions, attendance, returns, decisions");
  AddWriting(*noun, client);
  AddReading(*noun, client);
}

void AddTableCommands(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "table", "Tables of counts by area");
  auto table = std::make_shared<Table>();
  CLI::App* command =
      AddCommand(*noun, "check", "Check a table, compute its shares and hide small counts",
                 "strongroom table check areas.txt --template maag --table areas");
  command->add_option("FILE", table->file, "The table, cells set apart by tabs; - standard input")
      ->required();
  command->add_option("--template", table->process, "The process it belongs to")->required();
  command->add_option("--table", table->table, "The table's id in the template")->required();
  command->callback([&client, table] {
    client.plan.run = [&client, table]() -> vault::Status {
      TRY(const std::string text, ReadInput(client, table->file));
      JsonObject body;
      body.Set("template", table->process).Set("table", table->table).Set("text", text);
      return client.PrintWith(client.Post("/api/v1/tables", std::move(body)), TableWords);
    };
  });
}

}  // namespace tools
