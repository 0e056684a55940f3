#include "vault/samples.h"

#include <algorithm>
#include <utility>

#include "vault/agencies.h"
#include "vault/base/text.h"
#include "vault/crypto/bulk.h"

namespace vault {
namespace {

constexpr std::size_t kLongestSeed = 64;

bool IsSeed(std::string_view seed) {
  return !seed.empty() && seed.size() <= kLongestSeed &&
         std::all_of(seed.begin(), seed.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view(".-_").find(c) != std::string_view::npos;
         });
}

}  // namespace

std::vector<std::string> DrawOf(std::string_view seed, std::uint64_t size,
                                std::vector<std::string> references) {
  std::vector<std::pair<Sha256Digest, std::string>> lots;
  for (std::string& reference : references) {
    const std::string text = std::string(seed) + "\n" + reference;
    lots.emplace_back(Sha256(AsBytes(text)), std::move(reference));
  }
  std::sort(lots.begin(), lots.end());
  lots.erase(std::unique(lots.begin(), lots.end()), lots.end());
  std::vector<std::string> drawn;
  for (auto& [digest, reference] : lots) {
    if (drawn.size() == size) break;
    drawn.push_back(std::move(reference));
  }
  return drawn;
}

Result<Sample> Samples::Draw(const Actor& actor, const SampleWish& wish,
                             std::vector<std::string> references) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "IGO"}));
  if (wish.size == 0) return Invalid("size: at least one is drawn");
  Sample sample{wish.seed, references.size(), {}};
  if (sample.seed.empty()) {
    ByteArray<16> made;
    core_.random->Fill(made);
    sample.seed = EncodeHex(made);
  }
  if (!IsSeed(sample.seed)) {
    return Invalid("seed: 1 to 64 letters, digits, dots, hyphens and underscores");
  }
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  LogEntry entry = core_.Entry("sample.drawn");
  entry.Person("actor", who).Add("template", wish.template_id).Add("measure", wish.measure);
  if (wish.from) entry.Add("from", wish.from->ToText());
  if (wish.until) entry.Add("until", wish.until->ToText());
  entry.Add("seed", sample.seed).Add("candidates", sample.candidates).Add("size", wish.size);
  TRY_VOID(core_.Record(entry, [](Transaction&) { return Ok(); }));
  sample.drawn = DrawOf(sample.seed, wish.size, std::move(references));
  return sample;
}

}  // namespace vault
