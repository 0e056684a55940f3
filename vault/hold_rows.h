// HoldRows: whether a hold stands on an object, directly or through its subject or matter.
#pragma once

#include "vault/core.h"

namespace vault {

// IsHeld looks at the holds that run now. Documents are held with their subject or matter, subjects
// with their matter. Loans, shares and people are never held.
Result<bool> IsHeld(Core& core, EntryType type, const ObjectId& object);

}  // namespace vault
