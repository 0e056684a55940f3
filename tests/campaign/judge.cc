#include "tests/campaign/judge.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "vault/crypto/digest.h"
#include "vault/crypto/password.h"

namespace vault {
namespace {

constexpr PasswordCost kCheapPin{1, 8};

std::string Shown(const VersionName& name) {
  return "document " + name.first + " version " + std::to_string(name.second);
}
std::string Shown(const LoanName& name) {
  return "document " + name.object + " version " + std::to_string(name.version) + " in loan " +
         name.loan;
}

}  // namespace

Judge::Judge(Record& record, const StoreId& store, ByteView unseal)
    : record_(record),
      unseal_(ToBytes(unseal)),
      thief_(store, unseal, kCheapPin),
      tree_(kTreeFile, [this](std::int64_t row, ByteView sealed) { thief_.AddNode(row, sealed); }) {
}

bool Judge::Learn() {
  tree_.Look();
  const VaultAttacker::Keys keys = thief_.Survey(Cells());
  const auto found = keys.slots.find(0);
  if (found == keys.slots.end()) return false;
  for (const Bytes& key : found->second) {
    OpenRegisterImage state(
        {platter_.Now(kRegisterFile), platter_.Now(std::string(kRegisterFile) + "-wal")}, key);
    if (!state.usable()) continue;
    register_ = std::make_unique<RegisterPages>(kRegisterFile, ReadShapes(state));
    register_->TakeImage(platter_.Now(kRegisterFile),
                         platter_.Now(std::string(kRegisterFile) + "-wal"));
    thief_.UsePages(
        [this](const Bytes& k) -> const RegisterRows& { return register_->RowsUnder(k); });
    return true;
  }
  return false;
}

void Judge::Follow() {
  record_.Drain([this](const DiskStep& step) { TakeStep(step); });
  TakeBlobs();
  if (!where_clear_.empty()) Accuse("words that are secret stand in clear in " + where_clear_);
  where_clear_.clear();
}

void Judge::TakeStep(const DiskStep& step) {
  const auto shows = [](std::string_view text) {
    return ::memmem(text.data(), text.size(), kMarker.data(), kMarker.size()) != nullptr;
  };
  if (shows(AsText(step.bytes)) || shows(step.path)) {
    where_clear_ = step.path;
  }
  platter_.Take(step);
  tree_.Take(step);
  if (register_ != nullptr) register_->Take(step, oldest_epoch_);
  if (step.path != kCellFile) return;
  if (step.action == DiskAction::kWrite && AsText(step.bytes.first(4)) == "SEC1") {
    // E' is fresh for every attempt.
    const std::string secret(AsText(step.bytes.subspan(32, 32)));
    if (!staged_.insert(secret).second) Accuse("a secret was staged twice");
  }
  if (step.action == DiskAction::kSync) {
    const std::set<std::uint64_t> epochs = EpochsIn(platter_.Durable(kCellFile));
    const std::uint64_t oldest = epochs.empty() ? 0 : *epochs.begin();
    if (oldest != oldest_epoch_) record_.Count(Record::kEpochs, 1);
    oldest_epoch_ = oldest;
  }
}

void Judge::TakeBlobs() {
  for (const std::string& path : platter_.Files()) {
    if (!path.starts_with("data/blobs/")) continue;
    const std::string name = std::filesystem::path(path).filename().string();
    const std::string& bytes = platter_.Now(path);
    thief_.AddBlob(name, bytes);
    if (blobs_.contains(name)) continue;
    MemoryFile file(ToBytes(AsBytes(bytes)));
    auto header = ParseContainerHeader(file);
    if (header.ok()) blobs_[name] = header.value().slot;
  }
}

void Judge::Restart() {
  tree_.Restart(platter_.Now(kTreeFile), platter_.Now(std::string(kTreeFile) + "-wal"));
  const std::set<std::uint64_t> epochs = EpochsIn(platter_.Durable(kCellFile));
  oldest_epoch_ = epochs.empty() ? 0 : *epochs.begin();
}

std::set<std::uint64_t> Judge::EpochsIn(const std::string& cell) const {
  std::set<std::uint64_t> epochs;
  for (std::size_t at = 0; at + 4096 <= cell.size(); at += 4096) {
    const ByteView record = AsBytes(cell).subspan(at, 96);
    const auto hash = Blake2b<32>({}, record.first(64));
    if (!std::equal(hash.begin(), hash.end(), record.begin() + 64)) continue;
    epochs.insert(WireReader(record.subspan(24, 8)).U64());
  }
  return epochs;
}

void Judge::Compare(const std::string& root) {
  Follow();
  for (const std::string& path : platter_.Files()) {
    std::ifstream file(root + "/" + path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    if (bytes != platter_.Now(path)) Accuse("the record does not account for " + path);
  }
}

std::vector<Bytes> Judge::Cells() const { return {ToBytes(AsBytes(platter_.Now(kCellFile)))}; }

void Judge::CheckCell(const std::string& when) {
  if (EpochsIn(platter_.Now(kCellFile)).size() != 1) {
    Accuse("a cell holds more than one epoch's secret " + when);
  }
}

std::optional<Standing> Judge::StandingUnder(const LootedKeys& slots) {
  const auto found = slots.find(0);
  if (found == slots.end()) return std::nullopt;
  for (const Bytes& key : found->second) {
    OpenRegisterImage state(
        {platter_.Now(kRegisterFile), platter_.Now(std::string(kRegisterFile) + "-wal")}, key);
    if (state.usable()) return ReadStanding(state);
  }
  return std::nullopt;
}

std::optional<Standing> Judge::Look() {
  tree_.Look();
  return StandingUnder(thief_.Survey(Cells()).slots);
}

std::optional<Standing> Judge::Weigh(Ledger& ledger, const std::string& when) {
  record_.Count(Record::kJudgements, 1);
  tree_.Look();
  const VaultAttacker::Keys keys = thief_.Survey(Cells());
  for (const std::string& hurry : register_->TakeHurries()) Accuse(hurry + ", seen " + when);
  const std::optional<Standing> now = StandingUnder(keys.slots);
  if (!now) {
    Accuse("today's cell opens no register " + when);
    return std::nullopt;
  }
  Absorb(*now, ledger, when);
  CheckAcknowledged(*now, ledger, when);
  CheckBlobs(keys, when);
  CheckNobody(keys, when);
  CheckBorrowers(keys, *now, ledger, when);
  CheckEverybody(keys, *now, ledger, when);
  CheckRetired(keys, ledger, when);
  return now;
}

// What the register calls ended or destroyed, its certificates say so too.
void Judge::Absorb(const Standing& now, Ledger& ledger, const std::string& when) {
  for (const auto& [id, loan] : now.loans) {
    if (loan.state == "ended") ledger.dead_loans.insert(id);
  }
  for (const auto& [id, share] : now.shares) {
    if (share.state == "ended") ledger.dead_links.insert(id);
  }
  for (const auto& [name, version] : now.versions) {
    if (version.state != "destroyed" || !ledger.dead_versions.insert(name).second) continue;
    record_.Count(Record::kDestroyed, 1);
    if (!ledger.MayGo(version.class_code, version.matter)) {
      Accuse(Shown(name) + " was destroyed before its time " + when);
    }
    for (const auto& [id, object] : ledger.holds) {
      if (object == name.first || object == version.matter || object == version.subject) {
        Accuse(Shown(name) + " was destroyed although a hold keeps it, " + when);
      }
    }
  }
  // The row says withdrawn with the intent already; nobody is told before the key is gone.
  if (now.unfinished != 0) return;
  for (const auto& [name, state] : now.boxes) {
    if (state == "withdrawn") ledger.dead_boxes.insert(name);
  }
}

void Judge::CheckAcknowledged(const Standing& now, const Ledger& ledger, const std::string& when) {
  for (const auto& [name, document] : ledger.filed) {
    const auto found = now.versions.find(name);
    if (found == now.versions.end()) {
      Accuse(Shown(name) + " was acknowledged and is lost " + when);
    } else if (ledger.dead_versions.contains(name) && found->second.state != "destroyed") {
      Accuse(Shown(name) + " was destroyed and is called " + found->second.state + " " + when);
    }
  }
  for (const auto& [email, person] : ledger.people) {
    if (person.id.empty()) continue;
    const auto found = now.people.find(person.id);
    if (found == now.people.end()) {
      Accuse("a person who was added is lost " + when);
    } else if (!person.live && found->second.state == "live") {
      Accuse("a person who was ended is live " + when);
    } else if (person.live && !person.ending && found->second.state != "live") {
      Accuse("a person who was not ended is " + found->second.state + " " + when);
    }
  }
  for (const auto& [matter, row] : ledger.matters) {
    if (!now.matters.contains(matter)) Accuse("a matter is lost " + when);
    for (const auto& [subject, pseudonym] : row.subjects) {
      if (!now.subjects.contains(subject)) Accuse("a subject is lost " + when);
    }
    for (const std::string& event : row.events) {
      if (!now.events.contains({matter, event})) Accuse("event " + event + " is lost " + when);
    }
  }
  for (const auto& [matter, email] : ledger.members) {
    const Ledger::Person& person = ledger.people.at(email);
    if (!person.live || person.ending) continue;
    if (!now.members.contains({matter, person.id})) Accuse("a membership is lost " + when);
  }
  for (const Ledger::Link& link : ledger.links) {
    if (!now.shares.contains(link.id)) Accuse("a link is lost " + when);
  }
  for (const auto& [id, object] : ledger.holds) {
    const auto found = now.holds.find(id);
    if (found == now.holds.end() || found->second.state != "running") {
      Accuse("a hold is lost " + when);
    }
  }
}

// A blob is dust only if its slot is empty or spent, never because a row is missing: who has the
// key could still bring the document back.
void Judge::CheckBlobs(const VaultAttacker::Keys& keys, const std::string& when) {
  std::set<std::string> there;
  for (const std::string& path : platter_.Files()) {
    there.insert(std::filesystem::path(path).filename().string());
  }
  for (const auto& [name, slot] : blobs_) {
    if (!there.contains(name) && keys.slots.contains(slot)) {
      Accuse("a stored file was removed although its key lives " + when);
    }
  }
}

// Level 1: every byte, U, today's cell, and no password.
void Judge::CheckNobody(const VaultAttacker::Keys& keys, const std::string& when) {
  const AttackLoot loot = thief_.Attack(keys, {});
  if (!loot.content.empty() || !loot.forms.empty() || !loot.details.empty() ||
      !loot.boxes.empty() || !loot.links.empty() || !loot.names.empty()) {
    Accuse("somebody without a password reads documents, details, loans or links " + when);
  }
}

void Judge::CheckDead(const AttackLoot& loot, const Ledger& ledger, const std::string& who) {
  for (const LoanName& box : loot.boxes) {
    if (ledger.dead_loans.contains(box.loan)) Accuse(who + ": ended, and opens: " + Shown(box));
    if (ledger.dead_boxes.contains(box)) Accuse(who + ": withdrawn, and opens: " + Shown(box));
  }
  for (const std::string& link : loot.links) {
    if (ledger.dead_links.contains(link)) Accuse(who + ": ended, and opens: link " + link);
  }
  for (const auto& [name, digest] : loot.content) {
    if (ledger.dead_versions.contains(name)) Accuse(who + ": destroyed, and opens: " + Shown(name));
  }
  for (const auto* names : {&loot.forms, &loot.names}) {
    for (const VersionName& name : *names) {
      if (ledger.dead_versions.contains(name)) {
        Accuse(who + ": destroyed, and its form or name is read: " + Shown(name));
      }
    }
  }
}

// Level 2: the passwords of everybody but the unit, every link and every PIN.
void Judge::CheckBorrowers(const VaultAttacker::Keys& keys, const Standing& now,
                           const Ledger& ledger, const std::string& when) {
  AttackSecrets secrets;
  for (const auto& [email, person] : ledger.people) {
    if (person.agency == now.unit) continue;
    for (const std::string& password : person.retired)
      secrets.passwords.push_back({email, password});
    if (person.coming) secrets.passwords.push_back({email, *person.coming});
    secrets.passwords.push_back({email, person.password});
  }
  for (const Ledger::Link& link : ledger.links) secrets.links.push_back(link.secret);
  const AttackLoot loot = thief_.Attack(keys, secrets);
  CheckDead(loot, ledger, "the borrowers " + when);
  // The control: what runs opens, closed or open.
  for (const auto& [name, state] : now.boxes) {
    const auto loan = now.loans.find(name.loan);
    if (state != "live" || loan == now.loans.end()) continue;
    const bool runs = loan->second.state == "closed" || loan->second.state == "open";
    if (!runs || !now.borrowers.contains(loan->second.party)) continue;
    if (!loot.boxes.contains(name)) Accuse("a running loan does not open " + when + Shown(name));
  }
  for (const Ledger::Link& link : ledger.links) {
    const auto share = now.shares.find(link.id);
    if (share == now.shares.end() || share->second.state != "running") continue;
    if (!loot.links.contains(link.id)) Accuse("a running link does not open " + when);
  }
}

// Level 3: every password there ever was.
void Judge::CheckEverybody(const VaultAttacker::Keys& keys, const Standing& now,
                           const Ledger& ledger, const std::string& when) {
  AttackSecrets secrets;
  for (const auto& [email, person] : ledger.people) {
    for (const std::string& password : person.retired)
      secrets.passwords.push_back({email, password});
    if (person.coming) secrets.passwords.push_back({email, *person.coming});
    secrets.passwords.push_back({email, person.password});
  }
  for (const Ledger::Link& link : ledger.links) secrets.links.push_back(link.secret);
  const AttackLoot loot = thief_.Attack(keys, secrets);
  CheckDead(loot, ledger, "everybody " + when);
  for (const auto& [name, version] : now.versions) {
    if (version.state != "live") continue;
    const auto content = loot.content.find(name);
    if (content == loot.content.end()) {
      Accuse(Shown(name) + " lives and does not open " + when);
      continue;
    }
    const auto filed = ledger.filed.find(name);
    const bool right = filed != ledger.filed.end() ? filed->second.digest == content->second
                                                   : ledger.offered.contains(content->second);
    if (!right) Accuse(Shown(name) + " holds what nobody filed " + when);
    if (version.form == "read" && !loot.forms.contains(name)) {
      Accuse("the form of " + Shown(name) + " does not open " + when);
    }
    if (!loot.names.contains(name)) Accuse("the name of " + Shown(name) + " is lost " + when);
  }
  for (const std::string& subject : now.subjects) {
    if (!loot.details.contains("subject " + subject)) {
      Accuse("the details of a subject do not open " + when);
    }
  }
  for (const std::string& matter : now.live_matters) {
    if (!loot.details.contains("matter " + matter)) Accuse("a title does not open " + when);
  }
  for (const auto& [id, person] : now.people) {
    if (person.state == "live" && person.has_password && !loot.who.contains(id)) {
      Accuse("a person's password does not open their key " + when);
    }
  }
}

// What was taken back opens nothing: old passwords, and those of people who are gone.
void Judge::CheckRetired(const VaultAttacker::Keys& keys, const Ledger& ledger,
                         const std::string& when) {
  AttackSecrets secrets;
  for (const auto& [email, person] : ledger.people) {
    for (const std::string& password : person.retired)
      secrets.passwords.push_back({email, password});
  }
  const AttackLoot loot = thief_.Attack(keys, secrets);
  for (const std::string& id : loot.who) Accuse("an old password opens person " + id + " " + when);
}

}  // namespace vault
