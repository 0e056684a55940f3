#include "vault/matter_rows.h"

#include "vault/base/wire.h"
#include "vault/register.h"

namespace vault {
namespace {

constexpr std::string_view kSelectMatter =
    "SELECT id, slot, pseudonym_slot, template, template_version, state, ref, meeting, title, "
    "owner_group, created_day FROM matter ";

Result<MatterRow> ReadMatter(Core& core, Statement& query) {
  MatterRow row;
  row.id = query.IdAt<MatterId>(0);
  row.slot = query.U32(1);
  row.pseudonym_slot = query.U32(2);
  row.template_id = query.Text(3);
  row.template_version = query.U32(4);
  row.state = query.Text(5);
  TRY_VOID(CheckLiveSlot(*core.keeper, row.slot, EntryType::kMatter, AsObject(row.id)));
  TRY(row.ref, core.OpenLabel(MatterRows::LabelPlace(row, "ref"), query.Blob(6)));
  if (!query.IsNull(7)) {
    TRY(row.meeting, core.OpenTime(MatterRows::LabelPlace(row, "meeting"), query.Blob(7)));
  }
  row.title = query.Blob(8);
  TRY(row.group, core.OpenLabel(MatterRows::LabelPlace(row, "owner_group"), query.Blob(9)));
  row.created = Day::FromNumber(static_cast<std::int32_t>(query.Int(10)));
  TRY(row.rules, core.rules->Find(row.template_id, row.template_version));
  return row;
}

bool IsNote(std::string_view name) { return name.find(':') != std::string_view::npos; }

}  // namespace

std::string ReturnedNote(const DocumentId& document, std::uint32_t version) {
  return "returned:" + document.ToHex() + ":" + std::to_string(version);
}

constexpr std::string_view kOfDocument = "document:";

std::string DocumentEventNote(const DocumentId& document, std::string_view event) {
  return std::string(kOfDocument) + document.ToHex() + ":" + std::string(event);
}

std::string MisfiledNote(const DocumentId& document) { return "misfiled:" + document.ToHex(); }

Result<std::vector<NoteRow>> MatterRows::Notes(const MatterRow& matter) {
  std::vector<NoteRow> notes;
  auto query =
      core_.database
          ->Prepare(
              "SELECT id, name, at, reason FROM matter_event WHERE matter = ? ORDER BY sequence")
          .Bind(matter.id);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return notes;
    NoteRow note;
    note.name = query.Text(1);
    if (!IsNote(note.name)) continue;
    const auto row = query.IdAt<ObjectId>(0);
    TRY(note.at, core_.OpenTime(EventPlace(matter, row, "at:" + note.name), query.Blob(2)));
    TRY(note.text, core_.OpenLabel(EventPlace(matter, row, "reason"), query.Blob(3)));
    notes.push_back(std::move(note));
  }
}

Result<bool> MatterRows::HasNote(const MatterId& matter, std::string_view name) {
  auto query = core_.database->Prepare("SELECT 1 FROM matter_event WHERE matter = ? AND name = ?")
                   .Bind(matter, name);
  return query.Step();
}

Status MatterRows::InsertNote(Transaction& transaction, const MatterRow& matter,
                              const NoteRow& note) {
  CHECK(IsNote(note.name));
  const auto id = core_.random->NewId<ObjectId>();
  const std::string column = "at:" + note.name;
  TRY(const Bytes at, core_.SealTime(EventPlace(matter, id, column), note.at));
  TRY(const Bytes text, core_.SealLabel(EventPlace(matter, id, "reason"), note.text));
  return transaction.database()
      .Prepare(
          "INSERT INTO matter_event(id, matter, sequence, name, day, at, reason) "
          "VALUES(?, ?, (SELECT coalesce(max(sequence), 0) + 1 FROM matter_event WHERE "
          "matter = ?2), ?, ?, ?, ?)")
      .Bind(id, matter.id, note.name, LondonDay(core_.time->Now().low).number(), at, text)
      .Run();
}

Result<std::optional<UnixSeconds>> MatterRows::MisfiledAt(const MatterRow& matter,
                                                          const DocumentId& id) {
  const std::string name = MisfiledNote(id);
  auto query =
      core_.database->Prepare("SELECT id, at FROM matter_event WHERE matter = ? AND name = ?")
          .Bind(matter.id, name);
  TRY(const bool found, query.Step());
  if (!found) return std::optional<UnixSeconds>();
  TRY(const UnixSeconds at,
      core_.OpenTime(EventPlace(matter, query.IdAt<ObjectId>(0), "at:" + name), query.Blob(1)));
  return std::optional<UnixSeconds>(at);
}

Result<std::vector<MatterEvent>> MatterRows::DocumentEvents(const MatterRow& matter,
                                                            const DocumentId& id) {
  const std::string prefix = DocumentEventNote(id, "");
  std::vector<MatterEvent> events;
  // No name holds a sign that LIKE reads as another.
  auto query = core_.database
                   ->Prepare(
                       "SELECT id, name, at FROM matter_event WHERE matter = ? AND name LIKE ? "
                       "ORDER BY sequence")
                   .Bind(matter.id, prefix + "%");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return events;
    const std::string name = query.Text(1);
    TRY(const UnixSeconds at,
        core_.OpenTime(EventPlace(matter, query.IdAt<ObjectId>(0), "at:" + name), query.Blob(2)));
    events.push_back({name.substr(prefix.size()), at});
  }
}

Result<bool> MatterRows::IsSelected(const SubjectId& subject) {
  auto query = core_.database->Prepare("SELECT 1 FROM involvement WHERE subject = ?").Bind(subject);
  return query.Step();
}

Day QuarterEndOf(Day day) {
  const auto first = Day::From(day.year(), (day.month() + 2) / 3 * 3, 1);
  CHECK(first.ok());
  return first.value().PlusMonths(1).Plus(-1);
}

Core::Place MatterRows::EventPlace(const MatterRow& matter, const ObjectId& row,
                                   std::string_view column) {
  // Labels of a matter's rows stand under the matter's slot and object; the row is in the place's
  // row version, so that no two columns share a place.
  WireReader reader(row.view());
  return {matter.slot, AsObject(matter.id), "matter_event", column, reader.U64()};
}

Core::Place MatterRows::LabelPlace(const MatterRow& row, std::string_view column) {
  return {row.slot, AsObject(row.id), "matter", column, 0};
}

Result<MatterRow> MatterRows::Load(const MatterId& id) {
  auto query =
      core_.database->Prepare(std::string(kSelectMatter) + "WHERE id = ? AND state = 'live'")
          .Bind(id);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such matter");
  return ReadMatter(core_, query);
}

Result<std::vector<MatterRow>> MatterRows::All() {
  const Core::Lock lock = core_.Locked();
  std::vector<MatterRow> rows;
  auto query = core_.database->Prepare(std::string(kSelectMatter) +
                                       "WHERE state = 'live' ORDER BY created_day DESC, id");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    TRY(MatterRow row, ReadMatter(core_, query));
    rows.push_back(std::move(row));
  }
}

Result<MatterRow> MatterRows::Find(std::string_view id_or_ref) {
  const Core::Lock lock = core_.Locked();
  const auto id = MatterId::Parse(id_or_ref);
  if (id.ok()) return Load(id.value());
  // References are labels: they are compared in the clear only here, one after another.
  TRY(std::vector<MatterRow> rows, All());
  for (MatterRow& row : rows) {
    if (row.ref == id_or_ref) return std::move(row);
  }
  return NotFound("no such matter");
}

Result<MatterFacts> MatterRows::Facts(const MatterRow& matter) {
  MatterFacts facts;
  facts.meeting = matter.meeting;
  auto query = core_.database
                   ->Prepare(
                       "SELECT id, name, at FROM matter_event WHERE matter = ? "
                       "ORDER BY sequence")
                   .Bind(matter.id);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return facts;
    const std::string column = "at:" + query.Text(1);
    if (IsNote(query.Text(1))) continue;
    TRY(const UnixSeconds at,
        core_.OpenTime(EventPlace(matter, query.IdAt<ObjectId>(0), column), query.Blob(2)));
    facts.events.push_back({query.Text(1), at});
  }
}

Result<std::vector<SubjectRow>> MatterRows::Subjects(const MatterId& matter) {
  std::vector<SubjectRow> rows;
  auto query = core_.database
                   ->Prepare(
                       "SELECT id, slot, pseudonym, details FROM subject WHERE matter = ? "
                       "AND state = 'live' ORDER BY slot")
                   .Bind(matter);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    SubjectRow row{query.IdAt<SubjectId>(0), matter, query.U32(1), "", query.Blob(3)};
    TRY(row.pseudonym,
        core_.OpenLabel({row.slot, AsObject(row.id), "subject", "pseudonym"}, query.Blob(2)));
    rows.push_back(std::move(row));
  }
}

Result<SubjectRow> MatterRows::FindSubject(const MatterId& matter,
                                           std::string_view id_or_pseudonym) {
  const Core::Lock lock = core_.Locked();
  TRY(std::vector<SubjectRow> rows, Subjects(matter));
  for (SubjectRow& row : rows) {
    if (row.pseudonym == id_or_pseudonym || row.id.ToHex() == id_or_pseudonym) {
      return std::move(row);
    }
  }
  return NotFound("no such subject in this matter");
}

Result<std::optional<Day>> MatterRows::Born(const SubjectId& subject) {
  auto query =
      core_.database->Prepare("SELECT slot, born FROM subject WHERE id = ? AND state = 'live'")
          .Bind(subject);
  TRY(const bool found, query.Step());
  if (!found || query.IsNull(1)) return std::optional<Day>();
  TRY(const std::string text,
      core_.OpenLabel({query.U32(0), AsObject(subject), "subject", "born"}, query.Blob(1)));
  TRY(const Day day, Day::Parse(text));
  return std::optional<Day>(day);
}

Result<std::vector<InvolvementRow>> MatterRows::Involvements(const MatterId& matter) {
  std::vector<InvolvementRow> rows;
  // Who was involved is asked after the pack ended as well, when the row's slot is dead: it gives
  // no key then, so mac and slot are checked where a box is made (Loans::Load).
  auto query = core_.database
                   ->Prepare(
                       "SELECT id, subject, party, loan FROM involvement WHERE matter = ? "
                       "AND state = 'live' ORDER BY slot")
                   .Bind(matter);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    rows.push_back({query.IdAt<InvolvementId>(0), matter, query.IdAt<SubjectId>(1),
                    query.IdAt<PartyId>(2), query.IdAt<LoanId>(3)});
  }
}

Result<bool> MatterRows::Involved(const SubjectId& subject, const PartyId& party) {
  auto query = core_.database
                   ->Prepare(
                       "SELECT 1 FROM involvement WHERE subject = ? AND party = ? "
                       "AND state = 'live'")
                   .Bind(subject, party);
  return query.Step();
}

Status MatterRows::MayKnow(const Actor& actor, const MatterRow& matter) {
  const Core::Lock lock = core_.Locked();
  if (actor.Has("BUO") || actor.Has("IGO") || actor.Has("DPO")) return Ok();
  TRY(const std::optional<MemberRow> member, compartments_.Membership(actor.person(), matter.id));
  if (!member) return NotFound("no such matter");
  return Ok();
}

}  // namespace vault
