#include "vault/hold_rows.h"

namespace vault {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, matter, scope, object, sealed, state, placed_day, review_day, released_day, "
    "reason, authority, note, mac FROM hold ";

Day DayAt(const Statement& query, int column) {
  return Day::FromNumber(static_cast<std::int32_t>(query.Int(column)));
}

Result<std::vector<HoldRow>> Read(const Core& core, Statement query) {
  std::vector<HoldRow> rows;
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    HoldRow row;
    row.id = query.IdAt<HoldId>(0);
    row.matter = query.IdAt<MatterId>(1);
    row.scope = query.Text(2);
    row.object = query.IdAt<ObjectId>(3);
    row.sealed = query.Int(4) != 0;
    row.state = query.Text(5);
    row.placed = DayAt(query, 6);
    row.review = DayAt(query, 7);
    if (!query.IsNull(8)) row.released = DayAt(query, 8);
    row.reason = query.Blob(9);
    row.authority = query.Blob(10);
    row.note = query.Blob(11);
    TRY_VOID(HoldImage(row).Check(*core.keeper, query.Blob(12)));
    rows.push_back(std::move(row));
  }
}

std::string WordColumn(const HoldRow& row, std::string_view what) {
  return std::string(what) + ":" + row.id.ToHex();
}

}  // namespace

Result<Bytes> SealHoldWord(Core& core, const HoldRow& row, SlotNumber slot, std::string_view what,
                           std::string_view text) {
  const std::string column = WordColumn(row, what);
  return core.SealLabel({slot, AsObject(row.matter), "hold", column}, text);
}

Result<std::string> OpenHoldWord(Core& core, const HoldRow& row, SlotNumber slot,
                                 std::string_view what, const Bytes& sealed) {
  if (sealed.empty()) return std::string();
  const std::string column = WordColumn(row, what);
  return core.OpenLabel({slot, AsObject(row.matter), "hold", column}, sealed);
}

RowImage HoldImage(const HoldRow& row) {
  // No slot and no version: what a hold keeps says the key tree, where no row can take it back.
  RowImage image("hold", AsObject(row.id), 0, 1);
  image.Column(row.matter.view())
      .Column(row.scope)
      .Column(row.object.view())
      .Column(std::int64_t{row.sealed})
      .Column(row.state)
      .Column(std::int64_t{row.placed.number()})
      .Column(std::int64_t{row.review.number()});
  row.released ? image.Column(std::int64_t{row.released->number()}) : image.Absent();
  return image;
}

Result<std::vector<HoldRow>> LoadHolds(const Core& core) {
  return Read(core,
              core.database->Prepare(std::string(kSelect) + "ORDER BY placed_day DESC, id").Bind());
}

Result<std::vector<HoldRow>> LoadHoldsIn(const Core& core, std::string_view state) {
  return Read(
      core,
      core.database->Prepare(std::string(kSelect) + "WHERE state = ? ORDER BY placed_day DESC, id")
          .Bind(state));
}

Result<HoldRow> LoadHold(const Core& core, const HoldId& id) {
  TRY(std::vector<HoldRow> rows,
      Read(core, core.database->Prepare(std::string(kSelect) + "WHERE id = ?").Bind(id)));
  if (rows.empty()) return NotFound("no such hold");
  return std::move(rows.front());
}

Status InsertHold(Database& database, const Core& core, const HoldRow& row, SlotNumber slot) {
  return database
      .Prepare(
          "INSERT INTO hold(id, matter, scope, object, sealed, state, placed_day, review_day, "
          "slot, reason, authority, mac) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .Bind(row.id, row.matter, row.scope, row.object, std::int64_t{row.sealed}, row.state,
            row.placed.number(), row.review.number(), slot, row.reason, row.authority,
            HoldImage(row).Mac(*core.keeper))
      .Run();
}

Status UpdateHold(Database& database, const Core& core, const HoldRow& row) {
  std::optional<std::int64_t> released;
  if (row.released) released = row.released->number();
  return database
      .Prepare(
          "UPDATE hold SET state = ?, review_day = ?, released_day = ?, note = ?, mac = ? "
          "WHERE id = ?")
      .Bind(row.state, row.review.number(), released, row.note, HoldImage(row).Mac(*core.keeper),
            row.id)
      .Run();
}

Result<bool> IsHeld(Core& core, EntryType type, const ObjectId& object) {
  std::string_view sql;
  switch (type) {
    case EntryType::kDocument:
      sql =
          "SELECT 1 FROM hold, document WHERE hold.state = 'running' AND document.id = ?1 AND "
          "(hold.object = document.id OR hold.object = document.matter OR "
          "hold.object = document.subject) LIMIT 1";
      break;
    case EntryType::kSubject:
      sql =
          "SELECT 1 FROM hold, subject WHERE hold.state = 'running' AND subject.id = ?1 AND "
          "(hold.object = subject.id OR hold.object = subject.matter OR hold.object IN "
          "(SELECT id FROM document WHERE document.subject = subject.id)) LIMIT 1";
      break;
    case EntryType::kMatter:
    case EntryType::kPseudonym:
      // Whatever is held inside a matter needs the matter's own keys.
      sql = "SELECT 1 FROM hold WHERE state = 'running' AND matter = ?1 LIMIT 1";
      break;
    default:
      return false;
  }
  auto query = core.database->Prepare(sql).Bind(object);
  return query.Step();
}

}  // namespace vault
