#include "vault/openings.h"

#include "vault/named_boxes.h"
#include "vault/person_key.h"

namespace vault {
namespace {

std::string_view RouteName(OpeningRoute route) {
  switch (route) {
    case OpeningRoute::kOwner:
      return "owner";
    case OpeningRoute::kUnit:
      return "unit";
    case OpeningRoute::kLoan:
      return "loan";
    case OpeningRoute::kNamed:
      return "named";
    case OpeningRoute::kLink:
      return "link";
  }
  return "unknown";
}

std::string_view TypeName(EntryType type) {
  switch (type) {
    case EntryType::kDocument:
      return "document";
    case EntryType::kMatter:
      return "matter";
    case EntryType::kSubject:
      return "subject";
    default:
      return "object";
  }
}

Result<Bytes> BareBox(Core& core, const Opening& opening, const PartyId& party) {
  auto query = core.database
                   ->Prepare(
                       "SELECT box FROM object_box WHERE object = ? AND version = ? "
                       "AND party = ?")
                   .Bind(opening.object, opening.version, party);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no key to this object was made for your party");
  return query.Blob(0);
}

}  // namespace

Result<OpenedObject> Openings::Open(const Actor& actor, AccessGrant grant) {
  const Core::Lock lock = core_.Locked();
  const Opening opening = grant.opening();
  TRY(const LogEntry entry, Line(actor, opening));
  TRY(OpeningReceipt receipt,
      core_.log->RecordOpening(std::move(grant), entry, core_.time->Now().low,
                               core_.WithMarks([](Transaction&) { return Ok(); })));
  return Unwrap(actor, opening, std::move(receipt));
}

Result<LogEntry> Openings::Line(const Actor& actor, const Opening& opening) {
  TRY(const std::string who, core_.Pseudonym(opening.matter, actor.person().view()));
  TRY(const std::string what, core_.Pseudonym(opening.matter, opening.object.view()));
  LogEntry entry = core_.Entry("opening");
  entry.Person("actor", who);
  for (const PersonId& absent : actor.acting_for()) {
    TRY(const std::string whom, core_.Pseudonym(opening.matter, absent.view()));
    entry.Person("for", whom);
  }
  entry.Add("agency", actor.agency().text())
      .Add("kind", TypeName(opening.type))
      .Object("object", what)
      .Add("version", opening.version)
      .Add("route", RouteName(opening.route));
  if (opening.route == OpeningRoute::kLoan) {
    TRY(const std::string loan, core_.Pseudonym(opening.matter, opening.loan.view()));
    entry.Object("loan", loan);
  }
  return entry;
}

Result<OpenedObject> Openings::Unwrap(const Actor& actor, const Opening& opening,
                                      OpeningReceipt receipt) {
  const Core::Lock lock = core_.Locked();
  BoxPath path;
  PartyId party;
  switch (opening.route) {
    case OpeningRoute::kOwner: {
      TRY(const std::optional<MemberRow> member,
          compartments_.Membership(actor.person(), opening.matter));
      if (!member) return NotFound("no such document");
      party = member->party;
      TRY(path.box, BareBox(core_, opening, party));
      break;
    }
    case OpeningRoute::kUnit: {
      TRY(const CompartmentRow unit, compartments_.FindAgency(opening.matter, core_.unit));
      party = unit.party;
      TRY(path.box, BareBox(core_, opening, party));
      break;
    }
    case OpeningRoute::kLoan: {
      TRY(const LoanRow loan, loans_.Load(opening.loan));
      party = loan.party;
      TRY(const std::optional<LoanBoxRow> box,
          loans_.FindBox(loan.id, opening.object, opening.version));
      if (!box) return NotFound("no such document");
      path.box = box->box;
      path.outer = Loans::BoxPlace(loan, *box);
      break;
    }
    case OpeningRoute::kNamed: {
      TRY(const auto box, FindNamedBox(core_, opening.object, opening.version, actor.person()));
      if (!box) return NotFound("no such document");
      path.box = box->box;
      path.outer = NamedBoxPlace(*box);
      path.holder = &SecretOf(actor);
      return core_.keeper->Unwrap(std::move(receipt), path, core_.time->Now().low);
    }
    case OpeningRoute::kLink:
      return Invalid("this route is not an account's");
  }
  TRY(const BoxSecretKey holder, compartments_.Unlock(actor, party));
  path.holder = &holder;
  return core_.keeper->Unwrap(std::move(receipt), path, core_.time->Now().low);
}

}  // namespace vault
