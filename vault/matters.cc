#include "vault/matters.h"

#include <algorithm>

#include "vault/agencies.h"
#include "vault/base/log.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/search.h"

namespace vault {
namespace {

constexpr std::size_t kMostText = 500;

Status CheckText(std::string_view what, std::string_view text) {
  if (text.empty() || text.size() > kMostText || !IsUtf8(text)) {
    return Invalid(std::string(what) + " has 1 to 500 characters");
  }
  return Ok();
}

Bytes DetailsText(const NewSubject& subject) {
  return ToBytes(AsBytes(subject.name + "\n" + (subject.born ? subject.born->ToText() : "")));
}

}  // namespace

Result<MatterRow> Matters::New(const Actor& actor, const NewMatter& matter) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO"}));
  TRY_VOID(CheckText("a title", matter.title));
  if (matter.group.size() > kMostText || !IsUtf8(matter.group))
    return Invalid("a group's name is too long");
  if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
  TRY(const ProcessRules* rules,
      core_.rules->Starting(matter.template_id, LondonDay(core_.time->Now().low)));

  MatterRow row;
  row.id = core_.random->NewId<MatterId>();
  TRY(SlotReservation slot, core_.keeper->Reserve(AsObject(row.id)));
  TRY(SlotReservation pseudonyms, core_.keeper->Reserve(AsObject(row.id)));
  row.slot = slot.slot();
  row.pseudonym_slot = pseudonyms.slot();
  row.template_id = matter.template_id;
  row.template_version = rules->template_version();
  row.state = "live";
  row.meeting = matter.meeting;
  row.group = matter.group;
  row.rules = rules;
  const Day today = LondonDay(core_.time->Now().low);
  row.created = today;
  TRY(const std::vector<Finding> limits, YearFindings(row));
  for (const Finding& finding : limits) {
    if (finding.severity == Severity::kRefuse) {
      return Conflict(finding.sentence + " (rule " + finding.rule + ", refuse)");
    }
  }
  const std::string stem = std::string(rules->ref_prefix()) + "-" + std::to_string(today.year());
  TRY(const std::vector<MatterRow> others, rows_.All());
  std::size_t number = 1;
  for (const MatterRow& other : others) number += other.ref.starts_with(stem + "-") ? 1 : 0;
  const std::string digits = std::to_string(number);
  row.ref = stem + "-" + (digits.size() < 2 ? "0" : "") + digits;

  const AccessShare access = AccessShare::Random(*core_.random);
  row.title =
      core_.keeper->SealNewDetail(row.slot, access, AsObject(row.id), 0,
                                  {"matter", "title", AsObject(row.id), 0}, AsBytes(matter.title));
  TRY(const Bytes ref, core_.SealLabel(MatterRows::LabelPlace(row, "ref"), row.ref));
  TRY(const Bytes group, core_.SealLabel(MatterRows::LabelPlace(row, "owner_group"), row.group));
  std::optional<Bytes> meeting;
  if (row.meeting) {
    TRY(meeting, core_.SealTime(MatterRows::LabelPlace(row, "meeting"), *row.meeting));
  }
  const ByteArray<16> pseudonym_object = core_.random->NewId<ObjectId>().bytes();
  const std::vector<KeyKeeper::Filling> fillings = {
      {&slot, {EntryType::kMatter, kFlagNeedsApproval, 0, kNoDeadline, AsObject(row.id)}},
      {&pseudonyms,
       {EntryType::kPseudonym, kFlagNeedsApproval, 0, kNoDeadline, ObjectId(pseudonym_object)}}};
  TRY_VOID(core_.keeper->Fill(fillings));

  TRY(const std::string who, core_.keeper->Pseudonym(row.pseudonym_slot, actor.person().view()));
  TRY(const std::string what, core_.keeper->Pseudonym(row.pseudonym_slot, row.id.view()));
  LogEntry entry = core_.Entry("matter.created");
  entry.Person("actor", who)
      .Object("matter", what)
      .Add("template", row.template_id)
      .Add("template-version", row.template_version);
  if (!rules->text_hash().empty()) entry.Add("template-sha256", rules->text_hash());
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) -> Status {
    Database& database = transaction.database();
    TRY_VOID(database
                 .Prepare("INSERT INTO matter(id, slot, pseudonym_slot, template, "
                          "template_version, state, created_day, ref, meeting, title, "
                          "owner_group, row_version) VALUES(?, ?, ?, ?, ?, 'live', ?, ?, ?, ?, ?, "
                          "1)")
                 .Bind(row.id, row.slot, row.pseudonym_slot, row.template_id, row.template_version,
                       today.number(), ref, meeting, row.title, group)
                 .Run());
    TRY(const Compartments::Created unit,
        compartments_.Create(transaction, row.id, row.slot, "agency", core_.unit));
    TRY(const Bytes box, SealAccessBox(AsObject(row.id), 0, access, unit.row.public_key));
    TRY_VOID(database
                 .Prepare("INSERT INTO object_box(object, version, party, box) "
                          "VALUES(?, 0, ?, ?)")
                 .Bind(row.id, unit.row.party, box)
                 .Run());
    TRY(const std::vector<PersonRow> people, LoadPeople(core_));
    for (const PersonRow& person : people) {
      if (person.agency != core_.unit) continue;
      TRY(const std::vector<std::string> roles, people_.RunningRoles(person.id));
      if (std::find(roles.begin(), roles.end(), "BUO") == roles.end()) continue;
      TRY_VOID(compartments_.AddMember(transaction, unit.row, unit.secret_key, person.id, false));
    }
    return Ok();
  }));
  return row;
}

// A matter counts in the financial year of its meeting, or of its beginning while none is set.
Result<std::vector<Finding>> Matters::YearFindings(const MatterRow& matter) {
  const auto year = [](const MatterRow& row) {
    const Day day = row.meeting ? LondonDay(*row.meeting) : row.created;
    return day.month() < 4 ? day.year() - 1 : day.year();
  };
  std::vector<Finding> findings;
  if (matter.group.empty()) return findings;
  TRY(const std::vector<MatterRow> others, rows_.All());
  for (const std::string_view group : Split(matter.group, '\n')) {
    std::int64_t count = 1;
    for (const MatterRow& other : others) {
      if (other.id == matter.id || other.template_id != matter.template_id) continue;
      if (year(other) != year(matter)) continue;
      const std::vector<std::string_view> groups = Split(other.group, '\n');
      if (std::find(groups.begin(), groups.end(), group) != groups.end()) ++count;
    }
    auto finding = matter.rules->CheckLimit("audits-per-group-and-year", count);
    if (!finding) continue;
    finding->sentence = std::string(group) + " has " + std::to_string(count) +
                        " in this financial year; " + finding->sentence;
    findings.push_back(*std::move(finding));
  }
  return findings;
}

Result<Matters::AddedSubject> Matters::AddSubject(const Actor& actor, const MatterRow& matter,
                                                  const NewSubject& subject) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO"}));
  TRY_VOID(CheckText("a pseudonym", subject.pseudonym));
  if (subject.name.size() > kMostText || !IsUtf8(subject.name) ||
      subject.name.find('\n') != std::string::npos) {
    return Invalid("a name is one line of at most 500 characters");
  }
  TRY(const std::vector<SubjectRow> existing, rows_.Subjects(matter.id));
  for (const SubjectRow& other : existing) {
    if (other.pseudonym == subject.pseudonym) {
      return Conflict("this pseudonym is in use in this matter");
    }
  }
  AddedSubject added;
  const auto count = static_cast<std::int64_t>(existing.size()) + 1;
  const auto longlist = matter.rules->CheckLimit("longlist", count);
  for (const auto& finding : {longlist, matter.rules->CheckLimit("subjects", count)}) {
    if (finding && finding->severity == Severity::kRefuse) {
      return Conflict(finding->sentence + " (rule " + finding->rule + ", refuse)");
    }
  }
  if (longlist) added.warnings.push_back(longlist->sentence);
  const std::uint32_t limit = matter.rules->SubjectLimit();
  if (limit != 0 && existing.size() >= limit) {
    added.warnings.push_back("this process selects at most " + std::to_string(limit) + " subjects");
  }
  added.id = core_.random->NewId<SubjectId>();
  TRY(const CompartmentRow unit, compartments_.FindAgency(matter.id, core_.unit));
  TRY(SlotReservation slot, core_.keeper->Reserve(AsObject(matter.id)));
  const AccessShare access = AccessShare::Random(*core_.random);
  const Bytes details = core_.keeper->SealNewDetail(slot.slot(), access, AsObject(added.id), 0,
                                                    {"subject", "details", AsObject(added.id), 0},
                                                    DetailsText(subject));
  TRY(const Bytes pseudonym,
      core_.SealLabel({slot.slot(), AsObject(added.id), "subject", "pseudonym"},
                      subject.pseudonym));
  TRY(const Bytes words, Search::SealWords(core_, slot.slot(), added.id, subject.name));
  std::optional<Bytes> born;
  if (subject.born) {
    // What the retention rules are told, and no more: not even a label holds the day.
    TRY(born, core_.SealLabel({slot.slot(), AsObject(added.id), "subject", "born"},
                              QuarterEndOf(*subject.born).ToText()));
  }
  TRY(const Bytes box, SealAccessBox(AsObject(added.id), 0, access, unit.public_key));
  const KeyKeeper::Filling filling{
      &slot, {EntryType::kSubject, kFlagNeedsApproval, 0, kNoDeadline, AsObject(added.id)}};
  TRY_VOID(core_.keeper->Fill({&filling, 1}));
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, added.id.view()));
  LogEntry entry = core_.Entry("subject.added");
  entry.Person("actor", who).Object("subject", what);
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) -> Status {
    TRY_VOID(transaction.database()
                 .Prepare("INSERT INTO subject(id, matter, slot, state, pseudonym, details, "
                          "words, born) VALUES(?, ?, ?, 'live', ?, ?, ?, ?)")
                 .Bind(added.id, matter.id, slot.slot(), pseudonym, details, words, born)
                 .Run());
    return transaction.database()
        .Prepare("INSERT INTO object_box(object, version, party, box) VALUES(?, 0, ?, ?)")
        .Bind(added.id, unit.party, box)
        .Run();
  }));
  return added;
}

Result<InvolvementId> Matters::Involve(const Actor& actor, const MatterRow& matter,
                                       const SubjectRow& subject, const AgencyId& agency) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO"}));
  TRY_VOID(Agencies(core_).Running(agency));
  if (agency == core_.unit) {
    return Invalid("the unit administers the matter; it is not an involved agency");
  }
  TRY(const MatterFacts facts, rows_.Facts(matter));
  const UnixSeconds ends = matter.rules->LoanDeadline(facts, core_.time->Now().low);
  // The party first, in a commit of its own: its loans' slots must name it.
  TRY(const CompartmentRow party, EnsureParty(actor, matter, "agency", agency));
  TRY(const bool involved, rows_.Involved(subject.id, party.party));
  if (involved) return Conflict("this agency is involved with this subject already");
  const PartyId borrower = party.party;
  TRY(const LoanRow pack, loans_.New(matter.id, borrower, LoanKind::kPack, subject.id, ends));
  TRY(std::optional<LoanRow> brief,
      loans_.FindRunning(matter.id, borrower, LoanKind::kBrief, std::nullopt));
  const bool new_brief = !brief.has_value();
  if (new_brief) {
    TRY(brief, loans_.New(matter.id, borrower, LoanKind::kBrief, std::nullopt, ends));
  }
  const auto id = core_.random->NewId<InvolvementId>();
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string whom, core_.Pseudonym(matter.id, subject.id.view()));
  LogEntry entry = core_.Entry("involvement.added");
  entry.Person("actor", who).Object("subject", whom).Add("agency", agency.text());
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) -> Status {
    TRY_VOID(loans_.Insert(transaction, pack));
    if (new_brief) TRY_VOID(loans_.Insert(transaction, *brief));
    // Who was selected is kept by other rules.
    TRY_VOID(transaction.database()
                 .Prepare("UPDATE matter SET weighed = NULL WHERE id = ?")
                 .Bind(matter.id)
                 .Run());
    return transaction.database()
        .Prepare(
            "INSERT INTO involvement(id, matter, subject, party, loan, slot, state, "
            "row_version, mac) VALUES(?, ?, ?, ?, ?, ?, 'live', 1, ?)")
        .Bind(id, matter.id, subject.id, borrower, pack.id, pack.slot,
              loans_.InvolvementMac(id, pack, subject.id, borrower, 1))
        .Run();
  }));
  // An agency that joins late finds its loans in the state the events have brought about.
  for (const LoanId& loan : {pack.id, brief->id}) {
    TRY(const LoanRow now, loans_.Load(loan));
    if (now.state == "closed" && GivesLoan(*matter.rules, now.kind, "agency") &&
        IsOpenAfter(*matter.rules, facts, now.kind)) {
      TRY_VOID(loans_.ReleaseOne(now));
    }
  }
  TRY_VOID(CompleteLoans(matter));
  TRY([[maybe_unused]] const std::uint64_t made, PayDebt(actor, matter));
  return id;
}

// InheritedSeat is the seat of an agency that theirs has followed, and that stands beside its own.
Result<AgencyId> Matters::InheritedSeat(const MatterRow& matter, std::string_view party_name,
                                        const AgencyId& agency) {
  const Error other = Invalid("a person joins the compartment of their own agency");
  const auto named = AgencyId::Parse(party_name);
  if (!named.ok()) return other;
  const auto heir = Agencies(core_).HeirOf(named.value());
  if (!heir.ok() || heir.value() != agency) return other;
  if (!compartments_.FindAgency(matter.id, named.value()).ok()) return other;
  return named.value();
}

Result<std::string> Matters::AddMember(const Actor& actor, const MatterRow& matter,
                                       std::string_view email, std::string_view party_name) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "AAC"}));
  TRY_VOID(rows_.MayKnow(actor, matter));
  TRY(const PersonId id, people_.Find(email));
  TRY(const PersonView person, people_.View(id));
  const bool officer = actor.in_unit() && actor.Has("BUO");
  if (!officer && person.agency != actor.agency()) {
    return Denied("you may name people of your own agency only");
  }
  const bool special = party_name == "chair" || party_name == "group" || party_name == "control" ||
                       party_name == "inspection";
  if (special && !officer) return Denied("only the unit fills this party");
  const std::string kind = special ? std::string(party_name) : "agency";
  AgencyId agency = special ? AgencyId() : person.agency;
  if (!special && !party_name.empty() && party_name != person.agency.text()) {
    TRY(agency, InheritedSeat(matter, party_name, person.agency));
  }
  TRY(const CompartmentRow party, EnsureParty(actor, matter, kind, agency));
  TRY(const std::optional<MemberRow> member, compartments_.Membership(id, matter.id));
  const bool task = kind == "control" || kind == "inspection";
  if (!member || member->party != party.party || !task) {
    TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
    TRY(const std::string whom, core_.Pseudonym(matter.id, id.view()));
    LogEntry entry = core_.Entry("member.added");
    entry.Person("actor", who).Person("member", whom).Add("party", special ? kind : agency.text());
    TRY(const BoxSecretKey key, compartments_.Unlock(actor, party.party));
    TRY_VOID(core_.Record(entry, [&](Transaction& transaction) {
      return compartments_.AddMember(transaction, party, key, id, false);
    }));
  }
  // Whoever is named for a task once more begins another one.
  if (task) TRY_VOID(BeginTask(actor, matter, party));
  if (special) {
    TRY_VOID(CompleteLoans(matter));
    TRY([[maybe_unused]] const std::uint64_t made, PayDebt(actor, matter));
  }
  return special ? kind : agency.text();
}

Status Matters::SetAttending(const Actor& actor, const MatterRow& matter, std::string_view email,
                             bool attending) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "AAC"}));
  TRY(const PersonId id, people_.Find(email));
  TRY(const PersonView person, people_.View(id));
  if (!(actor.in_unit() && actor.Has("BUO")) && person.agency != actor.agency()) {
    return Denied("you may name people of your own agency only");
  }
  TRY(const std::optional<MemberRow> member, compartments_.Membership(id, matter.id));
  if (!member) return NotFound("no such member");
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string whom, core_.Pseudonym(matter.id, id.view()));
  LogEntry entry = core_.Entry("member.attending");
  entry.Person("actor", who).Person("member", whom).Add("attending", attending ? 1U : 0U);
  return core_.Record(entry, [&](Transaction& transaction) {
    return compartments_.SetAttending(transaction, *member, attending);
  });
}

Result<std::vector<Matters::MemberView>> Matters::Members(const MatterRow& matter) {
  const Core::Lock lock = core_.Locked();
  TRY(const std::vector<MemberRow> rows, compartments_.MembersOf(matter.id));
  std::vector<MemberView> members;
  for (const MemberRow& row : rows) {
    TRY(const CompartmentRow party, compartments_.Load(row.party));
    TRY(const PersonView person, people_.View(row.person));
    members.push_back(
        {person.email, party.kind == "agency" ? party.agency.text() : party.kind, row.attending});
  }
  std::sort(members.begin(), members.end(), [](const MemberView& a, const MemberView& b) {
    return std::tie(a.party, a.email) < std::tie(b.party, b.email);
  });
  return members;
}

Result<std::optional<OpenedObject>> Matters::TryOpen(const Actor& actor, const MatterRow& matter,
                                                     EntryType type, const ObjectId& object,
                                                     SlotNumber slot) {
  auto grant = openings_.access().DecideDetails(actor, matter, type, object, slot);
  if (!grant.ok()) {
    const Errc code = grant.error().code;
    if (code == Errc::kNotFound || code == Errc::kExpired) return std::optional<OpenedObject>();
    return grant.error();
  }
  TRY(OpenedObject opened, openings_.Open(actor, std::move(grant).value()));
  return std::optional<OpenedObject>(std::move(opened));
}

Result<std::optional<std::string>> Matters::Title(const Actor& actor, const MatterRow& matter) {
  const Core::Lock lock = core_.Locked();
  TRY(const std::optional<OpenedObject> opened,
      TryOpen(actor, matter, EntryType::kMatter, AsObject(matter.id), matter.slot));
  if (!opened) return std::optional<std::string>();
  TRY(const Plaintext title,
      opened->OpenDetail({"matter", "title", AsObject(matter.id), 0}, matter.title));
  return std::optional<std::string>(title.text());
}

Result<std::optional<SubjectDetails>> Matters::Details(const Actor& actor, const MatterRow& matter,
                                                       const SubjectRow& subject) {
  const Core::Lock lock = core_.Locked();
  TRY(const std::optional<OpenedObject> opened,
      TryOpen(actor, matter, EntryType::kSubject, AsObject(subject.id), subject.slot));
  if (!opened) return std::optional<SubjectDetails>();
  TRY(const Plaintext text,
      opened->OpenDetail({"subject", "details", AsObject(subject.id), 0}, subject.details));
  const std::size_t line = text.text().find('\n');
  if (line == std::string_view::npos) return Corrupt("a subject's details are cut short");
  return std::optional<SubjectDetails>(SubjectDetails{std::string(text.text().substr(0, line)),
                                                      std::string(text.text().substr(line + 1))});
}

Result<std::uint64_t> Matters::PayDebt(const Actor& actor, const MatterRow& matter) {
  const Core::Lock lock = core_.Locked();
  TRY(const std::vector<BoxDebt> debts, loans_.Debt(matter.id));
  std::uint64_t made = 0;
  for (const BoxDebt& debt : debts) {
    TRY(const std::optional<OpenedObject> opened, OpenForDebt(actor, matter, debt));
    if (!opened) continue;
    TRY(const LoanRow loan, loans_.Load(debt.loan));
    TRY(const std::string name, core_.Pseudonym(matter.id, loan.id.view()));
    LogEntry entry = core_.Entry("loan.box");
    entry.Object("loan", name);
    TRY_VOID(core_.Record(entry, [&](Transaction& transaction) {
      return loans_.AddBox(transaction, loan, debt.object, debt.version, opened->access_share());
    }));
    ++made;
  }
  return made;
}

Result<std::optional<OpenedObject>> Matters::OpenForDebt(const Actor& actor,
                                                         const MatterRow& matter,
                                                         const BoxDebt& debt) {
  if (debt.type == EntryType::kMatter) {
    return TryOpen(actor, matter, debt.type, debt.object, matter.slot);
  }
  if (debt.type == EntryType::kSubject) {
    auto query = core_.database->Prepare("SELECT slot FROM subject WHERE id = ?").Bind(debt.object);
    TRY(const bool found, query.Step());
    if (!found) return std::optional<OpenedObject>();
    return TryOpen(actor, matter, debt.type, debt.object, query.U32(0));
  }
  DocumentRows documents(core_);
  TRY(const DocumentRow document, documents.Load(DocumentId(debt.object.bytes())));
  TRY(const VersionRow version, documents.LoadVersion(document.id, debt.version));
  // Who may not open it leaves the debt to somebody who may; that is no refusal worth a log line.
  TRY(const AccessView view, openings_.access().View(actor, matter, document, version));
  if (!view.may_open) return std::optional<OpenedObject>();
  TRY(AccessGrant grant,
      openings_.access().Decide(actor, matter, document, version, "to complete a loan"));
  TRY(OpenedObject opened, openings_.Open(actor, std::move(grant)));
  return std::optional<OpenedObject>(std::move(opened));
}

Status Matters::HandOver(const Actor& actor, const PersonId& person) {
  const Core::Lock lock = core_.Locked();
  TRY(const PersonView view, people_.View(person));
  const bool officer = std::find(view.roles.begin(), view.roles.end(), "BUO") != view.roles.end();
  if (view.agency != core_.unit || !officer) return Ok();
  TRY(const std::vector<MatterRow> matters, rows_.All());
  for (const MatterRow& matter : matters) {
    TRY(const std::optional<MemberRow> member, compartments_.Membership(person, matter.id));
    if (member) continue;
    TRY(const CompartmentRow unit, compartments_.FindAgency(matter.id, core_.unit));
    auto key = compartments_.Unlock(actor, unit.party);
    if (!key.ok()) continue;
    TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
    TRY(const std::string whom, core_.Pseudonym(matter.id, person.view()));
    LogEntry entry = core_.Entry("member.added");
    entry.Person("actor", who).Person("member", whom).Add("party", core_.unit.text());
    TRY_VOID(core_.Record(entry, [&](Transaction& transaction) {
      return compartments_.AddMember(transaction, unit, key.value(), person, false);
    }));
  }
  return Ok();
}

}  // namespace vault
