// HoldRows: whether a hold stands on an object, directly or through its subject or matter.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/core.h"
#include "vault/register.h"

namespace vault {

// HoldRow is one hold. Its words are labels under the matter's slot, and not in its mac: they go
// with the matter, and the row that says it was held stays.
struct HoldRow {
  HoldId id;
  MatterId matter;
  std::string scope;  // matter, subject, document
  ObjectId object;
  bool sealed = false;
  std::string state;  // running, releasing, released
  Day placed;
  Day review;
  std::optional<Day> released;
  Bytes reason;
  Bytes authority;
  Bytes note;  // of the last review
};
RowImage HoldImage(const HoldRow& row);
// LoadHolds gives the holds, newest first: those in a state, or all. Errors: kCorrupt one was
// edited: then nobody can say what is held, and nothing is released on its word.
Result<std::vector<HoldRow>> LoadHolds(const Core& core);
Result<std::vector<HoldRow>> LoadHoldsIn(const Core& core, std::string_view state);
// LoadHold. Errors: kNotFound; kCorrupt.
Result<HoldRow> LoadHold(const Core& core, const HoldId& id);
Status InsertHold(Database& database, const Core& core, const HoldRow& row, SlotNumber slot);
// UpdateHold writes what may change: state, review, release day and note.
Status UpdateHold(Database& database, const Core& core, const HoldRow& row);

// SealHoldWord and OpenHoldWord: a hold's words ("reason", "authority", …) stand under its matter's
// slot; the column tells those of several holds apart.
Result<Bytes> SealHoldWord(Core& core, const HoldRow& row, SlotNumber slot, std::string_view what,
                           std::string_view text);
// OpenHoldWord gives an empty text for a word that was never written.
Result<std::string> OpenHoldWord(Core& core, const HoldRow& row, SlotNumber slot,
                                 std::string_view what, const Bytes& sealed);

// IsHeld looks at the holds that run now. Documents are held with their subject or matter, subjects
// with their matter. Loans, shares and people are never held.
Result<bool> IsHeld(Core& core, EntryType type, const ObjectId& object);

}  // namespace vault
