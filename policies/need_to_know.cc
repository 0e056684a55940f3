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

bool Names(const std::vector<std::string>& list, std::string_view word) {
  return list.empty() || std::find(list.begin(), list.end(), word) != list.end();
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

NeedToKnow::NeedToKnow(std::vector<ReadingRow> rows, PackScope scope)
    : rows_(std::move(rows)), scope_(scope) {}

// Given is the row's code where its conditions hold, else nothing: a cell never gives a weaker code
// than it says.
ReadingCode NeedToKnow::Given(const ReadingRow& row, const vault::ReadingFacts& facts) const {
  if (row.attending && !facts.attending) return ReadingCode::kNone;
  if (row.participating && !facts.participating) return ReadingCode::kNone;
  if (row.control_task && !facts.control_task) return ReadingCode::kNone;
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
  for (const ReadingRow& row : rows_) {
    if (std::find(facts.roles.begin(), facts.roles.end(), row.role) == facts.roles.end()) continue;
    if (!Names(row.classes, facts.class_code) || !Names(row.phases, phase)) continue;
    if (!row.until.empty() && matter.Has(row.until)) continue;
    ReadingCode code = Given(row, facts);
    if (!facts.member && code != ReadingCode::kNone) {
      code = row.role == kUnitRole ? ReadingCode::kMeta : ReadingCode::kNone;
    }
    if (ReadingStrength(code) > ReadingStrength(best.code)) best = {code, row.role};
  }
  return best;
}

}  // namespace policies
