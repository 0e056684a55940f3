#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "vault/base/log.h"
#include "vault/store/blob_store.h"
#include "vault/store/write_behind.h"

namespace vault {
namespace {

std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class FileBlobWriter final : public BlobWriter {
 public:
  FileBlobWriter(Disk& disk, std::string folder, BlobName name, std::unique_ptr<DiskFile> file)
      : disk_(disk),
        folder_(std::move(folder)),
        name_(name),
        file_(std::move(file)),
        stream_(std::in_place, *file_) {}

  ~FileBlobWriter() override {
    if (committed_) return;
    // The stream's thread ends before its file. What cannot be removed is dust, swept at start.
    stream_.reset();
    file_.reset();
    [[maybe_unused]] const Status removed = disk_.Unlink(folder_ + "/" + name_.ToHex());
  }

  BlobName name() const override { return name_; }

  Status Write(ByteView bytes) override {
    CHECK(!committed_);
    return stream_->Write(bytes);
  }

  Status Commit() override {
    CHECK(!committed_);
    TRY_VOID(stream_->Finish());
    TRY_VOID(file_->Sync());
    TRY_VOID(disk_.SyncFolder(folder_));
    committed_ = true;
    return Ok();
  }

 private:
  Disk& disk_;
  std::string folder_;
  BlobName name_;
  std::unique_ptr<DiskFile> file_;
  std::optional<WriteBehind> stream_;
  bool committed_ = false;
};

class FileBlobStore final : public BlobStore {
 public:
  FileBlobStore(Disk& disk, std::string root, RandomSource& random)
      : disk_(disk), root_(std::move(root)), random_(random) {}

  Status Prepare() {
    TRY_VOID(disk_.MakeFolder(root_));
    TRY_VOID(disk_.MakeFolder(NewFolder()));
    // Also when all is there already: the run that made it may have ended before its syncs.
    TRY_VOID(disk_.SyncFolder(root_));
    TRY_VOID(disk_.SyncFolder(ParentOf(root_)));
    TRY(std::vector<std::string> shards, Shards());
    durable_shards_.insert(shards.begin(), shards.end());
    return Ok();
  }

  Result<std::unique_ptr<BlobWriter>> Create() override {
    const BlobName name = random_.NewId<BlobName>();
    TRY(std::unique_ptr<DiskFile> file, disk_.CreateFile(NewPath(name)));
    return std::unique_ptr<BlobWriter>(
        std::make_unique<FileBlobWriter>(disk_, NewFolder(), name, std::move(file)));
  }

  Result<std::unique_ptr<RandomAccess>> Open(const BlobName& name) override {
    // Settled, new, and once more settled: it may be moved between the first two looks.
    for (const std::string& path : {SettledPath(name), NewPath(name), SettledPath(name)}) {
      auto file = disk_.OpenForReading(path);
      if (file.ok() || file.error().code != Errc::kNotFound) return file;
    }
    return NotFound("no such blob");
  }

  Status Settle(const BlobName& name) override {
    if (disk_.Exists(NewPath(name))) {
      TRY_VOID(MakeShard(ShardOf(name)));
      TRY_VOID(disk_.Rename(NewPath(name), SettledPath(name)));
    } else if (!disk_.Exists(SettledPath(name))) {
      return NotFound("no such blob");
    }
    // Also when it is there already: the run that moved it may have ended before its syncs.
    TRY_VOID(disk_.SyncFolder(SettledFolder(name)));
    return disk_.SyncFolder(NewFolder());
  }

  Status SettleSoon(const BlobName& name) override {
    std::vector<BlobName> together;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      waiting_.push_back(name);
      if (waiting_.size() < kSettleTogether) return Ok();
      together.swap(waiting_);
    }
    std::set<std::string> folders;
    for (const BlobName& one : together) {
      TRY_VOID(MakeShard(ShardOf(one)));
      const Status moved = disk_.Rename(NewPath(one), SettledPath(one));
      if (moved.ok()) {
        folders.insert(SettledFolder(one));
      } else if (disk_.Exists(NewPath(one))) {  // else removed or settled meanwhile
        return moved;
      }
    }
    for (const std::string& folder : folders) TRY_VOID(disk_.SyncFolder(folder));
    return disk_.SyncFolder(NewFolder());
  }

  Status Remove(const BlobName& name) override {
    TRY_VOID(disk_.Unlink(NewPath(name)));
    TRY_VOID(disk_.Unlink(SettledPath(name)));
    // Also when nothing was there: the run that removed it may have ended before its syncs.
    TRY_VOID(disk_.SyncFolder(NewFolder()));
    if (!disk_.Exists(SettledFolder(name))) return Ok();
    return disk_.SyncFolder(SettledFolder(name));
  }

  std::vector<BlobName> RemoveMany(const std::vector<BlobName>& names) override {
    std::map<std::string, std::vector<BlobName>> by_folder;
    std::set<BlobName> left;
    for (const BlobName& name : names) {
      Status removed = disk_.Unlink(NewPath(name));
      if (removed.ok()) removed = disk_.Unlink(SettledPath(name));
      if (!removed.ok()) left.insert(name);
      by_folder[SettledFolder(name)].push_back(name);
    }
    // Also when nothing was there: the run that removed it may have ended before its syncs.
    const bool new_synced = names.empty() || disk_.SyncFolder(NewFolder()).ok();
    for (const auto& [folder, inside] : by_folder) {
      const bool synced = new_synced && (!disk_.Exists(folder) || disk_.SyncFolder(folder).ok());
      if (!synced) left.insert(inside.begin(), inside.end());
    }
    return {left.begin(), left.end()};
  }

  Result<std::vector<BlobName>> ListNew() override { return NamesIn(NewFolder(), ""); }

  Status ListAll(const std::function<Status(const BlobName&)>& visit) override {
    TRY(const std::vector<std::string> shards, Shards());
    for (const std::string& shard : shards) {
      TRY(const std::vector<BlobName> names, NamesIn(root_ + "/" + shard, shard));
      for (const BlobName& name : names) TRY_VOID(visit(name));
    }
    TRY(const std::vector<BlobName> fresh, ListNew());
    for (const BlobName& name : fresh) TRY_VOID(visit(name));
    return Ok();
  }

 private:
  // Shards lists the folders of settled blobs that exist.
  Result<std::vector<std::string>> Shards() const {
    TRY(const std::vector<std::string> entries, disk_.ListFolder(root_));
    std::vector<std::string> shards;
    for (const std::string& entry : entries) {
      if (entry.size() == 2 && DecodeHex(entry).ok()) shards.push_back(entry);
    }
    return shards;
  }

  // MakeShard makes a folder durable before the first blob lies in it. Two threads may want the
  // same one: the second waits, since a folder that merely exists may still be lost.
  Status MakeShard(const std::string& shard) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (durable_shards_.contains(shard)) return Ok();
    TRY_VOID(disk_.MakeFolder(root_ + "/" + shard));
    TRY_VOID(disk_.SyncFolder(root_));
    durable_shards_.insert(shard);
    return Ok();
  }

  static std::string ShardOf(const BlobName& name) { return name.ToHex().substr(0, 2); }
  std::string NewFolder() const { return root_ + "/new"; }
  std::string NewPath(const BlobName& name) const { return NewFolder() + "/" + name.ToHex(); }
  std::string SettledFolder(const BlobName& name) const { return root_ + "/" + ShardOf(name); }
  std::string SettledPath(const BlobName& name) const {
    return SettledFolder(name) + "/" + name.ToHex();
  }

  // NamesIn gives the blobs of a folder whose names begin with `prefix`.
  Result<std::vector<BlobName>> NamesIn(const std::string& folder, std::string_view prefix) const {
    TRY(const std::vector<std::string> entries, disk_.ListFolder(folder));
    std::vector<BlobName> names;
    std::size_t foreign = 0;
    for (const std::string& entry : entries) {
      auto name = BlobName::Parse(entry);
      if (name.ok() && entry.starts_with(prefix)) {
        names.push_back(name.value());
      } else {
        ++foreign;
      }
    }
    if (foreign != 0) {
      // Not their names: somebody may have dropped a document here.
      Log(LogLevel::kWarning, "the blob store ignores " + std::to_string(foreign) +
                                  " files in one folder that are not its own");
    }
    return names;
  }

  Disk& disk_;
  std::string root_;
  RandomSource& random_;
  std::mutex mutex_;
  std::set<std::string> durable_shards_;  // guarded by mutex_
  std::vector<BlobName> waiting_;         // guarded by mutex_: to be settled together
};

}  // namespace

Result<std::unique_ptr<BlobStore>> NewFileBlobStore(Disk& disk, const std::string& root,
                                                    RandomSource& random) {
  auto store = std::make_unique<FileBlobStore>(disk, root, random);
  TRY_VOID(store->Prepare());
  return std::unique_ptr<BlobStore>(std::move(store));
}

}  // namespace vault
