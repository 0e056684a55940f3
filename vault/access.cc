#include "vault/access.h"

#include <algorithm>

#include "vault/assignments.h"
#include "vault/base/log.h"
#include "vault/base/text.h"
#include "vault/named_boxes.h"

namespace vault {
namespace {

bool LoanIsOpen(const LoanRow& loan, const TimeInterval& now) {
  return loan.state == "open" && now.high < loan.ends;
}

// People of one matter who read its lists side by side.
constexpr std::size_t kMostKnown = 256;

Error UnknownDocument() { return NotFound("no such document"); }

// OneLook reads everything a decision asks from one snapshot. Each statement by itself would take
// and give back the lock of a snapshot of its own, which costs more than what it reads; and facts
// of two moments are none. Inside of a transaction there is one snapshot already.
class OneLook {
 public:
  explicit OneLook(Database& database)
      : database_(database), began_(database.Prepare("BEGIN").Run().ok()) {}
  OneLook(const OneLook&) = delete;
  OneLook& operator=(const OneLook&) = delete;
  // Whether the snapshot is what was last committed, and not what an open transaction has written.
  bool committed() const { return began_; }
  ~OneLook() {
    if (!began_) return;
    // Nothing was written, so nothing is lost; but a snapshot that stays would stop every later
    // act.
    const Status ended = database_.Prepare("COMMIT").Run();
    if (!ended.ok()) Fatal("a snapshot of the register cannot be let go");
  }

 private:
  Database& database_;
  const bool began_;
};

}  // namespace

const AgencyId& Access::SeatAgency(const AgencyId& agency, const Part& part) {
  return part.own && part.own->kind == "agency" ? part.own->agency : agency;
}

Result<Access::Part> Access::PartOf(const PersonId& person, const MatterId& matter) {
  Part part;
  TRY(part.member, compartments_.Membership(person, matter));
  if (part.member) {
    TRY(part.own, compartments_.Load(part.member->party));
  }
  return part;
}

Result<Access::Seat> Access::SeatOf(const PersonId& person, const MatterId& matter) {
  Seat seat;
  TRY(seat.part, PartOf(person, matter));
  TRY(seat.assigned, AssignedRoles(core_, matter, person));
  if (!seat.part.own) return seat;
  auto query = core_.database
                   ->Prepare(
                       "SELECT subject FROM involvement WHERE matter = ? AND party = ? "
                       "AND state = 'live'")
                   .Bind(matter, seat.part.own->party);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return seat;
    seat.involved.push_back(query.IdAt<SubjectId>(0));
  }
}

ReadingFacts Access::Facts(const Reader& reader, const Asked& asked, const Seat& seat) {
  ReadingFacts facts;
  const Part& part = seat.part;
  const DocumentRow& document = asked.document;
  facts.roles = reader.roles;
  facts.class_code = document.class_code;
  facts.member = part.member.has_value();
  facts.attending = part.member && part.member->attending;
  facts.excluded = document.subject && std::find(reader.excluded.begin(), reader.excluded.end(),
                                                 *document.subject) != reader.excluded.end();
  facts.participating = !seat.involved.empty();
  if (document.subject && std::find(seat.involved.begin(), seat.involved.end(),
                                    *document.subject) != seat.involved.end()) {
    facts.relation = Relation::kInvolved;
  }
  facts.control_task = part.own && part.own->kind == "control";
  // Whoever sits as chair, in the group or for a task holds no key of their agency's.
  const bool for_agency = !part.own || part.own->kind == "agency";
  if (for_agency && document.owner == SeatAgency(reader.agency, part)) {
    facts.relation = Relation::kOwn;
  }
  facts.assigned = seat.assigned;
  return facts;
}

Result<Access::Known> Access::Look(const MatterRow& matter, const PersonId& person) {
  ++looks_;
  Known known;
  TRY(known.events, matters_.Facts(matter));
  TRY(known.seat, SeatOf(person, matter.id));
  return known;
}

Result<AccessView> Access::View(const Actor& actor, const MatterRow& matter,
                                const DocumentRow& document, const VersionRow& version) {
  const OneLook look(*core_.database);
  const Reader reader{actor.person(), actor.agency(), actor.in_unit(), actor.roles(),
                      actor.excluded()};
  if (!look.committed()) {
    TRY(const Known now, Look(matter, reader.person));
    return WeighSeated(reader, {matter, document, version, now.events}, now.seat);
  }
  const std::int64_t changed = core_.database->RowsChanged();
  if (changed != known_at_ || known_.size() >= kMostKnown) known_.clear();
  known_at_ = changed;
  auto found = known_.find({matter.id, reader.person});
  // A deputy's part ends by the clock alone.
  if (found != known_.end() && found->second.seat.part.member &&
      found->second.seat.part.member->Over(core_.time->Now())) {
    known_.erase(found);
    found = known_.end();
  }
  if (found == known_.end()) {
    TRY(Known now, Look(matter, reader.person));
    found = known_.emplace(std::pair(matter.id, reader.person), std::move(now)).first;
  }
  return WeighSeated(reader, {matter, document, version, found->second.events}, found->second.seat);
}

Status Access::ThroughLoan(const Asked& asked, const CompartmentRow& own, AccessView& view) {
  const DocumentRow& document = asked.document;
  // Of the party's loans only those that carry this document: what the row says of itself is
  // checked when it is loaded.
  std::vector<LoanId> carriers;
  {
    auto query = core_.database
                     ->Prepare(
                         "SELECT loan.id FROM loan JOIN loan_box ON loan_box.loan = loan.id "
                         "AND loan_box.object = ? AND loan_box.version = ? "
                         "WHERE loan.matter = ? AND loan.party = ? "
                         "AND loan.state IN ('closed', 'open') AND loan_box.state = 'live' "
                         "AND length(loan_box.box) > 0 ORDER BY loan.slot")
                     .Bind(document.id, asked.version.version, asked.matter.id, own.party);
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      carriers.push_back(query.IdAt<LoanId>(0));
    }
  }
  for (const LoanId& id : carriers) {
    TRY(const LoanRow loan, loans_.Load(id));
    if (loan.party != own.party || loan.matter != asked.matter.id) continue;
    if (loan.subject && loan.subject != document.subject) continue;
    view.loan = loan;
    const bool released = std::find(asked.as_if_open.begin(), asked.as_if_open.end(), loan.kind) !=
                          asked.as_if_open.end();
    const TimeInterval now = core_.time->Now();
    view.may_open =
        asked.version.state == "live" &&
        (LoanIsOpen(loan, now) || (released && loan.state == "closed" && now.high < loan.ends));
    if (view.may_open) break;
  }
  return Ok();
}

Result<AccessView> Access::Weigh(const Reader& reader, const Asked& asked) {
  const OneLook look(*core_.database);
  TRY(const Seat seat, SeatOf(reader.person, asked.matter.id));
  return WeighSeated(reader, asked, seat);
}

Result<AccessView> Access::WeighSeated(const Reader& reader, const Asked& asked, const Seat& seat) {
  AccessView view;
  const DocumentRow& document = asked.document;
  const Part& part = seat.part;
  const bool owns = document.owner == SeatAgency(reader.agency, part);
  const ReadingFacts facts = Facts(reader, asked, seat);
  view.verdict = asked.matter.rules->Read(asked.events, facts);
  // To whom a subject is closed, nothing of it ever was open.
  if (facts.excluded) return view;
  const bool live = asked.version.state == "live";
  TRY(const ClassRule rule, asked.matter.rules->Class(document.class_code));
  if (rule.named_readers) {
    // The matrix says who else may know that it exists; a name opens it, and nothing else does.
    TRY(const auto box,
        FindNamedBox(core_, AsObject(document.id), asked.version.version, reader.person));
    view.may_know = view.verdict.code == ReadingCode::kMeta;
    if (!box || !part.member) return view;
    view.verdict = {ReadingCode::kAll, false, "named reader"};
    view.may_know = true;
    view.may_open = live;
    view.route = OpeningRoute::kNamed;
    return view;
  }
  switch (view.verdict.code) {
    case ReadingCode::kNone:
    case ReadingCode::kAgg:
      break;
    case ReadingCode::kMeta:
      view.may_know = true;
      break;
    case ReadingCode::kOwn:
      view.may_know = true;
      view.route = OpeningRoute::kOwner;
      view.may_open = live && part.member && owns;
      break;
    case ReadingCode::kAdm:
      view.may_know = true;
      view.route = OpeningRoute::kUnit;
      view.may_open = live && part.member && reader.in_unit;
      break;
    case ReadingCode::kInv:
    case ReadingCode::kAll:
    case ReadingCode::kCtl: {
      view.may_know = true;
      // An agency reads its own documents, and the unit what it administers, without a loan.
      if (owns && part.own && part.own->kind == "agency") {
        view.route = OpeningRoute::kOwner;
        view.may_open = live && part.member;
        break;
      }
      if (reader.in_unit && part.own && part.own->kind == "agency") {
        view.route = OpeningRoute::kUnit;
        view.may_open = live && view.verdict.code != ReadingCode::kCtl;
        break;
      }
      view.route = OpeningRoute::kLoan;
      if (part.own) TRY_VOID(ThroughLoan(asked, *part.own, view));
      break;
    }
  }
  if (!view.may_open && part.own) {
    auto query = core_.database
                     ->Prepare(
                         "SELECT 1 FROM loan_box JOIN loan ON loan.id = loan_box.loan "
                         "WHERE loan.party = ? AND loan_box.object = ? AND "
                         "loan_box.state = 'ended'")
                     .Bind(part.own->party, document.id);
    TRY(view.ended, query.Step());
    if (view.loan && view.loan->state == "open" && !view.may_open) view.ended = true;
  }
  return view;
}

Result<AccessGrant> Access::Decide(const Actor& actor, const MatterRow& matter,
                                   const DocumentRow& document, const VersionRow& version,
                                   std::string_view reason) {
  const Core::Lock lock = core_.Locked();
  if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
  TRY(const AccessView view, View(actor, matter, document, version));
  if (!view.may_open) {
    TRY_VOID(LogRefusal(actor, matter, AsObject(document.id)));
    if (view.ended) return Expired("this loan has ended");
    if (!view.may_know) return UnknownDocument();
    if (version.state != "live") return Expired("this document has been destroyed");
    if (view.verdict.code == ReadingCode::kMeta) {
      return Denied("you may know of this document and not open it");
    }
    return Denied("this document is not open to you now");
  }
  if (view.verdict.reason_required && reason.empty()) {
    return Invalid("opening this document needs a reason");
  }
  Opening opening;
  opening.type = EntryType::kDocument;
  opening.object = AsObject(document.id);
  opening.version = version.version;
  opening.slot = version.slot;
  opening.matter = matter.id;
  opening.route = view.route;
  if (view.route == OpeningRoute::kLoan) {
    opening.loan = view.loan->id;
    opening.loan_slot = view.loan->slot;
  }
  opening.granted_at = core_.time->Now().low;
  opening.rule = view.verdict.rule;
  return AccessGrant(std::move(opening));
}

Result<AccessGrant> Access::DecideDetails(const Actor& actor, const MatterRow& matter,
                                          EntryType type, const ObjectId& object, SlotNumber slot) {
  const Core::Lock lock = core_.Locked();
  if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
  TRY(const std::optional<MemberRow> member, compartments_.Membership(actor.person(), matter.id));
  if (!member) return NotFound("no such matter");
  if (type == EntryType::kSubject && actor.Excluded(SubjectId(object.bytes()))) {
    return NotFound("no such subject in this matter");
  }
  TRY(const CompartmentRow own, compartments_.Load(member->party));
  Opening opening;
  opening.type = type;
  opening.object = object;
  opening.slot = slot;
  opening.matter = matter.id;
  opening.granted_at = core_.time->Now().low;
  if (own.kind == "agency" && own.agency == core_.unit) {
    opening.route = OpeningRoute::kUnit;
    opening.rule = "unit";
    return AccessGrant(std::move(opening));
  }
  bool had = false;
  TRY(const std::vector<LoanRow> loans, loans_.All(matter.id));
  for (const LoanRow& loan : loans) {
    if (loan.party != own.party || loan.kind != LoanKind::kBrief) continue;
    if (loan.state == "ended" || loan.state == "shredding") had = true;
    if (!LoanIsOpen(loan, core_.time->Now())) continue;
    TRY(const auto box, loans_.FindBox(loan.id, object, 0));
    if (!box || box->box.empty()) continue;
    opening.route = OpeningRoute::kLoan;
    opening.loan = loan.id;
    opening.loan_slot = loan.slot;
    opening.rule = "brief";
    return AccessGrant(std::move(opening));
  }
  if (had) return Expired("your agency's brief for this matter has ended");
  return NotFound("no such matter");
}

Result<FilingGrant> Access::DecideFiling(const Actor& actor, const MatterRow& matter,
                                         const FilingWish& wish) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(matters_.MayKnow(actor, matter));
  TRY(const ClassRule rule, matter.rules->Class(wish.class_code));
  TRY(const Part part, PartOf(actor.person(), matter.id));
  const AgencyId seat = SeatAgency(actor.agency(), part);
  const AgencyId owner = wish.agency.value_or(seat);
  const bool officer = actor.in_unit() && actor.Has("BUO");
  if (owner != seat && !officer) {
    return Denied("you may file for your own agency only");
  }
  bool allowed = false;
  for (const std::string& role : rule.filed_by) allowed = allowed || actor.Has(role);
  if (!allowed) return Denied("your role may not file this class");
  if (!part.member) return NotFound("no such matter");
  TRY(const CompartmentRow party, compartments_.FindAgency(matter.id, owner));
  if (rule.per_subject && !wish.subject) return Invalid("this class is filed for a subject");
  if (!rule.per_subject && wish.subject && rule.one_per_agency_and_subject) {
    return Invalid("this class is not filed for a subject");
  }
  if (wish.subject && actor.Excluded(*wish.subject)) {
    return NotFound("no such subject in this matter");
  }
  if (wish.subject && owner != core_.unit) {
    TRY(const bool involved, matters_.Involved(*wish.subject, party.party));
    if (!involved) {
      // To a worker of the agency this subject does not exist.
      if (!officer) return NotFound("no such subject in this matter");
      return Invalid("this agency is not involved with this subject");
    }
  }
  FilingGrant grant;
  grant.matter_ = matter.id;
  grant.class_code_ = wish.class_code;
  grant.owner_ = owner;
  grant.subject_ = wish.subject;
  grant.filed_by_ = actor.person();
  grant.acting_for_ = actor.acting_for();
  return grant;
}

Result<FilingGrant> Access::DecideRecord(const Actor& actor, const MatterRow& matter,
                                         const RecordKind& kind, const RecordWish& wish) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(matters_.MayKnow(actor, matter));
  TRY(const Part part, PartOf(actor.person(), matter.id));
  const AgencyId seat = SeatAgency(actor.agency(), part);
  const AgencyId owner = wish.agency.value_or(seat);
  const bool officer = actor.in_unit() && actor.Has("BUO");
  if (owner != seat && !officer) {
    return Denied("you may write records of your own agency only");
  }
  bool allowed = false;
  for (const std::string& role : kind.written_by) allowed = allowed || actor.Has(role);
  if (!allowed) return Denied("your role may not write this record");
  if (!part.member) return NotFound("no such matter");
  TRY(const CompartmentRow party, compartments_.FindAgency(matter.id, owner));
  // A contact check asks agencies about people they turn out not to know: involvement is no
  // condition here.
  if (wish.subject && actor.Excluded(*wish.subject)) {
    return NotFound("no such subject in this matter");
  }
  FilingGrant grant;
  grant.matter_ = matter.id;
  grant.class_code_ = kind.class_code;
  grant.owner_ = party.agency;
  grant.subject_ = wish.subject;
  grant.filed_by_ = actor.person();
  grant.acting_for_ = actor.acting_for();
  return grant;
}

Result<AccessGrant> Access::DecideRecovery(const Actor& actor, const MatterRow& matter,
                                           const Orphan& orphan) {
  const Core::Lock lock = core_.Locked();
  if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
  TRY(const std::optional<MemberRow> member, compartments_.Membership(actor.person(), matter.id));
  if (!member) return NotFound("no such document");
  if (!actor.in_unit() || !actor.Has("BUO")) {
    return Denied("a document is recovered by the unit");
  }
  // Whose document it is shows only when it is open: who is kept from anybody here leaves it.
  TRY(const std::vector<SubjectRow> subjects, matters_.Subjects(matter.id));
  for (const SubjectRow& subject : subjects) {
    if (actor.Excluded(subject.id)) return NotFound("no such document");
  }
  Opening opening;
  opening.type = EntryType::kDocument;
  opening.object = AsObject(orphan.document);
  opening.version = orphan.version;
  opening.slot = orphan.slot;
  opening.matter = matter.id;
  opening.route = OpeningRoute::kUnit;
  opening.granted_at = core_.time->Now().low;
  opening.rule = "recovery";
  return AccessGrant(std::move(opening));
}

Status Access::LogRefusal(const Actor& actor, const MatterRow& matter, const ObjectId& object) {
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, object.view()));
  LogEntry entry = core_.Entry("opening.refused");
  entry.Person("actor", who);
  for (const PersonId& absent : actor.acting_for()) {
    TRY(const std::string whom, core_.Pseudonym(matter.id, absent.view()));
    entry.Person("for", whom);
  }
  entry.Add("agency", actor.agency().text()).Object("object", what);
  return core_.Record(entry, [](Transaction&) { return Ok(); });
}

}  // namespace vault
