#include "vault/restore.h"

#include <filesystem>
#include <set>

#include "vault/base/text.h"
#include "vault/copy_marker.h"
#include "vault/folder_lock.h"
#include "vault/restore_stage.h"
#include "vault/unseal_file.h"

namespace vault {
namespace {

constexpr std::uint64_t kMostManifest = std::uint64_t{1} << 20;
constexpr std::uint64_t kMostList = std::uint64_t{4} << 30;
constexpr std::string_view kPlanFirstLine = "strongroom-restore/v1\n";

std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status NoStep(std::uint64_t /*bytes*/) { return Ok(); }

bool SameFolder(const std::string& a, const std::string& b) {
  std::error_code failed;
  return std::filesystem::equivalent(a, b, failed) && !failed;
}

Result<Bytes> Needed(Result<Bytes> bytes, std::string_view what) {
  if (!bytes.ok() && bytes.error().code == Errc::kNotFound) return NotFound(std::string(what));
  return bytes;
}

// Stager is one staging under way.
class Stager {
 public:
  Stager(const VaultWorld& world, const RestoreWish& wish, const ProgressSink& progress,
         const std::string& data)
      : disk_(*world.disk),
        random_(*world.random),
        wish_(wish),
        progress_(progress),
        paths_(data),
        backup_(Trimmed(wish.backup)) {}

  Result<StagedRestore> Run() {
    TRY_VOID(ReadBackup());
    TRY_VOID(CheckTree());
    TRY_VOID(Begin());
    TRY_VOID(TakeTree());
    TRY_VOID(TakeRegister());
    TRY_VOID(TakeBlobs());
    return Finish();
  }

 private:
  Status ReadBackup() {
    TRY(const Bytes manifest,
        Needed(disk_.ReadAll(backup_ + "/" + std::string(kBackupManifest), kMostManifest),
               "there is no finished backup in the folder"));
    manifest_text_ = AsText(manifest);
    TRY(manifest_, ReadManifest(manifest_text_));
    TRY(const Bytes list, Needed(disk_.ReadAll(backup_ + "/" + manifest_.list.name, kMostList),
                                 "the backup's list of blobs is missing"));
    if (list.size() != manifest_.list.facts.size || Sha256(list) != manifest_.list.facts.sha256) {
      return Corrupt("the backup's list of blobs is not the one that was written");
    }
    TRY(blobs_, ReadBlobList(AsText(list)));
    return Ok();
  }

  // The tree's store is in clear: a backup of another vault is refused before anything is touched.
  Status CheckTree() {
    if (wish_.tree_later) {
      if (*wish_.tree_later == manifest_.store) return Ok();
      return Conflict("the backup is another vault's");
    }
    if (wish_.tree) {
      tree_ = Trimmed(*wish_.tree);
      if (SameFolder(*tree_, paths_.data)) tree_.reset();
    }
    const std::string path = (tree_ ? *tree_ : paths_.data) + "/keys.db";
    if (!disk_.Exists(path)) {
      return NotFound(
          "there is no key tree in the " + std::string(tree_ ? "folder named" : "data folder") +
          ". a backup holds no keys: name the folder that has the current keys.db, a data folder "
          "kept aside or a copy's. when every copy of the key tree is lost, every document is");
    }
    if (tree_) {
      TRY(tree_lock_, FolderLock::Take(*tree_));
      TRY(const std::optional<CopyMarker> marker, ReadCopyMarker(disk_, *tree_));
      if (marker && marker->role == CopyRole::kStandby) {
        return Conflict(
            "the folder with the key tree is a standby: `strongroom custody promote` makes it the "
            "vault, with its own register");
      }
    }
    TRY(const StoreId store, KeyKeeper::ReadStoreId(disk_, path));
    if (store != manifest_.store) return Conflict("the backup is another vault's");
    return Ok();
  }

  Status Begin() {
    // Without its plan an earlier stage is nothing.
    TRY_VOID(disk_.MakeFolder(paths_.folder));
    TRY_VOID(disk_.Unlink(paths_.plan()));
    TRY_VOID(disk_.SyncFolder(paths_.folder));
    TRY(const std::vector<std::string> names, disk_.ListFolder(paths_.folder));
    for (const std::string& name : names) {
      // What an earlier stage put aside is kept: it may be the only copy.
      if (paths_.At(name) != paths_.replaced()) TRY_VOID(disk_.Unlink(paths_.At(name)));
    }
    TRY_VOID(disk_.MakeFolder(paths_.replaced()));
    TRY_VOID(disk_.SyncFolder(paths_.data));
    for (std::size_t i = 0; i < wish_.checkpoints.size(); ++i) {
      TRY_VOID(disk_.WriteWhole(paths_.At("checkpoint-" + std::to_string(i)),
                                AsBytes(wish_.checkpoints[i])));
    }
    return disk_.WriteWhole(paths_.At("manifest"), AsBytes(manifest_text_));
  }

  Status TakeTree() {
    if (!tree_) return Ok();
    TRY_VOID(CopyDatabaseFiles(disk_, *tree_ + "/keys.db", paths_.tree()));
    if (disk_.Exists(*tree_ + "/register.db")) {
      TRY_VOID(CopyDatabaseFiles(disk_, *tree_ + "/register.db", paths_.At("register-tree.db")));
    }
    // Which copy of the vault the tree is, goes with it.
    if (disk_.Exists(*tree_ + "/custody")) {
      TRY(const Bytes marker, disk_.ReadAll(*tree_ + "/custody", kMostManifest));
      TRY_VOID(disk_.WriteWhole(paths_.At("custody"), marker));
    }
    // The unseal file goes with the tree: both are replicated, and neither is backed up. Whether it
    // or our own counts, is known when a secret opens one of the trees: U may have been renewed
    // since either was written.
    TRY(const Bytes unseal, ReadUnsealFile(disk_, *tree_));
    TRY_VOID(disk_.WriteWhole(UnsealPath(paths_.folder), unseal));
    if (!disk_.Exists(NextUnsealPath(*tree_))) return Ok();
    TRY(const Bytes next, disk_.ReadAll(NextUnsealPath(*tree_), kMostManifest));
    return disk_.WriteWhole(NextUnsealPath(paths_.folder), next);
  }

  Status TakeRegister() {
    auto file = disk_.OpenForReading(backup_ + "/" + manifest_.register_copy.name);
    if (!file.ok()) {
      if (file.error().code != Errc::kNotFound) return file.error();
      return NotFound("the backup's copy of the register is missing");
    }
    TRY(const FileFacts facts,
        CopyFile(disk_, *file.value(), paths_.At("register-backup.db"), NoStep));
    if (facts != manifest_.register_copy.facts) {
      return Corrupt("the backup's copy of the register is not the one that was written");
    }
    return Ok();
  }

  // Present says whether the data folder has the blob, whole; a damaged one is written again.
  Result<bool> Present(const std::string& path, const FileFacts& wanted, const CopyStep& step) {
    auto file = disk_.OpenForReading(path);
    if (!file.ok() && file.error().code == Errc::kNotFound) return false;
    if (!file.ok()) return file.error();
    if (file.value()->size() != wanted.size) return false;
    TRY(const FileFacts facts, HashFile(*file.value(), step));
    return facts == wanted;
  }

  Status TakeBlobs() {
    const std::string store = paths_.data + "/blobs";
    TRY_VOID(disk_.MakeFolder(store));
    TRY_VOID(disk_.MakeFolder(store + "/new"));
    WorkProgress work;
    for (const auto& [name, facts] : blobs_) work.total += facts.size;
    // Asked within a blob too: one may have gigabytes, and whoever waits for us may want to end it.
    const CopyStep watched = [&](std::uint64_t) { return progress_(work); };
    for (const auto& [name, facts] : blobs_) {
      work.done += facts.size;
      TRY_VOID(progress_(work));
      ++staged_.blobs;
      const std::string hex = name.ToHex();
      const std::string shard = store + "/" + hex.substr(0, 2);
      TRY(const bool settled, Present(shard + "/" + hex, facts, watched));
      if (settled) {
        relied_on_.insert(shard);
        continue;
      }
      TRY(const bool fresh, Present(store + "/new/" + hex, facts, watched));
      if (fresh) {
        relied_on_.insert(store + "/new");
        continue;
      }
      auto file = disk_.OpenForReading(BackupBlobPath(backup_, name));
      if (!file.ok()) {
        if (file.error().code != Errc::kNotFound) return file.error();
        return Corrupt("a blob of the backup is missing");
      }
      TRY_VOID(MakeShard(shard));
      TRY(const FileFacts copied, CopyFile(disk_, *file.value(), shard + "/" + hex, watched));
      if (copied != facts) {
        // It took its place already: gone is better than wrong.
        TRY_VOID(disk_.Unlink(shard + "/" + hex));
        return Corrupt("a blob of the backup is not the one that was written");
      }
      ++staged_.copied;
    }
    if (tree_) TRY_VOID(TakeBlobsBeside(store));
    // Also of those that were found: an earlier staging may have died before it synced their names.
    for (const std::string& folder : relied_on_) TRY_VOID(disk_.SyncFolder(folder));
    TRY_VOID(disk_.SyncFolder(store));
    // Where there was no store its own name is new.
    return disk_.SyncFolder(paths_.data);
  }

  // A data folder kept aside has what was filed after the backup.
  Status TakeBlobsBeside(const std::string& store) {
    const std::string from = *tree_ + "/blobs";
    if (!disk_.Exists(from)) return Ok();
    TRY(const std::vector<std::string> folders, disk_.ListFolder(from));
    for (const std::string& folder : folders) {
      auto names = disk_.ListFolder(from + "/" + folder);
      if (!names.ok()) continue;  // a file of somebody else
      for (const std::string& name : names.value()) {
        const auto blob = BlobName::Parse(name);
        if (!blob.ok() || blobs_.contains(blob.value())) continue;
        const std::string shard = store + "/" + name.substr(0, 2);
        const bool settled = disk_.Exists(shard + "/" + name);
        if (settled || disk_.Exists(store + "/new/" + name)) {
          relied_on_.insert(settled ? shard : store + "/new");
          continue;
        }
        TRY(const std::unique_ptr<RandomAccess> file,
            disk_.OpenForReading(from + "/" + folder + "/" + name));
        TRY_VOID(MakeShard(shard));
        TRY_VOID(CopyFile(disk_, *file, shard + "/" + name, NoStep));
        ++staged_.copied;
      }
    }
    return Ok();
  }

  Status MakeShard(const std::string& shard) {
    relied_on_.insert(shard);
    return disk_.MakeFolder(shard);
  }

  Result<StagedRestore> Finish() {
    TRY_VOID(disk_.SyncFolder(paths_.folder));
    const std::string plan =
        std::string(kPlanFirstLine) + "id " + random_.NewId<ObjectId>().ToHex() + "\n";
    TRY_VOID(disk_.WriteWhole(paths_.plan(), AsBytes(plan)));
    return staged_;
  }

  Disk& disk_;
  RandomSource& random_;
  const RestoreWish& wish_;
  const ProgressSink& progress_;
  StagePaths paths_;
  std::string backup_;
  std::optional<std::string> tree_;
  std::unique_ptr<FolderLock> tree_lock_;
  std::string manifest_text_;
  BackupManifest manifest_;
  BlobList blobs_;
  std::set<std::string> relied_on_;  // folders with blobs of the backup, or of beside the tree
  StagedRestore staged_;
};

}  // namespace

Result<StagedRestore> StageRestore(const VaultWorld& world, const VaultPlace& place,
                                   const RestoreWish& wish, const ProgressSink& progress) {
  const std::string data = Trimmed(place.data);
  Disk& disk = *world.disk;
  if (!disk.Exists(data)) {
    TRY_VOID(disk.MakeFolder(data));
    TRY_VOID(disk.SyncFolder(ParentOf(data)));
  }
  TRY(const std::unique_ptr<FolderLock> lock, FolderLock::Take(data));
  return Stager(world, wish, progress, data).Run();
}

Status AbandonRestore(const VaultWorld& world, const VaultPlace& place) {
  const std::string data = Trimmed(place.data);
  const StagePaths paths(data);
  Disk& disk = *world.disk;
  if (!disk.Exists(paths.folder)) return Ok();
  TRY(const std::unique_ptr<FolderLock> lock, FolderLock::Take(data));
  TRY_VOID(disk.Unlink(paths.plan()));
  TRY_VOID(disk.SyncFolder(paths.folder));
  // Back to its place, where a finish that was cut short had taken it away.
  for (const std::string name : {"register.db", "keys.db"}) {
    const std::string aside = paths.replaced() + "/" + name;
    if (!disk.Exists(aside) || disk.Exists(data + "/" + name)) continue;
    if (disk.Exists(aside + "-wal"))
      TRY_VOID(disk.Rename(aside + "-wal", data + "/" + name + "-wal"));
    TRY_VOID(disk.Rename(aside, data + "/" + name));
  }
  TRY_VOID(disk.SyncFolder(data));
  TRY(const std::vector<std::string> names, disk.ListFolder(paths.folder));
  for (const std::string& name : names) {
    if (paths.At(name) != paths.replaced()) TRY_VOID(disk.Unlink(paths.At(name)));
  }
  // Stays when something that was replaced is still in it.
  std::error_code failed;
  std::filesystem::remove(paths.replaced(), failed);
  std::filesystem::remove(paths.folder, failed);
  return Ok();
}

}  // namespace vault
