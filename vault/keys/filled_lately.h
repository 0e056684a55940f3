// FilledLately: which slots were filled lately, so that a start that finds a filling without its
// rows looks at those, and does not walk a whole tree for one key.
//
//   meta lately = u64 from || n × u32 slot, rising: every slot filled since the count was `from`
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "vault/base/result.h"
#include "vault/keys/node.h"
#include "vault/store/database.h"

namespace vault {

// kMostLately is how many are kept, or those of one filling where that has more. The register is
// behind by one filling when an act is cut short, and by a few when acts failed in a row.
inline constexpr std::size_t kMostLately = 64;

// NoteFilled adds slots to the list, in the commit that fills them. inserts is the count before it.
// A list that is full begins anew with these.
Status NoteFilled(Transaction& transaction, const std::vector<SlotNumber>& slots,
                  std::uint64_t inserts);

// FilledSince gives every slot filled since the count was `since`, and maybe some from before, by
// slot; empty when the list does not reach back so far, or does not fit the count as it is now.
Result<std::optional<std::vector<SlotNumber>>> FilledSince(Database& database, std::uint64_t since,
                                                           std::uint64_t inserts);

}  // namespace vault
