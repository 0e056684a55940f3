#include "vault/pack_readers.h"

#include <utility>

#include "vault/people_rows.h"

namespace vault {
namespace {

constexpr UnixSeconds kDay = 86400;

bool SeesAll(const Actor& actor) {
  return (actor.in_unit() && actor.Has("BUO")) || actor.Has("IGO");
}

// As LogEntry::Person and LogEntry::Object write them.
std::string InLog(char kind, const std::string& pseudonym) {
  return std::string(1, kind) + ":" + pseudonym;
}

}  // namespace

std::string PackReading::Key(std::string_view person, std::string_view object,
                             std::string_view version) {
  // No value of the log holds a line end.
  return std::string(person) + "\n" + std::string(object) + "\n" + std::string(version);
}

void PackReading::Expect(const PackReader& reader, const std::vector<std::string>& papers) {
  const std::size_t at = people_.size();
  people_.push_back(reader);
  for (const std::string& paper : papers) papers_.emplace(paper, Paper{at, false});
}

void PackReading::Take(const LogFields& entry) {
  if (entry.type != "opening") return;
  const auto object = entry.Only("object");
  const auto version = entry.Only("version");
  if (!object || !version) return;
  for (const auto& [name, value] : entry.fields) {
    if (name != "actor" && name != "for") continue;
    const auto paper = papers_.find(Key(value, *object, *version));
    if (paper == papers_.end() || paper->second.opened) continue;
    paper->second.opened = true;
    --people_[paper->second.reader].unread;
  }
}

Status PackReaders::TakeMember(Taken& taken, const MemberRow& member) {
  const auto row = LoadPerson(core_, member.person);
  // Who has ended is lent nothing any more; a row that is wrong is told.
  if (!row.ok()) return row.error().code == Errc::kNotFound ? Ok() : Status(row.error());
  if (row.value().until && core_.time->Now().high >= *row.value().until) return Ok();
  TRY(const std::vector<std::string> roles, people_.ActingRoles(member.person));
  TRY(const std::vector<SubjectId> excluded, ExcludedOf(row.value()));
  const Reader reader{member.person, row.value().agency, row.value().agency == core_.unit, roles,
                      excluded};
  TRY(const std::string person, core_.Pseudonym(taken.matter.id, member.person.view()));
  std::vector<std::string> papers;
  for (const DocumentRow& document : taken.documents) {
    TRY(const VersionRow version, documents_.LoadVersion(document.id, document.latest));
    TRY(const AccessView view,
        access_.Weigh(reader, {taken.matter, document, version, taken.events, {}}));
    if (!view.may_open || view.route != OpeningRoute::kLoan || !view.loan ||
        view.loan->kind != LoanKind::kPack) {
      continue;
    }
    TRY(const std::string object, core_.Pseudonym(taken.matter.id, document.id.view()));
    papers.push_back(
        PackReading::Key(InLog('p', person), InLog('o', object), std::to_string(version.version)));
  }
  if (papers.empty()) return Ok();
  TRY(const CompartmentRow party, compartments_.Load(member.party));
  TRY(const PersonView view, people_.View(member.person));
  taken.reading.Expect(
      {taken.matter.ref, taken.matter.template_id, taken.matter.meeting, view.email,
       party.kind == "agency" ? party.agency.text() : party.kind, papers.size(), papers.size()},
      papers);
  return Ok();
}

Status PackReaders::TakeMatter(const Actor& actor, const MatterRow& matter, PackReading& reading) {
  std::optional<PartyId> own;
  if (!SeesAll(actor)) {
    TRY(const std::optional<MemberRow> member, compartments_.Membership(actor.person(), matter.id));
    if (!member) return Ok();
    own = member->party;
  }
  // Nearly every matter has no pack open, and is passed over by this question alone.
  {
    auto query =
        core_.database
            ->Prepare("SELECT 1 FROM loan WHERE matter = ? AND kind = 'pack' AND state = 'open'")
            .Bind(matter.id);
    TRY(const bool open, query.Step());
    if (!open) return Ok();
  }
  TRY(MatterFacts events, matters_.Facts(matter));
  TRY(std::vector<DocumentRow> documents, documents_.OfMatter(matter.id));
  // To whom a subject is closed, nothing of it is there, and nobody who reads of it.
  std::erase_if(documents, [&](const DocumentRow& row) {
    const bool kept = row.subject && actor.Excluded(*row.subject);
    return row.state != "live" || !row.kind.empty() || kept;
  });
  Taken taken{matter, std::move(events), std::move(documents), reading};
  TRY(const std::vector<MemberRow> members, compartments_.MembersOf(matter.id));
  for (const MemberRow& member : members) {
    // A deputy owes no reading of their own: what they open is opened for whom they stand for.
    if (member.stands_for) continue;
    if (!own || member.party == *own) TRY_VOID(TakeMember(taken, member));
  }
  // A matter lends nothing before it is there; a day more, for clocks that were put right.
  const UnixSeconds since = LondonMidnight(matter.created) - kDay;
  if (!reading.since_ || since < *reading.since_) reading.since_ = since;
  return Ok();
}

Result<PackReading> PackReaders::Lent(const Actor& actor) {
  if (!SeesAll(actor) && !actor.Has("AAC")) return Denied("your role does not allow this");
  PackReading reading;
  std::vector<MatterRow> matters;
  {
    const Core::Lock lock = core_.Locked();
    TRY(matters, matters_.All());
  }
  for (const MatterRow& matter : matters) {
    // One matter at a time: others come in between.
    const Core::Lock lock = core_.Locked();
    TRY_VOID(TakeMatter(actor, matter, reading));
  }
  return reading;
}

}  // namespace vault
