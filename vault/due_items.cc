#include "vault/due_items.h"

#include "vault/hold_rows.h"

namespace vault {
namespace {

void Keep(WeighedItem& item, std::string_view reason) {
  item.judgement.verdict.state = RetentionState::kKeep;
  item.judgement.verdict.reason = reason;
  item.judgement.order.reset();
}

}  // namespace

Result<const DueItems::Known*> DueItems::Matter(const MatterId& id) {
  if (!known_ || known_->row.id != id) {
    known_.reset();
    TRY(MatterRow row, matters_.Load(id));
    TRY(MatterFacts events, matters_.Facts(row));
    known_ = Known{std::move(row), std::move(events)};
  }
  return const_cast<const Known*>(&*known_);
}

Result<std::vector<ShredItem>> DueItems::On(Day day) {
  known_.reset();
  TRY(std::vector<ShredItem> items, Between(Day::FromNumber(0), day));
  struct Kind {
    EntryType type;
    std::string_view sql;
  };
  for (const Kind& kind :
       {Kind{EntryType::kSubject,
             "SELECT slot, id FROM subject WHERE state = 'live' AND due_day <= ? ORDER BY matter"},
        Kind{EntryType::kMatter,
             "SELECT slot, id FROM matter WHERE state = 'live' AND due_day <= ?"},
        Kind{EntryType::kPseudonym,
             "SELECT pseudonym_slot, id FROM matter WHERE state = 'destroyed' AND "
             "ended_day <= ?"}}) {
    auto query = core_.database->Prepare(kind.sql).Bind(day.number());
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      items.push_back({query.U32(0), kind.type, query.IdAt<ObjectId>(1), 0});
    }
  }
  return items;
}

Result<std::vector<ShredItem>> DueItems::Between(Day after, Day until) {
  std::vector<ShredItem> items;
  auto query = core_.database
                   ->Prepare(
                       "SELECT version.slot, version.document, version.version FROM version "
                       "INDEXED BY version_due JOIN document ON document.id = version.document "
                       "WHERE version.state = 'live' AND version.due_day > ? AND "
                       "version.due_day <= ? ORDER BY document.matter, version.slot")
                   .Bind(after.number(), until.number());
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return items;
    items.push_back({query.U32(0), EntryType::kDocument, query.IdAt<ObjectId>(1), query.U32(2)});
  }
}

Result<std::vector<ShredItem>> DueItems::RunningLoans() {
  std::vector<ShredItem> items;
  auto query = core_.database->Prepare(
      "SELECT slot, id FROM loan WHERE state IN ('closed', 'open') ORDER BY matter");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return items;
    items.push_back({query.U32(0), EntryType::kLoan, query.IdAt<ObjectId>(1), 0});
  }
}

Result<WeighedItem> DueItems::Weigh(const ShredItem& item, Approval approval) {
  switch (item.type) {
    case EntryType::kDocument:
      return WeighDocument(item, approval);
    case EntryType::kLoan:
      return WeighLoan(item);
    case EntryType::kSubject:
    case EntryType::kMatter:
      return WeighDetails(item, approval);
    case EntryType::kPseudonym:
      return WeighNames(item);
    default:
      return Invalid("no rule ends a key of this kind");
  }
}

Result<WeighedItem> DueItems::WeighFacts(const MatterId& matter, RetentionFacts facts) {
  TRY(const Known* const known, Matter(matter));
  WeighedItem out;
  out.facts = std::move(facts);
  out.facts.matter = matter;
  out.judgement = known->row.rules->Weigh(known->events, out.facts, core_.time->Now());
  out.matter_ref = known->row.ref;
  return out;
}

Result<WeighedItem> DueItems::WeighDocument(const ShredItem& item, Approval approval) {
  const DocumentId id(item.object.bytes());
  TRY(const DocumentRow document, documents_.Load(id));
  TRY(const std::vector<VersionRow> versions, documents_.Versions(id));
  std::optional<UnixSeconds> kept_until;
  {
    auto query =
        core_.database->Prepare("SELECT kept_until FROM version WHERE document = ? AND version = ?")
            .Bind(id, item.version);
    TRY(const bool found, query.Step());
    if (!found) return NotFound("no such document");
    if (!query.IsNull(0)) kept_until = query.Int(0);
  }
  for (const VersionRow& version : versions) {
    if (version.version != item.version) continue;
    TRY(const Known* const known, Matter(document.matter));
    TRY(const OwnFacts own, Deadlines::OwnFactsOf(matters_, known->row, document));
    RetentionFacts facts = Deadlines::FactsOf(document, version, versions, own);
    facts.approved = approval == Approval::kByTwo;
    TRY(facts.held, IsHeld(core_, EntryType::kDocument, facts.object));
    TRY(WeighedItem out, WeighFacts(document.matter, std::move(facts)));
    if (version.state != "live") Keep(out, "it has been destroyed");
    if (kept_until && core_.time->Now().low < *kept_until) {
      Keep(out, "two people's decision put its end off");
      out.judgement.verdict.due = kept_until;
    }
    return out;
  }
  return NotFound("no such document");
}

Result<WeighedItem> DueItems::WeighLoan(const ShredItem& item) {
  RetentionFacts facts;
  facts.type = EntryType::kLoan;
  facts.object = item.object;
  MatterId matter;
  {
    auto query = core_.database
                     ->Prepare(
                         "SELECT matter, slot, kind, ends FROM loan WHERE id = ? AND "
                         "state IN ('closed', 'open')")
                     .Bind(item.object);
    TRY(const bool found, query.Step());
    if (!found) return NotFound("no such loan");
    matter = query.IdAt<MatterId>(0);
    facts.slot = query.U32(1);
    facts.loan = LoanKindFromName(query.Text(2));
    facts.end = query.Int(3);
  }
  return WeighFacts(matter, std::move(facts));
}

Result<bool> DueItems::Hangs(const ShredItem& item) {
  const std::string_view sql =
      item.type == EntryType::kSubject
          ? "SELECT 1 FROM version JOIN document ON document.id = version.document WHERE "
            "document.subject = ?1 AND version.state != 'destroyed' UNION ALL "
            "SELECT 1 FROM loan WHERE matter = (SELECT matter FROM subject WHERE id = ?1) AND "
            "subject = ?1 AND state != 'ended'"
          : "SELECT 1 FROM document JOIN version ON version.document = document.id WHERE "
            "document.matter = ?1 AND version.state != 'destroyed' UNION ALL "
            "SELECT 1 FROM subject WHERE matter = ?1 AND state != 'destroyed' UNION ALL "
            "SELECT 1 FROM loan WHERE matter = ?1 AND state != 'ended' UNION ALL "
            "SELECT 1 FROM share WHERE matter = ?1 AND state != 'ended'";
  auto query = core_.database->Prepare(sql).Bind(item.object);
  return query.Step();
}

// The moment stands in the tree, sealed: the register's day only says when to look.
Result<WeighedItem> DueItems::WeighDetails(const ShredItem& item, Approval approval) {
  RetentionFacts facts;
  facts.type = item.type;
  facts.object = item.object;
  facts.slot = item.slot;
  facts.approved = approval == Approval::kByTwo;
  MatterId matter(item.object.bytes());
  if (item.type == EntryType::kSubject) {
    auto query =
        core_.database->Prepare("SELECT matter FROM subject WHERE id = ?").Bind(item.object);
    TRY(const bool found, query.Step());
    if (!found) return NotFound("no such subject");
    matter = query.IdAt<MatterId>(0);
  }
  TRY(const SlotEntry entry, core_.keeper->Look(item.slot));
  if (entry.type != item.type || entry.object != item.object) {
    return NotFound("its key is destroyed");
  }
  if (entry.deadline != kNoDeadline) facts.end = entry.deadline;
  TRY(facts.held, IsHeld(core_, item.type, item.object));
  TRY(WeighedItem out, WeighFacts(matter, std::move(facts)));
  TRY(const bool hangs, Hangs(item));
  if (hangs) Keep(out, "something that needs these details is still there");
  return out;
}

Result<WeighedItem> DueItems::WeighNames(const ShredItem& item) {
  WeighedItem out;
  out.facts.type = EntryType::kPseudonym;
  out.facts.slot = item.slot;
  const ProcessRules* rules = nullptr;
  {
    auto query = core_.database
                     ->Prepare(
                         "SELECT id, template, template_version, ended_day FROM matter WHERE "
                         "pseudonym_slot = ? AND state = 'destroyed'")
                     .Bind(item.slot);
    TRY(const bool found, query.Step());
    if (!found) return NotFound("no such matter");
    out.facts.matter = query.IdAt<MatterId>(0);
    TRY(rules, core_.rules->Find(query.Text(1), query.U32(2)));
    const Day ended = Day::FromNumber(static_cast<std::int32_t>(query.Int(3)));
    out.facts.end = rules->NamesEnd(LondonMidnight(ended));
  }
  TRY(const SlotEntry entry, core_.keeper->Look(item.slot));
  if (entry.type != EntryType::kPseudonym) return NotFound("its key is destroyed");
  out.facts.object = entry.object;
  TRY(out.facts.held, IsHeld(core_, EntryType::kPseudonym, AsObject(out.facts.matter)));
  out.judgement = rules->Weigh(MatterFacts(), out.facts, core_.time->Now());
  return out;
}

}  // namespace vault
