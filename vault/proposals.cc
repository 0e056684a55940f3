#include "vault/proposals.h"

#include <algorithm>
#include <set>

#include "vault/agencies.h"
#include "vault/base/text.h"

namespace vault {
namespace {

constexpr std::size_t kMostReason = 1000;

std::string_view StateOf(Proposals::Kind kind) {
  return kind == Proposals::Kind::kProposed ? "proposed" : "waiting";
}

// KeyOf is what makes two sweeps' finds the same batch.
std::string KeyOf(const MatterId& matter, std::string_view rule, std::string_view trigger) {
  return matter.ToHex() + "\n" + std::string(rule) + "\n" + std::string(trigger);
}

std::vector<DisposalItem> ItemsOf(const std::vector<ShredItem>& keys) {
  std::vector<DisposalItem> items;
  items.reserve(keys.size());
  for (const ShredItem& key : keys) items.push_back({key, ""});
  return items;
}

Status CheckReason(std::string_view reason) {
  if (reason.empty() || reason.size() > kMostReason || !IsUtf8(reason)) {
    return Invalid("a reason has 1 to 1000 characters");
  }
  return Ok();
}

bool IsOfficer(std::string_view names) { return names.starts_with("IGO "); }

}  // namespace

Status Proposals::Keep(Kind kind, const std::vector<Proposal>& found,
                       const std::optional<PersonId>& told) {
  const UnixSeconds now = core_.time->Now().low;
  TRY(std::vector<DisposalRow> stored, rows_.InState(StateOf(kind)));
  std::map<std::string, DisposalRow> before;
  for (DisposalRow& row : stored) {
    std::string key = KeyOf(row.matter.value_or(MatterId()), row.rule, row.trigger);
    before.emplace(std::move(key), std::move(row));
  }
  std::vector<DisposalRow> fresh;
  std::vector<DisposalRow> changed;
  std::map<DisposalId, std::vector<DisposalItem>> items;
  std::vector<LogEntry> lines;
  bool same_set = true;
  for (const Proposal& proposal : found) {
    const std::string digest = ItemsDigest(proposal.items);
    const auto old =
        before.find(KeyOf(proposal.matter, proposal.verdict.rule, proposal.verdict.trigger));
    DisposalRow row;
    const bool is_new = old == before.end();
    if (!is_new) {
      row = std::move(old->second);
      before.erase(old);
    } else {
      row.id = core_.random->NewId<DisposalId>();
      row.kind = "disposal";
      row.state = StateOf(kind);
      row.matter = proposal.matter;
      row.rule = proposal.verdict.rule;
      row.trigger = proposal.verdict.trigger;
      row.authority = proposal.verdict.authority;
      row.proposed = now;
    }
    const bool is_changed = row.digest != digest;
    const bool overdue = now - row.proposed.value_or(now) >= kReminderAfter * (row.reminders + 1);
    same_set = same_set && !is_changed;
    if (!is_changed && !overdue) {
      changed.push_back(std::move(row));
      continue;
    }
    std::string_view type = "disposal.overdue";
    if (is_changed) {
      // What was approved is not what stands here now.
      type = is_new ? (kind == Kind::kProposed ? "disposal.proposed" : "sweep.stopped")
                    : (row.first_approver ? "disposal.approval-void" : "disposal.changed");
      row.first_approver.reset();
      row.first_names.clear();
      row.digest = digest;
      row.objects = proposal.items.size();
      row.due = proposal.verdict.due.value_or(now);
      items[row.id] = ItemsOf(proposal.items);
    } else {
      row.reminders += 1;
    }
    LogEntry entry = core_.Entry(type);
    entry.Add("batch", row.id.ToHex())
        .Add("rule", row.rule)
        .Add("trigger", row.trigger)
        .Add("items", row.objects)
        .Add("items-sha256", row.digest);
    lines.push_back(std::move(entry));
    (is_new ? fresh : changed).push_back(std::move(row));
  }
  // Nothing of these is due any more: held, destroyed on another way, or put off.
  for (const auto& [key, row] : before) {
    LogEntry entry = core_.Entry("disposal.withdrawn");
    entry.Add("batch", row.id.ToHex()).Add("items-sha256", row.digest);
    lines.push_back(std::move(entry));
  }
  same_set = same_set && before.empty();
  bool names_first = false;
  if (kind == Kind::kWaiting) {
    // Of one stopped set there is one first person: whoever was told of exactly this set.
    for (std::vector<DisposalRow>* rows : {&fresh, &changed}) {
      for (DisposalRow& row : *rows) {
        if (!same_set) row.first_approver.reset();
        if (row.first_approver || !told) continue;
        row.first_approver = told;
        names_first = true;
      }
    }
  }
  if (lines.empty() && !names_first) return Ok();
  const auto write = [&]() -> Status {
    for (const DisposalRow& row : fresh) TRY_VOID(rows_.Insert(row));
    for (const DisposalRow& row : changed) TRY_VOID(rows_.Update(row));
    for (const auto& [id, list] : items) TRY_VOID(rows_.ReplaceItems(id, list));
    for (const auto& [key, row] : before) TRY_VOID(rows_.Delete(row.id));
    return Ok();
  };
  if (lines.empty()) {
    TRY(Transaction transaction, Transaction::Begin(*core_.database));
    TRY_VOID(write());
    transaction.Commit();
    return Ok();
  }
  return core_.Record(lines.front(), [&](Transaction& transaction) -> Status {
    TRY_VOID(write());
    for (std::size_t i = 1; i < lines.size(); ++i) {
      TRY([[maybe_unused]] const std::uint64_t index, core_.log->Append(transaction, lines[i]));
    }
    return Ok();
  });
}

Status Proposals::Log(const LogEntry& entry, const DisposalRow& row) {
  return core_.Record(entry,
                      [&]([[maybe_unused]] Transaction& transaction) { return rows_.Update(row); });
}

Status Proposals::Void(DisposalRow row) {
  if (!row.first_approver) return Ok();
  row.first_approver.reset();
  row.first_names.clear();
  LogEntry entry = core_.Entry("disposal.approval-void");
  entry.Add("batch", row.id.ToHex()).Add("items-sha256", row.digest);
  return Log(entry, row);
}

Result<std::string> Proposals::NamesOf(const Actor& actor, const DisposalRow& row) {
  std::string who;
  if (row.matter) {
    TRY(who, core_.Pseudonym(*row.matter, actor.person().view()));
  } else {
    TRY(who, core_.VaultPseudonym(actor.person().view()));
  }
  return (actor.Has("IGO") ? "IGO p:" : "BUO p:") + who;
}

Result<Proposals::Ready> Proposals::Check(DisposalRow row, Approval approval) {
  TRY(const std::vector<DisposalItem> items, rows_.Items(row.id));
  due_.Forget();
  Ready ready;
  bool same = true;
  bool held = false;
  for (const DisposalItem& item : items) {
    auto weighed = due_.Weigh(item.key, approval);
    if (!weighed.ok() && weighed.error().code != Errc::kNotFound) return weighed.error();
    const bool there = weighed.ok() && weighed.value().facts.slot == item.key.slot;
    if (!there) {
      same = false;
      continue;
    }
    TRY(const SlotEntry entry, core_.keeper->Look(item.key.slot));
    held = held || (entry.flags & kFlagHold) != 0 ||
           weighed.value().judgement.verdict.state == RetentionState::kBlocked;
    if (weighed.value().judgement.verdict.state != RetentionState::kDestroy) same = false;
    if (weighed.value().judgement.order) {
      ready.orders.push_back(*std::move(weighed.value().judgement.order));
    }
  }
  if (held) {
    TRY_VOID(Void(std::move(row)));
    return Error{Errc::kHeld, "a hold stands on something in this disposal; look at it again"};
  }
  if (!same) {
    TRY_VOID(Void(std::move(row)));
    return Conflict("this disposal is no longer what it was; sweep, and look at it again");
  }
  ready.row = std::move(row);
  return ready;
}

Result<DisposalRow> Proposals::Proposed(const Actor& actor, const DisposalId& id) {
  TRY_VOID(RequireRole(actor, {"IGO", "BUO"}));
  TRY(DisposalRow row, rows_.Load(id));
  if (row.kind != "disposal") return NotFound("no such disposal");
  if (row.state == "waiting") return Conflict("the breaker stopped this one: release the sweep");
  if (row.state != "proposed") return Conflict("this disposal waits for nobody's approval");
  return row;
}

Result<std::vector<Decided>> Proposals::First(const Actor& actor, std::vector<Ready> ready,
                                              std::string_view type) {
  std::vector<Decided> out;
  for (Ready& one : ready) {
    DisposalRow& row = one.row;
    row.first_approver = actor.person();
    TRY(row.first_names, NamesOf(actor, row));
    TRY(const std::string who, row.matter ? core_.Pseudonym(*row.matter, actor.person().view())
                                          : core_.VaultPseudonym(actor.person().view()));
    LogEntry entry = core_.Entry(type);
    entry.Person("actor", who)
        .Add("batch", row.id.ToHex())
        .Add("approval", 1U)
        .Add("items", row.objects)
        .Add("items-sha256", row.digest);
    TRY_VOID(Log(entry, row));
    out.push_back({row.id, row.state, 1, {}});
  }
  return out;
}

Result<std::vector<Decided>> Proposals::Carry(std::vector<Ready> ready, const Actor& actor,
                                              std::string_view mandate) {
  std::vector<DisposalGroup> groups;
  std::vector<DisposalId> ids;
  for (Ready& one : ready) {
    const DisposalRow& row = one.row;
    TRY(const std::string second, NamesOf(actor, row));
    TRY(const std::string who, row.matter ? core_.Pseudonym(*row.matter, actor.person().view())
                                          : core_.VaultPseudonym(actor.person().view()));
    LogEntry entry =
        core_.Entry(mandate == "released-by-two" ? "sweep.released" : "disposal.approved");
    entry.Person("actor", who)
        .Add("batch", row.id.ToHex())
        .Add("approval", 2U)
        .Add("items", row.objects)
        .Add("items-sha256", row.digest);
    TRY_VOID(Log(entry, row));
    // The first of a stopped set may be a person who was told by the sweep, before any name of
    // theirs was written for this matter.
    std::string first = row.first_names;
    if (first.empty() && row.first_approver) {
      TRY(first, row.matter ? core_.Pseudonym(*row.matter, row.first_approver->view())
                            : core_.VaultPseudonym(row.first_approver->view()));
      first = "p:" + first;
    }
    ids.push_back(row.id);
    groups.push_back(
        {row.id, std::move(one.orders), Mandate{std::string(mandate), who, {first, second}}});
  }
  TRY(std::vector<DisposalOutcome> outcomes, disposal_.DisposeAll(std::move(groups)));
  std::vector<Decided> out;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    // Holds may have taken everything out of it at the last moment.
    const auto row = rows_.Load(ids[i]);
    out.push_back({ids[i], row.ok() ? row.value().state : "withdrawn", 2, std::move(outcomes[i])});
  }
  return out;
}

Result<std::vector<Decided>> Proposals::Approve(const Actor& actor,
                                                const std::vector<DisposalId>& ids,
                                                const std::optional<std::string>& digest) {
  const Core::Lock lock = core_.Locked();
  std::vector<Ready> first;
  std::vector<Ready> second;
  std::set<DisposalId> seen;
  for (const DisposalId& id : ids) {
    if (!seen.insert(id).second) continue;
    TRY(DisposalRow row, Proposed(actor, id));
    if (digest && *digest != row.digest) {
      return Conflict("this disposal is no longer the one that was looked at");
    }
    if (row.first_approver == actor.person()) {
      return Conflict("you approved this already: a second person must");
    }
    const bool is_second = row.first_approver.has_value();
    if (is_second && !IsOfficer(row.first_names) && !actor.Has("IGO")) {
      return Denied("one of the two is an information governance officer");
    }
    TRY(Ready ready, Check(std::move(row), Approval::kByTwo));
    (is_second ? second : first).push_back(std::move(ready));
  }
  TRY(std::vector<Decided> out, First(actor, std::move(first), "disposal.approved"));
  if (!second.empty()) {
    TRY(std::vector<Decided> done, Carry(std::move(second), actor, "approved-by-two"));
    out.insert(out.end(), std::make_move_iterator(done.begin()),
               std::make_move_iterator(done.end()));
  }
  const auto place = [&ids](const Decided& one) {
    return std::find(ids.begin(), ids.end(), one.id) - ids.begin();
  };
  std::sort(out.begin(), out.end(),
            [&](const Decided& a, const Decided& b) { return place(a) < place(b); });
  return out;
}

Result<std::vector<Decided>> Proposals::Release(const Actor& actor) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"IGO", "BUO"}));
  TRY(std::vector<DisposalRow> rows, rows_.InState("waiting"));
  if (rows.empty()) return Conflict("the breaker has stopped nothing");
  const std::optional<PersonId> told = rows.front().first_approver;
  const bool is_second = told && std::all_of(rows.begin(), rows.end(), [&](const DisposalRow& row) {
                           return row.first_approver == told;
                         });
  if (is_second && *told == actor.person()) {
    return Conflict("you ran or released this sweep already: a second person must release it");
  }
  std::vector<Ready> ready;
  for (DisposalRow& row : rows) {
    // They need no approval by their rule: the judge orders them by itself.
    TRY(Ready one, Check(std::move(row), Approval::kNone));
    ready.push_back(std::move(one));
  }
  if (!is_second) return First(actor, std::move(ready), "sweep.released");
  return Carry(std::move(ready), actor, "released-by-two");
}

Result<Bytes> Proposals::SealDecision(const DisposalRow& row, std::string_view reason) {
  if (!row.matter) return Invalid("this disposal belongs to no matter");
  TRY(const MatterRow matter, matters_.Load(*row.matter));
  return core_.SealLabel(
      {matter.slot, AsObject(matter.id), "disposal", "decision:" + row.id.ToHex()}, reason);
}

Status Proposals::SendBack(const Actor& actor, const DisposalId& id, std::string_view reason) {
  const Core::Lock lock = core_.Locked();
  TRY(DisposalRow row, Proposed(actor, id));
  TRY_VOID(CheckReason(reason));
  if (!row.first_approver) return Conflict("nobody has approved this yet");
  TRY(row.decision, SealDecision(row, reason));
  row.first_approver.reset();
  row.first_names.clear();
  TRY(const std::string who, core_.Pseudonym(*row.matter, actor.person().view()));
  LogEntry entry = core_.Entry("disposal.sent-back");
  entry.Person("actor", who).Add("batch", id.ToHex()).Add("items-sha256", row.digest);
  return Log(entry, row);
}

Status Proposals::Extend(const Actor& actor, const DisposalId& id, Day until,
                         std::string_view reason) {
  const Core::Lock lock = core_.Locked();
  TRY(DisposalRow row, Proposed(actor, id));
  TRY_VOID(CheckReason(reason));
  const Day today = LondonDay(core_.time->Now().low);
  if (until <= today) return Invalid("a record is put off to a day in the future");
  if (until > today.PlusMonths(kMostMonthsAtOnce)) {
    return Invalid("a record is put off for at most twelve months at once");
  }
  if (until > LondonDay(row.due).PlusMonths(kMostMonthsInAll)) {
    return Invalid("a record is put off to at most three years after it fell due");
  }
  TRY(const std::vector<DisposalItem> items, rows_.Items(id));
  for (const DisposalItem& item : items) {
    if (item.key.type != EntryType::kDocument) {
      return Conflict("details follow what is filed: put that off");
    }
  }
  TRY(row.decision, SealDecision(row, reason));
  row.state = "extended";
  row.done = core_.time->Now().low;
  TRY(const std::string who, core_.Pseudonym(*row.matter, actor.person().view()));
  LogEntry entry = core_.Entry("disposal.extended");
  entry.Person("actor", who)
      .Add("batch", id.ToHex())
      .Add("until", until.ToText())
      .Add("items", items.size())
      .Add("items-sha256", row.digest);
  return core_.Record(entry, [&](Transaction& transaction) -> Status {
    Statement put_off = transaction.database().Prepare(
        "UPDATE version SET kept_until = ?, due_day = NULL WHERE document = ? AND version = ?");
    for (const DisposalItem& item : items) {
      TRY_VOID(put_off.Bind(LondonMidnight(until), item.key.object, item.key.version).Run());
    }
    TRY_VOID(rows_.DropItems(id));
    return rows_.Update(row);
  });
}

Result<ReviewSheet> Proposals::Sheet(const Actor& actor, const DisposalId& id) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"IGO", "BUO"}));
  ReviewSheet sheet;
  TRY(sheet.row, rows_.Load(id));
  if (sheet.row.kind != "disposal") return NotFound("no such disposal");
  TRY(const std::vector<DisposalItem> items, rows_.Items(id));
  Statement document = core_.database->Prepare(
      "SELECT document.class, document.owner, version.day FROM document JOIN version ON "
      "version.document = document.id WHERE document.id = ? AND version.version = ?");
  for (const DisposalItem& item : items) {
    ReviewItem line;
    line.id = item.key.object.ToHex();
    line.kind = EntryTypeName(item.key.type);
    if (item.key.type == EntryType::kDocument) {
      line.version = item.key.version;
      TRY(const bool found, document.Bind(item.key.object, item.key.version).Step());
      if (found) {
        line.class_code = document.Text(0);
        line.agency = document.Text(1);
        line.filed = Day::FromNumber(static_cast<std::int32_t>(document.Int(2)));
      }
    }
    sheet.classes[line.class_code.empty() ? line.kind : line.class_code] += 1;
    sheet.items.push_back(std::move(line));
  }
  if (!sheet.row.matter) return sheet;
  {
    auto holds = core_.database
                     ->Prepare(
                         "SELECT scope, placed_day, review_day FROM hold WHERE matter = ? AND "
                         "state = 'running' ORDER BY placed_day")
                     .Bind(*sheet.row.matter);
    while (true) {
      TRY(const bool more, holds.Step());
      if (!more) break;
      sheet.holds.push_back({holds.Text(0),
                             Day::FromNumber(static_cast<std::int32_t>(holds.Int(1))),
                             Day::FromNumber(static_cast<std::int32_t>(holds.Int(2)))});
    }
  }
  const auto matter = matters_.Load(*sheet.row.matter);
  if (!matter.ok()) return sheet;
  sheet.matter_ref = matter.value().ref;
  if (sheet.row.decision.empty()) return sheet;
  TRY(sheet.decision, core_.OpenLabel({matter.value().slot, AsObject(matter.value().id), "disposal",
                                       "decision:" + id.ToHex()},
                                      sheet.row.decision));
  return sheet;
}

}  // namespace vault
