// PowerCut: what a disk may hold after the power fails, worked out from a recording.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/fake_random.h"
#include "tests/support/recording_disk.h"

namespace vault {

// Unsynced says what becomes of everything that no sync had covered.
enum class Unsynced { kGone, kKept, kHalf };

// PowerCut replays a recording that began in an empty folder, up to a step.
//
// A file's bytes are certain after its sync, a name after its folder's sync. Names ending in -wal
// and -journal are SQLite's: its first sync of such a file syncs the folder too.
class PowerCut {
 public:
  PowerCut(const std::vector<RecordedStep>& steps, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) Take(steps[i]);
  }

  // Write makes the files in `to` that lay in `from`. The seed chooses the half.
  void Write(const std::string& from, const std::string& to, Unsynced unsynced,
             std::uint64_t seed) const {
    FakeRandom random(seed);
    const auto keep = [&] {
      if (unsynced != Unsynced::kHalf) return unsynced == Unsynced::kKept;
      ByteArray<1> coin;
      random.Fill(coin);
      return coin[0] % 2 == 0;
    };
    // A rename is one change: names are old or new, all together.
    for (const auto& [path, file] : keep() ? names_ : synced_names_) {
      if (!path.starts_with(from + "/")) continue;
      if (file->folder) {
        std::filesystem::create_directories(to + path.substr(from.size()));
        continue;
      }
      std::string bytes = file->synced;
      for (const Change& change : file->pending) {
        if (keep()) Apply(change, bytes);
      }
      // A file in a folder whose own name was lost is lost with it.
      const std::filesystem::path place = to + path.substr(from.size());
      if (!std::filesystem::exists(place.parent_path())) continue;
      std::ofstream(place, std::ios::binary) << bytes;
    }
  }

 private:
  struct Change {
    DiskAction action;
    std::uint64_t offset;
    Bytes bytes;
  };
  struct File {
    bool folder = false;
    std::string synced;
    std::vector<Change> pending;
  };
  using Names = std::map<std::string, std::shared_ptr<File>>;

  static std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

  static void Apply(const Change& change, std::string& bytes) {
    if (change.action == DiskAction::kTruncate) {
      bytes.resize(change.offset);
      return;
    }
    const std::size_t end = change.offset + change.bytes.size();
    if (bytes.size() < end) bytes.resize(end);
    bytes.replace(change.offset, change.bytes.size(), AsText(change.bytes));
  }

  void Take(const RecordedStep& step) {
    switch (step.action) {
      case DiskAction::kCreate: {
        auto file = std::make_shared<File>();
        file->folder = step.path.ends_with('/');
        names_[file->folder ? step.path.substr(0, step.path.size() - 1) : step.path] = file;
        return;
      }
      case DiskAction::kWrite:
      case DiskAction::kTruncate:
        names_.at(step.path)->pending.push_back({step.action, step.offset, step.bytes});
        return;
      case DiskAction::kSync: {
        File& file = *names_.at(step.path);
        for (const Change& change : file.pending) Apply(change, file.synced);
        file.pending.clear();
        if (step.path.ends_with("-wal") || step.path.ends_with("-journal")) {
          SyncNames(FolderOf(step.path));
        }
        return;
      }
      case DiskAction::kRename:
        names_[step.target] = names_.at(step.path);
        names_.erase(step.path);
        return;
      case DiskAction::kUnlink:
        names_.erase(step.path);
        return;
      case DiskAction::kSyncFolder:
        SyncNames(step.path);
        return;
    }
  }

  void SyncNames(const std::string& folder) {
    for (auto it = synced_names_.begin(); it != synced_names_.end();) {
      it = FolderOf(it->first) == folder ? synced_names_.erase(it) : std::next(it);
    }
    for (const auto& [path, file] : names_) {
      if (FolderOf(path) == folder) synced_names_[path] = file;
    }
  }

  Names names_;
  Names synced_names_;
};

}  // namespace vault
