#include "vault/store/mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "vault/base/log.h"

namespace vault {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

// EachBlock walks through the source.
Status EachBlock(const MirrorSource& source,
                 const std::function<Status(std::uint64_t, ByteView)>& visit) {
  Bytes block(kBlock);
  for (std::uint64_t at = 0; at < source.size; at += kBlock) {
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, source.size - at));
    const MutableByteView view = MutableByteView(block).first(part);
    TRY_VOID(source.read(at, view));
    TRY_VOID(visit(at, view));
  }
  return Ok();
}

Result<bool> IsSame(const Disk& disk, const std::string& path, const MirrorSource& source) {
  if (!disk.Exists(path)) return false;
  TRY(const std::unique_ptr<RandomAccess> file, disk.OpenForReading(path));
  if (file->size() != source.size) return false;
  bool same = true;
  Bytes theirs(kBlock);
  TRY_VOID(EachBlock(source, [&](std::uint64_t at, ByteView ours) -> Status {
    if (!same) return Ok();
    const MutableByteView view = MutableByteView(theirs).first(ours.size());
    TRY_VOID(file->ReadAt(at, view));
    same = std::memcmp(view.data(), ours.data(), ours.size()) == 0;
    return Ok();
  }));
  return same;
}

}  // namespace

bool MirrorLink::whole() const {
  const std::lock_guard lock(mutex_);
  return whole_;
}

void MirrorLink::Break(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!whole_) return;
  whole_ = false;
  why_ = error.detail;
  LogError("the standby copy cannot be reached any more", error);
}

std::string MirrorLink::why() const {
  const std::lock_guard lock(mutex_);
  return why_;
}

Result<std::unique_ptr<Mirror>> Mirror::Bring(Disk& disk, const std::string& path,
                                              const MirrorSource& source,
                                              std::shared_ptr<MirrorLink> link) {
  TRY(const bool same, IsSame(disk, path, source));
  if (!same) {
    const std::string fresh = path + ".new";
    TRY_VOID(disk.Unlink(fresh));
    {
      TRY(const std::unique_ptr<DiskFile> file, disk.CreateFile(fresh));
      TRY_VOID(EachBlock(
          source, [&](std::uint64_t at, ByteView block) { return file->WriteAt(at, block); }));
      TRY_VOID(file->Sync());
    }
    // A log without its file would be taken for the new file's.
    TRY_VOID(disk.Unlink(path + "-wal"));
    TRY_VOID(disk.SyncFolder(FolderOf(path)));
    TRY_VOID(disk.Rename(fresh, path));
  }
  if (!disk.Exists(path + "-wal")) {
    TRY([[maybe_unused]] const std::unique_ptr<DiskFile> log, disk.CreateFile(path + "-wal"));
  }
  TRY_VOID(disk.SyncFolder(FolderOf(path)));
  std::unique_ptr<Mirror> mirror(new Mirror(disk.observer(), std::move(link)));
  mirror->main_.path = path;
  TRY(mirror->main_.file, OpenRegular(path, O_RDWR, 0));
  mirror->log_.path = path + "-wal";
  TRY(mirror->log_.file, OpenRegular(path + "-wal", O_RDWR, 0));
  mirror->Truncate(MirrorPart::kLog, 0);
  mirror->Sync(MirrorPart::kLog);
  // Read through the cache, so perhaps never written: what was the same must be durable as well.
  mirror->Sync(MirrorPart::kMain);
  if (!mirror->link_->whole()) return Unavailable(mirror->link_->why());
  return mirror;
}

void Mirror::Take(const DiskStep& step, const std::function<Status()>& action) {
  if (!link_->whole()) return;
  const DiskVerdict verdict =
      observer_ == nullptr ? DiskVerdict::kProceed : observer_->OnStep(step);
  Status status = Unavailable("the disk failed");
  if (verdict != DiskVerdict::kLose) {
    Status taken = action();
    if (!taken.ok() || verdict == DiskVerdict::kProceed) status = std::move(taken);
  }
  if (!status.ok()) link_->Break(status.error());
}

void Mirror::Write(MirrorPart part, std::uint64_t offset, ByteView bytes) {
  Place& place = At(part);
  Take({DiskAction::kWrite, place.path, offset, bytes, {}},
       [&] { return WriteAllAt(place.file, offset, bytes); });
}

void Mirror::Truncate(MirrorPart part, std::uint64_t size) {
  Place& place = At(part);
  Take({DiskAction::kTruncate, place.path, size, {}, {}}, [&]() -> Status {
    if (::ftruncate(place.file.get(), static_cast<off_t>(size)) != 0) {
      return ErrnoStatus("a file cannot be cut", errno);
    }
    return Ok();
  });
}

void Mirror::Sync(MirrorPart part) {
  Place& place = At(part);
  Take({DiskAction::kSync, place.path, 0, {}, {}}, [&]() -> Status {
    if (::fdatasync(place.file.get()) != 0) return ErrnoStatus("a file cannot be synced", errno);
    return Ok();
  });
}

void Mirror::Remove(MirrorPart part) {
  Place& place = At(part);
  Take({DiskAction::kUnlink, place.path, 0, {}, {}}, [&]() -> Status {
    if (::unlink(place.path.c_str()) != 0 && errno != ENOENT) {
      return ErrnoStatus("a file cannot be removed", errno);
    }
    return Ok();
  });
}

}  // namespace vault
