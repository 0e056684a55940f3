// Platter: what the disk holds, worked out from the record, and what is left of it after the power
// failed.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/power_cut.h"
#include "vault/store/disk.h"

namespace vault {

// Platter follows the steps one by one. A file's bytes are certain after its sync, a name after its
// folder's; the names of SQLite's logs after the log's first sync, which syncs the folder too.
class Platter {
 public:
  void Take(const DiskStep& step) {
    const std::string path(step.path);
    switch (step.action) {
      case DiskAction::kCreate: {
        auto file = std::make_shared<File>();
        file->folder = path.ends_with('/');
        names_[file->folder ? path.substr(0, path.size() - 1) : path] = file;
        return;
      }
      case DiskAction::kWrite:
      case DiskAction::kTruncate: {
        File& file = At(path);
        Change change{step.action, step.offset, std::string(AsText(step.bytes))};
        Apply(change, file.now);
        file.pending.push_back(std::move(change));
        return;
      }
      case DiskAction::kSync: {
        File& file = At(path);
        for (const Change& change : file.pending) Apply(change, file.synced);
        file.pending.clear();
        if (path.ends_with("-wal") || path.ends_with("-journal")) SyncNames(FolderOf(path));
        return;
      }
      case DiskAction::kRename:
        names_[std::string(step.target)] = names_.at(path);
        names_.erase(path);
        return;
      case DiskAction::kUnlink:
        names_.erase(path);
        return;
      case DiskAction::kSyncFolder:
        SyncNames(path);
        return;
    }
  }

  // LosePower leaves what the disk may hold when the power comes back, and calls it synced.
  void LosePower(Unsynced unsynced, RandomSource& random) {
    const auto keep = [&] {
      if (unsynced != Unsynced::kHalf) return unsynced == Unsynced::kKept;
      ByteArray<1> coin;
      random.Fill(coin);
      return coin[0] % 2 == 0;
    };
    // A rename is one change: names are old or new, all together.
    if (!keep()) names_ = synced_names_;
    for (auto& [path, file] : names_) {
      for (const Change& change : file->pending) {
        if (keep()) Apply(change, file->synced);
      }
      file->pending.clear();
      file->now = file->synced;
    }
    // What lies in a folder whose own name was lost is lost with it.
    for (auto it = names_.begin(); it != names_.end();) {
      const std::string folder = FolderOf(it->first);
      const bool orphan = !folder.empty() && !names_.contains(folder);
      it = orphan ? names_.erase(it) : std::next(it);
    }
    synced_names_ = names_;
  }

  // WriteTo makes the files as they are now below an empty folder.
  void WriteTo(const std::string& folder) const {
    std::filesystem::create_directories(folder);
    for (const auto& [path, file] : names_) {
      const std::string place = folder + "/" + path;
      if (file->folder) {
        std::filesystem::create_directories(place);
      } else {
        std::ofstream(place, std::ios::binary) << file->now;
      }
    }
  }

  bool Has(const std::string& path) const { return names_.contains(path); }
  // Now is the file as a reader sees it, Durable as it is certain to be.
  const std::string& Now(const std::string& path) const { return Find(path).now; }
  const std::string& Durable(const std::string& path) const { return Find(path).synced; }
  // Put replaces a file as a whole, durably, as somebody with the disk in his hands would.
  void Put(const std::string& path, std::string bytes) {
    auto file = std::make_shared<File>();
    file->now = file->synced = std::move(bytes);
    names_[path] = file;
    synced_names_[path] = file;
  }
  void Remove(const std::string& path) {
    names_.erase(path);
    synced_names_.erase(path);
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> out;
    for (const auto& [path, file] : names_) {
      if (!file->folder) out.push_back(path);
    }
    return out;
  }

 private:
  struct Change {
    DiskAction action;
    std::uint64_t offset;
    std::string bytes;
  };
  struct File {
    bool folder = false;
    std::string now;
    std::string synced;
    std::vector<Change> pending;
  };

  static std::string FolderOf(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
  }
  static void Apply(const Change& change, std::string& bytes) {
    if (change.action == DiskAction::kTruncate) {
      bytes.resize(change.offset);
      return;
    }
    const std::size_t end = change.offset + change.bytes.size();
    if (bytes.size() < end) bytes.resize(end);
    bytes.replace(change.offset, change.bytes.size(), change.bytes);
  }
  File& At(const std::string& path) {
    std::shared_ptr<File>& file = names_[path];
    if (file == nullptr) file = std::make_shared<File>();
    return *file;
  }
  const File& Find(const std::string& path) const {
    static const File kNone;
    const auto found = names_.find(path);
    return found == names_.end() ? kNone : *found->second;
  }
  void SyncNames(const std::string& folder) {
    for (auto it = synced_names_.begin(); it != synced_names_.end();) {
      it = FolderOf(it->first) == folder ? synced_names_.erase(it) : std::next(it);
    }
    for (const auto& [path, file] : names_) {
      if (FolderOf(path) == folder) synced_names_[path] = file;
    }
  }

  std::map<std::string, std::shared_ptr<File>> names_;
  std::map<std::string, std::shared_ptr<File>> synced_names_;
};

}  // namespace vault
