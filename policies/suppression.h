// Suppression: which counts must not be shown, so that none that is small follows from the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace policies {

enum class CellKind : std::uint8_t {
  kCount,    // shown unless it is small
  kNothing,  // a nought that says nothing of anybody: shown
  kRest,     // shown to nobody; what is small in it is a secret all the same
  kOpen,     // shown to nobody, and no secret
};

// CountCell is one count. A kRest may be negative: a part may pass its whole.
struct CountCell {
  std::int64_t count = 0;
  CellKind kind = CellKind::kCount;
};

// CountSum says that the parts, by their places among the cells, add up to the whole; readers know
// it.
struct CountSum {
  std::size_t whole = 0;
  std::vector<std::size_t> parts;
};

// Hide tells for each cell whether it must be hidden: what is below `small`, and enough others that
//   - no hidden count follows from what is shown by any combination of the sums, but a nought from
//     noughts alone, and
//   - no small count other than nought does, for a reader who knows where the noughts are: a
//     quarter that has not come, an area with no case.
// Since counts are not negative and what is left unknown to that reader is at least one, no such
// count follows from its not being negative either (POLICY.md).
std::vector<bool> Hide(const std::vector<CountCell>& cells, const std::vector<CountSum>& sums,
                       int small);

}  // namespace policies
