// What the judge makes of the steps that reached the disk: its state, the nodes, pages and files
// that were ever written, and what stood in the cells.
#include <cstring>
#include <fstream>
#include <iterator>

#include "tests/campaign/judge.h"
#include "vault/crypto/digest.h"

namespace vault {

TreePages& Judge::TreeOf(const std::string& folder) {
  const auto found = trees_.find(folder);
  if (found != trees_.end()) return found->second;
  return trees_
      .emplace(folder,
               TreePages(TreeIn(folder), [this](std::int64_t row,
                                                ByteView sealed) { thief_.AddNode(row, sealed); }))
      .first->second;
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
  if (file == "keys.db" || file == "keys.db-wal") {
    TreeOf(folder).Take(step);
    copies_.reset();
  }
  // A whole tree that was written beside takes its place, or is staged to.
  if (step.action == DiskAction::kRename && step.target.ends_with("keys.db")) {
    const std::string target(step.target);
    copies_.reset();
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
  const std::string& cell = platter_.Durable(CellOf(folder));
  const std::set<std::uint64_t> epochs = EpochsIn(cell);
  const std::uint64_t oldest = epochs.empty() ? 0 : *epochs.begin();
  if (oldest == oldest_[folder]) return;
  if (oldest != 0 && doomed_.contains(SecretIn(cell, oldest))) {
    Accuse("a secret that an interrupted change had staged is used, in the cell of " + folder);
  }
  if (folder == home_) record_->Count(Record::kEpochs, 1);
  oldest_[folder] = oldest;
  if (register_ != nullptr) register_->CellsAre(oldest_);
}

void Judge::Restart() {
  copies_.reset();
  TreeOf(home_);
  for (auto& [folder, tree] : trees_) {
    tree.Restart(platter_.Now(TreeIn(folder)), platter_.Now(TreeIn(folder) + "-wal"));
  }
  for (auto& [folder, oldest] : oldest_) {
    const std::set<std::uint64_t> epochs = EpochsIn(CellNow(folder));
    oldest = epochs.empty() ? 0 : *epochs.begin();
  }
  if (register_ != nullptr) register_->CellsAre(oldest_);
  FindDoomed();
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
    if (!header.ok()) continue;
    const VersionName version{header.value().document.ToHex(), header.value().version};
    blobs_[name] = {header.value().slot, version};
  }
}

void Judge::Compare(const std::string& root) {
  Follow();
  for (const std::string& path : platter_.Files()) {
    std::ifstream file(root + "/" + path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    if (bytes != platter_.Now(path)) Accuse("the record does not account for " + path);
  }
}

}  // namespace vault
