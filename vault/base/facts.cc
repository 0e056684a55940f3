#include "vault/base/facts.h"

#include <array>
#include <utility>

#include "vault/base/result.h"

namespace vault {
namespace {
constexpr std::array<std::pair<LoanKind, std::string_view>, 5> kLoanKinds = {{
    {LoanKind::kBrief, "brief"},
    {LoanKind::kPack, "pack"},
    {LoanKind::kReport, "report"},
    {LoanKind::kControl, "control"},
    {LoanKind::kInspection, "inspection"},
}};
constexpr std::array<std::string_view, 8> kReadingCodes = {"-",   "meta", "agg", "own",
                                                           "inv", "all",  "adm", "ctl"};
}  // namespace

std::string_view LoanKindName(LoanKind kind) {
  for (const auto& [value, name] : kLoanKinds) {
    if (value == kind) return name;
  }
  CHECK(false && "unknown loan kind");
  return {};
}

std::optional<LoanKind> LoanKindFromName(std::string_view name) {
  for (const auto& [value, text] : kLoanKinds) {
    if (text == name) return value;
  }
  return std::nullopt;
}

std::string_view ReadingCodeName(ReadingCode code) {
  return kReadingCodes[static_cast<std::size_t>(code)];
}

bool MatterFacts::Has(std::string_view event) const { return TimeOf(event).has_value(); }

std::optional<UnixSeconds> MatterFacts::TimeOf(std::string_view event) const {
  for (auto it = events.rbegin(); it != events.rend(); ++it) {
    if (it->name == event) return it->at;
  }
  return std::nullopt;
}

}  // namespace vault
