// What the judge holds of the copies of the key tree: their cells, and what lines of the log and
// certificates say of them.
#include <algorithm>
#include <fstream>

#include "tests/campaign/judge.h"
#include "vault/base/text.h"
#include "vault/crypto/digest.h"

namespace vault {

std::string Judge::CellNow(const std::string& folder) const {
  const std::string away = kAway + CellOf(folder);
  return platter_.Now(platter_.Has(away) ? away : CellOf(folder));
}

std::uint64_t Judge::EpochNow() const {
  const std::set<std::uint64_t> epochs = EpochsIn(platter_.Now(CellOf(home_)));
  return epochs.empty() ? 0 : *epochs.rbegin();
}

LootedKeys Judge::KeysAtHome() const {
  const std::string tree = TreeIn(home_);
  Attacker attacker(store_, unseal_);
  attacker.Watch({{tree, platter_.Now(tree)}, {tree + "-wal", platter_.Now(tree + "-wal")}}, {},
                 tree);
  return attacker.Loot({ToBytes(AsBytes(platter_.Now(CellOf(home_))))});
}

void Judge::MoveHome(const std::string& folder) {
  home_ = folder;
  copies_.reset();
}

void Judge::BlobsWereLost() {
  const std::set<std::string> there = BlobsAtHome();
  for (const auto& [name, blob] : blobs_) {
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

// What stands in clear beside the sealed nodes of a tree.
Bytes Judge::MetaOf(const std::string& tree, std::string_view key) const {
  const TempFolder folder;
  for (const char* suffix : {"", "-wal"}) {
    const std::string path = tree + suffix;
    if (platter_.Has(path)) {
      std::ofstream(folder.At("t.db") + suffix, std::ios::binary) << platter_.Now(path);
    }
  }
  Disk disk(nullptr);
  auto database = Database::Open(disk, folder.At("t.db"), std::nullopt, DatabaseMode::kWriter);
  if (!database.ok()) return {};
  Statement tables = database.value()->Prepare("SELECT 1 FROM sqlite_master WHERE name = 'meta'");
  const auto made = tables.Step();
  if (!made.ok() || !made.value()) return {};
  Statement query =
      database.value()->Prepare("SELECT CAST(value AS BLOB) FROM meta WHERE key = ?").Bind(key);
  const auto found = query.Step();
  return found.ok() && found.value() ? query.Blob(0) : Bytes();
}

// Copies is asked several times for the same state of the disk.
const std::vector<Judge::Copy>& Judge::Copies() const {
  if (!copies_) copies_ = ReadCopies(MetaOf(TreeIn(home_), "copies"));
  return *copies_;
}

std::vector<Judge::Copy> Judge::ReadCopies(const Bytes& list) {
  std::vector<Copy> copies;
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
    if (copy.given_up()) given_up.insert(copy.folder);
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

std::string Judge::SecretIn(const std::string& cell, std::uint64_t epoch) {
  return cell.substr(4096 * (epoch & 1) + 32, 32);
}

// FindDoomed finds what was staged and not committed by any copy of the tree when everything
// stopped: a root under it may have been seen, so nothing may ever be sealed under it again.
void Judge::FindDoomed() {
  std::optional<std::uint64_t> committed;
  const std::vector<std::string> files = platter_.Files();
  for (const std::string& path : files) {
    if (!path.ends_with(".cell") || path.find('/') != std::string::npos) continue;
    const std::string& cell = platter_.Now(path);
    const std::set<std::uint64_t> epochs = EpochsIn(cell);
    if (epochs.size() < 2) continue;
    if (!committed) {
      committed = 0;
      for (const std::string& tree : files) {
        if (!tree.ends_with("/keys.db")) continue;
        const Bytes epoch = MetaOf(tree, "epoch");
        const auto number = ParseDecimal(AsText(epoch));
        if (number.ok()) committed = std::max<std::uint64_t>(*committed, number.value());
      }
    }
    if (*committed < *epochs.rbegin()) doomed_.insert(SecretIn(cell, *epochs.rbegin()));
  }
}

void Judge::CheckCell(const std::string& when) {
  if (EpochsIn(platter_.Now(CellOf(home_))).size() != 1) {
    Accuse("a cell holds more than one epoch's secret " + when);
  }
}

// P4 comes before P5: when it is written anywhere that the keys of an epoch are gone, the cells of
// the vault hold no older secret; when a certificate is final, no cell does, but for those of
// copies that were given up by then. What a batch says of each copy is written in the same commit
// as its shred.done: so a copy whose cell held an older secret then is one that it names as not
// erased.
void Judge::CheckClaims(const std::string& when) {
  const RegisterPages::Claims claims = register_->TakeClaims();
  if (claims.finals.empty() && claims.batches.empty()) return;
  const std::vector<Copy>& copies = Copies();
  for (const RegisterPages::Final& final : claims.finals) {
    for (const Copy& copy : copies) {
      if (copy.given_up() && copy.since <= final.epoch) continue;
      if (!HeldOlder(final.oldest, copy, final.epoch)) continue;
      Accuse("a final certificate of epoch " + std::to_string(final.epoch) +
             " was written while the cell of " + copy.folder + " held an older secret, seen " +
             when);
    }
  }
  for (const RegisterPages::Batch& batch : claims.batches) {
    for (const Copy& copy : copies) {
      const std::string said = SaidOf(batch.copies, copy.number);
      const bool older = HeldOlder(batch.oldest, copy, batch.epoch);
      const std::string what = "a batch of epoch " + std::to_string(batch.epoch) + " calls copy " +
                               std::to_string(copy.number) + " \"" + said + "\"";
      // One that joined later never had these keys.
      if (older && said != "unreachable" && said != "evicted") {
        Accuse(what + " while its cell held an older secret, seen " + when);
      }
      if (said == "evicted" && !copy.given_up()) {
        Accuse(what + " although nobody gave it up, seen " + when);
      }
      if (said == "unreachable" && batch.state == "done") {
        Accuse(what + " and is done, seen " + when);
      }
    }
  }
}

bool Judge::HeldOlder(const RegisterPages::OldestEpochs& oldest, const Copy& copy,
                      std::uint64_t epoch) {
  const auto held = oldest.find(copy.folder);
  return held != oldest.end() && held->second != 0 && held->second < epoch;
}

// SaidOf reads a batch's line of copies: number ":" state ":" classes, ";" between.
std::string Judge::SaidOf(std::string_view line, std::uint8_t number) {
  for (const std::string_view part : Split(line, ';')) {
    const std::vector<std::string_view> fields = Split(part, ':');
    if (fields.size() == 3 && fields[0] == std::to_string(number)) return std::string(fields[1]);
  }
  return {};
}

// A certificate counts as erased only what is, and names what was given up: at any later time too.
void Judge::CheckCertificates(const Standing& now, const std::string& when) {
  const std::vector<Copy>& copies = Copies();
  for (const Standing::Certificate& certificate : now.certificates) {
    for (const Copy& copy : copies) {
      const std::set<std::uint64_t> epochs = EpochsIn(CellNow(copy.folder));
      if (epochs.empty() || *epochs.begin() >= certificate.epoch) continue;
      const std::string said = SaidOf(certificate.copies, copy.number);
      if (said == "unreachable" || said == "evicted") continue;
      Accuse("a certificate of epoch " + std::to_string(certificate.epoch) + " calls copy " +
             std::to_string(copy.number) + " \"" + said +
             "\", and its cell holds an older secret, " + when);
    }
  }
}

// A key that fell due without a row is owed until it is recovered or ended by a person: the status
// tells of every one, and it is there.
void Judge::CheckNoRow() {
  const std::optional<Standing> now = Look();
  if (!now) return;
  for (const std::uint32_t slot : now->no_row) {
    if (!now->orphans.contains(slot)) {
      Accuse("slot " + std::to_string(slot) + " is owed as unknown and told nowhere else");
    }
  }
}

}  // namespace vault
