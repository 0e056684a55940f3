// policy check: what is wrong in a process template or a calendar, before a vault runs under it.
// policy diff: whose verdict changes when one version takes another's place.
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

#include "policies/overlay.h"
#include "policies/policy_diff.h"
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
  std::string base;  // the template that an overlay changes
  std::optional<std::string> calendars;
};

Result<SourceText> ReadText(const fs::path& path) {
  std::error_code failure;
  if (!fs::is_regular_file(path, failure)) return vault::NotFound("no such file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return vault::Denied("the file may not be read");
  return SourceText{path.filename().string(), {std::istreambuf_iterator<char>(file), {}}};
}

struct Difference {
  Check before;
  Check after;
  std::string base;
};

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

std::vector<policies::Fault> FaultsOf(const SourceText& text, std::vector<SourceText> calendars,
                                      std::vector<SourceText> templates) {
  // A calendar may include others, so it is read among them.
  const bool calendar = text.text.find("<process") == std::string::npos &&
                        text.text.find("<overlay") == std::string::npos;
  (calendar ? calendars : templates).push_back(text);
  auto book = policies::TemplateBook::FromTexts(calendars, templates, vault::Sha256Hex);
  if (book.ok()) return {};
  return std::move(book).faults();
}

Status RunCheck(Client& client, const Check& check) {
  TRY(SourceText text, ReadText(check.file));
  std::vector<SourceText> under;
  if (!check.base.empty()) {
    TRY(SourceText base, ReadText(check.base));
    under.push_back(std::move(base));
  }
  const auto faults = FaultsOf(text, ReadCalendars(check), std::move(under));
  std::string words = faults.empty() ? "No fault.\n" : "";
  for (const auto& fault : faults) words += PlainText(fault.ToText()) + "\n";
  TRY_VOID(client.PrintRaw(client.options.json ? FaultsJson(faults) : words));
  if (faults.empty()) return vault::Ok();
  return vault::Invalid(faults.size() == 1
                            ? std::string("the file has a fault")
                            : "the file has " + std::to_string(faults.size()) + " faults");
}

// The one version of a text: its own, or, for an overlay, the one it makes of its base.
Result<std::unique_ptr<policies::TemplateBook>> BookOf(const Check& check,
                                                       const std::string& base) {
  TRY(SourceText text, ReadText(check.file));
  std::vector<SourceText> templates = {std::move(text)};
  if (policies::IsOverlay(templates.front().text)) {
    if (base.empty()) return vault::Invalid("an overlay needs --base, the template it changes");
    TRY(SourceText under, ReadText(base));
    templates.push_back(std::move(under));
  }
  auto book = policies::TemplateBook::FromTexts(ReadCalendars(check), templates, vault::Sha256Hex);
  if (book.ok()) return std::move(book).value();
  return vault::Invalid(book.faults().front().ToText() +
                        (book.faults().size() > 1 ? " (and more: policy check tells them)" : ""));
}

std::string ChangesJson(const std::vector<policies::PolicyChange>& changes) {
  std::string list;
  for (const auto& change : changes) {
    JsonObject object;
    object.Set("what", change.what).Set("name", change.name);
    object.Set("condition", change.condition);
    object.Set("before", change.before).Set("after", change.after);
    const vault::Plaintext text = std::move(object).Take();
    list += (list.empty() ? "" : ",") + std::string(text.text());
  }
  return "[" + list + "]\n";
}

Status RunDiff(Client& client, const Difference& difference) {
  TRY(const auto before, BookOf(difference.before, difference.base));
  TRY(const auto after, BookOf(difference.after, difference.base));
  if (before->Templates().empty() || after->Templates().empty()) {
    return vault::Invalid("both files must be process templates");
  }
  // An overlay's version is the larger one, so it comes last.
  const auto changes = policies::Compare(*before->Templates().back(), *after->Templates().back());
  if (client.options.json) return client.PrintRaw(ChangesJson(changes));
  std::string words = changes.empty() ? "Nothing changes.\n" : "";
  for (const auto& change : changes) words += PlainText(change.ToText()) + "\n";
  return client.PrintRaw(words);
}

}  // namespace

void AddPolicyCommands(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "policy", "Process templates and calendars");
  auto check = std::make_shared<Check>();
  CLI::App* command = AddCommand(*noun, "check", "List the faults of a file, with their lines",
                                 "strongroom policy check policies/templates/macfa.xml");
  command->add_option("FILE", check->file, "A process template, a calendar or an overlay")
      ->required();
  command->add_option("--calendars", check->calendars,
                      "Folder of calendars (else the one near the file)");
  command->add_option("--base", check->base, "The template that an overlay changes");
  command->callback([&client, check] {
    client.plan.run = [&client, check] { return RunCheck(client, *check); };
  });

  auto difference = std::make_shared<Difference>();
  command = AddCommand(*noun, "diff", "Show whose verdict changes between two versions",
                       "strongroom policy diff policies/templates/macfa.xml new/macfa.xml");
  command->add_option("OLD", difference->before.file, "A process template or an overlay")
      ->required();
  command->add_option("NEW", difference->after.file, "The one to take its place")->required();
  command->add_option("--base", difference->base, "The template that an overlay changes");
  command->add_option("--calendars", difference->before.calendars,
                      "Folder of calendars (else the one near each file)");
  command->callback([&client, difference] {
    difference->after.calendars = difference->before.calendars;
    client.plan.run = [&client, difference] { return RunDiff(client, *difference); };
  });
}

}  // namespace tools
