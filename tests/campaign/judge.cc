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

std::string TokenName(const Bytes& secret) {
  return EncodeHex(Blake2b<16>(secret, AsBytes("strongroom/v1/token-id")));
}

// SecretsOf are those of everybody, or of everybody but one agency.
AttackSecrets SecretsOf(const Ledger& ledger, const std::string& but) {
  AttackSecrets secrets;
  for (const auto& [email, person] : ledger.people) {
    if (!but.empty() && person.agency == but) continue;
    for (const std::string& password : person.retired) {
      secrets.passwords.push_back({email, password});
    }
    if (person.coming) secrets.passwords.push_back({email, *person.coming});
    if (!person.password.empty()) secrets.passwords.push_back({email, person.password});
    for (const auto& [token, until] : person.tokens) secrets.tokens.push_back(token);
    for (const auto* tokens : {&person.ended_tokens, &person.doubtful_tokens}) {
      secrets.tokens.insert(secrets.tokens.end(), tokens->begin(), tokens->end());
    }
  }
  for (const AttackSecrets::Password& lost : ledger.lost_passwords) {
    if (but.empty() || ledger.agencies_of_lost.at(lost.email) != but) {
      secrets.passwords.push_back(lost);
    }
  }
  for (const Ledger::Link& link : ledger.links) secrets.links.push_back(link.secret);
  return secrets;
}

}  // namespace

Judge::Judge(Record& record, const StoreId& store, ByteView unseal)
    : record_(&record), unseal_(ToBytes(unseal)), thief_(store, unseal, kCheapPin) {}

TreePages& Judge::TreeOf(const std::string& folder) {
  const auto found = trees_.find(folder);
  if (found != trees_.end()) return found->second;
  return trees_
      .emplace(folder,
               TreePages(TreeIn(folder), [this](std::int64_t row,
                                                ByteView sealed) { thief_.AddNode(row, sealed); }))
      .first->second;
}

bool Judge::Learn() {
  for (auto& [folder, tree] : trees_) tree.Look();
  const VaultAttacker::Keys keys = thief_.SurveyCopies(CellsNow());
  const auto found = keys.slots.find(0);
  if (found == keys.slots.end()) return false;
  for (const Bytes& key : found->second) {
    const DatabaseImage image{platter_.Now(RegisterIn(home_)),
                              platter_.Now(RegisterIn(home_) + "-wal")};
    OpenRegisterImage state(image, key);
    if (!state.usable()) continue;
    register_ = std::make_unique<RegisterPages>(ReadShapes(state));
    register_->TakeImage(image.file, image.log);
    register_->CellsAre(oldest_);
    thief_.UsePages(
        [this](const Bytes& k) -> const RegisterRows& { return register_->RowsUnder(k); });
    return true;
  }
  return false;
}

void Judge::Follow() {
  record_->Drain([this](const DiskStep& step) { TakeStep(step); });
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
  if (register_ != nullptr) register_->Take(step);
  const std::size_t slash = step.path.find('/');
  if (slash == std::string_view::npos) {
    if (step.path.ends_with(".cell")) {
      TakeCell(step, std::string(step.path.substr(0, step.path.size() - 5)));
    }
    return;
  }
  // A secret that a cell once held stands nowhere else.
  constexpr std::size_t kSlot = 4096;
  for (std::size_t at = 0; at + 96 <= step.bytes.size(); at += kSlot) {
    if (AsText(step.bytes.subspan(at, 4)) == "SEC1") {
      Accuse("the bytes of a cell are written to " + std::string(step.path));
    }
  }
  const std::string folder(step.path.substr(0, slash));
  const std::string_view file = step.path.substr(slash + 1);
  if (file == "keys.db" || file == "keys.db-wal") TreeOf(folder).Take(step);
  // A whole tree that was written beside takes its place, or is staged to.
  if (step.action == DiskAction::kRename && step.target.ends_with("keys.db")) {
    const std::string target(step.target);
    TreeOf(folder + (target == TreeIn(folder) ? "" : "/staged"))
        .Restart(platter_.Now(target), platter_.Now(target + "-wal"));
  }
}

void Judge::TakeCell(const DiskStep& step, const std::string& folder) {
  if (step.action == DiskAction::kWrite && step.bytes.size() >= 64 &&
      AsText(step.bytes.first(4)) == "SEC1") {
    // E' is fresh for every attempt.
    const std::string secret(AsText(step.bytes.subspan(32, 32)));
    if (!staged_.insert(secret).second) Accuse("a secret was staged twice");
  }
  if (step.action != DiskAction::kSync) return;
  const std::set<std::uint64_t> epochs = EpochsIn(platter_.Durable(CellOf(folder)));
  const std::uint64_t oldest = epochs.empty() ? 0 : *epochs.begin();
  if (oldest == oldest_[folder]) return;
  if (folder == home_) record_->Count(Record::kEpochs, 1);
  oldest_[folder] = oldest;
  if (register_ != nullptr) register_->CellsAre(oldest_);
}

std::string Judge::CellNow(const std::string& folder) const {
  const std::string away = kAway + CellOf(folder);
  return platter_.Now(platter_.Has(away) ? away : CellOf(folder));
}

std::uint64_t Judge::EpochNow() const {
  const std::set<std::uint64_t> epochs = EpochsIn(platter_.Now(CellOf(home_)));
  return epochs.empty() ? 0 : *epochs.rbegin();
}

void Judge::MoveHome(const std::string& folder) { home_ = folder; }

void Judge::BlobsWereLost() {
  const std::set<std::string> there = BlobsAtHome();
  for (const auto& [name, slot] : blobs_) {
    if (!there.contains(name)) lost_blobs_.insert(name);
  }
}

std::set<std::string> Judge::BlobsAtHome() const {
  std::set<std::string> there;
  for (const std::string& path : platter_.Files()) {
    if (path.starts_with(home_ + "/blobs/")) there.insert(path.substr(path.rfind('/') + 1));
  }
  return there;
}

// The list stands in clear beside the sealed nodes.
std::vector<Judge::Copy> Judge::Copies() const {
  std::vector<Copy> copies;
  const TempFolder folder;
  for (const char* suffix : {"", "-wal"}) {
    const std::string path = TreeIn(home_) + suffix;
    if (platter_.Has(path)) {
      std::ofstream(folder.At("t.db") + suffix, std::ios::binary) << platter_.Now(path);
    }
  }
  Disk disk(nullptr);
  auto tree = Database::Open(disk, folder.At("t.db"), std::nullopt, DatabaseMode::kWriter);
  if (!tree.ok()) return copies;
  Statement query = tree.value()->Prepare("SELECT value FROM meta WHERE key = 'copies'");
  auto found = query.Step();
  if (!found.ok() || !found.value()) return copies;
  const Bytes list = query.Blob(0);
  WireReader reader(list);
  const auto text = [&reader] { return std::string(AsText(reader.Raw(reader.U16()))); };
  for (int left = reader.U8(); left > 0 && !reader.failed(); --left) {
    Copy copy;
    copy.number = reader.U8();
    copy.state = static_cast<CopyStanding>(reader.U8());
    copy.since = reader.U64();
    const std::string where = text();
    copy.folder = where.empty() ? kFirstHome : where.substr(where.rfind('/') + 1);
    for (int part = 0; part < 2; ++part) {
      for (int texts = reader.U8(); texts > 0; --texts) text();
    }
    copies.push_back(std::move(copy));
  }
  return copies;
}

std::vector<std::vector<Bytes>> Judge::CellsNow() const {
  std::set<std::string> given_up;
  for (const Copy& copy : Copies()) {
    if (copy.state == CopyStanding::kEvicted || copy.state == CopyStanding::kLeftBehind ||
        copy.state == CopyStanding::kUnfinished) {
      given_up.insert(copy.folder);
    }
  }
  std::vector<std::vector<Bytes>> cells;
  for (const std::string& path : platter_.Files()) {
    if (!path.ends_with(".cell") || path.find('/') != std::string::npos) continue;
    std::string folder = path.substr(0, path.size() - 5);
    if (folder.starts_with(kAway)) folder.erase(0, std::string_view(kAway).size());
    if (!given_up.contains(folder)) cells.push_back({ToBytes(AsBytes(platter_.Now(path)))});
  }
  return cells;
}

void Judge::TakeBlobs() {
  for (const std::string& path : platter_.Files()) {
    if (path.find("/blobs/") == std::string::npos) continue;
    const std::string name = path.substr(path.rfind('/') + 1);
    constexpr std::size_t kNameSize = 32;
    if (name.size() != kNameSize) continue;  // not finished
    const std::string& bytes = platter_.Now(path);
    thief_.AddBlob(name, bytes);
    if (blobs_.contains(name)) continue;
    MemoryFile file(ToBytes(AsBytes(bytes)));
    auto header = ParseContainerHeader(file);
    if (header.ok()) blobs_[name] = header.value().slot;
  }
}

void Judge::Restart() {
  TreeOf(home_);
  for (auto& [folder, tree] : trees_) {
    tree.Restart(platter_.Now(TreeIn(folder)), platter_.Now(TreeIn(folder) + "-wal"));
  }
  for (auto& [folder, oldest] : oldest_) {
    const std::set<std::uint64_t> epochs = EpochsIn(CellNow(folder));
    oldest = epochs.empty() ? 0 : *epochs.begin();
  }
  if (register_ != nullptr) register_->CellsAre(oldest_);
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

void Judge::CheckCell(const std::string& when) {
  if (EpochsIn(platter_.Now(CellOf(home_))).size() != 1) {
    Accuse("a cell holds more than one epoch's secret " + when);
  }
}

// P4 comes before P5: when it is written anywhere that the keys of an epoch are gone, the cells of
// the vault hold no older secret; when a certificate is final, no cell does, but for those of
// copies that were given up by then.
void Judge::CheckClaims(const std::string& when) {
  const std::vector<RegisterPages::Claim> claims = register_->TakeClaims();
  if (claims.empty()) return;
  for (const Copy& copy : Copies()) {
    const bool given_up = copy.state == CopyStanding::kEvicted ||
                          copy.state == CopyStanding::kLeftBehind ||
                          copy.state == CopyStanding::kUnfinished;
    for (const RegisterPages::Claim& claim : claims) {
      const auto held = claim.oldest.find(copy.folder);
      if (held == claim.oldest.end() || (given_up && copy.since <= claim.epoch)) continue;
      // A standby that was lost on the way is named by the certificate, which is then provisional.
      if (claim.type == "shred.done" && copy.state != CopyStanding::kPrimary) continue;
      if (held->second < claim.epoch) {
        Accuse(claim.type + " of epoch " + std::to_string(claim.epoch) +
               " was written while the cell of " + copy.folder + " held the secret of epoch " +
               std::to_string(held->second) + ", seen " + when);
      }
    }
  }
}

// A certificate counts as erased only what is, and names what was given up.
void Judge::CheckCertificates(const Standing& now, const std::string& when) {
  const std::vector<Copy> copies = Copies();
  for (const Standing::Certificate& certificate : now.certificates) {
    std::uint64_t older = 0;  // copies whose cell has an older secret
    for (const Copy& copy : copies) {
      const std::set<std::uint64_t> epochs = EpochsIn(CellNow(copy.folder));
      // A copy that joined later never had these keys.
      if (!epochs.empty() && *epochs.begin() < certificate.epoch) ++older;
    }
    std::uint64_t erased = 0;
    std::uint64_t named = 0;
    for (std::size_t at = 0; at < certificate.copies.size();) {
      const std::size_t end = std::min(certificate.copies.find(';', at), certificate.copies.size());
      const std::string_view part = std::string_view(certificate.copies).substr(at, end - at);
      (part.starts_with("erased:") ? erased : named) += 1;
      at = end + 1;
    }
    if (erased + older > copies.size() || named < older) {
      Accuse("a certificate of epoch " + std::to_string(certificate.epoch) + " says \"" +
             certificate.copies + "\" while " + std::to_string(older) + " of " +
             std::to_string(copies.size()) + " cells hold an older secret " + when);
    }
  }
}

std::optional<Standing> Judge::StandingUnder(const LootedKeys& slots) {
  const auto found = slots.find(0);
  if (found == slots.end()) return std::nullopt;
  for (const Bytes& key : found->second) {
    OpenRegisterImage state(
        {platter_.Now(RegisterIn(home_)), platter_.Now(RegisterIn(home_) + "-wal")}, key);
    if (state.usable()) return ReadStanding(state);
  }
  return std::nullopt;
}

std::optional<Standing> Judge::Look() {
  TreeOf(home_).Look();
  return StandingUnder(thief_.SurveyCopies(CellsNow()).slots);
}

std::optional<Standing> Judge::Weigh(Ledger& ledger, const std::string& when) {
  record_->Count(Record::kJudgements, 1);
  for (auto& [folder, tree] : trees_) tree.Look();
  const VaultAttacker::Keys keys = thief_.SurveyCopies(CellsNow());
  CheckClaims(when);
  const std::optional<Standing> now = StandingUnder(keys.slots);
  if (!now) {
    Accuse("today's cell opens no register " + when);
    return std::nullopt;
  }
  Absorb(*now, ledger, when);
  CheckAcknowledged(*now, ledger, when);
  CheckHolds(*now, ledger, when);
  CheckCertificates(*now, when);
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
    if (version.state != "destroyed") continue;
    ledger.dead_versions.insert(name);
    if (!ledger.weighed_versions.insert(name).second) continue;
    if (!ledger.MayGo(name, version.class_code, version.matter)) {
      Accuse(Shown(name) + " was destroyed before its time " + when);
    }
    for (const auto& [id, object] : ledger.holds) {
      const auto before = ledger.gone_before.find(id);
      if (before != ledger.gone_before.end() && before->second.contains(name)) continue;
      if (object == name.first || object == version.matter || object == version.subject) {
        Accuse(Shown(name) + " was destroyed although a hold keeps it, " + when);
      }
    }
  }
  for (const std::string& id : now.subjects) {
    if (now.live_subjects.contains(id) || !ledger.dead_details.insert("subject " + id).second) {
      continue;
    }
    if (!ledger.approved.contains(id)) Accuse("a subject was destroyed unapproved " + when);
  }
  for (const std::string& id : now.matters) {
    if (now.live_matters.contains(id) || !ledger.dead_details.insert("matter " + id).second) {
      continue;
    }
    if (!ledger.approved.contains(id)) Accuse("a matter was destroyed unapproved " + when);
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
    // What happened in a matter goes with its names.
    if (!now.live_matters.contains(matter)) continue;
    for (const std::string& event : row.events) {
      if (!now.events.contains({matter, event})) Accuse("event " + event + " is lost " + when);
    }
  }
  for (const auto& [matter, email] : ledger.members) {
    const Ledger::Person& person = ledger.people.at(email);
    if (!person.live || person.ending || !now.live_matters.contains(matter)) continue;
    if (!now.members.contains({matter, person.id})) Accuse("a membership is lost " + when);
  }
  for (const Ledger::Link& link : ledger.links) {
    if (!link.lost && !now.shares.contains(link.id)) Accuse("a link is lost " + when);
  }
}

void Judge::CheckHolds(const Standing& now, const Ledger& ledger, const std::string& when) {
  for (const auto& [id, object] : ledger.holds) {
    const auto found = now.holds.find(id);
    if (found == now.holds.end() || found->second.state != "running") {
      Accuse("a hold is lost " + when);
    }
  }
  for (const std::string& object : ledger.found_holds) {
    // A hold on what it belongs to covers it.
    std::set<std::string> covered = {object};
    for (const auto& [name, version] : now.versions) {
      if (name.first == object) covered.insert({version.matter, version.subject});
    }
    for (const auto& [matter, row] : ledger.matters) {
      for (const auto& [subject, pseudonym] : row.subjects) {
        if (subject == object) covered.insert(matter);
      }
    }
    const bool runs = std::any_of(now.holds.begin(), now.holds.end(), [&](const auto& hold) {
      return covered.contains(hold.second.object) && hold.second.state == "running";
    });
    if (!runs) Accuse("a hold that the key tree knows was not placed again " + when);
  }
}

// A blob is dust only if its slot is empty or spent, never because a row is missing: who has the
// key could still bring the document back.
void Judge::CheckBlobs(const VaultAttacker::Keys& keys, const std::string& when) {
  const std::set<std::string> there = BlobsAtHome();
  for (const auto& [name, slot] : blobs_) {
    if (there.contains(name)) {
      lost_blobs_.erase(name);
    } else if (keys.slots.contains(slot) && !lost_blobs_.contains(name)) {
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
  for (const std::string& detail : loot.details) {
    if (ledger.dead_details.contains(detail)) Accuse(who + ": destroyed, and opens: " + detail);
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
  const AttackSecrets secrets = SecretsOf(ledger, now.unit);
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
  const AttackSecrets secrets = SecretsOf(ledger, "");
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
  for (const std::string& subject : now.live_subjects) {
    if (!loot.details.contains("subject " + subject)) {
      Accuse("the details of a subject do not open " + when);
    }
  }
  for (const std::string& matter : now.live_matters) {
    if (!loot.details.contains("matter " + matter)) Accuse("a title does not open " + when);
  }
  for (const auto& [email, person] : ledger.people) {
    const auto row = now.people.find(person.id);
    if (row == now.people.end() || row->second.state != "live") continue;
    if (row->second.has_password && !loot.who.contains(person.id)) {
      Accuse("a person's password does not open their key " + when);
    }
    for (const auto& [token, until] : person.tokens) {
      const std::string id = TokenName(token);
      if (now.tokens.contains(id) && !loot.tokens.contains(id)) {
        Accuse("a token does not open its person's key " + when);
      }
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
    for (const Bytes& token : person.ended_tokens) secrets.tokens.push_back(token);
  }
  for (const AttackSecrets::Password& lost : ledger.lost_retired) secrets.passwords.push_back(lost);
  const AttackLoot loot = thief_.Attack(keys, secrets);
  for (const std::string& id : loot.who) Accuse("an old password opens person " + id + " " + when);
}

}  // namespace vault
