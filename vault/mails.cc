#include "vault/mails.h"

#include <algorithm>
#include <array>
#include <set>

#include "vault/agencies.h"
#include "vault/awaited.h"
#include "vault/base/wire.h"
#include "vault/disposal_rows.h"
#include "vault/hold_rows.h"
#include "vault/people_rows.h"
#include "vault/record_rows.h"
#include "vault/register.h"

namespace vault {
namespace {

constexpr std::array<std::string_view, 6> kKinds = {"reminder",    "overdue",  "escalation",
                                                    "hold-review", "disposal", "missing"};
// What is overdue is said again every week; who is above hears after three days of silence.
constexpr std::int32_t kAgainDays = 7;
constexpr std::int32_t kSilenceDays = 3;
constexpr std::string_view kUnit = "BUO";
constexpr UnixSeconds kDay = 86400;
// The pauses before each further try: a week in all, then it is given up.
constexpr std::array<UnixSeconds, 10> kPauses = {300,  900,  3600, 4 * 3600, 12 * 3600,
                                                 kDay, kDay, kDay, kDay,     kDay};

constexpr std::string_view kSelect =
    "SELECT id, person, matter, kind, item, day, state, attempts, next, made, mac FROM mail ";

Result<MailKind> KindNamed(std::string_view name) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i] == name) return static_cast<MailKind>(i);
  }
  return Corrupt("a letter of an unknown kind");
}

RowImage MailImage(const MailRow& row) {
  // No slot: whom it is for is found through their own row when it is sent.
  RowImage image("mail", row.id, 0, row.attempts);
  image.Column(row.person.view());
  row.matter ? image.Column(row.matter->view()) : image.Absent();
  image.Column(MailKindName(row.kind))
      .Column(row.item)
      .Column(std::int64_t{row.day.number()})
      .Column(row.state)
      .Column(row.next)
      .Column(row.made);
  return image;
}

bool HasOne(const std::vector<std::string>& held, const std::vector<std::string>& wanted) {
  return std::any_of(held.begin(), held.end(), [&](const std::string& role) {
    return std::find(wanted.begin(), wanted.end(), role) != wanted.end();
  });
}

Result<bool> IsKeptFrom(const Core& core, const std::optional<SubjectId>& subject,
                        const PersonId& person) {
  if (!subject) return false;
  TRY(const PersonRow row, LoadPerson(core, person));
  TRY(const std::vector<SubjectId> excluded, ExcludedOf(row));
  return std::find(excluded.begin(), excluded.end(), *subject) != excluded.end();
}

}  // namespace

std::string_view MailKindName(MailKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

Result<std::vector<PersonId>> Mails::Holders(const std::optional<MatterId>& matter,
                                             const Whom& whom) {
  std::vector<PersonId> candidates;
  if (matter) {
    TRY(const std::vector<MemberRow> members, compartments_.MembersOf(*matter));
    for (const MemberRow& member : members) {
      if (whom.parties != nullptr && !whom.parties->contains(member.party)) continue;
      candidates.push_back(member.person);
    }
  } else {
    TRY(const std::vector<PersonRow> people, LoadPeople(core_));
    for (const PersonRow& row : people) candidates.push_back(row.id);
  }
  std::vector<PersonId> holders;
  for (const PersonId& id : candidates) {
    TRY(const std::vector<std::string> held, people_.ActingRoles(id));
    if (HasOne(held, whom.roles)) holders.push_back(id);
  }
  return holders;
}

Status Mails::Ask(const Scene& scene, const DueItem& item, MailKind kind, const Whom& whom) {
  const std::int32_t late = scene.today.number() - item.due->number();
  TRY(const std::vector<PersonId> people, Holders(scene.matter.id, whom));
  for (const PersonId& person : people) {
    scene.wanted.push_back(
        {person, scene.matter.id, kind, item.id, *item.due, late > 0 ? late / kAgainDays : 0});
  }
  return Ok();
}

Status Mails::WantedOf(const MatterRow& matter, std::vector<Wanted>& wanted) {
  TRY(const MatterFacts facts, matters_.Facts(matter));
  const Scene scene{matter, facts, LondonDay(core_.time->Now().low), wanted};
  std::set<std::string> by_filing;
  for (const ClassRule& rule : matter.rules->Classes()) {
    if (IsOwedByAgencies(rule)) by_filing.insert(rule.expected_by);
  }
  for (const DueItem& item : matter.rules->Due(facts)) {
    if (!item.due) continue;
    const bool late = *item.due < scene.today;
    if (!late && (!item.warn_from || scene.today < *item.warn_from)) continue;
    TRY_VOID(by_filing.contains(item.id) ? ChaseFilings(scene, item) : ChaseEvent(scene, item));
  }
  return ChaseRecords(scene);
}

// What was written down to be looked at by a day, and nobody wrote that it was.
Status Mails::ChaseRecords(const Scene& scene) {
  for (const RecordKind& kind : scene.matter.rules->RecordKinds()) {
    if (kind.reminds.empty()) continue;
    {
      // Few matters have such a record; the others need no label opened.
      auto query = core_.database
                       ->Prepare(
                           "SELECT 1 FROM document WHERE matter = ? AND kind = ? "
                           "AND state = 'live'")
                       .Bind(scene.matter.id, kind.name);
      TRY(const bool found, query.Step());
      if (!found) continue;
    }
    TRY(const MatterRecords records, LoadRecords(core_, scene.matter.id));
    for (const KeptRecord& record : records.seen) {
      if (record.document.kind != kind.name) continue;
      const RecordFacts facts = record.Facts();
      const std::optional<Day> due = RecordDue(kind, facts);
      if (!due || RecordState(kind, facts, due, scene.today) != "overdue") continue;
      const std::int32_t late = scene.today.number() - due->number();
      TRY(const std::vector<PersonId> people, Holders(scene.matter.id, {kind.reminds}));
      for (const PersonId& person : people) {
        // To whom a subject is closed nothing of it is there, and nothing of it is late.
        TRY(const bool kept, IsKeptFrom(core_, record.document.subject, person));
        if (kept) continue;
        scene.wanted.push_back({person, scene.matter.id, MailKind::kOverdue,
                                record.document.id.ToHex(), *due, late / kAgainDays});
      }
    }
  }
  return Ok();
}

Status Mails::ChaseEvent(const Scene& scene, const DueItem& item) {
  // What no event fulfils cannot be seen to be done: nobody is chased for it.
  if (item.event.empty() || item.fulfilled || scene.facts.Has(item.event)) return Ok();
  const std::int32_t late = scene.today.number() - item.due->number();
  if (late <= 0) return Ask(scene, item, MailKind::kReminder, {item.owed_by});
  TRY_VOID(Ask(scene, item, MailKind::kOverdue, {item.owed_by}));
  if (late < kSilenceDays) return Ok();
  Whom above{item.escalates_to};
  if (above.roles.empty()) above.roles.emplace_back(kUnit);
  return Ask(scene, item, MailKind::kEscalation, above);
}

// Whoever has filed is left alone, whether the day has come or not; whoever has not is chased, even
// when the day passed by itself.
Status Mails::ChaseFilings(const Scene& scene, const DueItem& item) {
  if (!item.event.empty() && scene.facts.Has(item.event)) {
    TRY(const EventRule rule, scene.matter.rules->Event(item.event));
    // A person said that all is in.
    if (!rule.automatic) return Ok();
  }
  TRY(const std::set<PartyId> owing, Owing(scene, item));
  if (owing.empty()) return Ok();
  const std::int32_t late = scene.today.number() - item.due->number();
  if (late <= 0) return Ask(scene, item, MailKind::kReminder, {item.owed_by, &owing});
  TRY_VOID(Ask(scene, item, MailKind::kOverdue, {item.owed_by, &owing}));
  TRY_VOID(Ask(scene, item, MailKind::kMissing, {{std::string(kUnit)}}));
  if (late < kSilenceDays) return Ok();
  // The unit was told from the first day.
  Whom above{item.escalates_to};
  std::erase(above.roles, kUnit);
  return Ask(scene, item, MailKind::kEscalation, above);
}

Result<std::set<PartyId>> Mails::Owing(const Scene& scene, const DueItem& item) {
  std::set<std::string> awaited_still;
  for (const ClassRule& rule : scene.matter.rules->Classes()) {
    if (rule.expected_by != item.id || !IsOwedByAgencies(rule)) continue;
    if (!IsOver(*scene.matter.rules, scene.facts, rule)) awaited_still.insert(rule.code);
  }
  std::set<PartyId> owing;
  // As of every matter that is long closed.
  if (awaited_still.empty()) return owing;
  std::vector<InvolvedAgency> involved;
  TRY(const std::vector<InvolvementRow> rows, matters_.Involvements(scene.matter.id));
  for (const InvolvementRow& row : rows) {
    TRY(const CompartmentRow party, compartments_.Load(row.party));
    involved.push_back({party.party, party.agency.text(), row.subject});
  }
  TRY(const std::vector<DocumentRow> live, documents_.LiveFilesOf(scene.matter));
  for (const AwaitedFile& file : FindAwaited(*scene.matter.rules, involved, live).missing) {
    if (file.party && awaited_still.contains(file.class_code)) owing.insert(*file.party);
  }
  return owing;
}

Status Mails::WantedByHolds(std::vector<Wanted>& wanted) {
  const Day today = LondonDay(core_.time->Now().low);
  TRY(const std::vector<HoldRow> holds, LoadHoldsIn(core_, "running"));
  std::vector<PersonId> officers;
  for (const HoldRow& hold : holds) {
    if (hold.review >= today) continue;
    if (officers.empty()) {
      TRY(officers, Holders(std::nullopt, {{"IGO"}}));
    }
    const std::int32_t round = (today.number() - hold.review.number()) / kAgainDays;
    for (const PersonId& person : officers) {
      wanted.push_back(
          {person, hold.matter, MailKind::kHoldReview, hold.id.ToHex(), hold.review, round});
    }
  }
  return Ok();
}

// A proposal that nobody answers stays a proposal; whoever could approve it is asked every week.
Status Mails::WantedByDisposals(std::vector<Wanted>& wanted) {
  const Day today = LondonDay(core_.time->Now().low);
  DisposalRows rows(core_);
  std::vector<PersonId> approvers;
  for (const std::string_view state : {"proposed", "waiting"}) {
    TRY(const std::vector<DisposalRow> open, rows.InState(state));
    for (const DisposalRow& row : open) {
      const Day since = LondonDay(row.proposed.value_or(row.due));
      const std::int32_t age = today.number() - since.number();
      if (age < kAgainDays) continue;
      if (approvers.empty()) {
        TRY(approvers, Holders(std::nullopt, {{"IGO", std::string(kUnit)}}));
      }
      for (const PersonId& person : approvers) {
        wanted.push_back(
            {person, row.matter, MailKind::kDisposal, row.id.ToHex(), since, age / kAgainDays});
      }
    }
  }
  return Ok();
}

ObjectId Mails::NameOf(const Wanted& wanted) const {
  WireWriter writer;
  writer.Text("mail").Raw(wanted.person.view());
  writer.Raw(wanted.matter ? wanted.matter->view() : MatterId().view());
  writer.U8(static_cast<std::uint8_t>(wanted.kind))
      .U32(static_cast<std::uint32_t>(wanted.day.number()))
      .U32(static_cast<std::uint32_t>(wanted.round))
      .Text(wanted.item);
  const ByteArray<32> mac = core_.keeper->RowMac(writer.bytes());
  return ObjectId::FromBytes(ByteView(mac).first(16)).value();
}

Result<std::uint64_t> Mails::Gather() {
  const Core::Lock lock = core_.Locked();
  if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
  std::vector<Wanted> wanted;
  TRY(const std::vector<MatterRow> matters, matters_.All());
  for (const MatterRow& matter : matters) TRY_VOID(WantedOf(matter, wanted));
  TRY_VOID(WantedByHolds(wanted));
  TRY_VOID(WantedByDisposals(wanted));
  const UnixSeconds now = core_.time->Now().low;
  std::vector<MailRow> fresh;
  std::set<ObjectId> seen;
  for (const Wanted& one : wanted) {
    const ObjectId id = NameOf(one);
    if (!seen.insert(id).second) continue;
    auto query = core_.database->Prepare("SELECT 1 FROM mail WHERE id = ?").Bind(id);
    TRY(const bool made, query.Step());
    if (made) continue;
    fresh.push_back(
        {id, one.person, one.matter, one.kind, one.item, one.day, "queued", 0, now, now});
  }
  if (fresh.empty()) return std::uint64_t{0};
  LogEntry entry = core_.Entry("mail.queued");
  entry.Add("letters", std::uint64_t{fresh.size()});
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) -> Status {
    for (const MailRow& row : fresh) {
      TRY_VOID(transaction.database()
                   .Prepare("INSERT INTO mail(id, person, matter, kind, item, day, state, "
                            "attempts, next, made, mac) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
                   .Bind(row.id, row.person, row.matter, MailKindName(row.kind), row.item,
                         row.day.number(), row.state, row.attempts, row.next, row.made,
                         MailImage(row).Mac(*core_.keeper))
                   .Run());
    }
    return Ok();
  }));
  return std::uint64_t{fresh.size()};
}

Result<std::vector<MailRow>> Mails::Read(Statement query) {
  std::vector<MailRow> rows;
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return rows;
    MailRow row;
    row.id = query.IdAt<ObjectId>(0);
    row.person = query.IdAt<PersonId>(1);
    if (!query.IsNull(2)) row.matter = query.IdAt<MatterId>(2);
    TRY(row.kind, KindNamed(query.Text(3)));
    row.item = query.Text(4);
    row.day = Day::FromNumber(static_cast<std::int32_t>(query.Int(5)));
    row.state = query.Text(6);
    row.attempts = query.U32(7);
    row.next = query.Int(8);
    row.made = query.Int(9);
    TRY_VOID(MailImage(row).Check(*core_.keeper, query.Blob(10)));
    rows.push_back(std::move(row));
  }
}

Result<MailRow> Mails::Load(const ObjectId& id) {
  TRY(std::vector<MailRow> rows,
      Read(core_.database->Prepare(std::string(kSelect) + "WHERE id = ?").Bind(id)));
  if (rows.empty()) return NotFound("no such letter");
  return std::move(rows.front());
}

Status Mails::Write(const MailRow& row) {
  return core_.database
      ->Prepare("UPDATE mail SET state = ?, attempts = ?, next = ?, mac = ? WHERE id = ?")
      .Bind(row.state, row.attempts, row.next, MailImage(row).Mac(*core_.keeper), row.id)
      .Run();
}

Result<bool> Mails::StillWanted(const MailRow& row) {
  if (row.kind == MailKind::kHoldReview) {
    TRY(const HoldId id, HoldId::Parse(row.item));
    const auto hold = LoadHold(core_, id);
    return hold.ok() && hold.value().state == "running" && hold.value().review == row.day;
  }
  if (row.kind == MailKind::kDisposal) {
    TRY(const DisposalId id, DisposalId::Parse(row.item));
    const auto disposal = DisposalRows(core_).Load(id);
    return disposal.ok() &&
           (disposal.value().state == "proposed" || disposal.value().state == "waiting");
  }
  const auto matter = matters_.Load(row.matter.value_or(MatterId()));
  if (!matter.ok()) return false;
  std::vector<Wanted> wanted;
  TRY_VOID(WantedOf(matter.value(), wanted));
  return std::any_of(wanted.begin(), wanted.end(), [&](const Wanted& one) {
    return one.person == row.person && one.kind == row.kind && one.item == row.item &&
           one.day == row.day;
  });
}

Result<std::vector<Letter>> Mails::Waiting(std::size_t most) {
  const Core::Lock lock = core_.Locked();
  TRY(const std::vector<MailRow> rows,
      Read(core_.database
               ->Prepare(std::string(kSelect) +
                         "WHERE state = 'queued' AND next <= ? ORDER BY next, id LIMIT ?")
               .Bind(core_.time->Now().low, static_cast<std::int64_t>(most))));
  std::vector<Letter> letters;
  for (MailRow row : rows) {
    TRY(const bool wanted, StillWanted(row));
    const auto person = people_.View(row.person);
    if (!wanted || !person.ok()) {
      row.state = "dropped";
      TRY_VOID(Write(row));
      continue;
    }
    Letter letter{row.id, person.value().email, row.kind, "", row.day, row.attempts};
    if (row.matter) {
      const auto matter = matters_.Load(*row.matter);
      if (matter.ok()) letter.reference = matter.value().ref;
    }
    letters.push_back(std::move(letter));
  }
  return letters;
}

Status Mails::Sent(const ObjectId& id) {
  const Core::Lock lock = core_.Locked();
  TRY(MailRow row, Load(id));
  row.state = "sent";
  TRY(const std::string whom, core_.VaultPseudonym(row.person.view()));
  LogEntry entry = core_.Entry("mail.sent");
  entry.Person("person", whom).Add("kind", MailKindName(row.kind));
  return core_.Record(entry, [&](Transaction&) { return Write(row); });
}

Status Mails::Failed(const ObjectId& id, Failure failure) {
  const Core::Lock lock = core_.Locked();
  TRY(MailRow row, Load(id));
  const bool last = failure == Failure::kForGood || row.attempts >= kPauses.size();
  if (!last) {
    row.next = core_.time->Now().low + kPauses[row.attempts];
    ++row.attempts;
    return Write(row);
  }
  ++row.attempts;
  row.state = "failed";
  TRY(const std::string whom, core_.VaultPseudonym(row.person.view()));
  LogEntry entry = core_.Entry("mail.failed");
  entry.Person("person", whom).Add("kind", MailKindName(row.kind));
  return core_.Record(entry, [&](Transaction&) { return Write(row); });
}

Result<std::vector<MailView>> Mails::List(const Actor& actor) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "IGO"}));
  TRY(const std::vector<MailRow> rows,
      Read(core_.database->Prepare(std::string(kSelect) + "ORDER BY made DESC, id LIMIT 1000")
               .Bind()));
  std::vector<MailView> views;
  for (const MailRow& row : rows) {
    MailView view{row.id,       "",          std::string(MailKindName(row.kind)),
                  "",           row.day,     row.state,
                  row.attempts, std::nullopt};
    const auto person = people_.View(row.person);
    if (person.ok()) view.to = person.value().email;
    if (row.matter) {
      const auto matter = matters_.Load(*row.matter);
      if (matter.ok()) view.reference = matter.value().ref;
    }
    if (row.state == "queued") view.next = row.next;
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace vault
