// policy check: what is wrong in a process template or a calendar, before a vault runs under it.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "policies/rule_book.h"
#include "tools/cli/commands.h"
#include "vault/world.h"

namespace tools {
namespace {

using policies::SourceText;
using vault::Result;
using vault::Status;
namespace fs = std::filesystem;

struct Check {
  std::string file;
  std::optional<std::string> calendars;
};

Result<SourceText> ReadText(const fs::path& path) {
  std::error_code failure;
  if (!fs::is_regular_file(path, failure)) return vault::NotFound("no such file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return vault::Denied("the file may not be read");
  return SourceText{path.filename().string(), {std::istreambuf_iterator<char>(file), {}}};
}

// The calendars of a template stand in a folder of that name, beside its own or in it.
fs::path CalendarsFor(const Check& check) {
  if (check.calendars) return *check.calendars;
  std::error_code failure;
  const fs::path folder = fs::absolute(check.file, failure).parent_path();
  for (const fs::path& place : {folder / "calendars", folder.parent_path() / "calendars"}) {
    if (fs::is_directory(place, failure)) return place;
  }
  return folder;
}

std::vector<SourceText> ReadCalendars(const Check& check) {
  std::vector<fs::path> paths;
  std::error_code failure;
  fs::directory_iterator entry(CalendarsFor(check), failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    std::error_code same;
    if (entry->path().extension() != ".xml") continue;
    if (!fs::equivalent(entry->path(), check.file, same)) paths.push_back(entry->path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<SourceText> texts;
  for (const auto& path : paths) {
    auto text = ReadText(path);
    if (text.ok() && text.value().text.find("<calendar ") != std::string::npos) {
      texts.push_back(std::move(text).value());
    }
  }
  return texts;
}

std::string FaultsJson(const std::vector<policies::Fault>& faults) {
  std::string list;
  for (const auto& fault : faults) {
    JsonObject object;
    object.Set("file", fault.file).SetNumber("line", fault.position.line);
    object.SetNumber("column", fault.position.column).Set("fault", fault.sentence);
    const vault::Plaintext text = std::move(object).Take();
    list += (list.empty() ? "" : ",") + std::string(text.text());
  }
  return "[" + list + "]\n";
}

std::vector<policies::Fault> FaultsOf(const SourceText& text, std::vector<SourceText> calendars) {
  std::vector<SourceText> templates;
  // A calendar may include others, so it is read among them.
  const bool calendar = text.text.find("<process") == std::string::npos;
  (calendar ? calendars : templates).push_back(text);
  auto book = policies::TemplateBook::FromTexts(calendars, templates, vault::Sha256Hex);
  if (book.ok()) return {};
  return std::move(book).faults();
}

Status RunCheck(Client& client, const Check& check) {
  TRY(SourceText text, ReadText(check.file));
  const auto faults = FaultsOf(text, ReadCalendars(check));
  std::string words = faults.empty() ? "No fault.\n" : "";
  for (const auto& fault : faults) words += PlainText(fault.ToText()) + "\n";
  TRY_VOID(client.PrintRaw(client.options.json ? FaultsJson(faults) : words));
  if (faults.empty()) return vault::Ok();
  return vault::Invalid(faults.size() == 1
                            ? std::string("the file has a fault")
                            : "the file has " + std::to_string(faults.size()) + " faults");
}

}  // namespace

void AddPolicyCommands(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "policy", "Process templates and calendars");
  auto check = std::make_shared<Check>();
  CLI::App* command = AddCommand(*noun, "check", "List the faults of a file, with their lines",
                                 "strongroom policy check policies/templates/macfa.xml");
  command->add_option("FILE", check->file, "A process template or a calendar")->required();
  command->add_option("--calendars", check->calendars,
                      "Folder of calendars (else the one near the file)");
  command->callback([&client, check] {
    client.plan.run = [&client, check] { return RunCheck(client, *check); };
  });
}

}  // namespace tools
