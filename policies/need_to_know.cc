#include "policies/need_to_know.h"

#include <algorithm>
#include <utility>

#include "vault/base/result.h"

namespace policies {

using vault::ReadingCode;
using vault::Relation;

namespace {

// The facilitating unit's role: it alone learns that something exists in a matter it is no member
// of, because it has to administer it.
constexpr std::string_view kUnitRole = "BUO";

bool Contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool Names(const std::vector<std::string>& list, std::string_view word) {
  return list.empty() || Contains(list, word);
}

}  // namespace

int ReadingStrength(ReadingCode code) {
  switch (code) {
    case ReadingCode::kNone:
      return 0;
    case ReadingCode::kAgg:  // nothing of a single document, so less than that it exists
      return 1;
    case ReadingCode::kMeta:
      return 2;
    case ReadingCode::kCtl:  // reading for a task, with a reason
      return 3;
    case ReadingCode::kAdm:  // reading for administration
      return 4;
    case ReadingCode::kInv:
      return 5;
    case ReadingCode::kAll:
      return 6;
    case ReadingCode::kOwn:  // one's own: no loan is needed and none can end it
      return 7;
  }
  CHECK(false && "unknown reading code");
  return 0;
}

NeedToKnow::NeedToKnow(std::vector<ReadingRow> rows, std::vector<std::string> named_classes,
                       PackScope scope)
    : rows_(std::move(rows)), named_classes_(std::move(named_classes)), scope_(scope) {
  CHECK(rows_.size() < 65536);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    auto at = std::lower_bound(
        rows_of_role_.begin(), rows_of_role_.end(), rows_[i].role,
        [](const auto& entry, const std::string& role) { return entry.first < role; });
    if (at == rows_of_role_.end() || at->first != rows_[i].role) {
      at = rows_of_role_.insert(at, {rows_[i].role, {}});
    }
    at->second.push_back(static_cast<std::uint16_t>(i));
  }
}

// Given is the row's code where its conditions hold, else nothing: a cell never gives a weaker code
// than it says.
ReadingCode NeedToKnow::Given(const ReadingRow& row, const vault::ReadingFacts& facts) const {
  if (row.attending && !facts.attending) return ReadingCode::kNone;
  if (row.participating && !facts.participating) return ReadingCode::kNone;
  if (row.control_task && !facts.control_task) return ReadingCode::kNone;
  if (row.assigned && !Contains(facts.assigned, row.role)) return ReadingCode::kNone;
  switch (row.code) {
    case ReadingCode::kOwn:
      return facts.relation == Relation::kOwn ? ReadingCode::kOwn : ReadingCode::kNone;
    case ReadingCode::kInv:
      if (facts.relation != Relation::kUninvolved) return ReadingCode::kInv;
      return scope_ == PackScope::kAll && facts.participating ? ReadingCode::kAll
                                                              : ReadingCode::kNone;
    case ReadingCode::kCtl:
      return facts.control_task ? ReadingCode::kCtl : ReadingCode::kNone;
    default:
      return row.code;
  }
}

NeedToKnow::Answer NeedToKnow::Read(std::string_view phase, const vault::MatterFacts& matter,
                                    const vault::ReadingFacts& facts) const {
  Answer best;
  // A conflict of interest closes a subject whatever else a person is.
  if (facts.excluded) return best;
  const bool withheld = !facts.named && Contains(named_classes_, facts.class_code);
  for (const std::string& role : facts.roles) {
    auto at = std::lower_bound(
        rows_of_role_.begin(), rows_of_role_.end(), role,
        [](const auto& entry, const std::string& name) { return entry.first < name; });
    if (at == rows_of_role_.end() || at->first != role) continue;
    for (std::uint16_t index : at->second) {
      const ReadingRow& row = rows_[index];
      if (ReadingStrength(row.code) <= ReadingStrength(best.code) &&
          !(row.code == ReadingCode::kInv && scope_ == PackScope::kAll)) {
        continue;
      }
      if (!Names(row.classes, facts.class_code) || !Names(row.phases, phase)) continue;
      if (!row.until.empty() && matter.Has(row.until)) continue;
      ReadingCode code = Given(row, facts);
      if (!facts.member && role != kUnitRole) code = ReadingCode::kNone;
      const bool content = ReadingStrength(code) > ReadingStrength(ReadingCode::kMeta);
      if (content && (withheld || !facts.member)) {
        code = role == kUnitRole ? ReadingCode::kMeta : ReadingCode::kNone;
      }
      if (ReadingStrength(code) > ReadingStrength(best.code)) best = {code, role};
    }
  }
  return best;
}

}  // namespace policies
