#include "vault/sealed_places.h"

namespace vault {
namespace {

using Fate = SealedPlace::Fate;

constexpr SealedPlace kPlaces[] = {
    {EntryType::kDocument,
     Fate::kEmptied,
     "version",
     "document = ?1 AND version = ?2",
     {"name", "findings"},
     {"blob", "form_blob"},
     "destroyed"},
    {EntryType::kDocument, Fate::kDeleted, "object_box", "object = ?1 AND version = ?2", {"box"}},
    {EntryType::kDocument, Fate::kDeleted, "named_box", "object = ?1 AND version = ?2", {"box"}},
    {EntryType::kDocument,
     Fate::kEmptied,
     "loan_box",
     "object = ?1 AND version = ?2",
     {"box"},
     {},
     "ended"},

    {EntryType::kLoan, Fate::kEmptied, "loan", "id = ?1", {}, {}, "ended"},
    {EntryType::kLoan, Fate::kEmptied, "loan_box", "loan = ?1", {"box"}, {}, "ended"},

    {EntryType::kShare,
     Fate::kEmptied,
     "share",
     "id = ?1",
     {"tag", "box", "recipient", "contents", "last_used"},
     {},
     "ended"},

    {EntryType::kSubject,
     Fate::kEmptied,
     "subject",
     "id = ?1",
     {"pseudonym", "details", "words", "born"},
     {},
     "destroyed"},
    {EntryType::kSubject, Fate::kDeleted, "exclusion", "subject = ?1", {"reason"}},
    {EntryType::kSubject, Fate::kDeleted, "object_box", "object = ?1", {"box"}},
    {EntryType::kSubject, Fate::kEmptied, "loan_box", "object = ?1", {"box"}, {}, "ended"},

    // Everything that stands under the matter's own slot: its labels, the times and reasons of its
    // events and holds, the boxes around its parties' keys.
    {EntryType::kMatter,
     Fate::kEmptied,
     "matter",
     "id = ?1",
     {"ref", "meeting", "title", "owner_group"},
     {},
     "destroyed",
     "forgotten"},
    {EntryType::kMatter, Fate::kDeleted, "object_box", "object = ?1", {"box"}},
    {EntryType::kMatter, Fate::kEmptied, "loan_box", "object = ?1", {"box"}, {}, "ended"},
    {EntryType::kMatter, Fate::kEmptied, "matter_event", "matter = ?1", {"at", "reason"}},
    {EntryType::kMatter,
     Fate::kEmptied,
     "hold",
     "matter = ?1",
     {"reason", "authority", "note", "release_reason"}},
    {EntryType::kMatter, Fate::kDeleted, "exclusion", "matter = ?1", {"reason"}},
    {EntryType::kMatter, Fate::kDeleted, "mail", "matter = ?1"},
    {EntryType::kMatter, Fate::kEmptied, "compartment", "matter = ?1", {"escrow"}},
    {EntryType::kMatter, Fate::kEmptied, "member", "matter = ?1", {"lockbox"}, {}, "ended"},
    {EntryType::kMatter, Fate::kEmptied, "disposal", "matter = ?1", {"decision"}},
};

// Join writes each column that is used, between two others.
template <std::size_t kCount>
void Join(const std::array<std::string_view, kCount>& columns, std::string_view before,
          std::string_view after, std::string& out) {
  for (const std::string_view column : columns) {
    if (column.empty()) continue;
    if (!out.empty()) out += before;
    out += column;
    out += after;
  }
}

}  // namespace

std::span<const SealedPlace> SealedPlaces() { return kPlaces; }

std::string EraseSql(const SealedPlace& place) {
  const std::string from = std::string(place.table);
  const std::string where = " WHERE " + std::string(place.where);
  if (place.fate == SealedPlace::Fate::kDeleted) return "DELETE FROM " + from + where;
  std::string set;
  if (!place.state.empty()) set = "state = '" + std::string(place.state) + "'";
  Join(place.sealed, ", ", " = NULL", set);
  Join(place.named, ", ", " = NULL", set);
  return "UPDATE " + from + " SET " + set + where;
}

std::string LeftSql(const SealedPlace& place) {
  std::string left;
  if (place.fate == SealedPlace::Fate::kDeleted) {
    // Nothing sealed stood there, and what concerns the object may be written there again.
    if (place.sealed[0].empty()) return {};
    left = "1";
  } else {
    if (!place.state.empty()) {
      left = "state NOT IN ('" + std::string(place.state) + "', '" +
             std::string(place.later.empty() ? place.state : place.later) + "')";
    }
    Join(place.sealed, " OR ", " IS NOT NULL", left);
    Join(place.named, " OR ", " IS NOT NULL", left);
  }
  return "SELECT 1 FROM " + std::string(place.table) + " WHERE " + std::string(place.where) +
         " AND (" + left + ")";
}

std::string ReadSql(const SealedPlace& place) {
  std::string columns;
  Join(place.sealed, ", ", "", columns);
  if (columns.empty()) return {};
  return "SELECT " + columns + " FROM " + std::string(place.table) + " WHERE " +
         std::string(place.where);
}

}  // namespace vault
