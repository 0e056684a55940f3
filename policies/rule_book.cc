#include "policies/rule_book.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

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
  for (const SourceText& source : templates) {
    auto parsed =
        ProcessTemplate::Parse(source.text, book->calendars_, hash(vault::AsBytes(source.text)));
    if (!parsed.ok()) {
      AddNamed(parsed.faults(), source.name, &faults);
      continue;
    }
    const ProcessTemplate& made = *parsed.value();
    std::pair<std::string, std::uint32_t> key(made.template_id(), made.template_version());
    if (!book->templates_.emplace(std::move(key), std::move(parsed).value()).second) {
      faults.push_back({source.name, {}, "the template's id and version are given twice"});
    }
  }
  if (!faults.empty()) return faults;
  return book;
}

Checked<std::unique_ptr<TemplateBook>> TemplateBook::LoadFolder(const std::string& folder,
                                                                const TextHash& hash) {
  std::vector<Fault> faults;
  auto calendars = ReadFolder(fs::path(folder) / "calendars", &faults);
  auto templates = ReadFolder(fs::path(folder) / "templates", &faults);
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
