#include "vault/deadlines.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "vault/base/log.h"

namespace vault {
namespace {

// What has been recorded in a matter, in one line: when it changes, the matter is weighed again.
constexpr std::string_view kStamp =
    "(SELECT count(*) || ':' || coalesce(max(sequence), 0) || ':' || coalesce(sum(day), 0) "
    "FROM matter_event WHERE matter_event.matter = matter.id)";

// What the rules call a document that was filed wrongly and is there again as another.
constexpr std::string_view kFiledAnew = "FILED_ANEW";

// So many matters go into one commit.
constexpr std::size_t kTogether = 256;

std::int32_t DayNumber(const std::optional<UnixSeconds>& due) {
  // A day, never finer: a moment within it is in the tree.
  return due ? LondonDay(*due).number() : kNoDueDay;
}

void Later(std::optional<UnixSeconds>& latest, UnixSeconds due) {
  if (!latest || *latest < due) latest = due;
}

// Hanging is what depends on the documents of a matter or subject: the latest due of them all, and
// none while one of them has none.
struct Hanging {
  std::optional<UnixSeconds> latest;
  bool open = false;
  std::optional<UnixSeconds> end() const { return open ? std::nullopt : latest; }
  void Add(const std::optional<UnixSeconds>& due, bool live) {
    if (due) Later(latest, *due);
    if (!due && live) open = true;
  }
};

}  // namespace

// Weighed collects what some matters come to, before it is written.
struct Deadlines::Weighed {
  struct VersionDay {
    DocumentId document;
    std::uint32_t version;
    std::int32_t day;
  };
  std::vector<KeyKeeper::Ending> endings;
  std::vector<VersionDay> versions;
  std::vector<std::pair<SubjectId, std::int32_t>> subjects;
  std::vector<std::pair<MatterId, std::int32_t>> matters;
  Hanging of_matter;  // of the matter in hand
  std::map<SubjectId, Hanging> of_subject;
};

RetentionFacts Deadlines::FactsOf(const DocumentRow& document, const VersionRow& version,
                                  const std::vector<VersionRow>& versions, const OwnFacts& own) {
  RetentionFacts facts;
  facts.born = own.born;
  facts.type = EntryType::kDocument;
  facts.object = AsObject(document.id);
  facts.version = version.version;
  facts.slot = version.slot;
  facts.matter = document.matter;
  facts.class_code = document.class_code;
  facts.own_events.push_back({"FILED", LondonMidnight(version.day)});
  for (const VersionRow& later : versions) {
    if (later.version != version.version + 1) continue;
    facts.own_events.push_back({"SUPERSEDED", LondonMidnight(later.day)});
  }
  for (const MatterEvent& event : own.events) facts.own_events.push_back(event);
  facts.involved = own.involved;
  if (own.misfiled) facts.own_events.push_back({std::string(kFiledAnew), *own.misfiled});
  return facts;
}

Result<OwnFacts> Deadlines::OwnFactsOf(MatterRows& matters, const MatterRow& matter,
                                       const DocumentRow& document) {
  OwnFacts own;
  if (document.subject) {
    TRY(own.born, matters.Born(*document.subject));
    TRY(own.involved, matters.IsSelected(*document.subject));
  }
  TRY(own.misfiled, matters.MisfiledAt(matter, document.id));
  TRY(own.events, matters.DocumentEvents(matter, document.id));
  return own;
}

std::optional<UnixSeconds> Deadlines::DueOf(const RetentionVerdict& verdict,
                                            const std::optional<UnixSeconds>& kept_until) {
  if (!verdict.due) return std::nullopt;
  return kept_until ? std::max(*verdict.due, *kept_until) : *verdict.due;
}

Result<std::vector<MatterId>> Deadlines::Stale() {
  std::vector<MatterId> stale;
  auto query = core_.database->Prepare(
      "SELECT id FROM matter WHERE state = 'live' AND weighed IS NOT " + std::string(kStamp) +
      " UNION SELECT document.matter FROM version INDEXED BY version_due JOIN document ON "
      "document.id = version.document WHERE version.state = 'live' AND version.due_day IS NULL "
      "UNION SELECT matter FROM subject WHERE state = 'live' AND due_day IS NULL");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return stale;
    stale.push_back(query.IdAt<MatterId>(0));
  }
}

Status Deadlines::Refresh() {
  const Core::Lock lock = core_.Locked();
  TRY(const std::vector<MatterId> stale, Stale());
  return WeighMatters(stale);
}

Status Deadlines::RefreshAll() {
  const Core::Lock lock = core_.Locked();
  std::vector<MatterId> all;
  {
    auto query = core_.database->Prepare("SELECT id FROM matter WHERE state = 'live'");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      all.push_back(query.IdAt<MatterId>(0));
    }
  }
  return WeighMatters(all);
}

Status Deadlines::WeighMatters(const std::vector<MatterId>& matters) {
  for (std::size_t begin = 0; begin < matters.size(); begin += kTogether) {
    const std::size_t end = std::min(matters.size(), begin + kTogether);
    Weighed weighed;
    for (std::size_t i = begin; i < end; ++i) {
      const Status done = WeighMatter(matters[i], weighed);
      // A matter whose rows were tampered with, or that is just being destroyed, keeps no other.
      if (!done.ok() && done.error().code != Errc::kCorrupt &&
          done.error().code != Errc::kNotFound) {
        return done;
      }
      if (!done.ok()) LogError("a matter cannot be weighed", done.error());
    }
    TRY_VOID(Write(weighed));
  }
  return Ok();
}

Status Deadlines::WeighMatter(const MatterId& id, Weighed& out) {
  TRY(const MatterRow matter, matters_.Load(id));
  TRY(const MatterFacts events, matters_.Facts(matter));
  out.of_matter = {};
  out.of_subject.clear();
  DocumentRows rows(core_);
  TRY(const std::vector<DocumentRow> documents, rows.OfMatter(id));
  Statement extra = core_.database->Prepare(
      "SELECT due_day, kept_until FROM version WHERE document = ? AND version = ?");
  for (const DocumentRow& document : documents) {
    TRY(const std::vector<VersionRow> versions, rows.Versions(document.id));
    TRY(const OwnFacts own, OwnFactsOf(matters_, matter, document));
    for (const VersionRow& version : versions) {
      TRY(const bool found, extra.Bind(version.document, version.version).Step());
      if (!found) return Corrupt("a version of a document is missing");
      const std::int64_t day_now = extra.IsNull(0) ? -1 : extra.Int(0);
      const auto kept_until =
          extra.IsNull(1) ? std::nullopt : std::optional<UnixSeconds>(extra.Int(1));
      const RetentionFacts facts = FactsOf(document, version, versions, own);
      const RetentionVerdict verdict =
          matter.rules->Weigh(events, facts, core_.time->Now()).verdict;
      const std::optional<UnixSeconds> due = DueOf(verdict, kept_until);
      const bool live = version.state == "live";
      out.of_matter.Add(due, live);
      if (document.subject) out.of_subject[*document.subject].Add(due, live);
      if (!live) continue;
      out.endings.push_back({version.slot, facts.object, due.value_or(kNoDeadline)});
      if (day_now != DayNumber(due)) {
        out.versions.push_back({document.id, version.version, DayNumber(due)});
      }
    }
  }
  return WeighDetails(matter, out);
}

// The details of a person end with the last document about them; of somebody about whom nothing was
// filed, with the last of the matter.
Status Deadlines::WeighDetails(const MatterRow& matter, Weighed& out) {
  const std::optional<UnixSeconds> end = out.of_matter.end();
  auto query =
      core_.database->Prepare("SELECT id, slot FROM subject WHERE matter = ? AND state = 'live'")
          .Bind(matter.id);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) break;
    const auto id = query.IdAt<SubjectId>(0);
    const auto own = out.of_subject.find(id);
    const std::optional<UnixSeconds> due = own == out.of_subject.end() ? end : own->second.end();
    out.endings.push_back({query.U32(1), AsObject(id), due.value_or(kNoDeadline)});
    out.subjects.emplace_back(id, DayNumber(due));
  }
  out.endings.push_back({matter.slot, AsObject(matter.id), end.value_or(kNoDeadline)});
  out.matters.emplace_back(matter.id, DayNumber(end));
  return Ok();
}

Status Deadlines::Write(const Weighed& weighed) {
  const Status moved = core_.keeper->SetDeadlines(weighed.endings);
  // A row that names a slot of something else is a row nobody will open; what the tree says stays.
  if (!moved.ok() && moved.error().code == Errc::kNotFound) {
    for (const KeyKeeper::Ending& ending : weighed.endings) {
      const Status one = core_.keeper->SetDeadlines({&ending, 1});
      if (!one.ok() && one.error().code != Errc::kNotFound) return one;
    }
  } else if (!moved.ok()) {
    return moved;
  }
  TRY(Transaction transaction, Transaction::Begin(*core_.database));
  Statement version =
      core_.database->Prepare("UPDATE version SET due_day = ? WHERE document = ? AND version = ?");
  for (const Weighed::VersionDay& row : weighed.versions) {
    TRY_VOID(version.Bind(row.day, row.document, row.version).Run());
  }
  Statement subject = core_.database->Prepare(
      "UPDATE subject SET due_day = ?1 WHERE id = ?2 AND due_day IS NOT ?1");
  for (const auto& [id, day] : weighed.subjects) TRY_VOID(subject.Bind(day, id).Run());
  Statement matter =
      core_.database->Prepare("UPDATE matter SET due_day = ?1, weighed = " + std::string(kStamp) +
                              " WHERE id = ?2 AND (due_day IS NOT ?1 OR "
                              "weighed IS NOT " +
                              std::string(kStamp) + ")");
  for (const auto& [id, day] : weighed.matters) TRY_VOID(matter.Bind(day, id).Run());
  transaction.Commit();
  return Ok();
}

Result<std::vector<DeletionDebt::Key>> Deadlines::Compare() {
  const Core::Lock lock = core_.Locked();
  const UnixSeconds now = core_.time->Now().low;
  std::vector<DeletionDebt::Key> due;
  TRY_VOID(core_.keeper->Scan([&](SlotNumber slot, const SlotEntry& entry) -> Status {
    if (entry.type == EntryType::kEmpty || entry.deadline > now) return Ok();
    due.push_back({DebtReason::kNoRow, slot, entry.type, entry.object, entry.version, "TREE",
                   "OWN_END", entry.deadline});
    return Ok();
  }));
  if (due.empty()) return due;
  std::unordered_set<SlotNumber> known;
  auto rows = core_.database->Prepare(
      "SELECT slot FROM loan WHERE state NOT IN ('ended') UNION ALL "
      "SELECT slot FROM share WHERE state != 'ended' UNION ALL "
      "SELECT slot FROM subject WHERE state != 'destroyed' UNION ALL "
      "SELECT slot FROM matter WHERE state IN ('live', 'shredding') UNION ALL "
      "SELECT pseudonym_slot FROM matter WHERE state != 'forgotten' UNION ALL "
      "SELECT slot FROM person WHERE state = 'live' UNION ALL SELECT slot FROM disposal_item");
  while (true) {
    TRY(const bool more, rows.Step());
    if (!more) break;
    known.insert(rows.U32(0));
  }
  Statement version =
      core_.database->Prepare("SELECT 1 FROM version WHERE slot = ? AND state != 'destroyed'");
  std::vector<DeletionDebt::Key> lost;
  for (DeletionDebt::Key& key : due) {
    if (known.contains(key.slot)) continue;
    if (key.type == EntryType::kDocument) {
      TRY(const bool found, version.Bind(key.slot).Step());
      if (found) continue;
    }
    lost.push_back(std::move(key));
  }
  return lost;
}

}  // namespace vault
