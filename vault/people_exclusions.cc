// Exclusions: a conflict of interest keeps a subject from one person.
#include <algorithm>

#include "vault/agencies.h"
#include "vault/base/text.h"
#include "vault/crypto/digest.h"
#include "vault/people.h"

namespace vault {
namespace {

constexpr std::size_t kMostReason = 1000;

// The reason stands under the matter's slot, and dies with the matter.
Core::Place ReasonPlace(const MatterId& matter, SlotNumber slot, const std::string& column) {
  return {slot, AsObject(matter), "exclusion", column};
}
std::string ReasonColumn(const ExclusionId& id) { return "reason:" + id.ToHex(); }

ByteArray<32> ExclusionMac(const Core& core, const ExclusionView& view, const PersonId& person) {
  // No slot of its own: what keeps the subject away is in the person's row.
  RowImage image("exclusion", AsObject(view.id), 0, 1);
  image.Column(view.matter.view())
      .Column(view.subject.view())
      .Column(person.view())
      .Column(std::int64_t{view.since.number()});
  return image.Mac(*core.keeper);
}

}  // namespace

Result<People::Excluded> People::Exclude(const Actor& actor, const MatterRow& matter,
                                         const SubjectRow& subject, std::string_view email,
                                         std::string_view reason) {
  const Core::Lock lock = core_.Locked();
  if (reason.empty() || reason.size() > kMostReason || !IsUtf8(reason)) {
    return Invalid("a reason has 1 to 1000 characters");
  }
  TRY(const PersonId id, Find(email));
  TRY(Standing standing, StandingOf(id));
  const bool officer = actor.in_unit() && actor.Has("BUO");
  const bool coordinator = actor.Has("AAC") && standing.row.agency == actor.agency();
  if (!officer && !coordinator && id != actor.person()) {
    return Denied("you may exclude people of your own agency, or yourself");
  }
  TRY(const std::vector<SubjectId> excluded, ExcludedOf(standing.row));
  if (std::find(excluded.begin(), excluded.end(), subject.id) != excluded.end()) {
    return Conflict("this person is excluded from this subject already");
  }
  ExclusionView view;
  view.id = core_.random->NewId<ExclusionId>();
  view.matter = matter.id;
  view.subject = subject.id;
  view.since = LondonDay(core_.time->Now().low);
  const std::string column = ReasonColumn(view.id);
  TRY(const Bytes label, core_.SealLabel(ReasonPlace(matter.id, matter.slot, column), reason));
  TRY(const std::string who, core_.Pseudonym(matter.id, actor.person().view()));
  TRY(const std::string whom, core_.Pseudonym(matter.id, id.view()));
  TRY(const std::string what, core_.Pseudonym(matter.id, subject.id.view()));
  LogEntry entry = core_.Entry("person.excluded");
  entry.Person("actor", who).Person("person", whom).Object("subject", what);
  const PersonRow old = standing.row;
  const ByteView bytes = subject.id.view();
  standing.row.excluded.insert(standing.row.excluded.end(), bytes.begin(), bytes.end());
  standing.also = [&](Transaction& transaction) {
    return transaction.database()
        .Prepare(
            "INSERT INTO exclusion(id, matter, subject, person, since_day, reason, mac) "
            "VALUES(?, ?, ?, ?, ?, ?, ?)")
        .Bind(view.id, view.matter, view.subject, id, view.since.number(), label,
              ExclusionMac(core_, view, id))
        .Run();
  };
  TRY(const Ending ending, Remake(old, std::move(standing), std::nullopt, entry));
  return Excluded{view.id, ending};
}

Result<People::Ending> People::Readmit(const Actor& actor, const ExclusionId& id) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO"}));
  PersonId person;
  SubjectId subject;
  MatterId matter;
  {
    auto query =
        core_.database->Prepare("SELECT person, subject, matter FROM exclusion WHERE id = ?")
            .Bind(id);
    TRY(const bool found, query.Step());
    if (!found) return NotFound("no such exclusion");
    person = query.IdAt<PersonId>(0);
    subject = query.IdAt<SubjectId>(1);
    matter = query.IdAt<MatterId>(2);
  }
  if (person == actor.person()) return Denied("nobody ends their own exclusion");
  TRY(Standing standing, StandingOf(person));
  const PersonRow old = standing.row;
  TRY(std::vector<SubjectId> excluded, ExcludedOf(old));
  std::erase(excluded, subject);
  standing.row.excluded.clear();
  for (const SubjectId& left : excluded) {
    const ByteView bytes = left.view();
    standing.row.excluded.insert(standing.row.excluded.end(), bytes.begin(), bytes.end());
  }
  TRY(const std::string who, core_.Pseudonym(matter, actor.person().view()));
  TRY(const std::string whom, core_.Pseudonym(matter, person.view()));
  TRY(const std::string what, core_.Pseudonym(matter, subject.view()));
  LogEntry entry = core_.Entry("person.readmitted");
  entry.Person("actor", who).Person("person", whom).Object("subject", what);
  standing.also = [&id](Transaction& transaction) {
    return transaction.database().Prepare("DELETE FROM exclusion WHERE id = ?").Bind(id).Run();
  };
  return Remake(old, std::move(standing), std::nullopt, entry);
}

Result<std::vector<ExclusionView>> People::Exclusions(const Actor& actor, const MatterRow& matter) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "IGO", "AAC"}));
  const bool all = (actor.in_unit() && actor.Has("BUO")) || actor.Has("IGO");
  struct Found {
    ExclusionView view;
    PersonId person;
    Bytes reason;
  };
  std::vector<Found> found;
  {
    auto query = core_.database
                     ->Prepare(
                         "SELECT id, subject, person, since_day, reason, mac FROM exclusion "
                         "WHERE matter = ? ORDER BY since_day, id")
                     .Bind(matter.id);
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      Found one;
      one.view.id = query.IdAt<ExclusionId>(0);
      one.view.matter = matter.id;
      one.view.subject = query.IdAt<SubjectId>(1);
      one.person = query.IdAt<PersonId>(2);
      one.view.since = Day::FromNumber(static_cast<std::int32_t>(query.Int(3)));
      one.reason = query.Blob(4);
      if (!EqualConstantTime(ExclusionMac(core_, one.view, one.person), query.Blob(5))) {
        return Corrupt("a row of the register was changed");
      }
      found.push_back(std::move(one));
    }
  }
  std::vector<ExclusionView> views;
  for (Found& one : found) {
    // Who is kept from a subject is not told what of it is kept from them.
    if (actor.Excluded(one.view.subject)) continue;
    TRY(const PersonView person, View(one.person));
    if (!all && person.agency != actor.agency()) continue;
    one.view.email = person.email;
    const std::string column = ReasonColumn(one.view.id);
    TRY(one.view.reason, core_.OpenLabel(ReasonPlace(matter.id, matter.slot, column), one.reason));
    views.push_back(std::move(one.view));
  }
  return views;
}

}  // namespace vault
