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
constexpr std::array<std::string_view, 4> kSeverities = {"warn", "exception", "hold", "refuse"};
constexpr std::array<std::string_view, 10> kFieldTypes = {"text",    "yes-no",  "date",   "time",
                                                          "number",  "choice",  "person", "agency",
                                                          "subject", "document"};
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

std::string_view SeverityName(Severity severity) {
  return kSeverities[static_cast<std::size_t>(severity)];
}

std::string_view FieldTypeName(FieldType type) {
  return kFieldTypes[static_cast<std::size_t>(type)];
}

std::string_view RecordFacts::First(std::string_view field) const {
  for (const FieldValue& value : values) {
    if (value.name == field) return value.value;
  }
  return {};
}

bool MatterFacts::Has(std::string_view event) const { return TimeOf(event).has_value(); }

std::optional<UnixSeconds> MatterFacts::TimeOf(std::string_view event) const {
  for (auto it = events.rbegin(); it != events.rend(); ++it) {
    if (it->name == event) return it->at;
  }
  return std::nullopt;
}

}  // namespace vault
