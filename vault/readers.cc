#include "vault/readers.h"

#include <algorithm>
#include <tuple>

#include "vault/agencies.h"
#include "vault/base/day_words.h"

namespace vault {
namespace {

std::string Sentence(const AccessView& view, const VersionRow& version, bool excluded) {
  if (excluded) return "kept away for a conflict of interest";
  if (version.state != "live") return "the document is destroyed";
  switch (view.verdict.code) {
    case ReadingCode::kNone:
    case ReadingCode::kAgg:
      return "no rule gives it to their roles";
    case ReadingCode::kMeta:
      return "may know that it exists, and not open it";
    default:
      break;
  }
  if (view.route == OpeningRoute::kNamed) return "named as its reader";
  if (view.route == OpeningRoute::kOwner) {
    return view.may_open ? "their agency filed it"
                         : "their agency filed it, and they are no member";
  }
  if (view.route == OpeningRoute::kUnit) {
    return view.may_open ? "the unit administers the matter" : "they are no member of the matter";
  }
  if (view.may_open) {
    return "their agency's " + std::string(LoanKindName(view.loan->kind)) + " carries it until " +
           DayWords(LondonDay(view.loan->ends));
  }
  if (view.loan && view.loan->state == "closed") {
    return "their agency's " + std::string(LoanKindName(view.loan->kind)) +
           " carries it and is not released";
  }
  return view.ended ? "their agency's loan has ended" : "no loan to their agency carries it";
}

}  // namespace

// The next releases are the events that the template awaits and that open loans.
Readers::Moment Readers::AfterRelease(const MatterRow& matter, const MatterFacts& now,
                                      UnixSeconds at) {
  Moment moment{now, {}};
  for (const DueItem& item : matter.rules->Due(now)) {
    if (item.event.empty() || now.Has(item.event)) continue;
    const auto rule = matter.rules->Event(item.event);
    if (!rule.ok() || rule.value().opens_loans.empty()) continue;
    if (!matter.rules->CheckEvent(now, item.event).ok()) continue;
    moment.events.events.push_back({item.event, at});
    moment.as_if_open.insert(moment.as_if_open.end(), rule.value().opens_loans.begin(),
                             rule.value().opens_loans.end());
  }
  return moment;
}

Result<ReaderStanding> Readers::Weigh(const Reader& reader, const MatterRow& matter,
                                      const DocumentRow& document, const VersionRow& version,
                                      const Moment& moment) {
  TRY(const AccessView view,
      access_.Weigh(reader, {matter, document, version, moment.events, moment.as_if_open}));
  const bool excluded =
      document.subject && std::find(reader.excluded.begin(), reader.excluded.end(),
                                    *document.subject) != reader.excluded.end();
  return ReaderStanding{view.may_know, view.may_open,
                        std::string(ReadingCodeName(view.verdict.code)), view.verdict.rule,
                        Sentence(view, version, excluded)};
}

Result<std::vector<ReaderView>> Readers::Of(const Actor& actor, const DocumentId& id) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "IGO", "DPO"}));
  TRY(const DocumentRow document, documents_.Load(id));
  // From whom the subject is kept, its readers are kept too.
  if (document.subject && actor.Excluded(*document.subject)) return NotFound("no such document");
  TRY(const VersionRow version, documents_.LoadVersion(id, document.latest));
  TRY(const MatterRow matter, matters_.Load(document.matter));
  TRY(const MatterFacts events, matters_.Facts(matter));
  const Moment now{events, {}};
  const Moment released = AfterRelease(matter, events, core_.time->Now().low);
  TRY(const std::vector<PersonRow> people, LoadPeople(core_));
  std::vector<ReaderView> views;
  for (const PersonRow& row : people) {
    if (row.until && core_.time->Now().high >= *row.until) continue;
    TRY(const std::vector<std::string> roles, people_.ActingRoles(row.id));
    TRY(const std::vector<SubjectId> excluded, ExcludedOf(row));
    const Reader reader{row.id, row.agency, row.agency == core_.unit, roles, excluded};
    ReaderView view;
    TRY(view.now, Weigh(reader, matter, document, version, now));
    TRY(view.released, Weigh(reader, matter, document, version, released));
    const bool kept = document.subject && std::find(excluded.begin(), excluded.end(),
                                                    *document.subject) != excluded.end();
    if (!kept && !view.now.may_know && !view.released.may_know) continue;
    TRY(const PersonView person, people_.View(row.id));
    view.email = person.email;
    view.agency = row.agency;
    view.roles = roles;
    views.push_back(std::move(view));
  }
  std::sort(views.begin(), views.end(), [](const ReaderView& a, const ReaderView& b) {
    return std::tie(a.agency.text(), a.email) < std::tie(b.agency.text(), b.email);
  });
  return views;
}

}  // namespace vault
