#include "vault/comparison.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace vault {
namespace {

constexpr SlotNumber kSystemLeafEnd = 256;

bool GivesAccess(EntryType type) {
  return type == EntryType::kPerson || type == EntryType::kLoan || type == EntryType::kShare;
}

bool Holds(const SlotEntry& entry) { return (entry.flags & kFlagHold) != 0; }

// Source lists the rows of one kind that name a slot of their own; `id` is the object's column.
struct Source {
  EntryType type;
  std::string_view rows;
  std::string_view id;
};
constexpr Source kSources[] = {
    {EntryType::kPerson, "SELECT slot, id, 0 FROM person WHERE state != 'ended'", "id"},
    {EntryType::kMatter,
     "SELECT slot, id, 0 FROM matter WHERE state NOT IN ('destroyed', 'forgotten')", "id"},
    {EntryType::kSubject, "SELECT slot, id, 0 FROM subject WHERE state != 'destroyed'", "id"},
    {EntryType::kLoan, "SELECT slot, id, 0 FROM loan WHERE state != 'ended'", "id"},
    {EntryType::kShare, "SELECT slot, id, 0 FROM share WHERE state != 'ended'", "id"},
    {EntryType::kDocument, "SELECT slot, document, version FROM version WHERE state != 'destroyed'",
     "document"}};

// What stands in these is no row's own: a matter's pseudonyms, and old keys on their way out.
constexpr std::string_view kPseudonyms = "SELECT pseudonym_slot, id, 0 FROM matter";
constexpr std::string_view kOnTheirWayOut = "SELECT slot, object, 0 FROM disposal_item";

}  // namespace

Result<std::vector<NamedSlot>> Comparison::NamedSlots() {
  std::vector<NamedSlot> named;
  named.push_back({core_.pseudonym_slot, EntryType::kEmpty, {}, 0});
  named.push_back({core_.lookup_slot, EntryType::kEmpty, {}, 0});
  const auto read = [&](EntryType type, std::string_view rows) -> Status {
    auto query = core_.database->Prepare(rows);
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) return Ok();
      named.push_back({query.U32(0), type, query.IdAt<ObjectId>(1), query.U32(2)});
    }
  };
  for (const Source& source : kSources) TRY_VOID(read(source.type, source.rows));
  TRY_VOID(read(EntryType::kEmpty, kPseudonyms));
  TRY_VOID(read(EntryType::kEmpty, kOnTheirWayOut));
  std::sort(named.begin(), named.end(),
            [](const NamedSlot& a, const NamedSlot& b) { return a.slot < b.slot; });
  return named;
}

// HasRow asks the same rows for one slot, each by an index.
Result<bool> Comparison::HasRow(SlotNumber slot, const SlotEntry& entry) {
  if (slot == core_.pseudonym_slot || slot == core_.lookup_slot) return true;
  Database& database = *core_.database;
  for (const Source& source : kSources) {
    if (source.type != entry.type) continue;
    const std::string sql =
        std::string(source.rows) + " AND " + std::string(source.id) + " = ?1 AND slot = ?2";
    auto query = database.Prepare(sql).Bind(entry.object, slot);
    TRY(const bool found, query.Step());
    if (found && query.U32(2) == entry.version) return true;
  }
  if (entry.type == EntryType::kPseudonym) {
    // Matters are few, and their pseudonyms' slots have no index.
    auto query =
        database.Prepare(std::string(kPseudonyms) + " WHERE pseudonym_slot = ?").Bind(slot);
    TRY(const bool found, query.Step());
    if (found) return true;
  }
  return database.Prepare(std::string(kOnTheirWayOut) + " WHERE object = ? AND slot = ?")
      .Bind(entry.object, slot)
      .Step();
}

Result<Findings> Comparison::Whole(RegisterFrom from) {
  TRY(const std::vector<NamedSlot> named, NamedSlots());
  Findings findings;
  auto next = named.begin();
  const auto lost = [&](const NamedSlot& row) {
    if (row.type != EntryType::kEmpty) findings.dead.push_back(row);
  };
  TRY_VOID(core_.keeper->Scan([&](SlotNumber slot, const SlotEntry& entry) -> Status {
    ++findings.compared;
    for (; next != named.end() && next->slot < slot; ++next) lost(*next);
    bool has_row = false;
    for (; next != named.end() && next->slot == slot; ++next) {
      const bool anything = next->type == EntryType::kEmpty;
      const bool same = next->type == entry.type && next->object == entry.object &&
                        next->version == entry.version;
      if (anything || same) {
        has_row = true;
      } else {
        lost(*next);
      }
    }
    if (entry.type == EntryType::kEmpty || slot < kSystemLeafEnd) return Ok();
    if (!has_row) {
      findings.orphans.emplace_back(slot, entry);
    } else if (Holds(entry)) {
      findings.held.emplace_back(slot, entry);
    }
    return Ok();
  }));
  for (; next != named.end(); ++next) lost(*next);
  TRY_VOID(TakeUnmade(findings, from));
  return findings;
}

Result<std::optional<Findings>> Comparison::Lately(std::uint64_t inserts) {
  TRY(const auto filled, core_.keeper->FilledSince(inserts));
  if (!filled) return std::optional<Findings>();
  TRY(std::set<SlotNumber> slots, KnownOrphans());
  slots.insert(filled->begin(), filled->end());
  Findings findings;
  for (const SlotNumber slot : slots) {
    ++findings.compared;
    TRY(const SlotEntry entry, core_.keeper->Look(slot));
    if (entry.type == EntryType::kEmpty || slot < kSystemLeafEnd) continue;
    TRY(const bool has_row, HasRow(slot, entry));
    if (!has_row) findings.orphans.emplace_back(slot, entry);
  }
  TRY_VOID(TakeUnmade(findings, RegisterFrom::kHere));
  return std::optional<Findings>(std::move(findings));
}

Status Comparison::TakeUnmade(Findings& findings, RegisterFrom from) {
  TRY(const std::set<SlotNumber> known, KnownOrphans());
  std::vector<std::pair<SlotNumber, SlotEntry>> orphans;
  for (const auto& orphan : findings.orphans) {
    const auto& [slot, entry] = orphan;
    bool unmade = GivesAccess(entry.type);
    // What a restored register knows nothing of may have a row in one that is found later. One
    // with a row that lives under another key, or that has ended, gives no second key.
    if (unmade && (from == RegisterFrom::kRestore || known.contains(slot))) {
      TRY(unmade, IsKnown(entry));
    }
    (unmade ? findings.unmade : orphans).push_back(orphan);
  }
  findings.orphans = std::move(orphans);
  return Ok();
}

// IsKnown says whether there is a row of this person, loan or link, live or ended.
Result<bool> Comparison::IsKnown(const SlotEntry& entry) {
  std::string_view sql = "SELECT 1 FROM person WHERE id = ?";
  if (entry.type == EntryType::kLoan) sql = "SELECT 1 FROM loan WHERE id = ?";
  if (entry.type == EntryType::kShare) sql = "SELECT 1 FROM share WHERE id = ?";
  return core_.database->Prepare(sql).Bind(entry.object).Step();
}

Result<std::set<SlotNumber>> Comparison::KnownOrphans() {
  std::set<SlotNumber> known;
  auto query = core_.database->Prepare("SELECT slot FROM orphan");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return known;
    known.insert(query.U32(0));
  }
}

}  // namespace vault
