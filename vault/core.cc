#include "vault/core.h"

#include "vault/base/wire.h"
#include "vault/space.h"

namespace vault {

std::shared_ptr<StreamTicket> Streams::Enter(const std::vector<SlotNumber>& slots) {
  const std::lock_guard lock(mutex_);
  std::erase_if(tickets_, [](const auto& entry) { return entry.second.expired(); });
  auto ticket = std::make_shared<StreamTicket>();
  for (const SlotNumber slot : slots) tickets_.emplace(slot, ticket);
  return ticket;
}

void Streams::Cancel(SlotNumber slot) {
  const std::lock_guard lock(mutex_);
  const auto [first, last] = tickets_.equal_range(slot);
  for (auto it = first; it != last; ++it) {
    if (const auto ticket = it->second.lock()) ticket->cancelled = true;
  }
  tickets_.erase(first, last);
}

AuditLog::Act Core::WithMarks(AuditLog::Act act) {
  return [this, act = std::move(act)](Transaction& transaction) -> Status {
    const auto write = [&]() -> Status {
      // Before anything is done: without room the commit would stop the process.
      TRY_VOID(Space(*disk, data_folder).MakeRoom());
      TRY_VOID(act(transaction));
      return WriteMarks();
    };
    const Status written = write();
    if (!written.ok()) NoteStrays();
    return written;
  };
}

// An act that fails after its slots were filled leaves keys that no row names. The counter stays
// where it is from then on: it is what lets the next comparison look for them.
void Core::NoteStrays() {
  const auto stored = Meta("inserts");
  if (!stored.ok() || WireReader(stored.value()).U64() != keeper->inserts()) reconciled = false;
}

Status Core::WriteMarks() {
  TRY_VOID(SetMeta("mark", WireWriter().U64(static_cast<std::uint64_t>(time->Mark())).bytes()));
  // A slot may have been filled on the way to losing the standby, and its act refused.
  if (!reconciled || !keeper->Whole().ok()) return Ok();
  return SetMeta("inserts", WireWriter().U64(keeper->inserts()).bytes());
}

Status Core::Share(SharedAct& act) {
  shared_.Take(act);
  return act.outcome;
}

void Core::CommitShared(std::span<GroupCommit::Turn* const> turns) {
  std::vector<SharedAct*> acts;
  for (GroupCommit::Turn* turn : turns) acts.push_back(static_cast<SharedAct*>(turn));
  const std::vector<AuditLog::GroupAct*> group(acts.begin(), acts.end());
  log->RecordGroup(group, time->Now().low, [&](Transaction&) -> Status {
    TRY_VOID(Space(*disk, data_folder).MakeRoom());
    // The slots of the acts that got this far, in one commit of the tree, before the register's.
    std::vector<KeyKeeper::Filling> fillings;
    for (const SharedAct* act : acts) {
      if (act->outcome.ok() && act->filling) fillings.push_back(*act->filling);
    }
    if (!fillings.empty()) TRY_VOID(keeper->Fill(fillings));
    return WriteMarks();
  });
}

Status Core::Record(const LogEntry& entry, const AuditLog::Act& act) {
  const bool whole = keeper->Whole().ok();
  TRY([[maybe_unused]] const std::uint64_t index, log->Record(entry, WithMarks(act)));
  return whole ? Answerable() : Ok();
}

// What was lost on the way there stands here and is no success yet: with the primary it would be
// gone. Nor is it a failure that leaves everything as it was, and who took it for one would do it
// twice. An act may have more than this one commit.
Status Core::Answerable() const {
  if (keeper->Whole().ok()) return Ok();
  return Unavailable(
      "this is recorded here as far as it came, and the standby copy, which was lost meanwhile, "
      "may lack it: look before you do it again. it is complete once the standby follows again; if "
      "the standby is promoted instead, what it lacks has to be done again");
}

LogEntry Core::Entry(std::string_view type) const { return LogEntry(type, time->Now().low); }

Result<std::string> Core::Pseudonym(const MatterId& matter, ByteView id) {
  auto query = database->Prepare("SELECT pseudonym_slot FROM matter WHERE id = ?").Bind(matter);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such matter");
  return keeper->Pseudonym(query.U32(0), id);
}

Result<std::string> Core::VaultPseudonym(ByteView id) {
  return keeper->Pseudonym(pseudonym_slot, id);
}

Result<Bytes> Core::Meta(std::string_view key) {
  auto query = database->Prepare("SELECT value FROM meta WHERE key = ?").Bind(key);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such setting");
  return query.Blob(0);
}

Status Core::SetMeta(std::string_view key, ByteView value) {
  return database
      ->Prepare(
          "INSERT INTO meta(key, value) VALUES(?, ?) "
          "ON CONFLICT(key) DO UPDATE SET value = excluded.value")
      .Bind(key, value)
      .Run();
}

Result<Bytes> Core::SealLabel(const Place& place, std::string_view text) {
  return keeper->SealLabel(place.slot, place.object, 0,
                           {place.table, place.column, place.object, place.row_version},
                           AsBytes(text));
}

Result<std::string> Core::OpenLabel(const Place& place, ByteView sealed) {
  TRY(const Plaintext text,
      keeper->OpenLabel(place.slot, place.object, 0,
                        {place.table, place.column, place.object, place.row_version}, sealed));
  return std::string(text.text());
}

Result<Bytes> Core::SealTime(const Place& place, UnixSeconds moment) {
  const Bytes bytes = WireWriter().U64(static_cast<std::uint64_t>(moment)).bytes();
  return SealLabel(place, AsText(bytes));
}

Result<UnixSeconds> Core::OpenTime(const Place& place, ByteView sealed) {
  TRY(const std::string text, OpenLabel(place, sealed));
  WireReader reader(AsBytes(text));
  const auto moment = static_cast<UnixSeconds>(reader.U64());
  TRY_VOID(reader.Finish());
  return moment;
}

}  // namespace vault
