#include "vault/keys/filled_lately.h"

#include <algorithm>
#include <utility>

#include "vault/base/wire.h"

namespace vault {
namespace {

struct Lately {
  std::uint64_t from = 0;
  std::vector<SlotNumber> slots;
};

// It stands in clear and is believed only as far as it fits the count beside it: whoever could
// shorten it could as well write that the counters are equal, and nothing would be compared.
Result<std::optional<Lately>> Read(Database& database, std::uint64_t inserts) {
  Bytes stored;
  {
    Statement statement = database.Prepare("SELECT value FROM meta WHERE key='lately'");
    TRY(const bool found, statement.Step());
    if (!found) return std::optional<Lately>();
    stored = statement.Blob(0);
  }
  WireReader reader(stored);
  Lately lately;
  lately.from = reader.U64();
  while (!reader.failed() && reader.remaining() != 0) lately.slots.push_back(reader.U32());
  const bool fits =
      !reader.failed() && lately.from <= inserts && inserts - lately.from == lately.slots.size();
  if (!fits) return std::optional<Lately>();
  return std::optional<Lately>(std::move(lately));
}

}  // namespace

Status NoteFilled(Transaction& transaction, const std::vector<SlotNumber>& slots,
                  std::uint64_t inserts) {
  TRY(std::optional<Lately> lately, Read(transaction.database(), inserts));
  if (!lately || lately->slots.size() + slots.size() > kMostLately) lately = Lately{inserts, {}};
  lately->slots.insert(lately->slots.end(), slots.begin(), slots.end());
  // By slot, so that it does not tell in which order they were filled.
  std::sort(lately->slots.begin(), lately->slots.end());
  WireWriter value;
  value.U64(lately->from);
  for (const SlotNumber slot : lately->slots) value.U32(slot);
  return transaction.database()
      .Prepare(
          "INSERT INTO meta(key, value) VALUES('lately', ?)"
          " ON CONFLICT(key) DO UPDATE SET value=excluded.value")
      .Bind(value.bytes())
      .Run();
}

Result<std::optional<std::vector<SlotNumber>>> FilledSince(Database& database, std::uint64_t since,
                                                           std::uint64_t inserts) {
  TRY(std::optional<Lately> lately, Read(database, inserts));
  if (!lately || since < lately->from) return std::optional<std::vector<SlotNumber>>();
  return std::optional<std::vector<SlotNumber>>(std::move(lately->slots));
}

}  // namespace vault
