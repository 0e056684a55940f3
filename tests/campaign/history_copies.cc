// Backups and restores: what is done to the copies of a vault in a history, some of it by hand,
// while the vault is sealed. The standby: history_standbys.cc.
#include <algorithm>
#include <filesystem>

#include "tests/campaign/history.h"
#include "vault/restore.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBackups = 3;

Status Unwatched(const WorkProgress& /*progress*/) { return Ok(); }

}  // namespace

// ---- backups

History::Act History::BackUp() {
  const bool fresh = backups_.empty() || (backups_.size() < kMostBackups && dice_.Chance(50));
  backing_up_ = fresh ? "backup" + std::to_string(backups_.size() + 1) : dice_.Of(backups_).folder;
  return {
      "backing up", [this]() -> Status {
        TRY([[maybe_unused]] const BackupReport made,
            (*life_)->backups().Make({life_->root() + "/" + backing_up_, std::nullopt}, Unwatched));
        world_.record.Count(Record::kBackups, 1);
        ResolveBackup();
        return Ok();
      }};
}

// A backup is there once its manifest is: whoever made it may not have lived to hear.
void History::ResolveBackup() {
  if (backing_up_.empty()) return;
  judge_->Follow();
  const std::string folder = std::exchange(backing_up_, "");
  const std::string manifest = judge_->platter().Now(folder + "/manifest");
  auto set = std::find_if(backups_.begin(), backups_.end(),
                          [&](const BackupSet& one) { return one.folder == folder; });
  if (manifest.empty() || (set != backups_.end() && set->manifest == manifest)) return;
  if (set == backups_.end()) set = backups_.insert(set, {folder, "", {}});
  set->manifest = manifest;
  set->ledger = ledger_;
}

// CopyFolder is a snapshot of the machine, or somebody's own idea of a backup.
void History::CopyFolder() {
  Tell("somebody copies the data folder");
  old_folder_ = OldFolder{judge_->platter().Copy(home_), judge_->EpochNow()};
}

// An old copy of the whole data folder is put in the place of the vault's: its cell has gone on, so
// it does not open. The folder that was replaced has the current key tree, and a restore names it.
void History::RestoreOldFolder() {
  if (!old_folder_ || backups_.empty() || old_folder_->epoch >= judge_->EpochNow()) return;
  Tell("an old copy of the data folder is put back");
  life_->Seal();
  judge_->Follow();
  constexpr const char* kAside = "aside";
  Platter& platter = judge_->platter();
  platter.Lay(platter.Copy(home_), kAside);
  platter.RemoveBelow(home_);
  platter.Lay(old_folder_->files, home_);
  judge_->Restart();
  in_pieces_ = true;
  clock_.Restart();
  StartLife();
  const Status opened = life_->Unseal();
  if (opened.ok() || opened.error().code != Errc::kConflict) {
    judge_->Accuse("an old copy of the data folder under a newer cell is not refused: " +
                   (opened.ok() ? "it opens" : opened.error().detail));
    Finish();
  }
  judge_->Follow();
  const std::string backup = dice_.Of(backups_).folder;
  Insist({"getting out of an old folder", [this, backup]() -> Status {
            const RestoreWish wish{life_->root() + "/" + backup, life_->root() + "/" + kAside, {}};
            TRY([[maybe_unused]] const StagedRestore staged,
                StageRestore(life_->world(), life_->place(), wish, Unwatched));
            return Ok();
          }});
  Recover("getting out of an old folder");
  world_.record.Count(Record::kRestores, 1);
  // Nobody needs it any more.
  platter.RemoveBelow(kAside);
  judge_->Follow();
  Weigh("after getting out of an old folder");
}

// The register is lost, and perhaps the stored files with it; the key tree is not. A backup brings
// an older register, which must be told what was destroyed since.
void History::RestoreLost() {
  // With a standby the newest register is there: then it is promoted.
  if (backups_.empty() || !standby_.empty() || !coming_standby_.empty()) return;
  const BackupSet set = dice_.Of(backups_);
  const bool all = dice_.Chance(40);
  Tell(std::string("the register is lost") + (all ? ", and all stored files" : ""));
  life_->Seal();
  judge_->Follow();
  Platter& platter = judge_->platter();
  for (const char* suffix : {"", "-wal"}) platter.Remove(RegisterIn(home_) + suffix);
  if (all) platter.RemoveBelow(home_ + "/blobs");
  judge_->BlobsWereLost();
  judge_->Restart();
  clock_.Restart();
  RollBack(set.ledger);
  restored_ = true;
  Insist({"staging a restore", [this, &set]() -> Status {
            const RestoreWish wish{life_->root() + "/" + set.folder, std::nullopt, {}};
            TRY([[maybe_unused]] const StagedRestore staged,
                StageRestore(life_->world(), life_->place(), wish, Unwatched));
            return Ok();
          }});
  Recover("a restore");
  world_.record.Count(Record::kRestores, 1);
  // What the backup's register knows no more is gone from the other sets' point of view as well:
  // they stay what they were.
  judge_->Follow();
  Weigh("after a restore");
}

// RollBack makes the ledger that of a backup's moment, but for what was taken back since: that
// stays so for ever.
void History::RollBack(const Ledger& then) {
  const Ledger now = std::exchange(ledger_, then);
  for (const auto& [email, person] : now.people) {
    const auto known = ledger_.people.find(email);
    if (known == ledger_.people.end()) {
      ledger_.agencies_of_lost[email] = person.agency;
      for (const std::string& one : person.retired) ledger_.lost_retired.push_back({email, one});
      if (person.live && !person.locked) {
        ledger_.lost_passwords.push_back({email, person.password});
      }
      continue;
    }
    Ledger::Person& old = known->second;
    ledger_.agencies_of_lost[email] = person.agency;
    // The key that the password of today opens may live on, with no row to name it.
    if (person.live && !person.locked) {
      ledger_.lost_passwords.push_back({email, person.password});
    }
    if (person.coming) ledger_.lost_passwords.push_back({email, *person.coming});
    old.retired.insert(person.retired.begin(), person.retired.end());
    old.ended_tokens.insert(person.ended_tokens.begin(), person.ended_tokens.end());
    old.doubtful_tokens.insert(person.doubtful_tokens.begin(), person.doubtful_tokens.end());
    for (const auto& [token, until] : person.tokens) {
      if (!old.tokens.contains(token)) old.doubtful_tokens.insert(token);
    }
    for (const Bytes& token : old.ended_tokens) {
      old.tokens.erase(token);
      old.doubtful_tokens.erase(token);
    }
    old.doubtful = person.touched != old.touched || !person.live;
    old.touched = person.touched + 1;
    if (old.doubtful) {
      old.coming.reset();
      old.ending = false;
      TokensMayEnd(old);
    }
  }
  for (const auto* before : {&now.lost, &now.filed}) {
    for (const auto& [name, document] : *before) {
      if (!ledger_.filed.contains(name)) ledger_.lost.insert({name, document});
    }
  }
  for (const Ledger::Link& link : now.links) {
    const bool known = std::any_of(ledger_.links.begin(), ledger_.links.end(),
                                   [&](const auto& one) { return one.id == link.id; });
    if (known) continue;
    ledger_.links.push_back(link);
    ledger_.links.back().lost = true;
  }
  // A hold placed since is found in the key tree, where what it is on has a row.
  std::set<std::string> objects;
  for (const auto& [matter, row] : ledger_.matters) {
    objects.insert(matter);
    for (const auto& [subject, pseudonym] : row.subjects) objects.insert(subject);
  }
  for (const auto& [name, document] : ledger_.filed) objects.insert(name.first);
  ledger_.found_holds = now.found_holds;
  for (const auto& [id, object] : now.holds) {
    if (!ledger_.holds.contains(id)) ledger_.found_holds.insert(object);
  }
  std::erase_if(ledger_.found_holds, [&](const auto& one) { return !objects.contains(one); });
  // One released since may run again or not.
  std::erase_if(ledger_.holds, [&](const auto& hold) { return !now.holds.contains(hold.first); });
  ledger_.offered.insert(now.offered.begin(), now.offered.end());
  ledger_.approved.insert(now.approved.begin(), now.approved.end());
  ledger_.event_at.insert(now.event_at.begin(), now.event_at.end());
  for (const auto& [key, at] : now.event_at) {
    ledger_.event_at[key] = std::min(ledger_.event_at[key], at);
  }
  for (const auto& lost : now.lost_passwords) ledger_.lost_passwords.push_back(lost);
  for (const auto& lost : now.lost_retired) ledger_.lost_retired.push_back(lost);
  ledger_.agencies_of_lost.insert(now.agencies_of_lost.begin(), now.agencies_of_lost.end());
  ledger_.dead_loans = now.dead_loans;
  ledger_.dead_links = now.dead_links;
  ledger_.dead_versions = now.dead_versions;
  ledger_.weighed_versions = now.weighed_versions;
  ledger_.dead_details = now.dead_details;
  ledger_.dead_boxes = now.dead_boxes;
  ledger_.dead_named = now.dead_named;
  ledger_.ended_orphans = now.ended_orphans;
  ledger_.said = now.said;
  ledger_.readers = now.readers;
  // A name that was given since is in bytes that somebody may have, though in no row.
  ledger_.lost_named = now.lost_named;
  ledger_.lost_named.insert(now.named.begin(), now.named.end());
  std::erase_if(ledger_.named, [&](const auto& one) { return ledger_.dead_named.contains(one); });
  ledger_.now = now.now;
  doubtful_people_ = true;
}

// ResolveRestored finds out whom a restore ended: those whose key was re-made since, and nobody
// else.
void History::ResolveRestored() {
  doubtful_people_ = false;
  for (auto& [email, person] : ledger_.people) {
    const bool doubtful = std::exchange(person.doubtful, false);
    if (person.id.empty() || !person.live || person.password.empty()) continue;
    if (person.locked) {
      // Nobody can try a password that is none: whether they were ended since, their row tells.
      person.live = !doubtful || (*life_)->people().Find(email).ok();
      if (!person.live) NamedEnded(person);
      continue;
    }
    const bool works = (*life_)->people().SignIn(email, AsBytes(person.password)).ok();
    if (works && person.retired.contains(person.password)) {
      judge_->Accuse("a restore brought an old password back to life");
    }
    const bool ended_by_time = person.invited_until && *person.invited_until <= clock_.Realtime();
    if (!works && !doubtful && !person.coming && !person.ending && !ended_by_time) {
      judge_->Accuse("a restore shut out somebody whose key had not changed");
    }
    if (works || !doubtful) continue;
    person.live = (*life_)->people().Find(email).ok();
    person.locked = person.live;
    if (!person.live) NamedEnded(person);
  }
  judge_->Follow();
  const std::optional<Standing> now = judge_->Look();
  if (!now) return;
  for (const auto& [id, hold] : now->holds) {
    if (hold.state != "running" || ledger_.found_holds.erase(hold.object) == 0) continue;
    ledger_.holds[id] = hold.object;
    // What went before it was placed the first time went by right, and has stayed so.
    std::set<VersionName>& before = ledger_.gone_before[id];
    before = ledger_.dead_versions;
    for (const auto& [name, version] : now->versions) {
      if (version.state == "destroyed") before.insert(name);
    }
  }
  // One that another covers has left no trace of its own: that one is to be looked at, and releases
  // both.
  std::erase_if(ledger_.found_holds, [&](const std::string& object) {
    const std::set<std::string> covering = Covering(*now, ledger_, object);
    return std::any_of(now->holds.begin(), now->holds.end(), [&](const auto& hold) {
      return hold.second.state == "running" && covering.contains(hold.second.object);
    });
  });
}

// ---- keys without rows

History::Act History::RecoverOrphan() {
  struct Choice {
    OrphanView orphan;
    Ledger::Document document;
  };
  std::vector<Choice> choices;
  auto officer = Officer();
  if (!officer.ok()) return ReadBack();
  auto listed = (*life_)->orphans().List(officer.value());
  if (!listed.ok()) return ReadBack();
  for (const OrphanView& orphan : listed.value()) {
    if (!orphan.recoverable) continue;
    const auto lost = ledger_.lost.find({orphan.object.ToHex(), orphan.version});
    // Of what nobody was told the filing of, people have to see what it is.
    choices.push_back({orphan, lost == ledger_.lost.end() ? Ledger::Document{"", "LLI", "", "", 0}
                                                          : lost->second});
  }
  if (choices.empty()) return EndOrphan();
  const Choice choice = dice_.Of(choices);
  return {"recovering an orphan", [this, choice]() -> Status {
            TRY(const Actor actor, Officer());
            TRY(const DocumentId id, DocumentId::Parse(choice.orphan.object.ToHex()));
            TRY_VOID((*life_)->orphans().Recover(
                actor, {id, choice.orphan.version, choice.document.class_code,
                        choice.orphan.agency ? std::nullopt : AgencyOrUnit(),
                        choice.document.subject, "recovered"}));
            world_.record.Count(Record::kRecovered, 1);
            const VersionName name{choice.orphan.object.ToHex(), choice.orphan.version};
            if (!choice.document.digest.empty()) ledger_.filed[name] = choice.document;
            ledger_.lost.erase(name);
            return Ok();
          }};
}

// What cannot be recovered is ended by two people: what was for named readers, for one, whose boxes
// were in the register that was lost.
History::Act History::EndOrphan() {
  const std::vector<std::string> governance = PeopleOf("IGO");
  auto officer = Officer();
  if (!officer.ok() || governance.empty()) return ReadBack();
  auto listed = (*life_)->orphans().List(officer.value());
  if (!listed.ok()) return ReadBack();
  // Of a document that has a row, here or in a backup, a later version may get the number again.
  const auto has_row = [](const Ledger& ledger, const std::string& id) {
    const auto from = ledger.filed.lower_bound({id, 0});
    return from != ledger.filed.end() && from->first.first == id;
  };
  std::vector<VersionName> choices;
  for (const OrphanView& orphan : listed.value()) {
    const std::string id = orphan.object.ToHex();
    const bool known = has_row(ledger_, id) ||
                       std::any_of(backups_.begin(), backups_.end(),
                                   [&](const auto& set) { return has_row(set.ledger, id); });
    if (orphan.kind == "document" && !orphan.recoverable && !known) {
      choices.emplace_back(id, orphan.version);
    }
  }
  if (choices.empty()) return ReadBack();
  const VersionName name = dice_.Of(choices);
  ledger_.ended_orphans.insert(name);
  return {"ending an orphan", [this, name, igo = governance.front()]() -> Status {
            TRY(const ObjectId object, ObjectId::Parse(name.first));
            TRY(const Actor first, Officer());
            const auto proposed = (*life_)->orphans().End(first, object, name.second);
            // Proposed by the same person before, and not confirmed yet.
            if (!proposed.ok() && proposed.error().code != Errc::kConflict) {
              return proposed.error();
            }
            TRY(const Actor second, SignIn(igo));
            TRY(const OrphanEnd done, (*life_)->orphans().End(second, object, name.second));
            if (!done.disposal) return Ok();
            ledger_.dead_versions.insert(name);
            world_.record.Count(Record::kEnded, 1);
            return Ok();
          }};
}

std::optional<AgencyId> History::AgencyOrUnit() { return AgencyId::Parse("unit").value(); }

void History::Upheaval() {
  switch (dice_.Below(8)) {
    case 0:
    case 1:
      return RestoreLost();
    case 2:
    case 3:
      return RestoreOldFolder();
    case 4:
    case 5:
      return TakeStandbyAway();
    default:
      return Promote();
  }
}

}  // namespace vault
