#include "vault/store/database_vfs.h"

#include <sqlcipher/sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

#include "vault/store/database_memory.h"

namespace vault {
namespace {

// WatchedFile is what SQLite holds; the system's file object lies behind it in the same block.
struct WatchedFile {
  sqlite3_file base;
  const DatabaseVfs* owner;
  const char* path;
  bool device_reads;
  bool mirrored;  // the main file or the log
  MirrorPart part;
};

// The system's object begins at the next address that suits any type.
constexpr std::size_t kSystemFileOffset = (sizeof(WatchedFile) + alignof(std::max_align_t) - 1) /
                                          alignof(std::max_align_t) * alignof(std::max_align_t);

WatchedFile* Watched(sqlite3_file* file) { return reinterpret_cast<WatchedFile*>(file); }
sqlite3_file* System(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + kSystemFileOffset);
}

// MirrorOf is where a change of this file is made as well, and first: a commit is then durable in
// the second place before it is in the first. A mirror that fails does not fail the step.
Mirror* MirrorOf(const WatchedFile* file) {
  return file->mirrored ? file->owner->mirror() : nullptr;
}

// Shown asks the observer, takes the step, and gives `failure` where the observer wants one.
template <class Action>
int Shown(const DatabaseVfs* owner, const DiskStep& step, int failure, const Action& action) {
  if (owner->observer() == nullptr) return action();
  const DiskVerdict verdict = owner->observer()->OnStep(step);
  if (verdict == DiskVerdict::kLose) return failure;
  const int result = action();
  return verdict == DiskVerdict::kFailButKeep && result == SQLITE_OK ? failure : result;
}

int FileClose(sqlite3_file* file) { return System(file)->pMethods->xClose(System(file)); }

int FileRead(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  const WatchedFile* watched = Watched(file);
  if (!watched->device_reads) return System(file)->pMethods->xRead(System(file), out, size, offset);
  auto* bytes = static_cast<std::uint8_t*>(out);
  const auto wanted = static_cast<std::size_t>(size);
  auto got = watched->owner->device()->Read(static_cast<std::uint64_t>(offset), {bytes, wanted});
  if (!got.ok()) return SQLITE_IOERR_READ;
  if (got.value() == wanted) return SQLITE_OK;
  std::memset(bytes + got.value(), 0, wanted - got.value());
  return SQLITE_IOERR_SHORT_READ;
}

int FileWrite(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const WatchedFile* watched = Watched(file);
  const ByteView view(static_cast<const std::uint8_t*>(bytes), static_cast<std::size_t>(size));
  if (Mirror* mirror = MirrorOf(watched)) {
    mirror->Write(watched->part, static_cast<std::uint64_t>(offset), view);
  }
  return Shown(watched->owner,
               {DiskAction::kWrite, watched->path, static_cast<std::uint64_t>(offset), view, {}},
               SQLITE_IOERR_WRITE,
               [&] { return System(file)->pMethods->xWrite(System(file), bytes, size, offset); });
}

int FileTruncate(sqlite3_file* file, sqlite3_int64 size) {
  const WatchedFile* watched = Watched(file);
  if (Mirror* mirror = MirrorOf(watched)) {
    mirror->Truncate(watched->part, static_cast<std::uint64_t>(size));
  }
  return Shown(watched->owner,
               {DiskAction::kTruncate, watched->path, static_cast<std::uint64_t>(size), {}, {}},
               SQLITE_IOERR_TRUNCATE,
               [&] { return System(file)->pMethods->xTruncate(System(file), size); });
}

int FileSync(sqlite3_file* file, int flags) {
  const WatchedFile* watched = Watched(file);
  if (Mirror* mirror = MirrorOf(watched)) mirror->Sync(watched->part);
  return Shown(watched->owner, {DiskAction::kSync, watched->path, 0, {}, {}}, SQLITE_IOERR_FSYNC,
               [&] { return System(file)->pMethods->xSync(System(file), flags); });
}

int FileFileSize(sqlite3_file* file, sqlite3_int64* size) {
  return System(file)->pMethods->xFileSize(System(file), size);
}
// Whatever a reader takes a lock for, it begins to read anew: nothing read ahead before may answer.
void BeginReading(sqlite3_file* file) {
  DeviceFile* device = Watched(file)->owner->device();
  if (device != nullptr) device->Forget();
}

int FileLock(sqlite3_file* file, int level) {
  BeginReading(file);
  return System(file)->pMethods->xLock(System(file), level);
}
int FileUnlock(sqlite3_file* file, int level) {
  return System(file)->pMethods->xUnlock(System(file), level);
}
int FileCheckReservedLock(sqlite3_file* file, int* reserved) {
  return System(file)->pMethods->xCheckReservedLock(System(file), reserved);
}
int FileControl(sqlite3_file* file, int operation, void* argument) {
  return System(file)->pMethods->xFileControl(System(file), operation, argument);
}
int FileSectorSize(sqlite3_file* file) { return System(file)->pMethods->xSectorSize(System(file)); }
int FileDeviceCharacteristics(sqlite3_file* file) {
  return System(file)->pMethods->xDeviceCharacteristics(System(file));
}
int FileShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return System(file)->pMethods->xShmMap(System(file), page, size, extend, out);
}
int FileShmLock(sqlite3_file* file, int offset, int count, int flags) {
  BeginReading(file);
  return System(file)->pMethods->xShmLock(System(file), offset, count, flags);
}
void FileShmBarrier(sqlite3_file* file) { System(file)->pMethods->xShmBarrier(System(file)); }
int FileShmUnmap(sqlite3_file* file, int remove) {
  return System(file)->pMethods->xShmUnmap(System(file), remove);
}

// Version 2: no memory-mapped reads or writes, which would pass by unseen.
constexpr sqlite3_io_methods kFileMethods = {
    2,
    FileClose,
    FileRead,
    FileWrite,
    FileTruncate,
    FileSync,
    FileFileSize,
    FileLock,
    FileUnlock,
    FileCheckReservedLock,
    FileControl,
    FileSectorSize,
    FileDeviceCharacteristics,
    FileShmMap,
    FileShmLock,
    FileShmBarrier,
    FileShmUnmap,
    nullptr,
    nullptr,
};

const DatabaseVfs* OwnerOf(sqlite3_vfs* vfs) {
  return static_cast<const DatabaseVfs*>(vfs->pAppData);
}

int VfsOpen(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  const DatabaseVfs* owner = OwnerOf(vfs);
  sqlite3_vfs* system = owner->system();
  auto* watched = new (file) WatchedFile();
  watched->owner = owner;
  watched->path = path == nullptr ? "temporary file" : path;
  watched->device_reads = owner->device() != nullptr && (flags & SQLITE_OPEN_MAIN_DB) != 0;
  watched->mirrored = (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0;
  watched->part = (flags & SQLITE_OPEN_WAL) != 0 ? MirrorPart::kLog : MirrorPart::kMain;
  System(file)->pMethods = nullptr;
  const auto open = [&] { return system->xOpen(system, path, System(file), flags, out_flags); };
  int exists = 0;
  if (path != nullptr) system->xAccess(system, path, SQLITE_ACCESS_EXISTS, &exists);
  int result = SQLITE_OK;
  if (exists == 0 && (flags & SQLITE_OPEN_CREATE) != 0) {
    result = Shown(owner, {DiskAction::kCreate, watched->path, 0, {}, {}}, SQLITE_CANTOPEN, open);
    // SQLite closes nothing that it was told could not be opened.
    if (result == SQLITE_CANTOPEN && System(file)->pMethods != nullptr) FileClose(file);
  } else {
    result = open();
  }
  watched->base.pMethods = result == SQLITE_OK ? &kFileMethods : nullptr;
  return result;
}

int VfsDelete(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  const DatabaseVfs* owner = OwnerOf(vfs);
  sqlite3_vfs* system = owner->system();
  if (owner->mirror() != nullptr && std::string_view(path).ends_with("-wal")) {
    owner->mirror()->Remove(MirrorPart::kLog);
  }
  return Shown(owner, {DiskAction::kUnlink, path, 0, {}, {}}, SQLITE_IOERR_DELETE,
               [&] { return system->xDelete(system, path, sync_folder); });
}

int VfsAccess(sqlite3_vfs* vfs, const char* path, int flags, int* out) {
  sqlite3_vfs* system = OwnerOf(vfs)->system();
  return system->xAccess(system, path, flags, out);
}
int VfsFullPathname(sqlite3_vfs* vfs, const char* path, int size, char* out) {
  sqlite3_vfs* system = OwnerOf(vfs)->system();
  return system->xFullPathname(system, path, size, out);
}
int VfsRandomness(sqlite3_vfs* vfs, int size, char* out) {
  sqlite3_vfs* system = OwnerOf(vfs)->system();
  return system->xRandomness(system, size, out);
}
int VfsSleep(sqlite3_vfs* vfs, int microseconds) {
  sqlite3_vfs* system = OwnerOf(vfs)->system();
  return system->xSleep(system, microseconds);
}
int VfsCurrentTime(sqlite3_vfs* vfs, double* out) {
  sqlite3_vfs* system = OwnerOf(vfs)->system();
  return system->xCurrentTime(system, out);
}
int VfsGetLastError(sqlite3_vfs* vfs, int size, char* out) {
  sqlite3_vfs* system = OwnerOf(vfs)->system();
  return system->xGetLastError(system, size, out);
}
int VfsCurrentTimeInt64(sqlite3_vfs* vfs, sqlite3_int64* out) {
  sqlite3_vfs* system = OwnerOf(vfs)->system();
  return system->xCurrentTimeInt64(system, out);
}

}  // namespace

DatabaseVfs::DatabaseVfs(DiskObserver* observer, std::shared_ptr<DeviceFile> device)
    : observer_(observer), device_(std::move(device)), vfs_(std::make_unique<sqlite3_vfs>()) {
  // The address is unique while the object lives, which is as long as the name is in use.
  name_ = "strongroom-" + std::to_string(reinterpret_cast<std::uintptr_t>(this));
}

Result<std::unique_ptr<DatabaseVfs>> DatabaseVfs::Register(DiskObserver* observer,
                                                           std::shared_ptr<DeviceFile> device) {
  // The first call of the library makes it allocate.
  UseDatabaseMemory();
  std::unique_ptr<DatabaseVfs> made(new DatabaseVfs(observer, std::move(device)));
  made->system_ = sqlite3_vfs_find(nullptr);
  if (made->system_ == nullptr) return Unavailable("the database library has no file layer");
  sqlite3_vfs* vfs = made->vfs_.get();
  *vfs = {};
  vfs->iVersion = 2;
  vfs->szOsFile = static_cast<int>(kSystemFileOffset) + made->system_->szOsFile;
  vfs->mxPathname = made->system_->mxPathname;
  vfs->zName = made->name_.c_str();
  vfs->pAppData = made.get();
  vfs->xOpen = VfsOpen;
  vfs->xDelete = VfsDelete;
  vfs->xAccess = VfsAccess;
  vfs->xFullPathname = VfsFullPathname;
  vfs->xRandomness = VfsRandomness;
  vfs->xSleep = VfsSleep;
  vfs->xCurrentTime = VfsCurrentTime;
  vfs->xGetLastError = VfsGetLastError;
  vfs->xCurrentTimeInt64 = VfsCurrentTimeInt64;
  if (sqlite3_vfs_register(vfs, 0) != SQLITE_OK) {
    return Unavailable("the database library takes no file layer");
  }
  return made;
}

DatabaseVfs::~DatabaseVfs() { sqlite3_vfs_unregister(vfs_.get()); }

}  // namespace vault
