#include "vault/adoption.h"

#include <map>
#include <utility>

#include "vault/base/text.h"
#include "vault/core.h"

namespace vault {
namespace {

constexpr std::string_view kMeta = "rules";

// Known are the texts that the log has told of: digests by process and version.
using Known = std::map<std::pair<std::string, std::uint32_t>, std::string>;

// What is remembered is of one log: another one, begun after a restore, tells everything anew.
//
//   remembered = origin "\n" *( process " " version " " sha256 "\n" )
Result<Known> Remembered(Core& core) {
  Known known;
  const auto stored = core.Meta(kMeta);
  if (!stored.ok() && stored.error().code == Errc::kNotFound) return known;
  if (!stored.ok()) return stored.error();
  std::vector<std::string_view> lines = Split(AsText(stored.value()), '\n');
  if (lines.empty() || lines.front() != core.log->origin()) return known;
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    const std::vector<std::string_view> words = Split(lines[i], ' ');
    if (words.size() != 3) return Corrupt("the adopted rules cannot be read");
    TRY(const std::uint64_t version, ParseDecimal(words[1]));
    known[{std::string(words[0]), static_cast<std::uint32_t>(version)}] = words[2];
  }
  return known;
}

Status Remember(Core& core, const Known& known) {
  std::string text = core.log->origin() + "\n";
  for (const auto& [name, sha256] : known) {
    text += name.first + " " + std::to_string(name.second) + " " + sha256 + "\n";
  }
  return core.SetMeta(kMeta, AsBytes(text));
}

}  // namespace

Status LogAdoption(Core& core, std::span<const RuleText> texts) {
  if (texts.empty()) return Ok();
  const Core::Lock lock = core.Locked();
  TRY(Known known, Remembered(core));
  const auto tell = [&](std::string_view type, const Known::key_type& name, std::string_view sha256,
                        std::string_view before) -> Status {
    LogEntry entry = core.Entry(type);
    entry.Add("template", name.first).Add("version", name.second).Add("sha256", sha256);
    if (!before.empty()) entry.Add("before-sha256", before);
    return core.Record(entry, [&](Transaction&) { return Remember(core, known); });
  };
  Known gone = known;
  for (const RuleText& text : texts) {
    const Known::key_type name(text.template_id, text.version);
    gone.erase(name);
    const std::string before = std::exchange(known[name], text.sha256);
    if (before == text.sha256) continue;
    TRY_VOID(tell("policy.adopted", name, text.sha256, before));
  }
  for (const auto& [name, sha256] : gone) {
    known.erase(name);
    TRY_VOID(tell("policy.dropped", name, sha256, ""));
  }
  return Ok();
}

}  // namespace vault
