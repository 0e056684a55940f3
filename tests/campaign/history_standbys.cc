// The standby: added, given up, taken away, brought back and promoted in a history, some of it by
// hand, while the vault is sealed.
#include <algorithm>
#include <filesystem>

#include "tests/campaign/history.h"
#include "vault/promote.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

constexpr int kMostStandbys = 3;

}  // namespace

bool History::Behind() {
  if (standby_.empty() || !life_->open()) return false;
  auto copies = (*life_)->custody().List();
  if (!copies.ok()) return true;
  return std::any_of(copies.value().begin(), copies.value().end(),
                     [](const CopyView& copy) { return copy.state == "standby" && !copy.reached; });
}

bool History::Unfinished() {
  if (!life_->open()) return false;
  auto copies = (*life_)->custody().List();
  return copies.ok() &&
         std::any_of(copies.value().begin(), copies.value().end(),
                     [](const CopyView& copy) { return copy.state == "unfinished"; });
}

void History::ResolveStandby() {
  coming_standby_.clear();
  auto copies = (*life_)->custody().List();
  if (!copies.ok()) return;
  standby_.clear();
  for (const CopyView& copy : copies.value()) {
    if (copy.state == "standby") standby_ = copy.folder.substr(copy.folder.rfind('/') + 1);
  }
  if (standby_.empty()) away_ = false;
}

History::Act History::AddStandby() {
  if (!standby_.empty() || standbys_ >= kMostStandbys) return BackUp();
  // Its cell is named by its path, and every life has another folder: people give it up.
  if (Unfinished()) return EvictStandby();
  coming_standby_ = "copy" + std::to_string(++standbys_);
  return {"adding a standby", [this]() -> Status {
            TRY_VOID(
                (*life_)->custody().Add(std::nullopt, {life_->root() + "/" + coming_standby_, {}}));
            world_.record.Count(Record::kStandbys, 1);
            ResolveStandby();
            return Ok();
          }};
}

History::Act History::EvictStandby() {
  const bool both = dice_.Chance(70);
  return {"giving the standby up", [this, both]() -> Status {
            TRY(const Actor first, Officer());
            auto proposed = (*life_)->custody().Evict(first);
            // Proposed by the same person before, and not confirmed yet.
            if (!proposed.ok() && proposed.error().code != Errc::kConflict) {
              return proposed.error();
            }
            if (!both) return Ok();
            TRY(const Actor second, SignIn(PeopleOf("IGO").front()));
            TRY(const Eviction done, (*life_)->custody().Evict(second));
            if (done == Eviction::kDone) world_.record.Count(Record::kEvictions, 1);
            ResolveStandby();
            return Ok();
          }};
}

// RejoinStandby: its disk comes back under a running vault.
History::Act History::RejoinStandby() {
  if (away_) {
    for (const std::string suffix : {"", ".cell"}) {
      fs::rename(life_->root() + "/" + kAway + standby_ + suffix,
                 life_->root() + "/" + standby_ + suffix);
    }
    judge_->Follow();
    judge_->platter().Carry(kAway + standby_, standby_);
    away_ = false;
  }
  return {"the standby comes back", [this] { return (*life_)->custody().Rejoin(); }};
}

// ChooseBehind is what people try while the standby does not follow.
History::Act History::ChooseBehind() {
  switch (dice_.Below(9)) {
    case 0:
    case 1:
      return RejoinStandby();
    case 2:
      return EvictStandby();
    case 3:
      return File();
    case 4:
      return Sweep_();
    case 5:
      return ChangePassword();
    case 6:
      return UseLink();
    case 7:
      return PassTime();
    default:
      return ReadBack();
  }
}

void History::TakeStandbyAway() {
  if (standby_.empty() || away_) return;
  Tell("the standby's disk is taken out");
  life_->Seal();
  judge_->Follow();
  judge_->platter().Carry(standby_, kAway + standby_);
  away_ = true;
  Recover("losing the standby's disk");
}

void History::BringStandbyBack() {
  if (!away_) return;
  Tell("the standby's disk is put back");
  life_->Seal();
  judge_->Follow();
  judge_->platter().Carry(kAway + standby_, standby_);
  away_ = false;
  Recover("the standby's return");
}

// The primary is lost, with a clean end or without; its stored files were on a shared disk.
void History::Promote() {
  if (standby_.empty() || away_) return;
  const std::string old = home_;
  const std::string next = standby_;
  Tell("the standby is promoted");
  if (dice_.Chance(50)) life_->Seal();
  judge_->Follow();
  Platter& platter = judge_->platter();
  if (dice_.Chance(40)) platter.LosePower(static_cast<Unsynced>(dice_.Below(3)), dice_.random());
  platter.Lay(platter.Copy(old + "/blobs"), next + "/blobs");
  judge_->Restart();
  clock_.Restart();
  standby_.clear();
  home_ = next;
  Insist({"promoting", [this]() -> Status {
            PromoteWish wish;
            wish.passphrase = Plaintext::CopyOf(AsBytes(kPassphrase));
            auto promoted = PromoteStandby(life_->world(), life_->place(), std::move(wish));
            if (promoted.ok()) return Ok();
            const auto marker = ReadCopyMarker(*life_->world().disk, life_->place().data);
            const bool done =
                marker.ok() && marker.value() && marker.value()->role == CopyRole::kPrimary;
            return done ? Ok() : Status(promoted.error());
          }});
  judge_->MoveHome(next);
  world_.record.Count(Record::kPromotions, 1);
  old_folder_.reset();
  if (dice_.Chance(50)) {
    // Somebody starts the old primary, which sees what was its standby.
    home_ = old;
    standby_ = next;
    StartLife();
    const Status opened = life_->Unseal();
    if (opened.ok() || opened.error().code != Errc::kConflict) {
      judge_->Accuse("an old primary opens beside its promoted standby");
    }
    judge_->Follow();
    home_ = next;
    standby_.clear();
  }
  Recover("a promotion");
  Weigh("after a promotion");
}

}  // namespace vault
