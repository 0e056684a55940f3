#include "vault/explain.h"

#include <utility>

#include "vault/base/day_words.h"

namespace vault {
namespace {

std::string DayText(UnixSeconds time) { return DayWords(LondonDay(time)); }

std::string Counted(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

std::string LinkWords(const Explanation& why) {
  if (why.links.empty()) return "No running link carries it. ";
  std::string text =
      Counted(why.links.size(), "running link carries it", "running links carry it") + " (";
  for (std::size_t i = 0; i < why.links.size(); ++i) {
    const ExplainedLink& link = why.links[i];
    if (i != 0) text += "; ";
    text += "until " + DayText(link.ends) + ", used " + std::to_string(link.used) + " of " +
            std::to_string(link.uses) + " times";
  }
  return text + "). ";
}

std::string Paragraph(const Explanation& why) {
  const RetentionVerdict& verdict = why.verdict;
  if (why.state == "destroyed") {
    return "This document (class " + why.class_code + ", agency " + why.agency +
           ") has been destroyed; nothing but its class, agency and day is left here.";
  }
  std::string text = "Version " + std::to_string(why.version) + " of this document (class " +
                     why.class_code + ", agency " + why.agency + ")";
  text += verdict.rule.empty() ? " stands under no rule" : " is kept under " + verdict.rule;
  if (!verdict.authority.empty()) text += ", on this authority: " + verdict.authority;
  text += ". ";
  if (verdict.due) {
    text += "It falls due on " + DayText(*verdict.due);
    if (!verdict.trigger.empty()) text += ", counted from " + verdict.trigger;
    text += ". ";
  } else if (!verdict.trigger.empty()) {
    text += "Its time counts from " + verdict.trigger + ". ";
  }
  if (!verdict.reason.empty()) text += "Today: " + verdict.reason + ". ";
  if (why.state == "proposed") {
    text += "It is proposed for destruction and waits for two people. ";
  } else if (why.state == "waiting") {
    text += "The breaker stopped its destruction; two people must release it. ";
  }
  if (why.holds.empty()) {
    text += "No hold stands on it. ";
  } else {
    text += Counted(why.holds.size(), "hold keeps it", "holds keep it") + " (";
    for (std::size_t i = 0; i < why.holds.size(); ++i) {
      if (i != 0) text += "; ";
      text += "on the " + why.holds[i].scope + ", review " + DayWords(why.holds[i].review);
    }
    text += "). ";
  }
  text += LinkWords(why);
  if (why.loans.empty()) return text + "No running loan carries it.";
  text += Counted(why.loans.size(), "running loan carries it", "running loans carry it") + " (";
  for (std::size_t i = 0; i < why.loans.size(); ++i) {
    const ExplainedLoan& loan = why.loans[i];
    if (i != 0) text += "; ";
    text += loan.kind + " to " + loan.party + ", " + loan.state + ", at the latest until " +
            DayText(loan.ends);
  }
  return text + ").";
}

}  // namespace

Status Explain::AddHolds(const DocumentRow& document, Explanation& out) {
  auto query = core_.database
                   ->Prepare(
                       "SELECT scope, placed_day, review_day FROM hold WHERE state = 'running' AND "
                       "(object = ?1 OR object = ?2 OR object = ?3) ORDER BY placed_day")
                   .Bind(document.id, document.matter, document.subject);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return Ok();
    out.holds.push_back({query.Text(0), Day::FromNumber(static_cast<std::int32_t>(query.Int(1))),
                         Day::FromNumber(static_cast<std::int32_t>(query.Int(2)))});
  }
}

Status Explain::AddLoans(Explanation& out) {
  auto query = core_.database
                   ->Prepare(
                       "SELECT loan.kind, compartment.kind, compartment.agency, loan.state, "
                       "loan.ends FROM loan_box JOIN loan ON loan.id = loan_box.loan JOIN "
                       "compartment ON compartment.party = loan.party WHERE loan_box.object = ? "
                       "AND loan_box.version = ? AND loan_box.state = 'live' AND "
                       "loan.state IN ('closed', 'open') ORDER BY loan.kind, compartment.agency")
                   .Bind(out.id, out.version);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return Ok();
    const std::string agency = query.Text(2);
    out.loans.push_back(
        {query.Text(0), agency.empty() ? query.Text(1) : agency, query.Text(3), query.Int(4)});
  }
}

// What a link carries stands in a label of its own: the documents' ids, one behind the other.
Status Explain::AddLinks(const DocumentRow& document, Explanation& out) {
  struct Found {
    ShareId id;
    SlotNumber slot = 0;
    ExplainedLink link;
    Bytes contents;
  };
  std::vector<Found> running;
  {
    auto query = core_.database
                     ->Prepare(
                         "SELECT id, slot, ends, uses, used, contents FROM share WHERE "
                         "matter = ? AND state = 'running' ORDER BY ends, id")
                     .Bind(document.matter);
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      Found found;
      found.id = query.IdAt<ShareId>(0);
      found.slot = query.U32(1);
      found.link = {found.id.ToHex(), query.Int(2), query.U32(3), query.U32(4)};
      found.contents = query.Blob(5);
      running.push_back(std::move(found));
    }
  }
  const std::string wanted = document.id.ToHex();
  for (Found& found : running) {
    TRY(const std::string listing,
        core_.OpenLabel({found.slot, AsObject(found.id), "share", "contents"}, found.contents));
    for (std::size_t at = 0; at + wanted.size() <= listing.size(); at += wanted.size()) {
      if (listing.compare(at, wanted.size(), wanted) != 0) continue;
      out.links.push_back(std::move(found.link));
      break;
    }
  }
  return Ok();
}

Status Explain::AddState(Explanation& out) {
  switch (out.verdict.state) {
    case RetentionState::kKeep:
      out.state = "live";
      break;
    case RetentionState::kBlocked:
      out.state = "held";
      break;
    case RetentionState::kProposed:
    case RetentionState::kDestroy:
      out.state = "due";
      break;
  }
  auto query = core_.database
                   ->Prepare(
                       "SELECT disposal.state FROM disposal_item JOIN disposal ON disposal.id = "
                       "disposal_item.disposal WHERE disposal_item.object = ? AND "
                       "disposal_item.version = ? AND disposal.state IN ('proposed', 'waiting')")
                   .Bind(out.id, out.version);
  TRY(const bool stored, query.Step());
  if (stored && out.state == "due") out.state = query.Text(0);
  return Ok();
}

Result<Explanation> Explain::Document(const DocumentId& id) {
  const Core::Lock lock = core_.Locked();
  Explanation out;
  TRY(const DocumentRow document, documents_.Load(id));
  TRY(const std::vector<VersionRow> versions, documents_.Versions(id));
  out.id = id;
  out.class_code = document.class_code;
  out.agency = document.owner.text();
  out.state = "destroyed";
  const VersionRow* newest = nullptr;
  for (const VersionRow& version : versions) {
    out.version = version.version;
    if (version.state == "live") newest = &version;
  }
  if (newest != nullptr) {
    out.version = newest->version;
    due_.Forget();
    TRY(const WeighedItem weighed,
        due_.Weigh({newest->slot, EntryType::kDocument, AsObject(id), newest->version},
                   Approval::kNone));
    out.verdict = weighed.judgement.verdict;
    TRY_VOID(AddHolds(document, out));
    TRY_VOID(AddLoans(out));
    TRY_VOID(AddLinks(document, out));
    TRY_VOID(AddState(out));
  }
  out.text = Paragraph(out);
  return out;
}

}  // namespace vault
