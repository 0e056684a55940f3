// Comparison: keys of the tree against rows of the register. It changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "vault/core.h"

namespace vault {

// NamedSlot is a slot that a row names, and what must stand in it. type kEmpty: anything.
struct NamedSlot {
  SlotNumber slot = 0;
  EntryType type = EntryType::kEmpty;
  ObjectId object;
  std::uint32_t version = 0;
};

// Findings by slot.
struct Findings {
  std::uint64_t compared = 0;   // slots that were looked at
  std::vector<NamedSlot> dead;  // rows whose key is gone; of the whole tree only
  std::vector<std::pair<SlotNumber, SlotEntry>> orphans;
  // Keys that give access, and that no row gives: their act was cut short before its commit, or a
  // restore ended the row, which knew the key from before a re-make.
  std::vector<std::pair<SlotNumber, SlotEntry>> unmade;
  // Live, with a row, and held in the tree; of the whole tree only.
  std::vector<std::pair<SlotNumber, SlotEntry>> held;
};

// RegisterFrom says what the register is: the one that was here, or one out of a restore, which
// may lack rows that another one has.
enum class RegisterFrom : std::uint8_t { kHere, kRestore };

class Comparison {
 public:
  explicit Comparison(Core& core) : core_(core) {}

  // Whole walks all keys and all rows side by side: linear in both.
  Result<Findings> Whole(RegisterFrom from);
  // Lately looks at the slots filled since the count was `inserts`, and at the orphans that are
  // known, for a register that was here. Empty: the tree does not know which those slots are.
  Result<std::optional<Findings>> Lately(std::uint64_t inserts);
  // KnownOrphans are the slots of the table `orphan`.
  Result<std::set<SlotNumber>> KnownOrphans();

 private:
  Result<std::vector<NamedSlot>> NamedSlots();
  Result<bool> HasRow(SlotNumber slot, const SlotEntry& entry);
  Result<bool> IsKnown(const SlotEntry& entry);
  // TakeUnmade moves from the orphans what is unmade.
  Status TakeUnmade(Findings& findings, RegisterFrom from);
  Core& core_;
};

}  // namespace vault
