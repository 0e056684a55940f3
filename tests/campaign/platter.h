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
        Rename(path, std::string(step.target));
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
    renames_.clear();
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
  // Below names a folder, what lies in it, and its cell beside it: what somebody carries away who
  // takes the disk. With an empty target it is gone.
  void Carry(const std::string& folder, const std::string& to) {
    for (auto* names : {&names_, &synced_names_}) {
      std::map<std::string, std::shared_ptr<File>> carried;
      for (auto it = names->begin(); it != names->end();) {
        const bool below = it->first == folder || it->first == folder + ".cell" ||
                           it->first.starts_with(folder + "/");
        if (below && !to.empty()) carried[to + it->first.substr(folder.size())] = it->second;
        it = below ? names->erase(it) : std::next(it);
      }
      names->merge(carried);
    }
  }
  // RemoveBelow empties a folder; its cell stays.
  void RemoveBelow(const std::string& folder) {
    for (auto* names : {&names_, &synced_names_}) {
      std::erase_if(*names, [&](const auto& file) { return file.first.starts_with(folder + "/"); });
    }
  }
  // Image is a folder's files as a reader sees them, without the cell beside it.
  using Image = std::map<std::string, std::string>;  // path below the folder → bytes
  Image Copy(const std::string& folder) const {
    Image image;
    for (const auto& [path, file] : names_) {
      if (!file->folder && path.starts_with(folder + "/")) {
        image[path.substr(folder.size() + 1)] = file->now;
      }
    }
    return image;
  }
  // Lay puts such files down below a folder, with the folders they need.
  void Lay(const Image& image, const std::string& folder) {
    for (const auto& [path, bytes] : image) {
      const std::string full = folder + "/" + path;
      for (std::size_t at = full.find('/'); at != std::string::npos; at = full.find('/', at + 1)) {
        const std::string part = full.substr(0, at);
        if (names_.contains(part)) continue;
        auto made = std::make_shared<File>();
        made->folder = true;
        names_[part] = synced_names_[part] = made;
      }
      Put(full, bytes);
    }
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
  // Rename is one change, durable as a whole once either folder is synced: file systems with a
  // journal write it in one piece. A folder takes what lies below it along.
  void Rename(const std::string& from, const std::string& to) {
    std::vector<std::string> below = {from};
    for (const auto& [path, file] : names_) {
      if (path.starts_with(from + "/")) below.push_back(path);
    }
    for (const std::string& path : below) {
      const std::string target = to + path.substr(from.size());
      names_[target] = names_.at(path);
      names_.erase(path);
      renames_.push_back({path, target, FolderOf(from), FolderOf(to), names_[target]});
    }
  }
  void SyncNames(const std::string& folder) {
    std::erase_if(renames_, [&](const Renamed& one) {
      if (one.from_folder != folder && one.to_folder != folder) return false;
      const auto old = synced_names_.find(one.from);
      if (old != synced_names_.end() && old->second == one.file) synced_names_.erase(old);
      synced_names_[one.to] = one.file;
      return true;
    });
    for (auto it = synced_names_.begin(); it != synced_names_.end();) {
      it = FolderOf(it->first) == folder ? synced_names_.erase(it) : std::next(it);
    }
    for (const auto& [path, file] : names_) {
      if (FolderOf(path) == folder) synced_names_[path] = file;
    }
  }

  struct Renamed {
    std::string from, to, from_folder, to_folder;
    std::shared_ptr<File> file;
  };
  std::vector<Renamed> renames_;  // not certain yet
  std::map<std::string, std::shared_ptr<File>> names_;
  std::map<std::string, std::shared_ptr<File>> synced_names_;
};

}  // namespace vault
