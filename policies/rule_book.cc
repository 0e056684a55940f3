#include "policies/rule_book.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "policies/element.h"
#include "policies/overlay.h"

namespace policies {
namespace {

namespace fs = std::filesystem;

// The texts of one folder in the order of their names, so that faults come in a fixed order.
std::vector<SourceText> ReadFolder(const fs::path& folder, std::vector<Fault>* faults) {
  const std::string shown = folder.filename().string();
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".xml") paths.push_back(it->path());
  }
  if (error) faults->push_back({shown, {}, "the folder cannot be read"});
  std::sort(paths.begin(), paths.end());
  std::vector<SourceText> texts;
  for (const fs::path& path : paths) {
    std::string name = shown + "/" + path.filename().string();
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file.is_open() || file.bad()) {
      faults->push_back({name, {}, "the file cannot be read"});
      continue;
    }
    texts.push_back({std::move(name), std::move(text)});
  }
  return texts;
}

void AddNamed(const std::vector<Fault>& from, const std::string& file, std::vector<Fault>* to) {
  for (Fault fault : from) {
    fault.file = file;
    to->push_back(std::move(fault));
  }
}

}  // namespace

Checked<std::unique_ptr<TemplateBook>> TemplateBook::FromTexts(
    const std::vector<SourceText>& calendars, const std::vector<SourceText>& templates,
    const TextHash& hash) {
  std::unique_ptr<TemplateBook> book(new TemplateBook());
  auto calendar_book = CalendarBook::FromTexts(calendars);
  // Without its calendars a template cannot be judged, so these faults come alone.
  if (!calendar_book.ok()) return std::move(calendar_book).faults();
  book->calendars_ = std::move(calendar_book).value();
  std::vector<Fault> faults;
  const auto take = [&faults](const std::vector<Fault>& more) {
    faults.insert(faults.end(), more.begin(), more.end());
  };
  for (const SourceText& source : templates) {
    if (!IsOverlay(source.text)) take(book->Add(source, hash(vault::AsBytes(source.text)), {}));
  }
  for (const SourceText& source : templates) {
    if (IsOverlay(source.text)) take(book->AddOverlay(source, templates, hash));
  }
  if (!faults.empty()) return faults;
  return book;
}

std::vector<Fault> TemplateBook::Add(const SourceText& source, std::string hash,
                                     std::vector<std::string> amendments) {
  std::vector<Fault> faults;
  auto parsed =
      ProcessTemplate::Parse(source.text, calendars_, std::move(hash), std::move(amendments));
  if (!parsed.ok()) {
    AddNamed(parsed.faults(), source.name, &faults);
    return faults;
  }
  const ProcessTemplate& made = *parsed.value();
  std::pair<std::string, std::uint32_t> key(made.template_id(), made.template_version());
  if (!templates_.emplace(std::move(key), std::move(parsed).value()).second) {
    faults.push_back({source.name, {}, "the template's id and version are given twice"});
  }
  return faults;
}

std::vector<Fault> TemplateBook::AddOverlay(const SourceText& source,
                                            const std::vector<SourceText>& templates,
                                            const TextHash& hash) {
  std::vector<Fault> faults;
  auto overlay = Overlay::Read(source.text);
  if (!overlay.ok()) {
    AddNamed(overlay.faults(), source.name, &faults);
    return faults;
  }
  const Overlay& wanted = overlay.value();
  for (const SourceText& candidate : templates) {
    auto parsed = ParseText(candidate.text);
    if (!parsed.ok() || parsed.value().root().name() != "process") continue;
    const auto id = parsed.value().root().attribute("id");
    const auto version = parsed.value().root().attribute("version");
    if (id != wanted.template_id || version != std::to_string(wanted.of_version)) continue;
    auto amended = Amend(candidate.text, wanted);
    if (!amended.ok()) {
      AddNamed(amended.faults(), source.name, &faults);
      return faults;
    }
    std::vector<std::string> amendments;
    for (const Amendment& change : wanted.amendments) {
      amendments.push_back(change.element + " " + change.name + ", " + change.attribute + ": " +
                           change.value + " (" + wanted.author + ", " + wanted.date + ": " +
                           change.reason + ")");
    }
    const std::string both =
        hash(vault::AsBytes(candidate.text)) + "\n" + hash(vault::AsBytes(source.text)) + "\n";
    return Add({source.name + " over " + candidate.name, std::move(amended).value()},
               hash(vault::AsBytes(both)), std::move(amendments));
  }
  faults.push_back({source.name, wanted.position,
                    "there is no template " + wanted.template_id + " of version " +
                        std::to_string(wanted.of_version)});
  return faults;
}

Checked<std::unique_ptr<TemplateBook>> TemplateBook::LoadFolder(const std::string& folder,
                                                                const TextHash& hash) {
  std::vector<Fault> faults;
  auto calendars = ReadFolder(fs::path(folder) / "calendars", &faults);
  auto templates = ReadFolder(fs::path(folder) / "templates", &faults);
  std::error_code none;
  if (fs::is_directory(fs::path(folder) / "overlays", none)) {
    auto overlays = ReadFolder(fs::path(folder) / "overlays", &faults);
    std::move(overlays.begin(), overlays.end(), std::back_inserter(templates));
  }
  if (faults.empty() && templates.empty()) {
    faults.push_back({"templates", {}, "the folder holds no template"});
  }
  if (!faults.empty()) return faults;
  return FromTexts(calendars, templates, hash);
}

vault::Result<const vault::ProcessRules*> TemplateBook::Find(std::string_view template_id,
                                                             std::uint32_t version) const {
  auto found = templates_.find({std::string(template_id), version});
  if (found == templates_.end()) return vault::NotFound("no such template");
  return static_cast<const vault::ProcessRules*>(found->second.get());
}

vault::Result<const vault::ProcessRules*> TemplateBook::Latest(std::string_view template_id) const {
  const vault::ProcessRules* latest = nullptr;
  for (const auto& [key, rules] : templates_) {
    if (key.first == template_id) latest = rules.get();  // versions come in rising order
  }
  if (latest == nullptr) return vault::NotFound("no such template");
  return latest;
}

vault::Result<const vault::ProcessRules*> TemplateBook::Starting(std::string_view template_id,
                                                                 vault::Day day) const {
  bool known = false;
  const ProcessTemplate* newest = nullptr;
  for (const auto& [key, rules] : templates_) {
    if (key.first != template_id) continue;
    known = true;
    if (rules->InForceOn(day)) newest = rules.get();
  }
  if (!known) return vault::NotFound("no such template");
  if (newest == nullptr)
    return vault::Conflict("no version of the process is in force on that day");
  return static_cast<const vault::ProcessRules*>(newest);
}

std::vector<const ProcessTemplate*> TemplateBook::Templates() const {
  std::vector<const ProcessTemplate*> out;
  for (const auto& [key, rules] : templates_) out.push_back(rules.get());
  return out;
}

}  // namespace policies
