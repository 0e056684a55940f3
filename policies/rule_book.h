// TemplateBook: the templates of a vault, every version of them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policies/calendar.h"
#include "policies/process_template.h"
#include "vault/base/rules.h"

namespace policies {

// TextHash gives the SHA-256 of a text in lower-case hex. Rules know no cryptography, so whoever
// loads them says how.
using TextHash = std::function<std::string(vault::ByteView)>;

// TemplateBook finds the rules a matter runs under. Immutable.   Threads: safe from any.
class TemplateBook final : public vault::RuleBook {
 public:
  // FromTexts reads calendars, and templates with the overlays laid over them. A version made by an
  // overlay has the hash of both hashes, each with a line end behind it.
  // Faults: those of every text; a template's id and version given twice; an overlay over nothing.
  static Checked<std::unique_ptr<TemplateBook>> FromTexts(const std::vector<SourceText>& calendars,
                                                          const std::vector<SourceText>& templates,
                                                          const TextHash& hash);
  // LoadFolder reads calendars/*.xml, templates/*.xml and, where there is one, overlays/*.xml below
  // a folder, at start only.
  // Faults: as above; a folder that cannot be read or holds no template.
  static Checked<std::unique_ptr<TemplateBook>> LoadFolder(const std::string& folder,
                                                           const TextHash& hash);

  vault::Result<const vault::ProcessRules*> Find(std::string_view template_id,
                                                 std::uint32_t version) const override;
  vault::Result<const vault::ProcessRules*> Latest(std::string_view template_id) const override;
  vault::Result<const vault::ProcessRules*> Starting(std::string_view template_id,
                                                     vault::Day day) const override;
  // Templates lists all, by id and version.
  std::vector<const ProcessTemplate*> Templates() const;
  const CalendarBook& calendars() const { return calendars_; }

 private:
  TemplateBook() = default;
  std::vector<Fault> Add(const SourceText& source, std::string hash,
                         std::vector<std::string> amendments);
  std::vector<Fault> AddOverlay(const SourceText& source, const std::vector<SourceText>& templates,
                                const TextHash& hash);
  CalendarBook calendars_;
  std::map<std::pair<std::string, std::uint32_t>, std::unique_ptr<ProcessTemplate>> templates_;
};

}  // namespace policies
