// SealedPlaces: what each kind of key sealed in the register, and what becomes of it with the key.
// The purge of rows, its read-back and the search for leftovers all go by this one list.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "vault/core.h"

namespace vault {

// SealedPlace is one table in which a kind of key has rows.
struct SealedPlace {
  enum class Fate : std::uint8_t { kEmptied, kDeleted };

  EntryType type = EntryType::kEmpty;  // of the key
  Fate fate = Fate::kEmptied;          // of the rows
  std::string_view table;
  std::string_view where;  // ?1 the object; of documents ?2 the version
  // Columns that the key sealed: emptied, and looked for afterwards. Those not used are empty.
  std::array<std::string_view, 5> sealed = {};
  // Columns that are emptied too, and hold nothing sealed: the names of blobs.
  std::array<std::string_view, 2> named = {};
  std::string_view state = {};  // of the rows from then on; empty: they have none, or keep it
  std::string_view later = {};  // what that state may become
};

std::span<const SealedPlace> SealedPlaces();

// EraseSql takes away what the key sealed. LeftSql gives a row where some of it still stands; it is
// empty where nothing could. ReadSql gives the sealed columns; empty where there are none.
std::string EraseSql(const SealedPlace& place);
std::string LeftSql(const SealedPlace& place);
std::string ReadSql(const SealedPlace& place);

// BindItem binds what a place's statements ask for.
template <class Query>
void BindItem(Query& query, const ShredItem& item) {
  if (item.type == EntryType::kDocument) {
    query.Bind(item.object, item.version);
  } else {
    // Only documents have versions; of all others the key's own number says nothing of the rows.
    query.Bind(item.object);
  }
}

}  // namespace vault
